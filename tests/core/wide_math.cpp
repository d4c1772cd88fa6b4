// SPDX-License-Identifier: BSD-3-Clause
#include <damo/core/wide_math.hpp>

#include <cstdint>
#include <random>

#include "catch.hpp"

// What real_math.cpp cannot see behind one rounding to 53 bits: the wide functions keep their 110 bits.

using damo::core::scale;
using damo::core::to_wide;
using damo::core::uint128_of;
using damo::core::wide_real;
namespace wide = damo::core::wide;

namespace {

// |x / y - 1| as a power of two
constexpr int agreement(const wide_real& x, const wide_real& y) {
    const wide_real difference = x - y;
    return difference.mantissa ? difference.exponent - y.exponent : -1000;
}

// First 128 bits of e, log 10, sin 1, cos 1, erf 1 and of erfc 2.
static_assert(agreement(wide::exp(wide::one), {uint128_of(0xadf85458a2bb4a9a, 0xafdc5620273d3cf1), 1, false}) < -115);
static_assert(agreement(wide::log(to_wide(10.0)), {uint128_of(0x935d8dddaaa8ac16, 0xea56d62b82d30a28), 1, false}) < -115);
static_assert(agreement(wide::sin(1.0, 0), {uint128_of(0xd76aa47848677020, 0xc6e9e909c50f3c32), -1, false}) < -115);
static_assert(agreement(wide::sin(1.0, 1), {uint128_of(0x8a51407da8345c91, 0xc2466d976871bd29), -1, false}) < -115);
static_assert(agreement(wide::erf_series(wide::one), {uint128_of(0xd7bb3d3a08445636, 0x80887edd869379d3), -1, false}) < -85);
static_assert(agreement(wide::erfc(wide::two), {uint128_of(0x9947af61a873346b, 0xff37da32e60885fa), -8, false}) < -80);
static_assert(wide::nearest_integer(to_wide(2.5)) == 3 && wide::nearest_integer(to_wide(-2.75)) == -3 &&
              wide::nearest_integer({}) == 0);

class sampler {
public:
    double between(double a, double b) { return a + (b - a) * (static_cast<double>(random() >> 11) * 0x1p-53); }

private:
    std::mt19937_64 random{1};
};

} // namespace

TEST_CASE("exp and log undo each other") {
    sampler sample;
    for (int i = 0; i < 2000; ++i) {
        const wide_real x = to_wide(sample.between(0.5, 700));
        REQUIRE(agreement(wide::log(wide::exp(x)), x) < -110);
        REQUIRE(agreement(wide::log(wide::exp(-x)), -x) < -110);
        const wide_real small = scale(x, -i % 80 - 10);
        REQUIRE(agreement(wide::log1p(wide::expm1(small)), small) < -110);
        REQUIRE(agreement(wide::log1p(wide::expm1(-small)), -small) < -110);
    }
}

TEST_CASE("sine, cosine and angle agree, for large arguments too") {
    sampler sample;
    for (int i = 0; i < 2000; ++i) {
        const double x = sample.between(1, 2) * (i % 2 ? 1e3 : 1e300);
        const wide_real s = wide::sin(x, 0), c = wide::sin(x, 1);
        REQUIRE(agreement(s * s + c * c, wide::one) < -110);
        // sin 2x = 2 sin x cos x: ties two reductions together
        REQUIRE(agreement(wide::sin(2 * x, 0), scale(s * c, 1)) < -105);
        const double y = sample.between(0, 0.785);
        REQUIRE(agreement(wide::angle(wide::sin(y, 0), wide::sin(y, 1)), to_wide(y)) < -110);
    }
}

TEST_CASE("the series of erf and the fraction of erfc meet") {
    sampler sample;
    for (int i = 0; i < 200; ++i) {
        const wide_real x = to_wide(sample.between(3.99, 4));
        REQUIRE(agreement(wide::erfc_fraction(x), wide::one - wide::erf_series(x)) < -60);
    }
}
