// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/plan/array_plan.hpp>
#include <damo/plan/axis_map.hpp>
#include <damo/plan/cost.hpp>
#include <damo/plan/member_sets.hpp>

namespace damo::plan {

// Where a result is written.
enum class target : std::uint8_t {
    storage, // the memory of the node itself
    output,  // a copy in output `number`
    part     // the part of concatenation or padding `whole` that operand `number` fills
};

// A result that a loop nest leaves in memory, or a reduction it computes.
struct sink {
    ir::index node = 0;
    target to = target::storage;
    ir::index whole = 0;
    int number = 0;
    int next = -1; // of the same step
};

// A node wanted under an axis map.
struct wanted_node {
    ir::index node = 0;
    axis_map map = 0;
};

struct draft_step {
    step_kind kind = step_kind::nest;
    int rank = 0;
    ir::extent extents[max_rank] = {};
    std::uint32_t folded = 0; // axes of a nest that its reductions fold
    int first_sink = -1;
    int last_sink = -1;
    int sink_count = 0;
    ir::index node = 0; // of the other kinds
};

// Decides which results lie in memory and which loop nests compute them. A nest takes several results over the same axes when they
// read the same arrays or each other: elementwise results, reductions over one set of axes, and what follows from those per row.
class fusion {
  public:
    const ir::module& m;
    const shapes shape;
    core::pool<draft_step> steps;
    core::pool<sink> sinks;
    core::pool<bool> stored;      // the node's value lies in memory
    core::pool<bool> own;         // in a buffer even if it is an output, because it must be row-major
    core::pool<int> output_of;    // first output that is this node, or -1
    core::pool<int> step_of;      // the step that computes the node, or -1
    core::pool<axis_map> home;    // the map under which a nest computes its sink
    core::pool<int> order;        // steps, each after those it needs
    core::pool<int> heads;        // by node, -1: of whoever looks at one step after the other, who leaves it as it was

    constexpr fusion(const ir::module& graph, const ir::index* outputs, int output_count, const core::pool<bool>& wanted)
        : m(graph), shape(graph), outputs_(outputs), output_count_(output_count) {
        const int n = m.nodes.size;
        stored.grow_to(n);
        own.grow_to(n);
        output_of.grow_to(n);
        step_of.grow_to(n);
        home.grow_to(n);
        live_.grow_to(n);
        handed_.grow_to(n);
        heads.reserve(n);
        heads.size = n;
        for (int i = 0; i < n; ++i) { output_of.data[i] = step_of.data[i] = heads.data[i] = -1; }
        for (int i = 0; i < wanted.size; ++i) { stored.data[i] = wanted.data[i]; }
        mark();
        group();
    }

    constexpr const ir::node& node(ir::index n) const { return m.nodes.data[n]; }
    constexpr ir::op_kind kind(ir::index n) const { return node(n).op->facts.kind; }
    constexpr bool is_leaf(ir::index n) const { return kind(n) == ir::op_kind::leaf; }
    constexpr bool is_input(ir::index n) const { return node(n).op->id == ops::input.id; }
    constexpr bool is_one_hot(ir::index n) const { return node(n).op->id == ops::id_of<ops::one_hot_op>; }
    // concatenate and pad_zero: their parts are written one by one.
    constexpr bool has_parts(ir::index n) const {
        return node(n).op->id == ops::id_of<ops::concatenate_op> || node(n).op->id == ops::id_of<ops::pad_zero_op>;
    }
    constexpr bool is_reduction(ir::index n) const {
        return kind(n) == ir::op_kind::reduction && !shape.is_position(n) && !shape.folds_nothing(n);
    }
    constexpr bool is_elementwise(ir::index n) const { return kind(n) == ir::op_kind::elementwise || is_one_hot(n); }
    // Computed by a step of its own, not by a nest.
    constexpr bool stands_alone(ir::index n) const { return reads_memory(n) || has_parts(n); }
    constexpr bool is_view(ir::index n) const { return kind(n) == ir::op_kind::movement && !has_parts(n) && !shape.looks_through(n); }

  private:
    const ir::index* outputs_;
    int output_count_;
    core::pool<bool> live_;
    core::pool<bool> handed_; // a number that a function of the program finds in memory

