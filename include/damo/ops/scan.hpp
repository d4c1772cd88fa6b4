// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ir/region.hpp>
#include <damo/ops/extent_order.hpp>
#include <damo/ops/extent_value.hpp>

namespace damo::ops {

// scan(n, inits..., sequences..., captured...): a loop of n steps over a region, as jax.lax.scan. The region's parameters are the number
// of the step, the carries, the elements of the sequences (position `step` of axis 0) and the captured values; its results are the next
// carries, and the values to be stacked along a new axis 0. The region is closed: what it uses of the outside is captured. Sequences have at
// least as many elements as there are steps.
// Attributes: the region, how many carries, how many sequences, the extent of what is stacked, and the order: 0, or 1 if the steps are taken
// from the last position to the first, or 2 if they go on only as long as the first carry, a bool, holds. Then nothing is stacked or
// kept, and the second carry counts the steps. n below 0 counts as 0. The node has several results, told apart by `projection`.
//
// The derivative is a scan as well (diff/loop.hpp). Backwards it needs the carries before each step: they are results of the node like
// the others, and only those are kept that some projection asks for.
struct scan_op : op_defaults {
    static constexpr const char* name = "scan";
    static constexpr ir::op_facts facts{
        .kind = ir::op_kind::loop, .arity = -1, .types = ir::dtype_rule::custom, .extent_period = 5, .extent_mask = 8, .version = 2};
    static constexpr ir::index infer(const ir::call& c) { return c.m.intern({}); }
    static constexpr bool valid(const ir::call& c);
    // Whether e may be the extent of what a loop of n steps stacks: the value of n, the extent that n is, or a name. Of a parameter only
    // the operand that it stands for can tell.
    static constexpr bool gives_steps(ir::module& m, ir::index n, ir::extent e);
};

// What a scan's operands and results are.
struct loop_view {
    const ir::module& m;
    ir::index node = 0;
    int carries = 0;
    int sequences = 0;
    int captures = 0;
    int results = 0;
    ir::extent extent = 0;
    bool reversed = false;
    bool conditional = false;
    ir::index region = 0;

