// SPDX-License-Identifier: BSD-3-Clause
// Results written where the caller wants them: outputs of every form, outputs that share memory with inputs, and what is refused.
#include <damo/damo.hpp>

#include "catch.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <vector>

namespace {

constexpr auto step = damo::fn([](damo::vector<double> x, damo::vector<double> y) { return x + 2 * y; });
constexpr auto reversed_sum = damo::fn([](damo::vector<double> x) { return x + sum(x); });
constexpr auto both = damo::fn([](damo::vector<double> x, damo::vector<double> y) { return std::tuple(x + y, x - y); });
constexpr auto turned = damo::fn([](damo::matrix<double> m) { return transpose(m) + 1; });
constexpr auto whole = damo::fn([](damo::vector<double, 4> x) { return std::tuple(sum(x), 2 * x); });
constexpr auto of_numbers = damo::fn([](damo::scalar<double> x, damo::scalar<double> y) { return std::array{x * y, x + y}; });

const std::vector<double> start{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};

template <class F>
std::string sentence_of(const F& call) {
    try {
        call();
    } catch (const damo::error& e) { return e.what(); }
    return "no error";
}

} // namespace

TEST_CASE("outputs of every form") {
    const std::vector<double> x{1, 2, 3};
    std::vector<double> v(3);
    std::array<double, 3> a{};
    double c[3] = {};
    std::vector<double> memory(9, -1.0);
    damo::ndarray<double, 1> n = step(x, x);
    step.into(v)(x, x);
    step.into(a)(x, x);
    step.into(c)(x, x);
    step.into(n)(x, std::vector<double>{0, 0, 0});
    step.into(damo::view(&memory[8], {3}, {-3}))(x, x);
    CHECK(v == std::vector<double>{3, 6, 9});
    CHECK(a == std::array<double, 3>{3, 6, 9});
    CHECK((c[0] == 3 && c[2] == 9));
    CHECK((n[0] == 1 && n[2] == 3));
    CHECK(memory == std::vector<double>{-1, -1, 9, -1, -1, 6, -1, -1, 3});
    step.into(std::span(v))(x, v);
    CHECK(v == std::vector<double>{7, 14, 21});
}

TEST_CASE("outputs of a function of numbers, and of extents known to the compiler") {
    double product = 0;
    double sum = 0;
    of_numbers.into(product, sum)(3.0, 4.0);
    CHECK(product == 12);
    CHECK(sum == 7);
    std::vector<double> twice(4);
    whole.into(sum, twice)(std::array<double, 4>{1, 2, 3, 4});
    CHECK(sum == 10);
    CHECK(twice == std::vector<double>{2, 4, 6, 8});
}

TEST_CASE("empty outputs") {
    std::vector<double> none;
    step.into(none)(none, none);
    CHECK(none.empty());
}

TEST_CASE("an output that is an input") {
    for (std::size_t n : {1u, 3u, 10u}) {
        std::vector<double> x(start.begin(), start.begin() + static_cast<std::ptrdiff_t>(n));
        std::vector<double> y = x;
        step.into(x)(x, y);
        for (std::size_t i = 0; i < n; ++i) { CHECK(x[i] == 3 * start[i]); }
        step.into(y)(y, y);
        CHECK(y == x);
        reversed_sum.into(y)(y);
        double total = 0;
        for (double e : x) { total += e; }
        for (std::size_t i = 0; i < n; ++i) { CHECK(y[i] == x[i] + total); }
    }
}

TEST_CASE("an output that shares a part of an input") {
    for (const int shift : {-3, -1, 1, 2}) {
        std::vector<double> memory = start;
        const auto at = [&](int k) { return damo::view(&memory[static_cast<std::size_t>(k)], {4}); };
        step.into(at(3 + shift))(at(3), at(6));
        for (std::size_t i = 0; i < 4; ++i) { CHECK(memory[static_cast<std::size_t>(3 + shift) + i] == start[3 + i] + 2 * start[6 + i]); }
    }
    std::vector<double> memory = start;
    step.into(damo::view(&memory[9], {10}, {-1}))(memory, memory);
    for (std::size_t i = 0; i < 10; ++i) { CHECK(memory[9 - i] == 3 * start[i]); }
    std::vector<double> square(start.begin(), start.begin() + 9);
    const auto m = damo::view(square.data(), {3, 3});
    turned.into(m)(m);
    CHECK(square == std::vector<double>{2, 5, 8, 3, 6, 9, 4, 7, 10});
}

