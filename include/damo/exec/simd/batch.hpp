// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/config.hpp>
#include <damo/core/dtype.hpp>
#include <damo/ops/functor.hpp>

#if DAMO_HAS_BATCHES
#include <xsimd/xsimd.hpp>
#endif

#include <bit>
#include <cstdint>
#include <utility>

#if DAMO_HAS_BATCHES
namespace xsimd {
// The functors' choice, lane by lane; found here by argument-dependent lookup.
template <class T, class A>
DAMO_INLINE batch<T, A> if_else(const batch_bool<T, A>& c, const batch<T, A>& a, const batch<T, A>& b) {
    return select(c, a, b);
}
} // namespace xsimd
#endif

namespace damo::exec {

#if DAMO_HAS_BATCHES
namespace detail::lanes {
inline namespace DAMO_ISA {
template <class T>
struct numbered {
    alignas(64) T number[64 / sizeof(T)] = {};
    constexpr numbered() {
        for (int k = 0; k < static_cast<int>(64 / sizeof(T)); ++k) { number[k] = static_cast<T>(k); }
    }
};
template <class T>
inline constexpr numbered<T> numbers{};

template <class T, std::size_t Bytes = sizeof(xsimd::batch<T>)>
struct plain_vector {
    using type [[gnu::vector_size(Bytes)]] = T;
};
#if defined(__AVX2__)
using half_of_64 = xsimd::avx2;
#else
using half_of_64 = xsimd::sse4_2;
#endif
} // namespace DAMO_ISA
} // namespace detail::lanes
#endif

inline namespace DAMO_ISA {

// Numbers one by one.
struct single_lane {
    static constexpr int width = 1;
    template <dtype D>
    using type = element_t<D>;
};

#if DAMO_HAS_BATCHES
// Vectors of T and of truth values.
template <class T>
struct vector_lanes {
    using batch = xsimd::batch<T>;
    static constexpr int width = static_cast<int>(batch::size);
    template <dtype D>
    using type = std::conditional_t<D == dtype::boolean, typename batch::batch_bool_type, batch>;
};
// The same beside integers of the width of T.
template <class T>
struct mixed_lanes : vector_lanes<T> {
    template <dtype D>
    using type = std::conditional_t<D == dtype::boolean, typename xsimd::batch<T>::batch_bool_type,
                                    xsimd::batch<std::conditional_t<sizeof(element_t<D>) == sizeof(T), element_t<D>, T>>>;
};
// The same where elements lie apart.
template <class T>
struct strided_lanes : vector_lanes<T> {};
// The same at the end of a row, where only the first lanes count.
template <class T>
struct leading_lanes : vector_lanes<T> {};

// 0, 1, 2, ...
template <class T>
DAMO_INLINE xsimd::batch<T> lane_numbers() {
    return xsimd::batch<T>::load_aligned(detail::lanes::numbers<T>.number);
}

// True in the first `count` lanes.
template <class T>
DAMO_INLINE auto first_lanes(int count) {
#if defined(__AVX512F__)
    using mask = typename xsimd::batch_bool<T>::register_type;
    return xsimd::batch_bool<T>(static_cast<mask>((1u << count) - 1));
#else
    return lane_numbers<T>() < xsimd::batch<T>(static_cast<T>(count));
#endif
}

// True in the lanes where neither number is NaN.
template <class T, class A>
DAMO_INLINE xsimd::batch_bool<T, A> neither_is_nan(const xsimd::batch<T, A>& a, const xsimd::batch<T, A>& b) {
    using truth = xsimd::batch_bool<T, A>;
#if defined(__AVX512F__)
    if constexpr (sizeof(a.data) == 64 && std::is_same_v<T, float>) { return truth(static_cast<__mmask16>(_mm512_cmp_ps_mask(a, b, _CMP_ORD_Q))); }
    else if constexpr (sizeof(a.data) == 64 && std::is_same_v<T, double>) { return truth(static_cast<__mmask8>(_mm512_cmp_pd_mask(a, b, _CMP_ORD_Q))); }
    else
#endif
    { return truth((a == a) & (b == b)); }
}

// The larger or smaller of numbers that are not NaN, in one instruction; of equal ones the second, as the ops' functors give. If b is NaN,
// so is the result.
template <bool Largest, class T, class A>
DAMO_INLINE xsimd::batch<T, A> ordered_extreme(const xsimd::batch<T, A>& a, const xsimd::batch<T, A>& b) {
#if defined(__SSE2__)
    return Largest ? xsimd::max(a, b) : xsimd::min(a, b);
#else
    return if_else(Largest ? a > b : a < b, a, b);
#endif
}
template <bool Largest>
struct ordered_extreme_of {
    template <class Batch>
    DAMO_INLINE Batch operator()(const Batch& a, const Batch& b) const {
        return ordered_extreme<Largest>(a, b);
    }
};

// The lanes of x folded together, the upper half on the lower one until one is left; wide registers are halved, for shuffles within
// short ones are quicker.
template <class Functor, class T, class A>
DAMO_INLINE T across(xsimd::batch<T, A> x) {
    using batch = xsimd::batch<T, A>;
    using vector = typename detail::lanes::plain_vector<T, sizeof(typename batch::register_type)>::type;
    constexpr int width = static_cast<int>(batch::size);
    [[maybe_unused]] const auto v = (vector)x.data;
#if defined(__AVX__)
    if constexpr (sizeof(vector) > 16) {
        using half = xsimd::batch<T, std::conditional_t<sizeof(vector) == 64, detail::lanes::half_of_64, xsimd::sse4_2>>;
        return [&]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) {
            return across<Functor>(Functor{}(half((typename half::register_type)__builtin_shufflevector(v, v, I...)),
                                             half((typename half::register_type)__builtin_shufflevector(v, v, (I + width / 2)...))));
        }(std::make_integer_sequence<int, width / 2>{});
    } else
#endif
    {
        const auto step = [&]<int Half, int... I>(std::integral_constant<int, Half>, std::integer_sequence<int, I...>) __attribute__((always_inline)) {
            const auto now = (vector)x.data;
            x = Functor{}(x, batch((typename batch::register_type)__builtin_shufflevector(now, now, ((I + Half) % width)...)));
        };
        [&]<int... S>(std::integer_sequence<int, S...>) __attribute__((always_inline)) {
            (step(std::integral_constant<int, (width >> (S + 1))>{}, std::make_integer_sequence<int, width>{}), ...);
        }(std::make_integer_sequence<int, std::bit_width(static_cast<unsigned>(width)) - 1>{});
        return ((vector)x.data)[0];
    }
}

// The first `count` lanes from memory, which ends there; the others repeat the first, so that they are as harmless.
template <class T>
DAMO_INLINE xsimd::batch<T> load_leading(const T* from, int count) {
    using batch = xsimd::batch<T>;
    const batch first(*from);
#if defined(__AVX512F__)
    if constexpr (sizeof(T) == 4) {
        const auto mask = static_cast<__mmask16>((1u << count) - 1);
        if constexpr (std::is_same_v<T, float>) { return batch(_mm512_mask_loadu_ps(first, mask, from)); }
        else { return batch(_mm512_mask_loadu_epi32(first, mask, from)); }
    } else {
        const auto mask = static_cast<__mmask8>((1u << count) - 1);
        if constexpr (std::is_same_v<T, double>) { return batch(_mm512_mask_loadu_pd(first, mask, from)); }
        else { return batch(_mm512_mask_loadu_epi64(first, mask, from)); }
    }
#else
    alignas(64) T lanes[batch::size];
    first.store_aligned(lanes);
    for (int k = 1; k < count; ++k) { lanes[k] = from[k]; }
    return batch::load_aligned(lanes);
#endif
}
template <class T>
DAMO_INLINE void store_leading(T* to, const xsimd::batch<T>& x, int count) {
#if defined(__AVX512F__)
    if constexpr (sizeof(T) == 4) {
        const auto mask = static_cast<__mmask16>((1u << count) - 1);
        if constexpr (std::is_same_v<T, float>) { _mm512_mask_storeu_ps(to, mask, x); }
        else { _mm512_mask_storeu_epi32(to, mask, x); }
    } else {
        const auto mask = static_cast<__mmask8>((1u << count) - 1);
        if constexpr (std::is_same_v<T, double>) { _mm512_mask_storeu_pd(to, mask, x); }
        else { _mm512_mask_storeu_epi64(to, mask, x); }
    }
#else
    alignas(64) T lanes[xsimd::batch<T>::size];
    x.store_aligned(lanes);
    for (int k = 0; k < count; ++k) { to[k] = lanes[k]; }
#endif
}
#endif

} // namespace DAMO_ISA

