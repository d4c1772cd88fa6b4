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
    int truncate_gradient = -1;            // only so many of the last steps have a derivative; -1: all
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
    std::vector<value> outputs; // of all steps, along a new axis 0; after an `until` that held, zeros
    std::vector<value> last;    // of the last step that was made; the initial value when there was none
    value steps;                // how many were made
};

namespace detail::graph {

[[noreturn]] inline void refuse_scan(const std::string& sentence, const char* file, int line) { raise(mistake_kind::expression, "scan(body, options) " + sentence, file, line); }

// The loop of a scan over sequences that are cut already.
template <class Body>
class scan_loop {
  public:
    scan_loop(arena& a, const Body& body, const scan_options& o, const char* file, int line) : a_(a), body_(body), o_(o), file_(file), line_(line) {}

    // states: the carries of all outputs, those of one output from the oldest to the youngest. They become those after the last step.
    // Gives what is stacked, then the number of steps.
    std::vector<value> run(const loops::steps& n, const std::vector<value>& elements, std::vector<value>& states) {
        ops::loop_builder loop(a_, n.count, n.extent, false);
        std::vector<value> carries;
        for (const value& s : states) { carries.push_back(loop.carry(s)); }
        const ir::index outside = a_.nodes.size;
        value done = loop.carry(ops::make_constant(a_, dtype::boolean, 0));
        value made = loop.carry(ops::make_constant(a_, dtype::int64, 0));
        std::vector<value> seen;
        for (const value& e : elements) { seen.push_back(loop.element(e)); }
        std::size_t first = 0;
        for (const scan_output& out : o_.outputs) {
            if (out.initial.is_empty()) { continue; }
            const std::size_t depth = lag(out);
            for (int tap : out.taps) { seen.push_back(carries[first + depth - static_cast<std::size_t>(-tap)]); }
            first += depth;
        }
        for (const value& v : o_.non_sequences) { seen.push_back(v); }
        scan_step step = body_(static_cast<const std::vector<value>&>(seen));
        if (step.outputs.size() != o_.outputs.size()) {
            refuse_scan("requires a body that gives " + std::to_string(o_.outputs.size()) + " outputs, as many as the options name; it gave " + std::to_string(step.outputs.size()), file_, line_);
        }
        std::vector<value> next;
        std::vector<value> stacks;
        first = 0;
        const bool ends = !step.until.is_empty();
        for (std::size_t k = 0; k < step.outputs.size(); ++k) {
            value y = settled(operand(step.outputs[k], file_, line_), "scan");
            const scan_output& out = o_.outputs[k];
            if (!out.initial.is_empty()) {
                const std::size_t depth = lag(out);
                value init = states[first + depth - 1];
                if (!loops::settle_carry(a_, "scan", static_cast<int>(k), y, init, false)) { a_.raise_mistake(); }
                for (std::size_t j = 0; j + 1 < depth; ++j) { next.push_back(ends ? cond(done, carries[first + j], carries[first + j + 1]) : carries[first + j + 1]); }
                next.push_back(ends ? cond(done, carries[first + depth - 1], y) : y);
                first += depth;
            }
            stacks.push_back(ends ? cond(done, 0 * y, y) : y);
        }
        if (o_.strict) { require_closed(seen, next, stacks, outside); }
        const value one = ops::make_constant(a_, dtype::int64, 1);
        next.push_back(ends ? done | step.until : done);
        next.push_back(ends ? cond(done, made, made + one) : made + one);
        const std::size_t kept = next.size();
        next.insert(next.end(), stacks.begin(), stacks.end());
        a_.module::here = {file_, line_};
        const ir::index node = loop.finish(next.data(), static_cast<int>(next.size()));
        if (a_.failed) { a_.raise_mistake(); }
        for (std::size_t k = 0; k < states.size(); ++k) { states[k] = ops::projection(a_, node, static_cast<int>(k)); }
        std::vector<value> results;
        for (std::size_t k = 0; k < stacks.size(); ++k) { results.push_back(ops::projection(a_, node, static_cast<int>(kept + k))); }
        results.push_back(ops::projection(a_, node, static_cast<int>(kept) - 1));
        return results;
    }
    static std::size_t lag(const scan_output& out) { return static_cast<std::size_t>(-*std::min_element(out.taps.begin(), out.taps.end())); }

