// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <limits>

#include <damo/exec/simd/batch.hpp>
#include <damo/ops/error_function.hpp>
#include <damo/ops/exponential.hpp>
#include <damo/ops/hyperbolic.hpp>
#include <damo/ops/trigonometric.hpp>

namespace damo::exec {

namespace detail::vector_call {
inline namespace DAMO_ISA {

// Arguments for which the vector library's function (xsimd 8.1 and later) is not as good as its op promises. If there is one among the
// lanes, the op is computed lane by lane by its scalar functor. Ops without an entry are right everywhere.
template <std::uint32_t Op>
struct doubtful {};

#if DAMO_HAS_BATCHES
template <class B>
inline constexpr bool is_single = sizeof(typename B::value_type) == 4;
template <class B>
DAMO_INLINE auto is_finite(const B& x) {
    return abs(x) < B(std::numeric_limits<typename B::value_type>::infinity());
}
template <class B>
DAMO_INLINE auto below(const B& x, double limit) {
    return x < B(static_cast<typename B::value_type>(limit));
}

// Zero, subnormal, negative and infinite bases, infinite exponents; and the error grows as |y log(x)|.
template <>
struct doubtful<ops::id_of<ops::pow_op>> {
    template <class B>
    DAMO_INLINE static auto at(const B& x, const B& y) {
        return !((x >= B(std::numeric_limits<typename B::value_type>::min())) && is_finite(x) && below(abs(y * log(x)), 4));
    }
};
// Both zero or infinite.
template <>
struct doubtful<ops::id_of<ops::atan2_op>> {
    template <class B>
    DAMO_INLINE static auto at(const B& y, const B& x) {
        return !(is_finite(x) && is_finite(y) && (abs(x) + abs(y) > B(typename B::value_type(0))));
    }
};
template <>
struct doubtful<ops::id_of<ops::acosh_op>> {
    template <class B>
    DAMO_INLINE static auto at(const B& x) {
        return below(x, 1);
    }
};
// Subnormal numbers, in float64; zero and what lies below are the scalar function's too, which saves a comparison.
template <>
struct doubtful<ops::id_of<ops::log_op>> {
    template <class B>
    DAMO_INLINE static auto at(const B& x) {
        return is_single<B> ? x < x : below(x, 2.3e-308);
    }
};
// In float64 erf is good to 60 ULP only; erfc where it is small has no more digits than erf. Both give NaN for the largest numbers.
template <>
struct doubtful<ops::id_of<ops::erf_op>> {
    template <class B>
    DAMO_INLINE static auto at(const B& x) {
        return is_single<B> ? x < x : x == x;
    }
};
template <>
struct doubtful<ops::id_of<ops::erfc_op>> {
    template <class B>
    DAMO_INLINE static auto at(const B& x) {
        return is_single<B> ? !below(x, 1) : x == x;
    }
};

template <class Functor, class B, class... More>
__attribute__((noinline, cold)) B lane_by_lane(const B& x, const More&... more) {
    using T = typename B::value_type;
    constexpr int count = 1 + static_cast<int>(sizeof...(More));
    T lanes[count][B::size];
    T out[B::size];
    int k = 0;
    x.store_unaligned(lanes[k++]);
    (more.store_unaligned(lanes[k++]), ...);
    for (std::size_t i = 0; i < B::size; ++i) {
        if constexpr (count == 1) { out[i] = Functor{}(lanes[0][i]); }
        else { out[i] = Functor{}(lanes[0][i], lanes[1][i]); }
    }
    return B::load_unaligned(out);
}
#endif

} // namespace DAMO_ISA
} // namespace detail::vector_call

inline namespace DAMO_ISA {

// The op with this id on numbers or vectors.
template <std::uint32_t Op, class Lanes, class A, class... More>
DAMO_INLINE auto call_op(const A& a, const More&... more) {
#if DAMO_HAS_BATCHES
    using guard = detail::vector_call::doubtful<Op>;
    if constexpr (Lanes::width > 1) {
        if constexpr (requires { guard::at(a, more...); }) {
            if (any(guard::at(a, more...))) [[unlikely]] { return detail::vector_call::lane_by_lane<functor_for<Op>>(a, more...); }
        }
    }
#endif
    return functor_for<Op>{}(a, more...);
}

} // namespace DAMO_ISA
} // namespace damo::exec
