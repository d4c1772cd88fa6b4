// SPDX-License-Identifier: BSD-3-Clause
// error: functor<T, outputs, sizes...>(f) requires a functor without members: pass its data as a block of parameters, and fix it with bind(function, values)
#include <array>

#include <damo/scalar.hpp>

struct residual {
#ifndef REPAIRED
    double target = 0;
    template <class T>
    constexpr bool operator()(const T* x, T* r) const {
        r[0] = x[0] - target;
        return true;
    }
#else
    template <class T>
    constexpr bool operator()(const T* x, const T* target, T* r) const {
        r[0] = x[0] - target[0];
        return true;
    }
#endif
};
#ifdef REPAIRED
auto use(const std::array<double, 1>& x) { return damo::functor<double, 1, 1, 1>(residual{})(x, x); }
#else
auto use(const std::array<double, 1>& x) { return damo::functor<double, 1, 1>(residual{3.0})(x); }
#endif
