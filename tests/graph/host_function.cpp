// SPDX-License-Identifier: BSD-3-Clause
#include <damo/graph/host_function.hpp>

#include <cmath>
#include <cstdint>
#include <numeric>
#include <stdexcept>
#include <utility>
#include <vector>

#include <damo/graph/check.hpp>
#include <damo/graph/debugprint.hpp>
#include <damo/graph/grad.hpp>
#include <damo/graph/save.hpp>
#include <damo/graph/scan.hpp>
#include <damo/graph/to_c.hpp>
#include <damo/graph/to_cpp.hpp>

#include "catch.hpp"
#include "reference/run_time.hpp"

using damo::array_view;
using damo::host_extents;
using damo::host_function;
using damo::input;
using damo::value;
using reference::contains;
using reference::mistake_of;
using reference::numbers;

namespace {

double halved(double x) noexcept { return x / 2; }

// Counts its calls, one per element.
host_function counting(int& calls, bool pure = false) {
    return {"counting",
            [&calls](double x) {
                ++calls;
                return 10 * x;
            },
            {.pure = pure}};
}

host_function running_total() {
    return {"running_total", host_extents::of_operand(0), [](array_view<const double, 1> x, array_view<double, 1> y) {
                double total = 0;
                for (std::int64_t i = 0; i < x.extent(0); ++i) { y(i) = total += x(i); }
            }};
}

} // namespace

TEST_CASE("a function of numbers works element by element") {
    const auto x = input<damo::matrix<double>>("x");
    const auto n = input<damo::vector<std::int32_t>>("n");
    const host_function half("half", halved);
    const host_function power("power", [](double a, std::int32_t k) { return static_cast<float>(std::pow(a, k)); });
    const host_function odd("odd", [](std::int64_t k) { return k % 2 != 0; });
    const std::vector<double> data = {1, 2, 3, 4, 5, 6};
    const std::vector<std::int32_t> exponents = {0, 1, 2};
    const auto f = damo::compile({x, n}, {half(x + 1) * 3, power(x, n), where(odd(n), 1.0, 0.0), half(3), power(transpose(x), 2)});
    const auto y = f(damo::view(data.data(), {2, 3}), exponents);
    CHECK(numbers(y[0]) == std::vector<double>{3, 4.5, 6, 7.5, 9, 10.5});
    CHECK(y[1].element() == damo::dtype::float32);
    CHECK(numbers(y[1]) == std::vector<double>{1, 2, 9, 1, 5, 36});
    CHECK(numbers(y[2]) == std::vector<double>{0, 1, 0});
    CHECK(y[3].number() == 1.5);
    CHECK(numbers(y[4]) == std::vector<double>{1, 16, 4, 25, 9, 36});
    CHECK(y[4].extent(0) == 3);
    // numbers alone, and arrays without elements
    const auto s = input<double>("s");
    CHECK(eval(half(half(s) + 1), {{s, 6.0}}).number() == 2);
    const auto v = input<damo::vector<double>>("v");
    CHECK(eval(half(v), {{v, std::vector<double>{}}}).size() == 0);
}

TEST_CASE("a function of views fills a result of stated extents") {
    const auto x = input<damo::matrix<double>>("x");
    const auto table = input<damo::vector<double>>("t");
    const host_function total = running_total();
    const std::vector<double> data = {1, 2, 3, 4, 5, 6};
    // its operand is a row of the input, or what a step before computed
    CHECK(numbers(damo::eval(total(at(x, {1})), {{x, damo::view(data.data(), {2, 3})}})) == std::vector<double>{4, 9, 15});
    CHECK(numbers(damo::eval(total(sum(transpose(x), {1})), {{x, damo::view(data.data(), {2, 3})}})) == std::vector<double>{5, 12, 21});
    CHECK(numbers(damo::eval(damo::concatenate({total(table), table}), {{table, std::vector<double>{1, 1}}})) == std::vector<double>{1, 2, 1, 1});
    // four operands, extents from two of them and a number
    const host_function table_of("table_of", {{0, 1}, {1, 0}, 2},
                                 [](array_view<const double, 2> a, array_view<const double, 1> b, array_view<const std::int64_t, 0> c, array_view<const bool, 0> up, array_view<double, 3> y) {
                                     for (std::int64_t i = 0; i < y.extent(0); ++i) {
                                         for (std::int64_t j = 0; j < y.extent(1); ++j) {
                                             y(i, j, 0) = a(0, i) + b(j);
                                             y(i, j, 1) = static_cast<double>(c()) + (up() ? 1 : 0);
                                         }
                                     }
                                 });
    const auto big = damo::eval(table_of(x, table, 7, at(x, {0, 0}) > 0), {{x, damo::view(data.data(), {2, 3})}, {table, std::vector<double>{10, 20}}});
    CHECK(big.extent(0) == 3);
    CHECK(big.extent(1) == 2);
    CHECK(big.extent(2) == 2);
    CHECK(numbers(big) == std::vector<double>{11, 8, 21, 8, 12, 8, 22, 8, 13, 8, 23, 8});
    // an output of the caller that is not row-major
    const auto f = damo::compile({table}, {total(table)});
    std::vector<double> out(6, -1);
    auto every_other = damo::array_view<double, 1>{out.data(), {3}, {2}};
    f.into(every_other)(std::vector<double>{1, 2, 3});
    CHECK(out == std::vector<double>{1, -1, 3, -1, 6, -1});
}

