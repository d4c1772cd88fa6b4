// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <bit>

#include <damo/exec/static/axes.hpp>
#include <damo/plan/cost.hpp>

// Nests over a few elements whose number the type tells: straight-line code, number by number, from which the compiler makes vectors where
// that pays. Rows are folded as a vector's lanes are, the upper half on the lower one.

namespace damo::exec {
namespace detail::loop {
inline namespace DAMO_ISA {

// The positions of axes [Begin, End) of the nest at step s; 0: not known, or none.
constexpr std::int64_t positions_of(const plan::step& s, int begin, int end) {
    std::int64_t n = 1;
    for (int k = begin; k < end; ++k) {
        if (!ir::is_known(s.extents[k]) || s.extents[k] > plan::costs.few_elements) { return 0; }
        n *= s.extents[k];
    }
    return n;
}
constexpr bool is_few(const plan::step& s) {
    const std::int64_t n = positions_of(s, 0, s.rank);
    return s.cheap && n > 0 && n <= plan::costs.few_elements;
}

// Such a nest. Axes: all of them, outermost first.
template <class N>
struct few_elements {
    static constexpr int rows = static_cast<int>(positions_of(N::plan.steps[N::number], 0, N::outer));
    static constexpr int columns = static_cast<int>(positions_of(N::plan.steps[N::number], N::outer, N::rank));
    using row_numbers = row_frame<N, single_lane>;
    template <int Pass>
    using sums = accumulators<N, single_lane, Pass>;

    once_frame<N>& once;
    const axis<N>* axes;
    const std::int64_t* extents;

    // Position `At` of axes [Begin, End), the last of them fastest.
    template <int Begin, int End, int At>
    DAMO_INLINE cursor<N> moved(const cursor<N>& from) const {
        if constexpr (End == Begin) { return from; }
        else {
            constexpr int n = static_cast<int>(N::plan.steps[N::number].extents[End - 1]);
            cursor<N> here = from;
            here.move(axes[End - 1].bytes, At % n);
            return moved<Begin, End - 1, At / n>(here);
        }
    }
    template <int Pass>
    DAMO_INLINE void passes(row_numbers& r, const cursor<N>& here) const {
        scene<N, row_numbers, once_frame<N>> s{once, r, once, here, extents};
        if constexpr (Pass == N::passes) { perform_all<N, single_lane, N::last.begin, N::last.end>(s); }
        else {
            constexpr plan::range before = N::template pass<Pass>.row;
            constexpr plan::range body = N::template pass<Pass>.element;
            perform_all<N, single_lane, before.begin, before.end>(s);
            [[maybe_unused]] sums<Pass> part[columns];
            each<columns>([&](auto c) __attribute__((always_inline)) {
                const cursor<N> at = moved<N::outer, N::rank, c.value>(here);
                element_frame<N, single_lane> e;
                scene<N, row_numbers, element_frame<N, single_lane>> one{once, r, e, at, extents};
                perform_all<N, single_lane, body.begin, body.end>(one);
                each_fold<N, Pass>([&](auto i) __attribute__((always_inline)) {
                    constexpr plan::loop_instruction f = N::template code<i.value>;
                    part[c.value].template at<f.result.element, f.stream>() = read<single_lane, f.args[0]>(one);
                });
            });
            if constexpr (has_folds<N, Pass>()) { fold<Pass>(r, part); }
            passes<Pass + 1>(r, here);
        }
    }
    template <int Pass>
    DAMO_INLINE void fold(row_numbers& r, sums<Pass>* part) const {
        constexpr int halvings = std::bit_width(static_cast<unsigned>(columns - 1));
        each<halvings>([&](auto h) __attribute__((always_inline)) {
            constexpr int half = 1 << (halvings - 1 - h.value);
            constexpr int now = h.value == 0 ? columns : 2 * half;
            each<now - half>([&](auto k) __attribute__((always_inline)) { combine<N, single_lane, Pass>(part[k.value], part[half + k.value]); });
        });
        sums<Pass> total;
        clear<N, single_lane, Pass>(total);
        combine<N, single_lane, Pass>(total, part[0]);
        each_fold<N, Pass>([&](auto i) __attribute__((always_inline)) {
            constexpr plan::loop_instruction f = N::template code<i.value>;
            r.template at<f.result.element, f.result.slot>() = total.template get<f.result.element, f.stream>();
        });
    }
    DAMO_INLINE void run(const cursor<N>& start) const {
        each<rows>([&](auto i) __attribute__((always_inline)) {
            row_numbers r;
            passes<0>(r, moved<0, N::outer, i.value>(start));
        });
    }
};

} // namespace DAMO_ISA
} // namespace detail::loop
} // namespace damo::exec
