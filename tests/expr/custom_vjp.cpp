// SPDX-License-Identifier: BSD-3-Clause
// Derivatives of functions of arrays that the user gives.
#include <damo/damo.hpp>
#include <damo/graph/builder.hpp>

#include "catch.hpp"
#include "reference/elements.hpp"

#include <array>
#include <cmath>
#include <string>
#include <vector>

namespace {

using reference::elements;
using damo::dim;
using damo::fn;
using damo::grad;
using damo::value;
using damo::vector;
using damo::matrix;
using number = damo::scalar<double>;

// The length of a vector, whose derivative at 0 is taken to be 0.
constexpr auto length = fn([](vector<double> x) {
    return damo::custom_vjp<"test.length">(sqrt(sum(x * x)), [](vector<double> a, value y, value g) { return where(y > 0, g / where(y > 0, y, 1), 0) * a; }, x);
});

// A product of a matrix and a vector, whose stated derivatives are those of the product, but for a factor that shows who gave them.
constexpr auto product = fn([](matrix<double, dim<"m">, dim<"n">> a, vector<double, dim<"n">> x) {
    return damo::custom_vjp<"test.product">(
        dot(a, x), [](matrix<double> b, vector<double> u, value, value g) { return std::tuple(2 * outer(g, u), 3 * dot(transpose(b), g)); }, a, x);
});

// Clipped, with the derivative of the identity: a straight-through estimator.
constexpr auto clipped = fn([](vector<double, 3> x, number most) {
    return damo::custom_vjp<"test.clipped">(minimum(x, most), [](auto, auto, value, value g) { return std::tuple(g, value()); }, x, most);
});

// Elements of a std::array.
constexpr auto first_of = fn([](std::array<number, 2> x) {
    return damo::custom_vjp<"test.first">(x[0] * x[1], [](std::array<number, 2> u, value, value g) { return std::array<value, 2>{7 * g, g * u[0]}; }, x);
});

constexpr auto not_linear = fn([](vector<double> x) {
    return damo::custom_vjp<"test.not_linear">(2 * x, [](auto, value, value g) { return g * g; }, x);
});

} // namespace

TEST_CASE("the value is that of the expression, the derivative that of the rule") {
    CHECK(length(std::vector<double>{3, 4}) == 5);
    CHECK(elements(grad(length)(std::vector<double>{3, 4})) == std::vector<double>{3.0 / 5, 4.0 / 5});
    CHECK(elements(grad(length)(std::vector<double>{0, 0})) == std::vector<double>{0, 0});
    const std::vector<double> a{1, 2, 3, 4, 5, 6};
    const auto A = damo::view(a.data(), {2, 3});
    const std::vector<double> x{1, -1, 2};
    const std::vector<double> g{10, 1};
    CHECK(elements(product(A, x)) == std::vector<double>{5, 11});
    const auto back = damo::vjp(product)(A, x, g);
    CHECK(elements(back.gradient.get<0>()) == std::vector<double>{20, -20, 40, 2, -2, 4});
    CHECK(elements(back.gradient.get<1>()) == std::vector<double>{42, 75, 108});
    CHECK(grad(fn([](vector<double, 3> v, number m) { return sum(v * clipped(v, m)); }))(std::array<double, 3>{1, 2, 3}, 2.5) == std::array<double, 3>{2, 4, 5.5});
    CHECK(grad<1>(fn([](vector<double, 3> v, number m) { return sum(clipped(v, m)); }))(std::array<double, 3>{1, 2, 3}, 2.5) == 0);
    CHECK(grad(first_of)(std::array<double, 2>{3, 5}) == std::array<double, 2>{7, 3});
}

TEST_CASE("forward derivatives are made of the rule") {
    const std::vector<double> a{1, 2, 3, 4, 5, 6};
    const auto A = damo::view(a.data(), {2, 3});
    const std::vector<double> dx{1, 0, 1};
    const std::vector<double> zeros(6, 0.0);
    const auto forth = damo::jvp(product)(A, std::vector<double>{1, -1, 2}, damo::view(zeros.data(), {2, 3}), dx);
    CHECK(elements(forth.value) == std::vector<double>{5, 11});
    CHECK(elements(forth.tangent) == std::vector<double>{3 * 4, 3 * 10});
    const auto both = damo::jvp(product)(A, std::vector<double>{1, -1, 2}, A, dx);
    CHECK(elements(both.tangent) == std::vector<double>{12 + 2 * 5, 30 + 2 * 11});
    CHECK(damo::jvp(first_of)(std::array<double, 2>{3, 5}, std::array<double, 2>{1, 10}).tangent == 7 + 30);
    const std::vector<double> at{3, 4};
    CHECK(damo::jvp(length)(at, std::vector<double>{1, 0}).tangent == Approx(0.6).epsilon(1e-15));
}

TEST_CASE("higher derivatives and jacobians follow from the rule") {
    const std::array<double, 2> at{3, 4};
    constexpr auto known = fn([](vector<double, 2> x) { return length(x); });
    const auto h = damo::hessian(known)(at); // (I - x x'/r^2)/r
    CHECK(h[0][0] == Approx((1 - 9.0 / 25) / 5).epsilon(1e-14));
    CHECK(h[0][1] == Approx(-12.0 / 25 / 5).epsilon(1e-14));
    CHECK(h[1][1] == Approx((1 - 16.0 / 25) / 5).epsilon(1e-14));
    const auto v = damo::hessian_vector_product(known)(at, std::array<double, 2>{1, 2});
    CHECK(v[0] == Approx(h[0][0] + 2 * h[0][1]).epsilon(1e-14));
    constexpr auto square = fn([](matrix<double, 2, 2> a, vector<double, 2> x) { return product(a, x); });
    const std::array<std::array<double, 2>, 2> a{{{1, 2}, {3, 4}}};
    const auto j = damo::jacobian<1>(square)(a, at);
    CHECK(j[0][1] == 6);
    CHECK(j[1][0] == 9);
}

TEST_CASE("the rule is part of a graph made at run time") {
    damo::graph_builder b;
    const value x = b.input("x", damo::dtype::float64, {2});
    b.output(damo::custom_vjp<"test.length">(sqrt(sum(x * x)), [](value, value, value g) { return 5 * g; }, x));
    CHECK(std::string(b.optimise().to_string()) == "length(sqrt(sum(x^2)), x)");
}

TEST_CASE("what a forward derivative cannot be made of is refused") {
    damo::ir::module m;
    damo::ir::tensor_type t;
    t.element = damo::dtype::float64;
    t.rank = 1;
    t.extents[0] = 3;
    const value x = damo::ops::make_input(m, 0, t);
    const value y = not_linear(x);
    const damo::ir::index from = x.node();
    const damo::ir::index to = y.node();
    const value dx = damo::ops::make_input(m, 1, t);
    value dy;
    damo::diff::forward(m, &from, &dx, 1, &to, &dy, 1);
    CHECK(m.failed);
    CHECK(std::string(m.error.data(), static_cast<std::size_t>(m.error.size())) ==
          "a forward derivative through not_linear, whose derivative is given for reverse mode, requires one that is linear in the cotangent");
}
