// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/expr/inline_graph.hpp>
#include <damo/expr/symbols.hpp>
#include <damo/graph/graph.hpp>
#include <damo/graph/input_extent.hpp>

namespace damo {

// Builds an expression graph while the program runs, with the op functions, rules and derivatives that the compiler uses for traced
// functions: the graphs that come out are the same, node for node.
//
//     damo::graph_builder b;
//     const auto x = b.input("x", damo::dtype::float64, {"n"});
//     const damo::graph slope = b.optimise({b.grad(sum(log(1 + exp(x))), x)});     // sigmoid(x)
//
// Symbols point into the builder, which must outlive them and stays where it is. A mistake ends the call that makes it: damo::error
// with the sentence and the place of the call; what was built before stays usable. Not for use by two threads at once.
class graph_builder {
  public:
    graph_builder() { module_.raises = true; }
    graph_builder(const graph_builder&) = delete;
    graph_builder& operator=(const graph_builder&) = delete;

    // A new argument of the graph. Names are unique.
    value input(std::string_view name, dtype element, std::initializer_list<input_extent> extents = {}, const char* file = __builtin_FILE(),
                int line = __builtin_LINE()) {
        module_.here = {file, line};
        const int number = static_cast<int>(names_.size());
        for (const std::string& known : names_) {
            if (known == name) { return refuse("input(\"", name, "\") requires a name that no other input of this builder has: choose another"); }
        }
        if (!is_computable(element)) {
            return refuse("input(\"", name, "\") requires bool, int32, int64, float32 or float64 as element type: the others are for storage only");
        }
        if (extents.size() > static_cast<std::size_t>(ir::max_rank)) { return refuse("input(\"", name, "\") requires a rank of 8 at most"); }
        ir::tensor_type t;
        t.element = element;
        for (const input_extent& e : extents) {
            if (e.name == nullptr && e.number < -1) {
                return refuse("input(\"", name, "\") requires extents of 0 or more, -1 for those the call decides, or names");
            }
            t.extents[t.rank] = e.name != nullptr  ? named(e.name)
                                : e.number == -1 ? module_.extent_of(ir::extent_kind::input_axis, number, t.rank)
                                                   : e.number;
            ++t.rank;
        }
        names_.emplace_back(name);
        const value v = ops::make_input(module_, number, t);
        inputs_.push_back(v);
        return v;
    }
    template <class T>
    value input(std::string_view name, std::initializer_list<input_extent> extents = {}, const char* file = __builtin_FILE(),
                int line = __builtin_LINE()) {
        return input(name, dtype_of<T>(), extents, file, line);
    }

    // Adds a result, for optimise() without arguments and the printers.
    void output(operand y) { outputs_.push_back(own(y, "output")); }

    // The optimised graph of the results, or of the values given: all inputs of the builder are its inputs.
    graph optimise() const {
        graph g;
        g.names_ = names_;
        g.take(module_, outputs_);
        return g;
    }
    graph optimise(std::initializer_list<operand> results) {
        std::vector<ir::index> nodes;
        for (const operand& y : results) { nodes.push_back(own(y, "optimise")); }
        graph g;
        g.names_ = names_;
        g.take(module_, std::move(nodes));
        return g;
    }

    // The derivative of the floating scalar y with respect to inputs of this builder, as a symbol to go on with. y is optimised first,
    // so that the derivative is that of the stable form.
    value grad(operand y, operand x) { return grad(y, {x}).front(); }
    std::vector<value> grad(operand y, std::initializer_list<operand> by) {
        const ir::index root = own(y, "grad");
        std::vector<int> numbers;
        for (const operand& x : by) {
            const ir::index n = own(x, "grad");
            if (module_.nodes.data[n].op->id != ir::input_id) {
                refuse("grad(y, x) requires x to be an input of this builder", "", ": differentiate by an input, and by the chain rule beyond it");
            }
            numbers.push_back(static_cast<int>(module_.attribute(n, 0)));
        }
        graph whole;
        whole.names_ = names_;
        whole.take(module_, {root});
        const graph slopes = whole.gradient(numbers);
        std::vector<ir::index> nodes = slopes.outputs_;
        detail::inlining::replay(*slopes.module_, module_).run(inputs_.data(), static_cast<int>(inputs_.size()), nodes.data(), static_cast<int>(nodes.size()));
        std::vector<value> results;
        for (ir::index n : nodes) { results.emplace_back(module_, n); }
        return results;
    }

    // The results as they were written, before any rewriting.
    std::string to_string() const { return as_written().to_string(); }
    std::string to_tree() const { return as_written().to_tree(); }

  private:
    ir::module module_;
    std::vector<value> inputs_;
    std::vector<std::string> names_;
    std::vector<std::string> extent_names_;
    std::vector<ir::index> outputs_;

    value refuse(std::string_view before, std::string_view name, std::string_view after) {
        core::sentence& s = module_.fail();
        for (const std::string_view part : {before, name, after}) {
            for (const char c : part) { s << c; }
        }
        return {module_, ir::module::poison};
    }
    ir::extent named(const char* name) {
        for (const std::string& known : extent_names_) {
            if (known != name && core::hash_name(known.c_str()) == core::hash_name(name)) { refuse("extent \"", name, "\": the name has the hash of another; choose another"); }
        }
        extent_names_.emplace_back(name);
        return module_.extent_of(ir::extent_kind::named, core::hash_name(name), 0);
    }
    // The node of a symbol of this builder, or of a number.
    ir::index own(const operand& y, const char* call) {
        module_.here = {y.file, y.line};
        if (y.v.is_literal()) { return ops::as_element(module_, y.v, y.v.literal_kind()).node(); }
        if (!y.v.has_owner() || &y.v.owner() != &module_) {
            refuse(call, "", " requires symbols of this builder: this one is empty or belongs to another graph");
        }
        return y.v.node();
    }
    graph as_written() const {
        graph g;
        g.names_ = names_;
        g.outputs_ = outputs_;
        g.module_ = std::make_unique<ir::module>();
        ir::copy_in_order(module_, g.outputs_.data(), g.output_count(), *g.module_);
        return g;
    }
};

} // namespace damo
