// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include <damo/exec/static/memory.hpp>
#include <damo/ir/module.hpp>

namespace damo::exec {

// What a call of a program looks up, in the words of exec/static/memory.hpp.
struct call_tables {
    struct sizes {
        int extents = 0;
        int slots = 0;
        int views = 0;
    } used;
    std::vector<ir::extent_expression> extents;
    std::vector<ir::extent> checks;
    std::vector<plan::array_type> inputs;
    std::vector<plan::array_type> outputs;
    plan::plan_draft draft;
    const plan::buffer_slot* slots = nullptr;

    // An axis of an input whose extent has a name. The first of a name says how long all are.
    struct named_axis {
        int input = 0;
        int axis = 0;
        int symbol = 0;
    };
    std::vector<named_axis> named_axes() const {
        std::vector<named_axis> all;
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            for (int k = 0; k < inputs[i].rank; ++k) {
                const ir::extent e = inputs[i].extents[k];
                if (!ir::is_known(e) && extents[static_cast<std::size_t>(-1 - e)].kind == ir::extent_kind::named) { all.push_back({static_cast<int>(i), k, static_cast<int>(-1 - e)}); }
            }
        }
        return all;
    }

    // Of the graph that was planned.
    void take(const ir::module& low, const std::vector<ir::index>& nodes) {
        extents.assign(low.extents.data, low.extents.data + low.extents.size);
        checks.assign(low.extent_checks.data, low.extent_checks.data + low.extent_checks.size);
        slots = draft.slots.data;
        used = {low.extents.size, draft.slots.size, draft.views.size};
        const auto type = [&](ir::index n) {
            const ir::tensor_type& t = low.type_of(n);
            plan::array_type a;
            a.element = t.element;
            a.rank = t.rank;
            for (int k = 0; k < t.rank; ++k) { a.extents[k] = t.extents[k]; }
            return a;
        };
        for (ir::index n = 1; n < low.nodes.size; ++n) {
            if (low.nodes.data[n].op->id != ir::input_id) { continue; }
            const auto number = static_cast<std::size_t>(low.attribute(n, 0));
            if (inputs.size() <= number) { inputs.resize(number + 1); }
            inputs[number] = type(n);
        }
        for (ir::index n : nodes) { outputs.push_back(type(n)); }
    }
};

