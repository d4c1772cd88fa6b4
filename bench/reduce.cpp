// SPDX-License-Identifier: BSD-3-Clause
//
// Reductions of a vector, and softmax over the rows of a matrix, against loops written by hand, Eigen, xtensor and BLAS; with the error of
// each result. The reference of the ratios is the xsimd loop with four accumulators.
//
// Columns: `error` is |result - exact| / (epsilon * size), where the exact value is accumulated in __float128 and the size is the sum of the
// magnitudes that were added (for max, logsumexp and softmax the magnitude of the exact value); `error_pairwise` is the same for
// summation by halves (NumPy's method) in the dtype of the case. Both in units of epsilon: 0.5 is perfect rounding.
//
// A candidate is a function template `template <class Reduction, class T> T name(const problem<T>&)`, for softmax one that writes p.out.
// To enter another one, write such a function and add a line for it in `measure_reduction` or `measure_softmax`.

#include "measure.hpp"
#include "rivals/across.hpp"

#include <array>
#include <cmath>
#include <limits>

#include <Eigen/Core>
#include <cblas.h>
#include <damo/damo.hpp>
#include <xtensor/xadapt.hpp>
#include <xtensor/xmath.hpp>
#include <xtensor/xnoalias.hpp>
#include <xtensor/xview.hpp>

using namespace damo_bench;

__extension__ using quad = __float128;

template <class T>
struct problem {
    std::size_t n;
    const T *x, *y;
};

// ---- loops with xsimd ----------------------------------------------------------------------------------------------------------

using rivals::across, rivals::batch, rivals::larger, rivals::plus;

/// 0, 1, 2, ... in the lanes.
template <class T>
batch<T> lane_numbers()
{
    alignas(64) static constexpr auto number = [] {
        std::array<T, batch<T>::size> a{};
        for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<T>(i);
        return a;
    }();
    return batch<T>::load_aligned(number.data());
}

/// The last `left` lanes of `b`, `neutral` in the others: what remains of an array after its whole batches.
template <class T>
batch<T> last_lanes(const batch<T>& b, std::size_t left, T neutral)
{
    return xsimd::select(lane_numbers<T>() >= batch<T>(static_cast<T>(batch<T>::size - left)), b, batch<T>(neutral));
}

/// `n` elements, fewer than a batch holds, filled up with `neutral`.
template <class T>
batch<T> padded(const T* x, std::size_t n, T neutral)
{
    alignas(64) std::array<T, batch<T>::size> a;
    a.fill(neutral);
    std::copy_n(x, n, a.begin());
    return batch<T>::load_aligned(a.data());
}

/// Reduces at(0), at(1), ... with four accumulators, which hide the latency of `op`. `at(i)` gives the batch that begins at element i,
/// `at.few(n)` the batch of all elements when they are fewer than its lanes.
template <class T, class Op, class At>
T four_accumulators(std::size_t n, T neutral, Op op, At at)
{
    constexpr std::size_t w = batch<T>::size;
    if (n < w) return across(at.few(n), op);
    batch<T> a0(neutral), a1(neutral), a2(neutral), a3(neutral);
    std::size_t i = 0;
    for (; i + 4 * w <= n; i += 4 * w) {
        a0 = op(a0, at(i));
        a1 = op(a1, at(i + w));
        a2 = op(a2, at(i + 2 * w));
        a3 = op(a3, at(i + 3 * w));
    }
    for (; i + w <= n; i += w) a0 = op(a0, at(i));
    if (i < n) a1 = op(a1, last_lanes(at(n - w), n - i, neutral));
    return across(op(op(a0, a1), op(a2, a3)), op);
}

template <class T>
struct element {
    const T* x;
    T neutral;
    batch<T> operator()(std::size_t i) const { return batch<T>::load_unaligned(x + i); }
    batch<T> few(std::size_t n) const { return padded(x, n, neutral); }
};

