// SPDX-License-Identifier: BSD-3-Clause
// Functions mapped over a batch whose derivative the user gives.
#include <damo/damo.hpp>
#include <damo/expr/print_plan.hpp>

#include "catch.hpp"
#include "reference/elements.hpp"

#include <array>
#include <string>
#include <tuple>
#include <vector>

namespace {

using reference::elements;
using damo::dim;
using damo::fn;
using damo::grad;
using damo::matrix;
using damo::none;
using damo::value;
using damo::vector;
using damo::vmap;

// The length of a vector, whose derivative at 0 is taken to be 0; the factor 2 shows who gave it.
constexpr auto length = fn([](vector<double> x) {
    return damo::custom_vjp<"test.batch_length">(
        sqrt(sum(x * x)), [](vector<double> a, value y, value g) { return where(y > 0, 2 * g / where(y > 0, y, 1), 0) * a; }, x);
});
// A product whose derivatives have factors of their own.
constexpr auto product = fn([](matrix<double, dim<"m">, dim<"n">> a, vector<double, dim<"n">> x) {
    return damo::custom_vjp<"test.batch_product">(
        dot(a, x), [](matrix<double> b, vector<double> u, value, value g) { return std::tuple(2 * outer(g, u), 3 * dot(transpose(b), g)); }, a, x);
});

template <class A>
void check_elements(const A& a, const std::vector<double>& expected) {
    REQUIRE(static_cast<std::size_t>(a.size()) == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) { CHECK(a.data()[i] == Approx(expected[i]).epsilon(1e-15)); }
}

const std::vector<double> rows{3, 4, 0, 0, 5, 12};
const auto three_rows = damo::view(rows.data(), {3, 2});

} // namespace

TEST_CASE("the value of a mapped function with a derivative by hand needs no loop") {
    constexpr auto lengths = vmap(length);
    CHECK(elements(lengths(three_rows)) == std::vector<double>{5, 0, 13});
    CHECK(damo::to_plan(lengths).find("loop of") == std::string::npos);
    constexpr auto with_gradient = fn([](matrix<double> x) { return vmap(grad(length))(x); });
    CHECK(damo::to_plan(grad(fn([](matrix<double> x) { return sum(vmap(length)(x)); }))).find("loop of") != std::string::npos);
    CHECK(damo::to_plan(with_gradient).find("loop of") == std::string::npos);
}

TEST_CASE("the derivative by hand goes to each element of the batch") {
    const std::vector<double> expected{2 * 0.6, 2 * 0.8, 0, 0, 2 * 5.0 / 13, 2 * 12.0 / 13};
    constexpr auto total = fn([](matrix<double> x) { return sum(vmap(length)(x)); });
    check_elements(grad(total)(three_rows), expected);
    check_elements(vmap(grad(length))(three_rows), expected);
    constexpr auto doubled = fn([](damo::tensor<double, damo::dyn, damo::dyn, damo::dyn> x) { return sum(vmap(vmap(length))(x)); });
    check_elements(grad(doubled)(damo::view(rows.data(), {1, 3, 2})), expected);
}

TEST_CASE("what is not mapped gets the sum over the batch") {
    const std::vector<double> a{1, 2, 3, 4, 5, 6};
    const auto A = damo::view(a.data(), {2, 3});
    const std::vector<double> x{1, -1, 2, 0, 1, 1};
    const auto X = damo::view(x.data(), {2, 3});
    constexpr auto many = vmap<none, 0>(product);
    CHECK(elements(many(A, X)) == std::vector<double>{5, 11, 5, 11});
    const std::vector<double> ones(4, 1.0);
    const auto back = damo::vjp(many)(A, X, damo::view(ones.data(), {2, 2}));
    CHECK(elements(back.gradient.get<0>()) == std::vector<double>{2, 0, 6, 2, 0, 6});
    CHECK(elements(back.gradient.get<1>()) == std::vector<double>{15, 21, 27, 15, 21, 27});
    const std::vector<double> none_at_all(6, 0.0);
    const auto forth = damo::jvp(many)(A, X, damo::view(none_at_all.data(), {2, 3}), X);
    CHECK(elements(forth.tangent) == std::vector<double>{15, 33, 15, 33});
}

TEST_CASE("the batch may lie along another axis") {
    constexpr auto columns = vmap<1>(length);
    const std::vector<double> turned{3, 0, 5, 4, 0, 12};
    const auto C = damo::view(turned.data(), {2, 3});
    CHECK(elements(columns(C)) == std::vector<double>{5, 0, 13});
    constexpr auto total = fn([](matrix<double> x) { return sum(vmap<1>(length)(x)); });
    check_elements(grad(total)(C), {2 * 0.6, 0, 2 * 5.0 / 13, 2 * 0.8, 0, 2 * 12.0 / 13});
}

TEST_CASE("second derivatives of a mapped function follow from the rule") {
    constexpr auto total = fn([](damo::tensor<double, 2, 2> x) { return sum(vmap(length)(x)); });
    const std::array<std::array<double, 2>, 2> at{{{3, 4}, {6, 8}}};
    const std::array<std::array<double, 2>, 2> along{{{1, 2}, {0, 1}}};
    const auto v = damo::hessian_vector_product(total)(at, along);
    // the rule's own derivative: 2 (v/r - a (a.v) 2/r^3), the factor 2 in the derivative of r
    const auto expected = [](double a, double b, double p, double q, double r) { return 2 * (p / r) - 2 * a * 2 * (a * p + b * q) / (r * r * r); };
    CHECK(v[0][0] == Approx(expected(3, 4, 1, 2, 5)).epsilon(1e-14));
    CHECK(v[0][1] == Approx(expected(4, 3, 2, 1, 5)).epsilon(1e-14));
    CHECK(v[1][0] == Approx(expected(6, 8, 0, 1, 10)).epsilon(1e-14));
    CHECK(v[1][1] == Approx(expected(8, 6, 1, 0, 10)).epsilon(1e-14));
}

TEST_CASE("a cotangent that is cut is cut for each element of a batch") {
    constexpr auto f = fn([](vector<double> x) { return sum(square(damo::grad_clip(x, -1, 2))); });
    check_elements(grad(f)(std::vector<double>{-3, -0.25, 0.5, 7}), {-1, -0.5, 1, 2});
    const std::vector<double> rows = {-3, -0.25, 0.5, 7, 0, 1};
    check_elements(vmap(grad(f))(damo::view(rows.data(), {3, 2})), {-1, -0.5, 1, 2, 0, 2});
    constexpr auto h = fn([](damo::scalar<double> x) { return square(damo::grad_scale(x, 3)); });
    CHECK(grad(h)(5.0) == 30);
    CHECK(damo::jvp(h)(5.0, 2.0).tangent == 60);
}
