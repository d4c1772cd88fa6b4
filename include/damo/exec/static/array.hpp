// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/exec/static/contraction.hpp>
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
};

template <class Code, int Step, class Memory>
void run_nest(call_state& c) {
    using N = loop::nest<Code, Step, Memory>;
    constexpr int room = N::streams > 0 ? N::streams : 1;
    loop::cursor<N> start;
    std::int64_t bytes[plan::max_rank][room] = {};
    [&]<std::size_t... S>(std::index_sequence<S...>) {
        const auto place = [&]<int I>(std::integral_constant<int, I>) {
            constexpr plan::stream x = N::template stream_at<I>;
            if constexpr (x.view < 0) { start.p[I] = nullptr; }
            else { start.p[I] = c.views[x.view].data; }
            for (int k = 0; k < N::rank; ++k) {
                if (x.axes[k] < 0) { continue; }
                if constexpr (x.view < 0) { bytes[k][I] = 1; }
                else { bytes[k][I] = c.views[x.view].strides[x.axes[k]] * size_of(x.element); }
            }
        };
        (place(std::integral_constant<int, static_cast<int>(S)>{}), ...);
    }(std::make_index_sequence<static_cast<std::size_t>(N::streams)>{});
    loop::axis_list<N> outer;
    loop::axis_list<N> inner;
    [&]<std::size_t... K>(std::index_sequence<K...>) {
        const auto add = [&]<int I>(std::integral_constant<int, I>) {
            constexpr ir::extent e = Code::plan.steps[Step].extents[I];
            loop::axis<N> a;
            a.extent = value_of(e, c.extents);
            for (int s = 0; s < N::streams; ++s) { a.bytes[s] = bytes[I][s]; }
            constexpr bool joins = I > 0 && (N::joins >> (I > 0 ? I - 1 : 0) & 1u);
            (I < N::outer ? outer : inner).add(a, joins);
        };
        (add(std::integral_constant<int, static_cast<int>(K)>{}), ...);
    }(std::make_index_sequence<static_cast<std::size_t>(N::rank)>{});
    if (outer.empty()) { return; }
    loop::once_frame<N> once;
    loop::scene<N, loop::once_frame<N>, loop::once_frame<N>> s{once, once, once, start, c.extents};
    loop::perform_all<N, single_lane, N::once.begin, N::once.end>(s);
    if constexpr (N::by_columns) { loop::run_columns<N>(once, start, outer, inner, c.extents); }
    else { loop::run_rows<N>(once, start, outer, inner, c.extents); }
}

template <class Code>
void find_from(call_state& c, int begin) {
    memory::find_views(Code::tables, begin, Code::tables.used.views, c.inputs, c.outputs, c.workspace, c.extents, c.starts, c.views);
}

template <class Code, int Step, class Memory>
DAMO_INLINE void run_step(call_state& c) {
    constexpr plan::step s = Code::plan.steps[Step];
    if constexpr (s.kind == plan::step_kind::nest) { run_nest<Code, Step, Memory>(c); }
    else if constexpr (s.kind == plan::step_kind::product) { contraction::multiply<Code, Step>(c.views, c.extents); }
    else if constexpr (s.kind == plan::step_kind::position) { position::find<Code, Step>(c.views, c.extents); }
    else if constexpr (s.kind == plan::step_kind::fill) { position::fill<Code, Step>(c.views, c.extents); }
    else {
        position::compact<Code, Step>(c.views, c.extents);
        find_from<Code>(c, s.views[2] + 1);
    }
}
template <class Code, int Begin, int End, class Memory>
DAMO_INLINE void run_steps(call_state& c) {
    if constexpr (End - Begin == 1) { run_step<Code, Begin, Memory>(c); }
    else if constexpr (End > Begin) {
        constexpr int middle = Begin + (End - Begin) / 2;
        run_steps<Code, Begin, middle, Memory>(c);
        run_steps<Code, middle, End, Memory>(c);
    }
}

} // namespace DAMO_ISA
} // namespace detail::array

inline namespace DAMO_ISA {

/// The bytes of workspace that run needs for these inputs. Only their extents are read.
template <class Code>
constexpr std::int64_t workspace_bytes(const raw_view* inputs) {
    std::int64_t extents[Code::tables.used.extents + 1] = {};
    std::int64_t starts[Code::tables.used.slots + 1] = {};
    detail::memory::find_extents(Code::tables, inputs, extents);
    return detail::memory::place_slots(Code::tables, extents, starts);
}

/// The extents of output `output`, as many as its rank.
template <class Code>
constexpr void output_extents(const raw_view* inputs, int output, std::int64_t* out) {
    std::int64_t extents[Code::tables.used.extents + 1] = {};
    detail::memory::find_extents(Code::tables, inputs, extents);
    const plan::array_type& t = Code::tables.outputs[output];
    for (int k = 0; k < t.rank; ++k) { out[k] = detail::memory::value_of(t.extents[k], extents); }
}

/// The number of the first pair of extents that should be equal and are not, or -1. An input's known extents are not among the pairs:
/// who makes the raw views checks those.
template <class Code>
constexpr int failed_check(const raw_view* inputs) {
    std::int64_t extents[Code::tables.used.extents + 1] = {};
    detail::memory::find_extents(Code::tables, inputs, extents);
    for (int i = 0; i + 1 < Code::tables.used.checks; i += 2) {
        if (detail::memory::value_of(Code::tables.checks[i], extents) != detail::memory::value_of(Code::tables.checks[i + 1], extents)) {
            return i / 2;
        }
    }
    return -1;
}

/// Computes the outputs of the function from its inputs. Views have the ranks and extents that the function states; strides are free,
/// but an output reaches each element once and shares no memory with an input. `workspace` is aligned to 64 bytes. Allocates nothing.
template <class Code, class Memory = plain_memory>
void run(const raw_view* inputs, const raw_view* outputs, void* workspace) {
    std::int64_t extents[Code::tables.used.extents + 1] = {};
    std::int64_t starts[Code::tables.used.slots + 1] = {};
    detail::memory::found_view views[Code::tables.used.views + 1];
    detail::memory::find_extents(Code::tables, inputs, extents);
    detail::memory::place_slots(Code::tables, extents, starts);
    detail::array::call_state c{inputs, outputs, static_cast<char*>(workspace), extents, starts, views};
    detail::array::find_from<Code>(c, 0);
    detail::array::run_steps<Code, 0, Code::tables.used.steps, Memory>(c);
}

} // namespace DAMO_ISA
} // namespace damo::exec
