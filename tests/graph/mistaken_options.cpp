// SPDX-License-Identifier: BSD-3-Clause
// Options, names and places in memory that compile, calls and typed functions refuse, and what they say.
#include <damo/graph/rule_choice.hpp>

#include <string>
#include <vector>

#include <damo/graph/compile.hpp>
#include <damo/graph/grad.hpp>
#include <damo/graph/graph_function.hpp>
#include <damo/graph/save.hpp>
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
} // namespace

TEST_CASE("a rule that does not exist is refused with the nearest name") {
    const auto x = input<double>("x");
    const value y = log(1 + exp(x));
    const auto refused = [&](damo::compile_options o) { return mistake_of<damo::unknown_input_error>([&] { compile({x}, {y}, o); }).sentence; };
    CHECK(contains(refused({.exclude_rules = {"log.of_expp"}}), "exclude_rules: there is no rewrite rule"));
    CHECK(contains(refused({.exclude_rules = {"log.of_expp"}}), "with the name 'log.of_expp'; did you mean 'log.of_exp'?"));
    CHECK(contains(refused({.exclude_rules = {"log.", "logs."}}), "did you mean 'log.'?"));
    CHECK(contains(refused({.include_rules = {"whatever"}}), "include_rules: there is no rewrite rule"));
    CHECK(contains(refused({.exclude_rules = {""}}), "with the name ''"));
    CHECK(contains(refused({.exclude_rules = {"log"}}), "did you mean 'log.'?")); // a subject ends in a point
    CHECK(contains(refused({.exclude_rules = {std::string(1000, 'a')}}), "there is no rewrite rule"));
    // rewrites of kinds have names as well, and everything that rewrites() tells can be named
    const auto plain = compile({x}, {y});
    CHECK(!plain.graph().rewrites().empty());
    for (const std::string_view name : plain.graph().rewrites()) { CHECK_NOTHROW(compile({x}, {y}, {.exclude_rules = {std::string(name)}})); }
    CHECK_NOTHROW(compile({x}, {y}, {.exclude_rules = {"scalar.moved", "movement.", "sum.common_factor", "nested.combined", "reduction.kept_axes"}}));
}

TEST_CASE("numbers of threads and default values that do not fit") {
    const auto x = input<double>("x");
    const int line = __LINE__ + 1;
    const auto a = input<damo::vector<double, 3>>("a");
    for (const int threads : {0, -5}) { CHECK(contains(mistake_of<damo::expression_error>([&] { compile({x}, {x}, {.program = {.threads = threads}}); }).sentence, "one thread or more")); }
    const mistake m = mistake_of<damo::extents_error>([&] { compile({a}, {a * 2}, {.defaults = {{a, vector{1}}}}); });
    CHECK(contains(m.sentence, "the default value of the input \"a\" requires float64[3], not float64[1]"));
    CHECK(m.op == "input");
    CHECK(m.shapes == texts{"float64[3]", "float64[1]"});
    CHECK(contains(m.file, "mistaken_options.cpp"));
    CHECK(m.line == line);
    REQUIRE(m.path.size() == 1);
    CHECK(contains(m.path[0], "mul"));
    CHECK_THROWS_AS(compile({x}, {x}, {.defaults = {{x, vector{1}}}}), damo::rank_error);
    CHECK_THROWS_AS(compile({x}, {x}, {.defaults = {{x, any_array()}}}), damo::element_type_error);
    const auto n = input<std::int64_t>("n");
    CHECK_THROWS_AS(compile({n}, {n}, {.defaults = {{n, 1.5}}}), damo::element_type_error);
    const auto s = shared(1.0, "s");
    CHECK_THROWS_AS(compile({x}, {x + s}, {.defaults = {{s, 1.0}}}), damo::unknown_input_error);
    CHECK_THROWS_AS(compile({x}, {x}, {.defaults = {{x * 2, 1.0}}}), damo::unknown_input_error);
    CHECK_THROWS_AS(compile({x}, {x}, {.defaults = {{n, 1}}}), damo::unknown_input_error);
}

