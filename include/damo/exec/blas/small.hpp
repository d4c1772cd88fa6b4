// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/config.hpp>
#include <damo/exec/blas/scalar.hpp>

#include <cstdint>
#include <type_traits>

// Products of small matrices whose sizes the compiler knows: straight-line code, also in constant expressions and on a device.

namespace damo::blas {

inline constexpr int largest_static_extent = 8;

inline namespace DAMO_ISA {

/// C = alpha A B + beta C for A (M, K), B (K, N), C (M, N), each extent at most 8; element (i, j) of A at a[i * a_row + j * a_column],
/// and so on, with any strides. Everything is read before C is written, so C may be A or B. beta == 0 does not read C.
template <int M, int N, int K, Scalar T>
DAMO_HD DAMO_INLINE constexpr void gemm_static(std::type_identity_t<T> alpha, const T* a, std::int64_t a_row,
                                               std::int64_t a_column, const T* b, std::int64_t b_row, std::int64_t b_column,
                                               std::type_identity_t<T> beta, T* c, std::int64_t c_row, std::int64_t c_column) {
    static_assert(M >= 1 && N >= 1 && K >= 0 && M <= largest_static_extent && N <= largest_static_extent &&
                      K <= largest_static_extent,
                  "damo::blas::gemm_static is for extents up to 8; use damo::blas::gemm for larger matrices");
    using sum = accumulator_t<T>;
    sum total[M][N] = {};
    DAMO_UNROLL
    for (int p = 0; p < K; ++p) {
        sum right[N] = {};
        DAMO_UNROLL
        for (int j = 0; j < N; ++j) { right[j] = static_cast<sum>(b[p * b_row + j * b_column]); }
        DAMO_UNROLL
        for (int i = 0; i < M; ++i) {
            const sum left = static_cast<sum>(a[i * a_row + p * a_column]);
            DAMO_UNROLL
            for (int j = 0; j < N; ++j) { total[i][j] = plus(total[i][j], times(left, right[j])); }
        }
    }
    DAMO_UNROLL
    for (int i = 0; i < M; ++i) {
        DAMO_UNROLL
        for (int j = 0; j < N; ++j) {
            T& element = c[i * c_row + j * c_column];
            const sum product = times(static_cast<sum>(alpha), total[i][j]);
            element =
                static_cast<T>(beta == T(0) ? product : plus(product, times(static_cast<sum>(beta), static_cast<sum>(element))));
        }
    }
}

/// C = A B for row-major, contiguous A (M, K), B (K, N), C (M, N), each extent at most 8. C may be A or B.
template <int M, int N, int K, Scalar T> DAMO_HD DAMO_INLINE constexpr void gemm_static(const T* a, const T* b, T* c) {
    gemm_static<M, N, K, T>(T(1), a, K, 1, b, N, 1, T(0), c, N, 1);
}

} // namespace DAMO_ISA
} // namespace damo::blas
