// SPDX-License-Identifier: BSD-3-Clause
// Functions of arrays whose few elements the types tell, against plain loops.
#include <damo/damo.hpp>

#include "catch.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <tuple>

namespace {

template <class T, std::size_t N>
std::array<T, N> numbers(int shift) {
    std::array<T, N> x{};
    for (std::size_t i = 0; i < N; ++i) { x[i] = static_cast<T>((static_cast<int>(i) * 7 + shift) % 11 - 5); }
    return x;
}

// Small whole numbers: every order of summation gives the same.
template <class T, std::size_t N>
void check_row() {
    constexpr std::int64_t n = N;
    constexpr auto f = damo::fn([](damo::vector<T, n> x, damo::vector<T, n> y) {
        return std::tuple<damo::value, damo::value, damo::value>{sum(x * x), max(x - y, 0), 2 * x - y * y + sum(y)};
    });
    const auto x = numbers<T, N>(3);
    const auto y = numbers<T, N>(8);
    const auto [squares, largest, row] = f(x, y);
    T sum_of_squares = 0, most = -std::numeric_limits<T>::infinity(), sum = 0;
    for (std::size_t i = 0; i < N; ++i) {
        sum_of_squares += x[i] * x[i];
        most = x[i] - y[i] > most ? x[i] - y[i] : most;
        sum += y[i];
    }
    CHECK(squares == sum_of_squares);
    CHECK(largest == most);
    for (std::size_t i = 0; i < N; ++i) { CHECK(row[i] == 2 * x[i] - y[i] * y[i] + sum); }
}
template <class T>
void check_rows() {
    [&]<std::size_t... N>(std::index_sequence<N...>) { (check_row<T, N + 1>(), ...); }(std::make_index_sequence<9>{});
}

} // namespace

TEST_CASE("rows of one to nine elements") {
    check_rows<float>();
    check_rows<double>();
}

TEST_CASE("sums along both axes of a small matrix") {
    constexpr auto f = damo::fn([](damo::matrix<float, 2, 3> a) { return std::tuple<damo::value, damo::value>{sum(a, 0), sum(transpose(a), 0)}; });
    const std::array<std::array<float, 3>, 2> a{{{1, 2, 3}, {10, 20, 30}}};
    const auto [columns, rows] = f(a);
    CHECK(columns == std::array<float, 3>{11, 22, 33});
    CHECK(rows == std::array<float, 2>{6, 60});
}

TEST_CASE("few numbers with NaN, and the sum of negative zeros") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    constexpr auto f = damo::fn([](damo::vector<double, 3> x) { return std::tuple<damo::value, damo::value>{max(x, 0), sum(x)}; });
    CHECK(std::isnan(std::get<0>(f(std::array<double, 3>{1, nan, 2}))));
    CHECK(std::isnan(std::get<0>(f(std::array<double, 3>{nan, 3, 2}))));
    CHECK_FALSE(std::signbit(std::get<1>(f(std::array<double, 3>{-0.0, -0.0, -0.0}))));
}
