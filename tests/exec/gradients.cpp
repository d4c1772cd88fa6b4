// SPDX-License-Identifier: BSD-3-Clause
#include "exec/against_reference.hpp"

#include <damo/expr/transform.hpp>

using damo::matrix;
using damo::tensor;
using damo::vector;
using reference::agrees;

TEST_CASE("value and gradient of a logistic loss") {
    constexpr auto loss = damo::fn([](matrix<double> x, vector<double> t, vector<double> w) {
        auto p = sigmoid(dot(x, w));
        return mean(-t * log(p) - (1 - t) * log(1 - p));
    });
    agrees(damo::value_and_grad<2>(loss), {{9, 4}, {9}, {4}});
    agrees(damo::value_and_grad<2>(loss), {{40, 17}, {40}, {17}});
    agrees(damo::grad<0>(loss), {{9, 4}, {9}, {4}});
}

TEST_CASE("gradients through reductions, movement and small static shapes") {
    constexpr auto f = damo::fn([](tensor<double, 3, 4> x, tensor<double, 4> y) {
        using damo::range;
        auto centred = x - mean(x, 1, damo::keepdims);
        auto z = damo::concatenate({centred * y, slice(exp(x), {range(0, 2)})}, 0);
        return sum(reshape(z, {4, 5}) * reshape(z, {4, 5})) + max(x) + prod(y) + sum(pad(transpose(x), {{1, 1}, {0, 2}}));
    });
    agrees(damo::grad<0>(f), {{3, 4}, {4}});
    agrees(damo::grad<1>(f), {{3, 4}, {4}});
    constexpr auto g = damo::fn([](matrix<double> x) { return sum(square(softmax(x))) + sum(logsumexp(x, 0)) + sum(max(x, 1)); });
    agrees(damo::grad<0>(g), {{5, 7}});
    agrees(damo::grad<0>(g), {{20, 40}});
}