template <class T>
struct product {
    const T *x, *y;
    batch<T> operator()(std::size_t i) const { return batch<T>::load_unaligned(x + i) * batch<T>::load_unaligned(y + i); }
    batch<T> few(std::size_t n) const { return padded(x, n, T(0)) * padded(y, n, T(0)); }
};

template <class T>
constexpr T minus_infinity = -std::numeric_limits<T>::infinity();

template <class T>
struct exp_less {
    const T* x;
    T m;
    batch<T> operator()(std::size_t i) const { return xsimd::exp(batch<T>::load_unaligned(x + i) - batch<T>(m)); }
    batch<T> few(std::size_t n) const { return xsimd::exp(padded(x, n, minus_infinity<T>) - batch<T>(m)); }
};

template <class T>
T largest(std::size_t n, const T* x)
{
    return four_accumulators(n, minus_infinity<T>, larger{}, element<T>{x, minus_infinity<T>});
}

// ---- the reductions ------------------------------------------------------------------------------------------------------------
// Each names its function for every rival. `terms` gives what is added up, for the exact and the pairwise value.

struct sum {
    static constexpr const char* name = "sum";
    template <class T> static T xsimd_loop(const problem<T>& p) { return four_accumulators(p.n, T(0), plus{}, element<T>{p.x, T(0)}); }
    template <class X> static auto eigen(const X& x, const X&) { return x.sum(); }
    template <class T, class X> static T xtensor(const X& x, const X&) { return xt::sum<T>(x, xt::evaluation_strategy::immediate)(); }
    template <class T> static T plain(const problem<T>& p)
    {
        T s = 0;
        for (std::size_t i = 0; i < p.n; ++i) s += p.x[i];
        return s;
    }
};

struct mean {
    static constexpr const char* name = "mean";
    template <class T> static T xsimd_loop(const problem<T>& p) { return sum::xsimd_loop(p) / static_cast<T>(p.n); }
    template <class X> static auto eigen(const X& x, const X&) { return x.mean(); }
    template <class T, class X> static T xtensor(const X& x, const X&) { return xt::mean<T>(x, xt::evaluation_strategy::immediate)(); }
    template <class T> static T plain(const problem<T>& p) { return sum::plain(p) / static_cast<T>(p.n); }
};

struct max {
    static constexpr const char* name = "max";
    template <class T> static T xsimd_loop(const problem<T>& p) { return largest(p.n, p.x); }
    template <class X> static auto eigen(const X& x, const X&) { return x.maxCoeff(); }
    template <class T, class X> static T xtensor(const X& x, const X&) { return xt::amax(x, xt::evaluation_strategy::immediate)(); }
    template <class T> static T plain(const problem<T>& p)
    {
        T m = p.x[0];
        for (std::size_t i = 1; i < p.n; ++i) m = m < p.x[i] ? p.x[i] : m;
        return m;
    }
};

struct dot {
    static constexpr const char* name = "sum_of_products";
    template <class T> static T xsimd_loop(const problem<T>& p) { return four_accumulators(p.n, T(0), plus{}, product<T>{p.x, p.y}); }
    template <class X> static auto eigen(const X& x, const X& y) { return x.matrix().dot(y.matrix()); }
    template <class T, class X> static T xtensor(const X& x, const X& y) { return xt::sum<T>(x * y, xt::evaluation_strategy::immediate)(); }
    template <class T> static T plain(const problem<T>& p)
    {
        T s = 0;
        for (std::size_t i = 0; i < p.n; ++i) s += p.x[i] * p.y[i];
        return s;
    }
};

struct logsumexp {
    static constexpr const char* name = "logsumexp";

