// SPDX-License-Identifier: BSD-3-Clause
// What every mistake says: kind, sentence, op, shapes, the line where the node was made, and the way from it to the output.
#include <damo/expr/control.hpp>
#include <damo/graph/call_mistake.hpp>

#include <cmath>
#include <string>
#include <vector>

#include <damo/graph/compile.hpp>
#include <damo/graph/grad.hpp>
#include <damo/graph/typed_function.hpp>

#include "catch.hpp"
#include "reference/run_time.hpp"

using damo::any_array;
using damo::compile;
using damo::dtype;
using damo::input;
using damo::mistake;
using damo::shared;
using damo::value;
using reference::contains;
using reference::mistake_of;

namespace {

using vector = std::vector<double>;
using texts = std::vector<std::string>;

// Op, shapes and line; the ways are those of the ops, without their places.
void check_told(const mistake& m, const std::string& op, const texts& shapes, int line, const texts& path) {
    INFO(m.text());
    CHECK(!m.sentence.empty());
    CHECK(m.op == op);
    CHECK(m.shapes == shapes);
    CHECK(contains(m.file, "call_mistake.cpp"));
    CHECK(m.line == line);
    REQUIRE(m.path.size() == path.size());
    for (std::size_t i = 0; i < path.size(); ++i) {
        CHECK(contains(m.path[i], path[i] + " ("));
        CHECK(contains(m.path[i], "call_mistake.cpp:"));
        CHECK(contains(m.text(), m.path[i]));
    }
}

} // namespace

TEST_CASE("a call with an argument of wrong type tells the input, its line and what needs it") {
    const int line = __LINE__ + 1;
    const auto v = input<damo::vector<double>>("v");
    const int of_n = __LINE__ + 1;
    const auto n = input<std::int32_t>("n");
    const int of_a = __LINE__ + 1;
    const auto a = input<damo::vector<double, 3>>("a");
    const auto f = compile({v, n, a}, {sum(exp(v)) * n, sin(a)});
    check_told(mistake_of<damo::rank_error>([&] { f(1.0, 1, vector(3)); }), "input", {"float64[any]", "float64[]"}, line, {"exp", "sum", "mul"});
    check_told(mistake_of<damo::element_type_error>([&] { f(vector{1}, 1.5, vector(3)); }), "input", {"int32[]", "float64[]"}, of_n, {"cast", "mul"});
    check_told(mistake_of<damo::extents_error>([&] { f(vector{1}, 1, vector(2)); }), "input", {"float64[3]", "float64[2]"}, of_a, {"sin"});
    check_told(mistake_of<damo::missing_input_error>([&] { f(vector{1}, 1); }), "input", {"float64[3]"}, of_a, {"sin"});
    check_told(mistake_of<damo::duplicate_input_error>([&] { f({{n, 1}, {"n", 2}}); }), "input", {"int32[]"}, of_n, {"cast", "mul"});
}

TEST_CASE("extents that differ are told with the op where they meet") {
    const auto v = input<damo::vector<double>>("v");
    const auto u = input<damo::vector<double>>("u");
    const auto M = input<damo::matrix<double>>("M");
    const auto N = input<damo::matrix<double>>("N");
    const int line = __LINE__ + 1;
    const value both = v + u;
    check_told(mistake_of<damo::extents_error>([&] { compile({v, u}, {exp(both)})(vector{1}, vector{1, 2}); }), "add", {"float64[1]", "float64[2]"}, line, {"exp"});
    const int product = __LINE__ + 1;
    const value y = matmul(M, N);
    const std::int64_t sizes[2][2] = {{2, 3}, {4, 5}};
    const any_array m(dtype::float64, 2, sizes[0]);
    const any_array n(dtype::float64, 2, sizes[1]);
    const auto f = compile({M, N}, {sum(tanh(y))});
    check_told(mistake_of<damo::extents_error>([&] { f(m, n); }), "matmul", {"float64[2, 3]", "float64[4, 5]"}, product, {"tanh", "sum"});
    // a shared variable
    const auto w = shared(vector{1, 2}, "w");
    const int scaled = __LINE__ + 1;
    const value z = v * w;
    const auto met = mistake_of<damo::extents_error>([&] { compile({v}, {sum(sin(z))})(vector{1, 2, 3}); });
    CHECK(met.op == "mul");
    CHECK(met.line == scaled);
    REQUIRE(met.path.size() == 2);
    // axes of one name
    const value a = input("a", dtype::float64, {"n"});
    const int of_b = __LINE__ + 1;
    const value b = input("b", dtype::float64, {"n"});
    check_told(mistake_of<damo::extents_error>([&] { compile({a, b}, {exp(a * b)})(vector{1}, vector{1, 2}); }), "input", {"float64[1]", "float64[2]"}, of_b, {"mul", "exp"});
}

