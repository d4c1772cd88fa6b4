// SPDX-License-Identifier: BSD-3-Clause
#include <damo/graph/scan.hpp>

#include <cmath>
#include <vector>

#include <damo/graph/grad.hpp>

#include "catch.hpp"
#include "reference/run_time.hpp"

using damo::input;
using damo::scan;
using damo::scan_step;
using damo::value;
using reference::contains;
using reference::mistake_of;
using reference::numbers;

namespace {
using vector = std::vector<double>;
using seen = std::vector<value>;
}

TEST_CASE("a scan sees elements, former outputs and what it is given") {
    const auto x = input<damo::vector<double>>("x");
    const auto k = input<double>("k");
    const auto r = scan([](const seen& v) { return scan_step({v[1] * v[2] + v[0], v[0] * v[0]}); }, {.sequences = {{x}}, .outputs = {{value::number(0.5)}, {}}, .non_sequences = {k}});
    const vector at = {1, 2, 3};
    // 0.5 -> 2 -> 6 -> 15 with k = 2
    CHECK(numbers(eval(r.outputs[0], {{x, at}, {k, 2.0}})) == vector{2, 6, 15});
    CHECK(numbers(eval(r.outputs[1], {{x, at}, {k, 2.0}})) == vector{1, 4, 9});
    CHECK(eval(r.last[0], {{x, at}, {k, 2.0}}).number() == 15);
    CHECK(eval(r.steps, {{x, at}, {k, 2.0}}).number<int>() == 3);
    CHECK(eval(r.last[0], {{x, vector{}}, {k, 2.0}}).number() == 0.5);
    // d/dk of ((0.5 k + 1) k + 2) k + 3
    CHECK(eval(grad(r.last[0], k), {{x, at}, {k, 2.0}}).number() == 3 * 0.5 * 4 + 2 * 2 + 2);
    const value third = grad(grad(grad(r.last[0], k), k), k);
    CHECK(eval(third, {{x, at}, {k, 2.0}}).number() == 3);
}

TEST_CASE("taps look back and ahead") {
    const auto x = input<damo::vector<double, 5>>("x");
    const auto r = scan([](const seen& v) { return scan_step(v[0] + 10 * v[1] + 100 * v[2]); }, {.sequences = {{x, {-1, 0, 2}}}, .outputs = {{}}});
    CHECK(numbers(eval(r.outputs[0], {{x, vector{1, 2, 3, 4, 5}}})) == vector{421, 532});
    // Fibonacci
    const auto start = input<damo::vector<double, 2>>("start");
    const auto f = scan([](const seen& v) { return scan_step(v[0] + v[1]); }, {.outputs = {{start, {-1, -2}}}, .n_steps = 6});
    CHECK(numbers(eval(f.outputs[0], {{start, vector{0, 1}}})) == vector{1, 2, 3, 5, 8, 13});
    CHECK(numbers(eval(grad(f.last[0], start), {{start, vector{0, 1}}})) == vector{8, 13});
}

TEST_CASE("backwards, mapped and folded from the right") {
    const auto x = input<damo::vector<double, 3>>("x");
    const vector at = {1, 2, 3};
    const auto r = scan([](const seen& v) { return scan_step(2 * v[1] + v[0]); }, {.sequences = {{x}}, .outputs = {{value::number(0.0)}}, .go_backwards = true});
    CHECK(numbers(eval(r.outputs[0], {{x, at}})) == vector{3, 8, 17});
    CHECK(numbers(eval(damo::map([](const seen& v) { return exp(v[0]) * v[1]; }, {x, x}), {{x, at}}))[2] == Approx(3 * std::exp(3.0)));
    CHECK(eval(damo::foldr([](const value& e, const value& c) { return c / e; }, x, value::number(12.0)), {{x, at}}).number() == 2);
}

