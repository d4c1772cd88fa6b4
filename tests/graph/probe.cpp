// SPDX-License-Identifier: BSD-3-Clause
#include <damo/graph/probe.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <damo/damo.hpp>
#include <damo/graph/compile.hpp>
#include <damo/graph/grad.hpp>
#include <damo/graph/save.hpp>

#include "catch.hpp"
#include "reference/run_time.hpp"

using damo::compile;
using damo::ensure;
using damo::input;
using damo::printed;
using damo::shared;
using reference::contains;
using reference::mistake_of;
using reference::numbers;

namespace {

// What a symbol prints.
struct page {
    std::vector<std::string> lines;
    damo::print_handler handler() {
        return [this](const std::string& line) { lines.push_back(line); };
    }
};

} // namespace

TEST_CASE("a printed symbol is its operand, written each time it is computed") {
    page p;
    const auto x = input<damo::matrix<double>>("x");
    const auto f = compile({x}, {sum(2 * printed(x, "the points", p.handler()))});
    const std::vector<double> at = {1, 2.5, -3, 1e100, 0.1, std::nan("")};
    f(damo::view(at.data(), {2, 3}));
    REQUIRE(p.lines.size() == 1);
    CHECK(p.lines[0] == "the points: float64[2, 3] [[1, 2.5, -3], [1e100, 0.1, nan]]");
    CHECK(f(damo::view_as<2>(damo::view(at.data(), {1, 1}))).number() == 2);
    CHECK(p.lines[1] == "the points: float64[1, 1] [[1]]");
    f(damo::view(at.data(), {0, 3}));
    CHECK(p.lines[2] == "the points: float64[0, 3] []");
}

TEST_CASE("every element type is printed, and of large arrays the ends") {
    page p;
    const auto n = input<damo::vector<std::int32_t>>("n");
    const auto b = input<bool>("b");
    const auto k = input<std::int64_t>("k");
    const auto s = input<float>("s");
    compile({b, k, s}, {printed(b, "b", p.handler()), printed(k, "k", p.handler()), printed(s, "s", p.handler())})(true, std::int64_t{-7}, 0.1f);
    std::sort(p.lines.begin(), p.lines.end());
    CHECK(p.lines == std::vector<std::string>{"b: bool[] true", "k: int64[] -7", "s: float32[] 0.1"});
    std::vector<std::int32_t> many(1001);
    for (std::size_t i = 0; i < many.size(); ++i) { many[i] = static_cast<std::int32_t>(i); }
    compile({n}, {printed(n, "n", p.handler())})(many);
    CHECK(p.lines.back() == "n: int32[1001] [0, 1, 2, ..., 998, 999, 1000]");
}

TEST_CASE("derivatives go through probes of any order") {
    page p;
    const auto x = input<double>("x");
    const auto y = ensure(printed(x, "x", p.handler()), x > 0.0, "x is positive");
    const auto slope = grad(y * y * y, x);
    CHECK(damo::eval(slope, {{x, 2.0}}).number() == 12);
    CHECK(!p.lines.empty());
    CHECK(damo::eval(grad(slope, x), {{x, 2.0}}).number() == 12);
    CHECK(damo::eval(jvp(y * y, x, 3.0), {{x, 2.0}}).number() == 12);
}

TEST_CASE("a condition that does not hold ends the call and changes no variable") {
    const auto x = input<damo::vector<double>>("x");
    const auto w = shared(1.0, "w");
    const int line = __LINE__ + 1;
    const auto y = log(ensure(x, x > 0.0, "the points must be positive"));
    const auto f = compile({x}, {y}, {.updates = {{w, w + sum(y)}}});
    CHECK(numbers(f(std::vector<double>{1, 1})[0]) == std::vector<double>{0, 0});
    CHECK(w.get().number() == 1);
    const auto m = mistake_of<damo::ensure_error>([&] { f(std::vector<double>{3, -1}); });
    CHECK(m.sentence == "the points must be positive");
    CHECK(m.op == "ensure");
    REQUIRE(m.shapes.size() == 1);
    CHECK(contains(m.shapes[0], "float64["));
    CHECK(m.line == line);
    CHECK(w.get().number() == 1);
    CHECK(f(std::vector<double>{})[0].size() == 0); // of no elements all are positive
}

TEST_CASE("probes that cannot be") {
    const auto x = input<double>("x");
    CHECK(contains(mistake_of<damo::element_type_error>([&] { ensure(x, x + 1, "?"); }).sentence, "requires a condition of bool, not float64[]"));
    CHECK_THROWS_AS(printed(damo::value(), "nothing"), damo::expression_error);
    CHECK_THROWS_AS(ensure(damo::value(), x > 0.0, "nothing"), damo::expression_error);
    CHECK_THROWS_AS(damo::save("/tmp/damo_probe_is_not_stored", compile({x}, {printed(x, "x")}).graph()), damo::error);
}
