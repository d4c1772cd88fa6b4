// SPDX-License-Identifier: BSD-3-Clause
// Arrays of xtensor and Eigen as arguments and outputs of calls: no copy is made of them.
#include "catch.hpp"

#include <damo/damo.hpp>
#include <damo/interop/eigen.hpp>
#include <damo/interop/xtensor.hpp>

#include <Eigen/Core>
#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>
#include <xtensor/xtensor.hpp>
#include <xtensor/xview.hpp>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

namespace {

std::int64_t allocations = 0;

constexpr auto product = damo::fn([](damo::matrix<double> m, damo::vector<double> x) { return dot(m, x); });
constexpr auto wave = damo::fn([](damo::matrix<double> m) { return m * m + 1; });
constexpr auto shifted = damo::fn([](damo::vector<double> x, damo::scalar<double> a) { return x + a; });

using row_major = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// Element (i, j) of every matrix here.
double entry(std::int64_t i, std::int64_t j) { return std::sin(3.0 * static_cast<double>(i) + static_cast<double>(j)); }

template <class M>
void fill(M& m, std::int64_t rows, std::int64_t columns) {
    for (std::int64_t i = 0; i < rows; ++i) {
        for (std::int64_t j = 0; j < columns; ++j) { m(i, j) = entry(i, j); }
    }
}

// Both functions of a 3 by 5 matrix; written into memory that is there, they allocate nothing, so they copy nothing.
template <class M, class V>
void check(const M& m, const V& x) {
    std::vector<double> p(3);
    std::vector<double> w(15);
    const auto out = damo::view(w.data(), {3, 5});
    const std::int64_t before = allocations;
    product.into(p)(m, x);
    wave.into(out)(m);
    CHECK(allocations == before);
    for (std::int64_t i = 0; i < 3; ++i) {
        double sum = 0;
        for (std::int64_t j = 0; j < 5; ++j) {
            sum += entry(i, j) * static_cast<double>(j + 1);
            CHECK(out(i, j) == Approx(entry(i, j) * entry(i, j) + 1));
        }
        CHECK(p[static_cast<std::size_t>(i)] == Approx(sum));
    }
}

} // namespace

// Not inlined: g++ would take malloc with delete, or new with free, for a mistake.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
    ++allocations;
    if (void* p = std::malloc(bytes > 0 ? bytes : 1)) { return p; }
    std::abort();
}
[[gnu::noinline]] void* operator new(std::size_t bytes, std::align_val_t alignment) {
    ++allocations;
    const auto a = static_cast<std::size_t>(alignment);
    if (void* p = std::aligned_alloc(a, (bytes + a) / a * a)) { return p; }
    std::abort();
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }

TEST_CASE("allocations are counted") {
    const std::int64_t before = allocations;
    const damo::ndarray<double, 1> made = shifted(std::vector<double>{1, 2}, 1.0);
    CHECK(made[1] == 3);
    CHECK(allocations >= before + 2);
}

TEST_CASE("arguments from xtensor") {
    const xt::xtensor<double, 1> x{1, 2, 3, 4, 5};
    xt::xtensor<double, 2> m({3, 5});
    fill(m, 3, 5);
    check(m, x);
    xt::xarray<double> any = m;
    check(any, xt::xarray<double>(x));
    xt::xtensor<double, 2, xt::layout_type::column_major> columns({3, 5});
    fill(columns, 3, 5);
    check(columns, x);
    xt::xtensor<double, 2> large({6, 11});
    auto part = xt::view(large, xt::range(0, 6, 2), xt::range(1, 11, 2));
    fill(part, 3, 5);
    check(part, x);
    std::vector<double> memory(m.begin(), m.end());
    check(xt::adapt(memory, std::vector<std::size_t>{3, 5}), x);
}

TEST_CASE("arguments from Eigen") {
    Eigen::VectorXd x(5);
    x << 1, 2, 3, 4, 5;
    Eigen::MatrixXd columns(3, 5);
    row_major rows(3, 5);
    Eigen::Matrix<double, 3, 5> fixed;
    Eigen::MatrixXd large(8, 9);
    fill(columns, 3, 5);
    fill(rows, 3, 5);
    fill(fixed, 3, 5);
    auto block = large.block(2, 1, 3, 5);
    fill(block, 3, 5);
    check(columns, x);
    check(rows, x.transpose());
    check(fixed, x);
    check(block, x.segment(0, 5));
    check(Eigen::Map<const row_major>(rows.data(), 3, 5), x);
    check(Eigen::Map<Eigen::MatrixXd, 0, Eigen::OuterStride<>>(&large(2, 1), 3, 5, Eigen::OuterStride<>(8)), x);
}

TEST_CASE("outputs of xtensor and Eigen are written in place") {
    Eigen::MatrixXd m(3, 5);
    Eigen::VectorXd x(5);
    x << 1, 2, 3, 4, 5;
    fill(m, 3, 5);
    Eigen::VectorXd by_eigen(3);
    xt::xtensor<double, 1> by_xtensor = xt::zeros<double>({3});
    product.into(by_eigen)(m, x);
    product.into(by_xtensor)(m, x);
    const Eigen::VectorXd wanted = m * x;
    Eigen::MatrixXd squares = Eigen::MatrixXd::Zero(5, 7);
    xt::xarray<double> grid = xt::zeros<double>({3, 5});
    wave.into(squares.block(1, 1, 3, 5))(m);
    wave.into(grid)(m);
    for (int i = 0; i < 3; ++i) {
        CHECK(by_eigen[i] == Approx(wanted[i]));
        CHECK(by_xtensor(i) == Approx(wanted[i]));
        for (int j = 0; j < 5; ++j) {
            CHECK(squares(i + 1, j + 1) == Approx(m(i, j) * m(i, j) + 1));
            CHECK(grid(i, j) == squares(i + 1, j + 1));
        }
    }
    CHECK(squares.row(0).norm() == 0);
    CHECK(squares.col(6).norm() == 0);
    // the same matrix in and out
    wave.into(m)(m);
    CHECK(m == squares.block(1, 1, 3, 5));
}

TEST_CASE("an xarray of another rank is refused at run time") {
    const xt::xarray<double> cube = xt::zeros<double>({2, 2, 2});
    std::string sentence;
    try {
        (void)wave(cube);
    } catch (const damo::error& e) { sentence = e.what(); }
    CHECK(sentence == "damo::view_as<2>(array): the xtensor array has 3 axes, but 2 are required; reshape it, or pass a slice");
}

TEST_CASE("what a generic function takes from Eigen and xtensor") {
    constexpr auto generic = damo::fn([](auto a, auto b) { return a + b; });
    Eigen::VectorXd x(2);
    x << 1, 2;
    const xt::xtensor<double, 1> y{10, 20};
    CHECK(generic(x, y)[1] == 22);
}
