// SPDX-License-Identifier: BSD-3-Clause
//
// Loops compiled by the system's C compiler at run time against the kernels that the C++ compiler made of the same expression, and how
// long it takes to get them. The reference of the ratios is the static kernel. Each candidate is called with its argument arrays as
// views, so that what is timed is loops, not the doors in front of them.

#include "expressions.hpp"
#include "measure.hpp"

#include <array>
#include <cstdlib>
#include <optional>

#include <damo/damo.hpp>
#include <damo/exec/jit/machine_code.hpp>
#include <damo/exec/jit/service.hpp>
#include <damo/exec/jit/unit.hpp>
#include <damo/exec/runtime/program.hpp>
#include <damo/graph/builder.hpp>

using namespace damo_bench;
namespace jit = damo::exec::jit;
using damo::exec::raw_view;

/// A function of run-time arrays whose plan is one loop nest, compiled, called as functions made at run time call it.
class one_nest {
public:
    one_nest(const damo::graph& g, jit::compiler_service& service)
        : program_(g.nodes(), g.outputs().data(), g.output_count()), code_(program_, jit::tier::compile_first, service)
    {
        if (program_.draft().steps.size != 1) fail("the plan is not one nest");
        if (!code_.wait(program_)) fail("no C compiler does it");
    }

    void operator()(const raw_view* inputs, const raw_view* outputs) { program_.run(inputs, outputs); }

    /// What the compiler is given.
    std::string source() const
    {
        jit::unit_writer writer;
        if (writer.add_nest(jit::code_of(program_.draft()), program_.draft().steps[0]) != 0) fail("the nest has no C");
        return writer.source();
    }

private:
    damo::exec::program program_;
    jit::machine_code code_;

    [[noreturn]] static void fail(const char* why)
    {
        std::fprintf(stderr, "%s\n", why);
        std::exit(1);
    }
};

raw_view look(void* data, std::initializer_list<std::int64_t> extents, std::initializer_list<std::int64_t> strides)
{
    raw_view v;
    v.data = data;
    std::copy(extents.begin(), extents.end(), v.extents);
    std::copy(strides.begin(), strides.end(), v.strides);
    return v;
}

template <class F>
using kernels = damo::exec::array_code<damo::lowered_graph<std::remove_cvref_t<F>>>;

// ---- the expressions of bench/elementwise.cpp ---------------------------------------------------------------------------------------

template <class Expression, class T>
struct functions {
    static constexpr auto of_vectors = damo::fn([](damo::scalar<T> a, damo::vector<T> x, damo::vector<T> y, damo::vector<T> z) {
        return damo::value(Expression{}(a, x, y, z));
    });
    static constexpr auto of_rows = damo::fn([](damo::scalar<T> a, damo::matrix<T> x, damo::vector<T> y, damo::vector<T> z) {
        return damo::value(Expression{}(a, x, y, z));
    });
};

template <class Expression, class T>
void elementwise(session& s, jit::compiler_service& service, const char* layout, std::size_t n)
{
    const case_id what{Expression::name, n, dtype_name<T>(), layout};
    if (!s.wants(what)) return;
    const bool rows = layout[0] == 'b';
    const std::int64_t step = layout[0] == 's' ? 2 : 1;
    const auto cols = static_cast<std::int64_t>(rows ? std::clamp<std::size_t>(n / 10, 10, 1000) : n);
    const auto height = static_cast<std::int64_t>(n) / cols;
    buffer<T> x(static_cast<std::size_t>(step) * n), y(x.size()), z(x.size()), out(n), wanted(n);
    uniform random(17);
    for (buffer<T>* b : {&x, &y, &z})
        for (T& v : *b) v = static_cast<T>(random(-2, 2));
    T a = T(1.5);
    const auto at = [&](buffer<T>& b, bool matrix) {
        return matrix ? look(b.data(), {height, cols}, {cols, 1}) : look(b.data(), {cols}, {step});
    };
    const std::array<raw_view, 4> in{look(&a, {}, {}), at(x, rows), at(y, false), at(z, false)};
    const auto to = [&](buffer<T>& b) { return rows ? look(b.data(), {height, cols}, {cols, 1}) : look(b.data(), {cols}, {1}); };
    const raw_view result = to(out), expected = to(wanted);

    damo::graph_builder b;
    const damo::dtype t = damo::dtype_of<T>();
    const auto ga = b.input("a", t), gx = rows ? b.input("x", t, {-1, -1}) : b.input("x", t, {-1}), gy = b.input("y", t, {-1}), gz = b.input("z", t, {-1});
    one_nest compiled(b.optimise({damo::value(Expression{}(T(1), gx, gy, gz))}), service);
    one_nest with_factor(b.optimise({damo::value(ga * gx + gy)}), service);
    one_nest& f = std::string_view(Expression::name) == "multiply_add" ? with_factor : compiled;

    const auto run_static = [&](const raw_view& r) {
        if (rows) damo::exec::run<kernels<decltype(functions<Expression, T>::of_rows)>>(in.data(), &r, nullptr);
        else damo::exec::run<kernels<decltype(functions<Expression, T>::of_vectors)>>(in.data(), &r, nullptr);
    };
    run_static(expected);
    f(in.data(), &result);
    for (std::size_t i = 0; i < n; ++i) require_close("compiled", what, i, out[i], wanted[i], 16 * std::numeric_limits<T>::epsilon());
    s.measure(what, {make_candidate("static", out.data(), [&] { run_static(result); }),
                     make_candidate("compiled", out.data(), [&] { f(in.data(), &result); })});
}

