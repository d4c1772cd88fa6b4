// SPDX-License-Identifier: BSD-3-Clause
#include "exec/against_reference.hpp"

using damo::matrix;
using damo::tensor;
using damo::vector;
using reference::agrees;

TEST_CASE("products of vectors, matrices and stacks") {
    constexpr auto f = damo::fn([](matrix<double> a, matrix<double> b, vector<double> x, vector<double> y) {
        return std::tuple{dot(a, b), dot(a, x), dot(y, a), dot(x, x), dot(transpose(b), transpose(a) * 2), exp(dot(a, x)) + y};
    });
    agrees(f, {{4, 7}, {7, 3}, {7}, {4}});
    agrees(f, {{30, 40}, {40, 20}, {40}, {30}});
    agrees(f, {{4, 0}, {0, 3}, {0}, {4}});
    constexpr auto g = damo::fn([](tensor<float, 2, 3, 4, 5> a, tensor<float, 3, 5, 6> b) { return matmul(a, b); });
    agrees(g, {{2, 3, 4, 5}, {3, 5, 6}});
}

TEST_CASE("a layer, a loss and its gradient") {
    constexpr auto loss = damo::fn([](matrix<double> x, vector<double> t, vector<double> w) {
        auto p = sigmoid(dot(x, w));
        return mean(-t * log(p) - (1 - t) * log(1 - p));
    });
    agrees(loss, {{9, 4}, {9}, {4}});
    constexpr auto layer = damo::fn([](matrix<float> x, matrix<float> w, vector<float> b) { return softmax(tanh(dot(x, w) + b)); });
    agrees(layer, {{9, 4}, {4, 6}, {6}});
}
