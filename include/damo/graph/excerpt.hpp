// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <damo/graph/graph.hpp>
#include <damo/graph/walk.hpp>
#include <damo/ir/storage_order.hpp>

namespace damo::detail::graph {

// The parameters of loops that these nodes need and that no loop among what they need binds: bodies of loops are closed, so they are those
// that operands lead to. There are some inside the body of a loop that is being recorded.
inline std::vector<ir::index> free_parameters(const ir::module& m, const std::vector<ir::index>& nodes) {
    std::vector<ir::index> found;
    if (m.regions.size == 0) { return found; }
    std::vector<bool> needed(static_cast<std::size_t>(m.nodes.size));
    for (ir::index n : nodes) { needed[static_cast<std::size_t>(n)] = true; }
    for (ir::index n = m.nodes.size - 1; n > 0; --n) {
        const ir::node& x = m.nodes.data[n];
        if (!needed[static_cast<std::size_t>(n)]) { continue; }
        if (x.op->id == ir::parameter_id) { found.push_back(n); }
        for (int k = 0; k < x.arg_count; ++k) { needed[static_cast<std::size_t>(m.arg(n, k))] = true; }
    }
    return found;
}

// A piece of a graph with chosen nodes as its inputs, to be differentiated apart and put back.
class excerpt {
  public:
    ir::module m;
    std::vector<ir::index> arguments; // of each input of m, the node of the outside

    explicit excerpt(arena& a) : home_(a) {}
    // The number of the input of m that stands for node n of the outside.
    int cut(ir::index n) {
        const auto known = cuts_.find(n);
        if (known != cuts_.end()) { return known->second; }
        const int number = static_cast<int>(arguments.size());
        ir::tensor_type t = home_.type_of(n);
        for (int k = 0; k < t.rank; ++k) {
            if (!ir::is_known(t.extents[k])) { t.extents[k] = m.extent_of(ir::extent_kind::input_axis, number, k); }
        }
        m.here = home_.locations.data[n];
        inputs_.push_back(ops::make_input(m, number, t).node());
        arguments.push_back(n);
        cuts_.emplace(n, number);
        return number;
    }
    // What nodes are inside, when these are inputs.
    std::vector<ir::index> inside(const std::vector<ir::index>& nodes, const std::vector<ir::index>& cuts) {
        const auto input = [&](ir::index n) { return inputs_[static_cast<std::size_t>(cut(n))]; };
        rebuild copy(home_, m, [&](int number) { return input(home_.node_of(leaf_pointer(home_.leaf_of(number)))); });
        for (ir::index n : cuts) { copy.put(n, input(n)); }
        for (ir::index n : free_parameters(home_, nodes)) { copy.put(n, input(n)); } // they are known by the number of their loop in this module
        std::vector<ir::index> images = nodes;
        copy.run(images.data(), static_cast<int>(images.size()));
        hand_on(m);
        return images;
    }
    // Nodes of another module with the same inputs, in the outside.
    std::vector<ir::index> outside(const ir::module& from, std::vector<ir::index> nodes) {
        rebuild copy(from, home_, [&](int number) { return arguments[static_cast<std::size_t>(number)]; });
        copy.run(nodes.data(), static_cast<int>(nodes.size()));
        if (home_.failed) { home_.raise_mistake(); }
        return nodes;
    }
    // Throws the mistake of a module that was made of this one.
    static void hand_on(ir::module& from) {
        if (!from.failed) { return; }
        raise(mistake_kind::derivative, std::string(from.error.data(), static_cast<std::size_t>(from.error.size())), from.error_place.file, from.error_place.line);
    }
    // As they are told to who listens to rewrites: those of inputs of the outside, and what else was cut by its op.
    std::vector<std::string> names() const {
        std::vector<std::string> list;
        for (ir::index n : arguments) { list.push_back(is_leaf(home_, n) ? leaf_at(home_, n)->name : std::string("(") + home_.nodes.data[n].op->name + ")"); }
        return list;
    }
    const arena& home() const { return home_; }

  private:
    arena& home_;
    std::vector<ir::index> inputs_;
    std::map<ir::index, int> cuts_;
};

// The optimised graph of an excerpt in a module to be added to. Optimised first, so that the derivative is that of the stable form.
struct optimised_excerpt {
    ir::module m;
    std::vector<ir::index> outputs;

    optimised_excerpt(excerpt& e, const std::vector<ir::index>& roots) : excerpt_(e), inputs_(e.arguments.size()) {
        const damo::graph g = damo::graph::optimised(e.m, roots, e.names());
        outputs = g.outputs();
        ir::copy_in_order(g.nodes(), outputs.data(), static_cast<int>(outputs.size()), m);
        m.simplest = m.nodes.size;
        for (ir::index n = 1; n < m.nodes.size; ++n) {
            if (m.nodes.data[n].op->id == ir::input_id) { inputs_[static_cast<std::size_t>(m.attribute(n, 0))] = n; }
        }
    }
    // What node n of the outside, which was cut, is here.
    ir::index input(ir::index n) const { return inputs_[static_cast<std::size_t>(excerpt_.cut(n))]; }
    // The same for a cotangent or tangent; constants stay constants, for the rules to see them.
    value given(ir::index n) {
        const ir::module& home = excerpt_.home();
        if (ops::is_constant(home, n)) { return ops::make_constant(m, home.type_of(n).element, home.nodes.data[n].bits); }
        return {m, input(n)};
    }
    // Results of a derivative, optimised and brought back to the outside. An empty value stands for zero.
    std::vector<value> bring_back(arena& a, const std::vector<value>& results) {
        excerpt::hand_on(m);
        std::vector<ir::index> nodes;
        for (const value& v : results) {
            if (!v.is_empty()) { nodes.push_back(v.node()); }
        }
        std::vector<value> out(results.size());
        if (nodes.empty()) { return out; }
        const damo::graph g = damo::graph::optimised(m, std::move(nodes), excerpt_.names());
        const std::vector<ir::index> found = excerpt_.outside(g.nodes(), g.outputs());
        for (std::size_t i = 0, k = 0; i < results.size(); ++i) {
            if (!results[i].is_empty()) { out[i] = value(a, found[k++]); }
        }
        return out;
    }

  private:
    excerpt& excerpt_;
    std::vector<ir::index> inputs_;
};

} // namespace damo::detail::graph
