// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include <damo/exec/jit/function_source.hpp>
#include <damo/graph/graph.hpp>

namespace damo {

/// The function of a graph as C11 that needs nothing but <math.h> and <stdint.h>, for programs without damo: `name(inputs, outputs,
/// workspace)` and `name_workspace(inputs)`, the bytes of workspace it needs. Arrays have the layout of `damo_array`, which the text
/// defines; what each must be stands above the function, and nothing is checked. Compile it with -fwrapv where integers may overflow, and
/// with -O2 -fopenmp-simd for vectors.
/// Errors: damo::error for a graph with loops, branches or host functions, an op without a spelling in C (see ops/functor.hpp), or a name that is none in C.
inline std::string to_c(const graph& g, const std::string& name) {
    const auto refuse = [](const std::string& why) { core::raise(why.c_str(), static_cast<int>(why.size())); };
    bool good = !name.empty() && !(name[0] >= '0' && name[0] <= '9');
    for (const char c : name) { good = good && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'); }
    if (!good) { refuse("to_c(graph, name) requires a name of letters, digits and underscores that does not begin with a digit, not \"" + name + '"'); }
    exec::jit::function_writer writer(g.nodes(), g.outputs().data(), g.output_count(), [](std::uint32_t id) { return ops::find_op(id); });
    std::string text = writer.write(name);
    if (text.empty()) { refuse("to_c(graph, name) requires a graph without loops, branches and host functions whose ops have a spelling in C: export what lies between them"); }
    return text;
}

} // namespace damo
