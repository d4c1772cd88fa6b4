// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include <damo/exec/static/memory.hpp>

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
};

namespace detail::call_memory {
inline namespace DAMO_ISA {
using memory::found_view;
using memory::value_of;

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
            out.data += value_of(x.numbers[2 * k], symbols) * stride * size_of(x.element);
            out.strides[k] = x.numbers[2 * k + 1] * stride;
        }
    }
}

} // namespace DAMO_ISA
} // namespace detail::call_memory
} // namespace damo::exec
