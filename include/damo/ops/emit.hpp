// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <initializer_list>

#include <damo/ops/functor.hpp>
#include <damo/ops/leaf.hpp>

namespace damo::ops {

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

// Ends a call for which there is no graph that could record the sentence. Place: an operand of it.
inline void refuse_without_graph(const operand& place, const char* call, const char* why) {
    core::sentence s;
    if (place.file != nullptr) { s << place.file << ':' << place.line << ": "; }
    s << call << why;
    core::raise(s.data(), s.size());
}
inline constexpr const char* given_an_empty_symbol = " was given an empty symbol: assign what input(...) or an operation gives to it first";

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
    // Mostly all operands have one type, or are numbers.
    const ir::node* const nodes = c.m.nodes.data;
    const ir::index last = nodes[c.args[c.count - 1]].type;
    bool alike = true;
    for (int i = 0; i + 1 < c.count && alike; ++i) {
        const ir::index t = nodes[c.args[i]].type;
        alike = t == last || (c.m.types.data[t].rank == 0 && c.m.types.data[last].rank == 0);
    }
    if (alike) {
        if (c.op.facts.types != ir::dtype_rule::compare) { return last; }
        if (c.m.types.data[last].rank == 0) { return c.m.scalar_type(dtype::boolean); }
    }
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

// What op_info::valid asks of an op that states nothing of its own: attributes as the facts tell them, none otherwise.
constexpr bool valid_by_facts(const ir::call& c) {
    const ir::op_facts& f = c.op.facts;
    const std::int64_t* a = c.attributes;
    const int rank = c.count > 0 ? c.m.type_of(c.args[0]).rank : 0;
    if (f.kind == ir::op_kind::reduction) { return c.attribute_count == 2 && a[0] > 0 && a[0] >> rank == 0 && (a[1] == 0 || a[1] == 1); }
    if (f.axis_mask) { return c.attribute_count == 1 && a[0] >= 0 && a[0] >> rank == 0; }
    if (f.axis_number) { return c.attribute_count == 1 && a[0] >= 0 && a[0] < rank; }
    return c.attribute_count == 0 || (f.extent_period == 1 && c.attribute_count <= ir::max_rank);
}
constexpr bool is_element_type(std::int64_t attribute) {
    return attribute > 0 && attribute <= static_cast<std::int64_t>(dtype::complex128) && is_computable(static_cast<dtype>(attribute));
}

// --- making nodes ----------------------------------------------------------------------------------------------------------

inline constexpr int max_fixed_arity = 8;

// Adds a node for op to module m as it stands. Operands are nodes of m with final element types. The one place where nodes of ops
// are made.
constexpr ir::index emit_plain(ir::module& m, const ir::op_info& op, const ir::index* args, int count, const std::int64_t* attributes = nullptr,
                         int attribute_count = 0) {
    // Operands of one type have a result of that type; asking costs a call. Poison has no type.
    if (count > 0 && op.infer == &infer_elementwise && op.facts.types != ir::dtype_rule::compare) {
        const ir::node* const nodes = m.nodes.data;
        const ir::index type = nodes[args[0]].type;
        int alike = 1;
        while (alike < count && nodes[args[alike]].type == type) { ++alike; }
        if (alike == count) { return type != ir::nil ? m.add(op, type, args, count, attributes, attribute_count) : ir::module::poison; }
    }
    for (int i = 0; i < count; ++i) {
        if (args[i] == ir::module::poison) { return ir::module::poison; }
    }
    const ir::index type = op.infer({m, op, args, count, attributes, attribute_count});
    return type != ir::nil ? m.add(op, type, args, count, attributes, attribute_count) : ir::module::poison;
}

// Adds a node for op, simplified when the module asks for it.
constexpr ir::index emit(ir::module& m, const ir::op_info& op, const ir::index* args, int count, const std::int64_t* attributes = nullptr,
                         int attribute_count = 0) {
    if (m.smart) { return m.smart->run(*m.smart, m, op, args, count, attributes, attribute_count); }
    return emit_plain(m, op, args, count, attributes, attribute_count);
}

// --- from an op's type to its op_info ----------------------------------------------------------------------------------------

// The defaults of an op: what a header leaves out. An op's type states `name` and whatever differs: functions and members of the names
// that ir::op_info has. They are variables here, which such a function hides: so no compiler has to ask of each op what it states.
struct op_defaults {
    static constexpr ir::op_facts facts{};
    static constexpr auto infer = &infer_elementwise;
    static constexpr auto valid = &valid_by_facts;
    static constexpr decltype(ir::op_info::canonical) canonical = nullptr;
    static constexpr decltype(ir::op_info::expansion) expansion = nullptr;
    static constexpr decltype(ir::op_info::partial) partial = nullptr;
    static constexpr decltype(ir::op_info::transpose) transpose = nullptr;
    static constexpr decltype(ir::op_info::tangent) tangent = nullptr;
    static constexpr decltype(ir::op_info::fold) fold = nullptr;
    static constexpr decltype(ir::op_info::combined) combined = nullptr;
    static constexpr decltype(nullptr) rules = nullptr; // an array of rule
};

constexpr int count_of(decltype(nullptr)) { return 0; }
template <int N>
constexpr int count_of(const rule (&)[N]) {
    return N;
}

// What is printed of an op's name: the end, without its qualification.
constexpr const char* last_part(const char* name) {
    const char* last = name;
    for (const char* c = name; *c; ++c) {
        if (*c == '.') { last = c + 1; }
    }
    return last;
}

template <class Op>
inline constexpr const char* c_spelling_of = nullptr;
template <class Op>
    requires requires { Op::functor::c_spelling; }
inline constexpr const char* c_spelling_of<Op> = Op::functor::c_spelling;
template <class Op>
inline constexpr const char* c_spelling_of_integers = c_spelling_of<Op>;
template <class Op>
    requires requires { Op::functor::c_spelling_of_integers; }
inline constexpr const char* c_spelling_of_integers<Op> = Op::functor::c_spelling_of_integers;

template <class Op>
inline constexpr ir::op_info info_of{
    .id = core::hash_name(Op::name),
    .name = last_part(Op::name),
    .qualified = Op::name,
    .facts = Op::facts,
    .infer = Op::infer,
    .valid = Op::valid,
    .canonical = Op::canonical,
    .expansion = Op::expansion,
    .partial = Op::partial,
    .transpose = Op::transpose,
    .tangent = Op::tangent,
    .fold = Op::fold,
    .combined = Op::combined,
    .rules = Op::rules,
    .rule_count = count_of(Op::rules),
    .c_spelling = c_spelling_of<Op>,
    .c_spelling_of_integers = c_spelling_of_integers<Op>,
};

// The node of Op with these operands and attributes, as they are: for source that programs write (graph/to_cpp.hpp).
template <class Op>
constexpr value made(std::initializer_list<value> operands, std::initializer_list<std::int64_t> attributes) {
    ir::module& m = operands.begin()->owner();
    core::pool<ir::index> nodes(static_cast<int>(operands.size()));
    for (const value& v : operands) { nodes.push(v.node()); }
    return {m, emit(m, info_of<Op>, nodes.data, nodes.size, attributes.begin(), static_cast<int>(attributes.size()))};
}

template <class Op>
inline constexpr std::uint32_t id_of = core::hash_name(Op::name);

} // namespace damo::ops
