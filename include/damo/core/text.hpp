// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>

#include <damo/core/text_view.hpp>

namespace damo::core {

// A text of fixed length as a template argument: template <fixed_text Name> struct symbol; symbol<"x">.
// N counts the terminating zero. Public members, because only such a type is structural.
template <std::size_t N> struct fixed_text {
    char characters[N] = {};

    constexpr fixed_text() = default;
    // A string literal converts.
    constexpr fixed_text(const char (&literal)[N]) {
        for (std::size_t i = 0; i < N; ++i) { characters[i] = literal[i]; }
    }
    // The first N - 1 characters of a text that has at least so many: fixed_text<n + 1>(view).
    constexpr explicit fixed_text(text_view from) {
        for (std::size_t i = 0; i + 1 < N; ++i) { characters[i] = from[i]; }
    }

    static constexpr std::size_t size() { return N - 1; }
    constexpr const char* c_str() const { return characters; }
    constexpr text_view view() const { return {characters, N - 1}; }

    template <std::size_t M> friend constexpr bool operator==(const fixed_text& a, const fixed_text<M>& b) {
        return a.view() == b.view();
    }
    friend constexpr bool operator==(const fixed_text& a, text_view b) { return a.view() == b; }
};

} // namespace damo::core