    // A step of its own that finds its operands in memory.
    constexpr bool reads_memory(ir::index n) const {
        return kind(n) == ir::op_kind::contraction || kind(n) == ir::op_kind::loop || kind(n) == ir::op_kind::host || shape.is_position(n);
    }
    constexpr bool is_projection(ir::index n) const { return kind(n) == ir::op_kind::projection; }

    // --- what lies in memory -------------------------------------------------------------------------------------------------

    constexpr void mark() {
        for (int o = output_count_ - 1; o >= 0; --o) {
            live_.data[outputs_[o]] = true;
            output_of.data[outputs_[o]] = o;
            if (!is_leaf(outputs_[o])) { stored.data[outputs_[o]] = true; }
        }
        for (ir::index n = m.nodes.size - 1; n > 0; --n) {
            if (!live_.data[n]) { continue; }
            const ir::node& x = node(n);
            for (int i = 0; i < x.arg_count; ++i) { live_.data[m.args.data[x.first_arg + i]] = true; }
            // A view that is not stored itself looks at stored memory; in row-major order where it reinterprets that.
            if (x.op->id == ops::id_of<ops::reshape_op> && is_view(n)) { keep_row_major(m.arg(n, 0)); }
            else if (is_view(n)) { keep(m.arg(n, 0)); }
            if (reads_memory(n)) {
                for (int i = 0; i < x.arg_count; ++i) { keep(m.arg(n, i)); }
            }
            for (int i = 0; i < x.arg_count && kind(n) == ir::op_kind::host; ++i) {
                const ir::index a = m.arg(n, i);
                handed_.data[a] = handed_.data[a] || (is_leaf(a) && !is_input(a));
            }
            if (stands_alone(n) || is_projection(n)) { stored.data[n] = true; }
        }
    }
    // n must be memory that can be looked at.
    constexpr void keep(ir::index n) {
        const ir::index asked = n;
        while (!is_leaf(n) && kind(n) == ir::op_kind::movement && !has_parts(n)) {
            const std::uint32_t op = node(n).op->id;
            if (op == ops::id_of<ops::reshape_op> && is_view(n)) { return; } // its own operand is kept when n is visited
            n = m.arg(n, 0);
        }
        if (!is_input(n)) { stored.data[is_leaf(n) ? asked : n] = true; }
    }
    constexpr void keep_row_major(ir::index n) {
        while (node(n).op->id == ops::id_of<ops::reshape_op> && !is_view(n)) { n = m.arg(n, 0); }
        if (is_view(n) && node(n).op->id == ops::id_of<ops::reshape_op>) { return; }
        if (is_input(n)) {
            own.data[n] = true;
            return;
        }
        stored.data[n] = own.data[n] = true;
    }

    // --- which nest ----------------------------------------------------------------------------------------------------------