    constexpr loop_view(const ir::module& owner, ir::index n) : m(owner), node(n) {
        carries = static_cast<int>(m.attribute(n, 1));
        sequences = static_cast<int>(m.attribute(n, 2));
        captures = m.nodes.data[n].arg_count - 1 - carries - sequences;
        extent = m.attribute(n, 3);
        reversed = m.attribute(n, 4) == 1;
        conditional = m.attribute(n, 4) == 2;
        region = ir::region_of(m, n);
        results = m.regions.data[region].result_count;
    }
    constexpr ir::index parameter(int k) const { return ir::region_parameter(m, region, k); }
    constexpr ir::index result(int k) const { return ir::region_result(m, region, k); }
    constexpr ir::index operand_of(int k) const { return m.arg(node, k); }
    // Numbers of the results: the last carry, what is stacked, the carry before each step.
    constexpr bool is_carry(int k) const { return k < carries; }
    constexpr bool is_stack(int k) const { return k >= carries && k < results; }
    constexpr int tape(int carry) const { return results + carry; }
};

// projection(loop; k): result k of a node with several results.
struct projection_op : op_defaults {
    static constexpr const char* name = "projection";
    static constexpr ir::op_facts facts{.kind = ir::op_kind::projection, .types = ir::dtype_rule::custom};
    static constexpr ir::index infer(const ir::call& c) {
        const loop_view l(c.m, c.args[0]);
        const auto k = static_cast<int>(c.attributes[0]);
        if (l.is_carry(k)) { return c.m.nodes.data[l.operand_of(1 + k)].type; }
        const ir::tensor_type each = l.is_stack(k) ? c.m.type_of(l.result(k)) : c.m.type_of(l.operand_of(1 + k - l.results));
        ir::tensor_type t = each;
        t.rank = static_cast<std::int8_t>(each.rank + 1);
        t.extents[0] = l.extent;
        for (int a = 0; a < each.rank; ++a) { t.extents[a + 1] = each.extents[a]; }
        return c.m.intern(t);
    }
    static constexpr value combined(const value*, int, const ir::module& m, ir::index n);
    static constexpr bool valid(const ir::call& c) {
        if (c.m.nodes.data[c.args[0]].op->id != id_of<scan_op> || c.attribute_count != 1) { return false; }
        const loop_view l(c.m, c.args[0]);
        const std::int64_t k = c.attributes[0];
        if (k < 0 || k >= l.results + l.carries) { return false; }
        const int result = static_cast<int>(k);
        return l.is_carry(result) || (l.is_stack(result) ? c.m.type_of(l.result(result)) : c.m.type_of(l.operand_of(1 + result - l.results))).rank < ir::max_rank;
    }
};

// What a projection gives that stacks the elements of a sequence as they come: the sequence, or nil.
constexpr ir::index passed_through(const ir::module& m, ir::index n) {
    const loop_view l(m, m.arg(n, 0));
    const auto k = static_cast<int>(m.attribute(n, 0));
    if (!l.is_stack(k)) { return ir::nil; }
    for (int i = 1 + l.carries; i <= l.carries + l.sequences; ++i) {
        // of another type where the sequence has more elements than there are steps
        if (l.parameter(i) == l.result(k) && m.nodes.data[l.operand_of(i)].type == m.nodes.data[n].type) { return l.operand_of(i); }
    }
    return ir::nil;
}
constexpr value projection_op::combined(const value* x, int, const ir::module& m, ir::index n) {
    const ir::index sequence = passed_through(m, n);
    return sequence == ir::nil ? value() : value{x[0].owner(), sequence};
}

constexpr value projection(ir::module& m, ir::index loop, int k) {
    const std::int64_t attribute = k;
    return {m, emit(m, info_of<projection_op>, &loop, 1, &attribute, 1)};
}

// The element of a sequence: its type without axis 0.
constexpr ir::tensor_type element_of(const ir::tensor_type& sequence) {
    ir::tensor_type t = sequence;
    t.rank = static_cast<std::int8_t>(sequence.rank - 1);
    for (int a = 0; a < t.rank; ++a) { t.extents[a] = sequence.extents[a + 1]; }
    t.extents[sequence.rank - 1] = 0;
    return t;
}

// The number of steps of a loop that nothing but its condition ends.
inline constexpr std::uint64_t any_steps = 0x7FFFFFFFFFFFFFFE;

// The extent of what a loop of n steps stacks. A number of steps that only the call knows gives a name made of the node.
constexpr ir::extent extent_of_steps(ir::module& m, value n) {
    if (is_constant(m, n.node())) {
        const auto steps = static_cast<std::int64_t>(m.nodes.data[n.node()].bits);
        return steps > 0 ? steps : 0;
    }
    if (m.nodes.data[n.node()].op->id == id_of<extent_value_op>) { return m.attribute(n.node(), 0); }
    return m.extent_of(ir::extent_kind::named, m.nodes.data[n.node()].hash, 0);
}

// The region exists and is older than the loop; its parameters have the types of the operands, and its first results those of the carries.
constexpr bool is_number(const ir::module& m, ir::index n, dtype t) { return m.type_of(n).rank == 0 && m.type_of(n).element == t; }
constexpr bool scan_op::valid(const ir::call& c) {
    const std::int64_t* a = c.attributes;
    if (c.attribute_count != 5 || a[0] < 0 || a[0] >= c.m.regions.size || a[1] < 0 || a[2] < 0 || a[1] > c.count || a[2] > c.count) { return false; }
    const ir::region& r = c.m.regions.data[a[0]];
    if (c.count < 1 + a[1] + a[2] || r.parameter_count != c.count || r.result_count < a[1] || a[4] < 0 || a[4] > 2) { return false; }
    if (a[4] == 2 && (a[1] < 2 || r.result_count != a[1] || !is_number(c.m, c.args[1], dtype::boolean) || !is_number(c.m, c.args[2], dtype::int64))) { return false; }
    for (int k = 0; k < r.parameter_count + r.result_count; ++k) {
        const ir::index n = c.m.region_nodes.data[k < r.parameter_count ? r.first_parameter + k : r.first_result + k - r.parameter_count];
        if (n <= 0 || n >= c.m.nodes.size || c.m.type_of(n).element == dtype::none) { return false; }
    }
    const ir::tensor_type& steps = c.m.type_of(c.args[0]);
    if (steps.rank != 0 || steps.element != dtype::int64) { return false; }
    for (int k = 0; k < c.count; ++k) {
        ir::tensor_type t = c.m.type_of(c.args[k]);
        const ir::index p = c.m.region_nodes.data[r.first_parameter + k];
        if (k > a[1] && k <= a[1] + a[2]) {
            if (t.rank == 0 || !require_elements(c.m, t.extents[0], a[3])) { return false; }
            t = element_of(t);
        }
        if (!same_type(t, c.m.type_of(p)) || c.m.nodes.data[p].op->id != ir::parameter_id) { return false; }
    }
    for (int k = 0; k < a[1]; ++k) {
        if (!same_type(c.m.type_of(c.args[1 + k]), c.m.type_of(c.m.region_nodes.data[r.first_result + k]))) { return false; }
    }
    return gives_steps(c.m, c.args[0], a[3]);
}

constexpr bool scan_op::gives_steps(ir::module& m, ir::index n, ir::extent e) {
    const std::uint32_t op = m.nodes.data[n].op->id;
    if (is_constant(m, n) || op == id_of<extent_value_op>) { return e == extent_of_steps(m, {m, n}); }
    return op == ir::parameter_id || (!ir::is_known(e) && m.extents.data[-1 - e].kind == ir::extent_kind::named);
}

// Copies the part of a module that depends on certain nodes, with others in their place. Everything else stays shared; a loop whose
// operands change gets a region of its own. One pass in order of age.
class substitution {
  public:
    constexpr explicit substitution(ir::module& graph) : m(graph), size_(graph.nodes.size) { image_.grow_to(size_); }

