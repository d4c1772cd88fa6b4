// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <damo/exec/runtime/program.hpp>
#include <damo/graph/conversion_code.hpp>
#include <damo/graph/mistake.hpp>
#include <damo/graph/observer.hpp>
#include <damo/graph/rebuild.hpp>
#include <damo/plan/late_counts.hpp>

namespace damo::detail::graph {

// Runs a graph one node after the other, every node by a program of its own, and tells observers. Slow, for looking inside. What was
// prepared for the shapes of one call is kept for the next.
class node_by_node {
  public:
    using observers = std::vector<std::shared_ptr<observer>>;

    // The graph must outlive this object.
    node_by_node(const damo::graph& g, observers watchers, exec::program_options options) : graph_(g), observers_(std::move(watchers)), options_(options) {}

    // As exec::program::run; without outputs the results are for the observers alone.
    void run(const exec::raw_view* inputs, const exec::raw_view* outputs) const {
        if (caller_.load(std::memory_order_relaxed) == std::this_thread::get_id()) {
            raise(mistake_kind::expression, "an observer called the function that it watches, which would be watched again without end: compile another function for it");
        }
        const std::lock_guard<std::mutex> lock(mutex_);
        const running now(caller_);
        std::vector<any_array> given;
        std::vector<std::int64_t> shapes;
        const ir::module& m = graph_.nodes();
        for (ir::index n = 1; n < m.nodes.size; ++n) {
            if (m.nodes.data[n].op->id != ir::input_id) { continue; }
            const auto number = static_cast<std::size_t>(m.attribute(n, 0));
            const ir::tensor_type& t = m.type_of(n);
            if (given.size() <= number) { given.resize(number + 1); }
            given[number] = converted_elements(inputs[number], t.element, t.rank, t.element);
        }
        for (const any_array& x : given) { shapes.insert(shapes.end(), x.extents(), x.extents() + x.rank()); }
        if (known_.size() >= most_shapes && known_.count(shapes) == 0) { known_.clear(); }
        std::unique_ptr<prepared>& p = known_[shapes];
        if (p == nullptr) { p = std::make_unique<prepared>(graph_, given); }
        call c(*this, *p, given);
        std::vector<any_array> results;
        for (ir::index n : p->outputs) { results.push_back(c.value_of(n)); }
        for (const auto& o : observers_) { o->finished(graph_, given, results); }
        if (outputs == nullptr) { return; }
        for (std::size_t i = 0; i < results.size(); ++i) { copy_out(results[i], outputs[i]); }
    }

  private:
    // A node, or a loop with those of its results that are needed, as a graph and program of its own.
    struct unit {
        ir::module alone;
        std::vector<ir::index> outputs;
        std::vector<ir::index> results; // nodes of the graph, one for each output
        std::unique_ptr<exec::program> program;
    };
    // The graph with the extents of one call as numbers.
    struct prepared {
        ir::module m;
        std::vector<ir::index> outputs;
        std::map<ir::index, ir::index> origins; // nodes of the function's graph
        std::map<ir::index, std::vector<ir::index>> projections; // of each loop, those that are needed
        core::pool<plan::late_count> counts; // extents that numbers of steps decide
        std::map<std::vector<std::int64_t>, std::unique_ptr<unit>> units; // by node and the extents of its operands

        prepared(const damo::graph& g, const std::vector<any_array>& given) : outputs(g.outputs()) {
            rebuild copy(g.nodes(), m, [&](int number) { return input(number, given[static_cast<std::size_t>(number)]); });
            copy.run(outputs.data(), static_cast<int>(outputs.size()));
            if (m.failed) { m.raise_mistake(); }
            counts = plan::late_counts(m, outputs.data(), static_cast<int>(outputs.size()));
            for (ir::index n = 1; n < g.nodes().nodes.size; ++n) { origins.emplace(copy.image(n), n); }
            for (ir::index n = 1; n < m.nodes.size; ++n) {
                if (m.nodes.data[n].op->facts.kind == ir::op_kind::projection) { projections[m.arg(n, 0)].push_back(n); }
            }
        }
        ir::index input(int number, const any_array& x) { return ops::make_input(m, number, type_of(x)).node(); }
    };

    static constexpr std::size_t most_shapes = 16;
    // Nodes have several where numbers of steps differ from call to call.
    static std::size_t most_units(const ir::module& m) { return 16 * static_cast<std::size_t>(m.nodes.size); }

