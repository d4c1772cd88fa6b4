// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ir/extent_images.hpp>
#include <damo/ir/region.hpp>
#include <damo/ops/extent_value.hpp>
#include <damo/ops/matmul.hpp>
#include <damo/ops/scan.hpp>
#include <damo/ops/select.hpp>

namespace damo::diff {

// Makes a graph again in another module with an axis in front of some of its inputs, the batch: what depends on them has that axis in
// front too, everything else stays as it is. One pass, operands first. What becomes of an op follows from its kind and facts:
// elementwise ops broadcast, reductions and ops with an axis mask shift it, movements take one more axis, products become products of
// stacks; ops of which nothing of this is known, as derivatives given by hand and functions of the program, are taken element by element
// in a loop. The extents of the source's inputs become those of the arguments. A template, so that only who asks for a batch pays for it;
// Graph is ir::module.
template <class Graph>
class batching {
  public:
    constexpr batching(const Graph& source, Graph& target) : from(source), to(target), regions_(source) {}

    // arguments[i] stands for input i; where mapped[i], its axis 0 is the batch, of extent `size`. False after a mistake.
    constexpr bool run(const value* arguments, const bool* mapped, int count, ir::extent size) {
        batch_ = size;
        const auto axis_of = [&](int input, int axis) {
            if (input >= count) { return to.extent_of(ir::extent_kind::input_axis, input, axis); }
            return arguments[input].type().extents[axis + (mapped[input] ? 1 : 0)];
        };
        ir::extent a = 0;
        ir::extent b = 0;
        if (!extents_.fill(from, to, axis_of, a, b)) {
            to.fail() << "an argument of vmap(f) has extents " << a << " and " << b << " where f needs them equal";
            return false;
        }
        image_.grow_to(from.nodes.size);
        mapped_.grow_to(from.nodes.size);
        for (ir::index n = 1; n < from.nodes.size; ++n) {
            if (from.nodes.data[n].op->id == ir::input_id) {
                const auto number = static_cast<int>(from.attribute(n, 0));
                image_.data[n] = arguments[number].node();
                mapped_.data[n] = mapped[number];
                continue;
            }
            to.here = from.locations.data[n];
            make(n);
            if (to.failed) { return false; }
        }
        return true;
    }

    // What node n of the source became, with the batch in front whether n depends on it or not.
    constexpr value with_batch(ir::index n) {
        if (mapped_.data[n]) { return {to, image_.data[n]}; }
        return {to, ops::fit(to, image_.data[n], to.intern(batched(to.type_of(image_.data[n]))))};
    }

  private:
    const Graph& from;
    Graph& to;
    ir::extent batch_ = 0;
    ir::extent_images extents_;
    core::pool<ir::index> image_;
    core::pool<bool> mapped_;
    core::pool<ir::index> operands_;
    core::pool<std::int64_t> attributes_;
    ir::region_images regions_;           // tells the loop of a parameter
    core::pool<int> region_;              // of a loop that is under way, in `to`, + 1
    core::pool<int> first_operand_;       // of a loop that is under way, in loop_operands_
    core::pool<ir::index> loop_operands_; // as `to` has them
    core::pool<bool> moves_;              // nodes that depend on the batch as far as is known before they are made

    constexpr ir::tensor_type batched(const ir::tensor_type& t) const {
        ir::tensor_type r = t;
        r.rank = static_cast<std::int8_t>(t.rank + 1);
        r.extents[0] = batch_;
        for (int k = 0; k < t.rank; ++k) { r.extents[k + 1] = t.extents[k]; }
        return r;
    }
    // A mapped value with axes of extent 1 behind the batch until it has `rank` axes beside it: [b, n] -> [b, 1, n].
    constexpr value padded(value v, int rank) {
        const ir::tensor_type t = v.type();
        const int more = rank - (t.rank - 1);
        if (more <= 0) { return v; }
        ir::tensor_type r = t;
        r.rank = static_cast<std::int8_t>(rank + 1);
        for (int k = 0; k < more; ++k) { r.extents[k + 1] = 1; }
        for (int k = 1; k < t.rank; ++k) { r.extents[k + more] = t.extents[k]; }
        return ops::reshaped(v, r);
    }

