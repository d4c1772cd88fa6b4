// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Elementwise expressions, each written once: a number, an xsimd batch, an Eigen array, an xtensor expression and a symbol of damo all
// accept it. S is the element type. Constants are written S(1), never as named variables: xtensor keeps a reference to what has a name.

#include <cmath>

struct multiply_add {
    static constexpr const char* name = "multiply_add";   // a*x + y
    static constexpr int inputs = 2;
    static constexpr bool cheap = true;
    template <class S, class X, class Y, class Z>
    constexpr auto operator()(S a, const X& x, const Y& y, const Z&) const
    {
        return S(a) * x + y;
    }
};

struct rational {
    static constexpr const char* name = "rational";   // (x - y) / (x*x + y*y + 1)
    static constexpr int inputs = 2;
    static constexpr bool cheap = true;
    template <class S, class X, class Y, class Z>
    constexpr auto operator()(S, const X& x, const Y& y, const Z&) const
    {
        return (x - y) / (x * x + y * y + S(1));
    }
};

struct euclidean {
    static constexpr const char* name = "euclidean";   // sqrt(x*x + y*y)
    static constexpr int inputs = 2;
    static constexpr bool cheap = true;
    template <class S, class X, class Y, class Z>
    constexpr auto operator()(S, const X& x, const Y& y, const Z&) const
    {
        using std::sqrt;
        return sqrt(x * x + y * y);
    }
};

struct damped_wave {
    static constexpr const char* name = "damped_wave";   // exp(-x*x) * sin(y)
    static constexpr int inputs = 2;
    static constexpr bool cheap = false;
    template <class S, class X, class Y, class Z>
    constexpr auto operator()(S, const X& x, const Y& y, const Z&) const
    {
        using std::exp, std::sin;
        return exp(-x * x) * sin(y);
    }
};

struct softplus_tanh {
    static constexpr const char* name = "softplus_tanh";   // log(1 + exp(x)) + tanh(y) / (1 + z*z)
    static constexpr int inputs = 3;
    static constexpr bool cheap = false;
    template <class S, class X, class Y, class Z>
    constexpr auto operator()(S, const X& x, const Y& y, const Z& z) const
    {
        using std::exp, std::log, std::tanh;
        return log(S(1) + exp(x)) + tanh(y) / (S(1) + z * z);
    }
};
