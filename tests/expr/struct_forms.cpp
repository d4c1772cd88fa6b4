// SPDX-License-Identifier: BSD-3-Clause
// Structs of one member, tuples inside structs, and jacobians of and by pairs.
#include <damo/damo.hpp>

#include <boost/hana/define_struct.hpp>

#include "catch.hpp"

#include <array>
#include <tuple>
#include <utility>
#include <vector>

namespace {

template <class T>
struct single {
    BOOST_HANA_DEFINE_STRUCT(single, (T, x));
};
template <class L, class T>
struct linked {
    BOOST_HANA_DEFINE_STRUCT(linked, (L, first), (T, rest));
};

using V = damo::vector<double>;
using N = damo::scalar<double>;
using numbers = std::vector<double>;

} // namespace

TEST_CASE("structs of one member") {
    constexpr auto twice = damo::fn([](single<N> a) { return single<N>{2 * a.x}; });
    CHECK(twice(single<double>{3}).x == 6);
    constexpr auto with_pair = damo::fn([](single<V> a, std::pair<V, N> q) { return single<V>{2 * a.x + q.first * q.second}; });
    CHECK(with_pair(single<numbers>{{1, 2}}, std::pair<numbers, double>{{1, 2}, 3.0}).x[1] == 10);
}

TEST_CASE("a tuple of numbers inside a struct of numbers comes out as numbers") {
    using inside = std::tuple<std::array<N, 2>, std::pair<N, N>>;
    using plain = linked<double, std::tuple<std::array<double, 2>, std::pair<double, double>>>;
    constexpr auto f = damo::fn([](linked<N, inside> a) { return linked<N, inside>{a.first * 2, {{a.first, 3}, {std::get<1>(a.rest).second, 1}}}; });
    const auto r = f(plain{1.5, {{1, 2}, {4, 5}}});
    static_assert(std::is_same_v<decltype(r), const plain>);
    CHECK(r.first == 3);
    CHECK(std::get<0>(r.rest)[0] == 1.5);
    CHECK(std::get<1>(r.rest).first == 5);
}

TEST_CASE("jacobians by a pair, and of gradients of several parameters") {
    constexpr auto f = damo::fn([](std::array<V, 2> a, std::pair<N, V> b) { return sum(a[0] * a[0] * a[1]) * b.first + dot(b.second, a[0]); });
    const std::array<numbers, 2> a{{{1, 2, 3}, {-1, 0.5, 2}}};
    const std::pair<double, numbers> b{2.0, {0.1, 0.2, 0.3}};
    const auto across = damo::jacobian<1>(damo::grad<0>(f))(a, b);
    CHECK(across[0].second(1, 1) == 1);
    CHECK(across[1].first[2] == Approx(9).epsilon(1e-14));
    CHECK(damo::get<1>(damo::jacobian<0>(damo::grad<0, 1>(f))(a, b)).second[0](2, 2) == 1);
}
