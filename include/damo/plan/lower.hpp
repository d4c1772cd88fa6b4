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
            image.data[n] = lowered(n).node();
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

    constexpr value of(ir::index n) { return {to, image.data[n]}; }
    constexpr bool is_constant(ir::index n) const { return from.nodes.data[n].op->id == ops::constant.id; }
    constexpr double number(ir::index n) const { return ir::as_double(from.type_of(n).element, from.nodes.data[n].bits); }
    constexpr value constant(dtype t, double v) { return ops::make_constant(to, t, ir::bits_from(t, v)); }

    constexpr value lowered(ir::index n) {
        const ir::node& x = from.nodes.data[n];
        const ir::op_info& op = *x.op;
        if (op.id == ir::parameter_id) { return {to, regions_.parameter(from, x, to)}; }
        if (op.facts.kind == ir::op_kind::loop) { return {to, regions_.node(from, x, to, image.data)}; }
        if (op.facts.kind == ir::op_kind::leaf) {
            return {to, to.add(op, to.intern(from.types.data[x.type]), nullptr, 0, from.attributes.data + x.first_attribute, x.attribute_count, x.bits)};
        }
        if (op.facts.collects == ir::collect_role::sum) { return fitted(sum(n), n); }
        if (op.facts.collects == ir::collect_role::product) { return fitted(product(n, false), n); }
        if (op.facts.collects == ir::collect_role::power) { return power(n); }
        args_.reserve(x.arg_count);
        for (int i = 0; i < x.arg_count; ++i) { args_.data[i] = image.data[from.args.data[x.first_arg + i]]; }
        const ir::index made = ops::emit(to, op, args_.data, x.arg_count, from.attributes.data + x.first_attribute, x.attribute_count);
        if (op.facts.kind == ir::op_kind::projection) { // the body may have come down to that
            const ir::index sequence = ops::passed_through(to, made);
            if (sequence != ir::nil) { return {to, sequence}; }
        }
        return {to, made};
    }
    // An operand of greater shape may have been dropped on the way: the type of the source node is kept.
    constexpr value fitted(value v, ir::index n) {
        ir::index& type = types_.data[from.nodes.data[n].type];
        if (type == 0) { type = to.intern(from.type_of(n)) + 1; }
        return {to, ops::fit(to, v.node(), type - 1)};
    }

    // x1 + x2 - x3 ...: terms with a negative coefficient are subtracted, the constant comes last.
    constexpr value sum(ir::index n) {
        const ir::node& x = from.nodes.data[n];
        value positive;
        value negative;
        value last;
        for (int i = 0; i < x.arg_count; ++i) {
            const ir::index a = from.args.data[x.first_arg + i];
            if (is_constant(a)) {
                last = last.is_empty() ? of(a) : last + of(a);
                continue;
            }
            if (is_negated(a)) {
                const value t = product(a, true);
                if (positive.is_empty()) { negative = negative.is_empty() ? t : negative + t; }
                else { positive = positive - t; }
            } else {
                positive = positive.is_empty() ? of(a) : positive + of(a);
            }
        }
        if (!negative.is_empty()) {
            if (positive.is_empty()) { return last.is_empty() ? -negative : last - negative; }
            positive = positive - negative;
        }
        if (last.is_empty()) { return positive; }
        if (positive.is_empty()) { return last; }
        const double c = ir::as_double(last.element(), to.nodes.data[last.node()].bits);
        return c < 0 && is_floating(last.element()) ? positive - constant(last.element(), -c) : positive + last;
    }
    constexpr bool is_negated(ir::index a) const {
        const ir::node& x = from.nodes.data[a];
        if (x.op->facts.collects != ir::collect_role::product || x.arg_count < 2 || uses_[a] > 1) { return false; }
        const ir::index first = from.args.data[x.first_arg];
        return is_constant(first) && number(first) < 0;
    }

    // c * x1 * x2 / (x3 ...): factors with a negative exponent are divided by, unless others need the reciprocal too.
    constexpr value product(ir::index n, bool flip_sign) {
        const ir::node& x = from.nodes.data[n];
        const dtype t = from.types.data[x.type].element;
        double c = 1;
        std::uint64_t whole = 1; // in place of c for integers, which double cannot hold
        value numerator;
        value denominator;
        for (int i = 0; i < x.arg_count; ++i) {
            const ir::index a = from.args.data[x.first_arg + i];
            // A second floating constant stands where collecting would have left the numbers of the type: it stays a factor.
            if (is_constant(a) && (!is_floating(t) || c == 1)) {
                if (is_floating(t)) { c = number(a); }
                else { whole *= from.nodes.data[a].bits; }
                continue;
            }
            const ir::node& f = from.nodes.data[a];
            if (f.op->facts.collects == ir::collect_role::power && uses_[a] == 1) {
                const ir::index e = from.args.data[f.first_arg + 1];
                if (is_constant(e) && number(e) < 0 && is_floating(t)) {
                    const value d = raised(of(from.args.data[f.first_arg]), -number(e));
                    denominator = denominator.is_empty() ? d : denominator * d;
                    continue;
                }
            }
            numerator = numerator.is_empty() ? of(a) : numerator * of(a);
        }
        if (!is_floating(t)) {
            whole = ir::wrapped(t, flip_sign ? 0 - whole : whole);
            if (numerator.is_empty()) { return ops::make_constant(to, t, whole); }
            return whole == 1 ? numerator : ops::make_constant(to, t, whole) * numerator;
        }
        if (flip_sign) { c = -c; }
        if (numerator.is_empty()) { numerator = constant(t, c); }
        else if (c == -1) { numerator = -numerator; }
        else if (c != 1) { numerator = constant(t, c) * numerator; }
        return denominator.is_empty() ? numerator : numerator / denominator;
    }

    constexpr value power(ir::index n) {
        const ir::node& x = from.nodes.data[n];
        const ir::index e = from.args.data[x.first_arg + 1];
        const value base = of(from.args.data[x.first_arg]);
        if (!is_constant(e)) { return pow(base, of(e)); }
        const double k = number(e);
        return k < 0 ? fitted(1 / raised(base, -k), n) : fitted(raised(base, k), n);
    }
    // base^k for k > 0: repeated squaring for whole and half exponents up to 64, else the function.
    constexpr value raised(value base, double k) {
        const double twice = 2 * k;
        if (!(twice <= 128) || twice != static_cast<double>(static_cast<int>(twice))) { return pow(base, constant(base.element(), k)); }
        int whole = static_cast<int>(k);
        value result;
        if (k != whole) { result = sqrt(base); }
        value square = base;
        while (whole > 0) {
            if (whole & 1) { result = result.is_empty() ? square : result * square; }
            whole >>= 1;
            if (whole > 0) { square = square * square; }
        }
        return result;
    }
};

} // namespace damo::plan
