// SPDX-License-Identifier: BSD-3-Clause
// Loops and choices inside a user's own kernel: the carries stay in registers, also those of a forward derivative.
#include <damo/scalar.hpp>

struct relaxed_root {
    template <class T>
    constexpr T operator()(T x) const {
        return damo::fold(8, 1 + 0 * x, [&](auto, T c) {
            return damo::cond(c * c > x, [&] { return 0.5 * (c + x / c); }, [&] { return c + (x - c * c) / (1 + c); });
        });
    }
};
inline constexpr auto root = damo::fn<double(double)>(relaxed_root{});
inline constexpr auto moved = damo::jvp(root);

struct power {
    template <class T, class N>
    constexpr T operator()(T x, N n) const {
        return damo::fold(n, 1 + 0 * x, [&](auto, T c) { return c * x; });
    }
};
inline constexpr auto raised = damo::fn<double(double, std::int64_t)>(power{});

__global__ void roots(const double* x, const std::int64_t* n, double* value, double* slope, double* powers, int count) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) {
        const auto [v, d] = damo::call(moved, x[i], 1.0);
        value[i] = v;
        slope[i] = d;
        powers[i] = damo::call(raised, x[i], n[i]);
    }
}
