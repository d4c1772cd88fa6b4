// SPDX-License-Identifier: BSD-3-Clause
// Bound values in functions with choices, loops and protected parts: what depends on them alone is computed once there, too.
#include <damo/damo.hpp>

#include "catch.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace {

int evaluations = 0;

// exp, which counts its evaluations.
struct counted_exp_op : damo::ops::op_defaults {
    static constexpr const char* name = "test.counted_exp";
    static constexpr damo::value partial(int, const damo::value*, damo::value y) { return y; }
    struct functor {
        double operator()(double a) const {
            ++evaluations;
            return std::exp(a);
        }
    };
};

} // namespace

template <>
struct damo::functor_for<damo::ops::id_of<counted_exp_op>> : counted_exp_op::functor {};

namespace {

using damo::bind;
using damo::dim;
using damo::fn;
using damo::vector;
using number = damo::scalar<double>;
using whole = damo::scalar<std::int64_t>;

constexpr damo::value counted(damo::operand x) { return damo::ops::apply<counted_exp_op>(x); }

template <class F, int... K>
inline constexpr int held_count = damo::detail::bound::split_graph<std::remove_cv_t<F>, damo::detail::bound::positions<K...>>::held;
template <class F, int... K>
inline constexpr int held_arrays_count = damo::detail::bound::array_split<std::remove_cv_t<F>, damo::detail::bound::positions<K...>>::held;
template <class F, int... K>
std::string held_text(const F&) {
    return std::string(damo::to_string(damo::detail::bound::held_function<F, damo::detail::bound::positions<K...>>{}).view());
}
template <class F, int... K>
std::string rest_text(const F&) {
    return std::string(damo::to_string(damo::detail::bound::rest_function<F, damo::detail::bound::positions<K...>>{}).view());
}
bool has(const std::string& s, const char* part) { return s.find(part) != std::string::npos; }

// How often counted_exp runs when values are bound, and in two calls of what comes out.
struct count {
    int bound = 0;
    int called = 0;
};
template <class Bind, class... A>
count evaluations_of(const Bind& make, double expected, const A&... arguments) {
    count c;
    evaluations = 0;
    const auto f = make();
    c.bound = evaluations;
    evaluations = 0;
    CHECK(f(arguments...) == Approx(expected).epsilon(1e-14));
    CHECK(f(arguments...) == Approx(expected).epsilon(1e-14));
    c.called = evaluations;
    return c;
}

// --- what is protected -------------------------------------------------------------------------------------------------------

// Two-sum (Knuth): the rounding error of a + b.
constexpr auto error_of_sum = fn([](number a, number b, number x) {
    const damo::value s = a + b;
    const damo::value t = s - a;
    return exact((a - (s - t)) + (b - t)) + x;
});
constexpr auto guarded = fn([](number a, number b, number x) { return exact(((a + b) - a) + x); });
constexpr auto kahan = fn([](std::array<number, 3> a, number x) {
    number s = a[0];
    number c = 0;
    for (int k = 1; k < 4; ++k) {
        const damo::value y = (k < 3 ? a[static_cast<std::size_t>(k)] : x) - c;
        const damo::value t = s + y;
        c = (t - s) - y;
        s = t;
    }
    return std::array<number, 2>{exact(s), exact(c)};
});
constexpr auto guarded_arrays = fn([](vector<double> a, vector<double> b, vector<double> x) { return exact(exp((a + b) - a) + x); });

// --- choices -----------------------------------------------------------------------------------------------------------------

constexpr auto choice = fn([](number p, number x) { return cond(x < 0, log(p) * x, exp(p) + x); });
constexpr auto chosen_by_bound = fn([](number p, number x) { return cond(p < 0, sin(x), p * p * x); });
constexpr auto lazy_parts = fn([](number p, number x) { return cond(x < 0, counted(p) * x, x); });
constexpr auto endless = fn([](number p, number x) {
    return cond(x < 0, damo::while_loop([](number c) { return c != 0; }, [](number c) { return c - 1; }, p) + x, x);
});
constexpr auto ending = fn([](number p, number x) {
    return damo::while_loop([](number c) { return c > 1; }, [](number c) { return 0.5 * counted(0 * c) * c; }, p) * x;
});

// --- loops -------------------------------------------------------------------------------------------------------------------

constexpr auto power_series = fn([](number a, whole n, number x) { return damo::fold(n, x, [&](auto, number c) { return c * counted(a) + 1; }); });
constexpr auto whole_loop = fn([](number a, whole n, number x) { return damo::fold(n, a, [&](auto, number c) { return counted(0 * c) * c + a; }) * x; });
constexpr auto nested = fn([](number a, number x) {
    return damo::fold(3, x, [&](auto, number c) { return c + damo::fold(2, c, [&](auto, number d) { return d * counted(a); }); });
});

// --- arrays ------------------------------------------------------------------------------------------------------------------

constexpr auto array_choice = fn([](vector<double, dim<"n">> w, vector<double, dim<"n">> x) { return cond(sum(x) < 0, exp(w) * x, x); });
constexpr auto recurrence = fn([](vector<double, dim<"n">> w, vector<double> x) {
    return sum(damo::fold(w, x, [&](number e, vector<double> c) { return c * tanh(e) + sum(tanh(w)); }));
});
constexpr auto whole_array_loop = fn([](vector<double> w, vector<double> x) {
    return damo::fold(5, w, [&](auto, vector<double> c) { return tanh(c) + c; }) * x;
});
constexpr auto stacked = fn([](number a, whole n, vector<double> x) {
    const auto [last, all] = damo::scan(n, a, [&](auto, number c) { return std::pair(number(0.5 * c), number(tanh(c))); });
    return (last + sum(all)) * x;
});
constexpr auto sized_by_call = fn([](number a, vector<double> x) {
    return damo::fold(3, a, [&](auto, number c) { return c + damo::sum(damo::broadcast_to(exp(c), damo::shape_of(x))); }) * x;
});

static_assert(held_count<decltype(choice), 0> == 2);           // log(p), exp(p)
static_assert(held_count<decltype(chosen_by_bound), 0> == 2);  // p < 0 and p^2
static_assert(held_count<decltype(endless), 0> == 2);          // p and p != 0: the loop might not end
static_assert(held_count<decltype(ending), 0> == 1);           // what the loop gives
static_assert(held_count<decltype(whole_loop), 0, 1> == 1);
static_assert(held_count<decltype(whole_loop), 0> == 1);       // a: the number of steps is not known
static_assert(held_arrays_count<decltype(guarded_arrays), 0, 1> == 1);
static_assert(held_arrays_count<decltype(array_choice), 0> == 1);
static_assert(held_arrays_count<decltype(whole_array_loop), 0> == 1);
static_assert(held_arrays_count<decltype(stacked), 0, 1> == 1);
static_assert(held_arrays_count<decltype(sized_by_call), 0> == 0); // how long the sum is, x tells

std::vector<double> bits(const damo::ndarray<double, 1>& a) { return {a.data(), a.data() + a.size()}; }

} // namespace

