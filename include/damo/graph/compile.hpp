// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <chrono>
#include <concepts>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <damo/graph/compiled_function.hpp>
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

/// How a function is compiled.
struct compile_options {
    pair_list<update> updates = {};          // made by each call, all from the values before it
    pair_list<substitution> givens = {};     // made before anything else, all at once
    std::vector<default_value> defaults = {};
    on_doubt unused_input = on_doubt::raise; // an input that no result and no update needs
    conversion_policy conversion = conversion_policy::safe;
    bool default_updates = true;                              // those of the shared variables that are used
    std::vector<shared_variable> no_default_update = {};      // except of these
    bool ieee = false;                                        // only rewrites that change no bit, and none that takes time
    std::vector<std::string> exclude_rules = {};              // by name, or by subject: "log."
    std::vector<std::string> include_rules = {};              // by name, whatever their class
    std::vector<std::shared_ptr<observer>> observers = {}; // node by node, for looking inside: nan_guard(), check(), a profile
    std::string name = {};
    damo::tier tier = damo::tier::tiered; // machine code in the background; the last bits may change when it takes over
    exec::program_options program = {};
};

namespace detail::graph {

// What a function is made of while it is put together: nodes of many graphs, in one module that has the function's inputs.
class assembly {
  public:
    ir::module m;
    std::vector<leaf_pointer> inputs;
    std::vector<ir::index> nodes; // of the inputs
    std::vector<bool> used;
    std::vector<axis_pair> equal_axes;
    int argument_count = 0;

    void add_argument(const leaf_pointer& l) {
        for (const leaf_pointer& known : inputs) {
            if (known == l) { raise(mistake_kind::duplicate_input, "compile(inputs, outputs) requires each input once: \"" + l->name + "\" is listed twice", l->place.file, l->place.line); }
        }
        add(l);
        argument_count = static_cast<int>(inputs.size());
    }
    void add_variable(const leaf_pointer& l) {
        if (numbers_.find(l.get()) == numbers_.end()) { add(l); }
    }
    // What nodes become, with these in the place of others. The graphs they are in must not grow while it is used.
    class copier {
      public:
        explicit copier(assembly& a) : to_(a) {}
        void put(const value& from, ir::index image) { part(arena_of(from)).put(from.node(), image); }
        ir::index operator()(const value& v) {
            root_ = v;
            ir::index n = v.node();
            part(arena_of(v)).run(&n, 1);
            if (to_.m.failed) { to_.raise_mistake(); }
            return n;
        }

        // How long the derivatives took of which nodes were taken.
        double derived() const {
            double seconds = 0;
            for (const auto& [a, copy] : parts_) {
                for (const arena::derivation& d : a->derivations()) {
                    bool taken = false;
                    for (ir::index n = d.first; n < d.end && !taken; ++n) { taken = copy->knows(n) && copy->image(n) != 0; }
                    seconds += taken ? d.seconds : 0;
                }
            }
            return seconds;
        }

      private:
        assembly& to_;
        value root_;
        std::map<const arena*, std::unique_ptr<rebuild>> parts_;
        std::vector<value> kept_; // their graphs
        rebuild& part(arena& a) {
            std::unique_ptr<rebuild>& p = parts_[&a];
            if (p == nullptr) {
                p = std::make_unique<rebuild>(a, to_.m, [this, &a](int number) { return to_.input(a, number, root_); });
                for (const auto& [name, e] : to_.names_) { p->put_named(name, e); }
            }
            return *p;
        }
    };

  private:
    friend class copier;
    std::map<const leaf*, int> numbers_;
    std::map<std::uint32_t, ir::extent> names_; // of extents