namespace detail::call_memory {
inline namespace DAMO_ISA {
using memory::found_view;
using memory::value_of;

// Finds view v with all that follows from it, as blocks inside loops and branches need it: their memory changes from step to step.
inline void find_view(const plan::plan_draft& d, int v, const raw_view* inputs, const raw_view* outputs, char* workspace, const std::int64_t* symbols,
                      const std::int64_t* starts, const memory::loop_position* loops, found_view* found) {
    const plan::view_step& x = d.views.data[v];
    found_view& out = found[v];
    const auto row_major = [&] {
        std::int64_t stride = 1;
        for (int k = x.rank - 1; k >= 0; --k) {
            out.strides[k] = stride;
            stride *= value_of(x.extents[k], symbols);
        }
    };
    switch (x.kind) {
    case plan::view_kind::input:
    case plan::view_kind::output: {
        const raw_view& r = x.kind == plan::view_kind::input ? inputs[x.of] : outputs[x.of];
        out.data = static_cast<char*>(r.data);
        for (int k = 0; k < x.rank; ++k) { out.strides[k] = r.strides[k]; }
        return;
    }
    case plan::view_kind::buffer:
    case plan::view_kind::compacted: {
        const int slot = d.buffers.data[x.kind == plan::view_kind::buffer ? x.of : x.slot].slot;
        out.data = slot >= 0 ? workspace + starts[slot] : nullptr;
        row_major();
        return;
    }
    case plan::view_kind::reshaped:
        out.data = found[x.of].data;
        row_major();
        return;
    case plan::view_kind::permuted:
        out.data = found[x.of].data;
        for (int k = 0; k < x.rank; ++k) { out.strides[k] = x.numbers[k] < 0 ? 0 : found[x.of].strides[x.numbers[k]]; }
        return;
    case plan::view_kind::element: memory::find_element(found[x.of], x.rank, loops[x.block].step, size_of(x.element), out); return;
    case plan::view_kind::now:
    case plan::view_kind::next:
        memory::find_carry(d.carries.data[x.of], x.rank, size_of(x.element), found, loops[x.block], x.kind == plan::view_kind::next, out);
        return;
    case plan::view_kind::step: out.data = reinterpret_cast<char*>(const_cast<std::int64_t*>(&loops[x.of].step)); return;
    case plan::view_kind::symbol: out.data = reinterpret_cast<char*>(const_cast<std::int64_t*>(symbols + x.of)); return;
    case plan::view_kind::part:
        out.data = found[x.of].data;
        for (int k = 0; k < x.rank; ++k) {
            const std::int64_t stride = found[x.of].strides[k];
            if (out.data != nullptr) { out.data += value_of(x.numbers[2 * k], symbols) * stride * size_of(x.element); }
            out.strides[k] = x.numbers[2 * k + 1] * stride;
        }
    }
}

// Finds view v: its strides, and how far in bytes it begins behind what it looks at.
inline void shape_view(const plan::plan_draft& d, int v, const raw_view* inputs, const raw_view* outputs, const std::int64_t* symbols, found_view* found,
                       std::int64_t* offsets) {
    const plan::view_step& x = d.views.data[v];
    found_view& out = found[v];
    offsets[v] = 0;
    if (x.kind == plan::view_kind::input || x.kind == plan::view_kind::output) {
        const raw_view& r = x.kind == plan::view_kind::input ? inputs[x.of] : outputs[x.of];
        for (int k = 0; k < x.rank; ++k) { out.strides[k] = r.strides[k]; }
    } else if (x.kind == plan::view_kind::permuted) {
        for (int k = 0; k < x.rank; ++k) { out.strides[k] = x.numbers[k] < 0 ? 0 : found[x.of].strides[x.numbers[k]]; }
    } else if (x.kind == plan::view_kind::part) {
        for (int k = 0; k < x.rank; ++k) {
            const std::int64_t stride = found[x.of].strides[k];
            offsets[v] += value_of(x.numbers[2 * k], symbols) * stride * size_of(x.element);
            out.strides[k] = x.numbers[2 * k + 1] * stride;
        }
    } else {
        std::int64_t stride = 1;
        for (int k = x.rank - 1; k >= 0; --k) {
            out.strides[k] = stride;
            stride *= value_of(x.extents[k], symbols);
        }
    }
}
// Where view v begins in this call. Those that look at others come after them.
inline void place_view(const plan::plan_draft& d, int v, const raw_view* inputs, const raw_view* outputs, char* workspace, const std::int64_t* symbols,
                       const std::int64_t* starts, const std::int64_t* offsets, found_view* found) {
    const plan::view_step& x = d.views.data[v];
    if (x.kind == plan::view_kind::input) { found[v].data = static_cast<char*>(inputs[x.of].data); }
    else if (x.kind == plan::view_kind::output) { found[v].data = static_cast<char*>(outputs[x.of].data); }
    else if (x.kind == plan::view_kind::buffer || x.kind == plan::view_kind::compacted) {
        const int slot = d.buffers.data[x.kind == plan::view_kind::buffer ? x.of : x.slot].slot;
        found[v].data = slot >= 0 ? workspace + starts[slot] : nullptr;
    } else if (x.kind == plan::view_kind::symbol) {
        found[v].data = reinterpret_cast<char*>(const_cast<std::int64_t*>(symbols + x.of));
    } else { found[v].data = found[x.of].data != nullptr ? found[x.of].data + offsets[v] : nullptr; }
}

} // namespace DAMO_ISA
} // namespace detail::call_memory
} // namespace damo::exec
