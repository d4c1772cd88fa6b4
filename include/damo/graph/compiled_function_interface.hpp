// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <damo/exec/jit/settings.hpp>
#include <damo/exec/runtime/program.hpp>
#include <damo/graph/argument.hpp>
#include <damo/graph/call_mistake.hpp>
#include <damo/graph/call_results.hpp>
#include <damo/graph/call_views.hpp>
#include <damo/graph/conversion.hpp>
#include <damo/graph/graph.hpp>
#include <damo/graph/memory_report.hpp>
#include <damo/graph/observer.hpp>
#include <damo/graph/shared.hpp>

namespace damo::exec::jit {
class machine_code;
} // namespace damo::exec::jit

namespace damo {

namespace detail::graph {

class node_by_node;

inline namespace DAMO_LIBRARY {

// What functions that differ in their shared variables have in common. Never changes once it is made.
struct function_body {
    damo::graph compiled;
    std::unique_ptr<exec::program> program;
    exec::program_options program_options;
    exec::jit::tier tier;
    std::unique_ptr<exec::jit::machine_code> code; // of the program
    std::unique_ptr<const node_by_node> watched; // where an observer looks at nodes
    std::vector<std::shared_ptr<observer>> watchers;
    watch_level level = watch_level::compilation; // the closest that they ask for
    damo::compile_times times;
    std::string name;
    std::vector<leaf_pointer> inputs; // of the call, then shared variables
    int argument_count = 0;
    int output_count = 0;
    call_results::names output_names; // null where outputs have none
    std::vector<int> updated; // output output_count + j is the next value of this shared variable
    std::vector<axis_pair> equal_axes;
    std::vector<needs_elements> not_empty;
    std::vector<any_array> defaults; // empty where there is none
    conversion_policy conversion = conversion_policy::safe;

    function_body(damo::graph g, const exec::program_options& o, exec::jit::tier t);
    ~function_body();
    static watch_level closest(const std::vector<std::shared_ptr<observer>>& observers);
    // From now on calls are watched.
    void watch(std::vector<std::shared_ptr<observer>> observers);
    void run(const exec::raw_view* inputs, const exec::raw_view* outputs, const exec::call_counts& counts = {}) const;
    // The same for a call that began.
    void run(const exec::program_call& call, const exec::raw_view* inputs, const exec::raw_view* outputs, const exec::call_counts& counts) const;
    // A function of numbers alone, and not watched: a pointer for each number is all it needs.
    bool takes_numbers() const { return program->numbers() != nullptr && level == watch_level::compilation; }
    void run_numbers(const void* const* inputs, void* const* outputs) const;
    void run_watched(const exec::raw_view* inputs, const exec::raw_view* outputs, const exec::call_counts& counts) const;
    damo::compile_times times_now() const;
    const ir::tensor_type& output_type(int i) const { return compiled.nodes().type_of(compiled.outputs()[static_cast<std::size_t>(i)]); }
};

} // namespace DAMO_LIBRARY

} // namespace detail::graph

/// When machine code is made for a function: never, before its first call, or in the background while it is interpreted.
using exec::jit::tier;

/// How a compiled function is copied.
struct copy_options {
    std::vector<std::pair<shared_variable, shared_variable>> swap = {}; // {old, another of the same type}
    bool delete_updates = false;
    std::string name = {};
    bool own_variables = false; // those that are not swapped become variables of the copy's own, which begin as copies: variables() gives them
};

/// A function that the program compiled. Copies share everything. Calls are const and may be made from several threads at once: those of
/// functions with updates wait for each other and for those that read the variables. Arguments are only read, and results are arrays of
/// their own, so that nothing that is returned shares memory with an argument, a shared variable or another result.
class compiled_function {
  public:
    compiled_function() = default;
    compiled_function(std::shared_ptr<const detail::graph::function_body> body, std::vector<detail::graph::state_pointer> states)
        : body_(std::move(body)), states_(std::move(states)) {
        for (const auto& s : states_) { locked_.push_back(s.get()); }
        std::sort(locked_.begin(), locked_.end()); // one order for all functions, so that none waits for another in a circle
        for (detail::graph::shared_state* s : locked_) {
            bool updated = false;
            for (int k : body_->updated) { updated = updated || states_[static_cast<std::size_t>(k)].get() == s; }
            exclusive_.push_back(updated);
        }
    }

