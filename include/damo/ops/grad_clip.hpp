// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <bit>

#include <damo/ops/barrier.hpp>
#include <damo/ops/select.hpp>

namespace damo {
namespace ops {

// grad_clip(x, low, high): x, whose cotangent goes on cut to low..high, element by element; one that is NaN stays NaN. Forward derivatives
// are refused, for cutting is not linear. Attributes: the bits of low and high as float64. Before evaluation it is x alone.
struct grad_clip_op : op_defaults {
    static constexpr const char* name = "grad_clip";
    static constexpr ir::op_facts facts{.kind = ir::op_kind::structured, .types = ir::dtype_rule::custom, .stacks = true};
    static constexpr ir::index infer(const ir::call& c) { return c.m.nodes.data[c.args[0]].type; }
    static constexpr bool valid(const ir::call& c) { return c.attribute_count == 2 && bound(c.attributes[0]) <= bound(c.attributes[1]); }
    static constexpr value expansion(const value* x, int, const ir::module&, ir::index) { return x[0]; }
    static constexpr value transpose(int, const value*, value y, value g) {
        ir::module& m = y.owner();
        const auto limit = [&](int i) { return make_constant(m, g.element(), ir::bits_from(g.element(), bound(m.attribute(y.node(), i)))); };
        return minimum(maximum(g, limit(0)), limit(1));
    }
    static constexpr value tangent(const value*, const value*, value y) {
        y.owner().fail() << "grad_clip(x, low, high) has no forward derivative, for cutting a cotangent is not linear: use reverse mode (grad, vjp), or leave it out";
        return {y.owner(), ir::module::poison};
    }

  private:
    static constexpr double bound(std::int64_t bits) { return std::bit_cast<double>(bits); }
};

} // namespace ops

constexpr value grad_clip(operand x, double low, double high) {
    if (ops::settled(x)) { return ops::settle(ops::info_of<ops::grad_clip_op>, x); }
    if (!(low <= high)) {
        ir::module& m = x.v.owner();
        m.here = {x.file, x.line};
        m.fail() << "grad_clip(x, low, high) requires low <= high: exchange them";
        return {m, ir::module::poison};
    }
    const std::int64_t attributes[2] = {std::bit_cast<std::int64_t>(low), std::bit_cast<std::int64_t>(high)};
    return ops::apply(ops::info_of<ops::grad_clip_op>, &x, 1, attributes, 2);
}

// grad_scale(x, factor): x, whose derivative in either mode is the factor.
constexpr value grad_scale(operand x, const operand& factor) { return attach_derivative(x, x, factor); }

} // namespace damo
