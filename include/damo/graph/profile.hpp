// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <damo/graph/debugprint.hpp>
#include <damo/graph/memory_report.hpp>
#include <damo/graph/observer.hpp>

namespace damo {

/// Counts and times what the functions that it observes do:
///     const auto p = std::make_shared<damo::profile>(damo::watch_level::groups);
///     const auto f = damo::compile({x}, {y}, {.observers = {p}});
///     f(x0); std::puts(p->report().c_str());
/// With watch_level::nodes, node by node: nodes are told apart by op, type and the place in the source where they were made, and times are
/// those of the node alone, with its result in memory of its own. With watch_level::groups, by step of the plan, fused as it is, in the time
/// that the function takes without a profile but for two looks at the clock for each step. With watch_level::nodes_and_groups, both of one
/// run, in which each call is made twice: times of functions are those of the fused one. With these levels and with watch_level::calls, by
/// function; with watch_level::compilation, where the time of compiling went and by rewrite rule. Safe to use from several threads.
class profile : public observer {
  public:
    explicit profile(watch_level level = watch_level::nodes) : level_(level) {}

    struct entry {
        std::string op;
        std::string type;
        std::string place; // "file:line", or empty
        std::int64_t runs = 0;
        double seconds = 0;
        std::int64_t bytes = 0; // of the results, all runs together
    };
    /// A step of a function's plan: fused nodes, or a call of a library.
    struct group {
        int function = 0; // place in functions()
        int step = 0;
        std::string text; // its line of plan_to_string
        std::int64_t runs = 0;
        double seconds = 0;
        bool machine_code = false; // the latest run
    };
    struct function {
        std::string name;
        std::int64_t calls = 0;
        double seconds = 0; // in calls
        compile_times times;
        memory_report memory; // of the latest call; where groups are watched
    };
    struct rewrite_entry {
        std::string rule;
        int times = 0;
        double seconds = 0; // for building and simplifying what the rule gives, without what other rules took of that
    };

