// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/rules/bounds.hpp>
#include <damo/rules/choices.hpp>
#include <damo/rules/logic.hpp>
#include <damo/rules/powers.hpp>
#include <damo/rules/reductions.hpp>
#include <damo/rules/stability.hpp>
#include <damo/rules/trigonometry.hpp>

namespace damo::rules {

// Every rule of the library in one list; within an op, the order of the list is the order of trial.
template <int N>
struct rule_list {
    rule list[N] = {};
};

template <int... N>
constexpr rule_list<(N + ...)> join(const rule (&... parts)[N]) {
    rule_list<(N + ...)> all;
    int at = 0;
    const auto append = [&](const rule* part, int n) {
        for (int i = 0; i < n; ++i) { all.list[at++] = part[i]; }
    };
    (append(parts, N), ...);
    return all;
}

inline constexpr auto all = join(stability, reductions, powers, choices, logic, bounds, trigonometry);
inline constexpr int count = static_cast<int>(sizeof(all.list) / sizeof(rule));

} // namespace damo::rules
