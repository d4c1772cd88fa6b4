// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace damo::exec {

/// A compiled function of numbers. It computes what the interpreted one does, allocates nothing, and may run in several threads at once.
/// A program takes it by program::replace_numbers while others run.
///     inputs   of each number where it lies, in its own type
///     outputs  of each result where it is written, in its own type; only once all inputs were read
///     cells    room for eight bytes for each of number_code::cells
using number_function = void (*)(const void* const* inputs, void* const* outputs, void* cells);

} // namespace damo::exec
