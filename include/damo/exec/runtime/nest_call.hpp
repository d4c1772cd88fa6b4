// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

namespace damo::exec {

/// What a compiled nest is called with. Axes and streams are those of the plan's step: `rank` axes, the kept ones first, and the streams of
/// its range, in order. A nest may be cut along its outermost axis, so that extents may be smaller than the arrays'.
struct nest_call {
    char* const* pointers = nullptr;         // per stream: its first element; null for a position
    const std::int64_t* positions = nullptr; // per stream without memory: the position it begins with
    const std::int64_t* strides = nullptr;   // bytes (of positions: counts) of stream s along axis k at s * rank + k
    const std::int64_t* extents = nullptr;   // per axis
    const std::int64_t* symbols = nullptr;   // of the function's extent expressions, by number
};

/// A compiled nest. It computes what the interpreted one does, allocates nothing, and may run in several threads at once.
using nest_function = void (*)(const nest_call&);

} // namespace damo::exec
