// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <damo/exec/jit/c_text.hpp>
#include <damo/exec/runtime/number_call.hpp>
#include <damo/exec/runtime/number_code.hpp>

namespace damo::exec::jit {

// Writes a function of numbers as a C function of the type number_function. The time of a compiler grows faster than a function, so a long
// one is written in parts, which hand numbers on in cells.
class number_writer {
  public:
    number_writer(const number_code& code, op_lookup find) : c(code), find_(find), maker_(static_cast<std::size_t>(code.cells), -1), crosses_(maker_.size()), read_(maker_.size(), -1) {}

    // False if an op has no spelling in C.
    bool write(c_text& out, const std::string& name) {
        for (const number_code::call& k : c.calls) {
            const std::string any[3] = {"x", "x", "x"};
            if (value_of(k, any).empty()) { return false; }
        }
        const int calls = static_cast<int>(c.calls.size());
        const int parts = std::max(1, (calls + part_size - 1) / part_size);
        find_crossing(parts);
        for (int p = 0; p < parts; ++p) {
            const bool last = p + 1 == parts;
            const char* const pointers = "(const void* const* inputs, void* const* outputs, void* cells)";
            if (parts == 1) { out.open("void ", name, pointers); }
            else { out.open("static DAMO_APART void ", part_name(name, p), pointers); }
            out.line("(void)inputs; (void)outputs; (void)cells;");
            for (int i = p * part_size; i < std::min(calls, (p + 1) * part_size); ++i) { write(out, c.calls[static_cast<std::size_t>(i)], p); }
            if (last) {
                for (const number_code::move& y : c.outputs) { read(out, y.cell, p); }
                for (const number_code::move& y : c.outputs) { out.line("*(", c_type(y.element), "*)outputs[", y.number, "] = ", operand(y.cell), ';'); }
            }
            out.close();
        }
        if (parts == 1) { return true; }
        out.open("void ", name, "(const void* const* inputs, void* const* outputs, void* cells)");
        for (int p = 0; p < parts; ++p) { out.line(part_name(name, p), "(inputs, outputs, cells);"); }
        out.close();
        return true;
    }

  private:
    static constexpr int part_size = 256;
    const number_code& c;
    op_lookup find_;
    std::vector<int> maker_;    // by cell: the part that computes it, -1 for inputs and constants
    std::vector<bool> crosses_; // by cell: needed by another part
    std::vector<int> read_;     // by cell: the last part that has read it into a variable

    static std::string part_name(const std::string& name, int p) { return name + "_part" + std::to_string(p); }
    static std::string variable(std::int32_t cell) { return 'x' + std::to_string(cell); }
    bool is_constant(std::int32_t cell) const { return cell >= c.first_constant && cell < c.first_constant + static_cast<int>(c.constants.size()); }
    std::string operand(std::int32_t cell) const {
        if (!is_constant(cell)) { return variable(cell); }
        const number_code::constant& k = c.constants[static_cast<std::size_t>(cell - c.first_constant)];
        return c_literal(k.element, k.bits);
    }
    std::string value_of(const number_code::call& k, const std::string* operands) const {
        if (k.op == ops::id_of<ops::cast_op>) { return std::string("(") + c_type(k.element) + ')' + operands[0]; }
        return c_expression(find_(k.op), k.last, operands, k.arg_count);
    }
    void find_crossing(int parts) {
        for (std::size_t i = 0; i < c.calls.size(); ++i) {
            const int part = static_cast<int>(i) / part_size;
            const number_code::call& k = c.calls[i];
            maker_[static_cast<std::size_t>(k.out)] = part;
            for (int a = 0; a < k.arg_count; ++a) { need(k.in[a], part); }
        }
        for (const number_code::move& y : c.outputs) { need(y.cell, parts - 1); }
    }
    void need(std::int32_t cell, int part) {
        const auto n = static_cast<std::size_t>(cell);
        if (maker_[n] >= 0 && maker_[n] != part) { crosses_[n] = true; }
    }
    // Makes cell a variable of this part, where it is none yet.
    void read(c_text& out, std::int32_t cell, int part) {
        const auto n = static_cast<std::size_t>(cell);
        if (is_constant(cell) || maker_[n] == part || read_[n] == part) { return; }
        read_[n] = part;
        if (maker_[n] < 0) {
            const number_code::move& x = c.inputs[n]; // inputs have the first cells, in order
            out.line("const ", c_type(x.element), ' ', variable(cell), " = *(const ", c_type(x.element), "*)inputs[", x.number, "];");
            return;
        }
        const char* const type = c_type(element_of(cell));
        out.line("const ", type, ' ', variable(cell), " = *(const ", type, "*)((const int64_t*)cells + ", cell, ");");
    }
    // Of a computed one: calls write the cells behind the constants in order.
    dtype element_of(std::int32_t cell) const { return c.calls[static_cast<std::size_t>(cell - c.first_constant) - c.constants.size()].element; }
    void write(c_text& out, const number_code::call& k, int part) {
        std::string operands[3];
        for (int a = 0; a < k.arg_count; ++a) {
            read(out, k.in[a], part);
            operands[a] = operand(k.in[a]);
        }
        const char* const type = c_type(k.element);
        out.line("const ", type, ' ', variable(k.out), " = ", value_of(k, operands), ';');
        if (crosses_[static_cast<std::size_t>(k.out)]) { out.line("*(", type, "*)((int64_t*)cells + ", k.out, ") = ", variable(k.out), ';'); }
    }
};

} // namespace damo::exec::jit
