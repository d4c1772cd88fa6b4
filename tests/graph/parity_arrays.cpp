// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "reference/same_graph.hpp"

// Expressions of arrays, made by the compiler and made at run time.

namespace {
using matrix = damo::matrix<double>;
using vector = damo::vector<double>;
}

#define SAME(...)                                                                                                             \
    reference::check_same_graph<matrix, vector, vector>(                                                                      \
        #__VA_ARGS__, []([[maybe_unused]] matrix a, [[maybe_unused]] vector x, [[maybe_unused]] vector y) { return damo::value(__VA_ARGS__); })

TEST_CASE("reductions and products are the same graphs at run time") {
    SAME(sum(x * y));
    SAME(sum(square(matmul(a, x) - y)));
    SAME(mean(exp(a) + x));
    SAME(prod(x) + max(y) - min(x));
    SAME(logsumexp(matmul(a, x)));
    SAME(sum(a, 0) - sum(a, 0, damo::keepdims));
    SAME(mean(softplus(-y * matmul(a, x))) + 0.5 * sum(x * x));
    SAME(matmul(transpose(a), a));
}

TEST_CASE("movements are the same graphs at run time") {
    SAME(sum(transpose(a) * expand_dims(x, 1)));
    SAME(sum(reshape(a, -1) * 2));
    SAME(damo::concatenate({x, 2 * y}));
    SAME(sum(damo::stack({x, y}) * a));
    SAME(sum(slice(x, {damo::range(1, 5)})));
    SAME(sum(broadcast_to(at(x, {0}), damo::shape_of(y)) * y));
}

TEST_CASE("structured functions are the same graphs at run time") {
    SAME(sum(softmax(a) * x));
    SAME(-sum(log_softmax(matmul(a, x)) * y));
    SAME(argmax(a, 1));
    SAME(sum(where(x < y, x, 0)));
    SAME(sum(one_hot(argmax(a, 1), 3) * 2));
    SAME(sum(pad(x, {{1, 2}})) * damo::size(x));
}

TEST_CASE("known extents are the same graphs at run time") {
    reference::check_same_graph<damo::matrix<float, 3, 4>, damo::vector<float, 4>>(
        "known", [](damo::matrix<float, 3, 4> a, damo::vector<float, 4> x) { return sum(tanh(matmul(a, x))); });
    reference::check_same_graph<damo::tensor<double, 2, damo::dyn, 5>>("rank 3", [](damo::tensor<double, 2, damo::dyn, 5> t) {
        return sum(exp(t) / sum(exp(t), {-1, 0}, damo::keepdims));
    });
}
