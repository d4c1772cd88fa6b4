// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <damo/diff/gradient.hpp>
#include <damo/graph/rewrite_listener.hpp>
#include <damo/ir/print.hpp>
#include <damo/ir/storage_order.hpp>
#include <damo/rewrite/optimise.hpp>
#include <damo/rewrite/standard.hpp>

namespace damo {

namespace detail::graph {

// Ends the call when m holds a mistake: throws damo::error with the sentence and the place of the call that made it.
inline void raise_if_failed(ir::module& m) {
    if (m.failed) { m.raise_mistake(); }
}

} // namespace detail::graph

// An optimised graph that was made at run time: what the compiler keeps of a traced function, with the same nodes. Owns its nodes.
class graph {
  public:
    int input_count() const { return static_cast<int>(names_.size()); }
    int output_count() const { return static_cast<int>(outputs_.size()); }
    const std::string& input_name(int i) const { return names_.at(static_cast<std::size_t>(i)); }

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
    graph gradient(const std::vector<int>& by, bool with_value = false) const {
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

    // The optimised graph of these nodes of m, whose inputs have these names, by the rules that the filter admits.
    static graph optimised(const ir::module& m, std::vector<ir::index> outputs, std::vector<std::string> names, const rewrite::rule_filter& filter = {}) {
        graph g;
        g.names_ = std::move(names);
        g.take(m, std::move(outputs), filter);
        return g;
    }

    // The same graph with others of its nodes as results.
    graph part(std::vector<ir::index> outputs) const {
        graph g;
        g.names_ = names_;
        g.rewrites_ = rewrites_;
        g.module_ = std::make_unique<ir::module>();
        ir::copy_in_order(*module_, outputs.data(), static_cast<int>(outputs.size()), *g.module_);
        g.outputs_ = std::move(outputs);
        return g;
    }

    // As to_string, to_tree, to_dot and rewrites of a function.
    std::string to_string() const { return printed([](auto&... a) { ir::print_infix(a...); }); }
    std::string to_tree() const { return printed([](auto&... a) { ir::print_tree(a...); }); }
    std::string to_dot() const { return printed([](auto&... a) { ir::print_dot(a...); }); }
    const std::vector<std::string_view>& rewrites() const { return rewrites_; }

  private:
    friend class graph_builder;

    std::unique_ptr<ir::module> module_;
    std::vector<ir::index> outputs_;
    std::vector<std::string> names_;
    std::vector<std::string_view> rewrites_;
    bool simplest_ = false; // by all rules

    graph() = default;

    // Optimises what the outputs of m need.
    void take(const ir::module& m, std::vector<ir::index> outputs, const rewrite::rule_filter& filter = {}) {
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

    template <class Print>
    std::string printed(Print print) const {
        std::vector<const char*> list;
        for (const std::string& name : names_) { list.push_back(name.c_str()); }
        const ir::input_names names{list.data(), static_cast<int>(list.size())};
        core::sentence out;
        const int count = output_count();
        const ir::index* const outputs = outputs_.data();
        print(out, std::as_const(*module_), outputs, count, names);
        return {out.data(), static_cast<std::size_t>(out.size())};
    }
};

} // namespace damo
