// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/all.hpp>
#include <damo/rewrite/normal_forms.hpp>

namespace damo::rewrite {

// Rewrites of whole kinds of ops, which no pattern says: each has a name by which it is told and left out, and asks for facts only.
class kind_rewrites {
  public:
    constexpr explicit kind_rewrites(normal_forms& forms) : m(forms.m), forms_(forms) {}

    // That of a factor which many terms of a sum have, by the simplifier.
    static constexpr rule common_factor{"sum.common_factor", "", "", rule_class::reassociating};
    // All rewrites that no table of rules has, for who looks one up by its name.
    template <class F>
    static constexpr void each_rule(const F& f) {
        for (const rule* r : {&moved_scalar_, &spread_scalar_, &lifted_, &kept_axes_, &combine_, &of_moved_, &factor_, &common_factor}) { f(*r); }
    }

    // Of a movement: a scalar that was repeated, reshaped, transposed or sliced is that scalar repeated. Nil if it moves an array.
    constexpr ir::index moved_scalar(const ir::op_info& op, ir::index plain) {
        forms_.moves = true;
        const ir::index operand = m.arg(plain, 0);
        const ir::index c = op.facts.pads ? ir::nil : m.type_of(operand).rank == 0 ? operand : scalar_in(operand);
        if (c == ir::nil || !forms_.filter().admits(moved_scalar_)) { return ir::nil; }
        forms_.spreads = true;
        ++forms_.verbatim;
        const ir::index form = ops::fit(m, c, m.nodes.data[plain].type);
        --forms_.verbatim;
        if (form != plain) {
            forms_.begins(moved_scalar_.name, plain);
            forms_.ends(form);
        }
        return form;
    }
    // Where scalars were given a shape, an elementwise op takes a scalar for its copies: the other operands, or the result, are repeated
    // instead. Nil where there is none.
    constexpr ir::index of_scalars(const ir::op_info& op, const ir::index* args, int n, const std::int64_t* attributes, int attribute_count) {
        core::pool<ir::index> operands(n);
        bool found = false;
        for (int i = 0; i < n; ++i) {
            const ir::index c = scalar_in(args[i]);
            operands.push(c == ir::nil ? args[i] : c);
            found = found || c != ir::nil;
        }
        if (!found || op.facts.barrier || op.facts.opaque || !forms_.filter().admits(spread_scalar_)) { return ir::nil; }
        const ir::index plain = ops::emit_plain(m, op, args, n, attributes, attribute_count);
        if (plain == ir::module::poison) { return plain; }
        if (const ir::index known = forms_.normal(plain); known != ir::nil) { return known; }
        forms_.begins(spread_scalar_.name, plain);
        const ir::index made = forms_.settle(plain, forms_.made(op, operands.data, n, attributes, attribute_count));
        forms_.ends(made);
        return made;
    }

