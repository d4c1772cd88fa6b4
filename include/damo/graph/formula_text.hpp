// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <damo/core/error.hpp>
#include <damo/ir/value.hpp>

namespace damo {

#if DAMO_HAS_EXCEPTIONS
// A mistake in the text of a formula. what() is the place, the sentence, the line and a mark below the place.
class parse_error : public error {
  public:
    parse_error(const std::string& text, int line, int column) : error(text.data(), static_cast<int>(text.size())), line_(line), column_(column) {}
    // Counted from 1; columns are code points.
    int line() const { return line_; }
    int column() const { return column_; }

  private:
    int line_;
    int column_;
};
#endif

namespace detail::formula {

// The length of the well-formed UTF-8 sequence at `at`, or 0. Overlong forms, surrogates and what lies above U+10FFFF are none (Unicode 15,
// table 3-7).
inline std::size_t sequence_length(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t k) { return at + k < text.size() ? static_cast<unsigned char>(text[at + k]) : 0u; };
    const unsigned first = byte(0);
    if (first < 0x80) { return 1; }
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4) { return 0; }
    const unsigned lowest = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    const unsigned highest = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (byte(1) < lowest || byte(1) > highest) { return 0; }
    for (std::size_t k = 2; k < length; ++k) {
        if (byte(k) < 0x80 || byte(k) > 0xBF) { return 0; }
    }
    return length;
}

// Ends the parsing: the place, the sentence, and the line with a mark below `length` bytes from `at`. Bytes that are no text are shown
// as '?', and of a long line only what is near.
[[noreturn]] inline void refuse(std::string_view text, std::size_t at, std::size_t length, const std::string& sentence) {
    int line = 1;
    std::size_t start = 0;
    for (std::size_t i = 0; i < at && i < text.size(); ++i) {
        if (text[i] == '\n') {
            ++line;
            start = i + 1;
        }
    }
    constexpr std::size_t near = 36;
    std::vector<std::size_t> places; // of the code points before the mistake
    for (std::size_t i = start; i < at && i < text.size();) {
        places.push_back(i);
        const std::size_t n = sequence_length(text, i);
        i += n > 0 ? n : 1;
    }
    const int column = static_cast<int>(places.size()) + 1;
    std::size_t i = places.size() > near ? places[places.size() - near] : start;
    std::string shown = i > start ? "..." : "";
    std::string mark(shown.size(), ' ');
    for (std::size_t cells = 0; cells < 2 * near && i < text.size() && text[i] != '\n'; ++cells) {
        const std::size_t n = sequence_length(text, i);
        const bool printable = n > 1 || (n == 1 && text[i] >= ' ' && text[i] != '\x7F');
        if (printable) { shown.append(text.substr(i, n)); }
        else { shown += text[i] == '\t' ? ' ' : '?'; }
        if (i <= at) { mark += i == at ? '^' : ' '; }
        else if (i < at + length) { mark += '~'; }
        i += n > 0 ? n : 1;
    }
    if (at >= i && mark.find('^') == std::string::npos) { mark += '^'; }
    if (i < text.size() && text[i] != '\n') { shown += "..."; }
    const std::string whole = "formula:" + std::to_string(line) + ":" + std::to_string(column) + ": " + sentence.substr(0, 640) + "\n  " + shown + "\n  " + mark;
#if DAMO_HAS_EXCEPTIONS
    throw parse_error(whole, line, column);
#else
    core::raise(whole.data(), static_cast<int>(whole.size()));
#endif
}

// A piece of text for a sentence: at most 40 bytes, in quotes, whole code points that can be printed.
inline std::string quoted(std::string_view piece) {
    std::string out = "'";
    std::size_t i = 0;
    while (i < piece.size() && i < 40) {
        const std::size_t n = sequence_length(piece, i);
        if (n > 1 || (n == 1 && piece[i] >= ' ' && piece[i] != '\x7F')) { out.append(piece.substr(i, n)); }
        else { out += '?'; }
        i += n > 0 ? n : 1;
    }
    return out + (i < piece.size() ? "...'" : "'");
}

// How many letters must be changed, put in, left out or exchanged with their neighbour to make b of a (optimal string alignment). Time
// and memory |a| |b|.
inline int edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<int>> d(a.size() + 1, std::vector<int>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) { d[i][0] = static_cast<int>(i); }
    for (std::size_t j = 0; j <= b.size(); ++j) { d[0][j] = static_cast<int>(j); }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const int replaced = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            const int shorter = d[i - 1][j] < d[i][j - 1] ? d[i - 1][j] : d[i][j - 1];
            d[i][j] = replaced < shorter + 1 ? replaced : shorter + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && d[i - 2][j - 2] + 1 < d[i][j]) { d[i][j] = d[i - 2][j - 2] + 1; }
        }
    }
    return d[a.size()][b.size()];
}

