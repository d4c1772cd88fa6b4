// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <bit>
#include <cstdint>

// A binary floating-point number with a 128-bit mantissa, built from integer operations only. Its results are therefore the same bits
// in constant evaluation and at run time, whatever a compiler does to floating-point code: contraction to fma (which g++ does across
// statements), -ffast-math, another rounding mode. Numbers are rounded once, when they leave by round_to<float> or round_to<double>.
//
// There are no infinities, NaNs or signed zeros: callers settle special cases first. One operation is a few statements, which
// is what clang counts as steps of a constant expression.

namespace damo::core {

__extension__ typedef unsigned __int128 uint128;

constexpr uint128 uint128_of(std::uint64_t high, std::uint64_t low) {
    return uint128{high} << 64 | low;
}

// What one has to know about an IEEE 754 binary format; also makes BinaryFloat true for it.
template <class F> struct binary_format;

template <> struct binary_format<float> {
    using bits = std::uint32_t;
    static constexpr int digits = 24, lowest_exponent = -126, highest_exponent = 127;
};

template <> struct binary_format<double> {
    using bits = std::uint64_t;
    static constexpr int digits = 53, lowest_exponent = -1022, highest_exponent = 1023;
};

template <class F>
concept BinaryFloat = requires {
    typename binary_format<F>::bits;
};

template <BinaryFloat F> constexpr auto bits_of(F x) {
    return std::bit_cast<typename binary_format<F>::bits>(x);
}

template <BinaryFloat F> constexpr F from_bits(typename binary_format<F>::bits b) {
    return std::bit_cast<F>(b);
}

template <BinaryFloat F>
inline constexpr auto mantissa_mask = (typename binary_format<F>::bits{1} << (binary_format<F>::digits - 1)) - 1;

template <BinaryFloat F>
inline constexpr auto infinity_bits = typename binary_format<F>::bits(2 * binary_format<F>::highest_exponent + 1)
                                      << (binary_format<F>::digits - 1);

// (-1)^negative * mantissa * 2^(exponent - 127). The top bit of the mantissa is set; zero is mantissa 0.
struct wide_real {
    uint128 mantissa = 0;
    int exponent = 0;
    bool negative = false;

