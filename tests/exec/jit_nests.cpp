// SPDX-License-Identifier: BSD-3-Clause
#include "exec/jit_driver.hpp"

// Loop nests compiled from C against the reference interpreter: every element type and layout, rows, columns, several passes.

using namespace damo;
using reference::agrees_compiled;
using symbols = std::vector<value>;

TEST_CASE("elementwise expressions of floating numbers") {
    if (!reference::has_compiler()) { return; }
    for (dtype t : {dtype::float64, dtype::float32}) {
        for (std::int64_t n : {0, 1, 7, 64, 333, 5000}) {
            agrees_compiled({{t, {n}, {}}, {t, {n}, {}}}, [](const symbols& x) {
                return symbols{exp(-x[0] * x[0]) * sin(x[1]), where(x[0] < x[1], x[0], 2 * x[1]), maximum(x[0], x[1]) - minimum(x[0], 0.5),
                               round(x[0] * 3) + sign(x[1]) + abs(x[0])};
            });
            agrees_compiled({{t, {n}, {}}, {t, {n}, {}}, {t, {}, {}}}, [](const symbols& x) {
                return symbols{(x[0] - x[2]) / (1 + x[1] * x[1]), log(1 + exp(x[0])) + tanh(x[1]), erf(x[0]) + floor(4 * x[1])};
            });
        }
    }
}

TEST_CASE("folds of everything") {
    if (!reference::has_compiler()) { return; }
    for (dtype t : {dtype::float64, dtype::float32}) {
        for (std::int64_t n : {0, 1, 9, 31, 64, 100, 1024, 5000}) {
            agrees_compiled({{t, {n}, {}}}, [](const symbols& x) {
                return symbols{sum(x[0]), prod(1 + 0.01 * x[0]), sum(x[0] * x[0]), max(x[0]), min(x[0]), mean(x[0]), any(x[0] < -1.9), all(x[0] < 1.9)};
            });
        }
        agrees_compiled({{t, {40, 30, 20}, {}}}, [](const symbols& x) { return symbols{sum(x[0]), max(x[0]), sum(x[0], {0, 2}), sum(transpose(x[0]) * 2.0, {1})}; });
    }
}

TEST_CASE("rows and columns") {
    if (!reference::has_compiler()) { return; }
    for (dtype t : {dtype::float64, dtype::float32}) {
        for (std::int64_t n : {1, 3, 10, 37, 700}) {
            agrees_compiled({{t, {5, n}, {}}}, [](const symbols& x) { return symbols{sum(x[0], 1), softmax(x[0]), sum(x[0], 0), log_softmax(x[0])}; });
            agrees_compiled({{t, {n, 5}, {}}}, [](const symbols& x) {
                return symbols{sum(x[0], 1), softmax(x[0], 0), max(x[0], 0), min(x[0], 1), logsumexp(x[0], 0)};
            });
            agrees_compiled({{t, {3, n, 7}, {}}, {t, {7}, {}}}, [](const symbols& x) {
                return symbols{sum(x[0], {0, 2}), mean(x[0] * x[1], {0, 1}), softmax(x[0], 1), transpose(x[0]) * 2.0, max(x[0])};
            });
            agrees_compiled({{t, {n, 70}, {}}, {t, {n, 1}, {true, false}}, {t, {70}, {}}}, [](const symbols& x) {
                return symbols{(x[0] - mean(x[0], 0)) / (1 + x[1] * x[1]), sum(x[0] * x[2], 1), sum(x[0] * x[1], 0)};
            });
        }
    }
}

TEST_CASE("deep sums keep their digits") {
    if (!reference::has_compiler()) { return; }
    // A million numbers near 0.1 in float32: one after the other they would be off by some hundreds.
    constexpr std::int64_t n = 1000000;
    for (bool columns : {false, true}) {
        graph_builder b;
        const value x = b.input("x", dtype::float32, {-1, -1});
        const graph g = b.optimise({columns ? sum(x, 0) : sum(x)});
        reference::compiled_plan p(g.nodes(), g.outputs());
        REQUIRE(p.compile()->wait() == damo::exec::jit::compiled_unit::state::ready);
        std::vector<float> data(n, 0.1f);
        float result[4] = {};
        const std::int64_t width = columns ? 4 : 10;
        damo::exec::raw_view in{data.data(), {n / width, width}, {width, 1}};
        damo::exec::raw_view out{result, {4}, {1}};
        p.run(&in, &out);
        const double wanted = static_cast<double>(columns ? n / width : n) * static_cast<double>(0.1f);
        CHECK(std::fabs(static_cast<double>(result[0]) - wanted) < 1e-6 * wanted);
    }
}

