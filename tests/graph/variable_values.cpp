// SPDX-License-Identifier: BSD-3-Clause
#include <damo/graph/variable_values.hpp>

#include <array>
#include <filesystem>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include <boost/hana/adapt_struct.hpp>

#include <damo/expr/struct.hpp>
#include <damo/graph/compile.hpp>
#include <damo/graph/grad.hpp>
#include <damo/ops/all.hpp>

#include "catch.hpp"
#include "reference/run_time.hpp"

using damo::compile;
using damo::input;
using damo::named_arrays;
using damo::shared;
using damo::shared_variable;
using damo::value;
using reference::contains;
using reference::mistake_of;
using reference::numbers;

namespace {

using vector = std::vector<double>;

template <class T>
struct dense {
    T weight;
    T bias;
};
template <class T>
struct network {
    dense<T> first;
    std::array<T, 2> rest;
};

// A file that goes with the test.
struct temporary {
    std::string path = (std::filesystem::temp_directory_path() / "damo_test_variable_values.damo").string();
    ~temporary() { std::filesystem::remove(path); }
};

} // namespace
BOOST_HANA_ADAPT_STRUCT(dense<damo::value>, weight, bias);
BOOST_HANA_ADAPT_STRUCT(dense<damo::shared_variable>, weight, bias);
BOOST_HANA_ADAPT_STRUCT(network<damo::value>, first, rest);
BOOST_HANA_ADAPT_STRUCT(network<damo::shared_variable>, first, rest);

TEST_CASE("vectors of variables go through grad, updates and files") {
    const std::vector<shared_variable> w = {shared(1.0, "a"), shared(vector{1, 2}, "b")};
    const value cost = square(w[0]) + sum(square(w[1]));
    const std::vector<value> slope = grad(cost, w);
    std::vector<value> next;
    for (std::size_t i = 0; i < w.size(); ++i) { next.push_back(w[i] - 0.25 * slope[i]); }
    const auto step = compile({}, {cost}, {.updates = {w, next}});
    CHECK(step().number() == 6);
    CHECK(w[0].number() == 0.5);
    CHECK(numbers(w[1].get()) == vector{0.5, 1});
    const named_arrays kept = values_of(w);
    CHECK(kept.size() == 2);
    CHECK(numbers(kept.at("b")) == vector{0.5, 1});
    const temporary file;
    save(file.path, step.graph(), w);
    step();
    const damo::graph back = damo::load_into(file.path, w);
    CHECK(back.to_string() == step.graph().to_string());
    CHECK(numbers(w[1].get()) == vector{0.5, 1});
    CHECK(w[0].number() == 0.5);
}

TEST_CASE("maps of variables go through grad, updates, givens and files, by their keys") {
    std::map<std::string, shared_variable> w;
    w.emplace("scale", shared(2.0));
    w.emplace("shift", shared(1.0));
    const auto x = input<double>("x");
    const value cost = square(w.at("scale") * x + w.at("shift"));
    const std::map<std::string, value> slope = grad(cost, w);
    std::map<std::string, value> next;
    for (const auto& [name, v] : w) { next.emplace(name, v - 0.1 * slope.at(name)); }
    const auto step = compile({x}, {cost}, {.updates = {w, next}});
    CHECK(step(1.0).number() == 9);
    CHECK(w.at("scale").number() == Approx(1.4));
    CHECK(w.at("shift").number() == Approx(0.4));
    // others in their place, all at once
    const std::map<std::string, value> fixed = {{"scale", w.at("shift")}, {"shift", w.at("scale")}};
    CHECK(compile({x}, {w.at("scale") * x + w.at("shift")}, {.givens = {w, fixed}})(10.0).number() == Approx(5.4));
    const temporary file;
    save(file.path, step.graph(), w);
    std::map<std::string, shared_variable> other;
    other.emplace("scale", shared(0.0));
    other.emplace("shift", shared(0.0));
    load_into(file.path, other);
    CHECK(other.at("scale").number() == w.at("scale").number());
    CHECK(other.at("shift").number() == w.at("shift").number());
}