  private:
    arena& a_;
    const Body& body_;
    const scan_options& o_;
    const char* file_;
    int line_;

    // In strict mode no input or shared variable may be reached but through what the body was given.
    void require_closed(const std::vector<value>& given, const std::vector<value>& next, const std::vector<value>& stacks, ir::index) const {
        std::vector<bool> needed(static_cast<std::size_t>(a_.nodes.size));
        std::vector<bool> ends(needed.size());
        for (const value& v : given) { ends[static_cast<std::size_t>(v.node())] = true; }
        for (const auto* list : {&next, &stacks}) {
            for (const value& v : *list) { needed[static_cast<std::size_t>(v.node())] = true; }
        }
        for (ir::index n = a_.nodes.size - 1; n > 0; --n) {
            if (!needed[static_cast<std::size_t>(n)] || ends[static_cast<std::size_t>(n)]) { continue; }
            if (is_leaf(a_, n)) {
                raise(mistake_kind::missing_input, "scan(body, options): the body uses \"" + leaf_at(a_, n)->name + "\" of the outside, which strict forbids: name it among the non_sequences", file_, line_);
            }
            for (int k = 0; k < a_.nodes.data[n].arg_count; ++k) { needed[static_cast<std::size_t>(a_.arg(n, k))] = true; }
        }
    }
};

inline value cut_axis(const value& x, std::int64_t from, std::int64_t to) {
    return slice(x, {range(from, to)});
}

} // namespace detail::graph

