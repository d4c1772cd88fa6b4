// SPDX-License-Identifier: BSD-3-Clause
#include <damo/ops/compare.hpp>

#include "catch.hpp"
#include "reference/graph.hpp"
#include "reference/special_values.hpp"

using namespace damo;
using namespace reference;

static_assert(has_type([](ir::module& m) { return array(m, 0, {2, 1}) < array(m, 1, {3}, dtype::int32); }, dtype::boolean, {2, 3}));
static_assert(has_type([](ir::module& m) { return (!(array(m, 0, {2}) == 0)) & (array(m, 1, {2}) != 1); }, dtype::boolean, {2}));
static_assert(refused([](ir::module& m) { return !(array(m, 0, {2}) + 1); }, "logical_not requires a bool as argument 1, not float64: compare it"));

TEST_CASE("comparisons are those of the platform, NaN included") {
    check_special_pairs([](value x, value y) { return x < y; }, [](double x, double y) { return x < y; });
    check_special_pairs([](value x, value y) { return x <= y; }, [](double x, double y) { return x <= y; });
    check_special_pairs([](value x, value y) { return x > y; }, [](double x, double y) { return x > y; });
    check_special_pairs([](value x, value y) { return x >= y; }, [](double x, double y) { return x >= y; });
    check_special_pairs([](value x, value y) { return x == y; }, [](double x, double y) { return x == y; });
    check_special_pairs([](value x, value y) { return x != y; }, [](double x, double y) { return x != y; });
}

TEST_CASE("logical operations on booleans") {
    const std::vector<tensor> at = {tensor::of({4}, {0, 0, 1, 1}, dtype::boolean), tensor::of({4}, {0, 1, 0, 1}, dtype::boolean)};
    CHECK(evaluate(at, [](auto& v) { return v[0] & v[1]; }) == std::vector<double>{0, 0, 0, 1});
    CHECK(evaluate(at, [](auto& v) { return v[0] | v[1]; }) == std::vector<double>{0, 1, 1, 1});
    CHECK(evaluate(at, [](auto& v) { return !v[0]; }) == std::vector<double>{1, 1, 0, 0});
}
