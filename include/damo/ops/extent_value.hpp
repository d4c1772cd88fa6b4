// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/axes.hpp>

namespace damo {
namespace ops {

// An extent as a number of the graph: attributes are the extent and the element type of the result, a scalar. Known extents become
// constants instead. Inactive.
struct extent_value_op : op_defaults {
    static constexpr const char* name = "extent_value";
    static constexpr ir::op_facts facts{
        .kind = ir::op_kind::leaf, .arity = 0, .types = ir::dtype_rule::custom, .inactive = true, .extent_period = 2, .extent_mask = 1};
    static constexpr ir::index infer(const ir::call& c) {
        ir::tensor_type t;
        t.element = static_cast<dtype>(c.attributes[1]);
        return c.m.intern(t);
    }
    static constexpr bool valid(const ir::call& c) { return c.attribute_count == 2 && is_element_type(c.attributes[1]); }
};

constexpr value extent_value(ir::module& m, ir::extent e, dtype t) {
    if (ir::is_known(e)) { return make_constant(m, t, is_floating(t) ? ir::bits_from(t, static_cast<double>(e)) : static_cast<std::uint64_t>(e)); }
    const std::int64_t attributes[2] = {e, static_cast<std::int64_t>(t)};
    return {m, emit(m, info_of<extent_value_op>, nullptr, 0, attributes, 2)};
}

} // namespace ops

// The number of elements of x, or its extent along one axis, as an int64 scalar of the graph.
constexpr value size(operand x) {
    if (x.v.is_empty()) { return ops::refuse_vacant(nullptr, "size", &x, 1); }
    if (ops::settled(x)) { return x.v.has_owner() ? x.v : value::number(1); }
    ir::module& m = x.v.owner();
    const ir::tensor_type t = x.v.type();
    return ops::extent_value(m, m.count_of(t), dtype::int64);
}
constexpr value size(operand x, int axis) {
    if (ops::settled(x)) { return ops::settle(ops::info_of<ops::extent_value_op>, x, "size"); }
    ir::module& m = x.v.owner();
    m.here = {x.file, x.line};
    const ir::tensor_type t = x.v.type();
    const int k = ops::normal_axis(m, "size", t, axis, t.rank);
    return k < 0 ? value{m, ir::module::poison} : ops::extent_value(m, t.extents[k], dtype::int64);
}

} // namespace damo
