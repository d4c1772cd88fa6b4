// SPDX-License-Identifier: BSD-3-Clause
// Functors written for ceres::AutoDiffCostFunction and for double, not a word changed: compiled with -fimplicit-constexpr of g++.
#include <damo/scalar.hpp>

#include <array>
#include <cmath>
#include <vector>

#include "catch.hpp"

namespace {

// Helpers and functors as they stand in programs that use Ceres: nothing here is constexpr.
template <typename T>
inline T squared_norm(const T x[3]) {
    T sum = T(0);
    for (int i = 0; i < 3; ++i) { sum += x[i] * x[i]; }
    return sum;
}
struct powell_and_more {
    template <typename T>
    bool operator()(const T* const x, const T* const angle, T* residuals) const {
        using std::cos;
        using std::exp;
        using std::sin;
        T start{};
        start += T(0.5);
        start -= x[0] / 2.0;
        const T rotated[3] = {cos(angle[0]) * x[0] - sin(angle[0]) * x[1], sin(angle[0]) * x[0] + cos(angle[0]) * x[1], x[2]};
        residuals[0] = 1 - x[0] + start;
        residuals[1] = sqrt(squared_norm(rotated)) * 10.0;
        residuals[2] = T(2.5);
        residuals[2] *= exp(-x[1]);
        return true;
    }
};
// No result: taken as success.
struct difference {
    template <typename T>
    void operator()(const T* a, const T* b, T* out) const {
        for (int i = 0; i < 2; ++i) { out[i] = a[i] - b[i]; }
    }
};
// By value, as for std::transform.
struct logistic {
    template <typename T>
    T operator()(T x) const {
        using std::exp;
        return T(1) / (T(1) + exp(-x));
    }
};

} // namespace

TEST_CASE("a functor without constexpr, its derivatives") {
    constexpr auto f = damo::functor<double, 3, 3, 1>(powell_and_more{});
    const std::array<double, 3> x{0.3, -1.2, 2.0};
    const std::array<double, 1> angle{0.7};
    double plain[3];
    REQUIRE(powell_and_more{}(x.data(), angle.data(), plain));
    const auto r = f(x, angle);
    for (std::size_t i = 0; i < 3; ++i) { CHECK(r[i] == Approx(plain[i]).epsilon(1e-14)); }
    const auto j = damo::jacobian<0, 1>(f)(x, angle);
    CHECK(damo::get<0>(j[0])[0] == -1.5);
    CHECK(damo::get<0>(j[1])[2] == Approx(10 * 2.0 / (plain[1] / 10)).epsilon(1e-14));
    CHECK(damo::get<0>(j[2])[1] == Approx(-plain[2]).epsilon(1e-14));
    CHECK(damo::get<1>(j[1])[0] == Approx(0).margin(1e-13)); // a rotation keeps the norm
}

TEST_CASE("a functor without a result, and one by value") {
    constexpr auto d = damo::functor<double, 2, 2, 2>(difference{});
    CHECK(d(std::array{3.0, 5.0}, std::array{1.0, 2.0}) == std::array<double, 2>{2, 3});
    constexpr auto s = damo::fn<double(double)>(logistic{});
    CHECK(s(0.3) == Approx(logistic{}(0.3)).epsilon(1e-15));
    CHECK(damo::grad(s)(0.3) == Approx(logistic{}(0.3) * (1 - logistic{}(0.3))).epsilon(1e-15));
}
