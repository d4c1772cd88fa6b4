// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/plan/control_schedule.hpp>
#include <damo/plan/known_extents.hpp>
#include <damo/plan/nest.hpp>

namespace damo::plan {

namespace detail::blocks {

// In the graph of one block a loop or branch inside is one node: its operands are what it reads, its projections what it gives.
inline constexpr ir::op_info inner{
    .id = core::hash_name("damo.inner_block"), .name = "inner block", .facts = {.kind = ir::op_kind::loop, .arity = -1, .types = ir::dtype_rule::custom}};

// A result that lies at a known view.
struct port {
    ir::index node = 0;
    int view = -1;
};

} // namespace detail::blocks

// Plans a graph with loops and branches block by block: each block is made a graph of its own, whose inputs lie where the blocks around
// it left them, and planned as a graph without loops is; its steps follow those of the loop or branch that it belongs to. In one block,
// with the branches on one condition, stands everything that the schedule put there.
class block_planner {
  public:
    // found: extents that the executor finds before all else.
    constexpr block_planner(ir::module& graph, const ir::index* outputs, int output_count, plan_draft& draft, const core::pool<ir::extent>& found)
        : m(graph), d(draft), shape_(graph), schedule_(graph, outputs, output_count, true), outputs_(outputs), output_count_(output_count), extents_(graph, found) {
        const int size = m.nodes.size;
        alias_.grow_to(size);
        inside_.grow_to(size);
        moved_.grow_to(size);
        complete_.grow_to(size);
        first_ = schedule_.run();
    }

    // Whether there is anything but nodes to compute one after the other.
    constexpr bool has_blocks() const {
        for (int i = 0; i < schedule_.items.size; ++i) {
            if (schedule_.items.data[i].kind != item::what::compute) { return true; }
        }
        return false;
    }

    // Plan: called as plan(graph, outputs, count, ports, emit_inner) for the graph of a block, where emit_inner(graph, node, memory) is
    // called in the place of each inner block.
    template <class Plan>
    constexpr void run(const Plan& plan) {
        plan_counts(plan);
        core::pool<port> out;
        for (int o = 0; o < output_count_; ++o) { out.push({outputs_[o], o}); }
        plan_list(plan, first_, {}, out, 0);
        d.refused = extents_.misses(d, outputs_, output_count_) || d.refused;
    }

  private:
    using item = control_schedule::item;
    using port = detail::blocks::port;
    ir::module& m;
    plan_draft& d;
    const shapes shape_;
    control_schedule schedule_;
    const ir::index* outputs_;
    int output_count_;
    int first_ = -1;
    core::pool<ir::index> alias_;  // of a choice while one of its sides is planned: what it is there; 0: itself
    core::pool<int> inside_;       // the item, among those looked at last, in which a node is computed, + 1
    core::pool<std::int8_t> moved_; // sides of a choice met so far
    core::pool<int> complete_;     // the item at which both sides of a choice are there, + 1
    known_extents extents_;

    struct inner_block {
        int at = -1; // item
        core::pool<ir::index> captured;
        core::pool<ir::index> results; // of a branch
        ir::index made = 0;            // in the graph of the block around
        inner_block* next = nullptr;
    };

    constexpr ir::index resolved(ir::index n) const {
        while (alias_.data[n] != 0) { n = alias_.data[n]; }
        return n;
    }
    constexpr bool is_free_leaf(ir::index n) const {
        const std::uint32_t op = m.nodes.data[n].op->id;
        return schedule_.is_leaf(n) && op != ir::input_id && op != ir::parameter_id;
    }
    constexpr bool is_projection(ir::index n) const { return m.nodes.data[n].op->facts.kind == ir::op_kind::projection; }

    // Calls visit(item) for all items of a list and of the lists within.
    template <class Visit>
    constexpr void each_item(int first, const Visit& visit) const {
        core::pool<int> open;
        if (first >= 0) { open.push(first); }
        while (open.size) {
            const int i = open.data[--open.size];
            const item& x = schedule_.items.data[i];
            visit(i);
            if (x.next >= 0) { open.push(x.next); }
            for (int k = 0; k < 2; ++k) {
                if (x.inside[k] >= 0) { open.push(x.inside[k]); }
            }
        }
    }

