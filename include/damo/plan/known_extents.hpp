// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/plan/array_plan.hpp>

namespace damo::plan {

// The extents of a graph that a call knows before its steps run: those of inputs, those that something before finds, and what is made of them.
class known_extents {
  public:
    // found: names that stand for numbers of steps, and are found before.
    constexpr explicit known_extents(const ir::module& graph, const core::pool<ir::extent>& found) : m(graph) {
        for (ir::index n = 1; n < m.nodes.size; ++n) {
            if (m.nodes.data[n].op->id != ir::input_id) { continue; }
            const ir::tensor_type& t = m.type_of(n);
            for (int k = 0; k < t.rank; ++k) { note(t.extents[k]); }
        }
        for (int k = 0; k < found.size; ++k) { note(found.data[k]); }
    }
    constexpr bool has(ir::extent e) const { return ir::is_known(e) || (-1 - e < known_.size && known_.data[-1 - e]); }
    // A name that is found before the steps run.
    constexpr void note(ir::extent e) {
        if (ir::is_known(e)) { return; }
        while (noted_.size < -e) { noted_.push(false); }
        noted_.data[-1 - e] = true;
    }
    // Looks at all extents that the graph has by now. Operands of an expression are older than it.
    constexpr void extend() {
        known_.size = 0;
        for (int i = 0; i < m.extents.size; ++i) {
            const ir::extent_expression& e = m.extents.data[i];
            known_.push(e.kind == ir::extent_kind::input_axis || (i < noted_.size && noted_.data[i]) || (ir::has_operands(e.kind) && has(e.a) && has(e.b)));
        }
    }
    // Whether a plan of the graph asks for one that is not known.
    constexpr bool misses(const plan_draft& d, const ir::index* outputs, int output_count) {
        extend();
        bool all = true;
        const auto check = [&](const ir::extent* extents, int rank) {
            for (int k = 0; k < rank; ++k) { all = all && has(extents[k]); }
        };
        for (int i = 0; i < d.buffers.size; ++i) { check(d.buffers.data[i].extents, d.buffers.data[i].rank); }
        for (int o = 0; o < output_count; ++o) { check(m.type_of(outputs[o]).extents, m.type_of(outputs[o]).rank); }
        for (int i = 0; i < d.steps.size; ++i) {
            const step& s = d.steps.data[i];
            if (s.kind == step_kind::nest) { check(s.extents, s.rank); }
            check(&s.alpha.over_extent, 1);
            check(&s.beta.over_extent, 1);
        }
        for (int i = 0; i < d.code.size; ++i) {
            const auto e = static_cast<ir::extent>(d.code.data[i].bits);
            if (d.code.data[i].does == action::extent) { check(&e, 1); }
        }
        return !all;
    }

  private:
    const ir::module& m;
    core::pool<bool> noted_;
    core::pool<bool> known_;
};

} // namespace damo::plan