TEST_CASE("calls are made once each, and equal calls of a pure function once") {
    const auto x = input<double>("x");
    for (const bool pure : {false, true}) {
        int calls = 0;
        const host_function g = counting(calls, pure);
        const auto f = damo::compile({x}, {g(x) + g(x), g(x + 1)});
        CHECK(calls == 0);
        const auto y = f(2.0);
        CHECK(y[0].number() == 40);
        CHECK(y[1].number() == 30);
        CHECK(calls == (pure ? 2 : 3));
    }
}

TEST_CASE("the branch not taken is never evaluated") {
    const auto x = input<double>("x");
    const auto v = input<damo::vector<double>>("v");
    int left = 0;
    int right = 0;
    const host_function a = counting(left);
    const host_function b = counting(right);
    const std::vector<double> three = {1, 2, 3};
    for (const auto tier : {damo::tier::interpret, damo::tier::tiered}) {
        left = right = 0;
        const auto f = damo::compile({x, v}, {cond(x > 0, a(x) + 1, b(x) - 1), cond(x > 0, sum(a(v)), sum(b(v * 2)))}, {.tier = tier});
        CHECK(f(1.0, three)[1].number() == 60);
        CHECK(left == 4);
        CHECK(right == 0);
        const auto y = f(-1.0, three);
        CHECK(y[0].number() == -11);
        CHECK(y[1].number() == 120);
        CHECK(left == 4);
        CHECK(right == 4);
    }
    // nested, and arrays as results
    left = right = 0;
    const auto g = damo::compile({x, v}, {cond(x > 0, cond(x > 1, a(v), v), b(v))});
    CHECK(numbers(g(0.5, three)[0]) == three);
    CHECK((left == 0 && right == 0));
    CHECK(numbers(g(2.0, three)[0]) == std::vector<double>{10, 20, 30});
    CHECK((left == 3 && right == 0));
}

TEST_CASE("loops call in every step") {
    const auto x = input<damo::vector<double>>("x");
    int calls = 0;
    const host_function g = counting(calls);
    const auto loop = damo::scan([&](const std::vector<value>& seen) { return g(seen[0]) + seen[1]; }, {.sequences = {{x}}, .outputs = {{0 * at(x, {0})}}});
    CHECK(eval(loop.last[0], {{x, std::vector<double>{1, 2, 3}}}).number() == 60);
    CHECK(calls == 3);
    const host_function total = running_total();
    const auto twice = damo::fold(3, x, [&](const value&, const value& c) { return total(c); });
    CHECK(numbers(damo::eval(twice, {{x, std::vector<double>{1, 0, 0}}})) == std::vector<double>{1, 3, 6});
}

TEST_CASE("a derivative is given by hand or missed") {
    const auto x = input<damo::vector<double>>("x");
    const host_function sine("sine", [](double a) { return std::sin(a); },
                             {.pure = true, .derivative = [](const std::vector<value>& xs, const value&, const value& g) { return std::vector<value>{g * cos(xs[0])}; }});
    const std::vector<double> at = {0.5, 1.25};
    const value cost = sum(sine(x * x));
    const auto slope = numbers(eval(grad(cost, x), {{x, at}}));
    const auto second = numbers(eval(grad(sum(grad(cost, x)), x), {{x, at}}));
    for (std::size_t i = 0; i < 2; ++i) {
        const double s = at[i] * at[i];
        CHECK(slope[i] == Approx(2 * at[i] * std::cos(s)).epsilon(1e-14));
        CHECK(second[i] == Approx(2 * std::cos(s) - 4 * s * std::sin(s)).epsilon(1e-14));
    }
    int calls = 0;
    const host_function none = counting(calls);
    CHECK(contains(mistake_of<damo::derivative_error>([&] { grad(sum(none(x)), x); }).sentence, "the host function counting has no derivative: give host_function one"));
    CHECK(contains(mistake_of<damo::derivative_error>([&] { jvp(none(x), x, x); }).sentence, "the host function counting has no derivative"));
    // forward mode does not ask how the value is computed
    const host_function cube("cube", [](double a) { return a * a * a; }, {.derivative = [](const std::vector<value>& xs, const value&, const value& g) { return std::vector<value>{3 * xs[0] * xs[0] * g}; }});
    CHECK(numbers(damo::eval(jvp(cube(x), x, x), {{x, at}})) == std::vector<double>{3 * 0.125, 3 * 1.953125});
    CHECK(numbers(damo::eval(grad(sum(x * stop_gradient(none(x))), x), {{x, at}})) == std::vector<double>{5, 12.5});
}