    /// Block by block: the largest element of a block is found while the block comes into L1, and the sum so far is rescaled only when
    /// the maximum grew. Memory is read once, where the textbook's two passes read it twice.
    template <class T> static T xsimd_loop(const problem<T>& p)
    {
        constexpr std::size_t block = 2048;
        T m = minus_infinity<T>, s = 0;
        for (std::size_t i = 0; i < p.n; i += block) {
            const std::size_t k = std::min(block, p.n - i);
            const T here = largest(k, p.x + i);
            if (here > m) {
                s *= std::exp(m - here);
                m = here;
            }
            s += four_accumulators(k, T(0), plus{}, exp_less<T>{p.x + i, m});
        }
        return m + std::log(s);
    }
    template <class X> static auto eigen(const X& x, const X&)
    {
        const auto m = x.maxCoeff();
        return m + std::log((x - m).exp().sum());
    }
    template <class T, class X> static T xtensor(const X& x, const X&)
    {
        const T m = xt::amax(x, xt::evaluation_strategy::immediate)();
        return m + std::log(xt::sum<T>(xt::exp(x - m), xt::evaluation_strategy::immediate)());
    }
    template <class T> static T plain(const problem<T>& p)
    {
        const T m = max::plain(p);
        T s = 0;
        for (std::size_t i = 0; i < p.n; ++i) s += std::exp(p.x[i] - m);
        return m + std::log(s);
    }
};

template <class Reduction, class T> T xsimd_loop(const problem<T>& p) { return Reduction::xsimd_loop(p); }
template <class Reduction, class T> T plain(const problem<T>& p) { return Reduction::plain(p); }

template <class Reduction, class T>
T eigen(const problem<T>& p)
{
    using in = Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>, Eigen::Aligned64>;
    return Reduction::eigen(in(p.x, static_cast<Eigen::Index>(p.n)), in(p.y, static_cast<Eigen::Index>(p.n)));
}

template <class Reduction, class T>
T xtensor(const problem<T>& p)
{
    // std::move: an adaptor made from a named pointer keeps a reference to that name.
    const auto vector = [&](const T* data) { return xt::adapt(std::move(data), p.n, xt::no_ownership(), std::array<std::size_t, 1>{p.n}); };
    return Reduction::template xtensor<T>(vector(p.x), vector(p.y));
}

// ---- damo: one function of the vectors for each reduction

template <class T> inline constexpr auto damo_function_of(std::type_identity<sum>) { return damo::fn([](damo::vector<T> x, damo::vector<T>) { return damo::sum(x); }); }
template <class T> inline constexpr auto damo_function_of(std::type_identity<mean>) { return damo::fn([](damo::vector<T> x, damo::vector<T>) { return damo::mean(x); }); }
template <class T> inline constexpr auto damo_function_of(std::type_identity<max>) { return damo::fn([](damo::vector<T> x, damo::vector<T>) { return damo::max(x); }); }
template <class T> inline constexpr auto damo_function_of(std::type_identity<dot>) { return damo::fn([](damo::vector<T> x, damo::vector<T> y) { return damo::sum(x * y); }); }
template <class T> inline constexpr auto damo_function_of(std::type_identity<logsumexp>) { return damo::fn([](damo::vector<T> x, damo::vector<T>) { return log(damo::sum(exp(x))); }); }

template <class Reduction, class T>
T damo_call(const problem<T>& p)
{
    constexpr auto f = damo_function_of<T>(std::type_identity<Reduction>{});
    const auto n = static_cast<std::int64_t>(p.n);
    return f(damo::view(p.x, {n}), damo::view(p.y, {n}));
}

template <class T>
T openblas_dot(const problem<T>& p)
{
    const int n = static_cast<int>(p.n);
    if constexpr (std::is_same_v<T, float>) return cblas_sdot(n, p.x, 1, p.y, 1);
    else return cblas_ddot(n, p.x, 1, p.y, 1);
}

// ---- exact and pairwise values -------------------------------------------------------------------------------------------------

/// Summation by halves down to blocks of 8, as NumPy does it (with 8 in place of its 128: a little more accurate).
template <class T, class Term>
T pairwise(std::size_t begin, std::size_t end, const Term& term)
{
    if (end - begin <= 8) {
        T s = 0;
        for (std::size_t i = begin; i < end; ++i) s += term(i);
        return s;
    }
    const std::size_t middle = begin + (end - begin) / 2;
    return pairwise<T>(begin, middle, term) + pairwise<T>(middle, end, term);
}