    constexpr void put(ir::index n, ir::index by) { image_.data[n] = by; }
    constexpr ir::index image(ir::index n) const { return n < size_ && image_.data[n] != 0 ? image_.data[n] : n; }

    // Roots are replaced by their images.
    constexpr void run(ir::index* roots, int count) {
        core::pool<bool> needed(size_);
        needed.grow_to(size_);
        core::pool<ir::index> owner; // of a region's parameters
        for (int k = 0; k < count; ++k) { needed.data[roots[k]] = true; }
        for (ir::index n = size_ - 1; n > 0; --n) {
            if (!needed.data[n] || image_.data[n] != 0) { continue; }
            const ir::node& x = m.nodes.data[n];
            for (int k = 0; k < x.arg_count; ++k) { needed.data[m.args.data[x.first_arg + k]] = true; }
            if (!ir::has_region(x)) { continue; }
            owner.grow_to(size_);
            const ir::region& r = m.regions.data[ir::region_of(m, n)];
            for (int k = 0; k < r.parameter_count; ++k) { owner.data[m.region_nodes.data[r.first_parameter + k]] = n; }
            ir::each_in_region(m, x, [&](ir::index p) { needed.data[p] = true; });
        }
        core::pool<ir::index> args;
        core::pool<std::int64_t> attributes;
        core::pool<ir::index> region; // of a loop, its copy + 1
        for (ir::index n = 1; n < size_; ++n) {
            if (!needed.data[n] || image_.data[n] != 0) { continue; }
            const ir::node x = m.nodes.data[n];
            if (x.op->id == ir::parameter_id) {
                const ir::index loop = n < owner.size ? owner.data[n] : 0;
                if (loop == 0 || !changed(loop)) { continue; }
                region.grow_to(size_);
                if (region.data[loop] == 0) { region.data[loop] = m.regions.push({}) + 1; }
                const std::int64_t key[2] = {region.data[loop] - 1, m.attribute(n, 1)};
                image_.data[n] = m.add(*x.op, x.type, nullptr, 0, key, 2);
                continue;
            }
            if (x.arg_count == 0 || !changed(n)) { continue; }
            args.size = attributes.size = 0;
            for (int k = 0; k < x.arg_count; ++k) { args.push(image(m.args.data[x.first_arg + k])); }
            for (int k = 0; k < x.attribute_count; ++k) { attributes.push(m.attributes.data[x.first_attribute + k]); }
            if (ir::has_region(x)) {
                const ir::region r = m.regions.data[attributes.data[0]];
                core::pool<ir::index> nodes(r.parameter_count + r.result_count);
                for (int k = 0; k < r.parameter_count; ++k) { nodes.push(image(m.region_nodes.data[r.first_parameter + k])); }
                for (int k = 0; k < r.result_count; ++k) { nodes.push(image(m.region_nodes.data[r.first_result + k])); }
                attributes.data[0] = region.data[n] - 1;
                ir::fill_region(m, region.data[n] - 1, nodes.data, r.parameter_count, nodes.data + r.parameter_count, r.result_count);
            }
            m.here = m.locations.data[n];
            image_.data[n] = m.add(*x.op, x.type, args.data, args.size, attributes.data, attributes.size, x.bits);
        }
        for (int k = 0; k < count; ++k) { roots[k] = image(roots[k]); }
    }

