// SPDX-License-Identifier: BSD-3-Clause
//
// Programs made at run time, run by precompiled block kernels, against the same functions compiled into this program and against one
// loop per operation with arrays in between, as array libraries without fusion have it.

#include "expressions.hpp"
#include "measure.hpp"

#include <cstring>
#include <memory>

#include <xsimd/xsimd.hpp>

#include <damo/damo.hpp>
#include <damo/exec/runtime/program.hpp>
#include <damo/graph/builder.hpp>
#include <damo/graph/typed_function.hpp>

using namespace damo_bench;
using damo::dtype;
using damo::value;
using damo::exec::raw_view;

// ---- one loop per operation ------------------------------------------------------------------------------------------------------

/// An array that is computed whole by every operator. Memory is kept for the next one, as array libraries do.
template <class T>
class eager {
public:
    explicit eager(std::size_t n) : n_(n), data_(take(n)) {}
    eager(std::size_t n, const T* from) : n_(n), outside_(from) {}
    ~eager()
    {
        if (data_) pool().push_back(std::move(data_));
    }
    eager(eager&&) noexcept = default;
    const T* data() const { return outside_ != nullptr ? outside_ : data_->data(); }

    template <class F>
    static eager make(std::size_t n, F f)
    {
        eager r(n);
        using batch = xsimd::batch<T>;
        std::size_t i = 0;
        for (; i + batch::size <= n; i += batch::size) batch(f.template operator()<batch>(i)).store_unaligned(r.data_->data() + i);
        for (; i < n; ++i) r.data_->data()[i] = f.template operator()<T>(i);
        return r;
    }
    template <class V>
    V at(std::size_t i) const
    {
        if constexpr (std::is_same_v<V, T>) return data()[i];
        else return V::load_unaligned(data() + i);
    }
    std::size_t size() const { return n_; }

private:
    std::size_t n_;
    const T* outside_ = nullptr;
    std::unique_ptr<std::vector<T>> data_;

    static std::vector<std::unique_ptr<std::vector<T>>>& pool()
    {
        static std::vector<std::unique_ptr<std::vector<T>>> idle;
        return idle;
    }
    static std::unique_ptr<std::vector<T>> take(std::size_t n)
    {
        auto& idle = pool();
        for (auto& p : idle)
            if (p->size() == n) {
                auto taken = std::move(p);
                p = std::move(idle.back());
                idle.pop_back();
                return taken;
            }
        return std::make_unique<std::vector<T>>(n);
    }
};
#define DAMO_BENCH_BINARY(OP)                                                                                                              \
    template <class T>                                                                                                                     \
    eager<T> operator OP(const eager<T>& a, const eager<T>& b)                                                                             \
    {                                                                                                                                      \
        return eager<T>::make(a.size(), [&]<class V>(std::size_t i) { return a.template at<V>(i) OP b.template at<V>(i); });                \
    }                                                                                                                                      \
    template <class T>                                                                                                                     \
    eager<T> operator OP(T a, const eager<T>& b)                                                                                           \
    {                                                                                                                                      \
        return eager<T>::make(b.size(), [&]<class V>(std::size_t i) { return V(a) OP b.template at<V>(i); });                               \
    }                                                                                                                                      \
    template <class T>                                                                                                                     \
    eager<T> operator OP(const eager<T>& a, T b)                                                                                           \
    {                                                                                                                                      \
        return eager<T>::make(a.size(), [&]<class V>(std::size_t i) { return a.template at<V>(i) OP V(b); });                               \
    }
DAMO_BENCH_BINARY(+)
DAMO_BENCH_BINARY(-)
DAMO_BENCH_BINARY(*)
DAMO_BENCH_BINARY(/)
#undef DAMO_BENCH_BINARY
#define DAMO_BENCH_UNARY(F)                                                                                                                \
    template <class T>                                                                                                                     \
    eager<T> F(const eager<T>& a)                                                                                                          \
    {                                                                                                                                      \
        return eager<T>::make(a.size(), [&]<class V>(std::size_t i) {                                                                       \
            using std::F;                                                                                                                  \
            return F(a.template at<V>(i));                                                                                                 \
        });                                                                                                                                \
    }
