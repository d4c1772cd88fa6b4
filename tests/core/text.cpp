// SPDX-License-Identifier: BSD-3-Clause
#include <damo/core/text.hpp>

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "catch.hpp"

using damo::core::fixed_text;
using damo::core::text;

namespace {

constexpr text everything() {
    text t("f(");
    t.append('x').append(", ").append_integer(-42).append(' ').append_double(0.1).append(' ').append_float(0.1f).append(")");
    return t;
}

constexpr std::size_t size_after_growing(int n) {
    text t;
    for (int i = 0; i < n; ++i) { t.append("ab").append('c'); }
    return t.size();
}

constexpr bool copies_are_their_own() {
    text a("one");
    text b = a;
    b.append(" two");
    text c = std::move(b);
    a = c;
    a = *&a;
    c.clear();
    a.shorten(5);
    return a == "one t" && c.empty() && !(a == c);
}

template <fixed_text Name> struct symbol { static constexpr std::string_view name = Name.view(); };

// The same text once more, of exact size, as a pass stores what it printed.
constexpr std::size_t length = everything().size();
constexpr fixed_text<length + 1> stored(everything().view());

static_assert(everything() == "f(x, -42 0.1 0.1)");
static_assert(size_after_growing(100) == 300);
static_assert(copies_are_their_own());
static_assert(text().view().empty() && text() == text(""));
static_assert(symbol<"alpha">::name == "alpha" && symbol<"">::name.empty());
static_assert(std::is_same_v<symbol<"x">, symbol<"x">> && !std::is_same_v<symbol<"x">, symbol<"y">>);
static_assert(fixed_text("ab") == fixed_text("ab") && fixed_text("ab") != fixed_text("abc") &&
              fixed_text("ab") != fixed_text("ac"));
static_assert(fixed_text("a\0b").size() == 3 && fixed_text("ab") == std::string_view("ab"));
static_assert(stored == "f(x, -42 0.1 0.1)");

} // namespace

TEST_CASE("a text built at run time is the one built by the compiler") {
    CHECK(everything() == stored.view());
    CHECK(std::string(stored.c_str()) == "f(x, -42 0.1 0.1)");
    CHECK(size_after_growing(1000) == 3000);
    CHECK(copies_are_their_own());
}

TEST_CASE("the longest numbers fit") {
    text t;
    std::string expected;
    for (int i = 0; i < 50; ++i) {
        t.append_double(-2.2250738585072014e-308).append_integer(std::numeric_limits<std::int64_t>::min());
        expected += "-2.2250738585072014e-308-9223372036854775808";
    }
    CHECK(t == expected);
}
