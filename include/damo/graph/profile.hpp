// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <damo/graph/debugprint.hpp>
#include <damo/graph/observer.hpp>

namespace damo {

/// Counts and times what the functions that it observes do, node by node:
///     const auto p = std::make_shared<damo::profile>();
///     const auto f = damo::compile({x}, {y}, {.observers = {p}});
///     f(x0); std::puts(p->report().c_str());
/// Nodes are told apart by op, type and the place in the source where they were made. Times are those of the node alone, with its result
/// in memory of its own; what fusion saves shows beside the time of the same function without observers. Safe to use from several threads.
class profile : public observer {
  public:
    struct entry {
        std::string op;
        std::string type;
        std::string place; // "file:line", or empty
        std::int64_t runs = 0;
        double seconds = 0;
        std::int64_t bytes = 0; // of the results, all runs together
    };

    void compiled(const ir::module&, const std::vector<ir::index>&, const graph& optimised) override {
        const std::lock_guard<std::mutex> lock(mutex_);
        for (const std::string_view rule : optimised.rewrites()) { ++rules_[std::string(rule)]; }
    }
    void after(const node_event& e) override {
        entry fresh;
        fresh.op = e.op();
        fresh.type = e.type();
        if (e.place().file != nullptr) { fresh.place = std::string(e.place().file) + ":" + std::to_string(e.place().line); }
        const std::lock_guard<std::mutex> lock(mutex_);
        entry& x = entries_.try_emplace(fresh.op + " " + fresh.type + " " + fresh.place, fresh).first->second;
        ++x.runs;
        x.seconds += e.seconds;
        for (const any_array* y : e.results) { x.bytes += static_cast<std::int64_t>(y->bytes()); }
        cost& c = costs_[{&e.function.nodes(), e.original}];
        ++c.runs;
        c.seconds += e.seconds;
        c.bytes = 0; // of the latest run
        for (const any_array* y : e.results) { c.bytes += static_cast<std::int64_t>(y->bytes()); }
    }
    void finished(const graph&, const std::vector<any_array>&, const std::vector<any_array>&) override {
        const std::lock_guard<std::mutex> lock(mutex_);
        ++calls_;
    }

    /// By falling time.
    std::vector<entry> nodes() const {
        const std::lock_guard<std::mutex> lock(mutex_);
        return sorted(entries_);
    }
    /// Summed up by op, by falling time; type and place are empty.
    std::vector<entry> ops() const {
        const std::lock_guard<std::mutex> lock(mutex_);
        std::map<std::string, entry> by_op;
        for (const auto& [key, x] : entries_) {
            entry& sum = by_op[x.op];
            sum.op = x.op;
            sum.runs += x.runs;
            sum.seconds += x.seconds;
            sum.bytes += x.bytes;
        }
        return sorted(by_op);
    }
    /// How often each rewrite rule was applied when the functions were compiled, the most frequent first.
    std::vector<std::pair<std::string, int>> rewrites() const {
        const std::lock_guard<std::mutex> lock(mutex_);
        std::vector<std::pair<std::string, int>> list(rules_.begin(), rules_.end());
        std::stable_sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
        return list;
    }
    std::int64_t calls() const {
        const std::lock_guard<std::mutex> lock(mutex_);
        return calls_;
    }
    /// What the nodes of one function cost per run, for debugprint and to_html: p->costs(f.graph()).
    node_profile costs(const graph& g) const {
        const std::lock_guard<std::mutex> lock(mutex_);
        node_profile list;
        for (const auto& [key, c] : costs_) {
            if (key.first == &g.nodes()) { list[key.second] = {static_cast<std::int64_t>(1e9 * c.seconds / static_cast<double>(c.runs)), c.bytes}; }
        }
        return list;
    }
    /// Tables of ops, nodes and rewrites, in microseconds per call and bytes per run.
    std::string report() const {
        const auto calls_made = static_cast<double>(std::max<std::int64_t>(calls(), 1));
        double whole = 0;
        for (const entry& x : nodes()) { whole += x.seconds; }
        std::string text = std::to_string(calls()) + " calls, " + number(1e6 * whole / calls_made) + " us each\n\n";
        const auto table = [&](const std::vector<entry>& rows) {
            for (const entry& x : rows) {
                text += padded(number(1e6 * x.seconds / calls_made), 12) + padded(number(whole > 0 ? 100 * x.seconds / whole : 0), 8) +
                        padded(std::to_string(x.runs), 10) + padded(std::to_string(x.bytes / x.runs), 14) + "  " + x.op + (x.type.empty() ? "" : "  " + x.type) +
                        (x.place.empty() ? "" : "  " + x.place) + "\n";
            }
        };
        const std::string head = padded("us/call", 12) + padded("%", 8) + padded("runs", 10) + padded("bytes", 14) + "  ";
        text += head + "op\n";
        table(ops());
        text += "\n" + head + "node\n";
        table(nodes());
        text += "\n" + padded("times", 12) + "  rewrite\n";
        for (const auto& [rule, times] : rewrites()) { text += padded(std::to_string(times), 12) + "  " + rule + "\n"; }
        return text;
    }

  private:
    struct cost {
        std::int64_t runs = 0;
        double seconds = 0;
        std::int64_t bytes = 0;
    };
    mutable std::mutex mutex_;
    std::map<std::string, entry> entries_;
    std::map<std::pair<const ir::module*, ir::index>, cost> costs_; // by graph and node
    std::map<std::string, int> rules_;
    std::int64_t calls_ = 0;

    static std::vector<entry> sorted(const std::map<std::string, entry>& entries) {
        std::vector<entry> list;
        for (const auto& [key, x] : entries) { list.push_back(x); }
        std::stable_sort(list.begin(), list.end(), [](const entry& a, const entry& b) { return a.seconds > b.seconds; });
        return list;
    }
    static std::string number(double x) {
        char s[32];
        std::snprintf(s, sizeof s, "%.2f", x);
        return s;
    }
    static std::string padded(const std::string& s, std::size_t width) { return s.size() < width ? std::string(width - s.size(), ' ') + s : s; }
};

} // namespace damo
