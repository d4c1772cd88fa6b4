// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/core/wide_real.hpp>

#include <cstdint>

// Elementary functions of wide_real: finite in, finite out. The error is below 2^-110 of the result unless stated; the argument must
// lie in the domain, special cases are settled by the caller (real_math.hpp). Series are summed by Horner's rule in fixed point, with
// 127 bits behind the point.

namespace damo::core::wide {

inline constexpr wide_real one{wide_one, 0, false};
inline constexpr wide_real two{wide_one, 1, false};
inline constexpr wide_real ln2{uint128_of(0xb17217f7d1cf79ab, 0xc9e3b39803f2f6af), -1, false};
inline constexpr wide_real log2_e{uint128_of(0xb8aa3b295c17f0bb, 0xbe87fed0691d3e89), 0, false};
inline constexpr wide_real log10_e{uint128_of(0xde5bd8a937287195, 0x355baaafad33dc32), -2, false};
inline constexpr wide_real half_pi{uint128_of(0xc90fdaa22168c234, 0xc4c6628b80dc1cd1), 0, false};
inline constexpr wide_real two_over_sqrt_pi{uint128_of(0x906eba8214db688d, 0x71d48a7f6bfec344), 0, false};

// atan(k / 8)
inline constexpr wide_real atan_of_eighths[9] = {
    {},
    {uint128_of(0xfeadd4d5617b6e32, 0xc897989f3e888ef8), -4, false},
    {uint128_of(0xfadbafc96406eb15, 0x6dc79ef5f7a217e6), -3, false},
    {uint128_of(0xb7b0ca0f26f78473, 0x8aa32122dcfe4483), -2, false},
    {uint128_of(0xed63382b0dda7b45, 0x6fe445ecbc3a8d03), -2, false},
    {uint128_of(0x8f005d5ef7f59f9b, 0x5c835e1665c43748), -1, false},
    {uint128_of(0xa4bc7d1934f70924, 0x19a87f2a457dac9f), -1, false},
    {uint128_of(0xb8053e2bc2319e73, 0xcb2da55210a4443d), -1, false},
    {uint128_of(0xc90fdaa22168c234, 0xc4c6628b80dc1cd1), -1, false},
};

// 64 zeros, then the first 1280 binary digits of 2 / pi behind the point.
inline constexpr std::uint64_t two_over_pi[21] = {
    0x0000000000000000, 0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041, 0xfe5163abdebbc561, 0xb7246e3a424dd2e0,
    0x06492eea09d1921c, 0xfe1deb1cb129a73e, 0xe88235f52ebb4484, 0xe99c7026b45f7e41, 0x3991d639835339f4, 0x9c845f8bbdf9283b,
    0x1ff897ffde05980f, 0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7, 0x4f463f669e5fea2d, 0x7527bac7ebe5f17b, 0x3d0739f78a5292ea,
    0x6bfb5fb11f8d5d08, 0x56033046fc7b6bab, 0xf0cfbc209af4361d,
};

// The nearest integer, for |x| < 2^62.
constexpr std::int64_t nearest_integer(const wide_real& x) {
    if (x.exponent < -1) return 0;
    const auto doubled = std::int64_t(x.mantissa >> 64 >> (62 - x.exponent));
    return x.negative ? -((doubled + 1) >> 1) : (doubled + 1) >> 1;
}

// exp(r) = 1 + (result) for |r| < 1/2: the Taylor series by Horner's rule, r/1 (1 + r/2 (1 + r/3 (...))).
constexpr wide_real expm1_series(const wide_real& r) {
    const uint128 x = fraction_of(r);
    uint128 sum = wide_one;
    if (r.negative)
        for (unsigned n = 27; n > 1; --n) sum = wide_one - multiply_high(sum, x) / n;
    else
        for (unsigned n = 27; n > 1; --n) sum = wide_one + multiply_high(sum, x) / n;
    return r * normalise(sum, 0);
}

struct reduced {
    wide_real rest;
    int count;
};

// x = count * ln 2 + rest. Beyond 2^14 the count only says "far out of range": 2^20000 or 2^-20000.
constexpr reduced reduce_by_ln2(const wide_real& x) {
    if (x.exponent >= 14) return {{}, x.negative ? -20000 : 20000};
    const auto k = nearest_integer(x * log2_e);
    return {k ? x - to_wide(k) * ln2 : x, int(k)};
}

constexpr wide_real exp(const wide_real& x) {
    const auto [rest, k] = reduce_by_ln2(x);
    return scale(one + expm1_series(rest), k);
}

constexpr wide_real expm1(const wide_real& x) {
    const auto [rest, k] = reduce_by_ln2(x);
    const wide_real small = expm1_series(rest);
    return k ? scale(one + small, k) - one : small;
}

// 2 atanh(s) for |s| < 0.18
constexpr wide_real log_series(const wide_real& s) {
    const uint128 z = fraction_of(s * s);
    uint128 sum = 0;
    for (unsigned n = 49; n > 1; n -= 2) sum = multiply_high(wide_one / n + sum, z);
    return scale(s * normalise(wide_one + sum, 0), 1);
}

// x = m 2^exponent with m in [1/sqrt 2, sqrt 2]; rest = log m.
constexpr reduced reduce_log(const wide_real& x) {
    const int above = x.mantissa > uint128_of(0xb504f333f9de6484, 0);
    const wide_real m{x.mantissa, -above, false};
    return {log_series((m - one) / (m + one)), x.exponent + above};
}

// x > 0
constexpr wide_real log(const wide_real& x) {
    const auto [rest, k] = reduce_log(x);
    return to_wide(std::int64_t{k}) * ln2 + rest;
}

// log(1 + x), x > -1
constexpr wide_real log1p(const wide_real& x) {
    return x.exponent < -2 ? log_series(x / (two + x)) : log(one + x);
}

// x = (quadrant + 4 n) pi/2 + rest, |rest| <= pi/4 (Payne and Hanek 1983): of x * 2/pi only 256 bits are computed, which begin where
// the multiples of 4 end. No double comes nearer than 2^-62 to a
// multiple of pi/2, so every bit of the rest is right.
constexpr reduced reduce_by_half_pi(double x) {
    const wide_real whole = to_wide(x);
    if (whole.exponent < -1) return {whole, 0};
    const auto mantissa = std::uint64_t(whole.mantissa >> 75);
    const unsigned start = unsigned(whole.exponent - 52 - 2 + 64), word = start / 64, bit = start % 64;
    std::uint64_t product[4] = {}, carry = 0;
    for (unsigned i = 4; i-- > 0;) {
        const uint128 pair = uint128_of(two_over_pi[word + i], two_over_pi[word + i + 1]);
        const uint128 term = uint128{mantissa} * std::uint64_t(pair << bit >> 64) + carry;
        product[i] = std::uint64_t(term);
        carry = std::uint64_t(term >> 64);
    }
    int quadrant = int(product[0] >> 62);
    const bool above = product[0] >> 61 & 1;
    for (unsigned i = 0; above && i < 4; ++i) product[i] = ~product[i];
    product[0] &= ~std::uint64_t{0} >> 2;
    const wide_real high = normalise(uint128_of(product[0], product[1]), 1),
                    low = normalise(uint128_of(product[2], product[3]), -127);
    quadrant = (quadrant + above) & 3;
    wide_real rest = (high + low) * half_pi;
    rest.negative = above != whole.negative;
    return {rest, whole.negative ? -quadrant & 3 : quadrant};
}

// |r| <= pi/4
constexpr wide_real sin_series(const wide_real& r) {
    const uint128 z = fraction_of(r * r);
    uint128 sum = wide_one;
    for (unsigned n = 30; n > 1; n -= 2) sum = wide_one - multiply_high(sum, z) / (n * (n + 1));
    return r * normalise(sum, 0);
}

constexpr wide_real cos_series(const wide_real& r) {
    const uint128 z = fraction_of(r * r);
    uint128 sum = wide_one;
    for (unsigned n = 32; n > 0; n -= 2) sum = wide_one - multiply_high(sum, z) / (n * (n - 1));
    return normalise(sum, 0);
}

// sin(x + quarter_turns pi/2)
constexpr wide_real sin(double x, int quarter_turns) {
    const auto [rest, quadrant] = reduce_by_half_pi(x);
    const int q = quadrant + quarter_turns;
    const wide_real s = q & 1 ? cos_series(rest) : sin_series(rest);
    return q & 2 ? -s : s;
}

constexpr wide_real atan_series(const wide_real& t) {
    const uint128 z = fraction_of(t * t);
    uint128 sum = 0;
    for (unsigned n = 33; n > 1; n -= 2) sum = multiply_high(wide_one / n - sum, z);
    return t * normalise(wide_one - sum, 0);
}

// y >= 0, x >= 0, not both zero: the angle of (x, y). atan t = atan c + atan((t - c) / (1 + t c)) with c = k/8.
constexpr wide_real angle(const wide_real& y, const wide_real& x) {
    if (x.mantissa == 0) return half_pi;
    const bool steep = y.exponent > x.exponent || (y.exponent == x.exponent && y.mantissa > x.mantissa);
    const wide_real t = steep ? x / y : y / x;
    const auto k = nearest_integer(scale(t, 3));
    const wide_real c = scale(to_wide(k), -3);
    const wide_real a = k ? atan_of_eighths[k] + atan_series((t - c) / (one + t * c)) : atan_series(t);
    return steep ? half_pi - a : a;
}

// erf(x) for 0 <= x <= 4 = 2/sqrt(pi) x exp(-x^2) sum (2 x^2)^n / (1 3 5 ... (2n+1)) (Abramowitz and Stegun 7.1.6): all terms are
// positive. They are kept with 102 bits behind the point. Absolute error below 2^-96.
constexpr wide_real erf_series(const wide_real& x) {
    const wide_real square = x * x;
    const uint128 z = square.exponent < -123 ? 0 : square.mantissa >> (4 - square.exponent); // 2 x^2 / 64
    constexpr uint128 unit = uint128{1} << 102;
    uint128 sum = unit;
    uint128 term = multiply_high(unit, z);
    for (unsigned n = 3; term; n += 2) {
        term = (term << 6) / n;
        sum += term;
        term = multiply_high(term, z);
    }
    return two_over_sqrt_pi * x * exp(-square) * normalise(sum, 25);
}

// exp(x^2) erfc(x) for x >= 4 = 1/sqrt(pi) / (x + (1/2) / (x + (2/2) / (x + (3/2) / ...))) (Abramowitz and Stegun 7.1.14), with
// 61 bits behind the point. Relative error below 2^-60.
constexpr wide_real erfcx_fraction(const wide_real& x) {
    if (x.exponent > 40) return scale(two_over_sqrt_pi / x, -1); // the next term is 2^-81 of this
    const uint128 base = x.mantissa >> (66 - x.exponent);
    uint128 sum = base;
    for (unsigned n = 40; n > 0; --n) sum = base + (uint128{n} << 121) / sum;
    return scale(two_over_sqrt_pi / normalise(sum, 66), -1);
}
// 4 < x < 64
constexpr wide_real erfc_fraction(const wide_real& x) { return erfcx_fraction(x) * exp(-(x * x)); }

// x >= 0
constexpr wide_real erfc(const wide_real& x) {
    if (x.exponent >= 6) return {wide_one, -20000, false};
    return x.exponent >= 2 ? erfc_fraction(x) : one - erf_series(x);
}

// exp(x^2) erfc(x), x >= 0.
constexpr wide_real erfcx(const wide_real& x) { return x.exponent >= 2 ? erfcx_fraction(x) : exp(x * x) * (one - erf_series(x)); }

// log(erfc(x)); x must not be zero.
constexpr wide_real log_erfc(const wide_real& x) {
    const wide_real size{x.mantissa, x.exponent, false};
    if (x.exponent >= 2) return x.negative ? log(two - erfc(size)) : log(erfcx_fraction(x)) - x * x;
    const wide_real e = erf_series(size);
    return log1p(x.negative ? e : -e);
}

} // namespace damo::core::wide
