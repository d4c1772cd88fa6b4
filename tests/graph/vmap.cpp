// SPDX-License-Identifier: BSD-3-Clause
// Symbols mapped over arrays: against the same computed element by element.
#include <damo/graph/vmap.hpp>

#include <cmath>
#include <string>
#include <vector>

#include <damo/expr/control.hpp>
#include <damo/graph/compile.hpp>
#include <damo/graph/grad.hpp>
#include <damo/graph/host_function.hpp>
#include <damo/graph/scan.hpp>
#include <damo/ops/all.hpp>

#include "catch.hpp"
#include "reference/run_time.hpp"

using damo::any_array;
using damo::compile;
using damo::dtype;
using damo::input;
using damo::value;
using damo::vmap;
using reference::contains;
using reference::mistake_of;
using reference::numbers;

namespace {

using vector = std::vector<double>;

// y for rows of X in the place of v, mapped and one by one.
void check_rows(const value& v, const value& w, const value& y) {
    INFO(compile({v, w}, {y}, {.unused_input = damo::on_doubt::ignore}).graph().to_string());
    const vector all = {0.5, 1, -2, 3, 0.25, 1.5, -1, 2};
    const vector fixed = {1.5, -0.5};
    const value X = input<damo::matrix<double>>("X");
    const value Y = vmap(y, {{v, X}});
    REQUIRE(Y.rank() == y.rank() + 1);
    const auto f = compile({X, w}, {Y}, {.unused_input = damo::on_doubt::ignore});
    const auto one = compile({v, w}, {y}, {.unused_input = damo::on_doubt::ignore});
    for (const std::int64_t n : {4, 1}) {
        vector expected;
        for (std::int64_t i = 0; i < n; ++i) {
            for (const double x : numbers(one(vector{all[static_cast<std::size_t>(2 * i)], all[static_cast<std::size_t>(2 * i + 1)]}, fixed)[0])) { expected.push_back(x); }
        }
        const any_array got = f(damo::view(all.data(), {n, 2}), fixed)[0];
        CHECK(got.extent(0) == n);
        const vector found = numbers(got);
        REQUIRE(found.size() == expected.size());
        for (std::size_t i = 0; i < found.size(); ++i) { CHECK(found[i] == Approx(expected[i]).epsilon(1e-13)); }
    }
}

} // namespace

TEST_CASE("what is mapped over an array is what comes of its elements one by one") {
    const auto v = input<damo::vector<double>>("v");
    const auto w = input<damo::vector<double>>("w");
    const auto weights = damo::shared(vector{2, 3}, "weights");
    check_rows(v, w, exp(v) * w);
    check_rows(v, w, sum(v * w));
    check_rows(v, w, max(v) + sum(w));
    check_rows(v, w, outer(v, w));
    check_rows(v, w, softmax(v * weights));
    check_rows(v, w, grad(sum(sin(v) * w * weights), v));
    check_rows(v, w, damo::concatenate({v, w}));
    check_rows(v, w, w * 2);
    check_rows(v, w, damo::fold(v, value(sum(w)), [](auto e, auto c) { return sin(c) + e; }));
    check_rows(v, w, damo::scan([](const std::vector<value>& s) { return damo::scan_step(s[0] * s[1]); }, {.sequences = {{v}}, .outputs = {{sum(w)}}}).outputs[0]);
    check_rows(v, w, cond(sum(v) > 1.0, v * 2, w));
    const damo::host_function half("half", [](double a) { return a / 2; });
    check_rows(v, w, half(v) + w);
}

TEST_CASE("inner symbols, several arrays and derivatives of what is mapped") {
    const auto x = input<double>("x");
    const auto y = input<double>("y");
    const auto k = input<double>("k");
    const auto X = input<damo::vector<double>>("X");
    const auto Y = input<damo::vector<double>>("Y");
    const value inner = x * y;
    const value z = exp(inner * k) + y;
    const value both = vmap(z, {{x, X}, {y, Y}});
    CHECK(numbers(eval(both, {{X, vector{0, 1}}, {Y, vector{2, 3}}, {k, 0.0}})) == vector{3, 4});
    CHECK(numbers(eval(vmap(z, {{inner, X}}), {{X, vector{0, 1}}, {y, 5.0}, {k, 0.0}})) == vector{6, 6});
    CHECK(eval(grad(sum(both), k), {{X, vector{1, 2}}, {Y, vector{2, 3}}, {k, 0.0}}).number() == 8);
    CHECK(numbers(eval(grad(sum(both), X), {{X, vector{1, 2}}, {Y, vector{2, 3}}, {k, 1.0}}))[1] == Approx(3 * std::exp(6.0)));
    // twice: a table
    CHECK(numbers(eval(vmap(vmap(x - y, {{x, X}}), {{y, Y}}), {{X, vector{1, 2}}, {Y, vector{10, 20, 30}}})) == vector{-9, -8, -19, -18, -29, -28});
    CHECK_THROWS_AS(eval(both, {{X, vector{0, 1}}, {Y, vector{2}}, {k, 0.0}}), damo::extents_error);
}

TEST_CASE("arrays that cannot be mapped over") {
    const auto x = input<double>("x");
    const auto y = input<double>("y");
    const auto v = input<damo::vector<double, 3>>("v");
    const int line = __LINE__ + 1;
    const auto m = mistake_of<damo::substitution_error>([&] { vmap(x * y, {{x, y}}); });
    CHECK(contains(m.sentence, "the same element type with one more axis in front: float64[] was given for float64[]"));
    CHECK(m.shapes.size() == 2);
    CHECK(contains(m.file, "vmap.cpp"));
    CHECK(m.line == line);
    CHECK_THROWS_AS(vmap(x * y, {{x, input<damo::vector<float>>("f")}}), damo::substitution_error);
    CHECK(contains(mistake_of<damo::substitution_error>([&] { vmap(x * y, {{x, v}, {x, v}}); }).sentence, "two were given for one"));
    CHECK(contains(mistake_of<damo::substitution_error>([&] { vmap(x * y, {{x, v}, {y, input<damo::vector<double, 4>>("u")}}); }).sentence, "equally long"));
    CHECK(contains(mistake_of<damo::substitution_error>([&] { vmap(sum(v), {{v, input<damo::matrix<double, 2, 4>>("M")}}); }).sentence, "extents of what they stand for"));
    CHECK(contains(mistake_of<damo::substitution_error>([&] { vmap(x * y, {}); }).sentence, "an array to take the elements of"));
    CHECK_THROWS_AS(vmap(value(), {{x, v}}), damo::expression_error);
    CHECK_THROWS_AS(vmap(x * y, {{value(), v}}), damo::expression_error);
    CHECK_THROWS_AS(vmap(x * y, {{x, value()}}), damo::expression_error);
}