    // --- what the blocks inside one list read and give -------------------------------------------------------------------------

    // While side `side` of branch item i is looked at, choices on its condition that are not complete before it are what they are there.
    constexpr void set_aliases(const item& branch, int first, int i, int side, bool on) {
        bool before = true;
        for (int j = first; j >= 0; j = schedule_.items.data[j].next) {
            before = before && j != i;
            const item& x = schedule_.items.data[j];
            if (before || x.kind != item::what::branch || x.node != branch.node) { continue; }
            for (int k = 0; k < 2; ++k) {
                for (int t = x.inside[k]; t >= 0; t = schedule_.items.data[t].next) {
                    const item& move = schedule_.items.data[t];
                    if (move.kind != item::what::move || complete_.data[move.node] != j + 1) { continue; }
                    alias_.data[move.node] = on ? m.arg(move.node, 1 + side) : 0;
                }
            }
        }
    }
    // Nodes that the list at `from` reads and does not compute, and so of `more`, once each.
    constexpr void add_captured(int from, ir::index owner, const core::pool<ir::index>& more, core::pool<ir::index>& out) {
        core::pool<bool> own;
        own.grow_to(m.nodes.size);
        each_item(from, [&](int i) {
            const item& x = schedule_.items.data[i];
            if (x.kind != item::what::branch) { own.data[x.node] = true; }
            if (x.kind == item::what::loop) { ir::each_in_region(m, m.nodes.data[x.node], [&](ir::index p) { own.data[p] = own.data[p] || m.nodes.data[p].op->id == ir::parameter_id; }); }
        });
        if (owner != 0) { ir::each_in_region(m, m.nodes.data[owner], [&](ir::index p) { own.data[p] = own.data[p] || m.nodes.data[p].op->id == ir::parameter_id; }); }
        const auto need = [&](ir::index n) {
            n = resolved(n);
            if (own.data[n] || is_free_leaf(n)) { return; }
            own.data[n] = true;
            for (int k = 0; k < out.size; ++k) {
                if (out.data[k] == n) { return; }
            }
            out.push(n);
        };
        each_item(from, [&](int i) {
            const item& x = schedule_.items.data[i];
            if (x.kind == item::what::branch) { return need(x.node); }
            if (x.kind == item::what::move) { return need(x.from); }
            if (is_projection(x.node) && !own.data[m.arg(x.node, 0)]) {
                own.data[x.node] = false;
                return need(x.node);
            }
            for (int k = 0; k < m.nodes.data[x.node].arg_count; ++k) { need(m.arg(x.node, k)); }
        });
        for (int k = 0; k < more.size; ++k) { need(more.data[k]); }
    }
    // Looks at all blocks of a list; wanted: what is read of the list from outside.
    constexpr inner_block* look_into(int first, const core::pool<port>& wanted) {
        inner_block* all = nullptr;
        inner_block** last = &all;
        for (int i = first; i >= 0; i = schedule_.items.data[i].next) {
            const item& x = schedule_.items.data[i];
            if (x.kind != item::what::branch) { continue; }
            for (int k = 0; k < 2; ++k) {
                for (int t = x.inside[k]; t >= 0; t = schedule_.items.data[t].next) {
                    const item& move = schedule_.items.data[t];
                    if (move.kind != item::what::move) { continue; }
                    moved_.data[move.node] = static_cast<std::int8_t>(moved_.data[move.node] | 1 << k);
                    if (moved_.data[move.node] == 3) { complete_.data[move.node] = i + 1; }
                }
            }
        }
        for (int i = first; i >= 0; i = schedule_.items.data[i].next) {
            const item& x = schedule_.items.data[i];
            if (x.kind != item::what::branch && x.kind != item::what::loop) {
                inside_.data[x.node] = 0;
                continue;
            }
            auto* b = new inner_block;
            *last = b;
            last = &b->next;
            b->at = i;
            core::pool<ir::index> sides;
            if (x.kind == item::what::loop) {
                inside_.data[x.node] = 0;
                add_captured(x.inside[0], x.node, sides, b->captured);
            } else {
                for (int k = 0; k < 2; ++k) {
                    for (int t = x.inside[k]; t >= 0; t = schedule_.items.data[t].next) {
                        const item& move = schedule_.items.data[t];
                        if (move.kind == item::what::move && complete_.data[move.node] == i + 1 && inside_.data[move.node] != i + 1) {
                            inside_.data[move.node] = i + 1;
                            b->results.push(move.node);
                        }
                    }
                }
                const int choices = b->results.size;
                for (int k = 0; k < 2; ++k) {
                    sides.size = 0;
                    for (int c = 0; c < choices; ++c) { sides.push(m.arg(b->results.data[c], 1 + k)); }
                    set_aliases(x, first, i, k, true);
                    add_captured(x.inside[k], 0, sides, b->captured);
                    set_aliases(x, first, i, k, false);
                }
                for (int k = 0; k < 2; ++k) {
                    each_item(x.inside[k], [&](int t) {
                        const item& y = schedule_.items.data[t];
                        const bool elsewhere = y.kind == item::what::branch || (y.kind == item::what::move && complete_.data[y.node] != 0) ||
                                               (is_projection(y.node) && inside_.data[m.arg(y.node, 0)] != i + 1);
                        if (!elsewhere) { inside_.data[y.node] = i + 1; }
                    });
                }
            }
            // What was computed in a branch before and is read here must be handed over.
            for (int k = 0; k < b->captured.size; ++k) { hand_over(all, b->captured.data[k]); }
        }
        for (int k = 0; k < wanted.size; ++k) { hand_over(all, resolved(wanted.data[k].node)); }
        return all;
    }
    constexpr void hand_over(inner_block* all, ir::index n) {
        if (inside_.data[n] == 0) { return; }
        for (inner_block* b = all; b; b = b->next) {
            if (b->at + 1 != inside_.data[n]) { continue; }
            for (int k = 0; k < b->results.size; ++k) {
                if (b->results.data[k] == n) { return; }
            }
            b->results.push(n);
        }
    }

