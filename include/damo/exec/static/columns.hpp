// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/exec/static/axes.hpp>
#include <damo/plan/cost.hpp>

namespace damo::exec {
namespace detail::loop {
inline namespace DAMO_ISA {

// Vectors along the last kept axis, several side by side, so that rows are read in long runs.

template <class N, class Lanes, int Width>
struct columns {
    using row = row_frame<N, Lanes>;
    once_frame<N>& once;
    const std::int64_t* extents;
    const axis_list<N>& inner;
    std::int64_t step; // bytes of one batch of columns, or 0 for single columns: then `along` says
    const axis<N>& along;
    int count; // of leading lanes that count, at the end of a row
    row rows[Width];

    DAMO_INLINE columns(once_frame<N>& o, const std::int64_t* e, const axis_list<N>& i, const axis<N>& a, int c = 0)
        : once(o), extents(e), inner(i), step(Lanes::width * lane_bytes<Lanes>::value), along(a), count(c) {}

    DAMO_INLINE cursor<N> at(const cursor<N>& here, int w) const {
        if constexpr (Lanes::width > 1) { return shifted<N>(here, w * step); }
        else {
            cursor<N> c = here;
            c.move(along.bytes, w);
            return c;
        }
    }
    template <plan::range R>
    DAMO_INLINE void per_row(const cursor<N>& here) {
        for (int w = 0; w < Width; ++w) {
            const cursor<N> c = at(here, w);
            scene<N, row, once_frame<N>> s{once, rows[w], once, c, extents, count};
            perform_all<N, Lanes, R.begin, R.end>(s);
        }
    }
    template <int Pass>
    DAMO_INLINE void passes(const cursor<N>& here) {
        if constexpr (Pass == N::passes) { per_row<N::last>(here); }
        else {
            constexpr plan::range body = N::template pass<Pass>.element;
            constexpr bool folds = has_folds<N, Pass>();
            constexpr int block = 4 * plan::costs.block_steps;
            per_row<N::template pass<Pass>.row>(here);
            accumulators<N, Lanes, Pass> sum[Width];
            [[maybe_unused]] pairing<N, Lanes, Pass> total[folds && !N::turned ? Width : 1];
            if constexpr (folds) {
                each<Width>([&](auto w) __attribute__((always_inline)) { clear<N, Lanes, Pass>(sum[w.value]); });
            }
            [[maybe_unused]] int done = 0;
            if (!inner.empty()) {
                walk<N>(inner, inner.count, here, [&](const cursor<N>& place) __attribute__((always_inline)) {
                    each<Width>([&](auto w) __attribute__((always_inline)) {
                        const cursor<N> c = at(place, w.value);
                        element_frame<N, Lanes> e;
                        scene<N, row, element_frame<N, Lanes>> s{once, rows[w.value], e, c, extents, count};
                        perform_all<N, Lanes, body.begin, body.end>(s);
                        if constexpr (folds) { take<N, Lanes, Pass>(sum[w.value], s); }
                    });
                    if constexpr (folds && !N::turned) { // turned rows are short
                        if (++done == block) {
                            each<Width>([&](auto w) __attribute__((always_inline)) {
                                total[w.value].add(sum[w.value]);
                                clear<N, Lanes, Pass>(sum[w.value]);
                            });
                            done = 0;
                        }
                    }
                });
            }
            if constexpr (folds) {
                each<Width>([&](auto k) __attribute__((always_inline)) {
                    constexpr int w = k.value;
                    if constexpr (!N::turned) {
                        if (!total[w].empty()) {
                            accumulators<N, Lanes, Pass> whole;
                            clear<N, Lanes, Pass>(whole);
                            total[w].total(whole);
                            if (done > 0) { combine<N, Lanes, Pass>(whole, sum[w]); }
                            sum[w] = whole;
                        }
                    }
                    each_fold<N, Pass>([&](auto i) {
                        constexpr plan::loop_instruction c = N::template code<i.value>;
                        rows[w].template at<c.result.element, c.result.slot>() = sum[w].template at<c.result.element, c.stream>();
                    });
                });
            }
            passes<Pass + 1>(here);
        }
    }
};

} // namespace DAMO_ISA
} // namespace detail::loop
} // namespace damo::exec
