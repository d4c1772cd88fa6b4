// SPDX-License-Identifier: BSD-3-Clause
#include <damo/graph/builder.hpp>

#include <string>
#include <vector>

#include "catch.hpp"
#include "reference/interpreter.hpp"

using damo::dtype;
using damo::graph_builder;
using damo::value;

namespace {

template <class Call>
std::string mistake(Call call) {
    try {
        call();
    } catch (const damo::error& e) {
        return e.what();
    }
    return "no mistake";
}
bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

} // namespace

TEST_CASE("a graph is built, optimised and printed while the program runs") {
    graph_builder b;
    const value x = b.input("x", dtype::float64);
    const value y = b.input("y", dtype::float64);
    b.output(log(exp(x) + exp(y)));
    CHECK(b.to_string() == "log(exp(x) + exp(y))");
    const damo::graph g = b.optimise();
    CHECK(g.to_string() == "logaddexp(x, y)");
    CHECK(g.rewrites() == std::vector<std::string_view>{"logaddexp.from_log"});
    CHECK(g.input_count() == 2);
    CHECK(g.input_name(1) == "y");
    CHECK(g.gradient({0, 1}).to_string() == "(sigmoid(x - y), sigmoid(y - x))");
    CHECK(g.gradient({1}, true).to_string() == "(logaddexp(x, y), sigmoid(y - x))");
    CHECK(contains(g.to_tree(), "logaddexp: float64"));
    CHECK(contains(g.to_dot(), "digraph"));
}

TEST_CASE("a derivative is a symbol to go on with") {
    graph_builder b;
    const value x = b.input<double>("x");
    const value w = b.input<double>("w");
    const value cost = log(1 + exp(x * w));
    const value slope = b.grad(cost, w);
    CHECK(b.optimise({slope}).to_string() == "x*sigmoid(x*w)");
    CHECK(b.optimise({w - slope / 10}).to_string() == "w - 0.1*x*sigmoid(x*w)");
    CHECK(b.optimise({b.grad(b.grad(sin(x), x), x)}).to_string() == "-sin(x)");
    const std::vector<value> both = b.grad(x * w * w, {x, w});
    CHECK(b.optimise({both[0], both[1]}).to_string() == "(w^2, 2*x*w)");
}

TEST_CASE("arrays with known, unknown and named extents") {
    graph_builder b;
    const value a = b.input("a", dtype::float64, {3, "n"});
    const value x = b.input("x", dtype::float64, {"n"});
    const value t = b.input("t", dtype::float64, {-1});
    const value cost = sum(square(matmul(a, x) - t));
    const damo::graph g = b.optimise({cost, b.grad(cost, x)});
    using reference::tensor;
    const std::vector<tensor> results =
        reference::interpret(g.nodes(), g.outputs(),
                             {tensor::of({3, 2}, {1, 2, 3, 4, 5, 6}), tensor::of({2}, {1, -1}), tensor::of({3}, {0, 1, 2})});
    // a x - t = (-1, -2, -3)
    CHECK(results[0].get(0) == 14.0);
    CHECK(results[1].get(0) == -2.0 * (1 + 6 + 15));
    CHECK(results[1].get(1) == -2.0 * (2 + 8 + 18));
    CHECK_THROWS(reference::interpret(g.nodes(), g.outputs(), {tensor(dtype::float64, {3, 2}), tensor(dtype::float64, {3}), tensor(dtype::float64, {3})}));
}

TEST_CASE("a mistake ends the call that makes it, with its sentence and its place") {
    graph_builder b;
    const value x = b.input("x", dtype::float64, {2, 3});
    const value y = b.input("y", dtype::float64, {4});
    const value n = b.input("n", dtype::int64);
    const int line = __LINE__ + 1;
    const std::string text = mistake([&] { return x + y; });
    CHECK(contains(text, "add(float64[2, 3], float64[4]) requires shapes that broadcast together"));
    CHECK(contains(text, "builder.cpp:" + std::to_string(line) + ": "));
    // Each mistake is told, not the first alone, and what was built before stays good.
    CHECK(contains(mistake([&] { return matmul(x, y); }), "matmul(float64[2, 3], float64[4])"));
    CHECK(contains(mistake([&] { return sum(x, 2); }), "requires an axis from -2 to 1"));
    CHECK(contains(mistake([&] { return !x; }), "requires a bool"));
    CHECK(contains(mistake([&] { return damo::scalar<double>(x); }), "was assigned to a symbol declared as float64 of rank 0"));
    CHECK(b.optimise({sum(x * 2)}).to_string() == "2*sum(x)");

    CHECK(contains(mistake([&] { return b.grad(x, x); }), "this one gives float64[2, 3]: reduce it with sum or mean"));
    CHECK(contains(mistake([&] { return b.grad(sum(x), x + 1); }), "requires x to be an input"));
    CHECK(contains(mistake([&] { return b.grad(sum(x), n); }), "not int64"));
    CHECK(contains(mistake([&] { return b.input("x", dtype::float64); }), "a name that no other input"));
    CHECK(contains(mistake([&] { return b.input("h", dtype::float16); }), "storage only"));
    CHECK(contains(mistake([&] { return b.input("m", dtype::float64, {-3}); }), "extents of 0 or more"));
}

TEST_CASE("symbols of two builders do not meet") {
    graph_builder a;
    graph_builder b;
    const value x = a.input("x", dtype::float64);
    const value y = b.input("y", dtype::float64);
    CHECK(contains(mistake([&] { return x * y; }), "requires operands of one graph"));
    CHECK(contains(mistake([&] { a.output(y); }), "belongs to another graph"));
    CHECK(contains(mistake([&] { a.output(value()); }), "empty"));
}

TEST_CASE("numbers may be results, and large graphs are kept whole") {
    graph_builder b;
    const value x = b.input("x", dtype::float64);
    CHECK(b.optimise({2.5, x}).to_string() == "(2.5, x)");
    value y = x;
    for (int i = 0; i < 3000; ++i) { y = sin(y) + 0.001 * i; }
    const damo::graph g = b.optimise({y});
    CHECK(g.nodes().nodes.size > 6000);
    CHECK(g.gradient({0}).nodes().nodes.size > 9000);
}

TEST_CASE("differences of booleans are refused, as NumPy does") {
    graph_builder b;
    const value p = b.input("p", dtype::boolean);
    const value q = b.input("q", dtype::boolean);
    CHECK(contains(mistake([&] { return p - q; }), "sub requires numbers, not bool: use x != y or !x, or cast to an integer type"));
    CHECK(contains(mistake([&] { return -p; }), "neg requires numbers, not bool"));
    CHECK(contains(mistake([&] { return p - true; }), "sub requires numbers, not bool"));
    CHECK(value(p - 1).element() == dtype::int64);
    CHECK(value(damo::sum(p)).element() == dtype::int64);
}
