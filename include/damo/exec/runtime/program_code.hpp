// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/exec/runtime/prepared_program.hpp>
#include <damo/exec/runtime/program_interface.hpp>

// What program.hpp declares: included by it, or compiled once in the library.

namespace damo::exec {
inline namespace DAMO_LIBRARY {

DAMO_LIBRARY_INLINE program::program(const ir::module& optimised, const ir::index* outputs, int output_count, program_options options)
    : prepared_(std::make_unique<detail::programs::prepared>(optimised, outputs, output_count, options)) {}
DAMO_LIBRARY_INLINE program::program(program&&) noexcept = default;
DAMO_LIBRARY_INLINE program& program::operator=(program&&) noexcept = default;
DAMO_LIBRARY_INLINE program::~program() = default;

DAMO_LIBRARY_INLINE int program::input_count() const { return static_cast<int>(prepared_->tables.inputs.size()); }
DAMO_LIBRARY_INLINE int program::output_count() const { return static_cast<int>(prepared_->tables.outputs.size()); }
DAMO_LIBRARY_INLINE const plan::array_type& program::input_type(int i) const { return prepared_->tables.inputs.at(static_cast<std::size_t>(i)); }
DAMO_LIBRARY_INLINE const plan::array_type& program::output_type(int i) const { return prepared_->tables.outputs.at(static_cast<std::size_t>(i)); }

DAMO_LIBRARY_INLINE void program::find_counts(const raw_view* inputs, call_counts& counts) const { prepared_->find_counts(inputs, counts); }
DAMO_LIBRARY_INLINE void program::output_extents(const raw_view* inputs, int output, std::int64_t* extents, const call_counts& counts) const {
    prepared_->output_extents(inputs, output, extents, counts);
}
DAMO_LIBRARY_INLINE int program::failed_check(const raw_view* inputs, const call_counts& counts) const { return prepared_->failed_check(inputs, counts); }
DAMO_LIBRARY_INLINE void program::run(const raw_view* inputs, const raw_view* outputs, const call_counts& counts) const { prepared_->run(inputs, outputs, counts); }
DAMO_LIBRARY_INLINE void program::run_numbers(const void* const* inputs, void* const* outputs) const { prepared_->run_numbers(inputs, outputs); }
DAMO_LIBRARY_INLINE void program::run(const raw_view* inputs, const raw_view* outputs, step_times& times, const call_counts& counts) const { prepared_->run(inputs, outputs, counts, &times); }
DAMO_LIBRARY_INLINE const plan::plan_draft& program::draft() const { return prepared_->tables.draft; }
DAMO_LIBRARY_INLINE void program::replace_nest(int step, nest_function f) const { prepared_->replace_nest(step, f); }
DAMO_LIBRARY_INLINE const number_code* program::numbers() const { return prepared_->numbers(); }
DAMO_LIBRARY_INLINE void program::replace_numbers(number_function f) const { prepared_->replace_numbers(f); }
DAMO_LIBRARY_INLINE std::int64_t program::workspace_bytes(const raw_view* inputs, const raw_view* outputs) const {
    std::int64_t whole = 0;
    for (const std::int64_t bytes : prepared_->slot_bytes(inputs, outputs)) { whole += bytes; }
    return whole;
}
DAMO_LIBRARY_INLINE std::vector<std::int64_t> program::slot_bytes(const raw_view* inputs, const raw_view* outputs) const {
    return prepared_->slot_bytes(inputs, outputs);
}

DAMO_LIBRARY_INLINE program_call::program_call(const program& p, const raw_view* inputs) : program_(*p.prepared_), state_(program_.lend()), inputs_(inputs) {}
// When this throws the call is whole already, and gives its state back.
DAMO_LIBRARY_INLINE program_call::program_call(const program& p, const raw_view* inputs, const call_counts& counts) : program_call(p, inputs) {
    program_.begin(state_, inputs, counts);
}
DAMO_LIBRARY_INLINE program_call::~program_call() { program_.give_back(state_); }
DAMO_LIBRARY_INLINE int program_call::failed_check() const { return program_.failed_check(state_, inputs_); }
DAMO_LIBRARY_INLINE void program_call::output_extents(int output, std::int64_t* extents) const { program_.output_extents(state_, output, extents); }
DAMO_LIBRARY_INLINE void program_call::run(const raw_view* outputs) const { program_.run(state_, inputs_, outputs); }

} // namespace DAMO_LIBRARY
} // namespace damo::exec
