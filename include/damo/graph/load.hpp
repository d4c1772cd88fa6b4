// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <damo/graph/checked_nodes.hpp>
#include <damo/graph/save.hpp>

namespace damo {

namespace detail::files {

inline const ir::op_info* known_op(const std::string& name, const std::vector<const ir::op_info*>& more) {
    for (const ir::op_info* op : more) {
        if (name == op->qualified) { return op; }
    }
    for (const ir::op_info* op : {&ops::info_of<ops::custom_vjp_op>, &ops::info_of<ops::custom_derivatives_op>}) {
        if (name == op->qualified) { return op; }
    }
    for (const ir::op_info* op : ops::all_ops) {
        if (name == op->qualified) { return op; }
    }
    return nullptr;
}

inline std::vector<const ir::op_info*> read_ops(byte_reader& in, const std::vector<const ir::op_info*>& more) {
    for (const ir::op_info* op : more) {
        if (op == nullptr) { refuse("load was given a null pointer among the further ops: name each as &damo::ops::info_of<my_op>"); }
    }
    std::vector<const ir::op_info*> found;
    for (std::uint32_t i = in.count(8); i > 0; --i) {
        const std::string name = in.text();
        const std::uint32_t version = in.u32();
        const ir::op_info* op = known_op(name, more);
        const std::string shown = printable(name);
        if (op == nullptr) { refuse("the graph needs the op " + shown + ", which is not known here: name it as a further op of load, or load it with the version of damo that has it"); }
        if (version != op->facts.version) {
            refuse("the graph was stored with version " + std::to_string(version) + " of the op " + shown + ", which means something else in version " +
                   std::to_string(op->facts.version) + ", the one here: load it with the version of damo that stored it");
        }
        found.push_back(op);
    }
    return found;
}

// Everything in front of the nodes: the extents and types they use, and the regions of loops, still without their nodes.
inline void read_types(byte_reader& in, checked_nodes& into) {
    for (std::uint32_t i = in.count(17, most_extents); i > 0; --i) {
        const std::uint32_t kind = in.u8();
        const std::int64_t a = in.i64();
        into.add_extent(kind, a, in.i64());
    }
    for (std::uint32_t i = in.count(16, most_checks); i > 0; --i) {
        const std::int64_t a = in.i64();
        into.add_check(a, in.i64());
    }
    for (std::uint32_t i = in.count(2, most_types); i > 0; --i) {
        ir::tensor_type t;
        const std::uint32_t element = in.u8();
        const std::uint32_t rank = in.u8();
        if (element > static_cast<std::uint32_t>(dtype::complex128) || rank > static_cast<std::uint32_t>(ir::max_rank)) { refuse("a type in the file of a graph has no element type, or more than 8 axes"); }
        t.element = static_cast<dtype>(element);
        t.rank = static_cast<std::int8_t>(rank);
        for (std::uint32_t k = 0; k < rank; ++k) { t.extents[k] = in.i64(); }
        into.add_type(t);
    }
    std::vector<std::uint32_t> nodes;
    for (std::uint32_t i = in.count(8); i > 0; --i) {
        const std::uint64_t parameters = in.u32();
        const std::uint64_t results = in.u32();
        if (parameters + results > in.left() / 4) { refuse("a count in the file of a graph is larger than what can follow"); }
        nodes.clear();
        for (std::uint64_t k = 0; k < parameters + results; ++k) { nodes.push_back(in.u32()); }
        into.add_region(nodes, static_cast<std::size_t>(parameters));
    }
}

// The arrays behind the graph. Memory is asked for when the elements are there.
inline named_arrays read_values(byte_reader& in) {
    named_arrays all;
    for (std::uint32_t i = in.count(6); i > 0; --i) {
        const std::string name = in.text();
        const std::uint32_t element = in.u8();
        const std::uint32_t rank = in.u8();
        if (element == 0 || element > static_cast<std::uint32_t>(dtype::complex128) || rank > static_cast<std::uint32_t>(max_rank)) { refuse("an array in the file of a graph has no element type, or more than 8 axes"); }
        const auto t = static_cast<dtype>(element);
        std::int64_t extents[max_rank] = {};
        std::int64_t elements = 1;
        for (std::uint32_t k = 0; k < rank; ++k) {
            extents[k] = in.i64();
            if (extents[k] < 0 || extents[k] > std::int64_t{1} << 31) { refuse("an array in the file of a graph has an extent below 0 or above 2^31"); }
            elements = ir::multiplied(elements, extents[k]);
        }
        if (static_cast<std::uint64_t>(elements) > in.left() / static_cast<std::size_t>(size_of(t))) { refuse("an array in the file of a graph is larger than what can follow"); }
        any_array x(t, static_cast<int>(rank), extents);
        const std::string_view bytes = in.raw(x.bytes());
        for (std::size_t k = 0; t == dtype::boolean && k < bytes.size(); ++k) {
            if (static_cast<unsigned char>(bytes[k]) > 1) { refuse("an array of booleans in the file of a graph holds something else"); }
        }
        if (!bytes.empty()) { std::memcpy(x.data(), bytes.data(), bytes.size()); }
        if (!all.emplace(name, std::move(x)).second) { refuse("the file of a graph holds two arrays of one name"); }
    }
    return all;
}

using graph_and_values = std::pair<damo::graph, named_arrays>;
graph_and_values read_graph(std::string_view bytes, const std::vector<const ir::op_info*>& more, int depth);

inline std::vector<derivative_graphs> read_derivatives(byte_reader& in, const std::vector<const ir::op_info*>& more, int depth) {
    std::vector<derivative_graphs> all;
    if (depth >= deepest_derivatives) { refuse("the file of a graph has derivatives inside derivatives, deeper than files may"); }
    for (std::uint32_t i = in.count(12); i > 0; --i) {
        derivative_graphs d;
        for (std::uint32_t k = in.count(1); k > 0; --k) { d.given.push_back(in.u8() != 0); }
        const auto graph_of = [&](const std::string& bytes) { return std::make_unique<damo::graph>(read_graph(bytes, more, depth + 1).first); };
        d.backward = graph_of(in.text());
        if (const std::string forward = in.text(); !forward.empty()) { d.forward = graph_of(forward); }
        all.push_back(std::move(d));
    }
    return all;
}

inline graph_and_values read_graph(std::string_view bytes, const std::vector<const ir::op_info*>& more, int depth) {
    if (bytes.size() < header_size || bytes.substr(0, magic.size()) != magic) { refuse("this is no file of a graph, or it was changed on its way as if it were a text"); }
    byte_reader header(bytes.substr(magic.size()));
    const std::uint32_t version = header.u32();
    if ((version != format_version && version != format_version_with_derivatives) || header.u32() != 0) {
        refuse("the file is of format " + std::to_string(version) + "; this version of damo reads formats " + std::to_string(format_version) + " and " + std::to_string(format_version_with_derivatives) + ": store the graph anew with a version of damo that reads it");
    }
    const std::uint64_t size = header.get(8);
    const std::string_view payload = bytes.substr(header_size);
    if (size != payload.size()) { refuse("the file of a graph should have " + std::to_string(size) + " bytes after its head, but has " + std::to_string(payload.size()) + ": it was cut off"); }
    if (header.get(8) != checksum(payload)) { refuse("the file of a graph is damaged: its checksum does not fit"); }

    byte_reader in(payload);
    const std::vector<const ir::op_info*> ops = read_ops(in, more);
    std::vector<std::string> names;
    for (std::uint32_t i = in.count(4); i > 0; --i) {
        names.push_back(in.text());
        if (names.back().find('\0') != std::string::npos) { refuse("the name of an input must not hold a zero byte"); }
    }
    std::vector<derivative_graphs> derivatives;
    if (version == format_version_with_derivatives) { derivatives = read_derivatives(in, more, depth); }
    checked_nodes nodes(static_cast<int>(names.size()));
    read_types(in, nodes);
    const std::uint32_t node_count = in.count(16);
    nodes.expect(node_count);
    std::vector<ir::index> args;
    std::vector<std::int64_t> attributes;
    for (std::uint32_t n = 0; n < node_count; ++n) {
        const std::uint32_t op = in.u32();
        const std::uint32_t type = in.u32();
        const std::uint32_t arg_count = in.u32();
        const std::uint32_t attribute_count = in.u32();
        if (op >= ops.size()) { refuse("a node in the file of a graph has no op"); }
        if (arg_count > in.left() / 4 || attribute_count > in.left() / 8) { refuse("a count in the file of a graph is larger than what can follow"); }
        args.clear();
        attributes.clear();
        for (std::uint32_t k = 0; k < arg_count; ++k) { args.push_back(static_cast<ir::index>(in.u32())); }
        for (std::uint32_t k = 0; k < attribute_count; ++k) { attributes.push_back(in.i64()); }
        const std::uint64_t bits = ops[op]->id == damo::ops::constant.id ? in.get(8) : 0;
        if (has_derivative_by_hand(*ops[op])) {
            const bool there = attributes.size() == 1 && attributes[0] >= 0 && static_cast<std::size_t>(attributes[0]) < derivatives.size() && derivatives[static_cast<std::size_t>(attributes[0])].backward != nullptr;
            std::vector<ir::tensor_type> operands;
            for (const ir::index a : args) {
                if (nodes.knows(a)) { operands.push_back(nodes.type_of(a)); }
            }
            if (!there || operands.size() != args.size() || operands.empty() || !fits(derivatives[static_cast<std::size_t>(attributes[0])], operands)) {
                refuse("a node in the file of a graph has a derivative by hand that is not there, or does not fit it");
            }
            attributes[0] = registered(std::move(derivatives[static_cast<std::size_t>(attributes[0])]));
        }
        nodes.add(*ops[op], type, args, attributes, bits);
    }
    std::vector<ir::index> outputs;
    for (std::uint32_t i = in.count(4); i > 0; --i) { outputs.push_back(nodes.output(in.u32())); }
    std::vector<const char*> files;
    for (std::uint32_t i = in.count(4); i > 0; --i) { files.push_back(lasting_name(in.text())); }
    for (std::uint32_t n = 0; n < node_count && !files.empty(); ++n) {
        const std::uint32_t file = in.u32();
        const std::uint32_t line = in.u32();
        if (file > files.size() || line > 0x7FFFFFFFu) { refuse("the place of a node in the file of a graph does not exist"); }
        if (file > 0) { nodes.locate(n, {files[file - 1], static_cast<int>(line)}); }
    }
    named_arrays values = read_values(in);
    if (in.left() > 0) { refuse("the file of a graph has bytes after its end"); }
    return {damo::graph::of_nodes(nodes.finish(), std::move(outputs), std::move(names)), std::move(values)};
}

} // namespace detail::files

// The graph that to_bytes gave, and the arrays that were stored with it. Every byte may be wrong: what comes out is a graph that the library could have made, or file_error. Each
// node's operands, attributes and type are checked, the type by inferring it again; loops are checked to be closed. Further ops are named,
// as in {&damo::ops::info_of<half_op>}. Time and memory are proportional to the size.
inline std::pair<graph, named_arrays> from_bytes_with_values(std::string_view bytes, std::initializer_list<const ir::op_info*> more = {}) {
    return detail::files::read_graph(bytes, std::vector<const ir::op_info*>(more), 0);
}
inline graph from_bytes(std::string_view bytes, std::initializer_list<const ir::op_info*> more = {}) { return from_bytes_with_values(bytes, more).first; }

// Reads the graph from a file, the second one with the arrays that were stored with it. Errors: file_error.
inline std::pair<graph, named_arrays> load_with_values(const std::string& path, std::initializer_list<const ir::op_info*> more = {}) {
    return from_bytes_with_values(detail::files::read(path), more);
}
inline graph load(const std::string& path, std::initializer_list<const ir::op_info*> more = {}) { return from_bytes(detail::files::read(path), more); }

} // namespace damo
