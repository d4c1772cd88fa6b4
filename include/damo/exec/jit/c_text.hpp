// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include <damo/core/dtype.hpp>
#include <damo/ir/op_info.hpp>

namespace damo::exec::jit {

// C source while it grows, a line at a time.
class c_text {
  public:
    template <class... Part>
    void line(const Part&... part) {
        text_.append(static_cast<std::size_t>(4 * depth_), ' ');
        (append(part), ...);
        text_ += '\n';
    }
    // A line that opens a block.
    template <class... Part>
    void open(const Part&... part) {
        line(part..., " {");
        ++depth_;
    }
    void close(std::string_view after = "") {
        --depth_;
        line("}", after);
    }
    // A line at the left margin.
    void directive(std::string_view text) {
        text_ += text;
        text_ += '\n';
    }
    const std::string& str() const { return text_; }

  private:
    std::string text_;
    int depth_ = 0;

    void append(std::string_view t) { text_ += t; }
    void append(std::int64_t n) { text_ += std::to_string(n); }
    void append(char c) { text_ += c; }
    void append(int n) { text_ += std::to_string(n); }
};

constexpr const char* c_type(dtype t) {
    return t == dtype::float64 ? "double" : t == dtype::float32 ? "float" : t == dtype::int64 ? "int64_t" : t == dtype::int32 ? "int32_t" : "_Bool";
}

// A constant of the plan, exactly: floating numbers in hexadecimal.
inline std::string c_literal(dtype t, std::uint64_t bits) {
    if (t == dtype::boolean) { return bits ? "1" : "0"; }
    if (t == dtype::int32) {
        const auto v = static_cast<std::int32_t>(bits);
        return v == INT32_MIN ? "(-2147483647 - 1)" : "(" + std::to_string(v) + ")";
    }
    if (t == dtype::int64) {
        const auto v = static_cast<std::int64_t>(bits);
        return v == INT64_MIN ? "(-INT64_C(9223372036854775807) - 1)" : "INT64_C(" + std::to_string(v) + ")";
    }
    const double v = t == dtype::float32 ? static_cast<double>(static_cast<float>(std::bit_cast<double>(bits))) : std::bit_cast<double>(bits);
    const bool single = t == dtype::float32;
    if (std::isnan(v)) { return single ? "((float)NAN)" : "((double)NAN)"; }
    std::string text = std::signbit(v) ? "(-" : "(";
    if (std::isinf(v)) { text += single ? "(float)INFINITY" : "(double)INFINITY"; }
    else {
        char digits[40];
        const auto end = std::to_chars(digits, digits + sizeof digits, std::fabs(v), std::chars_format::hex).ptr;
        text += "0x";
        text.append(digits, end);
        if (single) { text += 'f'; }
    }
    return text + ")";
}

// How ops are found by id: the library's own, or a registry that knows those of the user too.
using op_lookup = const ir::op_info* (*)(std::uint32_t id);

// The C of an op on operands of element type t; empty when the op has none.
inline std::string c_expression(const ir::op_info* op, dtype t, const std::string* operands, int count) {
    const char* s = op == nullptr ? nullptr : is_floating(t) ? op->c_spelling : op->c_spelling_of_integers;
    std::string text;
    for (; s != nullptr && *s; ++s) {
        if (*s != '$') {
            text += *s;
        } else if (*++s == 'f') {
            if (t == dtype::float32) { text += 'f'; }
        } else if (const int k = *s - '0'; k >= 0 && k < count) {
            text += operands[k];
        } else { return ""; }
    }
    return text;
}

} // namespace damo::exec::jit