    const damo::graph& graph_;
    observers observers_;
    exec::program_options options_;
    // Whose call runs, while it runs.
    struct running {
        std::atomic<std::thread::id>& caller;
        explicit running(std::atomic<std::thread::id>& c) : caller(c) { caller.store(std::this_thread::get_id(), std::memory_order_relaxed); }
        running(const running&) = delete;
        running& operator=(const running&) = delete;
        ~running() { caller.store({}, std::memory_order_relaxed); }
    };
    mutable std::atomic<std::thread::id> caller_{};
    mutable std::mutex mutex_;
    mutable std::map<std::vector<std::int64_t>, std::unique_ptr<prepared>> known_;

    static ir::tensor_type type_of(const any_array& x) {
        ir::tensor_type t;
        t.element = x.element();
        t.rank = static_cast<std::int8_t>(x.rank());
        for (int k = 0; k < x.rank(); ++k) { t.extents[k] = x.extent(k); }
        return t;
    }
    static void copy_out(const any_array& from, const exec::raw_view& to) {
        with_elements(from.element(), to.data, [&](auto* out) {
            const auto* in = static_cast<const std::remove_pointer_t<decltype(out)>*>(from.data());
            std::int64_t at[ir::max_rank] = {};
            for (std::int64_t i = 0; i < from.size(); ++i) {
                std::int64_t offset = 0;
                for (int k = 0; k < from.rank(); ++k) { offset += at[k] * to.strides[k]; }
                out[offset] = in[i];
                for (int k = from.rank() - 1; k >= 0 && ++at[k] == from.extent(k); --k) { at[k] = 0; }
            }
        });
    }

    // The values of one call.
    class call {
      public:
        call(const node_by_node& owner, prepared& p, const std::vector<any_array>& given) : owner_(owner), p_(p), given_(given) {}

        // Computes what n needs first, with a list of what is open: graphs are deep.
        const any_array& value_of(ir::index n) {
            std::vector<ir::index> open{n};
            while (!open.empty()) {
                const ir::index top = open.back();
                if (values_.count(top) != 0) {
                    open.pop_back();
                    continue;
                }
                const std::size_t waiting = open.size();
                for (ir::index a : operands_of(top)) {
                    if (values_.count(a) == 0) { open.push_back(a); }
                    if (open.size() > waiting && is_lazy(top)) { break; }
                }
                for (int k = 0; k < p_.counts.size; ++k) {
                    const plan::late_count& c = p_.counts.data[k];
                    if (values_.count(c.steps) == 0 && is_made_of(top, c.name)) { open.push_back(c.steps); }
                }
                if (open.size() == waiting) { compute(top); }
            }
            return values_.at(n);
        }

      private:
        const node_by_node& owner_;
        prepared& p_;
        const std::vector<any_array>& given_;
        std::map<ir::index, any_array> values_;

        const ir::node& node(ir::index n) const { return p_.m.nodes.data[n]; }
        bool is_lazy(ir::index n) const { return node(n).op->facts.lazy; }
        // The node that does the work of n: the loop of a projection.
        ir::index worker_of(ir::index n) const { return node(n).op->facts.kind == ir::op_kind::projection ? p_.m.arg(n, 0) : n; }
        bool is_constant(ir::index n) const { return node(n).op->facts.kind == ir::op_kind::leaf && node(n).op->id != ir::input_id; }
        // Whether node n has an attribute that a number of steps decides. A loop is told its own number by an operand.
        bool is_made_of(ir::index n, ir::extent name) const {
            std::vector<ir::extent> open;
            const ir::node& x = node(n);
            for (int k = 0; k < x.attribute_count && x.op->facts.kind != ir::op_kind::loop; ++k) {
                if (ir::is_extent_attribute(x.op->facts, k)) { open.push_back(p_.m.attribute(n, k)); }
            }
            while (!open.empty()) {
                const ir::extent e = open.back();
                open.pop_back();
                if (e == name) { return true; }
                if (ir::is_known(e) || !ir::has_operands(p_.m.extents.data[-1 - e].kind)) { continue; }
                open.push_back(p_.m.extents.data[-1 - e].a);
                open.push_back(p_.m.extents.data[-1 - e].b);
            }
            return false;
        }
        // What must have a value before n: of a choice, the condition and the branch that it takes.
        std::vector<ir::index> operands_of(ir::index n) const {
            const ir::index w = worker_of(n);
            std::vector<ir::index> list;
            for (int k = 0; k < node(w).arg_count; ++k) {
                const ir::index a = p_.m.arg(w, k);
                if (is_lazy(w) && k > 0) {
                    const auto chosen = values_.find(p_.m.arg(w, 0));
                    if (chosen == values_.end() || (chosen->second.number<bool>() ? 1 : 2) != k) { continue; }
                }
                bool listed = false;
                for (ir::index b : list) { listed = listed || b == a; }
                if (!listed) { list.push_back(a); }
            }
            return list;
        }

