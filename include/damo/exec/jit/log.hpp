// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <cstdio>

namespace damo {

/// Receives sentences about what damo could not do and works without, such as a C compiler that is missing. May be called from any
/// thread, several at once; must not throw.
using log_handler = void (*)(const char* sentence);

namespace detail::log {

inline void print(const char* sentence) {
    std::fputs("damo: ", stderr);
    std::fputs(sentence, stderr);
    std::fputc('\n', stderr);
}
inline std::atomic<log_handler> handler{&print};

inline void say(const char* sentence) { handler.load(std::memory_order_acquire)(sentence); }

} // namespace detail::log

/// Replaces the handler and returns the former one; a null pointer restores the default, which prints to stderr. Safe to call from any
/// thread.
inline log_handler set_log(log_handler replacement) {
    return detail::log::handler.exchange(replacement != nullptr ? replacement : &detail::log::print, std::memory_order_acq_rel);
}

} // namespace damo
