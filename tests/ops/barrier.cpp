// SPDX-License-Identifier: BSD-3-Clause
#include <damo/ops/barrier.hpp>
#include <damo/ops/grad_clip.hpp>

#include "catch.hpp"
#include "reference/graph.hpp"
#include "reference/special_values.hpp"

using namespace damo;
using namespace reference;

static_assert(has_type([](ir::module& m) { return exact(array(m, 0, {2, unknown}, dtype::float32)); }, dtype::float32, {2, unknown}));
static_assert(has_type([](ir::module& m) { return stop_gradient(array(m, 0, {2}, dtype::int32)); }, dtype::int32, {2}));
static_assert(has_type([](ir::module& m) { return attach_derivative(array(m, 0, {2}), array(m, 1, {}), 1.0); }, dtype::float64, {2}));
static_assert(refused([](ir::module& m) { return attach_derivative(array(m, 0, {2}), array(m, 1, {3}), 1.0); }, "attach_derivative(float64[2], float64[3], float64[]) requires shapes"));
static_assert(ops::info_of<ops::exact_op>.facts.barrier);
static_assert(ops::info_of<ops::stop_gradient_op>.facts.inactive);

// a number has no derivative element by element with respect to an array
static_assert(refused([](ir::module& m) { return attach_derivative(array(m, 0, {}), array(m, 1, {3}), 1.0); }, "attach_derivative(y, x1, d1, x2, d2, ...) works element by element: arguments or derivatives have the shape of float64[3], and y is float64[]"));
static_assert(refused([](ir::module& m) { return attach_derivative(array(m, 0, {1}), 1.0, array(m, 1, {3})); }, "and y is float64[1]"));

TEST_CASE("the barriers return their operand") {
    const auto x = tensor::of({3}, {1, -0.0, 7});
    for (bool known : {true, false}) {
        CHECK(evaluate({x}, [](auto& v) { return exact(v[0]); }, known) == std::vector<double>{1, -0.0, 7});
        CHECK(evaluate({x}, [](auto& v) { return stop_gradient(v[0]); }, known) == std::vector<double>{1, -0.0, 7});
        CHECK(evaluate({x}, [](auto& v) { return attach_derivative(v[0], v[0], 5.0); }, known) == std::vector<double>{1, -0.0, 7});
    }
}

TEST_CASE("exact has derivative 1, stop_gradient none") {
    const auto x = random_tensor({3}, 1);
    check_derivatives({x}, [](auto& v) { return exact(v[0] * v[0]); });
    const auto slope = [](auto& v) {
        const value y = v[0] * stop_gradient(v[0]);
        return pull_back(y, constant_like(y, 1), {v[0]})[0];
    };
    CHECK(evaluate({tensor::of({2}, {3, 5})}, slope) == std::vector<double>{3, 5});
}

TEST_CASE("attach_derivative has the stated derivatives and no others") {
    const auto slopes = [](std::size_t which) {
        return [which](auto& v) {
            const value y = attach_derivative(v[0] * v[1] * v[2], v[0], 10 * v[1], v[1], 20);
            return pull_back(y, constant_like(y, 1), {v[0], v[1], v[2]})[which];
        };
    };
    const std::vector<tensor> at = {tensor::of({2}, {1, 2}), tensor::scalar(3), tensor::of({2}, {5, 7})};
    CHECK(evaluate(at, slopes(0)) == std::vector<double>{30, 30});
    CHECK(evaluate(at, slopes(1), false) == std::vector<double>{40});
    CHECK(evaluate(at, slopes(2)) == std::vector<double>{0, 0});
    // The true derivative stated by hand passes the difference test, and its derivative too.
    check_derivatives_between(-1, 1, [](value x) { return attach_derivative(exp(stop_gradient(x)), x, exp(x)); });
}

static_assert(has_type([](ir::module& m) { return grad_clip(array(m, 0, {2, unknown}, dtype::float32), -1, 1); }, dtype::float32, {2, unknown}));
static_assert(has_type([](ir::module& m) { return grad_clip(array(m, 0, {2}, dtype::int32), -1, 1); }, dtype::int32, {2}));
static_assert(refused([](ir::module& m) { return grad_clip(array(m, 0, {2}), 1, -1); }, "grad_clip(x, low, high) requires low <= high"));

TEST_CASE("grad_clip cuts what goes back and nothing else") {
    const auto x = tensor::of({4}, {1, -0.0, 7, -3});
    for (bool known : {true, false}) { CHECK(evaluate({x}, [](auto& v) { return grad_clip(v[0], -1, 1); }, known) == std::vector<double>{1, -0.0, 7, -3}); }
    const auto slope = [](auto& v) {
        const value y = grad_clip(v[0], -2, 5) * v[0]; // g*x goes through the marker, x beside it
        return pull_back(y, constant_like(y, 1), {v[0]})[0];
    };
    CHECK(evaluate({x}, slope) == std::vector<double>{2, 0, 5 + 7, -2 - 3});
    const auto second = [](auto& v) {
        const value y = grad_clip(v[0], -2, 5) * v[0];
        return pull_back(pull_back(y, constant_like(y, 1), {v[0]})[0], constant_like(y, 1), {v[0]})[0];
    };
    CHECK(evaluate({x}, second) == std::vector<double>{2, 2, 1, 1});
}

TEST_CASE("grad_scale multiplies the derivative in both modes") {
    const auto x = tensor::of({2}, {3, 5});
    CHECK(evaluate({x}, [](auto& v) { return grad_scale(v[0], 10.0); }) == std::vector<double>{3, 5});
    const auto back = [](auto& v) {
        const value y = grad_scale(v[0], 10.0) * v[0];
        return pull_back(y, constant_like(y, 1), {v[0]})[0];
    };
    CHECK(evaluate({x}, back) == std::vector<double>{33, 55});
    const auto forth = [](auto& v) {
        const value y = grad_scale(v[0], 10.0) * v[0];
        return push_forward(y, {v[0]}, {constant_like(v[0], 1)});
    };
    CHECK(evaluate({x}, forth) == std::vector<double>{33, 55});
}
