// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/exec/runtime/op_blocks.hpp>

namespace damo::exec {
namespace detail::blocks {
inline namespace DAMO_ISA {

// What is added to the sum of two squares, and when.
enum class addend { none, first, last };

// Sums of squares in one kernel: lengths and distances, and what divides by them.
template <dtype D, addend Where, bool Single, bool Root>
void run_squares(void* out, const void* a, const void* b, const void* c, std::int64_t n) {
    using T = element_t<D>;
    auto* to = static_cast<T*>(out);
    const T* const from[3] = {static_cast<const T*>(a), static_cast<const T*>(b), static_cast<const T*>(Where == addend::none ? a : c)};
    const auto all = [](auto x, auto y, auto z) __attribute__((always_inline)) {
        const functor_for<ops::id_of<ops::square_op>> square{};
        const functor_for<ops::id_of<ops::add_op>> add{};
        if constexpr (Where == addend::first) { return add(add(z, square(x)), square(y)); }
        else if constexpr (Where == addend::last) { return add(add(square(x), square(y)), z); }
        else if constexpr (Root) { return functor_for<ops::id_of<ops::sqrt_op>>{}(add(square(x), square(y))); }
        else { return add(square(x), square(y)); }
    };
#if DAMO_HAS_BATCHES
    const batch<T> single(*from[2]);
    const auto run = [&](std::int64_t at, auto... count) __attribute__((always_inline)) {
        const auto third = [&] {
            if constexpr (Single || Where == addend::none) { return single; }
            else { return load_lanes<T>(from[2] + at, count...); }
        };
        store_lanes<T>(to + at, all(load_lanes<T>(from[0] + at, count...), load_lanes<T>(from[1] + at, count...), third()), count...);
    };
    each_vector<T, true>(n, run);
#else
    for (std::int64_t i = 0; i < n; ++i) { to[i] = all(from[0][i], from[1][i], from[2][Single || Where == addend::none ? 0 : i]); }
#endif
}

template <dtype D>
constexpr square_kernels squares_of() {
    square_kernels k;
    k.element = D;
    k.square = ops::id_of<ops::square_op>;
    k.product = ops::id_of<ops::mul_op>;
    k.sum = ops::id_of<ops::add_op>;
    k.root = ops::id_of<ops::sqrt_op>;
    k.two = &run_squares<D, addend::none, false, false>;
    k.root_of_two = &run_squares<D, addend::none, false, true>;
    k.first[0] = &run_squares<D, addend::first, false, false>;
    k.first[1] = &run_squares<D, addend::first, true, false>;
    k.last[0] = &run_squares<D, addend::last, false, false>;
    k.last[1] = &run_squares<D, addend::last, true, false>;
    return k;
}

inline constexpr square_kernels kernels_of_squares[] = {squares_of<dtype::float32>(), squares_of<dtype::float64>()};

} // namespace DAMO_ISA
} // namespace detail::blocks
} // namespace damo::exec