/// scan(body, options): a loop that is recorded once. body(seen) is given a std::vector<value> with the elements of the sequences, tap by tap, then the
/// former outputs, tap by tap, then the non_sequences, and gives a scan_step: the outputs, and perhaps a bool after which the loop ends. Derivatives
/// go through it to any order. Taps other than 0, go_backwards and truncate_gradient need lengths that are known when the graph is made.
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
    const auto brought = [&](const value& v) {
        const value s = settled(operand(v, file, line), "scan");
        return value{a, a.take_over(arena_of(s), s.node())};
    };
    for (value& v : options.non_sequences) { v = brought(v); }
    value n;
    if (!options.n_steps.v.is_empty()) {
        n = brought(options.n_steps.v);
        if (n.rank() != 0 || !is_integer(n.element())) { refuse_scan("requires an integer as n_steps, not " + printed(a, n.node()) + ": cast it", file, line); }
        n = ops::as_element(a, n, dtype::int64);
    } else if (options.sequences.empty()) {
        refuse_scan("requires sequences or n_steps: without them there is no end", file, line);
    }
    const bool known_steps = !n.is_empty() && ops::is_constant(a, n.node());
    std::int64_t steps = known_steps ? static_cast<std::int64_t>(a.nodes.data[n.node()].bits) : -1;
    if (known_steps && steps < 0) { refuse_scan("requires 0 or more steps, not " + std::to_string(steps), file, line); }
    // Each tap of a sequence is a sequence of its own.
    std::vector<value> elements;
    std::int64_t shortest = -1;
    for (const scan_sequence& s : options.sequences) {
        const value x = brought(s.of);
        if (x.rank() == 0 || s.taps.empty()) { refuse_scan("requires sequences that are arrays, with taps", file, line); }
        const int before = std::min(0, *std::min_element(s.taps.begin(), s.taps.end()));
        const int after = std::max(0, *std::max_element(s.taps.begin(), s.taps.end()));
        const ir::extent length = x.type().extents[0];
        if (!ir::is_known(length) && (before != 0 || after != 0 || options.go_backwards)) {
            refuse_scan("requires a length that is known when the graph is made for a sequence with taps or one that is walked backwards: give axis 0 of " + printed(a, x.node()) + " a number", file, line);
        }
        for (int tap : s.taps) {
            value part = x;
            if (ir::is_known(length)) {
                const std::int64_t count = std::max<std::int64_t>(0, length - after + before);
                part = cut_axis(x, tap - before, tap - before + count);
                if (options.go_backwards) { part = slice(part, {range::every(-1)}); }
                shortest = shortest < 0 ? count : std::min(shortest, count);
            }
            elements.push_back(part);
        }
    }
    if (steps >= 0 && shortest >= 0 && steps > shortest) {
        refuse_scan("requires sequences of at least n_steps = " + std::to_string(steps) + " elements; after taps the shortest has " + std::to_string(shortest), file, line);
    }
    if (steps < 0 && n.is_empty()) { steps = shortest; }
    for (value& e : elements) {
        if (steps >= 0 && ir::is_known(e.type().extents[0])) { e = cut_axis(e, 0, steps); }
    }
    std::vector<value> states;
    for (scan_output& out : options.outputs) {
        if (out.initial.is_empty()) { continue; }
        for (int tap : out.taps) {
            if (tap >= 0) { refuse_scan("requires taps below 0 for outputs: the body sees what was, not what will be", file, line); }
        }
        if (out.taps.empty()) { refuse_scan("requires a tap for each output with an initial value", file, line); }
        out.initial = brought(out.initial);
        const auto depth = static_cast<std::int64_t>(scan_loop<Body>::lag(out));
        if (depth == 1) {
            states.push_back(out.initial);
            continue;
        }
        if (out.initial.rank() == 0 || !ir::is_known(out.initial.type().extents[0]) || out.initial.type().extents[0] < depth) {
            refuse_scan("requires " + std::to_string(depth) + " initial values along axis 0 for taps back to -" + std::to_string(depth) + ", not " + printed(a, out.initial.node()), file, line);
        }
        for (std::int64_t k = 0; k < depth; ++k) { states.push_back(at(out.initial, {k})); }
    }
    const auto steps_for = [&](const value& given, const std::vector<value>& sequences) {
        a.module::here = {file, line};
        detail::loops::steps s = detail::loops::steps_of(a, "scan", given, sequences.data(), given.is_empty() ? static_cast<int>(sequences.size()) : 0);
        ir::extent ignored = 0;
        for (const value& e : sequences) {
            if (!a.unify(s.extent, e.type().extents[0], ignored)) { refuse_scan("requires sequences of one length", file, line); }
        }
        if (a.failed) { a.raise_mistake(); }
        return s;
    };
    scan_loop<Body> loop(a, body, options, file, line);
    scan_result result;
    const auto finish = [&](std::vector<value> found) {
        result.steps = found.back();
        found.pop_back();
        result.outputs = std::move(found);
    };
    if (options.truncate_gradient >= 0 && steps < 0) { refuse_scan("requires a number of steps that is known when the graph is made for truncate_gradient", file, line); }
    if (options.truncate_gradient >= 0 && steps > options.truncate_gradient) {
        // Two loops: the first has no derivative.
        const std::int64_t first = steps - options.truncate_gradient;
        std::vector<value> head;
        std::vector<value> tail;
        for (const value& e : elements) {
            head.push_back(cut_axis(e, 0, first));
            tail.push_back(cut_axis(e, first, steps));
        }
        const auto number = [&](std::int64_t k) { return value(ops::make_constant(a, dtype::int64, static_cast<std::uint64_t>(k))); };
        std::vector<value> early = loop.run(steps_for(number(first), head), head, states);
        for (value& s : states) { s = stop_gradient(s); }
        std::vector<value> late = loop.run(steps_for(number(options.truncate_gradient), tail), tail, states);
        for (std::size_t k = 0; k < late.size(); ++k) { late[k] = k + 1 == late.size() ? early[k] + late[k] : concatenate({operand(stop_gradient(early[k])), operand(late[k])}); }
        finish(std::move(late));
    } else {
        finish(loop.run(steps_for(n, elements), elements, states));
    }
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

/// foldr(f, sequence, init): f(element, carry) from the last element to the first; fold goes the other way. The length is known when the graph is made.
template <class F>
value foldr(const F& f, const value& sequence, const value& init, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    scan_options o;
    o.sequences = {{sequence, {0}}};
    o.outputs = {{init, {-1}}};
    o.go_backwards = true;
    return scan([&](const std::vector<value>& seen) { return scan_step(value(f(seen[0], seen[1]))); }, std::move(o), file, line).last.front();
}

} // namespace damo
