// SPDX-License-Identifier: BSD-3-Clause
#include <damo/scalar.hpp>

#include <cmath>

#include "catch.hpp"

using number = damo::scalar<double>;
using damo::fn;
using damo::to_string;

constexpr auto f = fn([](number x, number y) { return log(exp(x)) + x * y / x; });
static_assert(to_string(f) == "x0 + x1");

// By name, by subject, by class.
static_assert(to_string(damo::without<"log.of_exp">(f)) == "x1 + log(exp(x0))");
static_assert(to_string(damo::without<"log.">(f)) == "x1 + log(exp(x0))");
static_assert(to_string(damo::without<"log.of_power", "exp.">(f)) == "x0 + x1");
static_assert(to_string(damo::without<"log.of_power">(damo::without<"log.of_exp">(f))) == "x1 + log(exp(x0))");
constexpr auto softplus_like = fn([](number x) { return log(1 + exp(x)); });
static_assert(to_string(softplus_like) == "softplus(x0)");
static_assert(to_string(damo::without<damo::rule_class::stability>(softplus_like)) == "log(exp(x0) + 1)");
static_assert(damo::rewrites(damo::without<damo::rule_class::stability>(softplus_like)).size() == 0);
static_assert(damo::rewrites(softplus_like).size() == 1 && damo::rewrites(softplus_like)[0] == "softplus.from_log");

// Value-exact rules only, and one more by name.
static_assert(to_string(damo::ieee(fn([](number x) { return where(x < x, x, 0 - x); }))) == "0 - x0");
static_assert(to_string(damo::ieee(softplus_like)) == "log(1 + exp(x0))");
static_assert(to_string(damo::including<"softplus.">(damo::ieee(softplus_like))) == "softplus(x0)");
static_assert(to_string(damo::without<"softplus.">(damo::including<"softplus.">(damo::ieee(softplus_like)))) == "log(1 + exp(x0))");

// What is derived from a function keeps its rules, and its names.
static_assert(damo::rewrites(grad(damo::ieee(softplus_like))).size() == 0);
inline constexpr auto a = damo::var<"a", double>;
static_assert(to_string(damo::without<"log.of_exp">(fn(log(exp(a))))) == "log(exp(a))");

TEST_CASE("a function without a rule computes what was written") {
    CHECK(softplus_like(800.0) == 800.0);
    CHECK(std::isinf(damo::ieee(softplus_like)(800.0)));
    CHECK(std::isnan(damo::ieee(f)(0.0, 2.0)));
    CHECK(f(0.0, 2.0) == 2.0);
    CHECK(damo::without<"log.of_exp">(f)(1.0, 2.0) == Approx(3.0));
    CHECK(damo::ieee(fn([](number x) { return pow(x, 0) + x; }))(3.0) == 4.0); // no rule is left that makes the power 1
}
