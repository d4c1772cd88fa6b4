// SPDX-License-Identifier: BSD-3-Clause
// Bound arrays: what depends on them alone is computed once.
#include <damo/damo.hpp>
#include <damo/expr/parallel.hpp>

#include "catch.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace {

int calls = 0;

// The identity, which counts its calls.
struct counted_bound_op : damo::ops::op_defaults {
    static constexpr const char* name = "test.counted_bound";
    struct functor {
        template <class T>
        T operator()(T a) const {
            ++calls;
            return a;
        }
    };
};

} // namespace

template <>
struct damo::functor_for<damo::ops::id_of<counted_bound_op>> : counted_bound_op::functor {};

namespace {

using damo::bind;
using damo::dim;
using damo::fn;
using damo::matrix;
using damo::scalar;
using damo::vector;

template <class F, int... K>
using held = damo::detail::bound::held_arrays<std::remove_cv_t<F>, damo::detail::bound::positions<K...>>;
template <class F, int... K>
using rest = damo::detail::bound::rest_arrays<std::remove_cv_t<F>, damo::detail::bound::positions<K...>>;
template <class F, int... K>
inline constexpr int held_count = damo::detail::bound::array_split<std::remove_cv_t<F>, damo::detail::bound::positions<K...>>::held;
template <class G>
std::string text(G g) {
    return std::string(damo::to_string(g).view());
}
bool has(const std::string& s, const char* part) { return s.find(part) != std::string::npos; }

constexpr auto counting = fn([](vector<double> a, vector<double> x) { return damo::ops::apply<counted_bound_op>(a) * x; });

template <class Call>
std::string sentence(const Call& call) {
    try {
        call();
    } catch (const damo::error& e) { return e.what(); }
    return "";
}

constexpr auto weighted = fn([](vector<double, dim<"n">> w, vector<double, dim<"n">> x) { return sum(exp(w) * x) + log(sum(w * w)); });
constexpr auto turned = fn([](vector<double, dim<"n">> x, vector<double, dim<"n">> w) { return exp(w) * x + sin(x); });
constexpr auto shifted = fn([](vector<double> a, vector<double> x) { return 2 * a + x; });
constexpr auto pairs = fn([](matrix<double> m, vector<double> x) { return dot(transpose(dot(m, m)), x); });
constexpr auto three = fn([](vector<double> a, vector<double> x, vector<double> b) { return a * x * b; });
constexpr auto guarded = fn([](vector<double> a, vector<double> b, vector<double> x) { return exact((a + b) - a + x); });
constexpr auto outer_like = fn([](vector<double> a, vector<double> b, matrix<double> x) { return sum(outer(a, exp(b)) * x); });
constexpr auto scaled = fn([](scalar<double> s, vector<double, 4> w, vector<double, 4> x) { return exp(s) * tanh(w) * x; });
constexpr auto alone = fn([](vector<double> a, vector<double> x) { return std::tuple{exp(a), exp(a) * x}; });
constexpr auto mean_of = fn([](vector<double> a, vector<double> x) { return exp(a) / size(a) + x; });

static_assert(held_count<decltype(weighted), 0> == 2);  // exp(w) and the logarithm
static_assert(held_count<decltype(turned), 1> == 1);    // its length is also that of x, which comes first
static_assert(held_count<decltype(shifted), 0> == 0);   // reading 2*a costs as much as reading a
static_assert(held_count<decltype(three), 0, 2> == 1);  // a*b
static_assert(held_count<decltype(guarded), 0, 1> == 1); // (a + b) - a, as written
static_assert(held_count<decltype(outer_like), 0, 1> == 1); // exp(b), and no matrix
static_assert(held_count<decltype(alone), 0> == 1);

} // namespace

