// SPDX-License-Identifier: BSD-3-Clause
#include "exec/against_reference.hpp"

using damo::matrix;
using damo::tensor;
using damo::vector;
using reference::agrees;

TEST_CASE("slices, reversals and padding") {
    constexpr auto f = damo::fn([](tensor<double, 7, 9> x) {
        using damo::range;
        auto inner = slice(x, {range(1, 6), range::every(-2)});
        return std::tuple<damo::value, damo::value, damo::value>{inner * 2, slice(exp(x), {range(2, 3)}), pad(inner + 1, {{1, 2}, {0, 3}})};
    });
    agrees(f, {{7, 9}});
}

TEST_CASE("reshapes of inputs of any layout and of results") {
    constexpr auto f = damo::fn([](tensor<double, 4, 6> x, matrix<double> y) {
        return std::tuple<damo::value, damo::value, damo::value, damo::value>{reshape(x, {8, 3}) * 2, reshape(exp(x), {3, 8}) + 1,
                                                                             ravel(transpose(y)) - 1, sum(reshape(transpose(x), {4, 6}), 0)};
    });
    agrees(f, {{4, 6}, {5, 3}});
}

TEST_CASE("concatenation and stacking") {
    constexpr auto f = damo::fn([](matrix<double> x, matrix<double> y, tensor<double, 4, 3> z) {
        auto all = damo::concatenate({x, exp(y), x * 2}, 0);
        return std::tuple<damo::value, damo::value, damo::value>{all, sum(all * all, 0), damo::stack({z, z * 2, z + 1}, 1)};
    });
    agrees(f, {{3, 5}, {2, 5}, {4, 3}});
    agrees(f, {{0, 5}, {2, 5}, {4, 3}});
}

TEST_CASE("one_hot is compared in place") {
    constexpr auto f = damo::fn([](vector<std::int64_t> k, matrix<double> x) {
        return std::tuple<damo::value, damo::value>{one_hot(k, 4), sum(one_hot(k, 4) * x, 1)};
    });
    agrees(f, {{9}, {9, 4}});
}
