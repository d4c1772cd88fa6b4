// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include <damo/core/as_view.hpp>

namespace damo {

// An owning row-major array: what a call gives for a result whose extents are known only then. Rank is fixed, extents are not. Its
// memory starts on a 64-byte boundary. Made by calls; read through operator(), a range-for, data() or any view.
template <class T, int Rank>
class ndarray {
  public:
    using value_type = T;
    static constexpr int rank = Rank;

    ndarray() = default;
    // Elements are not initialised.
    explicit ndarray(const std::int64_t* extents) {
        size_ = 1;
        for (int k = 0; k < Rank; ++k) {
            extents_[k] = extents[k];
            size_ *= extents[k];
        }
        data_.reset(static_cast<T*>(::operator new(static_cast<std::size_t>(size_ > 0 ? size_ : 1) * sizeof(T), alignment)));
    }
    ndarray(const ndarray& other) : ndarray(other.extents_) {
        for (std::int64_t i = 0; i < size_; ++i) { data_.get()[i] = other.data_.get()[i]; }
    }
    ndarray(ndarray&& other) noexcept : data_(std::move(other.data_)), size_(std::exchange(other.size_, 0)) {
        for (int k = 0; k < Rank; ++k) { extents_[k] = std::exchange(other.extents_[k], 0); }
    }
    ndarray& operator=(ndarray other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(extents_, other.extents_);
        return *this;
    }
    ~ndarray() = default;

    T* data() { return data_.get(); }
    const T* data() const { return data_.get(); }
    std::int64_t size() const { return size_; }
    std::int64_t extent(int axis) const { return extents_[axis]; }
    const std::int64_t* extents() const { return extents_; }
    T* begin() { return data(); }
    T* end() { return data() + size_; }
    const T* begin() const { return data(); }
    const T* end() const { return data() + size_; }

    // Element at an index per axis, unchecked.
    template <class... I>
        requires(sizeof...(I) == Rank)
    T& operator()(I... i) {
        return data()[offset(i...)];
    }
    template <class... I>
        requires(sizeof...(I) == Rank)
    const T& operator()(I... i) const {
        return data()[offset(i...)];
    }
    T& operator[](std::int64_t i) { return data()[i]; }
    const T& operator[](std::int64_t i) const { return data()[i]; }

    array_view<T, Rank> view() { return view_from(data()); }
    array_view<const T, Rank> view() const { return view_from(data()); }

  private:
    static constexpr std::align_val_t alignment{64};
    struct free_memory {
        void operator()(T* p) const { ::operator delete(p, alignment); }
    };
    std::unique_ptr<T, free_memory> data_;
    std::int64_t size_ = 0;
    std::int64_t extents_[Rank > 0 ? Rank : 1] = {};

    template <class... I>
    std::int64_t offset(I... i) const {
        std::int64_t at = 0;
        int k = 0;
        ((at = at * extents_[k++] + static_cast<std::int64_t>(i)), ...);
        return at;
    }
    template <class U>
    array_view<U, Rank> view_from(U* p) const {
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
    static array_view<T, Rank> view(ndarray<T, Rank>& x) { return x.view(); }
    static array_view<const T, Rank> view(const ndarray<T, Rank>& x) { return x.view(); }
};

} // namespace damo
