// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstring>
#include <string>
#include <type_traits>

#include <damo/core/any_array.hpp>
#include <damo/exec/static/memory.hpp>
#include <damo/ir/value.hpp>

namespace damo {

namespace detail::graph {

// What a rank says of a view, number by number: a copy of the whole would wait for what was just written into it, and loops become calls of memmove.
inline void copy_view(const exec::raw_view& from, int rank, exec::raw_view& to) {
    const auto axis = [&](int k) {
        to.extents[k] = from.extents[k];
        to.strides[k] = from.strides[k];
    };
    to.data = from.data;
    if (rank > 0) { axis(0); }
    if (rank > 1) { axis(1); }
    for (int k = 2; k < rank; ++k) { axis(k); }
}

} // namespace detail::graph

/// An argument of a call of a compiled function: a number, or a view of an array that lives until the call ends. Made implicitly of
/// numbers, any_array, raw pointers with damo::view, and everything view_of accepts.
class argument {
  public:
    argument(const any_array& x) : element_(x.element()), rank_(x.rank()) {
        view_.data = const_cast<void*>(x.data());
        std::int64_t stride = 1;
        for (int k = rank_ - 1; k >= 0; --k) {
            view_.extents[k] = x.extent(k);
            view_.strides[k] = stride;
            stride *= x.extent(k);
        }
    }
    template <class T>
        requires std::is_arithmetic_v<T>
    argument(T x) : element_(dtype_of<T>()), number_(true) {
        std::memcpy(bits_, &x, sizeof x);
    }
    template <class X>
        requires(!std::is_arithmetic_v<X> && !std::is_base_of_v<any_array, X> && !std::is_base_of_v<argument, X> && Viewable<X>)
    argument(const X& x) {
        constexpr int rank = view_traits<std::remove_cvref_t<X>>::rank;
        if constexpr (rank >= 0) { take(view_of(x)); }
        else { take_ranked<0>(x, static_cast<int>(x.dimension())); }
    }
    argument(const argument&) = default;
    /// The one element of an array without axes, as a plain number.
    static argument plain(const any_array& x) {
        argument a(x);
        a.number_ = true;
        std::memcpy(a.bits_, x.data(), x.bytes());
        return a;
    }

    dtype element() const { return element_; }
    int rank() const { return rank_; }
    bool is_number() const { return number_; }
    /// Valid as long as this object.
    exec::raw_view view() const {
        exec::raw_view v = view_;
        if (number_) { v.data = const_cast<unsigned char*>(bits_); }
        return v;
    }
    /// The same, of the view only what its rank says.
    void put(exec::raw_view& v) const {
        detail::graph::copy_view(view_, rank_, v);
        if (number_) { v.data = const_cast<unsigned char*>(bits_); }
    }
    std::int64_t extent(int k) const { return view_.extents[k]; }

  private:
    exec::raw_view view_;
    dtype element_ = dtype::none;
    int rank_ = 0;
    bool number_ = false;
    alignas(16) unsigned char bits_[16] = {};

    template <class T, int Rank>
    void take(const array_view<T, Rank>& v) {
        element_ = dtype_of<std::remove_const_t<T>>();
        rank_ = Rank;
        view_.data = const_cast<std::remove_const_t<T>*>(v.data);
        for (int k = 0; k < Rank; ++k) {
            view_.extents[k] = v.extents[k];
            view_.strides[k] = v.strides[k];
        }
    }
    template <int Rank, class X>
    void take_ranked(const X& x, int rank) {
        if constexpr (Rank <= max_rank) {
            if (rank == Rank) { take(view_as<Rank>(x)); }
            else { take_ranked<Rank + 1>(x, rank); }
        } else { fail_call("an argument has more than 8 axes, the most there are"); }
    }
};

/// Which input of a function is meant: by name, or by the symbol.
class input_key {
  public:
    input_key(const char* name) : name_(name != nullptr ? name : ""), empty_(name == nullptr) {}
    input_key(std::string name) : name_(std::move(name)) {}
    input_key(const value& symbol) : symbol_(symbol), empty_(symbol.is_empty()) {}
    /// Neither a name nor a symbol.
    bool is_empty() const { return empty_; }
    const std::string& name() const { return name_; }
    const value& symbol() const { return symbol_; }

  private:
    std::string name_;
    value symbol_;
    bool empty_ = false;
};

/// {"x", 1.0} or {x, array}: an argument for the input that is meant.
struct named_argument {
    input_key key;
    argument given;
};

} // namespace damo
