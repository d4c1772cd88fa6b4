// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/cast.hpp>

namespace damo::ops {

// The element type the operands are converted to before an elementwise op. Literals are weak: they follow the arrays and scalars
// they meet, except that a fraction lifts integers to float64.
constexpr dtype common_element(ir::dtype_rule rule, const operand* args, int first, int count) {
    dtype strong = dtype::none;
    dtype weak = dtype::none;
    for (int i = first; i < count; ++i) {
        if (args[i].v.is_literal()) { weak = promote(weak, args[i].v.literal_kind()); }
        else { strong = promote(strong, args[i].v.element()); }
    }
    dtype t = strong;
    if (strong == dtype::none) { t = weak; }
    else if (weak != dtype::none && kind_of(weak) > kind_of(strong)) { t = weak; }
    if (rule == ir::dtype_rule::floating && !is_floating(t)) { t = dtype::float64; }
    return t;
}

constexpr value as_element(ir::module& m, value v, dtype t) {
    if (v.is_literal()) {
        const dtype from = v.literal_kind();
        if (from == t && t != dtype::float64) { return make_constant(m, t, v.literal_bits()); }
        if (is_integer(from) && is_integer(t)) {
            auto i = static_cast<std::int64_t>(v.literal_bits());
            if (t == dtype::int32) { i = static_cast<std::int32_t>(i); }
            return make_constant(m, t, static_cast<std::uint64_t>(i));
        }
        return make_constant(m, t, ir::bits_from(t, ir::as_double(from, v.literal_bits())));
    }
    return v.element() == t ? v : convert(v, t);
}

// An op on numbers only: computed now when the op can, exactly rounded or to less than 1 ULP.
constexpr value apply_to_literals(const ir::op_info& op, const operand* args, int count) {
    const dtype t = common_element(op.facts.types, args, op.facts.types == ir::dtype_rule::select ? 1 : 0, count);
    std::uint64_t bits[max_fixed_arity] = {};
    for (int i = 0; i < count; ++i) {
        const dtype from = args[i].v.literal_kind();
        const bool selects = i == 0 && op.facts.types == ir::dtype_rule::select;
        bits[i] = selects || from == t || (is_integer(from) && is_integer(t)) ? args[i].v.literal_bits()
                                                                             : ir::bits_from(t, ir::as_double(from, args[i].v.literal_bits()));
    }
    std::uint64_t result = 0;
    if (op.fold == nullptr || (op.facts.types == ir::dtype_rule::numeric && t == dtype::boolean) || !op.fold(t, bits, count, result)) {
        constexpr char text[] = "this operation has only numbers as arguments and cannot be computed before it meets a symbol: "
                                "compute it in double and pass the result";
        core::raise(text, sizeof text - 1);
    }
    return value::literal(op.facts.types == ir::dtype_rule::compare ? dtype::boolean : t, result);
}

constexpr value apply(const ir::op_info& op, const operand* args, int count, const std::int64_t* attributes = nullptr, int attribute_count = 0);

// v as a value of m: itself, or what it becomes there when both are graphs that the program shares.
constexpr value brought(ir::module& m, const value& v) {
    if (!v.has_owner() || &v.owner() == &m || v.is_poison()) { return v; }
    if (m.keeper != nullptr && v.owner().keeper != nullptr) { return {m, m.keeper->adopt(m, v.owner(), v.node())}; }
    m.fail() << "one call was given symbols of two graphs: bring one in as an argument of the function, or build both with one builder";
    return {m, ir::module::poison};
}

// The call with operands of two graphs that the program shares: those of one are taken over into the other.
constexpr value apply_across(ir::module& a, ir::module& b, const ir::op_info& op, const operand* args, int count, const std::int64_t* attributes,
                             int attribute_count) {
    ir::module& m = a.keeper->meeting(a, b);
    core::pool<operand> own(count);
    for (int i = 0; i < count; ++i) {
        const bool foreign = args[i].v.has_owner() && &args[i].v.owner() != &m && args[i].v.owner().keeper != nullptr && !args[i].v.is_poison();
        own.push(foreign ? operand({m, m.keeper->adopt(m, args[i].v.owner(), args[i].v.node())}, args[i].file, args[i].line) : args[i]);
    }
    return apply(op, own.data, count, attributes, attribute_count);
}

// Whether operands of one element type need no conversion, as most do.
constexpr bool takes(ir::dtype_rule rule, dtype element) {
    return rule == ir::dtype_rule::same || rule == ir::dtype_rule::compare || (rule == ir::dtype_rule::floating && is_floating(element)) ||
           (rule == ir::dtype_rule::numeric && element != dtype::boolean);
}

// Operand number `vacant` of a call is a value that nothing was assigned to; m is the graph of the others, if they have one.
constexpr value refuse_vacant(ir::module* m, const char* call, const operand* args, int vacant) {
    if (m == nullptr) { refuse_without_graph(args[0], call, given_an_empty_symbol); }
    m->here = {args[0].file, args[0].line};
    m->fail() << call << " requires symbols or numbers; argument " << vacant << " is an empty symbol: assign what input(...) or an operation gives to it first";
    return {*m, ir::module::poison};
}

// Records the call op(args...) in the graph of its arguments: converts element types, infers the type, merges with an equal node.
constexpr value apply(const ir::op_info& op, const operand* args, int count, const std::int64_t* attributes, int attribute_count) {
    dtype element = dtype::none;
    ir::index pair[2] = {};
    if (count <= 2 && value::alike(args[0].v, args[count - 1].v, element, pair) && takes(op.facts.types, element)) {
        ir::module& graph = args[0].v.owner();
        graph.here = {args[0].file, args[0].line};
        return {graph, emit(graph, op, pair, count, attributes, attribute_count)};
    }
    ir::module* m = nullptr;
    int vacant = 0;
    for (int i = 0; i < count; ++i) {
        if (args[i].v.has_owner()) {
            if (m == nullptr) { m = &args[i].v.owner(); }
            else if (m != &args[i].v.owner()) {
                if (m->keeper != nullptr && args[i].v.owner().keeper != nullptr) {
                    return apply_across(*m, args[i].v.owner(), op, args, count, attributes, attribute_count);
                }
                m->here = {args[i].file, args[i].line};
                m->fail() << op.name << " requires operands of one graph; argument " << (i + 1)
                          << " belongs to another: bring it in as an argument of the function, or build both with one builder";
                return {*m, ir::module::poison};
            }
            if (args[i].v.is_poison()) { return args[i].v; }
        } else if (args[i].v.is_empty()) { vacant = i + 1; }
    }
    if (vacant != 0) { return refuse_vacant(m, op.name, args, vacant); }
    if (m == nullptr) { return apply_to_literals(op, args, count); }
    m->here = {args[0].file, args[0].line};
    ir::index local[max_fixed_arity] = {};
    ir::index* nodes = count <= max_fixed_arity ? local : new ir::index[static_cast<unsigned>(count)]{};
    const ir::dtype_rule rule = op.facts.types;
    const int first = rule == ir::dtype_rule::select ? 1 : 0;
    const dtype t = rule == ir::dtype_rule::custom ? dtype::none : common_element(rule, args, first, count);
    if (rule == ir::dtype_rule::numeric && t == dtype::boolean) {
        m->fail() << op.name << " requires numbers, not bool: use x != y or !x, or cast to an integer type";
        return {*m, ir::module::poison};
    }
    for (int i = 0; i < count; ++i) {
        value v = args[i].v;
        if (rule == ir::dtype_rule::custom) {
            if (v.is_literal()) { v = as_element(*m, v, v.literal_kind()); }
        } else if (i < first || rule == ir::dtype_rule::logical) {
            if (v.is_literal()) { v = as_element(*m, v, v.literal_kind()); }
            if (v.element() != dtype::boolean) {
                auto& s = m->fail();
                s << op.name << " requires a bool as argument " << (i + 1) << ", not " << name_of(v.element()) << ": compare it, as in x != 0";
                v = {*m, ir::module::poison};
            }
        } else {
            v = as_element(*m, v, t);
        }
        nodes[i] = v.node();
    }
    const ir::index made = emit(*m, op, nodes, count, attributes, attribute_count);
    if (nodes != local) { delete[] nodes; }
    return {*m, made};
}

// Operands come by reference, and into an array only where they must: a constant evaluation pays for every copy.
constexpr value apply_to_two(const ir::op_info& op, const operand& a, const operand& b) {
    dtype element = dtype::none;
    ir::index pair[2] = {};
    if (value::alike(a.v, b.v, element, pair) && takes(op.facts.types, element)) {
        ir::module& graph = a.v.owner();
        graph.here = {a.file, a.line};
        return {graph, emit(graph, op, pair, 2)};
    }
    const operand args[2] = {a, b};
    return apply(op, args, 2);
}

template <class Op>
constexpr value apply(const operand& a) {
    return apply(info_of<Op>, &a, 1);
}
template <class Op>
constexpr value apply(const operand& a, const operand& b) {
    return apply_to_two(info_of<Op>, a, b);
}
template <class Op>
constexpr value apply(const operand& a, const operand& b, const operand& c) {
    const operand args[3] = {a, b, c};
    return apply(info_of<Op>, args, 3);
}

} // namespace damo::ops
