// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/config.hpp>
#include <damo/core/error.hpp>
#include <damo/core/sentence.hpp>

// What happens when a call breaks its contract at run time: a sentence reaches the person who made the call. With exceptions it is
// thrown; without them it goes to a handler that the user may replace. Nothing continues with a wrong shape.

namespace damo {

#if DAMO_HAS_EXCEPTIONS
/// The exception of a call whose array arguments have shapes that do not fit: `what()` is the whole sentence.
class shape_error : public error {
  public:
    using error::error;
};
#endif

namespace detail::contract {

constexpr int length(const char* text) {
    int n = 0;
    while (text[n] != '\0') { ++n; }
    return n;
}

#if DAMO_HAS_EXCEPTIONS
[[noreturn]] inline void throw_shape_error(const char* sentence) {
    throw shape_error(sentence, length(sentence));
}
#endif

} // namespace detail::contract

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
