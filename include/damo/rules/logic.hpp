// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/rules/rule.hpp>

namespace damo::rules {

// Comparisons of negated and of several numbers, and the algebra of conditions. not(x < y) stays: with NaN it is not y <= x.
inline constexpr rule logic[] = {
    {"less.of_negatives", "-x < -y", "y < x", rule_class::exact},
    {"less.constant_and_negative", "c < -x", "x < -c", rule_class::exact},
    {"less.negative_and_constant", "-x < c", "-c < x", rule_class::exact},
    {"less_equal.of_negatives", "-x <= -y", "y <= x", rule_class::exact},
    {"less_equal.constant_and_negative", "c <= -x", "x <= -c", rule_class::exact},
    {"less_equal.negative_and_constant", "-x <= c", "-c <= x", rule_class::exact},
    {"equal.of_negatives", "-x == -y", "x == y", rule_class::exact},
    {"equal.negative_and_constant", "-x == c", "x == -c", rule_class::exact},
    {"equal.abs_and_zero", "abs(x) == 0", "x == 0", rule_class::exact},
    {"equal.true", "p == true", "p", rule_class::exact},
    {"equal.false", "p == false", "logical_not(p)", rule_class::exact},
    {"not_equal.of_negatives", "-x != -y", "x != y", rule_class::exact},
    {"not_equal.negative_and_constant", "-x != c", "x != -c", rule_class::exact},
    {"not_equal.abs_and_zero", "abs(x) != 0", "x != 0", rule_class::exact},
    {"not.of_equal", "logical_not(x == y)", "x != y", rule_class::exact},
    {"not.of_not_equal", "logical_not(x != y)", "x == y", rule_class::exact},
    {"not.of_both", "logical_and(logical_not(p), logical_not(q))", "logical_not(logical_or(p, q))", rule_class::exact},
    {"not.of_either", "logical_or(logical_not(p), logical_not(q))", "logical_not(logical_and(p, q))", rule_class::exact},
    {"and.contradiction", "logical_and(p, logical_not(p))", "false", rule_class::exact},
    {"or.tautology", "logical_or(p, logical_not(p))", "true", rule_class::exact},
    {"and.absorbs_or", "logical_and(p, logical_or(p, q))", "p", rule_class::exact},
    {"or.absorbs_and", "logical_or(p, logical_and(p, q))", "p", rule_class::exact},
    {"and.with_or_of_not", "logical_and(p, logical_or(q, logical_not(p)))", "logical_and(p, q)", rule_class::exact},
    {"or.with_and_of_not", "logical_or(p, logical_and(q, logical_not(p)))", "logical_or(p, q)", rule_class::exact},
    {"and.opposite_orders", "logical_and(x < y, y < x)", "false", rule_class::exact},
    {"and.upper_bounds", "logical_and(x < c, x < d)", "x < minimum(c, d)", rule_class::exact},
    {"and.lower_bounds", "logical_and(c < x, d < x)", "maximum(c, d) < x", rule_class::exact},
    {"or.upper_bounds", "logical_or(x < c, x < d)", "x < maximum(c, d)", rule_class::exact},
    {"or.lower_bounds", "logical_or(c < x, d < x)", "minimum(c, d) < x", rule_class::exact},
    {"where.of_both", "where(p, where(q, x, y), y)", "where(logical_and(p, q), x, y)", rule_class::exact},
    {"where.of_either", "where(p, x, where(q, x, y))", "where(logical_or(p, q), x, y)", rule_class::exact},
    {"where.product", "where(p, x, y)*where(p, u, v)", "where(p, x*u, y*v)", rule_class::exact},
    {"where.scaled_constants", "c*where(p, d, k)", "where(p, c*d, c*k)", rule_class::exact},
    {"where.shifted_constants", "c + where(p, d, k)", "where(p, c + d, c + k)", rule_class::exact},
    {"maximum.nested", "maximum(x, maximum(x, y))", "maximum(x, y)", rule_class::exact},
    {"minimum.nested", "minimum(x, minimum(x, y))", "minimum(x, y)", rule_class::exact},
    {"maximum.nested_constants", "maximum(c, maximum(d, x))", "maximum(maximum(c, d), x)", rule_class::exact},
    {"minimum.nested_constants", "minimum(c, minimum(d, x))", "minimum(minimum(c, d), x)", rule_class::exact},
    {"maximum.absorbs_minimum", "maximum(x, minimum(x, y))", "x"},
    {"minimum.absorbs_maximum", "minimum(x, maximum(x, y))", "x"},
    {"maximum.plus_minimum", "maximum(x, y) + minimum(x, y)", "x + y", rule_class::exact},
    {"maximum.minus_minimum", "maximum(x, y) - minimum(x, y)", "abs(x - y)", rule_class::exact},
    {"maximum.times_minimum", "maximum(x, y)*minimum(x, y)", "x*y", rule_class::exact},
    {"maximum.of_opposites", "maximum(x, -x)", "abs(x)", rule_class::reassociating},
    {"minimum.of_opposites", "minimum(x, -x)", "-abs(x)", rule_class::reassociating},
    {"maximum.common_term", "maximum(x + y, x + z)", "x + maximum(y, z)"},
    {"minimum.common_term", "minimum(x + y, x + z)", "x + minimum(y, z)"},
    {"maximum.of_exponentials", "maximum(exp(x), exp(y))", "exp(maximum(x, y))", rule_class::reassociating},
    {"minimum.of_exponentials", "minimum(exp(x), exp(y))", "exp(minimum(x, y))", rule_class::reassociating},
    {"maximum.of_logarithms", "maximum(log(x), log(y))", "log(maximum(x, y))"},
    {"minimum.of_logarithms", "minimum(log(x), log(y))", "log(minimum(x, y))", rule_class::reassociating},
};

} // namespace damo::rules
