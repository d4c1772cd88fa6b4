// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/exec/blas/blas.hpp>
#include <damo/exec/static/blocks.hpp>
#include <damo/exec/static/memory.hpp>
#include <damo/exec/static/small_product.hpp>
#include <damo/plan/cost.hpp>

namespace damo::exec {

/// A product of vectors, matrices or stacks of matrices: first operand, second operand, result. The result becomes alpha times the product
/// plus beta times what it holds, which is not read where beta is 0. A product of two vectors is given as it is.
struct product_call {
    const detail::memory::found_view* views[3] = {};
    std::int64_t extents[3][max_rank] = {};
    int ranks[3] = {};
    double alpha = 1;
    double beta = 0;
};

namespace detail::contraction {
inline namespace DAMO_ISA {

// The last axes of one of the three as an array of T at the given distance.
template <class T, int Rank>
DAMO_INLINE array_view<T, Rank> last_axes(const product_call& c, int which, std::int64_t offset) {
    array_view<T, Rank> a{};
    a.data = reinterpret_cast<T*>(c.views[which]->data) + offset;
    for (int k = 0; k < Rank; ++k) {
        a.extents[k] = c.extents[which][c.ranks[which] - Rank + k];
        a.strides[k] = c.views[which]->strides[c.ranks[which] - Rank + k];
    }
    return a;
}

// The product where the first and second operand are vectors or not.
template <class T, bool VectorA, bool VectorB>
DAMO_INLINE void product(const product_call& c) {
    const auto alpha = static_cast<T>(c.alpha);
    const auto beta = static_cast<T>(c.beta);
    if constexpr (VectorA && VectorB) {
        *reinterpret_cast<T*>(c.views[2]->data) = blas::dot<blas::default_backend, T>(last_axes<const T, 1>(c, 0, 0), last_axes<const T, 1>(c, 1, 0));
    } else if constexpr (VectorB) {
        blas::matvec<blas::default_backend, T>(last_axes<const T, 2>(c, 0, 0), last_axes<const T, 1>(c, 1, 0), last_axes<T, 1>(c, 2, 0), alpha, beta);
    } else if constexpr (VectorA) {
        const auto m = last_axes<const T, 2>(c, 1, 0);
        const array_view<const T, 2> turned{m.data, {m.extents[1], m.extents[0]}, {m.strides[1], m.strides[0]}};
        blas::matvec<blas::default_backend, T>(turned, last_axes<const T, 1>(c, 0, 0), last_axes<T, 1>(c, 2, 0), alpha, beta);
    } else {
        const int stacks = c.ranks[0] - 2;
        std::int64_t at[max_rank] = {};
        for (int k = 0; k < stacks; ++k) {
            if (c.extents[2][k] == 0) { return; }
        }
        for (;;) {
            std::int64_t offset[3] = {};
            for (int k = 0; k < stacks; ++k) {
                for (int v = 0; v < 3; ++v) { offset[v] += at[k] * c.views[v]->strides[k]; }
            }
            blas::matmul<blas::default_backend, T>(last_axes<const T, 2>(c, 0, offset[0]), last_axes<const T, 2>(c, 1, offset[1]),
                                                   last_axes<T, 2>(c, 2, offset[2]), alpha, beta);
            int k = stacks - 1;
            for (; k >= 0; --k) {
                if (++at[k] < c.extents[2][k]) { break; }
                at[k] = 0;
            }
            if (k < 0) { return; }
        }
    }
}

// The value of a coefficient of a product of elements T.
template <class T>
DAMO_INLINE double value_of(const plan::coefficient& c, const memory::found_view* views, const std::int64_t* extents) {
    auto x = static_cast<T>(c.factor);
    if (c.times >= 0) { x *= *reinterpret_cast<const T*>(views[c.times].data); }
    if (c.over >= 0) { x /= *reinterpret_cast<const T*>(views[c.over].data); }
    if (c.over_extent != 1) { x /= static_cast<T>(memory::value_of(c.over_extent, extents)); }
    return static_cast<double>(x);
}
// Sets the coefficients of a product of elements T, and brings what is added to where the result is written.
template <class T>
DAMO_INLINE void take_coefficients(product_call& c, const plan::step& s, const memory::found_view* views, const std::int64_t* extents) {
    if (!s.alpha.is_one()) { c.alpha = value_of<T>(s.alpha, views, extents); }
    if (s.added < 0) { return; }
    c.beta = value_of<T>(s.beta, views, extents);
    if (views[s.added].data != c.views[2]->data) { inner::copy(c.ranks[2], sizeof(T), c.extents[2], views[s.added], *c.views[2]); }
}

// True if operand or result `Which` of the product at Step is one vector or matrix of known extents that are small.
template <class Code, int Step, int Which>
constexpr bool is_unrolled() {
    constexpr plan::view_step x = Code::tables.views[Code::plan.steps[Step].views[Which]];
    if (x.rank > 2) { return false; }
    for (int k = 0; k < x.rank; ++k) {
        if (!ir::is_known(x.extents[k]) || x.extents[k] < 1 || x.extents[k] > plan::costs.unrolled_extent) { return false; }
    }
    return true;
}
// Element types whose products have coefficients.
template <class Code, int Step>
using element_of_product = element_t<Code::plan.views[Code::plan.steps[Step].views[2]].element>;

// View V as a matrix, of one row or one column where it is a vector or a number.
template <class Code, int V, class T>
DAMO_INLINE small_matrix<T> as_small_matrix(const memory::found_view* views, bool is_row) {
    constexpr int rank = Code::tables.views[V].rank;
    const memory::found_view& v = views[V];
    small_matrix<T> m{reinterpret_cast<T*>(v.data), 0, 0};
    if constexpr (rank == 2) {
        m.row = v.strides[0];
        m.column = v.strides[1];
    } else if constexpr (rank == 1) {
        m.row = is_row ? 0 : v.strides[0];
        m.column = is_row ? v.strides[0] : 0;
    }
    return m;
}

// True if the product at Step has known, small extents.
template <class Code, int Step>
constexpr bool is_small() {
    return is_unrolled<Code, Step, 0>() && is_unrolled<Code, Step, 1>();
}
// Such a product: no library, no loop.
template <class Code, int Step>
DAMO_INLINE void multiply_small(const memory::found_view* views, const std::int64_t* extents) {
    constexpr plan::step s = Code::plan.steps[Step];
    constexpr plan::view_step a = Code::tables.views[s.views[0]];
    constexpr plan::view_step b = Code::tables.views[s.views[1]];
    constexpr int m = a.rank == 2 ? static_cast<int>(a.extents[0]) : 1;
    constexpr int k = static_cast<int>(a.extents[a.rank - 1]);
    constexpr int n = b.rank == 2 ? static_cast<int>(b.extents[1]) : 1;
    using T = element_of_product<Code, Step>;
    constexpr bool scales = std::is_floating_point_v<T> && !s.alpha.is_one();
    constexpr bool adds = std::is_floating_point_v<T> && s.added >= 0;
    small_product<T, scales, adds> x{T(1), T(0), as_small_matrix<Code, s.views[0], const T>(views, true), as_small_matrix<Code, s.views[1], const T>(views, false), {},
                       as_small_matrix<Code, s.views[2], T>(views, a.rank == 1)};
    if constexpr (scales) { x.alpha = static_cast<T>(value_of<T>(s.alpha, views, extents)); }
    if constexpr (adds) {
        x.beta = static_cast<T>(value_of<T>(s.beta, views, extents));
        x.d = as_small_matrix<Code, s.added, const T>(views, a.rank == 1);
    }
    if (multiply_vectors<m, n, k>(x)) { return; }
    if constexpr (adds) {
        constexpr plan::view_step c = Code::tables.views[s.views[2]];
        if (x.d.data != x.c.data) { inner::copy(c.rank, sizeof(T), c.extents, views[s.added], views[s.views[2]]); }
    }
    blas::gemm_static<m, n, k, T>(x.alpha, x.a.data, x.a.row, x.a.column, x.b.data, x.b.row, x.b.column, x.beta, x.c.data, x.c.row, x.c.column);
}

// Step `Step` of the plan of Code.
template <class Code, int Step>
void multiply(const memory::found_view* views, const std::int64_t* extents) {
    constexpr plan::step s = Code::plan.steps[Step];
    using T = element_of_product<Code, Step>;
    product_call c{};
    for (int v = 0; v < 3; ++v) {
        const plan::view_step& x = Code::tables.views[s.views[v]];
        c.views[v] = &views[s.views[v]];
        c.ranks[v] = x.rank;
        for (int k = 0; k < x.rank; ++k) { c.extents[v][k] = memory::value_of(x.extents[k], extents); }
    }
    if constexpr (std::is_floating_point_v<T>) { take_coefficients<T>(c, s, views, extents); }
    product<T, Code::plan.views[s.views[0]].rank == 1, Code::plan.views[s.views[1]].rank == 1>(c);
}

} // namespace DAMO_ISA
} // namespace detail::contraction
} // namespace damo::exec
