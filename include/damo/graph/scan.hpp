// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <damo/expr/control.hpp>
#include <damo/graph/walk.hpp>
#include <damo/ops/barrier.hpp>
#include <damo/ops/slice.hpp>

namespace damo {

/// An array that a scan walks through along axis 0. Step t sees the elements t + tap, one for each tap; taps below 0 shorten the walk at
/// the start, those above at the end.
struct scan_sequence {
    value of;
    std::vector<int> taps = {0};
};

/// An output of a scan. With an initial value the body sees what it was `taps` steps ago: for {-1} the initial value is what stands before the
/// first step, for taps back to -k an array of k of these, the oldest first. Without one the body does not see it.
struct scan_output {
    value initial = {};
    std::vector<int> taps = {-1};
};

/// What a scan runs over, beside its body.
struct scan_options {
    std::vector<scan_sequence> sequences = {};
    std::vector<scan_output> outputs = {}; // one for each output of the body
    std::vector<value> non_sequences = {}; // given to the body as they are
    operand n_steps = {};                  // an integer; may be left out when there are sequences
    int truncate_gradient = -1;            // only so many of the last steps have a derivative, 0 or more; -1: all
    bool go_backwards = false;             // from the last elements of the sequences to the first
    bool strict = false;                   // the body may use nothing of the outside but the non_sequences
};

/// What the body of a scan gives: its outputs and, if wanted, a bool that ends the loop after this step.
struct scan_step {
    std::vector<value> outputs;
    value until = {};

    scan_step(std::vector<value> all) : outputs(std::move(all)) {}
    scan_step(const value& one) : outputs{one} {}
    scan_step(std::vector<value> all, value stop) : outputs(std::move(all)), until(std::move(stop)) {}
};

/// What a scan gives.
struct scan_result {
    std::vector<value> outputs; // of the steps that were made, along a new axis 0
    std::vector<value> last;    // of the last step that was made; the initial value when there was none; empty for an output without
    value steps;                // how many were made
};

namespace detail::graph {

[[noreturn]] inline void refuse_scan(const std::string& sentence, const char* file, int line) { raise(mistake_kind::expression, "scan(body, options) " + sentence, file, line); }

// The loop of a scan.
template <class Body>
class scan_loop {
  public:
    struct steps {
        value count;
        ir::extent extent = 0; // of what so many steps stack
    };

    // Elements have as many elements as there are steps, or more.
    scan_loop(arena& a, const Body& body, const scan_options& o, std::vector<value> elements, const char* file, int line)
        : a_(a), body_(body), o_(o), elements_(std::move(elements)), file_(file), line_(line) {}

    // states: the carries of all outputs, those of one output from the oldest to the youngest. They become those after the last step.
    // n: how many steps there are at most; it becomes how many are made. Gives what is stacked.
    std::vector<value> run(steps& n, std::vector<value>& states) {
        const std::int64_t kept = o_.truncate_gradient;
        ops::loop_builder loop(a_, n.count, n.extent, false);
        const recorded step = record(loop, states, 0);
        if (!step.until.is_empty()) {
            n.count = until(step, n, states);
            n.extent = ops::extent_of_steps(a_, n.count);
            loop.take(n.count, n.extent);
        }
        std::vector<value> next = step.next;
        next.insert(next.end(), step.outputs.begin(), step.outputs.end());
        if (kept < 0 || (ir::is_known(n.extent) && n.extent <= kept)) { return finish(loop, next, states); }
        if (!ir::is_known(n.extent)) {
            const value early = loop.step() < n.count - number(kept);
            for (value& v : next) { v = cond(early, stop_gradient(v), v); }
            return finish(loop, next, states);
        }
        // Two loops: the first has no derivative.
        const std::int64_t first = n.extent - kept;
        loop.take(number(first), first);
        const std::vector<value> early = finish(loop, next, states);
        for (value& s : states) { s = stop_gradient(s); }
        ops::loop_builder last(a_, number(kept), kept, false);
        const recorded again = record(last, states, first);
        next = again.next;
        next.insert(next.end(), again.outputs.begin(), again.outputs.end());
        std::vector<value> stacks = finish(last, next, states);
        for (std::size_t k = 0; k < stacks.size(); ++k) { stacks[k] = concatenate({operand(stop_gradient(early[k])), operand(stacks[k])}); }
        return stacks;
    }
    value number(std::int64_t k) const { return ops::make_constant(a_, dtype::int64, static_cast<std::uint64_t>(k)); }
    static std::size_t lag(const scan_output& out) { return static_cast<std::size_t>(-std::int64_t{*std::min_element(out.taps.begin(), out.taps.end())}); }

  private:
    arena& a_;
    const Body& body_;
    const scan_options& o_;
    std::vector<value> elements_;
    const char* file_;
    int line_;

