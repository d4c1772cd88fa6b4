// SPDX-License-Identifier: BSD-3-Clause
#include <damo/graph/graph_function.hpp>

#include <cmath>
#include <vector>

#include <damo/graph/grad.hpp>

#include "catch.hpp"
#include "reference/run_time.hpp"

using damo::graph_function;
using damo::input;
using damo::value;
using reference::contains;
using reference::mistake_of;
using reference::numbers;

TEST_CASE("a piece of a graph is a function of symbols") {
    const auto x = input<double>("x");
    const auto y = input<double>("y");
    const auto k = damo::shared(3.0, "k");
    const graph_function f({x, y}, x * exp(y) * k);
    const auto a = input<double>("a");
    const value z = f(a + 1, f(a, 0.0));
    CHECK(eval(z, {{a, 0.5}}).number() == Approx(1.5 * std::exp(1.5) * 3).epsilon(1e-15));
    CHECK(eval(grad(f(a, 2.0), a), {{a, 0.5}}).number() == Approx(3 * std::exp(2.0)).epsilon(1e-15));
    CHECK_THROWS_AS(f(a), damo::missing_input_error);
    CHECK_THROWS_AS(f(a, input<damo::vector<double>>("v")), damo::substitution_error);
    CHECK_THROWS_AS(graph_function({x * y}, x * y), damo::unknown_input_error);
    // arrays of other extents
    const value v = input("v", damo::dtype::float64, {-1});
    const graph_function norm({v}, sqrt(sum(v * v)));
    const auto two = input<damo::vector<double, 2>>("two");
    CHECK(eval(norm(two), {{two, std::vector<double>{3, 4}}}).number() == 5);
}

TEST_CASE("a derivative is given by hand") {
    const auto x = input<damo::vector<double>>("x");
    const auto s = input<double>("s");
    // a straight-through rounding: the derivative is that of the identity, times s by itself
    const graph_function rounded({x, s}, round(x) * s, [](const std::vector<value>& xs, const value&, const value& g) { return std::vector<value>{g * xs[1] * xs[0], value()}; });
    const std::vector<double> at = {0.4, 1.6};
    const value y = rounded(x * 2, s);
    CHECK(numbers(eval(y, {{x, at}, {s, 10.0}})) == std::vector<double>{10, 30});
    const auto slope = numbers(eval(grad(sum(y), x), {{x, at}, {s, 10.0}}));
    CHECK(slope[0] == Approx(2 * 10 * 0.8).epsilon(1e-15));
    CHECK(slope[1] == Approx(2 * 10 * 3.2).epsilon(1e-15));
    CHECK(eval(grad(sum(y), s, {.disconnected = damo::on_doubt::ignore}), {{x, at}, {s, 10.0}}).number() == 0);
    const auto second = numbers(eval(grad(sum(grad(sum(y), x)), x), {{x, at}, {s, 10.0}}));
    CHECK(second[0] == Approx(40).epsilon(1e-15));
    // forward: made of the derivative for reverse mode
    const auto forth = numbers(eval(jvp(y, x, x), {{x, at}, {s, 10.0}}));
    CHECK(forth[0] == Approx(2 * 10 * 0.8 * 0.4).epsilon(1e-15));
    CHECK(forth[1] == Approx(2 * 10 * 3.2 * 1.6).epsilon(1e-15));
    const graph_function squared({x, s}, x * s, [](const std::vector<value>&, const value&, const value& g) { return std::vector<value>{g * g, value()}; });
    CHECK(contains(mistake_of<damo::derivative_error>([&] { jvp(squared(x, s), x, x); }).sentence, "requires one that is linear in the cotangent"));
    const graph_function summed({x, s}, x * s, [](const std::vector<value>&, const value&, const value& g) { return std::vector<value>{sum(g), value()}; });
    CHECK(contains(mistake_of<damo::derivative_error>([&] { grad(sum(summed(x, s)), x); }).sentence, "that argument has type float64["));
    const graph_function wrong({x, s}, x * s, [](const std::vector<value>&, const value&, const value& g) { return std::vector<value>{g}; });
    CHECK(contains(mistake_of<damo::derivative_error>([&] { grad(sum(wrong(x, s)), x); }).sentence, "one cotangent for each of 2 arguments; it gave 1"));
}