struct exact {
    quad value;
    quad size;          // of the terms
    double pairwise;    // in the dtype of the case
};

template <class Reduction, class T>
exact exact_value(const problem<T>& p)
{
    const T m = max::plain(p);
    if constexpr (std::is_same_v<Reduction, max>) return {m, m, m};
    quad value = 0;
    const auto size = [&](quad v) { return v < 0 ? -v : v; };
    quad magnitude = 0;
    // exp in long double: 11 bits more than double; adding up 1e7 of them in quad adds no error of its own.
    const auto term = [&](std::size_t i) -> quad {
        if constexpr (std::is_same_v<Reduction, dot>) return static_cast<quad>(p.x[i]) * p.y[i];
        else if constexpr (std::is_same_v<Reduction, logsumexp>) return std::exp(static_cast<long double>(p.x[i]) - m);
        else return p.x[i];
    };
    const auto term_in_dtype = [&](std::size_t i) -> T {
        if constexpr (std::is_same_v<Reduction, dot>) return p.x[i] * p.y[i];
        else if constexpr (std::is_same_v<Reduction, logsumexp>) return std::exp(p.x[i] - m);
        else return p.x[i];
    };
    for (std::size_t i = 0; i < p.n; ++i) {
        value += term(i);
        magnitude += size(term(i));
    }
    const T halves = pairwise<T>(0, p.n, term_in_dtype);
    if constexpr (std::is_same_v<Reduction, logsumexp>) {
        const quad v = m + static_cast<quad>(std::log(static_cast<long double>(value)));
        return {v, size(v), m + std::log(halves)};
    } else if constexpr (std::is_same_v<Reduction, mean>)
        return {value / p.n, magnitude / p.n, halves / static_cast<T>(p.n)};
    else return {value, magnitude, halves};
}

template <class T>
double in_epsilons(double got, quad expected, quad size)
{
    const quad e = static_cast<quad>(got) - expected;
    return static_cast<double>((e < 0 ? -e : e) / (size * static_cast<quad>(std::numeric_limits<T>::epsilon())));
}

template <class Reduction, class T>
void measure_reduction(session& s, std::size_t n)
{
    const case_id what{Reduction::name, n, dtype_name<T>(), "contiguous"};
    if (!s.wants(what)) return;
    buffer<T> x(n), y(n);
    uniform random(29);
    // Numbers of one sign: the sums are well conditioned, and a loop that loses digits has no excuse.
    for (T& v : x) v = static_cast<T>(random(0, 4));
    for (T& v : y) v = static_cast<T>(random(0, 1));
    const problem<T> p{n, x.data(), y.data()};

    const exact truth = exact_value<Reduction>(p);
    const double error_pairwise = in_epsilons<T>(truth.pairwise, truth.value, truth.size);
    T result{};
    std::vector<candidate> all;
    const auto enter = [&](const char* name, auto f) {
        all.push_back(make_candidate(name, &result, [&result, &p, f] { result = f(p); }));
        all.back().run(1);
        // A plain loop in one accumulator may lose n/2 epsilons; anything above that is not rounding.
        require_close(name, what, 0, result, static_cast<double>(truth.value),
                      (8 + static_cast<double>(n) / 2) * std::numeric_limits<T>::epsilon(), static_cast<double>(truth.size));
        all.back().columns = {{"error", in_epsilons<T>(result, truth.value, truth.size)}, {"error_pairwise", error_pairwise}};
    };
    enter("xsimd loop", xsimd_loop<Reduction, T>);
    enter("damo", damo_call<Reduction, T>);
    enter("Eigen", eigen<Reduction, T>);
    enter("xtensor", xtensor<Reduction, T>);
    enter("plain loop", plain<Reduction, T>);
    if constexpr (std::is_same_v<Reduction, dot>) enter("OpenBLAS", openblas_dot<T>);
    s.measure(what, std::move(all));
}

// ---- softmax over rows ---------------------------------------------------------------------------------------------------------

