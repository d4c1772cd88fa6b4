// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/rules/powers.hpp>

namespace damo::rules {

// Formulas that overflow, cancel or lose a tail, and what to compute instead (Theano's and PyTensor's rewrites R70 to R94). The more
// special left side stands first.
inline constexpr rule stability[] = {
    {"softplus.from_log", "log(1 + exp(x))", "softplus(x)", rule_class::stability},
    {"softplus.from_log1p", "log1p(exp(x))", "softplus(x)", rule_class::stability},
    {"log1mexp.from_log1p", "log1p(-exp(x))", "log1mexp(x)", rule_class::stability},
    {"log1mexp.from_expm1", "log(-expm1(x))", "log1mexp(x)", rule_class::stability},
    {"logaddexp.from_log", "log(exp(x) + exp(y))", "logaddexp(x, y)", rule_class::stability},
    {"log.of_exp_difference", "log(exp(x) - exp(y))", "x + log1mexp(y - x)", rule_class::stability},
    {"log.of_sigmoid", "log(sigmoid(x))", "-softplus(-x)", rule_class::stability},
    {"log1p.of_minus_sigmoid", "log1p(-sigmoid(x))", "-softplus(x)", rule_class::stability},
    {"log1p.from_log", "log(1 + x)", "log1p(x)", rule_class::stability},
    {"expm1.from_exp", "exp(x) - 1", "expm1(x)", rule_class::stability},
    {"expm1.from_one_minus_exp", "1 - exp(x)", "-expm1(x)", rule_class::stability},
    {"sigmoid.from_quotient", "exp(x)/(exp(x) + exp(y))", "sigmoid(x - y)", rule_class::stability},
    {"sigmoid.from_reciprocal", "1/(1 + exp(x))", "sigmoid(-x)", rule_class::stability},
    {"sigmoid.from_power", "(1 + exp(x))^n", "sigmoid(-x)^(-n)", rule_class::stability, [](const constants& c) { return c['n'] < 0; }},
    {"sigmoid.one_minus", "1 - sigmoid(x)", "sigmoid(-x)", rule_class::stability},
    {"sigmoid.minus_one", "sigmoid(x) - 1", "-sigmoid(-x)", rule_class::stability},
    {"sigmoid.times_exp", "exp(x)*sigmoid(-x)", "sigmoid(x)", rule_class::stability},
    {"sigmoid.times_exp_negative", "exp(-x)*sigmoid(x)", "sigmoid(-x)", rule_class::stability},
    {"sigmoid.odds", "sigmoid(x)/sigmoid(-x)", "exp(x)", rule_class::stability},
    {"sigmoid.odds_against", "sigmoid(-x)/sigmoid(x)", "exp(-x)", rule_class::stability},
    {"sigmoid.scaled_one_minus", "c + d*sigmoid(x)", "c*sigmoid(-x)", rule_class::stability, opposite},
    {"sigmoid.plus_mirrored", "sigmoid(x) + sigmoid(-x)", "1"},
    {"sigmoid.of_logit", "sigmoid(log(x))", "where(x >= 0, x/(1 + x), nan)", rule_class::stability},
    {"softplus.of_log", "softplus(log(x))", "where(x >= 0, log1p(x), nan)", rule_class::stability},
    {"softplus.minus_argument", "softplus(x) - x", "softplus(-x)", rule_class::stability},
    {"softplus.plus_argument", "softplus(-x) + x", "softplus(x)", rule_class::stability},
    {"softplus.argument_minus", "x - softplus(x)", "-softplus(-x)", rule_class::stability},
    {"softplus.difference", "softplus(x) - softplus(-x)", "x", rule_class::stability},
    {"sinh.from_exponentials", "exp(x) - exp(-x)", "2*sinh(x)", rule_class::stability},
    {"sinh.from_exponentials_negative", "exp(-x) - exp(x)", "-2*sinh(x)", rule_class::stability},
    {"tanh.from_exponentials", "sinh(x)/(exp(x) + exp(-x))", "0.5*tanh(x)", rule_class::stability},
    {"tanh.from_sigmoid", "2*sigmoid(x) - 1", "tanh(0.5*x)", rule_class::stability},
    {"tanh.from_minus_sigmoid", "1 - 2*sigmoid(x)", "-tanh(0.5*x)", rule_class::stability},
    {"tanh.from_expm1", "expm1(x)*sigmoid(-x)", "tanh(0.5*x)", rule_class::stability},
    {"tanh.from_expm1_negative", "expm1(-x)*sigmoid(x)", "-tanh(0.5*x)", rule_class::stability},
    {"tanh.one_plus", "1 + tanh(x)", "2*sigmoid(2*x)", rule_class::stability},
    {"tanh.one_minus", "1 - tanh(x)", "2*sigmoid(-2*x)", rule_class::stability},
    {"tanh.scaled_plus", "c + c*tanh(x)", "2*c*sigmoid(2*x)", rule_class::stability},
    {"tanh.scaled_minus", "c + d*tanh(x)", "2*c*sigmoid(-2*x)", rule_class::stability, opposite},
    {"erfc.two_minus", "2 - erfc(x)", "erfc(-x)", rule_class::stability},
    {"erfc.plus_mirrored", "erfc(x) + erfc(-x)", "2"},
    {"erfc.plus_erf", "erfc(x) + erf(x)", "1"},
    {"erfc.one_plus_erf", "1 + erf(x)", "erfc(-x)", rule_class::stability},
    {"erfc.one_minus_erf", "1 - erf(x)", "erfc(x)", rule_class::stability},
    {"erfc.erf_minus_one", "erf(x) - 1", "-erfc(x)", rule_class::stability},
    {"erfc.scaled_plus", "c + c*erf(x)", "c*erfc(-x)", rule_class::stability},
    {"erfc.scaled_minus", "c + d*erf(x)", "c*erfc(x)", rule_class::stability, opposite},
    {"erf.one_minus_erfc", "1 - erfc(x)", "erf(x)", rule_class::stability},
    {"erf.erfc_minus_one", "erfc(x) - 1", "-erf(x)", rule_class::stability},
};

} // namespace damo::rules
