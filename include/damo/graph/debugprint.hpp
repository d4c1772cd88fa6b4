// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <damo/graph/graph.hpp>
#include <damo/ir/notation.hpp>
#include <damo/plan/arrays.hpp>
#include <damo/plan/lower.hpp>
#include <damo/plan/print.hpp>

namespace damo {

// What a node cost, where somebody measured it.
struct node_cost {
    std::int64_t nanoseconds = 0;
    std::int64_t bytes = 0;
};
// By the node of the graph.
using node_profile = std::map<ir::index, node_cost>;

// What a step of the plan cost: a group of fused nodes, or a call of a library. By its number in plan_to_string.
struct group_cost {
    std::int64_t nanoseconds = 0;
    bool machine_code = false; // it was compiled
};
using group_profile = std::map<int, group_cost>;

namespace detail::inspect {

inline std::string text_of(const core::sentence& s) { return {s.data(), static_cast<std::size_t>(s.size())}; }
inline std::string type_of(const ir::module& m, ir::index n) {
    core::sentence s;
    ir::detail::notation::write_type(s, m, m.type_of(n));
    return text_of(s);
}
// What a node does: the name and attributes of its op, the name of an input, a number.
inline std::string label_of(const ir::module& m, ir::index n, const ir::input_names& names) {
    core::sentence s;
    if (m.nodes.data[n].op->facts.kind == ir::op_kind::leaf) { ir::detail::notation::write_leaf(s, m, n, names); }
    else {
        s << m.nodes.data[n].op->name;
        ir::detail::notation::write_attributes(s, m, n, " ");
    }
    return text_of(s);
}
inline std::string place_of(const ir::module& m, ir::index n) {
    const ir::location& at = m.locations.data[n];
    return at.file == nullptr ? std::string() : std::string(at.file) + ":" + std::to_string(at.line);
}
inline std::string cost_of(const node_profile& profile, ir::index n) {
    const auto found = profile.find(n);
    return found == profile.end() ? std::string() : std::to_string(found->second.nanoseconds) + " ns, " + std::to_string(found->second.bytes) + " bytes";
}
inline std::vector<const char*> names_of(const damo::graph& g) {
    std::vector<const char*> list;
    for (int i = 0; i < g.input_count(); ++i) { list.push_back(g.input_name(i).c_str()); }
    return list;
}

// A plan that is made at run time, in the form that the printer reads.
struct plan_view {
    const core::pool<plan::loop_instruction>& code;
    const core::pool<plan::loop_pass>& passes;
    const core::pool<plan::stream>& streams;
    const core::pool<plan::step>& steps;
    const core::pool<plan::view_step>& views;
    const core::pool<plan::buffer>& buffers;
    const core::pool<plan::buffer_slot>& slots;
    const core::pool<plan::block>& blocks;
    const core::pool<plan::loop_carry>& carries;
    const core::pool<std::int32_t>& operands;
    const core::pool<ir::extent_expression>& extents;
    plan::plan_sizes used;
    int counts;
};

// The plan of a graph, made again as the executor makes it.
class planned {
  public:
    ir::module low;
    plan::plan_draft draft;

    explicit planned(const damo::graph& g) : used_(g.nodes(), g.outputs().data(), g.output_count()), lower_(start(g), low, used_.uses.data) {
        std::vector<ir::index> roots = g.outputs();
        lower_.lower(roots.data(), g.output_count());
        if (low.failed) { low.raise_mistake(); }
        draft.keeps_steps = true;
        plan::plan_arrays(low, roots.data(), g.output_count(), draft);
    }
    // What node n of the graph was lowered to, or 0.
    ir::index image_of(ir::index n) const { return used_.uses.data[n] > 0 ? lower_.image_of(n) : 0; }
    std::string to_string() const {
        plan::plan_sizes sizes;
        sizes.steps = draft.steps.size;
        sizes.blocks = draft.blocks.size;
        sizes.views = draft.views.size;
        sizes.buffers = draft.buffers.size;
        sizes.slots = draft.slots.size;
        sizes.code = draft.code.size;
        sizes.streams = draft.streams.size;
        sizes.carries = draft.carries.size;
        const plan_view view{draft.code, draft.passes, draft.streams, draft.steps, draft.views, draft.buffers, draft.slots, draft.blocks, draft.carries, draft.operands, low.extents, sizes, draft.counts};
        core::sentence out;
        plan::write(view, out);
        return text_of(out);
    }

