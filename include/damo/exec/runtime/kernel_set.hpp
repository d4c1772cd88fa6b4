// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include <damo/exec/static/contraction.hpp>
#include <damo/plan/array_plan.hpp>

// The precompiled kernels that the run-time executor calls: plain functions over blocks of a few hundred elements, by op and element
// type. They are compiled once per instruction set (kernels.hpp) and reached through these tables, whose layout is the same for all.

namespace damo::exec {

/// Elements of one block, at least and at most: as many as let all blocks of a nest stay in the first-level cache.
inline constexpr std::int64_t least_room = 128;
inline constexpr std::int64_t most_room = 1024;

/// out[i] = op(a[i], b[i], c[i]) for i < n. `out` may be an operand of its own element size. Which operands are single numbers is a
/// matter of the kernel chosen.
using block_kernel = void (*)(void* out, const void* a, const void* b, const void* c, std::int64_t n);

/// The kernels of an elementwise op for one element type of its last operand. run[s]: operands whose bit is set in s are single
/// numbers; null where an op has no such operands.
struct op_kernels {
    std::uint32_t op = 0;
    dtype element = dtype::none;
    std::int8_t arg_count = 0;
    block_kernel run[7] = {};
    block_kernel number = nullptr; // the same for one element, whatever n is
};

/// out[i] = second(first(a[i], b[i]), c[i]), or with the operands of the second changed round. run[s] as above, null for some s.
struct pair_kernels {
    std::uint32_t first = 0;
    std::uint32_t second = 0;
    dtype element = dtype::none;
    bool right = false; // second(c[i], first(a[i], b[i]))
    block_kernel run[7] = {};
};

/// Sums of squares, for one element type: a[i]^2 + b[i]^2, its root, and the sum with c[i], which is added first or last; the index of
/// the latter two says whether c is a single number. The ops are those that such a sum is made of.
struct square_kernels {
    dtype element = dtype::none;
    std::uint32_t square = 0;
    std::uint32_t product = 0; // of a number with itself
    std::uint32_t sum = 0;
    std::uint32_t root = 0;
    block_kernel two = nullptr;
    block_kernel root_of_two = nullptr;
    block_kernel first[2] = {};
    block_kernel last[2] = {};
};

/// The kernels of a reduction for one element type. A tile holds `rows` runs of `length` elements, one after the other.
struct fold_kernels {
    std::uint32_t op = 0;
    dtype element = dtype::none;
    // out[r] = the elements of run r folded; length > 0.
    void (*by_rows)(void* out, const void* x, std::int64_t rows, std::int64_t length) = nullptr;
    // into[k] = into[k] folded with element k of every run.
    void (*by_columns)(void* into, const void* x, std::int64_t rows, std::int64_t length) = nullptr;
    // into[k] = into[k] folded with x[k].
    void (*pair)(void* into, const void* x, std::int64_t n) = nullptr;
    // The same two of the products a * b, where `inner` is the op that makes them; null where there are none.
    std::uint32_t inner = 0;
    void (*products_by_rows)(void* out, const void* a, const void* b, std::int64_t rows, std::int64_t length) = nullptr;
    void (*products_by_columns)(void* into, const void* a, const void* b, std::int64_t rows, std::int64_t length) = nullptr;
};

/// A tile in memory: element (p, q) at p * outer + q * inner bytes; rows x length elements.
struct tile_shape {
    std::int64_t rows = 1;
    std::int64_t length = 1;
    std::int64_t outer = 0;
    std::int64_t inner = 0;
};

/// The place of the first largest or smallest element along `axis`; see plan::step_kind::position.
struct position_call {
    const detail::memory::found_view* from = nullptr;
    const detail::memory::found_view* to = nullptr;
    const std::int64_t* extents = nullptr; // of `from`
    int rank = 0;
    int axis = 0;
    bool keeps = false;
    bool largest = true;
};

/// The element types of the executor, numbered.
constexpr int type_number(dtype t) {
    return t == dtype::boolean ? 0 : t == dtype::int32 ? 1 : t == dtype::int64 ? 2 : t == dtype::float32 ? 3 : 4;
}
inline constexpr int type_count = 5;
inline constexpr dtype numbered_types[type_count] = {dtype::boolean, dtype::int32, dtype::int64, dtype::float32, dtype::float64};
/// Tables of what only moves elements go by their size: 1, 4 or 8 bytes.
constexpr int size_number(int bytes) { return bytes == 1 ? 0 : bytes == 4 ? 1 : 2; }

/// All kernels of one instruction set.
struct kernel_set {
    const char* instruction_set = "";
    const op_kernels* ops = nullptr; // rising by op, then element type
    int op_count = 0;
    const pair_kernels* pairs = nullptr;
    int pair_count = 0;
    const square_kernels* squares = nullptr;
    int square_count = 0;
    const fold_kernels* folds = nullptr;
    int fold_count = 0;
    block_kernel convert[type_count][type_count] = {};                                             // [to][from]
    block_kernel one_hot[type_count] = {};                                                         // 1 where a = b[0], else 0
    void (*gather[3])(void* out, const char* from, const tile_shape& s) = {};                      // a tile into a block
    void (*scatter[3])(char* to, const void* x, const tile_shape& s) = {};                         // a block into a tile
    void (*spread[3])(void* out, const void* x, std::int64_t rows, std::int64_t length) = {};      // x[p] along run p
    void (*repeat[3])(void* out, const void* x, std::int64_t rows, std::int64_t length) = {};      // x[q] in every run
    void (*count[type_count])(void* out, std::int64_t first, const tile_shape& s) = {};            // first + p * outer + q * inner
    void (*product[type_count])(const product_call&) = {};
    void (*position[type_count])(const position_call&) = {};
};

} // namespace damo::exec
