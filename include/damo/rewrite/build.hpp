// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/all.hpp>
#include <damo/rewrite/matcher.hpp>

namespace damo::rewrite {

// A constant, or copies of one, as the number it is.
constexpr value as_number(const value& v) {
    if (v.is_literal() || v.is_poison()) { return v; }
    const ir::module& m = v.owner();
    const ir::node& x = m.nodes.data[v.node()];
    const bool copies = x.op->facts.kind == ir::op_kind::movement && !x.op->facts.pads;
    const ir::index n = copies ? m.args.data[x.first_arg] : v.node();
    return ops::is_constant(m, n) ? value::literal(m.type_of(n).element, m.nodes.data[n].bits) : v;
}

// Builds the right side of a rule in module m, which simplifies every node as it is made. As deep as the pattern. Numbers stay
// literals, so that they take the element type of what they meet; functions of numbers are numbers.
constexpr value build(ir::module& m, const rule_view& rules, int pattern, const binding& b, dtype t) {
    const pattern_node& p = rules.nodes[pattern];
    if (p.kind == pattern_kind::number) { return value::number(p.number); }
    if (p.kind == pattern_kind::variable) {
        const ir::index n = b.variables[p.variable];
        return matcher::names_number(p.variable) ? value::literal(m.type_of(n).element, m.nodes.data[n].bits) : value{m, n};
    }
    operand operands[ops::max_fixed_arity] = {value(), value(), value(), value(), value(), value(), value(), value()};
    bool known = true;
    // What the simplifier leaves to the program: a logarithm of a number that an op of the rule gave.
    const bool functional = p.count == 1 && p.op->facts.kind == ir::op_kind::elementwise && !p.op->facts.foldable && p.op->fold != nullptr;
    for (int i = 0; i < p.count; ++i) {
        operands[i].v = build(m, rules, rules.children[p.first + i], b, t);
        if (functional && rules.nodes[rules.children[p.first + i]].kind == pattern_kind::op) { operands[i].v = as_number(operands[i].v); }
        known = known && operands[i].v.is_literal();
    }
    if (known) {
        const dtype element = is_floating(t) ? t : ops::common_element(p.op->facts.types, operands, 0, p.count);
        std::uint64_t bits[ops::max_fixed_arity] = {};
        for (int i = 0; i < p.count; ++i) {
            bits[i] = ir::bits_from(element, ir::as_double(operands[i].v.literal_kind(), operands[i].v.literal_bits()));
            operands[i].v = ops::make_constant(m, element, bits[i]);
        }
        std::uint64_t result = 0;
        if (p.op->fold != nullptr && p.op->fold(element, bits, p.count, result)) { return value::literal(element, result); }
    }
    if (p.along) {
        const std::int64_t attributes[2] = {b.axes, b.keep != 0};
        return ops::apply(*p.op, operands, p.count, attributes, p.op->facts.kind == ir::op_kind::reduction ? 2 : 1);
    }
    return ops::apply(*p.op, operands, p.count);
}
constexpr value build(ir::module& m, const right_side& side, const binding& b, dtype t) {
    if (side.wrong) { m.fail() << "the right side of the rewrite rule \"" << side.source->name << "\" cannot be read"; }
    return build(m, side.view(), side.root, b, t);
}

} // namespace damo::rewrite
