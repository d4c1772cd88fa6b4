// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/config.hpp>

namespace damo::core {
inline namespace DAMO_ISA {

// A growing array over one raw allocation, usable in constant evaluation. It exists because a constant evaluation pays for every
// call: here reading is one pointer access (`data[i]`), and growth one loop. T is trivially copyable. Items beyond `size` have no value.
template <class T>
struct pool {
    T* data = nullptr;
    int size = 0;
    int capacity = 0;

    constexpr pool() = default;
    constexpr explicit pool(int room) : data(allocate(room)), capacity(room) {}
    constexpr pool(pool&& other) noexcept : data(other.data), size(other.size), capacity(other.capacity) {
        other.data = nullptr;
        other.size = other.capacity = 0;
    }
    pool(const pool&) = delete;
    constexpr pool& operator=(pool&& other) noexcept {
        if (this != &other) {
            delete[] data;
            data = other.data;
            size = other.size;
            capacity = other.capacity;
            other.data = nullptr;
            other.size = other.capacity = 0;
        }
        return *this;
    }
    pool& operator=(const pool&) = delete;
    constexpr ~pool() { delete[] data; }

    constexpr void reserve(int room) {
        if (room <= capacity) { return; }
        int grown = capacity < 8 ? 16 : capacity * 2;
        if (grown < room) { grown = room; }
        T* moved = allocate(grown);
        for (int i = 0; i < size; ++i) { moved[i] = data[i]; }
        delete[] data;
        data = moved;
        capacity = grown;
    }
    constexpr int push(const T& item) {
        if (size == capacity) { reserve(size + 1); }
        data[size] = item;
        return size++;
    }
    // Appends zero-initialised items until the pool holds n.
    constexpr void grow_to(int n) {
        reserve(n);
        while (size < n) { data[size++] = T{}; }
    }
    constexpr T& operator[](int i) { return data[i]; }
    constexpr const T& operator[](int i) const { return data[i]; }

  private:
    // Zeros that are overwritten anyway would cost a constant evaluation more than all else.
    static constexpr T* allocate(int n) {
        if constexpr (__is_trivially_constructible(T)) { return new T[static_cast<unsigned>(n)]; }
        else { return new T[static_cast<unsigned>(n)]{}; }
    }
};

} // namespace DAMO_ISA
} // namespace damo::core
