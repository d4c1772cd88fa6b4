// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/config.hpp>
#include <damo/core/array_view.hpp>
#include <damo/core/contract.hpp>
#include <damo/exec/blas/cblas.hpp>
#include <damo/exec/blas/portable.hpp>
#include <damo/exec/blas/scalar.hpp>
#include <damo/exec/blas/small.hpp>

#include <algorithm>
#include <cstdint>
#include <type_traits>

// Products of vectors and matrices: raw pointers with BLAS conventions, and views with any strides. float and double go to CBLAS
// where the build has one, everything else to the portable kernels. In all of them a coefficient 0 means "not read": beta == 0 does
// not read the output, alpha == 0 does not read the inputs, so NaN there does not spread.
//
// The backend is a template parameter, so that files built with and without CBLAS link side by side and tests compare both.

namespace damo::blas {

inline namespace DAMO_ISA {

/// No library: serves no type, so that everything goes to the portable kernels.
struct portable_backend {
    static constexpr const char* name = "portable";
    static constexpr std::int64_t most = INT64_MAX;

    template <class T> static constexpr bool serves = false;
};

#if DAMO_HAS_CBLAS
using default_backend = cblas_backend;
#else
using default_backend = portable_backend;
#endif

/// True if float and double products go to CBLAS in this translation unit; not `inline`, because another one may differ.
constexpr bool have_cblas = DAMO_HAS_CBLAS != 0;

/// "OpenBLAS (CBLAS)" or "portable".
template <class Backend = default_backend> constexpr const char* blas_name() {
    return Backend::name;
}

namespace detail {

template <class T> using matrix = damo::array_view<T, 2>;

template <class T> using vector = damo::array_view<T, 1>;

inline void check_leading(const char* call, const char* name, bool trans, std::int64_t rows, std::int64_t columns,
                          std::int64_t leading) {
    const std::int64_t stored = trans ? rows : columns;
    if (rows >= 0 && columns >= 0 && leading >= std::max<std::int64_t>(1, stored)) { return; }
    core::sentence text;
    text << call << ": " << name << " has " << stored << " elements per stored row, but the leading dimension is " << leading
         << "; sizes must not be negative, and a leading dimension is at least 1 and at least the stored row";
    damo::detail::contract::fail(text);
}

template <class T> portable::strided<T> stored(bool trans, T* data, std::int64_t leading) {
    return trans ? portable::strided<T>{data, 1, leading} : portable::strided<T>{data, leading, 1};
}

template <class T> portable::strided<T> kernel_view(const matrix<T>& a) {
    return {a.data, a.strides[0], a.strides[1]};
}

template <class T> matrix<T> transposed(const matrix<T>& a) {
    return {a.data, {a.extents[1], a.extents[0]}, {a.strides[1], a.strides[0]}};
}

// A matrix in the words of BLAS: stored row by row (or, trans, column by column) with a leading dimension, if it can be said so.
struct form {
    bool possible = false;
    bool trans = false;
    std::int64_t leading = 1;
};

template <class T> form form_of(const matrix<T>& a, std::int64_t most) {
    const std::int64_t rows = a.extents[0];
    const std::int64_t columns = a.extents[1];
    std::int64_t down = a.strides[0];
    std::int64_t along = a.strides[1];
    // The stride of an axis of extent 1 is free: it becomes what the other one needs.
    if (columns == 1) { along = rows == 1 || down >= 1 ? 1 : rows; }
    if (rows == 1) { down = along == 1 ? std::max<std::int64_t>(1, columns) : 1; }
    if (along == 1 && down >= std::max<std::int64_t>(1, columns)) { return {down <= most, false, down}; }
    if (down == 1 && along >= std::max<std::int64_t>(1, rows)) { return {along <= most, true, along}; }
    return {};
}

// The step of a vector in the words of BLAS, or 0 if it cannot be said so.
template <class T> std::int64_t step_of(const vector<T>& x, std::int64_t most) {
    if (x.extents[0] == 1) { return 1; }
    return x.strides[0] <= most && x.strides[0] >= -most ? x.strides[0] : 0;
}

// A row-major copy of a, in the caller's memory.
template <class T> matrix<const T> packed(const matrix<const T>& a, T* to) {
    for (std::int64_t i = 0; i < a.extents[0]; ++i) {
        for (std::int64_t j = 0; j < a.extents[1]; ++j) { to[i * a.extents[1] + j] = a(i, j); }
    }
    return {to, {a.extents[0], a.extents[1]}, {a.extents[1], 1}};
}

// A product this small is faster without a library call.
inline bool is_small(std::int64_t m, std::int64_t n, std::int64_t k) {
    constexpr std::int64_t few = 8;
    return m <= few && n <= few && k <= few && m * n * k < portable::detail::few_products;
}

// Whether b is a seen the other way round, so that their product is symmetric.
template <class T> bool is_transpose(const matrix<T>& a, const matrix<T>& b) {
    return a.data == b.data && a.extents[0] == b.extents[1] && a.extents[1] == b.extents[0] && a.strides[0] == b.strides[1] && a.strides[1] == b.strides[0];
}

// From this size on half the products and a copy of a triangle take less time than all of them.
inline constexpr std::int64_t smallest_symmetric = 64;

template <class A, class B, class C>
[[noreturn]] void refuse_shapes(const char* call, const char* rule, const A& a, const B& b, const C& c) {
    core::sentence text;
    text << call << ": the shapes are ";
    damo::detail::contract::print_shape(text, a);
    text << ", ";
    damo::detail::contract::print_shape(text, b);
    text << " and, for the output, ";
    damo::detail::contract::print_shape(text, c);
    text << ", but it requires " << rule << "; transpose or slice the arrays so that they fit";
    damo::detail::contract::fail(text);
}

// An output must not be read through another argument, nor reach one element twice.
template <class C, class... Inputs> void check_output(const char* call, const C& c, const Inputs&... inputs) {
    if (((damo::overlaps(c, inputs) != overlap::none) || ...)) {
        core::sentence text;
        text << call
             << ": the output shares memory with an input, which would be overwritten while it is read; give another output";
        damo::detail::contract::fail(text);
    }
    if (!damo::has_distinct_elements(c)) {
        core::sentence text;
        text << call << ": the output reaches some element by more than one index (a broadcast axis?); give an output of its own";
        damo::detail::contract::fail(text);
    }
}

} // namespace detail

/// C = alpha op(A) op(B) + beta C, row-major; op(A) is (m, k), op(B) (k, n), C (m, n); op transposes where the flag says so. A leading
/// dimension is the distance of stored rows in elements. C must not share memory with A or B (not checked here; matmul does).
/// Errors: shape_error for a negative size or a leading dimension below the stored row. O(m n k).
template <class Backend = default_backend, Scalar T>
void gemm(bool trans_a, bool trans_b, std::int64_t m, std::int64_t n, std::int64_t k, std::type_identity_t<T> alpha, const T* a,
          std::int64_t lda, const T* b, std::int64_t ldb, std::type_identity_t<T> beta, T* c, std::int64_t ldc) {
    detail::check_leading("damo::blas::gemm", "A", trans_a, m, k, lda);
    detail::check_leading("damo::blas::gemm", "B", trans_b, k, n, ldb);
    detail::check_leading("damo::blas::gemm", "C", false, m, n, ldc);
    if constexpr (Backend::template serves<T>) {
        const bool fits = std::max({lda, ldb, ldc}) <= Backend::most;
        if (fits && m > 0 && n > 0 && k > 0 && alpha != T(0) && !detail::is_small(m, n, k)) {
            Backend::gemm(trans_a, trans_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
            return;
        }
    }
    portable::gemm<T>(m, n, k, alpha, detail::stored(trans_a, a, lda), detail::stored(trans_b, b, ldb), beta,
                      detail::stored(false, c, ldc));
}

/// y = alpha op(A) x + beta y, row-major, for A stored (m, n); with the flag x has m and y has n elements, otherwise n and m. Element i
/// of x is x[i * incx], also for a negative incx (CBLAS counts from the other end there). y must not share memory with A or x.
/// Errors: shape_error for a negative size or a leading dimension below n. O(m n).
template <class Backend = default_backend, Scalar T>
void gemv(bool trans, std::int64_t m, std::int64_t n, std::type_identity_t<T> alpha, const T* a, std::int64_t lda, const T* x,
          std::int64_t incx, std::type_identity_t<T> beta, T* y, std::int64_t incy) {
    detail::check_leading("damo::blas::gemv", "A", false, m, n, lda);
    if constexpr (Backend::template serves<T>) {
        const bool fits = std::max({m, n, lda, incx, incy, -incx, -incy}) <= Backend::most;
        if (fits && m > 0 && n > 0 && alpha != T(0) && incx != 0 && incy != 0) {
            Backend::gemv(trans, m, n, alpha, a, lda, x, incx, beta, y, incy);
            return;
        }
    }
    portable::gemv<T>(trans ? n : m, trans ? m : n, alpha, detail::stored(trans, a, lda), x, incx, beta, y, incy);
}

/// A = A + alpha x y', row-major, for x (m), y (n), A (m, n). Steps as in gemv. A must not share memory with x or y.
/// Errors: shape_error for a negative size or a leading dimension below n. O(m n).
template <class Backend = default_backend, Scalar T>
void ger(std::int64_t m, std::int64_t n, std::type_identity_t<T> alpha, const T* x, std::int64_t incx, const T* y,
         std::int64_t incy, T* a, std::int64_t lda) {
    detail::check_leading("damo::blas::ger", "A", false, m, n, lda);
    if constexpr (Backend::template serves<T>) {
        const bool fits = std::max({m, n, lda, incx, incy, -incx, -incy}) <= Backend::most;
        if (fits && m > 0 && n > 0 && alpha != T(0) && incx != 0 && incy != 0) {
            Backend::ger(m, n, alpha, x, incx, y, incy, a, lda);
            return;
        }
    }
    portable::ger<T>(m, n, alpha, x, incx, y, incy, detail::stored(false, a, lda));
}

/// The sum of x_i y_i over n elements; 0 for n <= 0. Steps as in gemv; x and y may share memory. O(n).
template <class Backend = default_backend, Scalar T>
T dot(std::int64_t n, const T* x, std::int64_t incx, const T* y, std::int64_t incy) {
    if constexpr (Backend::template serves<T>) {
        const bool fits = std::max({n, incx, incy, -incx, -incy}) <= Backend::most;
        if (fits && n > 0 && incx != 0 && incy != 0) { return Backend::dot(n, x, incx, y, incy); }
    }
    return portable::dot<T>(n, x, incx, y, incy);
}

/// The number of elements of workspace with which matmul can hand A and B to the library although their strides do not suit it; 0
/// when it has no use for workspace.
template <class Backend = default_backend, Scalar T>
std::int64_t matmul_workspace(array_view<const std::type_identity_t<T>, 2> a, array_view<const std::type_identity_t<T>, 2> b,
                              array_view<T, 2> c) {
    if constexpr (Backend::template serves<T>) {
        if (detail::form_of(c, Backend::most).possible && !detail::is_small(c.extents[0], c.extents[1], a.extents[1])) {
            return (detail::form_of(a, Backend::most).possible ? 0 : a.size()) +
                   (detail::form_of(b, Backend::most).possible ? 0 : b.size());
        }
    }
    return 0;
}

/// C = alpha A B + beta C for A (m, k), B (k, n), C (m, n) with any strides: row-major, column-major, slices, reversed or broadcast
/// inputs. Matrices with one stride 1 go to the library as they lie. Others are first copied into `workspace` if it holds at least
/// matmul_workspace(A, B, C) elements; otherwise the portable kernel reads them in place. Where B is A seen the other way round and beta
/// is 0, half of C is computed. Empty m or n does nothing, k == 0 gives beta C.
/// Errors: shape_error if the shapes do not fit, if C shares memory with A or B, or if C reaches an element twice. Allocates nothing.
/// O(m n k).
template <class Backend = default_backend, Scalar T>
void matmul(array_view<const std::type_identity_t<T>, 2> a, array_view<const std::type_identity_t<T>, 2> b, array_view<T, 2> c,
            std::type_identity_t<T> alpha = T(1), std::type_identity_t<T> beta = T(0), T* workspace = nullptr,
            std::int64_t workspace_size = 0) {
    const std::int64_t m = c.extents[0], n = c.extents[1], k = a.extents[1];
    if (a.extents[0] != m || b.extents[0] != k || b.extents[1] != n) {
        detail::refuse_shapes("damo::blas::matmul(A, B, C)", "(m, k), (k, n) and (m, n)", a, b, c);
    }
    detail::check_output("damo::blas::matmul(A, B, C)", c, a, b);
    if constexpr (Backend::template serves<T>) {
        const detail::form of_c = detail::form_of(c, Backend::most);
        if (of_c.possible && m > 0 && n > 0 && k > 0 && alpha != T(0) && !detail::is_small(m, n, k)) {
            const std::int64_t wanted = matmul_workspace<Backend>(a, b, c);
            if (wanted == 0 || (workspace != nullptr && workspace_size >= wanted)) {
                if (!detail::form_of(a, Backend::most).possible) {
                    a = detail::packed<T>(a, workspace);
                    workspace += a.size();
                }
                if (!detail::form_of(b, Backend::most).possible) { b = detail::packed<T>(b, workspace); }
                const detail::form of_a = detail::form_of(a, Backend::most);
                const detail::form of_b = detail::form_of(b, Backend::most);
                if (of_a.possible && of_b.possible) {
                    if (beta == T(0) && detail::is_transpose(a, b) && n >= detail::smallest_symmetric && k >= detail::smallest_symmetric &&
                        std::max(n, k) <= Backend::most) {
                        Backend::syrk(of_a.trans, n, k, alpha, a.data, of_a.leading, T(0), c.data, of_c.leading);
                        for (std::int64_t i = 0; i < n; ++i) {
                            for (std::int64_t j = 0; j < i; ++j) { c.data[j * of_c.leading + i] = c.data[i * of_c.leading + j]; }
                        }
                        return;
                    }
                    if (!of_c.trans) {
                        Backend::gemm(of_a.trans, of_b.trans, m, n, k, alpha, a.data, of_a.leading, b.data, of_b.leading, beta,
                                      c.data, of_c.leading);
                    } else { // C' = B' A'
                        Backend::gemm(!of_b.trans, !of_a.trans, n, m, k, alpha, b.data, of_b.leading, a.data, of_a.leading, beta,
                                      c.data, of_c.leading);
                    }
                    return;
                }
            }
        }
    }
    if (c.strides[1] != 1 && c.strides[0] == 1) { // the kernel writes rows
        portable::gemm<T>(n, m, k, alpha, detail::kernel_view(detail::transposed(b)), detail::kernel_view(detail::transposed(a)),
                          beta, detail::kernel_view(detail::transposed(c)));
    } else {
        portable::gemm<T>(m, n, k, alpha, detail::kernel_view(a), detail::kernel_view(b), beta, detail::kernel_view(c));
    }
}

/// y = alpha A x + beta y for A (m, n), x (n), y (m) with any strides. m == 0 does nothing, n == 0 gives beta y.
/// Errors: shape_error if the shapes do not fit, if y shares memory with A or x, or if y reaches an element twice. O(m n).
template <class Backend = default_backend, Scalar T>
void matvec(array_view<const std::type_identity_t<T>, 2> a, array_view<const std::type_identity_t<T>, 1> x, array_view<T, 1> y,
            std::type_identity_t<T> alpha = T(1), std::type_identity_t<T> beta = T(0)) {
    const std::int64_t m = a.extents[0], n = a.extents[1];
    if (x.extents[0] != n || y.extents[0] != m) {
        detail::refuse_shapes("damo::blas::matvec(A, x, y)", "(m, n), (n,) and (m,)", a, x, y);
    }
    detail::check_output("damo::blas::matvec(A, x, y)", y, a, x);
    const detail::form of_a = detail::form_of(a, Backend::most);
    if (of_a.possible && of_a.trans) {
        gemv<Backend, T>(true, n, m, alpha, a.data, of_a.leading, x.data, detail::step_of(x, INT64_MAX), beta, y.data,
                         detail::step_of(y, INT64_MAX));
    } else if (of_a.possible) {
        gemv<Backend, T>(false, m, n, alpha, a.data, of_a.leading, x.data, detail::step_of(x, INT64_MAX), beta, y.data,
                         detail::step_of(y, INT64_MAX));
    } else {
        portable::gemv<T>(m, n, alpha, detail::kernel_view(a), x.data, x.strides[0], beta, y.data, y.strides[0]);
    }
}

/// C = alpha x y' + beta C for x (m), y (n), C (m, n) with any strides; by default it accumulates.
/// Errors: shape_error if the shapes do not fit, if C shares memory with x or y, or if C reaches an element twice. O(m n).
template <class Backend = default_backend, Scalar T>
void outer(array_view<const std::type_identity_t<T>, 1> x, array_view<const std::type_identity_t<T>, 1> y, array_view<T, 2> c,
           std::type_identity_t<T> alpha = T(1), std::type_identity_t<T> beta = T(1)) {
    const std::int64_t m = c.extents[0], n = c.extents[1];
    if (x.extents[0] != m || y.extents[0] != n) {
        detail::refuse_shapes("damo::blas::outer(x, y, C)", "(m,), (n,) and (m, n)", x, y, c);
    }
    detail::check_output("damo::blas::outer(x, y, C)", c, x, y);
    portable::detail::scale<T>(m, n, beta, detail::kernel_view(c));
    const detail::form of_c = detail::form_of(c, Backend::most);
    const std::int64_t step_x = detail::step_of(x, INT64_MAX), step_y = detail::step_of(y, INT64_MAX);
    if (of_c.possible && of_c.trans) {
        ger<Backend, T>(n, m, alpha, y.data, step_y, x.data, step_x, c.data, of_c.leading);
    } else if (of_c.possible) {
        ger<Backend, T>(m, n, alpha, x.data, step_x, y.data, step_y, c.data, of_c.leading);
    } else {
        portable::ger<T>(m, n, alpha, x.data, x.strides[0], y.data, y.strides[0], detail::kernel_view(c));
    }
}

/// The sum of x_i y_i for x (n), y (n) with any strides; 0 for n == 0. x and y may share memory.
/// Errors: shape_error if the lengths differ. O(n).
template <class Backend = default_backend, Scalar T>
T dot(array_view<const T, 1> x, array_view<const std::type_identity_t<T>, 1> y) {
    if (x.extents[0] != y.extents[0]) {
        core::sentence text;
        text << "damo::blas::dot(x, y): x has " << x.extents[0] << " elements and y has " << y.extents[0]
             << ", but it requires the same number; pass slices of equal length";
        damo::detail::contract::fail(text);
    }
    return dot<Backend, T>(x.extents[0], x.data, detail::step_of(x, INT64_MAX), y.data, detail::step_of(y, INT64_MAX));
}

template <class Backend = default_backend, Scalar T> T dot(array_view<T, 1> x, array_view<const std::type_identity_t<T>, 1> y) {
    return dot<Backend, T>(array_view<const T, 1>(x), y);
}

} // namespace DAMO_ISA
} // namespace damo::blas
