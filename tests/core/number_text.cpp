// SPDX-License-Identifier: BSD-3-Clause
#include <damo/core/number_text.hpp>

#include <bit>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <string_view>

#include "catch.hpp"

using namespace damo::core;

namespace {

struct buffer {
    char at[longest_number] = {};
    int count = 0;
    constexpr std::string_view view() const { return {at, static_cast<std::size_t>(count)}; }
};

constexpr buffer written(double x) {
    buffer b;
    b.count = write_double(b.at, x);
    return b;
}

constexpr buffer written(float x) {
    buffer b;
    b.count = write_float(b.at, x);
    return b;
}

constexpr buffer written(std::int64_t n) {
    buffer b;
    b.count = write_integer(b.at, n);
    return b;
}

struct outcome {
    double value;
    int used;
    constexpr bool operator==(const outcome&) const = default;
};

constexpr outcome read(std::string_view s) {
    const char* stop = nullptr;
    const double x = read_double(s.data(), s.data() + s.size(), &stop);
    return {x, static_cast<int>(stop - s.data())};
}

constexpr float read_as_float(std::string_view s) {
    const char* stop = nullptr;
    return read_float(s.data(), s.data() + s.size(), &stop);
}

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr double greatest = std::numeric_limits<double>::max();
constexpr double least = std::numeric_limits<double>::denorm_min();

struct row {
    double number;
    std::string_view text;
};

// One row per way the writer can go; the run-time test below goes through them again.
constexpr row rows[] = {
    {0.0, "0"},
    {-0.0, "-0"},
    {1.0, "1"},
    {2.0, "2"},
    {-1.5, "-1.5"},
    {10.0, "10"},
    {0.5, "0.5"},
    {0.1, "0.1"},
    {3.14159, "3.14159"},
    {0.1 + 0.2, "0.30000000000000004"},
    {1.0 / 3.0, "0.3333333333333333"},
    {123456.789, "123456.789"},
    {0.0001, "0.0001"},
    {0.00012345678901234567, "0.00012345678901234567"},
    {0.00001, "1e-5"},
    {1e-7, "1e-7"},
    {1.5e-7, "1.5e-7"},
    {1e15, "1000000000000000"},
    {1234567890123456.0, "1234567890123456"},
    {1e16, "1e16"},
    {9007199254740993.0, "9007199254740992"},
    {1e22, "1e22"},
    {1e23, "1e23"},
    {9.5e-3, "0.0095"},
    {9007199254740992e10, "9.007199254740992e25"},
    {4.35, "4.35"},
    {5e-324, "5e-324"},
    {2.2250738585072014e-308, "2.2250738585072014e-308"},
    {-2.225073858507201e-308, "-2.225073858507201e-308"},
    {1.7976931348623157e308, "1.7976931348623157e308"},
    {-infinite, "-inf"},
    {infinite, "inf"},
};

constexpr bool every_row_holds() {
    for (const row& r : rows) {
        if (written(r.number).view() != r.text) { return false; }
        if (std::bit_cast<std::uint64_t>(read(r.text).value) != std::bit_cast<std::uint64_t>(r.number)) { return false; }
        if (read(r.text).used != static_cast<int>(r.text.size())) { return false; }
    }
    return true;
}

static_assert(every_row_holds());
static_assert(written(std::numeric_limits<double>::quiet_NaN()).view() == "nan" && read("nan").value != read("nan").value);
static_assert(written(0.1f).view() == "0.1" && written(16777216.0f).view() == "16777216" &&
              written(1e10f).view() == "10000000000");
static_assert(written(1e-45f).view() == "1e-45" && written(3.4028235e38f).view() == "3.4028235e38");
static_assert(written(std::int64_t{0}).view() == "0" && written(std::int64_t{-7}).view() == "-7");
static_assert(written(std::numeric_limits<std::int64_t>::min()).view() == "-9223372036854775808");
static_assert(written(std::numeric_limits<std::int64_t>::max()).view() == "9223372036854775807");

// Forms.
static_assert(read("1.") == outcome{1, 2} && read(".5") == outcome{0.5, 2} && read("+2") == outcome{2, 2});
static_assert(read("1e5x") == outcome{1e5, 3} && read("1E+5") == outcome{1e5, 4} && read("1e-5") == outcome{1e-5, 4});
static_assert(read("1e") == outcome{1, 1} && read("1e+") == outcome{1, 1} && read("1.2.3") == outcome{1.2, 3});
static_assert(read("007.50") == outcome{7.5, 6} && read("0e999999999999999999999") == outcome{0, 23});
static_assert(read("") == outcome{0, 0} && read("-") == outcome{0, 0} && read(".") == outcome{0, 0} &&
              read("e5") == outcome{0, 0});
static_assert(read(" 1") == outcome{0, 0} && read("x") == outcome{0, 0} && read("-.e1") == outcome{0, 0});
static_assert(read("-inf").value == -infinite && read("in") == outcome{0, 0} && read("+nan").used == 4);

// Out of range.
static_assert(read("1e400").value == infinite && read("-1e99999999999999999999").value == -infinite);
static_assert(read("1e-400").value == 0 && read("1e-99999999999999999999").value == 0);
static_assert(read("1.7976931348623158e308").value == greatest && read("1.7976931348623159e308").value == infinite);
static_assert(read("2.4703282292062327e-324").value == 0 && read("2.4703282292062328e-324").value == least);
static_assert(read_as_float("3.4028235677973367e38") == std::numeric_limits<float>::infinity());
static_assert(read_as_float("3.4028235677973366e38") == std::numeric_limits<float>::max());

// Between two neighbours: the even one, and a digit far behind decides. One rounding: by way of double this float is another.
static_assert(read("9007199254740993").value == 9007199254740992.0 && read("9007199254740995").value == 9007199254740996.0);
static_assert(read("9007199254740993.00000000000000000000000000000000001").value == 9007199254740994.0);
static_assert(read("9007199254740992.99999999999999999999999999999999999").value == 9007199254740992.0);
static_assert(read_as_float("1.00000017881393432617187499") == 1.00000011920928955078125f);
static_assert(read_as_float("1.00000017881393432617187501") == 1.0000002384185791015625f);

double bits_as_double(std::uint64_t b) {
    return std::bit_cast<double>(b);
}

// The digits of a number's text, without point, exponent, leading and trailing zeros.
std::string digits_of(std::string_view text) {
    std::string s;
    for (char c : text.substr(0, text.find('e'))) {
        if (c >= '0' && c <= '9' && !(s.empty() && c == '0')) { s += c; }
    }
    while (!s.empty() && s.back() == '0') { s.pop_back(); }
    return s;
}

template <class F> std::string_view std_text(char (&out)[64], F x) {
    const auto end = std::to_chars(out, out + 64, x, std::chars_format::scientific).ptr;
    return {out, static_cast<std::size_t>(end - out)};
}

// m * 2^q in full, for a 64-bit m and q < 0, as digits and a power of ten.
std::string exact_text(std::uint64_t m, int q) {
    std::string digits = std::to_string(m);
    for (int i = 0; i > q; --i) { // times 5, and divided by 10 through the exponent
        unsigned carry = 0;
        for (std::size_t k = digits.size(); k-- > 0;) {
            carry += 5 * static_cast<unsigned>(digits[k] - '0');
            digits[k] = static_cast<char>('0' + carry % 10);
            carry /= 10;
        }
        if (carry) { digits.insert(digits.begin(), static_cast<char>('0' + carry)); }
    }
    return digits + "e" + std::to_string(q);
}

} // namespace

