// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/rules/rule.hpp>

namespace damo::rules {

constexpr bool is_whole(double v) { return v == static_cast<double>(static_cast<std::int64_t>(v)); }
constexpr bool is_even(double v) { return v / 2 == static_cast<double>(static_cast<std::int64_t>(v / 2)); }
constexpr bool positive(const constants& c) { return c['c'] > 0; }
constexpr bool opposite(const constants& c) { return c['c'] == -c['d']; }

// Powers, exponentials and logarithms of each other. The sound forms of Theano's and PyTensor's rewrites R42 to R57: where one side
// ends earlier than the other, the domain is kept by a choice that gives NaN outside.
inline constexpr rule powers[] = {
    {"log.of_exp", "log(exp(x))", "x"},
    {"log.of_even_power", "log(x^n)", "n*log(abs(x))", rule_class::stability, [](const constants& c) { return is_even(c['n']); }},
    {"log.of_power", "log(x^c)", "c*log(x)", rule_class::stability},
    {"log.of_constant_power", "log(c^x)", "log(c)*x", rule_class::stability, positive},
    {"log.of_scaled_exp", "log(c*exp(x))", "log(c) + x", rule_class::stability, positive},
    {"log.of_product_with_exp", "log(x*exp(y))", "log(x) + y", rule_class::stability},
    {"log.of_expm1", "log(expm1(x))", "x + log1mexp(-x)", rule_class::stability},
    {"log.of_cosh", "log(cosh(x))", "softplus(-2*abs(x)) + abs(x) - 0.6931471805599453", rule_class::stability},
    {"log.of_twice_cosh", "log(2*cosh(x))", "softplus(-2*abs(x)) + abs(x)", rule_class::stability},
    {"log.of_sinh", "log(sinh(x))", "x + log1mexp(-2*x) - 0.6931471805599453", rule_class::stability},
    {"log.of_twice_sinh", "log(2*sinh(x))", "x + log1mexp(-2*x)", rule_class::stability},
    {"log1p.of_difference", "log1p(x - 1)", "log(x)", rule_class::stability},
    {"log1p.of_expm1", "log1p(expm1(x))", "x"},
    {"exp.of_log", "exp(log(x))", "where(x >= 0, x, nan)"},
    {"exp.of_scaled_log", "exp(c*log(x))", "x^c"},
    {"exp.of_log1p", "exp(log1p(x))", "where(x >= -1, 1 + x, nan)"},
    {"exp.of_softplus", "exp(softplus(x))", "1 + exp(x)"},
    {"exp.of_minus_softplus", "exp(-softplus(x))", "sigmoid(-x)", rule_class::stability},
    {"exp.of_logaddexp", "exp(logaddexp(x, y))", "exp(x) + exp(y)"},
    {"exp.of_log1mexp", "exp(log1mexp(x))", "where(x <= 0, -expm1(x), nan)"},
    {"expm1.of_log1p", "expm1(log1p(x))", "where(x >= -1, x, nan)"},
    {"expm1.of_log", "expm1(log(x))", "where(x >= 0, x - 1, nan)"},
    {"expm1.of_softplus", "expm1(softplus(x))", "exp(x)", rule_class::stability},
    {"expm1.of_log1mexp", "expm1(log1mexp(x))", "where(x <= 0, -exp(x), nan)"},
    {"log1mexp.of_log", "log1mexp(log(x))", "where(x >= 0, log1p(-x), nan)"},
    {"log1mexp.of_log1mexp", "log1mexp(log1mexp(x))", "where(x <= 0, x, nan)"},
    {"expm1.scaled_plus", "c + c*expm1(x)", "c*exp(x)", rule_class::stability},
    {"expm1.scaled_from_exp", "c + d*exp(x)", "d*expm1(x)", rule_class::stability, opposite},
    {"expm1.plus_one", "1 + expm1(x)", "exp(x)", rule_class::stability},
    {"power.of_one", "1^x", "1", rule_class::exact},
    {"power.of_constants", "c^x*d^x", "(c*d)^x", rule_class::real, [](const constants& c) { return c['c'] > 0 && c['d'] > 0; }},
    {"power.same_constant", "c^x*c^y", "c^(x + y)", rule_class::real, positive},
    {"power.of_exp", "exp(x)^c", "exp(c*x)", rule_class::reassociating},
    {"power.of_exp_any", "exp(x)^y", "exp(x*y)"},
    {"power.of_even_power", "(x^n)^c", "abs(x)^(n*c)", rule_class::stability,
     [](const constants& c) { return is_even(c['n']) && c['n'] * c['c'] != 1; }},
    {"exp.times_inverse", "exp(x)*exp(-x)", "1"},
    {"root.of_even_power", "(x^n)^c", "abs(x)", rule_class::stability,
     [](const constants& c) { return is_even(c['n']) && c['n'] * c['c'] == 1; }},
    {"abs.of_even_power", "abs(x^n)", "x^n", rule_class::exact, [](const constants& c) { return is_even(c['n']); }},
    {"abs.of_broken_power", "abs(x^c)", "x^c", rule_class::real, [](const constants& c) { return !is_whole(c['c']); }},
    {"abs.product", "abs(x)*abs(y)", "abs(x*y)", rule_class::exact},
    {"abs.quotient", "abs(x)*abs(y)^n", "abs(x*y^n)", rule_class::exact},
    {"abs.of_cosh", "abs(cosh(x))", "cosh(x)", rule_class::exact},
    {"abs.of_acosh", "abs(acosh(x))", "acosh(x)", rule_class::exact},
    {"abs.of_acos", "abs(acos(x))", "acos(x)", rule_class::exact},
    {"abs.of_erfc", "abs(erfc(x))", "erfc(x)", rule_class::exact},
    {"abs.of_abs", "abs(abs(x))", "abs(x)", rule_class::exact},
    {"abs.of_negative", "abs(-x)", "abs(x)", rule_class::exact},
    {"abs.of_scaled", "abs(c*x)", "abs(c)*abs(x)", rule_class::exact, [](const constants& c) { return c['c'] != -1; }},
    {"abs.of_exp", "abs(exp(x))", "exp(x)", rule_class::exact},
    {"abs.of_sigmoid", "abs(sigmoid(x))", "sigmoid(x)", rule_class::exact},
    {"abs.of_softmax", "abs(softmax(x))", "softmax(x)", rule_class::exact},
    {"abs.of_softplus", "abs(softplus(x))", "softplus(x)", rule_class::exact},
    {"abs.squared", "abs(x)^n", "x^n", rule_class::exact, [](const constants& c) { return is_even(c['n']); }},
    {"sign.of_abs_product", "abs(x)*sign(x)", "x", rule_class::exact},
    {"sign.of_product", "x*sign(x)", "abs(x)", rule_class::exact},
    {"sign.of_negative", "sign(-x)", "-sign(x)", rule_class::exact},
    {"sign.of_scaled", "sign(c*x)", "sign(x)", rule_class::stability, positive},
    {"sign.of_negatively_scaled", "sign(c*x)", "-sign(x)", rule_class::stability, [](const constants& c) { return c['c'] < 0; }},
    {"sign.of_odd_power", "sign(x^n)", "sign(x)", rule_class::stability, [](const constants& c) { return !is_even(c['n']); }},
    {"sign.of_exp", "sign(exp(x))", "1", rule_class::stability},
    {"sign.of_sigmoid", "sign(sigmoid(x))", "1", rule_class::stability},
    {"sign.of_cosh", "sign(cosh(x))", "1"},
    {"sign.of_sinh", "sign(sinh(x))", "sign(x)", rule_class::exact},
    {"sign.of_tanh", "sign(tanh(x))", "sign(x)", rule_class::exact},
    {"sign.of_asinh", "sign(asinh(x))", "sign(x)", rule_class::exact},
    {"sign.of_atan", "sign(atan(x))", "sign(x)", rule_class::exact},
    {"sign.of_erf", "sign(erf(x))", "sign(x)", rule_class::exact},
    {"sign.of_sign", "sign(sign(x))", "sign(x)", rule_class::exact},
};

} // namespace damo::rules
