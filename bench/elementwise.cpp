// SPDX-License-Identifier: BSD-3-Clause
//
// Fused elementwise expressions against loops written by hand, Eigen and xtensor.
//
// Each expression is written once, as a functor that a number, an xsimd batch, an Eigen array and an xtensor expression all accept;
// the candidates differ only in the loop around it. The reference of the ratios is the xsimd loop.
//
// A candidate is a function template `template <class Expression, class T> void name(const problem<T>&)`: it reads p.x, p.y, p.z and
// writes p.out. To enter another one, write such a function and add a line for it in `measure_case`.

#include "expressions.hpp"
#include "measure.hpp"

#include <array>
#include <cmath>
#include <cstring>

#include <Eigen/Core>
#include <xsimd/xsimd.hpp>
#include <xtensor/xadapt.hpp>
#include <xtensor/xmath.hpp>
#include <xtensor/xnoalias.hpp>
#include <xtensor/xview.hpp>

#include <damo/damo.hpp>

using namespace damo_bench;

// ---- the data ------------------------------------------------------------------------------------------------------------------

enum class layout { contiguous, strided, broadcast };

constexpr const char* name_of(layout l)
{
    return l == layout::contiguous ? "contiguous" : l == layout::strided ? "strided" : "broadcast";
}

/// contiguous: x, y, z and out hold n elements.
/// strided:    element i of x, y, z is at [2*i]; out is contiguous.
/// broadcast:  x and out are matrices (rows, cols) in row-major order, y and z are vectors (cols) that are repeated for each row.
template <class T>
struct problem {
    layout how;
    std::size_t n, rows, cols;
    T a;
    const T *x, *y, *z;
    T* out;

    std::size_t stride() const { return how == layout::strided ? 2 : 1; }
};

/// Columns of the broadcast case: up to 1000, at least 10 rows.
constexpr std::size_t columns_for(std::size_t n) { return std::clamp<std::size_t>(n / 10, 10, 1000); }

// ---- damo ----------------------------------------------------------------------------------------------------------------------

template <class Expression, class T>
struct damo_functions {
    static constexpr auto of_vectors = damo::fn([](damo::scalar<T> a, damo::vector<T> x, damo::vector<T> y, damo::vector<T> z) {
        return damo::value(Expression{}(a, x, y, z));
    });
    static constexpr auto of_rows = damo::fn([](damo::scalar<T> a, damo::matrix<T> x, damo::vector<T> y, damo::vector<T> z) {
        return damo::value(Expression{}(a, x, y, z));
    });
};

template <class Expression, class T>
void damo_call(const problem<T>& p)
{
    using functions = damo_functions<Expression, T>;
    const auto n = static_cast<std::int64_t>(p.n), rows = static_cast<std::int64_t>(p.rows), cols = static_cast<std::int64_t>(p.cols);
    const auto stride = static_cast<std::int64_t>(p.stride());
    if (p.how == layout::broadcast)
        functions::of_rows.into(damo::view(p.out, {rows, cols}))(p.a, damo::view(p.x, {rows, cols}), damo::view(p.y, {cols}),
                                                                 damo::view(p.z, {cols}));
    else
        functions::of_vectors.into(damo::view(p.out, {n}))(p.a, damo::view(p.x, {n}, {stride}), damo::view(p.y, {n}, {stride}),
                                                           damo::view(p.z, {n}, {stride}));
}

// ---- the rivals ----------------------------------------------------------------------------------------------------------------

template <class Expression, class T>
void plain(const problem<T>& p)
{
    constexpr Expression f;
    if (p.how == layout::contiguous)
        for (std::size_t i = 0; i < p.n; ++i) p.out[i] = f(p.a, p.x[i], p.y[i], p.z[i]);
    else if (p.how == layout::strided)
        for (std::size_t i = 0; i < p.n; ++i) p.out[i] = f(p.a, p.x[2 * i], p.y[2 * i], p.z[2 * i]);
    else
        for (std::size_t r = 0; r < p.rows; ++r)
            for (std::size_t c = 0; c < p.cols; ++c)
                p.out[r * p.cols + c] = f(p.a, p.x[r * p.cols + c], p.y[c], p.z[c]);
}

/// One batch of elements p[0], p[Stride], p[2*Stride], ...; two registers and a shuffle are several times faster than a gather.
template <std::size_t Stride, class T>
xsimd::batch<T> load(const T* p)
{
    using batch = xsimd::batch<T>;
    const batch low = batch::load_unaligned(p);
    if constexpr (Stride == 1) return low;
    else {
        static_assert(Stride == 2);
        const batch high = batch::load_unaligned(p + batch::size - 1);   // one back: element 2n - 1 may not exist
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            return batch(typename batch::register_type(__builtin_shufflevector(
                low.data, high.data, (2 * I < batch::size ? 2 * I : 2 * I + 1)...)));
        }(std::make_index_sequence<batch::size>{});
    }
}

