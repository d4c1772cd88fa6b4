// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include <damo/config.hpp>
#include <damo/core/text_view.hpp>

namespace damo::core {

// A name of at most ten letters, digits and underscores as a number: six bits a character, the first in the lowest bits. So a name can
// be a template argument or a field of a graph, and be read again. No name is 0.
inline constexpr int longest_short_name = 10;

// Of a name that is none, -1.
constexpr std::int64_t short_name(text_view name) {
    if (name.empty() || name.size() > static_cast<std::size_t>(longest_short_name)) { return -1; }
    std::int64_t code = 0;
    for (std::size_t i = name.size(); i-- > 0;) {
        const char c = name[i];
        const int letter = c == '_' ? 63 : c >= '0' && c <= '9' ? 1 + (c - '0') : c >= 'a' && c <= 'z' ? 11 + (c - 'a') : c >= 'A' && c <= 'Z' ? 37 + (c - 'A') : 0;
        if (letter == 0) { return -1; }
        code = code << 6 | letter;
    }
    return code;
}

// The characters of the name, one by one.
template <class Out>
DAMO_HD constexpr void write_short_name(Out& out, std::int64_t code) {
    constexpr char letters[] = "?0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    for (; code > 0; code >>= 6) { out << letters[code & 63]; }
}

} // namespace damo::core