    /// f(a, b, ...): arguments in the order of the inputs; those with default values may be left out at the end.
    template <class... A>
    call_results operator()(const A&... arguments) const {
        const argument* given[sizeof...(A) + 1] = {};
        require_made();
        return call_with(given, argument(arguments)...);
    }
    /// f({{"x", a}, {y, b}}): arguments by name or by symbol, in any order.
    call_results operator()(std::initializer_list<named_argument> arguments) const {
        require_made();
        std::vector<const argument*> given(static_cast<std::size_t>(body_->argument_count));
        for (const named_argument& a : arguments) {
            const argument*& place = given[static_cast<std::size_t>(input_number(a.key))];
            if (place != nullptr) {
                const int i = input_number(a.key);
                refuse_input(mistake_kind::duplicate_input, i, {}, called() + " was given two arguments for the input \"" + body_->inputs[static_cast<std::size_t>(i)]->name + "\": leave one out");
            }
            place = &a.given;
        }
        return call(given.data(), body_->argument_count);
    }
    /// The call with arguments in a list.
    call_results call_list(const std::vector<argument>& arguments) const {
        require_made();
        std::vector<const argument*> given;
        for (const argument& a : arguments) { given.push_back(&a); }
        return call(given.data(), static_cast<int>(given.size()));
    }
    /// f.into(y, ...)(a, b, ...) writes the results into arrays of the caller, which have the element type and extents of the results
    /// and share no memory with the arguments. Errors: element_type_error, rank_error, extents_error, aliasing_error.
    template <class... Y>
    auto into(Y&&... outputs) const {
        require_made();
        return [this, views = std::vector<argument>{detail::graph::place_of(outputs)...}](const auto&... arguments) {
            static_assert((!std::is_const_v<std::remove_reference_t<Y>> && ...), "into(outputs...) requires arrays that may be written");
            const argument held[] = {argument(arguments)..., argument(0)};
            const argument* given[sizeof...(arguments) + 1] = {};
            for (std::size_t i = 0; i < sizeof...(arguments); ++i) { given[i] = &held[i]; }
            call_into(given, static_cast<int>(sizeof...(arguments)), views);
        };
    }

    /// The same function with other outputs: those of these numbers. Updates are made as before.
    compiled_function only(const std::vector<int>& outputs) const {
        require_made();
        std::vector<ir::index> nodes;
        for (int i : outputs) {
            if (i < 0 || i >= body_->output_count) {
                detail::graph::raise(mistake_kind::unknown_input, called() + " has no output " + std::to_string(i) + ": it has " + std::to_string(body_->output_count) + ", counted from 0");
            }
            nodes.push_back(body_->compiled.outputs()[static_cast<std::size_t>(i)]);
        }
        for (std::size_t j = 0; j < body_->updated.size(); ++j) { nodes.push_back(body_->compiled.outputs()[static_cast<std::size_t>(body_->output_count) + j]); }
        auto body = std::make_shared<detail::graph::function_body>(body_->compiled.part(nodes), body_->program_options, body_->tier);
        take_facts(*body);
        body->output_count = static_cast<int>(outputs.size());
        if (body_->output_names != nullptr) {
            std::vector<std::string> names;
            for (int i : outputs) { names.push_back((*body_->output_names)[static_cast<std::size_t>(i)]); }
            body->output_names = std::make_shared<const std::vector<std::string>>(std::move(names));
        }
        return {std::move(body), states_};
    }
    /// The same function with other shared variables, or without updates. Nothing is optimised again. Errors: element_type_error,
    /// rank_error, extents_error for a variable of another type, unknown_input_error for one that the function does not use.
    compiled_function copy(const copy_options& options = {}) const {
        require_made();
        std::vector<detail::graph::state_pointer> states = states_;
        for (const auto& [from, to] : options.swap) {
            if (from.state() == nullptr || to.state() == nullptr) { detail::graph::raise(mistake_kind::unknown_input, called() + " can swap shared variables only: one of a pair is empty"); }
            bool known = false;
            for (std::size_t k = 0; k < states.size(); ++k) {
                if (states_[k] != from.state()) { continue; }
                if (states[k] != states_[k]) { detail::graph::raise(detail::graph::mistake_of_leaf(mistake_kind::duplicate_input, *from.state()->about, called() + " was told twice what to put in the place of the shared variable \"" + from.name() + "\": leave one out")); }
                known = true;
                const any_array now = to.get();
                detail::graph::require_value_of(*states_[k]->about, now.element(), now.rank(), now.extents(), "swap");
                detail::graph::require_as_fixed(*states_[k]->about, *to.state()->about, called());
                states[k] = to.state();
            }
            if (!known) { detail::graph::raise(mistake_kind::unknown_input, called() + " does not use the shared variable \"" + from.name() + "\", so it cannot be swapped"); }
        }
        for (std::size_t k = 0; k < states.size() && options.own_variables; ++k) {
            if (states[k] == states_[k]) { states[k] = detail::graph::copied_state(*states_[k]); }
        }
        if (!options.delete_updates) { require_own_updates(states); }
        if (!options.delete_updates && options.name.empty()) { return {body_, std::move(states)}; }
        std::vector<ir::index> nodes = body_->compiled.outputs();
        if (options.delete_updates) { nodes.resize(static_cast<std::size_t>(body_->output_count)); }
        auto body = std::make_shared<detail::graph::function_body>(body_->compiled.part(nodes), body_->program_options, body_->tier);
        take_facts(*body);
        if (options.delete_updates) { body->updated.clear(); }
        if (!options.name.empty()) { body->name = options.name; }
        return {std::move(body), std::move(states)};
    }

