// SPDX-License-Identifier: BSD-3-Clause
// Derivatives by several arguments, names and positions mixed.
#include <damo/damo.hpp>

#include <boost/hana/define_struct.hpp>

#include "catch.hpp"
#include "reference/elements.hpp"

#include <array>
#include <vector>

namespace {

using damo::fn;
using damo::get;
using damo::grad;
using damo::hessian;
using damo::hessian_vector_product;
using damo::jacobian;
using damo::to_string;
using reference::elements;
using number = damo::scalar<double>;
using row = damo::vector<double>;
using table = damo::matrix<double>;
using numbers = std::vector<double>;

template <class T>
struct place {
    BOOST_HANA_DEFINE_STRUCT(place, (T, x), (T, y));
};
template <class W, class B>
struct layer {
    BOOST_HANA_DEFINE_STRUCT(layer, (W, weight), (B, bias));
};

inline constexpr auto volume = fn([](number x, std::array<number, 2> y, number z) { return x * y[0] * y[1] * z + z * z * x; });
static_assert(to_string(grad<0, "x1[1]", 2>(volume)) == to_string(grad<"x0", "x1[1]", "x2">(volume)));
static_assert(to_string(grad<"x1[1]", 0>(volume)) == "(x0*x1[0]*x2, x1[0]*x1[1]*x2 + x2^2)");
static_assert(to_string(damo::value_and_grad<"x0", 2>(volume)) == to_string(damo::value_and_grad<0, 2>(volume)));
static_assert(to_string(jacobian<"x1[0]", 2>(volume)) == to_string(grad<"x1[0]", 2>(volume)));
static_assert(to_string(hessian<0, 2>(volume)) == "(0, x1[0]*x1[1] + 2*x2, x1[0]*x1[1] + 2*x2, 2*x0)");
static_assert(to_string(hessian<"x0", 2>(volume)) == to_string(hessian<0, 2>(volume)));
static_assert(to_string(hessian_vector_product<0, "x2">(volume)) == to_string(hessian_vector_product<0, 2>(volume)));
static_assert(std::is_same_v<decltype(grad<0>(volume)), decltype(grad(volume))>);

inline constexpr auto energy = fn([](place<number> p, std::array<number, 2> k) { return k[0] * p.x * p.x * p.y + k[1] * p.y; });
inline constexpr auto cost = fn([](layer<table, row> m, row x) { return sum(dot(m.weight, x) * m.bias); });
const numbers weights{1, 2, 3, 4};
const numbers x{1, 2};
auto given() { return layer<damo::array_view<const double, 2>, numbers>{damo::view(weights.data(), {2, 2}), {1, 2}}; }

} // namespace

TEST_CASE("hessians by several arguments are blocks in the forms of both") {
    const auto h = hessian<0, 1>(energy)(place<double>{2, 3}, std::array<double, 2>{5, 7});
    CHECK(get<0>(get<0>(h).x).x == 2 * 3 * 5);
    CHECK(get<0>(get<0>(h).x).y == 2 * 2 * 5);
    CHECK(get<1>(get<0>(h).x)[0] == 2 * 2 * 3);
    CHECK(get<1>(get<0>(h).y)[1] == 1);
    CHECK(get<0>(get<1>(h)[0]).y == 2 * 2);
    CHECK(get<1>(get<1>(h)[1])[0] == 0);
    // The same as the jacobian of the gradient.
    const auto j = jacobian<0, 1>(grad<0, 1>(energy))(place<double>{2, 3}, std::array<double, 2>{5, 7});
    CHECK(get<1>(get<0>(j).x)[0] == get<1>(get<0>(h).x)[0]);
}

TEST_CASE("hessians by a struct of arrays and an array") {
    const auto h = hessian<0, 1>(cost)(given(), x); // sum_ij W_ij x_j b_i
    CHECK(elements(get<0>(get<0>(h).weight).bias) == numbers{1, 0, 2, 0, 0, 1, 0, 2});
    CHECK(elements(get<1>(get<0>(h).weight)) == numbers{1, 0, 0, 1, 2, 0, 0, 2});
    CHECK(elements(get<1>(get<0>(h).bias)) == weights);
    CHECK(elements(get<0>(get<1>(h)).bias) == numbers{1, 3, 2, 4});
    CHECK(elements(get<1>(get<1>(h))) == numbers(4, 0.0));
    const auto v = hessian_vector_product<0, 1>(cost)(given(), x, given(), x);
    CHECK(elements(get<0>(v).weight) == numbers{2, 4, 4, 8});
    CHECK(elements(get<0>(v).bias) == numbers{10, 22});
    CHECK(elements(get<1>(v)) == numbers{14, 20});
    const auto named = hessian_vector_product<"x1", 0>(cost)(given(), x, x, given());
    CHECK(elements(get<0>(named)) == numbers{14, 20});
}
