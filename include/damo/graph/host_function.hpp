// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <damo/core/array_view.hpp>
#include <damo/graph/walk.hpp>
#include <damo/ops/registered_vjp.hpp>
#include <damo/ops/host_call.hpp>

namespace damo {

/// An extent of what a host function gives: a number, or the extent of an operand's axis. Operands are counted from 0.
struct host_extent {
    host_extent(std::int64_t n) : number(n) {} // NOLINT(google-explicit-constructor): {3, 4}
    host_extent(int of_operand, int of_axis) : operand(of_operand), axis(of_axis) {}
    std::int64_t number = -1;
    int operand = -1;
    int axis = 0;
};

/// All extents of a result: those of an operand, or one by one: {3, {0, 1}} are 3 and the extent of axis 1 of operand 0.
struct host_extents {
    host_extents(std::initializer_list<host_extent> extents) : each(extents) {}
    static host_extents of_operand(int k) {
        host_extents e({});
        if (k < 0) { detail::graph::raise(mistake_kind::unknown_input, "host_extents::of_operand requires an operand, counted from 0, not " + std::to_string(k)); }
        e.operand = k;
        return e;
    }
    std::vector<host_extent> each;
    int operand = -1;
};

/// How a host function is called.
struct host_options {
    bool pure = false;               // equal operands give equal results and nothing else happens: equal calls may be made once
    custom_pull_back derivative = {}; // as of custom_vjp
    custom_push_forward forward = {};    // likewise; without it, jvp transposes `derivative`
};

namespace detail::graph {

// Result and parameters of a function, a function pointer or an object with one call operator.
template <class F>
struct signature_of : signature_of<decltype(&F::operator())> {};
template <class R, class... A>
struct signature_of<R (*)(A...)> {
    using type = R(A...);
};
template <class R, class... A>
struct signature_of<R (*)(A...) noexcept> : signature_of<R (*)(A...)> {};
template <class R, class C, class... A>
struct signature_of<R (C::*)(A...) const> : signature_of<R (*)(A...)> {};
template <class R, class C, class... A>
struct signature_of<R (C::*)(A...) const noexcept> : signature_of<R (*)(A...)> {};

template <class T>
inline constexpr bool is_host_view = false;
template <class T, int Rank>
inline constexpr bool is_host_view<array_view<T, Rank>> = is_computable(dtype_of<T>());

template <class View>
View host_view(const ops::host_array& x) {
    View v;
    v.data = static_cast<typename View::element_type*>(x.data);
    for (int k = 0; k < View::rank; ++k) {
        v.extents[k] = x.extents[k];
        v.strides[k] = x.strides[k];
    }
    return v;
}

// A host function that runs: it may call compiled functions that call it again, so often as the stack allows.
class nested_call {
  public:
    explicit nested_call(const std::string& name) {
        constexpr int deepest = 200; // some 7 KiB each, and what the function itself needs
        if (depth() == deepest) {
            mistake m;
            m.kind = mistake_kind::expression;
            m.op = ops::info_of<ops::host_call_op>.name;
            m.sentence = "the host function " + name + " was called by host functions that wait for each other, " + std::to_string(deepest) + " deep: end the recursion with a cond, or write a loop";
            raise(std::move(m));
        }
        ++depth();
    }
    ~nested_call() { --depth(); }
    nested_call(const nested_call&) = delete;
    nested_call& operator=(const nested_call&) = delete;

