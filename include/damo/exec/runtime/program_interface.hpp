// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <vector>

#include <damo/exec/runtime/call_counts.hpp>
#include <damo/exec/runtime/nest_call.hpp>
#include <damo/exec/runtime/number_call.hpp>
#include <damo/exec/runtime/program_options.hpp>
#include <damo/exec/runtime/step_times.hpp>
#include <damo/exec/static/memory.hpp>

namespace damo::exec {

struct number_code;

namespace detail::programs {
inline namespace DAMO_LIBRARY {
class prepared;
struct call_state;
} // namespace DAMO_LIBRARY
} // namespace detail::programs

inline namespace DAMO_LIBRARY {

/// A function made while the program runs, ready to be called: lowered and planned as the compiler does it for a traced function, then run
/// by precompiled kernels, block by block. Any number of threads may call it at once.
class program {
  public:
    /// From an optimised graph; `outputs` are its nodes, inputs go by the number of their `input` op. O(nodes).
    /// Errors: damo::error for a graph that holds a mistake, or for an op without run-time kernels.
    program(const ir::module& optimised, const ir::index* outputs, int output_count, program_options options = {});
    program(program&&) noexcept;
    program& operator=(program&&) noexcept;
    ~program();

    int input_count() const;
    int output_count() const;
    /// Element type, rank and extents, of which those that a call decides are negative.
    const plan::array_type& input_type(int i) const;
    const plan::array_type& output_type(int i) const;

    /// What the three functions below find by themselves where they are not given it. Who calls several of them for one call finds it once: it
    /// runs loops.
    void find_counts(const raw_view* inputs, call_counts& counts) const;
    /// The extents of output `output`, as many as its rank. Read are the inputs' extents, and what decides how many steps loops take.
    void output_extents(const raw_view* inputs, int output, std::int64_t* extents, const call_counts& counts = {}) const;
    /// The number of the first pair of extents that should be equal and are not, or -1: the graph's checks, then axes of inputs whose extent
    /// has a name, each against the first of that name. An input's known extents are not among them.
    int failed_check(const raw_view* inputs, const call_counts& counts = {}) const;
    /// Computes the outputs. Views have the ranks and extents that the function states; strides are free, but an output reaches each
    /// element once and shares no memory with an input. Allocates nothing when a call with the same extents and strides came before.
    void run(const raw_view* inputs, const raw_view* outputs, const call_counts& counts = {}) const;
    /// The same with what each step took added to `times`, which is made as long as the plan. Steps run one after the other, each by all
    /// threads where it is large. A function of numbers alone has no steps and counts as one.
    void run(const raw_view* inputs, const raw_view* outputs, step_times& times, const call_counts& counts = {}) const;

    /// The same for a function of numbers alone (numbers() is not null), which needs no views: a pointer for each number.
    void run_numbers(const void* const* inputs, void* const* outputs) const;

    /// The plan, for tools and for who compiles its nests; empty for a function of numbers alone, which needs none.
    const plan::plan_draft& draft() const;
    /// From now on step `step` of the plan, a nest, is run by `f`; null: interpreted again. Safe while other threads call the program.
    void replace_nest(int step, nest_function f) const;
    /// The code of a function of numbers alone, for who compiles it; null for all others.
    const number_code* numbers() const;
    /// From now on a function of numbers alone is run by `f`; null: interpreted again. Safe while other threads call the program.
    void replace_numbers(number_function f) const;
    /// Bytes that a call with these arguments needs beside them.
    std::int64_t workspace_bytes(const raw_view* inputs, const raw_view* outputs) const;
    /// The same by slot of the plan (draft().slots).
    std::vector<std::int64_t> slot_bytes(const raw_view* inputs, const raw_view* outputs) const;

  private:
    friend class program_call;
    std::unique_ptr<detail::programs::prepared> prepared_;
};

/// One call of a program step by step, for who asks about extents before there is memory for the results: the functions of the program with
/// the same names, without finding for each of them what they have in common. The program, `inputs` and `counts` outlive it; one thread uses it.
class program_call {
  public:
    program_call(const program& p, const raw_view* inputs, const call_counts& counts);
    program_call(const program_call&) = delete;
    program_call& operator=(const program_call&) = delete;
    ~program_call();
    int failed_check() const;
    void output_extents(int output, std::int64_t* extents) const;
    void run(const raw_view* outputs) const;

  private:
    program_call(const program& p, const raw_view* inputs);
    detail::programs::prepared& program_;
    detail::programs::call_state& state_;
    const raw_view* inputs_;
};

} // namespace DAMO_LIBRARY
} // namespace damo::exec