/// The loop one writes by hand: one batch a turn (2 and 4 were measured: no difference), no demand on alignment, and a last batch that overlaps the one before it in place of a
/// scalar tail (which would cost a call of libm per element). The overlap is right because `out` is none of the inputs.
template <class Expression, std::size_t Stride, class T>
void xsimd_span(std::size_t n, T a, const T* x, const T* y, const T* z, T* out)
{
    using batch = xsimd::batch<T>;
    constexpr std::size_t width = batch::size;
    constexpr Expression f;
    const auto at = [&](std::size_t i) __attribute__((always_inline)) {
        const batch yi = load<Stride>(y + Stride * i);
        const batch zi = Expression::inputs > 2 ? load<Stride>(z + Stride * i) : yi;
        batch(f(a, load<Stride>(x + Stride * i), yi, zi)).store_unaligned(out + i);
    };
    std::size_t i = 0;
    for (; i + width <= n; i += width) at(i);
    if (i == n) return;
    if (n >= width) return at(n - width);
    for (; i < n; ++i) out[i] = f(a, x[Stride * i], y[Stride * i], z[Stride * i]);
}

template <class Expression, class T>
void xsimd_loop(const problem<T>& p)
{
    if (p.how == layout::contiguous) return xsimd_span<Expression, 1>(p.n, p.a, p.x, p.y, p.z, p.out);
    if (p.how == layout::broadcast) {
        for (std::size_t r = 0; r < p.rows; ++r)
            xsimd_span<Expression, 1>(p.cols, p.a, p.x + r * p.cols, p.y, p.z, p.out + r * p.cols);
        return;
    }
    xsimd_span<Expression, 2>(p.n, p.a, p.x, p.y, p.z, p.out);
}

template <class Expression, class T>
void eigen(const problem<T>& p)
{
    using array = Eigen::Array<T, Eigen::Dynamic, 1>;
    constexpr Expression f;
    const auto size = [](std::size_t n) { return static_cast<Eigen::Index>(n); };
    const auto apply = [&](auto out, const auto& x, const auto& y, const auto& z) { out = f(p.a, x, y, z); };
    if (p.how == layout::contiguous) {
        using in = Eigen::Map<const array, Eigen::Aligned64>;
        apply(Eigen::Map<array, Eigen::Aligned64>(p.out, size(p.n)), in(p.x, size(p.n)), in(p.y, size(p.n)), in(p.z, size(p.n)));
    } else if (p.how == layout::strided) {
        using in = Eigen::Map<const array, Eigen::Unaligned, Eigen::InnerStride<2>>;
        apply(Eigen::Map<array, Eigen::Aligned64>(p.out, size(p.n)), in(p.x, size(p.n)), in(p.y, size(p.n)), in(p.z, size(p.n)));
    } else {
        // rowwise() knows only + - * /, and replicate() computes a remainder per element: a loop over rows is Eigen's best.
        using in = Eigen::Map<const array>;
        const in y(p.y, size(p.cols)), z(p.z, size(p.cols));
        for (std::size_t r = 0; r < p.rows; ++r)
            apply(Eigen::Map<array>(p.out + r * p.cols, size(p.cols)), in(p.x + r * p.cols, size(p.cols)), y, z);
    }
}

template <class Expression, class T>
void xtensor(const problem<T>& p)
{
    constexpr Expression f;
    // std::move: an adaptor made from a named pointer keeps a reference to that name.
    const auto vector = [](auto* data, std::size_t n) {
        return xt::adapt(std::move(data), n, xt::no_ownership(), std::array<std::size_t, 1>{n});
    };
    const auto matrix = [&](auto* data) {
        return xt::adapt(std::move(data), p.n, xt::no_ownership(), std::array<std::size_t, 2>{p.rows, p.cols});
    };
    if (p.how == layout::contiguous) {
        const auto x = vector(p.x, p.n), y = vector(p.y, p.n), z = vector(p.z, p.n);
        auto out = vector(p.out, p.n);
        xt::noalias(out) = f(p.a, x, y, z);
    } else if (p.how == layout::strided) {
        const auto x = vector(p.x, 2 * p.n), y = vector(p.y, 2 * p.n), z = vector(p.z, 2 * p.n);
        const auto every_second = [&](const auto& v) { return xt::view(v, xt::range(0, static_cast<std::ptrdiff_t>(2 * p.n), 2)); };
        const auto xs = every_second(x), ys = every_second(y), zs = every_second(z);
        auto out = vector(p.out, p.n);
        xt::noalias(out) = f(p.a, xs, ys, zs);
    } else {
        const auto x = matrix(p.x);
        const auto y = vector(p.y, p.cols), z = vector(p.z, p.cols);
        auto out = matrix(p.out);
        xt::noalias(out) = f(p.a, x, y, z);
    }
}

