// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/exec/simd/transpose.hpp>
#include <damo/exec/static/columns.hpp>
#include <damo/plan/cost.hpp>

#if DAMO_HAS_BATCHES

namespace damo::exec {
namespace detail::loop {
inline namespace DAMO_ISA {

// The nest N with its short rows side by side: as many as a vector has lanes are transposed into small tiles, worked on as columns, and
// the results transposed back. So folds need no shuffles, and expensive functions work on full vectors.
template <class N>
struct turned_nest : N {
    static constexpr bool turned = true;
    static constexpr bool by_columns = true;
    // Memory of one row that passes hand on to each other.
    static constexpr bool is_scratch(const plan::stream& s) {
        const plan::view_step& v = N::plan.views[s.view];
        return v.kind == plan::view_kind::buffer && N::plan.buffers[v.of].scratch;
    }
    // The tile in which stream S has its elements: the number of the first stream of the same memory, or -1.
    static constexpr int tile_of(int number) {
        const plan::stream& s = N::plan.streams[N::first_stream + number];
        if (s.view < 0 || s.at != plan::level::element || (s.axes[N::outer - 1] < 0 && !is_scratch(s))) { return -1; }
        for (int i = 0;; ++i) {
            plan::stream other = N::plan.streams[N::first_stream + i];
            other.writes = s.writes;
            if (other == s) { return i; }
        }
    }
    // True if the tile is filled from memory before the passes, or emptied to it after them.
    static constexpr bool comes_from_memory(int number) {
        const int tile = tile_of(number);
        if (tile != number || is_scratch(N::plan.streams[N::first_stream + number])) { return false; }
        for (int i = 0; i < N::streams; ++i) {
            if (N::plan.streams[N::first_stream + i].writes && tile_of(i) == tile) { return false; }
        }
        return true;
    }
    static constexpr bool goes_to_memory(int number) {
        const plan::stream& s = N::plan.streams[N::first_stream + number];
        return s.writes && tile_of(number) >= 0 && !is_scratch(s);
    }
    template <int S>
    static constexpr plan::stream stream_at = [] {
        plan::stream s = N::template stream_at<S>;
        s.along = s.axes[N::outer - 1] >= 0 || tile_of(S) >= 0;
        return s;
    }();
};

template <class N>
struct rows_side_by_side {
    using turned = turned_nest<N>;
    using element = typename N::lanes::batch::value_type;
    using batch = xsimd::batch<element>;
    static constexpr int width = N::lanes::width;
    static constexpr int longest = plan::costs.turned_elements;

    // True if rows of `along` lie so that blocks of them can be worked on: rows of unit stride, one number a row densely.
    static bool can_run(const axis<N>& rows, const axis<N>& along) {
        bool can = along.extent >= 2 && along.extent <= longest && rows.extent >= width;
        each<N::streams>([&](auto s) __attribute__((always_inline)) {
            constexpr plan::stream x = N::template stream_at<s.value>;
            if constexpr (turned::tile_of(s.value) >= 0) { can = can && along.bytes[s.value] == static_cast<std::int64_t>(sizeof(element)); }
            else if constexpr (x.view >= 0 && x.axes[N::outer - 1] >= 0) { can = can && rows.bytes[s.value] == static_cast<std::int64_t>(sizeof(element)); }
        });
        return can;
    }

    // Columns [from, from + width) of a tile, from rows or to rows.
    static DAMO_INLINE void fill(char* tile, const char* memory, std::int64_t bytes, int from, int n) {
        batch block[width];
        const int count = n - from < width ? n - from : width;
        each<width>([&](auto r) __attribute__((always_inline)) {
            const element* at = reinterpret_cast<const element*>(memory + r.value * bytes) + from;
            block[r.value] = count == width ? batch::load_unaligned(at) : load_leading(at, count);
        });
        transpose_lanes<element>(block);
        each<width>([&](auto c) __attribute__((always_inline)) {
            block[c.value].store_aligned(reinterpret_cast<element*>(tile) + (from + c.value) * width);
        });
    }
    static DAMO_INLINE void empty(const char* tile, char* memory, std::int64_t bytes, int from, int n) {
        batch block[width];
        const int count = n - from < width ? n - from : width;
        each<width>([&](auto c) __attribute__((always_inline)) {
            block[c.value] = batch::load_aligned(reinterpret_cast<const element*>(tile) + (from + c.value) * width);
        });
        transpose_lanes<element>(block);
        each<width>([&](auto r) __attribute__((always_inline)) {
            element* at = reinterpret_cast<element*>(memory + r.value * bytes) + from;
            if (count == width) { block[r.value].store_unaligned(at); }
            else { store_leading(at, block[r.value], count); }
        });
    }

    struct alignas(64) tile {
        element numbers[longest * width]; // `longest` is a multiple of every width: whole blocks fit
    };

    once_frame<N>& once;
    const axis<N>& rows;
    const std::int64_t* extents;
    axis_list<turned> inner;
    tile tiles[N::streams];

    rows_side_by_side(once_frame<N>& o, const axis<N>& r, const axis<N>& along, const std::int64_t* e) : once(o), rows(r), extents(e) {
        inner.count = 1;
        inner.item[0].extent = along.extent;
        each<N::streams>([&](auto s) __attribute__((always_inline)) {
            inner.item[0].bytes[s.value] = turned::tile_of(s.value) >= 0 ? width * static_cast<std::int64_t>(sizeof(element)) : along.bytes[s.value];
        });
    }
    // Where stream S is while the rows from `here` are worked on; tiles that come from memory are filled.
    template <int S>
    DAMO_INLINE void begin(cursor<turned>& at, const cursor<N>& here) {
        constexpr int number = turned::tile_of(S);
        at.p[S] = here.p[S];
        if constexpr (N::template stream_at<S>.view < 0) { at.index[S] = here.index[S]; }
        if constexpr (number >= 0) { at.p[S] = reinterpret_cast<char*>(tiles[number].numbers); }
        if constexpr (turned::comes_from_memory(S)) {
            const auto n = static_cast<int>(inner.item[0].extent);
            for (int from = 0; from < n; from += width) { fill(at.p[S], here.p[S], rows.bytes[S], from, n); }
        }
    }
    template <int S>
    DAMO_INLINE void end(const cursor<turned>& at, const cursor<N>& here) {
        if constexpr (turned::goes_to_memory(S)) {
            const auto n = static_cast<int>(inner.item[0].extent);
            for (int from = 0; from < n; from += width) { empty(at.p[S], here.p[S], rows.bytes[S], from, n); }
        }
    }
    // The next `width` rows.
    void run(const cursor<N>& here) {
        cursor<turned> at;
        each<N::streams>([&](auto s) __attribute__((always_inline)) { begin<s.value>(at, here); });
        const axis<turned> along{};
        columns<turned, mixed_lanes<element>, 1> c(once, extents, inner, along);
        c.template passes<0>(at);
        each<N::streams>([&](auto s) __attribute__((always_inline)) { end<s.value>(at, here); });
    }
};

// True if rows of N can be worked on side by side.
template <class N>
constexpr bool can_turn_rows() {
    return ends_in_vectors<N>() && N::turns;
}

} // namespace DAMO_ISA
} // namespace detail::loop
} // namespace damo::exec

#endif