/// p.x and out are (rows, cols), row-major.
template <class T>
struct softmax_problem {
    std::size_t rows, cols;
    const T* x;
    T* out;
};

/// Per row: maximum, then exp with its sum, then the division as one multiplication. The end of a row is done by a batch that overlaps the
/// one before it, a row shorter than a batch by one whose other lanes are -inf: no single calls of libm.
template <class T>
void xsimd_softmax(const softmax_problem<T>& p)
{
    constexpr std::size_t w = batch<T>::size;
    const std::size_t n = p.cols;
    for (std::size_t r = 0; r < p.rows; ++r) {
        const T* x = p.x + r * n;
        T* out = p.out + r * n;
        if (n < w) {
            // Not the last row: what lies behind it may be read, and written, for the next turn writes it again.
            const bool whole = (p.rows - r) * n >= w;
            const batch<T> row = whole ? xsimd::select(lane_numbers<T>() < batch<T>(static_cast<T>(n)), batch<T>::load_unaligned(x),
                                                       batch<T>(minus_infinity<T>))
                                       : padded(x, n, minus_infinity<T>);
            const batch<T> e = xsimd::exp(row - batch<T>(across(row, larger{})));   // exp(-inf) = 0 adds nothing
            const batch<T> result = e * batch<T>(1 / across(e, plus{}));
            if (whole) result.store_unaligned(out);
            else
                for (std::size_t i = 0; i < n; ++i) out[i] = result.get(i);
            continue;
        }
        const batch<T> m(largest(n, x));
        batch<T> s0(T(0)), s1(T(0));
        const auto exp_at = [&](std::size_t i) {
            const batch<T> e = xsimd::exp(batch<T>::load_unaligned(x + i) - m);
            e.store_unaligned(out + i);
            return e;
        };
        std::size_t i = 0;
        for (; i + 2 * w <= n; i += 2 * w) {
            s0 += exp_at(i);
            s1 += exp_at(i + w);
        }
        for (; i + w <= n; i += w) s0 += exp_at(i);
        if (i < n) s1 += last_lanes(exp_at(n - w), n - i, T(0));
        const batch<T> scale(1 / across(s0 + s1, plus{}));
        const batch<T> end = batch<T>::load_unaligned(out + n - w) * scale;
        for (i = 0; i + w <= n; i += w) (batch<T>::load_unaligned(out + i) * scale).store_unaligned(out + i);
        end.store_unaligned(out + n - w);
    }
}

template <class T>
void damo_softmax(const softmax_problem<T>& p)
{
    static constexpr auto rows = damo::fn([](damo::matrix<T> x) { return damo::softmax(x, 1); });
    const auto n = static_cast<std::int64_t>(p.rows), m = static_cast<std::int64_t>(p.cols);
    rows.into(damo::view(p.out, {n, m}))(damo::view(p.x, {n, m}));
}

template <class T>
void eigen_softmax(const softmax_problem<T>& p)
{
    using vector = Eigen::Array<T, Eigen::Dynamic, 1>;
    const auto cols = static_cast<Eigen::Index>(p.cols);
    for (std::size_t r = 0; r < p.rows; ++r) {
        const Eigen::Map<const vector> x(p.x + r * p.cols, cols);
        Eigen::Map<vector> out(p.out + r * p.cols, cols);
        out = (x - x.maxCoeff()).exp();
        out *= 1 / out.sum();
    }
}

template <class T>
void xtensor_softmax(const softmax_problem<T>& p)
{
    const auto matrix = [&](auto* data) {
        return xt::adapt(std::move(data), p.rows * p.cols, xt::no_ownership(), std::array<std::size_t, 2>{p.rows, p.cols});
    };
    const auto x = matrix(p.x);
    auto out = matrix(p.out);
    const std::array<std::size_t, 1> over_columns{1};
    const xt::xtensor<T, 1> m = xt::amax(x, over_columns, xt::evaluation_strategy::immediate);
    xt::noalias(out) = xt::exp(x - xt::view(m, xt::all(), xt::newaxis()));
    const xt::xtensor<T, 1> scale = T(1) / xt::sum<T>(out, over_columns, xt::evaluation_strategy::immediate);
    out *= xt::view(scale, xt::all(), xt::newaxis());
}

