// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/plan/memory.hpp>

namespace damo::plan {

// Turns one nest of a fusion into instructions. Every node of the nest is an instance: the node under one axis map.
class nest_builder {
  public:
    constexpr nest_builder(const fusion& fused, int number) : m(fused.m), f(fused), number_(number), nest(fused.steps.data[number]), head_(fused.heads.data) {
        collect();
        arrange();
        levels();
        schedule();
    }

    constexpr nest_builder(const nest_builder&) = delete;
    constexpr nest_builder& operator=(const nest_builder&) = delete;
    constexpr ~nest_builder() {
        for (int v = 0; v < visited_.size; ++v) { head_[visited_.data[v]] = -1; }
    }

    // Nodes that cost so much that they are better stored: computed here for every element although they need fewer, and, counted in
    // `computed`, those computed in this nest at all.
    constexpr void advise(core::pool<bool>& wanted, core::pool<int>& computed) const {
        const std::uint32_t all = (1u << nest.rank) - 1;
        for (int i = 0; i < made_.size; ++i) {
            const instance& x = made_.data[i];
            if (x.kind != role::compute || x.at != level::element || is_cheap(x.node)) { continue; }
            ++computed.data[x.node];
            if (x.mask != all && x.avail == 0 && !f.is_one_hot(x.node)) { wanted.data[x.node] = true; }
        }
    }

    // Reductions of other nests that this one reads: they must be written.
    constexpr void mark_read(core::pool<bool>& read) const {
        for (int i = 0; i < made_.size; ++i) {
            if (made_.data[i].kind == role::load && f.is_reduction(made_.data[i].node)) { read.data[made_.data[i].node] = true; }
        }
    }

    constexpr void emit(plan_draft& d, memory_map& memory, int at) {
        d_ = &d;
        memory_ = &memory;
        position_ = at;
        step s;
        s.kind = step_kind::nest;
        s.rank = nest.rank;
        s.outer = outer_;
        s.by_columns = by_columns_;
        for (int k = 0; k < nest.rank; ++k) { s.extents[place_of_[k]] = nest.extents[k]; }
        s.streams.begin = d.streams.size;
        s.first_pass = d.passes.size;
        s.pass_count = passes_;
        now_ = &s;
        s.once.begin = d.code.size;
        for (int v = visited_.size - 1; v >= 0; --v) {
            for (int i = head_[visited_.data[v]]; i >= 0; i = made_.data[i].next) {
                if (made_.data[i].at == level::once) { emit_one(i); }
            }
        }
        s.once.end = d.code.size;
        for (int p = 0; p < passes_; ++p) {
            loop_pass pass;
            pass.row = emit_row(p, p);
            pass.element = emit_elements(p, pass);
            d.passes.push(pass);
        }
        s.last = emit_row(passes_, 64);
        s.streams.end = d.streams.size;
        choose_lane(s);
        choose_held(s);
        s.turns = can_turn(s);
        for (int k = 0; k + 1 < s.rank; ++k) {
            bool same = k + 1 != s.outer;
            for (int i = s.streams.begin; i < s.streams.end && same; ++i) {
                const stream& x = d.streams.data[i];
                same = (x.axes[k] < 0) == (x.axes[k + 1] < 0);
            }
            if (same) { s.joins |= 1u << k; }
        }
        d.steps.push(s);
    }

  private:
    enum class role : std::uint8_t { compute, load, constant, extent, fold, alias };
    struct instance {
        ir::index node = 0;
        axis_map map = 0;
        int next = -1; // of the same node
        role kind = role::compute;
        bool view_of_operand = false; // load: through the movement itself
        int args[3] = {-1, -1, -1};
        std::uint32_t mask = 0; // axes it varies along
        level at = level::once;
        int avail = 0;          // the first pass that can compute it; of a fold, the pass after its own
        std::uint32_t need = 0; // passes that use it, by bit
        int first = 0;          // the first of these
        bool kept = false;      // written in its first pass and read in the others
        int kept_view = -1;
        place where;
        bool placed = false;
    };
    const ir::module& m;
    const fusion& f;
    int number_;
    const draft_step& nest;
    core::pool<instance> made_;
    int* head_;             // of each node, its first instance
    core::pool<ir::index> open_; // nodes demanded and not yet visited, a heap with the highest first
    core::pool<ir::index> visited_; // nodes with instances, falling
    core::pool<int> seeds_;         // instance of each sink
    int place_of_[max_rank] = {};   // axis of the finished nest by axis of the draft
    int outer_ = 0;
    std::uint32_t inner_ = 0; // axes of the draft
    int passes_ = 0;
    bool by_columns_ = false;
    plan_draft* d_ = nullptr;
    memory_map* memory_ = nullptr;
    int position_ = 0;
    step* now_ = nullptr;

