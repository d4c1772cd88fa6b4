// SPDX-License-Identifier: BSD-3-Clause
// The block kernels of one instruction set: compiled once for each, with its flags.
#include <damo/exec/runtime/move_blocks.hpp>

namespace damo::exec::detail::blocks {
inline namespace DAMO_ISA {
extern const kernel_set library_kernels;
const kernel_set library_kernels = kernels;
} // namespace DAMO_ISA
} // namespace damo::exec::detail::blocks
