// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/all.hpp>
#include <damo/rewrite/simplify.hpp>
#include <damo/rules/all.hpp>
#include <damo/rules/notation.hpp>

namespace damo::rewrite {

inline constexpr algebra standard_algebra{rules::standard_notation.sum, rules::standard_notation.product, rules::standard_notation.power,
                                          &rules::standard_notation,   ops::all_ops,                     ops::all_ops_count};

// The left sides of the library's rules, parsed when something is first optimised, once per translation unit.
// The list is a parameter because a compiler may evaluate at once, in every file that includes this, what depends on none.
template <const auto& List>
struct parsed_standard_rules {
    static constexpr auto table = compile_rules<rules::count, rules::count * 7>(List.list, rules::standard_notation, ops::all_ops);
    static_assert(table.mistake == nullptr, "a rule of the library cannot be read");
    static constexpr rule_view view = view_of(table);
};
struct standard_rules_view {
    template <const auto& List = rules::all>
    constexpr operator const rule_view&() const {
        return parsed_standard_rules<List>::view;
    }
};
inline constexpr standard_rules_view standard_rules{};

} // namespace damo::rewrite
