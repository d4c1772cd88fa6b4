// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <damo/graph/compiled_function_interface.hpp>
#include <damo/graph/pair_list.hpp>
#include <damo/graph/walk.hpp>

namespace damo {

/// {w, w - 0.1 * slope}: the next value of a shared variable.
struct update {
    shared_variable of;
    operand next;
    static constexpr mistake_kind kind = mistake_kind::update;
    static update of_symbols(const value& of, const operand& next) { return {detail::graph::variable_of(of, "an update"), next}; }
    static update of_symbols(const shared_variable& of, const operand& next) { return {of, next}; }
};

/// {x, 1.0}: what an input is when a call leaves it out.
struct default_value {
    value of;
    any_array is;
};

/// How much is done before a function runs. `none`: nodes are computed as they are written, equal ones once, constants beforehand.
/// `fast_compile`: only rules that change no bit or make results more accurate, and no machine code, whatever the tier. `full`: everything.
enum class optimisation_level : std::uint8_t { none, fast_compile, full };

/// How a function is compiled.
struct compile_options {
    pair_list<update> updates = {};          // made by each call, all from the values before it
    pair_list<substitution> givens = {};     // made before anything else, all at once
    std::vector<default_value> defaults = {};
    on_doubt unused_input = on_doubt::raise; // an input that no result and no update needs
    conversion_policy conversion = conversion_policy::safe;
    bool default_updates = true;                              // those of the shared variables that are used
    std::vector<shared_variable> no_default_update = {};      // except of these
    optimisation_level optimisation = optimisation_level::full;
    bool ieee = false;                                        // only rewrites that change no bit, and none that takes time
    std::vector<std::string> exclude_rules = {};              // by name, or by subject: "log."
    std::vector<rule_class> exclude_classes = {};             // like terms are collected only where reassociating and real rules are allowed
    std::vector<std::string> include_rules = {};              // by name, whatever their class
    std::vector<std::shared_ptr<observer>> observers = {}; // node by node, for looking inside: nan_guard(), check(), a profile
    std::string name = {};
    damo::tier tier = damo::tier::tiered; // machine code in the background; the last bits may change when it takes over
    exec::program_options program = {};
};

namespace detail::graph {

inline leaf_pointer leaf_of(const value& v, const char* call) {
    const value x = settled({v, nullptr, 0}, call);
    if (v.is_literal() || !is_leaf(x.owner(), x.node())) {
        raise(mistake_kind::unknown_input, std::string(call) + " requires symbols that input(...) made; this one is computed: put another in its place with givens", x.owner().locations.data[x.node()].file, x.owner().locations.data[x.node()].line);
    }
    return leaf_at(x.owner(), x.node());
}

// What a function computes: symbols and numbers one by one, or a vector of symbols, or a map of them, whose keys are the outputs' names.
class output_list : public std::vector<operand> {
  public:
    std::vector<std::string> names; // none, or one each
    output_list(std::initializer_list<operand> all) : vector(all) {}
    output_list(std::vector<operand> all) : vector(std::move(all)) {}
    template <std::derived_from<value> Symbol>
    output_list(const std::vector<Symbol>& all, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
        for (const Symbol& x : all) { emplace_back(x, file, line); }
    }
    template <std::derived_from<value> Symbol>
    output_list(const std::map<std::string, Symbol>& all, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
        for (const auto& [name, x] : all) {
            emplace_back(x, file, line);
            names.push_back(name);
        }
    }
};

inline std::shared_ptr<shared_state> state_of(const leaf& l) { return std::static_pointer_cast<shared_state>(l.state.lock()); }

} // namespace detail::graph

/// compile(inputs, outputs, options): a function of these inputs that computes these outputs, and updates shared variables. Outputs may be
/// any symbols and numbers, a vector of symbols, or a map from names to symbols. Costs O(n log n) in the number of nodes; ready at once.
///     auto step = damo::compile({X, t}, {cost}, {.updates = {{w, w - 0.1f * damo::grad(cost, w)}}});
/// Errors: missing_input_error with the way from the input to the output, duplicate_input_error, unused_input_error (unless unused_input
/// says otherwise), unknown_input_error, update_error, substitution_error, destroyed_shared_error.
inline namespace DAMO_LIBRARY {
compiled_function compile(const std::vector<value>& inputs, const detail::graph::output_list& outputs, const compile_options& options = {});
} // namespace DAMO_LIBRARY

} // namespace damo
