// SPDX-License-Identifier: BSD-3-Clause
#if __has_include(<cblas.h>) && !defined(DAMO_USE_CBLAS)
#define DAMO_USE_CBLAS
#endif

#include "catch.hpp"

#include <damo/exec/blas/blas.hpp>

#include <cmath>
#include <complex>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

namespace blas = damo::blas;
using damo::array_view;

namespace {

// clang-format off
static_assert(blas::Scalar<float> && blas::Scalar<double> && blas::Scalar<long double>);
static_assert(blas::Scalar<std::int8_t> && blas::Scalar<std::uint64_t>);
static_assert(!blas::Scalar<bool> && !blas::Scalar<std::complex<float>> && !blas::Scalar<const float>);
static_assert(std::is_same_v<blas::accumulator_t<short>, unsigned short>);
static_assert(std::is_same_v<blas::accumulator_t<double>, double>);
static_assert(!blas::portable_backend::serves<float>);
// clang-format on

constexpr bool product_of_small_matrices() {
    const int a[6] = {1, 2, 3, 4, 5, 6};
    const int b[6] = {7, 8, 9, 10, 11, 12};
    int c[4] = {};
    blas::gemm_static<2, 2, 3>(a, b, c);
    return c[0] == 58 && c[1] == 64 && c[2] == 139 && c[3] == 154;
}
static_assert(product_of_small_matrices());

std::mt19937& dice() {
    static std::mt19937 random(11);
    return random;
}

std::int64_t draw(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(dice());
}

// Small whole numbers: every sum is exact in every type (integers may wrap), so results are compared with ==.
template <class T> T whole() {
    return static_cast<T>(draw(std::is_signed_v<T> ? -4 : 0, 4));
}

template <class T>
constexpr T nan_or_most = std::is_floating_point_v<T> ? std::numeric_limits<T>::quiet_NaN() : std::numeric_limits<T>::max();

// An array of the given shape somewhere in a buffer of its own, with one of the layouts that callers have.
template <class T, int Rank> struct placed {
    std::vector<T> memory;
    array_view<T, Rank> view;

    placed(std::initializer_list<std::int64_t> shape, bool may_repeat) {
        int axis = 0;
        for (std::int64_t extent : shape) { view.extents[axis++] = extent; }
        std::int64_t size = 1;
        const bool first_axis_fastest = draw(0, 1) == 1;
        for (int n = 0; n < Rank; ++n) {
            const int a = first_axis_fastest ? n : Rank - 1 - n;
            view.strides[a] = n == 0 ? (draw(0, 2) > 0 ? 1 : draw(2, 3)) * size : size + (draw(0, 1) == 1 ? draw(1, 5) : 0);
            size = view.strides[a] * (view.extents[a] > 0 ? view.extents[a] : 1);
        }
        std::int64_t origin = 0;
        for (int a = 0; a < Rank; ++a) {
            if (draw(0, 5) == 0) { // reversed
                if (view.extents[a] > 0) { origin += (view.extents[a] - 1) * view.strides[a]; }
                view.strides[a] = -view.strides[a];
            } else if (may_repeat && draw(0, 7) == 0) {
                view.strides[a] = 0;
            } else if (view.extents[a] == 1 && draw(0, 1) == 1) {
                view.strides[a] = draw(-3, 3); // of no meaning
            }
        }
        memory.resize(static_cast<std::size_t>(size) + 1);
        for (T& element : memory) { element = whole<T>(); }
        view.data = memory.data() + origin;
    }
};

template <class T> using sum_t = blas::accumulator_t<T>;

template <class T>
std::vector<T> naive_matmul(array_view<const T, 2> a, array_view<const T, 2> b, array_view<const T, 2> c, T alpha, T beta) {
    std::vector<T> result;
    for (std::int64_t i = 0; i < c.extents[0]; ++i) {
        for (std::int64_t j = 0; j < c.extents[1]; ++j) {
            sum_t<T> total{};
            for (std::int64_t p = 0; p < a.extents[1]; ++p) {
                total = blas::plus(total, blas::times(static_cast<sum_t<T>>(a(i, p)), static_cast<sum_t<T>>(b(p, j))));
            }
            total = blas::times(static_cast<sum_t<T>>(alpha), total);
            if (beta != T(0)) {
                total = blas::plus(total, blas::times(static_cast<sum_t<T>>(beta), static_cast<sum_t<T>>(c(i, j))));
            }
            result.push_back(static_cast<T>(total));
        }
    }
    return result;
}

template <class T> std::vector<T> flat(array_view<const T, 2> c) {
    std::vector<T> result;
    for (std::int64_t i = 0; i < c.extents[0]; ++i) {
        for (std::int64_t j = 0; j < c.extents[1]; ++j) { result.push_back(c(i, j)); }
    }
    return result;
}

template <class T> std::vector<T> flat(array_view<const T, 1> c) {
    std::vector<T> result;
    for (std::int64_t i = 0; i < c.extents[0]; ++i) { result.push_back(c(i)); }
    return result;
}

// The elements between those of the view, which nobody may touch.
template <class T, int Rank> std::vector<T> others(const placed<T, Rank>& c) {
    std::vector<T> result;
    for (const T& element : c.memory) {
        if (damo::overlaps(c.view, array_view<const T, 0>{&element, {}, {}}) == damo::overlap::none) {
            result.push_back(element);
        }
    }
    return result;
}

template <class T> array_view<const T, 2> as_column(array_view<const T, 1> x) {
    return {x.data, {x.extents[0], 1}, {x.strides[0], 1}};
}

template <class T> array_view<const T, 2> as_row(array_view<const T, 1> x) {
    return {x.data, {1, x.extents[0]}, {1, x.strides[0]}};
}

template <class T> T coefficient() {
    return static_cast<T>(draw(0, 2));
}

template <class Backend, class T> void fuzz_matmul(int rounds, std::int64_t largest) {
    for (int round = 0; round < rounds; ++round) {
        const std::int64_t m = draw(0, largest), n = draw(0, largest), k = draw(0, largest);
        const placed<T, 2> a({m, k}, true), b({k, n}, true);
        placed<T, 2> c({m, n}, false);
        const T alpha = coefficient<T>(), beta = coefficient<T>();
        const auto expected = naive_matmul<T>(a.view, b.view, c.view, alpha, beta);
        const auto untouched = others(c);
        if (beta == T(0)) {
            for (std::int64_t i = 0; i < m; ++i) {
                for (std::int64_t j = 0; j < n; ++j) { c.view(i, j) = nan_or_most<T>; }
            }
        }
        std::vector<T> workspace(static_cast<std::size_t>(blas::matmul_workspace<Backend>(a.view, b.view, c.view)));
        const bool lend = draw(0, 1) == 1;
        blas::matmul<Backend>(a.view, b.view, c.view, alpha, beta, lend ? workspace.data() : nullptr,
                              lend ? static_cast<std::int64_t>(workspace.size()) : 0);
        INFO("m n k " << m << ' ' << n << ' ' << k << ", round " << round);
        REQUIRE(flat<T>(c.view) == expected);
        REQUIRE(others(c) == untouched);
    }
}

template <class Backend, class T> void fuzz_vectors(int rounds, std::int64_t largest) {
    for (int round = 0; round < rounds; ++round) {
        const std::int64_t m = draw(0, largest), n = draw(0, largest);
        INFO("m n " << m << ' ' << n << ", round " << round);
        const placed<T, 2> a({m, n}, true);
        const placed<T, 1> x({n}, true), x2({n}, true), left({m}, true);
        placed<T, 1> y({m}, false);
        placed<T, 2> c({m, n}, false);
        const T alpha = coefficient<T>(), beta = coefficient<T>();

        const auto product = naive_matmul<T>(a.view, as_column<T>(x.view), as_column<T>(y.view), alpha, beta);
        if (beta == T(0)) {
            for (std::int64_t i = 0; i < m; ++i) { y.view(i) = nan_or_most<T>; }
        }
        const auto untouched = others(y);
        blas::matvec<Backend>(a.view, x.view, y.view, alpha, beta);
        REQUIRE(flat<T>(y.view) == product);
        REQUIRE(others(y) == untouched);

        const auto table = naive_matmul<T>(as_column<T>(left.view), as_row<T>(x.view), c.view, alpha, beta);
        if (beta == T(0)) {
            for (std::int64_t i = 0; i < m; ++i) {
                for (std::int64_t j = 0; j < n; ++j) { c.view(i, j) = nan_or_most<T>; }
            }
        }
        const auto beside = others(c);
        blas::outer<Backend>(left.view, x.view, c.view, alpha, beta);
        REQUIRE(flat<T>(c.view) == table);
        REQUIRE(others(c) == beside);

        T nothing{};
        const array_view<const T, 2> one{&nothing, {1, 1}, {1, 1}};
        const T scalar = naive_matmul<T>(as_row<T>(x.view), as_column<T>(x2.view), one, T(1), T(0))[0];
        REQUIRE(blas::dot<Backend>(x.view, x2.view) == scalar);
    }
}

template <class T> std::vector<T> whole_numbers(std::int64_t size) {
    std::vector<T> v(static_cast<std::size_t>(size));
    for (T& element : v) { element = whole<T>(); }
    return v;
}

} // namespace

