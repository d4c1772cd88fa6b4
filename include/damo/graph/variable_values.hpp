// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <concepts>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <damo/core/named_arrays.hpp>
#include <damo/expr/leaf_names.hpp>
#include <damo/graph/load.hpp>
#include <damo/graph/shared.hpp>
#include <damo/graph/walk.hpp>

namespace damo {

namespace detail::variables {

struct named {
    std::string name;
    graph::state_pointer state;
};

template <class P, int I = 0>
void leaf_names(const std::string& path, std::vector<std::string>& out) {
    using parts = detail::leaf_names::parts<P>;
    if constexpr (parts::count == 0) { out.push_back(!path.empty() && path.front() == '.' ? path.substr(1) : path); }
    else if constexpr (I < parts::count) {
        core::sentence step;
        parts::template write<I>(step);
        leaf_names<typename parts::template type<I>>(path + std::string(step.data(), static_cast<std::size_t>(step.size())), out);
        leaf_names<P, I + 1>(path, out);
    }
}

inline void require_names(const std::vector<named>& all) {
    std::map<std::string, bool> seen;
    for (const named& v : all) {
        if (v.state == nullptr) { graph::raise(mistake_kind::unknown_input, "values of variables require shared variables: one of these is empty"); }
        if (v.name.empty()) { graph::raise(mistake_kind::unknown_input, "a shared variable in a vector is stored by its name; one of these has none: shared(x, \"name\"), or put them into a map"); }
        if (!seen.emplace(v.name, true).second) { graph::raise(mistake_kind::duplicate_input, "two shared variables in a vector have the name \"" + v.name + "\": give them others, or put them into a map"); }
    }
}

inline std::vector<named> list(const std::vector<shared_variable>& variables) {
    std::vector<named> all;
    for (const shared_variable& v : variables) { all.push_back({v.state() == nullptr ? std::string() : v.name(), v.state()}); }
    require_names(all);
    return all;
}
inline std::vector<named> list(const std::map<std::string, shared_variable>& variables) {
    std::vector<named> all;
    for (const auto& [name, v] : variables) { all.push_back({name, v.state()}); }
    require_names(all);
    return all;
}
template <class S>
    requires(!std::derived_from<S, value> && holds_symbols<S>)
std::vector<named> list(const S& variables) {
    std::vector<value> leaves(static_cast<std::size_t>(leaves_of<S>::count));
    leaves_of<S>::split(variables, leaves.data());
    std::vector<std::string> names;
    leaf_names<S>("", names);
    std::vector<named> all;
    for (std::size_t i = 0; i < leaves.size(); ++i) { all.push_back({names[i], leaves[i].is_empty() ? nullptr : graph::variable_of(leaves[i], "values of variables").state()}); }
    require_names(all);
    return all;
}

} // namespace detail::variables

/// Shared variables in a form that arrays go into and come from: a std::vector of them, by their own names; a std::map by its keys; a std::array,
/// std::tuple or adapted struct (include damo/expr/struct.hpp) by its members, "weight", "layers[0].bias".
template <class V>
concept VariableCollection = requires(const V& v) { detail::variables::list(v); };

/// Copies of the arrays of variables, by name. Errors: unknown_input_error for one that is empty or has no name, duplicate_input_error.
template <VariableCollection V>
named_arrays values_of(const V& variables) {
    named_arrays all;
    for (const auto& v : detail::variables::list(variables)) { all.emplace(v.name, shared_variable(v.state, {}).get()); }
    return all;
}

/// Gives variables the arrays of their names, all or none of them; further arrays are left alone. Errors: missing_input_error for a name without an
/// array; element_type_error, rank_error, extents_error for one that does not fit its variable.
template <VariableCollection V>
void set_values(const V& variables, const named_arrays& values) {
    const auto all = detail::variables::list(variables);
    std::vector<const any_array*> found;
    for (const auto& v : all) {
        const auto x = values.find(v.name);
        if (x == values.end()) { detail::graph::raise(mistake_kind::missing_input, "set_values requires an array for each variable; there is none with the name \"" + v.name + "\""); }
        detail::graph::require_value_of(*v.state->about, x->second.element(), x->second.rank(), x->second.extents(), "set_values");
        found.push_back(&x->second);
    }
    for (std::size_t i = 0; i < all.size(); ++i) { shared_variable(all[i].state, {}).set(*found[i]); }
}

/// save(path, g, variables) stores the graph with the arrays of variables as they are now; load_into(path, variables) gives them to these, which
/// may be others of the same form, and returns the graph. Errors: as of save, load and set_values; nothing is changed then.
template <VariableCollection V>
void save(const std::string& path, const graph& g, const V& variables, save_places places = save_places::yes) {
    save(path, g, values_of(variables), places);
}
template <VariableCollection V>
graph load_into(const std::string& path, const V& variables, std::initializer_list<const ir::op_info*> more = {}) {
    auto [g, values] = load_with_values(path, more);
    set_values(variables, values);
    return std::move(g);
}

} // namespace damo
