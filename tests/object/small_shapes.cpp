// SPDX-License-Identifier: BSD-3-Clause
// Functions of a few numbers are straight-line code inside their caller: no function of their own, no loop, no text for errors.
// no-symbol: damo::
// has-symbol: product_of_four
// max-size: 1200
// flags: -mavx2 -mfma
#include <damo/damo.hpp>

template <class T, std::int64_t N>
struct functions {
    using m = damo::matrix<T, N, N>;
    using v = damo::vector<T, N>;
    static constexpr auto product = damo::fn([](m a, m b) { return dot(a, b); });
    static constexpr auto of_vector = damo::fn([](m a, v x) { return dot(a, x); });
};
template <class T, std::size_t N>
using mat = std::array<std::array<T, N>, N>;

mat<float, 3> product_of_three(const mat<float, 3>& a, const mat<float, 3>& b) { return functions<float, 3>::product(a, b); }
mat<double, 4> product_of_four(const mat<double, 4>& a, const mat<double, 4>& b) { return functions<double, 4>::product(a, b); }
std::array<double, 3> three_sums(const mat<double, 3>& a, const std::array<double, 3>& x) { return functions<double, 3>::of_vector(a, x); }
std::array<float, 6> six_sums(const mat<float, 6>& a, const std::array<float, 6>& x) { return functions<float, 6>::of_vector(a, x); }
