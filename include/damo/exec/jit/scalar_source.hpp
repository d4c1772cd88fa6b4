// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/exec/jit/c_text.hpp>
#include <damo/ops/cast.hpp>
#include <damo/plan/program.hpp>

namespace damo::exec::jit {

// A compiled scalar program: inputs[i] points to the number of input i, outputs[k] to where result k is written, each in its own type.
using scalar_function = void (*)(const void* const* inputs, void* const* outputs);

// The instructions of a scalar program, wherever they lie. Input instructions come first, by number; `inputs` says the number of each,
// null where every input has one.
struct scalar_code {
    const plan::instruction* code = nullptr;
    int size = 0;
    const std::uint64_t* constants = nullptr;
    int first_constant = 0;
    int constant_count = 0;
    const plan::result_slot* outputs = nullptr;
    int output_count = 0;
    const int* inputs = nullptr;
};
template <int Instructions, int Constants, int Outputs>
scalar_code code_of(const plan::scalar_program<Instructions, Constants, Outputs>& p) {
    return {p.code, p.size, p.constants, p.first_constant, p.constant_count, p.outputs, Outputs, nullptr};
}

// Writes a scalar program as a C function of the type scalar_function. False if an op of it has no spelling in C.
inline bool write_scalar(const scalar_code& p, op_lookup find, c_text& out, std::string_view name) {
    const auto number = [](dtype t, std::uint64_t slot) {
        return std::string(1, t == dtype::float64 ? 'd' : t == dtype::float32 ? 'f' : t == dtype::int64 ? 'l' : t == dtype::int32 ? 'i' : 'b') +
               std::to_string(slot);
    };
    for (int i = p.first_constant + p.constant_count; i < p.size; ++i) {
        const ir::op_info* op = find(p.code[i].op);
        if (p.code[i].op != ops::id_of<ops::cast_op> && (op == nullptr || op->c_spelling == nullptr)) { return false; }
    }
    out.open("void ", name, "(const void* const* inputs, void* const* outputs)");
    out.line("(void)inputs; (void)outputs;");
    for (int i = 0; i < p.size; ++i) {
        const plan::instruction& c = p.code[i];
        const dtype t = c.element();
        std::string value;
        if (i < p.first_constant) {
            value = std::string("*(const ") + c_type(t) + "*)inputs[" + std::to_string(p.inputs != nullptr ? p.inputs[i] : i) + "]";
        } else if (i < p.first_constant + p.constant_count) {
            value = c_literal(t, p.constants[i - p.first_constant]);
        } else {
            std::string operands[3];
            const int count = c.arg_count();
            for (int a = 0; a < count; ++a) { operands[a] = number(c.type(a + 1), c.slots >> 16 * (a + 1) & 0xFFFFu); }
            value = c.op == ops::id_of<ops::cast_op> ? std::string("(") + c_type(t) + ')' + operands[0]
                                                     : c_expression(find(c.op), c.type(count), operands, count);
        }
        out.line("const ", c_type(t), ' ', number(t, static_cast<std::uint64_t>(c.slot())), " = ", value, ';');
    }
    for (int k = 0; k < p.output_count; ++k) {
        out.line("*(", c_type(p.outputs[k].element), "*)outputs[", k, "] = ", number(p.outputs[k].element, p.outputs[k].slot), ';');
    }
    out.close();
    return true;
}

} // namespace damo::exec::jit