TEST_CASE("the calls hold no more of what bound arrays decide") {
    CHECK(has(text(held<decltype(weighted), 0>{}), "exp("));
    CHECK(has(text(held<decltype(weighted), 0>{}), "log("));
    CHECK(has(text(weighted), "exp("));
    CHECK_FALSE(has(text(rest<decltype(weighted), 0>{}), "exp("));
    CHECK_FALSE(has(text(rest<decltype(weighted), 0>{}), "log("));
    CHECK_FALSE(has(text(rest<decltype(turned), 1>{}), "exp("));
    CHECK(has(text(rest<decltype(turned), 1>{}), "sin("));
    CHECK(has(text(rest<decltype(turned), 0>{}), "exp("));
    CHECK(has(text(held<decltype(turned), 0>{}), "sin("));
}

TEST_CASE("what bound arrays decide is computed once, when they are bound") {
    calls = 0;
    const auto bound = bind<0>(counting, std::vector<double>{1, 2, 3});
    const int when_bound = calls; // of vectors and of single elements
    CHECK(when_bound > 0);
    CHECK(bound(std::vector<double>{1, 2, 3})[2] == 9);
    CHECK(bound(std::vector<double>{2, 2, 2})[1] == 4);
    CHECK(calls == when_bound);
}

TEST_CASE("results are those of the function") {
    const std::vector<double> w{0.1, -0.4, 0.7};
    const std::vector<double> x{1, 2, 3};
    const auto near = [](double a) { return Approx(a).epsilon(1e-14); };
    CHECK(bind<0>(weighted, w)(x) == near(weighted(w, x)));
    CHECK(bind<1>(weighted, x)(w) == near(weighted(w, x)));
    CHECK(bind<"w">(damo::fn(sum(exp(damo::var<"w", double, damo::dyn>) * damo::var<"x", double, damo::dyn>)), w)(x) ==
          near(std::exp(0.1) + 2 * std::exp(-0.4) + 3 * std::exp(0.7)));
    CHECK(bind<0, 1>(weighted, w, x)() == near(weighted(w, x)));
    const damo::ndarray<double, 1> t = bind<1>(turned, w)(x);
    const damo::ndarray<double, 1> u = bind<0>(turned, x)(w);
    const damo::ndarray<double, 1> s = bind<0>(shifted, w)(x);
    const damo::ndarray<double, 1> p = bind<0, 2>(three, w, w)(x);
    const damo::ndarray<double, 1> g = bind<0, 1>(guarded, std::vector<double>(3, 1e16), w)(x);
    const damo::ndarray<double, 1> m = bind<0>(mean_of, w)(x);
    const auto both = bind<0>(alone, w)(x);
    for (int i = 0; i < 3; ++i) {
        const auto k = static_cast<std::size_t>(i);
        CHECK(t[i] == near(turned(x, w)[i]));
        CHECK(u[i] == near(turned(x, w)[i]));
        CHECK(s[i] == near(2 * w[k] + x[k]));
        CHECK(p[i] == near(w[k] * x[k] * w[k]));
        CHECK(g[i] == (1e16 + w[k]) - 1e16 + x[k]);
        CHECK(m[i] == near(std::exp(w[k]) / 3 + x[k]));
        CHECK(std::get<0>(both)[i] == near(std::exp(w[k])));
        CHECK(std::get<1>(both)[i] == near(std::exp(w[k]) * x[k]));
    }
    const std::vector<double> table{1, 2, 3, 4, 5, 6, 7, 8, 9};
    CHECK(bind<0>(pairs, damo::view(table.data(), {3, 3}))(x)[1] == near(pairs(damo::view(table.data(), {3, 3}), x)[1]));
    CHECK(bind<0, 1>(outer_like, w, x)(damo::view(table.data(), {3, 3})) == near(outer_like(w, x, damo::view(table.data(), {3, 3}))));
    CHECK(bind<0>(damo::parallel(weighted), w)(x) == near(weighted(w, x)));
}