    /// The shared variables that the function reads or updates.
    std::vector<shared_variable> variables() const {
        require_made();
        std::vector<shared_variable> all;
        for (const auto& s : states_) { all.push_back(detail::graph::variable_of(s)); }
        return all;
    }
    /// The one with this name: f.variable("w").get(). Errors: unknown_input_error, duplicate_input_error for a name that several have.
    shared_variable variable(const std::string& name) const {
        require_made();
        detail::graph::state_pointer found;
        std::string names;
        for (const auto& s : states_) {
            names += (names.empty() ? "" : ", ") + s->about->name;
            if (s->about->name != name) { continue; }
            if (found != nullptr) { detail::graph::raise(detail::graph::mistake_of_leaf(mistake_kind::duplicate_input, *s->about, called() + " uses several shared variables with the name \"" + name + "\": take them from variables()")); }
            found = s;
        }
        if (found == nullptr) { detail::graph::raise(mistake_kind::unknown_input, called() + " uses no shared variable with the name \"" + name + "\"" + (names.empty() ? ": it uses none" : "; those it uses are " + names)); }
        return detail::graph::variable_of(found);
    }

    const std::string& name() const { return body().name; }
    int input_count() const { return body().argument_count; }
    int output_count() const { return body().output_count; }
    /// Errors: unknown_input_error for a number that no input has.
    const std::string& input_name(int i) const {
        if (i < 0 || i >= body().argument_count) {
            detail::graph::raise(mistake_kind::unknown_input, called() + " has no input " + std::to_string(i) + ": it has " + std::to_string(body_->argument_count) + ", counted from 0");
        }
        return body_->inputs[static_cast<std::size_t>(i)]->name;
    }
    /// The optimised graph: inputs of the call, then shared variables; outputs, then next values of updated variables.
    const damo::graph& graph() const { return body().compiled; }
    const detail::graph::function_body& body() const {
        require_made();
        return *body_;
    }
    const std::shared_ptr<const detail::graph::function_body>& shared_body() const { return body_; }
    /// Where the time went until the function was ready.
    damo::compile_times compile_times() const { return body().times_now(); }
    /// What a call with these arguments needs beside them, and where it needs most; nothing is computed. Errors as of the call.
    template <class... A>
    memory_report memory(const A&... arguments) const {
        require_made();
        const argument held[] = {argument(arguments)..., argument(0)};
        const argument* given[sizeof...(A) + 1] = {};
        for (std::size_t i = 0; i < sizeof...(A); ++i) { given[i] = &held[i]; }
        return memory_with(given, static_cast<int>(sizeof...(A)));
    }

