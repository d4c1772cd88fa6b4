// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/exec/static/control.hpp>
#include <damo/expr/argument_mistake.hpp>
#include <damo/expr/compiled.hpp>
#include <damo/expr/report.hpp>

namespace damo {

// The parameter type that an argument of type A stands for when a generic function meets it first.
template <class A>
struct argument_type {
    using type = A;
};
template <class A>
using argument_type_t = typename argument_type<std::remove_cvref_t<A>>::type;

namespace detail::call {

// Reads the leaves of an argument into the frame, in the order of its parameter type.
template <class P>
struct reader;

template <class F, int Leaf>
DAMO_HD DAMO_INLINE constexpr auto& input_slot(exec::detail::scalar::frame<F>& f) {
    constexpr dtype element = F::program.code[Leaf].element();
    constexpr int slot = F::program.code[Leaf].slot();
    return f.template at<element, slot>();
}

// Element I of an array argument, without calling the host-only operator[] of std::array.
template <std::size_t I, class A>
DAMO_HD DAMO_INLINE constexpr const auto& element_at(const A& a) {
#if defined(__CUDA_ARCH__)
    if constexpr (requires { std::tuple_size<A>::value; }) { return reinterpret_cast<const typename A::value_type*>(&a)[I]; }
    else { return a[I]; }
#else
    return a[I];
#endif
}

template <class P>
    requires(leaves_of<P>::count == 1 && !is_struct<P>)
struct reader<P> {
    template <int Leaf, class F, class A>
    DAMO_HD DAMO_INLINE static constexpr void read(exec::detail::scalar::frame<F>& f, const A& a) {
        auto& slot = input_slot<F, Leaf>(f);
        slot = static_cast<std::remove_reference_t<decltype(slot)>>(a);
    }
};
template <class P, std::size_t N>
struct reader<std::array<P, N>> {
    template <int Leaf, class F, class A>
    DAMO_HD DAMO_INLINE static constexpr void read(exec::detail::scalar::frame<F>& f, const A& a) {
        read_from<Leaf, 0>(f, a);
    }
    template <int Leaf, std::size_t I, class F, class A>
    DAMO_HD DAMO_INLINE static constexpr void read_from(exec::detail::scalar::frame<F>& f, const A& a) {
        if constexpr (I < N) {
            reader<P>::template read<Leaf>(f, element_at<I>(a));
            read_from<Leaf + leaves_of<P>::count, I + 1>(f, a);
        }
    }
};
template <class... P>
struct reader<std::tuple<P...>> {
    template <int Leaf, class F, class A>
    DAMO_HD DAMO_INLINE static constexpr void read(exec::detail::scalar::frame<F>& f, const A& a) {
        read_from<Leaf, 0>(f, a);
    }
    template <int Leaf, std::size_t I, class F, class A>
    DAMO_HD DAMO_INLINE static constexpr void read_from(exec::detail::scalar::frame<F>& f, const A& a) {
        if constexpr (I < sizeof...(P)) {
            using Q = std::tuple_element_t<I, std::tuple<P...>>;
            reader<Q>::template read<Leaf>(f, std::get<I>(a));
            read_from<Leaf + leaves_of<Q>::count, I + 1>(f, a);
        }
    }
};

template <class A, class B>
struct reader<std::pair<A, B>> {
    template <int Leaf, class F, class P>
    DAMO_HD DAMO_INLINE static constexpr void read(exec::detail::scalar::frame<F>& f, const P& p) {
        reader<A>::template read<Leaf>(f, p.first);
        reader<B>::template read<Leaf + leaves_of<A>::count>(f, p.second);
    }
};

// Results of transforms are arguments, too: cotangents of functions that have them.
template <class V, class G>
struct reader<value_and_gradient<V, G>> {
    template <int Leaf, class F, class A>
    DAMO_HD DAMO_INLINE static constexpr void read(exec::detail::scalar::frame<F>& f, const A& a) {
        reader<V>::template read<Leaf>(f, a.value);
        reader<G>::template read<Leaf + leaves_of<V>::count>(f, a.gradient);
    }
};
template <class V>
struct reader<value_and_tangent<V>> {
    template <int Leaf, class F, class A>
    DAMO_HD DAMO_INLINE static constexpr void read(exec::detail::scalar::frame<F>& f, const A& a) {
        reader<V>::template read<Leaf>(f, a.value);
        reader<V>::template read<Leaf + leaves_of<V>::count>(f, a.tangent);
    }
};
template <class... P>
struct reader<results<P...>> {
    template <int Leaf, std::size_t I = 0, class F, class A>
    DAMO_HD DAMO_INLINE static constexpr void read(exec::detail::scalar::frame<F>& f, const A& a) {
        if constexpr (I < sizeof...(P)) {
            using Q = std::tuple_element_t<I, results<P...>>;
            reader<Q>::template read<Leaf>(f, a.template get<I>());
            read<Leaf + leaves_of<Q>::count, I + 1>(f, a);
        }
    }
};

// Makes results of the frame: `result<R, Leaf, F>::make(frame)`.
template <class R>
struct writer;

template <class F, int Leaf>
DAMO_HD DAMO_INLINE constexpr auto output_of(exec::detail::scalar::frame<F>& f) {
    constexpr dtype element = F::program.outputs[Leaf].element;
    constexpr int slot = F::program.outputs[Leaf].slot;
    return f.template at<element, slot>();
}

template <class R>
    requires(leaves_of<R>::count == 1 && !is_struct<R>)
struct writer<R> {
    template <int Leaf, class F>
    DAMO_HD DAMO_INLINE static constexpr auto make(exec::detail::scalar::frame<F>& f) {
        return output_of<F, Leaf>(f);
    }
};
template <class P, std::size_t N>
struct writer<std::array<P, N>> {
    template <int Leaf, class F>
    DAMO_HD DAMO_INLINE static constexpr auto make(exec::detail::scalar::frame<F>& f) {
        return fill<Leaf>(f, std::make_index_sequence<N>{});
    }
    template <int Leaf, class F, std::size_t... I>
    DAMO_HD DAMO_INLINE static constexpr auto fill(exec::detail::scalar::frame<F>& f, std::index_sequence<I...>) {
        using element = decltype(writer<P>::template make<Leaf>(f));
        return std::array<element, N>{writer<P>::template make<Leaf + static_cast<int>(I) * leaves_of<P>::count>(f)...};
    }
};
template <class... P>
struct writer<std::tuple<P...>> {
    static constexpr int offset(std::size_t k) {
        constexpr int counts[] = {leaves_of<P>::count..., 0};
        int at = 0;
        for (std::size_t i = 0; i < k; ++i) { at += counts[i]; }
        return at;
    }
    template <int Leaf, class F>
    DAMO_HD DAMO_INLINE static constexpr auto make(exec::detail::scalar::frame<F>& f) {
        return fill<Leaf>(f, std::index_sequence_for<P...>{});
    }
    template <int Leaf, class F, std::size_t... I>
    DAMO_HD DAMO_INLINE static constexpr auto fill(exec::detail::scalar::frame<F>& f, std::index_sequence<I...>) {
        return std::tuple{writer<P>::template make<Leaf + offset(I)>(f)...};
    }
};
template <class A, class B>
struct writer<std::pair<A, B>> {
    template <int Leaf, class F>
    DAMO_HD DAMO_INLINE static constexpr auto make(exec::detail::scalar::frame<F>& f) {
        return std::pair{writer<A>::template make<Leaf>(f), writer<B>::template make<Leaf + leaves_of<A>::count>(f)};
    }
};

template <class V, class G>
struct writer<value_and_gradient<V, G>> {
    template <int Leaf, class F>
    DAMO_HD DAMO_INLINE static constexpr auto make(exec::detail::scalar::frame<F>& f) {
        using first = decltype(writer<V>::template make<Leaf>(f));
        using second = decltype(writer<G>::template make<Leaf + leaves_of<V>::count>(f));
        return value_and_gradient<first, second>{writer<V>::template make<Leaf>(f), writer<G>::template make<Leaf + leaves_of<V>::count>(f)};
    }
};
template <class V>
struct writer<value_and_tangent<V>> {
    template <int Leaf, class F>
    DAMO_HD DAMO_INLINE static constexpr auto make(exec::detail::scalar::frame<F>& f) {
        using first = decltype(writer<V>::template make<Leaf>(f));
        return value_and_tangent<first>{writer<V>::template make<Leaf>(f), writer<V>::template make<Leaf + leaves_of<V>::count>(f)};
    }
};
template <>
struct writer<results<>> {
    template <int Leaf, class F>
    DAMO_HD DAMO_INLINE static constexpr auto make(exec::detail::scalar::frame<F>&) {
        return results<>{};
    }
};
template <class P, class... Rest>
struct writer<results<P, Rest...>> {
    template <int Leaf, class F>
    DAMO_HD DAMO_INLINE static constexpr auto make(exec::detail::scalar::frame<F>& f) {
        return joined(writer<P>::template make<Leaf>(f), writer<results<Rest...>>::template make<Leaf + leaves_of<P>::count>(f));
    }
    template <class First, class... More>
    DAMO_HD DAMO_INLINE static constexpr auto joined(const First& first, const results<More...>& rest) {
        return results<First, More...>{first, rest};
    }
};

// Reads the arguments of parameters P... from leaf number Leaf on.
template <int Leaf, class... P>
struct all_readers {
    template <class F>
    DAMO_HD DAMO_INLINE static constexpr void read(exec::detail::scalar::frame<F>&) {}
};
template <int Leaf, class P, class... Rest>
struct all_readers<Leaf, P, Rest...> {
    template <class F, class A, class... More>
    DAMO_HD DAMO_INLINE static constexpr void read(exec::detail::scalar::frame<F>& f, const A& a, const More&... more) {
        reader<P>::template read<Leaf>(f, a);
        all_readers<Leaf + leaves_of<P>::count, Rest...>::read(f, more...);
    }
};
template <class S>
struct readers_of;
template <template <class...> class List, class... P>
struct readers_of<List<P...>> : all_readers<0, P...> {};

template <class F, class... A>
DAMO_HD DAMO_INLINE constexpr auto scalars(const A&... arguments) {
    using code = scalar_code<F>;
    exec::detail::scalar::frame<code> f;
    readers_of<typename F::parameters>::read(f, arguments...);
    exec::detail::scalar::steps<code, F::input_count, code::program.size>(f);
    return writer<typename F::symbolic_result>::template make<0>(f);
}

// The same for a function with choices or loops.
template <class F, class... A>
DAMO_HD DAMO_INLINE constexpr auto with_control(const A&... arguments) {
    using code = control_code<F>;
    exec::detail::scalar::frame<code> f;
    readers_of<typename F::parameters>::read(f, arguments...);
    exec::detail::control::run(f);
    return writer<typename F::symbolic_result>::template make<0>(f);
}

// Calls with arrays: defined in expr/call_arrays.hpp, which <damo/damo.hpp> includes.
inline namespace DAMO_ISA {
template <class F, class... A>
auto with_arrays(const A&... arguments);
} // namespace DAMO_ISA

// An argument whose reading cannot throw: numbers, and plain data made of them. A class that converts to a number might.
template <class A>
inline constexpr bool reads_without_throwing = std::is_arithmetic_v<A> || (std::is_trivially_copyable_v<A> && !std::is_convertible_v<A, double>);

// What is known of a call with arrays; expr/call_arrays.hpp has more.
template <class F, class... A>
struct array_call {
    static constexpr bool never_throws = false;
};

// Whether a call is noexcept: functions of numbers without loops, and of arrays whose extents the types tell. A functor of one's own must
// not throw there. Other arrays are checked.
template <class F, class... A>
constexpr bool never_throws() {
    if constexpr (sizeof...(A) != static_cast<std::size_t>(F::parameters::count) || optimised_graph<F>::stored.failed) { return false; }
    else if constexpr (has_loops<F>) { return false; }
    else if constexpr (!takes_numbers_only<F>) { return array_call<F, A...>::never_throws; }
    else if constexpr (!has_control<F>) { return (reads_without_throwing<A> && ...); }
    else { return control_code<F>::program.fits && (reads_without_throwing<A> && ...); } // apart: naming a program makes it
}

} // namespace detail::call

// Calls a function: what f(arguments...) does, as a free function that CUDA kernels can use with a namespace-scope object.
template <class F, class... A>
DAMO_HD DAMO_INLINE constexpr auto call(F, const A&... arguments) noexcept(detail::call::never_throws<F, A...>()) {
    using P = typename F::parameters;
    if constexpr (sizeof...(A) != static_cast<std::size_t>(P::count)) {
        static_assert(detail::symbol::never<P>, "a call requires one argument for each parameter of the function");
        return after_mistake{};
    } else if constexpr (optimised_graph<F>::stored.failed) {
        static_assert(sizeof(detail::report::says<optimised_graph<F>>) > 0);
        return after_mistake{};
    } else if constexpr (!detail::call::argument_mistake<P, A...>::none) {
        static_assert(sizeof(detail::report::says<detail::call::argument_mistake<P, A...>>) > 0);
        return after_mistake{};
    } else {
        if constexpr (has_control<F>) {
            if constexpr (control_code<F>::program.fits) { return detail::call::with_control<F>(arguments...); }
            else { return detail::call::with_arrays<F>(arguments...); }
        } else if constexpr (takes_numbers_only<F>) { return detail::call::scalars<F>(arguments...); }
        else { return detail::call::with_arrays<F>(arguments...); }
    }
}

} // namespace damo