    constexpr void group() {
        for (ir::index n = 1; n < m.nodes.size; ++n) {
            if (is_input(n) && m.attribute(n, 0) >= first_step_) { first_step_ = static_cast<int>(m.attribute(n, 0)) + 1; }
        }
        use_.grow_to(m.nodes.size);
        core::pool<int> reductions; // one after the other above n that lie in no memory between
        reductions.grow_to(m.nodes.size);
        for (ir::index n = 1; n < m.nodes.size; ++n) {
            const ir::node& x = node(n);
            if (is_input(n)) {
                if (own.data[n] && live_.data[n]) {
                    const int s = lone_step(n, step_kind::compact);
                    use_.data[n] = sets_.single(first_step_ + s);
                } else if (shape.rank(n) > 0) { use_.data[n] = sets_.single(static_cast<int>(m.attribute(n, 0))); }
                continue;
            }
            if (!live_.data[n]) { continue; }
            for (int i = 0; i < x.arg_count; ++i) {
                const ir::index a = m.args.data[x.first_arg + i];
                use_.data[n] = sets_.join(use_.data[n], use_.data[a]);
                const int above = stored.data[a] ? 0 : reductions.data[a] + is_reduction(a);
                if (above > reductions.data[n]) { reductions.data[n] = above; }
            }
            // Else each reduction's loop would compute again all that the ones before it did.
            if (reductions.data[n] > costs.most_repeated && is_elementwise(n) && shape.rank(n) > 0) { stored.data[n] = true; }
            if (reads_memory(n)) {
                const int s = lone_step(n, kind(n) == ir::op_kind::contraction ? step_kind::product
                                           : kind(n) == ir::op_kind::loop      ? step_kind::loop
                                           : kind(n) == ir::op_kind::host      ? step_kind::host
                                                                               : step_kind::position);
                settle(n, s);
            } else if (is_projection(n)) {
                settle(n, step_of.data[m.arg(n, 0)]);
            } else if (has_parts(n)) {
                place_parts(n);
            } else if (is_reduction(n) || handed_.data[n] || (stored.data[n] && !is_leaf(n))) {
                settle(n, place({.node = n}));
            }
        }
        // Outputs that are another output again, an input, a number, or kept row-major elsewhere.
        for (int o = 0; o < output_count_; ++o) {
            const ir::index n = outputs_[o];
            if (is_leaf(n) || output_of.data[n] != o || own.data[n]) { place({.node = n, .to = target::output, .number = o}); }
        }
        sort();
    }
    // Numbers of inputs, then of steps.
    int first_step_ = 0;
    set_pool sets_;
    core::pool<member_set> use_;     // by node: what its value depends on directly, inputs and, through memory, steps
    core::pool<member_set> touches_; // by step: what it reads directly
    // The steps as a graph.
    struct step_links {
        int after = -1;   // a step that must come first, beside those it reads
        int highest = -1; // no step that it needs, all the way down, has a higher number; nor has it
        int needed = -1;  // the first of its links
    };
    struct link {
        int by = 0; // the step that needs it
        int next = -1;
    };
    core::pool<step_links> links_;
    core::pool<link> link_;
    core::pool<int> open_;
    core::pool<int> seen_; // by step, the last search that came to it
    int search_ = 0;

    // From here on n is used by reading what step s wrote, or inside s.
    constexpr void settle(ir::index n, int s) {
        step_of.data[n] = s;
        use_.data[n] = sets_.single(first_step_ + s);
    }
    constexpr int push_step(const draft_step& d) {
        const int s = steps.push(d);
        touches_.push({});
        step_links l;
        l.highest = s;
        links_.push(l);
        seen_.push(0);
        return s;
    }

    constexpr int lone_step(ir::index n, step_kind k) {
        draft_step d;
        d.kind = k;
        d.node = n;
        const int s = push_step(d);
        if (k != step_kind::compact) { needs(s, n); }
        return s;
    }
    // Step s reads what n is made of.
    constexpr void needs(int s, ir::index n) {
        touches_.data[s] = sets_.join(touches_.data[s], use_.data[n]);
        sets_.each(use_.data[n], first_step_, [&](int t) {
            if (t != first_step_ + s) { add_link(s, t - first_step_); }
            return true;
        });
    }
    // Step s needs step t.
    constexpr void add_link(int s, int t) {
        links_.data[t].needed = link_.push({s, links_.data[t].needed});
        // Only where s is not the newest step can others need it.
        open_.size = 0;
        raise(s, links_.data[t].highest);
        while (open_.size) {
            const int x = open_.data[--open_.size];
            for (int k = links_.data[x].needed; k >= 0; k = link_.data[k].next) { raise(link_.data[k].by, links_.data[x].highest); }
        }
    }
    constexpr void raise(int s, int highest) {
        if (links_.data[s].highest >= highest) { return; }
        links_.data[s].highest = highest;
        open_.push(s);
    }
    // Whether step t needs step s. Looks at steps that are not older than s alone: O(steps since s).
    constexpr bool needs_step(int t, int s) {
        ++search_;
        open_.size = 0;
        const auto look = [&](int x) {
            if (links_.data[x].highest < s || seen_.data[x] == search_) { return; }
            seen_.data[x] = search_;
            open_.push(x);
        };
        look(t);
        while (open_.size) {
            const int x = open_.data[--open_.size];
            if (x == s) { return true; }
            if (links_.data[x].after >= 0) { look(links_.data[x].after); }
            sets_.each(touches_.data[x], first_step_, [&](int y) {
                look(y - first_step_);
                return true;
            });
        }
        return false;
    }

