// SPDX-License-Identifier: BSD-3-Clause
#include <damo/ops/softmax.hpp>

#include "catch.hpp"
#include "reference/derivatives.hpp"
#include "reference/graph.hpp"

using namespace damo;
using namespace reference;

static_assert(has_type([](ir::module& m) { return logsumexp(array(m, 0, {2, unknown}), 1); }, dtype::float64, {2}));
static_assert(has_type([](ir::module& m) { return logsumexp(array(m, 0, {2, 3}, dtype::float32), {}, keepdims); }, dtype::float32, {1, 1}));
static_assert(has_type([](ir::module& m) { return softmax(array(m, 0, {2, 3}, dtype::int32)); }, dtype::float64, {2, 3}));
static_assert(has_type([](ir::module& m) { return log_softmax(array(m, 0, {2, unknown}), {0, 1}); }, dtype::float64, {2, unknown}));
static_assert(refused([](ir::module& m) { return softmax(array(m, 0, {})); }, "softmax(float64[], axis -1) has no axis"));
static_assert(refused([](ir::module& m) { return log_softmax(array(m, 0, {2}), 1); }, "log_softmax(float64[2], axis 1)"));

const double inf = INFINITY;
const function lse = [](const std::vector<value>& v) { return logsumexp(v[0]); };
const function soft = [](const std::vector<value>& v) { return softmax(v[0]); };
const function log_soft = [](const std::vector<value>& v) { return log_softmax(v[0]); };

TEST_CASE("the three agree with their formulas") {
    const auto x = tensor::of({2, 2}, {0.5, -1, 2, 3});
    const double a = std::log(std::exp(0.5) + std::exp(-1));
    const double b = std::log(std::exp(2) + std::exp(3));
    for (bool known : {true, false}) {
        CHECK(near(evaluate({x}, [](auto& v) { return logsumexp(v[0], 1); }, known), {a, b}));
        CHECK(near(evaluate({x}, [](auto& v) { return logsumexp(v[0]); }, known), {std::log(std::exp(a) + std::exp(b))}));
        CHECK(near(evaluate({x}, soft, known), {std::exp(0.5 - a), std::exp(-1 - a), std::exp(2 - b), std::exp(3 - b)}));
        CHECK(near(evaluate({x}, log_soft, known), {0.5 - a, -1 - a, 2 - b, 3 - b}));
        CHECK(near(evaluate({x}, [](auto& v) { return sum(softmax(v[0], {0, 1})); }, known), {1}));
    }
}

TEST_CASE("nothing overflows or vanishes") {
    const double log2 = std::log(2);
    CHECK(near(evaluate({tensor::of({2}, {1000, 1000})}, lse), {1000 + log2}));
    CHECK(near(evaluate({tensor::of({2}, {-1000, -1000})}, lse), {-1000 + log2}));
    CHECK(near(evaluate({tensor::of({2}, {1000, -1000})}, soft), {1, 0}));
    CHECK(near(evaluate({tensor::of({2}, {1000, -1000})}, log_soft), {0, -2000}));
    CHECK(near(evaluate({tensor::of({2}, {50, 0})}, log_soft), {-std::exp(-50), -50}, 1e-16));
}

TEST_CASE("infinities and NaN") {
    CHECK(near(evaluate({tensor::of({2}, {-inf, 3})}, lse), {3}));
    CHECK(near(evaluate({tensor::of({2}, {-inf, -inf})}, lse), {-inf}));
    CHECK(near(evaluate({tensor::of({3}, {-inf, 3, inf})}, lse), {inf}));
    CHECK(near(evaluate({tensor::of({2}, {NAN, inf})}, lse), {NAN}));
    CHECK(near(evaluate({tensor::of({2}, {-inf, 3})}, soft), {0, 1}));
    CHECK(near(evaluate({tensor::of({2}, {-inf, 3})}, log_soft), {-inf, 0}));
    CHECK(near(evaluate({tensor::of({2}, {-inf, -inf})}, soft), {NAN, NAN}));
    CHECK(near(evaluate({tensor::of({2}, {NAN, 1})}, soft), {NAN, NAN}));
}

TEST_CASE("derivatives of the three") {
    const auto x = random_tensor({2, 3, 2}, 9, -2, 2);
    for (const axes& over : {axes(), axes(1), axes({0, 2})}) {
        check_derivatives({x}, [=](auto& v) { return logsumexp(v[0], over); });
        check_derivatives({x}, [=](auto& v) { return logsumexp(v[0], over, keepdims); });
        check_derivatives({x}, [=](auto& v) { return softmax(v[0], over); });
        check_derivatives({x}, [=](auto& v) { return log_softmax(v[0], over); });
    }
}

TEST_CASE("a -inf among finite numbers has the derivative zero") {
    const auto gradient = [](const std::vector<value>& v) {
        const value y = logsumexp(v[0]);
        return pull_back(y, constant_like(y, 1), {v[0]})[0];
    };
    CHECK(near(evaluate({tensor::of({2}, {-inf, 3})}, gradient), {0, 1}));
}
