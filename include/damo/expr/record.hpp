// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/expr/compiled.hpp>
#include <damo/expr/inline_graph.hpp>

namespace damo::detail::inlining {

// Takes the mistake of one module over into another.
constexpr void hand_on(const ir::module& from, ir::module& to) {
    to.here = from.error_place;
    core::sentence& s = to.fail();
    for (int i = 0; i < from.error.size(); ++i) { s << from.error.data()[i]; }
}

// Records the optimised graph of function type F in m, with `arguments` as its inputs.
template <class F>
constexpr void record_graph(ir::module& m, const value* arguments, value* results) {
    constexpr int inputs = F::input_count;
    constexpr int outputs = F::output_count;
    for (int i = 0; i < outputs; ++i) { results[i] = {m, ir::module::poison}; }
    leaf_type declared[inputs > 0 ? inputs : 1] = {};
    F::declare(declared);
    value given[inputs > 0 ? inputs : 1];
    for (int i = 0; i < inputs; ++i) {
        given[i] = symbols::checked(arguments[i], declared[i].element, declared[i].rank, declared[i].extents);
        if (given[i].is_literal()) { given[i] = ops::as_element(m, given[i], declared[i].element); }
        if (given[i].is_poison()) { return; }
        if (declared[i].rank != given[i].rank()) {
            m.fail() << "a number was passed for a parameter of rank " << declared[i].rank << ": broadcast it to the shape that is meant";
            return;
        }
    }
    ir::module source;
    ir::index nodes[outputs > 0 ? outputs : 1] = {};
    if (!ir::load(optimised_graph<F>::stored, source, nodes)) {
        hand_on(source, m);
        return;
    }
    replay(source, m).run(given, inputs, nodes, outputs);
    for (int i = 0; i < outputs; ++i) { results[i] = {m, nodes[i]}; }
}

template <class... P, class... A>
constexpr void split_arguments(std::tuple<P...>*, value* leaves, const A&... arguments) {
    ((leaves_of<P>::split(arguments, leaves), leaves += leaves_of<P>::count), ...);
}

// Whether a parameter of F has a named axis.
template <class F>
constexpr bool has_names() {
    leaf_type declared[F::input_count > 0 ? F::input_count : 1] = {};
    F::declare(declared);
    for (const leaf_type& l : declared) {
        for (int k = 0; k < l.rank; ++k) {
            if (symbols::name_of_extent(l.extents[k]) != 0) { return true; }
        }
    }
    return false;
}
// Axes of one name are equally long in the arguments, too: a mistake if they are known to differ.
template <class F>
constexpr void unify_names(const value* arguments) {
    leaf_type declared[F::input_count > 0 ? F::input_count : 1] = {};
    F::declare(declared);
    const auto axis = [&](int at) -> std::int64_t {
        const value& v = arguments[at / ir::max_rank];
        return v.has_owner() && at % ir::max_rank < v.rank() ? symbols::name_of_extent(declared[at / ir::max_rank].extents[at % ir::max_rank]) : 0;
    };
    for (int a = 0; a < F::input_count * ir::max_rank; ++a) {
        for (int b = 0; b < a && axis(a) != 0; ++b) {
            if (axis(a) != axis(b)) { continue; }
            ir::module& m = arguments[a / ir::max_rank].owner();
            const ir::extent x = arguments[b / ir::max_rank].type().extents[b % ir::max_rank];
            const ir::extent y = arguments[a / ir::max_rank].type().extents[a % ir::max_rank];
            ir::extent same = 0;
            if (!m.unify(x, y, same)) {
                core::sentence& s = m.fail();
                s << "axis " << b % ir::max_rank << " of argument " << b / ir::max_rank + 1 << " and axis " << a % ir::max_rank << " of argument "
                  << a / ir::max_rank + 1 << " of a call have the name ";
                core::write_short_name(s, axis(a));
                s << " and must be equally long; they are " << x << " and " << y;
            }
            break;
        }
    }
}

// The call of function type F on symbols. A function with `invoke` runs on them, so that their shapes reach it; the others are
// recorded as their stored graph. Numbers among the arguments become constants.
template <class F, class... A>
constexpr auto record(const A&... arguments) {
    static_assert(sizeof...(A) == static_cast<std::size_t>(F::parameters::count), "a call requires one argument for each parameter of the function");
    constexpr int inputs = F::input_count;
    value leaves[inputs > 0 ? inputs : 1];
    split_arguments(static_cast<typename F::parameters::as_tuple*>(nullptr), leaves, arguments...);
    if constexpr (requires { F::invoke(leaves); }) {
        if constexpr (has_names<F>()) { unify_names<F>(leaves); }
        return F::invoke(leaves);
    } else {
        const value* owned = nullptr;
        for (const value& v : leaves) {
            if (owned == nullptr && v.has_owner()) { owned = &v; }
        }
        if (owned == nullptr) {
            constexpr char text[] = "a transformed function was called on numbers alone while another function was recorded: call it outside, "
                                    "or make one of the numbers a parameter";
            core::raise(text, sizeof text - 1);
        }
        constexpr int outputs = F::output_count;
        value results[outputs > 0 ? outputs : 1];
        record_graph<F>(owned->owner(), leaves, results);
        return leaves_of<typename F::symbolic_result>::build(results);
    }
}

} // namespace damo::detail::inlining