namespace detail::lanes {
inline namespace DAMO_ISA {
template <dtype D>
struct of {
    using type = single_lane;
};
#if DAMO_HAS_BATCHES
template <dtype D>
    requires(D == dtype::float32 || D == dtype::float64 || D == dtype::int32 || D == dtype::int64)
struct of<D> {
    using type = vector_lanes<element_t<D>>;
};
#endif
} // namespace DAMO_ISA
} // namespace detail::lanes

inline namespace DAMO_ISA {

// The lanes of a loop whose numbers all have this element type; none: one by one.
template <dtype D>
using lanes_for = typename detail::lanes::of<D>::type;

// A number as all lanes of To.
template <class To, class From>
DAMO_INLINE To widened(const From& x) {
    if constexpr (std::is_same_v<To, From>) { return x; }
    else { return To(x); }
}

// How kernels reach memory. Another policy may count what is read and written.
struct plain_memory {
    template <class To, class T>
    DAMO_INLINE static To load(const T* from) {
        if constexpr (std::is_same_v<To, T>) { return *from; }
#if DAMO_HAS_BATCHES
        else { return To::load_unaligned(from); }
#endif
    }
    template <class From, class T>
    DAMO_INLINE static void store(T* to, const From& x) {
        if constexpr (std::is_same_v<From, T>) { *to = x; }
#if DAMO_HAS_BATCHES
        else { x.store_unaligned(to); }
#endif
    }
#if DAMO_HAS_BATCHES
    // At the end of a row; a policy without these gets its last elements one by one.
    template <class T>
    DAMO_INLINE static xsimd::batch<T> load_first(const T* from, int count) {
        return load_leading(from, count);
    }
    template <class T>
    DAMO_INLINE static void store_first(T* to, const xsimd::batch<T>& x, int count) {
        store_leading(to, x, count);
    }
#endif
};

#if DAMO_HAS_BATCHES
// Elements that lie `bytes` apart as one vector. Every second element comes from two vectors, which are several times faster than a
// gather; the second of them begins one element early, for the element after the last may not exist.
template <class Memory, class T>
DAMO_INLINE xsimd::batch<T> load_apart(const T* from, std::int64_t bytes) {
    using batch = xsimd::batch<T>;
    constexpr int width = static_cast<int>(batch::size);
    if (bytes == static_cast<std::int64_t>(sizeof(T))) { return Memory::template load<batch>(from); }
    if (bytes == 2 * static_cast<std::int64_t>(sizeof(T))) {
        using vector = typename detail::lanes::plain_vector<T>::type;
        const auto low = (vector)Memory::template load<batch>(from).data;
        const auto high = (vector)Memory::template load<batch>(from + width - 1).data;
        return [&]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) {
            return batch((typename batch::register_type)__builtin_shufflevector(low, high, (2 * I < width ? 2 * I : 2 * I + 1)...));
        }(std::make_integer_sequence<int, width>{});
    }
    alignas(64) T lanes[width];
    for (int k = 0; k < width; ++k) { lanes[k] = Memory::template load<T>(reinterpret_cast<const T*>(reinterpret_cast<const char*>(from) + k * bytes)); }
    return batch::load_aligned(lanes);
}
template <class Memory, class T>
DAMO_INLINE void store_apart(T* to, const xsimd::batch<T>& x, std::int64_t bytes) {
    if (bytes == static_cast<std::int64_t>(sizeof(T))) {
        Memory::store(to, x);
        return;
    }
    constexpr int width = static_cast<int>(xsimd::batch<T>::size);
    alignas(64) T lanes[width];
    x.store_aligned(lanes);
    for (int k = 0; k < width; ++k) { Memory::store(reinterpret_cast<T*>(reinterpret_cast<char*>(to) + k * bytes), lanes[k]); }
}
#endif

} // namespace DAMO_ISA
} // namespace damo::exec