    // An elementwise op of moved operands is the moved op of the operands: log(reshape(sigmoid(x))) is reshape(log(sigmoid(x))). And
    // reshape(sum(x)) with the folded axes put back is the sum that keeps them. Both only where a rule then applies.
    constexpr bool through_movement(ir::index n, ir::index& result) {
        const ir::op_info& op = *m.nodes.data[n].op;
        const int count = m.nodes.data[n].arg_count;
        if (op.infer != &ops::infer_elementwise || op.facts.opaque || count > ops::max_fixed_arity) { return false; }
        ir::index operands[ops::max_fixed_arity] = {};
        ir::index movement = ir::nil;
        bool lifts = forms_.filter().admits(lifted_);
        for (int i = 0; i < count && lifts; ++i) {
            operands[i] = unmoved(m.arg(n, i), movement, 2);
            lifts = operands[i] != ir::nil;
        }
        if (lifts && movement != ir::nil && fires(op, operands, count, result)) {
            forms_.begins(lifted_.name, n);
            const ir::node& moved = m.nodes.data[movement];
            core::pool<std::int64_t> attributes;
            for (int i = 0; i < moved.attribute_count; ++i) { attributes.push(m.attribute(movement, i)); }
            result = forms_.made(*moved.op, &result, 1, attributes.data, attributes.size);
            forms_.ends(result);
            return true;
        }
        bool keeps = false;
        for (int i = 0; i < count && forms_.filter().admits(kept_axes_); ++i) {
            operands[i] = with_kept_axes(m.arg(n, i), 2);
            keeps = keeps || operands[i] != m.arg(n, i);
        }
        if (!keeps || !fires(op, operands, count, result)) { return false; }
        forms_.begins(kept_axes_.name, n);
        forms_.ends(result);
        return true;
    }
    // What the op itself knows of its operands, and factors in front of linear reductions.
    constexpr bool by_fact(ir::index n, ir::index& result) {
        const ir::op_info& op = *m.nodes.data[n].op;
        const rule& why = op.facts.kind == ir::op_kind::reduction ? of_moved_ : combine_;
        if (op.combined != nullptr && forms_.filter().admits(why)) {
            value operands[ops::max_fixed_arity];
            const int count = m.nodes.data[n].arg_count;
            for (int i = 0; i < count && i < ops::max_fixed_arity; ++i) { operands[i] = {m, m.arg(n, i)}; }
            const value v = op.combined(operands, count, m, n);
            if (!v.is_empty()) {
                forms_.begins(why.name, n);
                result = v.node();
                forms_.ends(result);
                return true;
            }
        }
        return op.facts.kind == ir::op_kind::reduction && op.facts.multilinear && forms_.filter().admits(factor_) && scalars_out(n, result);
    }

  private:
    ir::module& m;
    normal_forms& forms_;

    static constexpr rule moved_scalar_{"scalar.moved", "", "", rule_class::exact};
    static constexpr rule spread_scalar_{"scalar.spread", "", "", rule_class::exact};
    static constexpr rule lifted_{"movement.lifted", "", "", rule_class::exact};
    static constexpr rule kept_axes_{"reduction.kept_axes", "", "", rule_class::exact};
    static constexpr rule combine_{"nested.combined", "", "", rule_class::exact};
    static constexpr rule of_moved_{"reduction.of_moved", "", "", rule_class::reassociating};
    static constexpr rule factor_{"reduction.scalar_factor", "", "", rule_class::reassociating};

