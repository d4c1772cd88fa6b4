// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/config.hpp>

#include <concepts>
#include <type_traits>

// The arithmetic of the products: floating point as it is, integers modulo 2^bits, as NumPy does, without undefined overflow.

namespace damo::blas {

/// What the products of this folder compute with: every arithmetic type but bool.
template <class T>
concept Scalar = std::is_arithmetic_v<T> && std::is_same_v<T, std::remove_cv_t<T>> && !std::is_same_v<T, bool>;

template <class T>
struct accumulator {
    using type = T;
};

template <std::integral T>
struct accumulator<T> {
    using type = std::make_unsigned_t<T>;
};

/// The type that sums are formed in: unsigned for integers.
template <Scalar T>
using accumulator_t = typename accumulator<T>::type;

inline namespace DAMO_ISA {

/// a * b; two unsigned short would become an int and may overflow it, so short types are multiplied as unsigned.
template <Scalar T>
DAMO_HD DAMO_INLINE constexpr T times(T a, T b) {
    if constexpr (std::is_integral_v<T> && sizeof(T) < sizeof(int)) {
        return static_cast<T>(static_cast<unsigned>(a) * static_cast<unsigned>(b));
    } else {
        return a * b;
    }
}

template <Scalar T>
DAMO_HD DAMO_INLINE constexpr T plus(T a, T b) {
    return static_cast<T>(a + b);
}

} // namespace DAMO_ISA
} // namespace damo::blas