TEST_CASE("integers and truth values") {
    if (!reference::has_compiler()) { return; }
    for (dtype t : {dtype::int64, dtype::int32, dtype::boolean}) {
        for (std::int64_t n : {1, 9, 200}) {
            agrees_compiled({{t, {n}, {}}, {t, {n}, {}}}, [&](const symbols& x) {
                symbols y{x[0] + x[1], x[0] * x[1], x[0] < x[1], sum(x[0]), prod(x[1]), x[0] / x[1], exp(x[0]), maximum(x[0], x[1]), floor(x[0])};
                if (t == dtype::boolean) {
                    for (const value& v : {x[0] & x[1], !x[0], any(x[0] | x[1]), all(x[0]), where(x[0], 1.5, x[1])}) { y.push_back(v); }
                } else {
                    for (const value& v : {abs(x[0]), -x[0], x[0] - x[1], max(x[0]), cast(x[0], dtype::float32), one_hot(x[0], 5), any(x[0] == 2), sign(x[0])}) {
                        y.push_back(v);
                    }
                }
                return y;
            });
            agrees_compiled({{t, {n, 6}, {}}}, [&](const symbols& x) { return symbols{sum(x[0], 0), sum(x[0], 1), max(x[0], 0), prod(x[0], 1)}; });
        }
    }
}

TEST_CASE("element types meet") {
    if (!reference::has_compiler()) { return; }
    agrees_compiled({{dtype::float32, {40}, {}}, {dtype::int32, {40}, {}}, {dtype::boolean, {40}, {}}, {dtype::float64, {40}, {}}}, [&](const symbols& x) {
        return symbols{where(x[2], x[0], x[3]), x[1] + x[0], cast(x[3], dtype::int32), cast(x[0], dtype::boolean), sum(x[0] * x[1]),
                       damo::concatenate({x[0], x[3]}), slice(x[3], {damo::range(3, 30, 2)}) * 2.0, damo::size(x[0]) * x[1]};
    });
    agrees_compiled({{dtype::int64, {12}, {}}, {dtype::float32, {12, 5}, {true, false}}}, [&](const symbols& x) {
        return symbols{sum(x[1] * one_hot(x[0], 5, dtype::float32), 1), one_hot(x[0], 7, dtype::boolean), sum(one_hot(x[0], 3), 0)};
    });
}

TEST_CASE("movements") {
    if (!reference::has_compiler()) { return; }
    agrees_compiled({{dtype::float64, {6, 8}, {}}, {dtype::float64, {8}, {}}}, [&](const symbols& x) {
        return symbols{transpose(x[0]) + expand_dims(x[1], 1), reshape(x[0], -1) * 2, slice(x[0], {damo::range(1, 5, 2), damo::range(0, 8, 3)}) + 1,
                       broadcast_to(x[1], damo::shape_of(x[0])) * x[0], sum(damo::stack({x[1], 2 * x[1]}) * 3.0, 0), exp(transpose(x[0]))};
    });
    agrees_compiled({{dtype::float64, {4, 5}, {false, false}}}, [&](const symbols& x) { return symbols{reshape(transpose(x[0]), -1) * 2, sum(x[0] * x[0])}; });
}

TEST_CASE("an op without a spelling leaves its nest to others") {
    graph_builder b;
    const value x = b.input("x", dtype::float64, {-1});
    const graph g = b.optimise({exp(x) + 1});
    reference::compiled_plan p(g.nodes(), g.outputs());
    damo::exec::jit::unit_writer none([](std::uint32_t) -> const damo::ir::op_info* { return nullptr; });
    CHECK(none.add_nest(damo::exec::jit::code_of(p.draft), p.draft.steps.data[0]) == -1);
    CHECK(none.size() == 0);
    CHECK(none.source() == damo::exec::jit::prelude);
}

TEST_CASE("a difference between a compiled nest and the reference would be seen") {
    if (!reference::has_compiler()) { return; }
    graph_builder b;
    const value x = b.input("x", dtype::float64, {-1});
    const graph g = b.optimise({x + 1});
    reference::compiled_plan p(g.nodes(), g.outputs());
    REQUIRE(p.compile()->wait() == damo::exec::jit::compiled_unit::state::ready);
    double in[3] = {1, 2, 3}, out[3] = {};
    const damo::exec::raw_view from{in, {3}, {1}}, to{out, {3}, {1}};
    p.run(&from, &to);
    CHECK(reference::close(out[2], 4, 1e-11));
    CHECK_FALSE(reference::close(out[2], 4.001, 1e-11));
}
