// SPDX-License-Identifier: BSD-3-Clause
// A function and its gradient inside a user's own kernel, compiled without special flags.
#include <damo/expr/transform.hpp>

struct rosenbrock {
    template <class T>
    constexpr T operator()(T x, T y) const {
        const T a = 1 - x;
        const T b = y - x * x;
        return a * a + 100 * b * b + exp(-x * y);
    }
};
inline constexpr auto f = damo::fn<double(double, double)>(rosenbrock{});
inline constexpr auto df = damo::value_and_grad<0, 1>(f);

__global__ void descend(double* x, double* y, double* value, double rate, int n) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) {
        const auto [v, gradient] = damo::call(df, x[i], y[i]);
        value[i] = v;
        x[i] -= rate * get<0>(gradient);
        y[i] -= rate * get<1>(gradient);
    }
}
