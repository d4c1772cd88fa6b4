// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include <damo/core/as_view.hpp>
#include <damo/core/dtype.hpp>

namespace damo {

/// An owning row-major array whose element type and rank are known only when the program runs. Elements start on a 64-byte boundary.
/// Made of a number, of anything that view_of accepts, or of an element type and extents; read through data<T>(), view<T, Rank>() or
/// number<T>(). Copies are deep.
class any_array {
  public:
    /// Empty: no elements, no element type.
    any_array() = default;
    /// Zeros. Errors: shape_error for more than 8 axes, negative extents or a size beyond the address space.
    any_array(dtype element, int rank, const std::int64_t* extents) { allocate(element, rank, extents); }
    template <class T>
        requires std::is_arithmetic_v<T>
    any_array(T number) {
        allocate(dtype_of<T>(), 0, nullptr);
        std::memcpy(data_.get(), &number, sizeof number);
    }
    template <class X>
        requires(!std::is_arithmetic_v<X> && !std::is_base_of_v<any_array, X> && Viewable<X> && view_traits<std::remove_cvref_t<X>>::rank >= 0)
    any_array(const X& x) {
        fill(view_of(x));
    }
    any_array(const any_array& other) : any_array() { *this = other; }
    any_array(any_array&& other) noexcept { swap(other); }
    any_array& operator=(const any_array& other) {
        if (this == &other) { return *this; }
        if (element_ != other.element_ || bytes() != other.bytes()) { allocate(other.element_, other.rank_, other.extents_); }
        rank_ = other.rank_;
        size_ = other.size_;
        for (int k = 0; k < max_rank; ++k) { extents_[k] = other.extents_[k]; }
        if (bytes() > 0) { std::memcpy(data_.get(), other.data_.get(), bytes()); }
        return *this;
    }
    any_array& operator=(any_array&& other) noexcept {
        swap(other);
        return *this;
    }

    bool is_empty() const { return element_ == dtype::none; }
    dtype element() const { return element_; }
    int rank() const { return rank_; }
    /// Errors: shape_error for an axis that the array does not have.
    std::int64_t extent(int axis) const {
        if (axis < 0 || axis >= rank_) { fail_call("any_array::extent requires an axis of the array: axes are counted from 0 and end before rank()"); }
        return extents_[axis];
    }
    const std::int64_t* extents() const { return extents_; }
    std::int64_t size() const { return size_; }
    std::size_t bytes() const { return static_cast<std::size_t>(size_) * static_cast<std::size_t>(size_of(element_)); }

    void* data() { return data_.get(); }
    const void* data() const { return data_.get(); }
    /// Errors: shape_error when the elements are not of type T.
    template <class T>
    T* data() {
        require(dtype_of<T>());
        return reinterpret_cast<T*>(data_.get());
    }
    template <class T>
    const T* data() const {
        require(dtype_of<T>());
        return reinterpret_cast<const T*>(data_.get());
    }
    /// Errors: shape_error for another element type or rank.
    template <class T, int Rank>
    array_view<T, Rank> view() {
        return viewed<T, Rank>(data<T>());
    }
    template <class T, int Rank>
    array_view<const T, Rank> view() const {
        return viewed<const T, Rank>(data<T>());
    }
    /// Element i in row-major order, whatever the element type, as a T. Errors: shape_error where there is none.
    template <class T = double>
    T at(std::int64_t i) const {
        if (i < 0 || i >= size_) { fail_call("any_array::at requires the number of an element: they are counted from 0 in row-major order and end before size()"); }
        switch (element_) {
        case dtype::boolean: return read<bool, T>(i);
        case dtype::int8: return read<std::int8_t, T>(i);
        case dtype::int16: return read<std::int16_t, T>(i);
        case dtype::int32: return read<std::int32_t, T>(i);
        case dtype::int64: return read<std::int64_t, T>(i);
        case dtype::uint8: return read<std::uint8_t, T>(i);
        case dtype::uint16: return read<std::uint16_t, T>(i);
        case dtype::uint32: return read<std::uint32_t, T>(i);
        case dtype::uint64: return read<std::uint64_t, T>(i);
        case dtype::float32: return read<float, T>(i);
        case dtype::float64: return read<double, T>(i);
        default: fail_call("any_array::at requires elements of a type that damo computes with");
        }
    }
    /// The one element, as a T. Errors: shape_error when there are more, or none.
    template <class T = double>
    T number() const {
        if (size_ != 1) { fail_call("any_array::number requires an array of one element: read the others with data<T>() or at(i)"); }
        return at<T>(0);
    }
    /// The same bits in the same shape.
    friend bool same_elements(const any_array& a, const any_array& b) {
        bool same = a.element_ == b.element_ && a.rank_ == b.rank_;
        for (int k = 0; k < a.rank_ && same; ++k) { same = a.extents_[k] == b.extents_[k]; }
        return same && (a.bytes() == 0 || std::memcmp(a.data(), b.data(), a.bytes()) == 0);
    }