TEST_CASE("plain numbers in the place of symbols are weak, and no symbol has two") {
    const auto x = input<double>("x");
    const auto n = input<std::int64_t>("n");
    const auto v = input<damo::vector<double>>("v");
    CHECK(compile({}, {x * x}, {.givens = {{x, 2}}})().number() == 4);
    CHECK(eval(damo::replace(x * x, {{x, 3}})).number() == 9);
    CHECK(contains(mistake_of<damo::substitution_error>([&] { compile({}, {n * n}, {.givens = {{n, 2.5}}}); }).sentence, "float64[] was given for int64[]"));
    CHECK_THROWS_AS(compile({}, {v}, {.givens = {{v, 2.5}}}), damo::substitution_error);
    CHECK_THROWS_AS(damo::replace(n * n, {{n, 2.5}}), damo::substitution_error);
    const auto y = input<double>("y");
    CHECK(contains(mistake_of<damo::substitution_error>([&] { damo::replace(x * 2, {{x, y}, {x, y * 2}}); }).sentence, "two symbols in the place of one, of type float64[]"));
    CHECK_THROWS_AS(damo::is_same_graph(x * 2, y * 2, {{x, y}, {x, x}}), damo::substitution_error);
}

TEST_CASE("inputs that no function has are not asked for by number, name or symbol") {
    const auto x = input<double>("x");
    const auto y = input<double>("y");
    const auto f = compile({x, y}, {x * y}, {.name = "f"});
    CHECK(f.input_name(1) == "y");
    CHECK(contains(mistake_of<damo::unknown_input_error>([&] { f.input_name(2); }).sentence, "the function \"f\" has no input 2: it has 2, counted from 0"));
    CHECK_THROWS_AS(f.input_name(-1), damo::unknown_input_error);
    CHECK_THROWS_AS(f.graph().input_name(2), damo::error);
    CHECK_THROWS_AS(f.graph().input_name(-1), damo::error);
    const char* const nobody = nullptr;
    CHECK(contains(mistake_of<damo::unknown_input_error>([&] { f({{nobody, 1.0}, {"y", 1.0}}); }).sentence, "an empty symbol or a null pointer"));
    CHECK_THROWS_AS(f({{value(), 1.0}, {"y", 1.0}}), damo::unknown_input_error);
    CHECK(contains(mistake_of<damo::unknown_input_error>([&] { f({{"z", 1.0}}); }).sentence, "its inputs are x, y"));
    CHECK_THROWS_AS(f({{x * y, 1.0}}), damo::unknown_input_error);
    // an input without a name is not what an empty symbol means
    const auto unnamed = input<double>("");
    CHECK_THROWS_AS(compile({unnamed}, {unnamed})({{value(), 1.0}}), damo::unknown_input_error);
    CHECK(compile({unnamed}, {unnamed})({{"", 1.0}}).number() == 1);
    CHECK_THROWS_AS(eval(x, {{nobody, 1.0}}), damo::unknown_input_error);
    const auto twin = input<double>("x");
    CHECK(contains(mistake_of<damo::duplicate_input_error>([&] { eval(x - twin, {{"x", 1.0}}); }).sentence, "a name that several inputs of the expression have"));
    CHECK_THROWS_AS(compile({x, twin}, {x - twin})({{"x", 1.0}}), damo::duplicate_input_error);
    CHECK(compile({input("q", dtype::float64, {static_cast<const char*>(nullptr)})}, {}, {.unused_input = damo::on_doubt::ignore})(vector{1, 2}).size() == 0); // any extent
}

