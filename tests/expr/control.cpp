// SPDX-License-Identifier: BSD-3-Clause
#include <damo/scalar.hpp>

#include <cmath>

#include "catch.hpp"

using damo::cond, damo::fold, damo::fn, damo::grad, damo::scan, damo::value, damo::value_and_grad, damo::where;
using S = damo::scalar<double>;
using N = damo::scalar<std::int64_t>;

namespace {

int calls = 0;
int slopes = 0;

// An op of the user that counts its calls: the identity, its derivative the constant 1 as counted calls of another op.
struct counted_slope_op : damo::ops::op_defaults {
    static constexpr const char* name = "test.counted_slope";
    static constexpr value partial(int, const value* x, value) { return x[0] * 0; }
    struct functor {
        template <class T>
        T operator()(T) const {
            ++slopes;
            return T(1);
        }
    };
};
struct counted_op : damo::ops::op_defaults {
    static constexpr const char* name = "test.counted";
    static constexpr value partial(int, const value* x, value) { return damo::ops::apply<counted_slope_op>(x[0]); }
    struct functor {
        template <class T>
        T operator()(T a) const {
            ++calls;
            return a;
        }
    };
};
constexpr value counted(damo::operand x) { return damo::ops::apply<counted_op>(x); }

inline constexpr auto power = fn([](S x, N n) { return fold(n, 1.0, [&](auto, value c) { return c * x; }); });

template <class F>
double difference(F f, double x) {
    const double h = 1e-4;
    return (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h);
}

} // namespace

template <>
struct damo::functor_for<damo::ops::id_of<counted_op>> : counted_op::functor {};
template <>
struct damo::functor_for<damo::ops::id_of<counted_slope_op>> : counted_slope_op::functor {};

// --- cond --------------------------------------------------------------------------------------------------------------------

TEST_CASE("only the branch taken is computed") {
    constexpr auto f = fn([](S x) { return cond(x > 0, counted(x), 2 * x); });
    calls = 0;
    CHECK(f(3.0) == 3);
    CHECK(calls == 1);
    CHECK(f(-3.0) == -6);
    CHECK(calls == 1);
}

TEST_CASE("what both branches need is computed once, before") {
    constexpr auto f = fn([](S x) {
        const value shared = counted(x);
        return cond(x > 0, shared * 2, shared * 3);
    });
    calls = 0;
    CHECK(f(2.0) == 4);
    CHECK(f(-2.0) == -6);
    CHECK(calls == 2);
}

TEST_CASE("choices in choices are lazy") {
    constexpr auto f = fn([](S x, S y) { return cond(x > 0, [&] { return cond(y > 0, counted(x * y), counted(x) - y); }, [&] { return y; }); });
    calls = 0;
    CHECK(f(-1.0, 5.0) == 5);
    CHECK(calls == 0);
    CHECK(f(2.0, 5.0) == 10);
    CHECK(calls == 1);
    CHECK(f(2.0, -5.0) == 7);
    CHECK(calls == 2);
}

TEST_CASE("what is used under the same condition in two places is computed under it") {
    constexpr auto f = fn([](S x) {
        const value a = counted(x + 1);
        const value first = cond(x > 0, a, 0);
        const value root = exp(first) + x;
        return cond(x > 0, a * root, 1) + root;
    });
    calls = 0;
    CHECK(f(-1.0) == 1.0 + std::exp(0.0) - 1);
    CHECK(calls == 0);
    const double root = std::exp(3.0) + 2;
    CHECK(f(2.0) == Approx(3 * root + root).epsilon(1e-15));
    CHECK(calls == 1);
}

TEST_CASE("the derivative of the branch not taken is not computed, nor does it give NaN") {
    constexpr auto f = fn([](S x) { return cond(x > 0, counted(x) * sqrt(x), counted(x * x)); });
    constexpr auto df = value_and_grad(f);
    calls = slopes = 0;
    const auto [v, d] = df(0.0); // sqrt has an infinite slope here
    CHECK(v == 0);
    CHECK(d == 0);
    CHECK(calls == 1);
    CHECK(slopes == 1);
    const auto [v2, d2] = df(4.0);
    CHECK(v2 == 8);
    CHECK(d2 == 3);
    CHECK(calls == 2);
    CHECK(slopes == 2);
    const auto j = damo::jvp(f)(-2.0, 1.0);
    CHECK(j.value == 4);
    CHECK(j.tangent == -4);
    CHECK(grad(grad(f))(4.0) == Approx(0.375));
}

