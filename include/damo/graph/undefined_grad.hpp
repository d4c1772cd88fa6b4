// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <damo/graph/walk.hpp>
#include <damo/ops/registered_vjp.hpp>

namespace damo {

/// x, whose derivative is a mistake to ask for, forwards and backwards: derivative_error with the sentence and the line of this call. `stop_gradient` is
/// for what has the derivative 0, this for what has none, or one that nobody wrote yet:
///     auto y = damo::undefined_grad(steps(x), "steps has no derivative yet");
/// Costs nothing in a compiled function.
inline value undefined_grad(operand x, std::string sentence) {
    x.v = detail::graph::settled(x, "undefined_grad(x, sentence)");
    if (!is_floating(x.v.element())) { return x.v; }
    mistake m;
    m.kind = mistake_kind::derivative;
    m.sentence = std::move(sentence);
    m.op = "undefined_grad";
    m.shapes = {detail::graph::printed(x.v.owner(), x.v.node())};
    if (x.file != nullptr) {
        m.file = x.file;
        m.line = x.line;
    }
    return custom_vjp(x, {x.v}, [m](const std::vector<value>&, const value&, const value&) -> std::vector<value> { detail::graph::raise(m); },
                      [m](const std::vector<value>&, const value&, const std::vector<value>&) -> value { detail::graph::raise(m); });
}

} // namespace damo