  private:
    static int& depth() {
        static thread_local int calls = 0;
        return calls;
    }
};

// y = f(x1, x2, ...) element by element; operands broadcast.
template <class R, class... A, class F, std::size_t... I>
void call_by_element(const F& f, const ops::host_array* x, const ops::host_array& y, std::index_sequence<I...>) {
    constexpr int count = sizeof...(A);
    std::int64_t moves[count][ir::max_rank] = {};
    for (int i = 0; i < count; ++i) {
        for (int k = 1; k <= x[i].rank; ++k) { moves[i][y.rank - k] = x[i].extents[x[i].rank - k] == 1 ? 0 : x[i].strides[x[i].rank - k]; }
    }
    std::int64_t size = 1;
    for (int k = 0; k < y.rank; ++k) { size *= y.extents[k]; }
    std::int64_t at[ir::max_rank] = {};
    const auto place = [&](const std::int64_t* move) {
        std::int64_t offset = 0;
        for (int k = 0; k < y.rank; ++k) { offset += at[k] * move[k]; }
        return offset;
    };
    for (std::int64_t n = 0; n < size; ++n) {
        static_cast<R*>(y.data)[place(y.strides)] = f(static_cast<const A*>(x[I].data)[place(moves[I])]...);
        for (int k = y.rank - 1; k >= 0 && ++at[k] == y.extents[k]; --k) { at[k] = 0; }
    }
}

} // namespace detail::graph

/// A C++ function as an op of graphs made at run time. A function of numbers works element by element, its operands broadcast; a function of views
/// is told the operands and fills the last view, whose extents follow a rule:
///     damo::host_function j0("j0", [](double x) { return std::cyl_bessel_j(0, x); });
///     damo::host_function sorted("sorted", damo::host_extents::of_operand(0),
///                                [](damo::array_view<const double, 1> x, damo::array_view<double, 1> y) { ... });
///     auto z = j0(a) + 1;
/// Element types are float, double, std::int32_t, std::int64_t and bool. The function is called where its result is needed, by the thread that calls
/// the compiled function, in no stated order, and not at all in the branch of a `cond` that is not taken. Threads that call one compiled function at the
/// same time call it at the same time. What it throws leaves the call, and shared variables keep their values. Functions are kept until the program
/// ends. It may call compiled functions, also the one that calls it: 200 such calls deep, further ones are an expression_error.
class host_function {
  public:
    /// f(numbers...) gives a number.
    template <class F>
    host_function(std::string name, F f, host_options options = {}) : options_(std::move(options)) {
        require_function(name, f);
        elementwise(std::move(name), std::move(f), static_cast<typename detail::graph::signature_of<F>::type*>(nullptr));
    }
    /// f(array_view<const T, Rank>..., array_view<R, Rank>) fills its last argument. Errors: extents_error for a rule of another rank, or of negative
    /// extents; unknown_input_error for a rule about an operand or an axis that there is not.
    template <class F>
    host_function(std::string name, host_extents extents, F f, host_options options = {}) : options_(std::move(options)) {
        require_function(name, f);
        of_views(std::move(name), std::move(extents), std::move(f), static_cast<typename detail::graph::signature_of<F>::type*>(nullptr));
    }

    /// The call as a symbol. Operands are converted where nothing is lost. Errors: missing_input_error for another number of operands, element_type_error,
    /// rank_error, expression_error for operands that do not broadcast together.
    template <class... A>
    value operator()(const A&... operands) const {
        const std::vector<operand> given{operand(operands)...};
        using namespace detail::graph;
        if (given.size() != parameters_.size()) {
            raise(mistake_kind::missing_input, "the host function " + name() + " takes " + std::to_string(parameters_.size()) + " operands; it was given " + std::to_string(given.size()));
        }
        std::vector<value> xs;
        std::vector<operand> args;
        for (std::size_t i = 0; i < given.size(); ++i) {
            const parameter& p = parameters_[i];
            const operand at = placed(given[i], "a host function");
            value x = at.v;
            const bool fits = promote(x.element(), p.element) == p.element || (given[i].v.is_literal() && (is_floating(p.element) || (is_integer(p.element) && is_integer(x.element()))));
            if (!fits || (p.rank >= 0 && x.type().rank != p.rank)) {
                raise(fits ? mistake_kind::rank : mistake_kind::element_type,
                      "the host function " + name() + " requires " + name_of(p.element) + (p.rank >= 0 ? " of rank " + std::to_string(p.rank) : std::string()) + " as operand " +
                          std::to_string(i) + "; it was given " + printed(x.owner(), x.node()) + ": cast or reshape it",
                      at.file, at.line);
            }
            if (x.element() != p.element) { x = cast(x, p.element); }
            xs.push_back(x);
            args.emplace_back(x, at.file, at.line);
        }
        const value y = ops::apply(options_.pure ? ops::info_of<ops::pure_host_call_op> : ops::info_of<ops::host_call_op>, args.data(), static_cast<int>(args.size()), &number_, 1);
        return options_.derivative ? custom_vjp(operand(y, args.front().file, args.front().line), xs, options_.derivative, options_.forward) : y;
    }

    const std::string& name() const { return ops::host_callbacks::at(number_).name; }

  private:
    struct parameter {
        dtype element = dtype::none;
        int rank = -1; // any
    };
    host_options options_;
    std::vector<parameter> parameters_;
    std::int64_t number_ = 0;

    // A pointer or a std::function may be none.
    template <class F>
    void require_function(const std::string& name, const F& f) const {
        if (options_.forward && !options_.derivative) { detail::graph::raise(mistake_kind::derivative, "the host function " + name + " requires `derivative` beside `forward`, which is for jvp alone: give both"); }
        if constexpr (std::is_constructible_v<F, std::nullptr_t>) {
            if (f == nullptr) { detail::graph::raise(mistake_kind::expression, "the host function " + name + " requires a function: it was given a null pointer, or a std::function that holds none"); }
        }
    }