    constexpr void make(ir::index n) {
        const auto& x = from.nodes.data[n];
        if (x.op->id == ir::parameter_id) { // made with the others of its loop
            const ir::index loop = regions_.loop_of(n);
            if (loop != 0 && !is_open(loop)) { open_loop(loop); }
            return;
        }
        const auto& facts = x.op->facts;
        bool any = false;
        int rank = 0;
        operands_.size = attributes_.size = 0;
        for (int i = 0; i < x.arg_count; ++i) {
            const ir::index a = from.arg(n, i);
            any = any || mapped_.data[a];
            if (from.type_of(a).rank > rank) { rank = from.type_of(a).rank; }
            operands_.push(image_.data[a]);
        }
        for (int i = 0; i < x.attribute_count; ++i) {
            const std::int64_t a = from.attribute(n, i);
            attributes_.push(ir::is_extent_attribute(facts, i) ? extents_(a) : a);
        }
        mapped_.data[n] = any;
        const ir::op_info* op = x.op;
        if (facts.kind == ir::op_kind::loop) { return close_loop(n); }
        if (facts.kind == ir::op_kind::projection) { return project(n); }
        if (facts.kind == ir::op_kind::leaf && facts.extent_period == 0) {
            image_.data[n] = to.add(*op, to.intern(from.type_of(n)), nullptr, 0, attributes_.data, attributes_.size, x.bits);
            return;
        }
        if (any) {
            if (from.type_of(n).rank == ir::max_rank || rank == ir::max_rank) {
                to.fail() << "vmap(f) adds an axis to " << op->name << ", which has the highest rank already: join axes with reshape first";
                return;
            }
            switch (facts.kind) {
            case ir::op_kind::elementwise:
                for (int i = 0; i < x.arg_count; ++i) {
                    const ir::index a = from.arg(n, i);
                    if (mapped_.data[a]) { operands_.data[i] = padded({to, operands_.data[i]}, rank).node(); }
                }
                // Each element of the batch has its own condition: both branches are computed.
                if (facts.lazy && mapped_.data[from.arg(n, 0)]) { op = &ops::info_of<ops::where_op>; }
                break;
            case ir::op_kind::reduction: attributes_.data[0] *= 2; break;
            case ir::op_kind::movement: move(n); break;
            case ir::op_kind::contraction: image_.data[n] = product(n).node(); return;
            default:
                if (facts.axis_mask) { attributes_.data[0] *= 2; }
                else if (facts.axis_number) { ++attributes_.data[0]; }
                else if (!facts.stacks) {
                    image_.data[n] = one_by_one(n).node();
                    return;
                }
                for (int i = 0; i < x.arg_count; ++i) { operands_.data[i] = with_batch(from.arg(n, i)).node(); }
            }
        }
        image_.data[n] = ops::emit(to, *op, operands_.data, operands_.size, attributes_.data, attributes_.size);
    }
    // Node n for one element of the batch after another, stacked.
    constexpr value one_by_one(ir::index n) {
        const ir::op_info& op = *from.nodes.data[n].op;
        ops::loop_builder each(to, ops::extent_value(to, batch_, dtype::int64), batch_, false);
        for (int i = 0; i < operands_.size; ++i) {
            const value v{to, operands_.data[i]};
            operands_.data[i] = (mapped_.data[from.arg(n, i)] ? each.element(v) : each.captured(v)).node();
        }
        const value y{to, ops::emit(to, op, operands_.data, operands_.size, attributes_.data, attributes_.size)};
        const ir::index loop = each.finish(&y, 1);
        return loop == ir::module::poison ? value{to, loop} : ops::projection(to, loop, 0);
    }

    // --- loops ---------------------------------------------------------------------------------------------------------------

    constexpr bool is_open(ir::index loop) const { return loop < region_.size && region_.data[loop] != 0; }

