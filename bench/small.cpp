// SPDX-License-Identifier: BSD-3-Clause
//
// Products, elementwise functions and reductions of arrays of a few elements whose extents the types tell, against Eigen's matrices of
// fixed size and plain loops over the same std::array. The reference of the ratios is Eigen. Eigen's objects have the alignment that
// Eigen gives them; its matrices are stored by rows, as the arrays are.

#include "measure.hpp"

#include <array>
#include <cmath>

#include <Eigen/Core>

#include <damo/damo.hpp>

using namespace damo_bench;

template <class T, std::size_t N>
using vec = std::array<T, N>;
template <class T, std::size_t N>
using mat = std::array<std::array<T, N>, N>;
template <class T, std::size_t N>
using eigen_vec = Eigen::Matrix<T, static_cast<int>(N), 1>;
template <class T, std::size_t N>
using eigen_mat = Eigen::Matrix<T, static_cast<int>(N), static_cast<int>(N), Eigen::RowMajor>;

template <class T, std::size_t N>
struct damo_functions {
    static constexpr std::int64_t n = N;
    using m = damo::matrix<T, n, n>;
    using v = damo::vector<T, n>;
    static constexpr auto matvec = damo::fn([](m a, v x) { return dot(a, x); });
    static constexpr auto matmul = damo::fn([](m a, m b) { return dot(a, b); });
    static constexpr auto layer = damo::fn([](m a, v x, v b) { return tanh(dot(a, x) + b); });
    static constexpr auto norm = damo::fn([](v x) { return sqrt(sum(x * x)); });
    static constexpr auto quadratic = damo::fn([](v x, m a, v b) { return dot(x, dot(a, x)) + dot(b, x); });
    static constexpr auto quadratic_and_gradient = damo::value_and_grad<0>(quadratic);
};

/// The same numbers for every candidate.
template <class T, std::size_t N>
struct data {
    mat<T, N> a, b, c;
    vec<T, N> x, y, z;
    T value;
    eigen_mat<T, N> ea, eb, ec;
    eigen_vec<T, N> ex, ey, ez;
    T eigen_value;

    data()
    {
        uniform random(17);
        for (std::size_t i = 0; i < N; ++i) {
            const auto row = static_cast<Eigen::Index>(i);
            ex[row] = x[i] = static_cast<T>(random(-1, 1));
            ey[row] = y[i] = static_cast<T>(random(-1, 1));
            for (std::size_t j = 0; j < N; ++j) {
                const auto column = static_cast<Eigen::Index>(j);
                ea(row, column) = a[i][j] = static_cast<T>(random(-1, 1));
                eb(row, column) = b[i][j] = static_cast<T>(random(-1, 1));
            }
        }
    }
};

/// What a candidate wrote, beside what the first wrote.
template <class T>
void require_same(const candidate& c, const case_id& what, const T* got, const T* expected, std::size_t n)
{
    c.run(1);
    for (std::size_t i = 0; i < n; ++i)
        require_close(c.name, what, i, static_cast<double>(got[i]), static_cast<double>(expected[i]), 16 * std::numeric_limits<T>::epsilon());
}

template <class T, std::size_t N, class Eigens, class Damo, class Plain>
void measure_case(session& s, const char* name, data<T, N>& d, const T* expected, const T* got, std::size_t count, Eigens eigen, Damo damo,
                  Plain plain)
{
    const case_id what{name, N, dtype_name<T>(), "static"};
    if (!s.wants(what)) return;
    // The inputs lie in memory and may have changed between two calls.
    std::vector<candidate> all;
    all.push_back(make_candidate("Eigen", &d, eigen));
    all.push_back(make_candidate("damo", &d, damo));
    all.push_back(make_candidate("plain loops", &d, plain));
    all[0].run(1);
    for (std::size_t i = 1; i < all.size(); ++i) require_same(all[i], what, got, expected, count);
    s.measure(what, std::move(all));
}

