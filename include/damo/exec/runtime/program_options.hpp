// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace damo::exec {

struct kernel_set;

/// How a program is prepared and run.
struct program_options {
    int threads = 1;                     // how many a call may use; results are the same bits for the same number
    const kernel_set* kernels = nullptr; // null: the best ones for this machine
};

} // namespace damo::exec
