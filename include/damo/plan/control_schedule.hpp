// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ir/region.hpp>

namespace damo::plan {

// Says where each node is computed: in the innermost block that holds all its users. Blocks are the branches of conditions, one per
// condition and side, and the bodies of loops. A condition whose sides hold nothing is a plain choice.
class control_schedule {
  public:
    // arrays: choices between arrays are lazy too, not only those between numbers.
    constexpr control_schedule(const ir::module& graph, const ir::index* outputs, int output_count, bool arrays = false)
        : m(graph), arrays_(arrays) {
        const int size = m.nodes.size;
        needed.grow_to(size);
        block_of_.grow_to(size);
        owner.grow_to(size);
        position.grow_to(size);
        blocks_.push({});
        for (int o = 0; o < output_count; ++o) { use(outputs[o], 0); }
        for (ir::index n = size - 1; n > 0; --n) {
            if (needed.data[n]) { place(n); }
        }
        done_.grow_to(size);
        first_.grow_to(blocks_.size);
        next_.grow_to(size);
        for (ir::index n = size - 1; n > 0; --n) {
            if (!needed.data[n] || is_leaf(n)) { continue; }
            const int b = block_of_.data[n] - 1;
            next_.data[n] = first_.data[b];
            first_.data[b] = n;
        }
    }

    struct item {
        enum class what : std::uint8_t { compute, move, branch, loop } kind = what::compute;
        ir::index node = 0; // of a branch: the condition
        ir::index from = 0; // of a move
        int inside[2] = {-1, -1}; // first items of the blocks within
        int next = -1;
    };
    core::pool<item> items;
    core::pool<bool> needed;
    core::pool<ir::index> owner; // of a region's parameter: the loop
    core::pool<int> position;    // of a parameter among its region's
    bool complete = true;

    constexpr bool is_leaf(ir::index n) const { return m.nodes.data[n].op->facts.kind == ir::op_kind::leaf; }
    // First item of the outermost block.
    constexpr int run() {
        const int first = run_block(0);
        for (ir::index n = 1; n < m.nodes.size; ++n) { complete = complete && (!needed.data[n] || is_leaf(n) || done_.data[n] == whole); }
        return first;
    }

    // A choice of which an executor computes one side only, where something is to be computed there.
    constexpr bool lazy(ir::index n) const { return m.nodes.data[n].op->facts.lazy && (arrays_ || m.type_of(n).rank == 0); }

  private:
    const ir::module& m;
    bool arrays_ = false;
    struct block {
        int parent = -1;
        int depth = 0;
        ir::index owner = 0; // condition or loop; 0: the outermost block
        std::int8_t side = -1; // 0: where the condition holds, 1: where it does not, 2: body of a loop
    };
    core::pool<block> blocks_;
    core::pool<int> block_of_; // + 1; 0: not used yet
    core::pool<ir::index> first_, next_; // nodes of each block, in order of age
    static constexpr std::int8_t whole = 3; // a choice is done when it is on both sides
    core::pool<std::int8_t> done_;

    // The choice is made by branching: something is computed on one of its sides.
    constexpr bool branches(ir::index n) const {
        if (!lazy(n)) { return false; }
        const int b = block_of_.data[n] - 1;
        for (int side = 0; side < 2; ++side) {
            const int inner = find(b, m.arg(n, 0), side);
            if (inner >= 0 && holds_something(inner)) { return true; }
        }
        return false;
    }
    constexpr bool holds_something(int b) const {
        if (first_.data[b] != 0) { return true; }
        for (int i = b + 1; i < blocks_.size; ++i) {
            if (first_.data[i] == 0) { continue; }
            for (int up = i; up >= 0; up = blocks_.data[up].parent) {
                if (up == b) { return true; }
            }
        }
        return false;
    }