    // For typed_function, which has checked element types and ranks: place(i, extents, views) writes the memory of output i to views[i].
    template <class Place>
    void run(const exec::raw_view* inputs, const Place& place) const {
        const locks held(*this);
        run_with_states(inputs, place);
    }
    // Numbers alone have nothing to be checked.
    void run_numbers(const void* const* inputs, void* const* outputs) const {
        if (states_.empty() && body_->takes_numbers()) { body_->run_numbers(inputs, outputs); }
        else { run_numbers_as_views(inputs, outputs); }
    }
    void require_extents(const exec::raw_view* inputs) const {
        for (int i = 0; i < body_->argument_count; ++i) {
            const detail::graph::leaf& l = *body_->inputs[static_cast<std::size_t>(i)];
            bool good = inputs[i].data != nullptr;
            for (int k = 0; k < l.rank; ++k) { good = good && (l.extents[k] < 0 || inputs[i].extents[k] == l.extents[k]); }
            if (good) { continue; }
            require_known_extents(i, inputs[i]);
            detail::graph::require_memory(inputs[i], l.rank, [&](const char* what) { refuse_input(mistake_kind::missing_input, i, {type_given(i, inputs[i])}, called() + ": the argument \"" + l.name + "\"" + what); });
        }
        for (const detail::graph::axis_pair& p : body_->equal_axes) {
            const std::int64_t a = inputs[p.input].extents[p.axis];
            const std::int64_t b = inputs[p.other].extents[p.other_axis];
            if (a != b) { refuse_axes(p, inputs); }
        }
    }
    void require_elements(const exec::raw_view* inputs) const {
        for (const detail::graph::needs_elements& x : body_->not_empty) {
            if (inputs[x.input].extents[x.input_axis] == 0) { detail::graph::raise(detail::graph::mistake_of_empty(x, body_->compiled, inputs, called())); }
        }
    }
    void require_checks(const exec::raw_view* inputs, const exec::program_call& call) const {
        const int failed = call.failed_check();
        if (failed >= 0) { refuse_check(failed, inputs); }
    }

  private:
    std::shared_ptr<const detail::graph::function_body> body_;
    std::vector<detail::graph::state_pointer> states_;
    std::vector<detail::graph::shared_state*> locked_;
    std::vector<bool> exclusive_;

    struct locks {
        const compiled_function& f;
        explicit locks(const compiled_function& owner) : f(owner) {
            const std::size_t others = f.locked_.empty() ? 0 : detail::graph::variable_uses::count();
            for (std::size_t i = 0; i < f.locked_.size(); ++i) {
                if (f.repeated(i)) { continue; }
                const detail::graph::variable_uses::obstacle o = detail::graph::variable_uses::try_take(*f.locked_[i], f.exclusive_[i], others);
                if (o.mine == nullptr) { continue; }
                give_back(i);
                detail::graph::variable_uses::refuse(o, *f.locked_[i], f.exclusive_[i], "the call of a function");
            }
        }
        locks(const locks&) = delete;
        locks& operator=(const locks&) = delete;
        ~locks() { give_back(f.locked_.size()); }
        void give_back(std::size_t count) const {
            for (std::size_t i = count; i-- > 0;) {
                if (!f.repeated(i)) { detail::graph::variable_uses::give_back(*f.locked_[i], f.exclusive_[i]); }
            }
        }
    };
    void run_numbers_as_views(const void* const* inputs, void* const* outputs) const {
        detail::graph::call_views views(static_cast<std::size_t>(body_->argument_count));
        exec::raw_view* const in = views.data();
        for (int i = 0; i < body_->argument_count; ++i) { in[i].data = const_cast<void*>(inputs[i]); }
        run(in, [&](int i, const std::int64_t*, exec::raw_view* out) { out[i].data = outputs[i]; });
    }
    void require_made() const {
        if (body_ == nullptr) { fail_call("a compiled_function was used before anything was assigned to it: give it what compile(...) returns"); }
    }
    // Two updates of one variable would be made one over the other.
    void require_own_updates(const std::vector<detail::graph::state_pointer>& states) const {
        for (std::size_t i = 0; i < body_->updated.size(); ++i) {
            for (std::size_t j = 0; j < i; ++j) {
                const auto& s = states[static_cast<std::size_t>(body_->updated[i])];
                if (s != states[static_cast<std::size_t>(body_->updated[j])]) { continue; }
                detail::graph::raise(detail::graph::mistake_of_leaf(mistake_kind::update, *s->about, called() + " updates two variables, and swap puts \"" + s->about->name + "\" in the place of both: give it one update, or delete_updates"));
            }
        }
    }
    bool repeated(std::size_t i) const { return i > 0 && locked_[i] == locked_[i - 1]; }
    std::string called() const { return body_->name.empty() ? std::string("a compiled function") : "the function \"" + body_->name + "\""; }

