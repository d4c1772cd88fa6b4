// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include <damo/ir/region.hpp>
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

// Appends to `order`, which holds the inputs, what the outputs need: operands first, in the order in which they are read. The order in
// which the operations were recorded, which C++ leaves to the compiler where they are arguments of one call, leaves no trace.
constexpr void order_operands_first(const module& m, const index* outputs, int output_count, core::pool<index>& order) {
    struct visit {
        index node = 0;
        int next = 0; // the operand to look at, or result of the node's region
    };
    core::pool<bool> placed(m.nodes.size);
    placed.grow_to(m.nodes.size);
    for (int i = 0; i < order.size; ++i) { placed.data[order.data[i]] = true; }
    core::pool<visit> open;
    for (int i = 0; i < output_count; ++i) {
        open.push({outputs[i], 0});
        while (open.size > 0) {
            visit& v = open.data[open.size - 1];
            const node& x = m.nodes.data[v.node];
            if (placed.data[v.node]) {
                --open.size;
                continue;
            }
            index below = nil;
            const int k = v.next++;
            if (k < x.arg_count) { below = m.args.data[x.first_arg + k]; }
            else if (has_region(x)) {
                const region& r = m.regions.data[region_of(m, v.node)];
                const int inside = k - x.arg_count;
                if (inside < r.parameter_count) { below = m.region_nodes.data[r.first_parameter + inside]; }
                else if (inside < r.parameter_count + r.result_count) { below = m.region_nodes.data[r.first_result + inside - r.parameter_count]; }
            }
            if (below == nil) {
                placed.data[v.node] = true;
                order.push(v.node);
                --open.size;
            } else if (!placed.data[below]) {
                open.push({below, 0});
            }
        }
    }
}

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
    core::pool<bool> live;
    core::pool<bool> region_live;
    live.grow_to(m.nodes.size);
    for (int i = 0; i < output_count; ++i) { live.data[outputs[i]] = true; }
    for (index n = m.nodes.size - 1; n > 0; --n) {
        const node& x = m.nodes.data[n];
        if (!live.data[n]) {
            // Inputs stay although nothing reads them: they are the signature.
            live.data[n] = x.op->id == input_id;
            continue;
        }
        for (int i = 0; i < x.arg_count; ++i) { live.data[m.args.data[x.first_arg + i]] = true; }
        if (has_region(x)) {
            each_in_region(m, x, [&](index p) { live.data[p] = true; });
            region_live.grow_to(m.regions.size);
            region_live.data[region_of(m, n)] = true;
        }
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
    core::pool<index> number;
    number.grow_to(m.nodes.size);
    // Inputs first, by number.
    core::pool<index> order(m.nodes.size);
    for (index n = 1; n < m.nodes.size; ++n) {
        if (live.data[n] && m.nodes.data[n].op->id == input_id) {
            int at_place = order.push(n);
            for (; at_place > 0 && m.attribute(order.data[at_place - 1], 0) > m.attribute(n, 0); --at_place) {
                order.data[at_place] = order.data[at_place - 1];
            }
            order.data[at_place] = n;
        }
    }
    order_operands_first(m, outputs, output_count, order);
    // Types in the order of their first use.
    core::pool<index> type_number; // + 1
    type_number.grow_to(m.types.size);
    for (int i = 0; i < order.size; ++i) {
        const index type = m.nodes.data[order.data[i]].type;
        if (type_number.data[type] != 0) { continue; }
        type_number.data[type] = ++s.type_count;
        const tensor_type& t = m.types.data[type];
        put(static_cast<std::uint32_t>(t.element) | static_cast<std::uint32_t>(t.rank) << 8);
        for (int k = 0; k < t.rank; ++k) { put_long(t.extents[k]); }
    }
    for (int i = 0; i < order.size; ++i) {
        const index n = order.data[i];
        const node& x = m.nodes.data[n];
        int op = 0;
        while (op < s.op_count && s.ops[op]->id != x.op->id) { ++op; }
        if (op == s.op_count && op < most_ops) { s.ops[s.op_count++] = x.op; }
        number.data[n] = s.node_count++;
        const bool has_bits = x.bits != 0;
        put(static_cast<std::uint32_t>(op) | static_cast<std::uint32_t>(type_number.data[x.type] - 1) << 12 | (has_bits ? 1u << 31 : 0u));
        put(static_cast<std::uint32_t>(x.arg_count) | static_cast<std::uint32_t>(x.attribute_count) << 24);
        for (int k = 0; k < x.arg_count; ++k) { put(static_cast<std::uint32_t>(number.data[m.args.data[x.first_arg + k]])); }
        for (int k = 0; k < x.attribute_count; ++k) { put_long(m.attributes.data[x.first_attribute + k]); }
        if (has_bits) { put_long(static_cast<std::int64_t>(x.bits)); }
    }
    s.output_count = output_count;
    for (int i = 0; i < output_count; ++i) { put(static_cast<std::uint32_t>(number.data[outputs[i]])); }
    s.region_count = region_live.size;
    for (int r = 0; r < region_live.size; ++r) {
        // A region keeps its number, which its parameters know; one that nothing needs is kept empty.
        const region x = region_live.data[r] ? m.regions.data[r] : region{};
        put(static_cast<std::uint32_t>(x.parameter_count));
        put(static_cast<std::uint32_t>(x.result_count));
        for (int k = 0; k < x.parameter_count; ++k) { put(static_cast<std::uint32_t>(number.data[m.region_nodes.data[x.first_parameter + k]])); }
        for (int k = 0; k < x.result_count; ++k) { put(static_cast<std::uint32_t>(number.data[m.region_nodes.data[x.first_result + k]])); }
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
    core::pool<index> made(s.node_count);
    core::pool<index> args(16);
    core::pool<std::int64_t> attributes(16);
    for (int n = 0; n < s.node_count; ++n) {
        const std::uint32_t w = in.get();
        const std::uint32_t counts = in.get();
        const int arg_count = static_cast<int>(counts & 0xFFFFFFu);
        const int attribute_count = static_cast<int>(counts >> 24);
        args.size = attributes.size = 0;
        for (int i = 0; i < arg_count; ++i) { args.push(made.data[in.get()]); }
        for (int i = 0; i < attribute_count; ++i) { attributes.push(in.get_long()); }
        const std::uint64_t bits = w >> 31 ? static_cast<std::uint64_t>(in.get_long()) : 0;
        made.push(m.add(*s.ops[w & 0xFFFu], static_cast<index>((w >> 12) & 0x7FFFFu), args.data, arg_count, attributes.data, attribute_count, bits));
    }
    for (int i = 0; i < s.output_count; ++i) { outputs[i] = made.data[in.get()]; }
    for (int r = 0; r < s.region_count; ++r) {
        const int parameters = static_cast<int>(in.get());
        const int results = static_cast<int>(in.get());
        args.size = 0;
        for (int i = 0; i < parameters + results; ++i) { args.push(made.data[in.get()]); }
        fill_region(m, m.regions.push({}), args.data, parameters, args.data + parameters, results);
    }
    return true;
}

} // namespace damo::ir