    template <class F, class R, class... A>
    void elementwise(std::string name, F f, R (*)(A...)) {
        static_assert(sizeof...(A) > 0 && is_computable(dtype_of<R>()) && (is_computable(dtype_of<A>()) && ...),
                      "host_function(name, f) requires a function of numbers that gives a number: float, double, std::int32_t, std::int64_t or bool. A function of array_views is told the "
                      "extents of its result: host_function(name, extents, f)");
        parameters_ = {parameter{dtype_of<A>(), -1}...};
        ops::host_callback c;
        c.name = std::move(name);
        c.type = [](const ir::call& call, ir::tensor_type& t) {
            t = call.m.type_of(call.args[0]);
            for (int i = 1; i < call.count; ++i) {
                const ir::tensor_type u = call.m.type_of(call.args[i]);
                if (!ops::broadcast_shapes(call.m, t, u)) {
                    auto& s = call.m.fail();
                    ops::write_call(s, call);
                    s << " requires shapes that broadcast together; argument " << (i + 1) << " does not fit those before it: reshape, transpose or expand_dims one of them";
                    return false;
                }
            }
            t.element = dtype_of<R>();
            return true;
        };
        c.run = [f = std::move(f), called = c.name](const ops::host_array* x, const ops::host_array& y) {
            const detail::graph::nested_call counted(called);
            detail::graph::call_by_element<R, std::remove_cv_t<A>...>(f, x, y, std::index_sequence_for<A...>());
        };
        number_ = ops::host_callbacks::add(std::move(c));
    }

    template <class F, class R, class... A>
    void of_views(std::string name, host_extents extents, F f, R (*)(A...)) {
        static_assert(sizeof...(A) > 1 && (detail::graph::is_host_view<A> && ...),
                      "host_function(name, extents, f) requires a function of array_view<const T, Rank>... and, last, the array_view<R, Rank> that it fills");
        call_views<std::tuple<A...>>(std::move(name), std::move(extents), std::move(f), std::make_index_sequence<sizeof...(A) - 1>());
    }
    template <class All, class F, std::size_t... I>
    void call_views(std::string name, host_extents extents, F f, std::index_sequence<I...>) {
        using result = std::tuple_element_t<sizeof...(I), All>;
        static_assert(!std::is_const_v<typename result::element_type> && (std::is_const_v<typename std::tuple_element_t<I, All>::element_type> && ...),
                      "host_function(name, extents, f) requires views of const elements, and last one that may be written");
        parameters_ = {parameter{dtype_of<typename std::tuple_element_t<I, All>::element_type>(), std::tuple_element_t<I, All>::rank}...};
        require_rule(name, extents, result::rank);
        ops::host_callback c;
        c.name = std::move(name);
        c.type = [extents = std::move(extents)](const ir::call& call, ir::tensor_type& t) {
            if (extents.operand >= 0) { t = call.m.type_of(call.args[extents.operand]); }
            else {
                for (const host_extent& e : extents.each) { t.extents[t.rank++] = e.operand < 0 ? e.number : call.m.type_of(call.args[e.operand]).extents[e.axis]; }
            }
            t.element = dtype_of<typename result::element_type>();
            return true;
        };
        c.run = [f = std::move(f), called = c.name](const ops::host_array* x, const ops::host_array& y) {
            const detail::graph::nested_call counted(called);
            f(detail::graph::host_view<std::tuple_element_t<I, All>>(x[I])..., detail::graph::host_view<result>(y));
        };
        number_ = ops::host_callbacks::add(std::move(c));
    }
    void require_rule(const std::string& name, const host_extents& e, int rank) const {
        const int count = static_cast<int>(parameters_.size());
        const auto refuse = [&](mistake_kind kind, const std::string& what) { detail::graph::raise(kind, "the host function " + name + " requires extents " + what); };
        const auto require_operand = [&](int k) {
            if (k >= count) { refuse(mistake_kind::unknown_input, "of its operands 0 to " + std::to_string(count - 1) + ", not of operand " + std::to_string(k)); }
        };
        require_operand(e.operand);
        const int stated = e.operand >= 0 ? parameters_[static_cast<std::size_t>(e.operand)].rank : static_cast<int>(e.each.size());
        if (stated != rank) { refuse(mistake_kind::extents, "for a result of rank " + std::to_string(rank) + ", as its last view has; the rule gives " + std::to_string(stated)); }
        for (const host_extent& x : e.each) {
            require_operand(x.operand);
            if (x.operand >= 0 && (x.axis < 0 || x.axis >= parameters_[static_cast<std::size_t>(x.operand)].rank)) {
                refuse(mistake_kind::unknown_input, "of axes that operand " + std::to_string(x.operand) + " has, not of axis " + std::to_string(x.axis));
            }
            if (x.operand < 0 && (x.number < 0 || x.number > std::int64_t{1} << 47)) { refuse(mistake_kind::extents, "that are not negative and at most 2^47, or {operand, axis}; one is " + std::to_string(x.number)); }
        }
    }
};

} // namespace damo