TEST_CASE("what exact protects is computed as written when it is bound") {
    const double big = 1e16;
    const double small = 1.0;
    CHECK(guarded(big, small, 2.0) == 2.0);
    CHECK(bind<0, 1>(guarded, big, small)(2.0) == 2.0);
    CHECK(error_of_sum(big, small, 0.0) == 1.0);
    CHECK(bind<0, 1>(error_of_sum, big, small)(0.0) == 1.0);
    CHECK(bind<0>(error_of_sum, big)(small, 0.0) == 1.0);
    CHECK(bind<2>(error_of_sum, 0.5)(big, small) == 1.5);
    const std::array<double, 3> a{1e16, 1.25, 2.5};
    CHECK(bind<0>(kahan, a)(0.75) == kahan(a, 0.75));
    CHECK(kahan(a, 0.75)[1] != 0);
    CHECK(has(held_text<std::remove_cv_t<decltype(guarded)>, 0, 1>(guarded), "exact("));
    const std::vector<double> p{1e16, 1, 3};
    const std::vector<double> q{1, 0.1, 1e-3};
    const std::vector<double> x{1, 2, 3};
    CHECK(bits(bind<0, 1>(guarded_arrays, p, q)(x)) == bits(guarded_arrays(p, q, x)));
    CHECK(guarded_arrays(p, q, x)[0] == 2.0);
}

