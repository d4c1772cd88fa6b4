// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/broadcast.hpp>
#include <damo/ops/power.hpp>
#include <damo/rewrite/optimise.hpp>

namespace damo::plan {

// Turns a canonical graph into one of primitive ops with at most three operands: differences and quotients come back, powers become
// products and roots, sums and products become chains, composite ops their expansions.
class lowering : public ir::emitter {
  public:
    constexpr lowering(const ir::module& source, ir::module& into, const int* uses) : from(source), to(into), uses_(uses), regions_(source) {
        run = [](ir::emitter&, ir::module& m, const ir::op_info& op, const ir::index* args, int n, const std::int64_t* attributes, int count) {
            const ir::index plain = ops::emit_plain(m, op, args, n, attributes, count);
            if (op.expansion == nullptr || plain == ir::module::poison) { return plain; }
            value local[2];
            core::pool<value> many;
            if (n > 2) { many.grow_to(n); }
            value* const operands = n <= 2 ? local : many.data;
            for (int i = 0; i < n; ++i) { operands[i] = {m, args[i]}; }
            const ir::index expanded = ops::fit(m, op.expansion(operands, n, m, plain).node(), m.nodes.data[plain].type);
            return expanded;
        };
    }

    // Lowers everything the roots need; roots are replaced by their images.
    constexpr void lower(ir::index* roots, int root_count) {
        to.smart = this;
        image.assign(from.nodes.size);
        types_.assign(from.types.size);
        to.reserve(from.nodes.size * 3 / 2);
        for (ir::index n = 1; n < from.nodes.size; ++n) {
            const ir::node& x = from.nodes.data[n];
            if (uses_[n] == 0 && !(x.op->id == ops::input.id)) { continue; }
            image.data[n] = lowered(n);
        }
        for (int i = 0; i < root_count; ++i) { roots[i] = image.data[roots[i]]; }
        to.smart = nullptr;
    }
    // What node n of the source became; poison for what no root needs.
    constexpr ir::index image_of(ir::index n) const { return image.data[n]; }

  private:
    const ir::module& from;
    ir::module& to;
    const int* uses_;
    core::zeros<ir::index> image;
    core::zeros<ir::index> types_; // of `from`: the same type in `to` + 1
    core::pool<ir::index> args_;
    ir::region_images regions_;

    constexpr ir::index of(ir::index n) const { return image.data[n]; }
    constexpr bool is_constant(ir::index n) const { return from.nodes.data[n].op->id == ops::constant.id; }
    constexpr double number(ir::index n) const { return ir::as_double(from.type_of(n).element, from.nodes.data[n].bits); }
    constexpr ir::index constant(dtype t, std::uint64_t bits) { return ops::constant_node(to, t, bits); }
    constexpr ir::index constant(dtype t, double v) { return constant(t, ir::bits_from(t, v)); }
    // What is made here has operands of one element type and needs no expansion. (Nodes, not values: a constant evaluation pays for every copy.)
    template <class Op>
    constexpr ir::index pair(ir::index a, ir::index b) {
        const ir::index operands[2] = {a, b};
        return ops::emit_plain(to, ops::info_of<Op>, operands, 2);
    }
    constexpr ir::index negation(ir::index a) { return ops::emit_plain(to, ops::info_of<ops::neg_op>, &a, 1); }

    constexpr ir::index lowered(ir::index n) {
        const ir::node& x = from.nodes.data[n];
        const ir::op_info& op = *x.op;
        if (op.id == ir::parameter_id) { return regions_.parameter(from, x, to); }
        if (op.facts.kind == ir::op_kind::loop) { return regions_.node(from, x, to, image.data); }
        if (op.facts.kind == ir::op_kind::leaf) {
            return to.add(op, type_in(x.type), nullptr, 0, from.attributes.data + x.first_attribute, x.attribute_count, x.bits);
        }
        if (op.facts.collects == ir::collect_role::sum) { return fitted(sum(n), n); }
        if (op.facts.collects == ir::collect_role::product) { return fitted(product(n, false), n); }
        if (op.facts.collects == ir::collect_role::power) { return power(n); }
        args_.reserve(x.arg_count);
        for (int i = 0; i < x.arg_count; ++i) { args_.data[i] = image.data[from.args.data[x.first_arg + i]]; }
        const ir::index made = run(*this, to, op, args_.data, x.arg_count, from.attributes.data + x.first_attribute, x.attribute_count);
        if (op.facts.kind == ir::op_kind::projection) { // the body may have come down to that
            const ir::index sequence = ops::passed_through(to, made);
            if (sequence != ir::nil) { return sequence; }
        }
        return made;
    }
    // The type in `to` that is type t of the source.
    constexpr ir::index type_in(ir::index t) {
        ir::index& known = types_.data[t];
        if (known == 0) { known = to.intern(from.types.data[t]) + 1; }
        return known - 1;
    }
    // An operand of greater shape may have been dropped on the way: the type of the source node is kept.
    constexpr ir::index fitted(ir::index made, ir::index n) {
        const ir::index type = type_in(from.nodes.data[n].type);
        return to.nodes.data[made].type == type ? made : ops::fit(to, made, type);
    }