    // --- the graph of a block ------------------------------------------------------------------------------------------------

    // Extents have one table; each graph holds a copy as long as it needs.
    static constexpr void hand_extents(const ir::module& from, ir::module& to) {
        for (int i = to.extents.size; i < from.extents.size; ++i) { to.extents.push(from.extents.data[i]); }
    }

    struct block_graph {
        ir::module g;
        core::pool<ir::index> image;
        core::pool<int> views; // of the inputs
    };
    constexpr ir::index image_of(block_graph& b, const core::pool<port>& in, ir::index n) {
        n = resolved(n);
        if (b.image.data[n] != 0) { return b.image.data[n]; }
        const ir::node& x = m.nodes.data[n];
        const ir::index type = b.g.intern(m.types.data[x.type]);
        if (is_free_leaf(n)) { return b.image.data[n] = b.g.add(*x.op, type, nullptr, 0, m.attributes.data + x.first_attribute, x.attribute_count, x.bits); }
        if (is_projection(n) && b.image.data[m.arg(n, 0)] != 0) {
            const std::int64_t k = m.attribute(n, 0);
            return b.image.data[n] = b.g.add(*x.op, type, &b.image.data[m.arg(n, 0)], 1, &k, 1);
        }
        int view = -1;
        for (int k = 0; k < in.size; ++k) {
            if (in.data[k].node == n) { view = in.data[k].view; }
        }
        if (view < 0 && x.op->id != ir::input_id) {
            constexpr char text[] = "a block of the plan reads what no block around it has computed";
            core::raise(text, sizeof text - 1);
        }
        const std::int64_t number = view < 0 ? m.attribute(n, 0) : b.views.push(view);
        return b.image.data[n] = b.g.add(ops::input, type, nullptr, 0, &number, 1);
    }
    // A number that is no array yet must be one before a block inside can read it.
    static constexpr ir::index in_memory(ir::module& g, ir::index n) {
        const ir::node& x = g.nodes.data[n];
        if (x.op->facts.kind != ir::op_kind::leaf || x.op->id == ir::input_id) { return n; }
        return g.add(ops::info_of<ops::broadcast_to_op>, x.type, &n, 1, nullptr, 0);
    }