TEST_CASE("a scan ends when a condition holds") {
    const auto limit = input<double>("limit");
    const auto k = input<double>("k");
    const auto r = scan(
        [&](const seen& v) {
            const value next = v[0] * k;
            return scan_step({next}, next > limit);
        },
        {.outputs = {{value::number(1.0)}}, .n_steps = 6});
    CHECK(numbers(eval(r.outputs[0], {{k, 2.0}, {limit, 5.0}})) == vector{2, 4, 8});
    CHECK(eval(r.last[0], {{k, 2.0}, {limit, 5.0}}).number() == 8);
    CHECK(eval(r.steps, {{k, 2.0}, {limit, 5.0}}).number<int>() == 3);
    CHECK(eval(r.steps, {{k, 2.0}, {limit, 500.0}}).number<int>() == 6);
    // only the steps that were made have a derivative: k^3
    CHECK(eval(grad(r.last[0], k), {{k, 2.0}, {limit, 5.0}}).number() == 12);
}

TEST_CASE("only the last steps have a derivative") {
    const auto x = input<damo::vector<double, 4>>("x");
    const auto k = input<double>("k");
    const auto r = scan([&](const seen& v) { return scan_step(k * v[1] + v[0]); }, {.sequences = {{x}}, .outputs = {{value::number(0.0)}}, .truncate_gradient = 2});
    const vector at = {1, 1, 1, 1};
    CHECK(numbers(eval(r.outputs[0], {{x, at}, {k, 2.0}})) == vector{1, 3, 7, 15});
    CHECK(numbers(eval(grad(r.last[0], x), {{x, at}, {k, 2.0}})) == vector{0, 0, 2, 1});
    CHECK(eval(grad(r.last[0], k), {{x, at}, {k, 2.0}}).number() == 2 * 3 + 7);
    CHECK(eval(r.steps, {{x, at}, {k, 2.0}}).number<int>() == 4);
}

TEST_CASE("a body differentiates what it was given, beside what it captures") {
    const auto x = input<damo::vector<double>>("x");
    const auto k = input<double>("k");
    const auto w = input<double>("w");
    const vector at = {1, 2};
    const auto eval_last = [&](const auto& body) { return eval(scan(body, {.sequences = {{x}}, .outputs = {{w}}}).last[0], {{x, at}, {k, 0.5}, {w, 1.0}}).number(); };
    // w -> w - 0.1 * 2 w x: 1 -> 0.8 -> 0.48
    CHECK(eval_last([](const seen& v) { return scan_step(v[1] - 0.1 * grad(v[1] * v[1] * v[0], v[1])); }) == Approx(0.48).epsilon(1e-15));
    // by what is captured, k^2 x w: w -> w + 2 k x w: 1 -> 2 -> 6
    CHECK(eval_last([&](const seen& v) { return scan_step(v[1] + grad(k * k * v[0] * v[1], k)); }) == 6);
    // a loop inside, whose number of steps and start are of this one: d/dw of w x^2
    const auto nested = [&](const seen& v) {
        const value inner = damo::fold(2, v[1], [&](const value&, const value& c) { return c * v[0]; });
        return scan_step(v[1] + grad(inner, v[1]) + grad(grad(inner, v[0]), v[0]));
    };
    CHECK(eval_last(nested) == (1 + 1 + 2) * 3 + 4);
    // and the whole differentiated: w (1 - 0.2)(1 - 0.4)
    const auto r = scan([](const seen& v) { return scan_step(v[1] - 0.1 * grad(v[1] * v[1] * v[0], v[1])); }, {.sequences = {{x}}, .outputs = {{w}}});
    CHECK(eval(grad(r.last[0], w), {{x, at}, {w, 3.0}}).number() == Approx(0.48).epsilon(1e-15));
    // forwards: the derivative of w x by x in the direction of w
    CHECK(eval_last([](const seen& v) { return scan_step(jvp(v[1] * v[0], v[0], v[1])); }) == 1);
}

