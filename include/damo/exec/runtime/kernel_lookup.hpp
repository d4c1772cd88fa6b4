// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <bit>

#include <damo/core/sentence.hpp>
#include <damo/exec/runtime/kernel_set.hpp>

namespace damo::exec {

/// Kernels of ops from outside the library, linked into one list when the program starts; see enable.hpp.
struct enabled_op {
    const op_kernels* kernels = nullptr;
    int count = 0;
    enabled_op* next = nullptr;
};

namespace detail::lookup {

inline std::atomic<enabled_op*> enabled{nullptr};

inline namespace DAMO_ISA {

[[noreturn]] inline void refuse(std::uint32_t op, dtype element) {
    core::sentence s;
    s << "an op (id " << static_cast<std::int64_t>(op) << ") has no run-time kernel for " << name_of(element)
      << ": write `damo::enable<the_op>` in one source file of the program, or cast the operands to a type that it has";
    core::raise(s.data(), s.size());
}

inline const op_kernels* find(const op_kernels* list, int count, std::uint32_t op, dtype element) {
    int low = 0;
    for (int high = count; low < high;) {
        const int middle = low + (high - low) / 2;
        if (list[middle].op < op) { low = middle + 1; }
        else { high = middle; }
    }
    for (; low < count && list[low].op == op; ++low) {
        if (list[low].element == element) { return &list[low]; }
    }
    return nullptr;
}

} // namespace DAMO_ISA
} // namespace detail::lookup

inline namespace DAMO_ISA {

// The bytes of a number as memory holds them.
inline std::uint64_t stored_bits(dtype t, std::uint64_t bits) {
    if (t == dtype::float32) { return std::bit_cast<std::uint32_t>(static_cast<float>(std::bit_cast<double>(bits))); }
    return bits;
}

inline const op_kernels& find_kernels(const kernel_set& set, std::uint32_t op, dtype element) {
    if (const op_kernels* k = detail::lookup::find(set.ops, set.op_count, op, element)) { return *k; }
    for (const enabled_op* e = detail::lookup::enabled.load(std::memory_order_acquire); e != nullptr; e = e->next) {
        if (const op_kernels* k = detail::lookup::find(e->kernels, e->count, op, element)) { return *k; }
    }
    detail::lookup::refuse(op, element);
}

inline const fold_kernels* find_folds(const kernel_set& set, std::uint32_t op, dtype element) {
    for (int i = 0; i < set.fold_count; ++i) {
        if (set.folds[i].op == op && set.folds[i].element == element) { return &set.folds[i]; }
    }
    detail::lookup::refuse(op, element);
}

} // namespace DAMO_ISA
} // namespace damo::exec
