// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/exec/simd/batch.hpp>

#include <bit>
#include <utility>

// Vectors of a few numbers, no longer than the case asks for. Memory is read and written in pieces that cover exactly the elements that
// count, never by masks: a masked vector waits for every store that it reaches over, even where it reads nothing of it.

namespace damo::exec {

#if DAMO_HAS_BATCHES
namespace detail::lanes {
inline namespace DAMO_ISA {

// Where lane `l` of the sum of two vectors comes from, each the partial sums of g rows, lane by lane; 0 and 1 say which summand, and lanes
// from `width` on are those of the second vector. Within 16 bytes as long as that goes: shuffles there are quicker.
constexpr int source_of_sum(int l, int g, int width, int in_16, int summand) {
    const int block = g < in_16 ? l / in_16 * in_16 : 0;
    const int at = l - block;
    const int r = at % (2 * g);
    const int q = at / (2 * g);
    const int part = g < in_16 ? q + summand * (in_16 / (2 * g)) : 2 * q + summand;
    return (r < g ? 0 : width) + block + part * g + r % g;
}

} // namespace DAMO_ISA
} // namespace detail::lanes

inline namespace DAMO_ISA {

// W numbers of type T.
template <class T, int W>
using short_vector = typename detail::lanes::plain_vector<T, W * sizeof(T)>::type;

// The lanes of the shortest vector that is a register of its own, and of the longest.
template <class T>
inline constexpr int fewest_lanes = static_cast<int>(16 / sizeof(T));
template <class T>
inline constexpr int most_lanes = static_cast<int>(xsimd::batch<T>::size);

// The lanes of the vector for so many numbers, or for the first of them.
template <class T>
constexpr int lanes_of_short(int count) {
    const int wanted = static_cast<int>(std::bit_ceil(static_cast<unsigned>(count)));
    return wanted < fewest_lanes<T> ? fewest_lanes<T> : wanted > most_lanes<T> ? most_lanes<T> : wanted;
}

// The lower and the upper half of x, and a vector of two halves.
template <class T, int W, int First>
DAMO_INLINE short_vector<T, W / 2> half_of(const short_vector<T, W>& x) {
    return [&]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) {
        return short_vector<T, W / 2>(__builtin_shufflevector(x, x, (First + I)...));
    }(std::make_integer_sequence<int, W / 2>{});
}
template <class T, int W>
DAMO_INLINE short_vector<T, W> joined(const short_vector<T, W / 2>& low, const short_vector<T, W / 2>& high) {
    return [&]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) {
        return short_vector<T, W>(__builtin_shufflevector(low, high, I...));
    }(std::make_integer_sequence<int, W>{});
}

// `Count` numbers from memory; the other lanes are zero.
template <class T, int W, int Count>
DAMO_INLINE short_vector<T, W> load_short(const T* from) {
    using vector = short_vector<T, W>;
    if constexpr (Count == W) {
        vector x;
        __builtin_memcpy(&x, from, sizeof x);
        return x;
    } else if constexpr (W > fewest_lanes<T>) {
        constexpr int half = W / 2;
        if constexpr (Count > half) { return joined<T, W>(load_short<T, half, half>(from), load_short<T, half, Count - half>(from + half)); }
        else { return joined<T, W>(load_short<T, half, Count>(from), short_vector<T, half>{}); }
    } else if constexpr (Count == 1) { return vector{from[0]}; }
    else {
        static_assert(sizeof(T) == 4 && (Count == 2 || Count == 3));
        double pair;
        __builtin_memcpy(&pair, from, sizeof pair);
        const short_vector<double, 2> low{pair};
        if constexpr (Count == 2) { return (vector)low; }
        else { return (vector)__builtin_shufflevector(low, (short_vector<double, 2>)vector{from[2]}, 0, 2); }
    }
}
template <int Count, class T, class Vector>
DAMO_INLINE void store_short(T* to, const Vector& x) {
    constexpr int width = static_cast<int>(sizeof(Vector) / sizeof(T));
    if constexpr (Count == width) { __builtin_memcpy(to, &x, sizeof x); }
    else if constexpr (width > fewest_lanes<T>) {
        constexpr int half = width / 2;
        store_short<(Count < half ? Count : half)>(to, half_of<T, width, 0>(x));
        if constexpr (Count > half) { store_short<Count - half>(to + half, half_of<T, width, half>(x)); }
    } else if constexpr (Count == 1) { to[0] = x[0]; }
    else {
        const double pair = ((short_vector<double, 2>)x)[0];
        __builtin_memcpy(to, &pair, sizeof pair);
        if constexpr (Count == 3) { to[2] = x[2]; }
    }
}

// The partial sums of 2 G rows, from those of G rows each: lane l belongs to row l % (2 G).
template <class T, int W, int G>
DAMO_INLINE short_vector<T, W> sums_of_both(const short_vector<T, W>& a, const short_vector<T, W>& b) {
    constexpr int in_16 = fewest_lanes<T>;
    return [&]<int... L>(std::integer_sequence<int, L...>) __attribute__((always_inline)) {
        using detail::lanes::source_of_sum;
        return short_vector<T, W>(__builtin_shufflevector(a, b, source_of_sum(L, G, W, in_16, 0)...)) +
               short_vector<T, W>(__builtin_shufflevector(a, b, source_of_sum(L, G, W, in_16, 1)...));
    }(std::make_integer_sequence<int, W>{});
}
// Lane l becomes the sum of the lanes of rows[First + l], as far as there are such rows: `Count` in all.
template <class T, int W, int Count, int First = 0, int G = W>
DAMO_INLINE short_vector<T, W> sums_of_rows(const short_vector<T, W>* rows) {
    if constexpr (G == 1) { return rows[First]; }
    else {
        const short_vector<T, W> a = sums_of_rows<T, W, Count, First, G / 2>(rows);
        if constexpr (First + G / 2 < Count) { return sums_of_both<T, W, G / 2>(a, sums_of_rows<T, W, Count, First + G / 2, G / 2>(rows)); }
        else { return sums_of_both<T, W, G / 2>(a, a); }
    }
}

} // namespace DAMO_ISA
#endif

} // namespace damo::exec
