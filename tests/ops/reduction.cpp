// SPDX-License-Identifier: BSD-3-Clause
#include <damo/ops/reduction.hpp>

#include "catch.hpp"
#include "reference/derivatives.hpp"
#include "reference/graph.hpp"

using namespace damo;
using namespace reference;

static_assert(has_type([](ir::module& m) { return prod(array(m, 0, {2, 3}), 0); }, dtype::float64, {3}));
static_assert(has_type([](ir::module& m) { return prod(array(m, 0, {2, 3}, dtype::int32)); }, dtype::int64, {}));
static_assert(has_type([](ir::module& m) { return max(array(m, 0, {2, unknown}, dtype::float32), 0, keepdims); }, dtype::float32, {1, unknown}));
static_assert(has_type([](ir::module& m) { return min(array(m, 0, {2, 3}, dtype::int32), {0, 1}); }, dtype::int32, {}));
static_assert(has_type([](ir::module& m) { return any(array(m, 0, {2, 3}) > 0, 1); }, dtype::boolean, {2}));
static_assert(has_type([](ir::module& m) { return all(array(m, 0, {2, 3}) > 0); }, dtype::boolean, {}));
static_assert(refused([](ir::module& m) { return max(array(m, 0, {2, 0}), 1); }, "max(float64[2, 0]) has no element to return: axis 1 is empty"));
static_assert(has_type([](ir::module& m) { return max(array(m, 0, {2, 0}), 0); }, dtype::float64, {0}));
static_assert(refused([](ir::module& m) { return any(array(m, 0, {2})); }, "any requires a bool as argument 1, not float64"));
static_assert(refused([](ir::module& m) { return min(array(m, 0, {2}), 1); }, "min(float64[2], axis 1) requires an axis from -1 to 0"));
// Folding no axis leaves x.
static_assert([] {
    ir::module m;
    const value x = array(m, 0, {});
    return max(x).node() == x.node() && prod(x).node() == x.node();
}());

const double inf = INFINITY;

TEST_CASE("reductions agree with loops") {
    const auto x = tensor::of({2, 3}, {3, -1, 4, 1, -5, 9});
    CHECK(evaluate({x}, [](auto& v) { return prod(v[0]); }) == std::vector<double>{540});
    CHECK(evaluate({x}, [](auto& v) { return prod(v[0], 0); }, false) == std::vector<double>{3, 5, 36});
    CHECK(evaluate({x}, [](auto& v) { return max(v[0], 1); }) == std::vector<double>{4, 9});
    CHECK(evaluate({x}, [](auto& v) { return min(v[0], 0, keepdims); }) == std::vector<double>{1, -5, 4});
    CHECK(evaluate({x}, [](auto& v) { return any(v[0] > 4, 0); }) == std::vector<double>{0, 0, 1});
    CHECK(evaluate({x}, [](auto& v) { return all(v[0] > -2, 1); }) == std::vector<double>{1, 0});
}

TEST_CASE("an empty axis gives the identity") {
    const tensor x(dtype::float64, {0, 1});
    CHECK(evaluate({x}, [](auto& v) { return prod(v[0], 0); }) == std::vector<double>{1});
    CHECK(evaluate({x}, [](auto& v) { return max(v[0], 0); }, false) == std::vector<double>{-inf});
    CHECK(evaluate({x}, [](auto& v) { return min(v[0], 0); }, false) == std::vector<double>{inf});
    CHECK(evaluate({x}, [](auto& v) { return any(v[0] > 0, 0); }) == std::vector<double>{0});
    CHECK(evaluate({x}, [](auto& v) { return all(v[0] > 0, 0); }) == std::vector<double>{1});
}

TEST_CASE("max and min return NaN if there is one, wherever it stands") {
    for (const auto& x : {tensor::of({3}, {NAN, 1, 2}), tensor::of({3}, {1, NAN, 2}), tensor::of({3}, {1, 2, NAN})}) {
        CHECK(std::isnan(evaluate({x}, [](auto& v) { return max(v[0]); })[0]));
        CHECK(std::isnan(evaluate({x}, [](auto& v) { return min(v[0]); })[0]));
    }
    CHECK(evaluate({tensor::of({2}, {-inf, inf})}, [](auto& v) { return max(v[0]); }) == std::vector<double>{inf});
}

TEST_CASE("derivatives of prod, max and min") {
    const auto x = random_tensor({2, 3, 2}, 3, 0.5, 2);
    for (const axes& over : {axes(), axes(1), axes({0, 2})}) {
        for (auto keep : {keep_dims::no, keep_dims::yes}) {
            check_derivatives({x}, [=](auto& v) { return prod(v[0], over, keep); });
            check_derivatives({x}, [=](auto& v) { return max(v[0], over, keep); });
            check_derivatives({x}, [=](auto& v) { return min(v[0], over, keep); });
        }
    }
}

// The gradient of f's sum, as a function.
function gradient(function f) {
    return [f](const std::vector<value>& v) {
        const value y = sum(f(v));
        return pull_back(y, constant_like(y, 1), {v[0]})[0];
    };
}

TEST_CASE("prod has the right first and second derivatives where factors are zero") {
    const function f = [](auto& v) { return prod(v[0], 1); };
    for (const auto& x : {tensor::of({1, 3}, {2, 3, 5}), tensor::of({1, 3}, {2, 0, 5}), tensor::of({1, 3}, {0, 3, 0}), tensor::of({1, 3}, {0, 0, 0})}) {
        const double a = x.get(0);
        const double b = x.get(1);
        const double c = x.get(2);
        CHECK(near(evaluate({x}, gradient(f)), {b * c, a * c, a * b}));
        // Row i of the Hessian is the gradient of element i of the gradient.
        const std::vector<std::vector<double>> hessian = {{0, c, b}, {c, 0, a}, {b, a, 0}};
        for (int i = 0; i < 3; ++i) {
            const tensor one_row = tensor::of({1, 3}, {i == 0 ? 1. : 0., i == 1 ? 1. : 0., i == 2 ? 1. : 0.});
            const auto row = [&](const std::vector<value>& v) {
                return pull_back(gradient(f)(v), v[1], {v[0]})[0];
            };
            CHECK(near(evaluate({x, one_row}, row), hessian[static_cast<std::size_t>(i)]));
        }
    }
}

TEST_CASE("ties of max share the derivative equally") {
    const auto x = tensor::of({2, 3}, {4, 1, 4, 2, 2, 2});
    CHECK(near(evaluate({x}, gradient([](auto& v) { return max(v[0], 1); })), {0.5, 0, 0.5, 1 / 3., 1 / 3., 1 / 3.}));
    CHECK(near(evaluate({x}, gradient([](auto& v) { return min(v[0], 1); })), {0, 1, 0, 1 / 3., 1 / 3., 1 / 3.}));
}
