// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/exec/runtime/op_blocks.hpp>

namespace damo::exec {
namespace detail::blocks {
inline namespace DAMO_ISA {

// Two cheap operations in one kernel: what the first gives never goes through memory. The second has it on its left or on its right.
template <dtype D, class First, class Second, bool Right, unsigned Singles>
void run_pair(void* out, const void* a, const void* b, const void* c, std::int64_t n) {
    using T = element_t<D>;
    auto* to = static_cast<T*>(out);
    constexpr bool unary = arity<First> == 1; // then b is not there
    const T* const from[3] = {static_cast<const T*>(a), static_cast<const T*>(unary ? a : b), static_cast<const T*>(c)};
    const auto both = [](auto x, auto y, auto z) __attribute__((always_inline)) {
        const functor_for<ops::id_of<First>> first{};
        const functor_for<ops::id_of<Second>> second{};
        const auto inner = [&] {
            if constexpr (unary) { return first(x); }
            else { return first(x, y); }
        };
        if constexpr (Right) { return second(z, inner()); }
        else { return second(inner(), z); }
    };
#if DAMO_HAS_BATCHES
    const batch<T> single[3] = {batch<T>(*from[0]), batch<T>(*from[1]), batch<T>(*from[2])};
    const auto operand = [&]<int K>(std::integral_constant<int, K>, std::int64_t at, auto... count) __attribute__((always_inline)) {
        if constexpr (Singles >> K & 1u) { return single[K]; }
        else { return load_lanes<T>(from[K] + at, count...); }
    };
    const auto run = [&](std::int64_t at, auto... count) __attribute__((always_inline)) {
        store_lanes<T>(to + at,
                       both(operand(std::integral_constant<int, 0>{}, at, count...), operand(std::integral_constant<int, 1>{}, at, count...),
                            operand(std::integral_constant<int, 2>{}, at, count...)),
                       count...);
    };
    each_vector<T, true>(n, run);
#else
    for (std::int64_t i = 0; i < n; ++i) { to[i] = both(from[0][Singles & 1u ? 0 : i], from[1][Singles & 2u ? 0 : i], from[2][Singles & 4u ? 0 : i]); }
#endif
}

using first_of_pair = ops::op_list<ops::add_op, ops::sub_op, ops::mul_op, ops::square_op>;
using second_of_pair = ops::op_list<ops::add_op, ops::sub_op, ops::mul_op, ops::div_op>;

template <class First>
struct pairs_from;
template <class... First>
struct pairs_from<ops::op_list<First...>> {
    static constexpr int size = static_cast<int>(sizeof...(First)) * second_of_pair::size * 2 * 2;
    struct table {
        pair_kernels data[size];
    };
    template <dtype D, class F, class S, bool Right>
    static constexpr pair_kernels one() {
        pair_kernels k{ops::id_of<F>, ops::id_of<S>, D, Right, {}};
        k.run[0] = &run_pair<D, F, S, Right, 0>;
        k.run[4] = &run_pair<D, F, S, Right, 4>;
        if constexpr (arity<F> == 2) {
            k.run[1] = &run_pair<D, F, S, Right, 1>;
            k.run[2] = &run_pair<D, F, S, Right, 2>;
            k.run[6] = &run_pair<D, F, S, Right, 6>;
        }
        return k;
    }
    template <class F, class... S>
    static constexpr void add(pair_kernels* to, int& at, ops::op_list<S...>) {
        ((to[at++] = one<dtype::float32, F, S, false>(), to[at++] = one<dtype::float32, F, S, true>(), to[at++] = one<dtype::float64, F, S, false>(),
          to[at++] = one<dtype::float64, F, S, true>()),
         ...);
    }
    static constexpr table make() {
        table t{};
        int at = 0;
        (add<First>(t.data, at, second_of_pair{}), ...);
        return t;
    }
    static constexpr table kernels = make();
};

} // namespace DAMO_ISA
} // namespace detail::blocks
} // namespace damo::exec
