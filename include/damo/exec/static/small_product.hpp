// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/exec/simd/short_vector.hpp>

// Products of matrices whose sizes the compiler knows and that fit into registers: straight-line code in vectors no longer than a row.

namespace damo::exec {
namespace detail::contraction {
inline namespace DAMO_ISA {

// Element (i, j) of a matrix at data[i * row + j * column].
template <class T>
struct small_matrix {
    T* data;
    std::int64_t row;
    std::int64_t column;
};
template <class T>
DAMO_INLINE small_matrix<T> turned(const small_matrix<T>& a) {
    return {a.data, a.column, a.row};
}

// C becomes alpha A B + beta D, for A (M, K) and B (K, N). Scales: alpha need not be 1. Adds: there is a D, which beta == 0 does not read.
// Everything is read before C is written.
template <class T, bool Scales, bool Adds>
struct small_product {
    using element = T;
    T alpha;
    T beta;
    small_matrix<const T> a, b, d;
    small_matrix<T> c;

    // What is written for `sum`, an element or several, where D is what `added` reads.
    template <class Sum, class Added>
    DAMO_INLINE Sum result(const Sum& sum, const Added& added) const {
        Sum r = sum;
        if constexpr (Scales) { r = alpha * r; }
        if constexpr (Adds) {
            if (beta != T(0)) { r = r + beta * added(); }
        }
        return r;
    }
    DAMO_INLINE small_product as_columns() const { return {alpha, beta, turned(b), turned(a), turned(d), turned(c)}; }
};

#if DAMO_HAS_BATCHES

// Columns of the result from `At` on, in vectors along rows of B, D and C, whose elements lie side by side.
template <int M, int N, int K, int At, class Product>
DAMO_INLINE void product_of_rows(const Product& x) {
    if constexpr (At < N) {
        using T = typename Product::element;
        constexpr int width = lanes_of_short<T>(N - At);
        constexpr int count = N - At < width ? N - At : width;
        short_vector<T, width> total[M] = {};
        DAMO_UNROLL
        for (int p = 0; p < K; ++p) {
            const short_vector<T, width> right = load_short<T, width, count>(x.b.data + p * x.b.row + At);
            DAMO_UNROLL
            for (int i = 0; i < M; ++i) { total[i] = total[i] + x.a.data[i * x.a.row + p * x.a.column] * right; }
        }
        product_of_rows<M, N, K, At + width>(x);
        DAMO_UNROLL
        for (int i = 0; i < M; ++i) {
            const auto added = [&]() __attribute__((always_inline)) { return load_short<T, width, count>(x.d.data + i * x.d.row + At); };
            store_short<count>(x.c.data + i * x.c.row + At, x.result(total[i], added));
        }
    }
}

// Rows of the result from `At` on where B is a vector, in vectors along A and B, whose elements lie side by side. Sums of several rows
// become one vector.
template <int M, int K, int At, class Product>
DAMO_INLINE void products_with_vector(const Product& x) {
    if constexpr (At < M) {
        using T = typename Product::element;
        constexpr int width = lanes_of_short<T>(static_cast<int>(std::bit_floor(static_cast<unsigned>(K))));
        constexpr int rows = M - At < width ? M - At : width;
        constexpr int whole = K / width * width;
        short_vector<T, width> total[rows] = {};
        DAMO_UNROLL
        for (int p = 0; p < whole; p += width) {
            const short_vector<T, width> right = load_short<T, width, width>(x.b.data + p);
            DAMO_UNROLL
            for (int i = 0; i < rows; ++i) { total[i] = total[i] + load_short<T, width, width>(x.a.data + (At + i) * x.a.row + p) * right; }
        }
        if constexpr (whole < K) {
            const short_vector<T, width> right = load_short<T, width, K - whole>(x.b.data + whole);
            DAMO_UNROLL
            for (int i = 0; i < rows; ++i) {
                total[i] = total[i] + load_short<T, width, K - whole>(x.a.data + (At + i) * x.a.row + whole) * right;
            }
        }
        const short_vector<T, width> sums = sums_of_rows<T, width, rows>(total);
        products_with_vector<M, K, At + width>(x);
        if constexpr (rows == 1) {
            x.c.data[At * x.c.row] = x.result(T(sums[0]), [&]() __attribute__((always_inline)) { return x.d.data[At * x.d.row]; });
        } else {
            const auto added = [&]() __attribute__((always_inline)) { return load_short<T, width, rows>(x.d.data + At); };
            store_short<rows>(x.c.data + At, x.result(sums, added));
        }
    }
}

#endif

// C = alpha A B + beta D where the numbers lie in a way that vectors can take; else nothing, and false.
template <int M, int N, int K, class T, bool Scales, bool Adds>
DAMO_INLINE bool multiply_vectors([[maybe_unused]] const small_product<T, Scales, Adds>& x) {
#if DAMO_HAS_BATCHES
    if constexpr (std::is_floating_point_v<T>) {
        if constexpr (N > 1) {
            if (x.b.column == 1 && x.c.column == 1 && (!Adds || x.d.column == 1)) {
                product_of_rows<M, N, K, 0>(x);
                return true;
            }
        }
        if constexpr (M > 1) {
            if (x.a.row == 1 && x.c.row == 1 && (!Adds || x.d.row == 1)) {
                product_of_rows<N, M, K, 0>(x.as_columns());
                return true;
            }
        }
        if constexpr (N == 1 && K * sizeof(T) >= 16) {
            if (x.a.column == 1 && x.b.row == 1 && (M == 1 || (x.c.row == 1 && (!Adds || x.d.row == 1)))) {
                products_with_vector<M, K, 0>(x);
                return true;
            }
        }
    }
#endif
    return false;
}

} // namespace DAMO_ISA
} // namespace detail::contraction
} // namespace damo::exec
