// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <damo/core/any_array.hpp>
#include <damo/graph/input.hpp>
#include <damo/graph/next_value.hpp>
#include <damo/graph/shared_state.hpp>

namespace damo {

namespace detail::graph {

// Ends the call unless an array of this type may be the value of the shared variable.
inline void require_value_of(const leaf& l, dtype element, int rank, const std::int64_t* extents, const char* call) {
    const auto refuse = [&](mistake_kind kind) {
        mistake m;
        m.kind = kind;
        m.sentence = std::string(call) + " of the shared variable \"" + l.name + "\" requires " + printed(l.element, l.rank, l.extents) + ", not " +
                     printed(element, rank, extents) + ": convert it, or make another variable" +
                     (kind == mistake_kind::extents ? " with the option resizable" : "");
        m.op = ops::input.name;
        m.shapes = {printed(l.element, l.rank, l.extents), printed(element, rank, extents)};
        m.file = l.place.file != nullptr ? l.place.file : "";
        m.line = l.place.line;
        raise(std::move(m));
    };
    if (element != l.element) { refuse(mistake_kind::element_type); }
    if (rank != l.rank) { refuse(mistake_kind::rank); }
    for (int k = 0; k < rank; ++k) {
        if (l.extents[k] >= 0 && extents[k] != l.extents[k]) { refuse(mistake_kind::extents); }
    }
}

} // namespace detail::graph

/// How a shared variable is made.
struct shared_options {
    bool resizable = false; // axes that do not have extent 1 may change their length
};

/// A symbol with an array behind it, which compiled functions read when they are called and update. Copies of this object are the same
/// variable. The array lives as long as one of them, or a compiled function that uses it, does; an expression alone does not keep it.
class shared_variable : public value {
  public:
    shared_variable() = default;
    shared_variable(detail::graph::state_pointer state, value symbol) : value(symbol), state_(std::move(state)) {}

    const std::string& name() const { return made("name").about->name; }
    /// A copy of the array as it is between two calls of functions.
    any_array get() const {
        const detail::graph::variable_use use(made("get"), false, "get");
        return state_->now;
    }
    /// The one number of a variable of one element.
    template <class T = double>
    T number() const {
        const detail::graph::variable_use use(made("number"), false, "number");
        return state_->now.number<T>();
    }
    /// Another array of the same element type and rank, and of the same extents unless the variable is resizable. A temporary is taken
    /// over without a copy. Waits for functions that use the variable. Errors: element_type_error, rank_error, extents_error.
    void set(any_array x) const {
        detail::graph::require_value_of(*made("set").about, x.element(), x.rank(), x.extents(), "set");
        const detail::graph::variable_use use(*state_, true, "set");
        state_->now.swap(x);
    }
    /// The array itself, for reading without a copy; no function updates it while the result lives, which ends in the thread that borrowed. Errors of
    /// that thread: update_error where it would wait for ever, for itself or in a circle of threads that use what others wait for: in set, borrow, get
    /// or the call of a function.
    class borrowed {
      public:
        borrowed(borrowed&&) noexcept = default;
        borrowed& operator=(borrowed&& other) noexcept {
            kept_.swap(other.kept_);
            return *this;
        }
        ~borrowed() {
            if (kept_ != nullptr) { detail::graph::variable_uses::give_back(*kept_, false); }
        }
        const any_array& operator*() const { return kept_->now; }
        const any_array* operator->() const { return &kept_->now; }

      private:
        friend class shared_variable;
        borrowed(detail::graph::state_pointer s) : kept_(std::move(s)) {}
        detail::graph::state_pointer kept_;
    };
    borrowed borrow() const {
        detail::graph::variable_uses::take(made("borrow"), false, "borrow");
        return {state_};
    }

    /// An update made by every function that uses the variable and is compiled after this, unless it has another or is told not to. Errors: update_error
    /// for a symbol of another element type or rank, or of extents known to be others.
    void set_default_update(const operand& next) const {
        detail::graph::shared_state& s = made("set_default_update");
        s.default_update = detail::graph::next_value_of(*s.about, next, "set_default_update");
    }

    const detail::graph::state_pointer& state() const { return state_; }

  private:
    detail::graph::state_pointer state_;
    detail::graph::shared_state& made(const char* call) const {
        if (state_ == nullptr) { detail::graph::raise(mistake_kind::unknown_input, std::string(call) + " requires a shared variable that shared(...) made: this one is empty"); }
        return *state_;
    }
};

namespace detail::graph {

// The variable of a state, as a symbol of this thread's graph.
inline shared_variable variable_of(const state_pointer& s) {
    arena& a = arena::mine();
    return {s, value{a, a.node_of(s->about)}};
}
// A variable like another, with an array of its own.
inline state_pointer copied_state(shared_state& s) {
    auto copy = std::make_shared<shared_state>();
    leaf l = *s.about;
    l.state = copy;
    copy->about = std::make_shared<const leaf>(std::move(l));
    const variable_use use(s, false, "copy");
    copy->now = s.now;
    return copy;
}

// The variable that a symbol is.
inline shared_variable variable_of(const value& v, const char* call) {
    const value x = settled({v, nullptr, 0}, call);
    const leaf_pointer* about = nullptr;
    if (x.owner().nodes.data[x.node()].op->id == ir::input_id) { about = &arena_of(x).leaf_of(static_cast<int>(x.owner().attribute(x.node(), 0))); }
    if (about == nullptr || !(*about)->shared) {
        raise(mistake_kind::update, std::string(call) + " requires shared variables: this symbol is " + (about != nullptr ? "the input \"" + (*about)->name + "\"" : std::string("computed")),
              x.owner().locations.data[x.node()].file, x.owner().locations.data[x.node()].line);
    }
    auto state = std::static_pointer_cast<shared_state>((*about)->state.lock());
    if (state == nullptr) { raise(mistake_kind::destroyed_shared, "the shared variable \"" + (*about)->name + "\" is used but was destroyed: keep the object that shared(...) gave", (*about)->place.file, (*about)->place.line); }
    return {std::move(state), x};
}

} // namespace detail::graph

/// shared(x, "w"): a shared variable that begins as a copy of x, a number or an array. Its element type and rank are fixed, its extents
/// too unless it is made resizable. Errors: element_type_error for elements that are for storage only.
inline shared_variable shared(any_array x, std::string name = {}, shared_options options = {}, const char* file = __builtin_FILE(),
                              int line = __builtin_LINE()) {
    detail::graph::leaf l;
    l.name = std::move(name);
    l.element = x.element();
    l.rank = x.rank();
    l.place = {file, line};
    l.shared = true;
    for (int k = 0; k < l.rank; ++k) { l.extents[k] = options.resizable && x.extent(k) != 1 ? -1 : x.extent(k); }
    auto state = std::make_shared<detail::graph::shared_state>();
    l.state = state;
    value symbol = detail::graph::make_leaf(std::move(l));
    state->about = detail::graph::arena_of(symbol).leaf_of(static_cast<int>(symbol.owner().attribute(symbol.node(), 0)));
    state->now = std::move(x);
    return {std::move(state), std::move(symbol)};
}

template <>
struct leaves_of<shared_variable> : leaves_of<value> {};

} // namespace damo
