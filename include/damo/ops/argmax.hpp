// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/broadcast.hpp>

namespace damo {
namespace ops {

// argmax(x, axis, keepdims), argmin(x, axis, keepdims): the int64 position of the first largest or smallest element along one axis, of
// the elements in row-major order when no axis is named; the first NaN counts as both. An axis known to be empty is refused; one found
// empty by a call gives 0. Attributes as sum's, with one bit set in the mask. No derivative.
struct position_defaults : op_defaults {
    static constexpr ir::op_facts facts{.kind = ir::op_kind::reduction, .types = ir::dtype_rule::custom, .inactive = true};
    static constexpr ir::index infer(const ir::call& c) {
        const ir::tensor_type x = c.m.type_of(c.args[0]);
        ir::tensor_type t = folded(x, c.attributes[0], c.attributes[1] != 0);
        t.element = dtype::int64;
        return has_elements(c, "point at") ? c.m.intern(t) : ir::nil;
    }
    static constexpr bool valid(const ir::call& c) { return valid_by_facts(c) && (c.attributes[0] & (c.attributes[0] - 1)) == 0; }
};
struct argmax_op : position_defaults {
    static constexpr const char* name = "argmax";
};
struct argmin_op : position_defaults {
    static constexpr const char* name = "argmin";
};

constexpr value position(const ir::op_info& op, operand x, const axes& over, keep_dims keep) {
    if (settled(x)) { return settle(op, x); }
    ir::module& m = x.v.owner();
    m.here = {x.file, x.line};
    const ir::tensor_type t = x.v.type();
    if (over.count == axes::all && t.rank != 1) {
        const value flat = ravel(x);
        const value found = reduce_mask(op, flat, 1, false);
        return keep == keep_dims::no || found.is_poison() ? found : reshaped(found, folded(t, (std::int64_t{1} << t.rank) - 1, true));
    }
    const std::int64_t mask = axis_mask(m, op.name, t, over, t.rank);
    if (mask < 0) { return {m, ir::module::poison}; }
    if (mask == 0 || (mask & (mask - 1))) {
        auto& s = m.fail();
        s << op.name << '(';
        m.print_type(s, t);
        s << ") works on one axis or, with none named, on all elements: name one axis";
        return {m, ir::module::poison};
    }
    return reduce_mask(op, x.v, mask, keep == keep_dims::yes);
}

} // namespace ops

constexpr value argmax(operand x, const axes& over = {}, keep_dims keep = keep_dims::no) {
    return ops::position(ops::info_of<ops::argmax_op>, x, over, keep);
}
constexpr value argmin(operand x, const axes& over = {}, keep_dims keep = keep_dims::no) {
    return ops::position(ops::info_of<ops::argmin_op>, x, over, keep);
}

} // namespace damo