    template <class Plan>
    constexpr void plan_list(const Plan& plan, int first, const core::pool<port>& in, const core::pool<port>& out, int block) {
        block_graph b;
        hand_extents(m, b.g);
        for (int i = 0; i < m.extent_checks.size; ++i) { b.g.extent_checks.push(m.extent_checks.data[i]); }
        b.image.grow_to(m.nodes.size);
        inner_block* const blocks = look_into(first, out);
        inner_block* next = blocks;
        core::pool<ir::index> args;
        for (int i = first; i >= 0; i = schedule_.items.data[i].next) {
            const item& x = schedule_.items.data[i];
            const ir::node& n = m.nodes.data[x.node];
            args.size = 0;
            if (x.kind == item::what::move) { continue; }
            if (x.kind == item::what::compute) {
                if (is_projection(x.node)) { continue; } // made when it is read
                for (int k = 0; k < n.arg_count; ++k) { args.push(image_of(b, in, m.args.data[n.first_arg + k])); }
                b.image.data[x.node] = b.g.add(*n.op, b.g.intern(m.types.data[n.type]), args.data, args.size, m.attributes.data + n.first_attribute, n.attribute_count, n.bits);
                continue;
            }
            const bool loop = x.kind == item::what::loop;
            if (loop) {
                for (int k = 0; k < n.arg_count; ++k) {
                    const bool counted = k == 0 && is_counted(m.attribute(x.node, 3));
                    args.push(counted ? ops::make_constant(b.g, dtype::int64, 0).node() : in_memory(b.g, image_of(b, in, m.arg(x.node, k))));
                }
            } else { args.push(in_memory(b.g, image_of(b, in, x.node))); }
            for (int k = 0; k < next->captured.size; ++k) { args.push(in_memory(b.g, image_of(b, in, next->captured.data[k]))); }
            const std::int64_t number = i;
            next->made = b.g.add(detail::blocks::inner, b.g.intern({}), args.data, args.size, &number, 1);
            if (loop) { b.image.data[x.node] = next->made; }
            for (std::int64_t k = 0; k < next->results.size; ++k) {
                const ir::index r = next->results.data[k];
                b.image.data[r] = b.g.add(ops::info_of<ops::projection_op>, b.g.intern(m.types.data[m.nodes.data[r].type]), &next->made, 1, &k, 1);
            }
            next = next->next;
        }
        core::pool<ir::index> outputs;
        core::pool<int> views;
        for (int o = 0; o < out.size; ++o) {
            const ir::index wanted = block == 0 ? m.nodes.data[out.data[o].node].type : type_at(out.data[o].view);
            ir::index n = resolved(out.data[o].node);
            while (renames(n) && b.image.data[n] != 0 && b.image.data[m.arg(n, 0)] != 0) { n = m.arg(n, 0); }
            outputs.push(repeated(b.g, image_of(b, in, n), m.types.data[wanted]));
            views.push(out.data[o].view);
        }
        const block_ports ports{block, block == 0 ? nullptr : b.views.data, block == 0 ? nullptr : views.data};
        plan(b.g, outputs.data, outputs.size, ports, [&](ir::index n, memory_map& memory) { plan_inner(plan, b.g, n, memory, first, blocks, block); });
        hand_extents(b.g, m);
        for (inner_block* at = blocks; at;) {
            inner_block* const gone = at;
            at = at->next;
            delete gone;
        }
    }
    // Whether n is its operand with other symbols for the same extents.
    constexpr bool renames(ir::index n) const {
        if (m.nodes.data[n].op->id != ops::id_of<ops::reshape_op>) { return false; }
        const ir::index a = m.arg(n, 0);
        bool same = shape_.rank(n) == shape_.rank(a);
        for (int k = 0; k < shape_.rank(n) && same; ++k) { same = shape_.extent(n, k) == shape_.extent(a, k); }
        return same;
    }
    // n in the shape t, which it has or is broadcast to.
    static constexpr ir::index repeated(ir::module& g, ir::index n, const ir::tensor_type& t) {
        const ir::tensor_type& from = g.type_of(n);
        bool same = from.rank == t.rank;
        for (int k = 0; k < t.rank && same; ++k) { same = from.extents[k] != 1 || t.extents[k] == 1; }
        return same ? n : ops::fit(g, n, g.intern(t));
    }
    constexpr ir::index type_at(int view) {
        const view_step& v = d.views.data[view];
        ir::tensor_type t;
        t.element = v.element;
        t.rank = v.rank;
        for (int k = 0; k < t.rank; ++k) { t.extents[k] = v.extents[k]; }
        return m.intern(t);
    }

