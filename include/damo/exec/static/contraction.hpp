// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/exec/blas/blas.hpp>
#include <damo/exec/static/memory.hpp>

namespace damo::exec {
namespace detail::contraction {
inline namespace DAMO_ISA {

// The last axes of view v of the plan of Code as an array of T at the given distance.
template <class T, int Rank, class Code>
array_view<T, Rank> last_axes(const memory::found_view& f, int v, std::int64_t offset, const std::int64_t* extents) {
    array_view<T, Rank> a;
    a.data = reinterpret_cast<T*>(f.data) + offset;
    const int rank = Code::tables.views[v].rank;
    for (int k = 0; k < Rank; ++k) {
        a.extents[k] = memory::value_of(Code::tables.views[v].extents[rank - Rank + k], extents);
        a.strides[k] = f.strides[rank - Rank + k];
    }
    return a;
}

// Step `Step`, a product of vectors, matrices or stacks of matrices.
template <class Code, int Step>
void multiply(const memory::found_view* views, const std::int64_t* extents) {
    constexpr plan::step s = Code::plan.steps[Step];
    constexpr int a = s.views[0];
    constexpr int b = s.views[1];
    constexpr int c = s.views[2];
    using T = element_t<Code::plan.views[c].element>;
    constexpr int rank_a = Code::plan.views[a].rank;
    constexpr int rank_b = Code::plan.views[b].rank;
    if constexpr (rank_a == 1 && rank_b == 1) {
        *reinterpret_cast<T*>(views[c].data) =
            blas::dot<blas::default_backend, T>(last_axes<const T, 1, Code>(views[a], a, 0, extents), last_axes<const T, 1, Code>(views[b], b, 0, extents));
    } else if constexpr (rank_b == 1) {
        blas::matvec<blas::default_backend, T>(last_axes<const T, 2, Code>(views[a], a, 0, extents),
                                               last_axes<const T, 1, Code>(views[b], b, 0, extents), last_axes<T, 1, Code>(views[c], c, 0, extents));
    } else if constexpr (rank_a == 1) {
        const auto m = last_axes<const T, 2, Code>(views[b], b, 0, extents);
        const array_view<const T, 2> turned{m.data, {m.extents[1], m.extents[0]}, {m.strides[1], m.strides[0]}};
        blas::matvec<blas::default_backend, T>(turned, last_axes<const T, 1, Code>(views[a], a, 0, extents), last_axes<T, 1, Code>(views[c], c, 0, extents));
    } else {
        constexpr int stacks = rank_a - 2;
        std::int64_t at[max_rank] = {};
        for (int k = 0; k < stacks; ++k) {
            if (memory::value_of(Code::tables.views[c].extents[k], extents) == 0) { return; }
        }
        for (;;) {
            std::int64_t offset[3] = {};
            for (int k = 0; k < stacks; ++k) {
                offset[0] += at[k] * views[a].strides[k];
                offset[1] += at[k] * views[b].strides[k];
                offset[2] += at[k] * views[c].strides[k];
            }
            blas::matmul<blas::default_backend, T>(last_axes<const T, 2, Code>(views[a], a, offset[0], extents),
                                                   last_axes<const T, 2, Code>(views[b], b, offset[1], extents),
                                                   last_axes<T, 2, Code>(views[c], c, offset[2], extents));
            int k = stacks - 1;
            for (; k >= 0; --k) {
                if (++at[k] < memory::value_of(Code::tables.views[c].extents[k], extents)) { break; }
                at[k] = 0;
            }
            if (k < 0) { return; }
        }
    }
}

} // namespace DAMO_ISA
} // namespace detail::contraction
} // namespace damo::exec
