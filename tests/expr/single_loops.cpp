// SPDX-License-Identifier: BSD-3-Clause
// Calls that are one loop become a part of the caller where the elements lie side by side: every length, and every layout that they must
// leave to others.
#include <damo/damo.hpp>

#include "catch.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using damo::view;

namespace {

template <class T>
constexpr auto scaled = damo::fn([](damo::scalar<T> a, damo::vector<T> x, damo::vector<T> y) { return a * x + y; });
template <class T>
constexpr auto scaled_matrix = damo::fn([](damo::scalar<T> a, damo::matrix<T> x, damo::matrix<T> y) { return a * x + y; });
template <class T>
constexpr auto total = damo::fn([](damo::vector<T> x) { return damo::sum(x); });
template <class T>
constexpr auto largest = damo::fn([](damo::vector<T> x) { return damo::max(x); });
template <class T>
constexpr auto range = damo::fn([](damo::vector<T> x) { return damo::max(x) - damo::min(x); });

// n small numbers, all sums of which are exact, between two that nothing may touch.
template <class T>
struct fenced {
    static constexpr T fence = 12345;
    std::int64_t n;
    std::vector<T> memory;
    explicit fenced(std::int64_t count) : n(count), memory(static_cast<std::size_t>(count) + 2, fence) {
        for (std::int64_t i = 0; i < n; ++i) { data()[i] = static_cast<T>(i * 37 % 101 - 50); }
    }
    T* data() { return memory.data() + 1; }
    bool is_whole() const { return memory.front() == fence && memory.back() == fence; }
};

template <class T>
bool is_scaled(T a, const T* x, std::int64_t dx, const T* y, std::int64_t dy, const T* z, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) {
        if (z[i] != a * x[i * dx] + y[i * dy]) { return false; }
    }
    return true;
}

} // namespace

TEMPLATE_TEST_CASE("a loop in a call writes every element and no other", "", float, double) {
    for (std::int64_t n = 0; n < 150; ++n) {
        CAPTURE(n);
        fenced<TestType> x(2 * n), y(2 * n), z(n);
        scaled<TestType>.into(view(z.data(), {n}))(TestType(3), view(x.data(), {n}), view(y.data(), {n}));
        CHECK(is_scaled<TestType>(3, x.data(), 1, y.data(), 1, z.data(), n));
        scaled<TestType>.into(view(z.data(), {n}))(TestType(4), view(x.data(), {n}, {2}), view(y.data(), {n}));
        CHECK(is_scaled<TestType>(4, x.data(), 2, y.data(), 1, z.data(), n));
        if (n > 0) {
            scaled<TestType>.into(view(z.data(), {n}))(TestType(5), view(x.data() + n - 1, {n}, {-1}), view(y.data(), {n}, {1}));
            CHECK(is_scaled<TestType>(5, x.data() + n - 1, -1, y.data(), 1, z.data(), n));
        }
        CHECK(z.is_whole());
    }
}

TEMPLATE_TEST_CASE("a loop in a call reads what the inputs held before", "", float, double) {
    for (std::int64_t n : {1, 3, 16, 61, 100}) {
        for (std::int64_t shift : {-1, 0, 1}) {
            CAPTURE(n, shift);
            fenced<TestType> x(n + 2), y(n), wanted(n + 2);
            for (std::int64_t i = 0; i < n; ++i) { wanted.data()[1 + shift + i] = 3 * x.data()[1 + i] + y.data()[i]; }
            scaled<TestType>.into(view(x.data() + 1 + shift, {n}))(TestType(3), view(x.data() + 1, {n}), view(y.data(), {n}));
            CHECK(x.memory == wanted.memory);
        }
    }
}