  private:
    rewrite::usage used_;
    plan::lowering lower_;

    const ir::module& start(const damo::graph& g) {
        rewrite::copy_extents(g.nodes(), low);
        return g.nodes();
    }
};

} // namespace detail::inspect

// Every output as an indented tree with all there is to know of a node: its number, type, what it cost, where in the source it was made. What
// occurs again is written once and by its number afterwards.
//
//     [5] add: float64[n0]  (model.cpp:12)  used 2 times
//       [3] exp: float64[n0]  (model.cpp:11)
inline std::string debugprint(const graph& g, const node_profile& profile = {}) {
    namespace inspect = detail::inspect;
    const ir::module& m = g.nodes();
    const std::vector<const char*> list = inspect::names_of(g);
    const ir::input_names names{list.data(), static_cast<int>(list.size())};
    const ir::detail::notation::use_counts used(m, g.outputs().data(), g.output_count());
    struct entry {
        ir::index node;
        int depth;
        int output;
        int body; // of this loop the node is a result of the body
    };
    std::vector<entry> left;
    for (int o = g.output_count() - 1; o >= 0; --o) { left.push_back({g.outputs()[static_cast<std::size_t>(o)], 0, o, 0}); }
    std::vector<bool> seen(static_cast<std::size_t>(m.nodes.size), false);
    std::string out;
    while (!left.empty()) {
        const entry e = left.back();
        left.pop_back();
        const ir::node& x = m.nodes.data[e.node];
        if (e.output >= 0) { out += "output " + std::to_string(e.output) + "\n"; }
        out.append(static_cast<std::size_t>(2 * (e.depth + 1)), ' ').append("[" + std::to_string(e.node) + "] ");
        if (e.body != 0) { out += "body of [" + std::to_string(e.body) + "]: "; }
        out += inspect::label_of(m, e.node, names);
        const bool again = seen[static_cast<std::size_t>(e.node)] && (x.arg_count > 0 || ir::has_region(x));
        if (again) {
            out += ": see above\n";
            continue;
        }
        seen[static_cast<std::size_t>(e.node)] = true;
        out += ": " + inspect::type_of(m, e.node);
        const std::string place = inspect::place_of(m, e.node);
        if (!place.empty()) { out += "  (" + place + ")"; }
        if (used.uses.data[e.node] > 1) { out += "  used " + std::to_string(used.uses.data[e.node]) + " times"; }
        const std::string cost = inspect::cost_of(profile, e.node);
        if (!cost.empty()) { out += "  " + cost; }
        out += '\n';
        // Deep graphs are not indented without end.
        const int depth = e.depth < 60 ? e.depth + 1 : e.depth;
        if (ir::has_region(x)) {
            const ir::region& r = m.regions.data[ir::region_of(m, e.node)];
            for (int k = r.result_count - 1; k >= 0; --k) { left.push_back({m.region_nodes.data[r.first_result + k], depth, -1, e.node}); }
        }
        for (int k = x.arg_count - 1; k >= 0; --k) { left.push_back({m.arg(e.node, k), depth, -1, 0}); }
    }
    return out;
}

// The steps that compute the graph: which nodes share a loop, what the library does, which buffer takes whose memory (plan/print.hpp).
inline std::string plan_to_string(const graph& g) { return detail::inspect::planned(g).to_string(); }

} // namespace damo
