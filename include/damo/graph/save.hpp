// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <bit>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <damo/core/named_arrays.hpp>
#include <damo/graph/graph.hpp>
#include <damo/graph/graph_file.hpp>
#include <damo/graph/stored_derivative.hpp>

namespace damo {

// Whether a file keeps where in the source each node was made.
enum class save_places : bool { no, yes };

namespace detail::files {

inline std::string graph_bytes(const damo::graph& g, const named_arrays& values, save_places places, int depth) {
    const ir::module& m = g.nodes();
    byte_writer out;
    std::vector<const ir::op_info*> ops;
    std::unordered_map<std::uint32_t, std::uint32_t> op_number;
    for (ir::index n = 1; n < m.nodes.size; ++n) {
        const ir::op_info* op = m.nodes.data[n].op;
        if (op->facts.kind == ir::op_kind::host) {
            refuse("a file holds graphs of ops alone; this one calls a host function, which lives in the program that made it: save the graph without it");
        }
        if (op_number.emplace(op->id, static_cast<std::uint32_t>(ops.size())).second) { ops.push_back(op); }
    }
    out.u32(ops.size());
    for (const ir::op_info* op : ops) {
        out.text(op->qualified);
        out.u32(op->facts.version);
    }
    out.u32(static_cast<std::uint64_t>(g.input_count()));
    for (int i = 0; i < g.input_count(); ++i) { out.text(g.input_name(i)); }
    // By node, with the number of its derivative in the file.
    std::unordered_map<ir::index, std::int64_t> derivative;
    for (ir::index n = 1; n < m.nodes.size; ++n) {
        if (has_derivative_by_hand(*m.nodes.data[n].op)) { derivative.emplace(n, static_cast<std::int64_t>(derivative.size())); }
    }
    if (!derivative.empty()) {
        if (depth >= deepest_derivatives) { refuse("a derivative by hand that calls its own function, and so has derivatives of every order, cannot be stored: write it with the result, or with other functions"); }
        out.u32(derivative.size());
        for (ir::index n = 1; n < m.nodes.size; ++n) {
            if (derivative.count(n) == 0) { continue; }
            const derivative_graphs d = recorded_derivative(m, n);
            out.u32(d.given.size());
            for (const bool b : d.given) { out.u8(b); }
            out.text(graph_bytes(*d.backward, {}, places, depth + 1));
            out.text(d.forward != nullptr ? graph_bytes(*d.forward, {}, places, depth + 1) : std::string());
        }
    }
    out.u32(static_cast<std::uint64_t>(m.extents.size));
    for (int i = 0; i < m.extents.size; ++i) {
        out.u8(static_cast<std::uint64_t>(m.extents.data[i].kind));
        out.i64(m.extents.data[i].a);
        out.i64(m.extents.data[i].b);
    }
    out.u32(static_cast<std::uint64_t>(m.extent_checks.size / 2));
    for (int i = 0; i < m.extent_checks.size / 2 * 2; ++i) { out.i64(m.extent_checks.data[i]); }
    out.u32(static_cast<std::uint64_t>(m.types.size));
    for (int i = 0; i < m.types.size; ++i) {
        const ir::tensor_type& t = m.types.data[i];
        out.u8(static_cast<std::uint64_t>(t.element));
        out.u8(static_cast<std::uint64_t>(t.rank));
        for (int k = 0; k < t.rank; ++k) { out.i64(t.extents[k]); }
    }
    out.u32(static_cast<std::uint64_t>(m.regions.size));
    for (int r = 0; r < m.regions.size; ++r) {
        const ir::region& x = m.regions.data[r];
        out.u32(static_cast<std::uint64_t>(x.parameter_count));
        out.u32(static_cast<std::uint64_t>(x.result_count));
        for (int k = 0; k < x.parameter_count; ++k) { out.u32(static_cast<std::uint64_t>(m.region_nodes.data[x.first_parameter + k])); }
        for (int k = 0; k < x.result_count; ++k) { out.u32(static_cast<std::uint64_t>(m.region_nodes.data[x.first_result + k])); }
    }
    out.u32(static_cast<std::uint64_t>(m.nodes.size - 1));
    for (ir::index n = 1; n < m.nodes.size; ++n) {
        const ir::node& x = m.nodes.data[n];
        out.u32(op_number.at(x.op->id));
        out.u32(static_cast<std::uint64_t>(x.type));
        out.u32(static_cast<std::uint64_t>(x.arg_count));
        out.u32(static_cast<std::uint64_t>(x.attribute_count));
        for (int k = 0; k < x.arg_count; ++k) { out.u32(static_cast<std::uint64_t>(m.arg(n, k))); }
        for (int k = 0; k < x.attribute_count; ++k) { out.i64(derivative.count(n) != 0 ? derivative.at(n) : m.attribute(n, k)); }
        if (ops::is_constant(m, n)) { out.i64(static_cast<std::int64_t>(x.bits)); }
    }
    out.u32(static_cast<std::uint64_t>(g.output_count()));
    for (const ir::index n : g.outputs()) { out.u32(static_cast<std::uint64_t>(n)); }
    // Places in the source: the files, then file and line of each node.
    std::vector<std::string_view> files;
    std::unordered_map<std::string_view, std::uint32_t> file_number;
    std::vector<std::uint32_t> file_of(static_cast<std::size_t>(m.nodes.size), 0);
    for (ir::index n = 1; n < m.nodes.size && places == save_places::yes; ++n) {
        if (m.locations.data[n].file == nullptr) { continue; }
        const std::string_view file = m.locations.data[n].file;
        const auto [at, fresh] = file_number.emplace(file, static_cast<std::uint32_t>(files.size() + 1));
        if (fresh) { files.push_back(file); }
        file_of[static_cast<std::size_t>(n)] = at->second;
    }
    out.u32(files.size());
    for (const std::string_view file : files) { out.text(file); }
    for (ir::index n = 1; n < m.nodes.size && !files.empty(); ++n) {
        out.u32(file_of[static_cast<std::size_t>(n)]);
        out.u32(static_cast<std::uint64_t>(m.locations.data[n].line));
    }
    static_assert(std::endian::native == std::endian::little, "elements are stored as they lie in memory, which must be little-endian");
    out.u32(values.size());
    for (const auto& [name, x] : values) {
        if (x.is_empty()) { refuse("the array \"" + name + "\" has no element type and cannot be stored: give it a value first"); }
        out.text(name);
        out.u8(static_cast<std::uint64_t>(x.element()));
        out.u8(static_cast<std::uint64_t>(x.rank()));
        for (int k = 0; k < x.rank(); ++k) { out.i64(x.extent(k)); }
        if (x.bytes() > 0) { out.bytes.append(static_cast<const char*>(x.data()), x.bytes()); }
    }
    byte_writer whole;
    whole.bytes = magic;
    whole.u32(derivative.empty() ? format_version : format_version_with_derivatives);
    whole.u32(0);
    whole.i64(static_cast<std::int64_t>(out.bytes.size()));
    whole.i64(static_cast<std::int64_t>(checksum(out.bytes)));
    return whole.bytes + out.bytes;
}

} // namespace detail::files

// The graph as the bytes of a file (docs/graph_files.md), with arrays by name: those of its shared variables, or any others. The same graph
// gives the same bytes everywhere. Derivatives given by hand are stored as the graphs that they make.
inline std::string to_bytes(const graph& g, const named_arrays& values, save_places places = save_places::yes) { return detail::files::graph_bytes(g, values, places, 0); }

inline std::string to_bytes(const graph& g, save_places places = save_places::yes) { return to_bytes(g, {}, places); }

// Writes the graph to a file, with values if they are given. Errors: file_error; a file that was there before then stays as it was.
inline void save(const std::string& path, const graph& g, save_places places = save_places::yes) { detail::files::write(path, to_bytes(g, places)); }
inline void save(const std::string& path, const graph& g, const named_arrays& values, save_places places = save_places::yes) {
    detail::files::write(path, to_bytes(g, values, places));
}

} // namespace damo
