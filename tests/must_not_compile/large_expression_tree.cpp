// SPDX-License-Identifier: BSD-3-Clause
// error: an expression type of more than 256 nodes: write it as a traced function, damo::fn([](auto x, ...) { ... })
#include <damo/scalar.hpp>

inline constexpr auto x = damo::var<"x", double>;
#ifdef REPAIRED
double use(double at) {
    constexpr auto f = damo::fn([](damo::scalar<double> a) {
        for (int i = 0; i < 8; ++i) { a = a * a; }
        return a;
    });
    return f(at);
}
#else
constexpr auto x2 = x * x;
constexpr auto x4 = x2 * x2;
constexpr auto x8 = x4 * x4;
constexpr auto x16 = x8 * x8;
constexpr auto x32 = x16 * x16;
constexpr auto x64 = x32 * x32;
constexpr auto x128 = x64 * x64;
auto use() { return x128 * x128; }
#endif
