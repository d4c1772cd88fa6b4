// SPDX-License-Identifier: BSD-3-Clause
#include "exec/jit_driver.hpp"

#include <limits>
#include <type_traits>

// The spelling of each op in C against its functor: one number at a time, and in loops that the C compiler may turn into vectors.

namespace ops = damo::ops;
using damo::dtype;

namespace {

template <class T>
std::vector<T> arguments(int count) {
    using limits = std::numeric_limits<T>;
    if constexpr (std::is_same_v<T, bool>) { return {true, false}; }
    else if constexpr (std::is_integral_v<T>) { return {0, 1, -1, 2, 3, -3, 7, 100, limits::max(), limits::min(), limits::min() + 1}; }
    else {
        std::vector<T> v{T(0), -T(0), T(1), T(-1), T(.5), T(-.5), T(1.5), T(2.5), T(-2.5), T(3), limits::infinity(), -limits::infinity(),
                         limits::quiet_NaN(), limits::min(), limits::denorm_min(), limits::max(), -limits::max(), T(1e-8), T(80), T(-80), T(1e6),
                         T(3e9), T(-3e9)};
        if (count > 1) { return v; }
        for (double x = -20; x < 20; x += 0.0371) { v.push_back(static_cast<T>(x)); }
        for (double x = 1e-20; x < 1e20; x *= 3.7) { v.push_back(static_cast<T>(x)); }
        return v;
    }
}

// In units of the last place; subnormal results count as equal: vectors may flush them.
template <class T>
double distance(T got, T wanted) {
    if constexpr (!std::is_floating_point_v<T>) { return got == wanted ? 0 : 1e300; }
    else {
        using limits = std::numeric_limits<T>;
        if ((std::isnan(got) && std::isnan(wanted)) || got == wanted) { return 0; }
        if (!std::isfinite(got) || !std::isfinite(wanted)) { return 1e300; }
        if (std::fabs(got) < limits::min() && std::fabs(wanted) < limits::min()) { return 0; }
        const T up = std::nextafter(std::fabs(wanted), limits::infinity());
        return std::fabs(static_cast<double>(got) - static_cast<double>(wanted)) / static_cast<double>(up - std::fabs(wanted));
    }
}

template <class Op>
constexpr bool accepts(dtype t) {
    const auto types = Op::facts.types;
    if (types == damo::ir::dtype_rule::floating) { return damo::is_floating(t); }
    if (types == damo::ir::dtype_rule::logical) { return t == dtype::boolean; }
    if (Op::facts.kind == damo::ir::op_kind::reduction) {
        const bool truth = ops::id_of<Op> == ops::id_of<ops::any_op> || ops::id_of<Op> == ops::id_of<ops::all_op>;
        return truth == (t == dtype::boolean);
    }
    return true;
}

struct unspelled : ops::op_defaults {
    static constexpr const char* name = "test.unspelled";
    struct functor {};
};

struct spelled {
    std::string source;
    std::vector<std::string> names;
    std::vector<std::function<void(const damo::exec::jit::compiled_unit&)>> checks;
};

// What the functor says; of truth values as whole numbers, which C++ would make them in any sum.
template <class Op, class R, class T>
R wanted_of(const T* operands, bool chooses) {
    using number = std::conditional_t<std::is_same_v<T, bool>, int, T>;
    const damo::functor_for<ops::id_of<Op>> f{};
    const auto x = static_cast<number>(operands[0]), y = static_cast<number>(operands[1]), z = static_cast<number>(operands[2]);
    if (chooses) {
        if constexpr (requires { f(true, y, z); }) { return static_cast<R>(f(x != 0, y, z)); }
    }
    if constexpr (requires { f(x); }) { return static_cast<R>(f(x)); }
    else if constexpr (requires { f(x, y); }) { return static_cast<R>(f(x, y)); }
    else { return R(); }
}

template <class Op, class T>
void spell(spelled& all) {
    constexpr dtype t = damo::dtype_of<T>();
    if constexpr (accepts<Op>(t)) {
        const damo::functor_for<ops::id_of<Op>> f{};
        constexpr bool chooses = Op::facts.types == damo::ir::dtype_rule::select;
        constexpr int count = chooses ? 3 : requires(T x) { f(x); } ? 1 : 2;
        constexpr bool compares = Op::facts.types == damo::ir::dtype_rule::compare;
        using R = std::conditional_t<compares, bool, T>;
        const std::string operands[3] = {chooses ? "(x[i] != 0)" : "a", "b", "c"};
        const std::string expression = damo::exec::jit::c_expression(&ops::info_of<Op>, t, operands, count);
        const std::string name = std::string(Op::name) + '_' + damo::name_of(t);
        const std::string type = damo::exec::jit::c_type(t);
        all.source += "void " + name + "(const " + type + "* x, const " + type + "* y, const " + type + "* z, " +
                      damo::exec::jit::c_type(damo::dtype_of<R>()) +
                      "* r, int64_t n) {\n#pragma omp simd\nfor (int64_t i = 0; i < n; ++i) { const " + type + " a = x[i], b = y[i], c = z[i]; r[i] = " +
                      expression + "; } }\n";
        const int number = static_cast<int>(all.names.size());
        all.names.push_back(name);
        all.checks.push_back([number, name](const damo::exec::jit::compiled_unit& unit) {
            INFO(name);
            const auto run = unit.function<void (*)(const T*, const T*, const T*, R*, std::int64_t)>(number);
            REQUIRE(run != nullptr);
            const std::vector<T> v = arguments<T>(count);
            std::vector<T> in[3];
            for (T a : v) {
                if (count == 1) { in[0].push_back(a); }
                for (T b : v) {
                    if (count > 1) {
                        in[0].push_back(a);
                        in[1].push_back(b);
                        in[2].push_back(v[(in[0].size() * 7) % v.size()]);
                    }
                }
            }
            const auto copied = [](const std::vector<T>& from, std::size_t size) {
                std::unique_ptr<T[]> p(new T[size]());
                std::copy(from.begin(), from.end(), p.get());
                return p;
            };
            const std::size_t n = in[0].size();
            const auto x = copied(in[0], n), y = copied(in[1], n), z = copied(in[2], n);
            const std::unique_ptr<R[]> r(new R[n]());
            for (const bool together : {true, false}) {
                if (together) { run(x.get(), y.get(), z.get(), r.get(), static_cast<std::int64_t>(n)); }
                else {
                    for (std::size_t i = 0; i < n; ++i) { run(&x[i], &y[i], &z[i], &r[i], 1); }
                }
                int wrong = 0;
                for (std::size_t i = 0; i < n; ++i) {
                    const T operand[3] = {x[i], y[i], z[i]};
                    const R wanted = wanted_of<Op, R, T>(operand, chooses);
                    const double most = ops::id_of<Op> == ops::id_of<ops::pow_op> && together ? 6 : 5;
                    if (distance(r[i], wanted) <= (std::is_floating_point_v<T> ? most : 0) || ++wrong > 1) { continue; }
                    UNSCOPED_INFO(x[i] << ", " << y[i] << ", " << z[i] << " gives " << r[i] << ", wanted " << wanted << (together ? " in a loop" : ""));
                }
                CHECK(wrong == 0);
            }
        });
    }
}

template <class... Op>
spelled spell_all(ops::op_list<Op...>) {
    spelled all;
    all.source = damo::exec::jit::prelude;
    const auto one = [&]<class O>(ops::op_list<O>) {
        if constexpr (reference::HasFunctor<O>) {
            spell<O, double>(all);
            spell<O, float>(all);
            spell<O, std::int64_t>(all);
            spell<O, std::int32_t>(all);
            spell<O, bool>(all);
        }
    };
    (one(ops::op_list<Op>{}), ...);
    return all;
}

template <class... Op>
std::vector<std::string> without_spelling(ops::op_list<Op...>) {
    std::vector<std::string> names;
    const auto look = [&]<class O>(ops::op_list<O>) {
        if constexpr (reference::HasFunctor<O>) {
            if (ops::info_of<O>.c_spelling == nullptr || ops::info_of<O>.c_spelling_of_integers == nullptr) { names.push_back(O::name); }
        } else if (ops::info_of<O>.c_spelling != nullptr) { names.push_back(std::string(O::name) + " has one without a functor"); }
    };
    (look(ops::op_list<Op>{}), ...);
    return names;
}

} // namespace

