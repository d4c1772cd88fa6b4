// SPDX-License-Identifier: BSD-3-Clause
#include <damo/expr/expression.hpp>
#include <damo/expr/expression_ops.hpp>
#include <damo/expr/print.hpp>
#include <damo/expr/struct.hpp>

#include <boost/hana/define_struct.hpp>

#include <array>
#include <cmath>

#include "catch.hpp"

namespace {

using number = damo::scalar<double>;
using damo::fn;
using damo::grad;
using damo::to_string;

template <class T>
struct place {
    BOOST_HANA_DEFINE_STRUCT(place, (T, x), (T, y));
};
template <class T>
struct pose {
    BOOST_HANA_DEFINE_STRUCT(pose, (place<T>, at), (T, angle));
};

// Several parameters at once.
inline constexpr auto f = fn([](number x, std::array<number, 2> y, number z) { return x * y[0] * y[1] + z * z; });
static_assert(to_string(damo::value_and_grad<2, 0>(f)) == "(x0*x1[0]*x1[1] + x2^2, 2*x2, x1[0]*x1[1])");

// By name: variables of expressions.
inline constexpr auto x = damo::var<"x", double>;
inline constexpr auto y = damo::var<"y", double>;
constexpr auto e = log(x) * y;
static_assert(to_string(grad<"x">(e)) == "y/x");
static_assert(to_string(grad<"y">(grad<"x">(e))) == "1/x");
static_assert(to_string(grad<"x">(fn(e))) == "x1/x0");
static_assert(to_string(damo::value_and_grad<"y", "x">(fn(e))) == "(x1*log(x0), log(x0), x1/x0)");

// Parts of parameters: members of structs, elements of arrays, whole structs inside structs.
inline constexpr auto energy = fn([](pose<number> p, std::array<number, 2> k) { return k[0] * p.at.x * p.at.y + k[1] * cos(p.angle); });
static_assert(to_string(grad<"angle">(energy)) == "-x1[1]*sin(x0.angle)");
static_assert(to_string(grad<"x">(energy)) == "x0.at.y*x1[0]");
static_assert(to_string(grad<"x0.at.x">(energy)) == "x0.at.y*x1[0]");
static_assert(to_string(grad<"at">(energy)) == "(x0.at.y*x1[0], x0.at.x*x1[0])");
static_assert(to_string(grad<"x1[0]", "angle">(energy)) == "(x0.at.x*x0.at.y, -x1[1]*sin(x0.angle))");
static_assert(to_string(damo::jacobian<"at">(energy)) == to_string(grad<"at">(energy)));

// The hessian times a vector, against the hessian.
inline constexpr auto rosenbrock = fn([](std::array<number, 3> v, number a) {
    number s = 0;
    for (std::size_t i = 0; i < 2; ++i) { s += a * square(v[i + 1] - v[i] * v[i]) + square(1 - v[i]); }
    return s;
});
static_assert(to_string(damo::hessian_vector_product(fn([](number v) { return v * v * v; }))) == "6*x0*x1");
static_assert(to_string(damo::hessian_vector_product<"angle">(energy)) == "-x1[1]*x2*cos(x0.angle)");
static_assert(damo::to_tree(damo::hessian_vector_product(fn([](damo::vector<double> v) { return sum(v * v * v); }))).view().substr(0, 4) == "mul:");

} // namespace

TEST_CASE("the hessian times a vector is what the whole hessian gives") {
    const std::array<double, 3> at{1.2, -0.7, 0.4};
    const std::array<double, 3> v{0.3, 2.0, -1.5};
    const auto h = damo::hessian(rosenbrock)(at, 100.0);
    const auto hv = damo::hessian_vector_product(rosenbrock)(at, 100.0, v);
    for (std::size_t i = 0; i < 3; ++i) { CHECK(hv[i] == Approx(h[i][0] * v[0] + h[i][1] * v[1] + h[i][2] * v[2]).epsilon(1e-13)); }
}

TEST_CASE("several derivatives come back in the structures of their parameters") {
    const auto [value, slopes] = damo::value_and_grad<1, 0>(f)(2.0, std::array<double, 2>{3.0, 5.0}, 7.0);
    CHECK(value == 79.0);
    CHECK(slopes.get<0>()[0] == 10.0);
    CHECK(slopes.get<0>()[1] == 6.0);
    CHECK(slopes.get<1>() == 15.0);
}

TEST_CASE("the derivative by a struct inside a struct is such a struct") {
    const pose<double> p{{2.0, 3.0}, 0.5};
    const auto at = grad<"at">(energy)(p, std::array<double, 2>{10.0, 1.0});
    CHECK(at.x == 30.0);
    CHECK(at.y == 20.0);
    CHECK(grad<"angle">(energy)(p, std::array<double, 2>{10.0, 1.0}) == Approx(-std::sin(0.5)));
    const auto hv = damo::hessian_vector_product<"at">(energy)(p, std::array<double, 2>{10.0, 1.0}, place<double>{1.0, 2.0});
    CHECK(hv.x == 20.0);
    CHECK(hv.y == 10.0);
    const auto h = damo::hessian<"at">(energy)(p, std::array<double, 2>{10.0, 1.0});
    CHECK(h.x.y == 10.0);
    CHECK(h.y.y == 0.0);
}
