// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace damo::core {

// A growing array over one raw allocation, usable in constant evaluation. It exists because a constant evaluation pays for every
// call: here reading is one pointer access (`data[i]`), and growth one loop. T is trivially copyable with a default value.
template <class T>
struct pool {
    T* data = nullptr;
    int size = 0;
    int capacity = 0;

    constexpr pool() = default;
    constexpr explicit pool(int room) : data(new T[room]{}), capacity(room) {}
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
        T* moved = new T[grown]{};
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
};

} // namespace damo::core
