// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/config.hpp>
#include <damo/core/as_view.hpp>

#include <Eigen/Core>

#include <cstdint>
#include <type_traits>

// Eigen's dense objects as array_views: Matrix, Array, Map, Ref, Block, Transpose, Diagonal, in either storage order. What Eigen calls
// a vector at compile time has rank 1 (and is taken as one row or one column where rank 2 is required), everything else rank 2;
// fixed sizes are static extents.

namespace damo {

namespace detail::eigen {

// What segment, head and tail give is a Block under another name.
template <class X>
inline constexpr bool is_vector_block = false;
template <class X, int Size>
inline constexpr bool is_vector_block<Eigen::VectorBlock<X, Size>> = true;

template <class X>
concept Dense = std::is_class_v<X> && (std::is_base_of_v<Eigen::DenseBase<X>, X> || is_vector_block<X>);

template <class X>
concept InMemory = Dense<X> && ((Eigen::internal::traits<X>::Flags & Eigen::DirectAccessBit) != 0);

template <class X>
struct owns_elements : std::is_base_of<Eigen::PlainObjectBase<X>, X> {};

constexpr std::int64_t static_or_dynamic(Eigen::Index extent) {
    return extent == Eigen::Dynamic ? dynamic_extent : static_cast<std::int64_t>(extent);
}

} // namespace detail::eigen

template <detail::eigen::InMemory X>
struct view_traits<X> {
    using value_type = typename X::Scalar;
    static constexpr int rank = X::IsVectorAtCompileTime ? 1 : 2;
    static constexpr bool borrows = !detail::eigen::owns_elements<X>::value;
    static constexpr bool accepts(int required) { return required == 1 || required == 2 ? required >= rank : false; }
    static constexpr std::int64_t extent(int axis) {
        if (rank == 1) { return detail::eigen::static_or_dynamic(X::SizeAtCompileTime); }
        return detail::eigen::static_or_dynamic(axis == 0 ? X::RowsAtCompileTime : X::ColsAtCompileTime);
    }

    template <class Self>
    static auto view(Self& dense) {
        return view_ranked<rank>(dense);
    }

    template <int Rank, class Self>
    static auto view_ranked(Self& dense) {
        array_view<std::remove_pointer_t<decltype(dense.data())>, Rank> result{dense.data(), {}, {}};
        if constexpr (Rank == 1) {
            result.extents[0] = dense.size();
            result.strides[0] = dense.innerStride();
        } else {
            result.extents[0] = dense.rows();
            result.extents[1] = dense.cols();
            result.strides[X::IsRowMajor ? 1 : 0] = dense.innerStride();
            result.strides[X::IsRowMajor ? 0 : 1] = dense.outerStride();
        }
        return result;
    }
};

template <detail::eigen::Dense X>
    requires(!detail::eigen::InMemory<X>)
struct view_traits<X> {
    static void refuse() {
        static_assert(detail::as_view::never<X>,
                      "damo: this Eigen expression has no memory of its own (a sum, a product, a cast or a reversal); evaluate "
                      "it first, with expression.eval()");
    }
};

} // namespace damo