    struct recorded {
        value number; // of the step
        std::vector<value> carries;
        std::vector<value> elements;
        std::vector<value> next; // carries
        std::vector<value> outputs;
        value until;
    };
    // One step of the body, whose sequences begin `offset` elements later.
    recorded record(ops::loop_builder& loop, std::vector<value>& states, std::int64_t offset) {
        recorded r;
        r.number = loop.step();
        for (const value& s : states) { r.carries.push_back(loop.carry(s)); }
        for (const value& e : elements_) { r.elements.push_back(loop.element(ops::part_of_axis(e, offset, 1, a_.extent_of(ir::extent_kind::difference, e.type().extents[0], offset)))); }
        std::vector<value> seen = r.elements;
        std::size_t first = 0;
        for (const scan_output& out : o_.outputs) {
            if (out.initial.is_empty()) { continue; }
            const std::size_t depth = lag(out);
            for (int tap : out.taps) { seen.push_back(r.carries[first + depth - static_cast<std::size_t>(-tap)]); }
            first += depth;
        }
        for (const value& v : o_.non_sequences) { seen.push_back(v); }
        scan_step step = body_(static_cast<const std::vector<value>&>(seen));
        if (step.outputs.size() != o_.outputs.size()) {
            refuse_scan("requires a body that gives " + std::to_string(o_.outputs.size()) + " outputs, as many as the options name; it gave " + std::to_string(step.outputs.size()), file_, line_);
        }
        first = 0;
        for (std::size_t k = 0; k < step.outputs.size(); ++k) {
            value y = settled(operand(step.outputs[k], file_, line_), "scan");
            const scan_output& out = o_.outputs[k];
            if (!out.initial.is_empty()) {
                const std::size_t depth = lag(out);
                value init = states[first + depth - 1];
                if (!loops::settle_carry(a_, "scan", static_cast<int>(k), y, init, false)) { a_.raise_mistake(); }
                for (std::size_t j = 0; j + 1 < depth; ++j) { r.next.push_back(r.carries[first + j + 1]); }
                r.next.push_back(y);
                first += depth;
            }
            r.outputs.push_back(y);
        }
        if (a_.failed) { a_.raise_mistake(); }
        if (!step.until.is_empty()) {
            r.until = settled(operand(step.until, file_, line_), "scan");
            if (r.until.rank() != 0 || r.until.element() != dtype::boolean) { refuse_scan("requires one bool as `until`, not " + printed(a_, r.until.node()) + ": compare, or reduce with all or any", file_, line_); }
        }
        if (o_.strict) { require_closed(seen, r); }
        return r;
    }
    // How many of n steps are made: counted by a loop of what the condition depends on, and nothing else.
    value until(const recorded& step, const steps& n, const std::vector<value>& states) {
        const std::vector<bool> needed = carries_of(step);
        ops::loop_builder loop(a_, n.count, n.extent, false);
        loop.go_on_while();
        loop.carry(ops::make_constant(a_, dtype::boolean, 1));
        const value so_far = loop.carry(number(0));
        ops::substitution body(a_);
        std::vector<ir::index> next = {step.until.node()};
        body.put(step.number.node(), loop.step().node());
        for (std::size_t k = 0; k < needed.size(); ++k) {
            if (!needed[k]) { continue; }
            body.put(step.carries[k].node(), loop.carry(states[k]).node());
            next.push_back(step.next[k].node());
        }
        for (std::size_t k = 0; k < elements_.size(); ++k) { body.put(step.elements[k].node(), loop.element(elements_[k]).node()); }
        body.run(next.data(), static_cast<int>(next.size()));
        std::vector<value> results = {!value(a_, next[0]), so_far + number(1)};
        for (std::size_t k = 1; k < next.size(); ++k) { results.emplace_back(a_, next[k]); }
        return ops::projection(a_, finished(loop, results), 1);
    }
    // The carries that the condition of a step depends on, through former steps too.
    std::vector<bool> carries_of(const recorded& step) const {
        std::vector<bool> found(step.carries.size());
        std::vector<bool> needed(static_cast<std::size_t>(a_.nodes.size));
        std::vector<ir::index> open;
        const auto need = [&](ir::index n) {
            if (!needed[static_cast<std::size_t>(n)]) { open.push_back(n); }
            needed[static_cast<std::size_t>(n)] = true;
        };
        need(step.until.node());
        while (!open.empty()) {
            const ir::index n = open.back();
            open.pop_back();
            for (int k = 0; k < a_.nodes.data[n].arg_count; ++k) { need(a_.arg(n, k)); }
            for (std::size_t k = 0; k < found.size(); ++k) {
                if (step.carries[k].node() != n) { continue; }
                found[k] = true;
                need(step.next[k].node());
            }
        }
        return found;
    }
    // Results: the next carries, then what is stacked, which is returned.
    std::vector<value> finish(ops::loop_builder& loop, const std::vector<value>& results, std::vector<value>& states) {
        const ir::index node = finished(loop, results);
        for (std::size_t k = 0; k < states.size(); ++k) { states[k] = ops::projection(a_, node, static_cast<int>(k)); }
        std::vector<value> stacks;
        for (std::size_t k = states.size(); k < results.size(); ++k) { stacks.push_back(ops::projection(a_, node, static_cast<int>(k))); }
        return stacks;
    }
    ir::index finished(ops::loop_builder& loop, const std::vector<value>& results) {
        a_.module::here = {file_, line_};
        const ir::index node = loop.finish(results.data(), static_cast<int>(results.size()));
        if (a_.failed) { a_.raise_mistake(); }
        return node;
    }

