// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace damo::exec {

/// What one step of a plan took, all its runs together. A loop or a branch contains the steps inside it, which are counted on their own too.
struct step_time {
    std::int64_t runs = 0;
    double seconds = 0;
    bool machine_code = false; // the latest run was of compiled code, not of precompiled kernels
};
/// By the number of the step.
using step_times = std::vector<step_time>;

template <class F>
void timed(step_time& t, const F& f) {
    const auto start = std::chrono::steady_clock::now();
    f();
    t.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    ++t.runs;
}

} // namespace damo::exec
