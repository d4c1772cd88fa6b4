// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <damo/diff/gradient.hpp>
#include <damo/graph/graph_interface.hpp>
#include <damo/graph/rewrite_listener.hpp>
#include <damo/ir/print.hpp>
#include <damo/ir/storage_order.hpp>
#include <damo/rewrite/optimise.hpp>
#include <damo/rewrite/standard.hpp>

// What graph_interface.hpp declares: included by graph.hpp, or compiled once in the library.

namespace damo {

namespace detail::graph {

template <class Print>
std::string printed_by(const damo::graph& g, Print print) {
    std::vector<const char*> list;
    for (int i = 0; i < g.input_count(); ++i) { list.push_back(g.input_name(i).c_str()); }
    const ir::input_names names{list.data(), static_cast<int>(list.size())};
    core::sentence out;
    const int count = g.output_count();
    const ir::index* const outputs = g.outputs().data();
    print(out, g.nodes(), outputs, count, names);
    return {out.data(), static_cast<std::size_t>(out.size())};
}

} // namespace detail::graph

inline namespace DAMO_LIBRARY {

DAMO_LIBRARY_INLINE graph graph::gradient(const std::vector<int>& by, bool with_value) const {
    graph g;
    g.names_ = names_;
    ir::module m;
    std::vector<ir::index> outputs = outputs_;
    ir::copy_in_order(*module_, outputs.data(), output_count(), m);
    m.simplest = simplest_ ? m.nodes.size : 0;
    std::vector<ir::index> inputs(names_.size());
    for (ir::index n = 1; n < m.nodes.size; ++n) {
        if (m.nodes.data[n].op->id == ir::input_id) { inputs.at(static_cast<std::size_t>(m.attribute(n, 0))) = n; }
    }
    std::vector<ir::index> wrt;
    for (int i : by) { wrt.push_back(inputs.at(static_cast<std::size_t>(i))); }
    std::vector<ir::index> results(by.size());
    diff::gradient(m, outputs.data(), output_count(), wrt.data(), static_cast<int>(wrt.size()), results.data());
    detail::graph::raise_if_failed(m);
    if (with_value) { results.insert(results.begin(), outputs.front()); }
    g.take(m, results);
    return g;
}

DAMO_LIBRARY_INLINE graph graph::optimised(const ir::module& m, std::vector<ir::index> outputs, std::vector<std::string> names, const rewrite::rule_filter& filter) {
    graph g;
    g.names_ = std::move(names);
    g.take(m, std::move(outputs), filter);
    return g;
}

DAMO_LIBRARY_INLINE graph graph::part(std::vector<ir::index> outputs) const {
    graph g;
    g.names_ = names_;
    g.rewrites_ = rewrites_;
    g.module_ = std::make_unique<ir::module>();
    ir::copy_in_order(*module_, outputs.data(), static_cast<int>(outputs.size()), *g.module_);
    g.outputs_ = std::move(outputs);
    return g;
}

DAMO_LIBRARY_INLINE std::string graph::to_string() const {
    return detail::graph::printed_by(*this, [](auto&... a) { ir::print_infix(a...); });
}
DAMO_LIBRARY_INLINE std::string graph::to_tree() const {
    return detail::graph::printed_by(*this, [](auto&... a) { ir::print_tree(a...); });
}
DAMO_LIBRARY_INLINE std::string graph::to_dot() const {
    return detail::graph::printed_by(*this, [](auto&... a) { ir::print_dot(a...); });
}

DAMO_LIBRARY_INLINE void graph::take(const ir::module& m, std::vector<ir::index> outputs, const rewrite::rule_filter& filter) {
    const int count = static_cast<int>(outputs.size());
    ir::module simple;
    rewrite_broadcast listeners(names_);
    rewrite::optimise(m, simple, outputs.data(), count, rewrite::standard_algebra, rewrite::standard_rules, filter, listeners.told());
    detail::graph::raise_if_failed(simple);
    for (int i = 0; i < simple.applied.size; ++i) { rewrites_.emplace_back(simple.applied.data[i]); }
    module_ = std::make_unique<ir::module>();
    ir::copy_in_order(simple, outputs.data(), count, *module_);
    outputs_ = std::move(outputs);
    simplest_ = filter.admits_all();
}

} // namespace DAMO_LIBRARY

} // namespace damo
