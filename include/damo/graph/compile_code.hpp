// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <damo/graph/compile_interface.hpp>
#include <damo/graph/conversion_code.hpp>
#include <damo/graph/excerpt.hpp>
#include <damo/graph/function_code.hpp>
#include <damo/graph/rule_choice.hpp>
#include <damo/graph/walk.hpp>

// What compile_interface.hpp declares: included by compile.hpp, or compiled once in the library.

namespace damo {

namespace detail::graph {

// What the body of a loop is given has no value outside of the body.
inline void require_no_parameters(const arena& a, ir::index root) {
    const std::vector<ir::index> found = free_parameters(a, {root});
    if (found.empty()) { return; }
    mistake x;
    x.kind = mistake_kind::expression;
    x.op = a.nodes.data[root].op->name;
    x.shapes = {printed(a, found.front())};
    x.sentence = "what the body of a loop is given, here " + x.shapes[0] + ", was used outside of the body, where it has no value: let the body give what is wanted of it as an output";
    x.file = a.locations.data[root].file != nullptr ? a.locations.data[root].file : "";
    x.line = a.locations.data[root].line;
    x.path = path(a, found.front(), root);
    raise(std::move(x));
}

// What a function is made of while it is put together: nodes of many graphs, in one module that has the function's inputs.
class assembly {
  public:
    ir::module m;
    std::vector<leaf_pointer> inputs;
    std::vector<ir::index> nodes; // of the inputs
    std::vector<bool> used;
    std::vector<axis_pair> equal_axes;
    int argument_count = 0;

