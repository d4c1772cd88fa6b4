// SPDX-License-Identifier: BSD-3-Clause
// The shared variables of a compiled function: found by name, copied with it; and symbols whose derivative nobody may ask for.
#include <damo/graph/compiled_function.hpp>

#include <string>
#include <vector>

#include <damo/graph/compile.hpp>
#include <damo/graph/debugprint.hpp>
#include <damo/graph/grad.hpp>
#include <damo/graph/undefined_grad.hpp>
#include <damo/graph/variable_values.hpp>

#include "catch.hpp"
#include "reference/run_time.hpp"

using damo::compile;
using damo::input;
using damo::shared;
using damo::value;
using reference::contains;
using reference::mistake_of;
using reference::numbers;

namespace {
using vector = std::vector<double>;
} // namespace

TEST_CASE("the variables of a function are found in it") {
    const auto x = input<double>("x");
    damo::compiled_function f;
    {
        const auto w = shared(vector{1, 2}, "w");
        const auto b = shared(3.0, "b");
        f = compile({x}, {sum(w) * x + b}, {.updates = {{b, b + x}}, .name = "f"});
    }
    CHECK(f(1.0).number() == 6);
    CHECK(f.variable("b").number() == 4);
    f.variable("w").set(vector{0, 1});
    CHECK(f(1.0).number() == 5);
    REQUIRE(f.variables().size() == 2);
    CHECK(values_of(f.variables()).at("b").number() == 5);
    // they are the variables: to go on with
    const auto w = f.variable("w");
    CHECK(numbers(eval(grad(sum(w * w), w))) == vector{0, 2});
    CHECK(compile({x}, {x * w}, {.updates = {{w, w * 2}}})(2.0)[0].at(1) == 2);
    CHECK(numbers(f.variable("w").get()) == vector{0, 2});
    CHECK(compile({x}, {x}).variables().empty());
}

TEST_CASE("variables that a function does not use are not found in it") {
    const auto w = shared(1.0, "w");
    const auto twin = shared(2.0, "w");
    const auto b = shared(3.0, "b");
    const auto f = compile({}, {w + b}, {.name = "f"});
    CHECK(contains(mistake_of<damo::unknown_input_error>([&] { f.variable("v"); }).sentence, "the function \"f\" uses no shared variable with the name \"v\"; those it uses are w, b"));
    CHECK(contains(mistake_of<damo::unknown_input_error>([&] { compile({}, {2.0}).variable("v"); }).sentence, "it uses none"));
    CHECK(contains(mistake_of<damo::duplicate_input_error>([&] { compile({}, {w + twin}).variable("w"); }).sentence, "several shared variables with the name \"w\""));
    const damo::compiled_function none;
    CHECK_THROWS_AS(none.variable("w"), damo::shape_error);
    CHECK_THROWS_AS(none.variables(), damo::shape_error);
}

TEST_CASE("a function is copied with variables of its own") {
    const auto w = shared(vector{1, 2}, "w", {.resizable = true});
    const auto n = shared(0.0, "n");
    const auto f = compile({}, {sum(w) + n}, {.updates = {{w, w * 2}, {n, n + 1}}});
    const auto g = f.copy({.own_variables = true});
    CHECK(g().number() == 3);
    CHECK(g().number() == 7);
    CHECK(numbers(w.get()) == vector{1, 2});
    CHECK(n.number() == 0);
    CHECK(f().number() == 3);
    CHECK(g.variable("n").number() == 2);
    g.variable("w").set(vector{1, 1, 1});
    CHECK(g().number() == 5);
    // those that are swapped are what they are swapped for
    const auto h = f.copy({.swap = {{n, shared(10.0, "n")}}, .name = "h", .own_variables = true});
    CHECK(h().number() == 16);
    CHECK(h.variable("n").number() == 11);
    CHECK(numbers(w.get()) == vector{2, 4});
    CHECK(f.copy({.delete_updates = true, .own_variables = true})().number() == 7);
    // a copy of a copy
    CHECK(g.copy({.own_variables = true}).variable("n").number() == 3);
    // not while the variable is being changed by this thread
    damo::compiled_function copied;
    const auto o = f.variable("w").borrow();
    CHECK_NOTHROW(copied = f.copy({.own_variables = true})); // reading goes together
}

TEST_CASE("an undefined derivative is refused where it is asked for, and nowhere else") {
    const auto x = input<double>("x");
    const int line = __LINE__ + 1;
    const value y = damo::undefined_grad(exp(x), "nobody knows how exp grows");
    CHECK(eval(y, {{x, 0.0}}).number() == 1);
    // it computes nothing: one loop with it and without
    const auto v = input<damo::vector<double>>("v");
    CHECK(damo::plan_to_string(compile({v}, {sin(damo::undefined_grad(exp(v), "?"))}).graph()) == damo::plan_to_string(compile({v}, {sin(exp(v))}).graph()));
    const auto m = mistake_of<damo::derivative_error>([&] { grad(y * 2, x); });
    CHECK(m.sentence == "nobody knows how exp grows");
    CHECK(m.op == "undefined_grad");
    CHECK(m.shapes == std::vector<std::string>{"float64[]"});
    CHECK(contains(m.file, "function_variables.cpp"));
    CHECK(m.line == line);
    CHECK_THROWS_AS(jvp(y, x, 1.0), damo::derivative_error);
    CHECK(eval(grad(x * stop_gradient(y), x), {{x, 0.0}}).number() == 1);
    CHECK(eval(grad(x * y, x, {.consider_constant = {y}}), {{x, 0.0}}).number() == 1);
    const auto n = input<std::int64_t>("n");
    CHECK(eval(grad(x * damo::undefined_grad(n, "?"), x), {{n, 3}}).number() == 3);
    CHECK_THROWS_AS(damo::undefined_grad(value(), "?"), damo::expression_error);
}
