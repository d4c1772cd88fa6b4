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

// The place of the first largest or smallest element, or the first NaN, along one axis.
template <class Code, int Step>
void find(const found_view* views, const std::int64_t* symbols) {
    constexpr plan::step s = Code::plan.steps[Step];
    constexpr int from = s.views[0];
    constexpr int to = s.views[2];
    constexpr int rank = Code::plan.views[from].rank;
    constexpr bool keeps = s.outer != 0;
    constexpr bool largest = s.op == ops::id_of<ops::argmax_op>;
    using T = element_t<Code::plan.views[from].element>;
    std::int64_t extents[max_rank] = {};
    extents_of<Code, from>(symbols, extents);
    const std::int64_t n = extents[s.axis];
    const std::int64_t stride = views[from].strides[s.axis];
    extents[s.axis] = 1;
    for_each_index(extents, rank, [&](const std::int64_t* at) {
        const T* x = reinterpret_cast<const T*>(views[from].data);
        auto* y = reinterpret_cast<std::int64_t*>(views[to].data);
        int next = 0;
        for (int k = 0; k < rank; ++k) {
            x += at[k] * views[from].strides[k];
            if (k != s.axis || keeps) { y += at[k] * views[to].strides[next++]; }
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
void fill(const found_view* views, const std::int64_t* symbols) {
    constexpr int to = Code::plan.steps[Step].views[2];
    using T = element_t<Code::plan.views[to].element>;
    std::int64_t extents[max_rank] = {};
    extents_of<Code, to>(symbols, extents);
    for_each_index(extents, Code::plan.views[to].rank, [&](const std::int64_t* at) {
        T* y = reinterpret_cast<T*>(views[to].data);
        for (int k = 0; k < Code::plan.views[to].rank; ++k) { y += at[k] * views[to].strides[k]; }
        *y = T(0);
    });
}

// Lets the view of the result be the input itself where that is row-major, else copies it.
template <class Code, int Step>
void compact(found_view* views, const std::int64_t* symbols) {
    constexpr int from = Code::plan.steps[Step].views[0];
    constexpr int to = Code::plan.steps[Step].views[2];
    constexpr int rank = Code::plan.views[to].rank;
    using T = element_t<Code::plan.views[to].element>;
    std::int64_t extents[max_rank] = {};
    extents_of<Code, to>(symbols, extents);
    bool dense = true;
    for (int k = 0; k < rank; ++k) { dense = dense && (extents[k] == 1 || views[from].strides[k] == views[to].strides[k]); }
    if (dense) {
        views[to].data = views[from].data;
        return;
    }
    T* y = reinterpret_cast<T*>(views[to].data);
    for_each_index(extents, rank, [&](const std::int64_t* at) {
        const T* x = reinterpret_cast<const T*>(views[from].data);
        for (int k = 0; k < rank; ++k) { x += at[k] * views[from].strides[k]; }
        *y++ = *x;
    });
}

} // namespace DAMO_ISA
} // namespace detail::position
} // namespace damo::exec
