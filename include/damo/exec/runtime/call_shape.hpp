// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstring>
#include <vector>

#include <damo/exec/runtime/block_code.hpp>
#include <damo/exec/runtime/call_memory.hpp>

namespace damo::exec {

// Where a stream of a nest begins in a call.
struct stream_begin {
    enum class place : std::uint8_t { none, input, output, workspace, symbol } in = place::none;
    int of = 0;              // the argument, or the symbol
    std::int64_t offset = 0; // in bytes
};

// A nest under extents and strides that are known: its axes after neighbours were joined, kept ones first, and how to walk over them.
struct nest_shape {
    enum class way : std::uint8_t { nothing, single, rows, columns } how = way::nothing;
    bool straight = false; // one axis along which the form is straight and memory lies in one piece
    int outer = 0;
    int inner = 0;
    std::int64_t extents[max_rank] = {};
    std::vector<stream_begin> begins;     // of the streams, in a plan of nests alone
    std::vector<std::int64_t> bytes;      // axis a, stream s: at a * streams + s
    std::vector<std::int32_t> scratch;    // streams of memory that only this step uses
    std::vector<std::int64_t> scratch_at; // where each of them begins in a thread's own
    std::int64_t scratch_bytes = 0;
    std::int64_t elements = 1;
    std::int64_t room = least_room; // elements of a tile
};

// Everything about a call that follows from the extents and strides of its arguments: made once for each class of them.
struct call_shape {
    std::vector<std::int64_t> key; // extents and strides of all inputs, then of all outputs
    std::vector<std::int64_t> symbols;
    std::vector<std::int64_t> offsets; // of each view from what it looks at
    std::vector<detail::memory::found_view> views;
    std::vector<std::int64_t> starts; // of the slots of the workspace
    std::vector<nest_shape> nests;    // by step
    std::int64_t workspace_bytes = 0;
};

namespace detail::call_shapes {
inline namespace DAMO_ISA {

// Where the extents and strides of arguments of these types lie behind their first view, in bytes, in the order of a shape's key.
inline std::vector<std::size_t> places_of(const std::vector<plan::array_type>& types) {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < types.size(); ++i) {
        const std::size_t view = i * sizeof(raw_view);
        for (std::size_t k = 0; k < static_cast<std::size_t>(types[i].rank); ++k) {
            places.insert(places.end(), {view + offsetof(raw_view, extents) + k * sizeof(std::int64_t), view + offsetof(raw_view, strides) + k * sizeof(std::int64_t)});
        }
    }
    return places;
}
inline std::int64_t number_at(const raw_view* views, std::size_t place) {
    std::int64_t x = 0;
    std::memcpy(&x, reinterpret_cast<const char*>(views) + place, sizeof x);
    return x;
}
inline void add_numbers(std::vector<std::int64_t>& key, const std::vector<std::size_t>& places, const raw_view* views) {
    for (const std::size_t p : places) { key.push_back(number_at(views, p)); }
}
// Whether the key has the extents and strides of these views.
inline bool are_equal(const std::int64_t* key, const std::vector<std::size_t>& places, const raw_view* views) {
    for (const std::size_t p : places) {
        if (*key++ != number_at(views, p)) { return false; }
    }
    return true;
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

// Where stream x begins: what its view looks at, and how far behind that.
inline stream_begin begin_of(const plan::plan_draft& d, const plan::stream& x, const call_shape& shape) {
    stream_begin b;
    if (x.view < 0) { return b; }
    int v = x.view;
    for (; d.views.data[v].kind == plan::view_kind::permuted || d.views.data[v].kind == plan::view_kind::part || d.views.data[v].kind == plan::view_kind::reshaped; v = d.views.data[v].of) {
        b.offset += shape.offsets[static_cast<std::size_t>(v)];
    }
    const plan::view_step& root = d.views.data[v];
    b.of = root.of;
    switch (root.kind) {
    case plan::view_kind::input: b.in = stream_begin::place::input; break;
    case plan::view_kind::output: b.in = stream_begin::place::output; break;
    case plan::view_kind::symbol: b.in = stream_begin::place::symbol; break;
    default: {
        const int slot = d.buffers.data[root.of].slot;
        if (slot < 0) { return {}; }
        b.in = stream_begin::place::workspace;
        b.offset += shape.starts[static_cast<std::size_t>(slot)];
    }
    }
    return b;
}

// The same as memory of a call.
inline char* begin_in(const stream_begin& b, const raw_view* inputs, const raw_view* outputs, char* workspace, const std::int64_t* symbols) {
    char* data = workspace;
    switch (b.in) {
    case stream_begin::place::none: return nullptr;
    case stream_begin::place::symbol: return reinterpret_cast<char*>(const_cast<std::int64_t*>(symbols + b.of));
    case stream_begin::place::input: data = static_cast<char*>(inputs[b.of].data); break;
    case stream_begin::place::output: data = static_cast<char*>(outputs[b.of].data); break;
    case stream_begin::place::workspace: break;
    }
    return data != nullptr ? data + b.offset : nullptr;
}

// The nests outside of loops and branches, once views are found. alone: the plan has no other steps.
inline void add_nests(call_shape& shape, const plan::plan_draft& d, const block_nest* nests, bool alone) {
    for (int i = 0; i < d.steps.size; ++i) {
        const plan::step& x = d.steps.data[i];
        shape.nests.emplace_back();
        if (x.kind != plan::step_kind::nest || x.block != 0) { continue; }
        shape.nests.back() = shape_of(d, x, nests[i], shape.symbols.data(), shape.views.data());
        for (int k = x.streams.begin; alone && k < x.streams.end; ++k) { shape.nests.back().begins.push_back(begin_of(d, d.streams.data[k], shape)); }
    }
}

} // namespace DAMO_ISA
} // namespace detail::call_shapes
} // namespace damo::exec
