// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <damo/graph/observer.hpp>
#include <damo/ir/print_infix.hpp>

namespace damo {

/// One rule that was applied.
struct rewrite_step {
    std::string rule;
    std::string before;
    std::string after;
    std::string place; // in the source, of the node that was being simplified: "file:line", or empty
    int depth = 0;     // 0: of a node of the graph; more: of what the rule in front of it at depth - 1 made
};

struct rewrite_trace_options {
    std::size_t longest = 400; // characters of an expression that are kept
};

/// Every rule that is applied while functions are compiled, with the expression in front of it and behind it:
///     const auto t = std::make_shared<damo::rewrite_trace>();
///     const auto f = damo::compile({x}, {log(1 + exp(x))}, {.observers = {t}});
///     std::puts(t->report().c_str());      // softplus.from_log: log(exp(x) + 1) -> softplus(x)
/// Derivatives are optimised where they are made: const auto on = t->watch(); traces all that this thread optimises while `on` lives. Functions
/// run as without observers. Each step costs O(nodes of the graph). Collecting like terms and folding constants are no rules and are not told.
/// Safe to use from several threads.
class rewrite_trace : public observer {
  public:
    explicit rewrite_trace(rewrite_trace_options options = {}) : options_(options) {}

    watch_level watches() const override { return watch_level::compilation; }
    std::unique_ptr<rewrite_listener> listen() override { return std::make_unique<listener>(*this); }

    class listener final : public rewrite_listener {
      public:
        explicit listener(rewrite_trace& to) : to_(to) {}
        ~listener() override { hand_over(); }
        void begins(const ir::module& m, const std::vector<std::string>& names, const char* rule, ir::index n) override {
            rewrite_step s;
            s.rule = rule;
            s.before = text(m, names, n);
            s.depth = static_cast<int>(open_.size());
            if (m.here.file != nullptr) { s.place = std::string(m.here.file) + ":" + std::to_string(m.here.line); }
            open_.push_back(steps_.size());
            steps_.push_back(std::move(s));
        }
        void ends(const ir::module& m, const std::vector<std::string>& names, ir::index n) override {
            if (open_.empty()) { return; } // begun before this object was
            steps_[open_.back()].after = text(m, names, n);
            open_.pop_back();
            if (open_.empty()) { hand_over(); }
        }

      private:
        rewrite_trace& to_;
        std::vector<rewrite_step> steps_;
        std::vector<std::size_t> open_;

        void hand_over() {
            const std::lock_guard<std::mutex> lock(to_.mutex_);
            for (rewrite_step& s : steps_) { to_.steps_.push_back(std::move(s)); }
            steps_.clear();
            open_.clear();
        }
        std::string text(const ir::module& m, const std::vector<std::string>& names, ir::index n) const {
            std::vector<const char*> list;
            for (const std::string& name : names) { list.push_back(name.c_str()); }
            core::sentence out;
            ir::print_infix(out, m, &n, 1, ir::input_names{list.data(), static_cast<int>(list.size())});
            std::string s(out.data(), static_cast<std::size_t>(out.size()));
            while (!s.empty() && s.back() == '\n') { s.pop_back(); }
            return s.size() > to_.options_.longest ? s.substr(0, to_.options_.longest) + "..." : s;
        }
    };
    /// Traces this thread until the result is destroyed, in the same thread.
    [[nodiscard]] listener watch() { return listener(*this); }

    /// In the order in which they began, function after function.
    std::vector<rewrite_step> steps() const {
        const std::lock_guard<std::mutex> lock(mutex_);
        return steps_;
    }
    void clear() {
        const std::lock_guard<std::mutex> lock(mutex_);
        steps_.clear();
    }
    /// A line each, "rule: before -> after", those inside others indented.
    std::string report() const {
        std::string s;
        for (const rewrite_step& x : steps()) {
            s += std::string(static_cast<std::size_t>(2 * x.depth), ' ') + x.rule + ": " + x.before + " -> " + x.after + (x.place.empty() ? "" : "  (" + x.place + ")") + "\n";
        }
        return s;
    }

  private:
    rewrite_trace_options options_;
    mutable std::mutex mutex_;
    std::vector<rewrite_step> steps_;
};

} // namespace damo
