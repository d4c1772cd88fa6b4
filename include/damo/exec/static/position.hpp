// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/exec/simd/batch.hpp>
#include <damo/exec/static/memory.hpp>
#include <damo/ops/argmax.hpp>

namespace damo::exec {
namespace detail::position {
inline namespace DAMO_ISA {

using memory::found_view;
using memory::value_of;

// Calls f with an index for each element of the first `rank` axes, in row-major order.
template <class F>
void for_each_index(const std::int64_t* extents, int rank, const F& f) {
    std::int64_t at[max_rank] = {};
    for (int k = 0; k < rank; ++k) {
        if (extents[k] == 0) { return; }
    }
    for (;;) {
        f(at);
        int k = rank - 1;
        for (; k >= 0; --k) {
            if (++at[k] < extents[k]) { break; }
            at[k] = 0;
        }
        if (k < 0) { return; }
    }
}

template <class Code, int View>
void extents_of(const std::int64_t* symbols, std::int64_t* out) {
    for (int k = 0; k < Code::tables.views[View].rank; ++k) { out[k] = value_of(Code::tables.views[View].extents[k], symbols); }
}

#if DAMO_HAS_BATCHES
template <class T>
inline constexpr bool has_vectors =
    std::is_same_v<T, float> || std::is_same_v<T, double> || std::is_same_v<T, std::int32_t> || std::is_same_v<T, std::int64_t>;

// Four vectors at a time.
template <class T>
inline constexpr std::int64_t step_of = 4 * static_cast<std::int64_t>(xsimd::batch<T>::size);

// The largest or smallest of n elements side by side, n a multiple of step_of<T>; false if one of them is NaN.
template <bool Largest, class T>
DAMO_INLINE bool find_extreme(const T* x, std::int64_t n, T& found) {
    using batch = xsimd::batch<T>;
    constexpr std::int64_t width = step_of<T> / 4;
    const auto load = [&](std::int64_t at) __attribute__((always_inline)) { return batch::load_unaligned(x + at); };
    batch best[4] = {load(0), load(width), load(2 * width), load(3 * width)};
    auto truth = typename batch::batch_bool_type(true);
    const auto test = [&]() __attribute__((always_inline)) {
        if constexpr (std::is_floating_point_v<T>) { truth = truth & neither_is_nan(best[0], best[1]) & neither_is_nan(best[2], best[3]); }
    };
    test();
    for (std::int64_t i = step_of<T>; i < n; i += step_of<T>) {
        for (int u = 0; u < 4; ++u) { best[u] = ordered_extreme<Largest>(best[u], load(i + u * width)); }
        test();
    }
    if (!all(truth)) { return false; }
    using extreme = ordered_extreme_of<Largest>;
    found = across<extreme>(extreme{}(extreme{}(best[0], best[1]), extreme{}(best[2], best[3])));
    return true;
}

// The place of the first largest or smallest element, or the first NaN, of at least step_of<T> side by side: the extremes of blocks
// that stay in L1, then a search in the first block that has the extreme of all. The last block may begin before the one before it
// ends: what both hold is no better than what was found.
template <bool Largest, class T>
std::int64_t place_of_extreme(const T* x, std::int64_t n) {
    using batch = xsimd::batch<T>;
    constexpr std::int64_t block = 64 * step_of<T>;
    std::int64_t start = 0;
    T best{};
    for (std::int64_t i = 0; i < n;) {
        const std::int64_t left = n - i;
        const std::int64_t count = left >= block ? block : left < step_of<T> ? step_of<T> : left / step_of<T> * step_of<T>;
        const std::int64_t from = left < step_of<T> ? n - count : i;
        T found;
        if (!find_extreme<Largest>(x + from, count, found)) {
            start = from;
            while (x[start] == x[start]) { ++start; }
            return start;
        }
        if (i == 0 || (Largest ? best < found : found < best)) {
            best = found;
            start = from;
        }
        i = from + count;
    }
    while (none(batch::load_unaligned(x + start) == batch(best))) { start += static_cast<std::int64_t>(batch::size); }
    while (x[start] != best) { ++start; }
    return start;
}
#endif

// The place of the first largest or smallest element, or the first NaN, of n elements that lie `stride` apart.
template <class T>
std::int64_t first_extreme(const T* x, std::int64_t n, std::int64_t stride, bool largest) {
#if DAMO_HAS_BATCHES
    if constexpr (has_vectors<T>) {
        if (stride == 1 && n >= step_of<T>) { return largest ? place_of_extreme<true>(x, n) : place_of_extreme<false>(x, n); }
    }
#endif
    std::int64_t best = 0;
    for (std::int64_t i = 1; i < n; ++i) {
        const T old = x[best * stride];
        const T now = x[i * stride];
        if (old == old && (now != now || (largest ? old < now : now < old))) { best = i; }
    }
    return best;
}

// The place of the first largest or smallest element, or the first NaN, along `axis` of an array with these extents.
template <class T>
void find(const found_view& from, const found_view& to, const std::int64_t* given, int rank, int axis, bool keeps, bool largest) {
    std::int64_t extents[max_rank] = {};
    for (int k = 0; k < rank; ++k) { extents[k] = k == axis ? 1 : given[k]; }
    const std::int64_t n = given[axis];
    const std::int64_t stride = from.strides[axis];
    for_each_index(extents, rank, [&](const std::int64_t* at) {
        const T* x = reinterpret_cast<const T*>(from.data);
        auto* y = reinterpret_cast<std::int64_t*>(to.data);
        int next = 0;
        for (int k = 0; k < rank; ++k) {
            x += at[k] * from.strides[k];
            if (k != axis || keeps) { y += at[k] * to.strides[next++]; }
        }
        *y = first_extreme(x, n, stride, largest);
    });
}
template <class Code, int Step>
void find(const found_view* views, const std::int64_t* symbols) {
    constexpr plan::step s = Code::plan.steps[Step];
    constexpr int from = s.views[0];
    std::int64_t extents[max_rank] = {};
    extents_of<Code, from>(symbols, extents);
    find<element_t<Code::plan.views[from].element>>(views[from], views[s.views[2]], extents, Code::plan.views[from].rank, s.axis, s.outer != 0,
                                                    s.op == ops::id_of<ops::argmax_op>);
}

// Zeros everywhere; T is as wide as the elements.
template <class T>
void fill(const found_view& to, const std::int64_t* extents, int rank) {
    for_each_index(extents, rank, [&](const std::int64_t* at) {
        T* y = reinterpret_cast<T*>(to.data);
        for (int k = 0; k < rank; ++k) { y += at[k] * to.strides[k]; }
        *y = T(0);
    });
}
template <class Code, int Step>
void fill(const found_view* views, const std::int64_t* symbols) {
    constexpr int to = Code::plan.steps[Step].views[2];
    std::int64_t extents[max_rank] = {};
    extents_of<Code, to>(symbols, extents);
    fill<element_t<Code::plan.views[to].element>>(views[to], extents, Code::plan.views[to].rank);
}

// Lets the view of the result be the input itself where that is row-major, else copies it. T is as wide as the elements.
template <class T>
void compact(const found_view& from, found_view& to, const std::int64_t* extents, int rank) {
    bool dense = true;
    for (int k = 0; k < rank; ++k) { dense = dense && (extents[k] == 1 || from.strides[k] == to.strides[k]); }
    if (dense) {
        to.data = from.data;
        return;
    }
    T* y = reinterpret_cast<T*>(to.data);
    for_each_index(extents, rank, [&](const std::int64_t* at) {
        const T* x = reinterpret_cast<const T*>(from.data);
        for (int k = 0; k < rank; ++k) { x += at[k] * from.strides[k]; }
        *y++ = *x;
    });
}
template <class Code, int Step>
void compact(found_view* views, const std::int64_t* symbols) {
    constexpr int from = Code::plan.steps[Step].views[0];
    constexpr int to = Code::plan.steps[Step].views[2];
    std::int64_t extents[max_rank] = {};
    extents_of<Code, to>(symbols, extents);
    compact<element_t<Code::plan.views[to].element>>(views[from], views[to], extents, Code::plan.views[to].rank);
}

} // namespace DAMO_ISA
} // namespace detail::position
} // namespace damo::exec
