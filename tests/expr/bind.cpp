// SPDX-License-Identifier: BSD-3-Clause
#include <damo/expr/bind.hpp>
#include <damo/expr/expression_ops.hpp>
#include <damo/expr/print.hpp>
#include <damo/expr/struct.hpp>
#include <damo/graph/builder.hpp>

#include <boost/hana/adapt_struct.hpp>

#include <array>
#include <cmath>
#include <string>

#include "catch.hpp"

namespace {
template <class T>
struct motor {
    T gain, drag;
    std::array<T, 2> limits;
};
} // namespace

BOOST_HANA_ADAPT_STRUCT(motor<double>, gain, drag, limits);
BOOST_HANA_ADAPT_STRUCT(motor<damo::scalar<double>>, gain, drag, limits);

namespace {

using number = damo::scalar<double>;
using damo::bind;
using damo::fn;
using damo::grad;
using damo::to_string;

inline constexpr auto f = fn([](number a, number b, number x) { return exp(a) * sin(b) * x + log(a) * x * x; });

// What is held, and what is left for the calls.
template <class F, int... K>
using held = damo::detail::bound::held_function<F, damo::detail::bound::positions<K...>>;
template <class F, int... K>
using rest = damo::detail::bound::rest_function<F, damo::detail::bound::positions<K...>>;
using F = std::remove_cv_t<decltype(f)>;
static_assert(held<F, 0, 1>::output_count == 2);
static_assert(to_string(held<F, 0, 1>{}) == "(exp(x0)*sin(x1), log(x0))");
static_assert(to_string(rest<F, 0, 1>{}) == "x0^2*x1[0][1] + x0*x1[0][0]");
static_assert(held<F, 2>::output_count == 2); // x and x^2

// Variables of expressions.
inline constexpr auto u = damo::var<"u", double>;
inline constexpr auto v = damo::var<"v", double>;
constexpr auto e = log(u) * v * v;

constexpr auto torque = fn([](motor<number> m, number speed) { return exp(m.gain) * speed - m.drag * speed * speed + m.limits[1]; });

} // namespace

TEST_CASE("parts of parameters by name: members and elements") {
    const motor<double> m{0.5, 0.1, {1, 2}};
    const motor<double> other{7.0, 0.1, {1, 2}};
    CHECK(bind<"gain">(torque, 0.5)(other, 3.0) == Approx(torque(m, 3.0)).epsilon(1e-15));
    CHECK(bind<"x0.gain", "limits[1]">(torque, 0.5, 4.0)(other, 3.0) == Approx(torque(m, 3.0) + 2).epsilon(1e-15));
    CHECK(bind<"limits">(torque, std::array<double, 2>{0, 5})(m, 3.0) == Approx(torque(m, 3.0) + 3).epsilon(1e-15));
    // What depends on the part alone is computed once; the derivative to what is bound is 0.
    using parted = damo::detail::bound::parted_function<std::remove_cv_t<decltype(torque)>, damo::detail::leaf_names::find<std::remove_cv_t<decltype(torque)>, damo::core::fixed_text("gain")>().found>;
    CHECK(std::string(to_string(held<parted, 2>{}).view()) == "exp(x0)");
    const motor<double> slope = grad(bind<"gain">(torque, 0.5))(other, 3.0);
    CHECK(slope.gain == 0);
    CHECK(slope.drag == -9);
    CHECK(slope.limits[1] == 1);
    CHECK(grad<1>(bind<"gain">(torque, 0.5))(other, 3.0) == Approx(std::exp(0.5) - 0.6).epsilon(1e-15));
}

TEST_CASE("fixed parameters by number, in any order") {
    const double a = 1.3;
    const double b = 0.4;
    const double x = 2.5;
    const double expected = f(a, b, x);
    CHECK(bind<0, 1>(f, a, b)(x) == Approx(expected).epsilon(1e-15));
    CHECK(bind<1, 0>(f, b, a)(x) == Approx(expected).epsilon(1e-15));
    CHECK(bind<2>(f, x)(a, b) == Approx(expected).epsilon(1e-15));
    CHECK(bind<1>(f, b)(a, x) == Approx(expected).epsilon(1e-15));
    CHECK(bind<0, 1, 2>(f, a, b, x)() == Approx(expected).epsilon(1e-15));
    CHECK(std::get<1>(bind<0, 1>(f, a, b).values()) == b);
}

