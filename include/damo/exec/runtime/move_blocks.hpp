// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/exec/runtime/fold_blocks.hpp>
#include <damo/exec/runtime/pair_blocks.hpp>
#include <damo/exec/runtime/square_blocks.hpp>
#include <damo/exec/static/position.hpp>

namespace damo::exec {
namespace detail::blocks {
inline namespace DAMO_ISA {

template <int Bytes>
using unit = std::conditional_t<Bytes == 1, std::uint8_t, std::conditional_t<Bytes == 4, std::uint32_t, std::uint64_t>>;

template <class U>
DAMO_INLINE void fill_run(U* out, U x, std::int64_t n) {
    one_by_one(n, [&](std::int64_t i) __attribute__((always_inline)) { out[i] = x; });
}

// Tiles between memory and blocks. Memory is only as aligned as its elements.
template <class U>
void gather(void* out, const char* from, const tile_shape& s) {
    auto* to = static_cast<U*>(out);
    constexpr std::int64_t size = sizeof(U);
    const auto at = [&](std::int64_t p, std::int64_t q) __attribute__((always_inline)) { return *reinterpret_cast<const U*>(from + p * s.outer + q * s.inner); };
    if (s.inner == size) {
        for (std::int64_t p = 0; p < s.rows; ++p) { std::memcpy(to + p * s.length, from + p * s.outer, static_cast<std::size_t>(s.length * size)); }
    } else if (s.inner == 0) {
        for (std::int64_t p = 0; p < s.rows; ++p) { fill_run(to + p * s.length, at(p, 0), s.length); }
    } else if (s.inner == 2 * size) {
        for (std::int64_t p = 0; p < s.rows; ++p) {
            const U* x = reinterpret_cast<const U*>(from + p * s.outer);
            one_by_one(s.length, [&](std::int64_t q) __attribute__((always_inline)) { to[p * s.length + q] = x[2 * q]; });
        }
    } else if (s.rows > 1 && s.outer == size) {
        // Columns lie in one piece: a cache line serves several rows.
        for (std::int64_t q = 0; q < s.length; ++q) {
            for (std::int64_t p = 0; p < s.rows; ++p) { to[p * s.length + q] = at(p, q); }
        }
    } else {
        for (std::int64_t p = 0; p < s.rows; ++p) {
            for (std::int64_t q = 0; q < s.length; ++q) { to[p * s.length + q] = at(p, q); }
        }
    }
}
template <class U>
void scatter(char* to, const void* in, const tile_shape& s) {
    const auto* x = static_cast<const U*>(in);
    constexpr std::int64_t size = sizeof(U);
    if (s.inner == size) {
        for (std::int64_t p = 0; p < s.rows; ++p) { std::memcpy(to + p * s.outer, x + p * s.length, static_cast<std::size_t>(s.length * size)); }
        return;
    }
    for (std::int64_t p = 0; p < s.rows; ++p) {
        for (std::int64_t q = 0; q < s.length; ++q) { *reinterpret_cast<U*>(to + p * s.outer + q * s.inner) = x[p * s.length + q]; }
    }
}
template <class U>
void spread(void* out, const void* in, std::int64_t rows, std::int64_t length) {
    auto* to = static_cast<U*>(out);
    const auto* x = static_cast<const U*>(in);
    for (std::int64_t p = 0; p < rows; ++p) { fill_run(to + p * length, x[p], length); }
}
template <class U>
void repeat(void* out, const void* in, std::int64_t rows, std::int64_t length) {
    auto* to = static_cast<U*>(out);
    for (std::int64_t p = 0; p < rows; ++p) { std::memcpy(to + p * length, in, static_cast<std::size_t>(length) * sizeof(U)); }
}
template <class T>
void count(void* out, std::int64_t first, const tile_shape& s) {
    auto* to = static_cast<T*>(out);
    for (std::int64_t p = 0; p < s.rows; ++p) {
        const std::int64_t start = first + p * s.outer;
        one_by_one(s.length, [&](std::int64_t q) __attribute__((always_inline)) { to[p * s.length + q] = static_cast<T>(start + q * s.inner); });
    }
}

template <class To, class From>
void convert(void* out, const void* in, const void*, const void*, std::int64_t n) {
    auto* to = static_cast<To*>(out);
    const auto* x = static_cast<const From*>(in);
    one_by_one(n, [&](std::int64_t i) __attribute__((always_inline)) { to[i] = static_cast<To>(x[i]); });
}
template <class T>
void one_hot(void* out, const void* a, const void* b, const void*, std::int64_t n) {
    auto* to = static_cast<T*>(out);
    const auto* x = static_cast<const T*>(a);
    const T wanted = *static_cast<const T*>(b);
    one_by_one(n, [&](std::int64_t i) __attribute__((always_inline)) { to[i] = static_cast<T>(x[i] == wanted ? 1 : 0); });
}

template <class T>
void multiply(const product_call& c) {
    if (c.ranks[0] == 1) {
        if (c.ranks[1] == 1) { contraction::product<T, true, true>(c); }
        else { contraction::product<T, true, false>(c); }
    } else if (c.ranks[1] == 1) { contraction::product<T, false, true>(c); }
    else { contraction::product<T, false, false>(c); }
}
template <class T>
void find_position(const position_call& c) {
    position::find<T>(*c.from, *c.to, c.extents, c.rank, c.axis, c.keeps, c.largest);
}

template <int I>
using numbered = element_t<numbered_types[I]>;

template <int... I>
constexpr kernel_set make_set(std::integer_sequence<int, I...>) {
    kernel_set s;
    s.ops = table_of_ops<ops::every_op>::kernels.data;
    s.op_count = table_of_ops<ops::every_op>::size;
    s.pairs = pairs_from<first_of_pair>::kernels.data;
    s.pair_count = pairs_from<first_of_pair>::size;
    s.squares = kernels_of_squares;
    s.square_count = 2;
    s.folds = table_of_folds<ops::every_op>::kernels.data;
    s.fold_count = table_of_folds<ops::every_op>::size;
    const auto conversions = [&]<int To>(std::integral_constant<int, To>) { ((s.convert[To][I] = &convert<numbered<To>, numbered<I>>), ...); };
    (conversions(std::integral_constant<int, I>{}), ...);
    ((s.one_hot[I] = &one_hot<numbered<I>>), ...);
    ((s.count[I] = &count<numbered<I>>), ...);
    ((s.position[I] = &find_position<numbered<I>>), ...);
    const auto product_of = [&]<int K>(std::integral_constant<int, K>) {
        if constexpr (K != type_number(dtype::boolean)) { s.product[K] = &multiply<numbered<K>>; }
    };
    (product_of(std::integral_constant<int, I>{}), ...);
    const auto moves = [&]<int Bytes>(std::integral_constant<int, Bytes>) {
        constexpr int k = size_number(Bytes);
        s.gather[k] = &gather<unit<Bytes>>;
        s.scatter[k] = &scatter<unit<Bytes>>;
        s.spread[k] = &spread<unit<Bytes>>;
        s.repeat[k] = &repeat<unit<Bytes>>;
    };
    moves(std::integral_constant<int, 1>{});
    moves(std::integral_constant<int, 4>{});
    moves(std::integral_constant<int, 8>{});
    return s;
}

// The kernels of the instruction set that this translation unit is compiled for.
inline constexpr kernel_set kernels = make_set(std::make_integer_sequence<int, type_count>{});

} // namespace DAMO_ISA
} // namespace detail::blocks
} // namespace damo::exec
