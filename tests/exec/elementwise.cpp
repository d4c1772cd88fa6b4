// SPDX-License-Identifier: BSD-3-Clause
#include "exec/against_reference.hpp"

using damo::matrix;
using damo::scalar;
using damo::tensor;
using damo::vector;
using reference::agrees;

TEST_CASE("a chain over vectors of every length around the vector width") {
    constexpr auto f = damo::fn([](scalar<float> a, vector<float> x, vector<float> y) { return a * x + y; });
    for (std::int64_t n : {0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 63, 64, 65, 127, 200}) { agrees(f, {{}, {n}, {n}}); }
}

TEST_CASE("rows and columns are repeated without being stored") {
    constexpr auto f = damo::fn([](matrix<double> x, vector<double> row, vector<double> column) {
        return exp(x * 0.5) + row * 2 - damo::expand_dims(column, 1) * x;
    });
    for (auto [m, n] : {std::pair<std::int64_t, std::int64_t>{3, 5}, {1, 9}, {9, 1}, {0, 4}, {4, 0}, {17, 33}}) { agrees(f, {{m, n}, {n}, {m}}); }
}

TEST_CASE("what is dear and repeated is computed once") {
    constexpr auto f = damo::fn([](matrix<double> x, vector<double> row) { return x * exp(row) + sin(row); });
    agrees(f, {{6, 11}, {11}});
    static_assert(reference::kernels<decltype(f)>::tables.used.steps == 2);
}

TEST_CASE("truth values, integers and conversions") {
    constexpr auto f = damo::fn([](vector<double> x, vector<float> y, vector<std::int32_t> k) {
        return std::tuple{x < damo::cast(y, damo::dtype::float64), where(k > 0, x, 2.5), damo::cast(x, damo::dtype::int32) + k, k * 3 - 1,
                          (x > 0) & !(y > 1)};
    });
    for (std::int64_t n : {0, 1, 5, 40}) { agrees(f, {{n}, {n}, {n}}); }
}

TEST_CASE("transposes, and an array with its own transpose") {
    constexpr auto f = damo::fn([](tensor<double, 5, 5> x, matrix<double> y) {
        return std::tuple{x - transpose(x), exp(transpose(y)), transpose(exp(y)) * 2};
    });
    agrees(f, {{5, 5}, {3, 7}});
}

TEST_CASE("outputs that are an input, a number, or the same twice") {
    constexpr auto f = damo::fn([](matrix<double> x) {
        auto y = x * 2;
        return std::tuple<damo::value, damo::value, damo::value, damo::value>{y, x, y, broadcast_to(damo::value(x) * 0 + 3, damo::shape_of(x))};
    });
    agrees(f, {{3, 9}});
}

TEST_CASE("outer differences and rank three") {
    constexpr auto f = damo::fn([](vector<float> x, vector<float> y, tensor<float, damo::dyn, damo::dyn, damo::dyn> z) {
        auto d = damo::expand_dims(x, 1) - y;
        return std::tuple<damo::value, damo::value>{d * d, z + damo::expand_dims(d, 0)};
    });
    agrees(f, {{4}, {21}, {3, 4, 21}});
}
