// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/rules/powers.hpp>

namespace damo::rules {

constexpr bool at_most_minus_one(const constants& c) { return c['c'] <= -1; }
constexpr bool at_most_zero(const constants& c) { return c['c'] <= 0; }
constexpr bool at_most_one(const constants& c) { return c['c'] <= 1; }
constexpr bool at_least_one(const constants& c) { return c['c'] >= 1; }

// Roundings, and bounds that the range of a function makes idle. A comparison that NaN makes false is rewritten to false only.
inline constexpr rule bounds[] = {
    {"maximum.below_abs", "maximum(c, abs(x))", "abs(x)", rule_class::exact, at_most_zero},
    {"maximum.below_exp", "maximum(c, exp(x))", "exp(x)", rule_class::exact, at_most_zero},
    {"maximum.below_even_power", "maximum(c, x^n)", "x^n", rule_class::exact,
     [](const constants& c) { return c['c'] <= 0 && c['n'] > 0 && is_even(c['n']); }},
    {"maximum.below_sigmoid", "maximum(c, sigmoid(x))", "sigmoid(x)", rule_class::exact, at_most_zero},
    {"maximum.below_softplus", "maximum(c, softplus(x))", "softplus(x)", rule_class::exact, at_most_zero},
    {"maximum.below_cosh", "maximum(c, cosh(x))", "cosh(x)", rule_class::exact, at_most_one},
    {"maximum.below_tanh", "maximum(c, tanh(x))", "tanh(x)", rule_class::exact, at_most_minus_one},
    {"maximum.below_sin", "maximum(c, sin(x))", "sin(x)", rule_class::exact, at_most_minus_one},
    {"maximum.below_cos", "maximum(c, cos(x))", "cos(x)", rule_class::exact, at_most_minus_one},
    {"minimum.above_sigmoid", "minimum(c, sigmoid(x))", "sigmoid(x)", rule_class::exact, at_least_one},
    {"minimum.above_tanh", "minimum(c, tanh(x))", "tanh(x)", rule_class::exact, at_least_one},
    {"minimum.above_sin", "minimum(c, sin(x))", "sin(x)", rule_class::exact, at_least_one},
    {"minimum.above_cos", "minimum(c, cos(x))", "cos(x)", rule_class::exact, at_least_one},
    {"minimum.above_erf", "minimum(c, erf(x))", "erf(x)", rule_class::exact, at_least_one},
    {"less.abs_than_bound", "abs(x) < c", "false", rule_class::exact, at_most_zero},
    {"less.exp_than_bound", "exp(x) < c", "false", rule_class::exact, at_most_zero},
    {"less.sigmoid_than_bound", "sigmoid(x) < c", "false", rule_class::exact, at_most_zero},
    {"less.softplus_than_bound", "softplus(x) < c", "false", rule_class::exact, at_most_zero},
    {"less.cosh_than_bound", "cosh(x) < c", "false", rule_class::exact, at_most_one},
    {"less.tanh_than_bound", "tanh(x) < c", "false", rule_class::exact, at_most_minus_one},
    {"less.bound_than_sigmoid", "c < sigmoid(x)", "false", rule_class::exact, at_least_one},
    {"less.bound_than_tanh", "c < tanh(x)", "false", rule_class::exact, at_least_one},
    {"less.bound_than_sin", "c < sin(x)", "false", rule_class::exact, at_least_one},
    {"less.bound_than_cos", "c < cos(x)", "false", rule_class::exact, at_least_one},
    {"floor.of_floor", "floor(floor(x))", "floor(x)", rule_class::exact},
    {"floor.of_ceil", "floor(ceil(x))", "ceil(x)", rule_class::exact},
    {"floor.of_trunc", "floor(trunc(x))", "trunc(x)", rule_class::exact},
    {"floor.of_round", "floor(round(x))", "round(x)", rule_class::exact},
    {"ceil.of_floor", "ceil(floor(x))", "floor(x)", rule_class::exact},
    {"ceil.of_ceil", "ceil(ceil(x))", "ceil(x)", rule_class::exact},
    {"ceil.of_trunc", "ceil(trunc(x))", "trunc(x)", rule_class::exact},
    {"ceil.of_round", "ceil(round(x))", "round(x)", rule_class::exact},
    {"trunc.of_floor", "trunc(floor(x))", "floor(x)", rule_class::exact},
    {"trunc.of_ceil", "trunc(ceil(x))", "ceil(x)", rule_class::exact},
    {"trunc.of_trunc", "trunc(trunc(x))", "trunc(x)", rule_class::exact},
    {"trunc.of_round", "trunc(round(x))", "round(x)", rule_class::exact},
    {"round.of_floor", "round(floor(x))", "floor(x)", rule_class::exact},
    {"round.of_ceil", "round(ceil(x))", "ceil(x)", rule_class::exact},
    {"round.of_trunc", "round(trunc(x))", "trunc(x)", rule_class::exact},
    {"round.of_round", "round(round(x))", "round(x)", rule_class::exact},
    {"floor.of_negative", "floor(-x)", "-ceil(x)", rule_class::exact},
    {"ceil.of_negative", "ceil(-x)", "-floor(x)", rule_class::exact},
    {"trunc.odd", "trunc(-x)", "-trunc(x)", rule_class::exact},
    {"round.odd", "round(-x)", "-round(x)", rule_class::exact},
};

} // namespace damo::rules
