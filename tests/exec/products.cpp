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

TEST_CASE("factors and sums that the product takes over") {
    constexpr auto f = damo::fn([](matrix<double> w, matrix<double> a, matrix<double> b, damo::scalar<double> rate, vector<double> x) {
        return std::tuple{rate * dot(a, b), w - rate * dot(a, b), dot(a, b) + w, 2 * transpose(w) - 3 * dot(transpose(b), transpose(a)) / rate,
                          dot(w, x) * rate + x, x * rate - dot(transpose(w), x) / damo::cast(damo::size(x), damo::dtype::float64), -dot(a, x)};
    });
    agrees(f, {{5, 5}, {5, 5}, {5, 5}, {}, {5}});
    agrees(f, {{40, 40}, {40, 40}, {40, 40}, {}, {40}});
    agrees(f, {{1, 1}, {1, 1}, {1, 1}, {}, {1}});
    agrees(f, {{0, 0}, {0, 0}, {0, 0}, {}, {0}});
}

TEST_CASE("products added to products, to what was just computed, and used again") {
    constexpr auto f = damo::fn([](matrix<float> a, matrix<float> b, matrix<float> c) {
        const auto sum = dot(a, b) + dot(b, c) - 2 * dot(a, c);
        const auto kept = exp(c) + dot(a, b);
        return std::tuple{sum, tanh(a) * b - dot(a, a), kept, dot(kept, a) + kept, c + dot(c, c)};
    });
    agrees(f, {{6, 6}, {6, 6}, {6, 6}});
    constexpr auto stacks = damo::fn([](tensor<double, 3, 4, 5> a, tensor<double, 3, 5, 6> b, tensor<double, 3, 4, 6> c) { return c * 0.5 + 2 * matmul(a, b); });
    agrees(stacks, {{3, 4, 5}, {3, 5, 6}, {3, 4, 6}});
}

TEST_CASE("a matrix times its own transpose") {
    constexpr auto f = damo::fn([](matrix<double> a) { return std::tuple{dot(a, transpose(a)), 3 * dot(transpose(a), a)}; });
    agrees(f, {{70, 90}});
    agrees(f, {{5, 3}});
}
