// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/config.hpp>
#include <damo/core/dtype.hpp>
#include <damo/ops/functor.hpp>

#if DAMO_HAS_BATCHES
#include <xsimd/xsimd.hpp>
#endif

#include <cstdint>

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
};

} // namespace DAMO_ISA
} // namespace damo::exec