    constexpr bool is_cheap(ir::index n) const { return time_of(f.node(n).op->id) < costs.store_rather_than_repeat; }

    constexpr int demand(ir::index n, axis_map map) {
        for (int i = head_[n]; i >= 0; i = made_.data[i].next) {
            if (made_.data[i].map == map) { return i; }
        }
        instance x;
        x.node = n;
        x.map = map;
        if (head_[n] < 0) { open(n); }
        x.next = head_[n];
        return head_[n] = made_.push(x);
    }
    constexpr void open(ir::index n) {
        int at = open_.push(n);
        for (int above = (at - 1) / 2; at > 0 && open_.data[above] < n; above = (at - 1) / 2) {
            open_.data[at] = open_.data[above];
            at = above;
        }
        open_.data[at] = n;
    }
    constexpr ir::index close_highest() {
        const ir::index top = open_.data[0];
        const ir::index last = open_.data[--open_.size];
        int at = 0;
        for (int below = 1; below < open_.size; below = 2 * at + 1) {
            if (below + 1 < open_.size && open_.data[below + 1] > open_.data[below]) { ++below; }
            if (open_.data[below] <= last) { break; }
            open_.data[at] = open_.data[below];
            at = below;
        }
        open_.data[at] = last;
        return top;
    }
    constexpr int resolved(int i) const {
        while (made_.data[i].kind == role::alias) { i = made_.data[i].args[0]; }
        return i;
    }

    constexpr void collect() {
        for (int k = nest.first_sink; k >= 0; k = f.sinks.data[k].next) {
            const sink& s = f.sinks.data[k];
            seeds_.push(demand(s.node, f.sink_map.data[k]));
        }
        core::pool<wanted_node> operands;
        while (open_.size) {
            const ir::index n = close_highest();
            visited_.push(n);
            for (int i = head_[n]; i >= 0; i = made_.data[i].next) {
                instance x = made_.data[i];
                x.kind = classify(n, x.map, x.view_of_operand);
                operands.size = 0;
                if (x.kind == role::fold) { operands.push({m.arg(n, 0), f.operand_of_reduction(n, x.map, nest.folded)}); }
                else if (x.kind == role::alias || x.kind == role::compute) { f.push_operands(n, x.map, operands); }
                for (int a = 0; a < operands.size && a < 3; ++a) { x.args[a] = demand(operands.data[a].node, operands.data[a].map); }
                made_.data[i] = x;
            }
        }
    }
    constexpr role classify(ir::index n, axis_map map, bool& through) const {
        if (f.is_input(n)) { return role::load; }
        if (f.is_leaf(n)) { return f.node(n).op->id == ops::constant.id ? role::constant : role::extent; }
        const bool here = f.step_of.data[n] == number_ && !f.stands_alone(n) && f.home.data[n] == map;
        if (here && f.is_reduction(n)) { return role::fold; }
        if (!here && (f.stored.data[n] || f.is_reduction(n) || f.stands_alone(n))) { return role::load; }
        if (f.is_elementwise(n)) { return role::compute; }
        if (f.shape.looks_through(n)) { return role::alias; }
        through = true;
        return role::load;
    }

    // --- axes ----------------------------------------------------------------------------------------------------------------

