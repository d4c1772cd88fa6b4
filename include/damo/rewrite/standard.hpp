// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/all.hpp>
#include <damo/rewrite/simplify.hpp>
#include <damo/rules/all.hpp>

namespace damo::rewrite {

inline constexpr algebra standard_algebra{&ops::info_of<ops::add_op>, &ops::info_of<ops::mul_op>, &ops::info_of<ops::pow_op>};

// The rules of the library, parsed once per translation unit.
inline constexpr auto standard_rule_table = compile_rules<rules::count, rules::count * 12>(rules::all.list, standard_algebra, ops::all_ops);
static_assert(standard_rule_table.mistake == nullptr, "a rule of the library cannot be read");
inline constexpr rule_view standard_rules = view_of(standard_rule_table);

} // namespace damo::rewrite
