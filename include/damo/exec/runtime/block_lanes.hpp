// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <bit>
#include <cstring>

#include <damo/exec/simd/vector_call.hpp>

namespace damo::exec {
namespace detail::blocks {
inline namespace DAMO_ISA {

#if DAMO_HAS_BATCHES
template <class T>
using batch = xsimd::batch<T>;
template <class T>
using truth = typename xsimd::batch<T>::batch_bool_type;
template <class T>
inline constexpr int width_of = static_cast<int>(xsimd::batch<T>::size);

// Integers as wide as T.
template <class T>
using whole = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
template <class T>
struct registers {
    using bytes [[gnu::vector_size(width_of<T>)]] = signed char;
    using wide [[gnu::vector_size(sizeof(T) * width_of<T>)]] = whole<T>;
};

// Truth values lie in memory as bytes 0 and 1; beside vectors of T they are masks of its lanes.
template <class T>
DAMO_INLINE truth<T> load_truth(const bool* from) {
    using regs = registers<T>;
    typename regs::bytes b;
    std::memcpy(&b, from, sizeof b);
    const auto wide = __builtin_convertvector(b, typename regs::wide);
    const batch<whole<T>> numbers(std::bit_cast<typename batch<whole<T>>::register_type>(wide));
    return truth<T>(std::bit_cast<typename truth<T>::register_type>((numbers != batch<whole<T>>(0)).data));
}
template <class T>
DAMO_INLINE void store_truth(bool* to, const truth<T>& x) {
    using regs = registers<T>;
    const batch<whole<T>> ones = select(xsimd::batch_bool<whole<T>>(std::bit_cast<typename xsimd::batch_bool<whole<T>>::register_type>(x.data)),
                                        batch<whole<T>>(1), batch<whole<T>>(0));
    const auto bytes = __builtin_convertvector(std::bit_cast<typename regs::wide>(ones.data), typename regs::bytes);
    std::memcpy(to, &bytes, sizeof bytes);
}

// Operand elements E beside lanes of T: a whole vector, or the first `count` elements.
template <class T, class E>
DAMO_INLINE auto load_lanes(const E* from) {
    if constexpr (std::is_same_v<E, bool>) { return load_truth<T>(from); }
    else { return batch<T>::load_unaligned(from); }
}
template <class T, class E>
DAMO_INLINE auto load_lanes(const E* from, int count) {
    if constexpr (std::is_same_v<E, bool>) {
        bool lanes[width_of<T>] = {};
        for (int k = 0; k < count; ++k) { lanes[k] = from[k]; }
        return load_truth<T>(lanes);
    } else { return load_leading(from, count); }
}
template <class T, class E>
DAMO_INLINE auto all_lanes(const E* from) {
    if constexpr (std::is_same_v<E, bool>) { return truth<T>(*from); }
    else { return batch<T>(*from); }
}
template <class T, class R, class X>
DAMO_INLINE void store_lanes(R* to, const X& x) {
    if constexpr (std::is_same_v<R, bool>) { store_truth<T>(to, x); }
    else { x.store_unaligned(to); }
}
template <class T, class R, class X>
DAMO_INLINE void store_lanes(R* to, const X& x, int count) {
    if constexpr (std::is_same_v<R, bool>) {
        bool lanes[width_of<T>];
        store_truth<T>(lanes, x);
        for (int k = 0; k < count; ++k) { to[k] = lanes[k]; }
    } else { store_leading(to, x, count); }
}
#endif

// Calls f(i) for i < n in runs of a constant length, which compilers turn into vectors where they can.
template <class F>
DAMO_INLINE void one_by_one(std::int64_t n, const F& f) {
    constexpr std::int64_t run = 32;
    std::int64_t i = 0;
    for (; i + run <= n; i += run) {
        for (std::int64_t k = 0; k < run; ++k) { f(i + k); }
    }
    for (; i < n; ++i) { f(i); }
}

} // namespace DAMO_ISA
} // namespace detail::blocks
} // namespace damo::exec