DAMO_BENCH_UNARY(exp)
DAMO_BENCH_UNARY(log)
DAMO_BENCH_UNARY(sin)
DAMO_BENCH_UNARY(sqrt)
DAMO_BENCH_UNARY(tanh)
#undef DAMO_BENCH_UNARY
template <class T>
eager<T> operator-(const eager<T>& a)
{
    return eager<T>::make(a.size(), [&]<class V>(std::size_t i) { return -a.template at<V>(i); });
}

// ---- programs --------------------------------------------------------------------------------------------------------------------

template <class T>
raw_view view_of_vector(const T* data, std::size_t n)
{
    raw_view v;
    v.data = const_cast<T*>(data);
    v.extents[0] = static_cast<std::int64_t>(n);
    v.strides[0] = 1;
    return v;
}
template <class T>
raw_view view_of_rows(const T* data, std::size_t rows, std::size_t columns)
{
    raw_view v = view_of_vector(data, rows);
    v.extents[1] = static_cast<std::int64_t>(columns);
    v.strides[0] = v.extents[1];
    v.strides[1] = 1;
    return v;
}

std::unique_ptr<damo::exec::program> program_of(const damo::graph& g)
{
    return std::make_unique<damo::exec::program>(g.nodes(), g.outputs().data(), g.output_count());
}

template <class T>
bool close(const T* a, const T* b, std::size_t n)
{
    for (std::size_t i = 0; i < n; ++i)
        if (!(std::abs(a[i] - b[i]) <= 16 * std::numeric_limits<T>::epsilon() * (1 + std::abs(b[i])))) return false;
    return true;
}

template <class Expression, class T>
void measure_elementwise(session& s, std::size_t n)
{
    const case_id what{Expression::name, n, dtype_name<T>(), "contiguous"};
    if (!s.wants(what)) return;
    buffer<T> x(n), y(n), z(n), out(n), wanted(n);
    uniform random(17);
    for (buffer<T>* b : {&x, &y, &z})
        for (T& v : *b) v = static_cast<T>(random(-2, 2));
    const T a = T(1.5);

    static constexpr auto f = damo::fn([](damo::scalar<T> k, damo::vector<T> p, damo::vector<T> q, damo::vector<T> r) {
        return damo::value(Expression{}(k, p, q, r));
    });
    damo::graph_builder b;
    const damo::scalar<T> k(b.input<T>("k"));
    const damo::vector<T> p(b.input<T>("p", {"n"})), q(b.input<T>("q", {"n"})), r(b.input<T>("r", {"n"}));
    const damo::graph g = b.optimise({damo::value(Expression{}(k, p, q, r))});
    const auto program = program_of(g);
    raw_view number;
    number.data = const_cast<T*>(&a);
    const raw_view in[] = {number, view_of_vector(x.data(), n), view_of_vector(y.data(), n), view_of_vector(z.data(), n)};
    const raw_view to[] = {view_of_vector(out.data(), n)};

    const auto size = static_cast<std::int64_t>(n);
    const auto compiled = [&](T* into) {
        f.into(damo::view(into, {size}))(a, damo::view(x.data(), {size}), damo::view(y.data(), {size}), damo::view(z.data(), {size}));
    };
    compiled(wanted.data());
    program->run(in, to);
    if (!close(out.data(), wanted.data(), n)) throw std::runtime_error(std::string(Expression::name) + ": results differ");

    std::vector<candidate> all;
    all.push_back(make_candidate("compiled function", out.data(), [&] { compiled(out.data()); }));
    all.push_back(make_candidate("program", out.data(), [&] { program->run(in, to); }));
    const eager<T> ex(n, x.data()), ey(n, y.data()), ez(n, z.data());
    all.push_back(make_candidate("loop per operation", out.data(), [&] { keep(Expression{}(a, ex, ey, ez).data()); }));
    s.measure(what, std::move(all));
}