// Finds among the names it is shown the one that was perhaps meant.
class nearest_name {
  public:
    explicit nearest_name(std::string_view wrong) : wrong_(wrong), limit_(static_cast<int>(wrong.size()) / 3) {}
    void look_at(std::string_view name) {
        if (wrong_.size() > 32 || name.size() > 32) { return; }
        const int d = equal_but_for_case(name) ? 0 : edit_distance(wrong_, name);
        std::size_t shared = 0; // letters at the start, which are seldom wrong
        while (shared < name.size() && shared < wrong_.size() && name[shared] == wrong_[shared]) { ++shared; }
        if (d > limit_ || (!best_.empty() && (d > distance_ || (d == distance_ && shared <= shared_)))) { return; }
        best_ = name;
        distance_ = d;
        shared_ = shared;
    }
    // "; did you mean 'log'?", or nothing.
    std::string said() const { return best_.empty() ? std::string() : "; did you mean " + quoted(best_) + "?"; }

  private:
    std::string_view wrong_;
    std::string_view best_;
    int limit_;
    int distance_ = 0;
    std::size_t shared_ = 0;

    bool equal_but_for_case(std::string_view name) const {
        if (name.size() != wrong_.size()) { return false; }
        for (std::size_t i = 0; i < name.size(); ++i) {
            const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; };
            if (lower(name[i]) != lower(wrong_[i])) { return false; }
        }
        return true;
    }
};

// --- tokens ----------------------------------------------------------------------------------------------------------------

enum class token_kind : std::uint8_t { end, number, name, sign };

// A sign is told by its text, which for other spellings of it is the usual one: "**" is "^", "&&" is "&".
struct token {
    token_kind kind = token_kind::end;
    std::size_t at = 0;
    std::size_t size = 0;
    std::string_view text;
    value number;
};

// Cuts the text into tokens, one at a time. Blanks and line ends part tokens and mean nothing else; # begins a comment.
class token_reader {
  public:
    explicit token_reader(std::string_view text) : text_(text) {}

