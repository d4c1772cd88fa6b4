// SPDX-License-Identifier: BSD-3-Clause
// Scans, derivatives and observers with options or parts that make no sense.
#include <damo/graph/scan.hpp>

#include <climits>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <damo/graph/check.hpp>
#include <damo/graph/compile.hpp>
#include <damo/graph/grad.hpp>
#include <damo/graph/host_function.hpp>
#include <damo/graph/jacobian.hpp>
#include <damo/graph/nan_guard.hpp>
#include <damo/graph/verify_grad.hpp>

#include "catch.hpp"
#include "reference/run_time.hpp"

using damo::compile;
using damo::dtype;
using damo::input;
using damo::scan_step;
using damo::shared;
using damo::value;
using reference::contains;
using reference::mistake_of;

namespace {
using vector = std::vector<double>;
using seen = std::vector<value>;
const auto sum_of_two = [](const seen& v) { return scan_step(v[0] + v[1]); };
const auto first = [](const seen& v) { return scan_step(v[0]); };
} // namespace

TEST_CASE("truncation is -1 or a number of steps, and taps look back so far as carries allow") {
    const auto v = input<damo::vector<double>>("v");
    const auto x = input<double>("x");
    const auto truncated = [&](int k) { return damo::scan(sum_of_two, {.sequences = {{v}}, .outputs = {{x}}, .truncate_gradient = k}).last[0]; };
    for (const int k : {-2, INT_MIN}) { CHECK(contains(mistake_of<damo::expression_error>([&] { truncated(k); }).sentence, "-1, for all steps, or 0 or more as truncate_gradient, not " + std::to_string(k))); }
    CHECK(eval(grad(truncated(-1), x), {{v, vector{1, 2}}, {x, 1.0}}).number() == 1);
    CHECK(eval(grad(truncated(0), x), {{v, vector{1, 2}}, {x, 1.0}}).number() == 0);
    for (const int tap : {-1000000000, INT_MIN}) {
        CHECK(contains(mistake_of<damo::expression_error>([&] { damo::scan(first, {.outputs = {{v, {tap}}}, .n_steps = 3}); }).sentence, "looks back at most 4096 steps"));
    }
    const auto wide = damo::scan(sum_of_two, {.sequences = {{v, {INT_MAX, INT_MIN}}}, .outputs = {{}}});
    CHECK(compile({v}, {wide.outputs[0]})(vector{1, 2})[0].size() == 0);
}

TEST_CASE("a number of steps that differs from step to step of a loop around is told with the loop") {
    const auto counts = input<damo::vector<std::int64_t>>("counts");
    const auto x = input<double>("x");
    int line = 0;
    const auto outer = damo::scan([&](const seen& v) {
        line = __LINE__ + 1;
        const auto inner = damo::scan([](const seen& w) { return scan_step(w[0] * 2); }, {.outputs = {{v[1]}}, .n_steps = v[0]});
        return scan_step(sum(inner.outputs[0]));
    }, {.sequences = {{counts}}, .outputs = {{x}}});
    const auto m = mistake_of<damo::expression_error>([&] { compile({counts, x}, {exp(outer.last[0])}); });
    CHECK(contains(m.sentence, "this one differs from step to step of a loop around it"));
    CHECK(m.op == "scan");
    CHECK(!m.shapes.empty());
    CHECK(contains(m.file, "refused.cpp"));
    CHECK(m.line == line);
    REQUIRE(!m.path.empty());
    CHECK(contains(m.path.back(), "exp"));
    // what keeps nothing may vary
    const auto last = damo::scan([](const seen& v) {
        return scan_step(damo::scan([](const seen& w) { return scan_step(w[0] * 2); }, {.outputs = {{v[1]}}, .n_steps = v[0]}).last[0]);
    }, {.sequences = {{counts}}, .outputs = {{x}}});
    CHECK(compile({counts, x}, {last.last[0]})(std::vector<std::int64_t>{1, 2}, 1.0).number() == 8);
}

TEST_CASE("derivatives that cannot be meant") {
    const auto x = input<double>("x");
    const auto n = input<std::int64_t>("n");
    const auto v = input<damo::vector<double>>("v");
    const value h = x * x;
    CHECK(contains(mistake_of<damo::derivative_error>([&] { grad({}, x, {.known_gradients = {{h, 1.0}, {h, 2.0}}}); }).sentence, "names one symbol twice"));
    CHECK(contains(mistake_of<damo::derivative_error>([&] { vjp(n, x, 1); }).sentence, "requires floating numbers as results, not int64[]"));
    CHECK_THROWS_AS(jvp(damo::argmax(v), v, v), damo::derivative_error);
    const auto five = input("five", dtype::float64, {1, 1, 1, 1, 1});
    const auto m = mistake_of<damo::derivative_error>([&] { jacobian(five * 2, five); });
    CHECK(contains(m.sentence, "10 here and more than 8"));
    CHECK(m.op == "mul");
    CHECK(m.shapes.size() == 2);
    CHECK_THROWS_WITH(attach_derivative(x * x, x, v), Catch::Contains("works element by element"));
    CHECK(attach_derivative(v * x, x, v).rank() == 1);
    CHECK_THROWS_WITH(damo::custom_vjp(x, {x}, {}), Catch::Contains("requires a derivative"));
    // a rule that uses what is outside
    const auto outside = damo::custom_vjp(x * 2, {x}, [&](auto&, auto&, auto&) { return seen{v}; });
    CHECK(contains(mistake_of<damo::derivative_error>([&] { grad(outside, x); }).sentence, "is a symbol of the outside"));
    const auto forward = damo::custom_vjp(x * 2, {x}, [](auto&, auto&, auto& g) { return seen{g}; }, [&](auto&, auto&, auto&) { return value(v); });
    CHECK(contains(mistake_of<damo::derivative_error>([&] { jvp(forward, x, 1.0); }).sentence, "is a symbol of the outside"));
    double (*nobody)(double) = nullptr;
    CHECK(contains(mistake_of<damo::expression_error>([&] { damo::host_function("h", nobody); }).sentence, "a null pointer"));
    CHECK_THROWS_AS(damo::host_function("h", std::function<double(double)>()), damo::expression_error);
}

TEST_CASE("guards and comparisons that look for nothing") {
    CHECK_THROWS_AS(damo::nan_guard({.largest = -1}), damo::expression_error);
    CHECK_THROWS_AS(damo::nan_guard({.largest = NAN}), damo::expression_error);
    CHECK(contains(mistake_of<damo::expression_error>([] { damo::nan_guard({.nan = false, .infinite = false}); }).sentence, "something to look for"));
    CHECK_THROWS_AS(damo::check({.kernels = {-1, 1}}), damo::expression_error);
    CHECK_THROWS_AS(damo::check({.rewriting = {1, NAN}}), damo::expression_error);
    const auto x = input<double>("x");
    CHECK_THROWS_AS(damo::verify_grad(x * x, {{x, 1.0}}, {.directions = 0}), damo::derivative_error);
    CHECK_THROWS_AS(damo::verify_grad(x * x, {{x, 1.0}}, {.step = -1}), damo::derivative_error);
    CHECK_THROWS_AS(damo::verify_grad(x * x, {{x, 1.0}}, {.tolerance = NAN}), damo::derivative_error);
    const auto s = shared(2.0, "s");
    CHECK(contains(mistake_of<damo::derivative_error>([&] { damo::verify_grad(s * s, {}); }).sentence, "nothing is compared"));
    CHECK(damo::verify_grad(x * x, {{x, 1.0f}}) < 1e-9); // the point is taken in the precision of the input
}
