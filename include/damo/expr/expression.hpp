// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <boost/mp11/list.hpp>
#include <boost/mp11/set.hpp>

#include <damo/core/number_text.hpp>
#include <damo/core/text.hpp>
#include <damo/expr/transform.hpp>

namespace damo {

namespace detail::expression {
namespace mp = boost::mp11;

inline constexpr int largest_tree = 256;

// What all expression types derive from, and nothing else does.
struct base {};

// Where placeholder P stands in the list. The algorithms of MP11 have this too, at a thirtieth of what the scalar header costs.
template <class P, class... Q>
constexpr int position_in(mp::mp_list<Q...>) {
    int k = 0;
    static_cast<void>(((std::is_same_v<P, Q> || (++k, false)) || ...));
    return k;
}

template <class List>
struct signature_of;
template <class... P>
struct signature_of<mp::mp_list<P...>> {
    using type = signature<typename P::symbol...>;
};

// Values of the placeholders while an expression is recorded.
template <class List>
struct environment {
    const value* leaves;
    template <class P>
    constexpr value of() const {
        return leaves[position_in<P>(List{})];
    }
};

} // namespace detail::expression

template <class E>
concept Expression = std::is_base_of_v<detail::expression::base, E>;

// `x = 1.0`: a value for a placeholder, as an argument of evaluate.
template <class P, class V>
struct [[nodiscard]] binding {
    using placeholder = P;
    V value;
};

// A named argument of an expression: element type T, extents as for tensor (none: a number). An empty type; make one with var.
template <core::fixed_text Name, class T, std::int64_t... Extents>
struct placeholder : detail::expression::base {
    using placeholders = boost::mp11::mp_list<placeholder>;
    using symbol = std::conditional_t<sizeof...(Extents) == 0, scalar<T>, tensor<T, Extents...>>;
    static constexpr int tree_size = 1;
    static constexpr const char* name = Name.characters;
    template <class Environment>
    static constexpr value build(ir::module&, const Environment& e) {
        return e.template of<placeholder>();
    }
    template <class V>
    constexpr auto operator=(const V& v) const {
        return binding<placeholder, const V&>{v};
    }
    constexpr placeholder() = default;
    constexpr placeholder(const placeholder&) = default;
};

// A placeholder: inline constexpr auto x = damo::var<"x", double>;
template <core::fixed_text Name, class T, std::int64_t... Extents>
inline constexpr placeholder<Name, T, Extents...> var{};

// The number spelled by the characters, in a type: 2.5_c.
template <char... Digits>
struct number_in_type : detail::expression::base {
    using placeholders = boost::mp11::mp_list<>;
    static constexpr int tree_size = 1;
    static constexpr double number = [] {
        constexpr char text[] = {Digits..., '\0'};
        const char* stop = nullptr;
        return core::read_double(text, text + sizeof...(Digits), &stop);
    }();
    static constexpr bool whole = ((Digits >= '0' && Digits <= '9') && ...);
    template <class Environment>
    static constexpr value build(ir::module&, const Environment&) {
        if constexpr (whole) { return value::number(static_cast<std::int64_t>(number)); }
        else { return value::number(number); }
    }
};

inline namespace literals {
template <char... Digits>
constexpr number_in_type<Digits...> operator""_c() {
    return {};
}
} // namespace literals

// Op applied to expressions: an empty type, one node of the graph.
template <class Op, Expression... X>
struct applied : detail::expression::base {
    using placeholders = boost::mp11::mp_set_union<boost::mp11::mp_list<>, typename X::placeholders...>;
    static constexpr int tree_size = 1 + (0 + ... + X::tree_size);
    static constexpr bool small = tree_size <= detail::expression::largest_tree;
    static_assert(small,
                  "an expression type of more than 256 nodes: write it as a traced function, damo::fn([](auto x, ...) { ... })");
    template <class Environment>
    static constexpr value build(ir::module& m, const Environment& e) {
        if constexpr (requires { Op::facts; }) { return ops::apply<Op>(X::build(m, e)...); }
        else { return Op::call(X::build(m, e)...); }
    }
};

// The function that an expression stands for: its placeholders, in order of appearance, are the parameters.
template <Expression E>
struct expression_function : function_base<expression_function<E>> {
    using placeholders = typename E::placeholders;
    using parameters = typename detail::expression::signature_of<placeholders>::type;
    using symbolic_result = value;
    static constexpr int input_count = parameters::leaves;
    static constexpr int output_count = 1;
    static constexpr void declare(leaf_type* out) { parameters::declare(out); }
    static constexpr const char* input_name(int i) {
        constexpr auto names = []<class... P>(boost::mp11::mp_list<P...>) {
            struct list {
                const char* at[sizeof...(P) + 1];
            };
            return list{{P::name..., nullptr}};
        }(placeholders{});
        return names.at[i];
    }
    static constexpr void trace(ir::module& m, ir::index* outputs) {
        value leaves[input_count > 0 ? input_count : 1];
        detail::compiled::make_inputs<expression_function>(m, leaves);
        value result = E::build(m, detail::expression::environment<placeholders>{leaves});
        if (result.is_literal()) { result = ops::as_element(m, result, result.literal_kind()); }
        outputs[0] = result.node();
    }
};

// The derivative of an expression with respect to one placeholder: a reference to a stored graph, so its name stays short however long
// the derivative is.
template <Expression E, class P>
struct derivative_expression : detail::expression::base {
    using placeholders = typename E::placeholders;
    static constexpr int tree_size = 1;
    using function = gradient_function<expression_function<E>, false, detail::expression::position_in<P>(placeholders{})>;
    template <class Environment>
    static constexpr value build(ir::module& m, const Environment& e) {
        constexpr int count = expression_function<E>::input_count;
        value leaves[count];
        []<class... Q>(boost::mp11::mp_list<Q...>, value* out, const Environment& from) {
            ((*out++ = from.template of<Q>()), ...);
        }(placeholders{}, leaves, e);
        value result;
        detail::inlining::record_graph<function>(m, leaves, &result);
        return result;
    }
};

// grad(expression, x): derivative of a scalar expression with respect to placeholder x.
template <Expression E, Expression P>
constexpr auto grad(E, P) {
    if constexpr (boost::mp11::mp_set_contains<typename E::placeholders, P>::value) { return derivative_expression<E, P>{}; }
    else {
        static_assert(detail::symbol::never<P>, "grad(expression, x) requires x to be a placeholder that occurs in the expression");
        return E{};
    }
}

// grad<"x">(expression): the same by the name of the placeholder.
template <core::fixed_text Name, Expression E>
constexpr auto grad(E) {
    using F = expression_function<E>;
    if constexpr (!detail::leaf_names::find<F, Name>().unique) {
        static_assert(sizeof(detail::report::says<detail::leaf_names::unknown_name<F, Name>>) > 0);
        return E{};
    }
    else {
        using names = boost::mp11::mp_rename<typename E::placeholders, std::tuple>;
        return derivative_expression<E, std::tuple_element_t<detail::leaf_names::find<F, Name>().found.first, names>>{};
    }
}

namespace detail::expression {

template <class P, class B, class... Rest>
DAMO_HD DAMO_INLINE constexpr const auto& find(const B& b, const Rest&... rest) {
    if constexpr (std::is_same_v<typename B::placeholder, P>) { return b.value; }
    else { return find<P>(rest...); }
}

// The placeholders of E that have no value among those of P..., and the sentence about the first of them for report::says.
template <class E, class... P>
struct unbound {
    using list = mp::mp_set_difference<typename E::placeholders, mp::mp_list<P...>>;
    static constexpr bool none = mp::mp_empty<list>::value;
    struct text {
        char message[256] = {};
        int message_size = 0;
        const char* error_file = nullptr;
        int error_line = 0;
    };
    static constexpr text make() {
        core::sentence s;
        s << "evaluate(expression, x = ..., ...) requires a value for every placeholder of the expression: " << mp::mp_front<list>::name << " has none";
        text t;
        for (int i = 0; i < s.size() && i < 256; ++i) { t.message[t.message_size++] = s.data()[i]; }
        return t;
    }
    static constexpr text stored = make();
};

template <class E, class... P, class... B>
DAMO_HD DAMO_INLINE constexpr auto evaluate_with(mp::mp_list<P...>, const B&... bindings) {
    return expression_function<E>{}(find<P>(bindings...)...);
}

} // namespace detail::expression

// evaluate(expression, x = 1.0, y = 2.0): the value for these arguments, in any order.
template <Expression E, class... P, class... V>
DAMO_HD DAMO_INLINE constexpr auto evaluate(E, const binding<P, V>&... bindings) {
    if constexpr (!detail::expression::unbound<E, P...>::none) {
        static_assert(sizeof(detail::report::says<detail::expression::unbound<E, P...>>) > 0);
        return after_mistake{};
    } else { return detail::expression::evaluate_with<E>(typename E::placeholders{}, bindings...); }
}

// The function of an expression, for the transforms of functions: parameters in order of appearance.
template <int = 0, Expression E>
constexpr auto fn(E) {
    return expression_function<E>{};
}

} // namespace damo
