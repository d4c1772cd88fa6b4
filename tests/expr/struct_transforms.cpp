// SPDX-License-Identifier: BSD-3-Clause
// Transforms of functions of structs of arrays, and results whose members are symbols of any type.
#include <damo/damo.hpp>

#include <boost/hana/adapt_struct.hpp>
#include <boost/hana/define_struct.hpp>

#include "catch.hpp"
#include "reference/elements.hpp"

#include <array>
#include <tuple>
#include <utility>
#include <vector>

template <class A, class B>
struct adapted {
    A first;
    B second;
};
using recorded = adapted<damo::scalar<double>, damo::vector<double>>; // a macro takes no comma
using returned = adapted<double, damo::ndarray<double, 1>>;
BOOST_HANA_ADAPT_STRUCT(recorded, first, second);
BOOST_HANA_ADAPT_STRUCT(returned, first, second);

namespace {

using reference::elements;
using damo::fn;
using damo::value;
using number = damo::scalar<double>;
using row = damo::vector<double>;
using table = damo::matrix<double>;

template <class W, class B>
struct layer {
    BOOST_HANA_DEFINE_STRUCT(layer, (W, weight), (B, bias));
};

using numbers = std::vector<double>;

constexpr auto cost = fn([](layer<table, row> m, row x) { return sum(dot(m.weight, x) * m.bias); });
constexpr auto forward = fn([](layer<table, row> m, row x) { return dot(m.weight, x) + m.bias; });
const numbers weights{1, 2, 3, 4};
const numbers x{1, 2};
auto given() { return layer<damo::array_view<const double, 2>, numbers>{damo::view(weights.data(), {2, 2}), {1, 2}}; }

} // namespace

TEST_CASE("a step of a model in its own form, its members symbols of any type") {
    constexpr auto step = fn([](layer<table, row> m, row at, number rate) {
        const auto [v, g] = damo::value_and_grad<0>(cost)(m, at);
        return std::tuple(v, layer<value, value>{m.weight - rate * g.weight, m.bias - rate * g.bias});
    });
    const auto [v, next] = step(given(), x, 0.5);
    CHECK(v == 27);
    CHECK(elements(next.weight) == numbers{0.5, 1, 2, 2});
    CHECK(elements(next.bias) == numbers{-1.5, -3.5});
    numbers weight(4);
    numbers bias(2);
    double c = 0;
    step.into(c, damo::view(weight.data(), {2, 2}), bias)(given(), x, 0.5);
    CHECK(weight == numbers{0.5, 1, 2, 2});
    CHECK(bias == numbers{-1.5, -3.5});
}

TEST_CASE("jacobian, hessian and products with them by structs of arrays") {
    const auto j = damo::jacobian<0>(forward)(given(), x);
    CHECK(elements(j.weight) == numbers{1, 2, 0, 0, 0, 0, 1, 2});
    CHECK(elements(j.bias) == numbers{1, 0, 0, 1});
    const auto h = damo::hessian<0>(cost)(given(), x);
    CHECK(elements(h.weight.bias) == numbers{1, 0, 2, 0, 0, 1, 0, 2});
    CHECK(elements(h.bias.weight) == numbers{1, 2, 0, 0, 0, 0, 1, 2});
    CHECK(elements(h.weight.weight) == numbers(16, 0.0));
    const auto v = damo::hessian_vector_product<0>(cost)(given(), x, given());
    CHECK(elements(v.weight) == numbers{1, 2, 2, 4});
    CHECK(elements(v.bias) == numbers{5, 11});
    constexpr auto parts = fn([](layer<table, row> m, row at) { return layer<value, value>{dot(m.weight, at), m.bias * at}; });
    const auto back = damo::vjp(parts)(given(), x, layer<numbers, numbers>{{1, 1}, {1, 10}});
    CHECK(elements(back.gradient.get<0>().weight) == numbers{1, 2, 1, 2});
    CHECK(elements(back.gradient.get<0>().bias) == numbers{1, 20});
}

TEST_CASE("structs of arrays are bound and carried") {
    const auto bound = damo::bind<0>(cost, given());
    CHECK(bound(x) == 27);
    CHECK(elements(damo::grad(bound)(x)) == numbers{7, 10});
    constexpr auto grown = fn([](row at, number a) {
        return damo::fold(3, layer<row, number>{at, a}, [](auto, auto c) { return layer<value, value>{c.weight * c.bias, c.bias + 1}; }).weight;
    });
    CHECK(elements(grown(x, 2.0)) == numbers{24, 48});
}

TEST_CASE("pairs, tuples and arrays of arrays") {
    constexpr auto pair = fn([](std::pair<row, number> p) { return std::pair(p.first * p.second, p.second); });
    CHECK(elements(pair(std::pair(x, 2.0)).first) == numbers{2, 4});
    constexpr auto product = fn([](std::tuple<row, std::array<row, 2>> t) { return sum(std::get<0>(t) * std::get<1>(t)[1]); });
    const auto g = damo::grad(product)(std::tuple(numbers{3, 4}, std::array{x, x}));
    CHECK(elements(std::get<0>(g)) == x);
    CHECK(elements(std::get<1>(g)[0]) == numbers{0, 0});
    CHECK(elements(std::get<1>(g)[1]) == numbers{3, 4});
}

TEST_CASE("a struct that is adapted for a few types only") {
    constexpr auto f = fn([](row at) { return adapted<number, row>{sum(at), 2 * at}; });
    const auto r = f(x);
    CHECK(r.first == 3);
    CHECK(elements(r.second) == numbers{2, 4});
}
