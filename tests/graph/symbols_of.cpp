// SPDX-License-Identifier: BSD-3-Clause
// Graphs that were stored, as symbols again: compiled, differentiated, trained on.
#include <damo/graph/symbols_of.hpp>

#include <string>
#include <vector>

#include <damo/expr/control.hpp>
#include <damo/graph/compile.hpp>
#include <damo/graph/grad.hpp>
#include <damo/graph/load.hpp>
#include <damo/graph/scan.hpp>
#include <damo/graph/variable_values.hpp>

#include "catch.hpp"
#include "reference/run_time.hpp"

using damo::compile;
using damo::dtype;
using damo::input;
using damo::shared;
using damo::symbols_of;
using damo::value;
using reference::contains;
using reference::mistake_of;
using reference::numbers;

namespace {
using vector = std::vector<double>;

damo::graph stored(const damo::compiled_function& f) { return damo::from_bytes(damo::to_bytes(f.graph())); }
} // namespace

TEST_CASE("a graph from a file is compiled and differentiated") {
    const auto x = input<double>("x");
    const value v = input("v", dtype::float64, {"n"});
    const value u = input("u", dtype::float64, {"n"});
    const value free = input("free", dtype::float64, {-1, 2});
    const auto f = compile({x, v, u, free}, {sum(v * u) * x, sum(free, 0)});
    const auto back = symbols_of(stored(f));
    REQUIRE(back.inputs.size() == 4);
    CHECK(back.variables.empty());
    const auto g = compile(back.inputs, back.outputs);
    const vector four = {1, 2, 3, 4};
    const auto a = f(2.0, vector{1, 2}, vector{3, 4}, damo::view(four.data(), {2, 2}));
    const auto b = g({{"free", damo::view(four.data(), {2, 2})}, {"u", vector{3, 4}}, {"v", vector{1, 2}}, {"x", 2.0}});
    CHECK(b[0].number() == a[0].number());
    CHECK(numbers(b[1]) == numbers(a[1]));
    CHECK(numbers(eval(grad(back.outputs[0], back.inputs[1]), {{"x", 2.0}, {"u", vector{3, 4, 5}}})) == vector{6, 8, 10});
    // what was equal stays equal, in this graph and in no other
    CHECK_THROWS_AS(g(2.0, vector{1, 2}, vector{3}, damo::view(four.data(), {2, 2})), damo::extents_error);
    const auto other = symbols_of(stored(f));
    const auto both = compile({back.inputs[1], back.inputs[2], other.inputs[1], other.inputs[2]}, {sum(back.inputs[1] * back.inputs[2]) + sum(other.inputs[1] * other.inputs[2])});
    CHECK(both(vector{1, 2}, vector{1, 1}, vector{5}, vector{1}).number() == 8);
    const auto loop = compile({x, v}, {damo::scan([](const std::vector<value>& s) { return damo::scan_step({s[0] + s[1] * s[2]}, s[1] > 3.0); }, {.sequences = {{v}}, .outputs = {{x}}, .non_sequences = {x}}).outputs[0]});
    const auto looped = symbols_of(stored(loop));
    CHECK(numbers(compile(looped.inputs, looped.outputs)(1.0, vector{1, 2, 3})[0]) == numbers(loop(1.0, vector{1, 2, 3})[0]));
}

TEST_CASE("a function is stored with its variables and goes on elsewhere") {
    const auto x = input<damo::vector<double>>("x");
    const auto w = shared(vector{1, 2}, "w");
    const auto b = shared(3.0, "b");
    const auto f = compile({x}, {sum(w * x) + b});
    const std::string bytes = damo::to_bytes(f.graph(), values_of(f.variables()));
    w.set(vector{0, 0});
    const auto [g, values] = damo::from_bytes_with_values(bytes);
    const auto model = symbols_of(g, values);
    REQUIRE(model.inputs.size() == 1);
    REQUIRE(model.variables.size() == 2);
    CHECK(compile(model.inputs, model.outputs)(vector{1, 1}).number() == 6);
    // it is trained further
    const value cost = square(model.outputs[0] - 10);
    std::vector<value> next;
    const auto slopes = grad(cost, model.variables);
    for (std::size_t k = 0; k < slopes.size(); ++k) { next.push_back(model.variables[k] - 0.1 * slopes[k]); }
    const auto step = compile(model.inputs, {cost}, {.updates = {model.variables, next}});
    for (int i = 0; i < 50; ++i) { step(vector{1, 1}); }
    CHECK(compile(model.inputs, model.outputs)(vector{1, 1}).number() == Approx(10));
    CHECK(numbers(w.get()) == vector{0, 0});
    // without arrays they are inputs
    CHECK(symbols_of(g).inputs.size() == 3);
    // inputs that nothing needs stay where they are
    const auto y = input<double>("y");
    CHECK(symbols_of(stored(compile({y, x}, {x * 2}, {.unused_input = damo::on_doubt::ignore}))).inputs.size() == 2);
}

TEST_CASE("arrays that are not those of the graph's inputs") {
    const auto x = input<double>("x");
    const value pair = input("pair", dtype::float64, {2});
    const damo::graph g = stored(compile({x, pair}, {x * pair}));
    const auto m = mistake_of<damo::extents_error>([&] { symbols_of(g, {{"pair", vector{1, 2, 3}}}); });
    CHECK(contains(m.sentence, "symbols_of of the shared variable \"pair\" requires float64[2], not float64[3]"));
    CHECK(m.op == "input");
    CHECK_THROWS_AS(symbols_of(g, {{"pair", 1.0}}), damo::rank_error);
    CHECK_THROWS_AS(symbols_of(g, {{"x", 1}}), damo::element_type_error);
    CHECK_THROWS_AS(symbols_of(g, {{"x", damo::any_array()}}), damo::element_type_error);
    CHECK(symbols_of(g, {{"another", 1.0}}).variables.empty());
    // an array of other lengths than the call gives
    const value free = input("free", dtype::float64, {-1});
    const auto model = symbols_of(stored(compile({free, pair}, {sum(free) * pair})), {{"free", vector{1, 2, 3}}});
    CHECK(numbers(compile(model.inputs, model.outputs)(vector{1, 2})[0]) == vector{6, 12});
}
