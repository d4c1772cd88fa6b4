// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/config.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>

// An array in memory that somebody else owns: a pointer, extents, strides. It is what every executor and every kernel works on, on
// the host and on a device, and what `view_of` makes of a user's container.

namespace damo {

inline constexpr int max_rank = 8;

/// `Rank` axes over elements at `data`. Strides count elements, not bytes, and may be 0 (a broadcast axis) or negative (a reversed
/// one); `data` points at the element with all indices 0. A view of rank 0 is one element. Plain data: an aggregate that may be
/// copied byte by byte, for instance as a parameter of a kernel. Nothing here checks an index or owns memory.
template <class T, int Rank>
struct array_view {
    static_assert(Rank >= 0 && Rank <= max_rank, "damo: an array_view has between 0 and 8 axes");
    static_assert(std::is_object_v<T>, "damo: the elements of an array_view are objects, const or not");

    using element_type = T;
    using value_type = std::remove_cv_t<T>;
    static constexpr int rank = Rank;

    T* data = nullptr;
    std::int64_t extents[Rank > 0 ? Rank : 1] = {};
    std::int64_t strides[Rank > 0 ? Rank : 1] = {};

    DAMO_HD constexpr std::int64_t extent(int axis) const { return extents[axis]; }
    DAMO_HD constexpr std::int64_t stride(int axis) const { return strides[axis]; }

    /// The number of elements: the product of the extents, 1 for rank 0.
    DAMO_HD constexpr std::int64_t size() const
    {
        std::int64_t product = 1;
        for (int axis = 0; axis < Rank; ++axis) {
            product *= extents[axis];
        }
        return product;
    }

    DAMO_HD constexpr bool empty() const { return size() == 0; }

    /// True if the elements lie one after the other in row-major order, so that `data[0 .. size())` is the array. The stride of an
    /// axis of extent 1 does not matter; an empty view is contiguous.
    DAMO_HD constexpr bool is_contiguous() const
    {
        if (empty()) {
            return true;
        }
        std::int64_t expected = 1;
        for (int axis = Rank - 1; axis >= 0; --axis) {
            if (extents[axis] != 1 && strides[axis] != expected) {
                return false;
            }
            expected *= extents[axis];
        }
        return true;
    }

    /// The element at (i, j, ...), one index per axis, each in [0, extent). Unchecked.
    template <class... Index>
    DAMO_HD constexpr T& operator()(Index... index) const
    {
        static_assert(sizeof...(Index) == Rank, "damo: an array_view is indexed with one integer per axis");
        static_assert((std::is_integral_v<Index> && ...), "damo: an array_view is indexed with integers");
        std::int64_t offset = 0;
        [[maybe_unused]] int axis = 0;
        ((offset += static_cast<std::int64_t>(index) * strides[axis++]), ...);
        return data[offset];
    }

    /// A view that may be written converts to one that may not.
    DAMO_HD constexpr operator array_view<const T, Rank>() const
        requires(!std::is_const_v<T>)
    {
        array_view<const T, Rank> result{data, {}, {}};
        for (int axis = 0; axis < Rank; ++axis) {
            result.extents[axis] = extents[axis];
            result.strides[axis] = strides[axis];
        }
        return result;
    }
};

/// The bytes between the first and one past the last byte that a view touches: [lo, hi). Empty views touch none: lo == hi == 0.
struct byte_range {
    std::uintptr_t lo = 0;
    std::uintptr_t hi = 0;

