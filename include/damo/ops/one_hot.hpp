// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/axes.hpp>

namespace damo {
namespace ops {

// one_hot(indices, depth, dtype = float64): a last axis of extent depth that holds 1 at the index and 0 elsewhere; nothing but 0 for an
// index outside 0 to depth - 1. Attributes: depth, element type. No derivative.
struct one_hot_op : op_defaults {
    static constexpr const char* name = "one_hot";
    static constexpr ir::op_facts facts{.kind = ir::op_kind::structured, .types = ir::dtype_rule::custom, .inactive = true, .stacks = true};
    static constexpr ir::index infer(const ir::call& c) {
        ir::tensor_type t = c.m.type_of(c.args[0]);
        const dtype wanted = static_cast<dtype>(c.attributes[1]);
        if (!is_integer(t.element) || t.rank == ir::max_rank || !is_computable(wanted)) {
            auto& s = c.m.fail();
            write_call(s, c);
            s << " requires integers, of rank below " << ir::max_rank << ", and bool, int32, int64, float32 or float64 as result: cast the indices";
            return ir::nil;
        }
        t.element = wanted;
        t.extents[t.rank] = c.attributes[0];
        ++t.rank;
        return c.m.intern(t);
    }
    static constexpr bool valid(const ir::call& c) { return c.attribute_count == 2 && is_element_type(c.attributes[1]); }
};

} // namespace ops

constexpr value one_hot(operand indices, extent_argument depth, dtype element = dtype::float64) {
    if (ops::settled(indices)) { return ops::settle(ops::info_of<ops::one_hot_op>, indices); }
    if (depth.left_over) {
        ir::module& m = indices.v.owner();
        m.here = {indices.file, indices.line};
        m.fail() << "one_hot requires a depth of 0 or more, not " << depth.value << ": give the number of classes";
        return {m, ir::module::poison};
    }
    const std::int64_t attributes[2] = {depth.value, static_cast<std::int64_t>(element)};
    return ops::apply(ops::info_of<ops::one_hot_op>, &indices, 1, attributes, 2);
}

} // namespace damo