    token next() {
        skip_blanks();
        token t;
        t.at = at_;
        if (at_ >= text_.size()) { return t; }
        const char c = text_[at_];
        if (is_digit(c) || (c == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]))) { number(t); }
        else if (!sign(t)) { name(t); }
        t.size = at_ - t.at;
        return t;
    }

  private:
    std::string_view text_;
    std::size_t at_ = 0;

    static bool is_digit(char c) { return c >= '0' && c <= '9'; }
    static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

    void skip_blanks() {
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '#') {
                while (at_ < text_.size() && text_[at_] != '\n') { ++at_; }
            } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
                ++at_;
            } else {
                return;
            }
        }
    }

    // The longest sign that stands here.
    bool sign(token& t) {
        struct spelling {
            std::string_view written, meant;
        };
        static constexpr spelling signs[] = {
            {"...", "..."}, {"**", "^"}, {"<=", "<="}, {">=", ">="}, {"==", "=="}, {"!=", "!="}, {"&&", "&"}, {"||", "|"},
            {"\xE2\x88\x92", "-"}, {"\xC3\x97", "*"}, {"\xC2\xB7", "*"}, {"\xE2\x89\xA4", "<="}, {"\xE2\x89\xA5", ">="}, {"\xE2\x89\xA0", "!="},
            {"+", "+"}, {"-", "-"}, {"*", "*"}, {"/", "/"}, {"@", "@"}, {"^", "^"}, {"<", "<"}, {">", ">"}, {"=", "="}, {"&", "&"}, {"|", "|"},
            {"!", "!"}, {"?", "?"}, {":", ":"}, {",", ","}, {"(", "("}, {")", ")"}, {"[", "["}, {"]", "]"}, {".", "."}, {"'", "'"}};
        for (const spelling& s : signs) {
            if (text_.substr(at_, s.written.size()) == s.written) {
                t.kind = token_kind::sign;
                t.text = s.meant;
                at_ += s.written.size();
                return true;
            }
        }
        return false;
    }

    void name(token& t) {
        const std::size_t start = at_;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (is_letter(c) || (is_digit(c) && at_ > start)) {
                ++at_;
                continue;
            }
            const std::size_t n = sequence_length(text_, at_);
            if (n < 2) { break; }
            at_ += n;
        }
        if (at_ == start) {
            const std::string_view rest = text_.substr(at_, 1);
            if (rest == "%") { refuse(text_, at_, 1, "there is no remainder %: write x - y*floor(x/y)"); }
            if (rest == "~") { refuse(text_, at_, 1, "the sign of 'not' is !, not ~"); }
            if (rest == ";") { refuse(text_, at_, 1, "a formula is one expression, without ;"); }
            if (rest == "\"") { refuse(text_, at_, 1, "there are no texts in formulas"); }
            if (sequence_length(text_, at_) == 0) { refuse(text_, at_, 1, "these bytes are no UTF-8"); }
            refuse(text_, at_, 1, quoted(rest) + " has no meaning in a formula");
        }
        t.kind = token_kind::name;
        t.text = text_.substr(start, at_ - start);
    }

    void number(token& t) {
        t.kind = token_kind::number;
        const std::size_t start = at_;
        const char second = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
        const int base = text_[at_] != '0' ? 10 : second == 'x' || second == 'X' ? 16 : second == 'b' || second == 'B' ? 2 : 10;
        bool whole = true;
        if (base != 10) {
            at_ += 2;
            while (at_ < text_.size() && (is_digit(text_[at_]) || is_letter(text_[at_]))) { ++at_; }
        } else {
            digits();
            // 1.T is no number with a fraction, and 1...3 is none either
            if (at_ < text_.size() && text_[at_] == '.' && !(at_ + 1 < text_.size() && (text_[at_ + 1] == '.' || text_[at_ + 1] == 'T'))) {
                whole = false;
                ++at_;
                digits();
            }
            if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
                std::size_t after = at_ + 1;
                if (after < text_.size() && (text_[after] == '+' || text_[after] == '-')) { ++after; }
                if (after < text_.size() && is_digit(text_[after])) {
                    whole = false;
                    at_ = after;
                    digits();
                }
            }
        }
        const std::string_view written = text_.substr(start, at_ - start);
        if (base == 10 && at_ < text_.size() && (is_letter(text_[at_]) || static_cast<unsigned char>(text_[at_]) >= 0xC3)) {
            std::size_t end = at_;
            while (end < text_.size() && (is_letter(text_[end]) || is_digit(text_[end]))) { ++end; }
            refuse(text_, start, end - start, "a product needs its sign: write " + shortened(written) + "*" + shortened(text_.substr(at_, end - at_)));
        }
        const char* const first = written.data() + (base == 10 ? 0 : 2);
        const char* const last = written.data() + written.size();
        if (whole) {
            std::int64_t n = 0;
            const std::from_chars_result r = std::from_chars(first, last, n, base);
            if (r.ec == std::errc::result_out_of_range) {
                refuse(text_, start, written.size(), "whole numbers go up to 9223372036854775807: write a larger one as a fraction, 1e20");
            }
            if (r.ec != std::errc() || r.ptr != last) { refuse(text_, start, written.size(), quoted(written) + " is no whole number of base " + std::to_string(base)); }
            t.number = value::number(n);
        } else {
            double x = 0;
            const std::from_chars_result r = std::from_chars(first, last, x);
            if (r.ec == std::errc::result_out_of_range && !is_tiny(written)) {
                refuse(text_, start, written.size(), "numbers go up to 1.797...e308: write inf for infinity");
            }
            t.number = value::number(r.ec == std::errc() ? x : 0.0);
        }
    }
    void digits() {
        while (at_ < text_.size() && is_digit(text_[at_])) { ++at_; }
    }
    static std::string shortened(std::string_view s) { return std::string(s.substr(0, 24)); }
    // Whether a number out of range lies below the smallest: it is then 0. Told by the decimal place of its first digit.
    static bool is_tiny(std::string_view s) {
        const std::size_t e = s.find_first_of("eE");
        const std::string_view mantissa = s.substr(0, e);
        const std::size_t digit = mantissa.find_first_of("123456789");
        if (digit == std::string_view::npos) { return true; }
        const std::size_t point = mantissa.find('.') == std::string_view::npos ? mantissa.size() : mantissa.find('.');
        std::int64_t exponent = 0;
        for (std::size_t i = e == std::string_view::npos ? s.size() : e + 1; i < s.size(); ++i) {
            if (is_digit(s[i]) && exponent < 1'000'000'000'000) { exponent = 10 * exponent + (s[i] - '0'); }
        }
        if (e != std::string_view::npos && s[e + 1] == '-') { exponent = -exponent; }
        return exponent + static_cast<std::int64_t>(point) - static_cast<std::int64_t>(digit) < 0;
    }
};

} // namespace detail::formula
} // namespace damo
