// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ir/stored.hpp>
#include <damo/plan/buffers.hpp>
#include <damo/plan/nest.hpp>

namespace damo::plan {

// Plans the lowered graph m: steps in an order that respects what they need, memory, instructions.
constexpr void plan_arrays(ir::module& m, const ir::index* outputs, int output_count, plan_draft& d) {
    core::pool<bool> wanted;
    wanted.grow_to(m.nodes.size);
    // Loops that would repeat something dear are planned again with that in memory. Each round stores more; three are enough in practice,
    // and what is left is repeated.
    for (int round = 0;; ++round) {
        fusion f(m, outputs, output_count, wanted);
        core::pool<int> computed;
        computed.grow_to(m.nodes.size);
        core::pool<bool> more;
        more.grow_to(m.nodes.size);
        core::pool<bool> read;
        read.grow_to(m.nodes.size);
        for (int s = 0; s < f.steps.size; ++s) {
            if (f.steps.data[s].kind != step_kind::nest) { continue; }
            const nest_builder nest(f, s);
            nest.advise(more, computed);
            nest.mark_read(read);
        }
        bool changed = false;
        for (int n = 0; n < m.nodes.size && round < 3; ++n) {
            if ((more.data[n] || computed.data[n] > 1) && !f.stored.data[n]) { changed = wanted.data[n] = true; }
        }
        if (changed) { continue; }
        for (int n = 0; n < m.nodes.size; ++n) { f.stored.data[n] = f.stored.data[n] || read.data[n]; }
        memory_map memory(m, f, d);
        for (int at = 0; at < f.order.size; ++at) {
            const draft_step& from = f.steps.data[f.order.data[at]];
            if (from.kind == step_kind::nest) {
                nest_builder(f, f.order.data[at]).emit(d, memory, at);
                continue;
            }
            step s;
            s.kind = from.kind;
            s.node = from.node;
            s.op = f.node(from.node).op->id;
            const auto look = [&](int k, int view) {
                s.views[k] = static_cast<std::int16_t>(view);
                memory.touch(view, at);
            };
            if (from.kind == step_kind::compact) {
                look(0, memory.storage(from.node));
                look(2, memory.compacted(from.node));
            } else if (from.kind == step_kind::fill) {
                look(2, memory.storage(from.node));
            } else {
                for (int a = 0; a < f.node(from.node).arg_count; ++a) { look(a, memory.view(m.arg(from.node, a))); }
                look(2, memory.storage(from.node));
                if (from.kind == step_kind::position) {
                    for (int k = 0; k < max_rank; ++k) {
                        if (m.attribute(from.node, 0) >> k & 1) { s.axis = static_cast<std::int16_t>(k); }
                    }
                    s.outer = m.attribute(from.node, 1) != 0; // keepdims
                }
            }
            d.steps.push(s);
        }
        break;
    }
    assign_slots(d);
}

// The plan of a stored lowered graph.
template <const auto& Stored>
class array_plan_of {
    static constexpr int output_room = Stored.output_count > 0 ? Stored.output_count : 1;

    template <plan_sizes Room>
    static constexpr auto run() {
        ir::module m;
        ir::index outputs[output_room] = {};
        ir::load(Stored, m, outputs);
        ir::index inputs[1024] = {};
        int input_count = 0;
        for (ir::index n = 1; n < m.nodes.size; ++n) {
            if (m.nodes.data[n].op->id != ops::input.id) { continue; }
            const auto number = static_cast<int>(m.attribute(n, 0));
            inputs[number] = n;
            if (number >= input_count) { input_count = number + 1; }
        }
        plan_draft d;
        plan_arrays(m, outputs, Stored.output_count, d);
        return pack<Room>(d, m, outputs, Stored.output_count, inputs, input_count);
    }
    static constexpr auto make() {
        constexpr int n = Stored.node_count;
        constexpr int e = Stored.extent_count + n;
        constexpr plan_sizes estimate{4 * n + 32, n + 8, 3 * n + 16, n + 8, 2 * n + 16, n + 8, n + 8, e, Stored.check_count + n, 1024, output_room};
        constexpr auto first = run<estimate>();
        if constexpr (estimate.holds(first.used)) { return shrink<first.used>(first); }
        else {
            constexpr auto second = run<first.used>();
            return second;
        }
    }

  public:
    static constexpr auto plan = make();
};

} // namespace damo::plan
