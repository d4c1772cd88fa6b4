// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/plan/axis_map.hpp>

namespace damo::plan {

namespace detail::products {

// alpha A B + beta C, as the libraries compute it: operands A, B, then C if there is one, then the numbers of the coefficients.
// Attributes: 0 without C, 1 with it, 2 where C is of no other use; then for alpha and for beta: the bits of a constant factor, which
// operand multiplies and which divides (or -1), and an extent that divides.
inline constexpr ir::op_info scaled_product{
    .id = core::hash_name("damo.scaled_product"),
    .name = "scaled product",
    .facts = {.kind = ir::op_kind::contraction, .arity = -1, .types = ir::dtype_rule::custom}};

inline constexpr int attributes_of_coefficient = 4;

} // namespace detail::products

// Lets products take over what follows them where the library does it in the same call: factors, and sums with an array that nothing else
// is fused with. Changes nodes where they stand.
class product_absorption {
  public:
    constexpr product_absorption(ir::module& graph, const ir::index* outputs, int output_count) : m(graph) {
        bool any = false;
        for (ir::index n = 1; n < m.nodes.size && !any; ++n) { any = is_product(n); }
        if (!any) { return; }
        const shapes shape(m);
        shape_ = &shape;
        uses_.grow_to(m.nodes.size);
        fused_.grow_to(m.nodes.size);
        for (int o = 0; o < output_count; ++o) { ++uses_.data[outputs[o]]; }
        for (ir::index n = m.nodes.size - 1; n > 0; --n) {
            const ir::node& x = m.nodes.data[n];
            const bool fuses = x.op->facts.kind == ir::op_kind::elementwise || x.op->facts.kind == ir::op_kind::reduction;
            for (int k = 0; k < x.arg_count && uses_.data[n] > 0; ++k) {
                ++uses_.data[m.arg(n, k)];
                fused_.data[m.arg(n, k)] = fused_.data[m.arg(n, k)] || fuses;
            }
        }
        for (ir::index n = m.nodes.size - 1; n > 0; --n) {
            if (uses_.data[n] > 0 && is_floating(m.type_of(n).element) && m.type_of(n).rank > 0) { absorb(n); }
        }
    }

  private:
    ir::module& m;
    const shapes* shape_ = nullptr;
    core::pool<int> uses_;
    core::pool<bool> fused_; // something elementwise or a reduction reads it

    struct coefficient {
        double factor = 1;
        ir::index times = 0;
        ir::index over = 0;
        ir::extent over_extent = 1;
    };

    constexpr bool is_product(ir::index n) const { return m.nodes.data[n].op->id == ops::id_of<ops::matmul_op>; }
    template <class Op>
    constexpr bool is(ir::index n) const {
        return m.nodes.data[n].op->id == ops::id_of<Op>;
    }
    constexpr bool one_type(ir::index a, ir::index b) const {
        bool same = m.type_of(a).element == m.type_of(b).element && m.type_of(a).rank == m.type_of(b).rank;
        for (int k = 0; k < m.type_of(a).rank && same; ++k) { same = shape_->extent(a, k) == shape_->extent(b, k); }
        return same;
    }

    // Takes the number n into the coefficient.
    constexpr bool multiply(coefficient& c, ir::index n) const {
        if (ops::is_constant(m, n)) {
            c.factor *= ir::as_double(m.type_of(n).element, m.nodes.data[n].bits);
            return true;
        }
        if (c.times != 0 || is<ops::extent_value_op>(n)) { return false; }
        c.times = n;
        return true;
    }
    constexpr bool divide(coefficient& c, ir::index n) const {
        if (ops::is_constant(m, n)) {
            c.factor /= ir::as_double(m.type_of(n).element, m.nodes.data[n].bits);
            return true;
        }
        if (is<ops::extent_value_op>(n)) {
            if (c.over_extent != 1) { return false; }
            c.over_extent = m.attribute(n, 0);
            return true;
        }
        if (c.over != 0) { return false; }
        c.over = n;
        return true;
    }
    // n as a coefficient times something of its type; 0 if a factor does not fit. What is passed on the way has no other use.
    constexpr ir::index below_factors(ir::index n, coefficient& c) const {
        for (bool first = true;; first = false) {
            if (!first && uses_.data[n] > 1) { return n; }
            ir::index next = 0;
            if (is<ops::neg_op>(n)) {
                next = m.arg(n, 0);
                c.factor = -c.factor;
            } else if (is<ops::mul_op>(n)) {
                const int number = m.type_of(m.arg(n, 0)).rank == 0 ? 0 : 1;
                if (m.type_of(m.arg(n, number)).rank != 0) { return n; }
                next = m.arg(n, 1 - number);
                if (!one_type(next, n) || !multiply(c, m.arg(n, number))) { return n; }
            } else if (is<ops::div_op>(n)) {
                next = m.arg(n, 0);
                if (m.type_of(m.arg(n, 1)).rank != 0 || !one_type(next, n) || !divide(c, m.arg(n, 1))) { return n; }
            } else { return n; }
            n = next;
        }
    }
    // A product behind factors that nothing else reads, or 0.
    constexpr ir::index product_below(ir::index n, coefficient& c) const {
        if (uses_.data[n] > 1) { return 0; }
        const ir::index p = below_factors(n, c);
        return is_product(p) && uses_.data[p] == 1 ? p : 0;
    }

