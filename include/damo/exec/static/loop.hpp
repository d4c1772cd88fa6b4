// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <utility>

#include <damo/exec/static/columns.hpp>
#include <damo/exec/static/held_row.hpp>
#include <damo/exec/static/turned.hpp>
#include <damo/plan/cost.hpp>

namespace damo::exec {
namespace detail::loop {
inline namespace DAMO_ISA {

// True if vectors can be read and written along the axis.
template <class N, std::size_t... S>
bool is_unit(const axis<N>& a, std::index_sequence<S...>) {
    constexpr std::int64_t bytes = lane_bytes<typename N::lanes>::value;
    return N::has_vectors &&
           ((!N::template stream_at<static_cast<int>(S)>.along || N::template stream_at<static_cast<int>(S)>.view < 0 || a.bytes[S] == bytes) && ...);
}
template <class N>
bool is_unit(const axis<N>& a) {
    return is_unit<N>(a, std::make_index_sequence<static_cast<std::size_t>(N::streams)>{});
}

// True if vectors can be put together from elements that lie apart: all of them close, or the work on them dear.
template <class N>
bool has_near_elements(const axis<N>& a) {
    bool near = true;
    each<N::streams>([&](auto s) __attribute__((always_inline)) {
        constexpr plan::stream x = N::template stream_at<s.value>;
        constexpr std::int64_t bytes = lane_bytes<typename N::lanes>::value;
        if constexpr (x.along && x.view >= 0) { near = near && (a.bytes[s.value] == bytes || (!x.writes && a.bytes[s.value] == 2 * bytes)); }
    });
    return near || !N::cheap;
}

// --- rows: vectors along the innermost axis ------------------------------------------------------------------------------------

// A truth value for each lane; nothing where none is asked for.
template <class Lanes, bool Used>
struct truths {};
template <class Lanes>
struct truths<Lanes, true> {
    typename Lanes::batch::batch_bool_type lane = typename Lanes::batch::batch_bool_type(true);
};

template <class N, int Pass>
struct row_pass {
    using lanes = typename N::lanes;
    using row = row_frame<N, single_lane>;
    using single_sums = accumulators<N, single_lane, Pass>;
    using vector_sums = accumulators<N, lanes, Pass>;
    static constexpr bool folds = has_folds<N, Pass>();
    static constexpr plan::range body = N::template pass<Pass>.element;
    static constexpr int unroll = N::cheap ? plan::costs.unroll : 2;
    static constexpr std::int64_t width = lanes::width;
    static constexpr std::int64_t bytes = lane_bytes<lanes>::value;
    static constexpr std::int64_t block = width * unroll * plan::costs.block_steps; // elements summed before sums are paired
    static_assert(unroll == 4 || unroll == 2);

    once_frame<N>& once;
    row& r;
    const std::int64_t* extents;

    template <class Lanes, bool Ordered = false, class Sums>
    DAMO_INLINE void one(const cursor<N>& here, Sums& sum, int count = 0, const std::int64_t* strides = nullptr) {
        element_frame<N, Lanes> e;
        scene<N, row, element_frame<N, Lanes>> s{once, r, e, here, extents, count, strides};
        perform_all<N, Lanes, body.begin, body.end>(s);
        if constexpr (folds && is_end_of_row<Lanes>) { take_leading<N, Pass, Ordered>(sum, s); }
        else if constexpr (folds && Ordered) { take_ordered<N, Lanes, Pass>(sum, s); }
        else if constexpr (folds) { take<N, Lanes, Pass>(sum, s); }
    }

    // --- n elements side by side; the sums are of these alone. Returns how many were done: all, if rows can end in vectors.
    DAMO_INLINE std::int64_t run_vectors(const cursor<N>& here, std::int64_t n, vector_sums& total) {
#if DAMO_HAS_BATCHES
        // The largest of numbers takes half the instructions if none is NaN. If one was, all is done again.
        if constexpr (has_extremes<N, Pass>()) {
            bool ordered = true;
            const std::int64_t done = run_vectors<true>(here, n, total, ordered);
            if (!ordered) [[unlikely]] { total = run_again(once, r, here, n, own_extents<N>(extents)); }
            return done;
        } else
#endif
        {
            bool ordered = true;
            return run_vectors<false>(here, n, total, ordered);
        }
    }
    [[gnu::cold, gnu::noinline]] static vector_sums run_again(once_frame<N> once, row r, cursor<N> here, std::int64_t n, own_extents<N> extents) {
        vector_sums total;
        bool ordered = true;
        row_pass{once, r, extents.at}.template run_vectors<false>(here, n, total, ordered);
        return total;
    }
    [[gnu::cold, gnu::noinline]] static single_sums fold_again(once_frame<N> once, row r, cursor<N> here, std::int64_t n, own_extents<N> extents) {
        vector_sums sum = run_again(once, r, here, n, extents);
        single_sums total;
        fold_lanes<N, lanes, Pass>(sum, total);
        return total;
    }
    template <bool Ordered>
    DAMO_INLINE std::int64_t run_vectors(const cursor<N>& here, std::int64_t n, vector_sums& total, [[maybe_unused]] bool& all_ordered) {
        constexpr std::int64_t many = width * unroll;
        vector_sums sum[unroll];
        [[maybe_unused]] truths<lanes, Ordered> ordered[unroll / 2]; // of two accumulators each
        const auto step = [&]<int U>(std::integral_constant<int, U>, std::int64_t at) __attribute__((always_inline)) {
            one<lanes, Ordered>(shifted<N>(here, at * bytes), sum[U]);
        };
        const auto test = [&]([[maybe_unused]] int a, [[maybe_unused]] int b) __attribute__((always_inline)) {
            if constexpr (Ordered) { test_order<N, lanes, Pass>(sum[a], sum[b], ordered[a / 2].lane); }
        };
        if constexpr (folds) {
            each<unroll>([&](auto u) __attribute__((always_inline)) { clear<N, lanes, Pass>(sum[u.value]); });
        }
        std::int64_t i = 0;
        for (; i + many <= n; i += many) {
            each<unroll>([&](auto u) __attribute__((always_inline)) { step(u, i + u.value * width); });
            each<unroll / 2>([&](auto u) __attribute__((always_inline)) { test(2 * u.value, 2 * u.value + 1); });
        }
        for (; i + width <= n; i += width) {
            step(std::integral_constant<int, 0>{}, i);
            test(0, 0);
        }
#if DAMO_HAS_BATCHES
        if constexpr (ends_in_vectors<N>()) {
            bool ended = false;
            if constexpr (has_only_extremes<N, Pass>()) {
                ended = n >= width;
                if (ended && i < n) {
                    one<lanes, Ordered>(shifted<N>(here, (n - width) * bytes), sum[1]);
                    test(1, 1);
                }
            }
            if (ended) { i = n; }
            else if (n - i >= (folds ? 1 : least_leading)) {
                using leading = leading_lanes<typename lanes::batch::value_type>;
                one<leading, Ordered>(shifted<N>(here, i * bytes), sum[1], static_cast<int>(n - i));
                test(1, 1);
                i = n;
            }
        }
#endif
        if constexpr (Ordered) {
            if constexpr (unroll == 4) { ordered[0].lane = ordered[0].lane & ordered[1].lane; }
            all_ordered = all(ordered[0].lane);
        }
        const auto join = [&](int a, int b) __attribute__((always_inline)) {
            if constexpr (Ordered) { combine_ordered<N, lanes, Pass>(sum[a], sum[b]); }
            else { combine<N, lanes, Pass>(sum[a], sum[b]); }
        };
        if constexpr (folds) {
            if constexpr (unroll == 4) {
                join(0, 2);
                join(1, 3);
            }
            join(0, 1);
            total = sum[0];
        }
        return i;
    }
    static constexpr std::int64_t least_leading = N::cheap ? 4 : 2;

    // --- a pass without folds

    DAMO_INLINE void run(const cursor<N>& here, const axis<N>& along, bool unit) {
        const std::int64_t n = along.extent;
        std::int64_t i = 0;
        if constexpr (N::has_vectors) {
            vector_sums none;
            if (unit) { i = run_vectors(here, n, none); }
        }
        cursor<N> at = here;
        at.move(along.bytes, i);
#if DAMO_HAS_BATCHES
        if constexpr (N::has_vectors) {
            if (!unit && has_near_elements<N>(along)) {
                using strided = strided_lanes<typename lanes::batch::value_type>;
                accumulators<N, strided, Pass> none;
                for (; i + width <= n; i += width) {
                    one<strided>(at, none, 0, along.bytes);
                    at.move(along.bytes, width);
                }
            }
        }
#endif
        single_sums none;
        for (; i < n; ++i) {
            one<single_lane>(at, none);
            at.move(along.bytes, 1);
        }
    }

    // --- a pass with folds

    // Sums of an axis of any length and stride, in blocks that are paired.
    DAMO_INLINE void gather(const cursor<N>& here, const axis<N>& along, bool unit, gathering<N, lanes, Pass>& vectors,
                            gathering<N, single_lane, Pass>& singles) {
        const std::int64_t n = along.extent;
        std::int64_t i = 0;
        if constexpr (N::has_vectors) {
            while (unit && i < n) {
                vector_sums sum;
                const std::int64_t wanted = n - i < block ? n - i : block;
                const std::int64_t done = run_vectors(shifted<N>(here, i * bytes), wanted, sum);
                if (done > 0) { vectors.add(sum); }
                i += done;
                if (done < wanted) { break; }
            }
        }
        cursor<N> at = here;
        at.move(along.bytes, i);
        while (i < n) {
            single_sums sum;
            clear<N, single_lane, Pass>(sum);
            const std::int64_t end = n - i < 4 * plan::costs.block_steps ? n : i + 4 * plan::costs.block_steps;
            for (; i < end; ++i) {
                one<single_lane>(at, sum);
                at.move(along.bytes, 1);
            }
            singles.add(sum);
        }
    }
    DAMO_INLINE void finish(const single_sums& total) {
        each_fold<N, Pass>([&](auto i) __attribute__((always_inline)) {
            constexpr plan::loop_instruction c = N::template code<i.value>;
            r.template at<c.result.element, c.result.slot>() = total.template get<c.result.element, c.stream>();
        });
    }
    // Elements side by side, where rows end in vectors; no more than one block of folds: nothing goes through memory.
    DAMO_INLINE void fold_short(const cursor<N>& here, std::int64_t n) {
        static_assert(folds);
        vector_sums sum;
        single_sums total;
        bool ordered = true;
        constexpr bool may_order = has_extremes<N, Pass>();
        run_vectors<may_order>(here, n, sum, ordered);
        if (ordered) [[likely]] { fold_lanes<N, lanes, Pass, may_order>(sum, total); }
        else { total = fold_again(once, r, here, n, own_extents<N>(extents)); }
        finish(total);
    }
    // The same without folds, for arrays that share no memory. The last vector overlaps the one before it: what is written twice is the
    // same, since nothing that was read has changed.
    DAMO_INLINE void run_apart(const cursor<N>& here, std::int64_t n) {
        static_assert(!folds);
        vector_sums none;
        if (n >= width) {
            const std::int64_t last = n - width;
            std::int64_t i = 0;
            do {
                one<lanes>(shifted<N>(here, i * bytes), none);
                i += width;
            } while (i <= last);
            if (i < n) { one<lanes>(shifted<N>(here, last * bytes), none); }
        } else if (n > 0) { one<leading_lanes<typename lanes::batch::value_type>>(here, none, static_cast<int>(n)); }
    }
    DAMO_INLINE void fold_all(const cursor<N>& here, const axis_list<N>& inner, bool unit) {
        const axis<N>& last = inner.last();
        if constexpr (ends_in_vectors<N>()) {
            if (unit && inner.count == 1 && last.extent <= block) { return fold_short(here, last.extent); }
        }
        single_sums total;
        gathering<N, lanes, Pass> vectors;
        gathering<N, single_lane, Pass> singles;
        if (!inner.empty()) {
            walk<N>(inner, inner.count - 1, here, [&](const cursor<N>& at) __attribute__((always_inline)) { gather(at, last, unit, vectors, singles); });
        }
        clear<N, single_lane, Pass>(total);
        if (!singles.empty()) { singles.total(total); }
        if constexpr (N::has_vectors) {
            if (!vectors.empty()) {
                vector_sums wide;
                single_sums narrow;
                clear<N, lanes, Pass>(wide);
                vectors.total(wide);
                fold_lanes<N, lanes, Pass>(wide, narrow);
                if (singles.empty()) { total = narrow; }
                else { combine<N, single_lane, Pass>(total, narrow); }
            }
        }
        finish(total);
    }

    // The whole pass over the inner axes.
    DAMO_INLINE void run_all(const cursor<N>& here, const axis_list<N>& inner, bool unit) {
        if constexpr (folds) { fold_all(here, inner, unit); }
        else if (!inner.empty()) {
            walk<N>(inner, inner.count - 1, here, [&](const cursor<N>& at) __attribute__((always_inline)) { run(at, inner.last(), unit); });
        }
    }
};

template <class N, int Pass>
DAMO_INLINE void row_passes(once_frame<N>& once, row_frame<N, single_lane>& row, const cursor<N>& here, const axis_list<N>& inner, bool unit,
                            const std::int64_t* extents) {
    using scene_of_row = scene<N, row_frame<N, single_lane>, once_frame<N>>;
    scene_of_row s{once, row, once, here, extents};
    if constexpr (Pass == N::passes) { perform_all<N, single_lane, N::last.begin, N::last.end>(s); }
    else {
        constexpr plan::range before = N::template pass<Pass>.row;
        perform_all<N, single_lane, before.begin, before.end>(s);
        row_pass<N, Pass> p{once, row, extents};
        p.run_all(here, inner, unit);
        row_passes<N, Pass + 1>(once, row, here, inner, unit, extents);
    }
}

// Calls `row` at every row of the nest, and `block` at as many neighbours as it takes, `block_rows`; 0: none.
template <class N, class Row, class Block>
DAMO_INLINE void walk_rows(const axis_list<N>& outer, const cursor<N>& start, int block_rows, const Row& row, const Block& block) {
    if constexpr (N::outer == 0) { row(start); }
    else {
        const axis<N>& last = outer.last();
        walk<N>(outer, outer.count - 1, start, [&](cursor<N> here) __attribute__((always_inline)) {
            std::int64_t left = last.extent;
            for (; block_rows > 0 && left >= block_rows; left -= block_rows) {
                block(here);
                here.move(last.bytes, block_rows);
            }
            for (; left > 0; --left) {
                row(here);
                here.move(last.bytes, 1);
            }
        });
    }
}

template <class N, class Row>
DAMO_INLINE void run_blocks_and_rows(once_frame<N>& once, const cursor<N>& start, const axis_list<N>& outer, const axis_list<N>& inner,
                                     const std::int64_t* extents, const Row& row) {
#if DAMO_HAS_BATCHES
    if constexpr (can_turn_rows<N>()) {
        using block = rows_side_by_side<N>;
        const axis<N>& rows = outer.last();
        if (block::can_run(rows, inner.item[0])) {
            once_frame<N> own = once; // `once` itself stays in registers
            block b(own, rows, inner.item[0], extents);
            walk_rows<N>(outer, start, block::width, row, [&](const cursor<N>& here) { b.run(here); });
            return;
        }
    }
#endif
    walk_rows<N>(outer, start, 0, row, [](const cursor<N>&) {});
}

template <class N>
void run_rows(once_frame<N> once, const cursor<N>& start, const axis_list<N>& outer, const axis_list<N>& inner, const std::int64_t* extents) {
    const bool unit = inner.count > 0 && is_unit<N>(inner.last());
    // Rows short enough for one vector or, by their type, a few.
    const auto run_held = [&]<int Vectors, bool Whole>(std::integral_constant<int, Vectors>, std::bool_constant<Whole>, int last) {
        run_blocks_and_rows<N>(once, start, outer, inner, extents, [&](const cursor<N>& here) __attribute__((always_inline)) {
            row_frame<N, single_lane> row;
            held_row<N, Vectors, Whole> held(once, row, here, extents, last);
            held.template passes<0>();
        });
    };
    if constexpr (can_hold_rows<N>()) {
        constexpr int width = N::lanes::width;
        if constexpr (N::held) {
            constexpr int vectors = static_cast<int>((N::innermost + width - 1) / width);
            constexpr int last = static_cast<int>(N::innermost) - (vectors - 1) * width;
            if (unit) { return run_held(std::integral_constant<int, vectors>{}, std::bool_constant<last == width>{}, last); }
        } else if constexpr (!ir::is_known(N::innermost) && N::passes > 1) {
            const std::int64_t n = inner.item[0].extent;
            if (unit && n > 0 && n <= width) { return run_held(std::integral_constant<int, 1>{}, std::false_type{}, static_cast<int>(n)); }
        }
    }
    run_blocks_and_rows<N>(once, start, outer, inner, extents, [&](const cursor<N>& here) __attribute__((always_inline)) {
        row_frame<N, single_lane> row{}; // run_again copies it, whatever has been written by then
        row_passes<N, 0>(once, row, here, inner, unit, extents);
    });
}

// The only row of a nest of one pass, whose elements lie side by side.
template <class N>
__attribute__((noinline)) void run_long_row(once_frame<N> once, cursor<N> start, axis<N> along, own_extents<N> extents) {
    row_frame<N, single_lane> row{};
    axis_list<N> inner;
    inner.add(along, false);
    row_passes<N, 0>(once, row, start, inner, true, extents.at);
}
template <class N>
DAMO_INLINE void run_row(const cursor<N>& start, const axis<N>& along, const std::int64_t* extents) {
    once_frame<N> once;
    row_frame<N, single_lane> row{};
    scene<N, once_frame<N>, once_frame<N>> s{once, once, once, start, extents};
    perform_all<N, single_lane, N::once.begin, N::once.end>(s);
    using row_scene = scene<N, row_frame<N, single_lane>, once_frame<N>>;
    row_scene r{once, row, once, start, extents};
    if constexpr (N::passes > 0) {
        using pass = row_pass<N, 0>;
        if constexpr (pass::folds) {
            if (along.extent > pass::block) { return run_long_row<N>(once, start, along, own_extents<N>(extents)); }
        }
        constexpr plan::range before = N::template pass<0>.row;
        perform_all<N, single_lane, before.begin, before.end>(r);
        if constexpr (pass::folds) { pass{once, row, extents}.fold_short(start, along.extent); }
        else { pass{once, row, extents}.run_apart(start, along.extent); }
    }
    perform_all<N, single_lane, N::last.begin, N::last.end>(r);
}

// --- columns -------------------------------------------------------------------------------------------------------------------

template <class N, class Lanes, int Width>
void run_strip(once_frame<N>& once, const cursor<N>& here, const axis_list<N>& inner, const axis<N>& along, const std::int64_t* extents,
               int count = 0) {
    columns<N, Lanes, Width> c(once, extents, inner, along, count);
    c.template passes<0>(here);
}

template <class N>
void run_columns(once_frame<N> once, const cursor<N>& start, const axis_list<N>& outer, const axis_list<N>& inner, const std::int64_t* extents) {
    const axis<N>& along = outer.last();
    const bool unit = is_unit<N>(along);
    walk<N>(outer, outer.count - 1, start, [&](cursor<N> here) __attribute__((always_inline)) {
        constexpr int many = plan::costs.column_batches;
        std::int64_t left = along.extent;
        if constexpr (N::has_vectors) {
            using lanes = typename N::lanes;
            constexpr std::int64_t bytes = lanes::width * lane_bytes<lanes>::value;
            for (; unit && left >= many * lanes::width; left -= many * lanes::width) {
                run_strip<N, lanes, many>(once, here, inner, along, extents);
                here = shifted<N>(here, many * bytes);
            }
            for (; unit && left >= lanes::width; left -= lanes::width) {
                run_strip<N, lanes, 1>(once, here, inner, along, extents);
                here = shifted<N>(here, bytes);
            }
            if constexpr (ends_in_vectors<N>()) {
                if (unit && left > 1) {
                    run_strip<N, leading_lanes<typename lanes::batch::value_type>, 1>(once, here, inner, along, extents, static_cast<int>(left));
                    return;
                }
            }
        } else {
            for (; left >= many; left -= many) {
                run_strip<N, single_lane, many>(once, here, inner, along, extents);
                here.move(along.bytes, many);
            }
        }
        for (; left > 0; --left) {
            run_strip<N, single_lane, 1>(once, here, inner, along, extents);
            here.move(along.bytes, 1);
        }
    });
}

} // namespace DAMO_ISA
} // namespace detail::loop
} // namespace damo::exec
