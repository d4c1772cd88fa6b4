// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/rules/rule.hpp>

namespace damo::rules {

// Symmetries and identities of the trigonometric and hyperbolic functions, and the inverse pairs that hold on the whole line.
inline constexpr rule trigonometry[] = {
    {"sin.odd", "sin(-x)", "-sin(x)", rule_class::exact},
    {"cos.even", "cos(-x)", "cos(x)", rule_class::exact},
    {"tan.odd", "tan(-x)", "-tan(x)", rule_class::exact},
    {"asin.odd", "asin(-x)", "-asin(x)", rule_class::exact},
    {"atan.odd", "atan(-x)", "-atan(x)", rule_class::exact},
    {"sinh.odd", "sinh(-x)", "-sinh(x)", rule_class::exact},
    {"cosh.even", "cosh(-x)", "cosh(x)", rule_class::exact},
    {"tanh.odd", "tanh(-x)", "-tanh(x)", rule_class::exact},
    {"asinh.odd", "asinh(-x)", "-asinh(x)", rule_class::exact},
    {"atanh.odd", "atanh(-x)", "-atanh(x)", rule_class::exact},
    {"erf.odd", "erf(-x)", "-erf(x)", rule_class::exact},
    {"circle.identity", "sin(x)^2 + cos(x)^2", "1"},
    {"hyperbola.identity", "cosh(x)^2 - sinh(x)^2", "1", rule_class::stability},
    {"tan.from_quotient", "sin(x)/cos(x)", "tan(x)", rule_class::reassociating},
    {"tanh.from_quotient", "sinh(x)/cosh(x)", "tanh(x)", rule_class::stability},
    {"tan.of_atan", "tan(atan(x))", "x"},
    {"sin.of_asin", "sin(asin(x))", "where(abs(x) <= 1, x, nan)"},
    {"cos.of_acos", "cos(acos(x))", "where(abs(x) <= 1, x, nan)"},
    {"sinh.of_asinh", "sinh(asinh(x))", "x"},
    {"asinh.of_sinh", "asinh(sinh(x))", "x"},
    {"atanh.of_tanh", "atanh(tanh(x))", "x", rule_class::stability},
    {"tanh.of_atanh", "tanh(atanh(x))", "where(abs(x) <= 1, x, nan)"},
    {"acosh.of_cosh", "acosh(cosh(x))", "abs(x)"},
    {"cosh.of_acosh", "cosh(acosh(x))", "where(x >= 1, x, nan)"},
};

} // namespace damo::rules