TEST_CASE("structs of variables go through grad, updates, givens and files, by their members") {
    const network<shared_variable> w = {{shared(1.0), shared(2.0)}, {shared(3.0), shared(vector{4, 5})}};
    const value cost = square(w.first.weight) + square(w.first.bias) + square(w.rest[0]) + sum(square(w.rest[1]));
    const network<value> slope = grad(cost, w);
    const network<value> next = {{w.first.weight - 0.5 * slope.first.weight, w.first.bias - 0.25 * slope.first.bias}, {w.rest[0], w.rest[1] - 0.5 * slope.rest[1]}};
    const auto step = compile({}, {cost}, {.updates = {w, next}});
    CHECK(step().number() == 1 + 4 + 9 + 16 + 25);
    CHECK(w.first.weight.number() == 0);
    CHECK(w.first.bias.number() == 1);
    CHECK(w.rest[0].number() == 3);
    CHECK(numbers(w.rest[1].get()) == vector{0, 0});
    const named_arrays kept = values_of(w);
    std::string names;
    for (const auto& [name, x] : kept) { names += name + " "; }
    CHECK(names == "first.bias first.weight rest[0] rest[1] ");
    const temporary file;
    save(file.path, step.graph(), w);
    w.first.bias.set(7.0);
    load_into(file.path, w);
    CHECK(w.first.bias.number() == 1);
    const network<value> zeros = {{0 * w.first.weight, 0 * w.first.bias}, {0 * w.rest[0], 0 * w.rest[1]}};
    CHECK(compile({}, {cost}, {.givens = {w, zeros}})().number() == 0);
    // tuples and arrays of both kinds
    const std::tuple<shared_variable, shared_variable> pair = {shared(1.0), shared(2.0)};
    const std::array<value, 2> turned = {std::get<1>(pair), std::get<0>(pair)};
    compile({}, {}, {.updates = {pair, turned}})();
    CHECK(std::get<0>(pair).number() == 2);
    CHECK(std::get<1>(pair).number() == 1);
}

TEST_CASE("updates and givens in vectors made elsewhere, and one by one, are as before") {
    const auto n = shared(1.0, "n");
    const auto x = input<double>("x");
    const std::vector<damo::update> made = {{n, n + 1}};
    const std::vector<damo::substitution> given = {{x, n}};
    CHECK(compile({}, {x * 2}, {.updates = made, .givens = given})().number() == 2);
    CHECK(n.number() == 2);
    compile({}, {}, {.updates = {{n, n * 10}}})();
    CHECK(n.number() == 20);
}

TEST_CASE("collections that do not fit are refused") {
    const std::vector<shared_variable> w = {shared(1.0, "a"), shared(2.0, "b")};
    CHECK(contains(mistake_of<damo::update_error>([&] { compile({}, {}, {.updates = {w, std::vector<value>{w[0] + 1}}}); }).sentence, "2 and 1 elements"));
    const std::map<std::string, shared_variable> m = {{"a", w[0]}, {"b", w[1]}};
    CHECK(contains(mistake_of<damo::update_error>([&] { compile({}, {}, {.updates = {m, std::map<std::string, value>{{"a", w[0]}}}}); }).sentence, "the first has \"b\""));
    CHECK(contains(mistake_of<damo::substitution_error>([&] { compile({}, {w[0]}, {.givens = {m, std::map<std::string, value>{{"a", w[0]}, {"b", w[1]}, {"c", w[1]}}}}); }).sentence, "the second has \"c\""));
    const auto x = input<double>("x");
    const std::vector<value> inputs = {x};
    CHECK(contains(mistake_of<damo::update_error>([&] { compile({}, {}, {.updates = {inputs, inputs}}); }).sentence, "this symbol is the input \"x\""));
    const std::vector<value> computed = {x + 1};
    CHECK(contains(mistake_of<damo::update_error>([&] { compile({}, {}, {.updates = {computed, inputs}}); }).sentence, "this symbol is computed"));
    // the same variable twice
    const std::vector<shared_variable> twice = {w[0], w[0]};
    CHECK_THROWS_AS(compile({}, {}, {.updates = {twice, twice}}), damo::update_error);
    const std::vector<value> gone = {[] { return value(shared(1.0, "gone")); }()};
    CHECK_THROWS_AS(compile({}, {}, {.updates = {gone, gone}}), damo::destroyed_shared_error);
}

TEST_CASE("values that do not fit are refused and change nothing") {
    const std::vector<shared_variable> w = {shared(1.0, "a"), shared(vector{1, 2}, "b")};
    named_arrays good = values_of(w);
    good["a"] = 5.0;
    named_arrays missing = good;
    missing.erase("b");
    CHECK(contains(mistake_of<damo::missing_input_error>([&] { set_values(w, missing); }).sentence, "there is none with the name \"b\""));
    named_arrays longer = good;
    longer["b"] = vector{1, 2, 3};
    CHECK_THROWS_AS(set_values(w, longer), damo::extents_error);
    named_arrays other = good;
    other["b"] = std::vector<float>{1, 2};
    CHECK_THROWS_AS(set_values(w, other), damo::element_type_error);
    CHECK(w[0].number() == 1);
    good["further"] = 1.0;
    set_values(w, good);
    CHECK(w[0].number() == 5);
    CHECK_THROWS_AS(values_of(std::vector<shared_variable>{shared(1.0)}), damo::unknown_input_error);
    CHECK_THROWS_AS(values_of(std::vector<shared_variable>{shared_variable()}), damo::unknown_input_error);
    CHECK_THROWS_AS(values_of(std::vector<shared_variable>{w[0], w[0]}), damo::duplicate_input_error);
    const dense<value> inputs = {input<double>("x"), input<double>("y")};
    CHECK_THROWS_AS(values_of(inputs), damo::update_error);
    const temporary file;
    CHECK_THROWS_AS(damo::load_into(file.path, w), damo::file_error);
}