/// Softmax of rows and sums along both axes.
template <class T>
void measure_rows(session& s, std::size_t rows, std::size_t columns)
{
    const auto m = static_cast<std::int64_t>(rows), n = static_cast<std::int64_t>(columns);
    buffer<T> x(rows * columns), out(rows * columns), short_out(std::max(rows, columns));
    uniform random(3);
    for (T& v : x) v = static_cast<T>(random(-2, 2));
    const raw_view in[] = {view_of_rows(x.data(), rows, columns)};
    const std::string size = std::to_string(rows) + " rows";
    const auto measure = [&](const char* name, const auto& f, const value& y, damo::graph_builder& b, const raw_view& to, auto into) {
        const case_id what{name, columns, dtype_name<T>(), size.c_str()};
        if (!s.wants(what)) return;
        const auto program = program_of(b.optimise({y}));
        std::vector<candidate> all;
        all.push_back(make_candidate("compiled function", to.data, [&] { f.into(into)(damo::view(x.data(), {m, n})); }));
        all.push_back(make_candidate("program", to.data, [&] { program->run(in, &to); }));
        s.measure(what, std::move(all));
    };
    damo::graph_builder b;
    const damo::matrix<T> p(b.input<T>("x", {"m", "n"}));
    static constexpr auto soft = damo::fn([](damo::matrix<T> a) { return softmax(a); });
    static constexpr auto along = damo::fn([](damo::matrix<T> a) { return sum(a * a, 1); });
    static constexpr auto down = damo::fn([](damo::matrix<T> a) { return sum(a * a, 0); });
    measure("softmax", soft, softmax(p), b, view_of_rows(out.data(), rows, columns), damo::view(out.data(), {m, n}));
    measure("sum of squares, rows", along, sum(p * p, 1), b, view_of_vector(short_out.data(), rows), damo::view(short_out.data(), {m}));
    measure("sum of squares, columns", down, sum(p * p, 0), b, view_of_vector(short_out.data(), columns), damo::view(short_out.data(), {n}));
}

