// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include <damo/exec/static/array.hpp>
#include <damo/expr/transform.hpp>
#include <damo/plan/print.hpp>

namespace damo {

// How a call of f is carried out: the steps in order -- fused loop nests with their ops, library calls by name -- and the buffers with
// what shares them. f has arrays among its arguments or results.
template <Function F>
std::string to_plan(F) {
    core::sentence text;
    plan::write(exec::array_code<lowered_graph<F>>::plan, text);
    return {text.data(), static_cast<std::size_t>(text.size())};
}

// The same as a graph in the DOT language.
template <Function F>
std::string to_plan_dot(F) {
    core::sentence text;
    plan::write_dot(exec::array_code<lowered_graph<F>>::plan, text);
    return {text.data(), static_cast<std::size_t>(text.size())};
}

} // namespace damo