    void add_argument(const leaf_pointer& l, const value& x, const output_list& outputs) {
        for (const leaf_pointer& known : inputs) {
            if (known != l) { continue; }
            mistake m = mistake_of_leaf(mistake_kind::duplicate_input, *l, "compile(inputs, outputs) requires each input once: \"" + l->name + "\" is listed twice");
            for (const operand& y : outputs) {
                if (m.path.empty() && y.v.has_owner() && &y.v.owner() == &x.owner() && y.v.node() > x.node()) { m.path = path(x.owner(), x.node(), y.v.node()); }
            }
            raise(std::move(m));
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
            require_no_parameters(arena_of(v), n);
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
                mistake x = mistake_of_leaf(mistake_kind::destroyed_shared, *l, "the shared variable \"" + l->name + "\" is used but was destroyed: keep the object that shared(...) gave as long as its graph is used");
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
        mistake x = mistake_of_leaf(mistake_kind::missing_input, l, "the input \"" + l.name + "\" is needed but not among the inputs of the function: add it, or give it a value with givens");
        if (&a == &arena_of(root)) { x.path = path(a, n, root.node()); }
        raise(std::move(x));
    }
    [[noreturn]] void raise_mistake() {
        mistake x;
        x.kind = mistake_kind::substitution;
        x.sentence = std::string(m.error.data(), static_cast<std::size_t>(m.error.size()));
        take_call_of_sentence(x);
        x.sentence = "a substitution does not fit: " + x.sentence;
        x.file = m.error_place.file != nullptr ? m.error_place.file : "";
        x.line = m.error_place.line;
        raise(std::move(x));
    }
};

inline void require_default(const leaf& l, const exec::raw_view& v, const input_of_graph& where) {
    bool fits = true;
    for (int k = 0; k < l.rank; ++k) { fits = fits && (l.extents[k] < 0 || l.extents[k] == v.extents[k]); }
    if (fits) { return; }
    const std::string required = printed(l.element, l.rank, l.extents);
    const std::string given = printed(l.element, l.rank, v.extents);
    mistake m = mistake_of(mistake_kind::extents, "the default value of the input \"" + l.name + "\" requires " + required + ", not " + given + ": give one of these extents");
    m.shapes = {required, given};
    where.put(m, l);
    raise(std::move(m));
}

} // namespace detail::graph

inline namespace DAMO_LIBRARY {

DAMO_LIBRARY_INLINE compiled_function compile(const std::vector<value>& inputs, const detail::graph::output_list& outputs, const compile_options& options) {
    using namespace detail::graph;
    using clock = std::chrono::steady_clock;
    const auto seconds_since = [](clock::time_point t) { return std::chrono::duration<double>(clock::now() - t).count(); };
    compile_times times;
    const auto start = clock::now();
    assembly all;
    for (const value& x : inputs) {
        const leaf_pointer l = leaf_of(x, "compile");
        if (l->shared) { raise(mistake_kind::unknown_input, "compile(inputs, outputs) takes no shared variable as an input: \"" + l->name + "\" is read when the function is called; put an input in its place with givens", l->place.file, l->place.line); }
        all.add_argument(l, x, outputs);
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
        updates.push_back({l, next_value_of(*l, next, "an update")});
        updated[l.get()] = true;
    };
    for (const operand& y : outputs) { wanted.push_back(settled(y, "compile")); }
    for (const substitution& s : options.givens) {
        const value from = settled({s.from, s.to.file, s.to.line}, "givens");
        givens.emplace_back(from, put_in_place(from, s.to, "givens"));
        for (std::size_t i = 0; i + 1 < givens.size(); ++i) {
            const value& x = givens[i].first;
            if (&x.owner() == &givens.back().first.owner() && x.node() == givens.back().first.node()) { raise(mistake_kind::substitution, "givens puts two symbols in the place of one, of type " + printed(x.owner(), x.node()) + ": leave one out", s.to.file, s.to.line); }
        }
    }
    for (const damo::update& u : options.updates) {
        if (u.of.state() == nullptr) { raise(mistake_kind::update, "an update requires a shared variable: this one is empty", u.next.file, u.next.line); }
        const leaf_pointer& l = u.of.state()->about;
        if (updated.count(l.get()) != 0) { raise(mistake_kind::update, "the shared variable \"" + l->name + "\" has two updates: give one", u.next.file, u.next.line); }
        add_update(l, u.next);
    }
    for (const shared_variable& s : options.no_default_update) {
        if (s.state() == nullptr) { raise(mistake_kind::update, "no_default_update requires shared variables: one of these is empty"); }
        updated.emplace(s.state()->about.get(), false);
    }
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
            doubt(options.unused_input, mistake_of_leaf(mistake_kind::unused_input, l, "the input \"" + l.name + "\" is not needed by any output or update: leave it out, or set unused_input"));
        }
    }
    std::vector<std::string> names;
    for (const leaf_pointer& l : all.inputs) { names.push_back(l->name.empty() ? "shared" + std::to_string(names.size()) : l->name); }
    const bool fast = options.optimisation == optimisation_level::fast_compile;
    rewrite::rule_filter by_class = options.optimisation == optimisation_level::none ? rewrite::no_rules : options.ieee ? rewrite::ieee_rules : rewrite::rule_filter{};
    if (fast) {
        by_class.exclude(rule_class::reassociating);
        by_class.exclude(rule_class::real);
    }
    for (const rule_class c : options.exclude_classes) { by_class.exclude(c); }
    const rule_choice rules(all.m, by_class, options.exclude_rules, options.include_rules);
    times.derive = with_givens.derived();
    times.record = seconds_since(start);
    if (options.program.threads < 1) { raise(mistake_kind::expression, "compile requires one thread or more, not " + std::to_string(options.program.threads) + ": set program.threads to the number a call may use"); }
    std::vector<std::unique_ptr<rewrite_listener>> listeners;
    for (const auto& o : options.observers) {
        if (o == nullptr) { raise(mistake_kind::expression, "compile requires observers that exist: one of the list is a null pointer"); }
        listeners.push_back(o->listen());
    }
    const bool nodes = function_body::closest(options.observers) == watch_level::nodes; // alone: the program never runs
    const auto optimising = clock::now();
    damo::graph optimised = damo::graph::optimised(all.m, results, names, rules.filter());
    times.rewrite = seconds_since(optimising);
    while (!listeners.empty()) { listeners.pop_back(); }
    const auto planning = clock::now();
    auto body = std::make_shared<function_body>(std::move(optimised), options.program, nodes || fast ? damo::tier::interpret : options.tier);
    times.plan = seconds_since(planning) - body->code->seconds(); // compile_first waits for code
    body->times = times;
    body->name = options.name;
    for (const auto& o : options.observers) { o->compiled({all.m, results, body->compiled, body->name, body->times}); }
    body->watch(options.observers);
    body->inputs = all.inputs;
    body->argument_count = all.argument_count;
    body->output_count = output_count;
    if (!outputs.names.empty()) { body->output_names = std::make_shared<const std::vector<std::string>>(outputs.names); }
    body->equal_axes = all.equal_axes;
    body->not_empty = axes_that_need_elements(body->compiled);
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
            if (!body->defaults[static_cast<std::size_t>(i)].is_empty()) { raise(mistake_of_leaf(mistake_kind::duplicate_input, *l, "the input \"" + l->name + "\" was given two default values: leave one out")); }
            std::vector<any_array> kept;
            kept.reserve(1);
            const argument given = d.is.rank() == 0 ? argument::plain(d.is) : argument(d.is);
            const exec::raw_view v = converted(*l, given, options.conversion, kept, {body->compiled, i});
            require_default(*l, v, {body->compiled, i});
            body->defaults[static_cast<std::size_t>(i)] = kept.empty() ? converted_elements(v, l->element, l->rank, l->element) : std::move(kept.front());
        }
        if (!known) { raise(mistake_kind::unknown_input, "a default value was given for \"" + l->name + "\", which is no input of the function", l->place.file, l->place.line); }
    }
    return {std::move(body), std::move(states)};
}

} // namespace DAMO_LIBRARY
} // namespace damo
