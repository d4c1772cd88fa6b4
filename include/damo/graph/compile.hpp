// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <damo/graph/compile_interface.hpp>
#include <damo/graph/compiled_function.hpp>

// compile is declared in compile_interface.hpp; its code comes from the compiled library, or from here.
#if !defined(DAMO_USE_LIBRARY)
#include <damo/graph/compile_code.hpp>
#endif

namespace damo {

namespace detail::graph {

// Functions that eval made of expressions of one graph, the latest used first. Shared variables are not kept alive.
class evaluations {
  public:
    static constexpr std::size_t most = 32;

    struct key {
        ir::index node = 0;
        std::vector<std::pair<const leaf*, std::string>> given; // a leaf, or the name of one
        friend bool operator==(const key&, const key&) = default;
    };
    // False where there is none, or a variable of it is gone.
    bool find(const key& k, compiled_function& f) {
        const std::lock_guard<std::mutex> lock(mutex_);
        for (std::size_t i = 0; i < list_.size(); ++i) {
            if (!(list_[i].k == k)) { continue; }
            std::rotate(list_.begin(), list_.begin() + static_cast<std::ptrdiff_t>(i), list_.begin() + static_cast<std::ptrdiff_t>(i) + 1);
            const std::shared_ptr<const function_body>& body = list_.front().body;
            std::vector<state_pointer> states;
            for (std::size_t n = static_cast<std::size_t>(body->argument_count); n < body->inputs.size(); ++n) {
                states.push_back(state_of(*body->inputs[n]));
                if (states.back() == nullptr) { return false; }
            }
            f = compiled_function(body, std::move(states));
            return true;
        }
        return false;
    }
    void keep(key k, std::shared_ptr<const function_body> body) {
        const std::lock_guard<std::mutex> lock(mutex_);
        list_.insert(list_.begin(), {std::move(k), std::move(body)});
        if (list_.size() > most) { list_.pop_back(); }
    }
    std::size_t size() const {
        const std::lock_guard<std::mutex> lock(mutex_);
        return list_.size();
    }

  private:
    struct entry {
        key k;
        std::shared_ptr<const function_body> body;
    };
    mutable std::mutex mutex_;
    std::vector<entry> list_;
};

} // namespace detail::graph

/// The value of y where its inputs have these values. The function that it compiles is kept with the graph for the next call that gives the
/// same inputs: the latest 32 of each graph. Safe to call from several threads at once.
inline any_array eval(const operand& y, std::initializer_list<named_argument> given = {}) {
    const value root = detail::graph::settled(y, "eval");
    detail::graph::evaluations& known = detail::graph::arena_of(root).kept<detail::graph::evaluations>();
    detail::graph::evaluations::key key{root.node(), {}};
    for (const named_argument& g : given) {
        if (g.key.is_empty()) { detail::graph::raise(mistake_kind::unknown_input, "eval was given a value for an empty symbol or a null pointer: name the input, or give its symbol", y.file, y.line); }
        const bool by_symbol = !g.key.symbol().is_empty();
        key.given.emplace_back(by_symbol ? detail::graph::leaf_of(g.key.symbol(), "eval").get() : nullptr, by_symbol ? std::string() : g.key.name());
    }
    compiled_function f;
    if (known.find(key, f)) { return f(given); }
    std::vector<value> inputs;
    for (const named_argument& g : given) {
        value symbol = g.key.symbol();
        if (symbol.is_empty()) {
            for (const value& x : inputs_of(root)) {
                if (detail::graph::leaf_at(x.owner(), x.node())->name != g.key.name()) { continue; }
                if (!symbol.is_empty()) { detail::graph::raise(mistake_kind::duplicate_input, "eval was given a value for \"" + g.key.name() + "\", a name that several inputs of the expression have: say which by the symbol", y.file, y.line); }
                symbol = x;
            }
            if (symbol.is_empty()) { detail::graph::raise(mistake_kind::unknown_input, "eval was given a value for \"" + g.key.name() + "\", which is no input of the expression", y.file, y.line); }
        }
        inputs.push_back(std::move(symbol));
    }
    compile_options options;
    options.unused_input = on_doubt::ignore;
    options.default_updates = false;
    f = compile(inputs, {root}, options);
    any_array result = f(given);
    known.keep(std::move(key), f.shared_body());
    return result;
}

} // namespace damo
