// SPDX-License-Identifier: BSD-3-Clause
#include <array>
#include <string>
#include <vector>

#include <damo/damo.hpp>

#include "catch.hpp"

using damo::dim;
using damo::dyn;

namespace {

constexpr auto scores = damo::fn([](damo::matrix<float, dim<"n">, 3> x, damo::vector<float, dim<"n">> t) { return sum(dot(transpose(x), t)); });
constexpr auto apart = damo::fn([](damo::vector<double, dim<"rows">> x, damo::vector<double, dim<"cols">> y) { return outer(x, y); });
// Nothing in the function needs the two to be equally long but their name.
constexpr auto lengths = damo::fn([](damo::vector<double, dim<"n">> x, damo::vector<double, dim<"n">> y) { return sum(x) * sum(y); });

static_assert(dim<"n"> != dim<"m"> && dim<"n"> < dyn && dim<"nn"> != dim<"n">);

// A function that is called inside another: its names are its own.
constexpr auto twice = damo::fn([](damo::vector<double> a, damo::vector<double> b) { return lengths(a, a) + lengths(b, b); });
constexpr auto once = damo::fn([](damo::vector<double> a, damo::vector<double> b) { return lengths(a, b); });
constexpr auto slopes = damo::fn([](damo::vector<double> a, damo::vector<double> b) { return damo::grad(lengths)(a, b); });

inline constexpr auto x = damo::var<"x", double, dim<"n">>;
inline constexpr auto w = damo::var<"w", double, 2, dim<"n">>;

template <class F>
std::string sentence(const F& f) {
    try {
        f();
    } catch (const damo::error& e) {
        return e.what();
    }
    return "";
}
const std::vector<double> three(3, 2.0);
const std::vector<double> four(4, 1.0);

} // namespace

TEST_CASE("axes of one name are equally long, and each call checks it") {
    const std::vector<float> data(12, 1.0f);
    CHECK(scores(damo::view(data.data(), {4, 3}), std::vector<float>(4, 2.0f)) == 24.0f);
    CHECK(sentence([&] { scores(damo::view(data.data(), {4, 3}), std::vector<float>(3, 2.0f)); }) ==
          "the arguments of the call have shapes [4, 3], [3], but the function needs axis 0 of argument 1, called n, and axis 0 of argument 2, "
          "called n, to be equally long; they are 4 and 3");
    CHECK(sentence([&] { lengths(three, four); }).find("called n, to be equally long; they are 3 and 4") != std::string::npos);
    CHECK(lengths(three, three) == 36);
}

TEST_CASE("an axis has one symbol in shapes and in print") {
    constexpr auto weighted = damo::fn([](damo::matrix<double, dim<"batch">, 4> a, damo::vector<double, dim<"batch">> b) { return a * expand_dims(b, 1); });
    CHECK_THAT(std::string(damo::to_tree(weighted).view()), Catch::Contains("mul: float64[batch, 4]") && !Catch::Contains("n0") && !Catch::Contains("n1"));
    CHECK_THAT(std::string(damo::to_tree(apart).view()), Catch::Contains("float64[rows, cols]"));
    // the longest name there can be, and every kind of character
    constexpr auto longest = damo::fn([](damo::vector<double, dim<"Zz_0123456">> a) { return a + 1; });
    CHECK_THAT(std::string(damo::to_tree(longest).view()), Catch::Contains("float64[Zz_0123456]"));
}

TEST_CASE("an axis of fixed length beside a named one is checked too") {
    const std::vector<float> data(16, 1.0f);
    CHECK(sentence([&] { scores(damo::view(data.data(), {4, 4}), std::vector<float>(4, 2.0f)); }) ==
          "argument 1 of the call has shape [4, 4] where the function declares [n, 3]");
}

TEST_CASE("names that differ are lengths that may differ") {
    const auto table = apart(three, four);
    CHECK(table.extent(0) == 3);
    CHECK(table.extent(1) == 4);
}

TEST_CASE("the names of a function called inside another are its own") {
    CHECK(twice(three, four) == 36 + 16);
    CHECK(sentence([] { once(three, four); }).find("to be equally long; they are 3 and 4") != std::string::npos);
    CHECK(sentence([] { slopes(three, four); }).find("to be equally long; they are 3 and 4") != std::string::npos);
    CHECK(slopes(four, four)[3] == 4);
}

TEST_CASE("derivatives and mapped functions keep the names") {
    const auto both = damo::value_and_grad<0, 1>(lengths)(three, three);
    CHECK(both.value == 36);
    CHECK(damo::get<1>(both.gradient)[2] == 6);
    CHECK(sentence([] { damo::grad(lengths)(three, four); }).find("called n, to be equally long") != std::string::npos);
    const std::vector<double> rows(6, 1.0);
    CHECK(damo::vmap<0, damo::none>(lengths)(damo::view(rows.data(), {2, 3}), three)[1] == 18);
    CHECK(sentence([&] { damo::vmap<0, damo::none>(lengths)(damo::view(rows.data(), {3, 2}), three); }).find("to be equally long") != std::string::npos);
}

TEST_CASE("placeholders of expressions have named axes") {
    const std::array<std::array<double, 3>, 2> table{{{1, 2, 3}, {4, 5, 6}}};
    CHECK(damo::evaluate(sum(dot(w, x)), x = three, w = table) == 42);
    CHECK(sentence([&] { damo::evaluate(sum(dot(w, x)), x = four, w = table); }).find("called n, and axis") != std::string::npos);
    CHECK(damo::evaluate(damo::grad(sum(dot(w, x)), x), x = three, w = table)[2] == 9);
}

TEST_CASE("a tangent and a cotangent are as long as what they belong to") {
    constexpr auto sines = damo::fn([](damo::vector<double> v) { return sin(v); });
    CHECK(sentence([&] { damo::vjp(sines)(four, three); }).find("axis 0 of argument 1 and axis 0 of argument 2 to be equally long; they are 4 and 3") !=
          std::string::npos);
    CHECK(sentence([&] { damo::jvp(sines)(four, three); }).find("to be equally long; they are 4 and 3") != std::string::npos);
    constexpr auto bowl = damo::fn([](damo::vector<double> v) { return sum(v * v); });
    CHECK(sentence([&] { damo::hessian_vector_product(bowl)(three, four); }).find("to be equally long; they are 3 and 4") != std::string::npos);
    CHECK(damo::hessian_vector_product(bowl)(three, three)[1] == 4);
}
