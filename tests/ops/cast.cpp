// SPDX-License-Identifier: BSD-3-Clause
#include <damo/ops/cast.hpp>

#include "catch.hpp"
#include "reference/graph.hpp"
#include "reference/special_values.hpp"

using namespace damo;
using namespace reference;

static_assert(has_type([](ir::module& m) { return cast(array(m, 0, {2, unknown}), dtype::int32); }, dtype::int32, {2, unknown}));
static_assert(has_type([](ir::module& m) { return cast(array(m, 0, {2}, dtype::boolean), dtype::float32); }, dtype::float32, {2}));
static_assert(refused([](ir::module& m) { return cast(array(m, 0, {2}), dtype::float16); }, "cast to float16 is not possible in this version"));
// The type that is there makes no node.
static_assert([] {
    ir::module m;
    const value x = array(m, 0, {2});
    return cast(x, dtype::float64).node() == x.node();
}());

TEST_CASE("cast truncates towards zero and rounds to nearest") {
    const auto x = tensor::of({4}, {1.9, -1.9, 0, 0.1});
    CHECK(evaluate({x}, [](auto& v) { return cast(v[0], dtype::int32); }) == std::vector<double>{1, -1, 0, 0});
    CHECK(evaluate({x}, [](auto& v) { return cast(v[0], dtype::boolean); }) == std::vector<double>{1, 1, 0, 1});
    CHECK(evaluate({x}, [](auto& v) { return cast(v[0], dtype::float32); })[3] == static_cast<double>(0.1f));
}

TEST_CASE("the cotangent is cast back between floating types and stops at others") {
    const auto slope = [](dtype through) {
        return [through](auto& v) {
            const value y = v[0] * cast(cast(v[0], through), dtype::float64);
            return pull_back(y, constant_like(y, 1), {v[0]})[0];
        };
    };
    CHECK(evaluate({tensor::scalar(3)}, slope(dtype::float32)) == std::vector<double>{6});
    CHECK(evaluate({tensor::scalar(3)}, slope(dtype::int32)) == std::vector<double>{3});
}
