// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <damo/graph/mistake.hpp>
#include <damo/graph/rebuild.hpp>

namespace damo {

class graph_scope;

namespace detail::graph {

// What is known of an input or a shared variable, in whatever graph it is used. Two symbols are one input when they have one leaf.
struct leaf {
    std::string name;
    dtype element = dtype::none;
    int rank = 0;
    std::int64_t extents[ir::max_rank] = {};   // -1: the call decides
    std::uint32_t names[ir::max_rank] = {};    // hash of an extent's name, or 0
    ir::location place{};
    bool shared = false;
    std::weak_ptr<void> state; // of a shared variable
};
using leaf_pointer = std::shared_ptr<const leaf>;

// A graph that its symbols share: it lives as long as a value points into it. Each thread builds in a graph of its own; the graph of
// another is read, and what is needed of it taken over. Not to be built in by two threads at once.
class arena final : public ir::module {
  public:
    static const ir::module_keeper keeper_of_arenas;

    arena() {
        raises = true;
        keeper = &keeper_of_arenas;
    }
    static arena& of(ir::module& m) { return static_cast<arena&>(m); }
    static const arena& of(const ir::module& m) { return static_cast<const arena&>(m); }

    // The graph of this thread. A graph that nobody else keeps is begun anew.
    static arena& mine() {
        holder& h = current();
        if (h.kept == nullptr || h.kept->uses_.load(std::memory_order_acquire) == 1) { h.reset(new arena); }
        return *h.kept;
    }

    const leaf_pointer& leaf_of(int number) const { return leaves_[static_cast<std::size_t>(number)]; }
    int leaf_count() const { return static_cast<int>(leaves_.size()); }
    // The node of a leaf.
    ir::index node_of(const leaf_pointer& l) {
        const auto known = nodes_.find(l.get());
        if (known != nodes_.end()) { return known->second; }
        const int number = leaf_count();
        ir::tensor_type t;
        t.element = l->element;
        t.rank = static_cast<std::int8_t>(l->rank);
        for (int k = 0; k < l->rank; ++k) {
            t.extents[k] = l->names[k] != 0    ? extent_of(ir::extent_kind::named, l->names[k], 0)
                           : l->extents[k] < 0 ? extent_of(ir::extent_kind::input_axis, number, k)
                                               : l->extents[k];
        }
        here_is(l->place);
        const std::int64_t attribute = number;
        const ir::index made = add(ops::input, intern(t), nullptr, 0, &attribute, 1);
        leaves_.push_back(l);
        nodes_.emplace(l.get(), made);
        return made;
    }
    // The node that node n of another graph becomes here.
    ir::index take_over(const arena& from, ir::index n) {
        if (&from == this) { return n; }
        rebuild copy(from, *this, [&](int number) { return node_of(from.leaf_of(number)); });
        copy.run(&n, 1);
        if (failed) { raise_mistake(); }
        return n;
    }
    // Nodes that one derivative made, and how long that took.
    struct derivation {
        ir::index first = 0;
        ir::index end = 0;
        double seconds = 0;
    };
    const std::vector<derivation>& derivations() const { return derivations_; }
    // Notes a derivative while it lives. Within another it is part of that.
    class deriving {
      public:
        explicit deriving(arena& a) : a_(a), first_(a.nodes.size), outermost_(!std::exchange(a.deriving_, true)) {}
        deriving(const deriving&) = delete;
        deriving& operator=(const deriving&) = delete;
        ~deriving() {
            if (!outermost_) { return; }
            a_.deriving_ = false;
            if (a_.nodes.size > first_) { a_.derivations_.push_back({first_, a_.nodes.size, std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count()}); }
        }

