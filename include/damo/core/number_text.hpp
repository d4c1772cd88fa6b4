// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/core/wide_real.hpp>

#include <bit>
#include <cstdint>

// Numbers to decimal text and back, for constant evaluation and run time alike: the same characters and bits from both.
//
// Writing gives the shortest digits that read back as the same number, of these the nearest (Giulietti, "The Schubfach way to render
// doubles", 2020), laid out as Python's repr without a trailing ".0": 2, 0.5, 1e22, 1e-7, -inf, nan. Reading rounds correctly
// (first the method of Lemire, "Number parsing at a gigabyte per second", 2021; where that is undecided, exact integers).
// Powers of ten are computed when needed, not looked up: 600 statements at the ends of the range, a few near one.

namespace damo::core {

// The longest text that write_double and write_integer produce has 24 characters.
inline constexpr int longest_number = 24;

namespace detail::number_text {

struct powers_of_five {
    std::uint64_t at[28] = {1};
    constexpr powers_of_five() {
        for (int i = 1; i < 28; ++i) at[i] = 5 * at[i - 1];
    }
};

inline constexpr powers_of_five five;

// floor(log2(10^k)) for |k| < 1233
constexpr int log2_of_ten_to(int k) {
    return (k * 1741647) >> 19;
}

// A natural number of up to 3072 bits, least significant word first.
struct natural {
    static constexpr int capacity = 48;
    std::uint64_t word[capacity];
    int size;

    constexpr explicit natural(std::uint64_t n) : word{n}, size{n != 0} {}

    constexpr void multiply_add(std::uint64_t factor, std::uint64_t carry) {
        for (int i = 0; i < size; ++i) {
            const uint128 t = uint128{word[i]} * factor + carry;
            word[i] = std::uint64_t(t);
            carry = std::uint64_t(t >> 64);
        }
        if (carry) word[size++] = carry;
    }

    constexpr void multiply_by_five_to(int k) {
        for (; k > 27; k -= 27) multiply_add(five.at[27], 0);
        multiply_add(five.at[k], 0);
    }

    constexpr int bit_length() const { return size == 0 ? 0 : 64 * size - std::countl_zero(word[size - 1]); }

