// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ir/value.hpp>

namespace damo::ops {

// Argument number `attribute 0` of the function. Never merged with another input: the attribute is part of the key.
inline constexpr ir::op_info input{.id = ir::input_id, .name = "input", .qualified = "damo.input", .facts = {.kind = ir::op_kind::leaf, .arity = 0}};

// A number. Rank 0; meets arrays by broadcasting.
inline constexpr ir::op_info constant{
    .id = core::hash_name("damo.constant"), .name = "constant", .qualified = "damo.constant", .facts = {.kind = ir::op_kind::leaf, .arity = 0}};

// Parameter `attribute 1` of region `attribute 0`.
inline constexpr ir::op_info parameter{
    .id = core::hash_name("damo.parameter"), .name = "parameter", .qualified = "damo.parameter", .facts = {.kind = ir::op_kind::leaf, .arity = 0}};

constexpr value make_input(ir::module& m, int number, const ir::tensor_type& t) {
    const std::int64_t attributes[1] = {number};
    return {m, m.add(input, m.intern(t), nullptr, 0, attributes, 1)};
}

constexpr ir::index constant_node(ir::module& m, dtype element, std::uint64_t bits) {
    return m.add(constant, m.scalar_type(element), nullptr, 0, nullptr, 0, bits);
}
constexpr value make_constant(ir::module& m, dtype element, std::uint64_t bits) { return {m, constant_node(m, element, bits)}; }

constexpr value make_parameter(ir::module& m, int region, int number, const ir::tensor_type& t) {
    const std::int64_t attributes[2] = {region, number};
    return {m, m.add(parameter, m.intern(t), nullptr, 0, attributes, 2)};
}

constexpr bool is_constant(const ir::module& m, ir::index n) { return m.nodes.data[n].op->id == constant.id; }

} // namespace damo::ops