    constexpr int nearest_common(int a, int b) const {
        while (a != b) {
            if (blocks_.data[a].depth < blocks_.data[b].depth) { b = blocks_.data[b].parent; }
            else { a = blocks_.data[a].parent; }
        }
        return a;
    }
    constexpr void use(ir::index n, int b) {
        needed.data[n] = true;
        block_of_.data[n] = 1 + (block_of_.data[n] == 0 ? b : nearest_common(block_of_.data[n] - 1, b));
    }
    constexpr int find(int parent, ir::index who, int side) const {
        for (int i = 1; i < blocks_.size; ++i) {
            const block& x = blocks_.data[i];
            if (x.parent == parent && x.owner == who && x.side == side) { return i; }
        }
        return -1;
    }
    constexpr int inner(int parent, ir::index who, int side) {
        const int found = find(parent, who, side);
        return found >= 0 ? found : blocks_.push({parent, blocks_.data[parent].depth + 1, who, static_cast<std::int8_t>(side)});
    }
    constexpr void place(ir::index n) {
        const ir::node& x = m.nodes.data[n];
        const int b = block_of_.data[n] - 1;
        if (lazy(n)) {
            const ir::index p = m.arg(n, 0);
            use(p, b);
            for (int side = 0; side < 2; ++side) { use(m.arg(n, 1 + side), m.arg(n, 1) == m.arg(n, 2) ? b : inner(b, p, side)); }
            return;
        }
        for (int k = 0; k < x.arg_count; ++k) { use(m.arg(n, k), b); }
        if (!ir::has_region(x)) { return; }
        const ir::region& r = m.regions.data[ir::region_of(m, n)];
        const int body = inner(b, n, 2);
        for (int k = 0; k < r.result_count; ++k) { use(m.region_nodes.data[r.first_result + k], body); }
        for (int k = 0; k < r.parameter_count; ++k) {
            const ir::index p = m.region_nodes.data[r.first_parameter + k];
            needed.data[p] = true;
            owner.data[p] = n;
            position.data[p] = k;
        }
    }

    // Whether node n is there for what is computed in block b.
    constexpr bool there(ir::index n, int b) const {
        if (is_leaf(n) || done_.data[n] == whole) { return true; }
        if (done_.data[n] == 0) { return false; }
        // A choice that is made on one side so far can be read there.
        for (; b > 0; b = blocks_.data[b].parent) {
            const block& x = blocks_.data[b];
            if (x.parent == block_of_.data[n] - 1 && x.side < 2 && x.owner == m.arg(n, 0)) { return (done_.data[n] >> x.side & 1) != 0; }
        }
        return false;
    }
    constexpr bool ready(ir::index n, int b) const {
        const ir::node& x = m.nodes.data[n];
        for (int k = 0; k < x.arg_count; ++k) {
            if (!there(m.args.data[x.first_arg + k], b)) { return false; }
        }
        return true;
    }
    struct chain {
        int first = -1;
        int last = -1;
    };
    constexpr void append(chain& c, const item& i) {
        const int at = items.push(i);
        if (c.last >= 0) { items.data[c.last].next = at; }
        else { c.first = at; }
        c.last = at;
    }
    constexpr int run_block(int b) {
        chain c;
        advance(b, c);
        return c.first;
    }
    // Computes what can be computed of block b: first what depends on no open choice, then one condition with all that hangs on it.
    constexpr bool advance(int b, chain& c) {
        bool any = false;
        for (bool again = true; again;) {
            again = false;
            ir::index open = 0;
            for (ir::index n = first_.data[b]; n != 0; n = next_.data[n]) {
                if (done_.data[n] == whole) { continue; }
                if (branches(n)) {
                    if (open == 0 && there(m.arg(n, 0), b)) { open = n; }
                    continue;
                }
                if (!ready(n, b)) { continue; }
                item i;
                i.node = n;
                if (ir::has_region(m.nodes.data[n])) {
                    i.kind = item::what::loop;
                    i.inside[0] = run_block(find(b, n, 2));
                }
                append(c, i);
                done_.data[n] = whole;
                any = true;
            }
            if (open == 0) { break; }
            const ir::index p = m.arg(open, 0);
            item branch;
            branch.kind = item::what::branch;
            branch.node = p;
            for (int side = 0; side < 2; ++side) {
                chain inside;
                const int within = find(b, p, side);
                for (bool more = true; more;) {
                    more = within >= 0 && advance(within, inside);
                    for (ir::index n = first_.data[b]; n != 0; n = next_.data[n]) {
                        if (!lazy(n) || m.arg(n, 0) != p || (done_.data[n] >> side & 1) != 0 || !there(m.arg(n, 1 + side), within >= 0 ? within : b)) { continue; }
                        item move;
                        move.kind = item::what::move;
                        move.node = n;
                        move.from = m.arg(n, 1 + side);
                        append(inside, move);
                        done_.data[n] = static_cast<std::int8_t>(done_.data[n] | 1 << side);
                        more = true;
                    }
                    again = again || more;
                }
                branch.inside[side] = inside.first;
            }
            append(c, branch);
            any = any || again;
        }
        return any;
    }
};

} // namespace damo::plan
