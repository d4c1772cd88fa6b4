// SPDX-License-Identifier: BSD-3-Clause
#include <damo/ops/matmul.hpp>

#include "catch.hpp"
#include "reference/derivatives.hpp"
#include "reference/graph.hpp"

using namespace damo;
using namespace reference;

template <class F>
constexpr bool product_has(F f, std::initializer_list<std::int64_t> a, std::initializer_list<std::int64_t> b, std::initializer_list<std::int64_t> y) {
    return has_type([=](ir::module& m) { return f(array(m, 0, a), array(m, 1, b)); }, dtype::float64, y);
}
constexpr auto by_matmul = [](value x, value y) { return matmul(x, y); };
constexpr auto by_dot = [](value x, value y) { return dot(x, y); };

static_assert(product_has(by_matmul, {3}, {3}, {}));
static_assert(product_has(by_matmul, {3}, {3, 4}, {4}));
static_assert(product_has(by_matmul, {2, 3}, {3}, {2}));
static_assert(product_has(by_matmul, {unknown, 3}, {3, 4}, {unknown, 4}));
static_assert(product_has(by_matmul, {5, 2, 3}, {5, 3, 4}, {5, 2, 4}));
static_assert(product_has(by_matmul, {5, unknown, 3}, {3, 4}, {5, unknown, 4}));
static_assert(product_has(by_matmul, {6, 5, 2, 3}, {3}, {6, 5, 2}));
static_assert(product_has(by_matmul, {3}, {5, 3, 4}, {5, 4}));
static_assert(product_has(by_matmul, {2, 3}, {5, 3, 4}, {5, 2, 4}));
static_assert(product_has(by_matmul, {6, 1, 2, 3}, {5, 3, 4}, {6, 5, 2, 4}));
static_assert(product_has(by_dot, {}, {5, 3, 4}, {5, 3, 4}));
static_assert(product_has(by_dot, {3}, {3}, {}));
static_assert(product_has([](value x, value y) { return outer(x, y); }, {3}, {unknown}, {3, unknown}));
static_assert(has_type([](ir::module& m) { return matmul(array(m, 0, {2}, dtype::int32), array(m, 1, {2}, dtype::float32)); }, dtype::float64, {}));
static_assert(has_type([](ir::module& m) { return dot(2, array(m, 0, {2}, dtype::float32)); }, dtype::float32, {2}));
static_assert(checks_made([](ir::module& m) { return matmul(array(m, 0, {2, unknown}), array(m, 1, {unknown})); }) == 1);
static_assert(refused([](ir::module& m) { return matmul(array(m, 0, {2, 3}), array(m, 1, {4, 5})); },
                      "matmul(float64[2, 3], float64[4, 5]) requires the last axis of argument 1 and the last but one axis of argument 2 to be equal"));
static_assert(refused([](ir::module& m) { return matmul(array(m, 0, {2, 3}), array(m, 1, {2})); }, "the only axis of argument 2"));
static_assert(refused([](ir::module& m) { return matmul(array(m, 0, {}), array(m, 1, {2})); }, "scalars multiply with *"));
static_assert(refused([](ir::module& m) { return matmul(2.0, array(m, 1, {2})); }, "scalars multiply with *"));
static_assert(refused([](ir::module& m) { return matmul(array(m, 0, {2}, dtype::boolean), array(m, 1, {2}, dtype::boolean)); }, "requires numbers"));
static_assert(refused([](ir::module& m) { return matmul(array(m, 0, {5, 2, 3}), array(m, 1, {6, 3, 4})); }, "leading axes that broadcast"));
static_assert(refused([](ir::module& m) { return dot(array(m, 0, {5, 2, 3}), array(m, 1, {3})); }, "dot(float64[5, 2, 3], float64[3]) requires ranks up to 2"));
static_assert(refused([](ir::module& m) { return outer(array(m, 0, {5, 2}), array(m, 1, {3})); }, "outer requires two vectors, not float64[5, 2]"));

