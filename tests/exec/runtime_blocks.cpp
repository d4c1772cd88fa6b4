// SPDX-License-Identifier: BSD-3-Clause
// Loops and branches in graphs made at run time.
#include "exec/program_against_reference.hpp"

#include <damo/expr/control.hpp>

using damo::cond;
using damo::fold;
using damo::value;
using reference::program_agrees;

namespace {
using values = std::vector<value>;
constexpr auto f64 = damo::dtype::float64;
constexpr auto i64 = damo::dtype::int64;
constexpr auto truth = damo::dtype::boolean;
} // namespace

TEST_CASE("loops at run time: carries, sequences, stacks, products in the body") {
    for (std::int64_t steps : {0, 1, 6}) {
        program_agrees({{f64, {3, 3}}, {f64, {steps, 3}}, {f64, {3}}}, [](const values& x) {
            auto [last, all] = damo::scan(x[1], x[2], [&](value row, value s) {
                const value next = tanh(dot(x[0], s) + row);
                return std::pair(next, next * row);
            });
            return values{last, all, sum(all)};
        });
    }
}

TEST_CASE("numbers of steps that the call decides at run time") {
    program_agrees({{i64, {}}, {f64, {300}}}, [](const values& x) {
        auto [last, all] = damo::scan(abs(x[0]) + 2, x[1], [&](value i, value s) { return std::pair(s * 0.5 + x[1], sum(s) + cast(i, f64)); });
        return values{last, all};
    });
}

TEST_CASE("branches at run time, and in loops") {
    program_agrees({{truth, {}}, {f64, {3, 3}}, {f64, {3}}}, [](const values& x) {
        const value u = cond(x[0], dot(x[1], x[2]), sin(x[2]));
        const value v = fold(x[1], x[2], [&](value row, value s) { return cond(sum(row) > 0, exp(-s) * row, dot(x[1], s)); });
        return values{exp(u), v, cond(!x[0], [&] { return cond(sum(u) > 0, u * 2, v); }, [&] { return v + u; })};
    });
}
