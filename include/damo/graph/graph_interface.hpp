// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <damo/ir/module.hpp>
#include <damo/ops/all.hpp> // for who makes graphs
#include <damo/rewrite/rule_filter.hpp>

namespace damo {

namespace detail::graph {

// Ends the call when m holds a mistake: throws damo::error with the sentence and the place of the call that made it.
inline void raise_if_failed(ir::module& m) {
    if (m.failed) { m.raise_mistake(); }
}

} // namespace detail::graph

class graph_builder;

inline namespace DAMO_LIBRARY {

// An optimised graph that was made at run time: what the compiler keeps of a traced function, with the same nodes. Owns its nodes.
class graph {
  public:
    int input_count() const { return static_cast<int>(names_.size()); }
    int output_count() const { return static_cast<int>(outputs_.size()); }
    const std::string& input_name(int i) const {
        if (i < 0 || i >= input_count()) {
            constexpr char text[] = "input_name requires the number of an input of the graph: they are counted from 0 and end before input_count()";
            core::raise(text, sizeof text - 1);
        }
        return names_[static_cast<std::size_t>(i)];
    }

    // The nodes, for executors and tools; outputs()[i] is the node of result i.
    const ir::module& nodes() const { return *module_; }
    const std::vector<ir::index>& outputs() const { return outputs_; }

    // The graph of these nodes as they are, without any rewriting.
    static graph of_nodes(std::unique_ptr<ir::module> nodes, std::vector<ir::index> outputs, std::vector<std::string> names) {
        graph g;
        g.module_ = std::move(nodes);
        g.outputs_ = std::move(outputs);
        g.names_ = std::move(names);
        return g;
    }

    // The derivative of the one floating scalar output with respect to the inputs of these numbers, with the value in front if wanted.
    graph gradient(const std::vector<int>& by, bool with_value = false) const;

    // The optimised graph of these nodes of m, whose inputs have these names, by the rules that the filter admits.
    static graph optimised(const ir::module& m, std::vector<ir::index> outputs, std::vector<std::string> names, const rewrite::rule_filter& filter = {});

    // The same graph with others of its nodes as results.
    graph part(std::vector<ir::index> outputs) const;

    // As to_string, to_tree, to_dot and rewrites of a function.
    std::string to_string() const;
    std::string to_tree() const;
    std::string to_dot() const;
    const std::vector<std::string_view>& rewrites() const { return rewrites_; }

  private:
    friend damo::graph_builder;

    std::unique_ptr<ir::module> module_;
    std::vector<ir::index> outputs_;
    std::vector<std::string> names_;
    std::vector<std::string_view> rewrites_;
    bool simplest_ = false; // by all rules

    graph() = default;

    // Optimises what the outputs of m need.
    void take(const ir::module& m, std::vector<ir::index> outputs, const rewrite::rule_filter& filter = {});
};

} // namespace DAMO_LIBRARY

} // namespace damo