    constexpr void arrange() {
        for (int v = visited_.size - 1; v >= 0; --v) {
            for (int i = head_[visited_.data[v]]; i >= 0; i = made_.data[i].next) {
                instance& x = made_.data[i];
                if (x.kind == role::load || f.is_one_hot(x.node)) { x.mask = axes_of(x.map); }
                else {
                    for (int a : x.args) {
                        if (a >= 0) { x.mask |= made_.data[a].mask; }
                    }
                    if (x.kind == role::fold) { x.mask &= ~nest.folded; }
                }
            }
        }
        const int rank = nest.rank;
        inner_ = nest.folded;
        if (nest.folded == 0 && rank > 0) {
            // The longest run of last axes that every array moves with alike.
            inner_ = 1u << (rank - 1);
            for (int k = rank - 2; k >= 0; --k) {
                bool alike = true;
                for (int i = 0; i < made_.size && alike; ++i) {
                    const instance& x = made_.data[i];
                    alike = x.kind != role::load || (x.mask >> k & 1u) == (x.mask >> (k + 1) & 1u);
                }
                if (!alike) { break; }
                inner_ |= 1u << k;
            }
        }
        int next = 0;
        for (int k = 0; k < rank; ++k) {
            if (!(inner_ >> k & 1u)) { place_of_[k] = next++; }
        }
        outer_ = next;
        for (int k = 0; k < rank; ++k) {
            if (inner_ >> k & 1u) { place_of_[k] = next++; }
        }
        by_columns_ = nest.folded != 0 && outer_ > 0 && !(nest.folded >> (rank - 1) & 1u);
    }

    // --- levels and passes ---------------------------------------------------------------------------------------------------

    constexpr void levels() {
        for (int v = visited_.size - 1; v >= 0; --v) {
            for (int i = head_[visited_.data[v]]; i >= 0; i = made_.data[i].next) {
                instance& x = made_.data[i];
                for (int a : x.args) {
                    if (a >= 0 && made_.data[a].avail > x.avail) { x.avail = made_.data[a].avail; }
                }
                if (x.kind == role::fold) { ++x.avail; }
                x.at = x.mask & inner_ ? level::element : x.mask != 0 || x.avail > 0 || x.kind == role::fold ? level::row : level::once;
                if (x.kind == role::fold && x.avail > passes_) { passes_ = x.avail; }
            }
        }
        int k = nest.first_sink;
        for (int i = 0; i < seeds_.size; ++i, k = f.sinks.data[k].next) {
            const instance& x = made_.data[seeds_.data[i]];
            if (writes_elements(k) && x.avail + 1 > passes_) { passes_ = x.avail + 1; }
        }
    }
    constexpr bool is_fold_sink(int k) const { return f.sinks.data[k].to == target::storage && f.is_reduction(f.sinks.data[k].node); }
    constexpr bool writes_elements(int k) const { return (axes_of(f.sink_map.data[k]) & inner_) != 0; }

    constexpr void require(int i, int pass) {
        i = resolved(i);
        if (made_.data[i].at == level::element) { made_.data[i].need |= 1u << pass; }
    }
    constexpr void schedule() {
        int k = nest.first_sink;
        for (int i = 0; i < seeds_.size; ++i, k = f.sinks.data[k].next) {
            if (writes_elements(k)) { require(seeds_.data[i], made_.data[seeds_.data[i]].avail); }
        }
        for (int v = 0; v < visited_.size; ++v) {
            for (int i = head_[visited_.data[v]]; i >= 0; i = made_.data[i].next) {
                instance& x = made_.data[i];
                if (x.kind == role::fold) {
                    require(x.args[0], x.avail - 1);
                    continue;
                }
                if (x.at != level::element || x.need == 0) { continue; }
                while (!(x.need >> x.first & 1u)) { ++x.first; }
                const bool several = (x.need & (x.need - 1)) != 0;
                x.kept = several && x.kind == role::compute && (!is_cheap(x.node) || is_stored_here(x.node));
                if (x.kind != role::compute) { continue; }
                for (int a : x.args) {
                    if (a < 0) { continue; }
                    instance& y = made_.data[resolved(a)];
                    if (y.at == level::element) { y.need |= x.kept ? 1u << x.first : x.need; }
                }
            }
        }
    }
    constexpr bool is_stored_here(ir::index n) const { return f.stored.data[n] && f.step_of.data[n] == number_; }

    // --- instructions --------------------------------------------------------------------------------------------------------