    void swap(any_array& other) noexcept {
        std::swap(element_, other.element_);
        std::swap(rank_, other.rank_);
        std::swap(size_, other.size_);
        std::swap(extents_, other.extents_);
        std::swap(data_, other.data_);
    }

  private:
    struct release {
        void operator()(std::byte* p) const { ::operator delete(p, std::align_val_t{64}); }
    };
    dtype element_ = dtype::none;
    int rank_ = 0;
    std::int64_t size_ = 0;
    std::int64_t extents_[max_rank] = {};
    std::unique_ptr<std::byte, release> data_;

    void allocate(dtype element, int rank, const std::int64_t* extents) {
        if (rank < 0 || rank > max_rank) { fail_call("any_array requires 0 to 8 axes"); }
        const std::int64_t each = size_of(element);
        std::int64_t size = element == dtype::none ? 0 : 1;
        for (int k = 0; k < rank; ++k) {
            if (extents[k] < 0 || (extents[k] > 0 && size > (INT64_MAX / 2 - 64) / each / extents[k])) {
                fail_call("any_array requires extents of 0 or more whose product fits into the address space");
            }
            size *= extents[k];
        }
        const auto wanted = static_cast<std::size_t>(size * each);
        std::unique_ptr<std::byte, release> fresh(wanted == 0 ? nullptr : static_cast<std::byte*>(::operator new(wanted, std::align_val_t{64})));
        if (wanted != 0) { std::memset(fresh.get(), 0, wanted); }
        data_ = std::move(fresh);
        element_ = element;
        rank_ = rank;
        size_ = size;
        for (int k = 0; k < max_rank; ++k) { extents_[k] = k < rank ? extents[k] : 0; }
    }
    template <class T, int Rank>
    void fill(const array_view<T, Rank>& x) {
        using U = std::remove_const_t<T>;
        static_assert(dtype_of<U>() != dtype::none, "any_array holds booleans, integers, floats and doubles");
        allocate(dtype_of<U>(), Rank, x.extents);
        U* out = data<U>();
        std::int64_t at[Rank > 0 ? Rank : 1] = {};
        for (std::int64_t i = 0; i < size_; ++i) {
            std::int64_t offset = 0;
            for (int k = 0; k < Rank; ++k) { offset += at[k] * x.strides[k]; }
            out[i] = x.data[offset];
            for (int k = Rank - 1; k >= 0 && ++at[k] == x.extents[k]; --k) { at[k] = 0; }
        }
    }
    void require(dtype wanted) const {
        if (wanted == element_) { return; }
        core::sentence s;
        s << "an array of " << name_of(element_) << " was read as one of " << name_of(wanted) << ": read it as what it is, or cast in the graph";
        detail::contract::fail(s);
    }
    template <class T, int Rank>
    array_view<T, Rank> viewed(T* data) const {
        if (rank_ != Rank) {
            core::sentence s;
            s << "an array of rank " << rank_ << " was viewed as one of rank " << Rank << ": ask for the rank it has";
            detail::contract::fail(s);
        }
        array_view<T, Rank> v{data, {}, {}};
        std::int64_t stride = 1;
        for (int k = Rank - 1; k >= 0; --k) {
            v.extents[k] = extents_[k];
            v.strides[k] = stride;
            stride *= extents_[k];
        }
        return v;
    }
    template <class Stored, class T>
    T read(std::int64_t i) const {
        return static_cast<T>(reinterpret_cast<const Stored*>(data_.get())[i]);
    }
};

} // namespace damo
