// SPDX-License-Identifier: BSD-3-Clause
// Calls with arrays of the standard library and of no library: every form of argument gives the numbers of a plain loop.
#include <damo/damo.hpp>

#include "catch.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace {

constexpr auto blend = damo::fn([](damo::vector<double> x, damo::vector<double> y, damo::scalar<double> a) { return a * exp(-x * x) + y; });
constexpr auto product = damo::fn([](damo::matrix<double> m, damo::vector<double> x) { return dot(m, x); });
constexpr auto centred = damo::fn([](damo::matrix<double> m) { return m - mean(m, 0); });
constexpr auto norm = damo::fn([](damo::vector<double, 3> x) { return sqrt(sum(x * x)); });
constexpr auto scaled = damo::fn([](damo::vector<double, 3> x) { return x / sqrt(sum(x * x)); });
constexpr auto energy = damo::fn([](damo::vector<double> x, damo::vector<double> y) { return sum(sin(x) * y * y); });
constexpr auto generic = damo::fn([](auto x, auto y) { return x * y + 1; });

static_assert(std::is_same_v<decltype(blend(std::vector<double>{}, std::vector<double>{}, 1.0)), damo::ndarray<double, 1>>);
static_assert(std::is_same_v<decltype(norm(std::array<double, 3>{})), double>);
static_assert(std::is_same_v<decltype(scaled(std::vector<double>{})), std::array<double, 3>>);
static_assert(std::is_same_v<decltype(centred(std::declval<damo::ndarray<double, 2>&>())), damo::ndarray<double, 2>>);

std::vector<double> numbers(std::int64_t n, double shift) {
    std::vector<double> v;
    for (std::int64_t i = 0; i < n; ++i) { v.push_back(std::sin(1.7 * static_cast<double>(i) + shift)); }
    return v;
}

template <class X, class Y>
void check_blend(const X& x, const Y& y, const std::vector<double>& plain_x, const std::vector<double>& plain_y) {
    const damo::ndarray<double, 1> got = blend(x, y, 0.75);
    REQUIRE(got.size() == static_cast<std::int64_t>(plain_x.size()));
    for (std::size_t i = 0; i < plain_x.size(); ++i) {
        CHECK(got[static_cast<std::int64_t>(i)] == Approx(0.75 * std::exp(-plain_x[i] * plain_x[i]) + plain_y[i]));
    }
}

template <class F>
std::string sentence_of(const F& call) {
    try {
        call();
    } catch (const damo::error& e) { return e.what(); }
    return "no error";
}

} // namespace

TEST_CASE("vectors of every size, 0 and 1 too") {
    for (std::int64_t n : {0, 1, 2, 3, 5, 7, 8, 9, 15, 17, 31, 33, 101}) {
        const std::vector<double> x = numbers(n, 0.1);
        const std::vector<double> y = numbers(n, 2);
        check_blend(x, y, x, y);
        check_blend(std::span<const double>(x), std::span(y), x, y);
    }
}

TEST_CASE("arrays that hold their elements in place") {
    const std::array<double, 3> x{0.5, -1, 2};
    const double y[3] = {1, 2, 3};
    check_blend(x, y, {0.5, -1, 2}, {1, 2, 3});
    CHECK(norm(x) == Approx(std::sqrt(5.25)));
    CHECK(norm(y) == Approx(std::sqrt(14)));
    const std::array<double, 3> unit = scaled(y);
    CHECK(unit[2] == Approx(3 / std::sqrt(14)));
    const double m[2][3] = {{1, 2, 3}, {4, 5, 6}};
    const std::array<std::array<double, 3>, 2> same{{{1, 2, 3}, {4, 5, 6}}};
    const std::vector<std::array<double, 3>> rows{{1, 2, 3}, {4, 5, 6}};
    CHECK(product(m, y)[1] == Approx(32));
    CHECK(product(same, y)[1] == Approx(32));
    CHECK(product(rows, y)[1] == Approx(32));
}

TEST_CASE("strides may be negative or zero") {
    const std::vector<double> memory = numbers(20, 0.3);
    std::vector<double> backward;
    std::vector<double> every_third;
    for (std::size_t i = 0; i < 7; ++i) {
        backward.push_back(memory[19 - 2 * i]);
        every_third.push_back(memory[3 * i]);
    }
    check_blend(damo::view(&memory[19], {7}, {-2}), damo::view(memory.data(), {7}, {3}), backward, every_third);
    check_blend(damo::view(&memory[4], {7}, {0}), damo::view(memory.data(), {7}, {3}), std::vector<double>(7, memory[4]), every_third);
}

