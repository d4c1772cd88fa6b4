// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/exec/static/blocks.hpp>
#include <damo/exec/static/contraction.hpp>
#include <damo/exec/static/few.hpp>
#include <damo/exec/static/loop.hpp>
#include <damo/exec/static/memory.hpp>
#include <damo/exec/static/position.hpp>
#include <damo/plan/arrays.hpp>

namespace damo::exec {

/// The plan of a lowered graph as the kernels read it. Lowered has the stored graph as `stored`.
template <class Lowered>
struct array_code {
    static constexpr const auto& plan = damo::plan::array_plan_of<Lowered::stored>::plan;
    static constexpr damo::plan::memory_tables<std::remove_cvref_t<decltype(plan)>::size> tables = plan;
};

/// True for a plan without loops of its own or branches whose arrays are few and small, their extents known: it becomes a part of the call.
template <class Code>
constexpr bool is_inlined() {
    const plan::plan_sizes& n = Code::tables.used;
    if (n.extents > 0 || n.checks > 0 || n.blocks > 1 || n.steps > plan::costs.inlined_steps || n.code > plan::costs.inlined_instructions) { return false; }
    for (int v = 0; v < n.views; ++v) {
        const plan::view_step& x = Code::tables.views[v];
        std::int64_t size = 1;
        for (int k = 0; k < x.rank; ++k) { size *= x.extents[k]; }
        if (size > plan::costs.inlined_elements) { return false; }
    }
    return true;
}

/// True if it has so little to do that every call is its own copy of the code: a function would cost more than its body.
template <class Code>
constexpr bool is_tiny() {
    if (!is_inlined<Code>()) { return false; }
    std::int64_t work = 0;
    for (int i = 0; i < Code::tables.used.steps; ++i) {
        const plan::step& s = Code::plan.steps[i];
        std::int64_t times = 1;
        const auto count = [&](const ir::extent* extents, int rank) {
            for (int k = 0; k < rank; ++k) { times *= extents[k]; }
        };
        if (s.kind == plan::step_kind::nest) {
            count(s.extents, s.rank);
            int instructions = s.last.end - s.last.begin;
            for (int p = 0; p < s.pass_count; ++p) {
                const plan::loop_pass& pass = Code::plan.passes[s.first_pass + p];
                instructions += pass.element.end - pass.row.begin;
            }
            if (!s.cheap) { return false; }
            work += times * instructions;
        } else if (s.kind == plan::step_kind::product) {
            const plan::view_step& a = Code::tables.views[s.views[0]];
            const plan::view_step& b = Code::tables.views[s.views[1]];
            count(a.extents, a.rank);
            count(b.extents + (b.rank > 0 ? 1 : 0), b.rank > 0 ? b.rank - 1 : 0);
            work += times;
        } else { return false; }
    }
    return work <= plan::costs.inlined_work;
}

namespace detail::array {
inline namespace DAMO_ISA {

using detail::memory::found_view;
using detail::memory::value_of;

// What the steps of one call share.
struct call_state {
    const raw_view* inputs;
    const raw_view* outputs;
    char* workspace;
    const std::int64_t* extents;
    const std::int64_t* starts;
    found_view* views;
    memory::loop_position* positions; // of loops, by block
};

using loop::each;

template <class N>
DAMO_INLINE void run_loops(loop::once_frame<N>& once, const loop::cursor<N>& start, const loop::axis_list<N>& outer, const loop::axis_list<N>& inner,
                           const std::int64_t* extents) {
    if constexpr (N::by_columns) { loop::run_columns<N>(once, start, outer, inner, extents); }
    else { loop::run_rows<N>(once, start, outer, inner, extents); }
}

// Where the streams of N start.
template <class N>
DAMO_INLINE loop::cursor<N> start_of(const call_state& c) {
    loop::cursor<N> start;
    each<N::streams>([&]<int S>(std::integral_constant<int, S>) __attribute__((always_inline)) {
        constexpr int view = N::template stream_at<S>.view;
        if constexpr (view < 0) { start.p[S] = nullptr; }
        else { start.p[S] = c.views[view].data; }
    });
    return start;
}
// Axis K of N, the nest of step Step.
template <class N, class Code, int Step, int K>
DAMO_INLINE loop::axis<N> axis_of(const call_state& c) {
    loop::axis<N> a;
    a.extent = value_of(Code::plan.steps[Step].extents[K], c.extents);
    each<N::streams>([&]<int S>(std::integral_constant<int, S>) __attribute__((always_inline)) {
        constexpr plan::stream x = N::template stream_at<S>;
        if constexpr (x.axes[K] < 0) { a.bytes[S] = 0; }
        else if constexpr (x.view < 0) { a.bytes[S] = 1; }
        else { a.bytes[S] = c.views[x.view].strides[x.axes[K]] * size_of(x.element); }
    });
    return a;
}

template <class Code, int Step, class Memory>
void run_nest(call_state& c) {
    using N = loop::nest<Code, Step, Memory>;
    const loop::cursor<N> start = start_of<N>(c);
    loop::axis_list<N> outer;
    loop::axis_list<N> inner;
    each<N::rank>([&]<int K>(std::integral_constant<int, K>) {
        constexpr bool joins = K > 0 && (N::joins >> (K > 0 ? K - 1 : 0) & 1u);
        (K < N::outer ? outer : inner).add(axis_of<N, Code, Step, K>(c), joins);
    });
    if (outer.empty()) { return; }
    loop::once_frame<N> once;
    loop::scene<N, loop::once_frame<N>, loop::once_frame<N>> s{once, once, once, start, c.extents};
    loop::perform_all<N, single_lane, N::once.begin, N::once.end>(s);
    // A policy may share the loops among threads (exec/static/parallel.hpp).
    if constexpr (requires { Memory::template run_nest<N>(once, start, outer, inner, c.extents); }) {
        Memory::template run_nest<N>(once, start, outer, inner, c.extents);
    } else { run_loops<N>(once, start, outer, inner, c.extents); }
}

// Views of block Block from Begin on; those that look at others come after them.
template <class Code, int Block, int Begin>
DAMO_INLINE void find_from(call_state& c) {
    each<Code::plan.blocks[Block].views.end - Begin>([&]<int I>(std::integral_constant<int, I>) {
        if constexpr (Code::tables.views[Begin + I].block == Block) {
            memory::find_view<Code, Begin + I>(c.inputs, c.outputs, c.workspace, c.extents, c.starts, c.positions, c.views);
        }
    });
}

// The same where every row and every element has code of its own.
template <class Code, int Step, class Memory>
DAMO_INLINE void run_few(call_state& c) {
    using N = loop::nest<Code, Step, Memory>;
    const loop::cursor<N> start = start_of<N>(c);
    loop::axis<N> axes[N::rank > 0 ? N::rank : 1];
    each<N::rank>([&]<int K>(std::integral_constant<int, K>) __attribute__((always_inline)) { axes[K] = axis_of<N, Code, Step, K>(c); });
    loop::once_frame<N> once;
    loop::scene<N, loop::once_frame<N>, loop::once_frame<N>> s{once, once, once, start, c.extents};
    loop::perform_all<N, single_lane, N::once.begin, N::once.end>(s);
    loop::few_elements<N>{once, axes, c.extents}.run(start);
}
// True if that is how the nest of Step runs.
template <class Code, int Step>
constexpr bool is_few() {
    return is_inlined<Code>() && loop::is_few(Code::plan.steps[Step]);
}

template <class Code, int Block, int Begin, int End, class Memory>
DAMO_INLINE void run_steps(call_state& c);
template <class Code, int Block, class Memory>
DAMO_INLINE void run_block_here(call_state& c) {
    constexpr plan::block b = Code::plan.blocks[Block];
    find_from<Code, Block, b.views.begin>(c);
    run_steps<Code, Block, b.steps.begin, b.steps.end, Memory>(c);
}
template <class Code, int Block, class Memory>
void run_block(call_state& c) {
    run_block_here<Code, Block, Memory>(c);
}

template <class Code, int Step, class Memory>
DAMO_INLINE void run_step(call_state& c) {
    constexpr plan::step s = Code::plan.steps[Step];
    if constexpr (s.kind == plan::step_kind::nest) {
        if constexpr (is_few<Code, Step>()) { run_few<Code, Step, Memory>(c); }
        else { run_nest<Code, Step, Memory>(c); }
    }
    else if constexpr (s.kind == plan::step_kind::product) {
        if constexpr (contraction::is_small<Code, Step>()) { contraction::multiply_small<Code, Step>(c.views, c.extents); }
        else { contraction::multiply<Code, Step>(c.views, c.extents); }
    }
    else if constexpr (s.kind == plan::step_kind::position) { position::find<Code, Step>(c.views, c.extents); }
    else if constexpr (s.kind == plan::step_kind::fill) { position::fill<Code, Step>(c.views, c.extents); }
    else if constexpr (s.kind == plan::step_kind::loop) { inner::loop<Code, Step>(c, [&] { run_block<Code, s.inner, Memory>(c); }); }
    else if constexpr (s.kind == plan::step_kind::branch) {
        if (*reinterpret_cast<const bool*>(c.views[s.views[0]].data)) { run_block<Code, s.inner, Memory>(c); }
        else { run_block<Code, s.inner + 1, Memory>(c); }
    } else {
        position::compact<Code, Step>(c.views, c.extents);
        find_from<Code, s.block, s.views[2] + 1>(c);
    }
}
// The steps of block Block among those from Begin to End.
template <class Code, int Block, int Begin, int End, class Memory>
DAMO_INLINE void run_steps(call_state& c) {
    if constexpr (End - Begin == 1) {
        if constexpr (Code::plan.steps[Begin].block == Block) { run_step<Code, Begin, Memory>(c); }
    } else if constexpr (End > Begin) {
        constexpr int middle = Begin + (End - Begin) / 2;
        run_steps<Code, Block, Begin, middle, Memory>(c);
        run_steps<Code, Block, middle, End, Memory>(c);
    }
}

// The values of the extent symbols in one call.
template <class Code>
DAMO_INLINE constexpr void find_extents(const raw_view* inputs, std::int64_t* extents) {
    memory::find_all_extents<Code>(inputs, extents);
    if constexpr (Code::plan.counts >= 0) {
        found_view views[Code::tables.used.views + 1];
        call_state c{inputs, nullptr, nullptr, extents, nullptr, views, nullptr};
        run_block<Code, Code::plan.counts, plain_memory>(c);
        memory::find_all_extents<Code>(inputs, extents);
    }
}

} // namespace DAMO_ISA
} // namespace detail::array

/// True for a plan that is one loop of vectors over all axes, cheap and without intermediate arrays.
template <class Code, class Memory>
constexpr bool is_one_loop() {
    const plan::plan_sizes& n = Code::tables.used;
    if (detail::array::is_few<Code, 0>() || n.blocks != 1 || n.steps != 1 || n.slots != 0 || n.code > plan::costs.inlined_instructions || Code::plan.counts >= 0) { return false; }
    const plan::step& s = Code::plan.steps[0];
    if (s.kind != plan::step_kind::nest || s.rank == 0 || s.outer != 0 || s.pass_count > 1 || !s.cheap) { return false; }
    if (s.joins != (1u << s.rank >> 1) - 1) { return false; }
    using N = detail::loop::nest<Code, 0, Memory>;
    return detail::loop::ends_in_vectors<N>() && !requires { &Memory::template run_nest<N>; };
}

namespace detail::array {
inline namespace DAMO_ISA {

// True if view V shows elements of an array that the caller gave; numbers were copied.
template <class Code>
constexpr bool shows_input_array(int v) {
    while (plan::leads_on(Code::tables.views[v].kind)) { v = Code::tables.views[v].of; }
    return Code::tables.views[v].kind == plan::view_kind::input && Code::tables.views[v].rank > 0;
}
// The bytes of stream S of a loop over `count` neighbours.
template <class N, int S>
DAMO_INLINE std::uintptr_t bytes_of(std::int64_t count) {
    constexpr plan::stream x = N::template stream_at<S>;
    return static_cast<std::uintptr_t>(x.along ? count * size_of(x.element) : size_of(x.element));
}
// True if such a loop writes to elements of the caller's arrays that it reads: a few comparisons, of whole streams.
template <class Code, class N>
DAMO_INLINE bool overwrites_inputs(const loop::cursor<N>& start, std::int64_t count) {
    bool meet = false;
    each<N::streams>([&]<int W>(std::integral_constant<int, W>) __attribute__((always_inline)) {
        if constexpr (N::template stream_at<W>.writes) {
            each<N::streams>([&]<int R>(std::integral_constant<int, R>) __attribute__((always_inline)) {
                constexpr plan::stream r = N::template stream_at<R>;
                if constexpr (!r.writes && r.view >= 0 && shows_input_array<Code>(r.view >= 0 ? r.view : 0)) {
                    // One subtraction tells whether either starts within the other.
                    const std::uintptr_t written = bytes_of<N, W>(count);
                    const std::uintptr_t distance = reinterpret_cast<std::uintptr_t>(start.p[W]) - reinterpret_cast<std::uintptr_t>(start.p[R]);
                    if (distance + written - 1 < written + bytes_of<N, R>(count) - 1) [[unlikely]] { meet = true; }
                }
            });
        }
    });
    return meet;
}

} // namespace DAMO_ISA
} // namespace detail::array

inline namespace DAMO_ISA {

/// The bytes of workspace that run needs for these inputs. Their extents are read, and the numbers that decide how long a loop is.
template <class Code>
DAMO_INLINE constexpr std::int64_t workspace_bytes([[maybe_unused]] const raw_view* inputs) {
    if constexpr (Code::tables.used.slots == 0) { return 0; }
    std::int64_t extents[Code::tables.used.extents + 1] = {};
    std::int64_t starts[Code::tables.used.slots + 1] = {};
    detail::array::find_extents<Code>(inputs, extents);
    return detail::memory::place_all_slots<Code>(extents, starts);
}

/// The extents of output `output`, as many as its rank.
template <class Code>
DAMO_INLINE constexpr void output_extents(const raw_view* inputs, int output, std::int64_t* out) {
    std::int64_t extents[Code::tables.used.extents + 1] = {};
    detail::array::find_extents<Code>(inputs, extents);
    const plan::array_type& t = Code::tables.outputs[output];
    for (int k = 0; k < t.rank; ++k) { out[k] = detail::memory::value_of(t.extents[k], extents); }
}

/// The number of the first pair of extents that should be equal and are not, or -1. An input's known extents are not among the pairs:
/// who makes the raw views checks those.
template <class Code>
DAMO_INLINE constexpr int failed_check(const raw_view* inputs) {
    std::int64_t extents[Code::tables.used.extents + 1] = {};
    detail::array::find_extents<Code>(inputs, extents);
    int failed = -1;
    [&]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) {
        ((detail::memory::value_of(Code::tables.checks[2 * I], extents) != detail::memory::value_of(Code::tables.checks[2 * I + 1], extents)
              ? void(failed = failed < 0 ? I : failed)
              : void()),
         ...);
    }
    (std::make_integer_sequence<int, Code::tables.used.checks / 2>{});
    return failed;
}

/// Computes the outputs of the function from its inputs. Views have the ranks and extents that the function states; strides are free,
/// but an output reaches each element once and shares no memory with an input. `workspace` is aligned to 64 bytes. Allocates nothing.
template <class Code, class Memory = plain_memory>
DAMO_INLINE void run_here(const raw_view* inputs, const raw_view* outputs, void* workspace) {
    std::int64_t extents[Code::tables.used.extents + 1] = {};
    std::int64_t starts[Code::tables.used.slots + 1] = {};
    detail::memory::found_view views[Code::tables.used.views + 1];
    detail::array::find_extents<Code>(inputs, extents);
    detail::memory::place_all_slots<Code>(extents, starts);
    detail::memory::loop_position positions[Code::tables.used.blocks + 1];
    detail::array::call_state c{inputs, outputs, static_cast<char*>(workspace), extents, starts, views, positions};
    if constexpr (is_inlined<Code>()) { detail::array::run_block_here<Code, 0, Memory>(c); }
    else { detail::array::run_block<Code, 0, Memory>(c); }
}
/// The same as a function of its own.
template <class Code, class Memory = plain_memory>
void run(const raw_view* inputs, const raw_view* outputs, void* workspace) {
    run_here<Code, Memory>(inputs, outputs, workspace);
}

/// The same for a plan that is_one_loop, if its elements lie one after the other in all arrays and it reads nothing that it overwrites (no
/// question where the outputs are New); else it does nothing and returns false. It becomes a part of the call.
template <class Code, class Memory, bool New>
DAMO_INLINE bool run_one_loop(const raw_view* inputs, const raw_view* outputs) {
    using N = detail::loop::nest<Code, 0, Memory>;
    std::int64_t extents[Code::tables.used.extents + 1] = {};
    detail::memory::found_view views[Code::tables.used.views + 1];
    detail::array::find_extents<Code>(inputs, extents);
    detail::array::call_state c{inputs, outputs, nullptr, extents, nullptr, views, nullptr};
    detail::array::find_from<Code, 0, Code::plan.blocks[0].views.begin>(c);
    detail::loop::axis<N> along = detail::array::axis_of<N, Code, 0, N::rank - 1>(c);
    if (!detail::loop::is_unit<N>(along)) [[unlikely]] { return false; }
    bool dense = true;
    detail::loop::each<N::rank - 1>([&]<int K>(std::integral_constant<int, K>) __attribute__((always_inline)) {
        const detail::loop::axis<N> further = detail::array::axis_of<N, Code, 0, N::rank - 2 - K>(c);
        detail::loop::each<N::streams>([&]<int S>(std::integral_constant<int, S>) __attribute__((always_inline)) {
            dense = dense && further.bytes[S] == along.bytes[S] * along.extent;
        });
        along.extent *= further.extent;
    });
    if (!dense) [[unlikely]] { return false; }
    const detail::loop::cursor<N> start = detail::array::start_of<N>(c);
    if constexpr (!New) {
        if (detail::array::overwrites_inputs<Code, N>(start, along.extent)) [[unlikely]] { return false; }
    }
    detail::loop::run_row<N>(start, along, extents);
    return true;
}

} // namespace DAMO_ISA
} // namespace damo::exec