    constexpr wide_real operator-() const { return {mantissa, exponent, !negative}; }
};

inline constexpr uint128 wide_one = uint128{1} << 127;

// mantissa * 2^(exponent - 127) for any mantissa.
constexpr wide_real normalise(uint128 mantissa, int exponent, bool negative = false) {
    const auto high = std::uint64_t(mantissa >> 64);
    const int shift = high ? std::countl_zero(high) : 64 + std::countl_zero(std::uint64_t(mantissa));
    return shift == 128 ? wide_real{} : wide_real{mantissa << shift, exponent - shift, negative};
}

constexpr wide_real to_wide(std::int64_t n) {
    return normalise(n < 0 ? 0 - std::uint64_t(n) : std::uint64_t(n), 127, n < 0);
}

// x must be finite.
template <BinaryFloat F> constexpr wide_real to_wide(F x) {
    constexpr int stored = binary_format<F>::digits - 1;
    const auto b = bits_of(x);
    const int biased = int(b >> stored) & (2 * binary_format<F>::highest_exponent + 1);
    const auto m = (b & mantissa_mask<F>) | (typename binary_format<F>::bits(biased != 0) << stored);
    return normalise(m, (biased ? biased : 1) + binary_format<F>::lowest_exponent - 1 - stored + 127, b >> (sizeof(F) * 8 - 1));
}

// Nearest, ties to even; overflow gives an infinity, underflow goes through the subnormal numbers to zero.
template <BinaryFloat F> constexpr F round_to(const wide_real& x) {
    using bits = typename binary_format<F>::bits;
    constexpr int digits = binary_format<F>::digits, lowest = binary_format<F>::lowest_exponent;
    const bits sign = bits(x.negative) << (sizeof(F) * 8 - 1);
    if (x.mantissa == 0 || x.exponent < lowest - digits) return from_bits<F>(sign);
    if (x.exponent > binary_format<F>::highest_exponent) return from_bits<F>(sign | infinity_bits<F>);
    const bool normal = x.exponent >= lowest;
    const int shift = 128 - digits + (normal ? 0 : lowest - x.exponent);
    const bits kept = shift == 128 ? bits{0} : bits(x.mantissa >> shift);
    const uint128 rest = x.mantissa << (128 - shift);
    const bits up = rest > wide_one || (rest == wide_one && (kept & 1));
    // The hidden bit and a carry out of the mantissa both add one to the exponent field, as they should.
    return from_bits<F>(sign | ((normal ? bits(x.exponent - lowest) << (digits - 1) : bits{0}) + kept + up));
}

// Keeps 106 bits, nearest. Makes a result that is exact in so few bits exact again after errors below 2^-108 of it.
constexpr wide_real snap(const wide_real& x) {
    const uint128 m = (x.mantissa + (uint128{1} << 21)) >> 22 << 22;
    return m < wide_one ? wide_real{x.mantissa ? wide_one : 0, x.exponent + 1, x.negative} : wide_real{m, x.exponent, x.negative};
}

// The upper half of a 256-bit product, at most 2 too small. For numbers scaled by 2^128 (or one of them by 2^127) it is their product.
constexpr uint128 multiply_high(uint128 a, uint128 b) {
    return uint128{std::uint64_t(a >> 64)} * std::uint64_t(b >> 64) + (uint128{std::uint64_t(a >> 64)} * std::uint64_t(b) >> 64) +
           (uint128{std::uint64_t(a)} * std::uint64_t(b >> 64) >> 64);
}

// x * 2^128 for |x| < 1, without the sign.
constexpr uint128 fraction_of(const wide_real& x) {
    return x.mantissa == 0 || x.exponent < -128 ? 0 : x.mantissa >> (-1 - x.exponent);
}

// Product, quotient and root err by less than 2^-120 of the result; a product that 128 bits hold is exact. A sum errs by less than
// 2^-126 of its larger term.
constexpr wide_real operator+(const wide_real& a, const wide_real& b) {
    if (a.mantissa == 0) return b;
    if (b.mantissa == 0) return a;
    if (a.exponent < b.exponent || (a.exponent == b.exponent && a.mantissa < b.mantissa)) return b + a;
    const int shift = a.exponent - b.exponent;
    if (shift > 127) return a;
    const uint128 addend = b.mantissa >> shift;
    if (a.negative != b.negative) return normalise(a.mantissa - addend, a.exponent, a.negative);
    const uint128 sum = a.mantissa + addend;
    return sum < addend ? wide_real{sum >> 1 | wide_one, a.exponent + 1, a.negative} : wide_real{sum, a.exponent, a.negative};
}

constexpr wide_real operator-(const wide_real& a, const wide_real& b) {
    return a + -b;
}

constexpr wide_real operator*(const wide_real& a, const wide_real& b) {
    return normalise(multiply_high(a.mantissa, b.mantissa), a.exponent + b.exponent + 1, a.negative != b.negative);
}

// b must not be zero. Two digits in base 2^64; a digit may be too small by a few units, which the next one makes up for.
constexpr wide_real operator/(const wide_real& a, const wide_real& b) {
    const uint128 numerator = a.mantissa >> 3, denominator = b.mantissa >> 1;
    const std::uint64_t leading = std::uint64_t(denominator >> 64) + 1;
    const uint128 first = numerator / leading;
    const uint128 rest = (numerator << 64) - first * denominator;
    return normalise((first << 64) + rest / leading, a.exponent - b.exponent + 1, a.negative != b.negative);
}

// x * 2^n
constexpr wide_real scale(const wide_real& x, int n) {
    return {x.mantissa, x.exponent + n, x.negative};
}

// floor(sqrt(n)) for n >= 2^126: Newton from above, at most 7 passes.
constexpr std::uint64_t integer_sqrt(uint128 n) {
    uint128 root = ~std::uint64_t{0};
    for (uint128 next = (root + n / root) >> 1; next < root; next = (root + n / root) >> 1) root = next;
    return std::uint64_t(root);
}

// x must not be negative.
constexpr wide_real sqrt(const wide_real& x) {
    if (x.mantissa == 0) return x;
    const int odd = x.exponent & 1;
    const wide_real root{uint128{integer_sqrt(x.mantissa >> (1 - odd))} << 64, (x.exponent - odd) / 2, false};
    return scale(root + x / root, -1);
}

} // namespace damo::core
