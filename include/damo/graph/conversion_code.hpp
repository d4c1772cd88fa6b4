// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <damo/graph/conversion_interface.hpp>
#include <damo/graph/element_conversion.hpp>

// What conversion_interface.hpp declares: included by conversion.hpp, or compiled once in the library.

namespace damo::detail::graph {

// Whether with_elements knows the type. An array that holds nothing has none, and some types are for storage only.
inline bool has_elements(dtype t) {
    bool known = false;
    with_elements(t, nullptr, [&](const void*) { known = true; });
    return known;
}

// Whether every number of type `from` is one of type `to` (int64 counts as kept by float64, as in NumPy).
inline bool keeps_elements(dtype from, dtype to) {
    if (from == dtype::boolean) { return true; }
    if (kind_of(from) > kind_of(to)) { return false; }
    if (is_integer(from) && is_integer(to)) {
        const bool sign = from >= dtype::uint8;
        return sign ? size_of(from) < size_of(to) : to < dtype::uint8 && size_of(from) <= size_of(to);
    }
    if (is_integer(from)) { return to == dtype::float64 || size_of(from) <= 2; }
    return size_of(from) <= size_of(to);
}

// Whether a plain number may become an element of type `to`.
inline bool takes_number(const argument& a, dtype to) {
    if (!a.is_number() || a.element() == dtype::boolean) { return a.is_number(); }
    if (is_floating(to)) { return true; }
    if (!is_integer(a.element()) || !is_integer(to)) { return false; }
    const any_array wide = converted_elements(a.view(), a.element(), 0, dtype::int64);
    const auto n = wide.number<std::int64_t>();
    return to == dtype::int64 || (n >= std::numeric_limits<std::int32_t>::min() && n <= std::numeric_limits<std::int32_t>::max());
}

inline namespace DAMO_LIBRARY {

DAMO_LIBRARY_INLINE exec::raw_view converted(const leaf& l, const argument& a, conversion_policy policy, std::vector<any_array>& kept, const input_of_graph& where) {
    const auto refuse = [&](mistake_kind kind, const char* repair) {
        mistake m;
        m.kind = kind;
        m.shapes = {printed(l.element, l.rank, l.extents), printed(a.element(), a.rank(), a.view().extents)};
        m.sentence = "the input \"" + l.name + "\" requires " + m.shapes[0] + "; the call gave " + m.shapes[1] + ": " + repair;
        where.put(m, l);
        raise(std::move(m));
    };
    if (a.element() == dtype::none) { refuse(mistake_kind::element_type, "the array is empty of everything, give one with elements"); }
    if (a.rank() != l.rank) { refuse(mistake_kind::rank, "reshape it, or declare the input with that rank"); }
    if (a.element() == l.element) { return a.view(); }
    if (!has_elements(a.element())) { refuse(mistake_kind::element_type, "that type is for storage only, convert it"); }
    const bool allowed = policy == conversion_policy::any || (policy == conversion_policy::safe && (a.is_number() ? takes_number(a, l.element) : keeps_elements(a.element(), l.element)));
    if (!allowed) { refuse(mistake_kind::element_type, "convert it, or compile with conversion_policy::any"); }
    kept.push_back(converted_elements(a.view(), a.element(), a.rank(), l.element));
    return argument(kept.back()).view();
}

} // namespace DAMO_LIBRARY

} // namespace damo::detail::graph
