// SPDX-License-Identifier: BSD-3-Clause
// error: functor<T, outputs, sizes...>(f) requires a functor that succeeds on symbols; this one returned false
#include <array>

#include <damo/scalar.hpp>

struct residual {
    template <class T>
    constexpr bool operator()(const T* x, T* r) const {
        r[0] = x[0] - x[1];
#ifdef REPAIRED
        return true;
#else
        return false;
#endif
    }
};
constexpr auto f = damo::functor<double, 1, 2>(residual{});
auto use(const std::array<double, 2>& x) { return f(x); }