  private:
    ir::module& m;
    ir::index size_ = 0;
    core::pool<ir::index> image_; // 0: itself

    constexpr bool changed(ir::index n) const {
        const ir::node& x = m.nodes.data[n];
        for (int k = 0; k < x.arg_count; ++k) {
            if (image_.data[m.args.data[x.first_arg + k]] != 0) { return true; }
        }
        return false;
    }
};

// A scan under construction: carries, then sequences and captured values, then the body on the values they gave, then `finish`. What the
// body uses of the outside becomes captured, and nothing that does not depend on the step is computed inside.
class loop_builder {
  public:
    constexpr loop_builder(ir::module& graph, value steps, ir::extent extent, bool reversed)
        : m(graph), steps_(steps.node()), extent_(extent), reversed_(reversed), region_(graph.regions.push({})) {
        ir::tensor_type t;
        t.element = dtype::int64;
        number_ = parameter(t).node();
    }

    // The number of the step.
    constexpr value step() const { return {m, number_}; }
    // Steps are taken as long as the first carry, a bool, holds; the second counts them.
    constexpr void go_on_while() { conditional_ = true; }
    // Another number of steps than it was begun with.
    constexpr void take(value steps, ir::extent extent) {
        steps_ = steps.node();
        extent_ = extent;
    }
    constexpr int carry_count() const { return carries_.size; }
    constexpr value carry(value init) {
        inits_.push(init.node());
        const value p = parameter(init.type());
        carries_.push(p.node());
        return p;
    }
    constexpr value element(value sequence) {
        sequences_.push(sequence.node());
        const value p = parameter(element_of(sequence.type()));
        elements_.push(p.node());
        return p;
    }
    // A value of the outside, to be told apart from what else is made of it.
    constexpr value captured(value outer) {
        outer_.push(outer.node());
        const value p = parameter(outer.type());
        captured_.push(p.node());
        return p;
    }

