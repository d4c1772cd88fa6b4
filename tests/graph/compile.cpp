// SPDX-License-Identifier: BSD-3-Clause
#include <damo/graph/compile.hpp>

#include <map>
#include <string>
#include <vector>

#include "catch.hpp"
#include "reference/run_time.hpp"

using damo::any_array;
using damo::compile;
using damo::dtype;
using damo::input;
using damo::value;
using reference::contains;
using reference::mistake_of;
using reference::numbers;

namespace {

using vector = std::vector<double>;
} // namespace

TEST_CASE("symbols are made without a builder and compiled to a function") {
    const value x = input("x", dtype::float64);
    const auto y = input<double>("y");
    const auto f = compile({x, y}, {log(exp(x) + exp(y)), x * y});
    CHECK(f.graph().to_string() == "(logaddexp(x, y), x*y)");
    CHECK(f.input_count() == 2);
    CHECK(f.input_name(1) == "y");
    const auto out = f(2.0, 3.0);
    REQUIRE(out.size() == 2);
    CHECK(out[0].number() == Approx(std::log(std::exp(2.0) + std::exp(3.0))).epsilon(1e-15));
    CHECK(out[1].number() == 6.0);
}

TEST_CASE("arrays of any container go in, arrays of run-time type come out") {
    const auto A = input<damo::matrix<float>>("A");
    const value x = input("x", dtype::float32, {-1});
    const auto f = compile({A, x}, {matmul(A, x), sum(x), A > 0});
    const std::vector<float> a = {1, 2, 3, 4, 5, 6};
    const auto out = f(damo::view(a.data(), {2, 3}), std::vector<float>{1, 0, -1});
    CHECK(out[0].element() == dtype::float32);
    CHECK(out[0].rank() == 1);
    CHECK(numbers(out[0]) == vector{-2, -2});
    CHECK(out[1].number<float>() == 0.0f);
    CHECK(out[2].element() == dtype::boolean);
    CHECK(out[2].extent(1) == 3);
    // strided: the transposed matrix
    const auto turned = f(damo::view(a.data(), {3, 2}, {1, 3}), any_array(std::vector<float>{1, 1}));
    CHECK(numbers(turned[0]) == vector{5, 7, 9});
    CHECK(out[0].view<float, 1>()(1) == -2.0f);
    CHECK_THROWS_AS(out[0].data<double>(), damo::shape_error);
    CHECK_THROWS_AS((out[0].view<float, 2>()), damo::shape_error);
    CHECK_THROWS_AS(out[0].number(), damo::shape_error);
}

TEST_CASE("arguments are given by order, by name and by symbol, and may have default values") {
    const auto x = input<double>("x");
    const auto y = input<double>("y");
    const auto z = input<double>("z");
    const auto f = compile({x, y, z}, {x + 10 * y + 100 * z}, {.defaults = {{y, 2.0}, {z, 3.0}}});
    CHECK(f(1.0).number() == 321);
    CHECK(f(1.0, 4.0).number() == 341);
    CHECK(f({{"z", 5.0}, {"x", 1.0}}).number() == 521);
    CHECK(f({{z, 5.0}, {x, 1.0}, {y, 0.0}}).number() == 501);
    const auto missing = mistake_of<damo::missing_input_error>([&] { f({{"y", 1.0}}); });
    CHECK(contains(missing.sentence, "requires an argument for its input \"x\""));
    CHECK(contains(missing.file, "compile.cpp"));
    CHECK(contains(mistake_of<damo::unknown_input_error>([&] { f({{"w", 1.0}}); }).sentence, "no input with the name \"w\": its inputs are x, y, z"));
    CHECK(contains(mistake_of<damo::unknown_input_error>([&] { f(1.0, 2.0, 3.0, 4.0); }).sentence, "takes 3 arguments; the call has 4"));
    CHECK(contains(mistake_of<damo::duplicate_input_error>([&] { f({{"x", 1.0}, {x, 2.0}}); }).sentence, "two arguments for the input \"x\""));
    CHECK_THROWS_AS(compile({x}, {x}, {.defaults = {{y, 2.0}}}), damo::unknown_input_error);
    const auto twin = input<double>("x");
    const auto g = compile({x, twin}, {x - twin});
    CHECK(g(5.0, 3.0).number() == 2);
    CHECK(g({{twin, 3.0}, {x, 5.0}}).number() == 2);
    CHECK_THROWS_AS(g({{"x", 1.0}}), damo::duplicate_input_error);
}

TEST_CASE("results may be written where the caller wants them, but not over an argument") {
    const auto x = input<damo::vector<double>>("x");
    const auto f = compile({x}, {2 * x, sum(x)});
    vector y(3);
    double s = 0;
    f.into(y, s)(vector{1, 2, 3});
    CHECK(y == vector{2, 4, 6});
    CHECK(s == 6);
    CHECK_THROWS_AS(f.into(y, s)(vector{1, 2}), damo::extents_error);
    std::vector<float> wrong(3);
    CHECK_THROWS_AS(f.into(wrong, s)(vector{1, 2, 3}), damo::element_type_error);
    CHECK_THROWS_AS(f.into(s, s)(vector{1}), damo::rank_error);
    CHECK(contains(mistake_of<damo::aliasing_error>([&] { f.into(y, s)(y); }).sentence, "shares memory with the argument \"x\""));
    CHECK_THROWS_AS(f.into(y)(y), damo::unknown_input_error);
}