TEST_CASE("fixed parameters by name") {
    CHECK(bind(e, u = 3.0)(2.0) == Approx(4 * std::log(3.0)).epsilon(1e-15));
    CHECK(bind(e, v = 3.0)(2.0) == Approx(9 * std::log(2.0)).epsilon(1e-15));
    CHECK(bind(fn(e), v = 3.0, u = 2.0)() == Approx(9 * std::log(2.0)).epsilon(1e-15));
    CHECK(bind<"v">(fn(e), 3.0)(2.0) == Approx(9 * std::log(2.0)).epsilon(1e-15));
    CHECK(bind<"x1">(f, 0.4)(1.3, 2.5) == Approx(f(1.3, 0.4, 2.5)).epsilon(1e-15));
}

TEST_CASE("derivatives of a bound function are bound derivatives") {
    const auto g = bind<1>(f, 0.4);
    CHECK(grad(g)(1.3, 2.5) == Approx(grad<0>(f)(1.3, 0.4, 2.5)).epsilon(1e-14));
    CHECK(grad<1>(g)(1.3, 2.5) == Approx(grad<2>(f)(1.3, 0.4, 2.5)).epsilon(1e-14));
    CHECK(grad<"x2">(g)(1.3, 2.5) == Approx(grad<2>(f)(1.3, 0.4, 2.5)).epsilon(1e-14));
    const auto [value, slopes] = damo::value_and_grad<0, 1>(g)(1.3, 2.5);
    CHECK(value == Approx(f(1.3, 0.4, 2.5)).epsilon(1e-14));
    CHECK(slopes.get<1>() == Approx(grad<2>(f)(1.3, 0.4, 2.5)).epsilon(1e-14));
    CHECK(damo::hessian<1>(g)(1.3, 2.5) == Approx(2 * std::log(1.3)).epsilon(1e-14));
    CHECK(damo::hessian_vector_product<1>(g)(1.3, 2.5, 3.0) == Approx(6 * std::log(1.3)).epsilon(1e-14));
}

TEST_CASE("structures and mixed element types") {
    constexpr auto dot = fn([](std::array<number, 3> w, damo::scalar<float> scale, std::array<number, 3> x) {
        number s = 0;
        for (std::size_t i = 0; i < 3; ++i) { s += exp(w[i]) * x[i]; }
        return s * scale;
    });
    const std::array<double, 3> w{0.1, 0.2, 0.3};
    const std::array<double, 3> x{1, 2, 3};
    CHECK(bind<0, 1>(dot, w, 2.0f)(x) == Approx(dot(w, 2.0f, x)).epsilon(1e-14));
    CHECK(bind<2>(dot, x)(w, 2.0f) == Approx(dot(w, 2.0f, x)).epsilon(1e-14));
    CHECK(grad(bind<0, 1>(dot, w, 2.0f))(x)[2] == Approx(2 * std::exp(0.3)).epsilon(1e-7));
}

TEST_CASE("a function that needs nothing of what is bound, or only that") {
    constexpr auto first = fn([](number x, number y) { return x + 0 * y; });
    CHECK(bind<0>(first, 3.0)(1.0) == 3.0);
    CHECK(bind<1>(first, 3.0)(1.0) == 1.0);
}

TEST_CASE("a bound function may be called on symbols of a graph made at run time") {
    damo::graph_builder b;
    b.output(bind<0, 2>(fn([](number x, number y, number z) { return x * y + z; }), 2.0, 0.5)(b.input("y", damo::dtype::float64)));
    CHECK(b.optimise().to_string() == "2*y + 0.5");
}

TEST_CASE("bound values in choices and protected sums") {
    constexpr auto choice = fn([](number p, number x) { return cond(p < 0, log(x), p * x); });
    CHECK(bind<0>(choice, 2.0)(3.0) == 6.0);
    constexpr auto sum = fn([](number a, number x, number b) { return exact((a + x) + b) - a; });
    CHECK(bind<0, 2>(sum, 1e16, -1e16)(1.0) == -1e16);
}
