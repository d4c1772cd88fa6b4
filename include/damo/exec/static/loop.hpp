// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <utility>

#include <damo/exec/static/frame.hpp>
#include <damo/plan/cost.hpp>

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

// Bytes of one lane.
template <class Lanes>
struct lane_bytes {
    static constexpr std::int64_t value = 0;
};
#if DAMO_HAS_BATCHES
template <class T>
struct lane_bytes<vector_lanes<T>> {
    static constexpr std::int64_t value = sizeof(T);
};
#endif

template <class N, int S>
DAMO_INLINE void shift_one(cursor<N>& r, const cursor<N>& c, std::int64_t bytes) {
    constexpr plan::stream x = N::template stream_at<S>;
    if constexpr (x.view < 0) { r.index[S] = c.index[S] + (x.along ? bytes / lane_bytes<typename N::lanes>::value : 0); }
    else { r.p[S] = c.p[S] + (x.along ? bytes : 0); }
}
template <class N, std::size_t... S>
DAMO_INLINE cursor<N> shifted(const cursor<N>& c, std::int64_t bytes, std::index_sequence<S...>) {
    cursor<N> r;
    (shift_one<N, static_cast<int>(S)>(r, c, bytes), ...);
    return r;
}
// The streams that move with the vector axis, so many bytes on.
template <class N>
DAMO_INLINE cursor<N> shifted(const cursor<N>& c, std::int64_t bytes) {
    return shifted<N>(c, bytes, std::make_index_sequence<static_cast<std::size_t>(N::streams)>{});
}

template <class N>
using once_frame = frame<single_lane, typename N::template slots<0>>;
template <class N, class Lanes>
using row_frame = frame<Lanes, typename N::template slots<1>>;
template <class N, class Lanes>
using element_frame = frame<Lanes, typename N::template slots<2>>;

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

// --- rows: vectors along the innermost axis ------------------------------------------------------------------------------------

template <class N, int Pass>
struct row_pass {
    using lanes = typename N::lanes;
    using row = row_frame<N, single_lane>;
    static constexpr bool folds = has_folds<N, Pass>();
    static constexpr plan::range body = N::template pass<Pass>.element;
    static constexpr int unroll = N::cheap ? plan::costs.unroll : 2;
    static_assert(unroll == 4 || unroll == 2);

    once_frame<N>& once;
    row& r;
    const std::int64_t* extents;
    gathering<N, lanes, Pass> vectors;
    gathering<N, single_lane, Pass> singles;

    DAMO_INLINE row_pass(once_frame<N>& o, row& here, const std::int64_t* e) : once(o), r(here), extents(e) {}

    template <class Lanes>
    DAMO_INLINE void one(const cursor<N>& here, accumulators<N, Lanes, Pass>& sum) {
        element_frame<N, Lanes> e;
        scene<N, row, element_frame<N, Lanes>> s{once, r, e, here, extents};
        perform_all<N, Lanes, body.begin, body.end>(s);
        if constexpr (folds) { take<N, Lanes, Pass>(sum, s); }
    }

