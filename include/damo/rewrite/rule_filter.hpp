// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/rules/rule.hpp>

namespace damo::rewrite {

// Which rules one function uses. Names and classes; everything is on by default.
struct rule_filter {
    bool allow[4] = {true, true, true, true}; // by rule_class
    bool collect = true;                      // collecting of like terms and factors (class reassociating and real)
    const char* const* excluded = nullptr;    // names, or subjects ending in '.'
    int excluded_count = 0;
    const char* const* included = nullptr; // allowed by name whatever their class
    int included_count = 0;

    constexpr void exclude(rule_class c) {
        allow[static_cast<int>(c)] = false;
        collect = collect && c != rule_class::reassociating && c != rule_class::real;
    }
    constexpr bool admits_all() const { return allow[0] && allow[1] && allow[2] && allow[3] && collect && excluded_count == 0; }
    static constexpr bool covers(const char* pattern, const char* name) {
        while (*pattern && *pattern == *name) {
            ++pattern;
            ++name;
        }
        return *pattern == '\0' && (*name == '\0' || pattern[-1] == '.');
    }
    constexpr bool admits(const rule& r) const {
        for (int i = 0; i < excluded_count; ++i) {
            if (covers(excluded[i], r.name)) { return false; }
        }
        for (int i = 0; i < included_count; ++i) {
            if (covers(included[i], r.name)) { return true; }
        }
        return allow[static_cast<int>(r.kind)];
    }
};

// No rule at all: equal nodes are one, and constants are computed.
inline constexpr rule_filter no_rules{.allow = {false, false, false, false}, .collect = false};
// Only what changes no bit.
inline constexpr rule_filter ieee_rules{.allow = {true, false, false, false}, .collect = false};

} // namespace damo::rewrite
