// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace damo::core {

// An array that starts as zeros. In constant evaluation `new T[n]{}` makes every element at once, which costs g++ 3 microseconds each;
// a class with a zero-initialised array makes an element when it is first written. Hence these size classes.
template <class T>
class zeros {
  public:
    T* data = nullptr;
    int capacity = 0;

    constexpr zeros() = default;
    constexpr explicit zeros(int n) { allocate(n); }
    zeros(const zeros&) = delete;
    zeros& operator=(const zeros&) = delete;
    constexpr ~zeros() { release(); }

    // n zeros, whatever was there.
    constexpr void assign(int n) {
        release();
        allocate(n);
    }
    // Room for element n - 1; the elements below `size` are kept, the others zero.
    constexpr void extend(int n, int size) {
        if (n <= capacity) { return; }
        zeros more(2 * n);
        for (int i = 0; i < size; ++i) { more.data[i] = data[i]; }
        swap(more);
    }
    constexpr void swap(zeros& other) {
        exchange(data, other.data);
        exchange(capacity, other.capacity);
        exchange(small_, other.small_);
        exchange(medium_, other.medium_);
        exchange(large_, other.large_);
        exchange(larger_, other.larger_);
        exchange(largest_, other.largest_);
    }

  private:
    template <int N>
    struct block {
        T items[N] = {};
    };
    block<256>* small_ = nullptr;
    block<1024>* medium_ = nullptr;
    block<4096>* large_ = nullptr;
    block<16384>* larger_ = nullptr;
    block<65536>* largest_ = nullptr;

    template <class P>
    static constexpr void exchange(P& a, P& b) {
        const P t = a;
        a = b;
        b = t;
    }
    template <int N>
    constexpr void take(block<N>*& b) {
        b = new block<N>{};
        data = b->items;
        capacity = N;
    }
    constexpr void allocate(int n) {
        if (n <= 256) { take(small_); }
        else if (n <= 1024) { take(medium_); }
        else if (n <= 4096) { take(large_); }
        else if (n <= 16384) { take(larger_); }
        else if (n <= 65536) { take(largest_); }
        else {
            data = new T[static_cast<unsigned>(n)]{};
            capacity = n;
        }
    }
    constexpr void release() {
        if (capacity <= 256) { delete small_; }
        else if (capacity <= 1024) { delete medium_; }
        else if (capacity <= 4096) { delete large_; }
        else if (capacity <= 16384) { delete larger_; }
        else if (capacity <= 65536) { delete largest_; }
        else { delete[] data; }
        data = nullptr;
        capacity = 0;
        small_ = nullptr;
        medium_ = nullptr;
        large_ = nullptr;
        larger_ = nullptr;
        largest_ = nullptr;
    }
};

} // namespace damo::core