TEMPLATE_TEST_CASE("products of views with any strides equal the plain loop", "", float, double, std::int32_t, std::int64_t,
                   std::uint8_t, std::int16_t, long double) {
    fuzz_matmul<blas::portable_backend, TestType>(200, 12);
    fuzz_matmul<blas::portable_backend, TestType>(20, 70);
    fuzz_vectors<blas::portable_backend, TestType>(200, 12);
    fuzz_vectors<blas::portable_backend, TestType>(20, 150);
    fuzz_matmul<blas::default_backend, TestType>(200, 12);
    fuzz_matmul<blas::default_backend, TestType>(20, 70);
    fuzz_vectors<blas::default_backend, TestType>(200, 12);
    fuzz_vectors<blas::default_backend, TestType>(20, 150);
}

TEMPLATE_TEST_CASE("products larger than the packed panels equal the plain loop", "", float, double, std::int32_t,
                   std::uint16_t) {
    const std::int64_t m = 67, n = 301, k = 275;
    for (const bool trans_a : {false, true}) {
        for (const bool trans_b : {false, true}) {
            const auto a = whole_numbers<TestType>(m * k), b = whole_numbers<TestType>(k * n);
            auto c = whole_numbers<TestType>(m * n);
            const auto view = [](const auto& v, std::int64_t rows, std::int64_t columns, bool trans) {
                return trans ? array_view<const TestType, 2>{v.data(), {rows, columns}, {1, rows}}
                             : array_view<const TestType, 2>{v.data(), {rows, columns}, {columns, 1}};
            };
            const auto expected = naive_matmul<TestType>(view(a, m, k, trans_a), view(b, k, n, trans_b), view(c, m, n, false),
                                                         TestType(2), TestType(1));
            auto c2 = c;
            blas::gemm<blas::portable_backend>(trans_a, trans_b, m, n, k, 2, a.data(), trans_a ? m : k, b.data(), trans_b ? k : n,
                                               1, c.data(), n);
            blas::gemm(trans_a, trans_b, m, n, k, 2, a.data(), trans_a ? m : k, b.data(), trans_b ? k : n, 1, c2.data(), n);
            REQUIRE((c == expected));
            REQUIRE((c2 == expected));
        }
    }
}

