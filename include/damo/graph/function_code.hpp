// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include <damo/exec/jit/machine_code.hpp>
#include <damo/exec/runtime/undecided_steps.hpp>
#include <damo/graph/compiled_function_interface.hpp>
#include <damo/graph/node_by_node.hpp>
#include <damo/graph/walk.hpp>

// What compiled_function_interface.hpp declares: included by compiled_function.hpp, or compiled once in the library.

namespace damo::detail::graph {

inline std::unique_ptr<exec::program> program_of(const damo::graph& g, const exec::program_options& o) {
#if DAMO_HAS_EXCEPTIONS
    try {
        return std::make_unique<exec::program>(g.nodes(), g.outputs().data(), g.output_count(), o);
    } catch (const exec::undecided_steps& e) {
        mistake m = mistake_of(mistake_kind::expression, exec::undecided_sentence);
        put_node(m, g.nodes(), g.outputs(), e.loop());
        for (int k = 0; k < g.nodes().nodes.data[e.loop()].arg_count; ++k) { m.shapes.push_back(printed(g.nodes(), g.nodes().arg(e.loop(), k))); }
        raise(std::move(m));
    }
#else
    return std::make_unique<exec::program>(g.nodes(), g.outputs().data(), g.output_count(), o);
#endif
}

inline namespace DAMO_LIBRARY {

DAMO_LIBRARY_INLINE function_body::function_body(damo::graph g, const exec::program_options& o, exec::jit::tier t)
    : compiled(std::move(g)), program(program_of(compiled, o)),
      program_options(o), tier(t), code(std::make_unique<exec::jit::machine_code>(*program, t)) {}
DAMO_LIBRARY_INLINE function_body::~function_body() = default;

DAMO_LIBRARY_INLINE watch_level function_body::closest(const std::vector<std::shared_ptr<observer>>& observers) {
    watch_level level = watch_level::compilation;
    bool groups = false;
    for (const auto& o : observers) {
        const watch_level asked = o->watches();
        level = std::max(level, asked);
        groups = groups || asked == watch_level::groups;
    }
    return level == watch_level::nodes && groups ? watch_level::nodes_and_groups : level;
}
DAMO_LIBRARY_INLINE void function_body::watch(std::vector<std::shared_ptr<observer>> observers) {
    level = closest(observers);
    if (level >= watch_level::nodes) { watched = std::make_unique<node_by_node>(compiled, observers, program_options); }
    watchers = std::move(observers);
}
DAMO_LIBRARY_INLINE void function_body::run(const exec::raw_view* in, const exec::raw_view* out, const exec::call_counts& counts) const {
    if (level != watch_level::compilation) {
        run_watched(in, out, counts);
        return;
    }
    code->before_call(*program);
    program->run(in, out, counts);
}
DAMO_LIBRARY_INLINE void function_body::run(const exec::program_call& call, const exec::raw_view* in, const exec::raw_view* out, const exec::call_counts& counts) const {
    if (level != watch_level::compilation) {
        run_watched(in, out, counts);
        return;
    }
    code->before_call(*program);
    call.run(out);
}
DAMO_LIBRARY_INLINE void function_body::run_numbers(const void* const* in, void* const* out) const {
    code->before_call(*program);
    program->run_numbers(in, out);
}
DAMO_LIBRARY_INLINE void function_body::run_watched(const exec::raw_view* in, const exec::raw_view* out, const exec::call_counts& counts) const {
    exec::step_times steps;
    // the nodes come first: the plan may write its results where the arguments are
    if (level == watch_level::nodes_and_groups) { watched->run(in, nullptr); }
    if (level != watch_level::nodes) { code->before_call(*program); }
    const auto start = std::chrono::steady_clock::now();
    if (level == watch_level::nodes) { watched->run(in, out); }
    else if (level >= watch_level::groups) { program->run(in, out, steps, counts); }
    else { program->run(in, out, counts); }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const damo::compile_times now = times_now();
    const call_event e{compiled, seconds, now, *program, steps.empty() ? nullptr : &steps, in, out};
    for (const auto& o : watchers) { o->called(e); }
}
DAMO_LIBRARY_INLINE damo::compile_times function_body::times_now() const {
    damo::compile_times t = times;
    t.machine_code = code->seconds();
    return t;
}

} // namespace DAMO_LIBRARY
} // namespace damo::detail::graph