TEST_CASE("bound arrays are copied, views too") {
    std::vector<double> w{0.1, -0.4, 0.7, 5, 5, 5};
    const std::vector<double> x{1, 2, 3};
    const auto of_span = bind<0>(weighted, std::span<const double>(w.data(), 3));
    const auto of_strides = bind<0>(weighted, damo::view(w.data() + 2, {3}, {-1}));
    const double expected = of_span(x);
    const double backward = of_strides(x);
    CHECK(expected == Approx(weighted(std::vector<double>{0.1, -0.4, 0.7}, x)).epsilon(1e-14));
    CHECK(backward == Approx(weighted(std::vector<double>{0.7, -0.4, 0.1}, x)).epsilon(1e-14));
    const auto slopes = damo::grad(of_span);
    const double slope = slopes(x)[2];
    w.assign(6, 100.0);
    CHECK(of_span(x) == expected);
    CHECK(of_strides(x) == backward);
    CHECK(slopes(x)[2] == slope);
    CHECK(std::get<0>(of_span.values())[2] == 0.7);
    const auto copy = of_span;
    CHECK(copy(x) == expected);
    // bound twice, to different arrays
    const auto again = bind<0>(weighted, w);
    CHECK(again(std::vector<double>(6, 0.0)) == Approx(std::log(6e4)).epsilon(1e-14));
    CHECK(of_span(x) == expected);
}

TEST_CASE("derivatives of a function with bound arrays") {
    const std::vector<double> w{0.1, -0.4, 0.7};
    const std::vector<double> x{1, 2, 3};
    const auto slopes = damo::grad(bind<0>(weighted, w))(x);
    for (int i = 0; i < 3; ++i) { CHECK(slopes[i] == Approx(std::exp(w[static_cast<std::size_t>(i)])).epsilon(1e-14)); }
    const auto both = damo::value_and_grad(bind<1>(weighted, x))(w);
    const auto whole = damo::value_and_grad<0>(weighted)(w, x);
    CHECK(both.value == Approx(whole.value).epsilon(1e-14));
    for (int i = 0; i < 3; ++i) { CHECK(both.gradient[i] == Approx(whole.gradient[i]).epsilon(1e-14)); }
}

TEST_CASE("shapes of bound arrays are checked") {
    const std::vector<double> w(3, 1.0);
    const auto bound = bind<0>(weighted, w);
    CHECK(sentence([&] { bound(std::vector<double>(4, 1.0)); }) == sentence([&] { weighted(w, std::vector<double>(4, 1.0)); }));
    CHECK(has(sentence([&] { bound(std::vector<double>(4, 1.0)); }), "called n, to be equally long; they are 3 and 4"));
    CHECK(has(sentence([&] { bind<1>(turned, w)(std::vector<double>(2, 1.0)); }), "they are 2 and 3"));
    CHECK(has(sentence([&] { bind<0, 2>(three, w, std::vector<double>(4, 1.0)); }), "to be equally long; they are 3 and 4"));
}

TEST_CASE("into and within, and extents that the types tell") {
    const std::array<double, 4> w{0.1, 0.2, 0.3, 0.4};
    const std::array<double, 4> x{1, 2, 3, 4};
    const auto bound = bind<0, 1>(scaled, 0.5, w);
    static_assert(noexcept(bound(x)));
    static_assert(!noexcept(bound(std::vector<double>{})));
    const std::array<double, 4> y = bound(x);
    std::array<double, 4> z{};
    bound.into(z)(x);
    CHECK(y[3] == Approx(std::exp(0.5) * std::tanh(0.4) * 4).epsilon(1e-14));
    CHECK(z == y);
    std::vector<double> out(3);
    damo::workspace memory;
    const std::vector<double> v{0.1, -0.4, 0.7};
    bind<1>(turned, v).into(out).within(memory)(std::vector<double>{1, 2, 3});
    CHECK(out[2] == Approx(3 * std::exp(0.7) + std::sin(3.0)).epsilon(1e-14));
    CHECK(has(sentence([&] { bind<1>(turned, v).into(out)(std::vector<double>(2, 1.0)); }), "they are 2 and 3"));
    double number = 0;
    bind<0>(fn([](scalar<double> a, scalar<double> b) { return exp(a) * b; }), 0.5).into(number)(2.0);
    CHECK(number == Approx(2 * std::exp(0.5)).epsilon(1e-15));
}