    // The scalar whose copies are the elements of node n, or nil.
    constexpr ir::index scalar_in(ir::index n) const {
        const ir::node& x = m.nodes.data[n];
        if (x.op->facts.kind != ir::op_kind::movement || x.op->facts.pads) { return ir::nil; }
        const ir::index a = m.args.data[x.first_arg];
        return m.type_of(a).rank == 0 ? a : ir::nil;
    }
    // Whether a rule applies to op(operands), and what it gives.
    constexpr bool fires(const ir::op_info& op, const ir::index* operands, int count, ir::index& result) {
        const int applied = m.applied.size;
        result = forms_.made(op, operands, count);
        return m.applied.size > applied;
    }
    // Node n without the movement, which is the first that is found; nil if n is moved otherwise, or nothing but moved.
    constexpr ir::index unmoved(ir::index n, ir::index& movement, int levels) {
        const ir::node x = m.nodes.data[n];
        if (m.types.data[x.type].rank == 0 || levels == 0) { return m.types.data[x.type].rank == 0 ? n : ir::nil; }
        const ir::op_info& op = *x.op;
        if (op.facts.kind == ir::op_kind::movement && !op.facts.pads) {
            const ir::index a = m.args.data[x.first_arg];
            if (m.nodes.data[a].op->facts.kind == ir::op_kind::leaf || (movement != ir::nil && !moves_alike(movement, n))) { return ir::nil; }
            movement = n;
            return a;
        }
        if (op.infer != &ops::infer_elementwise || x.arg_count > ops::max_fixed_arity) { return ir::nil; }
        ir::index operands[ops::max_fixed_arity] = {};
        for (int i = 0; i < x.arg_count; ++i) {
            operands[i] = unmoved(m.args.data[x.first_arg + i], movement, levels - 1);
            if (operands[i] == ir::nil) { return ir::nil; }
        }
        return forms_.made(op, operands, x.arg_count);
    }
    constexpr bool moves_alike(ir::index a, ir::index b) const {
        const ir::node& x = m.nodes.data[a];
        const ir::node& y = m.nodes.data[b];
        if (x.op->id != y.op->id || x.type != y.type || x.attribute_count != y.attribute_count) { return false; }
        if (m.nodes.data[m.args.data[x.first_arg]].type != m.nodes.data[m.args.data[y.first_arg]].type) { return false; }
        for (int i = 0; i < x.attribute_count; ++i) {
            if (m.attribute(a, i) != m.attribute(b, i)) { return false; }
        }
        return true;
    }
    // Node n with the reduction in it keeping its axes, if they are put back; n otherwise. Seen through factors and exponents.
    constexpr ir::index with_kept_axes(ir::index n, int levels) {
        const ir::node x = m.nodes.data[n];
        if (m.types.data[x.type].rank == 0) { return n; }
        if (x.op->facts.kind == ir::op_kind::movement) {
            const ir::index a = m.args.data[x.first_arg];
            const ir::node folded = m.nodes.data[a];
            // What others need as well is computed anyway.
            if (folded.op->facts.kind != ir::op_kind::reduction || folded.attribute_count != 2 || m.attribute(a, 1) != 0 || forms_.is_shared(a)) { return n; }
            const std::int64_t attributes[2] = {m.attribute(a, 0), 1};
            const ir::index operand = m.args.data[folded.first_arg];
            const ir::index kept = forms_.made(*folded.op, &operand, 1, attributes, 2);
            return m.nodes.data[kept].type == x.type ? kept : n;
        }
        if (levels <= 1 || (x.op->id != forms_.arithmetic().product->id && x.op->id != forms_.arithmetic().power->id) || x.arg_count > ops::max_fixed_arity) { return n; }
        ir::index operands[ops::max_fixed_arity] = {};
        bool keeps = false;
        for (int i = 0; i < x.arg_count; ++i) {
            operands[i] = with_kept_axes(m.args.data[x.first_arg + i], levels - 1);
            keeps = keeps || operands[i] != m.args.data[x.first_arg + i];
        }
        return keeps ? forms_.made(*x.op, operands, x.arg_count) : n;
    }
    // A linear reduction of a product: factors that are numbers go in front.
    constexpr bool scalars_out(ir::index n, ir::index& result) {
        const ir::op_info& op = *m.nodes.data[n].op;
        const ir::index operand = m.arg(n, 0);
        if (m.nodes.data[operand].op->id != forms_.arithmetic().product->id || m.type_of(operand).element != m.type_of(n).element || forms_.is_shared(operand)) { return false; }
        core::pool<ir::index> outside;
        core::pool<ir::index> inside;
        const int count = m.nodes.data[operand].arg_count;
        for (int i = 0; i < count; ++i) { (m.type_of(m.arg(operand, i)).rank == 0 ? outside : inside).push(m.arg(operand, i)); }
        if (outside.size == 0 || inside.size == 0) { return false; }
        forms_.begins(factor_.name, n);
        core::pool<std::int64_t> attributes;
        for (int i = 0; i < m.nodes.data[n].attribute_count; ++i) { attributes.push(m.attribute(n, i)); }
        const ir::index rest = inside.size == 1 ? inside.data[0] : forms_.made(*forms_.arithmetic().product, inside.data, inside.size);
        outside.push(forms_.made(op, &rest, 1, attributes.data, attributes.size));
        result = forms_.made(*forms_.arithmetic().product, outside.data, outside.size);
        forms_.ends(result);
        return true;
    }
};

} // namespace damo::rewrite
