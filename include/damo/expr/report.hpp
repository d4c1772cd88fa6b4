// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>

namespace damo {

namespace detail::report {

inline constexpr int piece_length = 29; // longer ones are cut by clang

// 29 characters of a sentence. All three compilers print it as a string; a longer array would be cut or shown as numbers.
struct piece {
    char text[piece_length + 1];
};

template <piece... Pieces>
struct damo_says {
    static_assert(sizeof...(Pieces) == 0, "damo found a mistake in this expression; read the pieces of text in the type above");
    static constexpr bool done = true;
};

template <class Source, int I>
constexpr piece piece_of() {
    piece p{};
    for (int k = 0; k < piece_length; ++k) {
        const int at = I * piece_length + k;
        p.text[k] = at < Source::size() ? Source::character(at) : ' ';
    }
    return p;
}

template <class Source, class Numbers>
struct spell;
template <class Source, template <class, int...> class Numbers, int... I>
struct spell<Source, Numbers<int, I...>> {
    using type = damo_says<piece_of<Source, I>()...>;
};

} // namespace detail::report

} // namespace damo
