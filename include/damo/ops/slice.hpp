// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/extent_order.hpp>
#include <damo/ops/reshape.hpp>

namespace damo {

// What slice takes of one axis, as Python's start:stop:step. range() is all of it, range(1, 5) is 1:5, range::from(1) is 1:,
// range::until(-1) is :-1, range(1, 9, 2) is 1:9:2, range::every(2) is ::2 and range::every(-1) the axis reversed.
struct range {
    bool has_start = false;
    bool has_stop = false;
    std::int64_t start = 0;
    std::int64_t stop = 0;
    std::int64_t step = 1;

    constexpr range() = default;
    constexpr range(std::int64_t first, std::int64_t last, std::int64_t by = 1)
        : has_start(true), has_stop(true), start(first), stop(last), step(by) {}
    static constexpr range every(std::int64_t step) {
        range r;
        r.step = step;
        return r;
    }
    static constexpr range from(std::int64_t first, std::int64_t by = 1) {
        range r(first, 0, by);
        r.has_stop = false;
        return r;
    }
    static constexpr range until(std::int64_t last, std::int64_t by = 1) {
        range r(0, last, by);
        r.has_start = false;
        return r;
    }
};

namespace ops {

// slice(x, ranges): y[i] = x[start + i step] along each axis. Attributes, per axis: start, step, extent of the result; start and extent
// may be extent symbols. Bounds follow NumPy: negative ones count from the end, those beyond an end are cut. An axis of unknown extent
// takes a full range or one from 0 or more to a known stop, and each call then checks that the elements are there.
// Linear; the cotangent goes back to its places between zeros.
struct slice_op : op_defaults {
    static constexpr const char* name = "slice";
    static constexpr ir::op_facts facts{.kind = ir::op_kind::movement, .types = ir::dtype_rule::custom, .multilinear = true, .extent_period = 3, .extent_mask = 5};
    static constexpr ir::index infer(const ir::call& c) {
        ir::tensor_type t = c.m.type_of(c.args[0]);
        for (int k = 0; k < t.rank; ++k) {
            const std::int64_t start = c.attributes[3 * k];
            const std::int64_t step = c.attributes[3 * k + 1];
            const std::int64_t count = c.attributes[3 * k + 2];
            if (!ir::is_known(t.extents[k]) && count != t.extents[k] && ir::is_known(start) && ir::is_known(count) && count > 0) {
                require_elements(c.m, t.extents[k], step > 0 ? start + (count - 1) * step + 1 : start + 1);
            }
            t.extents[k] = count;
        }
        return c.m.intern(t);
    }
    static constexpr bool valid(const ir::call& c) {
        const ir::tensor_type x = c.m.type_of(c.args[0]);
        bool fits = c.attribute_count == 3 * x.rank;
        for (int k = 0; k < x.rank && fits; ++k) {
            fits = lies_inside(c.m, x.extents[k], c.attributes[3 * k], c.attributes[3 * k + 1], c.attributes[3 * k + 2]);
        }
        return fits;
    }
    static constexpr value transpose(int, const value* x, value y, value g);
};

// pad_zero(x): zeros of the wanted extents, with y[start + i step] = x[i] along each axis. Attributes, per axis: start, step, extent of
// the result. The transpose of slice with the same start and step, and the other way round.
struct pad_zero_op : op_defaults {
    static constexpr const char* name = "pad_zero";
    static constexpr ir::op_facts facts{.kind = ir::op_kind::movement, .types = ir::dtype_rule::custom, .multilinear = true, .extent_period = 3, .extent_mask = 5, .pads = true};
    static constexpr ir::index infer(const ir::call& c) {
        ir::tensor_type t = c.m.type_of(c.args[0]);
        for (int k = 0; k < t.rank; ++k) { t.extents[k] = c.attributes[3 * k + 2]; }
        return c.m.intern(t);
    }
    static constexpr bool valid(const ir::call& c) {
        const ir::tensor_type x = c.m.type_of(c.args[0]);
        bool fits = c.attribute_count == 3 * x.rank;
        for (int k = 0; k < x.rank && fits; ++k) {
            fits = lies_inside(c.m, c.attributes[3 * k + 2], c.attributes[3 * k], c.attributes[3 * k + 1], x.extents[k]);
        }
        return fits;
    }
    static constexpr value transpose(int, const value* x, value y, value g) { return replaced(info_of<slice_op>, x[0], y, g); }
    // Start and step of y, with the extents of x.
    static constexpr value replaced(const ir::op_info& op, value x, value y, value g) {
        ir::module& m = y.owner();
        std::int64_t places[3 * ir::max_rank] = {};
        const int rank = x.rank();
        for (int k = 0; k < rank; ++k) {
            places[3 * k] = m.attribute(y.node(), 3 * k);
            places[3 * k + 1] = m.attribute(y.node(), 3 * k + 1);
            places[3 * k + 2] = x.type().extents[k];
        }
        const ir::index node = g.node();
        return {m, emit(m, op, &node, 1, places, 3 * rank)};
    }
};
constexpr value slice_op::transpose(int, const value* x, value y, value g) {
    return pad_zero_op::replaced(info_of<pad_zero_op>, x[0], y, g);
}

// Start and count of a range on an axis of known extent n; Python's slice.indices.
constexpr void place_range(const range& r, std::int64_t n, std::int64_t& start, std::int64_t& count) {
    const std::int64_t lowest = r.step > 0 ? 0 : -1;
    const std::int64_t highest = r.step > 0 ? n : n - 1;
    std::int64_t bounds[2] = {r.step > 0 ? lowest : highest, r.step > 0 ? highest : lowest};
    const bool given[2] = {r.has_start, r.has_stop};
    const std::int64_t wanted[2] = {r.start, r.stop};
    for (int i = 0; i < 2; ++i) {
        if (!given[i]) { continue; }
        const std::int64_t b = wanted[i] < 0 ? wanted[i] + n : wanted[i];
        bounds[i] = b < lowest ? lowest : b > highest ? highest : b;
    }
    const std::int64_t length = r.step > 0 ? bounds[1] - bounds[0] : bounds[0] - bounds[1];
    const std::int64_t by = r.step > 0 ? r.step : 0 - r.step;
    count = length <= 0 ? 0 : (length - 1) / by + 1;
    start = count == 0 ? 0 : bounds[0];
}

// The places start, start + step, ... along axis 0, `count` of them.
constexpr value part_of_axis(value x, ir::extent start, std::int64_t step, ir::extent count) {
    ir::module& m = x.owner();
    const ir::tensor_type t = x.type();
    if (start == 0 && step == 1 && count == t.extents[0]) { return x; }
    std::int64_t places[3 * ir::max_rank] = {start, step, count};
    for (int k = 1; k < t.rank; ++k) {
        places[3 * k + 1] = 1;
        places[3 * k + 2] = t.extents[k];
    }
    const ir::index node = x.node();
    return {m, emit(m, info_of<slice_op>, &node, 1, places, 3 * t.rank)};
}
// x at the beginning of an axis 0 of `count` elements, the others 0.
constexpr value with_more_zeros(value x, ir::extent count) {
    ir::module& m = x.owner();
    const ir::tensor_type t = x.type();
    if (count == t.extents[0]) { return x; }
    std::int64_t places[3 * ir::max_rank] = {0, 1, count};
    for (int k = 1; k < t.rank; ++k) {
        places[3 * k + 1] = 1;
        places[3 * k + 2] = t.extents[k];
    }
    const ir::index node = x.node();
    return {m, emit(m, info_of<pad_zero_op>, &node, 1, places, 3 * t.rank)};
}

constexpr value poisoned_slice(ir::module& m, const char* op, const ir::tensor_type& t, int axis, const char* reason) {
    auto& s = m.fail();
    s << op << '(';
    m.print_type(s, t);
    s << "), axis " << axis << ": " << reason;
    return {m, ir::module::poison};
}

constexpr value sliced(operand x, const range* ranges, int count) {
    ir::module& m = x.v.owner();
    m.here = {x.file, x.line};
    const ir::tensor_type t = x.v.type();
    if (count > t.rank) { return poisoned_slice(m, "slice", t, t.rank, "there are more ranges than axes: leave the last ones out"); }
    std::int64_t places[3 * ir::max_rank] = {};
    bool whole = true;
    for (int k = 0; k < t.rank; ++k) {
        const range r = k < count ? ranges[k] : range();
        const ir::extent n = t.extents[k];
        std::int64_t* p = places + 3 * k;
        p[1] = r.step;
        if (r.step == 0) { return poisoned_slice(m, "slice", t, k, "the step is 0: give 1 or another number"); }
        if (ir::is_known(n)) {
            place_range(r, n, p[0], p[2]);
            whole = whole && p[2] == n && r.step == 1;
        } else if (!r.has_stop && r.step == 1 && r.start == 0) {
            p[2] = n;
        } else {
            if (!r.has_stop || r.stop < 0 || r.start < 0 || r.step < 0) {
                return poisoned_slice(m, "slice", t, k,
                                      "an extent that is unknown when the graph is made allows the full range or one from 0 or more to a known "
                                      "stop: give the axis a number as extent");
            }
            p[0] = r.start;
            p[2] = r.stop <= r.start ? 0 : (r.stop - r.start - 1) / r.step + 1;
            whole = false;
        }
    }
    if (whole) { return x.v; }
    return apply(info_of<slice_op>, &x, 1, places, 3 * t.rank);
}

} // namespace ops

// x[r1, r2, ...]: one range per axis; axes without one are taken whole.
constexpr value slice(operand x, std::initializer_list<range> ranges) {
    if (ops::settled(x)) { return ops::settle(ops::info_of<ops::slice_op>, x); }
    return ops::sliced(x, ranges.begin(), static_cast<int>(ranges.size()));
}

// x[i1, i2, ...]: the part of x at these positions of its first axes, which are dropped. Negative positions count from the end.
constexpr value at(operand x, std::initializer_list<std::int64_t> positions) {
    if (ops::settled(x)) { return ops::settle(ops::info_of<ops::slice_op>, x, "at"); }
    ir::module& m = x.v.owner();
    m.here = {x.file, x.line};
    const ir::tensor_type t = x.v.type();
    const int count = static_cast<int>(positions.size());
    if (count > t.rank) { return ops::poisoned_slice(m, "at", t, t.rank, "there are more positions than axes: leave the last ones out"); }
    range ranges[ir::max_rank];
    ir::tensor_type rest = t;
    rest.rank = static_cast<std::int8_t>(t.rank - count);
    for (int k = 0; k < rest.rank; ++k) { rest.extents[k] = t.extents[k + count]; }
    for (int k = 0; k < count; ++k) {
        const std::int64_t wanted = positions.begin()[k];
        const bool known = ir::is_known(t.extents[k]);
        const std::int64_t i = wanted < 0 && known ? wanted + t.extents[k] : wanted;
        if (i < 0 || (known && i >= t.extents[k])) {
            return ops::poisoned_slice(m, "at", t, k,
                                       known ? "the position is outside the axis: positions go from 0 to its extent - 1"
                                             : "a position counted from the end needs an extent that is known when the graph is made");
        }
        ranges[k] = range(i, i + 1);
    }
    return ops::reshaped(ops::sliced(x, ranges, count), rest);
}

// The numbers of zeros before and after one axis.
struct pad_width {
    std::int64_t before = 0;
    std::int64_t after = 0;
};

// x surrounded by zeros: one pair of widths per axis; axes without one are left as they are.
constexpr value pad(operand x, std::initializer_list<pad_width> widths) {
    if (ops::settled(x)) { return ops::settle(ops::info_of<ops::pad_zero_op>, x, "pad"); }
    ir::module& m = x.v.owner();
    m.here = {x.file, x.line};
    const ir::tensor_type t = x.v.type();
    const int count = static_cast<int>(widths.size());
    if (count > t.rank) { return ops::poisoned_slice(m, "pad", t, t.rank, "there are more widths than axes: leave the last ones out"); }
    std::int64_t places[3 * ir::max_rank] = {};
    for (int k = 0; k < t.rank; ++k) {
        const pad_width w = k < count ? widths.begin()[k] : pad_width{};
        if (w.before < 0 || w.after < 0) { return ops::poisoned_slice(m, "pad", t, k, "a width is negative: slice takes elements away"); }
        places[3 * k] = w.before;
        places[3 * k + 1] = 1;
        places[3 * k + 2] = m.extent_of(ir::extent_kind::sum, t.extents[k], w.before + w.after);
    }
    return ops::apply(ops::info_of<ops::pad_zero_op>, &x, 1, places, 3 * t.rank);
}

} // namespace damo