TEST_CASE("memory that is not there, or the same for all elements, is no result and no argument") {
    const auto v = input<damo::vector<double>>("v");
    const auto f = compile({v}, {v * 2});
    double one = 0;
    damo::array_view<double, 1> stacked{&one, {2}, {0}};
    CHECK(contains(mistake_of<damo::aliasing_error>([&] { f.into(stacked)(vector{1, 2}); }).sentence, "its elements along axis 0 in one place"));
    f.into(damo::array_view<double, 1>{&one, {1}, {0}})(vector{3}); // one element has a place of its own
    CHECK(one == 6);
    damo::array_view<double, 1> nowhere{nullptr, {2}, {1}};
    CHECK(contains(mistake_of<damo::aliasing_error>([&] { f.into(nowhere)(vector{1, 2}); }).sentence, "a view of a null pointer"));
    CHECK(contains(mistake_of<damo::missing_input_error>([&] { f(nowhere); }).sentence, "the argument \"v\" is a view of a null pointer"));
    CHECK_THROWS_AS((compile<double(damo::array_view<double, 1>)>({v}, {sum(v)})(nowhere)), damo::missing_input_error);
    CHECK(f(damo::array_view<double, 1>{nullptr, {0}, {1}})[0].size() == 0);
    CHECK(contains(mistake_of<damo::element_type_error>([&] { f(any_array()); }).sentence, "the array is empty of everything"));
    CHECK_THROWS_AS(any_array(vector{1}).extent(1), damo::shape_error);
    CHECK_THROWS_AS(any_array(vector{1}).extent(-1), damo::shape_error);
    CHECK_THROWS_WITH(f.only({})(vector{1}).number(), Catch::Contains("a function without outputs"));
    CHECK(contains(mistake_of<damo::element_type_error>([] { shared(any_array(), "e"); }).sentence, "it was given none"));
    CHECK_THROWS_WITH(damo::to_bytes(f.graph(), {{"w", any_array()}}), Catch::Contains("has no element type"));
}

TEST_CASE("one variable is not put in the place of another twice") {
    const auto w = shared(vector{1, 2}, "w");
    const auto q = shared(vector{3, 4}, "q");
    const auto f = compile({}, {w * 1.0});
    CHECK(contains(mistake_of<damo::duplicate_input_error>([&] { f.copy({.swap = {{w, q}, {w, q}}}); }).sentence, "told twice what to put in the place of the shared variable \"w\""));
    CHECK(f.copy({.swap = {{w, q}}})()[0].at(0) == 3);
}

TEST_CASE("a signature that is wrong tells the op, its type, its line and what needs it") {
    const int line = __LINE__ + 1;
    const auto x = input<double>("x");
    const auto v = input<damo::vector<double>>("v");
    const mistake in = mistake_of<damo::element_type_error>([&] { compile<double(float)>({x}, {sin(exp(x))}); });
    CHECK(contains(in.sentence, "input 0, \"x\", is float64 of rank 0; the signature says float32 of rank 0"));
    CHECK(in.op == "input");
    CHECK(in.shapes == texts{"float64[]"});
    CHECK(in.line == line);
    REQUIRE(in.path.size() == 2);
    CHECK(contains(in.path[1], "sin"));
    const int made = __LINE__ + 1;
    const value y = v * 2;
    const mistake out = mistake_of<damo::rank_error>([&] { compile<double(const vector&)>({v}, {y}); });
    CHECK(out.op == "mul");
    REQUIRE(out.shapes.size() == 1);
    CHECK(contains(out.shapes[0], "float64["));
    CHECK(out.line == made);
    CHECK(contains(out.file, "mistaken_options.cpp"));
}

TEST_CASE("a graph_function takes each input once, and tells where its arguments were made") {
    const auto x = input<double>("x");
    const auto y = input<double>("y");
    CHECK(contains(mistake_of<damo::duplicate_input_error>([&] { damo::graph_function({x, x}, x * 2); }).sentence, "\"x\" is listed twice"));
    CHECK_THROWS_AS(damo::graph_function({x * 2}, x), damo::unknown_input_error);
    const damo::graph_function f({x, y}, x * y);
    CHECK_THROWS_AS(f(x), damo::missing_input_error);
    const int line = __LINE__ + 1;
    const auto v = input<damo::vector<double>>("v");
    const mistake m = mistake_of<damo::substitution_error>([&] { f(v, x); });
    CHECK(contains(m.file, "mistaken_options.cpp"));
    CHECK(m.line == line);
    const int made = __LINE__ + 1;
    const damo::graph_function short_of_one({x, y}, x * y, [](auto&, auto&, auto& g) { return std::vector<value>{g}; });
    const mistake rule = mistake_of<damo::derivative_error>([&] { grad(short_of_one(x, y), x); });
    CHECK(contains(rule.sentence, "one cotangent for each of 2 arguments; it gave 1"));
    CHECK(contains(rule.file, "mistaken_options.cpp"));
    CHECK(rule.line == made);
}
