// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <damo/core/any_array.hpp>
#include <damo/exec/runtime/program.hpp>
#include <damo/graph/compile_times.hpp>
#include <damo/graph/graph.hpp>
#include <damo/graph/rewrite_listener.hpp>

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

/// A function that was compiled.
struct compile_event {
    const ir::module& written;              // its graph as it was written
    const std::vector<ir::index>& results;  // of that graph: outputs, then next values of shared variables
    const damo::graph& optimised;
    const std::string& name;
    const compile_times& times;
};

/// A call of a function that has come to its end.
struct call_event {
    const damo::graph& function;
    double seconds = 0;                        // without the conversion of arguments
    const compile_times& times;                // of the function, as far as they are known now
    const exec::program& program;              // with the plan: program.draft()
    const exec::step_times* steps = nullptr;   // of this call; null unless an observer watches groups
    const exec::raw_view* inputs = nullptr;    // as program.run takes them
    const exec::raw_view* outputs = nullptr;
};

/// How closely an observer looks, and with it how a function runs. Each level includes those before it, but for `nodes` without `groups`: a node
/// that is fused is nowhere to be seen. Where both are asked for, by one observer or by several, each call runs twice.
enum class watch_level {
    compilation, // as without observers
    calls,       // as without observers, but for a look at the clock
    groups,      // step by step of its plan, fused as it is
    nodes,       // node by node, each with its result in memory of its own: slow, and nothing is fused
    nodes_and_groups // node by node for the observers, then step by step for the results and for the time of the call
};

/// Watches a compiled function. One that looks at nodes sees them in the order in which results are asked for: the branch of a cond that is
/// not taken is not run and not seen. An exception that leaves an observer ends the call; shared variables keep their old values. One
/// observer may watch several functions and is then called by several threads.
class observer {
  public:
    observer() = default;
    observer(const observer&) = delete;
    observer& operator=(const observer&) = delete;
    virtual ~observer() = default;

    /// Asked once for each function, when it is compiled.
    virtual watch_level watches() const { return watch_level::nodes; }

    /// Before a function is optimised: who is told of its rewrites, or null.
    virtual std::unique_ptr<rewrite_listener> listen() { return nullptr; }
    virtual void compiled(const compile_event& e) { (void)e; }
    virtual void before(const node_event& e) { (void)e; }
    virtual void after(const node_event& e) { (void)e; }
    /// What went node by node has come to its end: the arguments and shared variables it read, and its results.
    virtual void finished(const graph& optimised, const std::vector<any_array>& inputs, const std::vector<any_array>& results) {
        (void)optimised, (void)inputs, (void)results;
    }
    /// Any call has come to its end, shared variables are not yet updated.
    virtual void called(const call_event& e) { (void)e; }
};

} // namespace damo