TEST_CASE("every op with a functor has a spelling in C, and no other") {
    CHECK(without_spelling(ops::every_op{}).empty());
    CHECK(ops::info_of<unspelled>.c_spelling == nullptr);
}

TEST_CASE("operands and suffixes are put in") {
    const std::string operands[3] = {"x", "y", "z"};
    const auto text = [&](const damo::ir::op_info& op, dtype t, int count) { return damo::exec::jit::c_expression(&op, t, operands, count); };
    CHECK(text(ops::info_of<ops::pow_op>, dtype::float32, 2) == "powf(x, y)");
    CHECK(text(ops::info_of<ops::pow_op>, dtype::float64, 2) == "pow(x, y)");
    CHECK(text(ops::info_of<ops::floor_op>, dtype::int32, 1) == "x");
    CHECK(text(ops::info_of<ops::where_op>, dtype::float64, 3) == "x ? y : z");
    CHECK(text(ops::info_of<ops::pow_op>, dtype::float64, 1) == "");
    CHECK(text(ops::info_of<ops::softmax_op>, dtype::float64, 1) == "");
}

TEST_CASE("constants in C are exact") {
    using damo::exec::jit::c_literal;
    const auto bits = [](double x) { return std::bit_cast<std::uint64_t>(x); };
    CHECK(c_literal(dtype::float64, bits(1.5)) == "(0x1.8p+0)");
    CHECK(c_literal(dtype::float64, bits(-0.0)) == "(-0x0p+0)");
    CHECK(c_literal(dtype::float64, bits(-std::numeric_limits<double>::infinity())) == "(-(double)INFINITY)");
    CHECK(c_literal(dtype::float32, bits(0.1)) == "(0x1.99999ap-4f)");
    CHECK(c_literal(dtype::float32, bits(std::nan(""))) == "((float)NAN)");
    CHECK(c_literal(dtype::int64, 0x8000000000000000u) == "(-INT64_C(9223372036854775807) - 1)");
    CHECK(c_literal(dtype::int32, static_cast<std::uint64_t>(-5)) == "(-5)");
    CHECK(c_literal(dtype::boolean, 1) == "1");
}

TEST_CASE("ops in C give the numbers of their functors") {
    if (!reference::has_compiler()) { return; }
    const spelled all = spell_all(ops::every_op{});
    CHECK(all.names.size() > 120);
    const auto unit = reference::service().compile(all.source, all.names);
    REQUIRE(unit->wait() == damo::exec::jit::compiled_unit::state::ready);
    for (const auto& check : all.checks) { check(*unit); }
}

TEST_CASE("a wrong spelling would be seen") {
    CHECK(distance(1.0f, 1.00001f) > 6);
    CHECK(distance(1.0, std::nan("")) > 6);
    CHECK(distance(1, 2) > 6);
}