    // --- loops and branches --------------------------------------------------------------------------------------------------

    template <class Plan>
    constexpr void plan_inner(const Plan& plan, ir::module& g, ir::index n, memory_map& memory, int list, inner_block* blocks, int block) {
        while (blocks->made != n) { blocks = blocks->next; }
        const int i = blocks->at;
        const item x = schedule_.items.data[i];
        step s;
        s.kind = x.kind == item::what::loop ? step_kind::loop : step_kind::branch;
        s.block = static_cast<std::int32_t>(block);
        const int at = d.steps.push(s);
        hand_extents(g, m);
        core::pool<int> lasting; // views of the block around that are used up to the end
        core::pool<port> in;
        const auto read = [&](int k) {
            const int v = memory.view(g.arg(n, k));
            lasting.push(v);
            return v;
        };
        const int own = s.kind == step_kind::loop ? m.nodes.data[x.node].arg_count : 1;
        for (int k = 0; k < blocks->captured.size; ++k) { in.push({blocks->captured.data[k], read(own + k)}); }
        core::pool<int> given; // views of the results
        for (ir::index q = n + 1; q < g.nodes.size; ++q) {
            if (g.nodes.data[q].op->facts.kind != ir::op_kind::projection || g.arg(q, 0) != n) { continue; }
            const auto k = static_cast<int>(g.attribute(q, 0));
            while (given.size <= k) { given.push(-1); }
            lasting.push(given.data[k] = memory.storage(q));
        }
        if (s.kind == step_kind::loop) { plan_loop(plan, x, memory, s, given, in, lasting, read); }
        else {
            s.views[0] = static_cast<std::int32_t>(read(0));
            s.inner = static_cast<std::int32_t>(d.blocks.push({}));
            d.blocks.push({});
            for (int side = 0; side < 2; ++side) {
                core::pool<port> out;
                for (int k = 0; k < blocks->results.size; ++k) {
                    const ir::index r = blocks->results.data[k];
                    const bool choice = complete_.data[r] == i + 1 && schedule_.lazy(r);
                    if (k >= given.size || given.data[k] < 0 || (!choice && !computed_on(x.inside[side], r))) { continue; }
                    out.push({choice ? m.arg(r, 1 + side) : r, given.data[k]});
                }
                set_aliases(x, list, i, side, true);
                inside(plan, s.inner + side, x.inside[side], in, out);
                set_aliases(x, list, i, side, false);
            }
        }
        hand_extents(m, g);
        d.steps.data[at] = s;
        for (int k = 0; k < lasting.size; ++k) {
            memory.touch(lasting.data[k], at);
            memory.touch(lasting.data[k], d.steps.size - 1);
        }
    }
    constexpr bool computed_on(int list, ir::index n) const {
        bool found = false;
        each_item(list, [&](int i) { found = found || (schedule_.items.data[i].kind != item::what::branch && schedule_.items.data[i].node == n); });
        return found;
    }
    template <class Plan>
    constexpr void inside(const Plan& plan, int block, int list, const core::pool<port>& in, const core::pool<port>& out) {
        d.blocks.data[block].steps.begin = d.steps.size;
        plan_list(plan, list, in, out, block);
        d.blocks.data[block].steps.end = d.steps.size;
        d.blocks.data[block].views.end = d.views.size;
    }

