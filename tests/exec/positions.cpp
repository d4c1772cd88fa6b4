// SPDX-License-Identifier: BSD-3-Clause
// Where the first largest and smallest element lies: every length around the width of vectors and blocks, against a search one by one.
#include <damo/exec/static/position.hpp>

#include "catch.hpp"

#include <limits>
#include <vector>

using damo::exec::detail::position::first_extreme;

namespace {

template <class T>
std::int64_t searched(const std::vector<T>& x, bool largest) {
    std::size_t best = 0;
    for (std::size_t i = 1; i < x.size() && x[best] == x[best]; ++i) {
        if (x[i] != x[i] || (largest ? x[i] > x[best] : x[i] < x[best])) { best = i; }
    }
    return static_cast<std::int64_t>(best);
}
template <class T>
bool is_found(const std::vector<T>& x) {
    const auto n = static_cast<std::int64_t>(x.size());
    std::vector<T> apart(2 * x.size(), T(7));
    for (std::size_t i = 0; i < x.size(); ++i) { apart[2 * i] = x[i]; }
    return first_extreme(x.data(), n, 1, true) == searched(x, true) && first_extreme(x.data(), n, 1, false) == searched(x, false) &&
           first_extreme(apart.data(), n, 2, true) == searched(x, true) && first_extreme(apart.data(), n, 2, false) == searched(x, false);
}
// Numbers of few values: the extremes come many times.
template <class T>
std::vector<T> numbers(std::int64_t n, unsigned values) {
    std::vector<T> x(static_cast<std::size_t>(n));
    unsigned state = 7 + static_cast<unsigned>(n);
    for (T& v : x) {
        state = state * 1664525u + 1013904223u;
        v = static_cast<T>(static_cast<int>((state >> 16) % values) - static_cast<int>(values / 2));
    }
    return x;
}
constexpr std::int64_t lengths[] = {1, 2, 3, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 127, 128, 129, 1000, 1023, 1024, 1025, 4095, 4096, 4097, 8192, 9000};

} // namespace

TEMPLATE_TEST_CASE("the first extreme is found in rows of every length", "", float, double, std::int32_t, std::int64_t, std::int8_t) {
    for (std::int64_t n : lengths) {
        CAPTURE(n);
        for (unsigned values : {1u, 2u, 5u, 120u}) { CHECK(is_found(numbers<TestType>(n, values))); }
        // One number above and one below all others, at every place of short rows and at some of long ones.
        std::vector<TestType> x = numbers<TestType>(n, 5);
        for (std::int64_t at = 0; at < n; at += n < 200 ? 1 : 61) {
            const auto low = static_cast<std::size_t>(at), high = static_cast<std::size_t>(n - 1 - at);
            const TestType a = x[low], b = x[high];
            x[low] = std::numeric_limits<TestType>::lowest();
            x[high] = std::numeric_limits<TestType>::max();
            if (!is_found(x)) { FAIL("wrong place, " << at); }
            x[high] = b;
            x[low] = a;
        }
    }
}

TEMPLATE_TEST_CASE("the first NaN is the place of both extremes", "", float, double) {
    for (std::int64_t n : lengths) {
        CAPTURE(n);
        std::vector<TestType> x = numbers<TestType>(n, 120);
        for (std::int64_t at = 0; at < n; at += n < 200 ? 1 : 61) {
            const auto place = static_cast<std::size_t>(at);
            const TestType before = x[place], last = x.back();
            x[place] = x.back() = std::numeric_limits<TestType>::quiet_NaN();
            if (!is_found(x)) { FAIL("wrong place, " << at); }
            CHECK(first_extreme(x.data(), n, 1, true) == at);
            x.back() = last;
            x[place] = before;
        }
    }
}

TEMPLATE_TEST_CASE("zeros of both signs and infinities alone are numbers like others", "", float, double) {
    constexpr TestType inf = std::numeric_limits<TestType>::infinity();
    for (std::int64_t n : {20, 64, 65, 1000, 5000}) {
        for (TestType fill : {TestType(0), inf, -inf}) {
            std::vector<TestType> x(static_cast<std::size_t>(n), fill);
            for (std::size_t i = 1; i < x.size(); i += 3) { x[i] = -fill; }
            CHECK(is_found(x));
            CHECK(is_found(std::vector<TestType>(static_cast<std::size_t>(n), fill)));
        }
    }
}
