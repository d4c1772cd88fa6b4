// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/exec/static/frame.hpp>

namespace damo::exec {
namespace detail::loop {
inline namespace DAMO_ISA {

// One axis of a nest at run time, after neighbours were joined: its extent, and how far each stream moves along it.
template <class N>
struct axis {
    std::int64_t extent;
    std::int64_t bytes[N::streams > 0 ? N::streams : 1];
};

// Axes of a nest, outermost first.
template <class N>
struct axis_list {
    axis<N> item[N::rank > 0 ? N::rank : 1];
    int count = 0;

    // Adds an inner axis, joined with the last one where the streams allow it. Nests that cannot be joined keep their axes.
    DAMO_INLINE void add(const axis<N>& a, bool may_join) {
        if (count > 0 && may_join) {
            axis<N>& last = item[count - 1];
            bool joins = true;
            if (a.extent == 1) { return; }
            for (int s = 0; s < N::streams && joins; ++s) { joins = last.extent == 1 || last.bytes[s] == a.bytes[s] * a.extent; }
            if (joins) {
                const std::int64_t n = last.extent * a.extent;
                last = a;
                last.extent = n;
                return;
            }
        }
        item[count++] = a;
    }
    // The innermost axis. There is one wherever this is called, which the compiler cannot know.
    DAMO_INLINE const axis<N>& last() const { return item[count > 1 ? count - 1 : 0]; }
    bool empty() const {
        for (int k = 0; k < count; ++k) {
            if (item[k].extent == 0) { return true; }
        }
        return false;
    }
};

// Calls f at every position of the first `count` axes, the last of them fastest; once when there are none. One call in the text, so
// that f is inlined.
template <class N, class F>
DAMO_INLINE void walk(const axis_list<N>& axes, int count, cursor<N> here, const F& f) {
    const bool any = count > 0;
    const std::int64_t runs = any ? axes.item[count - 1].extent : 1;
    std::int64_t at[N::rank > 0 ? N::rank : 1] = {};
    for (;;) {
        cursor<N> place = here;
        for (std::int64_t i = 0; i < runs; ++i) {
            f(place);
            if (any) { place.move(axes.item[count - 1].bytes, 1); }
        }
        int k = count - 2;
        for (; k >= 0; --k) {
            here.move(axes.item[k].bytes, 1);
            if (++at[k] < axes.item[k].extent) { break; }
            here.move(axes.item[k].bytes, -at[k]);
            at[k] = 0;
        }
        if (k < 0) { return; }
    }
}

} // namespace DAMO_ISA
} // namespace detail::loop
} // namespace damo::exec
