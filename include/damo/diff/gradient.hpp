// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/diff/forward.hpp>

namespace damo::diff {

// The node of a derivative; an empty one stands for zero.
constexpr ir::index filled(ir::module& m, value v, ir::index like) { return v.is_empty() ? zeros(m, {m, like}) : v.node(); }

// Records a sentence when a number that is not floating is to be differentiated by.
constexpr bool refuse_inactive(ir::module& m, const value& input, const char* transform) {
    if (is_floating(input.element())) { return false; }
    m.fail() << transform << " requires a floating argument to differentiate by, not " << name_of(input.element()) << ": cast it or choose another";
    return true;
}

// The derivative of a graph with one floating scalar output with respect to the nodes `by`, in module m. False after a mistake.
constexpr bool gradient(ir::module& m, const ir::index* outputs, int output_count, const ir::index* by, int count, ir::index* result) {
    const ir::tensor_type t = output_count == 1 ? m.type_of(outputs[0]) : ir::tensor_type{};
    if (output_count != 1 || t.rank != 0 || !is_floating(t.element)) {
        auto& s = m.fail();
        s << "grad(f) requires a function with one floating scalar result; this one gives ";
        if (output_count == 1) { m.print_type(s, t); }
        else { s << output_count << " results"; }
        s << ": reduce it with sum or mean, or use jacobian or vjp";
        return false;
    }
    for (int i = 0; i < count; ++i) {
        if (refuse_inactive(m, {m, by[i]}, "grad(f)")) { return false; }
    }
    const value seed = ops::make_constant(m, t.element, ir::bits_from(t.element, 1));
    core::pool<value> found(count + 1);
    found.grow_to(count);
    reverse(m, outputs, &seed, 1, by, found.data, count);
    for (int i = 0; i < count; ++i) { result[i] = filled(m, found.data[i], by[i]); }
    return true;
}

} // namespace damo::diff