    constexpr void absorb(ir::index n) {
        coefficient alpha;
        coefficient beta;
        if (is<ops::mul_op>(n) || is<ops::div_op>(n) || is<ops::neg_op>(n)) {
            const ir::index p = below_factors(n, alpha);
            if (p != n && is_product(p) && uses_.data[p] == 1) { replace(n, p, alpha, 0, beta); }
            return;
        }
        const bool subtracts = is<ops::sub_op>(n);
        if ((!subtracts && !is<ops::add_op>(n)) || fused_.data[n]) { return; }
        for (int side = 1; side >= 0; --side) {
            alpha = beta = {};
            const ir::index p = product_below(m.arg(n, side), alpha);
            ir::index other = m.arg(n, 1 - side);
            if (p == 0 || !one_type(p, n) || !one_type(other, n) || other == m.arg(n, side)) { continue; }
            // Factors of the other operand only where they save a walk over it: nothing else computes it in this step.
            coefficient c;
            const ir::index bare = uses_.data[other] == 1 ? below_factors(other, c) : other;
            const ir::op_kind kind = m.nodes.data[bare].op->facts.kind;
            if (bare != other && (kind == ir::op_kind::leaf || kind == ir::op_kind::projection)) {
                other = bare;
                beta = c;
            }
            if (subtracts) { (side == 1 ? alpha : beta).factor *= -1; }
            replace(n, p, alpha, other, beta);
            return;
        }
    }
    constexpr void replace(ir::index n, ir::index p, const coefficient& alpha, ir::index added, const coefficient& beta) {
        core::pool<ir::index> args;
        core::pool<std::int64_t> attributes;
        args.push(m.arg(p, 0));
        args.push(m.arg(p, 1));
        const ir::op_kind kind = added == 0 ? ir::op_kind::leaf : m.nodes.data[added].op->facts.kind;
        const bool computed = kind == ir::op_kind::elementwise || kind == ir::op_kind::reduction || kind == ir::op_kind::contraction;
        attributes.push(added == 0 ? 0 : computed && uses_.data[added] == 1 ? 2 : 1);
        if (added != 0) { args.push(added); }
        const auto write = [&](const coefficient& c) {
            const auto operand_number = [&](ir::index a) { return a == 0 ? -1 : args.push(a); };
            attributes.push(static_cast<std::int64_t>(ir::to_bits(c.factor)));
            attributes.push(operand_number(c.times));
            attributes.push(operand_number(c.over));
            attributes.push(c.over_extent);
        };
        write(alpha);
        write(beta);
        // The node reads its new operands: they are older than it, as the old ones were.
        ir::node& x = m.nodes.data[n];
        x.op = &detail::products::scaled_product;
        x.first_arg = m.args.size;
        x.arg_count = args.size;
        for (int k = 0; k < args.size; ++k) { m.args.push(args.data[k]); }
        x.first_attribute = m.attributes.size;
        x.attribute_count = attributes.size;
        for (int k = 0; k < attributes.size; ++k) { m.attributes.push(attributes.data[k]); }
        uses_.data[p] = 0; // gone, so that it is not looked at again
    }
};

} // namespace damo::plan
