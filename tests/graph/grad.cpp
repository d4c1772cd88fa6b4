// SPDX-License-Identifier: BSD-3-Clause
#include <damo/graph/grad.hpp>

#include <array>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <boost/hana/adapt_struct.hpp>
#include <damo/expr/expression_ops.hpp>
#include <damo/expr/struct.hpp>
#include <damo/expr/transform.hpp>
#include <damo/graph/jacobian.hpp>
#include <damo/graph/verify_grad.hpp>

#include "catch.hpp"
#include "reference/run_time.hpp"

using damo::any_array;
using damo::compile;
using damo::input;
using damo::shared;
using damo::value;
using reference::contains;
using reference::mistake_of;
using reference::numbers;

namespace {
using vector = std::vector<double>;
std::string text(const std::vector<value>& inputs, const damo::operand& y) {
    return compile(inputs, {y}, {.unused_input = damo::on_doubt::ignore}).graph().to_string();
}
template <class T>
struct layer {
    T weight;
    T bias;
};
} // namespace
BOOST_HANA_ADAPT_STRUCT(layer<damo::value>, weight, bias);

TEST_CASE("a derivative is a symbol to go on with, to any order") {
    const auto x = input<double>("x");
    const auto y = input<double>("y");
    const value f = log(exp(x) + exp(y));
    CHECK(text({x, y}, grad(f, x)) == "sigmoid(x - y)");
    const value third = grad(grad(grad(sin(x), x), x), x);
    CHECK(text({x}, third) == "-cos(x)");
    const std::vector<value> both = grad(x * y * y, {x, y});
    CHECK(text({x, y}, both[0]) == "y^2");
    CHECK(text({x, y}, both[1]) == "2*x*y");
}

TEST_CASE("inner nodes may be differentiated by, also together with what is below them") {
    const auto x = input<double>("x");
    const value h = x * x;
    const value f = h * h + x;
    CHECK(eval(grad(f, h), {{x, 3.0}}).number() == 18);
    const std::vector<value> both = grad(f, {h, x});
    CHECK(eval(both[0], {{x, 3.0}}).number() == 18);
    CHECK(eval(both[1], {{x, 3.0}}).number() == 4 * 27 + 1);
    const auto w = shared(vector{1, 2}, "w");
    CHECK(numbers(eval(grad(sum(w * w * x), w), {{x, 3.0}})) == vector{6, 12});
}

TEST_CASE("constants, known derivatives and what does not matter") {
    const auto x = input<double>("x");
    const auto y = input<double>("y");
    const value h = x * x;
    CHECK(eval(grad(h * x, x, {.consider_constant = {h}}), {{x, 3.0}}).number() == 9);
    CHECK(eval(grad(h * y + x, x, {.known_gradients = {{h, 10.0}}}), {{x, 3.0}}).number() == 61);
    CHECK(eval(grad({}, x, {.known_gradients = {{h, 10.0}}}), {{x, 3.0}}).number() == 60);
    const int line = __LINE__ + 1;
    const auto z = input<double>("z");
    const auto m = mistake_of<damo::disconnected_error>([&] { grad(h, z); });
    CHECK(contains(m.sentence, "the cost does not depend on \"z\""));
    CHECK(m.line == line);
    CHECK(damo::eval(grad(h, z, {.disconnected = damo::on_doubt::ignore})).number() == 0);
    static int warnings = 0;
    const auto former = damo::set_warning_handler([](const char*) { ++warnings; });
    CHECK(damo::eval(grad(h, z, {.disconnected = damo::on_doubt::warn})).number() == 0);
    damo::set_warning_handler(former);
    CHECK(warnings == 1);
    CHECK_THROWS_AS(grad(stop_gradient(x) * 2, x), damo::disconnected_error);
    CHECK_THROWS_AS(grad(h, x, {.known_gradients = {{h, input<damo::vector<double>>("v")}}}), damo::derivative_error);
    CHECK(damo::eval(grad(square(damo::grad_clip(x, -1, 1)), x), {{x, 4.0}}).number() == 1);
    CHECK(contains(mistake_of<damo::derivative_error>([&] { jvp(damo::grad_clip(x, -1, 1), x, 1.0); }).sentence, "grad_clip(x, low, high) has no forward derivative"));
}

TEST_CASE("costs and variables that have no derivative") {
    const auto v = input<damo::vector<double>>("v");
    const auto n = input<std::int64_t>("n");
    const auto m = mistake_of<damo::derivative_error>([&] { grad(v * 2, v); });
    CHECK(contains(m.sentence, "requires a cost that is one floating number, not float64[n"));
    CHECK(m.op == "mul");
    CHECK_THROWS_AS(grad(n * n, n), damo::derivative_error);
    CHECK_THROWS_AS(grad(sum(v) * n, n), damo::derivative_error);
}

