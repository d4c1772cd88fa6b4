// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/config.hpp>

#if DAMO_HAS_EXCEPTIONS
#include <exception>
#else
#include <cstdio>
#include <cstdlib>
#endif

namespace damo {

#if DAMO_HAS_EXCEPTIONS
// A mistake in building or calling an expression at run time. what() is the sentence.
class error : public std::exception {
  public:
    error(const char* text, int size) noexcept {
        const int kept = size < static_cast<int>(sizeof text_) - 1 ? size : static_cast<int>(sizeof text_) - 1;
        for (int i = 0; i < kept; ++i) { text_[i] = text[i]; }
        text_[kept] = '\0';
    }
    const char* what() const noexcept override { return text_; }

  private:
    char text_[1024];
};
#endif

namespace core {

// Ends a call that cannot be served: throws damo::error; without exceptions prints the sentence and aborts.
[[noreturn]] inline void raise(const char* text, int size) {
#if DAMO_HAS_EXCEPTIONS
    throw error(text, size);
#else
    std::fwrite(text, 1, static_cast<std::size_t>(size), stderr);
    std::fputc('\n', stderr);
    std::abort();
#endif
}

} // namespace core
} // namespace damo
