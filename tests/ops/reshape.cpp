// SPDX-License-Identifier: BSD-3-Clause
#include <damo/ops/reshape.hpp>

#include "catch.hpp"
#include "reference/derivatives.hpp"
#include "reference/graph.hpp"

using namespace damo;
using namespace reference;

static_assert(has_type([](ir::module& m) { return reshape(array(m, 0, {2, 6}), {3, 4}); }, dtype::float64, {3, 4}));
static_assert(has_type([](ir::module& m) { return reshape(array(m, 0, {2, 6}), {-1, 4}); }, dtype::float64, {3, 4}));
static_assert(has_type([](ir::module& m) { return reshape(array(m, 0, {}), {}); }, dtype::float64, {}));
static_assert(has_type([](ir::module& m) { return ravel(array(m, 0, {unknown, 3}, dtype::int32)); }, dtype::int32, {unknown}));
static_assert(has_type([](ir::module& m) { return expand_dims(array(m, 0, {3, 4}), {0, -1}); }, dtype::float64, {1, 3, 4, 1}));
static_assert(has_type([](ir::module& m) { return expand_dims(array(m, 0, {unknown}), -1); }, dtype::float64, {unknown, 1}));
static_assert(has_type([](ir::module& m) { return squeeze(array(m, 0, {1, unknown, 1})); }, dtype::float64, {unknown}));
static_assert(has_type([](ir::module& m) { return squeeze(array(m, 0, {1, 3, 1}), -1); }, dtype::float64, {1, 3}));

// Extent symbols cancel: no check is needed to reshape [n, 3] to [3, n], and there and back.
static_assert(checks_made([](ir::module& m) {
                  const value x = array(m, 0, {unknown, 3});
                  return reshape(reshape(x, {3, extent_of(x, 0)}), shape_of(x));
              }) == 0);
static_assert(has_type([](ir::module& m) { return reshape(ravel(array(m, 0, {unknown, 6})), {-1, 2}); }, dtype::float64, {unknown, 2}));
static_assert(has_type(
    [](ir::module& m) {
        const value x = array(m, 0, {unknown, unknown, 4});
        return reshape(x, {2, extent_of(x, 1), -1, 2});
    },
    dtype::float64, {2, unknown, unknown, 2}));
static_assert(has_type(
    [](ir::module& m) {
        const value x = array(m, 0, {unknown, unknown, 4});
        return reshape(x, {extent_of(x, 1), -1, 2});
    },
    dtype::float64, {unknown, unknown, 2}));
static_assert(checks_made([](ir::module& m) { return reshape(array(m, 0, {unknown}), {3, 4}); }) == 1);
// A reshape to the same shape, or to a scalar's, makes no node.
static_assert([] {
    ir::module m;
    const value x = array(m, 0, {unknown, 3});
    return expand_dims(x, {}).node() == x.node() && squeeze(x).node() == x.node();
}());

static_assert(refused([](ir::module& m) { return reshape(array(m, 0, {2, 6}), {5, 2}); },
                      "reshape(float64[2, 6]) to float64[5, 2] requires as many elements as it is given: 12 are there, 10 are asked for"));
static_assert(refused([](ir::module& m) { return reshape(array(m, 0, {2, 6}), {-1, 5}); }, "reshape(float64[2, 6], {-1, 5}) requires"));
static_assert(refused([](ir::module& m) { return reshape(array(m, 0, {2, 6}), {-1, -1}); }, "at most one -1"));
static_assert(refused([](ir::module& m) { return reshape(array(m, 0, {2, 6}), {-2, 6}); }, "requires extents of 0 or more"));
static_assert(refused([](ir::module& m) { return reshape(array(m, 0, {0, 6}), {0, -1}); }, "must follow from the others"));
static_assert(refused([](ir::module& m) { return squeeze(array(m, 0, {1, 3}), 1); }, "squeeze(float64[1, 3], axis 1) requires an axis whose extent is known to be 1"));
static_assert(refused([](ir::module& m) { return squeeze(array(m, 0, {unknown}), 0); }, "known to be 1"));
static_assert(refused([](ir::module& m) { return expand_dims(array(m, 0, {2}), 3); }, "axis 3"));
static_assert(refused([](ir::module& m) { return reshape(reshape(array(m, 0, {2}), 3), 7); }, "3 are asked for"));

TEST_CASE("reshape keeps the row-major order") {
    const auto x = tensor::of({2, 3}, {1, 2, 3, 4, 5, 6});
    CHECK(evaluate({x}, [](auto& v) { return reshape(v[0], {3, 2}); }, false) == std::vector<double>{1, 2, 3, 4, 5, 6});
    CHECK(evaluate({x}, [](auto& v) { return squeeze(expand_dims(ravel(v[0]), 0), 0); }, false) == std::vector<double>{1, 2, 3, 4, 5, 6});
}

TEST_CASE("a count that does not fit is found by the call") {
    ir::module m;
    const value y = reshape(array(m, 0, {unknown}), {3, 4});
    CHECK(interpret(m, {y.node()}, {tensor(dtype::float64, {12})})[0].shape == extents{3, 4});
    CHECK_THROWS(interpret(m, {y.node()}, {tensor(dtype::float64, {13})}));
}

TEST_CASE("the cotangent of reshape takes the shape back") {
    const auto x = random_tensor({2, 3, 4}, 1);
    check_derivatives({x}, [](auto& v) { return reshape(v[0], {4, -1}); }, extents_are::known);
    check_derivatives({x}, [](auto& v) { return ravel(v[0]); });
    check_derivatives({x}, [](auto& v) { return expand_dims(v[0], {1, -1}); });
}
