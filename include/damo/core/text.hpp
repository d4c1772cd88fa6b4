// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <damo/core/number_text.hpp>
#include <damo/core/pool.hpp>

namespace damo::core {

// A growing text, usable in constant evaluation and at run time. What is printed there is the same here, numbers included.
class text {
public:
    constexpr text() = default;
    constexpr explicit text(std::string_view start) { append(start); }
    constexpr text(const text& other) { append(other.view()); }
    constexpr text(text&&) noexcept = default;
    constexpr text& operator=(const text& other) {
        if (this != &other) {
            clear();
            append(other.view());
        }
        return *this;
    }
    constexpr text& operator=(text&&) noexcept = default;

    // Must not be a view into this text.
    constexpr text& append(std::string_view more) {
        const int count = static_cast<int>(more.size());
        const char* from = more.data();
        characters.reserve(characters.size + count);
        char* to = characters.data + characters.size;
        for (int i = 0; i < count; ++i) { to[i] = from[i]; }
        characters.size += count;
        return *this;
    }
    constexpr text& append(char c) {
        characters.push(c);
        return *this;
    }
    constexpr text& append_integer(std::int64_t n) { return grow_by(write_integer(room_for_number(), n)); }
    // The shortest text that reads back as the same number: 2, 0.1, 1e22, inf.
    constexpr text& append_double(double x) { return grow_by(write_double(room_for_number(), x)); }
    constexpr text& append_float(float x) { return grow_by(write_float(room_for_number(), x)); }

    constexpr std::string_view view() const { return {characters.data, size()}; }
    constexpr std::size_t size() const { return static_cast<std::size_t>(characters.size); }
    constexpr bool empty() const { return characters.size == 0; }
    constexpr void clear() { characters.size = 0; }
    // Keeps the first n characters; n must not exceed size().
    constexpr void shorten(std::size_t n) { characters.size = static_cast<int>(n); }

    friend constexpr bool operator==(const text& a, const text& b) { return a.view() == b.view(); }
    friend constexpr bool operator==(const text& a, std::string_view b) { return a.view() == b; }

private:
    constexpr char* room_for_number() {
        characters.reserve(characters.size + longest_number);
        return characters.data + characters.size;
    }
    constexpr text& grow_by(int count) {
        characters.size += count;
        return *this;
    }

    pool<char> characters;
};

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
    constexpr explicit fixed_text(std::string_view from) {
        for (std::size_t i = 0; i + 1 < N; ++i) { characters[i] = from[i]; }
    }

    static constexpr std::size_t size() { return N - 1; }
    constexpr const char* c_str() const { return characters; }
    constexpr std::string_view view() const { return {characters, N - 1}; }

    template <std::size_t M> friend constexpr bool operator==(const fixed_text& a, const fixed_text<M>& b) {
        return a.view() == b.view();
    }
    friend constexpr bool operator==(const fixed_text& a, std::string_view b) { return a.view() == b; }
};

} // namespace damo::core
