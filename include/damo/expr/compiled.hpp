// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/diff/forward.hpp>
#include <damo/expr/leaves.hpp>
#include <damo/ir/stored.hpp>
#include <damo/plan/control.hpp>
#include <damo/plan/lower.hpp>
#include <damo/plan/program.hpp>
#include <damo/rewrite/standard.hpp>

namespace damo {

namespace detail::compiled {

// How many recorded nodes can be optimised within the default budget of one constant evaluation: g++ 33.5 million operations, clang
// 1 million steps, of which a node needs about 24 000 and 950. The packages raise the compilers' budgets and say so.
#if defined(DAMO_RAISED_BUDGET)
inline constexpr int node_budget = 100'000;
#elif defined(__clang__)
inline constexpr int node_budget = 1000;
#else
inline constexpr int node_budget = 1350;
#endif

// What Step gives in a buffer of so many words. (A constant of a template, not of a function, whose constants clang evaluates again with
// each call of it.)
template <class Step, int Words>
inline constexpr auto in_buffer = Step::template run<Words>();

// In the place of a graph whose making the compiler has refused, with its own account: no second error follows.
inline constexpr auto told = [] {
    ir::stored_graph<0, 0, 0, 0> s;
    s.failed = true;
    return s;
}();

// Runs Step into a buffer of the estimated size, again if that was too small, and keeps the result at its exact size. Each buffer is
// a constant expression of its own, with a fresh budget.
template <class Step>
constexpr auto exact_size() {
    constexpr const auto& first = in_buffer<Step, Step::estimate>;
    if constexpr (!requires { typename std::bool_constant<(in_buffer<Step, Step::estimate>.word_count > 0)>; }) { return told; }
    else if constexpr (first.word_count <= Step::estimate) {
        return ir::shrink<first.word_count, first.op_count, first.name_count, first.message_size>(first);
    } else {
        constexpr auto& second = in_buffer<Step, first.word_count + 64>;
        return ir::shrink<second.word_count, second.op_count, second.name_count, second.message_size>(second);
    }
}

// The extent symbol of axis k of input i. Axes of one name share that of the first; each call checks that they are equally long.
constexpr ir::extent declared_extent(ir::module& m, const leaf_type* declared, int i, int k) {
    const std::int64_t name = symbols::name_of_extent(declared[i].extents[k]);
    const ir::extent own = m.extent_of(ir::extent_kind::input_axis, i, ir::named_axis(k, name));
    if (name == 0) { return own; }
    for (int e = 0; e < m.extents.size; ++e) {
        const ir::extent_expression& x = m.extents.data[e];
        if (x.kind != ir::extent_kind::input_axis || ir::axis_name(x) != name) { continue; }
        ir::extent same = 0;
        m.unify(-1 - e, own, same);
        return -1 - e;
    }
    return own;
}

// An input of the type of something in m, as a cotangent has the type of a result: each call checks that its axes are as long.
constexpr value make_input_like(ir::module& m, int number, ir::tensor_type t) {
    for (int k = 0; k < t.rank; ++k) {
        ir::extent same = 0;
        if (!ir::is_known(t.extents[k])) { m.unify(t.extents[k], m.extent_of(ir::extent_kind::input_axis, number, k), same); }
    }
    return ops::make_input(m, number, t);
}

// The inputs of function type F as nodes of m, with extent symbols for what the call decides.
template <class F>
constexpr void make_inputs(ir::module& m, value* leaves) {
    leaf_type declared[F::input_count > 0 ? F::input_count : 1] = {};
    F::declare(declared);
    for (int i = 0; i < F::input_count; ++i) {
        ir::tensor_type t;
        t.element = declared[i].element;
        t.rank = static_cast<std::int8_t>(declared[i].rank);
        for (int k = 0; k < declared[i].rank; ++k) {
            t.extents[k] = declared[i].extents[k] < 0 ? declared_extent(m, declared, i, k) : declared[i].extents[k];
        }
        leaves[i] = ops::make_input(m, i, t);
    }
}

// Finds the inputs in a loaded graph.
constexpr void find_inputs(ir::module& m, value* leaves, int count) {
    for (ir::index n = 1; n < m.nodes.size; ++n) {
        if (m.nodes.data[n].op->id != ops::input.id) { continue; }
        const auto number = static_cast<int>(m.attribute(n, 0));
        if (number < count) { leaves[number] = {m, n}; }
    }
}

template <class F>
struct trace_step {
    static constexpr int estimate = F::word_estimate;
    template <int Words>
    static constexpr auto run() {
        ir::module m;
        ir::index outputs[F::output_count > 0 ? F::output_count : 1] = {};
        F::trace(m, outputs);
        return ir::pack<Words>(m, outputs, F::output_count);
    }
};

// Traces and optimises in one evaluation: a graph that is stored and loaded between would cost as much as half the optimising.
template <class F>
struct optimise_step {
    static constexpr int estimate = F::word_estimate;
    template <int Words>
    static constexpr auto run() {
        ir::module raw;
        ir::index outputs[F::output_count > 0 ? F::output_count : 1] = {};
        F::trace(raw, outputs);
        if (!raw.failed && raw.nodes.size - 1 > node_budget) {
            raw.fail() << "this function has " << raw.nodes.size - 1 << " nodes; the compiler's default budget of constant evaluation is "
                          "good for " << node_budget << ": compile with the flags of damo's packages (-fconstexpr-ops-limit and "
                          "-fconstexpr-loop-limit, or -fconstexpr-steps, with -DDAMO_RAISED_BUDGET), or build it when the program runs, "
                          "with graph_builder";
        }
        if (raw.failed) { return ir::pack<Words>(raw, outputs, F::output_count); }
        ir::module simple;
        rewrite::optimise(raw, simple, outputs, F::output_count, rewrite::standard_algebra, rewrite::standard_rules, F::filter);
        return ir::pack<Words>(simple, outputs, F::output_count);
    }
};

template <class F, class Optimised>
struct lower_step {
    static constexpr int estimate = Optimised::stored.word_count * 2 + 256;
    template <int Words>
    static constexpr auto run() {
        ir::module simple;
        ir::index outputs[F::output_count > 0 ? F::output_count : 1] = {};
        if (!ir::load(Optimised::stored, simple, outputs)) { return ir::pack<Words>(simple, outputs, F::output_count); }
        const rewrite::usage used(simple, outputs, F::output_count);
        ir::module low;
        rewrite::copy_extents(simple, low);
        plan::lowering l(simple, low, used.uses.data);
        l.lower(outputs, F::output_count);
        return ir::pack<Words>(low, outputs, F::output_count);
    }
};

} // namespace detail::compiled

// What the compiler made of a function type, stage by stage. Each stage is a constant of its own, computed when first asked for. The
// traced graph is for those who want to see it: optimising does not need it.
template <class F>
struct traced_graph {
    static constexpr auto stored = detail::compiled::exact_size<detail::compiled::trace_step<F>>();
};
template <class F>
struct optimised_graph {
    static constexpr auto stored = detail::compiled::exact_size<detail::compiled::optimise_step<F>>();
};
template <class F>
inline constexpr bool takes_numbers_only = ir::holds_numbers_only(optimised_graph<F>::stored);
template <class F>
struct lowered_graph {
    static constexpr auto stored = detail::compiled::exact_size<detail::compiled::lower_step<F, optimised_graph<F>>>();
};
// The program that the scalar executor runs; made without storing the lowered graph.
template <class F>
struct scalar_code {
    template <int Room>
    static constexpr auto make() {
        ir::module simple;
        ir::index outputs[F::output_count > 0 ? F::output_count : 1] = {};
        if (!ir::load(optimised_graph<F>::stored, simple, outputs)) { return plan::scalar_program_from<Room, Room, F::output_count>(simple, outputs); }
        const rewrite::usage used(simple, outputs, F::output_count);
        ir::module low;
        rewrite::copy_extents(simple, low);
        plan::lowering l(simple, low, used.uses.data);
        l.lower(outputs, F::output_count);
        return plan::scalar_program_from<Room, Room, F::output_count>(low, outputs);
    }
    template <int Room>
    static constexpr auto in_buffer = make<Room>();
    static constexpr auto exact() {
        constexpr int room = optimised_graph<F>::stored.node_count * 3 / 2 + 32;
        constexpr auto& first = in_buffer<room>;
        if constexpr (first.size <= room) { return plan::shrink<first.size, first.constant_count, F::output_count>(first); }
        else {
            constexpr auto& second = in_buffer<first.size>;
            return plan::shrink<second.size, second.constant_count, F::output_count>(second);
        }
    }
    static constexpr auto program = exact();
};

// Whether the graph has choices or loops: the program then has branches and loops too.
template <class F>
inline constexpr bool has_control = [] {
    for (int i = 0; i < optimised_graph<F>::stored.op_count; ++i) {
        const ir::op_facts& facts = optimised_graph<F>::stored.ops[i]->facts;
        if (facts.lazy || facts.kind == ir::op_kind::loop) { return true; }
    }
    return false;
}();
template <class F>
inline constexpr bool has_loops = [] {
    for (int i = 0; i < optimised_graph<F>::stored.op_count; ++i) {
        if (optimised_graph<F>::stored.ops[i]->facts.kind == ir::op_kind::loop) { return true; }
    }
    return false;
}();
template <class F>
struct control_code {
    template <int Room, int Numbers>
    static constexpr auto make() {
        ir::module simple;
        ir::index outputs[F::output_count > 0 ? F::output_count : 1] = {};
        if (!ir::load(optimised_graph<F>::stored, simple, outputs)) { return plan::control_program_from<Room, Room, F::output_count, Room, Numbers, Room>(simple, outputs); }
        const rewrite::usage used(simple, outputs, F::output_count);
        ir::module low;
        rewrite::copy_extents(simple, low);
        plan::lowering l(simple, low, used.uses.data);
        l.lower(outputs, F::output_count);
        return plan::control_program_from<Room, Room, F::output_count, Room, Numbers, Room>(low, outputs);
    }
    template <int Room, int Numbers>
    static constexpr auto in_buffer = make<Room, Numbers>();
    template <int Room, int Numbers>
    static constexpr auto exact() {
        constexpr auto& p = in_buffer<Room, Numbers>;
        if constexpr (p.size > Room || p.constant_count > Room || p.piece_count > Room || p.number_count > Numbers || p.list_count > Room) {
            constexpr int most = p.size > p.piece_count ? p.size : p.piece_count;
            return exact<(most > p.list_count ? most : p.list_count) + p.constant_count, p.number_count + 1>();
        } else {
            return plan::shrink_control<p.size, p.constant_count, F::output_count, p.piece_count, p.number_count, p.list_count>(p);
        }
    }
    static constexpr auto program = exact<optimised_graph<F>::stored.node_count * 2 + 32, optimised_graph<F>::stored.node_count * 4 + 64>();
};

} // namespace damo
