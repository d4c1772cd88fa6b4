// SPDX-License-Identifier: BSD-3-Clause
// What docs/theano.md says, in its order.
#include <damo/graph/compile.hpp>

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <damo/expr/control.hpp>
#include <damo/graph/check.hpp>
#include <damo/graph/debugprint.hpp>
#include <damo/graph/grad.hpp>
#include <damo/graph/graph_function.hpp>
#include <damo/graph/jacobian.hpp>
#include <damo/graph/load.hpp>
#include <damo/graph/nan_guard.hpp>
#include <damo/graph/probe.hpp>
#include <damo/graph/scan.hpp>
#include <damo/graph/symbols_of.hpp>
#include <damo/graph/variable_values.hpp>

#include "catch.hpp"
#include "reference/run_time.hpp"

using namespace damo;
using reference::numbers;

namespace {
using doubles = std::vector<double>;
using seen = std::vector<value>;
} // namespace

TEST_CASE("functions as Theano's users know them") {
    const auto x = damo::input<double>("x");
    const auto y = damo::input<double>("y");
    const auto n = damo::input<std::int32_t>("n");
    const auto single = damo::input<float>("single");
    const auto w = shared(3.0, "w");
    CHECK(compile({x, y}, {x + y})(1.0, 2.0)[0].number() == 3);
    CHECK(compile({x}, std::map<std::string, value>{{"cost", x * x}})(3.0)["cost"].number() == 9);
    const auto count = compile({}, {}, {.updates = {{w, w + 1}}});
    count();
    CHECK(w.number() == 4);
    CHECK(compile({x}, {x * 2}, {.defaults = {{x, 1.0}}})().number() == 2);
    CHECK(compile({n}, {n + 0}, {.conversion = conversion_policy::any})(2.9).number() == 2);
    CHECK(compile({single}, {single + 0})(0.1).number() == static_cast<double>(0.1f)); // a plain number
    CHECK_THROWS_AS(compile({single}, {single + 0})(any_array(0.1)), element_type_error);
    CHECK_THROWS_AS(compile({single}, {single + 0}, {.conversion = conversion_policy::strict})(0.1), element_type_error);
    const auto f = compile({x}, {w * x}, {.updates = {{w, w * 2}}, .name = "f"});
    CHECK(f.variable("w").number() == 4);
    CHECK(f.copy({.delete_updates = true, .name = "g"})(1.0).number() == 4);
    CHECK(f.copy({.swap = {{w, shared(10.0)}}})(1.0).number() == 10);
    const auto own = f.copy({.own_variables = true});
    own(1.0);
    CHECK(w.number() == 4);
    CHECK(compile({x}, {w * x}, {.givens = {{w, x}}})(5.0).number() == 25);
    // what belongs into a report of a mistake
    const std::string bytes = to_bytes(f.graph(), {{"x", 2.0}, {"w", w.get()}});
    const auto [g, values] = from_bytes_with_values(bytes);
    const auto again = symbols_of(g, values);
    CHECK(again.inputs.empty());
    CHECK(compile({}, again.outputs)()[0].number() == 8);
}

TEST_CASE("modes and debugging as Theano's users know them") {
    const auto x = damo::input<double>("x");
    CHECK_THROWS_AS(compile({x}, {exp(x)}, {.observers = {nan_guard({.largest = 1e10})}})(30.0), not_finite_error);
    CHECK_THROWS_AS(compile({x}, {log(x)}, {.observers = {nan_guard()}})(0.0), not_finite_error);
    CHECK(compile({x}, {exp(x)}, {.observers = {check()}})(0.0).number() == 1);
    CHECK(compile({x}, {log(exp(x))}, {.optimisation = optimisation_level::none}).graph().to_string() == "log(exp(x))");
    CHECK(eval(x * 2, {{x, 1.0}}).number() == 2);
    std::string line;
    CHECK(eval(grad(square(printed(x, "x", [&](const std::string& s) { line = s; })), x), {{x, 3.0}}).number() == 6);
    CHECK(line == "x: float64[] 3");
    CHECK_THROWS_AS(eval(log(ensure(x, x > 0.0, "positive")), {{x, 0.0}}), ensure_error);
}

TEST_CASE("graphs as Theano's users know them") {
    const auto x = damo::input<double>("x");
    const auto y = damo::input<double>("y");
    const value z = x * y + 1;
    CHECK(inputs_of(z).size() == 2);
    CHECK(ancestors(z).size() > 3);
    CHECK(eval(replace(z, {{x, y}}), {{y, 3.0}}).number() == 10);
    CHECK(is_same_graph(x * y, y * x, {{x, y}, {y, x}}));
    CHECK_FALSE(is_same_graph(x - y, y - x));
    CHECK(is_same_graph(clone({z}).outputs[0], z) == false);
    const graph_function product({x, y}, x * y);
    CHECK(eval(product(2.0, x), {{x, 4.0}}).number() == 8);
}

