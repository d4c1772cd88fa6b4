// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <damo/graph/walk.hpp>
#include <damo/ops/registered_vjp.hpp>

namespace damo {

/// A piece of a graph as a function of symbols: f(a, b) is its output with a and b in the place of its inputs. Shared variables and inputs that are
/// not named stay what they are. A derivative may be given by hand, as of custom_vjp; otherwise it is that of the expression.
///     damo::graph_function f({x, y}, x * exp(y));
///     auto z = f(a, b + 1);
class graph_function {
  public:
    /// Errors: unknown_input_error for a symbol that is computed, duplicate_input_error for one that is listed twice, derivative_error for a forward
    /// derivative alone.
    graph_function(std::vector<value> inputs, const operand& output, custom_pull_back derivative = {}, custom_push_forward forward = {})
        : inputs_(std::move(inputs)), output_(detail::graph::settled(output, "graph_function"), output.file, output.line), derivative_(std::move(derivative)), forward_(std::move(forward)) {
        if (forward_ && !derivative_) { detail::graph::raise(mistake_kind::derivative, "graph_function(inputs, output, derivative, forward) requires a derivative beside `forward`, which is for jvp alone: give both", output.file, output.line); }
        std::vector<value> seen;
        for (const value& x : inputs_) {
            const value s = detail::graph::settled(operand(x, output.file, output.line), "graph_function");
            if (!detail::graph::is_leaf(s.owner(), s.node())) {
                detail::graph::raise(mistake_kind::unknown_input, "graph_function(inputs, output) requires inputs that input(...) made; one of these is computed", output.file, output.line);
            }
            for (const value& other : seen) {
                if (detail::graph::leaf_at(other.owner(), other.node()) != detail::graph::leaf_at(s.owner(), s.node())) { continue; }
                detail::graph::raise(mistake_kind::duplicate_input, "graph_function(inputs, output) requires each input once: \"" + detail::graph::leaf_at(s.owner(), s.node())->name + "\" is listed twice", output.file, output.line);
            }
            seen.push_back(s);
        }
    }
    /// Errors: missing_input_error for another number of arguments, substitution_error for another element type or rank.
    template <class... A>
    value operator()(const A&... arguments) const {
        const std::vector<operand> given{operand(arguments)...};
        if (given.size() != inputs_.size()) {
            detail::graph::raise(mistake_kind::missing_input, "this graph_function takes " + std::to_string(inputs_.size()) + " arguments; it was given " + std::to_string(given.size()));
        }
        std::vector<substitution> by;
        std::vector<value> xs;
        for (std::size_t i = 0; i < given.size(); ++i) {
            const operand x = detail::graph::placed(given[i], "graph_function");
            xs.push_back(given[i].v.is_literal() ? cast(x, inputs_[i].element()) : x.v);
            by.push_back({inputs_[i], operand(xs.back(), x.file, x.line)});
        }
        const value y = replace(output_, by);
        return derivative_ ? custom_vjp(operand(y, output_.file, output_.line), xs, derivative_, forward_) : y;
    }

  private:
    std::vector<value> inputs_;
    operand output_;
    custom_pull_back derivative_;
    custom_push_forward forward_;
};

} // namespace damo