    watch_level watches() const override { return level_; }
    std::unique_ptr<rewrite_listener> listen() override { return std::make_unique<clock_of_rules>(*this); }
    void compiled(const compile_event& e) override {
        known f;
        f.about.name = e.name;
        f.about.times = e.times;
        const std::lock_guard<std::mutex> lock(mutex_);
        add(&e.optimised.nodes(), std::move(f));
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
    void called(const call_event& e) override {
        memory_report memory;
        if (e.steps != nullptr) { memory = memory_of(e.program, e.inputs, e.outputs); }
        const std::lock_guard<std::mutex> lock(mutex_);
        const auto place = numbers_.find(&e.function.nodes());
        // parts and copies of a function are not compiled anew
        known& f = place != numbers_.end() ? functions_[place->second] : add(&e.function.nodes(), {});
        ++f.about.calls;
        f.about.seconds += e.seconds;
        f.about.times = e.times;
        if (e.steps == nullptr) { return; }
        f.about.memory = std::move(memory);
        if (f.plan.empty() && e.program.draft().steps.size > 0) { f.plan = plan_to_string(e.function); }
        f.steps.resize(e.steps->size());
        for (std::size_t i = 0; i < e.steps->size(); ++i) {
            const exec::step_time& t = (*e.steps)[i];
            if (t.runs == 0) { continue; }
            f.steps[i].runs += t.runs;
            f.steps[i].seconds += t.seconds;
            f.steps[i].machine_code = t.machine_code;
        }
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
    /// Those that ran, by falling time. A loop's time contains that of the steps inside.
    std::vector<group> groups() const {
        const std::lock_guard<std::mutex> lock(mutex_);
        std::vector<group> list;
        for (std::size_t i = 0; i < functions_.size(); ++i) {
            const known& f = functions_[i];
            for (std::size_t k = 0; k < f.steps.size(); ++k) {
                if (f.steps[k].runs == 0) { continue; }
                list.push_back({static_cast<int>(i), static_cast<int>(k), f.line(static_cast<int>(k)), f.steps[k].runs, f.steps[k].seconds, f.steps[k].machine_code});
            }
        }
        std::stable_sort(list.begin(), list.end(), [](const group& a, const group& b) { return a.seconds > b.seconds; });
        return list;
    }
    /// In the order in which they were compiled.
    std::vector<function> functions() const {
        const std::lock_guard<std::mutex> lock(mutex_);
        std::vector<function> list;
        for (const known& f : functions_) { list.push_back(f.about); }
        return list;
    }
    /// How often each rewrite rule was applied when the functions were compiled, and how long that took; the most frequent first.
    std::vector<rewrite_entry> rewrites() const {
        const std::lock_guard<std::mutex> lock(mutex_);
        std::vector<rewrite_entry> list;
        for (const auto& [rule, x] : rules_) { list.push_back({rule, x.times, x.seconds}); }
        std::stable_sort(list.begin(), list.end(), [](const rewrite_entry& a, const rewrite_entry& b) { return a.times > b.times; });
        return list;
    }
    std::int64_t calls() const {
        std::int64_t sum = 0;
        for (const function& f : functions()) { sum += f.calls; }
        return sum;
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
    /// The same for the steps of its plan, per call: to_html(f.graph(), {.groups = p->group_costs(f.graph())}).
    group_profile group_costs(const graph& g) const {
        const std::lock_guard<std::mutex> lock(mutex_);
        group_profile list;
        const auto place = numbers_.find(&g.nodes());
        if (place == numbers_.end()) { return list; }
        const known& f = functions_[place->second];
        for (std::size_t k = 0; k < f.steps.size(); ++k) {
            if (f.steps[k].runs > 0) { list[static_cast<int>(k)] = {static_cast<std::int64_t>(1e9 * f.steps[k].seconds / static_cast<double>(f.about.calls)), f.steps[k].machine_code}; }
        }
        return list;
    }
    /// Tables of functions, groups, ops, nodes and rewrites, in microseconds per call and bytes per run.
    std::string report() const {
        const auto calls_made = static_cast<double>(std::max<std::int64_t>(calls(), 1));
        std::string text = std::to_string(calls()) + " calls\n";
        text += "\n" + padded("calls", 10) + padded("us/call", 12) + "  function\n";
        const std::vector<function> all = functions();
        for (const function& f : all) {
            text += padded(std::to_string(f.calls), 10) + padded(number(1e6 * f.seconds / static_cast<double>(std::max<std::int64_t>(f.calls, 1))), 12) + "  " + (f.name.empty() ? "without a name" : f.name) + "\n" +
                    "    compiled in us: derive " + number(1e6 * f.times.derive) + ", record " + number(1e6 * f.times.record) + ", rewrite " + number(1e6 * f.times.rewrite) + ", plan " + number(1e6 * f.times.plan) +
                    ", machine code " + (f.times.machine_code > 0 ? number(1e6 * f.times.machine_code) : "none") + "\n";
            if (f.memory.outputs > 0) { text += "    " + f.memory.to_string(); }
        }
        double in_groups = 0;
        const std::vector<group> steps = groups();
        for (const group& x : steps) { in_groups += x.seconds; }
        if (!steps.empty()) { text += "\n" + padded("us/call", 12) + padded("%", 8) + padded("runs", 10) + "  group\n"; }
        for (const group& x : steps) {
            const function& f = all[static_cast<std::size_t>(x.function)];
            text += padded(number(1e6 * x.seconds / static_cast<double>(f.calls)), 12) + padded(number(in_groups > 0 ? 100 * x.seconds / in_groups : 0), 8) + padded(std::to_string(x.runs), 10) + "  " +
                    (all.size() > 1 ? (f.name.empty() ? "function " + std::to_string(x.function) : f.name) + " " : std::string()) + x.text + (x.machine_code ? "  (compiled)" : "") + "\n";
        }
        double whole = 0;
        for (const entry& x : nodes()) { whole += x.seconds; }
        const auto table = [&](const char* title, const std::vector<entry>& rows) {
            if (rows.empty()) { return; }
            text += "\n" + padded("us/call", 12) + padded("%", 8) + padded("runs", 10) + padded("bytes", 14) + "  " + title + "\n";
            for (const entry& x : rows) {
                text += padded(number(1e6 * x.seconds / calls_made), 12) + padded(number(whole > 0 ? 100 * x.seconds / whole : 0), 8) +
                        padded(std::to_string(x.runs), 10) + padded(std::to_string(x.bytes / x.runs), 14) + "  " + x.op + (x.type.empty() ? "" : "  " + x.type) +
                        (x.place.empty() ? "" : "  " + x.place) + "\n";
            }
        };
        table("op", ops());
        table("node", nodes());
        text += "\n" + padded("times", 10) + padded("us", 12) + "  rewrite\n";
        for (const rewrite_entry& x : rewrites()) { text += padded(std::to_string(x.times), 10) + padded(number(1e6 * x.seconds), 12) + "  " + x.rule + "\n"; }
        return text;
    }

  private:
    struct cost {
        std::int64_t runs = 0;
        double seconds = 0;
        std::int64_t bytes = 0;
    };
    struct known {
        function about;
        std::string plan;
        exec::step_times steps;
        // Of the plan; a function of numbers alone has one group and no plan.
        std::string line(int step) const {
            const std::string head = std::to_string(step) + ": ";
            for (std::size_t at = 0; at < plan.size();) {
                const std::size_t end = std::min(plan.find('\n', at), plan.size());
                const std::size_t begin = std::min(plan.find_first_not_of(' ', at), end);
                if (plan.compare(begin, head.size(), head) == 0) { return plan.substr(begin, end - begin); }
                at = end + 1;
            }
            return head + "numbers alone";
        }
    };
    struct rule_cost {
        int times = 0;
        double seconds = 0;
    };
    // Times rules, each without those inside it.
    class clock_of_rules final : public rewrite_listener {
      public:
        explicit clock_of_rules(profile& to) : to_(to) {}
        ~clock_of_rules() override {
            const std::lock_guard<std::mutex> lock(to_.mutex_);
            for (const auto& [rule, x] : rules_) {
                rule_cost& sum = to_.rules_[rule];
                sum.times += x.times;
                sum.seconds += x.seconds;
            }
        }
        void begins(const ir::module&, const std::vector<std::string>&, const char* rule, ir::index) override {
            const auto now = clock::now();
            pause(now);
            rule_cost& x = rules_[rule];
            ++x.times;
            open_.push_back(&x);
            since_ = clock::now();
        }
        void ends(const ir::module&, const std::vector<std::string>&, ir::index) override {
            pause(clock::now());
            if (!open_.empty()) { open_.pop_back(); }
            since_ = clock::now();
        }

      private:
        using clock = std::chrono::steady_clock;
        profile& to_;
        std::map<std::string, rule_cost> rules_;
        std::vector<rule_cost*> open_;
        clock::time_point since_;
        void pause(clock::time_point now) {
            if (!open_.empty()) { open_.back()->seconds += std::chrono::duration<double>(now - since_).count(); }
        }
    };

    watch_level level_;
    mutable std::mutex mutex_;
    std::map<std::string, entry> entries_;
    std::map<std::pair<const ir::module*, ir::index>, cost> costs_; // by graph and node
    std::map<std::string, rule_cost> rules_;
    std::vector<known> functions_;
    std::map<const ir::module*, std::size_t> numbers_;

    // A module that is gone may have left its address to this one.
    known& add(const ir::module* m, known f) {
        numbers_[m] = functions_.size();
        functions_.push_back(std::move(f));
        return functions_.back();
    }
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
