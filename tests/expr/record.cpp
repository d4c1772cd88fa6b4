// SPDX-License-Identifier: BSD-3-Clause
#include <damo/expr/expression.hpp>
#include <damo/expr/expression_ops.hpp>
#include <damo/expr/print.hpp>
#include <damo/expr/struct.hpp>

#include <boost/hana/define_struct.hpp>

#include <array>
#include <cmath>
#include <tuple>

#include "catch.hpp"

namespace {

using number = damo::scalar<double>;
using damo::fn;
using damo::grad;
using damo::to_string;

template <class T>
struct pose {
    BOOST_HANA_DEFINE_STRUCT(pose, (T, x), (T, y), (T, angle));
};

inline constexpr auto f = fn([](number x, number y) { return x * x * y; });

// A traced function inside another.
inline constexpr auto twice = fn([](number x, number y) { return f(x, y) + f(y, x); });
static_assert(to_string(twice) == "x0*x1^2 + x0^2*x1");

// Numbers beside symbols.
static_assert(to_string(fn([](number x) { return f(x, 3); })) == "3*x0^2");
static_assert(to_string(fn([](number x) { return f(2.0, x) + f(2, 3.0); })) == "4*x0 + 12");

// Transforms of functions inside functions, nested.
static_assert(to_string(fn([](number x, number y) { return grad<0>(f)(x, y); })) == "2*x0*x1");
static_assert(to_string(fn([](number x) { return grad<0>(f)(sin(x), 3.0); })) == "6*sin(x0)");
static_assert(to_string(grad(fn([](number x) { return square(grad(fn([](number z) { return sin(z); }))(x)); }))) == "-2*cos(x0)*sin(x0)");
static_assert(to_string(fn([](number x, number y) {
                  auto [v, g] = damo::value_and_grad<0, 1>(f)(x, y);
                  return std::tuple{v, g.get<0>() - g.get<1>()};
              })) == "(x0^2*x1, 2*x0*x1 - x0^2)");
static_assert(to_string(fn([](number x, number y) { return damo::jvp(f)(x, y, 1, 0).tangent; })) == "2*x0*x1");
static_assert(to_string(fn([](number x, number y) { return damo::vjp(f)(x, y, 2).gradient.get<1>(); })) == "2*x0^2");
static_assert(to_string(fn([](std::array<number, 2> p) {
                  return damo::hessian(fn([](std::array<number, 2> q) { return q[0] * q[0] * q[1]; }))(p)[0][1];
              })) == "2*x0[0]");

// Structs and arrays of symbols as arguments and as results.
inline constexpr auto length = fn([](pose<number> p) { return sqrt(p.x * p.x + p.y * p.y) * p.angle; });
static_assert(to_string(fn([](number a) { return length(pose<number>{a, a, 2}); })) == "2*sqrt(2*x0^2)");
static_assert(to_string(fn([](pose<number> p) { return grad(length)(p).angle; })) == "sqrt(x0.x^2 + x0.y^2)" ||
              to_string(fn([](pose<number> p) { return grad(length)(p).angle; })) == "sqrt(x0[0]^2 + x0[1]^2)");
inline constexpr auto inner = fn([](std::array<number, 2> a, std::tuple<number, number> b) { return a[0] * std::get<1>(b) - a[1] * std::get<0>(b); });
static_assert(to_string(fn([](number x, number y) { return inner(std::array<number, 2>{x, y}, std::tuple<number, double>{y, 2.0}); })) ==
              "2*x0 - x1^2");

// The function of an expression type, and a callable with generic parameters.
inline constexpr auto u = damo::var<"u", double>;
inline constexpr auto v = damo::var<"v", double>;
static_assert(to_string(fn([](number x) { return fn(log(u) * v)(exp(x), x); })) == "x0^2");
inline constexpr auto generic = fn([](auto x, auto y) { return x - 2 * y; });
static_assert(to_string(fn([](number x) { return generic(x, 1.0); })) == "x0 - 2");

// Shapes reach a traced function, and come out of a recorded graph.
inline constexpr auto norm = fn([](damo::vector<double> x) { return sum(x * x); });
static_assert(damo::to_tree(fn([](damo::vector<double, 3> x) { return fn([](damo::vector<double> z) { return 2 * z; })(x); })) ==
              "mul: float64[3]\n"
              "  2: float64\n"
              "  x0: float64[3]\n");
inline constexpr auto slope = fn([](damo::vector<double, 3> x) { return grad(norm)(x); });
static_assert(damo::to_tree(slope).view().substr(0, 16) == "mul: float64[3]\n");

// Mistakes are told once, in the sentence of the function that was recorded.
template <class F>
constexpr bool says(F, std::string_view words) {
    const auto& s = damo::optimised_graph<F>::stored;
    return s.failed && std::string_view(s.message, static_cast<std::size_t>(s.message_size)).find(words) != std::string_view::npos;
}
static_assert(says(fn([](damo::scalar<float> x) { return grad<0>(f)(x, 1); }), "was assigned to a symbol declared as float64"));
static_assert(says(fn([](damo::vector<double> x) { return grad(fn([](damo::vector<double> z) { return 2 * z; }))(x); }),
                   "grad(f) requires a function with one floating scalar result"));
static_assert(says(fn([](damo::vector<double, 2> x, damo::vector<double, 3> y) {
                       return grad(fn([](damo::vector<double> a, damo::vector<double> b) { return sum(a * a * b); }))(x, y);
                   }),
                   "where that function needs them equal"));

} // namespace

TEST_CASE("a function that calls transforms of functions computes with numbers") {
    constexpr auto newton = fn([](number x) {
        constexpr auto p = fn([](number z) { return z * z - 2; });
        for (int i = 0; i < 5; ++i) {
            const auto [value, slope] = damo::value_and_grad(p)(x);
            x = x - value / slope;
        }
        return x;
    });
    CHECK(newton(1.0) == Approx(std::sqrt(2.0)).epsilon(1e-15));
    CHECK(twice(2.0, 3.0) == 4.0 * 3.0 + 9.0 * 2.0);
}
