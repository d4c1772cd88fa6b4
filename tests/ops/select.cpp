// SPDX-License-Identifier: BSD-3-Clause
#include <damo/ops/select.hpp>

#include "catch.hpp"
#include "reference/graph.hpp"
#include "reference/special_values.hpp"

using namespace damo;
using namespace reference;

static_assert(has_type([](ir::module& m) { return where(array(m, 0, {2, 1}) > 0, array(m, 1, {3}), 0); }, dtype::float64, {2, 3}));
static_assert(has_type([](ir::module& m) { return abs(array(m, 0, {2}, dtype::int32)); }, dtype::int32, {2}));
static_assert(has_type([](ir::module& m) { return maximum(array(m, 0, {2}, dtype::float32), 0); }, dtype::float32, {2}));
static_assert(refused([](ir::module& m) { return where(array(m, 0, {2}), 1, array(m, 1, {2})); }, "where requires a bool as argument 1, not float64"));

TEST_CASE("maximum and minimum follow NumPy at NaN") {
    const auto largest = [](double x, double y) { return x != x || y != y ? NAN : x < y ? y : x; };
    const auto smallest = [](double x, double y) { return x != x || y != y ? NAN : y < x ? y : x; };
    // The sign of a zero that ties with the other zero is not fixed.
    check_special_pairs([](value x, value y) { return maximum(x, y) + 0; }, [=](double x, double y) { return largest(x, y) + 0; });
    check_special_pairs([](value x, value y) { return minimum(x, y) + 0; }, [=](double x, double y) { return smallest(x, y) + 0; });
}

TEST_CASE("sign and abs") {
    check_special_values([](value x) { return abs(x); }, [](double x) { return std::fabs(x); });
    check_special_values([](value x) { return sign(x); }, [](double x) { return x > 0 ? 1 : x < 0 ? -1 : x; });
}

TEST_CASE("where takes one side") {
    const std::vector<tensor> at = {tensor::of({2}, {1, 0}, dtype::boolean), tensor::of({2}, {3, NAN})};
    CHECK(evaluate(at, [](auto& v) { return where(v[0], v[1], 7); }) == std::vector<double>{3, 7});
}

TEST_CASE("derivatives of the choices") {
    const auto x = random_tensor({4, 1}, 3);
    const auto y = random_tensor({3}, 4);
    check_derivatives({x, y}, [](auto& v) { return maximum(v[0], v[1]); });
    check_derivatives({x, y}, [](auto& v) { return minimum(v[0], v[1]); });
    check_derivatives({x, y}, [](auto& v) { return where(v[0] < v[1], v[0] * v[0], v[1]); });
    check_derivatives({x}, [](auto& v) { return abs(v[0]); });
}

TEST_CASE("ties share the derivative, abs has none at zero") {
    const auto slope = [](auto f) {
        return [f](auto& v) {
            const value y = f(v[0], v[1]);
            return pull_back(y, constant_like(y, 1), {v[0]})[0];
        };
    };
    const std::vector<tensor> at = {tensor::of({2}, {2, 0}), tensor::of({2}, {2, 0})};
    CHECK(evaluate(at, slope([](value x, value y) { return maximum(x, y); })) == std::vector<double>{0.5, 0.5});
    CHECK(evaluate(at, slope([](value x, value y) { return minimum(x, y); })) == std::vector<double>{0.5, 0.5});
    CHECK(evaluate(at, slope([](value x, value) { return abs(x); })) == std::vector<double>{1, 0});
}
