// SPDX-License-Identifier: BSD-3-Clause
#include "exec/against_reference.hpp"

using damo::matrix;
using damo::tensor;
using damo::vector;
using reference::agrees;
using cube = tensor<double, damo::dyn, damo::dyn, damo::dyn>;
using pair = std::pair<std::int64_t, std::int64_t>;

TEST_CASE("sums over all, rows and columns") {
    constexpr auto f = damo::fn([](matrix<double> x, matrix<double> y) {
        return std::tuple{sum(x * y), sum(x, 1), sum(y, 0), sum(x * y, 0, damo::keepdims), prod(x * 0.7 + 1, 1)};
    });
    for (auto [m, n] : {pair{3, 5}, {1, 9}, {9, 1}, {0, 4}, {4, 0}, {17, 33}, {2, 300}, {300, 2}, {130, 70}}) { agrees(f, {{m, n}, {m, n}}); }
}

TEST_CASE("sums of a cube over every set of axes") {
    constexpr auto f = damo::fn([](cube x) {
        return std::tuple{sum(x, 0), sum(x, 1), sum(x, 2), sum(x, {0, 1}), sum(x, {0, 2}), sum(x, {1, 2}), sum(exp(x))};
    });
    agrees(f, {{3, 4, 5}});
    agrees(f, {{5, 1, 40}});
    agrees(f, {{2, 70, 3}});
    agrees(f, {{2, 0, 3}});
}

TEST_CASE("softmax and its kin per row, per column and over all") {
    constexpr auto rows = damo::fn([](matrix<float> x) { return std::tuple{softmax(x), log_softmax(x), logsumexp(x, 1)}; });
    constexpr auto columns = damo::fn([](matrix<double> x) { return std::tuple{softmax(x, 0), logsumexp(x, 0)}; });
    constexpr auto all = damo::fn([](matrix<double> x) { return std::tuple{softmax(x, {0, 1}), logsumexp(x)}; });
    for (auto [m, n] : {pair{3, 5}, {1, 9}, {9, 1}, {17, 33}, {2, 130}, {130, 70}}) {
        agrees(rows, {{m, n}});
        agrees(columns, {{m, n}});
        agrees(all, {{m, n}});
    }
}

TEST_CASE("a reduction and what follows from it, per row and across") {
    constexpr auto f = damo::fn([](matrix<double> x) {
        auto centred = x - mean(x, 1, damo::keepdims);
        auto variance = mean(centred * centred, 1, damo::keepdims);
        return std::tuple<damo::value, damo::value>{centred / sqrt(variance + 1e-5), sum(x, 1) * 2};
    });
    constexpr auto g = damo::fn([](tensor<double, 7, 7> x) { return std::tuple{x / (1 + square(sum(x, 1))), x - sum(x, 0), sum(x, 1) - sum(x, 0)}; });
    agrees(f, {{5, 19}});
    agrees(f, {{40, 3}});
    agrees(g, {{7, 7}});
}

TEST_CASE("extrema with NaN, positions, truth values, integers") {
    constexpr auto f = damo::fn([](matrix<double> x, matrix<std::int32_t> k) {
        return std::tuple{max(x, 1), min(x, 0), max(x), argmax(x, 1), argmin(x, 0, damo::keepdims), argmax(k), any(x > 1.9, 1), all(k < 5), max(k, 0), sum(k, 1)};
    });
    for (auto [m, n] : {pair{3, 5}, {1, 9}, {9, 1}, {17, 33}}) { agrees(f, {{m, n}, {m, n}}); }
    auto x = reference::some(damo::dtype::float64, {20, 37}, 5);
    x.set(40, std::nan(""));
    x.set(739, std::nan(""));
    const auto k = reference::some(damo::dtype::int32, {20, 37}, 6);
    for (int l = 0; l < 4; ++l) { reference::check_on<decltype(f)>({x, k}, l, reference::layout::row_major); }
}

TEST_CASE("a long sum is as accurate as pairwise summation") {
    constexpr auto f = damo::fn([](vector<float> x) { return sum(x); });
    const std::int64_t n = 1 << 20;
    std::vector<float> x(static_cast<std::size_t>(n));
    double exact = 0;
    std::mt19937 dice(3);
    std::uniform_real_distribution<float> real(0, 1);
    for (float& e : x) {
        e = real(dice);
        exact += static_cast<double>(e);
    }
    float got = 0;
    damo::exec::raw_view in{x.data(), {n}, {1}};
    damo::exec::raw_view out{&got, {}, {}};
    damo::exec::run<reference::kernels<decltype(f)>>(&in, &out, nullptr);
    CHECK(std::fabs(static_cast<double>(got) - exact) < 5e-7 * exact);
}
