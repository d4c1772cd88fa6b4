// SPDX-License-Identifier: BSD-3-Clause
#pragma once

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
        std::int64_t best = 0;
        for (std::int64_t i = 1; i < n; ++i) {
            const T old = x[best * stride];
            const T now = x[i * stride];
            if (old == old && (now != now || (largest ? old < now : now < old))) { best = i; }
        }
        *y = best;
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
