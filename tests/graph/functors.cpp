// SPDX-License-Identifier: BSD-3-Clause
// Functors written for double, ceres::Jet and the like, run on symbols that the program made.
#include <damo/graph/compile.hpp>

#include <array>
#include <cmath>
#include <vector>

#include <damo/expr/pointer_functor.hpp>
#include <damo/graph/grad.hpp>

#include "catch.hpp"
#include "reference/run_time.hpp"

namespace {

using symbol = damo::scalar<double>;

// An observation, as in the curve fitting of Ceres' tutorial: the functor has members, and nothing is constexpr.
struct observed {
    double at, value;
    template <typename T>
    bool operator()(const T* const m, const T* const c, T* residual) const {
        using std::exp;
        residual[0] = value - exp(m[0] * at + c[0]);
        return true;
    }
};
struct without_members {
    template <typename T>
    bool operator()(const T* const x, T* out) const {
        using std::sin;
        T sum{};
        for (int i = 0; i < 3; ++i) { sum += T(0.5) * x[i]; }
        out[0] = 1 - sum;
        out[1] = sin(x[0]) * 2.0;
        out[1] *= sum;
        return true;
    }
};
struct failing {
    template <typename T>
    bool operator()(const T* const, T* const) const {
        return false;
    }
};

} // namespace

TEST_CASE("a functor with members records on symbols of the program") {
    const symbol m = damo::input<double>("m");
    const symbol c = damo::input<double>("c");
    const std::vector<observed> data{{0, 1.1}, {0.5, 1.4}, {1, 1.9}};
    symbol cost;
    for (const observed& o : data) {
        symbol r;
        REQUIRE(o(&m, &c, &r));
        cost += 0.5 * r * r;
    }
    const auto both = damo::compile({m, c}, {cost, damo::grad(cost, m)});
    double expected = 0;
    double slope = 0;
    for (const observed& o : data) {
        const double m0 = 0.3;
        const double c0 = 0.1;
        double r = 0;
        o(&m0, &c0, &r);
        expected += 0.5 * r * r;
        slope += r * -std::exp(m0 * o.at + c0) * o.at;
    }
    const auto found = both(0.3, 0.1);
    CHECK(found[0].number() == Approx(expected).epsilon(1e-14));
    CHECK(found[1].number() == Approx(slope).epsilon(1e-14));
}

TEST_CASE("functor<...> takes blocks of such symbols, constexpr or not") {
    const std::array<symbol, 3> x{damo::input<double>("a"), damo::input<double>("b"), damo::input<double>("c")};
    const auto out = damo::functor<double, 2, 3>(without_members{})(x);
    const double at[3] = {0.3, 2, -1};
    double plain[2];
    without_members{}(at, plain);
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(damo::eval(out[i], {{x[0], at[0]}, {x[1], at[1]}, {x[2], at[2]}}).number() == Approx(plain[i]).epsilon(1e-15));
    }
    CHECK_THROWS_AS((damo::functor<double, 1, 3>(failing{})(x)), damo::graph_error);
}
