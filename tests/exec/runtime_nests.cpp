// SPDX-License-Identifier: BSD-3-Clause
#include "exec/program_against_reference.hpp"

using damo::dtype;
using damo::value;
using reference::argument;
using reference::extents;
using reference::program_agrees;

namespace {
using values = std::vector<value>;
constexpr auto f64 = dtype::float64;
constexpr auto f32 = dtype::float32;
} // namespace

TEST_CASE("elementwise expressions of vectors of every length") {
    for (std::int64_t n : {0, 1, 2, 7, 8, 31, 64, 100, 255, 256, 257, 1000}) {
        program_agrees({{f64, {n}}, {f64, {n}}, {f64, {}}}, [](const values& x) { return values{exp(-x[0] * x[0]) * sin(x[1]) + x[2], x[0] - x[1]}; });
        program_agrees({{f32, {n}}, {f32, {n}}}, [](const values& x) { return values{tanh(x[0]) / (1 + x[1] * x[1])}; });
    }
}

TEST_CASE("rows, columns and numbers meet matrices") {
    for (std::int64_t n : {1, 2, 9, 40, 200, 300}) {
        for (std::int64_t m : {1, 3, 17, 100, 300}) {
            program_agrees({{f64, {n, m}}, {f64, {m}}, {f64, {n}}}, [](const values& x) {
                return values{x[0] * x[1] + expand_dims(x[2], 1), (x[0] - x[1]) / (1 + square(x[1])), transpose(x[0]) * x[2]};
            });
        }
    }
}

TEST_CASE("reductions along every axis") {
    for (std::int64_t n : {0, 1, 5, 40, 300}) {
        for (std::int64_t m : {1, 3, 17, 130, 300}) {
            program_agrees({{f64, {n, m}}}, [](const values& x) {
                return values{sum(x[0]), sum(x[0], 0), sum(x[0], 1), sum(x[0] * x[0], 1, damo::keepdims), mean(exp(x[0]), 0)};
            });
            if (n > 0) { program_agrees({{f64, {n, m}}}, [](const values& x) { return values{max(x[0]), min(x[0], 0), max(x[0], 1), prod(1 + x[0] / 100, 1)}; }); }
        }
    }
    program_agrees({{f64, {7, 5, 90}}}, [](const values& x) { return values{sum(x[0], {0, 2}), sum(x[0], 1), sum(x[0], {0, 1}), max(x[0], {1, 2})}; });
}

TEST_CASE("softmax and its relatives, row by row") {
    for (std::int64_t n : {1, 5, 300}) {
        for (std::int64_t m : {1, 3, 10, 64, 100, 129, 700}) {
            program_agrees({{f64, {n, m}}}, [](const values& x) { return values{softmax(x[0]), log_softmax(x[0]), logsumexp(x[0], 1)}; });
            program_agrees({{f64, {n, m}}}, [](const values& x) { return values{softmax(x[0], 0), x[0] - mean(x[0], 0), x[0] / sum(x[0] * x[0], 0)}; });
        }
    }
}