TEMPLATE_TEST_CASE("pointers take BLAS conventions, steps point at element 0", "", float, double, int) {
    const std::vector<TestType> a{1, 2, 3, 0, 4, 5, 6, 0}; // (2, 3) with leading dimension 4
    const std::vector<TestType> x{1, 10, 100};
    std::vector<TestType> y{7, 7, 7};
    blas::gemv(false, 2, 3, 1, a.data(), 4, x.data(), 1, 0, y.data(), 1);
    CHECK(y == std::vector<TestType>{321, 654, 7});
    blas::gemv(false, 2, 3, 1, a.data(), 4, x.data() + 2, -1, 0, y.data() + 1, -1);
    CHECK(y == std::vector<TestType>{456, 123, 7});
    blas::gemv(true, 2, 3, 2, a.data(), 4, x.data(), 2, 1, y.data(), 1);
    CHECK(y == std::vector<TestType>{456 + 802, 123 + 1004, 7 + 1206});
    CHECK(blas::dot(3, x.data(), 1, x.data() + 2, -1) == TestType(300));
    std::vector<TestType> c(8);
    blas::ger(2, 3, 1, x.data(), 1, x.data() + 2, -1, c.data(), 4);
    CHECK(c == std::vector<TestType>{100, 10, 1, 0, 1000, 100, 10, 0});
}

