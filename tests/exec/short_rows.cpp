// SPDX-License-Identifier: BSD-3-Clause
#include "exec/against_reference.hpp"

using damo::matrix;
using damo::tensor;
using damo::vector;
using reference::agrees;

// Rows of a few elements: held in registers, worked on side by side, or one by one where the layout asks for it.

TEST_CASE("rows of every short length, in blocks and what remains of them") {
    constexpr auto f = damo::fn([](matrix<float> x) { return std::tuple{softmax(x), sum(x, 1), max(x, 1)}; });
    constexpr auto d = damo::fn([](matrix<double> x) { return std::tuple{log_softmax(x), logsumexp(x, 1)}; });
    for (std::int64_t n : {1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33}) {
        for (std::int64_t m : {1, 5, 16, 39}) {
            agrees(f, {{m, n}});
            agrees(d, {{m, n}});
        }
    }
}

TEST_CASE("labels of rows, and numbers of rows of other types") {
    constexpr auto f = damo::fn([](matrix<float, damo::dyn, 10> x, vector<std::int32_t> t, vector<float> weight) {
        auto hot = one_hot(t, 10, damo::dtype::float32);
        return std::tuple<damo::value, damo::value>{sum(hot * log(softmax(x)), 1) * weight, where(max(x, 1, damo::keepdims) < 1.5f, x - max(x, 1, damo::keepdims), hot)};
    });
    constexpr auto d = damo::fn([](matrix<double> x, vector<std::int64_t> t) { return sum(one_hot(t, 5, damo::dtype::float64) * exp(x), 1); });
    constexpr auto i = damo::fn([](matrix<std::int32_t> x) { return std::tuple{x - max(x, 1, damo::keepdims), sum(x * x, 1)}; });
    for (std::int64_t m : {3, 16, 37}) {
        agrees(f, {{m, 10}, {m}, {m}});
        agrees(d, {{m, 5}, {m}});
        agrees(i, {{m, 6}});
        agrees(i, {{m, 40}});
    }
}

TEST_CASE("rows of a cube") {
    constexpr auto f = damo::fn([](tensor<float, damo::dyn, damo::dyn, damo::dyn> x, vector<float> w) {
        return std::tuple<damo::value, damo::value>{softmax(x * w), sum(x, {1, 2})};
    });
    agrees(f, {{3, 20, 5}, {5}});
    agrees(f, {{33, 1, 6}, {6}});
    agrees(f, {{1, 33, 12}, {12}});
    agrees(f, {{2, 3, 4}, {4}});
}

TEST_CASE("NaN, infinities and zeros in short rows") {
    constexpr auto f = damo::fn([](matrix<float> x) { return std::tuple{max(x, 1), min(x, 1), sum(x, 1), softmax(x), log(x), 1 / x}; });
    for (std::int64_t m : {4, 32}) {
        auto x = reference::some(damo::dtype::float32, {m, 10}, 7);
        x.set(3, std::nan(""));
        x.set(19, HUGE_VAL);
        x.set(25, -HUGE_VAL);
        x.set(37, -0.0);
        for (int l = 0; l < 4; ++l) { reference::check_on<decltype(f)>({x}, l, reference::layout::row_major); }
    }
}