TEST_CASE("what a body is given is refused outside of it") {
    const auto x = input<damo::vector<double>>("x");
    const auto w = input<double>("w");
    value kept;
    const auto r = scan([&](const seen& v) {
        kept = v[0] * v[1];
        return scan_step(v[0] + v[1]);
    }, {.sequences = {{x}}, .outputs = {{w}}});
    const int line = __LINE__ + 1;
    const value y = exp(kept) + w;
    const auto m = mistake_of<damo::expression_error>([&] { damo::compile({x, w}, {w, y}, {.unused_input = damo::on_doubt::ignore}); });
    CHECK(contains(m.sentence, "what the body of a loop is given, here float64[], was used outside of the body"));
    CHECK(m.op == "add");
    CHECK(m.shapes == std::vector<std::string>{"float64[]"});
    CHECK(contains(m.file, "scan.cpp"));
    CHECK(m.line == line);
    REQUIRE(m.path.size() == 3);
    CHECK(contains(m.path[0], "mul"));
    CHECK(contains(m.path[2], "add"));
    // beside the loop itself, and where a part is replaced
    CHECK_THROWS_AS(damo::compile({x, w}, {kept + r.last[0]}), damo::expression_error);
    CHECK_THROWS_AS(damo::compile({x, w}, {replace(y, {{w, 2 * w}})}), damo::expression_error);
    const auto n = damo::shared(1.0, "n");
    CHECK_THROWS_AS(damo::compile({}, {}, {.updates = {{n, kept}}}), damo::expression_error);
}

TEST_CASE("scans that do not fit") {
    const auto x = input<damo::vector<double>>("x");
    const auto w = input<double>("w");
    const auto half = input<double>("half");
    const auto sum = [](const seen& v) { return scan_step(v[0] + v[1]); };
    const auto refused = [&](const auto& body, damo::scan_options o) { return mistake_of<damo::expression_error>([&] { scan(body, std::move(o)); }).sentence; };
    CHECK(contains(refused(sum, {.outputs = {{w}}}), "requires sequences or n_steps"));
    CHECK(contains(refused(sum, {.sequences = {{x}}, .outputs = {{w}, {w}}}), "a body that gives 2 outputs"));
    CHECK(contains(refused(sum, {.sequences = {{w}}, .outputs = {{w}}}), "sequences that are arrays"));
    CHECK(contains(refused(sum, {.outputs = {{w}}, .n_steps = half}), "requires an integer as n_steps, not float64[]"));
    CHECK(contains(refused(sum, {.outputs = {{w}}, .n_steps = -1}), "0 or more steps"));
    CHECK(contains(refused(sum, {.sequences = {{x}}, .outputs = {{w, {1}}}}), "taps below 0"));
    CHECK(contains(refused(sum, {.sequences = {{x}}, .outputs = {{w, {-2}}}}), "2 initial values along axis 0"));
    CHECK_THROWS_AS(scan([&](const seen& v) { return scan_step(cast(v[1], damo::dtype::float64) * x); }, {.sequences = {{x}}, .outputs = {{w}}}), damo::expression_error);
    const auto uses = [&](const seen& v) { return scan_step(v[0] * half + v[1]); };
    CHECK(contains(mistake_of<damo::missing_input_error>([&] { scan(uses, {.sequences = {{x}}, .outputs = {{w}}, .strict = true}); }).sentence, "the body uses \"half\" of the outside"));
    CHECK(eval(scan([](const seen& v) { return scan_step(v[0] * v[2] + v[1]); }, {.sequences = {{x}}, .outputs = {{w}}, .non_sequences = {half}, .strict = true}).last[0], {{x, vector{2}}, {w, 1.0}, {half, 0.5}}).number() == 2);
}

TEST_CASE("of a conditional only the branch taken is needed") {
    const auto p = input<bool>("p");
    const auto x = input<double>("x");
    const value y = cond(p, log(x), x * x);
    CHECK(eval(y, {{p, false}, {x, -3.0}}).number() == 9);
    CHECK(eval(grad(y, x), {{p, false}, {x, -3.0}}).number() == -6);
    CHECK_THROWS_AS(cond(x, x, x), damo::error);
}
