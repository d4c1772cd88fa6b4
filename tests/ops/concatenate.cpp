// SPDX-License-Identifier: BSD-3-Clause
#include <damo/ops/concatenate.hpp>

#include "catch.hpp"
#include "reference/derivatives.hpp"
#include "reference/graph.hpp"

using namespace damo;
using namespace reference;

static_assert(has_type([](ir::module& m) { return concatenate({array(m, 0, {2, 3}), array(m, 1, {4, 3})}); }, dtype::float64, {6, 3}));
static_assert(has_type([](ir::module& m) { return concatenate({array(m, 0, {2, 3}), array(m, 1, {2, unknown})}, -1); }, dtype::float64, {2, unknown}));
static_assert(has_type([](ir::module& m) { return concatenate({array(m, 0, {2}, dtype::int32), array(m, 1, {1}, dtype::float32)}); }, dtype::float64, {3}));
static_assert(has_type([](ir::module& m) { return stack({array(m, 0, {3}), array(m, 1, {3}), array(m, 2, {3})}, 1); }, dtype::float64, {3, 3}));
static_assert(has_type([](ir::module& m) { return stack({array(m, 0, {}, dtype::float32), 1.0, 2}); }, dtype::float32, {3}));
static_assert(checks_made([](ir::module& m) { return concatenate({array(m, 0, {2, unknown}), array(m, 1, {4, unknown})}); }) == 1);
static_assert(refused([](ir::module& m) { return concatenate({array(m, 0, {2, 3}), array(m, 1, {2, 4})}); },
                      "concatenate(float64[2, 3], float64[2, 4]) along axis 0 requires arrays of equal rank whose other extents are equal; argument 2"));
static_assert(refused([](ir::module& m) { return concatenate({array(m, 0, {2, 3}), array(m, 1, {3})}); }, "argument 2 does not fit"));
static_assert(refused([](ir::module& m) { return concatenate({array(m, 0, {2, 3})}, 2); }, "axis 2) requires an axis from -2 to 1"));
static_assert(refused([](ir::module& m) { return concatenate({array(m, 0, {})}); }, "has no axis"));
static_assert(refused([](ir::module& m) { return stack({array(m, 0, {2}), array(m, 1, {3})}); }, "argument 2 does not fit"));

TEST_CASE("concatenate and stack put arrays side by side") {
    const auto a = tensor::of({2, 1}, {1, 2});
    const auto b = tensor::of({2, 2}, {3, 4, 5, 6});
    for (bool known : {true, false}) {
        CHECK(evaluate({a, b}, [](auto& v) { return concatenate({v[0], v[1], v[0]}, 1); }, known) == std::vector<double>{1, 3, 4, 1, 2, 5, 6, 2});
    }
    CHECK(evaluate({b, b}, [](auto& v) { return stack({v[0], 2 * v[1]}, -1); }) == std::vector<double>{3, 6, 4, 8, 5, 10, 6, 12});
    CHECK(evaluate({tensor::scalar(1)}, [](auto& v) { return stack({v[0], 2.5, 7}); }) == std::vector<double>{1, 2.5, 7});
    std::vector<operand> many;
    CHECK(evaluate({a}, [&](auto& v) {
              for (int i = 0; i < 20; ++i) { many.push_back(operand(v[0])); }
              return sum(concatenate(many.data(), 20, 0));
          }) == std::vector<double>{60});
}

TEST_CASE("numbers alone are refused") { CHECK_THROWS_AS(stack({1, 2}), damo::error); }

TEST_CASE("each operand gets its part of the cotangent") {
    const auto a = random_tensor({2, 3}, 1);
    const auto b = random_tensor({2, 2}, 2);
    check_derivatives({a, b}, [](auto& v) { return concatenate({v[0], v[1], v[0]}, 1); });
    check_derivatives({a, b}, [](auto& v) { return concatenate({v[0], slice(v[1], {range(), {0, 1}})}, 1); });
    check_derivatives({a, a}, [](auto& v) { return stack({v[0], v[1]}, 1); });
}