        void compute(ir::index n) {
            if (node(n).op->id == ir::input_id) {
                values_[n] = given_[static_cast<std::size_t>(p_.m.attribute(n, 0))];
                return;
            }
            const ir::index worker = worker_of(n);
            const auto origin = p_.origins.find(worker);
            node_event e{.graph = p_.m, .outputs = p_.outputs, .node = worker, .function = owner_.graph_, .original = origin != p_.origins.end() ? origin->second : 0};
            const std::vector<ir::index> operands = operands_of(n);
            for (ir::index a : operands) { e.operands.push_back(&values_.at(a)); }
            if (is_lazy(n)) {
                tell(e, &observer::before);
                const any_array& chosen = values_[n] = values_.at(operands.back());
                e.results.push_back(&chosen);
                tell(e, &observer::after);
                return;
            }
            unit& u = unit_of(n, operands, e.operands);
            if (!is_constant(n)) {
                e.alone = &u.alone;
                e.alone_outputs = &u.outputs;
                tell(e, &observer::before);
            }
            std::vector<exec::raw_view> in;
            std::vector<exec::raw_view> out;
            for (const any_array* x : e.operands) { in.push_back(argument(*x).view()); }
            in.emplace_back();
            for (std::size_t i = 0; i < u.results.size(); ++i) {
                std::int64_t extents[ir::max_rank] = {};
                u.program->output_extents(in.data(), static_cast<int>(i), extents);
                const ir::tensor_type& t = u.alone.type_of(u.outputs[i]);
                values_[u.results[i]] = any_array(t.element, t.rank, extents);
                out.push_back(argument(values_[u.results[i]]).view());
            }
            const auto start = std::chrono::steady_clock::now();
            u.program->run(in.data(), out.data());
            e.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
            if (is_constant(n)) { return; }
            for (ir::index r : u.results) { e.results.push_back(&values_.at(r)); }
            tell(e, &observer::after);
        }
        void tell(const node_event& e, void (observer::*what)(const node_event&)) const {
            for (const auto& o : owner_.observers_) { (*o.*what)(e); }
        }
        unit& unit_of(ir::index n, const std::vector<ir::index>& operands, const std::vector<const any_array*>& values) {
            std::vector<std::int64_t> key{n};
            for (const any_array* x : values) { key.insert(key.end(), x->extents(), x->extents() + x->rank()); }
            std::vector<std::pair<ir::extent, std::int64_t>> known; // extents that numbers of steps decide, as far as they are computed
            for (int k = 0; k < p_.counts.size; ++k) {
                const auto found = values_.find(p_.counts.data[k].steps);
                if (found == values_.end()) { continue; }
                known.emplace_back(p_.counts.data[k].name, std::max<std::int64_t>(found->second.number<std::int64_t>(), 0));
                key.push_back(k);
                key.push_back(known.back().second);
            }
            if (p_.units.size() >= most_units(p_.m) && p_.units.count(key) == 0) { p_.units.clear(); } // nobody looks at one twice
            std::unique_ptr<unit>& u = p_.units[key];
            if (u != nullptr) { return *u; }
            auto made = std::make_unique<unit>();
            const ir::index w = worker_of(n);
            made->results = w == n ? std::vector<ir::index>{n} : p_.projections.at(w);
            made->outputs = made->results;
            rebuild copy(p_.m, made->alone, [](int) { return ir::module::poison; });
            for (const auto& [name, steps] : known) { copy.put_extent(name, steps); }
            for (std::size_t k = 0; k < operands.size(); ++k) {
                const ir::index input = ops::make_input(made->alone, static_cast<int>(k), type_of(*values[k])).node();
                // a constant stays one: ops may be lowered otherwise for it
                if (!is_constant(operands[k])) { copy.put(operands[k], input); }
            }
            copy.run(made->outputs.data(), static_cast<int>(made->outputs.size()));
            if (made->alone.failed) { made->alone.raise_mistake(); }
            made->program = std::make_unique<exec::program>(made->alone, made->outputs.data(), static_cast<int>(made->outputs.size()), owner_.options_);
            u = std::move(made);
            return *u;
        }
    };
};

} // namespace damo::detail::graph
