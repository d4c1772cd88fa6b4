// SPDX-License-Identifier: BSD-3-Clause
// Every transform takes a function with bound arguments.
#include <damo/damo.hpp>
#include <damo/expr/parallel.hpp>

#include "catch.hpp"

#include <array>
#include <cmath>
#include <vector>

namespace {

using damo::bind;
using damo::fn;
using damo::get;
using number = damo::scalar<double>;
using row = damo::vector<double>;

inline constexpr auto volume = fn([](number x, std::array<number, 2> y, number z) { return x * y[0] * y[1] * z + z * z * x; });
inline constexpr auto weighted = fn([](row w, row x) { return sum(exp(w) * x * x); });
const std::vector<double> w{0, 0.5};
const std::vector<double> x{1, 2};

} // namespace

TEST_CASE("directional derivatives of bound functions") {
    const auto f = bind<0>(volume, 2.0);
    const std::array<double, 2> y{1, 2};
    const auto back = damo::vjp(f)(y, 4.0, 10.0); // 2 (y0 y1 z + z^2)
    CHECK(back.value == 48);
    CHECK(get<0>(back.gradient)[0] == 160);
    CHECK(get<1>(back.gradient) == 200);
    const auto along = damo::jvp(f)(y, 4.0, std::array<double, 2>{1, 0}, 1.0);
    CHECK(along.tangent == 16 + 20);
    const auto of_arrays = damo::vjp(bind<0>(weighted, w))(x, 1.0);
    CHECK(get<0>(of_arrays.gradient)[1] == Approx(4 * std::exp(0.5)));
}

TEST_CASE("names and positions of what is not bound") {
    const auto f = bind<0>(volume, 2.0);
    const std::array<double, 2> y{1, 2};
    CHECK(damo::jacobian<"x2">(f)(y, 4.0) == 20);
    CHECK(damo::hessian<"x2">(f)(y, 4.0) == 4);
    const auto h = damo::hessian<"x1[0]", 1>(f)(y, 4.0);
    CHECK(get<1>(get<0>(h)) == 4);
    CHECK(damo::hessian_vector_product<"x2">(f)(y, 4.0, 3.0) == 12);
    const auto g = damo::grad<1, "x1[1]">(f)(y, 4.0);
    CHECK(get<0>(g) == 20);
    CHECK(get<1>(g) == 8);
}

TEST_CASE("a bound function is bound further") {
    const std::array<double, 2> y{1, 2};
    const auto f = bind<0>(volume, 2.0);
    CHECK(bind<1>(f, 3.0)(y) == 30);
    CHECK(bind<0>(bind<1>(f, 3.0), y)() == 30);
    CHECK(bind<"x2">(f, 3.0)(y) == 30);
    CHECK(bind<"x1[0]">(f, 3.0)(y, 4.0) == 80);
    CHECK(damo::grad(bind<"x2">(f, 3.0))(y)[0] == 12);
}

TEST_CASE("bound functions mapped, shared among threads, and rewritten otherwise") {
    const auto f = bind<0>(weighted, w);
    const std::vector<double> rows{1, 2, 3, 4};
    const auto batch = damo::view(rows.data(), {2, 2});
    const auto y = damo::vmap(f)(batch);
    CHECK(y[0] == Approx(1 + 4 * std::exp(0.5)));
    CHECK(y[1] == Approx(9 + 16 * std::exp(0.5)));
    const auto g = damo::vmap<0, damo::out_axis{1}>(damo::grad(f))(batch);
    CHECK(g(0, 1) == 6);
    CHECK(g(1, 0) == Approx(4 * std::exp(0.5)));
    const auto columns = damo::vmap<1>(f)(batch);
    CHECK(columns[0] == Approx(1 + 9 * std::exp(0.5)));
    const auto mapped_numbers = damo::vmap<damo::none, 0>(bind<0>(volume, 2.0))(std::array<double, 2>{1, 2}, std::vector<double>{1, 4});
    CHECK(mapped_numbers[1] == 48);

    CHECK(damo::ieee(f)(x) == Approx(f(x)));
    CHECK(damo::without<"exp.">(f)(x) == Approx(f(x)));
    CHECK(damo::parallel(f)(x) == f(x));
    const std::vector<double> many(100000, 0.5);
    const auto large = bind<0>(fn([](row a, row b) { return exp(a) * b; }), many);
    CHECK(damo::parallel(large)(many)[99999] == large(many)[99999]);
}