template <class T, std::size_t N>
void plain_matvec(const mat<T, N>& a, const vec<T, N>& x, vec<T, N>& y)
{
    for (std::size_t i = 0; i < N; ++i) {
        T sum = 0;
        for (std::size_t j = 0; j < N; ++j) sum += a[i][j] * x[j];
        y[i] = sum;
    }
}

template <class T, std::size_t N>
void measure_products(session& s)
{
    using f = damo_functions<T, N>;
    data<T, N> d;
    measure_case(s, "matvec", d, d.ez.data(), d.z.data(), N, [&] { d.ez.noalias() = d.ea * d.ex; }, [&] { d.z = f::matvec(d.a, d.x); },
                 [&] { plain_matvec(d.a, d.x, d.z); });
    measure_case(s, "matmul", d, d.ec.data(), d.c[0].data(), N * N, [&] { d.ec.noalias() = d.ea * d.eb; }, [&] { d.c = f::matmul(d.a, d.b); },
                 [&] {
                     for (std::size_t i = 0; i < N; ++i) {
                         vec<T, N> row{};
                         for (std::size_t k = 0; k < N; ++k)
                             for (std::size_t j = 0; j < N; ++j) row[j] += d.a[i][k] * d.b[k][j];
                         d.c[i] = row;
                     }
                 });
}

template <class T, std::size_t N>
void measure_layer(session& s)
{
    using f = damo_functions<T, N>;
    data<T, N> d;
    measure_case(s, "layer", d, d.ez.data(), d.z.data(), N, [&] { d.ez = (d.ea * d.ex + d.ey).array().tanh(); },
                 [&] { d.z = f::layer(d.a, d.x, d.y); },
                 [&] {
                     plain_matvec(d.a, d.x, d.z);
                     for (std::size_t i = 0; i < N; ++i) d.z[i] = std::tanh(d.z[i] + d.y[i]);
                 });
}

template <class T, std::size_t N>
void measure_quadratic(session& s)
{
    using f = damo_functions<T, N>;
    data<T, N> d;
    measure_case(s, "quadratic_gradient", d, d.ez.data(), d.z.data(), N,
                 [&] {
                     const eigen_vec<T, N> ax = d.ea * d.ex;
                     d.eigen_value = d.ex.dot(ax) + d.ey.dot(d.ex);
                     d.ez.noalias() = ax + d.ea.transpose() * d.ex + d.ey;
                 },
                 [&] {
                     const auto [value, gradient] = f::quadratic_and_gradient(d.x, d.a, d.y);
                     d.value = value;
                     d.z = gradient;
                 },
                 [&] {
                     vec<T, N> ax;
                     plain_matvec(d.a, d.x, ax);
                     T value = 0;
                     for (std::size_t i = 0; i < N; ++i) value += d.x[i] * (ax[i] + d.y[i]);
                     d.value = value;
                     for (std::size_t i = 0; i < N; ++i) ax[i] += d.y[i];
                     for (std::size_t i = 0; i < N; ++i)
                         for (std::size_t j = 0; j < N; ++j) ax[j] += d.a[i][j] * d.x[i];
                     d.z = ax;
                 });
}

template <class T, std::size_t N>
void measure_norm(session& s)
{
    using f = damo_functions<T, N>;
    data<T, N> d;
    measure_case(s, "norm", d, &d.eigen_value, &d.value, 1, [&] { d.eigen_value = d.ex.norm(); }, [&] { d.value = f::norm(d.x); },
                 [&] {
                     T sum = 0;
                     for (std::size_t i = 0; i < N; ++i) sum += d.x[i] * d.x[i];
                     d.value = std::sqrt(sum);
                 });
}

template <class T>
void measure_element_type(session& s)
{
    measure_products<T, 3>(s);
    measure_products<T, 4>(s);
    measure_products<T, 6>(s);
    measure_products<T, 8>(s);
    measure_layer<T, 4>(s);
    measure_layer<T, 8>(s);
    measure_quadratic<T, 6>(s);
    measure_norm<T, 3>(s);
}

int main(int argc, char** argv)
{
    session s("small", argc, argv);
    measure_element_type<double>(s);
    measure_element_type<float>(s);
    return s.finish();
}
