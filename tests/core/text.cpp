// SPDX-License-Identifier: BSD-3-Clause
#include <damo/core/text.hpp>

#include <cstddef>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>

#include "catch.hpp"

using damo::core::fixed_text;
using damo::core::text_view;

namespace {

template <fixed_text Name> struct symbol { static constexpr std::string_view name = Name.view(); };

// Part of a text once more, of exact size, as a pass stores what it printed.
constexpr fixed_text<3> stored(text_view("f(x, -42)", 2));

static_assert(symbol<"alpha">::name == "alpha" && symbol<"">::name.empty());
static_assert(std::is_same_v<symbol<"x">, symbol<"x">> && !std::is_same_v<symbol<"x">, symbol<"y">>);
static_assert(fixed_text("ab") == fixed_text("ab") && fixed_text("ab") != fixed_text("abc") &&
              fixed_text("ab") != fixed_text("ac"));
static_assert(fixed_text("a\0b").size() == 3 && fixed_text("ab") == std::string_view("ab"));
static_assert(stored == "f(" && stored != "f(x" && stored != "g(");

constexpr text_view view = "of two";
static_assert(view.substr(0, 3) == view.substr(0).substr(0, 3) && view.substr(3) == view.last(3) && view.substr(6, 2).empty());
static_assert(view.size() == 6 && view[1] == 'f' && !view.empty() && view.last(3) == "two" && view.last(0).empty());
static_assert(view == text_view("of two, three", 6) && view != "of twp" && view != "of" && text_view() == "");
static_assert(view == std::string_view("of two") && std::string_view("of tw") != view);
static_assert(std::is_convertible_v<text_view, std::string_view> && std::is_convertible_v<std::string_view, text_view>);
static_assert(std::is_convertible_v<std::string, text_view> && !std::is_convertible_v<text_view, std::string>);
static_assert(!std::is_convertible_v<text_view, const char*> && !std::is_convertible_v<text_view, std::u16string_view>);

constexpr std::size_t letters(text_view text) {
    std::size_t n = 0;
    for (const char c : text) { n += c != ' ' ? 1 : 0; }
    return n;
}
static_assert(letters(view) == 5 && letters("") == 0);

} // namespace

TEST_CASE("a view of characters and the strings of std become each other") {
    const std::string text = "one two";
    const text_view all = text;
    CHECK((all.data() == text.data() && all.size() == text.size()));
    const std::string_view back = all.last(3);
    CHECK(back.data() == text.data() + 4);
    CHECK(std::string(all.last(3)) == "two");
    CHECK(std::string("> ").append(all) == "> one two");
    CHECK((all == text && text == all && std::string("one") != all));
    CHECK(std::string(stored.c_str()) == "f(");
}

TEST_CASE("a view of characters is printed to a stream") {
    std::ostringstream out;
    out << view << '|' << text_view() << '|' << stored.view();
    CHECK(out.str() == "of two||f(");
}
