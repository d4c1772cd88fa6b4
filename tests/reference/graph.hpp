// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What the compiler must know of a graph: a callable that takes a module and returns a value is built in constant evaluation and asked
// for its type or its mistake.

#include <initializer_list>

#include <damo/ops/leaf.hpp>

namespace reference {

using damo::dtype;
using damo::value;
inline constexpr std::int64_t unknown = -1;

// Input `number`; an unknown extent becomes the symbol "axis of this input".
constexpr value array(damo::ir::module& m, int number, std::initializer_list<std::int64_t> extents, dtype element = dtype::float64) {
    damo::ir::tensor_type t;
    t.element = element;
    for (std::int64_t e : extents) {
        t.extents[t.rank] = e == unknown ? m.extent_of(damo::ir::extent_kind::input_axis, number, t.rank) : e;
        ++t.rank;
    }
    return damo::ops::make_input(m, number, t);
}

template <class Build>
constexpr bool has_type(Build build, dtype element, std::initializer_list<std::int64_t> extents) {
    damo::ir::module m;
    const value y = build(m);
    if (m.failed || y.is_poison() || y.element() != element || y.rank() != static_cast<int>(extents.size())) { return false; }
    for (int k = 0; k < y.rank(); ++k) {
        const std::int64_t wanted = extents.begin()[k];
        if (wanted == unknown ? damo::ir::is_known(y.type().extents[k]) : y.type().extents[k] != wanted) { return false; }
    }
    return true;
}

constexpr bool contains(const char* text, int size, const char* part) {
    for (int i = 0; i < size; ++i) {
        int k = 0;
        while (part[k] && i + k < size && text[i + k] == part[k]) { ++k; }
        if (!part[k]) { return true; }
    }
    return *part == '\0';
}

// The graph is refused, its result poison, with a sentence that contains these words.
template <class Build>
constexpr bool refused(Build build, const char* words) {
    damo::ir::module m;
    const value y = build(m);
    return m.failed && y.is_poison() && m.error_place.file != nullptr && contains(m.error.data(), m.error.size(), words);
}

// Checks of extents to be made at each call.
template <class Build>
constexpr int checks_made(Build build) {
    damo::ir::module m;
    build(m);
    return m.failed ? -1 : m.extent_checks.size / 2;
}

} // namespace reference
