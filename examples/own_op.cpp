// SPDX-License-Identifier: BSD-3-Clause
// An op of one's own, defined outside the library: it is differentiated, rewritten, printed and computed as those of the library are.
#include <damo/scalar.hpp>

#include <cmath>
#include <cstdio>

namespace shop {

// smooth_step(x) = x^2 (3 - 2x): the polynomial that leads from 0 to 1 with level ends. Derivative 6x (1 - x).
struct smooth_step_op : damo::ops::op_defaults {
    static constexpr const char* name = "shop.smooth_step";
    static constexpr damo::value partial(int, const damo::value* x, damo::value) { return 6 * x[0] * (1 - x[0]); }
    // Point symmetry about (1/2, 1/2).
    static constexpr damo::rule rules[] = {{"smooth_step.mirrored", "1 - smooth_step(1 - x)", "smooth_step(x)"}};
    struct functor {
        template <class T>
        DAMO_HD constexpr T operator()(T x) const {
            return x * x * (T(3) - T(2) * x);
        }
    };
};

constexpr damo::value smooth_step(damo::operand x) { return damo::ops::apply<smooth_step_op>(x); }
template <damo::Expression X>
constexpr damo::applied<smooth_step_op, X> smooth_step(X) {
    return {};
}

} // namespace shop

template <>
struct damo::functor_for<damo::ops::id_of<shop::smooth_step_op>> : shop::smooth_step_op::functor {};

using shop::smooth_step;

// In traced functions...
constexpr auto f = damo::fn([](damo::scalar<double> x) { return smooth_step(x) * smooth_step(x); });
static_assert(damo::to_string(f) == "smooth_step(x0)^2");
static_assert(damo::to_string(damo::grad(f)) == "12*x0*smooth_step(x0)*(1 - x0)");

// ...with its rule, also as a part of larger sums...
constexpr auto mirrored = damo::fn([](damo::scalar<double> x, damo::scalar<double> y) { return 1 + y - smooth_step(1 - x); });
static_assert(damo::to_string(mirrored) == "x1 + smooth_step(x0)");
static_assert(damo::rewrites(mirrored)[0] == "smooth_step.mirrored");
static_assert(damo::to_string(damo::without<"smooth_step.">(mirrored)) == "x1 - smooth_step(1 - x0) + 1");

// ...and in expression types.
inline constexpr auto t = damo::var<"t", double>;
static_assert(damo::to_string(damo::grad(smooth_step(t), t)) == "6*t*(1 - t)");

int main() {
    const double x = 0.3;
    const double y = x * x * (3 - 2 * x);
    const bool right = std::abs(f(x) - y * y) < 1e-15 && std::abs(damo::grad(f)(x) - 2 * y * 6 * x * (1 - x)) < 1e-15 &&
                       std::abs(damo::evaluate(smooth_step(t), t = x) - y) < 1e-15;
    std::printf("smooth_step(%g) = %g, derivative of its square %g\n", x, y, damo::grad(f)(x));
    return right ? 0 : 1;
}
