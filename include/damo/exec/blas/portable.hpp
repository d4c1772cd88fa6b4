// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/config.hpp>
#include <damo/exec/blas/scalar.hpp>

#include <cstdint>
#include <cstring>
#include <type_traits>

// Matrix products without a library, for every arithmetic type but bool and for every stride. Integers wrap around, as in NumPy.
// Structure after Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 34 (2008): panels of A and B
// are packed into buffers on the stack (at most 48 KiB together), and a register tile of C is formed from them.

namespace damo::blas {

inline namespace DAMO_ISA {
namespace portable {

/// A matrix as the kernels see it: element (i, j) at data[i * row + j * column], with any strides.
template <class T> struct strided {
    T* data;
    std::int64_t row;
    std::int64_t column;

    T& operator()(std::int64_t i, std::int64_t j) const { return data[i * row + j * column]; }
};

namespace detail {

// The conditions are those of DAMO_ISA.
#if defined(__AVX512F__) && defined(__AVX512DQ__) && defined(__AVX512BW__) && defined(__AVX512CD__)
inline constexpr int vector_bytes = 64;
#elif defined(__AVX__)
inline constexpr int vector_bytes = 32;
#else
inline constexpr int vector_bytes = 16;
#endif

// A register of numbers: the compilers' vector type where T has one, otherwise one number.
template <class T, bool = (sizeof(T) <= 8)> struct lanes {
    static constexpr int count = vector_bytes / static_cast<int>(sizeof(T));
    typedef T type __attribute__((vector_size(vector_bytes)));
};

template <class T> struct lanes<T, false> {
    static constexpr int count = 1;
    using type = T;
};

template <class T> struct tile {
    using vector = typename lanes<T>::type;
    static constexpr int lane_count = lanes<T>::count;
    static constexpr int rows = vector_bytes >= 64 ? 12 : vector_bytes >= 32 ? 6 : 4;
    static constexpr int vectors = 2;
    static constexpr int columns = vectors * lane_count;
    static constexpr int depth = 128; // the length of a packed panel
    static constexpr int strips =
        32768 / (depth * columns * static_cast<int>(sizeof(T))); // register tiles side by side in one panel
    static constexpr int panel = (strips > 0 ? strips : 1) * columns;

    static DAMO_INLINE vector load(const T* from) {
        vector result;
        std::memcpy(&result, from, sizeof result);
        return result;
    }
    static DAMO_INLINE void store(T* to, vector v) { std::memcpy(to, &v, sizeof v); }
};

// out[i][j] = sum over p of a[p][i] * b[p][j]: the register tile.
template <class T> inline void multiply_tile(std::int64_t depth, const T* a, const T* b, T* out) {
    using tile = detail::tile<T>;
    typename tile::vector sum[tile::rows][tile::vectors] = {};
    for (std::int64_t p = 0; p < depth; ++p, a += tile::rows, b += tile::columns) {
        typename tile::vector right[tile::vectors];
#pragma GCC unroll 2
        for (int v = 0; v < tile::vectors; ++v) { right[v] = tile::load(b + v * tile::lane_count); }
#pragma GCC unroll 12
        for (int i = 0; i < tile::rows; ++i) {
#pragma GCC unroll 2
            for (int v = 0; v < tile::vectors; ++v) { sum[i][v] += a[i] * right[v]; }
        }
    }
#pragma GCC unroll 12
    for (int i = 0; i < tile::rows; ++i) {
#pragma GCC unroll 2
        for (int v = 0; v < tile::vectors; ++v) { tile::store(out + i * tile::columns + v * tile::lane_count, sum[i][v]); }
    }
}

// c = beta * c, where beta == 0 does not read c.
template <class T> inline void scale(std::int64_t m, std::int64_t n, T beta, strided<T> c) {
    using sum = accumulator_t<T>;
    if (beta == T(1)) { return; }
    for (std::int64_t i = 0; i < m; ++i) {
        for (std::int64_t j = 0; j < n; ++j) {
            T& element = c(i, j);
            element = beta == T(0) ? T(0) : static_cast<T>(times(static_cast<sum>(beta), static_cast<sum>(element)));
        }
    }
}

// The columns [0, width) and rows [0, depth) of b in strips of `columns`, zeros behind the edge.
template <class T> inline void pack_right(std::int64_t depth, std::int64_t width, strided<const T> b, accumulator_t<T>* out) {
    using sum = accumulator_t<T>;
    constexpr int columns = tile<sum>::columns;
    for (std::int64_t first = 0; first < width; first += columns) {
        const std::int64_t used = width - first < columns ? width - first : columns;
        if (b.row == 1 && b.column != 1) { // read along the columns, where they are contiguous
            for (int j = 0; j < columns; ++j) {
                const T* from = &b.data[(first + j) * b.column];
                for (std::int64_t p = 0; p < depth; ++p) { out[p * columns + j] = j < used ? static_cast<sum>(from[p]) : sum(0); }
            }
            out += depth * columns;
            continue;
        }
        for (std::int64_t p = 0; p < depth; ++p, out += columns) {
            const T* from = &b.data[p * b.row + first * b.column];
            if (used == columns && b.column == 1) {
                for (int j = 0; j < columns; ++j) { out[j] = static_cast<sum>(from[j]); }
            } else {
                for (int j = 0; j < columns; ++j) { out[j] = j < used ? static_cast<sum>(from[j * b.column]) : sum(0); }
            }
        }
    }
}

template <class T> inline void pack_left(std::int64_t depth, std::int64_t height, strided<const T> a, accumulator_t<T>* out) {
    using sum = accumulator_t<T>;
    constexpr int rows = tile<sum>::rows;
    if (a.row == 1 && height == rows) {
        for (std::int64_t p = 0; p < depth; ++p) {
            const T* from = &a.data[p * a.column];
            for (int i = 0; i < rows; ++i) { out[p * rows + i] = static_cast<sum>(from[i]); }
        }
        return;
    }
    for (int i = 0; i < rows; ++i) {
        const bool used = i < height;
        const T* from = a.data + (used ? i * a.row : 0);
        for (std::int64_t p = 0; p < depth; ++p) { out[p * rows + i] = used ? static_cast<sum>(from[p * a.column]) : sum(0); }
    }
}

// Fewer products than this are not worth packing.
inline constexpr std::int64_t few_products = 256;

template <class T>
inline void multiply_directly(std::int64_t m, std::int64_t n, std::int64_t k, T alpha, strided<const T> a, strided<const T> b,
                              T beta, strided<T> c) {
    using sum = accumulator_t<T>;
    for (std::int64_t i = 0; i < m; ++i) {
        for (std::int64_t j = 0; j < n; ++j) {
            sum total{};
            for (std::int64_t p = 0; p < k; ++p) {
                total = plus(total, times(static_cast<sum>(a(i, p)), static_cast<sum>(b(p, j))));
            }
            total = times(static_cast<sum>(alpha), total);
            T& element = c(i, j);
            element =
                static_cast<T>(beta == T(0) ? total : plus(total, times(static_cast<sum>(beta), static_cast<sum>(element))));
        }
    }
}

} // namespace detail

/// C = alpha A B + beta C for A (m, k), B (k, n), C (m, n) with any strides, also 0 and negative ones for A and B. beta == 0 does not
/// read C, alpha == 0 or k == 0 does not read A and B. C shares no memory with A or B, and its elements are distinct.
/// O(m n k); no allocation.
template <Scalar T>
inline void gemm(std::int64_t m, std::int64_t n, std::int64_t k, std::type_identity_t<T> alpha, strided<const T> a,
                 strided<const T> b, std::type_identity_t<T> beta, strided<T> c) {
    using sum = accumulator_t<T>;
    using tile = detail::tile<sum>;
    if (m <= 0 || n <= 0) { return; }
    if (k <= 0 || alpha == T(0)) {
        detail::scale<T>(m, n, beta, c);
        return;
    }
    if (m * n < detail::few_products && m * n * k < detail::few_products) {
        detail::multiply_directly<T>(m, n, k, alpha, a, b, beta, c);
        return;
    }
    alignas(64) sum right[tile::depth * tile::panel];
    alignas(64) sum left[tile::depth * tile::rows];
    alignas(64) sum out[tile::rows * tile::columns];
    for (std::int64_t p = 0; p < k; p += tile::depth) {
        const std::int64_t depth = k - p < tile::depth ? k - p : tile::depth;
        const T factor = p == 0 ? beta : T(1);
        for (std::int64_t j = 0; j < n; j += tile::panel) {
            const std::int64_t width = n - j < tile::panel ? n - j : tile::panel;
            detail::pack_right<T>(depth, width, {&b.data[p * b.row + j * b.column], b.row, b.column}, right);
            for (std::int64_t i = 0; i < m; i += tile::rows) {
                const std::int64_t height = m - i < tile::rows ? m - i : tile::rows;
                detail::pack_left<T>(depth, height, {&a.data[i * a.row + p * a.column], a.row, a.column}, left);
                for (std::int64_t s = 0; s < width; s += tile::columns) {
                    const std::int64_t used = width - s < tile::columns ? width - s : tile::columns;
                    detail::multiply_tile(depth, left, right + s * depth, out);
                    for (std::int64_t r = 0; r < height; ++r) {
                        const sum* from = out + r * tile::columns;
                        T* to = &c.data[(i + r) * c.row + (j + s) * c.column];
                        const auto put = [&](std::int64_t q, std::int64_t step) {
                            const sum product = times(static_cast<sum>(alpha), from[q]);
                            T& element = to[q * step];
                            element = static_cast<T>(
                                factor == T(0) ? product
                                               : plus(product, times(static_cast<sum>(factor), static_cast<sum>(element))));
                        };
                        if (c.column == 1 && used == tile::columns) {
                            for (int q = 0; q < tile::columns; ++q) { put(q, 1); }
                        } else {
                            for (std::int64_t q = 0; q < used; ++q) { put(q, c.column); }
                        }
                    }
                }
            }
        }
    }
}

/// The sum of x_i y_i over n elements with any strides; 0 for n == 0. Floating point is summed in several interleaved partial sums.
template <Scalar T> inline T dot(std::int64_t n, const T* x, std::int64_t x_step, const T* y, std::int64_t y_step) {
    using sum = accumulator_t<T>;
    using tile = detail::tile<T>;
    constexpr int unroll = 4;
    constexpr int block = unroll * tile::lane_count;
    sum total{};
    std::int64_t i = 0;
    if constexpr (std::is_floating_point_v<T>) {
        if (x_step == 1 && y_step == 1 && n >= block) {
            typename tile::vector partial[unroll] = {};
            for (; i + block <= n; i += block) {
#pragma GCC unroll 4
                for (int u = 0; u < unroll; ++u) {
                    partial[u] += tile::load(x + i + u * tile::lane_count) * tile::load(y + i + u * tile::lane_count);
                }
            }
            T folded[tile::lane_count];
            tile::store(folded, static_cast<typename tile::vector>((partial[0] + partial[1]) + (partial[2] + partial[3])));
            for (T part : folded) { total += part; }
        }
    }
    for (; i < n; ++i) { total = plus(total, times(static_cast<sum>(x[i * x_step]), static_cast<sum>(y[i * y_step]))); }
    return static_cast<T>(total);
}

/// y = alpha A x + beta y for A (m, n) with any strides. beta == 0 does not read y, alpha == 0 or n == 0 does not read A and x. y
/// shares no memory with A or x. O(m n); no allocation.
template <Scalar T>
inline void gemv(std::int64_t m, std::int64_t n, std::type_identity_t<T> alpha, strided<const T> a, const T* x,
                 std::int64_t x_step, std::type_identity_t<T> beta, T* y, std::int64_t y_step) {
    using sum = accumulator_t<T>;
    if (m <= 0) { return; }
    if (n <= 0 || alpha == T(0)) {
        detail::scale<T>(m, 1, beta, {y, y_step, 1});
        return;
    }
    const auto put = [&](std::int64_t i, sum total) {
        total = times(static_cast<sum>(alpha), total);
        T& element = y[i * y_step];
        element = static_cast<T>(beta == T(0) ? total : plus(total, times(static_cast<sum>(beta), static_cast<sum>(element))));
    };
    if (a.row != 1 || a.column == 1) {
        for (std::int64_t i = 0; i < m; ++i) { put(i, static_cast<sum>(dot<T>(n, &a.data[i * a.row], a.column, x, x_step))); }
        return;
    }
    // Columns are contiguous: several rows at a time, in registers.
    constexpr int rows = 4 * detail::lanes<T>::count;
    for (std::int64_t i = 0; i < m; i += rows) {
        const std::int64_t used = m - i < rows ? m - i : rows;
        sum total[rows] = {};
        for (std::int64_t j = 0; j < n; ++j) {
            const T* from = a.data + i + j * a.column;
            const sum factor = static_cast<sum>(x[j * x_step]);
            if (used == rows) {
                for (int r = 0; r < rows; ++r) { total[r] = plus(total[r], times(factor, static_cast<sum>(from[r]))); }
            } else {
                for (std::int64_t r = 0; r < used; ++r) { total[r] = plus(total[r], times(factor, static_cast<sum>(from[r]))); }
            }
        }
        for (std::int64_t r = 0; r < used; ++r) { put(i + r, total[r]); }
    }
}

/// C = C + alpha x y' for x (m), y (n), C (m, n) with any strides. C shares no memory with x or y. alpha == 0 does nothing.
template <Scalar T>
inline void ger(std::int64_t m, std::int64_t n, std::type_identity_t<T> alpha, const T* x, std::int64_t x_step, const T* y,
                std::int64_t y_step, strided<T> c) {
    using sum = accumulator_t<T>;
    if (alpha == T(0)) { return; }
    for (std::int64_t i = 0; i < m; ++i) {
        const sum factor = times(static_cast<sum>(alpha), static_cast<sum>(x[i * x_step]));
        T* row = c.data + i * c.row;
        const auto put = [&](std::int64_t j, std::int64_t step, std::int64_t from) {
            row[j * step] = static_cast<T>(plus(static_cast<sum>(row[j * step]), times(factor, static_cast<sum>(y[j * from]))));
        };
        if (c.column == 1 && y_step == 1) {
            for (std::int64_t j = 0; j < n; ++j) { put(j, 1, 1); }
        } else {
            for (std::int64_t j = 0; j < n; ++j) { put(j, c.column, y_step); }
        }
    }
}

} // namespace portable
} // namespace DAMO_ISA
} // namespace damo::blas
