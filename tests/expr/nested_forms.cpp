// SPDX-License-Identifier: BSD-3-Clause
// Transforms of transforms of functions of numbers and of structs of numbers: results of one are arguments of the next.
#include <damo/damo.hpp>

#include <boost/hana/define_struct.hpp>

#include "catch.hpp"

#include <array>
#include <string>
#include <vector>

namespace {

using damo::fn;
using damo::get;
using damo::jacobian;
using damo::jvp;
using damo::results;
using damo::value_and_grad;
using damo::vjp;
using number = damo::scalar<double>;

template <class T>
struct place {
    BOOST_HANA_DEFINE_STRUCT(place, (T, x), (T, y));
};

inline constexpr auto cubic = fn([](number x, number y) { return x * x * x * y; });
inline constexpr auto turned = fn([](place<number> p, number y) { return place<number>{p.x * p.x * y, p.x * p.y}; });
inline constexpr auto energy = fn([](place<number> p, number y) { return p.x * p.x * p.y * y; });

} // namespace

TEST_CASE("jacobians of values with derivatives") {
    const auto g = jacobian(value_and_grad(cubic))(2.0, 5.0);
    CHECK(g.value == 60);
    CHECK(g.gradient == 60);
    const auto both = jacobian<0, 1>(value_and_grad(cubic))(2.0, 5.0);
    CHECK(get<1>(both.value) == 8);
    CHECK(get<1>(both.gradient) == 12);
    const auto t = jacobian(jvp(cubic))(2.0, 5.0, 1.0, 0.0);
    CHECK(t.value == 60);
    CHECK(t.tangent == 60);
    const auto c = jacobian(vjp(cubic))(2.0, 5.0, 3.0);
    CHECK(c.value == 60);
    CHECK(get<0>(c.gradient) == 180);
    CHECK(get<1>(c.gradient) == 36);
    const auto of_arrays = jacobian(value_and_grad(fn([](damo::vector<double> v) { return sum(v * v * v); })))(std::vector<double>{1, 2});
    CHECK(of_arrays.value[1] == 12);
    CHECK(of_arrays.gradient(1, 1) == 12);
}

TEST_CASE("what a transform gives is the cotangent of the next") {
    const auto back = vjp(value_and_grad(cubic))(2.0, 5.0, damo::value_and_gradient<double, double>{1, 10});
    CHECK(get<0>(back.gradient) == 60 + 10 * 60);
    CHECK(get<1>(back.gradient) == 8 + 10 * 12);
    const auto pushed = vjp(jvp(cubic))(2.0, 5.0, 1.0, 0.0, damo::value_and_tangent<double>{1, 10});
    CHECK(get<0>(pushed.gradient) == 60 + 10 * 60);
    CHECK(get<2>(pushed.gradient) == 10 * 60);
    const auto several = vjp(jacobian<0, 1>(cubic))(2.0, 5.0, results<double, double>{1, {10, {}}});
    CHECK(get<0>(several.gradient) == 60 + 10 * 12);
    const auto twice = vjp(vjp(cubic))(2.0, 5.0, 1.0, damo::value_and_gradient<double, results<double, double>>{0, {1, {0, {}}}});
    CHECK(get<0>(twice.gradient) == 60);
    CHECK(std::string(to_string(vjp(value_and_grad(cubic))).c_str()).find("x2.gradient") != std::string::npos);
    const auto of_arrays = vjp(jvp(fn([](damo::vector<double> v) { return v * v; })));
    const std::vector<double> v{1, 2};
    const auto r = of_arrays(v, v, damo::value_and_tangent<std::vector<double>>{{0, 0}, {1, 1}});
    CHECK(get<0>(r.gradient)[1] == 4);
}

TEST_CASE("structs of numbers of any type") {
    const place<double> p{2, 3};
    const auto j = jacobian(jacobian(turned))(p, 5.0); // by p, twice
    CHECK(j.x.x.x == 10);
    CHECK(j.y.x.y == 1);
    const auto by_both = jacobian<0, 1>(turned)(p, 5.0);
    CHECK(get<0>(by_both.x).x == 20);
    CHECK(get<1>(by_both.x) == 4);
    const auto pushed = jvp(jacobian(turned))(p, 5.0, place<double>{1, 0}, 0.0);
    CHECK(pushed.tangent.x.x == 10);
    const auto slopes = damo::ieee(jacobian(energy))(p, 5.0);
    CHECK(slopes.x == 60);
    const auto pulled = vjp(jacobian(energy))(p, 5.0, place<double>{1, 0});
    CHECK(get<0>(pulled.gradient).y == 20);
    const auto third = damo::hessian(damo::hessian_vector_product(fn([](number x) { return x * x * x * x; })))(2.0, 1.0);
    CHECK(third == 24);
}
