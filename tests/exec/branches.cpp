// SPDX-License-Identifier: BSD-3-Clause
// cond over arrays: of two branches the one taken is computed, alone.
#include "exec/against_reference.hpp"

#include <damo/damo.hpp>

using damo::cond;
using damo::fn;
using damo::matrix;
using damo::scalar;
using damo::value;
using damo::vector;
using reference::agrees_on;
using reference::some;

namespace {

int calls = 0;

// The identity, which counts its calls; so does its derivative.
struct counted_array_op : damo::ops::op_defaults {
    static constexpr const char* name = "test.counted_array";
    static constexpr value partial(int, const value* x, value) { return damo::ops::apply<counted_array_op>(x[0] * 0 + 1); }
    struct functor {
        template <class T>
        T operator()(T a) const {
            ++calls;
            return a;
        }
    };
};
constexpr value counted(damo::operand x) { return damo::ops::apply<counted_array_op>(x); }

template <class F, class... A>
int calls_of(F f, const A&... a) {
    calls = 0;
    (void)f(a...);
    return calls;
}

reference::tensor truth(bool b) {
    reference::tensor t(damo::dtype::boolean, {});
    t.set_integer(0, b);
    return t;
}
constexpr auto f64 = damo::dtype::float64;

} // namespace

template <>
struct damo::functor_for<damo::ops::id_of<counted_array_op>> : counted_array_op::functor {};

TEST_CASE("both branches agree with the reference") {
    constexpr auto f = fn([](scalar<bool> p, matrix<double> a, vector<double> x) {
        return std::tuple{cond(p, dot(a, x), exp(x) * 2), exp(cond(p, transpose(a), a + 1.0)), cond(p, sum(x), 0)};
    });
    for (bool p : {true, false}) {
        agrees_on(f, {truth(p), some(f64, {3, 3}, 1), some(f64, {3}, 2)});
        agrees_on(f, {truth(p), some(f64, {0, 0}, 1), some(f64, {0}, 2)});
    }
}

TEST_CASE("conditions within conditions, of one kind and another, one after the other") {
    constexpr auto f = fn([](scalar<bool> p, scalar<bool> q, vector<double> x) {
        const value u = cond(p, x * 2, [](value v) { return v; }(sin(x)));
        const value w = exp(u) + 1.0;
        const value v = cond(p, cond(q, cos(w), w * x), dot(x, w) * x); // uses what came out of the first choice
        return std::tuple{u, v, cond(q, v - u, cond(p, u, v) + x)};
    });
    for (bool p : {true, false}) {
        for (bool q : {true, false}) { agrees_on(f, {truth(p), truth(q), some(f64, {5}, 3)}); }
    }
}

TEST_CASE("nothing of the branch not taken runs") {
    const std::vector<double> x(10, 2.0);
    constexpr auto one = fn([](scalar<bool> p, vector<double> x) { return cond(p, counted(x), 2 * x); });
    CHECK(calls_of(one, false, x) == 0);
    CHECK(calls_of(one, true, x) > 0);
    // What both need is computed once, before; a nested branch only where both conditions say so.
    constexpr auto shared = fn([](scalar<bool> p, vector<double> x) {
        const value s = counted(x);
        return cond(p, s * 2, s + x);
    });
    CHECK(calls_of(shared, true, x) == calls_of(shared, false, x));
    constexpr auto nested = fn([](scalar<bool> p, scalar<bool> q, vector<double> x) { return cond(p, [&] { return cond(q, counted(x * 2), x); }, [&] { return x; }); });
    CHECK(calls_of(nested, true, true, x) > 0);
    CHECK(calls_of(nested, true, false, x) == 0);
    CHECK(calls_of(nested, false, true, x) == 0);
    // A product of the branch not taken is not made either: it would take minutes.
    constexpr auto heavy = fn([](scalar<bool> p, vector<double> x) {
        return cond(p, [&] { return damo::fold(1'000'000'000'000, x, [&](auto, value c) { return c * 0.5 + x; }); }, [&] { return -x; });
    });
    CHECK(heavy(false, x)[3] == -2);
}

TEST_CASE("the derivative computes the branch taken, and no NaN comes from the other") {
    constexpr auto f = fn([](scalar<bool> p, vector<double> x) { return sum(cond(p, counted(sqrt(x)) * 2, x * x)); });
    constexpr auto g = damo::value_and_grad<1>(f);
    const std::vector<double> x{-4.0, -1.0, 0.0};
    calls = 0;
    const auto [v, dx] = g(false, x);
    CHECK(calls == 0);
    CHECK(v == 17);
    CHECK((dx[0] == -8 && dx[1] == -2 && dx[2] == 0));
    CHECK(g(true, std::vector<double>{4, 9}).gradient[1] == Approx(1. / 3));
    const auto second = damo::grad<1>(fn([](scalar<bool> p, vector<double> x) { return sum(square(damo::grad<1>(fn([](scalar<bool> q, vector<double> y) { return sum(cond(q, log(y), y * y * y)); }))(p, x))); }));
    CHECK(second(false, std::vector<double>{-1, 2})[1] == Approx(36 * 8));
}

TEST_CASE("branches inside loops, loops inside branches") {
    constexpr auto f = fn([](matrix<double> xs, vector<double> h, matrix<double> w) {
        return damo::scan(xs, h, [&](value x, value s) {
            const value next = cond(sum(x) > 0, [&] { return tanh(dot(w, s) + x); }, [&] { return damo::fold(3, s, [&](auto, value c) { return c * 0.5 + x; }); });
            return std::pair(next, cond(sum(s) > 0, next, s * 0));
        });
    });
    agrees_on(f, {some(f64, {6, 3}, 5), some(f64, {3}, 2), some(f64, {3, 3}, 1)});
    agrees_on(f, {some(f64, {0, 3}, 5), some(f64, {3}, 2), some(f64, {3, 3}, 1)});
    constexpr auto loss = fn([](matrix<double> xs, vector<double> h, matrix<double> w) {
        return sum(damo::fold(xs, h, [&](value x, value s) { return cond(sum(x) > 0, tanh(dot(w, s) + x), s * x); }));
    });
    agrees_on(damo::value_and_grad<0, 1, 2>(loss), {some(f64, {6, 3}, 5), some(f64, {3}, 2), some(f64, {3, 3}, 1)});
}