/// What a call costs where there is little to compute.
void measure_calls(session& s)
{
    {
        const case_id what{"ten operations", 100, "double", "contiguous"};
        if (s.wants(what)) {
            damo::graph_builder b;
            const value x = b.input<double>("x", {"n"}), y = b.input<double>("y", {"n"});
            value v = x * y + x;
            v = (v - 2 * y) * (v + y) / (1 + v * v) + maximum(x, y);
            const auto program = program_of(b.optimise({v}));
            static constexpr auto f = damo::fn([](damo::vector<double> p, damo::vector<double> q) {
                damo::value w = p * q + p;
                return damo::value((w - 2 * q) * (w + q) / (1 + w * w) + maximum(p, q));
            });
            buffer<double> a(100), c(100), out(100);
            for (double& e : a) e = 0.5;
            for (double& e : c) e = 1.5;
            const raw_view in[] = {view_of_vector(a.data(), 100), view_of_vector(c.data(), 100)};
            const raw_view to[] = {view_of_vector(out.data(), 100)};
            std::vector<candidate> all;
            all.push_back(make_candidate("compiled function", out.data(), [&] {
                f.into(damo::view(out.data(), {100}))(damo::view(a.data(), {100}), damo::view(c.data(), {100}));
            }));
            all.push_back(make_candidate("program", out.data(), [&] { program->run(in, to); }));
            s.measure(what, std::move(all));
        }
    }
    {
        const case_id what{"numbers", 1, "double", "x*y + sin(x)"};
        if (s.wants(what)) {
            damo::graph_builder b;
            const value x = b.input<double>("x"), y = b.input<double>("y");
            const auto program = program_of(b.optimise({x * y + sin(x)}));
            static constexpr auto f = damo::fn([](damo::scalar<double> p, damo::scalar<double> q) { return p * q + sin(p); });
            double a = 0.5, c = 1.5, out = 0;
            raw_view in[2], to[1];
            in[0].data = &a;
            in[1].data = &c;
            to[0].data = &out;
            std::vector<candidate> all;
            all.push_back(make_candidate("compiled function", &out, [&] {
                escape(&a);
                out = f(a, c);
            }));
            all.push_back(make_candidate("program", &out, [&] { program->run(in, to); }));
            // Symbols and a signature: what a user of the run-time door calls.
            const value u = damo::input<double>("x"), v = damo::input<double>("y");
            const auto typed = damo::compile<double(double, double)>({u, v}, {u * v + sin(u)}, {.tier = damo::tier::interpret});
            const auto fast = damo::compile<double(double, double)>({u, v}, {u * v + sin(u)}, {.tier = damo::tier::compile_first});
            if (!close(&(out = typed(a, c)), &static_cast<const double&>(f(a, c)), 1)) throw std::runtime_error("numbers: results differ");
            all.push_back(make_candidate("typed function", &out, [&] { out = typed(a, c); }));
            all.push_back(make_candidate("typed function, machine code", &out, [&] { out = fast(a, c); }));
            s.measure(what, std::move(all));
        }
    }
    {
        // The ways to call: results in arrays of the caller, of which the views are made once or by each call, and in new ones.
        const case_id what{"a*x + y, called", 100, "float", "contiguous"};
        if (s.wants(what)) {
            const value k = damo::input<float>("k"), x = damo::input<damo::vector<float>>("x"), y = damo::input<damo::vector<float>>("y");
            const auto f = damo::compile({k, x, y}, {k * x + y}, {.tier = damo::tier::compile_first});
            static constexpr auto g = damo::fn([](damo::scalar<float> a, damo::vector<float> p, damo::vector<float> q) { return a * p + q; });
            const std::vector<float> p(100, 0.5f), q(100, 1.5f);
            std::vector<float> out(100);
            const auto into = f.into(out);
            std::vector<candidate> all;
            all.push_back(make_candidate("compiled function", out.data(), [&] { g.into(out)(2.0f, p, q); }));
            all.push_back(make_candidate("into, kept", out.data(), [&] { into(2.0f, p, q); }));
            all.push_back(make_candidate("into", out.data(), [&] { f.into(out)(2.0f, p, q); }));
            all.push_back(make_candidate("new arrays", out.data(), [&] { keep(f(2.0f, p, q)); }));
            s.measure(what, std::move(all));
        }
    }
    {
        const case_id what{"ten operations, typed", 100, "double", "contiguous"};
        if (s.wants(what)) {
            const value x = damo::input<damo::vector<double>>("x"), y = damo::input<damo::vector<double>>("y");
            value w = x * y + x;
            w = (w - 2 * y) * (w + y) / (1 + w * w) + maximum(x, y);
            const auto make = [&](damo::tier t) {
                return damo::compile<double(const std::vector<double>&, const std::vector<double>&)>({x, y}, {sum(w)}, {.tier = t});
            };
            const auto interpreted = make(damo::tier::interpret), compiled = make(damo::tier::compile_first);
            const std::vector<double> a(100, 0.5), c(100, 1.5);
            double out = 0;
            s.measure(what, {make_candidate("typed function", &out, [&] { out = interpreted(a, c); }),
                             make_candidate("typed function, machine code", &out, [&] { out = compiled(a, c); })});
        }
    }
}

template <class Expression>
void measure_expression(session& s)
{
    for (std::size_t n : {100, 1000, 10000, 100000, 1000000, 10000000}) {
        if (n > 1000000 && !Expression::cheap) continue;
        measure_elementwise<Expression, float>(s, n);
        measure_elementwise<Expression, double>(s, n);
    }
}

int main(int argc, char** argv)
{
    session s("runtime", argc, argv);
    measure_calls(s);
    measure_expression<multiply_add>(s);
    measure_expression<rational>(s);
    measure_expression<euclidean>(s);
    measure_expression<damped_wave>(s);
    measure_expression<softplus_tanh>(s);
    for (const auto& [rows, columns] : {std::pair<std::size_t, std::size_t>{10000, 10}, {1000, 100}, {100, 1000}, {1000, 1000}}) {
        measure_rows<float>(s, rows, columns);
        measure_rows<double>(s, rows, columns);
    }
    return s.finish();
}