    void take_facts(detail::graph::function_body& b) const {
        b.watch(body_->watchers);
        b.times = body_->times;
        b.name = body_->name;
        b.inputs = body_->inputs;
        b.argument_count = body_->argument_count;
        b.output_count = body_->output_count;
        b.output_names = body_->output_names;
        b.updated = body_->updated;
        b.equal_axes = body_->equal_axes;
        b.not_empty = body_->not_empty;
        b.defaults = body_->defaults;
        b.conversion = body_->conversion;
    }
    template <class... A>
    call_results call_with(const argument** given, const A&... arguments) const {
        [[maybe_unused]] int i = 0;
        ((given[i++] = &arguments), ...);
        return call(given, static_cast<int>(sizeof...(A)));
    }
    call_results call(const argument* const* given, int count) const {
        detail::graph::call_views views(body_->inputs.size());
        std::vector<any_array> converted;
        prepare(given, count, views.data(), converted);
        std::vector<any_array> results(static_cast<std::size_t>(body_->output_count));
        const locks held(*this);
        run_with_states(views.data(), [&](int i, const std::int64_t* extents, exec::raw_view* out) {
            const ir::tensor_type& t = body_->output_type(i);
            any_array& y = results[static_cast<std::size_t>(i)];
            y = any_array(t.element, t.rank, extents);
            argument(y).put(out[i]);
        });
        return call_results(std::move(results), body_->output_names);
    }
    void call_into(const argument* const* given, int count, const std::vector<argument>& outputs) const {
        detail::graph::call_views views(body_->inputs.size());
        std::vector<any_array> converted;
        prepare(given, count, views.data(), converted);
        if (static_cast<int>(outputs.size()) != body_->output_count) {
            detail::graph::raise(mistake_kind::unknown_input, called() + " has " + std::to_string(body_->output_count) + " outputs; into was given " + std::to_string(outputs.size()) + " arrays");
        }
        const locks held(*this);
        run_with_states(views.data(), [&](int i, const std::int64_t* extents, exec::raw_view* out) {
            outputs[static_cast<std::size_t>(i)].put(out[i]);
            require_output(i, outputs, extents, views.data(), out);
        });
    }
    memory_report memory_with(const argument* const* given, int count) const {
        detail::graph::call_views views(body_->inputs.size());
        std::vector<any_array> converted;
        prepare(given, count, views.data(), converted);
        const locks held(*this);
        take_states(views.data());
        exec::call_counts counts;
        body_->program->find_counts(views.data(), counts);
        {
            require_elements(views.data());
            const exec::program_call asked(*body_->program, views.data(), counts);
            require_checks(views.data(), asked);
        }
        std::vector<exec::raw_view> results(static_cast<std::size_t>(body_->compiled.output_count()) + 1);
        for (int i = 0; i < body_->compiled.output_count(); ++i) {
            exec::raw_view& v = results[static_cast<std::size_t>(i)];
            body_->program->output_extents(views.data(), i, v.extents);
            std::int64_t stride = 1;
            for (int k = body_->output_type(i).rank - 1; k >= 0; --k) {
                v.strides[k] = stride;
                stride *= v.extents[k];
            }
        }
        return memory_of(*body_->program, views.data(), results.data());
    }
    void take_states(exec::raw_view* in) const {
        for (std::size_t k = 0; k < states_.size(); ++k) { argument(states_[k]->now).put(in[static_cast<std::size_t>(body_->argument_count) + k]); }
    }
    // The views of the arguments, converted where that is allowed, in the first places of `views`.
    void prepare(const argument* const* given, int count, exec::raw_view* views, std::vector<any_array>& converted) const {
        if (count > body_->argument_count) {
            detail::graph::raise(mistake_kind::unknown_input, called() + " takes " + std::to_string(body_->argument_count) + " arguments; the call has " + std::to_string(count));
        }
        for (int i = 0; i < body_->argument_count; ++i) {
            const auto k = static_cast<std::size_t>(i);
            const argument* a = i < count ? given[i] : nullptr;
            if (a == nullptr && body_->defaults[k].is_empty()) {
                refuse_input(mistake_kind::missing_input, i, {}, called() + " requires an argument for its input \"" + body_->inputs[k]->name + "\", number " + std::to_string(i + 1) + ": the call has none, and it has no default value");
            }
            if (a == nullptr) {
                argument(body_->defaults[k]).put(views[i]);
                continue;
            }
            if (a->element() == body_->inputs[k]->element && a->rank() == body_->inputs[k]->rank) { a->put(views[i]); }
            else {
                converted.reserve(static_cast<std::size_t>(body_->argument_count)); // views look into it
                views[i] = detail::graph::converted(*body_->inputs[k], *a, body_->conversion, converted, input_of(i));
            }
        }
        require_extents(views);
    }
    // Under the locks: place(i, extents, views) writes the memory of output i to views[i].
    template <class Place>
    void run_with_states(const exec::raw_view* arguments, const Place& place) const {
        const std::size_t inputs = states_.empty() ? 0 : body_->inputs.size(); // to be put beside each other
        const int outputs = body_->output_count + static_cast<int>(body_->updated.size());
        detail::graph::call_views views(inputs + static_cast<std::size_t>(outputs));
        exec::raw_view* const out = views.data() + inputs;
        const exec::raw_view* in = arguments;
        if (inputs > 0) {
            for (int i = 0; i < body_->argument_count; ++i) { detail::graph::copy_view(arguments[i], body_->inputs[static_cast<std::size_t>(i)]->rank, views.data()[i]); }
            take_states(views.data());
            in = views.data();
        }
        exec::call_counts counts;
        body_->program->find_counts(in, counts);
        require_elements(in);
        const exec::program_call call(*body_->program, in, counts);
        require_checks(in, call);
        for (int i = 0; i < outputs; ++i) {
            std::int64_t extents[ir::max_rank] = {};
            call.output_extents(i, extents);
            if (i < body_->output_count) {
                place(i, extents, out);
                continue;
            }
            detail::graph::shared_state& s = *states_[static_cast<std::size_t>(body_->updated[static_cast<std::size_t>(i - body_->output_count)])];
            require_next(i, *s.about, extents);
            bool fits = s.next.element() == s.about->element;
            for (int a = 0; a < s.about->rank && fits; ++a) { fits = s.next.extent(a) == extents[a]; }
            if (!fits) { s.next = any_array(s.about->element, s.about->rank, extents); }
            argument(s.next).put(out[i]);
        }
        body_->run(call, in, out, counts);
        for (int k : body_->updated) { states_[static_cast<std::size_t>(k)]->now.swap(states_[static_cast<std::size_t>(k)]->next); }
    }

