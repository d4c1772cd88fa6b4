// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/broadcast.hpp>
#include <damo/ops/extent_value.hpp>
#include <damo/ops/power.hpp>

namespace damo {
namespace ops {

// mean(x, axes, keepdims): sum over the named axes, divided by the number of elements in them. An axis known to be empty is refused; one
// found empty by a call gives NaN. Integers become float64. Attributes as sum's. Linear; the cotangent is divided by that number and
// broadcast to the shape of x.
struct mean_op : op_defaults {
    static constexpr const char* name = "mean";
    static constexpr ir::op_facts facts{.kind = ir::op_kind::reduction, .multilinear = true};
    static constexpr ir::index infer(const ir::call& c) { return has_elements(c, "average") ? infer_reduction(c) : ir::nil; }
    // How many elements of x go into one of the result.
    static constexpr value count(value x, std::int64_t mask) {
        ir::module& m = x.owner();
        const ir::tensor_type t = x.type();
        ir::extent n = 1;
        for (int k = 0; k < t.rank; ++k) {
            if (mask >> k & 1) { n = m.extent_of(ir::extent_kind::product, n, t.extents[k]); }
        }
        return extent_value(m, n, t.element);
    }
    static constexpr value expansion(const value* x, int, const ir::module& m, ir::index node) {
        const std::int64_t mask = m.attribute(node, 0);
        return reduce_mask(info_of<sum_op>, x[0], mask, m.attribute(node, 1) != 0) / count(x[0], mask);
    }
    static constexpr value combined(const value* x, int, const ir::module& m, ir::index node) { return once(info_of<mean_op>, x[0], m, node); }
    static constexpr value transpose(int, const value* x, value y, value g) {
        const std::int64_t mask = y.owner().attribute(y.node(), 0);
        return fit_to(with_axes(g / count(x[0], mask), x[0], mask), x[0]);
    }
};

} // namespace ops

constexpr value mean(operand x, const axes& over = {}, keep_dims keep = keep_dims::no) {
    return ops::reduce(ops::info_of<ops::mean_op>, x, over, keep);
}

} // namespace damo
