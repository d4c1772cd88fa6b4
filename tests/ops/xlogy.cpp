// SPDX-License-Identifier: BSD-3-Clause
#include <damo/ops/xlogy.hpp>

#include "catch.hpp"
#include "reference/graph.hpp"
#include "reference/special_values.hpp"

using namespace damo;
using namespace reference;

static_assert(has_type([](ir::module& m) { return xlogy(array(m, 0, {3, 1}), array(m, 1, {4})); }, dtype::float64, {3, 4}));
static_assert(has_type([](ir::module& m) { return xlog1py(array(m, 0, {2}, dtype::float32), array(m, 1, {2}, dtype::float32)); }, dtype::float32, {2}));
static_assert(has_type([](ir::module& m) { return xlogy(array(m, 0, {2}, dtype::int32), array(m, 1, {2}, dtype::int32)); }, dtype::float64, {2}));

TEST_CASE("zero times a logarithm is zero, and all else the product") {
    check_special_pairs([](value x, value y) { return xlogy(x, y); }, [](double x, double y) { return x == 0 && y == y ? 0 : x * std::log(y); });
    check_special_pairs([](value x, value y) { return xlog1py(x, y); }, [](double x, double y) { return x == 0 && y == y ? 0 : x * std::log1p(y); });
    for (double x : {0.0, 0.5, -2.0}) {
        for (double y : {0.0, 0.5, 3.0, -1.0}) {
            const std::uint64_t bits[2] = {ir::to_bits(x), ir::to_bits(y)};
            std::uint64_t r = 0;
            REQUIRE(ops::xlogy_op::fold(dtype::float64, bits, 2, r));
            CHECK(near({ir::as_double(dtype::float64, r)}, {x == 0 ? 0 : x * std::log(y)}));
            REQUIRE(ops::xlog1py_op::fold(dtype::float64, bits, 2, r));
            CHECK(near({ir::as_double(dtype::float64, r)}, {x == 0 ? 0 : x * std::log1p(y)}));
        }
    }
}

TEST_CASE("derivatives of xlogy and xlog1py") {
    check_derivatives({random_tensor({4, 1}, 3), random_tensor({3}, 4, 0.5, 2)}, [](auto& v) { return xlogy(v[0], v[1]); });
    check_derivatives({random_tensor({4, 1}, 3), random_tensor({3}, 4, -0.5, 2)}, [](auto& v) { return xlog1py(v[0], v[1]); });
}

TEST_CASE("at zero the derivative by the second argument is zero, and an entropy has none that is NaN") {
    const auto at = [](double x, double y, int by) {
        ir::module m;
        const value a = array(m, 0, {});
        const value b = array(m, 1, {});
        const value f = xlogy(a, b) + xlog1py(a, b - 1);
        const value g = pull_back(f, constant_like(f, 1), {a, b})[static_cast<std::size_t>(by)];
        return interpret(m, {g.node()}, {tensor::scalar(x), tensor::scalar(y)})[0].get(0);
    };
    CHECK(at(0, 0, 1) == 0);
    CHECK(at(0, 2, 1) == 0);
    CHECK(at(3, 2, 1) == 3);
    CHECK(at(0, 0, 0) == -INFINITY);
}
