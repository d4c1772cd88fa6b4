// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <utility>

#include <damo/graph/walk.hpp>

namespace damo::detail::graph {

inline std::string printed(dtype element, int rank, const std::int64_t* extents) {
    std::string s = std::string(name_of(element)) + "[";
    for (int k = 0; k < rank; ++k) { s += (k > 0 ? ", " : "") + (extents[k] < 0 ? std::string("any") : std::to_string(extents[k])); }
    return s + "]";
}

// What an update makes the next value of a shared variable: its type may be the variable's as far as extents are known. A plain number is weak, as
// it is beside an operator.
inline value next_value_of(const leaf& l, const operand& next, const char* call) {
    value v = settled(next, call);
    if (next.v.is_literal() && (is_floating(l.element) || !is_floating(v.element()))) { v = cast(v, l.element); }
    const ir::tensor_type& t = v.type();
    bool fits = t.element == l.element && t.rank == l.rank;
    for (int k = 0; k < l.rank && fits; ++k) { fits = l.extents[k] < 0 || !ir::is_known(t.extents[k]) || t.extents[k] == l.extents[k]; }
    if (fits) { return v; }
    mistake m;
    m.kind = mistake_kind::update;
    m.shapes = {printed(l.element, l.rank, l.extents), printed(v.owner(), v.node())};
    m.sentence = "the update of the shared variable \"" + l.name + "\" requires " + m.shapes[0] + ", not " + m.shapes[1] + ": cast or reshape it";
    put_node(m, v.owner(), {}, v.node());
    if (m.file.empty()) { put_place(m, {next.file, next.line}); }
    raise(std::move(m));
}

} // namespace damo::detail::graph