    constexpr place new_place(level at, dtype t) {
        place p;
        p.at = at;
        p.element = t;
        p.slot = now_->slots[static_cast<int>(at)][static_cast<int>(t)]++;
        return p;
    }
    constexpr int new_stream(int view, axis_map map, level at, bool writes) {
        stream s;
        s.view = static_cast<std::int32_t>(view);
        s.at = at;
        s.writes = writes;
        const int vector_axis = by_columns_ ? outer_ - 1 : nest.rank - 1;
        if (view >= 0) {
            s.element = d_->views.data[view].element;
            memory_->touch(view, position_);
        }
        for (int k = 0; k < max_rank; ++k) {
            if (digit(map, k)) { s.axes[place_of_[digit(map, k) - 1]] = static_cast<std::int8_t>(k); }
        }
        s.along = nest.rank > 0 && s.axes[vector_axis] >= 0;
        for (int i = now_->streams.begin; i < d_->streams.size; ++i) {
            if (d_->streams.data[i] == s) { return i - now_->streams.begin; }
        }
        return d_->streams.push(s) - now_->streams.begin;
    }
    // Where instance i lies: one place for all passes.
    constexpr place place_for(instance& x) {
        if (!x.placed) { x.where = new_place(x.at, m.type_of(x.node).element); }
        x.placed = true;
        return x.where;
    }
    constexpr void emit_one(int i) {
        instance& x = made_.data[i];
        if (x.kind == role::alias || x.kind == role::fold) { return; }
        loop_instruction c;
        const ir::node& n = f.node(x.node);
        c.op = n.op->id;
        c.carries = x.placed;
        const dtype t = m.type_of(x.node).element;
        if (x.kind == role::constant) {
            c.does = action::constant;
            c.bits = n.bits;
        } else if (x.kind == role::extent) {
            c.does = action::extent;
            c.bits = static_cast<std::uint64_t>(m.attribute(x.node, 0));
        } else if (x.kind == role::load) {
            c.does = action::load;
            c.stream = static_cast<std::int32_t>(
                new_stream(x.view_of_operand ? memory_->expression(x.node) : memory_->view(x.node), x.map, x.at, false));
        } else if (f.is_one_hot(x.node)) {
            const int last = m.type_of(x.node).rank - 1;
            loop_instruction position;
            position.does = action::index;
            // Counted in the type of the result where that is exact, so that vectors of it can be compared.
            const ir::extent depth = m.type_of(x.node).extents[last];
            const bool exact = t == dtype::float64 || t == dtype::int64 || (t == dtype::float32 && ir::is_known(depth) && depth <= 16777216) ||
                               (t == dtype::int32 && ir::is_known(depth) && depth <= 0x7FFFFFFF);
            position.result = new_place(x.at, exact ? t : dtype::int64);
            position.stream = static_cast<std::int32_t>(new_stream(-1, digit(x.map, last), x.at, false));
            position.carries = x.placed;
            d_->code.push(position);
            c.does = action::one_hot;
            c.arg_count = 2;
            c.args[0] = made_.data[resolved(x.args[0])].where;
            c.args[1] = position.result;
        } else {
            c.does = c.op == ops::id_of<ops::cast_op> ? action::convert : action::compute;
            c.arg_count = static_cast<std::int8_t>(n.arg_count);
            for (int a = 0; a < n.arg_count && a < 3; ++a) { c.args[a] = made_.data[resolved(x.args[a])].where; }
            if (!is_cheap(x.node) && x.at == level::element) { now_->cheap = false; }
        }
        c.result = place_for(x);
        d_->code.push(c);
    }
    constexpr void emit_store(int k, int i) {
        const sink& s = f.sinks.data[k];
        loop_instruction c;
        c.does = action::store;
        c.arg_count = 1;
        c.args[0] = made_.data[resolved(i)].where;
        const int view = s.to == target::storage ? memory_->storage(s.node)
                         : s.to == target::output ? memory_->output(s.number, s.node)
                                                  : memory_->part(s.whole, s.number);
        c.stream = static_cast<std::int32_t>(new_stream(view, f.sink_map.data[k], writes_elements(k) ? level::element : level::row, true));
        d_->code.push(c);
    }
    // Whether sink k is written: a reduction used in its own nest alone is not.
    constexpr bool is_written(int k) const { return !is_fold_sink(k) || f.stored.data[f.sinks.data[k].node]; }

