// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/all.hpp>
#include <damo/rewrite/simplify.hpp>
#include <damo/rules/all.hpp>
#include <damo/rules/notation.hpp>

namespace damo::rewrite {

inline constexpr algebra standard_algebra{rules::standard_notation.sum, rules::standard_notation.product, rules::standard_notation.power,
                                          &rules::standard_notation,   ops::all_ops,                     ops::all_ops_count};

// The rules of the library, parsed once per translation unit.
inline constexpr auto standard_rule_table =
    compile_rules<rules::count, rules::count * 12>(rules::all.list, rules::standard_notation, ops::all_ops);
static_assert(standard_rule_table.mistake == nullptr, "a rule of the library cannot be read");
inline constexpr rule_view standard_rules = view_of(standard_rule_table);

} // namespace damo::rewrite