TEST_CASE("inputs that are missing, listed twice or not needed") {
    const auto x = input<double>("x");
    const auto y = input<double>("y");
    const int line = __LINE__ + 1;
    const value product = x * y;
    const auto missing = mistake_of<damo::missing_input_error>([&] { compile({x}, {exp(product) + 1}); });
    CHECK(contains(missing.sentence, "the input \"y\" is needed but not among the inputs"));
    REQUIRE(missing.path.size() == 3);
    CHECK(contains(missing.path[0], "mul ("));
    CHECK(contains(missing.path[0], "compile.cpp:" + std::to_string(line)));
    CHECK(contains(missing.path[1], "exp ("));
    CHECK(contains(missing.path[2], "add ("));
    CHECK(contains(missing.text(), "needed by mul"));
    CHECK_THROWS_AS(compile({x, y, x}, {product}), damo::duplicate_input_error);
    CHECK(contains(mistake_of<damo::unused_input_error>([&] { compile({x, y}, {x}); }).sentence, "the input \"y\" is not needed"));
    CHECK(compile({x, y}, {x}, {.unused_input = damo::on_doubt::ignore})(1.0, 2.0).number() == 1);
    static std::string warning;
    const auto former = damo::set_warning_handler([](const char* s) { warning = s; });
    CHECK(compile({x, y}, {x}, {.unused_input = damo::on_doubt::warn})(1.0, 2.0).number() == 1);
    damo::set_warning_handler(former);
    CHECK(contains(warning, "\"y\" is not needed"));
    CHECK_THROWS_AS(compile({product}, {product}), damo::unknown_input_error);
    CHECK_THROWS_AS(compile({value()}, {product}), damo::expression_error);
    CHECK_THROWS_AS(input("h", dtype::float16), damo::element_type_error);
    CHECK_THROWS_AS(input("m", dtype::float64, {-3}), damo::extents_error);
}

TEST_CASE("arguments of another type are converted only as the policy says") {
    const auto x = input<float>("x");
    const auto n = input<std::int32_t>("n");
    const auto v = input<damo::vector<double>>("v");
    const std::vector<value> all = {x, n, v};
    const std::vector<damo::operand> outputs = {x * 1, n * 1, v * 1};
    const auto safe = compile(all, outputs);
    CHECK(safe(0.5, 7, std::vector<float>{1.5f})[2].at(0) == 1.5);
    CHECK(safe(2, 7L, std::vector<std::int32_t>{3})[2].at(0) == 3);
    CHECK(contains(mistake_of<damo::element_type_error>([&] { safe(1.0f, 7.5, vector{}); }).sentence, "the input \"n\" requires int32[]; the call gave float64[]"));
    CHECK_THROWS_AS(safe(1.0f, 1L << 40, vector{}), damo::element_type_error);
    CHECK_THROWS_AS(safe(any_array(1.0), 1, vector{}), damo::element_type_error); // an array, not a plain number
    CHECK_THROWS_AS(safe(1.0f, 1, 1.0), damo::rank_error);
    const auto any = compile(all, outputs, {.conversion = damo::conversion_policy::any});
    CHECK(any(any_array(1.0), 7.5, vector{1})[1].number<int>() == 7);
    const auto strict = compile(all, outputs, {.conversion = damo::conversion_policy::strict});
    CHECK_THROWS_AS(strict(0.5, 7, vector{1}), damo::element_type_error);
    CHECK(strict(0.5f, 7, vector{1})[0].number() == 0.5);
}

TEST_CASE("extents are checked when the function is called") {
    const value x = input("x", dtype::float64, {"n"});
    const value y = input("y", dtype::float64, {"n"});
    const value m = input("m", dtype::float64, {2, -1});
    const value z = input("z", dtype::float64, {-1});
    const auto f = compile({x, y, m, z}, {x * y, matmul(m, z)});
    CHECK(numbers(f(vector{1, 2}, vector{3, 4}, any_array(dtype::float64, 2, std::vector<std::int64_t>{2, 1}.data()), vector{1})[0]) == vector{3, 8});
    const any_array two_by_one(dtype::float64, 2, std::vector<std::int64_t>{2, 1}.data());
    CHECK(contains(mistake_of<damo::extents_error>([&] { f(vector{1}, vector{1, 2}, two_by_one, vector{1}); }).sentence, "axes of one name"));
    CHECK(contains(mistake_of<damo::extents_error>([&] { f(vector{1}, vector{1}, two_by_one, vector{1, 2}); }).sentence, "axis 1 of \"m\" has 1 elements"));
    const any_array three(dtype::float64, 2, std::vector<std::int64_t>{3, 1}.data());
    CHECK(contains(mistake_of<damo::extents_error>([&] { f(vector{1}, vector{1}, three, vector{1}); }).sentence, "requires float64[2, any] as argument \"m\"; it was given float64[3, 1]"));
}