    constexpr void place_parts(ir::index n) {
        const ir::node& x = node(n);
        core::pool<int> writers;
        int zeros = -1;
        if (node(n).op->id == ops::id_of<ops::pad_zero_op>) { writers.push(zeros = lone_step(n, step_kind::fill)); }
        for (int i = 0; i < x.arg_count; ++i) {
            const int s = place({.node = m.args.data[x.first_arg + i], .to = target::part, .whole = n, .number = i}, zeros);
            writers.push(s);
        }
        use_.data[n] = {};
        for (int i = 0; i < writers.size; ++i) { use_.data[n] = sets_.join(use_.data[n], sets_.single(first_step_ + writers.data[i])); }
        step_of.data[n] = writers.data[0];
    }

    // Puts a sink into the latest nest that can take it, or a new one. `after`: a step that must come first.
    constexpr int place(sink k, int after = -1) {
        draft_step fresh;
        const bool folds = k.to == target::storage && is_reduction(k.node);
        const ir::index over = folds ? m.arg(k.node, 0) : k.node;
        fresh.rank = shape.space(over, fresh.extents);
        if (folds) {
            int at = 0;
            for (int a = 0; a < shape.rank(over); ++a) {
                if (shape.extent(over, a) == 1) { continue; }
                if (m.attribute(k.node, 0) >> a & 1) { fresh.folded |= 1u << at; }
                ++at;
            }
        }
        if (after < 0) {
            for (int s = steps.size - 1, tried = 0; s >= 0 && tried < 32; --s) {
                if (steps.data[s].kind != step_kind::nest) { continue; }
                ++tried;
                axis_map map = 0;
                if (!fits(k, fresh, folds, s, map)) { continue; }
                if (folds) { steps.data[s].folded = fresh.folded; }
                add(k, s, map);
                return s;
            }
        }
        const int s = push_step(fresh);
        if (after >= 0) {
            links_.data[s].after = after;
            add_link(s, after);
        }
        add(k, s, own_map(k.node, folds, fresh.folded, fresh.rank));
        return s;
    }
    constexpr void add(const sink& k, int s, axis_map map) {
        const int at = sinks.push(k);
        draft_step& d = steps.data[s];
        if (d.last_sink < 0) { d.first_sink = at; }
        else { sinks.data[d.last_sink].next = at; }
        d.last_sink = at;
        ++d.sink_count;
        if (k.to == target::storage) { home.data[k.node] = map; }
        sink_map.grow_to(sinks.size);
        sink_map.data[at] = map;
        needs(s, k.node);
    }

  public:
    core::pool<axis_map> sink_map; // parallel to sinks

  private:
    // The map of n in a nest over its own axes (a reduction: over its operand's).
    constexpr axis_map own_map(ir::index n, bool folds, std::uint32_t folded, int rank) const {
        axis_map map = 0;
        int next = 0;
        for (int k = 0; k < shape.rank(n); ++k) {
            if (shape.extent(n, k) == 1) { continue; }
            while (folds && next < rank && (folded >> next & 1u)) { ++next; }
            map = put(map, k, static_cast<axis_map>(++next));
        }
        return map;
    }

    constexpr bool fits(const sink& k, const draft_step& fresh, bool folds, int s, axis_map& map) {
        const draft_step& d = steps.data[s];
        if (d.sink_count >= costs.most_sinks) { return false; }
        if (d.rank == 0) { return fresh.rank == 0 && !folds && legal(k.node, s) && uses_match(k, folds, 0, 0, s); }
        const bool follows = sets_.has(use_.data[k.node], first_step_ + s);
        const std::uint32_t all = (1u << d.rank) - 1;
        bool whole = fresh.rank == d.rank;
        for (int i = 0; i < d.rank && whole; ++i) { whole = fresh.extents[i] == d.extents[i]; }
        if (whole) {
            if (folds && d.folded != 0 && d.folded != fresh.folded) { return false; }
            if (!follows && !sets_.meet(touches_.data[s], use_.data[k.node])) { return false; }
            // A second walk over everything saves nothing.
            const std::uint32_t folded = folds ? fresh.folded : d.folded;
            if (follows && folded == all && through_reduction(k.node, s)) { return false; }
            map = own_map(k.node, folds, fresh.folded, fresh.rank);
        } else {
            // What follows from the reductions, per row.
            if (folds || d.folded == 0 || !follows) { return false; }
            int next = 0;
            for (int i = 0; i < d.rank; ++i) {
                if (d.folded >> i & 1u) { continue; }
                if (next >= fresh.rank || fresh.extents[next++] != d.extents[i]) { return false; }
            }
            if (next != fresh.rank) { return false; }
            map = own_map(k.node, true, d.folded, d.rank);
        }
        return legal(k.node, s) && uses_match(k, folds, fresh.folded, map, s);
    }
    // No step between: nothing that k needs needs step s.
    constexpr bool legal(ir::index n, int s) {
        return sets_.each(use_.data[n], first_step_, [&](int t) { return t == first_step_ + s || !needs_step(t - first_step_, s); });
    }
    constexpr bool through_reduction(ir::index n, int s) const {
        for (int k = steps.data[s].first_sink; k >= 0; k = sinks.data[k].next) {
            const sink& x = sinks.data[k];
            if (x.to == target::storage && is_reduction(x.node) && x.node < n) { return true; }
        }
        return false;
    }

