// SPDX-License-Identifier: BSD-3-Clause
#include <damo/ops/mean.hpp>

#include "catch.hpp"
#include "reference/derivatives.hpp"
#include "reference/graph.hpp"

using namespace damo;
using namespace reference;

static_assert(has_type([](ir::module& m) { return mean(array(m, 0, {2, 3}), 0); }, dtype::float64, {3}));
static_assert(has_type([](ir::module& m) { return mean(array(m, 0, {2, 3}, dtype::float32), 0, keepdims); }, dtype::float32, {1, 3}));
static_assert(has_type([](ir::module& m) { return mean(array(m, 0, {unknown}, dtype::int32)); }, dtype::float64, {}));
static_assert(has_type([](ir::module& m) { return mean(array(m, 0, {}, dtype::int32)); }, dtype::float64, {}));
static_assert(refused([](ir::module& m) { return mean(array(m, 0, {3}), 1); }, "mean(float64[3], axis 1)"));
static_assert(refused([](ir::module& m) { return mean(array(m, 0, {3, 0}), 1); }, "mean(float64[3, 0]) has no element to average: axis 1 is empty"));

TEST_CASE("mean divides by the number of elements, known or not") {
    const auto x = tensor::of({2, 3}, {1, 2, 3, 4, 5, 9});
    for (bool known : {true, false}) {
        CHECK(evaluate({x}, [](auto& v) { return mean(v[0]); }, known) == std::vector<double>{4});
        CHECK(evaluate({x}, [](auto& v) { return mean(v[0], 0); }, known) == std::vector<double>{2.5, 3.5, 6});
        CHECK(evaluate({x}, [](auto& v) { return mean(v[0], 1, keepdims); }, known) == std::vector<double>{2, 6});
    }
    CHECK(std::isnan(evaluate({tensor(dtype::float64, {0})}, [](auto& v) { return mean(v[0]); }, false)[0]));
    CHECK(evaluate({tensor::of({2}, {1, 2}, dtype::int32)}, [](auto& v) { return mean(v[0]); }) == std::vector<double>{1.5});
}

TEST_CASE("derivative of mean") {
    const auto x = random_tensor({2, 3, 2}, 1);
    check_derivatives({x}, [](auto& v) { return mean(v[0]); });
    check_derivatives({x}, [](auto& v) { return mean(v[0], {0, -1}); });
    check_derivatives({x}, [](auto& v) { return mean(v[0], 1, keepdims); });
}