TEST_CASE("a mistake in an expression has its op, types and place") {
    const value x = input("x", dtype::float64, {2, 3});
    const value y = input("y", dtype::float64, {4});
    const int line = __LINE__ + 1;
    const auto add = mistake_of<damo::expression_error>([&] { return x + y; });
    CHECK(add.op == "add");
    CHECK(add.shapes == std::vector<std::string>{"float64[2, 3]", "float64[4]"});
    CHECK(contains(add.file, "compile.cpp"));
    CHECK(add.line == line);
    const value none = input("none", dtype::float64, {0});
    CHECK(contains(mistake_of<damo::empty_axis_error>([&] { return max(none); }).sentence, "is empty"));
    CHECK_THROWS_AS(!x, damo::error);
    CHECK(compile({x}, {sum(x)}).graph().to_string() == "sum(x)");
}

TEST_CASE("a symbol is evaluated where its inputs have values") {
    const auto x = input<double>("x");
    const auto v = input<damo::vector<double>>("v");
    CHECK(eval(sum(v) * x, {{x, 2.0}, {v, vector{1, 2, 3}}}).number() == 12);
    CHECK(eval(sum(v) * x, {{"x", 2.0}, {"v", vector{1}}}).number() == 2);
    CHECK(damo::eval(2.5).number() == 2.5);
    CHECK_THROWS_AS(eval(x + 1), damo::missing_input_error);
    CHECK_THROWS_AS(eval(x + 1, {{"y", 1.0}}), damo::unknown_input_error);
}

TEST_CASE("some of the outputs may be asked for alone") {
    const auto x = input<double>("x");
    const auto f = compile({x}, {x + 1, x * 2, x * x}, {.name = "three"});
    CHECK(f.only({2, 0})(3.0)[0].number() == 9);
    CHECK(f.only({2, 0})(3.0).size() == 2);
    CHECK(contains(mistake_of<damo::unknown_input_error>([&] { f.only({3}); }).sentence, "the function \"three\" has no output 3"));
}

TEST_CASE("rules are chosen for one function") {
    const auto x = input<double>("x");
    const auto y = log(exp(x));
    CHECK(compile({x}, {y}).graph().to_string() == "x");
    CHECK(compile({x}, {y}, {.ieee = true}).graph().to_string() == "log(exp(x))");
    CHECK(compile({x}, {y}, {.exclude_rules = {"log."}}).graph().to_string() == "log(exp(x))");
    CHECK(compile({x}, {y}, {.ieee = true, .include_rules = {"log."}}).graph().to_string() == "x");
}

TEST_CASE("outputs may have names") {
    const auto x = input<double>("x");
    const std::map<std::string, damo::value> outputs = {{"square", x * x}, {"double", 2 * x}};
    const auto f = compile({x}, outputs, {.name = "two"});
    const auto out = f(3.0);
    CHECK(out["square"].number() == 9);
    CHECK(out["double"].number() == 6);
    CHECK(out[0].number() == 6); // in the order of the names
    CHECK(f.only({1})(3.0)["square"].number() == 9);
    CHECK(f.copy({.name = "other"})(3.0)["square"].number() == 9);
    CHECK(contains(mistake_of<damo::unknown_input_error>([&] { out["cube"]; }).sentence, "\"cube\", which no output has: the function has double, square"));
    CHECK_THROWS_AS(f.only({1})(3.0)["double"], damo::unknown_input_error);
    CHECK(contains(mistake_of<damo::unknown_input_error>([&] { compile({x}, {x * x})(1.0)["square"]; }).sentence, "outputs have names where compile is given a std::map"));
}

TEST_CASE("outputs may be a vector of symbols") {
    const auto x = input<double>("x");
    std::vector<value> powers;
    for (int k = 0; k < 3; ++k) { powers.push_back(k == 0 ? value(x) : powers.back() * x); }
    const auto f = damo::compile({x}, powers);
    const auto g = damo::compile({x}, {powers});
    const auto out = f(3.0);
    REQUIRE(out.size() == 3);
    CHECK(out[2].number() == 27);
    CHECK(g(2.0)[1].number() == 4);
    CHECK(damo::compile({x}, {powers[1], 2.5})(3.0)[1].number() == 2.5);
    const std::vector<value> other = {x * input<double>("y")};
    CHECK(contains(mistake_of<damo::missing_input_error>([&] { damo::compile({x}, other); }).sentence, "y"));
}

TEST_CASE("a constant in the place of a symbol meets the rules before it is computed") {
    const auto x = input<double>("x");
    const auto y = input<double>("y");
    CHECK(damo::compile({x}, {x + log(1 + exp(y))}, {.givens = {{y, 800.0}}})(1.0)[0].number() == 801);
}
