// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ops/all.hpp>

namespace damo::plan {

// Which axis of a loop nest each axis of an array moves with: four bits an axis, the axis of the nest plus 1, or 0 for an axis of extent
// 1 or one that is repeated.
using axis_map = std::uint32_t;

constexpr axis_map digit(axis_map map, int axis) { return map >> (4 * axis) & 15u; }
constexpr axis_map put(axis_map map, int axis, axis_map d) { return map | d << (4 * axis); }

// A set of axes of the nest: bit k is axis k.
constexpr std::uint32_t axes_of(axis_map map) {
    std::uint32_t set = 0;
    for (; map; map >>= 4) {
        if (map & 15u) { set |= 1u << ((map & 15u) - 1); }
    }
    return set;
}

// The types of a graph with one name for each extent: those that the checks of a call make equal are the same.
class shapes {
  public:
    constexpr explicit shapes(const ir::module& graph) : m(graph) {
        stands_for_.grow_to(m.extents.size);
        for (int i = 0; i < m.extents.size; ++i) { stands_for_.data[i] = -1 - i; }
        for (int i = 0; i + 1 < m.extent_checks.size; i += 2) {
            ir::extent a = find(m.extent_checks.data[i]);
            ir::extent b = find(m.extent_checks.data[i + 1]);
            if (a == b || (ir::is_known(a) && ir::is_known(b))) { continue; }
            // The number, else the older symbol.
            if (ir::is_known(b) || (!ir::is_known(a) && b > a)) {
                const ir::extent t = a;
                a = b;
                b = t;
            }
            stands_for_.data[-1 - b] = a;
        }
    }
    constexpr ir::extent find(ir::extent e) const {
        while (!ir::is_known(e) && -1 - e < stands_for_.size && stands_for_.data[-1 - e] != e) { e = stands_for_.data[-1 - e]; }
        return e;
    }
    constexpr ir::extent extent(ir::index n, int axis) const { return find(m.type_of(n).extents[axis]); }
    constexpr int rank(ir::index n) const { return m.type_of(n).rank; }

    // Extents other than 1, in order.
    constexpr int space(ir::index n, ir::extent* out) const {
        int count = 0;
        for (int k = 0; k < rank(n); ++k) {
            const ir::extent e = extent(n, k);
            if (e != 1) { out[count++] = e; }
        }
        return count;
    }

    // The map of an operand that meets a result of this map by broadcasting.
    constexpr axis_map aligned(ir::index result, axis_map map, ir::index operand) const {
        const int shift = rank(result) - rank(operand);
        axis_map out = 0;
        for (int k = 0; k < rank(operand); ++k) {
            if (extent(operand, k) != 1) { out = put(out, k, digit(map, k + shift)); }
        }
        return out;
    }

    // For a node that holds the elements of its operand in other places without arithmetic on positions: reshape by axes of extent 1,
    // transpose, broadcast, folding axes of extent 1. Gives the operand's map.
    constexpr bool looks_through(ir::index n, axis_map map, axis_map& out) const {
        const ir::node& x = m.nodes.data[n];
        const std::uint32_t op = x.op->id;
        out = 0;
        if (op == ops::id_of<ops::broadcast_to_op>) {
            out = aligned(n, map, m.arg(n, 0));
            return true;
        }
        if (op == ops::id_of<ops::transpose_op>) {
            const ir::index a = m.arg(n, 0);
            for (int k = 0; k < rank(n); ++k) {
                const int from = static_cast<int>(m.attribute(n, k));
                if (extent(a, from) != 1) { out = put(out, from, digit(map, k)); }
            }
            return true;
        }
        const bool reshapes = op == ops::id_of<ops::reshape_op>;
        if (!reshapes && !folds_nothing(n)) { return false; }
        const ir::index a = m.arg(n, 0);
        ir::extent mine[ir::max_rank] = {};
        ir::extent theirs[ir::max_rank] = {};
        const int count = space(n, mine);
        if (count != space(a, theirs)) { return false; }
        for (int k = 0; k < count; ++k) {
            if (mine[k] != theirs[k]) { return false; }
        }
        int next = 0;
        for (int k = 0; k < rank(a); ++k) {
            if (extent(a, k) == 1) { continue; }
            while (extent(n, next) == 1) { ++next; }
            out = put(out, k, digit(map, next++));
        }
        return true;
    }
    constexpr bool looks_through(ir::index n) const {
        axis_map unused = 0;
        return looks_through(n, 0, unused);
    }

    constexpr bool is_position(ir::index n) const {
        const std::uint32_t op = m.nodes.data[n].op->id;
        return op == ops::id_of<ops::argmax_op> || op == ops::id_of<ops::argmin_op>;
    }
    // A reduction over axes of extent 1 only.
    constexpr bool folds_nothing(ir::index n) const {
        if (m.nodes.data[n].op->facts.kind != ir::op_kind::reduction || is_position(n)) { return false; }
        const ir::index a = m.arg(n, 0);
        for (int k = 0; k < rank(a); ++k) {
            if ((m.attribute(n, 0) >> k & 1) && extent(a, k) != 1) { return false; }
        }
        return true;
    }
    // The map of a reduction's operand when its kept axes have this map and its folded ones take the axes given, in order.
    constexpr axis_map below_reduction(ir::index n, axis_map map, const int* folded) const {
        const ir::index a = m.arg(n, 0);
        const bool keep = m.attribute(n, 1) != 0;
        axis_map out = 0;
        int mine = 0;
        int next = 0;
        for (int k = 0; k < rank(a); ++k) {
            const bool gone = m.attribute(n, 0) >> k & 1;
            if (extent(a, k) != 1) { out = put(out, k, gone ? static_cast<axis_map>(folded[next++] + 1) : digit(map, mine)); }
            if (!gone || keep) { ++mine; }
        }
        return out;
    }

    const ir::module& m;

  private:
    core::pool<ir::extent> stands_for_;
};

} // namespace damo::plan
