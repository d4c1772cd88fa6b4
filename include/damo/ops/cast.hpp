// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/emit.hpp>

namespace damo {
namespace ops {

// cast(x, dtype): the same numbers in another element type, shape kept. Floating to integer truncates towards zero, as in C++; a
// number outside the target's range gives an unspecified value. Derivative: the cotangent cast back, between floating types; none
// through integers and booleans. Exact when widening, else rounded to nearest.
struct cast_op : op_defaults {
    static constexpr const char* name = "cast";
    static constexpr ir::op_facts facts{.types = ir::dtype_rule::custom};
    static constexpr ir::index infer(const ir::call& c) {
        ir::tensor_type t = c.m.type_of(c.args[0]);
        t.element = static_cast<dtype>(c.attributes[0]);
        if (!is_computable(t.element)) {
            c.m.fail() << "cast to " << name_of(t.element) << " is not possible in this version: use bool, int32, int64, float32 or float64";
            return ir::nil;
        }
        return c.m.intern(t);
    }
    static constexpr bool valid(const ir::call& c) { return c.attribute_count == 1 && is_element_type(c.attributes[0]); }
    // The inner of two conversions goes when it loses nothing: to a wider type of its kind.
    static constexpr value combined(const value* x, int, const ir::module& m, ir::index node);
    static constexpr value partial(int, const value* x, value y) {
        const bool active = is_floating(x[0].element()) && is_floating(y.element());
        return make_constant(y.owner(), y.element(), ir::bits_from(y.element(), active ? 1 : 0));
    }
};

// x in another element type, whatever it is; every op may need this on an operand.
constexpr value convert(value x, dtype element) {
    const std::int64_t attributes[1] = {static_cast<std::int64_t>(element)};
    const ir::index node = x.node();
    return {x.owner(), emit(x.owner(), info_of<cast_op>, &node, 1, attributes, 1)};
}

constexpr value cast_op::combined(const value* x, int, const ir::module& m, ir::index node) {
    const ir::node& inner = m.nodes.data[x[0].node()];
    const dtype to = m.type_of(node).element;
    if (x[0].element() == to) { return x[0]; }
    if (inner.op->id != id_of<cast_op>) { return {}; }
    const value source{x[0].owner(), m.args.data[inner.first_arg]};
    const dtype from = source.element();
    const dtype between = x[0].element();
    if (promote(from, between) != between || (is_integer(from) && is_floating(between))) { return {}; }
    return from == to ? source : convert(source, to);
}

} // namespace ops

constexpr value cast(operand x, dtype element) {
    if (x.v.is_empty()) { ops::refuse_without_graph(x, "cast", ops::given_an_empty_symbol); }
    if (x.v.is_literal() || x.v.is_poison() || x.v.element() == element) { return x.v; }
    x.v.owner().here = {x.file, x.line};
    return ops::convert(x.v, element);
}

} // namespace damo