/// The copy that one writes by hand.
template <class T>
void copy_loop(const T* from, T* to, std::size_t n)
{
    constexpr std::size_t width = xsimd::batch<T>::size;
    std::size_t i = 0;
    for (; i + width <= n; i += width) {
        xsimd::batch<T>::load_unaligned(from + i).store_unaligned(to + i);
        escape(to);   // else the compiler sees a memcpy
    }
    for (; i < n; ++i) to[i] = from[i];
}

// ---- the programme -------------------------------------------------------------------------------------------------------------

template <class Expression, class T>
void require_right(const candidate& c, const case_id& what, const problem<T>& p)
{
    std::fill_n(p.out, p.n, T(-12345));
    c.run(1);
    constexpr Expression f;
    const std::size_t step = p.n > 100000 ? 97 : 1;   // all elements of small cases, and the last one always
    const auto check = [&](std::size_t i) {
        const bool rows = p.how == layout::broadcast;
        const std::size_t j = rows ? i % p.cols : i * p.stride();
        const long double expected = f(static_cast<long double>(p.a), static_cast<long double>(p.x[rows ? i : j]),
                                       static_cast<long double>(p.y[j]), static_cast<long double>(p.z[j]));
        require_close(c.name, what, i, p.out[i], static_cast<double>(expected), 16 * std::numeric_limits<T>::epsilon());
    };
    for (std::size_t i = 0; i < p.n; i += step) check(i);
    check(p.n - 1);
}

template <class Expression, class T>
void measure_case(session& s, layout how, std::size_t n)
{
    const case_id what{Expression::name, n, dtype_name<T>(), name_of(how)};
    if (!s.wants(what)) return;

    const bool rows = how == layout::broadcast;
    const std::size_t cols = rows ? columns_for(n) : n;
    const std::size_t stride = how == layout::strided ? 2 : 1;
    const std::size_t row_size = rows ? cols : stride * n;   // of y and z
    buffer<T> x(stride * n), y(row_size), z(row_size), out(n);
    uniform random(17);
    for (buffer<T>* b : {&x, &y, &z})
        for (T& v : *b) v = static_cast<T>(random(-2, 2));
    const problem<T> p{how, n, n / cols, cols, T(1.5), x.data(), y.data(), z.data(), out.data()};

    std::vector<candidate> all;
    all.push_back(make_candidate("xsimd loop", p.out, [&p] { xsimd_loop<Expression>(p); }));
    all.push_back(make_candidate("damo", p.out, [&p] { damo_call<Expression>(p); }));
    all.push_back(make_candidate("Eigen", p.out, [&p] { eigen<Expression>(p); }));
    all.push_back(make_candidate("xtensor", p.out, [&p] { xtensor<Expression>(p); }));
    all.push_back(make_candidate("plain loop", p.out, [&p] { plain<Expression>(p); }));
    for (const candidate& c : all) require_right<Expression>(c, what, p);

    // The bound for an expression that computes little: moving as many bytes as it must, half of them read, half written. memcpy is not
    // always the best of it: beyond some MB it writes past the caches, where the data would still have fitted.
    const std::size_t moved = (Expression::inputs - 1) * (rows ? cols : stride * n) + stride * n + n;
    buffer<T> from(Expression::cheap ? moved / 2 : 0), to(from.size());
    if (Expression::cheap) {
        all.push_back(make_candidate("copy of as many bytes", to.data(), [&] { copy_loop(from.data(), to.data(), from.size()); }));
        all.push_back(make_candidate("memcpy of as many bytes", to.data(),
                                     [&] { std::memcpy(to.data(), from.data(), from.size() * sizeof(T)); }));
    }
    s.measure(what, std::move(all));
}

template <class Expression>
void measure_expression(session& s)
{
    const auto sizes = [&](layout how, auto element) {
        using T = decltype(element);
        for (std::size_t n : {100, 1000, 10000, 100000, 1000000, 10000000}) {
            // The largest size takes a second per call and candidate where there are transcendental functions.
            const bool usual = how == layout::contiguous ? Expression::cheap || n <= 1000000 : n == 1000 || n == 100000;
            if (usual || s.full()) measure_case<Expression, T>(s, how, n);
        }
    };
    for (layout how : {layout::contiguous, layout::strided, layout::broadcast}) {
        sizes(how, float{});
        sizes(how, double{});
    }
}

int main(int argc, char** argv)
{
    session s("elementwise", argc, argv);
    measure_expression<multiply_add>(s);
    measure_expression<rational>(s);
    measure_expression<euclidean>(s);
    measure_expression<damped_wave>(s);
    measure_expression<softplus_tanh>(s);
    return s.finish();
}
