// SPDX-License-Identifier: BSD-3-Clause
#include <damo/scalar.hpp>

#include <array>
#include <cmath>
#include <tuple>

#include "catch.hpp"

using number = damo::scalar<double>;
using damo::fn;
using damo::grad;
using damo::to_string;

constexpr auto cubic = fn([](number x) { return x * x * x; });
static_assert(to_string(grad(cubic)) == "3*x0^2");
static_assert(to_string(grad(grad(cubic))) == "6*x0");
static_assert(to_string(grad(grad(grad(cubic)))) == "6");
static_assert(to_string(grad(grad(grad(grad(cubic))))) == "0");
static_assert(to_string(damo::hessian(cubic)) == "6*x0");

constexpr auto product = fn([](number x, number y) { return x * sin(y); });
static_assert(to_string(grad<0>(grad<1>(product))) == to_string(grad<1>(grad<0>(product))));
static_assert(to_string(grad<1>(grad<1>(product))) == "-x0*sin(x1)");

constexpr auto rosenbrock = fn([](std::array<number, 2> x) {
    const auto a = 1 - x[0];
    const auto b = x[1] - x[0] * x[0];
    return a * a + 100 * b * b;
});

TEST_CASE("gradient and hessian of an array of numbers") {
    const std::array<double, 2> x{0.3, -0.7};
    const auto [value, g] = damo::value_and_grad(rosenbrock)(x);
    CHECK(value == Approx(0.49 + 100 * 0.79 * 0.79));
    CHECK(g[0] == Approx(-2 * 0.7 - 400 * 0.3 * (-0.7 - 0.09)));
    CHECK(g[1] == Approx(200 * (-0.7 - 0.09)));
    const auto h = damo::hessian(rosenbrock)(x);
    CHECK(h[0][0] == Approx(2 - 400 * (-0.7 - 0.09) + 800 * 0.09));
    CHECK(h[0][1] == Approx(-400 * 0.3));
    CHECK(h[1][0] == h[0][1]);
    CHECK(h[1][1] == Approx(200));
}

TEST_CASE("the jacobian of a vjp, the jvp of a gradient, the gradient of a jvp's parts") {
    // d/dx (g f'(x)) = g f''(x)
    const auto pulled = damo::vjp(cubic)(2.0, 5.0);
    CHECK(pulled.value == 8);
    CHECK(damo::get<0>(pulled.gradient) == 5 * 12);
    const auto pushed = damo::jvp(grad(cubic))(2.0, 0.5);
    CHECK(pushed.value == 12);
    CHECK(pushed.tangent == 6);
    constexpr auto gradient_of_vjp = grad(fn([](number x, number g) { return damo::get<0>(damo::vjp(cubic)(x, g).gradient); }));
    CHECK(gradient_of_vjp(2.0, 5.0) == 5 * 12);
    static_assert(to_string(gradient_of_vjp) == "6*x0*x1");
    // <Jv, w> = <v, J'w>
    constexpr auto f = fn([](std::array<number, 3> x) { return std::array<number, 2>{x[0] * x[1] + sin(x[2]), exp(x[0]) / x[2]}; });
    const std::array<double, 3> x{0.4, -1.2, 0.9};
    const std::array<double, 3> v{1, 2, -3};
    const std::array<double, 2> w{-0.5, 4};
    const auto forward = damo::jvp(f)(x, v);
    const auto back = damo::vjp(f)(x, w);
    const auto& cotangent = damo::get<0>(back.gradient);
    CHECK(forward.tangent[0] * w[0] + forward.tangent[1] * w[1] == Approx(v[0] * cotangent[0] + v[1] * cotangent[1] + v[2] * cotangent[2]).epsilon(1e-13));
    const auto j = damo::jacobian(f)(x);
    for (std::size_t i = 0; i < 2; ++i) { CHECK(j[i][0] * v[0] + j[i][1] * v[1] + j[i][2] * v[2] == Approx(forward.tangent[i]).epsilon(1e-13)); }
}

TEST_CASE("tuples, pairs and arrays of arrays are arguments and come back as derivatives") {
    constexpr auto f = fn([](std::tuple<number, std::array<number, 2>> p, std::pair<number, number> q) {
        return std::get<0>(p) * std::get<1>(p)[1] + q.first * q.first * std::get<1>(p)[0] - q.second;
    });
    const std::tuple<double, std::array<double, 2>> p{2, {3, 4}};
    const std::pair<double, double> q{5, 6};
    CHECK(f(p, q) == 2 * 4 + 25 * 3 - 6);
    const auto g = grad<0>(f)(p, q);
    CHECK(std::get<0>(g) == 4);
    CHECK(std::get<1>(g)[0] == 25);
    CHECK(std::get<1>(g)[1] == 2);
    const auto h = grad<1>(f)(p, q);
    CHECK(h.first == 2 * 5 * 3);
    CHECK(h.second == -1);
    constexpr auto table = fn([](std::array<std::array<number, 2>, 2> a) { return a[0][0] * a[1][1] - a[0][1] * a[1][0]; });
    const auto d = grad(table)(std::array<std::array<double, 2>, 2>{{{1, 2}, {3, 4}}});
    CHECK(d[0][0] == 4);
    CHECK(d[0][1] == -3);
    CHECK(d[1][0] == -2);
    CHECK(d[1][1] == 1);
}

namespace {
// As it was written for double and for ceres::Jet; only `constexpr` was added.
struct exponential_residual {
    template <class T>
    constexpr bool operator()(const T* const m, const T* const c, T* residual) const {
        residual[0] = T(2.5) - exp(m[0] * T(0.075) + c[0]);
        residual[1] = residual[0];
        residual[1] *= c[0];
        return true;
    }
};
// A function template for any number.
struct newton_step {
    template <class T>
    constexpr T operator()(T x) const {
        using std::sqrt;
        T y = x;
        for (int i = 0; i < 3; ++i) { y -= (y * y - x) / (2.0 * y); }
        return y + sqrt(x) * T(0);
    }
};
} // namespace

TEST_CASE("functors written for other automatic differentiation are used as they are") {
    constexpr auto f = damo::functor<double, 2, 1, 1>(exponential_residual{});
    const std::array<double, 1> m{0.3};
    const std::array<double, 1> c{0.1};
    double plain[2];
    exponential_residual{}(m.data(), c.data(), plain);
    const auto r = f(m, c);
    CHECK(r[0] == Approx(plain[0]));
    CHECK(r[1] == Approx(plain[1]));
    const auto j = damo::jacobian<0, 1>(f)(m, c);
    const double e = std::exp(0.3 * 0.075 + 0.1);
    CHECK(damo::get<0>(j[0])[0] == Approx(-0.075 * e));
    CHECK(damo::get<1>(j[1])[0] == Approx(-e * 0.1 + 2.5 - e));
    constexpr auto step = fn<double(double)>(newton_step{});
    CHECK(step(1.7) == Approx(newton_step{}(1.7)));
    CHECK(grad(step)(1.7) == Approx((newton_step{}(1.7 + 1e-6) - newton_step{}(1.7 - 1e-6)) / 2e-6).epsilon(1e-8));
}

TEST_CASE("a generic callable takes the types of its first call") {
    constexpr auto f = fn([](auto x, auto y) { return x * y + 1; });
    CHECK(f(2.0, 3.0) == 7);
    CHECK(f(2.0f, 3.0f) == 7);
    static_assert(std::is_same_v<decltype(f(2.0f, 3.0f)), float>);
    static_assert(std::is_same_v<decltype(f(2, 3)), int>);
}