TEST_CASE("derivatives come in the form of what they are by") {
    const auto x = input<double>("x");
    const auto y = input<double>("y");
    const value f = x * x * y;
    std::map<std::string, value> by = {{"first", x}, {"second", y}};
    auto found = grad(f, by);
    CHECK(eval(found["second"], {{x, 3.0}}).number() == 9);
    const auto pair = grad(f, std::array<value, 2>{x, y});
    CHECK(eval(pair[0], {{x, 3.0}, {y, 1.0}}).number() == 6);
    const layer<value> l{x, y};
    const layer<value> d = grad(f, l);
    CHECK(eval(d.weight, {{x, 3.0}, {y, 2.0}}).number() == 12);
    CHECK(eval(d.bias, {{x, 3.0}}).number() == 9);
}

TEST_CASE("products with the jacobian, the jacobian, the hessian") {
    const auto A = input<damo::matrix<double>>("A");
    const auto x = input<damo::vector<double, 3>>("x");
    const auto u = input<damo::vector<double>>("u");
    const value y = sin(matmul(A, x));
    const vector a = {1, 2, 3, 4, 5, 6};
    const auto at = damo::view(a.data(), {2, 3});
    const vector p = {0.1, 0.2, -0.3};
    const double c[2] = {std::cos(0.1 + 0.4 - 0.9), std::cos(0.4 + 1.0 - 1.8)};
    const auto back = numbers(eval(vjp(y, x, u), {{A, at}, {x, p}, {u, vector{1, -1}}}));
    CHECK(back[1] == Approx(2 * c[0] - 5 * c[1]).epsilon(1e-14));
    const auto forth = numbers(eval(jvp(y, x, x), {{A, at}, {x, p}}));
    CHECK(forth[0] == Approx(-0.4 * c[0]).epsilon(1e-13));
    // the extents of y are known only to the call: a loop
    const any_array J = eval(jacobian(y, x), {{A, at}, {x, p}});
    REQUIRE(J.rank() == 2);
    for (int i = 0; i < 6; ++i) { CHECK(J.at(i) == Approx(a[static_cast<std::size_t>(i)] * c[i / 3]).epsilon(1e-14)); }
    // known: mapped
    const value z = exp(x) * sum(x);
    const any_array K = eval(jacobian(z, x), {{x, p}});
    for (int i = 0; i < 9; ++i) { CHECK(K.at(i) == Approx(std::exp(p[static_cast<std::size_t>(i / 3)])).epsilon(1e-14)); } // sum(x) is 0
    const any_array H = eval(hessian(sum(x * x * x), x), {{x, p}});
    for (int i = 0; i < 9; ++i) { CHECK(H.at(i) == Approx(i / 3 == i % 3 ? 6 * p[static_cast<std::size_t>(i / 3)] : 0.0).margin(1e-15)); }
    const auto Hv = numbers(eval(hessian_vector_product(sum(x * x * x), x, x), {{x, p}}));
    CHECK(Hv[2] == Approx(6 * 0.09).epsilon(1e-14));
    const any_array none = eval(jacobian(floor(x), x), {{x, p}});
    CHECK(numbers(none) == vector(9, 0.0));
    CHECK_THROWS_AS(vjp(y, x, A), damo::derivative_error);
    CHECK_THROWS_AS(jvp(y, x, input<damo::vector<double, 4>>("t")), damo::derivative_error);
    CHECK_THROWS_AS(jacobian(argmax(x), x), damo::derivative_error);
}

TEST_CASE("derivatives are compared with differences") {
    const auto x = input<damo::vector<double>>("x");
    const auto s = input<double>("s");
    CHECK(verify_grad(sum(tanh(x) * exp(s)) + s * s, {{x, vector{0.5, -1, 2}}, {s, 0.3}}) < 1e-9);
    const value wrong = attach_derivative(sum(sin(x)), sum(x), 3.0);
    CHECK(contains(mistake_of<damo::derivative_error>([&] { verify_grad(wrong, {{x, vector{0.5, -1, 2}}}); }).sentence, "but differences give"));
}

TEST_CASE("a traced function and an expression are used in a graph of the program") {
    static constexpr auto loss = damo::fn([](damo::vector<double> w, damo::vector<double> t) { return sum(softplus(-t * w)); });
    const auto w = shared(vector{1, -1}, "w");
    const auto t = input<damo::vector<double>>("t");
    const value cost = loss(w, t);
    CHECK(eval(cost, {{t, vector{1, 1}}}).number() == Approx(std::log1p(std::exp(-1.0)) + std::log1p(std::exp(1.0))).epsilon(1e-14));
    const vector at = {0.5, 2};
    const auto slope = numbers(eval(grad(cost, w), {{t, at}}));
    CHECK(slope[0] == Approx(-0.5 / (1 + std::exp(0.5))).epsilon(1e-14));
    CHECK(slope[1] == numbers(eval(damo::grad<0>(loss)(w, t), {{t, at}}))[1]);
    static constexpr auto a = damo::var<"a", double>;
    static constexpr auto b = damo::var<"b", double>;
    const auto x = input<double>("x");
    CHECK(text({x}, damo::fn(log(exp(a) + exp(b)))(x, x * 2)) == "logaddexp(x, 2*x)");
}