    // In strict mode no input or shared variable may be reached but through what the body was given.
    void require_closed(const std::vector<value>& given, const recorded& step) const {
        std::vector<bool> needed(static_cast<std::size_t>(a_.nodes.size));
        std::vector<bool> ends(needed.size());
        for (const value& v : given) { ends[static_cast<std::size_t>(v.node())] = true; }
        for (const auto* list : {&step.next, &step.outputs}) {
            for (const value& v : *list) { needed[static_cast<std::size_t>(v.node())] = true; }
        }
        if (!step.until.is_empty()) { needed[static_cast<std::size_t>(step.until.node())] = true; }
        for (ir::index n = a_.nodes.size - 1; n > 0; --n) {
            if (!needed[static_cast<std::size_t>(n)] || ends[static_cast<std::size_t>(n)]) { continue; }
            if (is_leaf(a_, n)) {
                raise(mistake_kind::missing_input, "scan(body, options): the body uses \"" + leaf_at(a_, n)->name + "\" of the outside, which strict forbids: name it among the non_sequences", file_, line_);
            }
            for (int k = 0; k < a_.nodes.data[n].arg_count; ++k) { needed[static_cast<std::size_t>(a_.arg(n, k))] = true; }
        }
    }
};

} // namespace detail::graph

/// scan(body, options): a loop that is recorded once. body(seen) is given a std::vector<value> with the elements of the sequences, tap by tap, then the
/// former outputs, tap by tap, then the non_sequences, and gives a scan_step: the outputs, and perhaps a bool after which the loop ends. There are
/// n_steps steps, none if that is below 0, or as many as the shortest sequence has elements after its taps; a call with shorter sequences than
/// n_steps is an extents_error. Lengths and n_steps may be decided by the call. Derivatives go through it to any order. A body that may
/// end the loop is recorded twice and runs twice: to count the steps, which says how long the outputs are, and to make them.
/// Errors: expression_error where options and body do not fit; missing_input_error in strict mode.
template <class Body>
    requires std::is_invocable_r_v<scan_step, const Body&, const std::vector<value>&>
scan_result scan(const Body& body, scan_options options, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    using namespace detail::graph;
    std::vector<value> symbols;
    for (const scan_sequence& s : options.sequences) { symbols.push_back(s.of); }
    for (const scan_output& s : options.outputs) { symbols.push_back(s.initial); }
    for (const value& v : options.non_sequences) { symbols.push_back(v); }
    arena* home = nullptr;
    for (const value& v : symbols) {
        if (home == nullptr && v.has_owner()) { home = &arena_of(settled(operand(v, file, line), "scan")); }
    }
    if (home == nullptr && options.n_steps.v.has_owner()) { home = &arena_of(settled(options.n_steps, "scan")); }
    arena& a = home != nullptr ? *home : arena::mine();
    if (options.truncate_gradient < -1) { refuse_scan("requires -1, for all steps, or 0 or more as truncate_gradient, not " + std::to_string(options.truncate_gradient), file, line); }
    const auto brought = [&](const value& v) {
        const value s = settled(operand(v, file, line), "scan");
        return value{a, a.take_over(arena_of(s), s.node())};
    };
    for (value& v : options.non_sequences) { v = brought(v); }
    // Each tap of a sequence is a sequence of its own.
    std::vector<value> elements;
    ir::extent shortest = 0;
    for (const scan_sequence& s : options.sequences) {
        const value x = brought(s.of);
        if (x.rank() == 0 || s.taps.empty()) { refuse_scan("requires sequences that are arrays, with taps", file, line); }
        const std::int64_t before = std::min(0, *std::min_element(s.taps.begin(), s.taps.end()));
        const std::int64_t after = std::max(0, *std::max_element(s.taps.begin(), s.taps.end()));
        const ir::extent count = a.extent_of(ir::extent_kind::difference, x.type().extents[0], after - before);
        a.module::here = {file, line};
        for (int tap : s.taps) {
            value part = ops::part_of_axis(x, count == 0 ? 0 : tap - before, 1, count);
            if (options.go_backwards) { part = ops::part_of_axis(part, a.extent_of(ir::extent_kind::difference, count, 1), -1, count); }
            shortest = elements.empty() ? count : a.smaller(shortest, count);
            elements.push_back(part);
        }
    }
    typename scan_loop<Body>::steps n;
    if (!options.n_steps.v.is_empty()) {
        n.count = brought(options.n_steps.v);
        if (n.count.rank() != 0 || !is_integer(n.count.element())) { refuse_scan("requires an integer as n_steps, not " + printed(a, n.count.node()) + ": cast it", file, line); }
        n.count = ops::as_element(a, n.count, dtype::int64);
        if (ops::is_constant(a, n.count.node())) {
            const auto steps = static_cast<std::int64_t>(a.nodes.data[n.count.node()].bits);
            if (steps < 0) { refuse_scan("requires 0 or more steps, not " + std::to_string(steps), file, line); }
            if (!elements.empty() && ir::is_known(shortest) && steps > shortest) {
                refuse_scan("requires sequences of at least n_steps = " + std::to_string(steps) + " elements; after taps the shortest has " + std::to_string(shortest), file, line);
            }
        }
        n.extent = ops::extent_of_steps(a, n.count);
    } else if (elements.empty()) {
        refuse_scan("requires sequences or n_steps: without them there is no end", file, line);
    } else {
        n = {ops::extent_value(a, shortest, dtype::int64), shortest};
    }
    std::vector<value> states;
    for (scan_output& out : options.outputs) {
        if (out.initial.is_empty()) {
            if (out.taps != scan_output().taps) { refuse_scan("requires an initial value for an output with taps: without one the body does not see it", file, line); }
            continue;
        }
        for (int tap : out.taps) {
            if (tap >= 0) { refuse_scan("requires taps below 0 for outputs: the body sees what was, not what will be", file, line); }
        }
        if (out.taps.empty()) { refuse_scan("requires a tap for each output with an initial value", file, line); }
        out.initial = brought(out.initial);
        const auto depth = static_cast<std::int64_t>(scan_loop<Body>::lag(out));
        constexpr std::int64_t deepest = 4096; // each former step is a carry of its own
        if (depth > deepest) { refuse_scan("looks back at most " + std::to_string(deepest) + " steps; one of the taps is -" + std::to_string(depth), file, line); }
        if (depth == 1) {
            states.push_back(out.initial);
            continue;
        }
        if (out.initial.rank() == 0 || (ir::is_known(out.initial.type().extents[0]) && out.initial.type().extents[0] < depth)) {
            refuse_scan("requires " + std::to_string(depth) + " initial values along axis 0 for taps back to -" + std::to_string(depth) + ", not " + printed(a, out.initial.node()), file, line);
        }
        for (std::int64_t k = 0; k < depth; ++k) { states.push_back(at(operand(out.initial, file, line), {k})); }
    }
    scan_loop<Body> loop(a, body, options, std::move(elements), file, line);
    scan_result result;
    result.outputs = loop.run(n, states);
    result.steps = ir::is_known(n.extent) ? loop.number(n.extent) : maximum(n.count, loop.number(0));
    std::size_t first = 0;
    for (const scan_output& out : options.outputs) {
        if (out.initial.is_empty()) {
            result.last.emplace_back();
            continue;
        }
        first += scan_loop<Body>::lag(out);
        result.last.push_back(states[first - 1]);
    }
    return result;
}

/// map(f, sequences): f of the elements of the sequences, stacked; f(seen) is given a std::vector<value> and gives a value.
template <class F>
value map(const F& f, const std::vector<value>& sequences, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    scan_options o;
    for (const value& s : sequences) { o.sequences.push_back({s, {0}}); }
    o.outputs = {{}};
    return scan([&](const std::vector<value>& seen) { return scan_step(value(f(seen))); }, std::move(o), file, line).outputs.front();
}

/// foldr(f, sequence, init): f(element, carry) from the last element to the first; fold goes the other way.
template <class F>
value foldr(const F& f, const value& sequence, const value& init, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    if (init.is_empty()) { detail::graph::refuse_scan("requires an initial value for foldr: this one is empty", file, line); }
    scan_options o;
    o.sequences = {{sequence, {0}}};
    o.outputs = {{init, {-1}}};
    o.go_backwards = true;
    return scan([&](const std::vector<value>& seen) { return scan_step(value(f(seen[0], seen[1]))); }, std::move(o), file, line).last.front();
}

} // namespace damo
