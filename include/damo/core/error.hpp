// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/config.hpp>

#if DAMO_HAS_EXCEPTIONS
#include <new> // std::exception, of which std::bad_alloc is made, without what else <exception> has
#else
#include <cstdio>
#include <cstdlib>
#endif

namespace damo {

#if DAMO_HAS_EXCEPTIONS
// A mistake in building or calling an expression at run time. what() is the sentence.
class error : public std::exception {
  public:
    DAMO_INLINE error(const char* text, int size) noexcept {
        const int kept = size < static_cast<int>(sizeof text_) - 1 ? size : static_cast<int>(sizeof text_) - 1;
        for (int i = 0; i < kept; ++i) { text_[i] = text[i]; }
        text_[kept] = '\0';
    }
    const char* what() const noexcept override { return text_; }

  private:
    char text_[1024];
};
#endif

/// Called with the sentence in a build without exceptions. It must not return; if it does, the program is aborted.
using call_failure_handler = void (*)(const char* sentence);

namespace detail::contract {

inline call_failure_handler handler = nullptr; // the default

#if !DAMO_HAS_EXCEPTIONS
[[noreturn]] inline void hand_over(const char* sentence) {
    if (const call_failure_handler replaced = __atomic_load_n(&handler, __ATOMIC_ACQUIRE)) { replaced(sentence); }
    else {
        std::fputs(sentence, stderr);
        std::fputc('\n', stderr);
    }
    std::abort();
}
#endif

} // namespace detail::contract

/// Replaces the handler of builds without exceptions and returns the former one; a null pointer stands for the default, which prints
/// the sentence to stderr. Safe to call from any thread.
inline call_failure_handler set_call_failure_handler(call_failure_handler replacement) {
    return __atomic_exchange_n(&detail::contract::handler, replacement, __ATOMIC_ACQ_REL);
}

namespace core {

// Ends a call that cannot be served: throws damo::error; without exceptions hands the sentence to the handler. Always inlined, so that
// objects built with and without exceptions link without one overriding the other.
[[noreturn]] DAMO_INLINE void raise(const char* text, int size) {
#if DAMO_HAS_EXCEPTIONS
    throw error(text, size);
#else
    char sentence[1024];
    const int kept = size < static_cast<int>(sizeof sentence) - 1 ? size : static_cast<int>(sizeof sentence) - 1;
    for (int i = 0; i < kept; ++i) { sentence[i] = text[i]; }
    sentence[kept] = '\0';
    detail::contract::hand_over(sentence);
#endif
}

} // namespace core
} // namespace damo
