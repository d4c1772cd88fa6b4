// SPDX-License-Identifier: BSD-3-Clause
// What a program pays to build, optimise and differentiate a function of n nodes while it runs; and a chain of a million nodes, which a
// pass that recursed over the graph would not survive. No rival: the yardsticks are 10 ms for 1000 nodes and 3 s for 100 000.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <string>

#include <damo/graph/builder.hpp>

namespace {

using damo::value;

// About ten nodes a step: the function that bench/compile_time measures the compiler with.
value mixture(const std::array<value, 6>& x, std::int64_t nodes) {
    value s = 0.0 * x[0];
    for (std::size_t i = 0; i < static_cast<std::size_t>(nodes / 10); ++i) {
        const value t = sin(x[i % 6] * x[(i + 1) % 6] + 0.1 * static_cast<double>(i));
        s = s * 0.5 + t * exp(-x[(i + 2) % 6] * (static_cast<double>(i) + 1));
    }
    return s;
}
std::array<value, 6> inputs_of(damo::graph_builder& b) {
    std::array<value, 6> x;
    for (std::size_t i = 0; i < x.size(); ++i) { x[i] = b.input("x" + std::to_string(i), damo::dtype::float64); }
    return x;
}

void record(benchmark::State& state) {
    for (auto _ : state) {
        damo::graph_builder b;
        benchmark::DoNotOptimize(mixture(inputs_of(b), state.range(0)));
    }
}
void record_and_optimise(benchmark::State& state) {
    for (auto _ : state) {
        damo::graph_builder b;
        const damo::graph g = b.optimise({mixture(inputs_of(b), state.range(0))});
        benchmark::DoNotOptimize(g.nodes().nodes.size);
    }
}
void record_optimise_and_differentiate(benchmark::State& state) {
    for (auto _ : state) {
        damo::graph_builder b;
        const damo::graph g = b.optimise({mixture(inputs_of(b), state.range(0))}).gradient({0, 1, 2, 3, 4, 5}, true);
        state.counters["nodes"] = g.nodes().nodes.size - 1;
    }
}
// x -> sin(x) + x -> ...: as deep as it has nodes.
void chain(benchmark::State& state) {
    for (auto _ : state) {
        damo::graph_builder b;
        value x = b.input("x", damo::dtype::float64);
        for (std::int64_t i = 0; i < state.range(0) / 2; ++i) { x = sin(x) + x; }
        const damo::graph g = b.optimise({x}).gradient({0}, true);
        state.counters["nodes"] = g.nodes().nodes.size - 1;
    }
}

BENCHMARK(record)->Arg(1000)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(record_and_optimise)->Arg(1000)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(record_optimise_and_differentiate)->Arg(1000)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(chain)->Arg(1'000'000)->Unit(benchmark::kMillisecond)->Iterations(1);

} // namespace

BENCHMARK_MAIN();
