// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <initializer_list>

#include <damo/diff/batch.hpp>
#include <damo/diff/gradient.hpp>
#include <damo/ops/slice.hpp>
#include <damo/ops/transpose.hpp>

namespace damo::diff {

// The unit matrix of n rows. A column of ones with n columns of zeros behind it, row after row, is a one in every (n + 1)-th place.
constexpr value identity(ir::module& m, dtype element, ir::extent n) {
    const auto tensor = [&](std::initializer_list<ir::extent> extents) {
        ir::tensor_type t;
        t.element = element;
        for (const ir::extent e : extents) { t.extents[t.rank++] = e; }
        return t;
    };
    const ir::extent more = m.extent_of(ir::extent_kind::sum, n, 1);
    const ir::index ones = ops::fit(m, ops::make_constant(m, element, ir::bits_from(element, 1)).node(), m.intern(tensor({n, 1})));
    const std::int64_t wider[6] = {0, 1, n, 0, 1, more};
    const value padded{m, ops::emit(m, ops::info_of<ops::pad_zero_op>, &ones, 1, wider, 6)};
    const ir::index row = ops::reshaped(padded, tensor({m.extent_of(ir::extent_kind::product, n, more)})).node();
    const ir::extent square = m.extent_of(ir::extent_kind::product, n, n);
    const std::int64_t first[3] = {0, 1, square};
    return ops::reshaped({m, ops::emit(m, ops::info_of<ops::slice_op>, &row, 1, first, 3)}, tensor({n, n}));
}

// Whether the derivatives of outputs with respect to `by` are made by forward sweeps: where that side is the smaller one, as far as
// extents tell; by ranks where the call decides them.
constexpr bool prefers_forward(const ir::module& m, const ir::index* by, int count, const ir::index* outputs, int output_count) {
    const auto total = [&](const ir::index* nodes, int n, int& rank) {
        double all = 0;
        for (int i = 0; i < n; ++i) {
            const ir::tensor_type& t = m.type_of(nodes[i]);
            double size = 1;
            for (int k = 0; k < t.rank; ++k) { size = ir::is_known(t.extents[k]) && size >= 0 ? size * static_cast<double>(t.extents[k]) : -1; }
            all = size < 0 || all < 0 ? -1 : all + size;
            rank = t.rank > rank ? t.rank : rank;
        }
        return all;
    };
    int in_rank = 0;
    int out_rank = 0;
    const double in = total(by, count, in_rank);
    const double out = total(outputs, output_count, out_rank);
    return in >= 0 && out >= 0 ? in < out : in_rank <= out_rank;
}

// One side of a jacobian: the graph `source` computes the derivatives `found` from its inputs and, for input number `seed`, a tangent or
// cotangent of type t. Makes them in module `to` for every unit tensor of that type at once: result[k] has the axes of found[k] behind
// one of the number of these.
template <class Graph> // ir::module
constexpr bool for_all_units(const Graph& source, Graph& to, const value* inputs, int count, const ir::tensor_type& t, const ir::index* found,
                             value* result, int found_count) {
    core::pool<value> arguments;
    core::pool<bool> mapped;
    for (int i = 0; i < count; ++i) {
        arguments.push(inputs[i]);
        mapped.push(false);
    }
    // Extents of the seed's type are those of the source, whose inputs stand for themselves.
    const ir::extent n = to.count_of(t);
    ir::tensor_type seeds = t;
    seeds.rank = static_cast<std::int8_t>(t.rank + 1);
    seeds.extents[0] = n;
    for (int k = 0; k < t.rank; ++k) { seeds.extents[k + 1] = t.extents[k]; }
    arguments.push(ops::reshaped(identity(to, t.element, n), seeds));
    mapped.push(true);
    batching<Graph> batch(source, to);
    if (!batch.run(arguments.data, mapped.data, count + 1, n)) { return false; }
    for (int k = 0; k < found_count; ++k) { result[k] = batch.with_batch(found[k]); }
    return !to.failed;
}

// v with its first axis behind the others.
constexpr value turned(value v) {
    std::int64_t order[ir::max_rank] = {};
    for (int k = 0; k + 1 < v.rank(); ++k) { order[k] = k + 1; }
    return ops::permuted(v, order);
}

// The type of the derivatives of y by x: the axes of y, then those of x.
constexpr ir::tensor_type type_of_derivatives(const ir::tensor_type& y, const ir::tensor_type& x) {
    ir::tensor_type t = y;
    t.element = x.element;
    for (int k = 0; k < x.rank; ++k) { t.extents[y.rank + k] = x.extents[k]; }
    t.rank = static_cast<std::int8_t>(y.rank + x.rank);
    return t;
}

} // namespace damo::diff
