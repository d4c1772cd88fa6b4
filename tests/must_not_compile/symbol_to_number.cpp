// SPDX-License-Identifier: BSD-3-Clause
// The compiler's own sentence: a conversion to numbers, even a deleted one, would take part in the choice of every operator.
// error: double y = sin(x);
// error with clang: a symbol has no number yet: keep it a symbol (auto), and call the function to get numbers
#include <damo/scalar.hpp>

#ifdef REPAIRED
constexpr damo::value f(damo::scalar<double> x) {
    damo::scalar<double> y = sin(x);
    return y + x;
}
#else
constexpr damo::value f(damo::scalar<double> x) {
    double y = sin(x);
    return y + x;
}
#endif
