// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ir/type.hpp>

namespace damo::rewrite {

struct term {
    ir::index base;
    double coefficient; // of a sum's term; exponent of a product's factor
};

// The terms of a sum or the factors of a product while they are collected: a short list on the stack, a long one on the heap.
struct term_list {
    term local[12] = {};
    term* data = local;
    int size = 0;
    int capacity = 12;
    constexpr term_list() = default;
    term_list(const term_list&) = delete;
    constexpr ~term_list() {
        if (data != local) { delete[] data; }
    }
    constexpr void push(ir::index base, double coefficient) {
        if (size == capacity) {
            term* grown = new term[static_cast<unsigned>(capacity * 2)]{};
            for (int i = 0; i < size; ++i) { grown[i] = data[i]; }
            if (data != local) { delete[] data; }
            data = grown;
            capacity *= 2;
        }
        data[size++] = {base, coefficient};
    }
    // Sorts by base and merges equal bases.
    constexpr void merge() {
        bool sorted = true;
        for (int i = 1; i < size && sorted; ++i) { sorted = data[i - 1].base < data[i].base; }
        if (sorted) { return; }
        if (size <= 12) {
            for (int i = 1; i < size; ++i) {
                const term x = data[i];
                int j = i;
                for (; j > 0 && data[j - 1].base > x.base; --j) { data[j] = data[j - 1]; }
                data[j] = x;
            }
        } else {
            heap_sort();
        }
        int kept = 0;
        for (int i = 0; i < size; ++i) {
            if (kept > 0 && data[kept - 1].base == data[i].base) { data[kept - 1].coefficient += data[i].coefficient; }
            else { data[kept++] = data[i]; }
        }
        size = kept;
    }

  private:
    constexpr void sift(int root, int end) {
        while (2 * root + 1 < end) {
            int child = 2 * root + 1;
            if (child + 1 < end && data[child].base < data[child + 1].base) { ++child; }
            if (data[root].base >= data[child].base) { return; }
            const term t = data[root];
            data[root] = data[child];
            data[child] = t;
            root = child;
        }
    }
    constexpr void heap_sort() {
        for (int i = size / 2 - 1; i >= 0; --i) { sift(i, size); }
        for (int end = size - 1; end > 0; --end) {
            const term t = data[0];
            data[0] = data[end];
            data[end] = t;
            sift(0, end);
        }
    }
};

} // namespace damo::rewrite
