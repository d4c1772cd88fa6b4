// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/functor.hpp>
#include <damo/ops/leaf.hpp>

namespace damo::ops {

// Conversion to the element type of attribute 0. Defined in cast.hpp; declared here because every op may need it on an operand.
constexpr value convert(value x, dtype element);

// --- type rules ------------------------------------------------------------------------------------------------------------

constexpr void write_call(core::sentence& out, const ir::call& c) {
    out << c.op.name << '(';
    for (int i = 0; i < c.count; ++i) {
        if (i) { out << ", "; }
        if (i == 4 && c.count > 5) {
            out << "...";
            break;
        }
        c.m.print_type(out, c.m.type_of(c.args[i]));
    }
    out << ')';
}

// NumPy broadcasting of shapes, except that an axis broadcasts only if its extent is known to be 1.
constexpr bool broadcast_shapes(ir::module& m, ir::tensor_type& into, const ir::tensor_type& t) {
    const int rank = into.rank > t.rank ? into.rank : t.rank;
    ir::tensor_type out = into;
    out.rank = static_cast<std::int8_t>(rank);
    for (int k = 1; k <= rank; ++k) {
        const ir::extent a = k <= into.rank ? into.extents[into.rank - k] : 1;
        const ir::extent b = k <= t.rank ? t.extents[t.rank - k] : 1;
        ir::extent e = a;
        if (a == 1) { e = b; }
        else if (b != 1 && a != b && !m.unify(a, b, e)) { return false; }
        out.extents[rank - k] = e;
    }
    into = out;
    return true;
}

constexpr ir::index infer_elementwise(const ir::call& c) {
    ir::tensor_type t = c.m.type_of(c.args[0]);
    for (int i = 1; i < c.count; ++i) {
        const ir::tensor_type& u = c.m.type_of(c.args[i]);
        if (u.rank != 0 && !same_shape(t, u) && !broadcast_shapes(c.m, t, u)) {
            auto& s = c.m.fail();
            write_call(s, c);
            s << " requires shapes that broadcast together; argument " << (i + 1)
              << " does not fit those before it: reshape, transpose or expand_dims one of them";
            return ir::nil;
        }
        t.element = u.element;
    }
    if (c.op.facts.types == ir::dtype_rule::compare) { t.element = dtype::boolean; }
    return c.m.intern(t);
}

// --- making nodes ----------------------------------------------------------------------------------------------------------

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

inline constexpr int max_fixed_arity = 8;

// Adds a node for op to module m as it stands. Operands are nodes of m with final element types. The one place where nodes of ops
// are made.
constexpr ir::index emit_plain(ir::module& m, const ir::op_info& op, const ir::index* args, int count, const std::int64_t* attributes = nullptr,
                         int attribute_count = 0) {
    for (int i = 0; i < count; ++i) {
        if (args[i] == ir::module::poison) { return ir::module::poison; }
    }
    const ir::index type = op.infer({m, op, args, count, attributes, attribute_count});
    if (type == ir::nil) { return ir::module::poison; }
    return m.add(op, type, args, count, attributes, attribute_count);
}

// Adds a node for op, simplified when the module asks for it.
constexpr ir::index emit(ir::module& m, const ir::op_info& op, const ir::index* args, int count, const std::int64_t* attributes = nullptr,
                         int attribute_count = 0) {
    if (m.smart) { return m.smart->run(*m.smart, m, op, args, count, attributes, attribute_count); }
    return emit_plain(m, op, args, count, attributes, attribute_count);
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
    if (op.fold == nullptr || !op.fold(t, bits, count, result)) {
        constexpr char text[] = "this operation has only numbers as arguments and cannot be computed before it meets a symbol: "
                                "compute it in double and pass the result";
        core::raise(text, sizeof text - 1);
    }
    return value::literal(op.facts.types == ir::dtype_rule::compare ? dtype::boolean : t, result);
}

// Records the call op(args...) in the graph of its arguments: converts element types, infers the type, merges with an equal node.
constexpr value apply(const ir::op_info& op, const operand* args, int count, const std::int64_t* attributes = nullptr,
                      int attribute_count = 0) {
    ir::module* m = nullptr;
    for (int i = 0; i < count; ++i) {
        if (args[i].v.has_owner()) {
            if (m == nullptr) { m = &args[i].v.owner(); }
            if (args[i].v.is_poison()) { return args[i].v; }
        }
    }
    if (m == nullptr) { return apply_to_literals(op, args, count); }
    m->here = {args[0].file, args[0].line};
    ir::index local[max_fixed_arity] = {};
    ir::index* nodes = count <= max_fixed_arity ? local : new ir::index[static_cast<unsigned>(count)]{};
    const ir::dtype_rule rule = op.facts.types;
    const int first = rule == ir::dtype_rule::select ? 1 : 0;
    const dtype t = rule == ir::dtype_rule::custom ? dtype::none : common_element(rule, args, first, count);
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

// --- from an op's type to its op_info ----------------------------------------------------------------------------------------

// The defaults of an op: what a header leaves out. An op's type states `name` and whatever differs.
struct op_defaults {
    static constexpr ir::op_facts facts{};
};

template <class Op>
constexpr ir::op_info make_info() {
    ir::op_info o;
    o.id = core::hash_name(Op::name);
    o.name = Op::name;
    for (const char* c = Op::name; *c; ++c) {
        if (*c == '.') { o.name = c + 1; } // printed without its qualification
    }
    o.facts = Op::facts;
    if constexpr (requires { &Op::infer; }) { o.infer = &Op::infer; }
    else { o.infer = &infer_elementwise; }
    if constexpr (requires { &Op::canonical; }) { o.canonical = &Op::canonical; }
    if constexpr (requires { &Op::expansion; }) { o.expansion = &Op::expansion; }
    if constexpr (requires { &Op::partial; }) { o.partial = &Op::partial; }
    if constexpr (requires { &Op::transpose; }) { o.transpose = &Op::transpose; }
    if constexpr (requires { &Op::tangent; }) { o.tangent = &Op::tangent; }
    if constexpr (requires { &Op::fold; }) { o.fold = &Op::fold; }
    if constexpr (requires { Op::rules[0]; }) {
        o.rules = &Op::rules[0];
        o.rule_count = static_cast<int>(sizeof(Op::rules) / sizeof(Op::rules[0]));
    }
    return o;
}

template <class Op>
inline constexpr ir::op_info info_of = make_info<Op>();

template <class Op>
inline constexpr std::uint32_t id_of = core::hash_name(Op::name);

template <class Op>
constexpr value apply(operand a) {
    return apply(info_of<Op>, &a, 1);
}
template <class Op>
constexpr value apply(operand a, operand b) {
    const operand args[2] = {a, b};
    return apply(info_of<Op>, args, 2);
}
template <class Op>
constexpr value apply(operand a, operand b, operand c) {
    const operand args[3] = {a, b, c};
    return apply(info_of<Op>, args, 3);
}

} // namespace damo::ops