    // Finds what of loop n depends on the batch, and makes its operands and parameters. A carry does when its first or its next value does.
    constexpr void open_loop(ir::index n) {
        const ops::loop_view l(from, n);
        const int count = from.nodes.data[n].arg_count;
        region_.grow_to(from.nodes.size);
        first_operand_.grow_to(from.nodes.size);
        moves_.grow_to(from.nodes.size);
        region_.data[n] = to.regions.push({}) + 1;
        first_operand_.data[n] = loop_operands_.size;
        for (int k = 1; k < count; ++k) { moves_.data[l.parameter(k)] = mapped_.data[l.operand_of(k)]; }
        for (bool again = true; again;) {
            again = false;
            for (ir::index i = l.parameter(0) + 1; i < n; ++i) {
                // Of loops inside all is taken to depend on the batch when anything does.
                const ir::index inner = from.nodes.data[i].op->id == ir::parameter_id ? regions_.loop_of(i) : i;
                if (inner == n || inner == 0 || moves_.data[i]) { continue; }
                for (int k = 0; k < from.nodes.data[inner].arg_count; ++k) { moves_.data[i] = moves_.data[i] || moves_.data[from.arg(inner, k)]; }
            }
            for (int k = 0; k < l.carries; ++k) {
                if (!moves_.data[l.parameter(1 + k)] && moves_.data[l.result(k)]) { moves_.data[l.parameter(1 + k)] = again = true; }
            }
        }
        if (mapped_.data[l.operand_of(0)] || (l.conditional && moves_.data[l.parameter(1)])) {
            to.fail() << "vmap(f) requires loops that take as many steps for every element of the batch: let the body keep its carry, by where, once "
                         "its element is done";
            return;
        }
        for (int k = 0; k < count; ++k) {
            const ir::index a = l.operand_of(k);
            const ir::index p = l.parameter(k);
            value v{to, image_.data[a]};
            if (k > 0 && moves_.data[p]) {
                if (k <= l.carries) { v = with_batch(a); }
                else if (k <= l.carries + l.sequences) { v = ops::swapped(v, 0, 1); }
            }
            loop_operands_.push(v.node());
        }
        for (int k = 0; k < count; ++k) {
            const ir::index p = l.parameter(k);
            ir::tensor_type t = to.type_of(loop_operands_.data[first_operand_.data[n] + k]);
            if (k > l.carries && k <= l.carries + l.sequences) { t = ops::element_of(t); }
            image_.data[p] = ops::make_parameter(to, region_.data[n] - 1, k, t).node();
            mapped_.data[p] = k > 0 && moves_.data[p];
        }
    }
    constexpr void close_loop(ir::index n) {
        const ops::loop_view l(from, n);
        const int count = from.nodes.data[n].arg_count;
        if (!is_open(n)) { open_loop(n); }
        const ir::index* operands = loop_operands_.data + first_operand_.data[n];
        core::pool<ir::index> parameters(count + 1);
        core::pool<ir::index> results(l.results + 1);
        for (int k = 0; k < count; ++k) { parameters.push(image_.data[l.parameter(k)]); }
        for (int k = 0; k < l.results; ++k) {
            value v{to, image_.data[l.result(k)]};
            if (l.is_carry(k)) {
                if (mapped_.data[l.parameter(1 + k)]) { v = with_batch(l.result(k)); }
                v = {to, ops::fit(to, v.node(), to.nodes.data[parameters.data[1 + k]].type)};
            }
            results.push(v.node());
        }
        ir::fill_region(to, region_.data[n] - 1, parameters.data, count, results.data, l.results);
        const std::int64_t attributes[5] = {region_.data[n] - 1, l.carries, l.sequences, extents_(l.extent), from.attribute(n, 4)};
        image_.data[n] = ops::emit(to, *from.nodes.data[n].op, operands, count, attributes, 5);
        mapped_.data[n] = false;
    }
    // What a loop stacks or keeps has the steps in front of the batch.
    constexpr void project(ir::index n) {
        const ir::index loop = from.arg(n, 0);
        const ops::loop_view l(from, loop);
        const auto k = static_cast<int>(from.attribute(n, 0));
        value v = ops::projection(to, image_.data[loop], k);
        mapped_.data[n] = mapped_.data[l.is_stack(k) ? l.result(k) : l.parameter(l.is_carry(k) ? 1 + k : 1 + k - l.results)];
        if (mapped_.data[n] && !l.is_carry(k)) { v = ops::swapped(v, 0, 1); }
        image_.data[n] = v.node();
    }

    // The attributes of a movement with one axis more: a permutation, or so many numbers per axis, of which the last is its extent.
    constexpr void move(ir::index n) {
        const int period = from.nodes.data[n].op->facts.extent_period;
        const int more = period == 0 ? 1 : period;
        operands_.data[0] = period == 1 ? padded({to, operands_.data[0]}, from.type_of(n).rank).node() : operands_.data[0];
        const int count = attributes_.size;
        attributes_.grow_to(count + more);
        for (int i = count - 1; i >= 0; --i) { attributes_.data[i + more] = attributes_.data[i] + (period == 0 ? 1 : 0); }
        for (int i = 0; i < more; ++i) { attributes_.data[i] = period > 0 && i == period - 1 ? batch_ : i == 1 ? 1 : 0; }
    }

    // A product of two operands of which at least one is mapped.
    constexpr value product(ir::index n) {
        const ir::op_info& op = *from.nodes.data[n].op;
        const int a = from.type_of(from.arg(n, 0)).rank;
        const int b = from.type_of(from.arg(n, 1)).rank;
        const bool left = mapped_.data[from.arg(n, 0)];
        const bool right = mapped_.data[from.arg(n, 1)];
        value x{to, operands_.data[0]};
        value y{to, operands_.data[1]};
        const auto multiply = [&](value u, value v) {
            const ir::index both[2] = {u.node(), v.node()};
            return value{to, ops::emit(to, op, both, 2)};
        };
        if (left && !right && b <= 2) {
            if (a == 1) { return multiply(x, y); } // the vectors are the rows of a matrix
            return matmul(x, y);                   // and so are all rows of a stack of matrices
        }
        if (right && !left && b == 1 && a <= 2) { return multiply(y, a == 1 ? x : ops::swapped(x, 0, 1)); }
        // Stacks of matrices on both sides.
        x = with_batch(from.arg(n, 0));
        y = with_batch(from.arg(n, 1));
        const ir::tensor_type tx = x.type();
        const ir::tensor_type ty = y.type();
        ir::tensor_type t = tx;
        if (a == 1) {
            t.rank = 3;
            t.extents[1] = 1;
            t.extents[2] = tx.extents[1];
            x = ops::reshaped(x, t);
        }
        if (b == 1) {
            t = ty;
            t.rank = 3;
            t.extents[2] = 1;
            y = ops::reshaped(y, t);
        }
        const value stack = multiply(x, y);
        if (stack.is_poison()) { return stack; }
        t = stack.type();
        int rank = 0;
        for (int k = 0; k < t.rank; ++k) {
            if ((a == 1 && k == t.rank - 2) || (b == 1 && k == t.rank - 1)) { continue; }
            t.extents[rank++] = t.extents[k];
        }
        t.rank = static_cast<std::int8_t>(rank);
        return ops::reshaped(stack, t);
    }
};

} // namespace damo::diff