TEST_CASE("inputs listed twice or for nothing, and variables that are gone, have op, type, line and way") {
    const int of_x = __LINE__ + 1;
    const auto x = input<double>("x");
    const int of_y = __LINE__ + 1;
    const auto y = input<double>("y");
    check_told(mistake_of<damo::duplicate_input_error>([&] { compile({x, y, x}, {y, exp(x + y)}); }), "input", {"float64[]"}, of_x, {"add", "exp"});
    check_told(mistake_of<damo::unused_input_error>([&] { compile({x, y}, {exp(x)}); }), "input", {"float64[]"}, of_y, {});
    check_told(mistake_of<damo::missing_input_error>([&] { compile({x}, {exp(x * y)}); }), "input", {"float64[]"}, of_y, {"mul", "exp"});
    check_told(mistake_of<damo::disconnected_error>([&] { grad(x * x, y); }), "input", {"float64[]"}, of_y, {});
    check_told(mistake_of<damo::duplicate_input_error>([&] { compile({x}, {x}, {.defaults = {{x, 1.0}, {x, 2.0}}}); }), "input", {"float64[]"}, of_x, {});
    value total;
    int of_w = 0;
    {
        of_w = __LINE__ + 1;
        const auto w = shared(vector{1, 2}, "w");
        total = exp(sum(w));
    }
    check_told(mistake_of<damo::destroyed_shared_error>([&] { compile({}, {total}); }), "input", {"float64[2]"}, of_w, {"sum", "exp"});
}

TEST_CASE("an update of another type tells the node that makes it") {
    const auto w = shared(vector{1, 2}, "w");
    const auto v = input<damo::vector<double>>("v");
    const int line = __LINE__ + 1;
    const value small = cast(w, dtype::float32);
    const value longer = v * 2;
    check_told(mistake_of<damo::update_error>([&] { compile({}, {}, {.updates = {{w, small}}}); }), "cast", {"float64[2]", "float32[2]"}, line, {});
    check_told(mistake_of<damo::extents_error>([&] { compile({v}, {}, {.updates = {{w, longer}}})(vector{1, 2, 3}); }), "mul", {"float64[2]", "float64[3]"}, line + 1, {});
    CHECK(reference::numbers(w.get()) == vector{1, 2});
}

TEST_CASE("an output that does not fit tells the node that it is of") {
    const auto v = input<damo::vector<double>>("v");
    const int line = __LINE__ + 1;
    const value twice = v * 2;
    const auto f = compile({v}, {twice, exp(v)});
    vector y(2);
    vector z(2);
    vector longer(3);
    check_told(mistake_of<damo::extents_error>([&] { f.into(longer, z)(vector{1, 2}); }), "mul", {"float64[2]", "float64[3]"}, line, {});
    check_told(mistake_of<damo::aliasing_error>([&] { f.into(y, z)(y); }), "mul", {"float64[2]"}, line, {});
    // one array cannot hold two results
    const auto shares = mistake_of<damo::aliasing_error>([&] { f.into(y, y)(vector{1, 2}); });
    CHECK(contains(shares.sentence, "output 1 shares memory with output 0"));
    CHECK(shares.op == "exp");
    f.into(y, z)(vector{0, 1});
    CHECK(y == vector{0, 2});
    CHECK(z[0] == 1);
}

