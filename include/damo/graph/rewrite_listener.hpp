// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <damo/rewrite/watcher.hpp>

namespace damo {

/// While it lives, it is told of every rewrite of the graphs that this thread optimises: in compile, and in grad and the other derivatives.
/// Ends in the thread in which it began.
class rewrite_listener {
  public:
    rewrite_listener() : outer_(std::exchange(innermost(), this)) {}
    rewrite_listener(const rewrite_listener&) = delete;
    rewrite_listener& operator=(const rewrite_listener&) = delete;
    virtual ~rewrite_listener() {
        for (rewrite_listener** x = &innermost(); *x != nullptr; x = &(*x)->outer_) {
            if (*x == this) {
                *x = outer_;
                break;
            }
        }
    }

    /// Node n of m is rewritten by this rule; the inputs of m have these names. What the rule makes is simplified as it is made: others may
    /// begin and end before it ends.
    virtual void begins(const ir::module& m, const std::vector<std::string>& names, const char* rule, ir::index n) = 0;
    /// It became this node.
    virtual void ends(const ir::module& m, const std::vector<std::string>& names, ir::index n) = 0;

  private:
    friend class rewrite_broadcast;
    rewrite_listener* outer_;

    static rewrite_listener*& innermost() {
        static thread_local rewrite_listener* listener = nullptr;
        return listener;
    }
};

// Hands on to all listeners of this thread what happens to one graph.
class rewrite_broadcast final : public rewrite::watcher {
  public:
    explicit rewrite_broadcast(const std::vector<std::string>& names) : names_(names) {}
    // Null where nobody listens.
    rewrite::watcher* told() { return rewrite_listener::innermost() != nullptr ? this : nullptr; }
    void begins(const ir::module& m, const char* rule, ir::index n) override {
        for (rewrite_listener* x = rewrite_listener::innermost(); x != nullptr; x = x->outer_) { x->begins(m, names_, rule, n); }
    }
    void ends(const ir::module& m, ir::index n) override {
        for (rewrite_listener* x = rewrite_listener::innermost(); x != nullptr; x = x->outer_) { x->ends(m, names_, n); }
    }

  private:
    const std::vector<std::string>& names_;
};

} // namespace damo
