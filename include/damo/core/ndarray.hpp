// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>

#include <damo/core/as_view.hpp>

namespace damo {

// An owning row-major array: what a call gives for a result whose extents are known only then. Rank is fixed, extents are not. Its
// memory starts on a 64-byte boundary. Made by calls; read through operator(), a range-for, data() or any view.
// Members are always inlined: the type passes between objects that are built for different instruction sets.
template <class T, int Rank>
class ndarray {
  public:
    using value_type = T;
    static constexpr int rank = Rank;

    DAMO_INLINE ndarray() {}
    // Elements are not initialised.
    DAMO_INLINE explicit ndarray(const std::int64_t* extents) {
        size_ = 1;
        for (int k = 0; k < Rank; ++k) {
            extents_[k] = extents[k];
            size_ *= extents[k];
        }
        data_ = static_cast<T*>(::operator new(static_cast<std::size_t>(size_ > 0 ? size_ : 1) * sizeof(T), alignment));
    }
    DAMO_INLINE ndarray(const ndarray& other) : ndarray(other.extents_) {
        for (std::int64_t i = 0; i < size_; ++i) { data_[i] = other.data_[i]; }
    }
    DAMO_INLINE ndarray(ndarray&& other) noexcept { swap(other); }
    DAMO_INLINE ndarray& operator=(ndarray other) noexcept {
        swap(other);
        return *this;
    }
    DAMO_INLINE ~ndarray() { ::operator delete(data_, alignment); }

    DAMO_INLINE T* data() { return data_; }
    DAMO_INLINE const T* data() const { return data_; }
    DAMO_INLINE std::int64_t size() const { return size_; }
    DAMO_INLINE std::int64_t extent(int axis) const { return extents_[axis]; }
    DAMO_INLINE const std::int64_t* extents() const { return extents_; }
    DAMO_INLINE T* begin() { return data(); }
    DAMO_INLINE T* end() { return data() + size_; }
    DAMO_INLINE const T* begin() const { return data(); }
    DAMO_INLINE const T* end() const { return data() + size_; }

    // Element at an index per axis, unchecked.
    template <class... I>
        requires(sizeof...(I) == Rank)
    DAMO_INLINE T& operator()(I... i) {
        return data()[offset(i...)];
    }
    template <class... I>
        requires(sizeof...(I) == Rank)
    DAMO_INLINE const T& operator()(I... i) const {
        return data()[offset(i...)];
    }
    DAMO_INLINE T& operator[](std::int64_t i) { return data()[i]; }
    DAMO_INLINE const T& operator[](std::int64_t i) const { return data()[i]; }

    DAMO_INLINE array_view<T, Rank> view() { return view_from(data()); }
    DAMO_INLINE array_view<const T, Rank> view() const { return view_from(data()); }

  private:
    static constexpr std::align_val_t alignment{64};
    T* data_ = nullptr;
    std::int64_t size_ = 0;
    std::int64_t extents_[Rank > 0 ? Rank : 1] = {};

    DAMO_INLINE void swap(ndarray& other) noexcept {
        T* const data = data_;
        data_ = other.data_;
        other.data_ = data;
        const std::int64_t size = size_;
        size_ = other.size_;
        other.size_ = size;
        for (int k = 0; k < (Rank > 0 ? Rank : 1); ++k) {
            const std::int64_t extent = extents_[k];
            extents_[k] = other.extents_[k];
            other.extents_[k] = extent;
        }
    }

    template <class... I>
    DAMO_INLINE std::int64_t offset(I... i) const {
        std::int64_t at = 0;
        int k = 0;
        ((at = at * extents_[k++] + static_cast<std::int64_t>(i)), ...);
        return at;
    }
    template <class U>
    DAMO_INLINE array_view<U, Rank> view_from(U* p) const {
        array_view<U, Rank> v{};
        v.data = p;
        std::int64_t stride = 1;
        for (int k = Rank - 1; k >= 0; --k) {
            v.extents[k] = extents_[k];
            v.strides[k] = stride;
            stride *= extents_[k];
        }
        return v;
    }
};

template <class T, int Rank>
struct view_traits<ndarray<T, Rank>> {
    using value_type = T;
    static constexpr int rank = Rank;
    static constexpr std::int64_t extent(int) { return dynamic_extent; }
    DAMO_INLINE static array_view<T, Rank> view(ndarray<T, Rank>& x) { return x.view(); }
    DAMO_INLINE static array_view<const T, Rank> view(const ndarray<T, Rank>& x) { return x.view(); }
};

} // namespace damo