TEST_CASE("a branch that would divide by zero is not taken") {
    constexpr auto f = fn([](S x) { return cond(x != 0, sin(x) / x, 1); });
    CHECK(f(0.0) == 1);
    CHECK(grad(f)(0.0) == 0);
    CHECK(grad(f)(1.0) == Approx(std::cos(1.0) - std::sin(1.0)));
}

TEST_CASE("branches may be callables with several results") {
    constexpr auto f = fn([](S x, S y) {
        const auto [low, high] = cond(x < y, [](S a, S b) { return std::tuple{a, b}; }, [](S a, S b) { return std::tuple{b, a}; }, x, y);
        return std::array<value, 2>{low, high};
    });
    CHECK(f(1.0, 2.0) == std::array{1.0, 2.0});
    CHECK(f(2.0, 1.0) == std::array{1.0, 2.0});
}

// --- fold --------------------------------------------------------------------------------------------------------------------

TEST_CASE("Newton's square root, its first and second derivative") {
    constexpr auto root = fn([](S x) { return fold(6, x, [&](auto, S c) { return 0.5 * (c + x / c); }); });
    static_assert(root(4.0) > 1.9999 && root(4.0) < 2.0001);
    CHECK(root(2.0) == Approx(std::sqrt(2.0)).epsilon(1e-15));
    CHECK(grad(root)(2.0) == Approx(0.5 / std::sqrt(2.0)).epsilon(1e-12));
    CHECK(damo::hessian(root)(2.0) == Approx(-0.25 / std::pow(2.0, 1.5)).epsilon(1e-8));
}

TEST_CASE("one hundred steps of the logistic map against a loop over dual numbers") {
    constexpr auto map = fn([](S r, S x) { return fold(100, x, [&](auto, S c) { return r * c * (1 - c); }); });
    const double r = 3.7;
    double c = 0.3, by_r = 0, by_x = 1;
    for (int i = 0; i < 100; ++i) {
        by_r = c * (1 - c) + r * (1 - 2 * c) * by_r;
        by_x = r * (1 - 2 * c) * by_x;
        c = r * c * (1 - c);
    }
    const auto [v, d] = value_and_grad<0, 1>(map)(r, 0.3);
    CHECK(v == Approx(c).epsilon(1e-5)); // chaotic: rounding grows by a factor of 1.4 a step
    CHECK(get<0>(d) == Approx(by_r).epsilon(1e-2));
    CHECK(get<1>(d) == Approx(by_x).epsilon(1e-2));
    const auto [tangent_value, tangent] = damo::jvp(map)(r, 0.3, 0.0, 1.0);
    CHECK(tangent_value == Approx(c).epsilon(1e-5));
    CHECK(tangent == Approx(by_x).epsilon(1e-2));
}

TEST_CASE("Horner's scheme over coefficients in a std::array") {
    constexpr auto polynomial = fn([](std::array<S, 4> a, S x) { return fold(a, 0.0, [&](S coefficient, auto c) { return c * x + coefficient; }); });
    const std::array a{1.0, 2.0, 3.0, 4.0};
    CHECK(polynomial(a, 2.0) == 26);
    const auto [v, d] = value_and_grad<0, 1>(polynomial)(a, 2.0);
    CHECK(v == 26);
    CHECK(get<0>(d) == std::array{8.0, 4.0, 2.0, 1.0});
    CHECK(get<1>(d) == 23);
    CHECK(damo::hessian<1>(polynomial)(a, 2.0) == 6 * 2 + 4);
}

TEST_CASE("a power with a number of steps that the call decides") {
    constexpr auto slope = grad(power);
    for (std::int64_t n : {0, 1, 2, 7, 3000}) {
        INFO(n);
        CHECK(power(1.001, n) == Approx(std::pow(1.001, n)).epsilon(1e-12));
        CHECK(slope(1.001, n) == Approx(static_cast<double>(n) * std::pow(1.001, n - 1)).epsilon(1e-12));
    }
    CHECK(power(2.0, std::int64_t{-3}) == 1);
    CHECK(grad(slope)(2.0, std::int64_t{5}) == Approx(20 * 8));
}

TEST_CASE("several carries exchange their values") {
    constexpr auto fibonacci = fn([](N n) { return std::get<0>(fold(n, std::tuple{0, 1}, [](auto, auto c) { return std::tuple{std::get<1>(c), std::get<0>(c) + std::get<1>(c)}; })); });
    CHECK(fibonacci(std::int64_t{50}) == 12586269025);
    constexpr auto turn = fn([](S x, S y, S t) {
        return fold(10, std::array<S, 2>{x, y}, [&](auto, std::array<S, 2> p) { return std::array<value, 2>{cos(t) * p[0] - sin(t) * p[1], sin(t) * p[0] + cos(t) * p[1]}; });
    });
    const auto p = turn(1.0, 0.0, 0.1);
    CHECK(p[0] == Approx(std::cos(1.0)));
    CHECK(p[1] == Approx(std::sin(1.0)));
}