    constexpr range emit_row(int from, int to) {
        range r;
        r.begin = d_->code.size;
        for (int v = visited_.size - 1; v >= 0; --v) {
            for (int i = head_[visited_.data[v]]; i >= 0; i = made_.data[i].next) {
                const instance& x = made_.data[i];
                if (x.at == level::row && x.avail >= from && x.avail <= to) { emit_one(i); }
            }
        }
        int k = nest.first_sink;
        for (int i = 0; i < seeds_.size; ++i, k = f.sinks.data[k].next) {
            const instance& x = made_.data[seeds_.data[i]];
            if (!writes_elements(k) && is_written(k) && x.avail >= from && x.avail <= to) { emit_store(k, seeds_.data[i]); }
        }
        r.end = d_->code.size;
        return r;
    }
    constexpr range emit_elements(int p, loop_pass& pass) {
        range r;
        r.begin = d_->code.size;
        for (int v = visited_.size - 1; v >= 0; --v) {
            for (int i = head_[visited_.data[v]]; i >= 0; i = made_.data[i].next) {
                instance& x = made_.data[i];
                if (x.at != level::element || !(x.need >> p & 1u)) { continue; }
                if (x.kept && p > x.first) {
                    loop_instruction c;
                    c.does = action::load;
                    c.carries = true;
                    c.result = place_for(x);
                    c.stream = static_cast<std::int32_t>(kept_stream(x, false));
                    d_->code.push(c);
                } else { emit_one(i); }
            }
        }
        for (int v = visited_.size - 1; v >= 0; --v) {
            for (int i = head_[visited_.data[v]]; i >= 0; i = made_.data[i].next) {
                instance& x = made_.data[i];
                if (x.kind != role::fold || x.avail - 1 != p) { continue; }
                const dtype t = m.type_of(x.node).element;
                loop_instruction c;
                c.does = action::fold;
                c.op = f.node(x.node).op->id;
                c.arg_count = 1;
                c.args[0] = made_.data[resolved(x.args[0])].where;
                c.result = x.where = new_place(level::row, t);
                c.bits = identity_of(f.node(x.node).op->facts.identity, t);
                c.stream = static_cast<std::int32_t>(pass.folds[static_cast<int>(t)]++);
                d_->code.push(c);
            }
        }
        int k = nest.first_sink;
        for (int i = 0; i < seeds_.size; ++i, k = f.sinks.data[k].next) {
            if (writes_elements(k) && made_.data[seeds_.data[i]].avail == p) { emit_store(k, seeds_.data[i]); }
        }
        for (int i = 0; i < made_.size; ++i) {
            instance& x = made_.data[i];
            if (!x.kept || x.first != p || is_stored_here(x.node)) { continue; }
            loop_instruction c;
            c.does = action::store;
            c.carries = true;
            c.arg_count = 1;
            c.args[0] = x.where;
            c.stream = static_cast<std::int32_t>(kept_stream(x, true));
            d_->code.push(c);
        }
        r.end = d_->code.size;
        return r;
    }
    // The stream of a value that later passes read again: its own memory, or scratch for one row (by columns, for all of them).
    constexpr int kept_stream(instance& x, bool writes) {
        if (is_stored_here(x.node)) { return new_stream(memory_->storage(x.node), x.map, level::element, writes); }
        axis_map map = 0;
        ir::tensor_type t;
        t.element = m.type_of(x.node).element;
        int rank = 0;
        const int last = by_columns_ ? outer_ - 1 : -1;
        for (int axis = by_columns_ ? 0 : outer_; axis <= nest.rank; ++axis) {
            const int wanted = axis == nest.rank ? last : axis;
            if (wanted < 0 || (axis < nest.rank && axis == last)) { continue; }
            for (int k = 0; k < nest.rank; ++k) {
                if (place_of_[k] != wanted || !(x.mask >> k & 1u)) { continue; }
                map = put(map, rank, static_cast<axis_map>(k + 1));
                t.extents[rank++] = nest.extents[k];
            }
        }
        t.rank = static_cast<std::int8_t>(rank);
        if (x.kept_view < 0) { x.kept_view = memory_->scratch(t); }
        return new_stream(x.kept_view, map, level::element, writes);
    }
    static constexpr std::uint64_t identity_of(double v, dtype t) {
        if (is_floating(t)) { return ir::to_bits(v); }
        if (v > 1e300) { return t == dtype::int32 ? 0x7FFFFFFFu : t == dtype::boolean ? 1u : 0x7FFFFFFFFFFFFFFFu; }
        if (v < -1e300) { return t == dtype::int32 ? 0xFFFFFFFF80000000u : t == dtype::boolean ? 0u : 0x8000000000000000u; }
        return static_cast<std::uint64_t>(static_cast<std::int64_t>(v));
    }

