// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <damo/core/ndarray.hpp>
#include <damo/graph/compile.hpp>

namespace damo {

namespace detail::graph {

// What a typed function takes for a parameter of type A.
template <class A>
struct parameter_of {
    using container = std::remove_cvref_t<A>;
    static_assert(Viewable<container>, "compile<R(Args...)> takes numbers, and arrays whose element type and rank the type tells: damo::array_view, std::vector, "
                                       "std::span, damo::ndarray, what damo/interop knows");
    using element = typename view_traits<container>::value_type;
    static constexpr int rank = view_traits<container>::rank;
    static_assert(rank >= 0, "compile<R(Args...)> takes arrays whose rank the type tells: use damo::view_as<Rank>(x) and damo::array_view<const T, Rank>");
    static void read(const container& x, exec::raw_view& v) {
        const auto w = view_of(x);
        v.data = const_cast<element*>(w.data);
        for (int k = 0; k < rank; ++k) {
            v.extents[k] = w.extents[k];
            v.strides[k] = w.strides[k];
        }
    }
};
template <class A>
    requires std::is_arithmetic_v<std::remove_cvref_t<A>>
struct parameter_of<A> {
    using element = std::remove_cvref_t<A>;
    static constexpr int rank = 0;
    static void read(const element& x, exec::raw_view& v) { v.data = const_cast<element*>(&x); }
};

// What a typed function gives as a result of type R.
template <class R>
struct result_of {
    static_assert(std::is_arithmetic_v<R>, "compile<R(Args...)> gives numbers, damo::ndarray<T, Rank>, std::tuple of these, or void");
    using element = R;
    static constexpr int rank = 0;
    static R make(const std::int64_t*) { return R{}; }
    static void place(R& y, exec::raw_view& v) { v.data = &y; }
};
template <class T, int Rank>
struct result_of<ndarray<T, Rank>> {
    using element = T;
    static constexpr int rank = Rank;
    static ndarray<T, Rank> make(const std::int64_t* extents) { return ndarray<T, Rank>(extents); }
    static void place(ndarray<T, Rank>& y, exec::raw_view& v) {
        const auto w = y.view();
        v.data = w.data;
        for (int k = 0; k < Rank; ++k) {
            v.extents[k] = w.extents[k];
            v.strides[k] = w.strides[k];
        }
    }
};
template <class R>
struct results_of {
    using list = std::tuple<R>;
    static R give(list&& y) { return std::get<0>(std::move(y)); }
};
template <>
struct results_of<void> {
    using list = std::tuple<>;
    static void give(list&&) {}
};
template <class... R>
struct results_of<std::tuple<R...>> {
    using list = std::tuple<R...>;
    static list give(list&& y) { return std::move(y); }
};

template <class L>
inline constexpr bool all_numbers = false;
template <class... Y>
inline constexpr bool all_numbers<std::tuple<Y...>> = (std::is_arithmetic_v<Y> && ...);

} // namespace detail::graph

template <class Signature>
class typed_function;

/// A compiled function whose types were checked when it was made: a call checks extents only, and nothing for numbers. A call with numbers
/// alone allocates nothing once a call like it was made. As a compiled_function otherwise; safe to call from several threads.
template <class R, class... Args>
class typed_function<R(Args...)> {
  public:
    /// Errors: unknown_input_error for another number of inputs or outputs, element_type_error and rank_error where the types differ.
    explicit typed_function(compiled_function f) : f_(std::move(f)) {
        require_count("inputs", f_.input_count(), static_cast<int>(sizeof...(Args)));
        require_count("outputs", f_.output_count(), outputs);
        [[maybe_unused]] int i = 0;
        (require_input(i, dtype_of<typename detail::graph::parameter_of<Args>::element>(), detail::graph::parameter_of<Args>::rank), ...);
        require_outputs(std::make_index_sequence<static_cast<std::size_t>(outputs)>{});
    }

    R operator()(Args... arguments) const {
        list results{};
        if constexpr (numbers_only) {
            const void* const in[] = {&arguments..., nullptr};
            void* out[static_cast<std::size_t>(outputs) + 1];
            place_numbers(results, out, std::make_index_sequence<static_cast<std::size_t>(outputs)>{});
            f_.run_numbers(in, out);
        } else {
            exec::raw_view in[sizeof...(Args) + 1];
            [[maybe_unused]] int i = 0;
            (detail::graph::parameter_of<Args>::read(arguments, in[i++]), ...);
            f_.require_extents(in);
            f_.run(in, [&](int k, const std::int64_t* extents, exec::raw_view* out) {
                place(results, k, extents, out[k], std::make_index_sequence<static_cast<std::size_t>(outputs)>{});
            });
        }
        return detail::graph::results_of<R>::give(std::move(results));
    }
    const compiled_function& untyped() const { return f_; }