TEST_CASE("numbers are written and read at run time as by the compiler") {
    CHECK(every_row_holds());
}

TEST_CASE("random doubles are written with the digits of std::to_chars and read back") {
    std::mt19937_64 random(1);
    int wrong = 0;
    for (int i = 0; i < 200000; ++i) {
        std::uint64_t b = random();
        if (i % 3 == 1) { b &= ~std::uint64_t{0} << (random() % 53); } // few bits: powers of two, short fractions
        const double x = bits_as_double(b);
        if (!std::isfinite(x)) { continue; }
        char other[64];
        const buffer ours = written(x);
        const auto theirs = std_text(other, x);
        const bool same = digits_of(ours.view()) == digits_of(theirs) &&
                          std::bit_cast<std::uint64_t>(read(ours.view()).value) == b &&
                          std::bit_cast<std::uint64_t>(read(theirs).value) == b;
        if (!same && ++wrong < 5) {
            CAPTURE(ours.view(), theirs);
            CHECK(same);
        }
    }
    CHECK(wrong == 0);
}

TEST_CASE("random floats are written with the digits of std::to_chars and read back") {
    std::mt19937_64 random(2);
    int wrong = 0;
    for (int i = 0; i < 200000; ++i) {
        const auto b = static_cast<std::uint32_t>(random());
        const float x = std::bit_cast<float>(b);
        if (!std::isfinite(x)) { continue; }
        char other[64];
        const buffer ours = written(x);
        const auto theirs = std_text(other, x);
        const bool same =
            digits_of(ours.view()) == digits_of(theirs) && std::bit_cast<std::uint32_t>(read_as_float(ours.view())) == b;
        if (!same && ++wrong < 5) {
            CAPTURE(ours.view(), theirs);
            CHECK(same);
        }
    }
    CHECK(wrong == 0);
}

