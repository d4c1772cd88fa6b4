// SPDX-License-Identifier: BSD-3-Clause
// Scans whose number of steps a call decides, watched node by node and read from a file.
#include <damo/graph/scan.hpp>

#include <vector>

#include <damo/graph/check.hpp>
#include <damo/graph/grad.hpp>
#include <damo/graph/load.hpp>
#include <damo/graph/save.hpp>

#include "catch.hpp"
#include "reference/interpreter.hpp"
#include "reference/run_time.hpp"

using damo::input;
using damo::scan;
using damo::scan_step;
using damo::value;
using reference::numbers;

namespace {
using vector = std::vector<double>;
using seen = std::vector<value>;
}

TEST_CASE("observed functions, and a graph that was stored, make the same steps") {
    const auto x = input<damo::vector<double>>("x");
    const auto n = input<std::int64_t>("n");
    for (const bool ends : {false, true}) {
        const auto r = scan(
            [&](const seen& v) {
                const value next = v[2] * 0.5 + v[0] * v[1];
                return ends ? scan_step({next}, next > 2) : scan_step(next);
            },
            {.sequences = {{x, {-1, 0}}}, .outputs = {{value::number(1.0)}}, .n_steps = n, .go_backwards = true});
        const value slope = grad(sum(r.outputs[0]), x);
        const vector at = {0.5, 1, 2, 1.5, 2.5};
        const auto f = damo::compile({x, n}, {r.outputs[0], slope});
        const auto watched = damo::compile({x, n}, {r.outputs[0], slope}, {.observers = {damo::check()}});
        const damo::graph loaded = damo::from_bytes(damo::to_bytes(f.graph()));
        for (std::int64_t steps : {0, 1, 3}) {
            const auto got = f(at, steps);
            const auto same = watched(at, steps);
            const auto again = reference::interpret(loaded.nodes(), loaded.outputs(), {reference::tensor::of({5}, at), reference::tensor::scalar(static_cast<double>(steps), damo::dtype::int64)});
            for (int k : {0, 1}) {
                CHECK(numbers(same[k]) == numbers(got[k]));
                const reference::tensor& plain = again[static_cast<std::size_t>(k)];
                REQUIRE(plain.size() == got[k].size());
                for (std::int64_t i = 0; i < plain.size(); ++i) { CHECK(plain.get(i) == Approx(got[k].at(i))); }
            }
        }
    }
}
