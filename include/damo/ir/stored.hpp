// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <type_traits>

#include <damo/ir/region.hpp>
#include <damo/ir/storage_order.hpp>
#include <damo/ir/value.hpp>

namespace damo::ir {

inline constexpr int most_ops = 96;      // different ops in one stored graph
inline constexpr int longest_error = 1024; // characters of a sentence

// A graph at rest: what one constant evaluation leaves for the next. Words hold the nodes in order; ops are a table of pointers, so a
// stored graph must not be odr-used -- the executors read the lowered program instead.
template <int Words, int Ops, int Names, int Characters>
struct stored_graph {
    std::uint32_t words[Words > 0 ? Words : 1] = {};
    const op_info* ops[Ops > 0 ? Ops : 1] = {};
    const char* names[Names > 0 ? Names : 1] = {}; // rewrites applied, in order
    char message[Characters > 0 ? Characters : 1] = {};
    int word_count = 0; // needed; more than Words means that the buffer was too small
    int op_count = 0;
    int name_count = 0;
    int message_size = 0;
    int node_count = 0;
    int type_count = 0;
    int extent_count = 0;
    int check_count = 0;
    int output_count = 0;
    int region_count = 0;
    const char* error_file = nullptr;
    int error_line = 0;
    bool failed = false;
};

// Packs what the outputs need, and every input, into a buffer.
template <int Words>
constexpr auto pack(const module& m, const index* outputs, int output_count) {
    stored_graph<Words, most_ops, Words / 8, longest_error> s;
    s.failed = m.failed;
    s.output_count = output_count;
    if (m.failed) {
        s.message_size = m.error.size() < longest_error ? m.error.size() : longest_error;
        for (int i = 0; i < s.message_size; ++i) { s.message[i] = m.error.data()[i]; }
        s.error_file = m.error_place.file;
        s.error_line = m.error_place.line;
        return s;
    }
    int at = 0;
    const auto put = [&](std::uint32_t w) {
        if (at < Words) { s.words[at] = w; }
        ++at;
    };
    const auto put_long = [&](std::int64_t v) {
        put(static_cast<std::uint32_t>(v));
        put(static_cast<std::uint32_t>(v >> 32));
    };
    s.extent_count = m.extents.size;
    for (int i = 0; i < m.extents.size; ++i) {
        put(static_cast<std::uint32_t>(m.extents.data[i].kind));
        put_long(m.extents.data[i].a);
        put_long(m.extents.data[i].b);
    }
    s.check_count = m.extent_checks.size;
    for (int i = 0; i < m.extent_checks.size; ++i) { put_long(m.extent_checks.data[i]); }
    const storage_order stored(m, outputs, output_count);
    s.type_count = stored.types.size;
    for (int i = 0; i < stored.types.size; ++i) {
        const tensor_type& t = m.types.data[stored.types.data[i]];
        put(static_cast<std::uint32_t>(t.element) | static_cast<std::uint32_t>(t.rank) << 8);
        for (int k = 0; k < t.rank; ++k) { put_long(t.extents[k]); }
    }
    const index* const number = stored.number.data;
    int op_at[64] = {}; // by the upper bits of its id, where an op was put last
    s.node_count = stored.order.size;
    for (int i = 0; i < s.node_count; ++i) {
        const node& x = m.nodes.data[stored.order.data[i]];
        const std::uint32_t id = x.op->id;
        int op = op_at[id >> 26];
        if (op >= s.op_count || s.ops[op]->id != id) {
            op = 0;
            while (op < s.op_count && s.ops[op]->id != id) { ++op; }
            if (op == s.op_count && op < most_ops) { s.ops[s.op_count++] = x.op; }
            op_at[id >> 26] = op;
        }
        // Shared libraries have an op_info each for one op; one compilation has not.
        if (op < s.op_count && s.ops[op] != x.op && std::is_constant_evaluated() && !s.failed) {
            core::sentence text;
            module::say_one_name(text, *x.op);
            s.failed = true;
            s.message_size = text.size() < longest_error ? text.size() : longest_error;
            for (int k = 0; k < s.message_size; ++k) { s.message[k] = text.data()[k]; }
            s.error_file = m.locations.data[stored.order.data[i]].file;
            s.error_line = m.locations.data[stored.order.data[i]].line;
        }
        const int arg_count = x.arg_count;
        const int attribute_count = x.attribute_count;
        const bool has_bits = x.bits != 0;
        if (at + 4 + arg_count + 2 * attribute_count > Words) {
            at += 4 + arg_count + 2 * attribute_count; // too small a buffer: from here only the size is wanted
            continue;
        }
        s.words[at] = static_cast<std::uint32_t>(op) | static_cast<std::uint32_t>(stored.type.data[x.type] - 1) << 12 | (has_bits ? 1u << 31 : 0u);
        s.words[at + 1] = static_cast<std::uint32_t>(arg_count) | static_cast<std::uint32_t>(attribute_count) << 24;
        at += 2;
        const index* a = m.args.data + x.first_arg;
        for (int k = 0; k < arg_count; ++k) { s.words[at++] = static_cast<std::uint32_t>(number[a[k]] - 1); }
        for (int k = 0; k < attribute_count; ++k) { put_long(m.attributes.data[x.first_attribute + k]); }
        if (has_bits) { put_long(static_cast<std::int64_t>(x.bits)); }
    }
    s.output_count = output_count;
    for (int i = 0; i < output_count; ++i) { put(static_cast<std::uint32_t>(number[outputs[i]] - 1)); }
    s.region_count = stored.regions.size;
    for (int r = 0; r < stored.regions.size; ++r) {
        // A region keeps its number, which its parameters know; one that nothing needs is kept empty.
        const region x = stored.regions.data[r] ? m.regions.data[r] : region{};
        put(static_cast<std::uint32_t>(x.parameter_count));
        put(static_cast<std::uint32_t>(x.result_count));
        for (int k = 0; k < x.parameter_count; ++k) { put(static_cast<std::uint32_t>(number[m.region_nodes.data[x.first_parameter + k]] - 1)); }
        for (int k = 0; k < x.result_count; ++k) { put(static_cast<std::uint32_t>(number[m.region_nodes.data[x.first_result + k]] - 1)); }
    }
    s.word_count = at;
    s.name_count = m.applied.size < Words / 8 ? m.applied.size : Words / 8;
    for (int i = 0; i < s.name_count; ++i) { s.names[i] = m.applied.data[i]; }
    return s;
}

// The same graph at its exact size.
template <int W, int O, int N, int C, class Buffer>
constexpr stored_graph<W, O, N, C> shrink(const Buffer& b) {
    stored_graph<W, O, N, C> s;
    for (int i = 0; i < W; ++i) { s.words[i] = b.words[i]; }
    for (int i = 0; i < O; ++i) { s.ops[i] = b.ops[i]; }
    for (int i = 0; i < N; ++i) { s.names[i] = b.names[i]; }
    for (int i = 0; i < C; ++i) { s.message[i] = b.message[i]; }
    s.word_count = b.word_count;
    s.op_count = b.op_count;
    s.name_count = b.name_count;
    s.message_size = b.message_size;
    s.node_count = b.node_count;
    s.type_count = b.type_count;
    s.extent_count = b.extent_count;
    s.check_count = b.check_count;
    s.output_count = b.output_count;
    s.region_count = b.region_count;
    s.error_file = b.error_file;
    s.error_line = b.error_line;
    s.failed = b.failed;
    return s;
}

// Reads a stored graph word by word.
struct word_reader {
    const std::uint32_t* at;
    constexpr std::uint32_t get() { return *at++; }
    constexpr std::int64_t get_long() {
        const std::uint64_t low = *at++;
        const std::uint64_t high = *at++;
        return static_cast<std::int64_t>(low | high << 32);
    }
};

// True when no node of the stored graph is an array.
template <class Stored>
constexpr bool holds_numbers_only(const Stored& s) {
    const std::uint32_t* at = s.words + 5 * s.extent_count + 2 * s.check_count;
    for (int i = 0; i < s.type_count; ++i) {
        const std::uint32_t rank = *at >> 8;
        if (rank != 0) { return false; }
        at += 1;
    }
    return true;
}

// Unpacks a stored graph into the empty module m; outputs receives the output nodes. A stored mistake becomes m's; the outputs are
// poison then, and the answer is false.
template <class Stored>
constexpr bool load(const Stored& s, module& m, index* outputs) {
    if (s.failed) {
        m.here = {s.error_file, s.error_line};
        core::sentence& out = m.fail();
        for (int i = 0; i < s.message_size; ++i) { out << s.message[i]; }
        for (int i = 0; i < s.output_count; ++i) { outputs[i] = module::poison; }
        return false;
    }
    word_reader in{s.words};
    for (int i = 0; i < s.extent_count; ++i) {
        extent_expression e;
        e.kind = static_cast<extent_kind>(in.get());
        e.a = in.get_long();
        e.b = in.get_long();
        m.extents.push(e);
    }
    for (int i = 0; i < s.check_count; ++i) { m.extent_checks.push(in.get_long()); }
    for (int i = 0; i < s.type_count; ++i) {
        const std::uint32_t w = in.get();
        tensor_type t;
        t.element = static_cast<dtype>(w & 255u);
        t.rank = static_cast<std::int8_t>(w >> 8);
        for (int k = 0; k < t.rank; ++k) { t.extents[k] = in.get_long(); }
        m.types.push(t);
    }
    // Nodes of a stored graph are different from each other and stand in the order of their numbers, node 0 being poison.
    // They are hashed when the next is looked for.
    const int size = s.node_count + 1;
    m.nodes.reserve(size);
    m.locations.reserve(size);
    m.args.reserve(2 * s.node_count);
    const location place = m.place();
    int arg_size = 0;
    const std::uint32_t* at = in.at;
    for (int n = 1; n < size; ++n) {
        const std::uint32_t w = at[0];
        const std::uint32_t counts = at[1];
        const int arg_count = static_cast<int>(counts & 0xFFFFFFu);
        const int attribute_count = static_cast<int>(counts >> 24);
        at += 2;
        const int first_arg = arg_size;
        arg_size += arg_count;
        if (arg_size > m.args.capacity) {
            m.args.size = first_arg;
            m.args.reserve(arg_size);
        }
        index* const operands = m.args.data + first_arg;
        for (int i = 0; i < arg_count; ++i) { operands[i] = static_cast<index>(at[i]) + 1; }
        at += arg_count;
        const int first_attribute = m.attributes.size;
        for (int i = 0; i < attribute_count; ++i, at += 2) { m.attributes.push(static_cast<std::int64_t>(at[0] | static_cast<std::uint64_t>(at[1]) << 32)); }
        std::uint64_t bits = 0;
        if (w >> 31) {
            bits = at[0] | static_cast<std::uint64_t>(at[1]) << 32;
            at += 2;
        }
        m.nodes.data[n] = {s.ops[w & 0xFFFu], static_cast<index>((w >> 12) & 0x7FFFFu), first_arg, arg_count, first_attribute, attribute_count, bits, 0};
        m.locations.data[n] = place;
    }
    m.args.size = arg_size;
    m.nodes.size = m.locations.size = size;
    in.at = at;
    for (int i = 0; i < s.output_count; ++i) { outputs[i] = static_cast<index>(in.get()) + 1; }
    for (int r = 0; r < s.region_count; ++r) {
        const int parameters = static_cast<int>(in.get());
        const int results = static_cast<int>(in.get());
        core::pool<index> args(parameters + results);
        for (int i = 0; i < parameters + results; ++i) { args.push(static_cast<index>(in.get()) + 1); }
        fill_region(m, m.regions.push({}), args.data, parameters, args.data + parameters, results);
    }
    return true;
}

} // namespace damo::ir
