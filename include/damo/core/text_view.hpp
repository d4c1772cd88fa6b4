// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>

namespace damo::core {

// Any view of characters or string, told by what the classes of std have.
template <class T>
concept StringLike = requires(const T& t) {
    typename T::traits_type;
    static_cast<const char*>(t.data());
    t.size();
};

// Characters that lie elsewhere: what std::string_view is, whose header alone costs a sixth of what <damo/scalar.hpp> does. A text_view is
// made of every string and literal, is compared with them, printed to streams, and becomes a std::string_view wherever one is wanted.
class text_view {
  public:
    constexpr text_view() = default;
    constexpr text_view(const char* from, std::size_t count) : characters_(from), size_(count) {}
    // Up to the terminating zero.
    constexpr text_view(const char* from) : characters_(from) {
        while (from[size_] != '\0') { ++size_; }
    }
    template <StringLike T>
    constexpr text_view(const T& other) : characters_(other.data()), size_(other.size()) {}

    // To a view of std, not to a class that would copy the characters.
    template <StringLike T>
        requires(!requires { typename T::allocator_type; })
    constexpr operator T() const {
        return T(characters_, size_);
    }

    constexpr const char* data() const { return characters_; }
    constexpr std::size_t size() const { return size_; }
    constexpr bool empty() const { return size_ == 0; }
    constexpr const char* begin() const { return characters_; }
    constexpr const char* end() const { return characters_ + size_; }
    constexpr char operator[](std::size_t i) const { return characters_[i]; }
    // From character `first` on, n of them or what is left; first must not exceed size().
    constexpr text_view substr(std::size_t first, std::size_t n = static_cast<std::size_t>(-1)) const {
        return {characters_ + first, n < size_ - first ? n : size_ - first};
    }
    // The last n characters; n must not exceed size().
    constexpr text_view last(std::size_t n) const { return {characters_ + (size_ - n), n}; }

    friend constexpr bool operator==(text_view a, text_view b) {
        bool equal = a.size_ == b.size_;
        for (std::size_t i = 0; i < a.size_ && equal; ++i) { equal = a.characters_[i] == b.characters_[i]; }
        return equal;
    }
    template <StringLike T>
    friend constexpr bool operator==(text_view a, const T& b) {
        return a == text_view(b);
    }
    template <class Stream>
        requires requires(Stream& out, const char* from) { out.write(from, 1); }
    friend Stream& operator<<(Stream& out, text_view t) {
        out.write(t.characters_, static_cast<std::ptrdiff_t>(t.size_));
        return out;
    }

  private:
    const char* characters_ = "";
    std::size_t size_ = 0;
};

} // namespace damo::core
