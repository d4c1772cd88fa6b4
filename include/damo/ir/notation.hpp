// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/core/number_text.hpp>
#include <damo/ir/module.hpp>

// What the three printers share: how leaves, numbers, extents, types and attributes are written.

namespace damo::ir {

// The names of a function's inputs, by number. Where there is none the input is x0, x1, ...
struct input_names {
    const char* const* list = nullptr;
    int count = 0;
};

namespace detail::notation {

// A leaf is told by its attributes: a constant has none, an input its number, a parameter of a region two.
constexpr bool is_leaf(const module& m, index n) { return m.nodes.data[n].op->facts.kind == op_kind::leaf; }
constexpr bool is_constant(const module& m, index n) { return is_leaf(m, n) && m.nodes.data[n].attribute_count == 0; }
constexpr bool is_input(const module& m, index n) { return is_leaf(m, n) && m.nodes.data[n].attribute_count == 1; }
constexpr double number_of(const module& m, index n) { return as_double(m.type_of(n).element, m.nodes.data[n].bits); }

constexpr void write_number(core::sentence& out, dtype t, double v) {
    char digits[core::longest_number] = {};
    // A float32 is held as the double of the same value; its own shortest text is the shorter one.
    const int count = t == dtype::float32 ? core::write_float(digits, static_cast<float>(v)) : core::write_double(digits, v);
    for (int i = 0; i < count; ++i) { out << digits[i]; }
}
constexpr void write_constant(core::sentence& out, const module& m, index n) {
    const dtype t = m.type_of(n).element;
    const std::uint64_t bits = m.nodes.data[n].bits;
    if (t == dtype::boolean) { out << (bits ? "true" : "false"); }
    else if (is_floating(t)) { write_number(out, t, std::bit_cast<double>(bits)); }
    else { out << static_cast<std::int64_t>(bits); }
}
constexpr void write_input(core::sentence& out, int number, const input_names& names) {
    if (number < names.count && names.list[number] != nullptr) { out << names.list[number]; }
    else { out << 'x' << number; }
}

// A sum or product of extents spelled out, as far as 32 of them go: what lies deeper is named by its number.
constexpr void write_compound_extent(core::sentence& out, const module& m, extent e, bool inside_product) {
    struct piece {
        const char* text = nullptr;
        extent e = 0;
        bool inside_product = false;
    };
    constexpr int most = 32;
    piece left[4 * most + 1] = {{nullptr, e, inside_product}};
    int count = 1;
    int opened = 0;
    while (count > 0) {
        const piece p = left[--count];
        if (p.text != nullptr) { out << p.text; }
        else if (is_known(p.e)) { out << p.e; }
        else {
            const extent_expression& x = m.extents.data[-1 - p.e];
            const bool product = x.kind == extent_kind::product;
            if ((x.kind != extent_kind::sum && !product) || opened == most) {
                if (x.kind == extent_kind::input_axis && axis_name(x) != 0) { core::write_short_name(out, axis_name(x)); }
                else { out << 'n' << static_cast<int>(-1 - p.e); }
                continue;
            }
            ++opened;
            const bool enclosed = p.inside_product && !product;
            // A number first in a product, last in a sum.
            const bool swapped = product ? is_known(x.b) : is_known(x.a);
            if (enclosed) {
                out << '(';
                left[count++] = {")"};
            }
            left[count++] = {nullptr, swapped ? x.a : x.b, product};
            left[count++] = {product ? "*" : " + "};
            left[count++] = {nullptr, swapped ? x.b : x.a, product};
        }
    }
}
// n0 for an extent that the call decides, or its name; sums and products of them spelled out.
constexpr void write_extent(core::sentence& out, const module& m, extent e, bool inside_product = false) {
    if (is_known(e)) { out << e; }
    else { write_compound_extent(out, m, e, inside_product); }
}
// float64, float64[3, n0]
constexpr void write_type(core::sentence& out, const module& m, const tensor_type& t) {
    out << name_of(t.element);
    if (t.rank == 0) { return; }
    out << '[';
    for (int k = 0; k < t.rank; ++k) {
        if (k) { out << ", "; }
        write_extent(out, m, t.extents[k]);
    }
    out << ']';
}

constexpr void write_leaf(core::sentence& out, const module& m, index n, const input_names& names) {
    const node& x = m.nodes.data[n];
    if (x.attribute_count == 0) { write_constant(out, m, n); }
    else if (x.attribute_count == 1) { write_input(out, static_cast<int>(m.attribute(n, 0)), names); }
    else if (x.op->facts.types == dtype_rule::custom && m.attribute(n, 1) == static_cast<std::int64_t>(m.type_of(n).element)) {
        write_extent(out, m, m.attribute(n, 0)); // the extent as a number of the graph
    } else { out << 'p' << m.attribute(n, 0) << '_' << m.attribute(n, 1); }
}

constexpr void write_axes(core::sentence& out, std::int64_t mask) {
    const bool one = mask > 0 && (mask & (mask - 1)) == 0;
    if (!one) { out << '{'; }
    bool more = false;
    for (int k = 0; k < max_rank; ++k) {
        if (!(mask >> k & 1)) { continue; }
        if (more) { out << ", "; }
        out << k;
        more = true;
    }
    if (!one) { out << '}'; }
}

// What a node's attributes say, each part after `separator`, as the call of the public function would have it: axes, keepdims, the
// shape asked for, the element type. Parts of axes are start:+extent:step. Numbers where the facts of the op do not tell.
constexpr void write_attributes(core::sentence& out, const module& m, index n, const char* separator) {
    const node& x = m.nodes.data[n];
    const tensor_type& t = m.type_of(n);
    const int count = x.attribute_count;
    if (count == 0) { return; }
    if (x.op->facts.kind == op_kind::reduction || x.op->facts.axis_mask) {
        const bool keeps = count > 1 && m.attribute(n, 1) != 0;
        const std::int64_t all = (std::int64_t{1} << m.type_of(m.arg(n, 0)).rank) - 1;
        if (m.attribute(n, 0) != all || keeps || count == 1) {
            out << separator;
            write_axes(out, m.attribute(n, 0));
        }
        if (keeps) { out << separator << "keepdims"; }
        return;
    }
    if (x.op->facts.kind == op_kind::elementwise && x.op->facts.types == dtype_rule::custom && count == 1 &&
        m.attribute(n, 0) == static_cast<std::int64_t>(t.element)) {
        out << separator << name_of(t.element);
        return;
    }
    if (x.op->facts.types == dtype_rule::custom && count == 2 && m.attribute(n, 1) == static_cast<std::int64_t>(t.element)) {
        out << separator;
        write_extent(out, m, m.attribute(n, 0));
        out << separator << name_of(t.element);
        return;
    }
    if (x.op->facts.kind != op_kind::movement && count == 1) {
        out << separator << m.attribute(n, 0);
        return;
    }
    out << separator << '{';
    if (x.op->facts.extent_period == 3) { // start, step and extent of each axis
        for (int k = 0; k < t.rank; ++k) {
            if (k) { out << ", "; }
            write_extent(out, m, m.attribute(n, 3 * k));
            out << ":+";
            write_extent(out, m, m.attribute(n, 3 * k + 2));
            if (m.attribute(n, 3 * k + 1) != 1) { out << ':' << m.attribute(n, 3 * k + 1); }
        }
    } else {
        for (int k = 0; k < count; ++k) {
            if (k) { out << ", "; }
            if (is_extent_attribute(x.op->facts, k)) { write_extent(out, m, m.attribute(n, k)); }
            else { out << m.attribute(n, k); }
        }
    }
    out << '}';
}

// The nested graph of a loop, whose number is attribute 0, or null.
constexpr const region* body_of(const module& m, index n) {
    const node& x = m.nodes.data[n];
    if (x.op->facts.kind != op_kind::loop || x.attribute_count == 0) { return nullptr; }
    const std::int64_t number = m.attribute(n, 0);
    return number >= 0 && number < m.regions.size ? &m.regions.data[number] : nullptr;
}

// By how many operands, results of loop bodies and outputs each node is used.
struct use_counts {
    core::pool<int> uses;
    constexpr use_counts(const module& m, const index* outputs, int count) {
        uses.grow_to(m.nodes.size);
        for (int i = 0; i < count; ++i) { ++uses.data[outputs[i]]; }
        for (index n = m.nodes.size - 1; n > 0; --n) {
            if (uses.data[n] == 0) { continue; }
            const node& x = m.nodes.data[n];
            for (int i = 0; i < x.arg_count; ++i) { ++uses.data[m.args.data[x.first_arg + i]]; }
            if (const region* body = body_of(m, n)) {
                for (int i = 0; i < body->result_count; ++i) { ++uses.data[m.region_nodes.data[body->first_result + i]]; }
            }
        }
    }
};

} // namespace detail::notation
} // namespace damo::ir