TEST_CASE("matrices row by row, column by column, transposed, reversed and repeated") {
    const std::vector<double> memory = numbers(60, 0.4);
    const std::vector<double> x = numbers(5, 1);
    const std::int64_t rows = 4;
    for (const auto& m : {damo::view(memory.data(), {rows, 5}), damo::view(memory.data(), {rows, 5}, {1, 4}), damo::view(memory.data(), {rows, 5}, {12, 2}),
                          damo::view(&memory[59], {rows, 5}, {-5, -1}), damo::view(memory.data(), {rows, 5}, {0, 1}), damo::view(memory.data(), {rows, 5}, {1, 0})}) {
        const damo::ndarray<double, 1> p = product(m, x);
        const damo::ndarray<double, 2> c = centred(m);
        REQUIRE(p.size() == 4);
        REQUIRE(c.size() == 20);
        for (std::int64_t i = 0; i < 4; ++i) {
            double sum = 0;
            for (std::int64_t j = 0; j < 5; ++j) {
                sum += m(i, j) * x[static_cast<std::size_t>(j)];
                const double mean = (m(0, j) + m(1, j) + m(2, j) + m(3, j)) / 4;
                CHECK(c(i, j) == Approx(m(i, j) - mean).margin(1e-15));
            }
            CHECK(p[i] == Approx(sum).margin(1e-15));
        }
    }
}

TEST_CASE("a pointer that no vector register likes") {
    const std::vector<double> x = numbers(33, 0.2);
    std::vector<double> memory(40);
    for (std::size_t shift = 0; shift < 4; ++shift) {
        std::memcpy(&memory[shift], x.data(), sizeof(double) * x.size());
        check_blend(std::span<const double>(&memory[shift], 33), x, x, x);
    }
}

TEST_CASE("results are arguments") {
    const std::vector<double> x = numbers(9, 0.2);
    const damo::ndarray<double, 1> once = blend(x, x, 1.0);
    const damo::ndarray<double, 1> twice = blend(once, blend(x, x, 1.0), 1.0);
    for (std::int64_t i = 0; i < 9; ++i) { CHECK(twice[i] == Approx(std::exp(-once[i] * once[i]) + once[i])); }
}

TEST_CASE("extents that are declared or must be equal are checked") {
    const std::vector<double> four(4);
    const std::vector<double> five(5);
    CHECK(sentence_of([&] { (void)norm(four); }) == "argument 1 of the call has shape [4] where the function declares [3]");
    CHECK(sentence_of([&] { (void)blend(four, five, 1.0); }) ==
          "the arguments of the call have shapes [4], [5], [], but the function needs axis 0 of argument 1 and axis 0 of argument 2 to be equally long; they are 4 and 5");
    CHECK(sentence_of([&] { (void)product(damo::view(five.data(), {1, 5}), four); }) ==
          "the arguments of the call have shapes [1, 5], [4], but the function needs axis 1 of argument 1 and axis 0 of argument 2 to be equally long; they are 5 and 4");
    CHECK(sentence_of([&] { (void)blend(four, four, 1.0); }) == "no error");
}

TEST_CASE("the gradient of an array function is that of finite differences") {
    std::vector<double> x = numbers(7, 0.6);
    std::vector<double> y = numbers(7, 1.6);
    const auto [value, gradient] = damo::value_and_grad<0, 1>(energy)(x, y);
    CHECK(value == energy(x, y));
    const auto& [by_x, by_y] = gradient;
    constexpr double h = 1e-6;
    for (std::size_t i = 0; i < 7; ++i) {
        const auto slope = [&](std::vector<double>& moved) {
            const double kept = moved[i];
            moved[i] = kept + h;
            const double up = energy(x, y);
            moved[i] = kept - h;
            const double down = energy(x, y);
            moved[i] = kept;
            return (up - down) / (2 * h);
        };
        CHECK(by_x[static_cast<std::int64_t>(i)] == Approx(slope(x)).margin(1e-8));
        CHECK(by_y[static_cast<std::int64_t>(i)] == Approx(slope(y)).margin(1e-8));
    }
}

TEST_CASE("a generic function takes its signature from the call") {
    const std::vector<double> x{1, 2, 3};
    const std::vector<float> z{1, 2, 3};
    CHECK(generic(2.0, 3.0) == 7);
    CHECK(generic(x, 2.0)[2] == 7);
    CHECK(generic(x, std::span(x))[2] == 10);
    CHECK(generic(damo::view(x.data(), {1, 3}), x)(0, 1) == 5);
    const damo::ndarray<float, 1> single = generic(z, z);
    CHECK(single[2] == 10);
}