// A loop that becomes a part of the call ends in a vector that overlaps the one before it.
TEST_CASE("every length up to several vectors, in place and apart") {
    constexpr auto scaled = damo::fn([](damo::vector<float> x, damo::vector<float> y) { return 3 * x - y * x; });
    for (std::size_t n = 0; n <= 70; ++n) {
        std::vector<double> x(n), y(n);
        std::vector<float> a(n), b(n);
        for (std::size_t i = 0; i < n; ++i) {
            x[i] = static_cast<double>(i) - 7;
            y[i] = 5 - static_cast<double>(i % 9);
            a[i] = static_cast<float>(x[i]);
            b[i] = static_cast<float>(y[i]);
        }
        std::vector<double> apart(n + 1, -1);
        std::vector<float> apart_too(n + 1, -1);
        step.into(damo::view(apart.data(), {static_cast<std::int64_t>(n)}))(x, y);
        scaled.into(damo::view(apart_too.data(), {static_cast<std::int64_t>(n)}))(a, b);
        bool good = apart[n] == -1 && apart_too[n] == -1;
        for (std::size_t i = 0; i < n; ++i) { good = good && apart[i] == x[i] + 2 * y[i] && apart_too[i] == 3 * a[i] - b[i] * a[i]; }
        step.into(x)(x, y);
        scaled.into(b)(a, b);
        for (std::size_t i = 0; i < n; ++i) { good = good && x[i] == apart[i] && b[i] == apart_too[i]; }
        INFO("length " << n);
        CHECK(good);
    }
}

// Rows end in vectors that reach back over what is written already.
TEST_CASE("an output that lies anywhere beside and across an input of any length") {
    constexpr auto line = damo::fn([](damo::vector<float> x, damo::vector<float> y) { return 3 * x + y; });
    for (std::int64_t n = 1; n <= 40; ++n) {
        for (std::int64_t shift = -n - 1; shift <= n + 1; ++shift) {
            std::vector<float> memory(static_cast<std::size_t>(3 * n + 2));
            for (std::size_t i = 0; i < memory.size(); ++i) { memory[i] = static_cast<float>(i); }
            std::vector<float> wanted = memory;
            const std::int64_t at = n + 1;
            for (std::int64_t i = 0; i < n; ++i) {
                const auto from = static_cast<std::size_t>(at + i);
                wanted[static_cast<std::size_t>(at + shift + i)] = 3 * memory[from] + memory[from];
            }
            const auto x = damo::view(&memory[static_cast<std::size_t>(at)], {n});
            line.into(damo::view(memory.data() + at + shift, {n}))(x, x);
            REQUIRE(memory == wanted);
        }
    }
}

TEST_CASE("an output that is a number inside an input") {
    std::array<double, 4> x{1, 2, 3, 4};
    std::array<double, 4> twice{};
    whole.into(x[0], twice)(x);
    CHECK(x[0] == 10);
    CHECK(twice == std::array<double, 4>{2, 4, 6, 8});
}

TEST_CASE("several outputs, crossed with the inputs") {
    std::vector<double> x{1, 2, 3};
    std::vector<double> y{10, 20, 30};
    both.into(y, x)(x, y);
    CHECK(y == std::vector<double>{11, 22, 33});
    CHECK(x == std::vector<double>{-9, -18, -27});
}

TEST_CASE("outputs that overlap are refused, and nothing is written") {
    std::vector<double> memory = start;
    const auto at = [&](std::size_t k) { return damo::view(&memory[k], {4}); };
    const std::string sentence = "outputs 1 and 2 given to into() overlap in memory: each needs its own";
    const std::vector<double> x{1, 2, 3, 4};
    CHECK(sentence_of([&] { both.into(at(0), at(3))(x, x); }) == sentence);
    CHECK(sentence_of([&] { both.into(at(2), at(2))(x, x); }) == sentence);
    // where one of them, or both, share memory with an input too
    CHECK(sentence_of([&] { both.into(at(0), at(3))(at(0), x); }) == sentence);
    CHECK(sentence_of([&] { both.into(at(0), at(3))(x, at(6)); }) == sentence);
    CHECK(sentence_of([&] { both.into(at(0), at(0))(at(0), x); }) == sentence);
    CHECK(memory == start);
    CHECK(sentence_of([&] { both.into(at(0), at(4))(x, x); }) == "no error");
}

TEST_CASE("an output that repeats its own elements is refused") {
    std::vector<double> memory = start;
    const std::vector<double> x{1, 2, 3, 4};
    CHECK(sentence_of([&] { step.into(damo::view(memory.data(), {4}, {0}))(x, x); }) ==
          "output 1 given to into() reaches one place in memory by several indices: its strides must keep its elements apart");
    CHECK(sentence_of([&] { turned.into(damo::view(memory.data(), {2, 2}, {1, 1}))(damo::view(x.data(), {2, 2})); }) ==
          "output 1 given to into() reaches one place in memory by several indices: its strides must keep its elements apart");
    CHECK(memory == start);
    // an axis of extent 1 may have any stride
    turned.into(damo::view(memory.data(), {1, 2}, {0, 1}))(damo::view(x.data(), {2, 1}));
    CHECK((memory[0] == 2 && memory[1] == 3));
}

TEST_CASE("outputs of other extents are refused") {
    const std::vector<double> x{1, 2, 3, 4};
    std::vector<double> five(5);
    CHECK(sentence_of([&] { step.into(five)(x, x); }) == "output 1 given to into() has shape [5] where the call gives [4]");
    CHECK(sentence_of([&] { turned.into(damo::view(x.empty() ? nullptr : five.data(), {2, 2}))(damo::view(x.data(), {1, 4})); }) ==
          "output 1 given to into() has shape [2, 2] where the call gives [4, 1]");
}