template <class Expression>
void elementwise(session& s, jit::compiler_service& service)
{
    const auto sizes = [&](const char* layout, auto element) {
        using T = decltype(element);
        for (std::size_t n : {100, 1000, 100000, 1000000, 10000000}) {
            if (s.full() || (layout[0] == 'c' ? n <= 1000000 : n == 1000 || n == 100000)) elementwise<Expression, T>(s, service, layout, n);
        }
    };
    for (const char* layout : {"contiguous", "strided", "broadcast"}) {
        sizes(layout, float{});
        sizes(layout, double{});
    }
}

// ---- reductions and softmax ---------------------------------------------------------------------------------------------------------

struct sum_of_squares {
    static constexpr const char* name = "sum_of_squares";
    static constexpr int axis = -1;
    static damo::value of(damo::value x) { return sum(x * x); }
    static constexpr auto function = damo::fn([](damo::matrix<double> x) { return sum(x * x); });
};
struct largest_of_rows {
    static constexpr const char* name = "largest_of_rows";
    static constexpr int axis = 1;
    static damo::value of(damo::value x) { return max(x, 1); }
    static constexpr auto function = damo::fn([](damo::matrix<double> x) { return max(x, 1); });
};
struct sums_of_columns {
    static constexpr const char* name = "sums_of_columns";
    static constexpr int axis = 0;
    static damo::value of(damo::value x) { return sum(x, 0); }
    static constexpr auto function = damo::fn([](damo::matrix<double> x) { return sum(x, 0); });
};
struct softmax_of_rows {
    static constexpr const char* name = "softmax_of_rows";
    static constexpr int axis = 2; // none is folded away
    static damo::value of(damo::value x) { return softmax(x); }
    static constexpr auto function = damo::fn([](damo::matrix<double> x) { return softmax(x); });
};

template <class Reduction>
void reduction(session& s, jit::compiler_service& service, std::int64_t rows, std::int64_t cols)
{
    const std::string shape = std::to_string(rows) + "x" + std::to_string(cols);
    const case_id what{Reduction::name, static_cast<std::size_t>(rows * cols), "double", shape};
    if (!s.wants(what)) return;
    buffer<double> x(static_cast<std::size_t>(rows * cols)), out(x.size()), wanted(x.size());
    uniform random(17);
    for (double& v : x) v = random(-2, 2);
    const raw_view in = look(x.data(), {rows, cols}, {cols, 1});
    const auto to = [&](buffer<double>& b) {
        return Reduction::axis == 2   ? look(b.data(), {rows, cols}, {cols, 1})
               : Reduction::axis == 1 ? look(b.data(), {rows}, {1})
               : Reduction::axis == 0 ? look(b.data(), {cols}, {1})
                                      : look(b.data(), {}, {});
    };
    const raw_view result = to(out), expected = to(wanted);
    damo::graph_builder b;
    one_nest f(b.optimise({Reduction::of(b.input("x", damo::dtype::float64, {-1, -1}))}), service);
    buffer<char> workspace(static_cast<std::size_t>(damo::exec::workspace_bytes<kernels<decltype(Reduction::function)>>(&in)) + 64);
    const auto run_static = [&](const raw_view& r) { damo::exec::run<kernels<decltype(Reduction::function)>>(&in, &r, workspace.data()); };
    run_static(expected);
    f(&in, &result);
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (i < static_cast<std::size_t>(Reduction::axis == 2 ? rows * cols : Reduction::axis == 1 ? rows : Reduction::axis == 0 ? cols : 1))
            require_close("compiled", what, i, out[i], wanted[i], 1e-13);
    }
    s.measure(what, {make_candidate("static", out.data(), [&] { run_static(result); }), make_candidate("compiled", out.data(), [&] { f(&in, &result); })});
}

// ---- how long it takes ----------------------------------------------------------------------------------------------------------------

void latency(session& s)
{
    const case_id what{"compilation", 1, "double", "softplus_tanh"};
    if (!s.wants(what)) return;
    std::string directory = "/tmp/damo-bench-XXXXXX";
    if (::mkdtemp(directory.data()) == nullptr) return;
    jit::settings with = jit::settings::from_environment();
    with.cache_directory = directory;
    damo::graph_builder b;
    const auto x = b.input("x", damo::dtype::float64, {-1}), y = b.input("y", damo::dtype::float64, {-1}), z = b.input("z", damo::dtype::float64, {-1});
    const damo::graph g = b.optimise({damo::value(softplus_tanh{}(1.0, x, y, z))});
    {
        jit::compiler_service service(with);
        const std::string source = one_nest(g, service).source();
        int number = 0;
        const auto made = [&](jit::compiler_service& by, const std::string& text) {
            if (by.compile(text, {jit::unit_writer::name_of(0)})->wait() != jit::compiled_unit::state::ready) std::exit(1);
        };
        s.measure(what, {make_candidate("by the compiler", &number, [&] { made(service, source + "/* " + std::to_string(++number) + " */\n"); }),
                         make_candidate("from the cache", &number, [&] { made(service, source); }),
                         make_candidate("from the cache, first of a process", &number, [&] {
                             jit::compiler_service another(with);
                             made(another, source);
                         })});
    }
    std::string unused;
    jit::private_directory::at(directory, unused).remove();
}

int main(int argc, char** argv)
{
    session s("jit", argc, argv);
    jit::compiler_service service;
    elementwise<multiply_add>(s, service);
    elementwise<rational>(s, service);
    elementwise<euclidean>(s, service);
    elementwise<damped_wave>(s, service);
    elementwise<softplus_tanh>(s, service);
    for (std::int64_t n : {100, 10000, 1000000}) reduction<sum_of_squares>(s, service, n / 10, 10);
    for (std::int64_t cols : {10, 100, 1000}) {
        reduction<largest_of_rows>(s, service, 100000 / cols, cols);
        reduction<sums_of_columns>(s, service, 100000 / cols, cols);
    }
    latency(s);
    return s.finish();
}
