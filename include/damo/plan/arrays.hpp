// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ir/stored.hpp>
#include <damo/plan/blocks.hpp>
#include <damo/plan/buffers.hpp>
#include <damo/plan/products.hpp>

namespace damo::plan {

// What a product takes over, from the attributes of its node.
constexpr void take_coefficients(const ir::module& g, ir::index n, step& s, memory_map& memory, int at) {
    const auto look = [&](std::int64_t k) {
        if (k < 0) { return static_cast<std::int32_t>(-1); }
        const int v = memory.view(g.arg(n, static_cast<int>(k)));
        memory.touch(v, at);
        return static_cast<std::int32_t>(v);
    };
    const auto take = [&](coefficient& c, int first) {
        c.factor = ir::as_double(dtype::float64, static_cast<std::uint64_t>(g.attribute(n, first)));
        c.times = look(g.attribute(n, first + 1));
        c.over = look(g.attribute(n, first + 2));
        c.over_extent = g.attribute(n, first + 3);
    };
    if (g.attribute(n, 0) != 0) { s.added = look(2); }
    take(s.alpha, 1);
    take(s.beta, 1 + detail::products::attributes_of_coefficient);
}

// What draft.step_of and draft.stored say.
constexpr void keep_steps(const fusion& f, plan_draft& d) {
    core::pool<int> number; // of each step of the fusion, in the order in which they run
    number.grow_to(f.steps.size);
    for (int i = 0; i < f.order.size; ++i) { number.data[f.order.data[i]] = d.steps.size + i; }
    for (int n = 0; n < f.step_of.size; ++n) {
        d.step_of.push(f.step_of.data[n] >= 0 ? number.data[f.step_of.data[n]] : -1);
        d.stored.push(f.stored.data[n]);
    }
}

// Plans the graph g of one block: steps in an order that respects what they need, memory, instructions. Inner(node, memory) plans the
// blocks inside.
template <class Inner>
constexpr void plan_block(ir::module& g, const ir::index* outputs, int output_count, plan_draft& d, const block_ports& ports, const Inner& inner) {
    const product_absorption absorbed(g, outputs, output_count);
    core::pool<bool> wanted;
    wanted.grow_to(g.nodes.size);
    // Loops that would repeat something dear are planned again with that in memory. Each round stores more; three are enough in practice,
    // and what is left is repeated.
    for (int round = 0;; ++round) {
        fusion f(g, outputs, output_count, wanted);
        core::pool<int> computed;
        computed.grow_to(g.nodes.size);
        core::pool<bool> more;
        more.grow_to(g.nodes.size);
        core::pool<bool> read;
        read.grow_to(g.nodes.size);
        for (int s = 0; s < f.steps.size; ++s) {
            if (f.steps.data[s].kind != step_kind::nest) { continue; }
            const nest_builder nest(f, s);
            nest.advise(more, computed);
            nest.mark_read(read);
        }
        bool changed = false;
        for (int n = 0; n < g.nodes.size && round < 3; ++n) {
            if ((more.data[n] || computed.data[n] > 1) && !f.stored.data[n]) { changed = wanted.data[n] = true; }
        }
        if (changed) { continue; }
        for (int n = 0; n < g.nodes.size; ++n) { f.stored.data[n] = f.stored.data[n] || read.data[n]; }
        if (d.keeps_steps && ports.block == 0) { keep_steps(f, d); }
        memory_map memory(g, f, d, ports);
        for (int i = 0; i < f.order.size; ++i) {
            const draft_step& from = f.steps.data[f.order.data[i]];
            const int at = d.steps.size;
            if (from.kind == step_kind::loop) {
                inner(from.node, memory);
                continue;
            }
            if (from.kind == step_kind::nest) {
                nest_builder(f, f.order.data[i]).emit(d, memory, at);
                d.steps.data[at].block = static_cast<std::int32_t>(ports.block);
                continue;
            }
            step s;
            s.kind = from.kind;
            s.block = static_cast<std::int32_t>(ports.block);
            s.node = from.node;
            s.op = f.node(from.node).op->id;
            const auto look = [&](int k, int view) {
                s.views[k] = static_cast<std::int32_t>(view);
                memory.touch(view, at);
            };
            if (from.kind == step_kind::compact) {
                look(0, memory.storage(from.node));
                look(2, memory.compacted(from.node));
            } else if (from.kind == step_kind::fill) {
                look(2, memory.storage(from.node));
            } else if (from.kind == step_kind::host) {
                s.operands.begin = d.operands.size;
                for (int a = 0; a < f.node(from.node).arg_count; ++a) {
                    const int v = memory.view(g.arg(from.node, a));
                    memory.touch(v, at);
                    d.operands.push(static_cast<std::int32_t>(v));
                }
                s.operands.end = d.operands.size;
                s.number = g.attribute(from.node, 0);
                look(2, memory.storage(from.node));
            } else {
                for (int a = 0; a < f.node(from.node).arg_count && a < 2; ++a) { look(a, memory.view(g.arg(from.node, a))); }
                if (s.op == detail::products::scaled_product.id) { take_coefficients(g, from.node, s, memory, at); }
                look(2, memory.storage(from.node));
                if (from.kind == step_kind::position) {
                    for (int k = 0; k < max_rank; ++k) {
                        if (g.attribute(from.node, 0) >> k & 1) { s.axis = static_cast<std::int32_t>(k); }
                    }
                    s.outer = g.attribute(from.node, 1) != 0; // keepdims
                }
            }
            d.steps.push(s);
        }
        break;
    }
}

// Plans the lowered graph m. found: extents that stand for numbers of steps and are found before the plan runs.
constexpr void plan_arrays(ir::module& m, const ir::index* outputs, int output_count, plan_draft& d, const core::pool<ir::extent>& found = {}) {
    d.blocks.push({});
    bool control = false; // choices or loops
    for (ir::index n = 1; n < m.nodes.size && !control; ++n) { control = m.nodes.data[n].op->facts.lazy || ir::has_region(m.nodes.data[n]); }
    if (control) {
        block_planner blocks(m, outputs, output_count, d, found);
        control = blocks.has_blocks();
        if (control) {
            blocks.run([&](ir::module& g, const ir::index* out, int count, const block_ports& ports, const auto& inner) {
                plan_block(g, out, count, d, ports, inner);
            });
        }
    }
    if (!control) {
        plan_block(m, outputs, output_count, d, {}, [](ir::index, memory_map&) {});
        bool named = false;
        for (int i = 0; i < m.extents.size; ++i) { named = named || m.extents.data[i].kind == ir::extent_kind::named; }
        if (named) { d.refused = known_extents(m, found).misses(d, outputs, output_count); }
    }
    d.blocks.data[0].steps.end = d.steps.size;
    d.blocks.data[0].views.end = d.views.size;
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
        constexpr plan_sizes estimate{4 * n + 32, n + 8, 3 * n + 16, n + 8, 2 * n + 16, n + 8, n + 8, n, n, e, Stored.check_count + n, 1024, output_room};
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
