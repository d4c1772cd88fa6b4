// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include <damo/core/any_array.hpp>
#include <damo/graph/graph.hpp>

namespace damo {

/// One node of a function as it runs. References are valid during the call that hands it over.
struct node_event {
    const ir::module& graph;                    // the optimised graph, its extents the numbers of this call
    const std::vector<ir::index>& outputs;      // its results
    ir::index node = 0;                         // a loop stands for its whole run
    const damo::graph& function;                // the same graph as the function holds it, with the extents of every call
    ir::index original = 0;                     // its node
    std::vector<const any_array*> operands = {};     // of a loop: number of steps, first carries, sequences, captured values
    std::vector<const any_array*> results = {};      // empty before the node has run; several for a loop
    const ir::module* alone = nullptr;          // the node as a graph of its own, input k being operand k; null where it has no kernel
    const std::vector<ir::index>* alone_outputs = nullptr;
    double seconds = 0;                         // that it took; 0 before

    const char* op() const { return graph.nodes.data[node].op->name; }
    /// "float64[3, 4]"; of a loop that of its first result.
    std::string type() const {
        core::sentence s;
        graph.print_type(s, graph.type_of(node));
        return {s.data(), static_cast<std::size_t>(s.size())};
    }
    const ir::location& place() const { return graph.locations.data[node]; }
};

/// Watches a compiled function from inside. A function with observers runs its optimised graph node by node, each result in memory of its
/// own, in the order in which results are asked for: the branch of a cond that is not taken is not run and not seen. An exception that
/// leaves an observer ends the call; shared variables keep their old values. One observer may watch several functions and is then called
/// by several threads.
class observer {
  public:
    observer() = default;
    observer(const observer&) = delete;
    observer& operator=(const observer&) = delete;
    virtual ~observer() = default;

    /// A function is compiled: its graph as it was written, with the nodes of its results (outputs, then updates), and as optimised.
    virtual void compiled(const ir::module& written, const std::vector<ir::index>& results, const graph& optimised) {
        (void)written, (void)results, (void)optimised;
    }
    virtual void before(const node_event& e) { (void)e; }
    virtual void after(const node_event& e) { (void)e; }
    /// A call has come to its end: the arguments and shared variables it read, and its results.
    virtual void finished(const graph& optimised, const std::vector<any_array>& inputs, const std::vector<any_array>& results) {
        (void)optimised, (void)inputs, (void)results;
    }
};

} // namespace damo
