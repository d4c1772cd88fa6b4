// SPDX-License-Identifier: BSD-3-Clause
#include <damo/expr/expression.hpp>
#include <damo/expr/expression_ops.hpp>
#include <damo/expr/print.hpp>
#include <damo/expr/struct.hpp>
#include <damo/expr/transform.hpp>

#include <boost/hana/define_struct.hpp>

#include <array>
#include <string>
#include <string_view>
#include <tuple>

#include "catch.hpp"

namespace {

using number = damo::scalar<double>;
using damo::fn;
using damo::grad;
using damo::to_string;

// Expression types print the names of their variables.
inline constexpr auto x = damo::var<"x", double>;
inline constexpr auto y = damo::var<"y", double>;
constexpr auto expression = log(exp(x) + exp(y));
static_assert(to_string(expression) == "logaddexp(x, y)");
static_assert(to_string(grad(expression, x)) == "sigmoid(x - y)");
static_assert(to_string(grad(expression, y)) == "sigmoid(y - x)");
static_assert(to_string(grad(grad(expression, x), x)) == "sigmoid(x - y)*sigmoid(y - x)");
static_assert(to_string(x) == "x");

// Traced functions have none.
constexpr auto f = fn([](number a, number b) { return log(exp(a) + exp(b)); });
static_assert(to_string(f) == "logaddexp(x0, x1)");
static_assert(to_string(grad<0>(f)) == "sigmoid(x0 - x1)");
static_assert(to_string(grad<1>(f)) == "sigmoid(x1 - x0)");
static_assert(to_string(f) != "logaddexp(x1, x0)");
static_assert(to_string(f).size() == 17);

// Several results, parts of parameters.
static_assert(to_string(grad<0, 1>(f)) == "(sigmoid(x0 - x1), sigmoid(x1 - x0))");
static_assert(to_string(damo::value_and_grad<0>(f)) == "(logaddexp(x0, x1), sigmoid(x0 - x1))");
static_assert(to_string(fn([](std::array<number, 3> a, number b) { return a[0] * b - a[2]; })) == "x0[0]*x1 - x0[2]");
static_assert(to_string(fn([](std::array<std::array<number, 2>, 2> a) { return a[1][0] + a[0][1]; })) == "x0[0][1] + x0[1][0]");
static_assert(to_string(fn([](std::tuple<number, std::array<number, 2>> t) { return std::get<0>(t) * std::get<1>(t)[1]; })) ==
              "x0[0]*x0[1][1]");
static_assert(to_string(fn([](std::pair<number, number> p) { return p.first - p.second; })) == "x0.first - x0.second");
static_assert(to_string(fn([](number a) {
                  std::array<number, 2> r{a + 1, a * a};
                  return r;
              })) == "(x0 + 1, x0^2)");

// Members of a struct have names.
template <class T>
struct point {
    BOOST_HANA_DEFINE_STRUCT(point, (T, across), (T, up));
};
template <class T>
struct body {
    BOOST_HANA_DEFINE_STRUCT(body, (point<T>, place), (T, mass));
};
static_assert(to_string(fn([](number scale, body<number> b) { return scale * b.mass * (b.place.across - b.place.up); })) ==
              "x0*x1.mass*(x1.place.across - x1.place.up)");

// Derivatives as a textbook has them.
static_assert(to_string(grad(fn([](number a) { return a * a * a; }))) == "3*x0^2");
static_assert(to_string(grad(fn([](number a) { return sin(a) * cos(a); }))) == "cos(x0)^2 - sin(x0)^2");
static_assert(to_string(grad(fn([](number a) { return log(a); }))) == "1/x0");
static_assert(to_string(grad(fn([](number a) { return sqrt(a); }))) == "0.5/sqrt(x0)");
static_assert(to_string(grad(fn([](number a) { return a / (1 + a); }))) == "1/(x0 + 1) - x0/(x0 + 1)^2");
static_assert(to_string(grad(fn([](number a) { return abs(a); }))) == "sign(x0)");

// Arrays.
static_assert(to_string(fn([](damo::matrix<double> a, damo::vector<double> b) { return sum(sin(matmul(a, b))); })) ==
              "sum(sin(matmul(x0, x1)))");
static_assert(damo::to_tree(fn([](damo::vector<float, 4> a) { return a * 2; })) == "mul: float32[4]\n"
                                                                                  "  2: float32\n"
                                                                                  "  x0: float32[4]\n");

// A function type that names its inputs.
struct named : damo::traced_function<decltype([](number a, number b) { return a - b; }), damo::signature<number, number>> {
    static constexpr const char* input_name(int i) { return i == 0 ? "left" : "right"; }
};
static_assert(to_string(named{}) == "left - right");

// Where only exact rules are used, the order of the operations is kept, and printed.
struct ieee : damo::traced_function<decltype([](number a, number b) { return a + (b + a) - -b / a; }), damo::signature<number, number>> {
    static constexpr damo::rewrite::rule_filter filter = damo::rewrite::ieee_rules;
};
static_assert(to_string(ieee{}) == "x0 + (x1 + x0) - (-x1)/x0");

// Which rules were applied.
static_assert(damo::rewrites(f).size() == 1 && damo::rewrites(f)[0] == "logaddexp.from_log");
static_assert(damo::rewrites(fn([](number a) { return a + 1; })).size() == 0);

} // namespace

TEST_CASE("the printed text may be used while the program runs") {
    const auto text = to_string(grad(expression, x));
    CHECK(std::string(text.c_str()) == "sigmoid(x - y)");
    CHECK(text.view() == std::string_view("sigmoid(x - y)"));
    CHECK(std::string(damo::to_dot(f).view()).substr(0, 9) == "digraph {");
}

TEST_CASE("a formula longer than expected is printed in full") {
    constexpr auto long_names = fn([](std::array<std::array<std::array<number, 1>, 1>, 40> a) {
        number total = 0;
        for (auto& part : a) { total += sin(part[0][0]); }
        return total;
    });
    const std::string text = to_string(long_names).c_str();
    CHECK(text.substr(0, 39) == "sin(x0[0][0][0]) + sin(x0[1][0][0]) + s");
    CHECK(text.substr(text.size() - 17) == "sin(x0[39][0][0])");
}
