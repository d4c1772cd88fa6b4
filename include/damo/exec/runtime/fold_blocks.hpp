// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/exec/runtime/op_blocks.hpp>

namespace damo::exec {
namespace detail::blocks {
inline namespace DAMO_ISA {

// Reductions of element type D over blocks. Sums are formed in several chains that are paired at the end: a block adds no more to the
// error than its elements divided by the chains.
template <class Op, dtype D>
struct folding {
    using T = element_t<D>;
    static constexpr bool vectors = DAMO_HAS_BATCHES && D != dtype::boolean;

    // Truth values are folded as 0 and 1.
    static DAMO_INLINE T number(T a, T b) {
        const functor_for<ops::id_of<Op>> f{};
        if constexpr (D == dtype::boolean && Op::facts.types != ir::dtype_rule::logical) { return static_cast<bool>(f(static_cast<int>(a), static_cast<int>(b))); }
        else { return f(a, b); }
    }

    // n elements of what x(i) gives, as lanes or as numbers.
    template <class X>
    static DAMO_INLINE T run(const X& x, std::int64_t n) {
        std::int64_t i = 0;
        T total{};
        bool any = false;
#if DAMO_HAS_BATCHES
        if constexpr (vectors) {
            const functor_for<ops::id_of<Op>> f{};
            constexpr std::int64_t width = width_of<T>;
            if (n >= width) {
                batch<T> sum = x.lanes(0);
                i = width;
                if (n >= 4 * width) {
                    batch<T> second = x.lanes(width);
                    batch<T> third = x.lanes(2 * width);
                    batch<T> fourth = x.lanes(3 * width);
                    for (i = 4 * width; i + 4 * width <= n; i += 4 * width) {
                        sum = f(sum, x.lanes(i));
                        second = f(second, x.lanes(i + width));
                        third = f(third, x.lanes(i + 2 * width));
                        fourth = f(fourth, x.lanes(i + 3 * width));
                    }
                    sum = f(f(sum, third), f(second, fourth));
                }
                for (; i + width <= n; i += width) { sum = f(sum, x.lanes(i)); }
                alignas(64) T lanes[width];
                sum.store_aligned(lanes);
                total = halves<static_cast<int>(width)>(lanes);
                any = true;
            }
        }
#endif
        if (i < n) {
            T rest = x.one(i);
            for (++i; i < n; ++i) { rest = number(rest, x.one(i)); }
            total = any ? number(total, rest) : rest;
        }
        return total;
    }
    template <int Count>
    static DAMO_INLINE T halves(const T* x) {
        if constexpr (Count == 1) { return x[0]; }
        else {
            T half[Count / 2];
            for (int k = 0; k < Count / 2; ++k) { half[k] = number(x[k], x[k + Count / 2]); }
            return halves<Count / 2>(half);
        }
    }

    // Elements as they lie there, and products of two arrays.
    struct plain {
        const T* x;
#if DAMO_HAS_BATCHES
        DAMO_INLINE batch<T> lanes(std::int64_t i) const { return batch<T>::load_unaligned(x + i); }
#endif
        DAMO_INLINE T one(std::int64_t i) const { return x[i]; }
        DAMO_INLINE plain from(std::int64_t i) const { return {x + i}; }
    };
    struct products {
        const T* a;
        const T* b;
#if DAMO_HAS_BATCHES
        DAMO_INLINE batch<T> lanes(std::int64_t i) const { return functor_for<inner_op>{}(batch<T>::load_unaligned(a + i), batch<T>::load_unaligned(b + i)); }
#endif
        DAMO_INLINE T one(std::int64_t i) const { return functor_for<inner_op>{}(a[i], b[i]); }
        DAMO_INLINE products from(std::int64_t i) const { return {a + i, b + i}; }
    };
    static constexpr std::uint32_t inner_op = ops::id_of<ops::mul_op>;

    template <class X>
    static DAMO_INLINE void fold_rows(void* out, const X& x, std::int64_t rows, std::int64_t length) {
        auto* to = static_cast<T*>(out);
        for (std::int64_t r = 0; r < rows; ++r) { to[r] = run(x.from(r * length), length); }
    }
    template <class X>
    static DAMO_INLINE void fold_columns(void* into, const X& x, std::int64_t rows, std::int64_t length) {
        auto* to = static_cast<T*>(into);
        std::int64_t k = 0;
#if DAMO_HAS_BATCHES
        if constexpr (vectors) {
            const functor_for<ops::id_of<Op>> f{};
            constexpr std::int64_t width = width_of<T>;
            for (; k + width <= length; k += width) {
                batch<T> sum = batch<T>::load_unaligned(to + k);
                for (std::int64_t r = 0; r < rows; ++r) { sum = f(sum, x.lanes(r * length + k)); }
                sum.store_unaligned(to + k);
            }
        }
#endif
        for (; k < length; ++k) {
            T sum = to[k];
            for (std::int64_t r = 0; r < rows; ++r) { sum = number(sum, x.one(r * length + k)); }
            to[k] = sum;
        }
    }
    static void by_rows(void* out, const void* x, std::int64_t rows, std::int64_t length) { fold_rows(out, plain{static_cast<const T*>(x)}, rows, length); }
    static void by_columns(void* into, const void* x, std::int64_t rows, std::int64_t length) {
        fold_columns(into, plain{static_cast<const T*>(x)}, rows, length);
    }
    static void products_by_rows(void* out, const void* a, const void* b, std::int64_t rows, std::int64_t length) {
        fold_rows(out, products{static_cast<const T*>(a), static_cast<const T*>(b)}, rows, length);
    }
    static void products_by_columns(void* into, const void* a, const void* b, std::int64_t rows, std::int64_t length) {
        fold_columns(into, products{static_cast<const T*>(a), static_cast<const T*>(b)}, rows, length);
    }
    static void pair(void* into, const void* x, std::int64_t n) { by_columns(into, x, 1, n); }
};

template <class Op, dtype D>
inline constexpr bool has_folds = [] {
    if constexpr (HasFunctor<Op>) {
        return Op::facts.kind == ir::op_kind::reduction && (Op::facts.types != ir::dtype_rule::logical || D == dtype::boolean);
    } else { return false; }
}();

template <class List>
struct table_of_folds;
template <class... Op>
struct table_of_folds<ops::op_list<Op...>> {
    template <class O, dtype D>
    static constexpr void add(fold_kernels* to, int& at) {
        if constexpr (has_folds<O, D>) {
            if (to != nullptr) {
                to[at] = {ops::id_of<O>, D, &folding<O, D>::by_rows, &folding<O, D>::by_columns, &folding<O, D>::pair};
                if constexpr (std::is_same_v<O, ops::sum_op> && is_floating(D)) {
                    to[at].inner = folding<O, D>::inner_op;
                    to[at].products_by_rows = &folding<O, D>::products_by_rows;
                    to[at].products_by_columns = &folding<O, D>::products_by_columns;
                }
            }
            ++at;
        }
    }
    template <class O>
    static constexpr void add_all(fold_kernels* to, int& at) {
        add<O, dtype::boolean>(to, at);
        add<O, dtype::int32>(to, at);
        add<O, dtype::int64>(to, at);
        add<O, dtype::float32>(to, at);
        add<O, dtype::float64>(to, at);
    }
    static constexpr int count() {
        int n = 0;
        (add_all<Op>(nullptr, n), ...);
        return n;
    }
    static constexpr int size = count();
    struct table {
        fold_kernels data[size > 0 ? size : 1];
    };
    static constexpr table make() {
        table t{};
        int at = 0;
        (add_all<Op>(t.data, at), ...);
        return t;
    }
    static constexpr table kernels = make();
};

} // namespace DAMO_ISA
} // namespace detail::blocks
} // namespace damo::exec
