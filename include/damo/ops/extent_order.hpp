// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ir/module.hpp>

namespace damo::ops {

// The terms of a sum of extents, each with how often it occurs; numbers are added up. Sums of more than fit are told as one term.
struct extent_terms {
    static constexpr int room = 4 * ir::max_rank;
    std::int64_t number = 0;
    ir::extent terms[room] = {};
    int count = 0;

    constexpr void add(const ir::module& m, ir::extent e) {
        ir::extent open[room] = {e};
        int n = 1;
        while (n) {
            const ir::extent x = open[--n];
            if (ir::is_known(x)) {
                number = ir::added(number, x);
                continue;
            }
            const ir::extent_expression& s = m.extents.data[-1 - x];
            if (s.kind == ir::extent_kind::sum && n + count + 2 <= room) {
                open[n++] = s.a;
                open[n++] = s.b;
            } else if (count < room) {
                terms[count++] = x;
            } else {
                number = ir::largest_extent;
            }
        }
    }
    // Puts a - b in the place of each difference among the terms from `first` on, which is as large or larger; the b go to the other side.
    constexpr void open_differences(const ir::module& m, int first, extent_terms& other) {
        for (int i = first; i < count; ++i) {
            const ir::extent_expression x = m.extents.data[-1 - terms[i]];
            if (x.kind != ir::extent_kind::difference || count == room) { continue; }
            terms[i--] = terms[--count];
            add(m, x.a);
            other.add(m, x.b);
        }
    }
    // Whether no choice of the extents makes this smaller than the other: every term of it is found here.
    constexpr bool covers(const extent_terms& other) const {
        bool taken[room] = {};
        for (int i = 0; i < other.count; ++i) {
            int j = 0;
            while (j < count && (taken[j] || terms[j] != other.terms[i])) { ++j; }
            if (j == count) { return false; }
            taken[j] = true;
        }
        return number >= other.number;
    }
};

// Whether start + count is known to be at most n where count is not 0: by the terms of sums and differences.
constexpr bool ends_inside(const ir::module& m, ir::extent n, ir::extent start, ir::extent count) {
    for (int way = 0; way < 4; ++way) {
        extent_terms axis;
        extent_terms end;
        end.add(m, start);
        ir::extent e = count;
        int subtracted = 0;
        if (way > 0) {
            // A count that is not 0 is a difference that is not 0, and so exactly a - b.
            while (!ir::is_known(e) && m.extents.data[-1 - e].kind == ir::extent_kind::difference) {
                axis.add(m, m.extents.data[-1 - e].b);
                e = m.extents.data[-1 - e].a;
            }
            subtracted = axis.count;
        }
        end.add(m, e);
        if (way == 2) { axis.open_differences(m, 0, end); }
        axis.add(m, n);
        if (way == 3) { axis.open_differences(m, subtracted, end); }
        if (axis.covers(end)) { return true; }
    }
    return false;
}

// Whether the graph has the check that n is at least start + count.
constexpr bool is_checked(const ir::module& m, ir::extent n, ir::extent start, ir::extent count) {
    for (int i = 0; i + 1 < m.extent_checks.size; i += 2) {
        for (int side = 0; side < 2; ++side) {
            const ir::extent larger = m.extent_checks.data[i + side];
            if (m.extent_checks.data[i + 1 - side] != n || ir::is_known(larger)) { continue; }
            const ir::extent_expression& x = m.extents.data[-1 - larger];
            if (x.kind != ir::extent_kind::maximum || (x.a != n && x.b != n)) { continue; }
            extent_terms least;
            extent_terms end;
            least.add(m, x.a == n ? x.b : x.a);
            end.add(m, start);
            end.add(m, count);
            if (least.covers(end)) { return true; }
        }
    }
    return false;
}

// Whether a is count - 1, or 0 where count is, as module::extent_of makes it.
constexpr bool is_one_less(const ir::module& m, ir::extent a, ir::extent count) {
    if (ir::is_known(count)) { return a == (count > 0 ? count - 1 : 0); }
    const ir::extent_expression c = m.extents.data[-1 - count];
    if (c.kind == ir::extent_kind::sum && ir::is_known(c.b) && c.b == 1) { return a == c.a; }
    if (ir::is_known(a)) { return false; }
    const ir::extent_expression x = m.extents.data[-1 - a];
    if (c.kind == ir::extent_kind::sum && ir::is_known(c.b)) { return x.kind == c.kind && x.a == c.a && x.b == c.b - 1; }
    if (c.kind == ir::extent_kind::difference && ir::is_known(c.b)) { return x.kind == c.kind && x.a == c.a && x.b == c.b + 1; }
    return x.kind == ir::extent_kind::difference && x.a == count && x.b == 1;
}

// Whether the places start, start + step, ... (`count` of them) are known to lie inside an axis of extent n: by their numbers, by the terms
// of sums and differences, or because the graph has the check that they do.
constexpr bool lies_inside(const ir::module& m, ir::extent n, ir::extent start, std::int64_t step, ir::extent count) {
    constexpr std::int64_t bound = std::int64_t{1} << 47;
    if (step == 0 || step > bound || step < -bound || start > bound || count > bound) { return false; }
    if (count == 0) { return true; }
    if (ir::is_known(start) && ir::is_known(count)) {
        const std::int64_t by = step > 0 ? step : -step;
        if (count > 1 && (count - 1) > bound / by) { return false; }
        const std::int64_t last = start + (count - 1) * step;
        if (last < 0) { return false; }
        const std::int64_t reached = (step > 0 ? last : start) + 1;
        if (ir::is_known(n)) { return reached <= n; }
        extent_terms axis;
        axis.add(m, n);
        return axis.number >= reached || is_checked(m, n, 0, reached);
    }
    if (step == 1) { return ends_inside(m, n, start, count) || is_checked(m, n, start, count); }
    // The first `count` elements from the last of them on.
    return step == -1 && is_one_less(m, start, count) && (ends_inside(m, n, 0, count) || is_checked(m, n, 0, count));
}

// Whether an axis of extent n has `count` elements or more; where that is not known, the graph gets the check. False: it never has.
constexpr bool require_elements(ir::module& m, ir::extent n, ir::extent count) {
    if (n == count || lies_inside(m, n, 0, 1, count)) { return true; }
    ir::extent unused = 0;
    return m.unify(n, m.extent_of(ir::extent_kind::maximum, n, count), unused);
}

} // namespace damo::ops
