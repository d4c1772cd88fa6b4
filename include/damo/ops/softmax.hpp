// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/exponential.hpp>
#include <damo/ops/reduction.hpp>

namespace damo {
namespace ops {

// What the three share: x with its largest element along the axes moved to 0, so that no exponential overflows. Where the largest
// element is infinite or NaN nothing is moved: the exponentials are then right by themselves.
struct shifted {
    value offset;
    value rest;
};
constexpr shifted shift_largest(value x, std::int64_t mask) {
    const value largest = reduce_mask(info_of<max_op>, x, mask, true);
    const value offset = where(abs(largest) < __builtin_inf(), largest, 0);
    return {offset, x - offset};
}
constexpr value sum_kept(value x, std::int64_t mask) { return reduce_mask(info_of<sum_op>, x, mask, true); }

// logsumexp(x, axes, keepdims) = log(sum(exp(x))), without overflow, underflow to -inf only where all elements are -inf; inf where one
// is inf. Attributes as sum's. Derivative exp(x - logsumexp(x)), NaN where the result is infinite.
// Accuracy: max + log(sum(exp(x - max))), about 3 ULP of the larger of |max| and the result, and the error of sum.
struct logsumexp_op : op_defaults {
    static constexpr const char* name = "logsumexp";
    static constexpr ir::op_facts facts{.kind = ir::op_kind::reduction};
    static constexpr ir::index infer(const ir::call& c) { return infer_reduction(c); }
    static constexpr value expansion(const value* x, int, const ir::module& m, ir::index node) {
        const std::int64_t mask = m.attribute(node, 0);
        const shifted s = shift_largest(x[0], mask);
        const value y = log(sum_kept(exp(s.rest), mask)) + s.offset;
        return reshaped(y, folded(x[0].type(), mask, m.attribute(node, 1) != 0));
    }
    static constexpr value tangent(const value* x, const value* dx, value y) {
        if (dx[0].is_empty()) { return {}; }
        const ir::module& m = y.owner();
        const std::int64_t mask = m.attribute(y.node(), 0);
        const value weights = exp(x[0] - with_axes(y, x[0], mask));
        return reduce_mask(info_of<sum_op>, weights * dx[0], mask, m.attribute(y.node(), 1) != 0);
    }
    static constexpr value transpose(int, const value* x, value y, value g) {
        const std::int64_t mask = y.owner().attribute(y.node(), 0);
        return fit_to(with_axes(g, x[0], mask) * exp(x[0] - with_axes(y, x[0], mask)), x[0]);
    }
};

// softmax(x, axes = -1) = exp(x) / sum(exp(x)) along the axes, without overflow; 0 for -inf, NaN along axes that hold inf or nothing
// but -inf. Shape kept. Attribute: mask of the axes. Derivative y (dx - sum(y dx)). Accuracy: 3 ULP and the error of sum.
struct softmax_op : op_defaults {
    static constexpr const char* name = "softmax";
    static constexpr ir::op_facts facts{.kind = ir::op_kind::structured, .axis_mask = true};
    static constexpr value expansion(const value* x, int, const ir::module& m, ir::index node) {
        const std::int64_t mask = m.attribute(node, 0);
        const value e = exp(shift_largest(x[0], mask).rest);
        return e / sum_kept(e, mask);
    }
    static constexpr value tangent(const value*, const value* dx, value y) {
        return dx[0].is_empty() ? value() : y * (dx[0] - sum_kept(y * dx[0], y.owner().attribute(y.node(), 0)));
    }
    static constexpr value transpose(int, const value* x, value y, value g) {
        return fit_to(y * (g - sum_kept(y * g, y.owner().attribute(y.node(), 0))), x[0]);
    }
};

// log_softmax(x, axes = -1) = x - logsumexp(x) along the axes, right where softmax(x) rounds to 0 or 1; -inf for -inf, NaN as softmax.
// Attribute: mask of the axes. Derivative dx - sum(exp(y) dx). Accuracy: 2 ULP of |x - max|, and the error of sum.
struct log_softmax_op : op_defaults {
    static constexpr const char* name = "log_softmax";
    static constexpr ir::op_facts facts{.kind = ir::op_kind::structured, .axis_mask = true};
    static constexpr value expansion(const value* x, int, const ir::module& m, ir::index node) {
        const std::int64_t mask = m.attribute(node, 0);
        const value rest = shift_largest(x[0], mask).rest;
        return rest - log(sum_kept(exp(rest), mask));
    }
    static constexpr value tangent(const value*, const value* dx, value y) {
        return dx[0].is_empty() ? value() : dx[0] - sum_kept(exp(y) * dx[0], y.owner().attribute(y.node(), 0));
    }
    static constexpr value transpose(int, const value* x, value y, value g) {
        return fit_to(g - exp(y) * sum_kept(g, y.owner().attribute(y.node(), 0)), x[0]);
    }
};

constexpr value normalise_along(const ir::op_info& op, const operand& x, const axes& over) {
    if (settled(x)) { return settle(op, x); }
    ir::module& m = x.v.owner();
    m.here = {x.file, x.line};
    const std::int64_t attributes[1] = {axis_mask(m, op.name, x.v.type(), over, x.v.rank())};
    return attributes[0] < 0 ? value{m, ir::module::poison} : apply(op, &x, 1, attributes, 1);
}

} // namespace ops

constexpr value logsumexp(operand x, const axes& over = {}, keep_dims keep = keep_dims::no) {
    return ops::reduce(ops::info_of<ops::logsumexp_op>, x, over, keep);
}
constexpr value softmax(operand x, const axes& over = -1) { return ops::normalise_along(ops::info_of<ops::softmax_op>, x, over); }
constexpr value log_softmax(operand x, const axes& over = -1) { return ops::normalise_along(ops::info_of<ops::log_softmax_op>, x, over); }

} // namespace damo
