// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/exec/static/array.hpp>
#include <damo/exec/static/team.hpp>

namespace damo::exec {

namespace detail::parallel {
inline namespace DAMO_ISA {

inline constexpr std::int64_t least_work = 32768; // elements of a part
inline constexpr int most_parts = 64;
inline constexpr std::int64_t along_vectors = 1024; // a multiple of all numbers of elements that are worked on together

template <class N>
std::int64_t elements(const loop::axis_list<N>& axes) {
    std::int64_t n = 1;
    for (int k = 0; k < axes.count; ++k) { n *= axes.item[k].extent; }
    return n;
}

// How the first of some axes is cut: parts of `length`, the last one shorter. It depends on the extents alone, so that the same sums are
// made whatever the number of threads.
struct cut {
    std::int64_t extent;
    std::int64_t length;
    int parts;

    // `work` elements in all, of which parts should have least_work or more; lengths are multiples of `unit` if that leaves parts.
    cut(std::int64_t n, std::int64_t work, std::int64_t unit) : extent(n), length(n), parts(1) {
        std::int64_t count = work / least_work;
        if (count > most_parts) { count = most_parts; }
        if (count < 2 || n < 2) { return; }
        length = (n + count - 1) / count;
        if (length < unit && n < 2 * unit) { unit = 1; }
        length = (length + unit - 1) / unit * unit;
        parts = static_cast<int>((n + length - 1) / length);
    }
    std::int64_t begin(int part) const { return part * length; }
    std::int64_t size(int part) const { return extent - begin(part) < length ? extent - begin(part) : length; }
};

// Part of a nest: `axes` cut along the first of them.
template <class N>
struct piece {
    loop::axis_list<N> axes;
    loop::cursor<N> start;
    piece(const loop::axis_list<N>& whole, const loop::cursor<N>& at, const cut& c, int part) : axes(whole), start(at) {
        start.move(whole.item[0].bytes, c.begin(part));
        axes.item[0].extent = c.size(part);
    }
};

// One row, so long that the passes over it are cut: each part folds on its own, and the results are folded in order.
template <class N, int Pass>
void passes_of_row(loop::once_frame<N>& once, loop::row_frame<N, single_lane>& row, const loop::cursor<N>& start, const loop::axis_list<N>& inner,
                   const std::int64_t* extents) {
    loop::scene<N, loop::row_frame<N, single_lane>, loop::once_frame<N>> s{once, row, once, start, extents};
    if constexpr (Pass == N::passes) { loop::perform_all<N, single_lane, N::last.begin, N::last.end>(s); }
    else {
        constexpr plan::range before = N::template pass<Pass>.row;
        constexpr bool folds = loop::has_folds<N, Pass>();
        loop::perform_all<N, single_lane, before.begin, before.end>(s);
        const bool unit = loop::is_unit<N>(inner.item[inner.count - 1]);
        const cut c(inner.item[0].extent, elements<N>(inner), inner.count == 1 ? along_vectors : 1);
        loop::row_frame<N, single_lane> parts[folds ? most_parts : 1];
        detail::team::team::shared().run(c.parts, [&](int part) {
            const piece<N> mine(inner, start, c, part);
            loop::once_frame<N> constants = once;
            loop::row_frame<N, single_lane> own = row;
            loop::row_pass<N, Pass> p{constants, own, extents};
            p.run_all(mine.start, mine.axes, unit);
            if constexpr (folds) { parts[part] = own; }
        });
        if constexpr (folds) {
            loop::accumulators<N, single_lane, Pass> total;
            loop::clear<N, single_lane, Pass>(total);
            for (int part = 0; part < c.parts; ++part) {
                loop::accumulators<N, single_lane, Pass> one;
                loop::each_fold<N, Pass>([&](auto i) {
                    constexpr plan::loop_instruction x = N::template code<i.value>;
                    one.template at<x.result.element, x.stream>() = parts[part].template at<x.result.element, x.result.slot>();
                });
                loop::combine<N, single_lane, Pass>(total, one);
            }
            loop::each_fold<N, Pass>([&](auto i) {
                constexpr plan::loop_instruction x = N::template code<i.value>;
                row.template at<x.result.element, x.result.slot>() = total.template at<x.result.element, x.stream>();
            });
        }
        passes_of_row<N, Pass + 1>(once, row, start, inner, extents);
    }
}

} // namespace DAMO_ISA
} // namespace detail::parallel

inline namespace DAMO_ISA {

/// The policy of a call that shares the loops of large nests among the threads of the team. Results have the same bits for every number
/// of threads.
struct parallel_memory : plain_memory {
    template <class N>
    static void run_nest(detail::loop::once_frame<N>& once, const detail::loop::cursor<N>& start, const detail::loop::axis_list<N>& outer,
                         const detail::loop::axis_list<N>& inner, const std::int64_t* extents) {
        namespace p = detail::parallel;
        const std::int64_t work = p::elements<N>(outer) * p::elements<N>(inner);
        if (outer.count > 0) {
            const p::cut c(outer.item[0].extent, work, outer.count == 1 && N::by_columns ? p::along_vectors : 64);
            detail::team::team::shared().run(c.parts, [&](int part) {
                const p::piece<N> mine(outer, start, c, part);
                detail::loop::once_frame<N> constants = once;
                detail::array::run_loops<N>(constants, mine.start, mine.axes, inner, extents);
            });
        } else if (N::by_columns || inner.count == 0 || inner.empty() || work < 2 * p::least_work) {
            detail::array::run_loops<N>(once, start, outer, inner, extents);
        } else {
            detail::loop::row_frame<N, single_lane> row;
            p::passes_of_row<N, 0>(once, row, start, inner, extents);
        }
    }
};

} // namespace DAMO_ISA
} // namespace damo::exec
