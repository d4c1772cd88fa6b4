// SPDX-License-Identifier: BSD-3-Clause
#include "exec/against_reference.hpp"

#include <damo/expr/transform.hpp>

using damo::matrix;
using damo::vector;
using reference::agrees;

TEST_CASE("value and gradient of a classifier with two layers") {
    constexpr auto loss = damo::fn([](matrix<double> x, vector<std::int64_t> k, matrix<double> w1, vector<double> b, matrix<double> w2) {
        auto scores = dot(tanh(dot(x, w1) + b), w2);
        return -mean(sum(one_hot(k, damo::extent_of(w2, 1)) * log_softmax(scores), 1));
    });
    agrees(damo::value_and_grad<2>(loss), {{9, 4}, {9}, {4, 6}, {6}, {6, 3}});
    agrees(damo::value_and_grad<3>(loss), {{30, 20}, {30}, {20, 18}, {18}, {18, 33}});
    agrees(damo::value_and_grad<4>(loss), {{9, 4}, {9}, {4, 6}, {6}, {6, 3}});
}