    template <class Plan, class Read>
    constexpr void plan_loop(const Plan& plan, const item& x, memory_map& memory, step& s, const core::pool<int>& given, core::pool<port>& in,
                             core::pool<int>& lasting, const Read& read) {
        const ops::loop_view l(m, x.node);
        const auto result = [&](int k) { return k < given.size ? given.data[k] : -1; };
        s.reversed = l.reversed;
        s.conditional = l.conditional;
        s.extents[0] = l.extent;
        if (!is_counted(l.extent)) {
            s.views[0] = static_cast<std::int32_t>(read(0));
            d.refused = d.refused || l.sequences > 0; // nobody has checked that there are so many elements
        }
        s.inner = static_cast<std::int32_t>(d.blocks.push({}));
        s.carries.begin = d.carries.size;
        core::pool<int> sources; // of elements
        for (int k = 0; k < l.carries; ++k) {
            const ir::tensor_type t = m.type_of(l.parameter(1 + k));
            loop_carry c;
            c.loop = s.inner;
            c.init = static_cast<std::int32_t>(read(1 + k));
            c.tape = static_cast<std::int32_t>(result(l.tape(k)));
            const auto room = [&] {
                lasting.push(memory.scratch(t));
                return static_cast<std::int32_t>(lasting.data[lasting.size - 1]);
            };
            c.result = static_cast<std::int32_t>(result(k));
            if (c.result < 0) { c.result = room(); }
            if (c.tape < 0) { c.other = room(); }
            d.carries.push(c);
        }
        s.carries.end = d.carries.size;
        for (int k = 0; k < l.sequences; ++k) { sources.push(read(1 + l.carries + k)); }
        for (int k = 0; k < l.captures; ++k) { in.push({l.parameter(1 + l.carries + l.sequences + k), read(1 + l.carries + l.sequences + k)}); }
        // From here on views belong to the body.
        d.blocks.data[s.inner].views.begin = d.views.size;
        const auto view = [&](view_kind kind, ir::index like, int of) { return memory.push_view(kind, m.type_of(like), of, s.inner); };
        in.push({l.parameter(0), view(view_kind::step, l.parameter(0), s.inner)});
        core::pool<port> out;
        for (int k = 0; k < l.carries; ++k) {
            in.push({l.parameter(1 + k), view(view_kind::now, l.parameter(1 + k), s.carries.begin + k)});
            out.push({l.result(k), view(view_kind::next, l.parameter(1 + k), s.carries.begin + k)});
        }
        for (int k = 0; k < l.sequences; ++k) { in.push({l.parameter(1 + l.carries + k), view(view_kind::element, l.parameter(1 + l.carries + k), sources.data[k])}); }
        for (int k = l.carries; k < l.results; ++k) {
            if (result(k) >= 0) { out.push({l.result(k), view(view_kind::element, l.result(k), result(k))}); }
        }
        inside(plan, s.inner, x.inside[0], in, out);
    }

    // --- extents that numbers decide -----------------------------------------------------------------------------------------

    constexpr bool is_counted(ir::extent e) const { return extents_.has(e); }