template <class T>
void plain_softmax(const softmax_problem<T>& p)
{
    for (std::size_t r = 0; r < p.rows; ++r) {
        const T* x = p.x + r * p.cols;
        T* out = p.out + r * p.cols;
        T m = x[0], s = 0;
        for (std::size_t c = 1; c < p.cols; ++c) m = m < x[c] ? x[c] : m;
        for (std::size_t c = 0; c < p.cols; ++c) s += out[c] = std::exp(x[c] - m);
        for (std::size_t c = 0; c < p.cols; ++c) out[c] *= 1 / s;
    }
}

template <class T>
void measure_softmax(session& s, std::size_t rows, std::size_t cols)
{
    const std::size_t n = rows * cols;
    const case_id what{"softmax", n, dtype_name<T>(), std::to_string(rows) + "x" + std::to_string(cols)};
    if (!s.wants(what)) return;
    buffer<T> x(n), out(n);
    uniform random(31);
    for (T& v : x) v = static_cast<T>(random(-5, 5));
    const softmax_problem<T> p{rows, cols, x.data(), out.data()};

    std::vector<quad> expected(n);
    for (std::size_t r = 0; r < rows; ++r) {
        quad total = 0;
        for (std::size_t i = r * cols; i < (r + 1) * cols; ++i) total += expected[i] = std::exp(static_cast<long double>(x[i]));
        for (std::size_t i = r * cols; i < (r + 1) * cols; ++i) expected[i] /= total;
    }
    std::vector<candidate> all;
    const auto enter = [&](const char* name, void (*f)(const softmax_problem<T>&)) {
        std::fill(out.begin(), out.end(), T(-1));
        all.push_back(make_candidate(name, p.out, [&p, f] { f(p); }));
        all.back().run(1);
        double worst = 0;
        for (std::size_t i = 0; i < n; ++i) {
            require_close(name, what, i, out[i], static_cast<double>(expected[i]),
                          (8 + static_cast<double>(cols) / 2) * std::numeric_limits<T>::epsilon(), static_cast<double>(expected[i]));
            worst = std::max(worst, in_epsilons<T>(out[i], expected[i], expected[i]));
        }
        all.back().columns = {{"error", worst}};
    };
    enter("xsimd loop", xsimd_softmax<T>);
    enter("damo", damo_softmax<T>);
    enter("Eigen", eigen_softmax<T>);
    enter("xtensor", xtensor_softmax<T>);
    enter("plain loop", plain_softmax<T>);
    s.measure(what, std::move(all));
}

// ---- the programme -------------------------------------------------------------------------------------------------------------

template <class Reduction>
void measure_sizes(session& s)
{
    const bool cheap = !std::is_same_v<Reduction, logsumexp>;
    for (std::size_t n : {100, 1000, 10000, 100000, 1000000, 10000000})
        if (cheap || n <= 1000000 || s.full()) measure_reduction<Reduction, float>(s, n);
    for (std::size_t n : {100, 1000, 10000, 100000, 1000000, 10000000})
        if (cheap || n <= 1000000 || s.full()) measure_reduction<Reduction, double>(s, n);
}

int main(int argc, char** argv)
{
    openblas_set_num_threads(1);   // every candidate runs on one core
    session s("reduce", argc, argv);
    measure_sizes<sum>(s);
    measure_sizes<mean>(s);
    measure_sizes<max>(s);
    measure_sizes<dot>(s);
    measure_sizes<logsumexp>(s);
    constexpr std::array<std::array<std::size_t, 2>, 5> shapes{{{1000, 10}, {1000, 64}, {64, 1000}, {1000, 1000}, {10, 100000}}};
    for (auto [rows, cols] : shapes) {
        measure_softmax<float>(s, rows, cols);
        measure_softmax<double>(s, rows, cols);
    }
    return s.finish();
}