    // Bits [from, from + 64); those below 0 and above the top are zero.
    constexpr std::uint64_t bits_from(int from) const {
        const int i = from >> 6, shift = from & 63;
        const std::uint64_t low = i >= 0 && i < size ? word[i] : 0;
        const std::uint64_t high = i >= -1 && i + 1 < size ? word[i + 1] : 0;
        return shift ? low >> shift | high << (64 - shift) : low;
    }
};

// a * 2^shift against b: -1, 0, 1
constexpr int compare_shifted(const natural& a, int shift, const natural& b) {
    const int length = a.bit_length() + shift;
    if (length != b.bit_length()) return length < b.bit_length() ? -1 : 1;
    for (int from = length - 64;; from -= 64) {
        const std::uint64_t x = a.bits_from(from - shift), y = b.bits_from(from);
        if (x != y) return x < y ? -1 : 1;
        if (from <= 0 && from <= shift) return 0;
    }
}

// 10^k = mantissa * 2^(exponent - 127), the mantissa cut off to 128 bits.
struct power_of_ten {
    uint128 mantissa;
    bool exact;
};

// -350 < k < 350
constexpr power_of_ten ten_to(int k) {
    natural p{1};
    p.multiply_by_five_to(k < 0 ? -k : k);
    const int length = p.bit_length();
    const uint128 top = uint128_of(p.bits_from(length - 64), p.bits_from(length - 128));
    if (k >= 0) { return {top, k <= 55}; }
    // floor(2^(length + 127) / p), two digits in base 2^64 (Knuth, The Art of Computer Programming 2, 4.3.1, algorithm D). p is aligned
    // to whole words; the remainder starts as half of 2^(64 size), and has one word more than p.
    const int size = p.size;
    std::uint64_t divisor[14] = {}, rest[15] = {};
    for (int i = 0; i < size; ++i) divisor[i] = p.bits_from(length - 64 * (size - i));
    rest[size - 1] = std::uint64_t{1} << 63;
    uint128 quotient = 0;
    for (int digit = 0; digit < 2; ++digit) {
        for (int i = size; i > 0; --i) rest[i] = rest[i - 1];
        rest[0] = 0;
        const uint128 leading = uint128_of(rest[size], rest[size - 1]);
        uint128 guess = leading / divisor[size - 1];
        if (guess >> 64) guess = ~std::uint64_t{0};
        std::uint64_t borrow = 0;
        for (int i = 0; i < size; ++i) {
            const uint128 t = uint128{divisor[i]} * std::uint64_t(guess) + borrow;
            borrow = std::uint64_t(t >> 64) + (rest[i] < std::uint64_t(t));
            rest[i] -= std::uint64_t(t);
        }
        for (rest[size] -= borrow; rest[size] != 0;) { // negative: the guess is at most 2 too large
            --guess;
            std::uint64_t carry = 0;
            for (int i = 0; i < size; ++i) {
                const uint128 t = uint128{rest[i]} + divisor[i] + carry;
                rest[i] = std::uint64_t(t);
                carry = std::uint64_t(t >> 64);
            }
            rest[size] += carry;
        }
        quotient = quotient << 64 | guess;
    }
    return {quotient, false};
}

struct decimal {
    std::uint64_t digits;
    int exponent;
};

// floor(g * factor / 2^128), its last bit set as well if something was cut off.
constexpr std::uint64_t round_to_odd(uint128 g, std::uint64_t factor) {
    const uint128 low = uint128{std::uint64_t(g)} * factor >> 64;
    const uint128 sum = uint128{std::uint64_t(g >> 64)} * factor + low;
    return std::uint64_t(sum >> 64) | (std::uint64_t(sum) > 1);
}

// The shortest decimal for c * 2^q; `closer_below` where c is the least of its binade, so that the number below is half as far.
constexpr decimal shortest(std::uint64_t c, int q, bool closer_below) {
    const bool odd = c & 1;
    const int k = (q * 1262611 - (closer_below ? 524031 : 0)) >> 22;
    const int h = q + log2_of_ten_to(-k) + 1;
    const power_of_ten power = ten_to(-k);
    const uint128 g = power.mantissa + !power.exact;
    const std::uint64_t lower = round_to_odd(g, (4 * c - 2 + closer_below) << h) + odd;
    const std::uint64_t value = round_to_odd(g, (4 * c) << h);
    const std::uint64_t upper = round_to_odd(g, (4 * c + 2) << h) - odd;
    const std::uint64_t s = value / 4, tens = s / 10;
    if (s >= 10) {
        const bool below = lower <= 40 * tens, above = 40 * tens + 40 <= upper;
        if (below != above) return {tens + above, k + 1};
    }
    const bool below = lower <= 4 * s, above = 4 * s + 4 <= upper;
    if (below != above) return {s + above, k};
    return {s + (value > 4 * s + 2 || (value == 4 * s + 2 && (s & 1))), k};
}

constexpr int write_digits(char* out, std::uint64_t n) {
    int count = 1;
    for (std::uint64_t rest = n; rest > 9; rest /= 10) ++count;
    for (int i = count; i-- > 0; n /= 10) out[i] = char('0' + n % 10);
    return count;
}

constexpr int copy(char* out, const char* text) {
    int n = 0;
    for (; text[n]; ++n) out[n] = text[n];
    return n;
}

// The digits of d without trailing zeros, the point where it belongs.
constexpr int lay_out(char* out, decimal d) {
    for (; d.digits % 10 == 0; ++d.exponent) d.digits /= 10;
    char digits[20] = {};
    const int count = write_digits(digits, d.digits);
    const int point = count + d.exponent; // digits in front of the point
    int n = 0;
    if (point > 16 || point < -3) {
        for (int i = 0; i < count; ++i) {
            if (i == 1) out[n++] = '.';
            out[n++] = digits[i];
        }
        out[n++] = 'e';
        if (point < 1) out[n++] = '-';
        return n + write_digits(out + n, std::uint64_t(point < 1 ? 1 - point : point - 1));
    }
    if (point < 1) n = copy(out, "0.");
    for (int i = point; i < 0; ++i) out[n++] = '0';
    for (int i = 0; i < count || i < point; ++i) {
        if (i == point && i > 0) out[n++] = '.';
        out[n++] = i < count ? digits[i] : '0';
    }
    return n;
}

template <BinaryFloat F> constexpr int write(char* out, F x) {
    using bits = typename binary_format<F>::bits;
    constexpr int stored = binary_format<F>::digits - 1;
    const bits b = bits_of(x) & (infinity_bits<F> | mantissa_mask<F>);
    if (b > infinity_bits<F>) return copy(out, "nan");
    int n = 0;
    if (b != bits_of(x)) out[n++] = '-';
    if (b == infinity_bits<F>) return n + copy(out + n, "inf");
    if (b == 0) return n + copy(out + n, "0");
    const int biased = int(b >> stored);
    const std::uint64_t c = (b & mantissa_mask<F>) | std::uint64_t{biased != 0} << stored;
    const int q = (biased ? biased : 1) + binary_format<F>::lowest_exponent - 1 - stored;
    if (q <= 0 && q > -64 && (c >> -q) << -q == c) return n + lay_out(out + n, {c >> -q, 0}); // an integer
    return n + lay_out(out + n, shortest(c, q, biased > 1 && (b & mantissa_mask<F>) == 0));
}

} // namespace detail::number_text

// Each writes at most longest_number characters, no terminating zero, and returns how many.
constexpr int write_integer(char* out, std::int64_t n) {
    if (n < 0) *out = '-';
    return (n < 0) + detail::number_text::write_digits(out + (n < 0), n < 0 ? 0 - std::uint64_t(n) : std::uint64_t(n));
}

constexpr int write_double(char* out, double x) {
    return detail::number_text::write(out, x);
}
constexpr int write_float(char* out, float x) {
    return detail::number_text::write(out, x);
}

namespace detail::number_text {

constexpr bool is_digit(const char* at, const char* end) {
    return at != end && *at >= '0' && *at <= '9';
}

constexpr bool starts_with(const char* at, const char* end, const char* word) {
    for (; *word; ++at, ++word) {
        if (at == end || *at != *word) return false;
    }
    return true;
}

// A decimal in a text, which ends at `end` (nullptr: there is none). Its value is (digits of first..last, the point skipped) *
// 10^exponent, without leading and trailing zeros; first is nullptr for zero.
struct digit_run {
    const char* first;
    const char* last;
    std::int64_t exponent;
    const char* end;
};

// The longest prefix of the form digits [. digits] [e [sign] digits] with at least one digit before the exponent.
constexpr digit_run scan(const char* at, const char* end) {
    const char *first = nullptr, *last = nullptr, *point = nullptr;
    std::int64_t behind_last = 0, behind_point = 0; // digits since the last one that is not zero, and since the point
    bool any = false;
    for (;; ++at) {
        if (is_digit(at, end)) {
            any = true;
            ++behind_last;
            behind_point += point != nullptr;
            if (*at == '0') continue;
            if (!first) first = at;
            last = at + 1;
            behind_last = 0;
        } else if (at != end && *at == '.' && !point) {
            point = at;
        } else {
            break;
        }
    }
    if (!any) return {nullptr, nullptr, 0, nullptr};
    std::int64_t exponent = 0;
    if (at != end && (*at == 'e' || *at == 'E')) {
        const char* e = at + 1;
        const bool negative = e != end && *e == '-';
        if (e != end && (*e == '-' || *e == '+')) ++e;
        while (is_digit(e, end)) {
            if (exponent < std::int64_t{1} << 58) exponent = 10 * exponent + (*e - '0');
            at = ++e;
        }
        if (negative) exponent = -exponent;
    }
    return {first, last, exponent - behind_point + behind_last, at};
}

// Whether the decimal is below (-1), at (0) or above (1) (2 m + 1) * 2^q. 800 digits decide: such a midpoint has at most 768.
constexpr int compare_with_midpoint(const digit_run& run, std::uint64_t m, int q) {
    constexpr int enough = 800;
    natural left{0}, right{2 * m + 1};
    int count = 0;
    std::int64_t exponent = run.exponent;
    bool cut = false;
    std::uint64_t chunk = 0, factor = 1;
    for (const char* at = run.first; at != run.last; ++at) {
        if (*at == '.') continue;
        if (count >= enough) {
            ++exponent;
            cut = true;
            continue;
        }
        chunk = 10 * chunk + std::uint64_t(*at - '0');
        factor *= 10;
        if (++count % 19 == 0) {
            left.multiply_add(factor, chunk);
            chunk = 0, factor = 1;
        }
    }
    left.multiply_add(factor, chunk);
    (exponent < 0 ? right : left).multiply_by_five_to(int(exponent < 0 ? -exponent : exponent));
    const int order = compare_shifted(left, int(exponent) - q, right);
    return order == 0 && cut ? 1 : order;
}

template <BinaryFloat F> constexpr F nearest(const digit_run& run) {
    if (!run.first) return F(0);
    using bits = typename binary_format<F>::bits;
    constexpr int stored = binary_format<F>::digits - 1;
    std::uint64_t w = 0;
    int taken = 0;
    std::int64_t exponent = run.exponent;
    for (const char* at = run.first; at != run.last; ++at) {
        if (*at == '.') continue;
        if (taken < 19) {
            w = 10 * w + std::uint64_t(*at - '0');
            ++taken;
        } else {
            ++exponent;
        }
    }
    if (exponent > 310) return from_bits<F>(infinity_bits<F>);
    if (exponent < -345) return F(0);
    // w * 10^exponent lies in [low, high] * 2^(scale - 127).
    const bool more = exponent != run.exponent;
    const power_of_ten power = ten_to(int(exponent));
    const int zeros = std::countl_zero(w);
    const uint128 low = multiply_high(power.mantissa, uint128{w << zeros} << 64);
    const uint128 high = low + (more ? (uint128{1} << zeros << 64) + 8 : 8);
    const int scale = 64 - zeros + log2_of_ten_to(int(exponent));
    const F below = round_to<F>(normalise(low, scale));
    const F above = high < low ? below : round_to<F>(normalise(high, scale)); // 2^128 is no midpoint
    const bits b = bits_of(below);
    if (b == bits_of(above)) return below;
    const int biased = int(b >> stored);
    const std::uint64_t m = (b & mantissa_mask<F>) | std::uint64_t{biased != 0} << stored;
    const int order = compare_with_midpoint(run, m, (biased ? biased : 1) + binary_format<F>::lowest_exponent - 2 - stored);
    return order < 0 || (order == 0 && m % 2 == 0) ? below : above;
}

template <BinaryFloat F> constexpr F read(const char* begin, const char* end, const char** stop) {
    const char* at = begin;
    const bool negative = at != end && *at == '-';
    if (at != end && (*at == '-' || *at == '+')) ++at;
    F x = 0;
    if (starts_with(at, end, "inf") || starts_with(at, end, "nan")) {
        x = from_bits<F>(infinity_bits<F> | (*at == 'n' ? infinity_bits<F> >> 1 : 0));
        *stop = at + 3;
    } else {
        const digit_run run = scan(at, end);
        x = nearest<F>(run);
        *stop = run.end ? run.end : begin;
        if (!run.end) return x;
    }
    return negative ? from_bits<F>(bits_of(x) | ~(infinity_bits<F> | mantissa_mask<F>)) : x;
}

} // namespace detail::number_text

// The number at the beginning of [begin, end): [+|-] digits [. digits] [e [+|-] digits], or inf or nan; nearest, ties to even, beyond
// the range an infinity or zero. *stop is set behind it, to begin if there is none (then the result is 0). Time is linear in
// the length of the text: beyond 800 significant digits nothing but their being zero or not is looked at.
constexpr double read_double(const char* begin, const char* end, const char** stop) {
    return detail::number_text::read<double>(begin, end, stop);
}

constexpr float read_float(const char* begin, const char* end, const char** stop) {
    return detail::number_text::read<float>(begin, end, stop);
}

} // namespace damo::core
