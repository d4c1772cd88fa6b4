// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <utility>

#include <damo/core/number_text.hpp>
#include <damo/graph/mistake.hpp>
#include <damo/graph/shared.hpp>
#include <damo/graph/walk.hpp>
#include <damo/ops/host_call.hpp>
#include <damo/ops/reduction.hpp>
#include <damo/ops/registered_vjp.hpp>

// Symbols that are their operand, and do something whenever they are computed.

namespace damo {

/// Where `printed` writes its lines.
using print_handler = std::function<void(const std::string& line)>;

namespace detail::graph {

inline std::string number_text(const ops::host_array& x, std::int64_t offset) {
    char room[core::longest_number];
    const auto integer = [&](std::int64_t n) { return std::string(room, static_cast<std::size_t>(core::write_integer(room, n))); };
    switch (x.element) {
    case dtype::boolean: return static_cast<const bool*>(x.data)[offset] ? "true" : "false";
    case dtype::int32: return integer(static_cast<const std::int32_t*>(x.data)[offset]);
    case dtype::int64: return integer(static_cast<const std::int64_t*>(x.data)[offset]);
    case dtype::float32: return {room, static_cast<std::size_t>(core::write_float(room, static_cast<const float*>(x.data)[offset]))};
    default: return {room, static_cast<std::size_t>(core::write_double(room, static_cast<const double*>(x.data)[offset]))};
    }
}
// "[[1, 2], [3, 4]]"; of long axes of large arrays only the ends.
inline void write_elements(std::string& text, const ops::host_array& x, int axis, std::int64_t offset, bool all) {
    constexpr std::int64_t ends = 3;
    if (axis == x.rank) {
        text += number_text(x, offset);
        return;
    }
    text += '[';
    for (std::int64_t i = 0; i < x.extents[axis]; ++i) {
        if (i > 0) { text += ", "; }
        if (!all && i == ends && x.extents[axis] > 2 * ends) {
            text += "..., ";
            i = x.extents[axis] - ends;
        }
        write_elements(text, x, axis + 1, offset + i * x.strides[axis], all);
    }
    text += ']';
}
inline std::string array_text(const ops::host_array& x) {
    constexpr std::int64_t shown_whole = 1000;
    std::string text = printed(x.element, x.rank, x.extents) + " ";
    std::int64_t size = 1;
    for (int k = 0; k < x.rank; ++k) { size *= x.extents[k]; }
    write_elements(text, x, 0, 0, size <= shown_whole);
    return text;
}

inline void copy_elements(const ops::host_array& from, const ops::host_array& to, int axis = 0, std::int64_t source = 0, std::int64_t target = 0) {
    if (axis == from.rank) {
        const auto each = static_cast<std::int64_t>(size_of(from.element));
        std::memcpy(static_cast<char*>(to.data) + target * each, static_cast<const char*>(from.data) + source * each, static_cast<std::size_t>(each));
        return;
    }
    for (std::int64_t i = 0; i < from.extents[axis]; ++i) { copy_elements(from, to, axis + 1, source + i * from.strides[axis], target + i * to.strides[axis]); }
}

// x, computed by a call that hands x, and what else it is given, to `seen`. Derivatives go through as if nothing stood there.
inline value probed(const char* name, const operand* operands, int count, std::function<void(const ops::host_array* x)> seen) {
    ops::host_callback c;
    c.name = name;
    c.type = [](const ir::call& call, ir::tensor_type& t) {
        t = call.m.type_of(call.args[0]);
        return true;
    };
    c.run = [seen = std::move(seen)](const ops::host_array* x, const ops::host_array& y) {
        seen(x);
        copy_elements(x[0], y);
    };
    const std::int64_t number = ops::host_callbacks::add(std::move(c));
    const value y = ops::apply(ops::info_of<ops::host_call_op>, operands, count, &number, 1);
    if (!is_floating(operands[0].v.element())) { return y; }
    return custom_vjp(y, {operands[0].v}, [](const std::vector<value>&, const value&, const value& g) { return std::vector<value>{g}; });
}

} // namespace detail::graph

/// x, which is printed each time that it is computed, with its type, to stderr or to the handler:
///     auto y = exp(damo::printed(x, "x"));        // x: float64[3] [1, 2.5, 4]
/// Of arrays of more than 1000 elements the ends of each axis are printed. Only what a result needs is computed, so the printed symbol must be
/// used in the place of x. Graphs with it are not stored, and fuse nothing across it.
inline value printed(operand x, std::string label, print_handler handler = {}) {
    x.v = detail::graph::settled(x, "printed(x, label)");
    return detail::graph::probed("printed", &x, 1, [label = std::move(label), handler = std::move(handler)](const ops::host_array* a) {
        const std::string line = label + ": " + detail::graph::array_text(a[0]);
        if (handler) { handler(line); }
        else { std::fprintf(stderr, "%s\n", line.c_str()); }
    });
}

/// x, whose computation ends the call with ensure_error unless the condition, a symbol of bool, holds for all its elements:
///     auto y = log(damo::ensure(x, x > 0.0, "x must be positive"));
/// Shared variables keep their values then. As with `printed`, the symbol must be used in the place of x.
/// Errors: element_type_error for a condition that is not of bool.
inline value ensure(operand x, operand condition, std::string sentence) {
    using namespace detail::graph;
    x.v = settled(x, "ensure(x, condition, sentence)");
    condition.v = settled(condition, "ensure(x, condition, sentence)");
    if (condition.v.element() != dtype::boolean) {
        raise(mistake_kind::element_type, "ensure(x, condition, sentence) requires a condition of bool, not " + printed(condition.v.owner(), condition.v.node()) + ": compare it with something", condition.file,
              condition.line);
    }
    mistake m;
    m.kind = mistake_kind::ensured;
    m.sentence = std::move(sentence);
    m.op = "ensure";
    m.shapes = {printed(x.v.owner(), x.v.node())};
    if (x.file != nullptr) {
        m.file = x.file;
        m.line = x.line;
    }
    const operand operands[2] = {x, {all(condition.v), condition.file, condition.line}};
    return probed("ensure", operands, 2, [m = std::move(m)](const ops::host_array* a) {
        if (!*static_cast<const bool*>(a[1].data)) { raise(m); }
    });
}

} // namespace damo
