// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Runs graphs made at run time on inputs of many layouts and compares with the reference interpreter on the graph as it was written.

#include "exec/against_reference.hpp"

#include <damo/exec/runtime/program.hpp>
#include <damo/graph/builder.hpp>

#include <memory>

namespace reference {

// The inputs of an example: element types and shapes. Extents of inputs are unknown to the graph unless `known`.
struct argument {
    dtype element = dtype::float64;
    extents shape;
};

// Computes the program's outputs for these inputs, in these layouts.
inline std::vector<tensor> run_program(const damo::exec::program& p, const std::vector<tensor>& in, int first_layout, layout out_layout) {
    std::vector<placed> arguments;
    std::vector<raw_view> argument_views;
    for (std::size_t i = 0; i < in.size(); ++i) { arguments.emplace_back(in[i], first_layout == 4 ? layouts[i % 4] : layouts[first_layout]); }
    for (const placed& x : arguments) { argument_views.push_back(x.view); }
    if (p.failed_check(argument_views.data()) != -1) { throw std::runtime_error("extents differ"); }
    std::vector<placed> results;
    std::vector<raw_view> result_views;
    for (int o = 0; o < p.output_count(); ++o) {
        std::int64_t e[damo::max_rank] = {};
        p.output_extents(argument_views.data(), o, e);
        results.emplace_back(tensor(p.output_type(o).element, extents(e, e + p.output_type(o).rank)), out_layout);
    }
    for (const placed& x : results) { result_views.push_back(x.view); }
    p.run(argument_views.data(), result_views.data());
    std::vector<tensor> out;
    for (const placed& x : results) { out.push_back(x.read()); }
    return out;
}

inline void compare(const std::vector<tensor>& got, const std::vector<tensor>& wanted, double loosened = 1) {
    REQUIRE(got.size() == wanted.size());
    for (std::size_t o = 0; o < wanted.size(); ++o) {
        REQUIRE(got[o].element == wanted[o].element);
        REQUIRE(got[o].shape == wanted[o].shape);
        const double tolerance = loosened * (wanted[o].element == dtype::float32 ? 2e-5 : 1e-11);
        int wrong = 0;
        for (std::int64_t i = 0; i < got[o].size(); ++i) {
            if (close(got[o].get(i), wanted[o].get(i), tolerance)) { continue; }
            if (++wrong == 1) {
                UNSCOPED_INFO("output " << o << " element " << i << " of " << got[o].size() << ": " << got[o].get(i) << " instead of " << wanted[o].get(i));
            }
        }
        CHECK(wrong == 0);
    }
}

// The program of the values that `make` makes of symbols for these arguments, optimised, in every layout.
template <class Make>
void program_agrees(const std::vector<argument>& arguments, Make make, double loosened = 1) {
    damo::graph_builder b;
    std::vector<damo::value> x;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string name = "x" + std::to_string(i);
        const std::size_t rank = arguments[i].shape.size();
        const dtype t = arguments[i].element;
        x.push_back(rank == 0   ? b.input(name, t)
                    : rank == 1 ? b.input(name, t, {-1})
                    : rank == 2 ? b.input(name, t, {-1, -1})
                                : b.input(name, t, {-1, -1, -1}));
    }
    const std::vector<damo::value> results = make(x);
    for (const damo::value& y : results) { b.output(y); }
    std::vector<ir::index> written;
    for (const damo::value& y : results) { written.push_back(y.node()); }
    const damo::graph g = b.optimise();
    const damo::exec::program p(g.nodes(), g.outputs().data(), g.output_count());
    std::vector<tensor> in;
    for (std::size_t i = 0; i < arguments.size(); ++i) { in.push_back(some(arguments[i].element, arguments[i].shape, static_cast<unsigned>(i + 1))); }
    const std::vector<tensor> wanted = interpret(results[0].owner(), written, in);
    for (int l = 0; l < 5; ++l) {
        INFO("layouts " << l << ", " << g.to_string());
        compare(run_program(p, in, l, l % 2 ? layout::spread : layout::row_major), wanted, loosened);
    }
}

} // namespace reference
