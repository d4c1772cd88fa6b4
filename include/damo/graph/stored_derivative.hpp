// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <damo/expr/inline_graph.hpp>
#include <damo/graph/graph.hpp>
#include <damo/graph/graph_file.hpp>
#include <damo/ops/registered_vjp.hpp>

namespace damo::detail::files {

// A derivative that was given by hand as the graphs that it makes, for files: a function of the program cannot be stored, what it records can.
// `backward` has the arguments, the result and its cotangent as inputs, and gives the cotangents that are not zero; `forward` has the arguments,
// the result and the tangents of the arguments, and gives one tangent. Behind these, each gives its inputs, so that it has them all.
struct derivative_graphs {
    std::vector<bool> given; // by argument: there is a cotangent
    std::unique_ptr<damo::graph> backward;
    std::unique_ptr<damo::graph> forward; // null: none by hand, or always zero
};

inline bool has_derivative_by_hand(const ir::op_info& op) { return op.id == ops::id_of<ops::custom_vjp_op> || op.id == ops::id_of<ops::custom_derivatives_op>; }

inline derivative_graphs recorded_derivative(const ir::module& m, ir::index n) {
    const ops::custom_derivative& by_hand = ops::derivative_of(static_cast<int>(m.attribute(n, 0)));
    const int count = m.nodes.data[n].arg_count - 1;
    derivative_graphs made;
    const auto record = [&](bool forward) -> std::unique_ptr<damo::graph> {
        ir::module r;
        std::vector<value> inputs;
        const auto add_input = [&](ir::index like) {
            const auto number = static_cast<int>(inputs.size());
            ir::tensor_type t = m.type_of(like);
            for (int k = 0; k < t.rank; ++k) {
                if (!ir::is_known(t.extents[k])) { t.extents[k] = r.extent_of(ir::extent_kind::input_axis, number, k); }
            }
            inputs.push_back(ops::make_input(r, number, t));
        };
        for (int k = 0; k < count; ++k) { add_input(m.arg(n, k + 1)); }
        add_input(n);
        for (int k = 0; k < (forward ? count : 1); ++k) { add_input(forward ? m.arg(n, k + 1) : n); }
        const std::vector<value> xs(inputs.begin(), inputs.begin() + count);
        const value y = inputs[static_cast<std::size_t>(count)];
        std::vector<value> found;
        if (forward) { found.push_back(by_hand.push_forward(xs, y, std::vector<value>(inputs.begin() + count + 1, inputs.end()))); }
        else { found = by_hand.pull_back(xs, y, inputs.back()); }
        if (r.failed) { refuse("a derivative by hand cannot be stored: " + std::string(r.error.data(), static_cast<std::size_t>(r.error.size()))); }
        if (!forward && found.size() != xs.size()) { refuse("a derivative by hand cannot be stored: it gives " + std::to_string(found.size()) + " cotangents for " + std::to_string(xs.size()) + " arguments"); }
        std::vector<ir::index> roots;
        for (const value& v : found) {
            if (!forward) { made.given.push_back(!v.is_empty()); }
            if (v.is_empty()) { continue; }
            const value as_node = v.is_literal() ? ops::as_element(r, v, v.literal_kind()) : v;
            if (&as_node.owner() != &r) { refuse("a derivative by hand that uses symbols of the outside cannot be stored: it should use what it is given"); }
            roots.push_back(as_node.node());
        }
        if (roots.empty() && forward) { return nullptr; }
        for (const value& v : inputs) { roots.push_back(v.node()); }
        return std::make_unique<damo::graph>(damo::graph::optimised(r, std::move(roots), std::vector<std::string>(inputs.size(), "x")));
    };
    made.backward = record(false);
    if (m.nodes.data[n].op->id == ops::id_of<ops::custom_derivatives_op>) { made.forward = record(true); }
    return made;
}

// The graph g, from a file, at these arguments: what it gives in front of its inputs.
inline std::vector<value> replayed(const damo::graph& g, std::vector<value> arguments) {
    ir::module& m = arguments.front().owner();
    std::vector<ir::index> nodes = g.outputs();
    inlining::replay(g.nodes(), m).run(arguments.data(), static_cast<int>(arguments.size()), nodes.data(), static_cast<int>(nodes.size()));
    std::vector<value> found;
    for (std::size_t i = 0; i + arguments.size() < nodes.size(); ++i) { found.emplace_back(m, nodes[i]); }
    return found;
}

// Registers what a file holds; the number by which nodes know it.
inline int registered(derivative_graphs from) {
    ops::custom_derivative d;
    d.pull_back = [g = std::shared_ptr<const damo::graph>(std::move(from.backward)), given = from.given](const std::vector<value>& xs, const value& y, const value& cotangent) {
        std::vector<value> arguments = xs;
        arguments.push_back(y);
        arguments.push_back(cotangent);
        std::vector<value> found = replayed(*g, std::move(arguments));
        std::vector<value> all(xs.size());
        for (std::size_t i = 0, k = 0; i < all.size(); ++i) {
            if (given[i]) { all[i] = found[k++]; }
        }
        return all;
    };
    d.push_forward = [g = std::shared_ptr<const damo::graph>(std::move(from.forward))](const std::vector<value>& xs, const value& y, const std::vector<value>& tangents) {
        if (g == nullptr) { return value(); }
        std::vector<value> arguments = xs;
        arguments.push_back(y);
        arguments.insert(arguments.end(), tangents.begin(), tangents.end());
        return replayed(*g, std::move(arguments)).front();
    };
    return ops::register_derivative(std::move(d));
}

// Whether the graphs fit a node of operands of these types, the result first and then the arguments: nothing else may come out of a file.
inline bool fits(const derivative_graphs& d, const std::vector<ir::tensor_type>& operands) {
    std::vector<ir::tensor_type> inputs(operands.begin() + 1, operands.end());
    inputs.push_back(operands.front());
    const auto good = [&](const damo::graph& g, const std::vector<ir::tensor_type>& further, const std::vector<ir::tensor_type>& results) {
        std::vector<ir::tensor_type> wanted = inputs;
        wanted.insert(wanted.end(), further.begin(), further.end());
        if (g.input_count() != static_cast<int>(wanted.size()) || g.output_count() != static_cast<int>(results.size() + wanted.size())) { return false; }
        const ir::module& m = g.nodes();
        for (ir::index n = 1; n < m.nodes.size; ++n) {
            if (m.nodes.data[n].op->id != ir::input_id) { continue; }
            const ir::tensor_type& t = m.type_of(n);
            const ir::tensor_type& u = wanted[static_cast<std::size_t>(m.attribute(n, 0))];
            if (t.element != u.element || t.rank != u.rank) { return false; }
            for (int k = 0; k < t.rank; ++k) {
                if (ir::is_known(t.extents[k]) && t.extents[k] != u.extents[k]) { return false; }
            }
        }
        for (std::size_t i = 0; i < results.size(); ++i) {
            if (m.type_of(g.outputs()[i]).rank > results[i].rank) { return false; }
        }
        return true;
    };
    std::vector<ir::tensor_type> cotangents;
    if (d.given.size() + 1 != operands.size()) { return false; }
    for (std::size_t i = 0; i < d.given.size(); ++i) {
        if (d.given[i]) { cotangents.push_back(operands[i + 1]); }
    }
    return good(*d.backward, {operands.front()}, cotangents) &&
           (d.forward == nullptr || good(*d.forward, std::vector<ir::tensor_type>(operands.begin() + 1, operands.end()), {operands.front()}));
}

} // namespace damo::detail::files
