// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/exec/runtime/block_lanes.hpp>
#include <damo/exec/runtime/kernel_set.hpp>
#include <damo/ops/all.hpp>
#include <damo/plan/cost.hpp>

namespace damo::exec {
namespace detail::blocks {
inline namespace DAMO_ISA {

template <class Op>
concept HasFunctor = requires { functor_for<ops::id_of<Op>>{}; };

template <class Op>
inline constexpr int arity = [] {
    const int declared = Op::facts.arity;
    return declared < 0 ? 2 : declared;
}();

// An elementwise op whose operands have element type D, the first one of a choice aside.
template <class Op, dtype D>
struct signature {
    using element = element_t<D>;
    template <int K>
    using operand = std::conditional_t<K == 0 && Op::facts.types == ir::dtype_rule::select, bool, element>;
    using result = std::conditional_t<Op::facts.types == ir::dtype_rule::compare, bool, element>;
    static constexpr bool vectors =
        DAMO_HAS_BATCHES && (is_floating(D) || (is_integer(D) && plan::runs_on_integer_vectors(ops::id_of<Op>)));
    static constexpr bool exists = Op::facts.types == ir::dtype_rule::logical    ? D == dtype::boolean
                                   : Op::facts.types == ir::dtype_rule::floating ? is_floating(D)
                                                                                 : true;
};

// The op on numbers. Arithmetic of truth values is that of 0 and 1.
template <class Op, dtype D, class A, class... More>
DAMO_INLINE auto call_number(const A& a, const More&... more) {
    const functor_for<ops::id_of<Op>> f{};
    if constexpr (D == dtype::boolean && Op::facts.types == ir::dtype_rule::same) { return static_cast<bool>(f(static_cast<int>(a), static_cast<int>(more)...)); }
    else { return f(a, more...); }
}

#if DAMO_HAS_BATCHES
// at(i) for each whole vector of n elements, four at a time where they are cheap, and at(i, count) for the rest.
template <class T, bool Cheap, class At>
DAMO_INLINE void each_vector(std::int64_t n, const At& at) {
    constexpr std::int64_t width = width_of<T>;
    std::int64_t i = 0;
    if constexpr (Cheap) {
        for (; i + 4 * width <= n; i += 4 * width) {
            at(i);
            at(i + width);
            at(i + 2 * width);
            at(i + 3 * width);
        }
    }
    for (; i + width <= n; i += width) { at(i); }
    if (i < n) { at(i, static_cast<int>(n - i)); }
}
#endif

template <class Op, dtype D, unsigned Singles, int... K>
DAMO_INLINE void run_op(void* out, const void* const* in, std::int64_t n, std::integer_sequence<int, K...>) {
    using S = signature<Op, D>;
    using R = typename S::result;
    auto* to = static_cast<R*>(out);
    const auto from = [&]<int I>(std::integral_constant<int, I>) __attribute__((always_inline)) {
        return static_cast<const typename S::template operand<I>*>(in[I]);
    };
#if DAMO_HAS_BATCHES
    if constexpr (S::vectors) {
        using T = typename S::element;
        constexpr bool cheap = plan::time_of(ops::id_of<Op>) < plan::costs.store_rather_than_repeat;
        const std::tuple single{all_lanes<T>(from(std::integral_constant<int, K>{}))...};
        const auto operand = [&]<int I>(std::integral_constant<int, I> k, std::int64_t i, auto... count) __attribute__((always_inline)) {
            if constexpr (Singles >> I & 1u) { return std::get<I>(single); }
            else { return load_lanes<T>(from(k) + i, count...); }
        };
        const auto at = [&](std::int64_t i, auto... count) __attribute__((always_inline)) {
            store_lanes<T>(to + i, call_op<ops::id_of<Op>, vector_lanes<T>>(operand(std::integral_constant<int, K>{}, i, count...)...), count...);
        };
        each_vector<T, cheap>(n, at);
        return;
    }
#endif
    one_by_one(n, [&](std::int64_t i) __attribute__((always_inline)) {
        to[i] = static_cast<R>(call_number<Op, D>(from(std::integral_constant<int, K>{})[Singles >> K & 1u ? 0 : i]...));
    });
}

template <class Op, dtype D, unsigned Singles>
void run_block(void* out, const void* a, const void* b, const void* c, std::int64_t n) {
    const void* const in[3] = {a, b, c};
    run_op<Op, D, Singles>(out, in, n, std::make_integer_sequence<int, arity<Op>>{});
}

// One number. A function of numbers alone is a row of these.
template <class Op, dtype D>
void run_number(void* out, const void* a, const void* b, const void* c, std::int64_t) {
    using S = signature<Op, D>;
    const void* const in[3] = {a, b, c};
    [&]<int... K>(std::integer_sequence<int, K...>) __attribute__((always_inline)) {
        *static_cast<typename S::result*>(out) =
            static_cast<typename S::result>(call_number<Op, D>(*static_cast<const typename S::template operand<K>*>(in[K])...));
    }(std::make_integer_sequence<int, arity<Op>>{});
}

// The kernels of Op for element type D.
template <class Op, dtype D>
constexpr op_kernels kernels_of() {
    op_kernels k{ops::id_of<Op>, D, static_cast<std::int8_t>(arity<Op>), {}, &run_number<Op, D>};
    k.run[0] = &run_block<Op, D, 0>;
    if constexpr (arity<Op> >= 2) {
        k.run[1] = &run_block<Op, D, 1>;
        k.run[2] = &run_block<Op, D, 2>;
    }
    if constexpr (arity<Op> == 3) {
        k.run[3] = &run_block<Op, D, 3>;
        k.run[4] = &run_block<Op, D, 4>;
        k.run[5] = &run_block<Op, D, 5>;
        k.run[6] = &run_block<Op, D, 6>;
    }
    return k;
}

template <class Op>
inline constexpr bool is_elementwise = [] {
    if constexpr (HasFunctor<Op>) { return Op::facts.kind == ir::op_kind::elementwise && Op::facts.arity <= 3; }
    else { return false; }
}();
template <class Op, dtype D>
inline constexpr bool has_kernels = [] {
    if constexpr (is_elementwise<Op>) { return signature<Op, D>::exists; }
    else { return false; }
}();

template <class Op>
constexpr int count_of_types() {
    return (static_cast<int>(has_kernels<Op, dtype::boolean>) + static_cast<int>(has_kernels<Op, dtype::int32>) +
            static_cast<int>(has_kernels<Op, dtype::int64>) + static_cast<int>(has_kernels<Op, dtype::float32>) +
            static_cast<int>(has_kernels<Op, dtype::float64>));
}
template <class Op, dtype D>
constexpr void add_kernels(op_kernels* to, int& at) {
    if constexpr (has_kernels<Op, D>) { to[at++] = kernels_of<Op, D>(); }
}
template <class Op>
constexpr void add_op(op_kernels* to, int& at) {
    add_kernels<Op, dtype::boolean>(to, at);
    add_kernels<Op, dtype::int32>(to, at);
    add_kernels<Op, dtype::int64>(to, at);
    add_kernels<Op, dtype::float32>(to, at);
    add_kernels<Op, dtype::float64>(to, at);
}

template <class List>
struct table_of_ops;
template <class... Op>
struct table_of_ops<ops::op_list<Op...>> {
    static constexpr int size = (count_of_types<Op>() + ... + 0);
    struct table {
        op_kernels data[size > 0 ? size : 1];
    };
    static constexpr table make() {
        table t{};
        int at = 0;
        (add_op<Op>(t.data, at), ...);
        // Rising by id, so that one is found by bisection.
        for (int i = 1; i < size; ++i) {
            for (int j = i; j > 0 && t.data[j].op < t.data[j - 1].op; --j) {
                const op_kernels k = t.data[j];
                t.data[j] = t.data[j - 1];
                t.data[j - 1] = k;
            }
        }
        return t;
    }
    static constexpr table kernels = make();
};

} // namespace DAMO_ISA
} // namespace detail::blocks
} // namespace damo::exec
