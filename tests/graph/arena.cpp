// SPDX-License-Identifier: BSD-3-Clause
#include <damo/graph/arena.hpp>

#include <string>
#include <thread>
#include <vector>

#include <damo/expr/control.hpp>
#include <damo/graph/graph.hpp>
#include <damo/graph/input.hpp>
#include <damo/graph/walk.hpp>

#include "catch.hpp"

using damo::dtype;
using damo::input;
using damo::value;

namespace {

std::string text(const value& y) {
    std::vector<std::string> names;
    const auto& a = damo::detail::graph::arena_of(y);
    for (int i = 0; i < a.leaf_count(); ++i) { names.push_back(a.leaf_of(i)->name); }
    return damo::graph::optimised(a, {y.node()}, names).to_string();
}
value made_in_a_function() {
    const auto x = input<double>("x");
    return exp(x) * 2;
}

} // namespace

TEST_CASE("an expression outlives the symbols it was made of") {
    value kept = made_in_a_function();
    const value copy = kept;
    kept = value();
    CHECK(text(copy) == "2*exp(x)");
    // the graph is this thread's until nothing points into it: then the next input begins another
    const auto* const first = &copy.owner();
    const auto y = input<double>("y");
    CHECK(&y.owner() == first);
    kept = copy + y;
    CHECK(text(kept) == "y + 2*exp(x)");
}

TEST_CASE("a graph that nothing points into is begun anew") {
    int nodes = 0;
    for (int round = 0; round < 3; ++round) {
        value y = input<double>("x");
        for (int i = 0; i < 100; ++i) { y = sin(y) + i; }
        if (round == 0) { nodes = y.owner().nodes.size; }
        CHECK(y.owner().nodes.size == nodes);
    }
}

TEST_CASE("equal operations are one node, equal names are not one input") {
    const auto x = input<double>("x");
    const auto y = input<double>("x");
    CHECK((x * 2).node() == (x * 2).node());
    CHECK((x * 2).node() != (y * 2).node());
    CHECK(is_same_graph(x * 2 + y, x * 2 + y));
    CHECK_FALSE(is_same_graph(x * 2, y * 2));
    CHECK(is_same_graph(x * 2, y * 2, {{x, y}}));
}

TEST_CASE("symbols of two threads and of two scopes meet") {
    const auto x = input<damo::vector<double>>("x");
    value other;
    value z;
    std::thread([&] {
        z = input("z", dtype::float64, {-1});
        other = exp(z) * x;
        // x was taken over into the graph of the other thread, where z is
        CHECK(&other.owner() == &z.owner());
    }).join();
    CHECK(&other.owner() != &x.owner());
    const value both = other + x;
    CHECK(&both.owner() == &x.owner());
    CHECK(text(both) == "x*exp(z) + x");
    CHECK(is_same_graph(both, exp(z) * x + x));
    // also where an op looks at its operands itself
    CHECK(damo::stack({x, z}).rank() == 2);
    CHECK(inputs_of(damo::stack({x, z})).size() == 2);
    const value cube = expand_dims(expand_dims(z, 0), 0);
    CHECK(inputs_of(matmul(expand_dims(expand_dims(x, 1), 0), cube)).size() == 2);
    CHECK(inputs_of(damo::fold(x, sum(z), [](auto e, auto c) { return c + e; })).size() == 2);
    value scoped;
    {
        const damo::graph_scope scope;
        const auto w = input<double>("w");
        scoped = w * x;
        CHECK(&scoped.owner() == &w.owner());
    }
    CHECK(&input<double>("v").owner() == &x.owner());
    CHECK(text(scoped) == "w*x");
    CHECK(text(matmul(scoped, x)) == "matmul(x*w, x)");
}

TEST_CASE("parts of an expression are found, replaced and copied") {
    const auto x = input<double>("x");
    const auto y = input<double>("y");
    const value inner = x * y;
    const value f = exp(inner) + inner;
    CHECK(ancestors(f).size() == 5);
    const std::vector<value> found = inputs_of(f);
    REQUIRE(found.size() == 2);
    CHECK(found[1].node() == y.node());
    CHECK(text(replace(f, {{inner, x}})) == "x + exp(x)");
    CHECK(text(replace(f, {{x, y}, {y, x}})) == text(f));
    CHECK(text(replace(x + 2 * y, {{x, y}, {y, x}})) == "2*x + y");
    CHECK(text(replace(f, {{inner, 1.0}})) == text(exp(x * 0 + 1.0) + 1.0));
    const std::vector<value> two = damo::replace({f, inner}, {{y, 3 * x}});
    CHECK(text(two[1]) == "3*x^2");
    const damo::cloned c = damo::clone({f, x});
    REQUIRE(c.inputs.size() == 2);
    CHECK(text(c.outputs[0]) == text(f));
    CHECK(c.outputs[1].node() != x.node());
    CHECK_FALSE(is_same_graph(c.outputs[0], f));
    CHECK(is_same_graph(f, c.outputs[0], c.inputs));
    CHECK_THROWS_AS(replace(f, {{x, input<damo::vector<double>>("v")}}), damo::substitution_error);
    CHECK_THROWS_AS(replace(f, {{x, input<float>("narrow")}}), damo::substitution_error);
    CHECK_THROWS_AS(replace(value(), {{x, y}}), damo::expression_error);
}

TEST_CASE("extents follow what is put in") {
    const value x = input("x", dtype::float64, {-1});
    const value y = input("y", dtype::float64, {-1});
    const value f = sum(x * y) / size(x) + damo::concatenate({x, y});
    const auto four = input<damo::vector<double, 4>>("four");
    const value g = replace(f, {{x, four}});
    CHECK(g.rank() == 1);
    CHECK(text(replace(size(x), {{x, four}})) == "4");
    CHECK_THROWS_AS(replace(x + y, {{x, four}, {y, input<damo::vector<double, 5>>("five")}}), damo::expression_error);
}

TEST_CASE("loops are copied whole") {
    const value x = input("x", dtype::float64, {-1});
    const auto s = input<double>("s");
    const value total = damo::fold(x, 0.0, [&](auto e, auto sum) { return sum + e * s; });
    const value n = input("n", dtype::int64);
    const value power = damo::fold(n, 1.0, [&](auto, auto p) { return p * s; });
    const value y = input("y", dtype::float64, {-1});
    const value other = replace(total + power, {{x, y}, {s, s + 1}});
    CHECK(inputs_of(other).size() == 3);
    CHECK(inputs_of(replace(other, {{n, 3}})).size() == 2);
}