TEMPLATE_TEST_CASE("matrices in one loop, whole and cut out of larger ones", "", float, double) {
    for (std::int64_t rows : {0, 1, 2, 5}) {
        for (std::int64_t cols : {0, 1, 7, 16, 33}) {
            for (std::int64_t leading : {cols, cols + 3}) {
                CAPTURE(rows, cols, leading);
                fenced<TestType> x(rows * leading), y(rows * cols), z(rows * cols);
                scaled_matrix<TestType>.into(view(z.data(), {rows, cols}))(TestType(2), view(x.data(), {rows, cols}, {leading, std::int64_t(1)}),
                                                                           view(y.data(), {rows, cols}));
                for (std::int64_t r = 0; r < rows; ++r) {
                    CHECK(is_scaled<TestType>(2, x.data() + r * leading, 1, y.data() + r * cols, 1, z.data() + r * cols, cols));
                }
                CHECK(z.is_whole());
            }
        }
    }
}

TEMPLATE_TEST_CASE("sums and extremes of every length", "", float, double) {
    for (std::int64_t n : {1, 2, 3, 7, 8, 15, 16, 17, 31, 63, 64, 65, 100, 127, 1000, 1024, 2047, 2048, 2049, 5000}) {
        CAPTURE(n);
        fenced<TestType> x(n);
        TestType sum = 0;
        for (std::int64_t i = 0; i < n; ++i) { sum += x.data()[i]; }
        const TestType high = *std::max_element(x.data(), x.data() + n);
        const TestType low = *std::min_element(x.data(), x.data() + n);
        CHECK(total<TestType>(view(x.data(), {n})) == sum);
        CHECK(largest<TestType>(view(x.data(), {n})) == high);
        CHECK(range<TestType>(view(x.data(), {n})) == high - low);
        for (std::int64_t part = 0; part < 8; ++part) { // one NaN comes through, wherever it is; infinities alone are ordinary numbers
            const std::int64_t at = part * (n - 1) / 7;
            const TestType before = x.data()[at];
            x.data()[at] = std::numeric_limits<TestType>::infinity();
            CHECK(largest<TestType>(view(x.data(), {n})) == std::numeric_limits<TestType>::infinity());
            x.data()[at] = std::numeric_limits<TestType>::quiet_NaN();
            CHECK(std::isnan(largest<TestType>(view(x.data(), {n}))));
            CHECK(std::isnan(range<TestType>(view(x.data(), {n}))));
            x.data()[at] = before;
        }
    }
}

#if DAMO_HAS_BATCHES
TEMPLATE_TEST_CASE("two vectors are tested for NaN at once", "", float, double) {
    using batch = xsimd::batch<TestType>;
    constexpr int width = static_cast<int>(batch::size);
    const auto in_order = [](const TestType* a, const TestType* b) {
        return xsimd::all(damo::exec::neither_is_nan(batch::load_unaligned(a), batch::load_unaligned(b)));
    };
    std::vector<TestType> a(width, std::numeric_limits<TestType>::infinity()), b(width, -1);
    CHECK(in_order(a.data(), b.data()));
    for (int k = 0; k < width; ++k) {
        std::vector<TestType> bad = b;
        bad[static_cast<std::size_t>(k)] = std::numeric_limits<TestType>::quiet_NaN();
        CHECK_FALSE(in_order(a.data(), bad.data()));
        CHECK_FALSE(in_order(bad.data(), a.data()));
    }
}
#endif

// An accumulator forgets a NaN with the number that follows it: each place has its own moment at which it must have been seen.
TEMPLATE_TEST_CASE("one NaN comes through from every place", "", float, double) {
    for (std::int64_t n : {1, 2, 5, 16, 17, 63, 64, 65, 79, 128, 200, 2100}) {
        CAPTURE(n);
        fenced<TestType> x(n);
        for (std::int64_t at = 0; at < n; at += n < 300 ? 1 : 7) {
            const TestType before = x.data()[at];
            x.data()[at] = std::numeric_limits<TestType>::quiet_NaN();
            if (!std::isnan(largest<TestType>(view(x.data(), {n}))) || !std::isnan(range<TestType>(view(x.data(), {n})))) {
                CAPTURE(at);
                FAIL("the NaN got lost");
            }
            x.data()[at] = before;
        }
        CHECK(!std::isnan(range<TestType>(view(x.data(), {n}))));
    }
}