TEMPLATE_TEST_CASE("a coefficient of zero means that NaN is not read", "", float, double) {
    const TestType nan = nan_or_most<TestType>;
    for (const std::int64_t n : {1, 3, 20, 150}) {
        const auto size = static_cast<std::size_t>(n * n);
        const std::vector<TestType> ones(size, TestType(1)), bad(size, nan);
        std::vector<TestType> c(size, nan), y(static_cast<std::size_t>(n), nan);
        const auto product = static_cast<TestType>(n);
        const auto check = [&](auto backend) {
            using backend_t = decltype(backend);
            std::fill(c.begin(), c.end(), nan);
            std::fill(y.begin(), y.end(), nan);
            blas::gemm<backend_t>(false, false, n, n, n, 1, ones.data(), n, ones.data(), n, 0, c.data(), n);
            CHECK(c == std::vector<TestType>(size, product));
            blas::gemm<backend_t>(false, true, n, n, n, 0, bad.data(), n, bad.data(), n, 1, c.data(), n);
            CHECK(c == std::vector<TestType>(size, product));
            blas::gemv<backend_t>(false, n, n, 1, ones.data(), n, ones.data(), 1, 0, y.data(), 1);
            CHECK(y == std::vector<TestType>(static_cast<std::size_t>(n), product));
            blas::gemv<backend_t>(true, n, n, 0, bad.data(), n, bad.data(), 1, 1, y.data(), 1);
            CHECK(y == std::vector<TestType>(static_cast<std::size_t>(n), product));
        };
        check(blas::portable_backend{});
        check(blas::default_backend{});
    }
}

TEST_CASE("a product over no terms is beta times the output") {
    std::vector<double> c{1, 2, 3, 4};
    const array_view<double, 2> out{c.data(), {2, 2}, {2, 1}};
    const array_view<const double, 2> a{nullptr, {2, 0}, {1, 1}}, b{nullptr, {0, 2}, {2, 1}};
    blas::matmul(a, b, out, 1, 3);
    CHECK(c == std::vector<double>{3, 6, 9, 12});
    blas::matmul(a, b, out);
    CHECK(c == std::vector<double>(4, 0.0));
    CHECK(blas::dot(array_view<const double, 1>{nullptr, {0}, {1}}, {nullptr, {0}, {1}}) == 0);
}

TEST_CASE("integer products wrap around") {
    const std::vector<std::int32_t> a(64 * 64, 1 << 20);
    std::vector<std::int32_t> c(64 * 64);
    blas::gemm(false, false, 64, 64, 64, 1, a.data(), 64, a.data(), 64, 0, c.data(), 64);
    CHECK(c == std::vector<std::int32_t>(64 * 64, 0));
    const std::vector<std::uint16_t> b(1, 65535);
    std::vector<std::uint16_t> d(1);
    blas::gemm(false, false, 1, 1, 1, 1, b.data(), 1, b.data(), 1, 0, d.data(), 1);
    CHECK(d[0] == 1);
}

TEST_CASE("shapes that do not fit are refused with a sentence") {
    std::vector<float> memory(100);
    const auto matrix = [&](std::int64_t rows, std::int64_t columns, std::int64_t at) {
        return array_view<float, 2>{memory.data() + at, {rows, columns}, {columns, 1}};
    };
    CHECK_THROWS_AS(blas::matmul(matrix(2, 3, 0), matrix(4, 2, 10), matrix(2, 2, 20)), damo::shape_error);
    CHECK_THROWS_WITH(blas::matmul(matrix(2, 3, 0), matrix(4, 2, 10), matrix(2, 2, 20)), Catch::Contains("(2, 3), (4, 2)"));
    CHECK_THROWS_AS(blas::matmul(matrix(2, 3, 0), matrix(3, 2, 10), matrix(2, 3, 20)), damo::shape_error);
    const array_view<float, 1> three{memory.data() + 50, {3}, {1}}, two{memory.data() + 60, {2}, {1}};
    CHECK_THROWS_AS(blas::matvec(matrix(2, 3, 0), two, two), damo::shape_error);
    CHECK_THROWS_AS(blas::outer(two, two, matrix(2, 3, 0)), damo::shape_error);
    CHECK_THROWS_AS(blas::dot(three, two), damo::shape_error);
    CHECK_THROWS_AS(blas::gemm(false, false, 2, 2, 4, 1.f, memory.data(), 3, memory.data(), 2, 0.f, memory.data() + 50, 2),
                    damo::shape_error);
    CHECK_THROWS_AS(blas::gemm(false, false, -1, 2, 4, 1.f, memory.data(), 4, memory.data(), 2, 0.f, memory.data() + 50, 2),
                    damo::shape_error);
}

