// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/config.hpp>

#if DAMO_HAS_TBB
#include <algorithm>

#include <oneapi/tbb/info.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>
#endif

namespace damo::exec {
namespace detail::parallel {
inline namespace DAMO_ISA {

// So many threads that take parts of a job. Which part is which does not depend on who takes it. Without oneTBB there is one.
class team {
  public:
#if DAMO_HAS_TBB
    explicit team(int threads) : threads_(threads > 1 ? threads : 1), arena_(std::min(threads_, tbb::info::default_concurrency())) {}
    int threads() const { return threads_; }
    // Calls f(part) for each of 0 to parts - 1.
    template <class F>
    void run(int parts, const F& f) {
        if (parts <= 1 || threads_ == 1) {
            for (int i = 0; i < parts; ++i) { f(i); }
            return;
        }
        arena_.execute([&] { tbb::parallel_for(0, parts, f, tbb::simple_partitioner()); });
    }

  private:
    int threads_;
    tbb::task_arena arena_;
#else
    explicit team(int) {}
    int threads() const { return 1; }
    template <class F>
    void run(int parts, const F& f) {
        for (int i = 0; i < parts; ++i) { f(i); }
    }
#endif
};

} // namespace DAMO_ISA
} // namespace detail::parallel
} // namespace damo::exec
