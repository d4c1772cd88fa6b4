// SPDX-License-Identifier: BSD-3-Clause
#include <damo/ops/scan.hpp>

#include "catch.hpp"
#include "reference/derivatives.hpp"
#include "reference/graph.hpp"

using namespace damo;
using namespace reference;

namespace {

// c <- c * x[i] + (2 w - w), from w, over the elements of x; stacks c * c. Result k of the loop.
constexpr value weighted(value x, value w, int k, bool reversed = false) {
    ir::module& m = x.owner();
    const ir::extent e = x.type().extents[0];
    ops::loop_builder loop(m, ops::extent_value(m, e, dtype::int64), e, reversed);
    const value c = loop.carry(w);
    const value xi = loop.element(x);
    const value results[2] = {c * xi + 2 * w - w, c * c};
    return ops::projection(m, loop.finish(results, 2), k);
}

} // namespace

static_assert(has_type([](ir::module& m) { return weighted(array(m, 0, {5}), array(m, 1, {}), 0); }, dtype::float64, {}));
static_assert(has_type([](ir::module& m) { return weighted(array(m, 0, {5}), array(m, 1, {}), 1); }, dtype::float64, {5}));
static_assert(has_type([](ir::module& m) { return weighted(array(m, 0, {unknown, 3}), array(m, 1, {3}), 2); }, dtype::float64, {unknown, 3}));

static_assert(
    [] {
        ir::module m;
        const value w = array(m, 1, {});
        const value last = weighted(array(m, 0, {4}), w, 0);
        const ops::loop_view loop(m, m.arg(last.node(), 0));
        // w and 2 * w come from outside.
        return loop.carries == 1 && loop.sequences == 1 && loop.captures == 2 && loop.results == 2;
    }(),
    "what does not depend on the step is captured");

static_assert(
    [] {
        ir::module m;
        ops::loop_builder loop(m, ops::make_constant(m, dtype::int64, 3), 3, false);
        const value c = loop.carry(array(m, 0, {}));
        loop.element(array(m, 1, {3}));
        const value next = c + loop.step();
        const ops::loop_view l(m, loop.finish(&next, 1));
        return l.sequences == 0 && l.captures == 0;
    }(),
    "a sequence that the body does not read is no operand");

TEST_CASE("a loop gives its last carry, what it stacks, and the carries before each step") {
    const std::vector<tensor> at = {tensor::of({3}, {2, 3, 4}), tensor::scalar(1)};
    for (bool known : {true, false}) {
        CHECK(evaluate(at, [](auto& v) { return weighted(v[0], v[1], 0); }, known) == std::vector<double>{41});
        CHECK(evaluate(at, [](auto& v) { return weighted(v[0], v[1], 1); }, known) == std::vector<double>{1, 9, 100});
        CHECK(evaluate(at, [](auto& v) { return weighted(v[0], v[1], 2); }, known) == std::vector<double>{1, 3, 10});
        CHECK(evaluate(at, [](auto& v) { return weighted(v[0], v[1], 2, true); }, known) == std::vector<double>{16, 5, 1});
    }
}

TEST_CASE("a loop of no steps gives its first carry") {
    const std::vector<tensor> at = {tensor::of({0}, {}), tensor::scalar(1.5)};
    CHECK(evaluate(at, [](auto& v) { return weighted(v[0], v[1], 0); }, false) == std::vector<double>{1.5});
    CHECK(evaluate(at, [](auto& v) { return weighted(v[0], v[1], 1); }, false).empty());
}

TEST_CASE("carries and elements are arrays as well") {
    const std::vector<tensor> at = {tensor::of({2, 2}, {2, 3, 4, 5}), tensor::of({2}, {1, 10})};
    CHECK(evaluate(at, [](auto& v) { return weighted(v[0], v[1], 0); }) == std::vector<double>{13, 210});
    CHECK(evaluate(at, [](auto& v) { return weighted(v[0], v[1], 2); }) == std::vector<double>{1, 10, 3, 40});
}

TEST_CASE("a copy of a loop with other operands has a body of its own") {
    ir::module m;
    const value x = array(m, 0, {3});
    const value w = array(m, 1, {});
    ir::index y = weighted(x, w, 0).node();
    const ir::index first = m.arg(y, 0);
    ops::substitution other(m);
    other.put(w.node(), (w + w).node());
    other.run(&y, 1);
    CHECK(m.arg(y, 0) != first);
    CHECK(ir::region_of(m, m.arg(y, 0)) != ir::region_of(m, first));
    const std::vector<tensor> at = {tensor::of({3}, {2, 3, 4}), tensor::scalar(1)};
    CHECK(interpret(m, {y}, at)[0].get(0) == 82);
}
