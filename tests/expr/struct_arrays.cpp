// SPDX-License-Identifier: BSD-3-Clause
// Structs of arrays as arguments, results and derivatives.
#include <damo/damo.hpp>

#include <boost/hana/define_struct.hpp>

#include "catch.hpp"
#include "reference/elements.hpp"

#include <array>
#include <tuple>
#include <type_traits>
#include <vector>

namespace {

using reference::elements;
using damo::fn;
using damo::none;
using damo::out_axis;
using damo::vmap;
using number = damo::scalar<double>;
using row = damo::vector<double>;
using table = damo::matrix<double>;

template <class W, class B>
struct layer {
    BOOST_HANA_DEFINE_STRUCT(layer, (W, weight), (B, bias));
};
template <class L, class T>
struct model {
    BOOST_HANA_DEFINE_STRUCT(model, (L, inner), (T, scale), (T, shift));
};
template <class T>
struct two {
    BOOST_HANA_DEFINE_STRUCT(two, (T, a), (T, b));
};
template <class T>
struct nested {
    BOOST_HANA_DEFINE_STRUCT(nested, (std::array<T, 2>, pair), (T, single));
};

constexpr auto cost = fn([](layer<table, row> m, row x) { return sum(dot(m.weight, x) * m.bias); });
constexpr auto deep = fn([](model<layer<table, row>, number> m, row x) { return m.scale * sum(dot(m.inner.weight, x) + m.inner.bias) + m.shift * m.scale; });

const std::vector<double> weights{1, 2, 3, 4};
auto given() { return layer<damo::array_view<const double, 2>, std::vector<double>>{damo::view(weights.data(), {2, 2}), {1, 2}}; }

} // namespace

TEST_CASE("a struct of arrays is an argument, and its gradient has its form") {
    const std::vector<double> x{1, 2};
    CHECK(cost(given(), x) == 5 + 22);
    const auto g = damo::grad(cost)(given(), x);
    static_assert(std::is_same_v<decltype(g), const layer<damo::ndarray<double, 2>, damo::ndarray<double, 1>>>);
    CHECK(elements(g.weight) == std::vector<double>{1, 2, 2, 4});
    CHECK(elements(g.bias) == std::vector<double>{5, 11});
    const auto both = damo::value_and_grad<0, 1>(cost)(given(), x);
    CHECK(both.value == 27);
    CHECK(elements(both.gradient.get<0>().bias) == std::vector<double>{5, 11});
    CHECK(elements(both.gradient.get<1>()) == std::vector<double>{7, 10});
    const auto forth = damo::jvp(cost)(given(), x, g, std::vector<double>{0, 0});
    CHECK(forth.tangent == 1 * (1 + 4) + 2 * (2 + 8) + 25 + 121);
}

TEST_CASE("structs in structs, with numbers beside arrays") {
    const std::vector<double> x{1, 2};
    const model<decltype(given()), double> m{given(), 3, 0.5};
    CHECK(deep(m, x) == 3 * (16 + 3) + 1.5);
    const auto g = damo::grad(deep)(m, x);
    CHECK(elements(g.inner.weight) == std::vector<double>{3, 6, 3, 6});
    CHECK(elements(g.inner.bias) == std::vector<double>{3, 3});
    CHECK(g.scale == 19.5);
    CHECK(g.shift == 3);
}

TEST_CASE("results in a struct") {
    constexpr auto f = fn([](row x) { return layer<row, number>{2 * x, sum(x)}; });
    const auto r = f(std::vector<double>{1, 2, 3});
    CHECK(elements(r.weight) == std::vector<double>{2, 4, 6});
    CHECK(r.bias == 6);
    constexpr auto known = fn([](damo::vector<float, 3> x) { return two<damo::vector<float, 3>>{x, 2 * x}; });
    const auto s = known(std::array<float, 3>{1, 2, 3});
    CHECK(s.a == std::array<float, 3>{1, 2, 3});
    CHECK(s.b == std::array<float, 3>{2, 4, 6});
    constexpr auto inner = fn([](row x) { return std::tuple(nested<row>{{x, 2 * x}, 3 * x}, sum(x)); });
    const auto [n, total] = inner(std::vector<double>{1, 2});
    CHECK(elements(n.pair[1]) == std::vector<double>{2, 4});
    CHECK(elements(n.single) == std::vector<double>{3, 6});
    CHECK(total == 3);
}

TEST_CASE("members and elements of mapped results have axes of their own") {
    const std::vector<double> rows{1, 2, 3, 4, 5, 6};
    const auto batch = damo::view(rows.data(), {2, 3});
    const std::vector<double> turned{1, 4, 2, 5, 3, 6};
    constexpr auto parts = fn([](row x) { return layer<row, number>{x, sum(x)}; });
    const auto r = vmap<0, out_axis{1}, out_axis{0}>(parts)(batch);
    CHECK(elements(r.weight) == turned);
    CHECK(elements(r.bias) == std::vector<double>{6, 15});
    constexpr auto alike = fn([](damo::vector<double, 3> x) { return two<damo::vector<double, 3>>{x, x + 1}; });
    const auto s = vmap<0, out_axis{0}, out_axis{1}>(alike)(batch);
    CHECK(elements(s.a) == rows);
    CHECK(elements(s.b) == std::vector<double>{2, 5, 3, 6, 4, 7});
    constexpr auto array = fn([](damo::vector<double, 3> x) { return std::array{damo::value(x), damo::value(x + 1)}; });
    const auto [a, b] = vmap<0, out_axis{1}, out_axis{0}>(array)(batch);
    CHECK(elements(a) == turned);
    REQUIRE(a.extents()[0] == 3);
    REQUIRE(b.extents()[0] == 2);
    CHECK(elements(b) == std::vector<double>{2, 3, 4, 5, 6, 7});
    // nested: the members of a mapped struct, mapped again
    constexpr auto table_of = vmap<0, none, out_axis{0}, out_axis{1}>(vmap<none, 0>(fn([](number x, number y) { return two<number>{x * y, x + y}; })));
    const auto t = table_of(std::vector<double>{1, 2}, std::vector<double>{10, 20, 30});
    CHECK(elements(t.a) == std::vector<double>{10, 20, 30, 20, 40, 60});
    CHECK(elements(t.b) == std::vector<double>{11, 12, 21, 22, 31, 32});
    CHECK(elements(vmap<0, none>(damo::grad(cost))(layer<damo::array_view<const double, 3>, damo::array_view<const double, 2>>{damo::view(rows.data(), {1, 2, 3}), damo::view(rows.data(), {1, 2})},
                                                  std::vector<double>{1, 0, 1}).bias) == std::vector<double>{4, 10});
}
