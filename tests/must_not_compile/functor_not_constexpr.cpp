// SPDX-License-Identifier: BSD-3-Clause
// error: functor<T, outputs, sizes...>(f) requires a functor that the compiler can run: mark its call operator, and what that calls, constexpr (g++ -fimplicit-constexpr does it for inline functions), or call it when the program runs, on symbols made by damo::input<T>
#include <array>

#include <damo/scalar.hpp>

struct residual {
    template <class T>
#ifdef REPAIRED
    constexpr
#endif
    bool operator()(const T* x, T* r) const {
        r[0] = x[0] - x[1];
        return true;
    }
};
constexpr auto f = damo::functor<double, 1, 2>(residual{});
auto use(const std::array<double, 2>& x) { return f(x); }
