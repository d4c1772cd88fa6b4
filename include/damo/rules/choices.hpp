// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/rules/rule.hpp>

namespace damo::rules {

// Choices, comparisons and logic. A factor sinks into a choice with a zero branch, so that a masked NaN or infinity never meets the
// zero (Theano's R65, R66): this is what keeps gradients of where() and of maximum() clean.
inline constexpr rule choices[] = {
    {"where.same", "where(p, x, x)", "x", rule_class::exact},
    {"where.true", "where(true, x, y)", "x", rule_class::exact},
    {"where.false", "where(false, x, y)", "y", rule_class::exact},
    {"where.not", "where(logical_not(p), x, y)", "where(p, y, x)", rule_class::exact},
    {"where.nested_left", "where(p, where(p, x, y), z)", "where(p, x, z)", rule_class::exact},
    {"where.nested_right", "where(p, x, where(p, y, z))", "where(p, x, z)", rule_class::exact},
    {"where.zero_left", "x*where(p, 0, y)", "where(p, 0, x*y)", rule_class::stability},
    {"where.zero_right", "x*where(p, y, 0)", "where(p, x*y, 0)", rule_class::stability},
    {"where.sum", "where(p, x, y) + where(p, u, v)", "where(p, x + u, y + v)", rule_class::exact},
    {"cond.same", "cond(p, x, x)", "x", rule_class::exact},
    {"cond.true", "cond(true, x, y)", "x", rule_class::exact},
    {"cond.false", "cond(false, x, y)", "y", rule_class::exact},
    {"cond.not", "cond(logical_not(p), x, y)", "cond(p, y, x)", rule_class::exact},
    {"cond.nested_left", "cond(p, cond(p, x, y), z)", "cond(p, x, z)", rule_class::exact},
    {"cond.nested_right", "cond(p, x, cond(p, y, z))", "cond(p, x, z)", rule_class::exact},
    {"cond.zero_left", "x*cond(p, 0, y)", "cond(p, 0, x*y)", rule_class::stability},
    {"cond.zero_right", "x*cond(p, y, 0)", "cond(p, x*y, 0)", rule_class::stability},
    {"cond.sum", "cond(p, x, y) + cond(p, u, v)", "cond(p, x + u, y + v)", rule_class::exact},
    {"maximum.same", "maximum(x, x)", "x", rule_class::exact},
    {"minimum.same", "minimum(x, x)", "x", rule_class::exact},
    {"maximum.of_negatives", "maximum(-x, -y)", "-minimum(x, y)", rule_class::exact},
    {"minimum.of_negatives", "minimum(-x, -y)", "-maximum(x, y)", rule_class::exact},
    {"less.same", "x < x", "false", rule_class::exact},
    {"not.of_not", "logical_not(logical_not(p))", "p", rule_class::exact},
    {"and.same", "logical_and(p, p)", "p", rule_class::exact},
    {"and.true", "logical_and(true, p)", "p", rule_class::exact},
    {"and.false", "logical_and(false, p)", "false", rule_class::exact},
    {"or.same", "logical_or(p, p)", "p", rule_class::exact},
    {"or.true", "logical_or(true, p)", "true", rule_class::exact},
    {"or.false", "logical_or(false, p)", "p", rule_class::exact},
};

} // namespace damo::rules
