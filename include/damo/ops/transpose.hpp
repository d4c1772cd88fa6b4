// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/axes.hpp>

namespace damo {
namespace ops {

// transpose(x, axes): axis k of the result is axis axes[k] of x; reversed when none is named. Attributes: the permutation. Linear; the
// cotangent takes the inverse permutation.
struct transpose_op : op_defaults {
    static constexpr const char* name = "transpose";
    static constexpr ir::op_facts facts{.kind = ir::op_kind::movement, .types = ir::dtype_rule::custom, .multilinear = true};
    static constexpr ir::index infer(const ir::call& c) {
        const ir::tensor_type x = c.m.type_of(c.args[0]);
        ir::tensor_type t = x;
        for (int k = 0; k < x.rank; ++k) { t.extents[k] = x.extents[c.attributes[k]]; }
        return c.m.intern(t);
    }
    static constexpr bool valid(const ir::call& c) {
        const int rank = c.m.type_of(c.args[0]).rank;
        int named = 0;
        for (int k = 0; k < c.attribute_count; ++k) { named |= c.attributes[k] >= 0 && c.attributes[k] < rank ? 1 << c.attributes[k] : 0; }
        return c.attribute_count == rank && named == (1 << rank) - 1;
    }
    static constexpr value transpose(int, const value* x, value y, value g);
    static constexpr value combined(const value* x, int, const ir::module& m, ir::index node);
};

// x with the axes in another order; x itself when it is the same order.
constexpr value permuted(value x, const std::int64_t* order) {
    bool same = true;
    const int rank = x.rank();
    for (int k = 0; k < rank && same; ++k) { same = order[k] == k; }
    if (same) { return x; }
    const ir::index node = x.node();
    return {x.owner(), emit(x.owner(), info_of<transpose_op>, &node, 1, order, rank)};
}
constexpr value swapped(value x, int a, int b) {
    std::int64_t order[ir::max_rank] = {};
    for (int k = 0; k < x.rank(); ++k) { order[k] = k == a ? b : k == b ? a : k; }
    return permuted(x, order);
}
constexpr value transpose_op::combined(const value* x, int, const ir::module& m, ir::index node) {
    const ir::node& inner = m.nodes.data[x[0].node()];
    if (inner.op->id != id_of<transpose_op>) { return {}; }
    std::int64_t order[ir::max_rank] = {};
    for (int k = 0; k < x[0].rank(); ++k) { order[k] = m.attribute(x[0].node(), static_cast<int>(m.attribute(node, k))); }
    return permuted({x[0].owner(), m.args.data[inner.first_arg]}, order);
}
constexpr value transpose_op::transpose(int, const value*, value y, value g) {
    std::int64_t inverse[ir::max_rank] = {};
    for (int k = 0; k < y.rank(); ++k) { inverse[y.owner().attribute(y.node(), k)] = k; }
    return permuted(g, inverse);
}

} // namespace ops

constexpr value transpose(operand x, const axes& order = {}) {
    if (ops::settled(x)) { return ops::settle(ops::info_of<ops::transpose_op>, x); }
    ir::module& m = x.v.owner();
    m.here = {x.file, x.line};
    const ir::tensor_type t = x.v.type();
    std::int64_t permutation[ir::max_rank] = {};
    for (int k = 0; k < t.rank; ++k) { permutation[k] = t.rank - 1 - k; }
    if (order.count != axes::all) {
        const std::int64_t mask = ops::axis_mask(m, "transpose", t, order, t.rank);
        if (mask >= 0 && order.count != t.rank) {
            auto& s = m.fail();
            s << "transpose(";
            m.print_type(s, t);
            s << ") requires all " << t.rank << " axes in their new order, not " << order.count << ": swapaxes exchanges two";
        }
        if (mask < 0 || order.count != t.rank) { return {m, ir::module::poison}; }
        for (int k = 0; k < t.rank; ++k) { permutation[k] = order.list[k] < 0 ? order.list[k] + t.rank : order.list[k]; }
    }
    return ops::permuted(x.v, permutation);
}

// x with two axes exchanged.
constexpr value swapaxes(operand x, int a, int b) {
    if (ops::settled(x)) { return ops::settle(ops::info_of<ops::transpose_op>, x, "swapaxes"); }
    ir::module& m = x.v.owner();
    m.here = {x.file, x.line};
    const ir::tensor_type t = x.v.type();
    const int first = ops::normal_axis(m, "swapaxes", t, a, t.rank);
    const int second = ops::normal_axis(m, "swapaxes", t, b, t.rank);
    return first < 0 || second < 0 ? value{m, ir::module::poison} : ops::swapped(x.v, first, second);
}

} // namespace damo
