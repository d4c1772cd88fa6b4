// SPDX-License-Identifier: BSD-3-Clause
#include <damo/core/wide_real.hpp>

#include <cstdint>
#include <limits>
#include <random>

#include "catch.hpp"

using namespace damo::core;

namespace {

constexpr double least = std::numeric_limits<double>::denorm_min();
constexpr double infinite = std::numeric_limits<double>::infinity();

constexpr wide_real wide(double x) {
    return to_wide(x);
}
constexpr double narrow(const wide_real& x) {
    return round_to<double>(x);
}

// In and out.
static_assert(narrow(wide(0.1)) == 0.1 && narrow(wide(-least)) == -least && narrow(to_wide(std::int64_t{-3})) == -3 &&
              narrow({}) == 0);
static_assert(round_to<float>(wide(0.1)) == 0.1f && round_to<float>(wide(1e39)) == std::numeric_limits<float>::infinity());
static_assert(narrow(to_wide(std::numeric_limits<std::int64_t>::min())) == -0x1p63 && to_wide(0.0).mantissa == 0);

// Rounded once, ties to even; through the subnormal numbers; to infinity from half a unit above the greatest.
static_assert(narrow(wide(1) + wide(0x1p-53)) == 1 && narrow(wide(1 + 0x1p-52) + wide(0x1p-53)) == 1 + 0x1p-51);
static_assert(narrow(wide(1) + wide(0x1p-53) + wide(0x1p-100)) == 1 + 0x1p-52 && narrow(wide(1) - wide(0x1p-54)) == 1);
static_assert(narrow(scale(wide(1), -1075)) == 0 && narrow(scale(wide(1 + 0x1p-52), -1075)) == least);
static_assert(narrow(scale(wide(3), -1075)) == 2 * least && narrow(scale(wide(1), -5000)) == 0 &&
              narrow(scale(wide(1), 1024)) == infinite);
static_assert(narrow(scale(wide(2 - 0x1p-52), 1023)) == std::numeric_limits<double>::max());
static_assert(narrow(scale(wide(2) - wide(0x1p-53), 1023)) == infinite);
static_assert(narrow(scale(wide(2 - 0x1p-52), -1023)) == 0x1p-1022); // the carry makes it normal

// Arithmetic.
static_assert(narrow(wide(3) * wide(-0.5)) == -1.5 && narrow(wide(1) / wide(-3)) == -1.0 / 3 && narrow(wide(6) / wide(2)) == 3);
static_assert(narrow(wide(0.1) - wide(0.1)) == 0 && narrow(wide(1) - wide(3)) == -2 && narrow(wide(0) - wide(3)) == -3);
static_assert(narrow(wide(1e300) * wide(1e300) / wide(1e300)) == 1e300 && narrow(wide(0) * wide(5)) == 0 &&
              narrow(wide(0) / wide(5)) == 0);
static_assert(narrow(wide(1) + wide(1e-300)) == 1 && narrow(wide(0x1p60) + wide(0x1p-60) - wide(0x1p60)) == 0x1p-60);
static_assert(narrow(sqrt(wide(2))) == 1.4142135623730951 && narrow(sqrt(wide(0x1p-1074))) == 0x1p-537 &&
              narrow(sqrt(wide(0))) == 0);
static_assert(integer_sqrt(wide_one >> 1) == std::uint64_t{1} << 63 && integer_sqrt(~uint128{0}) == ~std::uint64_t{0});
static_assert(fraction_of(wide(0.5)) == wide_one && fraction_of(wide(0x1p-128)) == 1 && fraction_of(wide(0x1p-129)) == 0 &&
              fraction_of({}) == 0);

// snap takes the noise off, also upwards across a power of two, and leaves 106 bits alone.
static_assert(snap({wide_one + 1000, 0, false}).mantissa == wide_one && snap({~uint128{0}, 0, false}).exponent == 1);
static_assert(snap(wide(0.1) * wide(0.1)).mantissa == (wide(0.1) * wide(0.1)).mantissa && snap({}).mantissa == 0);

// |x / y - 1| as a power of two
int agreement(const wide_real& x, const wide_real& y) {
    const wide_real difference = x - y;
    return difference.mantissa ? difference.exponent - y.exponent : -1000;
}

} // namespace

TEST_CASE("quotient and root undo product and square to 120 bits") {
    std::mt19937_64 random(1);
    for (int i = 0; i < 20000; ++i) {
        const wide_real a{uint128_of(random() | 1ull << 63, random()), static_cast<int>(random() % 100), random() % 2 == 0};
        wide_real b{uint128_of(random() | 1ull << 63, random()), -static_cast<int>(random() % 100), random() % 2 == 0};
        if (i % 4 == 0) { b.mantissa = wide_one + i; }
        if (i % 4 == 1) { b.mantissa = ~uint128{0} - static_cast<unsigned>(i); }
        REQUIRE(agreement(a / b * b, a) < -119);
        REQUIRE(agreement(sqrt(a * a), a.negative ? -a : a) < -119);
        REQUIRE(agreement(a + b - b, a) < (b.exponent > a.exponent ? b.exponent - a.exponent : 0) - 125);
    }
}

TEST_CASE("one rounding from the exact sum or product is the hardware's") {
    std::mt19937_64 random(2);
    int wrong = 0;
    for (int i = 0; i < 50000; ++i) {
        const double a = from_bits<double>((random() & 0x800fffffffffffff) | (1023 + random() % 30) << 52);
        const double b = from_bits<double>((random() & 0x800fffffffffffff) | (1023 - random() % 30) << 52);
        volatile double sum = a + b, product = a * b, quotient = a / b;
        wrong +=
            narrow(wide(a) + wide(b)) != sum || narrow(wide(a) * wide(b)) != product || narrow(wide(a) / wide(b)) != quotient;
        volatile float f = static_cast<float>(a);
        wrong += round_to<float>(wide(a)) != f;
    }
    CHECK(wrong == 0);
}