      private:
        arena& a_;
        ir::index first_;
        bool outermost_;
        std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    };
    // What others keep with this graph, made when first asked for; one type for all.
    template <class T>
    T& kept() {
        const std::lock_guard<std::mutex> lock(kept_guard_);
        if (kept_ == nullptr) { kept_ = std::make_shared<T>(); }
        return *static_cast<T*>(kept_.get());
    }
    void keep(std::int64_t change) {
        if (change > 0) { uses_.fetch_add(change, std::memory_order_relaxed); }
        else if (uses_.fetch_add(change, std::memory_order_acq_rel) == -change) { delete this; }
    }

  private:
    friend class damo::graph_scope;
    // What a thread keeps of its graph.
    struct holder {
        arena* kept = nullptr;
        void reset(arena* a) {
            if (a != nullptr) { a->keep(1); }
            if (kept != nullptr) { kept->keep(-1); }
            kept = a;
        }
        ~holder() { reset(nullptr); }
    };
    static holder& current() {
        static thread_local holder h;
        return h;
    }

    std::atomic<std::int64_t> uses_{0};
    std::vector<leaf_pointer> leaves_; // by number
    std::unordered_map<const leaf*, ir::index> nodes_;
    std::vector<derivation> derivations_;
    bool deriving_ = false;
    std::mutex kept_guard_;
    std::shared_ptr<void> kept_;

    ~arena() = default;
    void here_is(const ir::location& place) { ir::module::here = place; }
    static void count(ir::module& m, int change) { of(m).keep(change); }
    static ir::module& meet(ir::module& a, ir::module& b) { return &b == current().kept ? b : a; }
    static ir::index adopt(ir::module& into, ir::module& from, ir::index n) { return of(into).take_over(of(from), n); }
    static void raise_of(ir::module& m) {
        mistake x;
        x.sentence.assign(m.error.data(), static_cast<std::size_t>(m.error.size()));
        if (m.error_place.file != nullptr) {
            x.file = m.error_place.file;
            x.line = m.error_place.line;
        }
        m.error.characters.size = 0;
        m.failed = false;
        take_call_of_sentence(x);
        if (x.sentence.find("is empty") != std::string::npos) { x.kind = mistake_kind::empty_axis; }
        raise(std::move(x));
    }
};

inline const ir::module_keeper arena::keeper_of_arenas{&arena::count, &arena::meet, &arena::adopt, &arena::raise_of};

// The shared graph of a value.
inline arena& arena_of(const value& v) { return arena::of(v.owner()); }

// A literal becomes a constant of this thread's graph, a symbol stays. Errors: an empty symbol, or one that a graph_builder or a
// traced function owns.
inline value settled(const operand& x, const char* call) {
    if (x.v.is_literal()) {
        arena& a = arena::mine();
        a.module::here = {x.file, x.line};
        return ops::as_element(a, x.v, x.v.literal_kind());
    }
    if (!x.v.has_owner() || x.v.owner().keeper != &arena::keeper_of_arenas) {
        raise(mistake_kind::expression, std::string(call) + " requires symbols made by input, shared or what is computed of them: this one is empty or belongs to a builder", x.file, x.line);
    }
    return x.v;
}

// An argument of a call that takes any number of them and so does not know its own place: that of the node it is, if it is one.
inline operand placed(const operand& x, const char* call) {
    const value v = settled({x.v, nullptr, 0}, call);
    const ir::location at = x.v.has_owner() ? v.owner().locations.data[v.node()] : ir::location{};
    return {v, at.file, at.line};
}

} // namespace detail::graph

/// While it lives, new inputs and shared variables of this thread begin in a graph of their own: expressions made inside go with it
/// when nothing points to them any longer, whatever symbols of the outside they use.
class graph_scope {
  public:
    graph_scope() : outer_(std::exchange(detail::graph::arena::current().kept, nullptr)) {}
    ~graph_scope() {
        detail::graph::arena::current().reset(nullptr);
        detail::graph::arena::current().kept = outer_;
    }
    graph_scope(const graph_scope&) = delete;
    graph_scope& operator=(const graph_scope&) = delete;

  private:
    detail::graph::arena* outer_ = nullptr;
};

} // namespace damo