  private:
    using list = typename detail::graph::results_of<R>::list;
    static constexpr int outputs = static_cast<int>(std::tuple_size_v<list>);
    static constexpr bool numbers_only = detail::graph::all_numbers<list> && (std::is_arithmetic_v<std::remove_cvref_t<Args>> && ...);

    compiled_function f_;

    void require_count(const char* what, int has, int wanted) const {
        if (has == wanted) { return; }
        detail::graph::raise(mistake_kind::unknown_input, "compile<R(Args...)> was told of " + std::to_string(wanted) + " " + what + ", but the function has " + std::to_string(has));
    }
    // What the signature says of an input or output and what the function says, where they differ.
    static mistake mistake_of_type(const std::string& what, dtype stated, int stated_rank, dtype is, int is_rank) {
        return detail::graph::mistake_of(stated != is ? mistake_kind::element_type : mistake_kind::rank,
                                         "compile<R(Args...)>: " + what + " is " + name_of(is) + " of rank " + std::to_string(is_rank) + "; the signature says " + name_of(stated) + " of rank " +
                                             std::to_string(stated_rank) + ": state what it is");
    }
    void require_input(int& i, dtype stated, int stated_rank) const {
        const int number = i++;
        const detail::graph::leaf& l = *f_.body().inputs[static_cast<std::size_t>(number)];
        if (stated == l.element && stated_rank == l.rank) { return; }
        mistake m = mistake_of_type("input " + std::to_string(number) + ", \"" + l.name + "\",", stated, stated_rank, l.element, l.rank);
        m.shapes = {detail::graph::printed(l.element, l.rank, l.extents)};
        detail::graph::input_of_graph{f_.graph(), number}.put(m, l);
        detail::graph::raise(std::move(m));
    }
    void require_output(int& i, dtype stated, int stated_rank) const {
        const int number = i++;
        const ir::module& g = f_.graph().nodes();
        const ir::index n = f_.graph().outputs()[static_cast<std::size_t>(number)];
        const ir::tensor_type& t = g.type_of(n);
        if (stated == t.element && stated_rank == t.rank) { return; }
        mistake m = mistake_of_type("output " + std::to_string(number), stated, stated_rank, t.element, t.rank);
        m.shapes = {detail::graph::printed(g, n)};
        detail::graph::put_node(m, g, {}, n);
        detail::graph::raise(std::move(m));
    }
    template <std::size_t... K>
    void require_outputs(std::index_sequence<K...>) const {
        [[maybe_unused]] int i = 0;
        (require_output(i, dtype_of<typename detail::graph::result_of<std::tuple_element_t<K, list>>::element>(), detail::graph::result_of<std::tuple_element_t<K, list>>::rank), ...);
    }
    template <std::size_t... K>
    static void place_numbers(list& y, void** out, std::index_sequence<K...>) {
        ((out[K] = &std::get<K>(y)), ...);
        (void)y;
        (void)out;
    }
    template <std::size_t... K>
    static void place(list& y, int number, const std::int64_t* extents, exec::raw_view& v, std::index_sequence<K...>) {
        const auto one = [&]<std::size_t I>(std::integral_constant<std::size_t, I>) {
            if (number != static_cast<int>(I)) { return; }
            using part = detail::graph::result_of<std::tuple_element_t<I, list>>;
            std::get<I>(y) = part::make(extents);
            part::place(std::get<I>(y), v);
        };
        (one(std::integral_constant<std::size_t, K>{}), ...);
    }
};

/// compile<double(double, double)>({x, y}, {z}): a function with a C++ signature. R is a number, ndarray<T, Rank>, a std::tuple of these, or void;
/// Args are numbers and arrays whose type tells element type and rank.
template <class Signature>
typed_function<Signature> compile(const std::vector<value>& inputs, const detail::graph::output_list& outputs, const compile_options& options = {}) {
    return typed_function<Signature>(compile(inputs, outputs, options));
}

} // namespace damo