    // Vectors need one element type of one width throughout; truth values only on the way.
    constexpr void choose_lane(step& s) const {
        dtype lane = dtype::none;
        bool possible = s.rank > 0;
        const auto meet = [&](dtype t, bool memory) {
            if (t == dtype::boolean) { possible = possible && !memory; }
            else if (lane == dtype::none) { lane = t; }
            else { possible = possible && lane == t; }
        };
        const int begin = s.by_columns ? s.once.end : 0;
        for (int i = s.once.end; i < d_->code.size && possible; ++i) {
            const loop_instruction& c = d_->code.data[i];
            bool row = true;
            for (int p = s.first_pass; p < s.first_pass + s.pass_count; ++p) {
                const loop_pass& q = d_->passes.data[p];
                row = row && !(i >= q.element.begin && i < q.element.end);
            }
            if (row && begin == 0) { continue; }
            if (c.does == action::load) { meet(c.result.element, true); }
            else if (c.does == action::store) { meet(c.args[0].element, true); }
            else if (c.does == action::fold) { meet(c.result.element, true); }
            else if (c.does == action::compute || c.does == action::convert) {
                meet(c.result.element, false);
                for (int a = 0; a < c.arg_count; ++a) { meet(c.args[a].element, false); }
                if (is_integer(lane) && c.does == action::compute) { possible = possible && runs_on_integer_vectors(c.op); }
            } else if (c.does == action::index && !s.by_columns) {
                meet(c.result.element, false);
            } else if (c.does == action::one_hot && !s.by_columns && c.args[0].at != level::element) {
                meet(c.result.element, false);
                meet(c.args[1].element, false);
            } else { possible = false; }
        }
        s.lane = possible ? lane : dtype::none;
        if (lane == dtype::boolean) { s.lane = dtype::none; }
    }

    constexpr void choose_held(step& s) const {
        if (s.by_columns || s.lane == dtype::none || s.rank - s.outer != 1 || !ir::is_known(s.extents[s.rank - 1])) { return; }
        const std::int64_t bytes = s.extents[s.rank - 1] * size_of(s.lane);
        const std::int64_t parts = (bytes + 63) / 64;
        s.held = bytes > 0 && bytes <= costs.held_row_bytes && parts * (s.last.begin - s.once.end) <= costs.held_instructions;
    }

    // Rows side by side: what is one number for a row becomes a vector across rows, so all of these need the width of the lanes.
    constexpr bool can_turn(const step& s) const {
        if (s.by_columns || s.lane == dtype::none || s.outer == 0 || s.rank - s.outer != 1 || s.streams.end - s.streams.begin > costs.turned_streams) {
            return false;
        }
        const ir::extent n = s.extents[s.rank - 1];
        if (ir::is_known(n) && (n < 2 || n > costs.turned_elements)) { return false; }
        bool folds = false;
        for (int i = s.once.end; i < s.last.end; ++i) {
            const loop_instruction& c = d_->code.data[i];
            const dtype made = c.result.element;
            const bool reads_mixed = c.does == action::one_hot && c.args[0].at == level::row;
            folds = folds || c.does == action::fold;
            const auto fits = [&](dtype t) { return t == s.lane || t == dtype::boolean; };
            if (c.does == action::load) {
                if (!fits(made) && (!is_integer(made) || size_of(made) != size_of(s.lane))) { return false; }
                if (made == dtype::boolean) { return false; }
            } else if (c.does == action::store) {
                if (c.args[0].element != s.lane) { return false; }
            } else if (c.does == action::one_hot) {
                if (!reads_mixed || !is_floating(s.lane)) { return false; }
            } else if (c.does == action::index) {
                if (c.result.at != level::element || d_->streams.data[s.streams.begin + c.stream].axes[s.outer - 1] >= 0) { return false; }
            } else if (c.does == action::constant || c.does == action::extent) {
                if (!fits(made)) { return false; }
            } else {
                if (!fits(made)) { return false; }
                if (c.does == action::convert && c.args[0].element != dtype::boolean) { return false; }
                for (int a = 0; a < c.arg_count; ++a) {
                    if (!fits(c.args[a].element)) { return false; }
                }
                if (is_integer(s.lane) && c.does == action::compute && !runs_on_integer_vectors(c.op)) { return false; }
            }
        }
        return folds;
    }
};

} // namespace damo::plan