    // The extents that stand for the steps of a loop, where those follow from numbers among the inputs: found by a block of their own.
    template <class Plan>
    constexpr void plan_counts(const Plan& plan) {
        core::pool<ir::index> origin; // of a captured value: what it was outside
        origin.grow_to(m.nodes.size);
        for (ir::index n = 1; n < m.nodes.size; ++n) { origin.data[n] = n; }
        for (ir::index n = m.nodes.size - 1; n > 0; --n) {
            if (!ir::has_region(m.nodes.data[n]) || !schedule_.needed.data[n]) { continue; }
            const ops::loop_view l(m, n);
            for (int k = 1 + l.carries + l.sequences; k < m.nodes.data[n].arg_count; ++k) { origin.data[l.parameter(k)] = l.operand_of(k); }
        }
        const auto outer = [&](ir::index n) {
            while (origin.data[n] != n) { n = origin.data[n]; }
            return n;
        };
        core::pool<ir::index> loops;
        core::pool<bool> plain; // made of numbers and extents of the inputs alone
        extents_.extend();
        plain.grow_to(m.nodes.size);
        for (ir::index n = 1; n < m.nodes.size; ++n) {
            const ir::node& x = m.nodes.data[n];
            if (ir::has_region(x) && schedule_.needed.data[n] && !ir::is_known(m.attribute(n, 3)) &&
                m.extents.data[-1 - m.attribute(n, 3)].kind == ir::extent_kind::named) {
                loops.push(n);
            }
            if (x.op->facts.kind == ir::op_kind::loop || x.op->facts.kind == ir::op_kind::projection || m.type_of(n).rank != 0) { continue; }
            plain.data[n] = x.op->id != ir::parameter_id && (x.op->facts.kind == ir::op_kind::leaf || x.op->facts.kind == ir::op_kind::elementwise);
            if (x.op->id == ops::id_of<ops::extent_value_op>) { plain.data[n] = is_counted(m.attribute(n, 0)); }
            for (int k = 0; k < x.arg_count && plain.data[n]; ++k) { plain.data[n] = plain.data[outer(m.arg(n, k))]; }
        }
        core::pool<ir::index> counts;
        core::pool<int> symbols;
        core::pool<bool> needed;
        needed.grow_to(m.nodes.size);
        for (int k = 0; k < loops.size; ++k) {
            const auto symbol = static_cast<int>(-1 - m.attribute(loops.data[k], 3));
            const ir::index n = outer(m.arg(loops.data[k], 0));
            if (!plain.data[n] || is_counted(-1 - symbol)) { continue; }
            extents_.note(-1 - symbol);
            extents_.extend();
            symbols.push(symbol);
            counts.push(n);
            needed.data[n] = true;
        }
        if (counts.size == 0) { return; }
        for (ir::index n = m.nodes.size - 1; n > 0; --n) {
            if (origin.data[n] != n) { needed.data[outer(n)] = needed.data[outer(n)] || needed.data[n]; }
            if (!needed.data[n] || origin.data[n] != n) { continue; }
            for (int k = 0; k < m.nodes.data[n].arg_count; ++k) { needed.data[outer(m.arg(n, k))] = true; }
        }
        d.counts = d.blocks.push({});
        d.blocks.data[d.counts].steps.begin = d.steps.size;
        d.blocks.data[d.counts].views.begin = d.views.size;
        ir::module g;
        hand_extents(m, g);
        core::pool<ir::index> image;
        image.grow_to(m.nodes.size);
        core::pool<int> inputs;
        core::pool<ir::index> args;
        const auto view = [&](view_kind kind, const ir::tensor_type& t, int of) {
            view_step v;
            v.kind = kind;
            v.of = static_cast<std::int32_t>(of);
            v.block = static_cast<std::int32_t>(d.counts);
            v.element = t.element;
            return d.views.push(v);
        };
        for (ir::index n = 1; n < m.nodes.size; ++n) {
            if (!needed.data[n] || origin.data[n] != n) { continue; }
            const ir::node& x = m.nodes.data[n];
            const ir::index type = g.intern(m.types.data[x.type]);
            if (x.op->id == ir::input_id) {
                const std::int64_t number = inputs.push(view(view_kind::input, m.type_of(n), static_cast<int>(m.attribute(n, 0))));
                image.data[n] = g.add(*x.op, type, nullptr, 0, &number, 1);
                continue;
            }
            args.size = 0;
            for (int k = 0; k < x.arg_count; ++k) { args.push(image.data[outer(m.arg(n, k))]); }
            image.data[n] = g.add(*x.op, type, args.data, args.size, m.attributes.data + x.first_attribute, x.attribute_count, x.bits);
        }
        core::pool<int> outputs;
        for (int k = 0; k < counts.size; ++k) {
            const value v{g, image.data[counts.data[k]]};
            counts.data[k] = maximum(v, 0).node();
            outputs.push(view(view_kind::symbol, g.type_of(counts.data[k]), symbols.data[k]));
        }
        plan(g, counts.data, counts.size, block_ports{d.counts, inputs.data, outputs.data}, [](ir::index, memory_map&) {});
        d.blocks.data[d.counts].steps.end = d.steps.size;
        d.blocks.data[d.counts].views.end = d.views.size;
    }
};

} // namespace damo::plan