    // x1 + x2 - x3 ...: terms with a negative coefficient are subtracted, the constant comes last.
    constexpr ir::index sum(ir::index n) {
        const ir::node& x = from.nodes.data[n];
        ir::index positive = ir::nil;
        ir::index negative = ir::nil;
        ir::index last = ir::nil;
        for (int i = 0; i < x.arg_count; ++i) {
            const ir::index a = from.args.data[x.first_arg + i];
            if (is_constant(a)) { last = last == ir::nil ? of(a) : pair<ops::add_op>(last, of(a)); }
            else if (is_negated(a)) {
                const ir::index t = product(a, true);
                if (positive != ir::nil) { positive = pair<ops::sub_op>(positive, t); }
                else { negative = negative == ir::nil ? t : pair<ops::add_op>(negative, t); }
            } else {
                positive = positive == ir::nil ? of(a) : pair<ops::add_op>(positive, of(a));
            }
        }
        if (negative != ir::nil) {
            if (positive == ir::nil) { return last == ir::nil ? negation(negative) : pair<ops::sub_op>(last, negative); }
            positive = pair<ops::sub_op>(positive, negative);
        }
        if (last == ir::nil) { return positive; }
        if (positive == ir::nil) { return last; }
        const dtype t = to.type_of(last).element;
        const double c = ir::as_double(t, to.nodes.data[last].bits);
        return c < 0 && is_floating(t) ? pair<ops::sub_op>(positive, constant(t, -c)) : pair<ops::add_op>(positive, last);
    }
    constexpr bool is_negated(ir::index a) const {
        const ir::node& x = from.nodes.data[a];
        if (x.op->facts.collects != ir::collect_role::product || x.arg_count < 2 || uses_[a] > 1) { return false; }
        const ir::index first = from.args.data[x.first_arg];
        return is_constant(first) && number(first) < 0;
    }

    // c * x1 * x2 / (x3 ...): factors with a negative exponent are divided by, unless others need the reciprocal too.
    constexpr ir::index product(ir::index n, bool flip_sign) {
        const ir::node& x = from.nodes.data[n];
        const dtype t = from.types.data[x.type].element;
        double c = 1;
        std::uint64_t whole = 1; // in place of c for integers, which double cannot hold
        ir::index numerator = ir::nil;
        ir::index denominator = ir::nil;
        for (int i = 0; i < x.arg_count; ++i) {
            const ir::index a = from.args.data[x.first_arg + i];
            const ir::node& f = from.nodes.data[a];
            // A second floating constant stands where collecting would have left the numbers of the type: it stays a factor.
            if (f.op->id == ops::constant.id && (!is_floating(t) || c == 1)) {
                if (is_floating(t)) { c = number(a); }
                else { whole *= f.bits; }
                continue;
            }
            if (f.op->facts.collects == ir::collect_role::power && uses_[a] == 1) {
                const ir::index e = from.args.data[f.first_arg + 1];
                if (is_constant(e) && number(e) < 0 && is_floating(t)) {
                    const ir::index d = raised(of(from.args.data[f.first_arg]), -number(e));
                    denominator = denominator == ir::nil ? d : pair<ops::mul_op>(denominator, d);
                    continue;
                }
            }
            numerator = numerator == ir::nil ? of(a) : pair<ops::mul_op>(numerator, of(a));
        }
        if (!is_floating(t)) {
            whole = ir::wrapped(t, flip_sign ? 0 - whole : whole);
            if (numerator == ir::nil) { return constant(t, whole); }
            return whole == 1 ? numerator : pair<ops::mul_op>(constant(t, whole), numerator);
        }
        if (flip_sign) { c = -c; }
        if (numerator == ir::nil) { numerator = constant(t, c); }
        else if (c == -1) { numerator = negation(numerator); }
        else if (c != 1) { numerator = pair<ops::mul_op>(constant(t, c), numerator); }
        return denominator == ir::nil ? numerator : pair<ops::div_op>(numerator, denominator);
    }

    constexpr ir::index power(ir::index n) {
        const ir::node& x = from.nodes.data[n];
        const ir::index e = from.args.data[x.first_arg + 1];
        const ir::index base = of(from.args.data[x.first_arg]);
        if (!is_constant(e)) { return pow(value(to, base), value(to, of(e))).node(); }
        const double k = number(e);
        if (!(k < 0)) { return fitted(raised(base, k), n); }
        return fitted((1 / value(to, raised(base, -k))).node(), n);
    }
    // base^k for k >= 0: repeated squaring for whole and half exponents up to 64, else the function.
    constexpr ir::index raised(ir::index base, double k) {
        if (k == 0) { return constant(to.type_of(base).element, 1.0); }
        const double twice = 2 * k;
        if (!(twice <= 128) || twice != static_cast<double>(static_cast<int>(twice))) {
            const value x(to, base);
            return pow(x, value(to, constant(x.element(), k))).node();
        }
        int whole = static_cast<int>(k);
        ir::index result = ir::nil;
        if (k != whole) { result = sqrt(value(to, base)).node(); }
        ir::index square = base;
        while (whole > 0) {
            if (whole & 1) { result = result == ir::nil ? square : pair<ops::mul_op>(result, square); }
            whole >>= 1;
            if (whole > 0) { square = pair<ops::mul_op>(square, square); }
        }
        return result;
    }
};

} // namespace damo::plan