TEST_CASE("random decimals are read as by std::from_chars") {
    std::mt19937_64 random(3);
    int wrong = 0;
    for (int i = 0; i < 100000; ++i) {
        std::string s;
        const auto length = 1 + random() % 40, point = random() % length;
        for (std::uint64_t k = 0; k < length; ++k) {
            s += static_cast<char>('0' + random() % 10);
            if (k == point) { s += '.'; }
        }
        s += "e" + std::to_string(static_cast<int>(random() % 600) - 300);
        double x = 0;
        float y = 0;
        const auto wide = std::from_chars(s.data(), s.data() + s.size(), x);
        const auto narrow = std::from_chars(s.data(), s.data() + s.size(), y);
        bool same = read(s).used == static_cast<int>(s.size());
        if (wide.ec == std::errc{}) { same = same && read(s).value == x; }
        if (narrow.ec == std::errc{}) { same = same && read_as_float(s) == y; }
        if (!same && ++wrong < 5) {
            CAPTURE(s);
            CHECK(same);
        }
    }
    CHECK(wrong == 0);
}

TEST_CASE("a decimal half way between two doubles goes to the even one, a digit more or less decides") {
    std::mt19937_64 random(4);
    for (int i = 0; i < 300; ++i) {
        const int biased = i % 3 == 0 ? static_cast<int>(random() % 3) : static_cast<int>(random() % 1070);
        const std::uint64_t b = (random() >> 12) | static_cast<std::uint64_t>(biased) << 52;
        const std::uint64_t m = (b & 0xfffffffffffff) | static_cast<std::uint64_t>(biased != 0) << 52;
        const std::string half = exact_text(2 * m + 1, (biased ? biased : 1) - 1076);
        const auto e = half.find('e');
        std::string digits = half.substr(0, e);
        const int exponent = std::atoi(half.c_str() + e + 1);
        CAPTURE(half);
        const double low = bits_as_double(b), high = bits_as_double(b + 1);
        REQUIRE(read(half).value == (b % 2 ? high : low));
        REQUIRE(read(digits + std::string(300, '0') + "1e" + std::to_string(exponent - 301)).value == high);
        --digits.back(); // the last digit is a 5
        REQUIRE(read(digits + std::string(300, '9') + "e" + std::to_string(exponent - 300)).value == low);
    }
}

TEST_CASE("hostile text takes time linear in its length") {
    const std::string many(1000000, '7');
    const auto begin = std::chrono::steady_clock::now();
    CHECK(read(many).value == infinite);
    CHECK(read("0." + many).value == Approx(7.0 / 9));
    CHECK(read(many + "e-1000000").value == 7.0 / 9);
    CHECK(read("0." + std::string(1000000, '0') + "1e1000001").value == 1.0);
    CHECK(read("1" + std::string(1000000, '0') + "e-1000000") == outcome{1.0, 1000010});
    CHECK(read(std::string(1000000, '0')).value == 0.0);
    CHECK(read("1e" + std::string(1000000, '9')) == outcome{infinite, 1000002});
    CHECK(read("9007199254740993." + std::string(1000000, '0') + "1").value == 9007199254740994.0);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(2));
}