TEST_CASE("substitutions that do not fit") {
    const auto a = input<damo::vector<double, 3>>("a");
    const auto d = input<damo::vector<double, 3>>("d");
    const auto c = input<damo::vector<double, 4>>("c");
    const auto m = mistake_of<damo::substitution_error>([&] { compile({a, c}, {a + d}, {.givens = {{d, c}}}); });
    CHECK(m.op == "add");
    CHECK(m.shapes == texts{"float64[3]", "float64[4]"});
    CHECK(contains(mistake_of<damo::substitution_error>([&] { compile({a}, {d}, {.givens = {{d, a}, {d, a + 1}}}); }).sentence, "two symbols in the place of one"));
    const auto none = mistake_of<damo::expression_error>([&] { compile({a}, {a}, {.givens = {{value(), a}}}); });
    CHECK(contains(none.file, "call_mistake.cpp"));
}

TEST_CASE("arrays without elements that can be read are no arguments") {
    const auto x = input<double>("x");
    const auto v = input<damo::vector<double>>("v");
    for (const auto policy : {damo::conversion_policy::safe, damo::conversion_policy::any}) {
        CHECK_THROWS_AS(compile({x}, {exp(x)}, {.conversion = policy})(any_array()), damo::element_type_error);
        const std::int64_t two = 2;
        CHECK_THROWS_AS(compile({v}, {exp(v)}, {.conversion = policy})(any_array(dtype::float16, 1, &two)), damo::element_type_error);
    }
}

TEST_CASE("objects that nothing was assigned to say so") {
    const damo::compiled_function f;
    CHECK_THROWS_AS(f(1.0), damo::shape_error);
    CHECK_THROWS_AS(f({{"x", 1.0}}), damo::shape_error);
    CHECK_THROWS_AS(f.call_list({}), damo::shape_error);
    CHECK_THROWS_AS(f.only({0}), damo::shape_error);
    CHECK_THROWS_AS(f.copy(), damo::shape_error);
    CHECK_THROWS_AS(f.memory(1.0), damo::shape_error);
    CHECK_THROWS_AS(f.graph(), damo::shape_error);
    CHECK_THROWS_AS(f.name(), damo::shape_error);
    double y = 0;
    CHECK_THROWS_AS(f.into(y)(1.0), damo::shape_error);
    CHECK_THROWS_AS(damo::typed_function<double(double)>(f), damo::shape_error);

    const damo::shared_variable s;
    CHECK(contains(mistake_of<damo::unknown_input_error>([&] { s.get(); }).sentence, "get requires a shared variable that shared(...) made"));
    CHECK_THROWS_AS(s.set(1.0), damo::unknown_input_error);
    CHECK_THROWS_AS(s.number(), damo::unknown_input_error);
    CHECK_THROWS_AS(s.borrow(), damo::unknown_input_error);
    CHECK_THROWS_AS(s.name(), damo::unknown_input_error);
    CHECK_THROWS_AS(s.set_default_update(1.0), damo::unknown_input_error);
    const auto x = input<double>("x");
    CHECK_THROWS_AS(compile({x}, {x}, {.no_default_update = {s}}), damo::update_error);

    const value none;
    CHECK(contains(mistake_of<damo::expression_error>([&] { return none + x; }).sentence, "add requires symbols or numbers; argument 1 is an empty symbol"));
    CHECK_THROWS_AS(exp(none), damo::error);
    CHECK_THROWS_AS(cast(none, dtype::float32), damo::error);
    CHECK_THROWS_AS(damo::ancestors(none), damo::expression_error);
    CHECK_THROWS_AS(damo::inputs_of(none), damo::expression_error);
    CHECK_THROWS_AS(damo::is_same_graph(none, x), damo::expression_error);
    CHECK_THROWS_AS(damo::is_same_graph(x, none), damo::expression_error);
    CHECK_THROWS_AS(damo::clone({none}), damo::expression_error);
    CHECK_THROWS_AS(damo::replace(std::vector<value>{x, none}, {}), damo::expression_error);
    CHECK_THROWS_AS(vjp(none, x, x), damo::expression_error);
    CHECK_THROWS_AS(vjp(x * x, none, x), damo::expression_error);
    CHECK_THROWS_AS(jvp(x * x, none, x), damo::expression_error);
    const auto out = compile({x}, {x})(1.0);
    CHECK_THROWS_AS(out[1], damo::shape_error);
}

