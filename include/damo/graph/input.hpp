// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <damo/expr/leaves.hpp>
#include <damo/graph/arena.hpp>
#include <damo/graph/input_extent.hpp>

namespace damo {

namespace detail::graph {

inline value make_leaf(leaf l) {
    const std::string call = (l.shared ? "shared(\"" : "input(\"") + l.name + "\")";
    if (l.element == dtype::none) { raise(mistake_kind::element_type, call + " requires elements of a type, bool, int32, int64, float32 or float64: it was given none", l.place.file, l.place.line); }
    if (!is_computable(l.element)) {
        raise(mistake_kind::element_type, call + " requires bool, int32, int64, float32 or float64 as element type, not " + name_of(l.element) + ": the others are for storage only",
              l.place.file, l.place.line);
    }
    arena& a = arena::mine();
    return {a, a.node_of(std::make_shared<const leaf>(std::move(l)))};
}

} // namespace detail::graph

/// A symbol that a compiled function takes as an argument, of run-time element type and rank. Extents are numbers, -1 for those that the
/// call decides, or names: axes of one name are equally long.
///     auto X = damo::input("X", damo::dtype::float32, {-1, 784});
/// Each call makes another input, whatever the name. Errors: element_type_error for a type that is for storage only, rank_error above 8
/// axes, extents_error for a negative number.
inline value input(std::string_view name, dtype element, const std::vector<input_extent>& extents = {}, const char* file = __builtin_FILE(),
                   int line = __builtin_LINE()) {
    detail::graph::leaf l;
    l.name = name;
    l.element = element;
    l.place = {file, line};
    if (extents.size() > static_cast<std::size_t>(ir::max_rank)) {
        detail::graph::raise(mistake_kind::rank, "input(\"" + l.name + "\") requires a rank of 8 at most, not " + std::to_string(extents.size()), file, line);
    }
    for (const input_extent& e : extents) {
        if (e.name == nullptr && e.number < -1) {
            detail::graph::raise(mistake_kind::extents, "input(\"" + l.name + "\") requires extents of 0 or more, -1 for those the call decides, or names, not " + std::to_string(e.number), file, line);
        }
        l.extents[l.rank] = e.name != nullptr ? -1 : e.number;
        l.names[l.rank++] = e.name != nullptr ? core::hash_name(e.name) : 0;
    }
    return detail::graph::make_leaf(std::move(l));
}

/// The same with the type stated: input<double>("x"), input<damo::matrix<float>>("X"), input<damo::vector<float, 10>>("b"). Gives
/// scalar<double>, matrix<float>, vector<float, 10>.
template <class T>
typename leaves_of<T>::symbolic input(std::string_view name, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    static_assert(leaves_of<T>::count == 1, "input<T>(name) requires a number or a symbol type: double, damo::vector<float>, damo::matrix<float, 3, 4>");
    leaf_type t;
    leaves_of<T>::declare(&t);
    detail::graph::leaf l;
    l.name = name;
    l.element = t.element;
    l.rank = t.rank;
    l.place = {file, line};
    for (int k = 0; k < t.rank; ++k) { l.extents[k] = t.extents[k]; }
    return typename leaves_of<T>::symbolic(detail::graph::make_leaf(std::move(l)));
}

} // namespace damo
