// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

namespace damo::exec {

/// A compiled nest. It computes what the interpreted one does, allocates nothing, and may run in several threads at once. A program takes
/// it by program::replace_nest while others run.
///     data     per stream of the plan's step, in order: its first element; of a stream without memory the position, as a pointer
///     symbols  of the function's extent expressions, by number
///     extents  of the axes that are left after neighbours were joined, kept ones first; no kept axis is empty
///     bytes    how far stream s moves along axis a: at a * streams + s, in bytes, of positions by one
///     outer    how many kept axes, then how many others; without others there are no passes
/// A nest may be cut along its outermost axis: then `data` and extents are those of the piece.
using nest_function = void (*)(char* const* data, const std::int64_t* symbols, const std::int64_t* extents, const std::int64_t* bytes, int outer, int inner);

} // namespace damo::exec
