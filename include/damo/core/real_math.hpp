// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/core/wide_math.hpp>
#include <damo/core/wide_real.hpp>

#include <bit>
#include <cstdint>

// The functions of <cmath> that folding constants needs, for constant evaluation and run time alike: same bits from both, on every
// compiler, under -ffp-contract, -march=native and -ffast-math, because they compute in integers (see wide_real). They follow C's
// Annex F at zeros, infinities and NaN; errno and flags are left alone.
//
// Accuracy: the error is below 0.5 + 2^-40 ULP for float and double over the whole range, subnormal results included (erf and erfc:
// 0.5 + 2^-9). sqrt is correctly rounded, and so are the results of pow, cbrt, hypot, exp2, log2, log10 that 54 bits hold. The cost in a
// constant evaluation is 100 to 500 statements (pow 750, erf and erfc 1000), as clang counts them.

namespace damo::core {

template <BinaryFloat F> inline constexpr F infinity = from_bits<F>(infinity_bits<F>);
template <BinaryFloat F> inline constexpr F quiet_nan = from_bits<F>(infinity_bits<F> | (infinity_bits<F> >> 1));
template <BinaryFloat F>
inline constexpr auto sign_mask = typename binary_format<F>::bits(~(infinity_bits<F> | mantissa_mask<F>));

template <BinaryFloat F> constexpr bool sign_bit(F x) {
    return bits_of(x) & sign_mask<F>;
}
template <BinaryFloat F> constexpr F magnitude(F x) {
    return from_bits<F>(bits_of(x) & ~sign_mask<F>);
}
template <BinaryFloat F> constexpr F copy_sign(F x, F sign) {
    return from_bits<F>((bits_of(x) & ~sign_mask<F>) | (bits_of(sign) & sign_mask<F>));
}
template <BinaryFloat F> constexpr bool is_nan(F x) {
    return (bits_of(x) & ~sign_mask<F>) > infinity_bits<F>;
}
template <BinaryFloat F> constexpr bool is_inf(F x) {
    return (bits_of(x) & ~sign_mask<F>) == infinity_bits<F>;
}
template <BinaryFloat F> constexpr bool is_finite(F x) {
    return (bits_of(x) & ~sign_mask<F>) < infinity_bits<F>;
}
template <BinaryFloat F> constexpr bool is_zero(F x) {
    return (bits_of(x) & ~sign_mask<F>) == 0;
}

// The next number above x; NaN and infinity stay, both zeros go to the least subnormal.
template <BinaryFloat F> constexpr F next_up(F x) {
    const auto b = bits_of(x);
    if (is_nan(x) || b == infinity_bits<F>) return x;
    if (is_zero(x)) return from_bits<F>(1);
    return from_bits<F>(sign_bit(x) ? b - 1 : b + 1);
}

template <BinaryFloat F> constexpr F negate(F x) {
    return from_bits<F>(bits_of(x) ^ sign_mask<F>);
}
template <BinaryFloat F> constexpr F next_down(F x) {
    return negate(next_up(negate(x)));
}

namespace detail::real_math {

// The low bits of x that lie behind the binary point; all bits but the sign for |x| < 1.
template <BinaryFloat F> constexpr auto bits_behind_point(F x) {
    using bits = typename binary_format<F>::bits;
    const int exponent = int((bits_of(x) & ~sign_mask<F>) >> (binary_format<F>::digits - 1)) - binary_format<F>::highest_exponent;
    if (exponent < 0) return bits(~sign_mask<F>);
    return exponent >= binary_format<F>::digits - 1 ? bits{0} : bits(mantissa_mask<F> >> exponent);
}

// |x| > limit, or NaN. By bits: nvcc refuses to compare a NaN in a constant evaluation, and -ffast-math assumes there is none.
template <BinaryFloat F> constexpr bool beyond(F x, F limit) {
    return bits_of(magnitude(x)) > bits_of(limit);
}

} // namespace detail::real_math

template <BinaryFloat F> constexpr F trunc(F x) {
    return from_bits<F>(bits_of(x) & ~detail::real_math::bits_behind_point(x));
}

template <BinaryFloat F> constexpr F floor(F x) {
    const auto behind = detail::real_math::bits_behind_point(x);
    if (!sign_bit(x) || !(bits_of(x) & behind)) return trunc(x);
    return magnitude(x) < F(1) ? F(-1) : from_bits<F>((bits_of(x) | behind) + 1);
}

template <BinaryFloat F> constexpr F ceil(F x) {
    return negate(floor(negate(x)));
}

// To the nearest integer, ties to the even one (C's roundeven, and rint in the default mode); the sign of zero stays.
template <BinaryFloat F> constexpr F round_even(F x) {
    if (!(bits_of(x) & detail::real_math::bits_behind_point(x))) return x;
    const F low = trunc(x), high = copy_sign(magnitude(low) + F(1), x);
    const F rest = magnitude(x) - magnitude(low);
    if (rest != F(0.5)) return rest < F(0.5) ? low : high;
    return std::int64_t(low) % 2 ? high : low;
}

// a + b = sum + error, exactly (Knuth's two-sum), and a * b = product + error (Dekker's product, Veltkamp's split replaced by a wide
// product), for finite operands as long as nothing overflows or underflows.
template <BinaryFloat F> struct rounded { F value, error; };

template <BinaryFloat F> constexpr rounded<F> two_sum(F a, F b) {
    const wide_real x = to_wide(a), y = to_wide(b);
    if (x.mantissa && y.mantissa && (x.exponent - y.exponent > 64 || y.exponent - x.exponent > 64))
        return x.exponent > y.exponent ? rounded<F>{a, b} : rounded<F>{b, a};
    const F sum = round_to<F>(x + y);
    return {sum, is_finite(sum) ? round_to<F>(x + y - to_wide(sum)) : F(0)};
}

template <BinaryFloat F> constexpr rounded<F> two_product(F a, F b) {
    const wide_real exact = to_wide(a) * to_wide(b);
    const F product = round_to<F>(exact);
    return {product, is_finite(product) ? round_to<F>(exact - to_wide(product)) : F(0)};
}

// NaN for x < 0; sqrt(-0) = -0.
template <BinaryFloat F> constexpr F sqrt(F x) {
    if (is_zero(x) || is_nan(x) || bits_of(x) == infinity_bits<F>) return x;
    return sign_bit(x) ? quiet_nan<F> : round_to<F>(sqrt(to_wide(x)));
}

template <BinaryFloat F> constexpr F cbrt(F x) {
    if (is_zero(x) || !is_finite(x)) return x;
    const wide_real third = wide::log(to_wide(magnitude(x))) / to_wide(std::int64_t{3});
    return copy_sign(round_to<F>(snap(wide::exp(third))), x);
}

template <BinaryFloat F> constexpr F hypot(F x, F y) {
    if (is_inf(x) || is_inf(y)) return infinity<F>;
    if (is_nan(x) || is_nan(y)) return quiet_nan<F>;
    return round_to<F>(snap(sqrt(to_wide(x) * to_wide(x) + to_wide(y) * to_wide(y))));
}

template <BinaryFloat F> constexpr F exp(F x) {
    if (is_nan(x)) return x;
    if (is_inf(x)) return sign_bit(x) ? F(0) : x;
    return round_to<F>(wide::exp(to_wide(x)));
}

template <BinaryFloat F> constexpr F exp2(F x) {
    if (is_nan(x)) return x;
    if (is_inf(x)) return sign_bit(x) ? F(0) : x;
    return round_to<F>(snap(wide::exp(to_wide(x) * wide::ln2)));
}

template <BinaryFloat F> constexpr F expm1(F x) {
    if (is_nan(x) || is_zero(x)) return x;
    if (is_inf(x)) return sign_bit(x) ? F(-1) : x;
    return round_to<F>(wide::expm1(to_wide(x)));
}

namespace detail::real_math {

// What every logarithm does outside its open domain, NaN and +infinity included.
template <BinaryFloat F> constexpr F log_outside(F x, bool at_pole) {
    if (is_nan(x) || bits_of(x) == infinity_bits<F>) return x;
    return at_pole ? negate(infinity<F>) : quiet_nan<F>;
}

} // namespace detail::real_math

// Logarithms: -inf at 0 (log1p: at -1), NaN below.
template <BinaryFloat F> constexpr F log(F x) {
    if (sign_bit(x) || is_zero(x) || !is_finite(x)) return detail::real_math::log_outside(x, is_zero(x));
    return round_to<F>(wide::log(to_wide(x)));
}

template <BinaryFloat F> constexpr F log1p(F x) {
    if (!is_finite(x) || x <= F(-1)) return detail::real_math::log_outside(x, x == F(-1));
    return is_zero(x) ? x : round_to<F>(wide::log1p(to_wide(x)));
}

template <BinaryFloat F> constexpr F log2(F x) {
    if (sign_bit(x) || is_zero(x) || !is_finite(x)) return detail::real_math::log_outside(x, is_zero(x));
    const auto [rest, k] = wide::reduce_log(to_wide(x));
    return round_to<F>(to_wide(std::int64_t{k}) + rest * wide::log2_e);
}

template <BinaryFloat F> constexpr F log10(F x) {
    if (sign_bit(x) || is_zero(x) || !is_finite(x)) return detail::real_math::log_outside(x, is_zero(x));
    return round_to<F>(snap(wide::log(to_wide(x)) * wide::log10_e));
}

template <BinaryFloat F> constexpr F sin(F x) {
    if (!is_finite(x)) return quiet_nan<F>;
    return is_zero(x) ? x : round_to<F>(wide::sin(x, 0));
}

template <BinaryFloat F> constexpr F cos(F x) {
    return is_finite(x) ? round_to<F>(wide::sin(x, 1)) : quiet_nan<F>;
}

template <BinaryFloat F> constexpr F tan(F x) {
    if (!is_finite(x)) return quiet_nan<F>;
    if (is_zero(x)) return x;
    const auto [rest, quadrant] = wide::reduce_by_half_pi(x);
    const wide_real s = wide::sin_series(rest), c = wide::cos_series(rest);
    return round_to<F>(quadrant & 1 ? -(c / s) : s / c);
}

// Signed zeros and infinities as in C: atan2(+-0, -0) = +-pi, atan2(+-inf, -inf) = +-3 pi/4.
template <BinaryFloat F> constexpr F atan2(F y, F x) {
    if (is_nan(x) || is_nan(y)) return quiet_nan<F>;
    const bool both = is_inf(x) && is_inf(y);
    const wide_real infinite{wide_one, 20000, false};
    const wide_real up = both || !is_inf(y) ? to_wide(both ? F(1) : magnitude(y)) : infinite;
    const wide_real right = both || !is_inf(x) ? to_wide(both ? F(1) : magnitude(x)) : infinite;
    const wide_real a = up.mantissa ? wide::angle(up, right) : wide_real{};
    return copy_sign(round_to<F>(sign_bit(x) ? scale(wide::half_pi, 1) - a : a), y);
}

template <BinaryFloat F> constexpr F atan(F x) {
    return atan2(x, F(1));
}

// NaN for |x| > 1.
template <BinaryFloat F> constexpr F asin(F x) {
    if (detail::real_math::beyond(x, F(1))) return quiet_nan<F>;
    if (is_zero(x)) return x;
    const wide_real w = to_wide(magnitude(x));
    return copy_sign(round_to<F>(wide::angle(w, sqrt((wide::one - w) * (wide::one + w)))), x);
}

template <BinaryFloat F> constexpr F acos(F x) {
    if (detail::real_math::beyond(x, F(1))) return quiet_nan<F>;
    const wide_real w = to_wide(x);
    return round_to<F>(scale(wide::angle(sqrt(wide::one - w), sqrt(wide::one + w)), 1));
}

template <BinaryFloat F> constexpr F sinh(F x) {
    if (is_zero(x) || !is_finite(x)) return x;
    const wide_real e = wide::expm1(to_wide(magnitude(x)));
    return copy_sign(round_to<F>(scale(e + e / (wide::one + e), -1)), x);
}

template <BinaryFloat F> constexpr F cosh(F x) {
    if (!is_finite(x)) return magnitude(x);
    const wide_real e = wide::exp(to_wide(magnitude(x)));
    return round_to<F>(scale(e + wide::one / e, -1));
}

template <BinaryFloat F> constexpr F tanh(F x) {
    if (is_zero(x) || is_nan(x)) return x;
    if (is_inf(x)) return copy_sign(F(1), x);
    const wide_real e = wide::expm1(scale(to_wide(magnitude(x)), 1));
    return copy_sign(round_to<F>(e / (e + wide::two)), x);
}

// C's pow: 1 for y = 0 and for x = 1 whatever the other is, NaN for x < 0 and y not an integer.
template <BinaryFloat F> constexpr F pow(F x, F y) {
    if (is_zero(y) || bits_of(x) == bits_of(F(1))) return F(1);
    if (is_nan(x) || is_nan(y)) return quiet_nan<F>;
    const bool integer = is_finite(y) && trunc(y) == y;
    const bool odd = integer && magnitude(y) < F(2) / (next_up(F(1)) - F(1)) && std::int64_t(y) % 2 != 0;
    const F ax = magnitude(x), sign = odd ? copy_sign(F(1), x) : F(1);
    if (is_inf(y)) return ax == F(1) ? F(1) : (ax > F(1)) == !sign_bit(y) ? infinity<F> : F(0);
    if (is_zero(x) || is_inf(x)) return copy_sign(is_zero(x) == sign_bit(y) ? infinity<F> : F(0), sign);
    if (sign_bit(x) && !integer) return quiet_nan<F>;
    const wide_real exponent = ax == F(1) ? wide_real{} : to_wide(y) * wide::log(to_wide(ax));
    return copy_sign(round_to<F>(snap(wide::exp(exponent))), sign);
}

template <BinaryFloat F> constexpr F erf(F x) {
    if (is_nan(x) || is_zero(x)) return x;
    const F ax = magnitude(x);
    if (ax > F(8)) return copy_sign(F(1), x);
    const wide_real w = to_wide(ax);
    return copy_sign(round_to<F>(ax < F(4) ? wide::erf_series(w) : wide::one - wide::erfc(w)), x);
}

template <BinaryFloat F> constexpr F erfc(F x) {
    if (is_nan(x)) return x;
    if (is_inf(x)) return sign_bit(x) ? F(2) : F(0);
    const wide_real c = wide::erfc(to_wide(magnitude(x)));
    return round_to<F>(sign_bit(x) ? wide::two - c : c);
}

// exp(x^2) erfc(x): inf where exp(x^2) overflows.
template <BinaryFloat F> constexpr F erfcx(F x) {
    if (is_nan(x)) return x;
    if (is_inf(x)) return sign_bit(x) ? x : F(0);
    if (sign_bit(x) && x < F(-27)) return infinity<F>;
    const wide_real w = to_wide(magnitude(x));
    if (!sign_bit(x)) return round_to<F>(wide::erfcx(w));
    return round_to<F>(scale(wide::exp(w * w), 1) - wide::erfcx(w));
}

// log(erfc(x)), where erfc(x) underflows too.
template <BinaryFloat F> constexpr F log_erfc(F x) {
    if (is_nan(x)) return x;
    if (is_zero(x)) return -x;
    if (is_inf(x)) return sign_bit(x) ? F(0.69314718055994530942) : -x;
    return round_to<F>(wide::log_erfc(to_wide(x)));
}

} // namespace damo::core