TEST_CASE("an output that shares memory with an input or with itself is refused, a neighbouring block is not") {
    std::vector<double> memory(64, 1.0);
    const array_view<double, 2> left{memory.data(), {8, 4}, {8, 1}}, right{memory.data() + 4, {8, 4}, {8, 1}};
    const array_view<double, 2> top{memory.data() + 4, {4, 4}, {8, 1}};
    std::vector<double> square(16, 1.0);
    const array_view<double, 2> factor{square.data(), {4, 4}, {4, 1}};
    CHECK_NOTHROW(blas::matmul(left, factor, right));
    CHECK(memory[4] == 4);
    CHECK(memory[3] == 1);
    CHECK_THROWS_AS(blas::matmul(top, factor, top), damo::shape_error);
    CHECK_THROWS_AS(blas::matmul(factor, top, top), damo::shape_error);
    const array_view<double, 2> broadcast{memory.data(), {4, 4}, {0, 1}};
    CHECK_THROWS_AS(blas::matmul(factor, factor, broadcast), damo::shape_error);
}

TEST_CASE("small static products may overwrite an input and keep NaN out") {
    double a[16];
    double b[16];
    double expected[16];
    for (int i = 0; i < 16; ++i) {
        a[i] = i;
        b[i] = 3 - i;
    }
    const array_view<const double, 2> left{a, {4, 4}, {4, 1}}, right{b, {4, 4}, {4, 1}};
    blas::matmul<blas::portable_backend>(left, right, array_view<double, 2>{expected, {4, 4}, {4, 1}});
    double c[16];
    std::fill(std::begin(c), std::end(c), std::numeric_limits<double>::quiet_NaN());
    blas::gemm_static<4, 4, 4>(a, b, c);
    blas::gemm_static<4, 4, 4>(a, b, a);
    for (int i = 0; i < 16; ++i) {
        CHECK(c[i] == expected[i]);
        CHECK(a[i] == expected[i]);
    }
    double transposed[6] = {1, 2, 3, 4, 5, 6};
    double out[4] = {1, 1, 1, 1};
    blas::gemm_static<2, 2, 3, double>(2, transposed, 1, 2, transposed, 2, 1, 1, out, 2, 1);
    CHECK(out[0] == 1 + 2 * (1 * 1 + 3 * 3 + 5 * 5));
    CHECK(out[1] == 1 + 2 * (1 * 2 + 3 * 4 + 5 * 6));
}

#if DAMO_HAS_CBLAS
TEST_CASE("a size above the largest CBLAS call is cut into several") {
    const std::int64_t m = 9, n = 11, k = 10;
    const auto a = whole_numbers<float>(m * k), b = whole_numbers<float>(k * n);
    for (const bool trans_a : {false, true}) {
        for (const bool trans_b : {false, true}) {
            auto c = whole_numbers<float>(m * n);
            auto c2 = c;
            const std::int64_t lda = trans_a ? m : k, ldb = trans_b ? k : n;
            blas::cblas_backend::gemm<float>(trans_a, trans_b, m, n, k, 2, a.data(), lda, b.data(), ldb, 3, c.data(), n, 4);
            blas::gemm<blas::portable_backend>(trans_a, trans_b, m, n, k, 2, a.data(), lda, b.data(), ldb, 3, c2.data(), n);
            CHECK(c == c2);
        }
    }
}

TEST_CASE("layouts that BLAS can say need no workspace, others need their size") {
    std::vector<double> memory(1000);
    const auto strided = [&](std::int64_t rows, std::int64_t columns, std::int64_t down, std::int64_t along) {
        return array_view<double, 2>{memory.data() + 500, {rows, columns}, {down, along}};
    };
    const auto plain = strided(10, 10, 10, 1);
    CHECK(blas::matmul_workspace(plain, plain, plain) == 0);
    CHECK(blas::matmul_workspace(strided(10, 10, 1, 12), plain, plain) == 0);
    CHECK(blas::matmul_workspace(strided(10, 10, 20, 2), plain, plain) == 100);
    CHECK(blas::matmul_workspace(strided(10, 10, -10, 1), strided(10, 10, 0, 1), plain) == 200);
    CHECK(blas::matmul_workspace(plain, strided(10, 1, 3, 7), strided(10, 1, 5, 9)) == 0);
    CHECK(blas::matmul_workspace<blas::portable_backend>(strided(10, 10, 20, 2), plain, plain) == 0);
}
#endif

TEST_CASE("the backend tells its name") {
    CHECK(std::string(blas::blas_name<blas::portable_backend>()) == "portable");
    CHECK(std::string(blas::blas_name()) == (blas::have_cblas ? "OpenBLAS (CBLAS)" : "portable"));
}
