// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/arithmetic.hpp>
#include <damo/ops/broadcast.hpp>
#include <damo/ops/transpose.hpp>

namespace damo {
namespace ops {

// matmul(x, y): NumPy's product of vectors and matrices: [k][k] -> [], [k][k, n] -> [n], [m, k][k] -> [m], [m, k][k, n] -> [m, n], and
// stacks of matrices of equal rank and leading extents, matrix by matrix. The public function brings other ranks to these: leading
// axes broadcast as elsewhere. Element types are promoted. The order of the additions is free. Bilinear; the cotangents are products
// with the other operand.
struct matmul_op : op_defaults {
    static constexpr const char* name = "matmul";
    static constexpr ir::op_facts facts{
        .kind = ir::op_kind::contraction, .arity = 2, .types = ir::dtype_rule::same, .multilinear = true};
    static constexpr ir::index infer(const ir::call& c) {
        const ir::tensor_type x = c.m.type_of(c.args[0]);
        const ir::tensor_type y = c.m.type_of(c.args[1]);
        const bool ranks = x.rank >= 1 && y.rank >= 1 && (x.rank == y.rank || (x.rank <= 2 && y.rank <= 2));
        if (!ranks || x.element == dtype::boolean) {
            auto& s = c.m.fail();
            write_call(s, c);
            s << (ranks ? " requires numbers: cast one argument" : " requires arrays of rank 1 or more: scalars multiply with *");
            return ir::nil;
        }
        ir::extent joined = 0;
        bool fits = c.m.unify(x.extents[x.rank - 1], y.extents[y.rank == 1 ? 0 : y.rank - 2], joined);
        ir::tensor_type t;
        t.element = x.element;
        int n = 0;
        for (int k = 0; k < x.rank - 2 && fits; ++k) { fits = c.m.unify(x.extents[k], y.extents[k], t.extents[n++]); }
        if (!fits) {
            auto& s = c.m.fail();
            write_call(s, c);
            s << " requires the last axis of argument 1 and the " << (y.rank == 1 ? "only" : "last but one") << " axis of argument 2 to be equal, and so are "
              << "the axes before the last two: transpose or reshape one of them";
            return ir::nil;
        }
        if (x.rank >= 2) { t.extents[n++] = x.extents[x.rank - 2]; }
        if (y.rank >= 2) { t.extents[n++] = y.extents[y.rank - 1]; }
        t.rank = static_cast<std::int8_t>(n);
        return c.m.intern(t);
    }
    static constexpr value flipped(value x) { return swapped(x, x.rank() - 2, x.rank() - 1); }
    // a[:, None] * b[None, :]
    static constexpr value outer(value a, value b) {
        ir::tensor_type column = a.type();
        column.extents[1] = 1;
        column.rank = 2;
        return reshaped(a, column) * b;
    }
    static constexpr value transpose(int k, const value* x, value, value g) {
        const int a = x[0].rank();
        const int b = x[1].rank();
        value r;
        if (a == 1 && b == 1) { r = g * x[1 - k]; }
        else if (a == 1) { r = k == 0 ? apply<matmul_op>(x[1], g) : outer(x[0], g); }
        else if (b == 1) { r = k == 0 ? outer(g, x[1]) : apply<matmul_op>(g, x[0]); }
        else { r = k == 0 ? apply<matmul_op>(g, flipped(x[1])) : apply<matmul_op>(flipped(x[0]), g); }
        return fit_to(r, x[k]);
    }
};

// The leading axes of both, broadcast together, and the last two of each.
constexpr value matmul_stacks(ir::module& m, value x, value y, const operand& place) {
    ir::tensor_type batch = x.type();
    ir::tensor_type other = y.type();
    batch.rank = static_cast<std::int8_t>(batch.rank - 2);
    other.rank = static_cast<std::int8_t>(other.rank - 2);
    if (!broadcast_shapes(m, batch, other)) {
        auto& s = m.fail();
        s << "matmul(";
        m.print_type(s, x.type());
        s << ", ";
        m.print_type(s, y.type());
        s << ") requires leading axes that broadcast together: those before the last two do not: reshape or transpose one argument";
        return {m, ir::module::poison};
    }
    value pair[2] = {x, y};
    for (value& v : pair) {
        ir::tensor_type t = v.type();
        t.rank = static_cast<std::int8_t>(batch.rank + 2);
        for (int k = 0; k < batch.rank; ++k) { t.extents[k] = batch.extents[k]; }
        for (int k = 0; k < 2; ++k) { t.extents[batch.rank + k] = v.type().extents[v.rank() - 2 + k]; }
        v = {m, fit(m, v.node(), m.intern(t))};
    }
    return apply<matmul_op>(operand(pair[0], place.file, place.line), pair[1]);
}

} // namespace ops

constexpr value matmul(operand x, operand y) {
    const bool first = x.v.has_owner();
    if (!first && !y.v.has_owner()) { return ops::apply<ops::matmul_op>(x, y); }
    if (first && x.v.is_poison()) { return x.v; }
    if (y.v.has_owner() && y.v.is_poison()) { return y.v; }
    const int a = x.v.rank();
    const int b = y.v.rank();
    if (a == 0 || b == 0 || (a <= 2 && b <= 2)) { return ops::apply<ops::matmul_op>(x, y); }
    ir::module& m = x.v.owner();
    m.here = {x.file, x.line};
    y.v = ops::brought(m, y.v);
    if (y.v.is_poison()) { return y.v; }
    if (b <= 2) {
        // One product with the leading axes of x joined to its rows.
        ir::tensor_type rows = x.v.type();
        ir::tensor_type full = rows;
        rows.extents[1] = rows.extents[a - 1];
        rows.extents[0] = 1;
        for (int k = 0; k < a - 1; ++k) { rows.extents[0] = m.extent_of(ir::extent_kind::product, rows.extents[0], full.extents[k]); }
        rows.rank = 2;
        const value product = ops::apply<ops::matmul_op>(operand(ops::reshaped(x.v, rows), x.file, x.line), y);
        if (product.is_poison()) { return product; }
        full.rank = static_cast<std::int8_t>(a + b - 2);
        if (b == 2) { full.extents[a - 1] = product.type().extents[1]; }
        return ops::reshaped(product, full);
    }
    if (a == 1) {
        const value row = expand_dims(x, 0);
        const value product = ops::matmul_stacks(m, row, y.v, x);
        return product.is_poison() ? product : squeeze(product, -2);
    }
    return ops::matmul_stacks(m, x.v, y.v, x);
}

// NumPy's dot for ranks up to 2: the product of a scalar, the inner product of vectors, the product of matrices.
constexpr value dot(operand x, operand y) {
    if (ops::settled(x) && ops::settled(y)) { return x * y; }
    if (x.v.has_owner() && x.v.is_poison()) { return x.v; }
    if (y.v.has_owner() && y.v.is_poison()) { return y.v; }
    if (x.v.rank() == 0 || y.v.rank() == 0) { return x * y; }
    if (x.v.rank() > 2 || y.v.rank() > 2) {
        ir::module& m = x.v.owner();
        m.here = {x.file, x.line};
        auto& s = m.fail();
        s << "dot(";
        m.print_type(s, x.v.type());
        s << ", ";
        m.print_type(s, y.v.type());
        s << ") requires ranks up to 2: matmul multiplies stacks of matrices";
        return {m, ir::module::poison};
    }
    return matmul(x, y);
}

// x[i] y[j] for all i and j, of two vectors.
constexpr value outer(operand x, operand y) {
    for (const operand& v : {x, y}) {
        if (v.v.is_empty()) { return ops::refuse_vacant(nullptr, "outer", &v, 1); }
        if (ops::settled(v)) { return ops::settle(ops::info_of<ops::matmul_op>, v); }
        if (v.v.rank() == 1) { continue; }
        ir::module& m = v.v.owner();
        m.here = {x.file, x.line};
        auto& s = m.fail();
        s << "outer requires two vectors, not ";
        m.print_type(s, v.v.type());
        s << ": ravel it";
        return {m, ir::module::poison};
    }
    return ops::matmul_op::outer(x.v, y.v);
}

} // namespace damo
