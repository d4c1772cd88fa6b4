// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include <damo/exec/runtime/block_code.hpp>
#include <damo/exec/runtime/call_memory.hpp>

namespace damo::exec {

// A nest under extents and strides that are known: its axes after neighbours were joined, kept ones first, and how to walk over them.
struct nest_shape {
    enum class way : std::uint8_t { nothing, single, rows, columns } how = way::nothing;
    bool straight = false; // one axis along which the form is straight and memory lies in one piece
    int outer = 0;
    int inner = 0;
    std::int64_t extents[max_rank] = {};
    std::vector<std::int64_t> bytes;      // axis a, stream s: at a * streams + s
    std::vector<std::int32_t> scratch;    // streams of memory that only this step uses
    std::vector<std::int64_t> scratch_at; // where each of them begins in a thread's own
    std::int64_t scratch_bytes = 0;
    std::int64_t elements = 1;
    std::int64_t room = least_room; // elements of a tile
};

// Everything about a call that follows from the extents and strides of its arguments: made once for each class of them.
struct call_shape {
    std::vector<std::int64_t> key; // extents and strides of all arguments
    std::size_t inputs_end = 0;    // where those of the outputs begin
    std::vector<std::int64_t> symbols;
    std::vector<std::int64_t> offsets; // of each view from what it looks at
    std::vector<detail::memory::found_view> views;
    std::vector<std::int64_t> starts; // of the slots of the workspace
    std::vector<nest_shape> nests;    // by step
    std::int64_t workspace_bytes = 0;
};

namespace detail::call_shapes {
inline namespace DAMO_ISA {

// The extents and strides of arguments, as the key of a shape holds them.
inline void add_numbers(std::vector<std::int64_t>& key, const std::vector<plan::array_type>& types, const raw_view* views) {
    for (std::size_t i = 0; i < types.size(); ++i) {
        for (int k = 0; k < types[i].rank; ++k) { key.insert(key.end(), {views[i].extents[k], views[i].strides[k]}); }
    }
}
// Where the key goes on behind the extents and strides of these views; null where they are others.
inline const std::int64_t* after_equal(const std::int64_t* key, const std::vector<plan::array_type>& types, const raw_view* views) {
    for (const plan::array_type& t : types) {
        for (int k = 0; k < t.rank; ++k, key += 2) {
            if (key[0] != views->extents[k] || key[1] != views->strides[k]) { return nullptr; }
        }
        ++views;
    }
    return key;
}

// Adds axis `extent` with the bytes behind `next`, joined with the last one of its kind where every stream allows it.
inline void add_axis(nest_shape& n, int& count, std::int64_t extent, const std::int64_t* move, int streams, bool may_join) {
    const int at = n.outer + n.inner;
    std::int64_t* const last = n.bytes.data() + (at - 1) * streams;
    if (count > 0 && may_join) {
        if (extent == 1) { return; }
        bool joins = true;
        for (int s = 0; s < streams && joins; ++s) { joins = n.extents[at - 1] == 1 || last[s] == move[s] * extent; }
        if (joins) {
            n.extents[at - 1] *= extent;
            std::copy_n(move, streams, last);
            return;
        }
    }
    n.extents[at] = extent;
    std::copy_n(move, streams, n.bytes.data() + at * streams);
    ++count;
}

inline nest_shape shape_of(const plan::plan_draft& d, const plan::step& s, const block_nest& code, const std::int64_t* symbols, const memory::found_view* views) {
    nest_shape n;
    const int streams = s.streams.end - s.streams.begin;
    n.bytes.resize(static_cast<std::size_t>((s.rank + 1) * streams) + 1);
    std::vector<std::int64_t> move(static_cast<std::size_t>(streams) + 1);
    bool empty = false;
    for (int k = 0; k < s.rank; ++k) {
        const std::int64_t extent = memory::value_of(s.extents[k], symbols);
        n.elements *= extent;
        empty = empty || (k < s.outer && extent == 0);
        for (int i = 0; i < streams; ++i) {
            const plan::stream& x = d.streams.data[s.streams.begin + i];
            move[static_cast<std::size_t>(i)] = x.axes[k] < 0 ? 0 : x.view < 0 ? 1 : views[x.view].strides[x.axes[k]] * size_of(x.element);
        }
        add_axis(n, k < s.outer ? n.outer : n.inner, extent, move.data(), streams, k > 0 && (s.joins >> (k - 1) & 1u));
    }
    if (empty) { return n; }
    const std::int64_t length = n.inner > 0 ? n.extents[n.outer + n.inner - 1] : 1;
    const bool rows = code.has_grouped && n.outer > 0 && n.inner == 1 && length > 0 && 2 * length <= code.grouped.room && n.extents[n.outer - 1] > 1;
    n.how = s.by_columns && n.outer > 0 ? nest_shape::way::columns : rows ? nest_shape::way::rows : nest_shape::way::single;
    n.room = n.how == nest_shape::way::single ? code.single.room : code.grouped.room;
    if (n.how == nest_shape::way::single && code.single.direct && n.inner > 0) {
        // Where nothing goes through blocks, pieces are as long as sums allow.
        const std::int64_t* const last = n.bytes.data() + (n.outer + n.inner - 1) * streams;
        bool dense = true;
        for (int i = 0; i < streams && dense; ++i) {
            const plan::stream& x = d.streams.data[s.streams.begin + i];
            dense = x.at != plan::level::element || (x.view >= 0 && last[i] == size_of(x.element));
        }
        if (dense) { n.room = code.single.most_folds > 0 ? most_room : 16 * most_room; }
    }
    if (n.how == nest_shape::way::single && code.single.straight && n.outer == 0 && n.inner == 1) {
        n.straight = true;
        for (const tile_pointer& p : code.single.pointers) {
            n.straight = n.straight && (length == 1 || n.bytes[static_cast<std::size_t>(p.stream)] == size_of(d.streams.data[s.streams.begin + p.stream].element));
        }
    }
    for (int i = 0; i < streams; ++i) {
        const int v = d.streams.data[s.streams.begin + i].view;
        if (v < 0 || d.views.data[v].kind != plan::view_kind::buffer || !d.buffers.data[d.views.data[v].of].scratch) { continue; }
        std::int64_t at = -1;
        for (std::size_t j = 0; j < n.scratch.size(); ++j) {
            if (d.streams.data[s.streams.begin + n.scratch[j]].view == v) { at = n.scratch_at[j]; }
        }
        if (at < 0) {
            at = n.scratch_bytes;
            std::int64_t bytes = size_of(d.views.data[v].element);
            for (int k = 0; k < d.views.data[v].rank; ++k) { bytes *= memory::value_of(d.views.data[v].extents[k], symbols); }
            n.scratch_bytes += (bytes + 63) / 64 * 64;
        }
        n.scratch.push_back(i);
        n.scratch_at.push_back(at);
    }
    return n;
}

} // namespace DAMO_ISA
} // namespace detail::call_shapes
} // namespace damo::exec