    // Whether everything that n takes from nest s is taken at the place where it is computed.
    constexpr bool uses_match(const sink& k, bool folds, std::uint32_t folded, axis_map map, int s) const {
        const ir::index n = k.node;
        if (!sets_.has(use_.data[n], first_step_ + s)) { return true; }
        if (k.to == target::storage && is_view(n)) { return false; } // it takes other places, even where its extents are the same
        core::pool<wanted_node> open;
        core::pool<wanted_node> seen;
        if (folds) { open.push({m.arg(n, 0), operand_of_reduction(n, map, folded)}); }
        else if (k.to != target::storage) { open.push({n, map}); }
        else { push_operands(n, map, open); }
        while (open.size) {
            const wanted_node v = open.data[--open.size];
            if (!sets_.has(use_.data[v.node], first_step_ + s)) { continue; }
            bool known = false;
            for (int i = 0; i < seen.size && !known; ++i) { known = seen.data[i].node == v.node && seen.data[i].map == v.map; }
            if (known) { continue; }
            if (seen.size > 200) { return false; }
            seen.push(v);
            if (has_parts(v.node)) { return false; }
            if (step_of.data[v.node] == s) {
                if (home.data[v.node] != v.map) { return false; }
                continue;
            }
            if (is_view(v.node) || stands_alone(v.node)) { return false; }
            push_operands(v.node, v.map, open);
        }
        return true;
    }

  public:
    constexpr axis_map operand_of_reduction(ir::index n, axis_map map, std::uint32_t folded) const {
        int axes[max_rank] = {};
        int count = 0;
        for (int k = 0; k < max_rank; ++k) {
            if (folded >> k & 1u) { axes[count++] = k; }
        }
        return shape.below_reduction(n, map, axes);
    }
    constexpr void push_operands(ir::index n, axis_map map, core::pool<wanted_node>& open) const {
        const ir::node& x = node(n);
        axis_map through = 0;
        if (is_one_hot(n)) {
            const ir::index a = m.arg(n, 0);
            axis_map below = 0;
            for (int k = 0; k < shape.rank(a); ++k) {
                if (shape.extent(a, k) != 1) { below = put(below, k, digit(map, k)); }
            }
            open.push({a, below});
        } else if (is_elementwise(n)) {
            for (int i = 0; i < x.arg_count; ++i) {
                const ir::index a = m.args.data[x.first_arg + i];
                open.push({a, shape.aligned(n, map, a)});
            }
        } else if (x.arg_count == 1 && shape.looks_through(n, map, through)) {
            open.push({m.arg(n, 0), through});
        }
    }

  private:
    // Each step after those it needs, else as they were made. No recursion: a chain of steps may be as long as the graph.
    constexpr void sort() {
        core::pool<bool> placed;
        placed.grow_to(steps.size);
        core::pool<int> open;
        for (int first = 0; first < steps.size; ++first) {
            open.push(first);
            while (open.size) {
                const int s = open.data[open.size - 1];
                const int waiting = open.size;
                const auto look = [&](int t) {
                    if (t != s && !placed.data[t]) { open.push(t); }
                    return true;
                };
                if (!placed.data[s]) {
                    if (links_.data[s].after >= 0) { look(links_.data[s].after); }
                    sets_.each(touches_.data[s], first_step_, [&](int t) { return look(t - first_step_); });
                }
                if (open.size > waiting) { continue; }
                --open.size;
                if (!placed.data[s]) { order.push(s); }
                placed.data[s] = true;
            }
        }
    }
};

} // namespace damo::plan