    void add(const leaf_pointer& l) {
        const int number = static_cast<int>(inputs.size());
        ir::tensor_type t;
        t.element = l->element;
        t.rank = static_cast<std::int8_t>(l->rank);
        for (int k = 0; k < l->rank; ++k) {
            const auto known = l->names[k] != 0 ? names_.find(l->names[k]) : names_.end();
            if (known != names_.end()) {
                t.extents[k] = known->second;
                const auto& x = m.extents.data[-1 - t.extents[k]];
                equal_axes.push_back({static_cast<int>(x.a), static_cast<int>(x.b), number, k});
                continue;
            }
            t.extents[k] = l->extents[k] >= 0 ? l->extents[k] : m.extent_of(ir::extent_kind::input_axis, number, k);
            if (l->names[k] != 0) { names_.emplace(l->names[k], t.extents[k]); }
        }
        m.here = l->place;
        nodes.push_back(ops::make_input(m, number, t).node());
        numbers_.emplace(l.get(), number);
        inputs.push_back(l);
        used.push_back(false);
    }
    ir::index input(arena& a, int number, const value& root) {
        const leaf_pointer l = a.leaf_of(number);
        auto known = numbers_.find(l.get());
        if (known == numbers_.end()) {
            if (!l->shared) { refuse(*l, a, a.node_of(l), root); }
            if (l->state.expired()) {
                mistake x;
                x.kind = mistake_kind::destroyed_shared;
                x.sentence = "the shared variable \"" + l->name + "\" is used but was destroyed: keep the object that shared(...) gave as long as its graph is used";
                x.file = l->place.file != nullptr ? l->place.file : "";
                x.line = l->place.line;
                x.path = path(a, a.node_of(l), root.node());
                raise(std::move(x));
            }
            add(l);
            known = numbers_.find(l.get());
        }
        used[static_cast<std::size_t>(known->second)] = true;
        return nodes[static_cast<std::size_t>(known->second)];
    }
    [[noreturn]] static void refuse(const leaf& l, const arena& a, ir::index n, const value& root) {
        mistake x;
        x.kind = mistake_kind::missing_input;
        x.sentence = "the input \"" + l.name + "\" is needed but not among the inputs of the function: add it, or give it a value with givens";
        x.shapes = {printed(l.element, l.rank, l.extents)};
        x.op = "input";
        x.file = l.place.file != nullptr ? l.place.file : "";
        x.line = l.place.line;
        if (&a == &arena_of(root)) { x.path = path(a, n, root.node()); }
        raise(std::move(x));
    }
    [[noreturn]] void raise_mistake() {
        mistake x;
        x.kind = mistake_kind::substitution;
        x.sentence = "a substitution does not fit: " + std::string(m.error.data(), static_cast<std::size_t>(m.error.size()));
        x.file = m.error_place.file != nullptr ? m.error_place.file : "";
        x.line = m.error_place.line;
        raise(std::move(x));
    }
};

inline leaf_pointer leaf_of(const value& v, const char* call) {
    const value x = settled(v, call);
    if (v.is_literal() || !is_leaf(x.owner(), x.node())) {
        raise(mistake_kind::unknown_input, std::string(call) + " requires symbols that input(...) made; this one is computed: put another in its place with givens", x.owner().locations.data[x.node()].file, x.owner().locations.data[x.node()].line);
    }
    return leaf_at(x.owner(), x.node());
}

inline void require_update(const leaf& l, const value& next, const operand& place) {
    const ir::tensor_type& t = next.type();
    bool fits = t.element == l.element && t.rank == l.rank;
    for (int k = 0; k < l.rank && fits; ++k) { fits = l.extents[k] < 0 || !ir::is_known(t.extents[k]) || t.extents[k] == l.extents[k]; }
    if (fits) { return; }
    mistake m;
    m.kind = mistake_kind::update;
    m.shapes = {printed(l.element, l.rank, l.extents), printed(next.owner(), next.node())};
    m.sentence = "the update of the shared variable \"" + l.name + "\" requires " + m.shapes[0] + ", not " + m.shapes[1] + ": cast or reshape it";
    m.op = next.owner().nodes.data[next.node()].op->name;
    m.file = place.file != nullptr ? place.file : "";
    m.line = place.line;
    raise(std::move(m));
}

// What a function computes: symbols and numbers one by one, or a vector of symbols.
class output_list : public std::vector<operand> {
  public:
    output_list(std::initializer_list<operand> all) : vector(all) {}
    output_list(std::vector<operand> all) : vector(std::move(all)) {}
    template <std::derived_from<value> Symbol>
    output_list(const std::vector<Symbol>& all, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
        for (const Symbol& x : all) { emplace_back(x, file, line); }
    }
};

inline std::shared_ptr<shared_state> state_of(const leaf& l) { return std::static_pointer_cast<shared_state>(l.state.lock()); }

} // namespace detail::graph