TEST_CASE("products of vectors and matrices") {
    const auto v = tensor::of({2}, {1, 2});
    const auto a = tensor::of({2, 2}, {1, 2, 3, 4});
    const auto b = tensor::of({2, 3}, {1, 0, 2, 0, 1, 3});
    for (bool known : {true, false}) {
        CHECK(evaluate({v, v}, [](auto& x) { return dot(x[0], x[1]); }, known) == std::vector<double>{5});
        CHECK(evaluate({v, b}, [](auto& x) { return matmul(x[0], x[1]); }, known) == std::vector<double>{1, 2, 8});
        CHECK(evaluate({a, v}, [](auto& x) { return matmul(x[0], x[1]); }, known) == std::vector<double>{5, 11});
        CHECK(evaluate({a, b}, [](auto& x) { return matmul(x[0], x[1]); }, known) == std::vector<double>{1, 2, 8, 3, 4, 18});
        CHECK(evaluate({v, tensor::of({3}, {5, 6, 7})}, [](auto& x) { return outer(x[0], x[1]); }, known) == std::vector<double>{5, 6, 7, 10, 12, 14});
    }
    CHECK(evaluate({tensor(dtype::float64, {2, 0}), tensor(dtype::float64, {0, 1})}, [](auto& x) { return matmul(x[0], x[1]); }) ==
          std::vector<double>{0, 0});
    CHECK(evaluate({tensor::of({2}, {3, 4}, dtype::int32), tensor::of({2}, {5, 6}, dtype::int32)}, [](auto& x) { return dot(x[0], x[1]); }) ==
          std::vector<double>{39});
}

TEST_CASE("a stack of products is a product of stacks") {
    const auto a = random_tensor({4, 2, 3}, 1);
    const auto b = random_tensor({4, 3, 2}, 2);
    const auto one_by_one = [](auto& x) {
        return stack({matmul(at(x[0], {0}), at(x[1], {0})), matmul(at(x[0], {1}), at(x[1], {1})), matmul(at(x[0], {2}), at(x[1], {2})),
                      matmul(at(x[0], {3}), at(x[1], {3}))});
    };
    CHECK(near(evaluate({a, b}, [](auto& x) { return matmul(x[0], x[1]); }, false), evaluate({a, b}, one_by_one)));
    const auto c = random_tensor({3, 2}, 3);
    CHECK(near(evaluate({a, c}, [](auto& x) { return matmul(x[0], x[1]); }, false),
               evaluate({a, c}, [](auto& x) { return matmul(x[0], broadcast_to(x[1], {4, 3, 2})); })));
    CHECK(near(evaluate({c, a}, [](auto& x) { return matmul(x[0], x[1]); }, false),
               evaluate({c, a}, [](auto& x) { return matmul(broadcast_to(x[0], {4, 3, 2}), x[1]); })));
    const auto v = random_tensor({3}, 4);
    CHECK(near(evaluate({a, v}, [](auto& x) { return matmul(x[0], x[1]); }, false),
               evaluate({a, v}, [](auto& x) { return sum(x[0] * x[1], -1); })));
    CHECK(near(evaluate({v, b}, [](auto& x) { return matmul(x[0], x[1]); }, false),
               evaluate({v, b}, [](auto& x) { return sum(expand_dims(x[0], 1) * x[1], 1); })));
}

TEST_CASE("derivatives for every combination of ranks") {
    const auto f = [](auto& x) { return matmul(x[0], x[1]); };
    const std::vector<std::pair<extents, extents>> shapes = {{{3}, {3}},          {{3}, {3, 2}},       {{2, 3}, {3}},          {{2, 3}, {3, 4}},
                                                             {{5, 2, 3}, {5, 3, 4}}, {{5, 2, 3}, {3, 4}}, {{5, 2, 3}, {3}},       {{3}, {5, 3, 4}},
                                                             {{2, 3}, {5, 3, 4}}, {{2, 1, 2, 3}, {5, 3, 4}}};
    for (const auto& [a, b] : shapes) { check_derivatives({random_tensor(a, 1), random_tensor(b, 2)}, f); }
    check_derivatives({random_tensor({3}, 1), random_tensor({2}, 2)}, [](auto& x) { return outer(x[0], x[1]); });
}
