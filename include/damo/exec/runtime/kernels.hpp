// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/exec/runtime/kernel_set.hpp>
#if !defined(DAMO_USE_LIBRARY) && !defined(DAMO_BUILD_LIBRARY)
#include <damo/exec/runtime/move_blocks.hpp>
#endif

namespace damo::exec {
inline namespace DAMO_LIBRARY {

#if defined(DAMO_USE_LIBRARY) || defined(DAMO_BUILD_LIBRARY)
/// The kernels for the best instruction set that this machine has, of those the library was built for.
const kernel_set& best_kernels();
/// Those of one instruction set by name -- "plain", "avx2", "avx512" -- or null where the library or the machine has it not.
const kernel_set* kernels_for(const char* instruction_set);
#else
/// The kernels of the instruction set that this file is compiled for.
inline const kernel_set& best_kernels() { return detail::blocks::kernels; }
#endif

} // namespace DAMO_LIBRARY
} // namespace damo::exec