/// compile(inputs, outputs, options): a function of these inputs that computes these outputs, and updates shared variables. Outputs may be
/// any symbols and numbers, or a vector of symbols. Costs O(n log n) in the number of nodes; ready at once.
///     auto step = damo::compile({X, t}, {cost}, {.updates = {{w, w - 0.1f * damo::grad(cost, w)}}});
/// Errors: missing_input_error with the way from the input to the output, duplicate_input_error, unused_input_error (unless unused_input
/// says otherwise), unknown_input_error, update_error, substitution_error, destroyed_shared_error.
inline compiled_function compile(const std::vector<value>& inputs, const detail::graph::output_list& outputs, const compile_options& options = {}) {
    using namespace detail::graph;
    using clock = std::chrono::steady_clock;
    const auto seconds_since = [](clock::time_point t) { return std::chrono::duration<double>(clock::now() - t).count(); };
    compile_times times;
    const auto start = clock::now();
    assembly all;
    for (const value& x : inputs) {
        const leaf_pointer l = leaf_of(x, "compile");
        if (l->shared) { raise(mistake_kind::unknown_input, "compile(inputs, outputs) takes no shared variable as an input: \"" + l->name + "\" is read when the function is called; put an input in its place with givens", l->place.file, l->place.line); }
        all.add_argument(l);
    }
    // Numbers become nodes before anything is copied.
    struct next_value {
        leaf_pointer of;
        value next;
    };
    std::vector<value> wanted;
    std::vector<std::pair<value, value>> givens;
    std::vector<next_value> updates;
    std::map<const leaf*, bool> updated;
    const auto add_update = [&](const leaf_pointer& l, const operand& next) {
        value v = settled(next, "an update");
        if (next.v.is_literal() && (is_floating(l->element) || !is_floating(v.element()))) { v = cast(v, l->element); }
        require_update(*l, v, next);
        updated[l.get()] = true;
        updates.push_back({l, v});
    };
    for (const operand& y : outputs) { wanted.push_back(settled(y, "compile")); }
    for (const substitution& s : options.givens) {
        givens.emplace_back(settled(s.from, "givens"), settled(s.to, "givens"));
        require_alike(givens.back().first, givens.back().second, s.to);
    }
    for (const damo::update& u : options.updates) {
        if (u.of.state() == nullptr) { raise(mistake_kind::update, "an update requires a shared variable: this one is empty", u.next.file, u.next.line); }
        const leaf_pointer& l = u.of.state()->about;
        if (updated.count(l.get()) != 0) { raise(mistake_kind::update, "the shared variable \"" + l->name + "\" has two updates: give one", u.next.file, u.next.line); }
        add_update(l, u.next);
    }
    for (const shared_variable& s : options.no_default_update) { updated.emplace(s.state()->about.get(), false); }
    assembly::copier plain(all);
    assembly::copier with_givens(all);
    for (const auto& [from, to] : givens) { with_givens.put(from, plain(to)); }
    std::vector<ir::index> results;
    for (const value& y : wanted) { results.push_back(with_givens(y)); }
    const int output_count = static_cast<int>(results.size());
    for (const next_value& u : updates) { results.push_back(with_givens(u.next)); }
    // Default updates may use further variables.
    for (std::size_t i = 0; i < all.inputs.size() && options.default_updates; ++i) {
        const leaf_pointer l = all.inputs[i];
        if (!l->shared || updated.count(l.get()) != 0) { continue; }
        const auto state = state_of(*l);
        if (state->default_update.is_empty()) { continue; }
        add_update(l, state->default_update);
        results.push_back(with_givens(updates.back().next));
    }
    // An updated variable is one of the function, whether it is read or not.
    for (const next_value& u : updates) { all.add_variable(u.of); }
    for (int i = 0; i < all.argument_count; ++i) {
        const leaf& l = *all.inputs[static_cast<std::size_t>(i)];
        if (!all.used[static_cast<std::size_t>(i)]) {
            doubt(options.unused_input, mistake_kind::unused_input, "the input \"" + l.name + "\" is not needed by any output or update: leave it out, or set unused_input", l.place.file, l.place.line);
        }
    }
    std::vector<std::string> names;
    for (const leaf_pointer& l : all.inputs) { names.push_back(l->name.empty() ? "shared" + std::to_string(names.size()) : l->name); }
    std::vector<const char*> excluded;
    std::vector<const char*> included;
    for (const std::string& r : options.exclude_rules) { excluded.push_back(r.c_str()); }
    for (const std::string& r : options.include_rules) { included.push_back(r.c_str()); }
    rewrite::rule_filter filter = options.ieee ? rewrite::ieee_rules : rewrite::rule_filter{};
    filter.excluded = excluded.data();
    filter.excluded_count = static_cast<int>(excluded.size());
    filter.included = included.data();
    filter.included_count = static_cast<int>(included.size());
    times.derive = with_givens.derived();
    times.record = seconds_since(start);
    bool nodes = false;
    std::vector<std::unique_ptr<rewrite_listener>> listeners;
    for (const auto& o : options.observers) {
        nodes = nodes || o->watches() == watch_level::nodes;
        listeners.push_back(o->listen());
    }
    const auto optimising = clock::now();
    damo::graph optimised = damo::graph::optimised(all.m, results, names, filter);
    times.rewrite = seconds_since(optimising);
    while (!listeners.empty()) { listeners.pop_back(); }
    const auto planning = clock::now();
    auto body = std::make_shared<function_body>(std::move(optimised), options.program, nodes ? damo::tier::interpret : options.tier);
    times.plan = seconds_since(planning) - body->code->seconds(); // compile_first waits for code
    body->times = times;
    body->name = options.name;
    for (const auto& o : options.observers) { o->compiled({all.m, results, body->compiled, body->name, body->times}); }
    body->watch(options.observers);
    body->inputs = all.inputs;
    body->argument_count = all.argument_count;
    body->output_count = output_count;
    body->equal_axes = all.equal_axes;
    body->conversion = options.conversion;
    body->defaults.resize(static_cast<std::size_t>(all.argument_count));
    std::vector<state_pointer> states;
    for (std::size_t i = static_cast<std::size_t>(all.argument_count); i < all.inputs.size(); ++i) { states.push_back(state_of(*all.inputs[i])); }
    for (const next_value& u : updates) {
        for (std::size_t i = 0; i < states.size(); ++i) {
            if (states[i]->about == u.of) { body->updated.push_back(static_cast<int>(i)); }
        }
    }
    for (const default_value& d : options.defaults) {
        const leaf_pointer l = leaf_of(d.of, "a default value");
        bool known = false;
        for (int i = 0; i < all.argument_count; ++i) {
            if (all.inputs[static_cast<std::size_t>(i)] != l) { continue; }
            known = true;
            std::vector<any_array> kept;
            kept.reserve(1);
            const argument given = d.is.rank() == 0 ? argument::plain(d.is) : argument(d.is);
            const exec::raw_view v = converted(*l, given, options.conversion, kept);
            body->defaults[static_cast<std::size_t>(i)] = kept.empty() ? converted_elements(v, l->element, l->rank, l->element) : std::move(kept.front());
        }
        if (!known) { raise(mistake_kind::unknown_input, "a default value was given for \"" + l->name + "\", which is no input of the function", l->place.file, l->place.line); }
    }
    return {std::move(body), std::move(states)};
}

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
                if (detail::graph::leaf_at(x.owner(), x.node())->name == g.key.name()) { symbol = x; }
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