    // Results: the next carries in order, then what is stacked. Gives the loop's node.
    constexpr ir::index finish(const value* results, int count) {
        core::pool<ir::index> found(count + 1);
        for (int k = 0; k < count; ++k) {
            if (results[k].is_poison()) { return ir::module::poison; }
            found.push(results[k].node());
        }
        // Captured values are opened first, so that what is made of them alone is seen to lie outside.
        if (captured_.size > 0) {
            substitution open(m);
            for (int k = 0; k < captured_.size; ++k) { open.put(captured_.data[k], outer_.data[k]); }
            open.run(found.data, count);
        }
        const ir::index size = m.nodes.size;
        core::pool<bool> varies(size);
        varies.grow_to(size);
        varies.data[number_] = true;
        for (int k = 0; k < carries_.size; ++k) { varies.data[carries_.data[k]] = true; }
        for (int k = 0; k < elements_.size; ++k) { varies.data[elements_.data[k]] = true; }
        for (ir::index n = number_ + 1; n < size; ++n) {
            const ir::node& x = m.nodes.data[n];
            const ir::index* a = m.args.data + x.first_arg;
            for (int k = 0; k < x.arg_count && !varies.data[n]; ++k) { varies.data[n] = varies.data[a[k]]; }
        }
        core::pool<bool> needed(size);
        needed.grow_to(size);
        core::pool<ir::index> outside;
        const core::pool<bool> fixed = made_of_constants();
        const auto need = [&](ir::index n) {
            if (needed.data[n]) { return; }
            needed.data[n] = true;
            if (!varies.data[n] && !fixed.data[n]) { outside.push(n); }
        };
        for (int k = 0; k < count; ++k) { need(found.data[k]); }
        for (ir::index n = size - 1; n > 0; --n) {
            if (!needed.data[n] || !varies.data[n]) { continue; }
            const ir::node& x = m.nodes.data[n];
            for (int k = 0; k < x.arg_count; ++k) { need(m.args.data[x.first_arg + k]); }
        }
        // The parameters come after all operands: who rebuilds the graph in order has the operands' types when it meets them.
        ir::index youngest = steps_;
        for (int k = 0; k < outside.size; ++k) { youngest = outside.data[k] > youngest ? outside.data[k] : youngest; }
        for (int k = 0; k < inits_.size; ++k) { youngest = inits_.data[k] > youngest ? inits_.data[k] : youngest; }
        for (int k = 0; k < sequences_.size; ++k) { youngest = sequences_.data[k] > youngest ? sequences_.data[k] : youngest; }
        substitution close(m);
        core::pool<ir::index> parameters;
        core::pool<ir::index> operands;
        const bool again = youngest > number_;
        const auto place = [&](ir::index p, ir::index operand, bool keep) {
            if (!keep) { return false; }
            if (again) {
                const std::int64_t key[2] = {region_, count_++};
                const ir::index fresh = m.add(parameter_info(), m.nodes.data[p].type, nullptr, 0, key, 2);
                close.put(p, fresh);
                p = fresh;
            }
            parameters.push(p);
            operands.push(operand);
            return true;
        };
        place(number_, steps_, true);
        for (int k = 0; k < carries_.size; ++k) { place(carries_.data[k], inits_.data[k], true); }
        int sequences = 0;
        for (int k = 0; k < elements_.size; ++k) { sequences += place(elements_.data[k], sequences_.data[k], needed.data[elements_.data[k]]); }
        for (int k = 0; k < outside.size; ++k) {
            const value p = parameter(m.type_of(outside.data[k]));
            close.put(outside.data[k], p.node());
            parameters.push(p.node());
            operands.push(outside.data[k]);
        }
        if (again || outside.size > 0) { close.run(found.data, count); }
        ir::fill_region(m, region_, parameters.data, parameters.size, found.data, count);
        const std::int64_t attributes[5] = {region_, carries_.size, sequences, extent_, conditional_ ? 2 : reversed_};
        return emit(m, info_of<scan_op>, operands.data, operands.size, attributes, 5);
    }

  private:
    ir::module& m;
    ir::index steps_ = 0;
    ir::extent extent_ = 0;
    bool reversed_ = false;
    bool conditional_ = false;
    ir::index region_ = 0;
    ir::index number_ = 0;
    std::int64_t count_ = 0;
    core::pool<ir::index> inits_, carries_, sequences_, elements_, outer_, captured_;

    // Constants, and what is made of them alone: that stays in the body, where rewriting may make use of it.
    constexpr core::pool<bool> made_of_constants() const {
        core::pool<bool> fixed(m.nodes.size);
        fixed.grow_to(m.nodes.size);
        for (ir::index n = 1; n < m.nodes.size; ++n) {
            const ir::node& x = m.nodes.data[n];
            const ir::index* a = m.args.data + x.first_arg;
            fixed.data[n] = x.arg_count > 0 ? x.op->facts.kind == ir::op_kind::elementwise : is_constant(m, n);
            for (int k = 0; k < x.arg_count && fixed.data[n]; ++k) { fixed.data[n] = fixed.data[a[k]]; }
        }
        return fixed;
    }
    static constexpr const ir::op_info& parameter_info() { return ops::parameter; }
    constexpr value parameter(const ir::tensor_type& t) { return make_parameter(m, region_, static_cast<int>(count_++), t); }
};

} // namespace damo::ops
