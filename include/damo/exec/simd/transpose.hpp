// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/exec/simd/batch.hpp>

#if DAMO_HAS_BATCHES

namespace damo::exec {
namespace detail::transpose {
inline namespace DAMO_ISA {

// Lanes of a and b in the order I, those of b counted on from those of a.
template <class T, int... I>
DAMO_INLINE xsimd::batch<T> shuffled(const xsimd::batch<T>& a, const xsimd::batch<T>& b, std::integer_sequence<int, I...>) {
    using vector = typename detail::lanes::plain_vector<T>::type;
    return xsimd::batch<T>((typename xsimd::batch<T>::register_type)__builtin_shufflevector((vector)a.data, (vector)b.data, I...));
}

// Of two rows, the blocks of Half lanes that belong to the first or, Upper, to the second one after the swap.
template <int Half, bool Upper, class T, int... I>
DAMO_INLINE xsimd::batch<T> swapped(const xsimd::batch<T>& a, const xsimd::batch<T>& b, std::integer_sequence<int, I...>) {
    constexpr int width = static_cast<int>(sizeof...(I));
    constexpr int from = Upper ? Half : 0;
    return shuffled<T>(a, b, std::integer_sequence<int, (I & Half ? width + (I ^ Half) + from : I + from)...>{});
}
template <int Half, class T, int... Pair>
DAMO_INLINE void swap_blocks(xsimd::batch<T>* rows, std::integer_sequence<int, Pair...>) {
    constexpr int width = static_cast<int>(xsimd::batch<T>::size);
    const auto one = [&]<int I>(std::integral_constant<int, I>) __attribute__((always_inline)) {
        constexpr int a = I / Half * (2 * Half) + I % Half;
        const xsimd::batch<T> x = rows[a];
        const xsimd::batch<T> y = rows[a + Half];
        rows[a] = swapped<Half, false>(x, y, std::make_integer_sequence<int, width>{});
        rows[a + Half] = swapped<Half, true>(x, y, std::make_integer_sequence<int, width>{});
    };
    (one(std::integral_constant<int, Pair>{}), ...);
}

} // namespace DAMO_ISA
} // namespace detail::transpose

inline namespace DAMO_ISA {

// Transposes as many rows as a batch has lanes, by swapping ever smaller blocks (Eklundh 1972).
template <class T, int Half = static_cast<int>(xsimd::batch<T>::size) / 2>
DAMO_INLINE void transpose_lanes(xsimd::batch<T>* rows) {
    detail::transpose::swap_blocks<Half>(rows, std::make_integer_sequence<int, static_cast<int>(xsimd::batch<T>::size) / 2>{});
    if constexpr (Half > 1) { transpose_lanes<T, Half / 2>(rows); }
}

} // namespace DAMO_ISA
} // namespace damo::exec

#endif
