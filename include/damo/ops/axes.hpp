// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <concepts>
#include <initializer_list>

#include <damo/ops/apply.hpp>

namespace damo {

// Which axes an op works on: one, sum(x, 0); several, sum(x, {0, -1}); or, left out, all. Negative axes count from the last.
struct axes {
    static constexpr int all = -1;
    int count = all;
    int list[ir::max_rank] = {};

    constexpr axes() = default;
    template <std::integral I>
        requires(!std::same_as<I, bool>)
    constexpr axes(I axis) : count(1), list{static_cast<int>(axis)} {}
    constexpr axes(std::initializer_list<int> several) : count(0) {
        for (int a : several) {
            if (count < ir::max_rank) { list[count] = a; }
            ++count;
        }
    }
};

// Whether a reduction leaves the axes it folds with extent 1: sum(x, 0, keepdims).
enum class keep_dims : bool { no, yes };
inline constexpr keep_dims keepdims = keep_dims::yes;

// One extent of a requested shape: a number, -1 for "whatever is left", or the extent of an axis, as extent_of gives it.
struct extent_argument {
    ir::extent value = 0;
    bool left_over = false;
    template <std::integral I>
    constexpr extent_argument(I n) : value(n), left_over(n < 0) {}
    static constexpr extent_argument from(ir::extent e) {
        extent_argument x(0);
        x.value = e;
        return x;
    }
};

// A requested shape: reshape(x, {3, -1}), reshape(x, shape_of(y)).
struct shape {
    int rank = 0;
    int left_over = -1; // the axis given as -1
    bool refused = false;
    ir::extent extents[ir::max_rank] = {};

    constexpr shape() = default;
    template <std::integral I>
    constexpr shape(I n) : shape({extent_argument(n)}) {}
    constexpr shape(std::initializer_list<extent_argument> list) {
        for (const extent_argument& e : list) { add(e); }
    }
    constexpr void add(const extent_argument& e) {
        if (rank == ir::max_rank || (e.left_over && (left_over >= 0 || e.value != -1))) {
            refused = true;
            return;
        }
        if (e.left_over) { left_over = rank; }
        extents[rank++] = e.value;
    }
};

namespace ops {

// The axis counted from the first, or -1 after recording what is wrong with it.
constexpr int normal_axis(ir::module& m, const char* op, const ir::tensor_type& t, int axis, int rank) {
    if (axis >= -rank && axis < rank) { return axis < 0 ? axis + rank : axis; }
    auto& s = m.fail();
    s << op << '(';
    m.print_type(s, t);
    s << ", axis " << axis;
    if (rank == 0) { s << ") has no axis to work on: leave the axis out"; }
    else { s << ") requires an axis from " << -rank << " to " << (rank - 1); }
    return -1;
}

// Bit k for each axis k, or -1 after recording what is wrong. Axes not given are all axes.
constexpr std::int64_t axis_mask(ir::module& m, const char* op, const ir::tensor_type& t, const axes& over, int rank) {
    if (over.count == axes::all) { return (std::int64_t{1} << rank) - 1; }
    std::int64_t mask = 0;
    for (int i = 0; i < over.count; ++i) {
        // More axes than any array has: one of them must be a repetition.
        const int axis = i < ir::max_rank ? normal_axis(m, op, t, over.list[i], rank) : over.list[0];
        if (axis < 0) { return -1; }
        if (mask >> axis & 1) {
            auto& s = m.fail();
            s << op << '(';
            m.print_type(s, t);
            s << ") names axis " << axis << " twice: name each axis once";
            return -1;
        }
        mask |= std::int64_t{1} << axis;
    }
    return mask;
}

// The start of every public array function: true when there is nothing to record, because the operand is poison or no symbol.
constexpr bool settled(const operand& x) { return !x.v.has_owner() || x.v.is_poison(); }
// call: the name of the function, where it is not that of the op.
constexpr value settle(const ir::op_info& op, const operand& x, const char* call = nullptr) {
    if (x.v.has_owner()) { return x.v; }
    return x.v.is_empty() ? refuse_vacant(nullptr, call != nullptr ? call : op.name, &x, 1) : apply_to_literals(op, &x, 1);
}

} // namespace ops

// The extents of x, for reshape(y, shape_of(x)) and reshape(y, {extent_of(x, 0), -1}). An axis that x does not have gives 0.
constexpr shape shape_of(const operand& of) {
    const value& x = of.v;
    shape s;
    if (x.is_empty()) { (void)ops::refuse_vacant(nullptr, "shape_of", &of, 1); }
    if (ops::settled(x)) { return s; }
    for (int k = 0; k < x.rank(); ++k) { s.add(extent_argument::from(x.type().extents[k])); }
    return s;
}
constexpr extent_argument extent_of(const operand& x, int axis) {
    if (x.v.is_empty()) { (void)ops::refuse_vacant(nullptr, "extent_of", &x, 1); }
    if (ops::settled(x)) { return 0; }
    x.v.owner().here = {x.file, x.line};
    const ir::tensor_type& t = x.v.type();
    const int k = ops::normal_axis(x.v.owner(), "extent_of", t, axis, t.rank);
    return k < 0 ? extent_argument(0) : extent_argument::from(t.extents[k]);
}

} // namespace damo