TEST_CASE("loops and choices as Theano's users know them") {
    const auto x = damo::input<double>("x");
    const auto v = damo::input<damo::vector<double>>("v");
    const auto n = damo::input<std::int64_t>("n");
    const auto p = damo::input<bool>("p");
    const doubles three = {1, 2, 3};
    const auto powers = scan([](const seen& s) { return scan_step(s[0] * s[1]); }, {.outputs = {{x}}, .non_sequences = {x}, .n_steps = n});
    CHECK(numbers(eval(powers.outputs[0], {{x, 2.0}, {n, 3}})) == doubles{4, 8, 16});
    CHECK(eval(powers.outputs[0], {{x, 2.0}, {n, 0}}).size() == 0);
    CHECK(eval(powers.last[0], {{x, 2.0}, {n, -1}}).number() == 2);
    CHECK(numbers(eval(map([](const seen& s) { return s[0] * s[0]; }, {v}), {{v, three}})) == doubles{1, 4, 9});
    CHECK(eval(fold(v, x, [](auto e, auto c) { return c - e; }), {{v, three}, {x, 0.0}}).number() == -6);
    CHECK(eval(foldr([](const value& e, const value& c) { return e - c; }, v, x), {{v, three}, {x, 0.0}}).number() == 2);
    // a variable that the body reads, and one that is updated with what the loop ends in
    const auto s = shared(1.0, "s");
    const auto twice = scan([](const seen& e) { return scan_step(e[0] * 2); }, {.outputs = {{s}}, .n_steps = 3});
    compile({}, {}, {.updates = {{s, twice.last[0]}}})();
    CHECK(s.number() == 8);
    CHECK(numbers(eval(map([&](const seen& e) { return e[0] * s; }, {v}), {{v, three}})) == doubles{8, 16, 24});
    const auto both = cond(p, [](auto a, auto b) { return std::array<value, 2>{a, b}; }, [](auto a, auto b) { return std::array<value, 2>{b, a}; }, value(x), value(x * 2));
    CHECK(eval(both[0], {{p, false}, {x, 1.0}}).number() == 2);
    const auto pair = damo::input<damo::vector<double, 2>>("pair");
    const auto triple = damo::input<damo::vector<double, 3>>("triple");
    CHECK_THROWS_AS(cond(p, pair, triple), error);
}

TEST_CASE("derivatives as Theano's users know them") {
    const auto x = damo::input<double>("x");
    const auto w = shared(2.0, "w");
    const value h = tanh(w * x);
    const value cost = square(h - 1);
    const double whole = eval(grad(cost, w), {{x, 1.0}}).number();
    // step by step
    const value of_h = grad(cost, h);
    CHECK(eval(vjp(h, w, of_h), {{x, 1.0}}).number() == Approx(whole));
    CHECK(eval(grad({}, w, {.known_gradients = {{h, of_h}}}), {{x, 1.0}}).number() == Approx(whole));
    CHECK(eval(grad(cost * h, w, {.consider_constant = {h}, .disconnected = on_doubt::ignore}), {{x, 1.0}}).number() == 0);
    CHECK_THROWS_AS(grad(stop_gradient(cost), w), disconnected_error);
    // zero is not disconnected: a path whose derivative is 0
    CHECK(eval(grad(0.0 * x + w * 0.0 + x, w, {.disconnected = on_doubt::ignore}), {{x, 1.0}}).number() == 0);
    CHECK(eval(grad(grad_scale(x, 3.0) * 1.0, x), {}).number() == 3);
    CHECK(eval(grad(100 * grad_clip(x, -1.0, 1.0), x), {}).number() == 1);
    const auto v = damo::input<damo::vector<double>>("v");
    CHECK(numbers(eval(hessian_vector_product(sum(v * v * v), v, v), {{v, doubles{1, 2}}})) == doubles{6, 24});
    CHECK(numbers(eval(jacobian(v * v, v), {{v, doubles{1, 2}}})) == doubles{2, 0, 0, 4});
    CHECK(eval(grad(log(x), x), {{x, -1.0}}).number() == -1); // a cost that is NaN is the caller's matter
    const auto n = damo::input<std::int64_t>("n");
    CHECK_THROWS_AS(grad(cast(n, dtype::float64), n), derivative_error);
}
