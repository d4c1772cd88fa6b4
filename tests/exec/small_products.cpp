// SPDX-License-Identifier: BSD-3-Clause
// Products of arrays whose few elements the types tell, against plain loops: all forms, coefficients, strides and overlaps.
#include <damo/damo.hpp>

#include "catch.hpp"

#include <array>
#include <cstdint>

namespace {

template <class T, std::size_t Rows, std::size_t Columns>
using mat = std::array<std::array<T, Columns>, Rows>;

template <class T, std::size_t M, std::size_t N>
mat<T, M, N> numbers(int shift) {
    mat<T, M, N> a{};
    for (std::size_t i = 0; i < M; ++i) {
        for (std::size_t j = 0; j < N; ++j) { a[i][j] = static_cast<T>((static_cast<int>(i * N + j) * 7 + shift) % 11 - 5); }
    }
    return a;
}

// Small whole numbers: every order of summation gives the same.
template <class T, std::size_t M, std::size_t K, std::size_t N>
void check_products() {
    constexpr std::int64_t m = M, k = K, n = N;
    constexpr auto product = damo::fn([](damo::matrix<T, m, k> a, damo::matrix<T, k, n> b) { return dot(a, b); });
    constexpr auto of_column = damo::fn([](damo::matrix<T, m, k> a, damo::vector<T, k> x) { return dot(a, x); });
    constexpr auto of_row = damo::fn([](damo::vector<T, m> x, damo::matrix<T, m, k> a) { return dot(x, a); });
    constexpr auto of_both = damo::fn([](damo::vector<T, k> x, damo::vector<T, k> y) { return dot(x, y); });
    const auto a = numbers<T, M, K>(3);
    const auto b = numbers<T, K, N>(5);
    const auto x = numbers<T, 1, K>(1)[0];
    const auto y = numbers<T, 1, K>(8)[0];
    const auto z = numbers<T, 1, M>(2)[0];
    static_assert(noexcept(product(a, b)));
    const mat<T, M, N> c = product(a, b);
    const std::array<T, M> ax = of_column(a, x);
    const std::array<T, K> za = of_row(z, a);
    T xy = 0;
    for (std::size_t p = 0; p < K; ++p) { xy += x[p] * y[p]; }
    CHECK(of_both(x, y) == xy);
    for (std::size_t i = 0; i < M; ++i) {
        T sum = 0;
        for (std::size_t p = 0; p < K; ++p) { sum += a[i][p] * x[p]; }
        CHECK(ax[i] == sum);
        for (std::size_t j = 0; j < N; ++j) {
            T element = 0;
            for (std::size_t p = 0; p < K; ++p) { element += a[i][p] * b[p][j]; }
            CHECK(c[i][j] == element);
        }
    }
    for (std::size_t p = 0; p < K; ++p) {
        T sum = 0;
        for (std::size_t i = 0; i < M; ++i) { sum += z[i] * a[i][p]; }
        CHECK(za[p] == sum);
    }
}

// The same products of matrices that lie by columns, with coefficients and a sum, written by columns too.
template <class T, std::size_t M, std::size_t K, std::size_t N>
void check_columns() {
    constexpr std::int64_t m = M, k = K, n = N;
    constexpr auto f = damo::fn([](damo::matrix<T, m, k> a, damo::matrix<T, k, n> b, damo::matrix<T, m, n> c) { return 2 * dot(a, b) - 3 * c; });
    constexpr auto of_column = damo::fn([](damo::matrix<T, m, k> a, damo::vector<T, k> x, damo::vector<T, m> y) { return 2 * dot(a, x) - 3 * y; });
    const auto a = numbers<T, K, M>(3);
    const auto b = numbers<T, N, K>(5);
    const auto c = numbers<T, N, M>(9);
    const auto x = numbers<T, 1, K>(1)[0];
    const auto y = numbers<T, 1, M>(7)[0];
    const auto by_columns = []<class E, std::size_t Rows, std::size_t Columns>(std::array<std::array<E, Rows>, Columns>& t) {
        return damo::array_view<E, 2>{t[0].data(), {static_cast<std::int64_t>(Rows), static_cast<std::int64_t>(Columns)}, {1, static_cast<std::int64_t>(Rows)}};
    };
    auto at = a;
    auto bt = b;
    auto ct = c;
    mat<T, N, M> into{};
    f.into(by_columns(into))(by_columns(at), by_columns(bt), by_columns(ct));
    const mat<T, M, N> out = f(by_columns(at), by_columns(bt), by_columns(ct));
    const std::array<T, M> ax = of_column(by_columns(at), x, y);
    for (std::size_t i = 0; i < M; ++i) {
        T sum = 0;
        for (std::size_t p = 0; p < K; ++p) { sum += a[p][i] * x[p]; }
        CHECK(ax[i] == 2 * sum - 3 * y[i]);
        for (std::size_t j = 0; j < N; ++j) {
            T element = 0;
            for (std::size_t p = 0; p < K; ++p) { element += a[p][i] * b[j][p]; }
            CHECK(out[i][j] == 2 * element - 3 * c[j][i]);
            CHECK(into[j][i] == out[i][j]);
        }
    }
}

} // namespace

TEST_CASE("products of every form") {
    check_products<double, 2, 3, 4>();
    check_products<double, 8, 8, 8>();
    check_products<float, 3, 5, 1>();
    check_products<int, 4, 2, 3>();
    check_products<double, 8, 9, 2>(); // one extent larger than those that are unrolled
}

TEST_CASE("products of a few rows and columns") {
    check_products<double, 1, 1, 1>();
    check_products<float, 2, 2, 2>();
    check_products<double, 3, 3, 3>();
    check_products<float, 3, 3, 3>();
    check_products<double, 4, 4, 4>();
    check_products<float, 5, 4, 6>();
    check_products<double, 5, 6, 7>();
    check_products<float, 7, 6, 5>();
    check_products<double, 6, 7, 3>();
    check_products<float, 8, 7, 8>();
}

TEST_CASE("products of matrices that lie by columns") {
    check_columns<float, 3, 3, 3>();
    check_columns<double, 5, 4, 6>();
    check_columns<float, 6, 7, 2>();
}

TEST_CASE("coefficients, a sum and an output that is an input") {
    constexpr auto f = damo::fn([](damo::matrix<double, 3, 3> a, damo::vector<double, 3> x, damo::vector<double, 3> y) { return 2 * dot(a, x) - 3 * y; });
    constexpr auto turned = damo::fn([](damo::matrix<double, 3, 3> a, damo::matrix<double, 3, 3> b) { return dot(transpose(a), b); });
    const auto a = numbers<double, 3, 3>(4);
    auto x = numbers<double, 1, 3>(2)[0];
    const auto y = numbers<double, 1, 3>(9)[0];
    const auto got = f(a, x, y);
    auto b = numbers<double, 3, 3>(6);
    const auto expected = b;
    f.into(x)(a, x, y);
    turned.into(b)(a, b);
    for (std::size_t i = 0; i < 3; ++i) {
        const auto given = numbers<double, 1, 3>(2)[0];
        const double sum = a[i][0] * given[0] + a[i][1] * given[1] + a[i][2] * given[2];
        CHECK(got[i] == 2 * sum - 3 * y[i]);
        CHECK(x[i] == got[i]);
        for (std::size_t j = 0; j < 3; ++j) {
            CHECK(b[i][j] == a[0][i] * expected[0][j] + a[1][i] * expected[1][j] + a[2][i] * expected[2][j]);
        }
    }
}
