// SPDX-License-Identifier: BSD-3-Clause
#include <cmath>
#include <string>
#include <vector>

#include <damo/damo.hpp>
#include <damo/graph/compile.hpp>
#include <damo/graph/grad.hpp>
#include <damo/graph/scan.hpp>

#include "catch.hpp"
#include "reference/run_time.hpp"

using damo::compile;
using damo::input;
using damo::optimisation_level;
using damo::rule_class;

namespace {

// Two layers with a choice and a loop behind them: products, broadcasting, reductions, movements, and what they become backwards.
struct model {
    damo::value X = input<damo::matrix<double>>("X"), t = input<damo::vector<double>>("t");
    damo::value W = input<damo::matrix<double>>("W"), v = input<damo::vector<double>>("v");
    std::vector<damo::operand> outputs;
    model() {
        const auto hidden = tanh(matmul(X, W) + 0.0);
        const auto p = softmax(hidden, -1);
        const auto z = dot(hidden, v) - t;
        const auto cost = mean(z * z) + 0.1 * sum(log(1 + exp(p)) * p) / sum(p);
        const auto loop = damo::fold(3, cost, [](const damo::value&, const damo::value& s) { return s * 0.5 + sin(s); });
        outputs = {loop, cond(cost > 1.0, cost, 2 * cost)};
        for (const auto& slope : damo::grad(loop, std::vector<damo::value>{W, v})) { outputs.emplace_back(slope); }
    }
    damo::call_results run(const damo::compile_options& options) const {
        const std::vector<double> x = {1, 2, 3, -1, 0.5, 2, 0, -2, 1, 4, 1, -3}, target = {1, 0, -1, 2};
        const std::vector<double> w = {0.1, -0.2, 0.3, 0.4, -0.5, 0.6}, u = {1.5, -0.5};
        return compile({X, t, W, v}, outputs, options)(damo::view(x.data(), {4, 3}), target, damo::view(w.data(), {3, 2}), u);
    }
};

} // namespace

TEST_CASE("a function of no optimisation computes what was written") {
    const auto x = input<double>("x");
    const auto text = [&](const damo::value& y, optimisation_level level) { return compile({x}, {y}, {.optimisation = level}).graph().to_string(); };
    const auto f = log(exp(x)) + log(1 + exp(x));
    CHECK(text(f, optimisation_level::none) == "log(exp(x)) + log(exp(x) + 1)");
    CHECK(text(f, optimisation_level::fast_compile) == "softplus(x) + log(exp(x))");
    CHECK(text(f, optimisation_level::full) == "x + softplus(x)");
    CHECK(text(x + 0, optimisation_level::none) == "x + 0");
    CHECK(text(x + x, optimisation_level::none) == "x + x");
    CHECK(compile({x}, {sin(x) + sin(x)}, {.optimisation = optimisation_level::none}).graph().rewrites().empty());
}

TEST_CASE("classes of rules are left out of one function") {
    const auto x = input<double>("x");
    const auto f = log(exp(x)) + log(1 + exp(x));
    CHECK(compile({x}, {f}, {.exclude_classes = {rule_class::stability}}).graph().to_string() == "x + log(exp(x) + 1)");
    CHECK(compile({x}, {f}, {.exclude_classes = {rule_class::real}}).graph().to_string() == "softplus(x) + log(exp(x))");
    CHECK(compile({x}, {f}, {.exclude_classes = {rule_class::real}, .include_rules = {"log.of_exp"}}).graph().to_string() == "x + softplus(x)");
}

TEST_CASE("every level of optimisation gives the same numbers") {
    const model m;
    const auto expected = m.run({});
    const auto level = GENERATE(optimisation_level::none, optimisation_level::fast_compile);
    const auto given = m.run({.optimisation = level});
    REQUIRE(given.size() == expected.size());
    for (std::size_t i = 0; i < given.size(); ++i) {
        const auto a = reference::numbers(given[i]), b = reference::numbers(expected[i]);
        REQUIRE(a.size() == b.size());
        for (std::size_t k = 0; k < a.size(); ++k) { CHECK(std::abs(a[k] - b[k]) <= 1e-12 * (1 + std::abs(b[k]))); }
    }
}
