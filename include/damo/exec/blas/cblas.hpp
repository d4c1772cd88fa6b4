// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/config.hpp>

#if DAMO_HAS_CBLAS

#include <damo/exec/blas/scalar.hpp>

#include <cblas.h>

#include <climits>
#include <cstdint>
#include <type_traits>

// The CBLAS functions that damo calls, typed, row-major, with 64-bit sizes. Nothing here checks shapes: blas.hpp does.

namespace damo::blas {

inline namespace DAMO_ISA {

struct cblas_backend {
    static constexpr const char* name = "OpenBLAS (CBLAS)";

    template <class T> static constexpr bool serves = std::is_same_v<T, float> || std::is_same_v<T, double>;

    /// The largest size or stride of one CBLAS call.
    static constexpr std::int64_t most = INT_MAX;

    /// C = alpha op(A) op(B) + beta C. Sizes above `block` are cut into several calls; leading dimensions must be at most `most`.
    template <class T>
    static void gemm(bool trans_a, bool trans_b, std::int64_t m, std::int64_t n, std::int64_t k, T alpha, const T* a,
                     std::int64_t lda, const T* b, std::int64_t ldb, T beta, T* c, std::int64_t ldc, std::int64_t block = most) {
        for (std::int64_t i = 0; i < m; i += block) {
            for (std::int64_t j = 0; j < n; j += block) {
                for (std::int64_t p = 0; p < k; p += block) {
                    const T* left = a + (trans_a ? p * lda + i : i * lda + p);
                    const T* right = b + (trans_b ? j * ldb + p : p * ldb + j);
                    T* out = c + i * ldc + j;
                    const auto rows = part(m - i, block), columns = part(n - j, block), depth = part(k - p, block);
                    const T factor = p == 0 ? beta : T(1);
                    if constexpr (std::is_same_v<T, float>) {
                        cblas_sgemm(CblasRowMajor, op(trans_a), op(trans_b), rows, columns, depth, alpha, left, narrow(lda),
                                    right, narrow(ldb), factor, out, narrow(ldc));
                    } else {
                        cblas_dgemm(CblasRowMajor, op(trans_a), op(trans_b), rows, columns, depth, alpha, left, narrow(lda),
                                    right, narrow(ldb), factor, out, narrow(ldc));
                    }
                }
            }
        }
    }

    /// y = alpha op(A) x + beta y for A stored (m, n). x_i is x[i * incx], also for negative incx, which is not 0.
    template <class T>
    static void gemv(bool trans, std::int64_t m, std::int64_t n, T alpha, const T* a, std::int64_t lda, const T* x,
                     std::int64_t incx, T beta, T* y, std::int64_t incy) {
        const std::int64_t taken = trans ? m : n;
        const std::int64_t given = trans ? n : m;
        if (beta == T(0)) { // some versions multiply y by 0, which keeps its NaN
            for (std::int64_t i = 0; i < given; ++i) { y[i * incy] = T(0); }
            beta = T(1);
        }
        if constexpr (std::is_same_v<T, float>) {
            cblas_sgemv(CblasRowMajor, op(trans), narrow(m), narrow(n), alpha, a, narrow(lda), lowest(x, taken, incx),
                        narrow(incx), beta, lowest(y, given, incy), narrow(incy));
        } else {
            cblas_dgemv(CblasRowMajor, op(trans), narrow(m), narrow(n), alpha, a, narrow(lda), lowest(x, taken, incx),
                        narrow(incx), beta, lowest(y, given, incy), narrow(incy));
        }
    }

    /// A = A + alpha x y'.
    template <class T>
    static void ger(std::int64_t m, std::int64_t n, T alpha, const T* x, std::int64_t incx, const T* y, std::int64_t incy, T* a,
                    std::int64_t lda) {
        if constexpr (std::is_same_v<T, float>) {
            cblas_sger(CblasRowMajor, narrow(m), narrow(n), alpha, lowest(x, m, incx), narrow(incx), lowest(y, n, incy),
                       narrow(incy), a, narrow(lda));
        } else {
            cblas_dger(CblasRowMajor, narrow(m), narrow(n), alpha, lowest(x, m, incx), narrow(incx), lowest(y, n, incy),
                       narrow(incy), a, narrow(lda));
        }
    }

    /// The lower triangle, with the diagonal, of C = alpha op(A) op(A)' + beta C for C (n, n), op(A) (n, k). Sizes are at most `most`.
    template <class T>
    static void syrk(bool trans, std::int64_t n, std::int64_t k, T alpha, const T* a, std::int64_t lda, T beta, T* c, std::int64_t ldc) {
        if constexpr (std::is_same_v<T, float>) {
            cblas_ssyrk(CblasRowMajor, CblasLower, op(trans), narrow(n), narrow(k), alpha, a, narrow(lda), beta, c, narrow(ldc));
        } else {
            cblas_dsyrk(CblasRowMajor, CblasLower, op(trans), narrow(n), narrow(k), alpha, a, narrow(lda), beta, c, narrow(ldc));
        }
    }

    template <class T> static T dot(std::int64_t n, const T* x, std::int64_t incx, const T* y, std::int64_t incy) {
        if constexpr (std::is_same_v<T, float>) {
            return cblas_sdot(narrow(n), lowest(x, n, incx), narrow(incx), lowest(y, n, incy), narrow(incy));
        } else {
            return cblas_ddot(narrow(n), lowest(x, n, incx), narrow(incx), lowest(y, n, incy), narrow(incy));
        }
    }

private:
    static constexpr int narrow(std::int64_t size) { return static_cast<int>(size); }
    static constexpr int part(std::int64_t rest, std::int64_t block) { return narrow(rest < block ? rest : block); }
    static constexpr CBLAS_TRANSPOSE op(bool trans) { return trans ? CblasTrans : CblasNoTrans; }

    // With a negative increment CBLAS wants the lowest address, where the last element is.
    template <class P> static constexpr P* lowest(P* first, std::int64_t n, std::int64_t increment) {
        return increment < 0 ? first + (n - 1) * increment : first;
    }
};

} // namespace DAMO_ISA
} // namespace damo::blas

#endif