TEST_CASE("what does not depend on the step is computed once") {
    constexpr auto f = fn([](S x, N n) { return fold(n, x, [&](auto, S c) { return c + counted(x); }); });
    calls = 0;
    CHECK(f(1.0, std::int64_t{9}) == 10);
    CHECK(calls == 1);
    calls = slopes = 0;
    CHECK(grad(f)(1.0, std::int64_t{9}) == 10);
    CHECK(slopes == 1);
}

TEST_CASE("a loop in a loop and a choice in a loop") {
    constexpr auto f = fn([](S x, N n) {
        return fold(n, x, [&](N i, S c) { return fold(i + 1, c, [&](auto j, S d) { return cond(d > 0.5, [&] { return sin(d + x * i * 0.1); }, [&] { return d * 3 + 0.01 * j; }); }); });
    });
    const auto plain = [](double x, int n) {
        double c = x;
        for (int i = 0; i < n; ++i) {
            for (int j = 0; j <= i; ++j) { c = c > 0.5 ? std::sin(c + x * i * 0.1) : c * 3 + 0.01 * j; }
        }
        return c;
    };
    const auto at = [&](double x) { return plain(x, 5); };
    CHECK(f(0.7, std::int64_t{5}) == Approx(at(0.7)).epsilon(1e-14));
    CHECK(grad(f)(0.7, std::int64_t{5}) == Approx(difference(at, 0.7)).epsilon(1e-9));
    CHECK(grad(grad(f))(0.7, std::int64_t{5}) == Approx(difference([&](double x) { return difference(at, x); }, 0.7)).epsilon(1e-6));
}

TEST_CASE("a choice in a loop is lazy") {
    constexpr auto f = fn([](S x) { return fold(10, x, [](N i, S c) { return cond(i < 3, [&] { return counted(c) + 1; }, [&] { return c; }); }); });
    calls = 0;
    CHECK(f(1.0) == 4);
    CHECK(calls == 3);
}

// --- scan --------------------------------------------------------------------------------------------------------------------

TEST_CASE("what a scan stacks is walked through by another loop") {
    constexpr auto f = fn([](S x) {
        const auto [last, all] = scan(5, x, [&](auto, S c) { return std::pair{c * c / 2, c * x}; });
        return fold(all, 0.0, [&](value e, value s) { return s * x + e; }) + last;
    });
    const auto plain = [](double x) {
        double c = x, s = 0;
        for (int i = 0; i < 5; ++i) {
            s = s * x + c * x;
            c = c * c / 2;
        }
        return s + c;
    };
    CHECK(f(0.9) == Approx(plain(0.9)).epsilon(1e-14));
    CHECK(grad(f)(0.9) == Approx(difference(plain, 0.9)).epsilon(1e-9));
    CHECK(grad(grad(f))(0.9) == Approx(difference([&](double x) { return difference(plain, x); }, 0.9)).epsilon(1e-6));
}

TEST_CASE("loops survive being called inside another function") {
    constexpr auto f = fn([](S x, N n) { return grad(power)(x, n) + power(2 * x, 3); });
    CHECK(f(2.0, std::int64_t{4}) == 32 + 64);
    CHECK(grad(f)(2.0, std::int64_t{4}) == 48 + 96);
}

TEST_CASE("what a scan stacks is worked on element by element, taken apart and added up") {
    constexpr auto f = fn([](S x) {
        const auto [last, all] = scan(5, x, [&](auto, S c) { return std::pair{c * c / 2, c * x}; });
        return fold(sin(all) * 2 + x, 0.0, [&](value e, value s) { return s * x + e; }) + last + at(all, {1}) * at(all, {-1});
    });
    const auto plain = [](double x) {
        double c = x, s = 0, all[5];
        for (double& y : all) {
            y = c * x;
            c = c * c / 2;
        }
        for (double y : all) { s = s * x + std::sin(y) * 2 + x; }
        return s + c + all[1] * all[4];
    };
    CHECK(f(0.9) == Approx(plain(0.9)).epsilon(1e-14));
    CHECK(grad(f)(0.9) == Approx(difference(plain, 0.9)).epsilon(1e-9));
    CHECK(damo::jvp(f)(0.9, 1.0).tangent == Approx(difference(plain, 0.9)).epsilon(1e-9));
}