    DAMO_HD constexpr bool empty() const { return lo == hi; }
};

/// How the memory of two views relates. `identical`: the same elements in the same order, so that an elementwise operation may write
/// one while it reads the other. `partial`: some byte may belong to both in another way.
enum class overlap { none, identical, partial };

inline namespace DAMO_ISA {

template <class T, int Rank>
DAMO_HD DAMO_INLINE byte_range touched_bytes(const array_view<T, Rank>& view) {
    if (view.empty()) {
        return {};
    }
    std::int64_t low = 0;
    std::int64_t high = 0;
    for (int axis = 0; axis < Rank; ++axis) {
        const std::int64_t reach = (view.extents[axis] - 1) * view.strides[axis];
        (reach < 0 ? low : high) += reach;
    }
    const auto origin = reinterpret_cast<std::uintptr_t>(view.data);
    constexpr auto width = static_cast<std::int64_t>(sizeof(T));
    return {origin + static_cast<std::uintptr_t>(low * width), origin + static_cast<std::uintptr_t>((high + 1) * width)};
}

/// The largest power of two, at most 4096, that divides the address of the element at index 0.
template <class T, int Rank>
DAMO_HD inline std::size_t alignment(const array_view<T, Rank>& view) {
    const std::uintptr_t address = reinterpret_cast<std::uintptr_t>(view.data) | 4096u;
    return static_cast<std::size_t>(address & (~address + 1));
}

/// True if the element at index 0 lies at a multiple of `bytes`, a power of two.
template <class T, int Rank>
DAMO_HD inline bool is_aligned(const array_view<T, Rank>& view, std::size_t bytes) {
    return (reinterpret_cast<std::uintptr_t>(view.data) & (bytes - 1)) == 0;
}

} // namespace DAMO_ISA

namespace detail::memory_overlap {
inline namespace DAMO_ISA {

// A set of byte offsets: the sums of i * step for 0 <= i <= last, over the terms.
struct lattice {
    std::int64_t step[2 * max_rank + 1] = {};
    std::int64_t last[2 * max_rank + 1] = {};
    int count = 0;

    // Adds a term, keeps the steps sorted from large to small, and merges equal steps.
    DAMO_HD constexpr void add(std::int64_t new_step, std::int64_t new_last)
    {
        if (new_step == 0 || new_last == 0) {
            return;
        }
        int place = 0;
        while (place < count && step[place] > new_step) {
            ++place;
        }
        if (place < count && step[place] == new_step) {
            last[place] += new_last;
            return;
        }
        for (int i = count; i > place; --i) {
            step[i] = step[i - 1];
            last[i] = last[i - 1];
        }
        step[place] = new_step;
        last[place] = new_last;
        ++count;
    }

    template <class T, int Rank>
    DAMO_HD constexpr void add_axes(const damo::array_view<T, Rank>& view)
    {
        for (int axis = 0; axis < Rank; ++axis) {
            const std::int64_t step_bytes = view.strides[axis] * static_cast<std::int64_t>(sizeof(T));
            add(step_bytes < 0 ? -step_bytes : step_bytes, view.extents[axis] - 1);
        }
    }
};

// Whether the lattice may contain `target`: a depth-first search that cuts what the remaining terms cannot reach. True also when
// the search is given up: the question is a knapsack, but for the strides of real arrays it is decided in a few steps.
DAMO_HD constexpr bool may_contain(const lattice& terms, std::int64_t target) {
    constexpr int patience = 256;
    std::int64_t reach[2 * max_rank + 2] = {}; // the largest sum of the terms from here on
    for (int i = terms.count - 1; i >= 0; --i) {
        reach[i] = reach[i + 1] + terms.step[i] * terms.last[i];
    }
    std::int64_t rest[2 * max_rank + 2] = {target}; // what the terms from here on must sum to
    std::int64_t next[2 * max_rank + 1] = {};       // the multiple to try next, falling
    std::int64_t least[2 * max_rank + 1] = {};      // the smallest multiple that lower terms can complete
    int level = 0;
    bool entering = true;
    for (int steps = 0; steps < patience; ++steps) {
        if (entering) {
            if (rest[level] < 0 || rest[level] > reach[level]) {
                entering = false;
            } else if (level == terms.count) {
                return true;
            } else {
                const std::int64_t step = terms.step[level];
                const std::int64_t most = rest[level] / step;
                const std::int64_t missing = rest[level] - reach[level + 1];
                next[level] = most < terms.last[level] ? most : terms.last[level];
                least[level] = missing > 0 ? (missing + step - 1) / step : 0;
            }
        }
        if (!entering && --level < 0) {
            return false;
        }
        if (next[level] < least[level]) {
            entering = false;
            continue;
        }
        rest[level + 1] = rest[level] - next[level]-- * terms.step[level];
        ++level;
        entering = true;
    }
    return true;
}

// Views whose ranges of bytes meet.
template <class T, int Rank, class U, int OtherRank>
DAMO_HD inline overlap compare(const damo::array_view<T, Rank>& a, const damo::array_view<U, OtherRank>& b, byte_range of_a, byte_range of_b) {
    if constexpr (Rank == OtherRank && sizeof(T) == sizeof(U)) {
        bool same = static_cast<const void*>(a.data) == static_cast<const void*>(b.data);
        for (int axis = 0; axis < Rank && same; ++axis) {
            same = a.extents[axis] == b.extents[axis] && (a.extents[axis] == 1 || a.strides[axis] == b.strides[axis]);
        }
        if (same) {
            return overlap::identical;
        }
    }
    // Some byte is shared if lo_a + (a's offsets) + p = lo_b + (b's offsets) + q; b's part is turned round so that all terms add up.
    lattice terms;
    terms.add_axes(a);
    terms.add_axes(b);
    terms.add(1, static_cast<std::int64_t>(sizeof(T) + sizeof(U)) - 2);
    const auto distance = static_cast<std::int64_t>(of_b.hi - 1 - of_a.lo);
    return may_contain(terms, distance) ? overlap::partial : overlap::none;
}

// True if the elements of the view lie apart, whatever the order of its strides. By value: a view whose address is handed on cannot stay
// in registers, not even where this is never reached.
template <class T, int Rank>
DAMO_APART inline bool are_distinct(damo::array_view<T, Rank> view) {
    lattice sorted;
    for (int axis = 0; axis < Rank; ++axis) {
        if (view.extents[axis] > 1 && view.strides[axis] == 0) {
            return view.empty();
        }
    }
    sorted.add_axes(view);
    int axes = 0;
    for (int axis = 0; axis < Rank; ++axis) {
        axes += view.extents[axis] > 1 ? 1 : 0;
    }
    std::int64_t reach = 0;
    bool nested = sorted.count == axes; // equal steps were merged: they collide
    for (int i = sorted.count - 1; i >= 0 && nested; --i) {
        nested = sorted.step[i] > reach;
        reach += sorted.step[i] * sorted.last[i];
    }
    return nested || view.empty();
}

} // namespace DAMO_ISA
} // namespace detail::memory_overlap

inline namespace DAMO_ISA {

/// True if some byte may lie between the first and the last byte of both views: a few comparisons.
template <class T, int Rank, class U, int OtherRank>
DAMO_HD DAMO_INLINE bool ranges_meet(const array_view<T, Rank>& a, const array_view<U, OtherRank>& b) {
    const byte_range of_a = touched_bytes(a);
    const byte_range of_b = touched_bytes(b);
    return !of_a.empty() && !of_b.empty() && of_a.hi > of_b.lo && of_b.hi > of_a.lo;
}

/// Compares the memory of two views. `none` and `identical` are certain: ranges of bytes that do not meet, blocks or interleaved
/// columns of one matrix and the like are told apart exactly. What is not decided within a fixed number of steps is `partial`.
template <class T, int Rank, class U, int OtherRank>
DAMO_HD DAMO_INLINE overlap overlaps(const array_view<T, Rank>& a, const array_view<U, OtherRank>& b) {
    if (!ranges_meet(a, b)) {
        return overlap::none;
    }
    return detail::memory_overlap::compare(a, b, touched_bytes(a), touched_bytes(b));
}

/// True if no element of the view is reached by two different indices, as an output requires. Certain when true; false as well for
/// exotic layouts whose axes interleave without touching. Slices, transposes and reversals of an array are always told right.
template <class T, int Rank>
DAMO_HD DAMO_INLINE bool has_distinct_elements(const array_view<T, Rank>& view) {
    // Each axis steps over all that lies on the later ones: the usual case, told without sorting.
    bool nested = true;
    std::int64_t reach = 0;
    for (int axis = Rank - 1; axis >= 0; --axis) {
        const std::int64_t step = view.strides[axis] < 0 ? -view.strides[axis] : view.strides[axis];
        nested = nested && (view.extents[axis] <= 1 || step > reach);
        reach += step * (view.extents[axis] - 1);
    }
    return nested || detail::memory_overlap::are_distinct(view);
}

} // namespace DAMO_ISA

} // namespace damo
