// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <bit>

#include <damo/plan/array_plan.hpp>
#include <damo/plan/axis_map.hpp>
#include <damo/plan/cost.hpp>

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

// A set of small numbers per item: inputs and steps.
class set_table {
  public:
    constexpr set_table(int items, int members) : words_((members + 63) / 64) { bits_.grow_to(items * words_); }
    constexpr void add(int item, int member) { bits_.data[item * words_ + member / 64] |= std::uint64_t{1} << (member % 64); }
    constexpr void clear(int item) {
        for (int w = 0; w < words_; ++w) { bits_.data[item * words_ + w] = 0; }
    }
    constexpr bool has(int item, int member) const { return bits_.data[item * words_ + member / 64] >> (member % 64) & 1u; }
    constexpr void join(int item, const set_table& other, int from) {
        for (int w = 0; w < words_; ++w) { bits_.data[item * words_ + w] |= other.bits_.data[from * words_ + w]; }
    }
    constexpr bool meets(int item, const set_table& other, int with) const {
        for (int w = 0; w < words_; ++w) {
            if (bits_.data[item * words_ + w] & other.bits_.data[with * words_ + w]) { return true; }
        }
        return false;
    }
    // How many members from `first` on.
    constexpr int count(int item, int first) const {
        int n = 0;
        for (int w = first / 64; w < words_; ++w) {
            std::uint64_t b = bits_.data[item * words_ + w];
            if (w == first / 64) { b = b >> (first % 64) << (first % 64); }
            n += std::popcount(b);
        }
        return n;
    }
    // Calls f(member) for each member from `first` on, until it says false; false then.
    template <class F>
    constexpr bool each(int item, int first, const F& f) const {
        for (int w = first / 64; w < words_; ++w) {
            std::uint64_t b = bits_.data[item * words_ + w];
            if (w == first / 64) { b = b >> (first % 64) << (first % 64); }
            for (; b != 0; b &= b - 1) {
                if (!f(w * 64 + std::countr_zero(b))) { return false; }
            }
        }
        return true;
    }

  private:
    int words_;
    core::pool<std::uint64_t> bits_;
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
        int most = 8;
        for (int i = 1; i < n; ++i) { most += live_.data[i] && (stored.data[i] || is_sink(i)) ? 2 + m.nodes.data[i].arg_count : 0; }
        most += output_count;
        group(most);
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

    constexpr bool is_sink(ir::index n) const { return is_reduction(n) || stands_alone(n); }
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

    constexpr void group(int most_steps) {
        int inputs = 0;
        for (ir::index n = 1; n < m.nodes.size; ++n) { inputs += is_input(n); }
        const int members = inputs + most_steps;
        first_step_ = inputs;
        set_table use(m.nodes.size, members);      // what a node's value depends on directly: inputs, and steps through memory
        set_table before(most_steps, members);     // what a step needs, all the way down
        set_table touches(most_steps, members);    // what a step reads directly
        use_ = &use;
        before_ = &before;
        touches_ = &touches;
        for (ir::index n = 1; n < m.nodes.size; ++n) {
            const ir::node& x = node(n);
            if (is_input(n)) {
                if (own.data[n] && live_.data[n]) {
                    const int s = lone_step(n, step_kind::compact);
                    use.add(n, first_step_ + s);
                } else if (shape.rank(n) > 0) { use.add(n, static_cast<int>(m.attribute(n, 0))); }
                continue;
            }
            if (!live_.data[n]) { continue; }
            for (int i = 0; i < x.arg_count; ++i) { use.join(n, use, m.args.data[x.first_arg + i]); }
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
    int first_step_ = 0;
    set_table* use_ = nullptr;
    set_table* before_ = nullptr;
    set_table* touches_ = nullptr;

    // From here on n is used by reading what step s wrote, or inside s.
    constexpr void settle(ir::index n, int s) {
        step_of.data[n] = s;
        use_->clear(n);
        use_->add(n, first_step_ + s);
    }

    constexpr int lone_step(ir::index n, step_kind k) {
        draft_step d;
        d.kind = k;
        d.node = n;
        const int s = steps.push(d);
        if (k != step_kind::compact) { needs(s, n, true); }
        return s;
    }
    // Step s reads what n is made of. Nothing needs a fresh step yet.
    constexpr void needs(int s, ir::index n, bool fresh) {
        touches_->join(s, *use_, n);
        before_->join(s, *use_, n);
        use_->each(n, first_step_, [&](int t) {
            if (t != first_step_ + s) { before_->join(s, *before_, t - first_step_); }
            return true;
        });
        for (int t = 0; t < steps.size && !fresh; ++t) {
            if (t != s && before_->has(t, first_step_ + s)) { before_->join(t, *before_, s); }
        }
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
        use_->clear(n);
        for (int i = 0; i < writers.size; ++i) { use_->add(n, first_step_ + writers.data[i]); }
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
        const int s = steps.push(fresh);
        if (after >= 0) {
            before_->add(s, first_step_ + after);
            before_->join(s, *before_, after);
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
        needs(s, k.node, d.sink_count == 1);
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

    constexpr bool fits(const sink& k, const draft_step& fresh, bool folds, int s, axis_map& map) const {
        const draft_step& d = steps.data[s];
        if (d.sink_count >= costs.most_sinks) { return false; }
        if (!legal(k.node, s)) { return false; }
        if (d.rank == 0) { return fresh.rank == 0 && !folds && uses_match(k, folds, 0, 0, s); }
        const bool follows = use_->has(k.node, first_step_ + s);
        const std::uint32_t all = (1u << d.rank) - 1;
        bool whole = fresh.rank == d.rank;
        for (int i = 0; i < d.rank && whole; ++i) { whole = fresh.extents[i] == d.extents[i]; }
        if (whole) {
            if (folds && d.folded != 0 && d.folded != fresh.folded) { return false; }
            if (!follows && !touches_->meets(s, *use_, k.node)) { return false; }
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
        return uses_match(k, folds, fresh.folded, map, s);
    }
    // No step between: nothing that k needs needs step s.
    constexpr bool legal(ir::index n, int s) const {
        return use_->each(n, first_step_, [&](int t) { return t == first_step_ + s || !before_->has(t - first_step_, first_step_ + s); });
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
        if (!use_->has(n, first_step_ + s)) { return true; }
        core::pool<wanted_node> open;
        core::pool<wanted_node> seen;
        if (folds) { open.push({m.arg(n, 0), operand_of_reduction(n, map, folded)}); }
        else if (k.to != target::storage) { open.push({n, map}); }
        else { push_operands(n, map, open); }
        while (open.size) {
            const wanted_node v = open.data[--open.size];
            if (!use_->has(v.node, first_step_ + s)) { continue; }
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
    // A step has strictly more steps before it than any of those has.
    constexpr void sort() {
        core::pool<int> count(steps.size + 1);
        core::pool<int> at(steps.size + 2); // where steps with so many before them begin
        at.grow_to(steps.size + 2);
        for (int s = 0; s < steps.size; ++s) {
            const int n = before_->count(s, first_step_) - (before_->has(s, first_step_ + s) ? 1 : 0);
            count.push(n);
            ++at.data[n + 1];
        }
        for (int n = 0; n < steps.size; ++n) { at.data[n + 1] += at.data[n]; }
        order.grow_to(steps.size);
        for (int s = 0; s < steps.size; ++s) { order.data[at.data[count.data[s]]++] = s; }
    }
};

} // namespace damo::plan
