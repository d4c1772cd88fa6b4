// SPDX-License-Identifier: BSD-3-Clause
#include <damo/graph/graph_function.hpp>

#include <cmath>
#include <vector>

#include <damo/expr/control.hpp>
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

TEST_CASE("forward mode goes through a derivative given by hand, by its transpose") {
    const auto x = input<damo::vector<double>>("x");
    const auto s = input<double>("s");
    const auto t = input<damo::vector<double>>("t");
    const graph_function f({x, s}, round(x) * s, [](const std::vector<value>& xs, const value&, const value& g) { return std::vector<value>{g * xs[1] * xs[0], sum(g * sin(xs[0]))}; });
    const value y = f(x * 2, s);
    const std::vector<double> at = {0.4, 1.6};
    const std::vector<double> along = {3, -1};
    // J t = s * u * du, u = 2 x, du = 2 t
    const auto moved = numbers(eval(jvp(y, x, t), {{x, at}, {s, 10.0}, {t, along}}));
    CHECK(moved[0] == Approx(10 * 0.8 * 6).epsilon(1e-15));
    CHECK(moved[1] == Approx(10 * 3.2 * -2).epsilon(1e-15));
    const auto by_s = numbers(eval(jvp(y, s, 2.0), {{x, at}, {s, 10.0}}));
    CHECK(by_s[0] == Approx(2 * std::sin(0.8)).epsilon(1e-15));
    CHECK(by_s[1] == Approx(2 * std::sin(3.2)).epsilon(1e-15));
    // <J t, w> = <t, J' w>
    const auto w = input<damo::vector<double>>("w");
    const double forward = eval(sum(jvp(y, x, t) * w), {{x, at}, {s, 10.0}, {t, along}, {w, std::vector<double>{0.25, 7}}}).number();
    const double reverse = eval(sum(vjp(y, x, w) * t), {{x, at}, {s, 10.0}, {t, along}, {w, std::vector<double>{0.25, 7}}}).number();
    CHECK(forward == Approx(reverse).epsilon(1e-14));
    // the second derivative by forward over reverse is that by reverse over reverse
    const auto over = numbers(eval(hessian_vector_product(sum(y * y), x, t), {{x, at}, {s, 10.0}, {t, along}}));
    const auto twice = numbers(eval(grad(sum(grad(sum(y * y), x) * t), x), {{x, at}, {s, 10.0}, {t, along}}));
    for (std::size_t i = 0; i < 2; ++i) { CHECK(over[i] == Approx(twice[i]).epsilon(1e-13)); }
}

TEST_CASE("a product, a reduction and a loop by hand are transposed too") {
    const auto A = input<damo::matrix<double>>("A");
    const auto x = input<damo::vector<double>>("x");
    const auto t = input<damo::vector<double>>("t");
    const std::vector<double> a = {1, 2, 3, 4, 5, 6};
    const std::vector<double> at = {1, -2, 0.5};
    const std::vector<double> along = {0.5, 1, 2};
    const value by_hand = damo::custom_vjp(matmul(A, x), {A, x}, [](const std::vector<value>& xs, const value&, const value& g) {
        return std::vector<value>{expand_dims(g, 1) * expand_dims(xs[1], 0), matmul(transpose(xs[0]), g)};
    });
    const auto got = numbers(eval(jvp(sin(by_hand), x, t), {{A, damo::view(a.data(), {2, 3})}, {x, at}, {t, along}}));
    const auto expected = numbers(eval(jvp(sin(matmul(A, x)), x, t), {{A, damo::view(a.data(), {2, 3})}, {x, at}, {t, along}}));
    for (std::size_t i = 0; i < 2; ++i) { CHECK(got[i] == Approx(expected[i]).epsilon(1e-14)); }
    // inside a loop
    const auto z = input<double>("z");
    const auto n = input<std::int64_t>("n");
    const value looped = damo::fold(n, z, [](auto, auto c) {
        return damo::scalar<double>(damo::custom_vjp(sin(c), {c}, [](const std::vector<value>& xs, const value&, const value& g) { return std::vector<value>{g * cos(xs[0])}; }));
    });
    const value plain = damo::fold(n, z, [](auto, auto c) { return sin(c); });
    CHECK(eval(jvp(looped, z, 1.0), {{n, 4}, {z, 0.7}}).number() == Approx(eval(jvp(plain, z, 1.0), {{n, 4}, {z, 0.7}}).number()).epsilon(1e-14));
}

TEST_CASE("a forward derivative by hand is taken as it is") {
    const auto x = input<double>("x");
    const auto s = input<double>("s");
    const graph_function f({x, s}, x * s, [](const std::vector<value>&, const value&, const value& g) { return std::vector<value>{g, value()}; },
                           [](const std::vector<value>&, const value& y, const std::vector<value>& tangents) { return 5 * tangents[0] + 7 * tangents[1] + 0 * y; });
    CHECK(eval(jvp(f(x, s), x, 1.0), {{x, 2.0}, {s, 3.0}}).number() == 5);
    CHECK(eval(jvp(f(x, s), s, 1.0), {{x, 2.0}, {s, 3.0}}).number() == 7);
    CHECK(eval(grad(f(x, s), x), {{x, 2.0}, {s, 3.0}}).number() == 1);
    const auto v = input<damo::vector<double>>("v");
    const value wrong = damo::custom_vjp(sum(v), {v}, [](const std::vector<value>& xs, const value&, const value& g) { return std::vector<value>{g + 0 * xs[0]}; },
                                         [](const std::vector<value>&, const value&, const std::vector<value>& tangents) { return tangents[0]; });
    CHECK(contains(mistake_of<damo::derivative_error>([&] { jvp(wrong, v, v); }).sentence, "of rank 0; it gave one of rank 1"));
}

TEST_CASE("a derivative by hand that is not linear in the cotangent is refused forwards") {
    const auto x = input<double>("x");
    const value y = damo::custom_vjp(exp(x), {x}, [](const std::vector<value>&, const value&, const value& g) { return std::vector<value>{g * g}; });
    CHECK(contains(mistake_of<damo::derivative_error>([&] { jvp(y, x, 1.0); }).sentence, "requires one that is linear in the cotangent"));
    // comparisons with the cotangent count, though no derivative goes through them
    const value cut = damo::custom_vjp(exp(x), {x}, [](const std::vector<value>&, const value&, const value& g) { return std::vector<value>{minimum(g, 1.0)}; });
    CHECK(contains(mistake_of<damo::derivative_error>([&] { jvp(cut, x, 1.0); }).sentence, "requires one that is linear in the cotangent"));
    const value few = damo::custom_vjp(exp(x), {x}, [](const std::vector<value>&, const value&, const value&) { return std::vector<value>{}; });
    CHECK(contains(mistake_of<damo::derivative_error>([&] { jvp(few, x, 1.0); }).sentence, "one cotangent for each of 1 arguments; it gave 0"));
    const value constant = damo::custom_vjp(exp(x), {x}, [](const std::vector<value>&, const value&, const value&) { return std::vector<value>{value()}; });
    CHECK(eval(jvp(constant, x, 1.0), {{x, 2.0}}).number() == 0);
}
