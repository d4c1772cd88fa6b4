// SPDX-License-Identifier: BSD-3-Clause
#include <damo/ops/cond.hpp>

#include "catch.hpp"
#include "reference/graph.hpp"
#include "reference/special_values.hpp"

using namespace damo;
using namespace reference;

static_assert(has_type([](ir::module& m) { return cond(array(m, 0, {}) > 0, array(m, 1, {3}), 0); }, dtype::float64, {3}));
static_assert(has_type([](ir::module& m) { return cond(array(m, 0, {}) > 0, array(m, 1, {}, dtype::int32), 2.5); }, dtype::float64, {}));
static_assert(refused([](ir::module& m) { return cond(array(m, 0, {}), 1, array(m, 1, {2})); }, "cond requires a bool as argument 1, not float64"));
static_assert(refused([](ir::module& m) { return cond(array(m, 0, {2}) > 0, 1, array(m, 1, {2})); },
                      "cond(bool[2], float64[], float64[2]) requires one bool as condition, not an array of them: write where(p, a, b)"));

TEST_CASE("cond takes one side") {
    for (double p : {0.0, 1.0}) {
        const std::vector<tensor> at = {tensor::scalar(p, dtype::boolean), tensor::of({2}, {3, NAN})};
        CHECK(near(evaluate(at, [](auto& v) { return cond(v[0], v[1], 7); }), p != 0 ? std::vector<double>{3, NAN} : std::vector<double>{7, 7}));
    }
}

TEST_CASE("the derivative of cond flows to the side taken") {
    const auto x = tensor::scalar(0.7);
    const auto y = random_tensor({3}, 4);
    check_derivatives({x, y}, [](auto& v) { return cond(v[0] > 0, v[0] * v[1], v[1] * v[1]); });
    check_derivatives({x, y}, [](auto& v) { return cond(v[0] < 0, v[0] * v[1], v[1] * v[1]); });
}
