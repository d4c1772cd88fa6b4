// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <utility>

#include <damo/core/array_view.hpp>
#include <damo/plan/array_plan.hpp>

namespace damo::exec {

/// An array handed to a kernel: its first element, extents and strides in elements, for the rank that the function states.
struct raw_view {
    void* data;
    std::int64_t extents[max_rank];
    std::int64_t strides[max_rank];
};

namespace detail::memory {
inline namespace DAMO_ISA {

inline constexpr std::int64_t alignment = 64;

constexpr std::int64_t value_of(ir::extent e, const std::int64_t* symbols) { return ir::is_known(e) ? e : symbols[-1 - e]; }

// The values of a plan's extent symbols in one call. Operands are older than their sums and products.
template <class Plan>
constexpr void find_extents(const Plan& p, const raw_view* inputs, std::int64_t* symbols) {
    for (int i = 0; i < p.used.extents; ++i) {
        const ir::extent_expression& x = p.extents[i];
        if (x.kind == ir::extent_kind::input_axis) {
            symbols[i] = inputs[x.a].extents[ir::axis_of(x)];
            continue;
        }
        if (x.kind == ir::extent_kind::named) { continue; }
        const std::int64_t a = value_of(x.a, symbols);
        const std::int64_t b = value_of(x.b, symbols);
        symbols[i] = ir::combined(x.kind, a, b);
    }
}

// Where each slot of the workspace starts; returns the size of the whole.
template <class Plan>
constexpr std::int64_t place_slots(const Plan& p, const std::int64_t* symbols, std::int64_t* starts) {
    std::int64_t at = 0;
    for (int i = 0; i < p.used.slots; ++i) {
        std::int64_t bytes = p.slots[i].element_bytes;
        for (int k = 0; k < p.slots[i].rank; ++k) { bytes *= value_of(p.slots[i].extents[k], symbols); }
        starts[i] = at;
        at += (bytes + alignment - 1) / alignment * alignment;
    }
    return at;
}

// The same for the tables of a plan that the compiler knows: straight-line code.
template <class Code, int I>
DAMO_INLINE constexpr void find_extent(const raw_view* inputs, std::int64_t* symbols) {
    constexpr ir::extent_expression x = Code::tables.extents[I];
    if constexpr (x.kind == ir::extent_kind::input_axis) { symbols[I] = inputs[x.a].extents[ir::axis_of(x)]; }
    else if constexpr (x.kind != ir::extent_kind::named) {
        const std::int64_t a = value_of(x.a, symbols);
        const std::int64_t b = value_of(x.b, symbols);
        symbols[I] = ir::combined(x.kind, a, b);
    }
}
template <class Code>
DAMO_INLINE constexpr void find_all_extents(const raw_view* inputs, std::int64_t* symbols) {
    [&]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) { (find_extent<Code, I>(inputs, symbols), ...); }
    (std::make_integer_sequence<int, Code::tables.used.extents>{});
}
template <class Code, int I>
DAMO_INLINE constexpr void place_slot(const std::int64_t* symbols, std::int64_t* starts, std::int64_t& at) {
    constexpr plan::buffer_slot x = Code::tables.slots[I];
    std::int64_t bytes = x.element_bytes;
    [&]<int... K>(std::integer_sequence<int, K...>) __attribute__((always_inline)) { ((bytes *= value_of(x.extents[K], symbols)), ...); }
    (std::make_integer_sequence<int, x.rank>{});
    starts[I] = at;
    at += (bytes + alignment - 1) / alignment * alignment;
}
template <class Code>
DAMO_INLINE constexpr std::int64_t place_all_slots(const std::int64_t* symbols, std::int64_t* starts) {
    std::int64_t at = 0;
    [&]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) { (place_slot<Code, I>(symbols, starts, at), ...); }
    (std::make_integer_sequence<int, Code::tables.used.slots>{});
    return at;
}

// A view of the plan found in memory.
struct found_view {
    char* data;
    std::int64_t strides[max_rank];
};

// How far a loop is.
struct loop_position {
    std::int64_t step = 0; // its number
    std::int64_t done = 0;
    std::int64_t count = 0;
    bool reversed = false;
    void go(std::int64_t i) {
        done = i;
        step = reversed ? count - 1 - i : i;
    }
};

// Element `at` of an array along axis 0.
DAMO_INLINE void find_element(const found_view& whole, int rank, std::int64_t at, std::int64_t bytes, found_view& out) {
    out.data = whole.data + at * whole.strides[0] * bytes;
    for (int k = 0; k < rank; ++k) { out.strides[k] = whole.strides[k + 1]; }
}
// Where a carry of this rank, its elements of so many bytes, lies before step `done + later` of its loop.
DAMO_INLINE void find_carry(const plan::loop_carry& c, int rank, std::int64_t bytes, const found_view* found, const loop_position& at, int later, found_view& out) {
    const std::int64_t left = at.count - at.done - later;
    if (c.in_place || left == 0) { out = found[c.result]; }
    else if (c.tape >= 0) { find_element(found[c.tape], rank, at.step + (at.reversed ? -later : later), bytes, out); }
    else { out = found[left & 1 ? c.other : c.result]; }
}

template <class Code, int V>
DAMO_INLINE void row_major(const std::int64_t* symbols, found_view& out) {
    constexpr plan::view_step x = Code::tables.views[V];
    std::int64_t stride = 1;
    for (int k = x.rank - 1; k >= 0; --k) {
        out.strides[k] = stride;
        stride *= value_of(x.extents[k], symbols);
    }
}

// Finds view V. Those that look at others come after them.
template <class Code, int V>
DAMO_INLINE void find_view(const raw_view* inputs, const raw_view* outputs, char* workspace, const std::int64_t* symbols,
                           const std::int64_t* starts, const loop_position* loops, found_view* found) {
    constexpr plan::view_step x = Code::tables.views[V];
    found_view& out = found[V];
    if constexpr (x.kind == plan::view_kind::input || x.kind == plan::view_kind::output) {
        const raw_view& r = x.kind == plan::view_kind::input ? inputs[x.of] : outputs[x.of];
        out.data = static_cast<char*>(r.data);
        for (int k = 0; k < x.rank; ++k) { out.strides[k] = r.strides[k]; }
    } else if constexpr (x.kind == plan::view_kind::buffer || x.kind == plan::view_kind::compacted) {
        constexpr int slot = Code::tables.buffers[x.kind == plan::view_kind::buffer ? x.of : x.slot].slot;
        out.data = slot >= 0 ? workspace + starts[slot >= 0 ? slot : 0] : nullptr;
        row_major<Code, V>(symbols, out);
    } else if constexpr (x.kind == plan::view_kind::reshaped) {
        out.data = found[x.of].data;
        row_major<Code, V>(symbols, out);
    } else if constexpr (x.kind == plan::view_kind::permuted) {
        out.data = found[x.of].data;
        for (int k = 0; k < x.rank; ++k) { out.strides[k] = x.numbers[k] < 0 ? 0 : found[x.of].strides[x.numbers[k]]; }
    } else if constexpr (x.kind == plan::view_kind::element) {
        find_element(found[x.of], x.rank, loops[x.block].step, size_of(x.element), out);
    } else if constexpr (x.kind == plan::view_kind::now || x.kind == plan::view_kind::next) {
        constexpr plan::loop_carry c = Code::plan.carries[x.of];
        find_carry(c, x.rank, size_of(x.element), found, loops[x.block], x.kind == plan::view_kind::next, out);
    } else if constexpr (x.kind == plan::view_kind::step) {
        out.data = reinterpret_cast<char*>(const_cast<std::int64_t*>(&loops[x.of].step));
    } else if constexpr (x.kind == plan::view_kind::symbol) {
        out.data = reinterpret_cast<char*>(const_cast<std::int64_t*>(symbols + x.of));
    } else {
        out.data = found[x.of].data;
        for (int k = 0; k < x.rank; ++k) {
            const std::int64_t stride = found[x.of].strides[k];
            out.data += value_of(x.numbers[2 * k], symbols) * stride * size_of(x.element);
            out.strides[k] = x.numbers[2 * k + 1] * stride;
        }
    }
}

} // namespace DAMO_ISA
} // namespace detail::memory

} // namespace damo::exec