TEST_CASE("what the function throws leaves the call, and variables keep their values") {
    const auto x = input<damo::vector<double>>("x");
    const auto total = damo::shared(1.0, "total");
    const auto calls = damo::shared(0.0, "calls");
    const host_function strict("strict", [](double a) {
        if (a < 0) { throw std::domain_error("negative"); }
        return std::sqrt(a);
    });
    for (const int threads : {1, 4}) {
        total.set(1.0);
        calls.set(0.0);
        const auto f = damo::compile({x}, {exp(strict(x)), x * 2}, {.updates = {{calls, calls + 1}, {total, total + sum(strict(x))}}, .program = {.threads = threads}});
        f(std::vector<double>{4, 9});
        CHECK(total.get().number() == 6);
        CHECK_THROWS_AS(f(std::vector<double>{4, -9}), std::domain_error);
        CHECK(total.get().number() == 6);
        CHECK(calls.get().number() == 1);
        f(std::vector<double>{4, 9, 16}); // the locks are free again
        CHECK(total.get().number() == 15);
        CHECK(calls.get().number() == 2);
    }
}

TEST_CASE("mistakes with host functions are told") {
    const auto x = input<damo::vector<double>>("x");
    const auto m = input<damo::matrix<double, 2, 3>>("m");
    const auto fill = [](array_view<const double, 1>, array_view<double, 1>) {};
    CHECK(contains(mistake_of<damo::extents_error>([&] { host_function("f", {3, 4}, fill); }).sentence, "for a result of rank 1, as its last view has; the rule gives 2"));
    CHECK(contains(mistake_of<damo::extents_error>([&] { host_function("f", {-1}, fill); }).sentence, "that are not negative"));
    CHECK_THROWS_AS(host_function("f", host_extents::of_operand(1), fill), damo::unknown_input_error);
    CHECK_THROWS_AS(host_function("f", {{0, 1}}, fill), damo::unknown_input_error);
    CHECK_THROWS_AS(host_function("f", host_extents::of_operand(0), [](array_view<const double, 2>, array_view<double, 1>) {}), damo::extents_error);
    const host_function f("f", {3}, fill);
    CHECK(contains(mistake_of<damo::rank_error>([&] { f(m); }).sentence, "the host function f requires float64 of rank 1 as operand 0; it was given float64[2, 3]"));
    CHECK_THROWS_AS(f(x, x), damo::missing_input_error);
    // a result of three elements does not meet arrays of two
    const auto two = input<damo::vector<double, 2>>("two");
    CHECK_THROWS_AS(f(x) + two, damo::expression_error);
    const host_function whole("whole", [](std::int32_t k, std::int32_t) { return k; });
    CHECK(contains(mistake_of<damo::element_type_error>([&] { whole(x, 1); }).sentence, "requires int32 as operand 0; it was given float64["));
    const host_function both("both", [](double a, double b) { return a + b; });
    CHECK(contains(mistake_of<damo::expression_error>([&] { both(m, two); }).sentence, "requires shapes that broadcast together"));
}

TEST_CASE("graphs with host functions stay in the program, and can be looked into") {
    const auto x = input<damo::vector<double>>("x");
    const host_function half("half", halved, {.pure = true});
    const auto f = damo::compile({x}, {sum(half(x * 2) + 1)}, {.observers = {damo::check()}});
    CHECK(f(std::vector<double>{1, 2})[0].number() == 5);
    CHECK_THROWS_AS(damo::to_bytes(f.graph()), damo::file_error);
    CHECK_THROWS_AS(damo::to_cpp(f.graph(), "f"), damo::error);
    CHECK_THROWS_AS(damo::to_c(f.graph(), "f"), damo::error);
    CHECK(contains(damo::plan_to_string(f.graph()), "host"));
    CHECK(contains(damo::debugprint(f.graph()), "pure_host_call"));
}
