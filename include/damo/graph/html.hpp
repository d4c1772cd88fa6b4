// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <damo/graph/debugprint.hpp>
#include <damo/graph/html_page.hpp>

namespace damo {

// What a page about a graph shows beside the graph.
struct page_options {
    std::string title = "graph";
    node_profile profile{};
    group_profile groups{};
    std::string memory{}; // memory_report::to_string
};

namespace detail::html {

// A text as a JSON string that may stand inside a script element of any page.
inline void put_text(std::string& out, std::string_view text) {
    constexpr char hex[] = "0123456789abcdef";
    out += '"';
    for (const char c : text) {
        const auto u = static_cast<unsigned char>(c);
        if (u < 0x20 || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' || u == 0x7F) { out.append("\\u00").append(1, hex[u >> 4]).append(1, hex[u & 15]); }
        else { out += c; }
    }
    out += '"';
}

// Which step of the plan computes each node, from 0, or -1: a node that is fused belongs to the first that uses it. With loops in the graph
// all are -1: their steps are planned block by block.
struct fusion_groups {
    std::vector<int> step;
    std::vector<bool> stored; // the value lies in memory

    explicit fusion_groups(const damo::graph& g) : fusion_groups(g, inspect::planned(g)) {}
    fusion_groups(const damo::graph& g, const inspect::planned& p) : step(static_cast<std::size_t>(g.nodes().nodes.size), -1), stored(step.size(), false) {
        const ir::module& m = g.nodes();
        if (m.regions.size > 0 || p.draft.blocks.size > 1) { return; }
        const ir::module& low = p.low;
        std::vector<int> group(static_cast<std::size_t>(low.nodes.size), -1);
        for (ir::index n = low.nodes.size - 1; n > 0; --n) {
            int& own = group[static_cast<std::size_t>(n)];
            if (n < p.draft.step_of.size && p.draft.step_of.data[n] >= 0) { own = p.draft.step_of.data[n]; }
            for (int k = 0; k < low.nodes.data[n].arg_count && own >= 0; ++k) {
                int& operand = group[static_cast<std::size_t>(low.arg(n, k))];
                if (operand < 0 && low.nodes.data[low.arg(n, k)].op->facts.kind != ir::op_kind::leaf) { operand = own; }
            }
        }
        for (ir::index n = 1; n < m.nodes.size; ++n) {
            const ir::index image = p.image_of(n);
            if (m.nodes.data[n].op->facts.kind == ir::op_kind::leaf || image == 0) { continue; }
            step[static_cast<std::size_t>(n)] = group[static_cast<std::size_t>(image)];
            stored[static_cast<std::size_t>(n)] = image < p.draft.stored.size && p.draft.stored.data[image];
        }
        // What lowering joined with its user, as a minus with a sum.
        for (ir::index n = m.nodes.size - 1; n > 0; --n) {
            for (int k = 0; k < m.nodes.data[n].arg_count; ++k) {
                int& operand = step[static_cast<std::size_t>(m.arg(n, k))];
                if (operand < 0 && m.nodes.data[m.arg(n, k)].op->facts.kind != ir::op_kind::leaf) { operand = step[static_cast<std::size_t>(n)]; }
            }
        }
    }
};

inline std::string data_of(const damo::graph& g, const page_options& options) {
    const ir::module& m = g.nodes();
    const std::vector<const char*> list = inspect::names_of(g);
    const ir::input_names names{list.data(), static_cast<int>(list.size())};
    const ir::detail::notation::use_counts used(m, g.outputs().data(), g.output_count());
    const inspect::planned plan(g);
    const fusion_groups groups(g, plan);
    std::string out = "{\"title\":";
    put_text(out, options.title);
    out += ",\"plan\":";
    put_text(out, plan.to_string());
    out += ",\"memory\":";
    put_text(out, options.memory);
    out += ",\"groups\":{";
    for (const auto& [number, cost] : options.groups) {
        out += (out.back() == '{' ? "\"" : ",\"") + std::to_string(number) + "\":{\"ns\":" + std::to_string(cost.nanoseconds) + ",\"code\":" + (cost.machine_code ? "1" : "0") + "}";
    }
    out += "}";
    out += ",\"formula\":";
    const std::string formula = g.to_string();
    put_text(out, formula.size() > 4000 ? formula.substr(0, 4000) + "..." : formula);
    out += ",\"outputs\":[";
    for (int i = 0; i < g.output_count(); ++i) { out += (i > 0 ? "," : "") + std::to_string(g.outputs()[static_cast<std::size_t>(i)]); }
    out += "],\"nodes\":[";
    bool more = false;
    for (ir::index n = 1; n < m.nodes.size; ++n) {
        const ir::node& x = m.nodes.data[n];
        if (used.uses.data[n] == 0) { continue; }
        out += more ? ",\n{" : "\n{";
        more = true;
        out += "\"id\":" + std::to_string(n) + ",\"label\":";
        put_text(out, inspect::label_of(m, n, names));
        out += ",\"type\":";
        put_text(out, inspect::type_of(m, n));
        out += ",\"place\":";
        put_text(out, inspect::place_of(m, n));
        out += ",\"leaf\":" + std::string(x.op->facts.kind == ir::op_kind::leaf ? "1" : "0") + ",\"step\":" + std::to_string(groups.step[static_cast<std::size_t>(n)]) +
               ",\"stored\":" + (groups.stored[static_cast<std::size_t>(n)] ? "1" : "0");
        const auto cost = options.profile.find(n);
        if (cost != options.profile.end()) { out += ",\"ns\":" + std::to_string(cost->second.nanoseconds) + ",\"bytes\":" + std::to_string(cost->second.bytes); }
        out += ",\"from\":[";
        for (int k = 0; k < x.arg_count; ++k) { out += (k > 0 ? "," : "") + std::to_string(m.arg(n, k)); }
        out += "],\"body\":[";
        if (ir::has_region(x)) {
            const ir::region& r = m.regions.data[ir::region_of(m, n)];
            for (int k = 0; k < r.result_count; ++k) { out += (k > 0 ? "," : "") + std::to_string(m.region_nodes.data[r.first_result + k]); }
        }
        out += "]}";
    }
    return out + "]}";
}

} // namespace detail::html

// A page about the graph, one file that needs no network: nodes with types and the places in the source that made them, coloured by the step
// of the plan that computes them; what lies in memory; the plan with its buffers; what each node and each step cost and what memory a call needs, where
// the options tell. Drag and wheel to move
// and zoom, type to search, click a node for all about it, double click to fold away what only it needs. O(nodes).
inline std::string to_html(const graph& g, const page_options& options = {}) {
    return std::string(detail::html::page_head) + detail::html::data_of(g, options) + std::string(detail::html::page_tail);
}

} // namespace damo