    // n elements along an axis.
    DAMO_INLINE void run(const cursor<N>& here, const axis<N>& along, bool unit) {
        const std::int64_t n = along.extent;
        std::int64_t i = 0;
        if constexpr (N::has_vectors) {
            if (unit) {
                i = run_vectors(here, n);
                if constexpr (ends_in_vectors) {
                    if (n - i >= least_leading) {
                        run_end(shifted<N>(here, i * lane_bytes<lanes>::value), static_cast<int>(n - i));
                        return;
                    }
                }
            }
        }
        cursor<N> at = here;
        at.move(along.bytes, i);
        constexpr std::int64_t block = 4 * plan::costs.block_steps;
        if constexpr (folds) {
            for (; n - i >= block;) {
                accumulators<N, single_lane, Pass> sum;
                clear<N, single_lane, Pass>(sum);
                for (const std::int64_t end = i + block; i < end; ++i) {
                    one<single_lane>(at, sum);
                    at.move(along.bytes, 1);
                }
                singles.add(sum);
            }
            if (i == n) { return; }
            accumulators<N, single_lane, Pass>& sum = singles.open();
            for (; i < n; ++i) {
                one<single_lane>(at, sum);
                at.move(along.bytes, 1);
            }
            singles.close();
        } else {
            accumulators<N, single_lane, Pass> none;
            for (; i < n; ++i) {
                one<single_lane>(at, none);
                at.move(along.bytes, 1);
            }
        }
    }
    // The last elements of a row as one vector.
    static constexpr bool ends_in_vectors = N::has_vectors && requires { &N::memory::template load_first<float>; };
    static constexpr std::int64_t least_leading = N::cheap ? 4 : 2;
    DAMO_INLINE void run_end(const cursor<N>& here, int count) {
#if DAMO_HAS_BATCHES
        using leading = leading_lanes<typename lanes::batch::value_type>;
        element_frame<N, leading> e;
        scene<N, row, element_frame<N, leading>> s{once, r, e, here, extents, count};
        perform_all<N, leading, body.begin, body.end>(s);
        if constexpr (folds) {
            take_leading<N, Pass>(vectors.open(), s);
            vectors.close();
        }
#endif
    }
    DAMO_INLINE std::int64_t run_vectors(const cursor<N>& here, std::int64_t n) {
        constexpr std::int64_t width = lanes::width;
        constexpr std::int64_t bytes = lane_bytes<lanes>::value;
        constexpr std::int64_t many = width * unroll;
        std::int64_t i = 0;
        while (i + many <= n) {
            accumulators<N, lanes, Pass> sum[unroll];
            if constexpr (folds) {
                each<unroll>([&](auto u) __attribute__((always_inline)) { clear<N, lanes, Pass>(sum[u.value]); });
            }
            const std::int64_t end = folds && n - i > many * plan::costs.block_steps ? i + many * plan::costs.block_steps : n;
            for (; i + many <= end; i += many) {
                each<unroll>([&](auto u) __attribute__((always_inline)) {
                    one<lanes>(shifted<N>(here, (i + u.value * width) * bytes), sum[u.value]);
                });
            }
            if constexpr (folds) {
                if constexpr (unroll == 4) {
                    combine<N, lanes, Pass>(sum[0], sum[2]);
                    combine<N, lanes, Pass>(sum[1], sum[3]);
                }
                combine<N, lanes, Pass>(sum[0], sum[1]);
                vectors.add(sum[0]);
            }
        }
        if (i + width <= n) {
            if constexpr (folds) {
                accumulators<N, lanes, Pass>& sum = vectors.open();
                for (; i + width <= n; i += width) { one<lanes>(shifted<N>(here, i * bytes), sum); }
                vectors.close();
            } else {
                accumulators<N, lanes, Pass> none;
                for (; i + width <= n; i += width) { one<lanes>(shifted<N>(here, i * bytes), none); }
            }
        }
        return i;
    }
    DAMO_INLINE void finish() {
        if constexpr (folds) {
            accumulators<N, single_lane, Pass> total;
            clear<N, single_lane, Pass>(total);
            if (!singles.empty()) { singles.total(total); }
            if constexpr (N::has_vectors) {
                if (!vectors.empty()) {
                    accumulators<N, lanes, Pass> wide;
                    accumulators<N, single_lane, Pass> narrow;
                    clear<N, lanes, Pass>(wide);
                    vectors.total(wide);
                    fold_lanes<N, lanes, Pass>(wide, narrow);
                    if (singles.empty()) { total = narrow; }
                    else { combine<N, single_lane, Pass>(total, narrow); }
                }
            }
            each_fold<N, Pass>([&](auto i) {
                constexpr plan::loop_instruction c = N::template code<i.value>;
                r.template at<c.result.element, c.result.slot>() = total.template at<c.result.element, c.stream>();
            });
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
        row_pass<N, Pass> p(once, row, extents);
        if (!inner.empty()) {
            walk<N>(inner, inner.count - 1, here, [&](const cursor<N>& at) __attribute__((always_inline)) { p.run(at, inner.item[inner.count - 1], unit); });
        }
        p.finish();
        row_passes<N, Pass + 1>(once, row, here, inner, unit, extents);
    }
}

template <class N>
void run_rows(once_frame<N>& once, const cursor<N>& start, const axis_list<N>& outer, const axis_list<N>& inner, const std::int64_t* extents) {
    const bool unit = inner.count > 0 && is_unit<N>(inner.item[inner.count - 1]);
    walk<N>(outer, outer.count, start, [&](const cursor<N>& here) __attribute__((always_inline)) {
        row_frame<N, single_lane> row;
        row_passes<N, 0>(once, row, here, inner, unit, extents);
    });
}

// --- columns: vectors along the last kept axis, several side by side, so that rows are read in long runs ----------------------------

template <class N, class Lanes, int Width>
struct columns {
    using row = row_frame<N, Lanes>;
    once_frame<N>& once;
    const std::int64_t* extents;
    const axis_list<N>& inner;
    std::int64_t step; // bytes of one batch of columns, or 0 for single columns: then `along` says
    const axis<N>& along;
    row rows[Width];

    DAMO_INLINE columns(once_frame<N>& o, const std::int64_t* e, const axis_list<N>& i, const axis<N>& a)
        : once(o), extents(e), inner(i), step(Lanes::width * lane_bytes<Lanes>::value), along(a) {}

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
            scene<N, row, once_frame<N>> s{once, rows[w], once, c, extents};
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
            pairing<N, Lanes, Pass> total[folds ? Width : 1];
            if constexpr (folds) {
                each<Width>([&](auto w) __attribute__((always_inline)) { clear<N, Lanes, Pass>(sum[w.value]); });
            }
            int done = 0;
            if (!inner.empty()) {
                walk<N>(inner, inner.count, here, [&](const cursor<N>& place) __attribute__((always_inline)) {
                    each<Width>([&](auto w) __attribute__((always_inline)) {
                        const cursor<N> c = at(place, w.value);
                        element_frame<N, Lanes> e;
                        scene<N, row, element_frame<N, Lanes>> s{once, rows[w.value], e, c, extents};
                        perform_all<N, Lanes, body.begin, body.end>(s);
                        if constexpr (folds) { take<N, Lanes, Pass>(sum[w.value], s); }
                    });
                    if constexpr (folds) {
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
                    if (!total[w].empty()) {
                        accumulators<N, Lanes, Pass> whole;
                        clear<N, Lanes, Pass>(whole);
                        total[w].total(whole);
                        if (done > 0) { combine<N, Lanes, Pass>(whole, sum[w]); }
                        sum[w] = whole;
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

template <class N, class Lanes, int Width>
void run_strip(once_frame<N>& once, const cursor<N>& here, const axis_list<N>& inner, const axis<N>& along, const std::int64_t* extents) {
    columns<N, Lanes, Width> c(once, extents, inner, along);
    c.template passes<0>(here);
}

template <class N>
void run_columns(once_frame<N>& once, const cursor<N>& start, const axis_list<N>& outer, const axis_list<N>& inner, const std::int64_t* extents) {
    const axis<N>& along = outer.item[outer.count - 1];
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
