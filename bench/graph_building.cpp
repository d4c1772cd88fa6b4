// SPDX-License-Identifier: BSD-3-Clause
//
// What a program pays to build, optimise, differentiate and compile a function of n nodes while it runs; and a chain of a million nodes,
// which a pass that recursed over the graph would not survive; and steps on arrays that do not fuse. No rival: the yardsticks are 10 ms for 1000 nodes and 3 s for 100 000.
// ns/elem is the time per recorded node.

#include "measure.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <damo/damo.hpp>
#include <damo/graph/builder.hpp>
#include <damo/graph/compile.hpp>
#include <damo/graph/grad.hpp>

using namespace damo_bench;

namespace {

using damo::value;

// About ten nodes a step: the function that compile_time/run.py measures the compiler with.
value mixture(const std::array<value, 6>& x, std::size_t nodes)
{
    value s = 0.0 * x[0];
    for (std::size_t i = 0; i < nodes / 10; ++i) {
        const value t = sin(x[i % 6] * x[(i + 1) % 6] + 0.1 * static_cast<double>(i));
        s = s * 0.5 + t * exp(-x[(i + 2) % 6] * (static_cast<double>(i) + 1));
    }
    return s;
}

template <class Input>
std::array<value, 6> inputs(const Input& input)
{
    std::array<value, 6> x;
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = input("x" + std::to_string(i));
    return x;
}
std::array<value, 6> inputs_of(damo::graph_builder& b)
{
    return inputs([&](const std::string& name) { return b.input(name, damo::dtype::float64); });
}

void steps(session& s, std::size_t n)
{
    const case_id what{"mixture", n, "double", "scalars"};
    if (!s.wants(what)) return;
    int nodes = 0;
    s.measure(what, {
        make_candidate("record", &nodes, [&] {
            damo::graph_builder b;
            nodes = mixture(inputs_of(b), n).node();
        }),
        make_candidate("and optimise", &nodes, [&] {
            damo::graph_builder b;
            nodes = b.optimise({mixture(inputs_of(b), n)}).nodes().nodes.size;
        }),
        make_candidate("and differentiate", &nodes, [&] {
            damo::graph_builder b;
            nodes = b.optimise({mixture(inputs_of(b), n)}).gradient({0, 1, 2, 3, 4, 5}, true).nodes().nodes.size;
        }),
        make_candidate("compile value and gradient", &nodes, [&] {
            const damo::graph_scope own;
            const auto x = inputs([](const std::string& name) { return damo::input(name, damo::dtype::float64); });
            const value y = mixture(x, n);
            std::vector<damo::operand> outputs{y};
            for (const value& slope : damo::grad(y, std::vector<value>(x.begin(), x.end()))) outputs.push_back(slope);
            nodes = damo::compile(std::vector<value>(x.begin(), x.end()), outputs, {.tier = damo::tier::interpret}).graph().nodes().nodes.size;
        }),
    });
}

// x -> sin(x) + x -> ...: as deep as it has nodes.
void chain(session& s, std::size_t n)
{
    const case_id what{"chain", n, "double", "scalars"};
    if (!s.wants(what)) return;
    int nodes = 0;
    s.measure(what, {make_candidate("record, optimise, differentiate", &nodes, [&] {
        damo::graph_builder b;
        value x = b.input("x", damo::dtype::float64);
        for (std::size_t i = 0; i < n / 2; ++i) x = sin(x) + x;
        nodes = b.optimise({x}).gradient({0}, true).nodes().nodes.size;
    })});
}

// Arrays: products and reductions, each a step of the plan.
void array_steps(session& s, std::size_t n)
{
    const case_id what{"array steps", n, "double", "vectors"};
    if (!s.wants(what)) return;
    int steps = 0;
    const auto compiled = [&](const auto& next) {
        const damo::graph_scope own;
        const value a = damo::input<damo::matrix<double>>("a"), x = damo::input<damo::vector<double>>("x");
        value y = dot(a, x);
        for (std::size_t i = 1; i < n; ++i) y = next(a, y);
        steps = damo::compile({a, x}, {y}, {.tier = damo::tier::interpret}).body().program->draft().steps.size;
    };
    s.measure(what, {make_candidate("compile a chain of products", &steps, [&] { compiled([](const value& a, const value& y) { return dot(a, y); }); }),
                     make_candidate("compile a chain of sums", &steps, [&] { compiled([](const value&, const value& y) { return sin(y) / (1 + sum(y * y)); }); })});
}

} // namespace

int main(int argc, char** argv)
{
    session s("graph_building", argc, argv);
    for (std::size_t n : {1000, 10000, 100000}) steps(s, n);
    chain(s, 1000000);
    for (std::size_t n : {1000, 20000}) array_steps(s, n);
    return s.finish();
}