TEST_CASE("choices: what a branch needs of the bound values alone is computed once") {
    CHECK(has(held_text<std::remove_cv_t<decltype(choice)>, 0>(choice), "log("));
    CHECK_FALSE(has(rest_text<std::remove_cv_t<decltype(choice)>, 0>(choice), "log("));
    CHECK_FALSE(has(rest_text<std::remove_cv_t<decltype(choice)>, 0>(choice), "exp("));
    for (const double x : {-2.0, 3.0}) {
        CHECK(bind<0>(choice, 1.5)(x) == Approx(choice(1.5, x)).epsilon(1e-15));
        CHECK(bind<1>(choice, x)(1.5) == Approx(choice(1.5, x)).epsilon(1e-15));
        CHECK(bind<0>(chosen_by_bound, -1.5)(x) == std::sin(x));
        CHECK(bind<0>(chosen_by_bound, 1.5)(x) == 2.25 * x);
        CHECK(damo::grad(bind<0>(choice, 1.5))(x) == Approx(x < 0 ? std::log(1.5) : 1).epsilon(1e-15));
    }
    CHECK(bind<0>(choice, -1.0)(3.0) == std::exp(-1.0) + 3); // log(-1) belongs to the other branch
    const count c = evaluations_of([] { return bind<0>(lazy_parts, 0.5); }, -2 * std::exp(0.5), -2.0);
    CHECK(c.bound == 1);
    CHECK(c.called == 0);
}

TEST_CASE("a loop that only its condition ends is not run when its branch might not be taken") {
    const auto f = bind<0>(endless, 0.5); // never zero
    CHECK(f(2.0) == 2.0);
    CHECK(bind<0>(endless, 3.0)(-1.0) == -1.0);
    const count c = evaluations_of([] { return bind<0>(ending, 8.0); }, 3.0, 3.0);
    CHECK(c.bound == 3);
    CHECK(c.called == 0);
}

TEST_CASE("loops: what goes in, or all of them, is computed once") {
    double expected = 2;
    for (int i = 0; i < 4; ++i) { expected = expected * std::exp(0.25) + 1; }
    count c = evaluations_of([] { return bind<0>(power_series, 0.25); }, expected, std::int64_t{4}, 2.0);
    CHECK(c.bound == 1);
    CHECK(c.called == 0);
    c = evaluations_of([] { return bind<0, 1>(power_series, 0.25, std::int64_t{4}); }, expected, 2.0);
    CHECK(c.called == 0);
    c = evaluations_of([] { return bind<0, 1>(whole_loop, 0.5, std::int64_t{3}); }, 4.0, 2.0);
    CHECK(c.bound == 3);
    CHECK(c.called == 0);
    c = evaluations_of([] { return bind<0>(whole_loop, 0.5); }, 4.0, std::int64_t{3}, 2.0);
    CHECK(c.bound == 0);
    CHECK(c.called == 6);
    const double e = 1 + std::exp(0.6);
    c = evaluations_of([] { return bind<0>(nested, 0.3); }, e * e * e, 1.0);
    CHECK(c.bound == 1);
    CHECK(c.called == 0);
    CHECK(damo::grad(bind<0>(nested, 0.3))(1.0) == Approx(e * e * e).epsilon(1e-14));
    CHECK(damo::grad<1>(bind<0>(power_series, 0.25))(std::int64_t{4}, 2.0) == Approx(std::exp(1.0)).epsilon(1e-14));
}

TEST_CASE("arrays in choices and loops") {
    const std::vector<double> w{0.1, -0.4, 0.7};
    for (const std::vector<double>& x : {std::vector<double>{1, 2, 3}, std::vector<double>{-1, -2, -3}}) {
        CHECK(bits(bind<0>(array_choice, w)(x)) == bits(array_choice(w, x)));
        CHECK(bind<0>(recurrence, w)(x) == Approx(recurrence(w, x)).epsilon(1e-14));
        CHECK(bind<1>(recurrence, x)(w) == Approx(recurrence(w, x)).epsilon(1e-14));
        CHECK(bits(bind<0>(whole_array_loop, w)(x)) == bits(whole_array_loop(w, x)));
        CHECK(bits(bind<0, 1>(stacked, 0.5, std::int64_t{4})(x)) == bits(stacked(0.5, 4, x)));
        CHECK(bits(bind<0>(stacked, 0.5)(std::int64_t{4}, x)) == bits(stacked(0.5, 4, x)));
        CHECK(bits(bind<0>(sized_by_call, 0.5)(x)) == bits(sized_by_call(0.5, x)));
        const auto slopes = damo::grad(bind<0>(recurrence, w))(x);
        CHECK(slopes[1] == Approx(std::tanh(0.1) * std::tanh(-0.4) * std::tanh(0.7)).epsilon(1e-14));
    }
}
