// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <type_traits>
#include <utility>

#include <damo/ir/stored.hpp>

namespace damo {

namespace detail::report {

inline constexpr int piece_length = 29; // longer ones are cut by clang

// 29 characters of a sentence, as a template argument that compilers print as text.
struct piece {
    char text[piece_length + 1];
};

// The sentence and, when known, the place of the call that was recorded.
struct sentence_text {
    char text[ir::longest_error + 300] = {};
    int size = 0;
    constexpr void put(char c) {
        if (size < static_cast<int>(sizeof text)) { text[size++] = c; }
    }
};

template <class Graph>
constexpr sentence_text spell() {
    sentence_text s;
    for (int i = 0; i < Graph::stored.message_size; ++i) { s.put(Graph::stored.message[i]); }
    if (Graph::stored.error_file != nullptr) {
        s.put(' ');
        s.put('(');
        const char* name = Graph::stored.error_file;
        for (const char* c = name; *c; ++c) {
            if (*c == '/') { name = c + 1; }
        }
        for (; *name; ++name) { s.put(*name); }
        s.put(':');
        core::sentence number;
        number << Graph::stored.error_line;
        for (int i = 0; i < number.size(); ++i) { s.put(number.data()[i]); }
        s.put(')');
    }
    return s;
}

template <class Graph>
constexpr piece piece_of(int i) {
    constexpr sentence_text s = spell<Graph>();
    piece p{};
    for (int k = 0; k < piece_length; ++k) {
        const int at = i * piece_length + k;
        p.text[k] = at < s.size ? s.text[at] : ' ';
    }
    p.text[piece_length] = 0;
    return p;
}

} // namespace detail::report

namespace detail::report {
template <piece...>
inline constexpr bool no_mistake = false;
template <>
inline constexpr bool no_mistake<> = true; // the compiler has told it
} // namespace detail::report

// Instantiated with a sentence to say it: the arguments are the text, in pieces that every compiler prints.
template <detail::report::piece... Text>
struct damo_says {
    static_assert(detail::report::no_mistake<Text...>, "damo found a mistake in an expression: read the text in the arguments of damo_says");
};

// What a call gives after a mistake was reported: anything, also a pair, so that no second error follows the first.
struct after_mistake {
    template <std::size_t>
    constexpr after_mistake get() const {
        return {};
    }
    template <class I>
    constexpr after_mistake operator[](const I&) const {
        return {};
    }
    template <class T>
    constexpr operator T() const {
        return T();
    }
};

template <std::size_t>
constexpr after_mistake get(const after_mistake&) {
    return {};
}

namespace detail::report {

template <class Graph, int... I>
damo_says<piece_of<Graph>(I)...>* say(std::integer_sequence<int, I...>);

// The sentence stored in a failed graph as a type; sizeof makes the compiler say it. Short on purpose: each step between the call and
// the sentence is a line of the message.
template <class Graph>
using says = std::remove_pointer_t<decltype(say<Graph>(
    std::make_integer_sequence<int, (spell<Graph>().size + piece_length - 1) / piece_length>{}))>;

} // namespace detail::report

} // namespace damo

template <>
struct std::tuple_size<damo::after_mistake> : std::integral_constant<std::size_t, 2> {};
template <std::size_t I>
struct std::tuple_element<I, damo::after_mistake> {
    using type = damo::after_mistake;
};
