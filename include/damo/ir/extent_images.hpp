// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ir/module.hpp>

namespace damo::ir {

// What the extents of one module become in another, in which its nodes are made again with other inputs.
class extent_images {
  public:
    constexpr extent operator()(extent e) const { return is_known(e) ? e : images_.data[-1 - e]; }

    // axis_of(input, axis) is the extent of that axis of what the input becomes. False when two extents that `from` needs equal become
    // different numbers: a and b then hold them.
    template <class AxisOf>
    constexpr bool fill(const module& from, module& to, AxisOf axis_of, extent& a, extent& b) {
        // Operands of an expression are older than it.
        for (int i = 0; i < from.extents.size; ++i) {
            const extent_expression& e = from.extents.data[i];
            images_.push(e.kind == extent_kind::input_axis ? axis_of(static_cast<int>(e.a), ir::axis_of(e))
                         : e.kind == extent_kind::named    ? to.extent_of(e.kind, e.a, e.b)
                                                           : to.extent_of(e.kind, (*this)(e.a), (*this)(e.b)));
        }
        extent ignored = 0;
        for (int i = 0; i + 1 < from.extent_checks.size; i += 2) {
            a = (*this)(from.extent_checks.data[i]);
            b = (*this)(from.extent_checks.data[i + 1]);
            if (!to.unify(a, b, ignored)) { return false; }
        }
        return true;
    }

  private:
    core::pool<extent> images_;
};

} // namespace damo::ir
