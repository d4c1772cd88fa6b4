// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/config.hpp>
#include <damo/core/sentence.hpp>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

// What happens when a call breaks its contract at run time: a sentence reaches the person who made the call. With exceptions it is
// thrown; without them it goes to a handler that the user may replace. Nothing continues with a wrong shape.

namespace damo {

/// The exception of a call whose array arguments have shapes that do not fit: `what()` is the whole sentence.
class shape_error : public std::invalid_argument {
public:
    using std::invalid_argument::invalid_argument;
};

/// Called with the sentence in a build without exceptions. It must not return; if it does, the program is aborted.
using call_failure_handler = void (*)(const char* sentence);

namespace detail::contract {

inline void print_sentence(const char* sentence) {
    std::fputs(sentence, stderr);
    std::fputc('\n', stderr);
}

inline std::atomic<call_failure_handler> handler{&print_sentence};

[[noreturn]] inline void hand_over(const char* sentence) {
    handler.load()(sentence);
    std::abort();
}

#if DAMO_HAS_EXCEPTIONS
[[noreturn]] inline void throw_shape_error(const char* sentence) {
    throw shape_error(sentence);
}
#endif

} // namespace detail::contract

/// Replaces the handler of builds without exceptions and returns the former one; a null pointer restores the default, which prints
/// the sentence to stderr. Safe to call from any thread.
inline call_failure_handler set_call_failure_handler(call_failure_handler replacement) {
    return detail::contract::handler.exchange(replacement != nullptr ? replacement : &detail::contract::print_sentence);
}

/// Ends the call: throws shape_error, or without exceptions hands the sentence to the handler. Always inlined, so that objects built
/// with and without exceptions link without one overriding the other.
[[noreturn]] DAMO_INLINE void fail_call(const char* sentence) {
#if DAMO_HAS_EXCEPTIONS
    detail::contract::throw_shape_error(sentence);
#else
    detail::contract::hand_over(sentence);
#endif
}

namespace detail::contract {

// A shape as NumPy prints it: (), (3,), (3, 4).
template <class View> void print_shape(core::sentence& out, const View& view) {
    out << '(';
    for (int axis = 0; axis < View::rank; ++axis) { out << (axis > 0 ? ", " : "") << view.extents[axis]; }
    out << (View::rank == 1 ? ",)" : ")");
}

[[noreturn]] DAMO_INLINE void fail(core::sentence& text) {
    text << '\0';
    fail_call(text.data());
}

} // namespace detail::contract

} // namespace damo