    void require_next(int i, const detail::graph::leaf& l, const std::int64_t* extents) const {
        bool fits = true;
        for (int k = 0; k < l.rank; ++k) { fits = fits && (l.extents[k] < 0 || l.extents[k] == extents[k]); }
        if (fits) { return; }
        const std::string shapes[] = {detail::graph::printed(l.element, l.rank, l.extents), detail::graph::printed(l.element, l.rank, extents)};
        refuse_output(mistake_kind::extents, i, {shapes[0], shapes[1]}, "the update of the shared variable \"" + l.name + "\" requires " + shapes[0] + ", not " + shapes[1] + ": reshape it, or make another variable with the option resizable");
    }
    int input_number(const input_key& key) const {
        int found = -1;
        for (int i = 0; i < body_->argument_count; ++i) {
            const auto& about = body_->inputs[static_cast<std::size_t>(i)];
            const bool meant = key.symbol().is_empty() ? about->name == key.name()
                                                       : key.symbol().has_owner() && key.symbol().owner().keeper == &detail::graph::arena::keeper_of_arenas &&
                                                             key.symbol().owner().nodes.data[key.symbol().node()].op->id == ir::input_id &&
                                                             detail::graph::arena_of(key.symbol()).leaf_of(static_cast<int>(key.symbol().owner().attribute(key.symbol().node(), 0))) == about;
            if (meant && found >= 0) {
                detail::graph::raise(mistake_kind::duplicate_input, called() + " has several inputs with the name \"" + key.name() + "\": say which by the symbol, or by the order of the arguments");
            }
            if (meant) { found = i; }
        }
        if (key.is_empty()) { detail::graph::raise(mistake_kind::unknown_input, called() + " was given an argument for an empty symbol or a null pointer: name the input, or give its symbol"); }
        if (found < 0) {
            std::string names;
            for (int i = 0; i < body_->argument_count; ++i) { names += (i > 0 ? ", " : "") + body_->inputs[static_cast<std::size_t>(i)]->name; }
            detail::graph::raise(mistake_kind::unknown_input, called() + " has no input " + (key.symbol().is_empty() ? "with the name \"" + key.name() + "\"" : std::string("that is this symbol")) + ": its inputs are " + names);
        }
        return found;
    }
    void require_known_extents(int i, const exec::raw_view& v) const {
        const detail::graph::leaf& l = *body_->inputs[static_cast<std::size_t>(i)];
        for (int k = 0; k < l.rank; ++k) {
            if (l.extents[k] < 0 || v.extents[k] == l.extents[k]) { continue; }
            const std::string shapes[] = {detail::graph::printed(l.element, l.rank, l.extents), detail::graph::printed(l.element, l.rank, v.extents)};
            refuse_input(mistake_kind::extents, i, {shapes[0], shapes[1]}, called() + " requires " + shapes[0] + " as argument \"" + l.name + "\"; it was given " + shapes[1]);
        }
    }
    std::string axis_text(int input, int axis, std::int64_t extent) const {
        return "axis " + std::to_string(axis) + " of \"" + body_->inputs[static_cast<std::size_t>(input)]->name + "\" has " + std::to_string(extent) + " elements";
    }
    detail::graph::input_of_graph input_of(int i) const { return {body_->compiled, i}; }
    // Without shapes those that the input requires are told.
    [[noreturn]] void refuse_input(mistake_kind kind, int i, std::vector<std::string> shapes, std::string sentence) const {
        const detail::graph::leaf& l = *body_->inputs[static_cast<std::size_t>(i)];
        mistake m = detail::graph::mistake_of_leaf(kind, l, std::move(sentence));
        if (!shapes.empty()) { m.shapes = std::move(shapes); }
        input_of(i).put(m, l);
        detail::graph::raise(std::move(m));
    }
    std::string type_given(int i, const exec::raw_view& v) const {
        const detail::graph::leaf& l = *body_->inputs[static_cast<std::size_t>(i)];
        return detail::graph::printed(l.element, l.rank, v.extents);
    }
    [[noreturn]] void refuse_axes(const detail::graph::axis_pair& p, const exec::raw_view* inputs) const {
        refuse_input(mistake_kind::extents, p.other, {type_given(p.input, inputs[p.input]), type_given(p.other, inputs[p.other])},
                     called() + " requires axes of one name to be equally long: " + axis_text(p.input, p.axis, inputs[p.input].extents[p.axis]) + ", " + axis_text(p.other, p.other_axis, inputs[p.other].extents[p.other_axis]));
    }
    // Which extents differ, told by the inputs they come from.
    [[noreturn]] void refuse_check(int check, const exec::raw_view* inputs) const {
        const ir::module& m = body_->compiled.nodes();
        std::string sides;
        ir::extent both[2] = {};
        int input = -1;
        for (int side = 0; side < 2; ++side) {
            const ir::extent e = both[side] = 2 * check + side < m.extent_checks.size ? m.extent_checks.data[2 * check + side] : 0;
            sides += side == 0 ? "" : ", and ";
            if (ir::is_known(e)) { sides += std::to_string(e) + " are required"; }
            else if (m.extents.data[-1 - e].kind == ir::extent_kind::input_axis) {
                const auto& x = m.extents.data[-1 - e];
                sides += axis_text(static_cast<int>(x.a), ir::axis_of(x), inputs[x.a].extents[ir::axis_of(x)]);
                input = static_cast<int>(x.a);
            } else { sides += "an extent computed of others, or a number of steps, differs"; }
        }
        mistake about = detail::graph::mistake_of(mistake_kind::extents, called() + " requires equal extents where arrays meet: " + sides);
        detail::graph::put_meeting(about, body_->compiled, both[0], both[1], inputs);
        if (about.op.empty() && input >= 0) { refuse_input(about.kind, input, {type_given(input, inputs[input])}, std::move(about.sentence)); }
        detail::graph::raise(std::move(about));
    }
    // Output i, or the next value of a shared variable.
    [[noreturn]] void refuse_output(mistake_kind kind, int i, std::vector<std::string> shapes, std::string sentence) const {
        mistake m = detail::graph::mistake_of(kind, std::move(sentence));
        m.shapes = std::move(shapes);
        detail::graph::put_node(m, body_->compiled.nodes(), {}, body_->compiled.outputs()[static_cast<std::size_t>(i)]);
        detail::graph::raise(std::move(m));
    }
    void require_output(int i, const std::vector<argument>& outputs, const std::int64_t* extents, const exec::raw_view* inputs, const exec::raw_view* views) const {
        const argument& y = outputs[static_cast<std::size_t>(i)];
        const exec::raw_view& v = views[i];
        const ir::tensor_type& t = body_->output_type(i);
        const auto refuse = [&](mistake_kind kind) {
            const std::string shapes[] = {detail::graph::printed(t.element, t.rank, extents), detail::graph::printed(y.element(), y.rank(), v.extents)};
            refuse_output(kind, i, {shapes[0], shapes[1]}, called() + " requires " + shapes[0] + " for output " + std::to_string(i) + "; it was given " + shapes[1]);
        };
        if (y.element() != t.element) { refuse(mistake_kind::element_type); }
        if (y.rank() != t.rank) { refuse(mistake_kind::rank); }
        for (int k = 0; k < t.rank; ++k) {
            if (y.extent(k) != extents[k]) { refuse(mistake_kind::extents); }
        }
        detail::graph::require_memory(v, t.rank, [&](const char* what) { refuse_output(mistake_kind::aliasing, i, {detail::graph::printed(t.element, t.rank, extents)}, called() + ": output " + std::to_string(i) + what); });
        for (int k = 0; k < t.rank; ++k) {
            if (extents[k] < 2 || v.strides[k] != 0) { continue; }
            refuse_output(mistake_kind::aliasing, i, {detail::graph::printed(t.element, t.rank, extents)},
                          called() + ": output " + std::to_string(i) + " has its elements along axis " + std::to_string(k) + " in one place: give it an array whose elements have places of their own");
        }
        const auto out = detail::graph::memory_of(v, t.element, t.rank);
        for (int k = 0; k < body_->argument_count; ++k) {
            const detail::graph::leaf& l = *body_->inputs[static_cast<std::size_t>(k)];
            const auto in = detail::graph::memory_of(inputs[k], l.element, l.rank);
            if (out.first < in.second && in.first < out.second) {
                refuse_output(mistake_kind::aliasing, i, {detail::graph::printed(t.element, t.rank, extents)},
                              called() + ": output " + std::to_string(i) + " shares memory with the argument \"" + l.name + "\": write into another array, and exchange the two afterwards");
            }
        }
        for (int k = 0; k < i; ++k) {
            const argument& z = outputs[static_cast<std::size_t>(k)];
            const auto other = detail::graph::memory_of(views[k], z.element(), z.rank());
            if (out.first < other.second && other.first < out.second) {
                refuse_output(mistake_kind::aliasing, i, {detail::graph::printed(t.element, t.rank, extents)},
                              called() + ": output " + std::to_string(i) + " shares memory with output " + std::to_string(k) + ": give each an array of its own");
            }
        }
    }
};

} // namespace damo
