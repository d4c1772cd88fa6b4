// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>

#include <damo/core/text.hpp>
#include <damo/expr/compiled.hpp>
#include <damo/expr/leaf_path.hpp>
#include <damo/ir/print.hpp>

namespace damo {

namespace detail::print {

template <class F>
concept Function = requires { typename F::parameters; F::input_count; F::output_count; };

// An expression of expr/expression.hpp, which stands for a function.
template <class E>
concept Expression = requires { typename E::placeholders; } && !Function<E>;

template <class F>
struct function_of {
    using type = F;
};
template <Expression E>
struct function_of<E> {
    using type = decltype(fn(E{})); // found beside E when this is used
};
template <class F>
concept Printable = Function<F> || Expression<F>;
template <class F>
using function_t = typename function_of<F>::type;

// The names of a function's inputs, leaf by leaf. A function type may name them by a static member input_name(i); otherwise parameter k
// is xk, and a leaf inside it x0[1].
template <class F>
struct names_of {
    core::sentence characters;
    const char* list[F::input_count > 0 ? F::input_count : 1] = {};

    constexpr names_of() {
        int starts[F::input_count > 0 ? F::input_count : 1] = {};
        if constexpr (requires { F::input_name(0); }) {
            for (int i = 0; i < F::input_count; ++i) {
                starts[i] = characters.size();
                for (const char c : core::text_view(F::input_name(i))) { characters << c; }
                characters << '\0';
            }
        } else {
            generic(starts, static_cast<typename F::parameters::as_tuple*>(nullptr));
        }
        for (int i = 0; i < F::input_count; ++i) { list[i] = characters.data() + starts[i]; }
    }

  private:
    template <class... P>
    constexpr void generic(int* starts, std::tuple<P...>*) {
        int k = 0;
        int at = 0;
        const auto parameter = [&]<class Q>(Q*) {
            for (int leaf = 0; leaf < leaves_of<Q>::count; ++leaf) {
                starts[at++] = characters.size();
                characters << 'x' << k;
                path<Q>::write(characters, leaf);
                characters << '\0';
            }
            ++k;
        };
        (parameter(static_cast<P*>(nullptr)), ...);
    }
};

template <bool AsWritten>
struct infix {
    template <class Graph>
    static constexpr void run(core::sentence& out, const Graph& m, const ir::index* outputs, int count, const ir::input_names& n) {
        ir::print_infix(out, m, outputs, count, n, AsWritten);
    }
};
struct tree {
    template <class Graph>
    static constexpr void run(core::sentence& out, const Graph& m, const ir::index* outputs, int count, const ir::input_names& n) {
        ir::print_tree(out, m, outputs, count, n);
    }
};
struct dot {
    template <class Graph>
    static constexpr void run(core::sentence& out, const Graph& m, const ir::index* outputs, int count, const ir::input_names& n) {
        ir::print_dot(out, m, outputs, count, n);
    }
};

template <int Size>
struct buffer {
    char text[Size] = {};
    int length = 0; // needed; more than Size means that the buffer was too small
};
template <int Size, class F, class Printer>
constexpr buffer<Size> print_into() {
    core::sentence out;
    if constexpr (optimised_graph<F>::stored.failed) {
        // Whoever calls the function gets the sentence as an error; looking at it is allowed.
        for (int i = 0; i < optimised_graph<F>::stored.message_size; ++i) { out << optimised_graph<F>::stored.message[i]; }
    } else {
        ir::module m;
        ir::index outputs[F::output_count > 0 ? F::output_count : 1] = {};
        ir::load(optimised_graph<F>::stored, m, outputs);
        const names_of<F> names;
        Printer::run(out, m, outputs, F::output_count, {names.list, F::input_count});
    }
    buffer<Size> b;
    b.length = out.size();
    for (int i = 0; i < out.size() && i < Size; ++i) { b.text[i] = out.data()[i]; }
    return b;
}

// The printed text at its exact length; a constant of its own for each function and form.
template <class F, class Printer>
struct printed {
    static constexpr auto make() {
        constexpr int estimate = 64 + 32 * optimised_graph<F>::stored.node_count;
        constexpr auto first = print_into<estimate, F, Printer>();
        if constexpr (first.length <= estimate) { return core::fixed_text<first.length + 1>(core::text_view(first.text, first.length)); }
        else {
            constexpr auto second = print_into<first.length, F, Printer>();
            return core::fixed_text<first.length + 1>(core::text_view(second.text, second.length));
        }
    }
    static constexpr auto text = make();
};

} // namespace detail::print

// What a function computes, as a formula: static_assert(damo::to_string(grad(f)) == "sigmoid(x0 - x1)"). Several results stand in
// parentheses. Where the formula would be very long, its shared parts come first, each on a line of its own: t1 = exp(x0). The text
// compares with string literals and has view() and c_str(). Parameters of a traced function have no names in C++: they are x0, x1...,
// their parts x0[1]; expression types print the names of their variables.
template <detail::print::Printable F>
constexpr auto to_string(F) {
    using function = detail::print::function_t<F>;
    return detail::print::printed<function, detail::print::infix<!function::filter.collect>>::text;
}

// The same as an indented tree with types, one operation per line; what occurs again is a reference such as #1.
template <detail::print::Printable F>
constexpr auto to_tree(F) {
    return detail::print::printed<detail::print::function_t<F>, detail::print::tree>::text;
}

// The same as a graph in the DOT language: dot -Tsvg draws it.
template <detail::print::Printable F>
constexpr auto to_dot(F) {
    return detail::print::printed<detail::print::function_t<F>, detail::print::dot>::text;
}

// The names of the rewrites that led to this form, in the order of their application: log.of_exp, where.same... Those of a derivative
// begin after differentiation; what was rewritten before is told by rewrites of the function itself.
template <detail::print::Printable F>
constexpr auto rewrites(F) {
    using graph = optimised_graph<detail::print::function_t<F>>;
    constexpr int count = graph::stored.name_count;
    std::array<core::text_view, static_cast<std::size_t>(count)> names{};
    for (int i = 0; i < count; ++i) { names[static_cast<std::size_t>(i)] = graph::stored.names[i]; }
    return names;
}

} // namespace damo