TEST_CASE("swapped variables that do not fit") {
    const auto w = shared(vector{1, 2}, "w");
    const auto b = shared(vector{3, 4}, "b");
    const auto c = shared(vector{10, 10}, "c");
    const auto f = compile({}, {sum(w + b)}, {.updates = {{w, w + 1}, {b, b * 2}}});
    CHECK_THROWS_AS(f.copy({.swap = {{w, damo::shared_variable()}}}), damo::unknown_input_error);
    CHECK_THROWS_AS(f.copy({.swap = {{damo::shared_variable(), w}}}), damo::unknown_input_error);
    // two updates of one variable: neither would be right
    CHECK(contains(mistake_of<damo::update_error>([&] { f.copy({.swap = {{w, c}, {b, c}}}); }).sentence, "in the place of both"));
    CHECK_THROWS_AS(f.copy({.swap = {{w, b}}}), damo::update_error);
    CHECK(f.copy({.swap = {{w, c}, {b, c}}, .delete_updates = true})().number() == 40);
    // exchanged, each has its update
    f.copy({.swap = {{w, b}, {b, w}}})();
    CHECK(reference::numbers(w.get()) == vector{2, 4});
    CHECK(reference::numbers(b.get()) == vector{4, 5});
}

TEST_CASE("reductions that a call leaves without elements") {
    const auto a = input<damo::matrix<double>>("a");
    const int line = __LINE__ + 1;
    const auto m = max(a, 1);
    const auto f = compile({a}, {sin(m)});
    const vector six{1, 2, 3, 4, 5, 6};
    CHECK(reference::numbers(f(damo::view(six.data(), {2, 3}))[0])[1] == Approx(std::sin(6.0)));
    check_told(mistake_of<damo::empty_axis_error>([&] { f(damo::view(six.data(), {2, 0})); }), "max", {"float64[2, 0]"}, line, {"sin"});
    CHECK(contains(mistake_of<damo::empty_axis_error>([&] { f(damo::view(six.data(), {2, 0})); }).sentence, "axis 1 is empty"));
    CHECK(reference::numbers(f(damo::view(six.data(), {0, 3}))[0]).empty()); // nothing is asked of it
    const vector nothing;
    const auto v = input<damo::vector<double>>("v");
    for (const value& r : {mean(v), min(v), max(v), damo::cast(damo::argmax(v), dtype::float64), damo::cast(damo::argmin(v), dtype::float64)}) {
        const auto g = compile({v}, {r});
        CHECK_THROWS_AS(g(nothing), damo::empty_axis_error);
        CHECK(std::isfinite(g(six).number()));
        CHECK_THROWS_AS(g.copy({})(nothing), damo::empty_axis_error);
        CHECK_THROWS_AS((compile<double(vector)>({v}, {r})(nothing)), damo::empty_axis_error);
    }
    // sums have a result; so has a function that looks first
    CHECK(compile({v}, {sum(v)})(nothing).number() == 0);
    CHECK(compile({v}, {damo::logsumexp(v)})(nothing).number() == -INFINITY);
    CHECK(compile({v}, {damo::where(damo::size(v) > 0, mean(v), -1)})(nothing).number() == -1);
    CHECK(compile({v}, {damo::cond(damo::size(v) > 0, max(v), -1)})(nothing).number() == -1);
    const auto n = input<std::int64_t>("n");
    const auto start = input<double>("start");
    const auto folded = compile({v, n, start}, {damo::fold(n, start, [&](auto, auto c) { return c + max(v); })});
    CHECK(folded(nothing, 0, 1.0).number() == 1);
    CHECK(folded(six, 2, 1.0).number() == 13);
    CHECK(reference::numbers(compile({v}, {damo::grad(damo::sum(v * v), v)})(nothing)[0]).empty());
}
