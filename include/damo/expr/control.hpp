// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <concepts>
#include <tuple>
#include <type_traits>
#include <utility>

#include <damo/expr/leaves.hpp>
#include <damo/ops/concatenate.hpp>
#include <damo/ops/cond.hpp>
#include <damo/ops/scan.hpp>

namespace damo {

namespace detail::loops {

// What a body sees of a carry or argument of type T: the symbols it is made of; a plain number becomes a symbol of any type.
template <class T>
struct carried {
    using type = typename leaves_of<T>::symbolic;
};
template <class T>
    requires std::is_arithmetic_v<T>
struct carried<T> {
    using type = value;
};
template <class P, std::size_t N>
struct carried<std::array<P, N>> {
    using type = std::array<typename carried<P>::type, N>;
};
template <class... P>
struct carried<std::tuple<P...>> {
    using type = std::tuple<typename carried<P>::type...>;
};
template <class A, class B>
struct carried<std::pair<A, B>> {
    using type = std::pair<typename carried<A>::type, typename carried<B>::type>;
};
template <class T>
using carried_t = typename carried<T>::type;

// The same with every leaf a symbol of any type: what is stacked of T.
template <class T>
struct stacked {
    static_assert(leaves_of<T>::count == 1, "scan stacks numbers, arrays, and std::array, std::tuple and std::pair of them");
    using type = value;
};
template <class P, std::size_t N>
struct stacked<std::array<P, N>> {
    using type = std::array<typename stacked<P>::type, N>;
};
template <class... P>
struct stacked<std::tuple<P...>> {
    using type = std::tuple<typename stacked<P>::type...>;
};
template <class A, class B>
struct stacked<std::pair<A, B>> {
    using type = std::pair<typename stacked<A>::type, typename stacked<B>::type>;
};
template <class T>
using stacked_t = typename stacked<T>::type;

// How the first argument of fold and scan is walked through: a number of steps has no sequences, everything else one per leaf.
template <class X>
struct walk {
    static_assert(std::is_integral_v<X>, "fold and scan walk through a whole number of steps, an array along its first axis, or a std::array or "
                                         "std::tuple of these");
    using element = scalar<std::int64_t>;
    static constexpr int count = 0;
    static constexpr void split(const X&, value*) {}
};
template <class T>
struct walk<scalar<T>> {
    static_assert(std::is_integral_v<T>, "the number of steps of fold and scan is an integer: cast it");
    using element = scalar<std::int64_t>;
    static constexpr int count = 0;
    static constexpr void split(const scalar<T>&, value*) {}
};
template <>
struct walk<value> {
    using element = value;
    static constexpr int count = 1;
    static constexpr void split(const value& x, value* out) { out[0] = x; }
};
template <class T, std::int64_t First, std::int64_t... Rest>
struct walk<tensor<T, First, Rest...>> {
    using element = std::conditional_t<sizeof...(Rest) == 0, scalar<T>, tensor<T, Rest...>>;
    static constexpr int count = 1;
    static constexpr void split(const value& x, value* out) { out[0] = x; }
};
template <std::size_t... I>
constexpr value stacked_column(const value* column, std::index_sequence<I...>) {
    return stack({operand(column[I])...});
}
template <class P, std::size_t N>
struct walk<std::array<P, N>> {
    static_assert(N > 0, "fold and scan need at least one element in a std::array");
    using element = carried_t<P>;
    static constexpr int count = leaves_of<element>::count;
    static constexpr void split(const std::array<P, N>& x, value* out) {
        value leaves[N][count];
        for (std::size_t i = 0; i < N; ++i) { leaves_of<P>::split(x[i], leaves[i]); }
        for (int l = 0; l < count; ++l) {
            bool numbers = true;
            core::pool<value> column(static_cast<int>(N));
            for (std::size_t i = 0; i < N; ++i) {
                column.push(leaves[i][l]);
                numbers = numbers && leaves[i][l].is_literal();
            }
            if (numbers) {
                constexpr char text[] = "fold and scan were given a std::array of numbers alone: make its elements symbols, as in 0*x + number";
                core::raise(text, sizeof text - 1);
            }
            out[l] = stacked_column(column.data, std::make_index_sequence<N>{});
        }
    }
};
template <class... X>
struct walk<std::tuple<X...>> {
    using element = std::tuple<typename walk<X>::element...>;
    static constexpr int count = (0 + ... + walk<X>::count);
    static_assert(((walk<X>::count > 0) && ...), "fold and scan walk through a std::tuple of sequences");
    static constexpr void split(const std::tuple<X...>& x, value* out) {
        std::apply([&](const X&... part) { ((walk<X>::split(part, out), out += walk<X>::count), ...); }, x);
    }
};

constexpr value poison(ir::module& m) { return {m, ir::module::poison}; }

// What a loop begins with and walks through must be something.
constexpr void require_symbols(const char* name, const value* given, int count, const char* file, int line) {
    for (int k = 0; k < count; ++k) {
        if (!given[k].is_empty()) { continue; }
        const operand x(given[k], file, line);
        (void)ops::refuse_vacant(nullptr, name, &x, 1);
    }
}
// So must what its body gives.
constexpr bool gives_symbols(ir::module& m, const char* part, const char* name, const value* next, int count) {
    for (int k = 0; k < count; ++k) {
        if (!next[k].is_empty()) { continue; }
        m.fail() << part << " of " << name << " gives an empty symbol: assign what an operation gives to it first";
        return false;
    }
    return true;
}
// After a mistake nothing of the loop has a value.
constexpr void give_up(ir::module& m, value* results, int count) {
    for (int k = 0; k < count; ++k) { results[k] = poison(m); }
}

// Operands of a loop: how many steps, and the sequences.
struct steps {
    value count;
    ir::extent extent = 0;
};
constexpr steps steps_of(ir::module& m, const char* name, value given, const value* sequences, int sequence_count) {
    if (sequence_count == 0) {
        value n = given.is_literal() ? ops::as_element(m, given, dtype::int64) : given;
        if (n.is_poison()) { return {n, 0}; }
        if (n.rank() != 0 || !is_integer(n.element())) {
            auto& s = m.fail();
            s << name << " requires a whole number of steps, not ";
            m.print_type(s, n.type());
            s << ": cast it to an integer";
            return {poison(m), 0};
        }
        n = ops::as_element(m, n, dtype::int64);
        return {n, ops::extent_of_steps(m, n)};
    }
    ir::extent e = sequences[0].type().extents[0];
    for (int k = 1; k < sequence_count; ++k) {
        if (!m.unify(e, sequences[k].type().extents[0], e)) {
            auto& s = m.fail();
            s << name << " requires sequences with equally many elements; sequence " << (k + 1) << " is ";
            m.print_type(s, sequences[k].type());
            s << " where those before have " << e << ": slice or pad it";
            return {poison(m), 0};
        }
    }
    return {ops::extent_value(m, e, dtype::int64), e};
}

// The result of a body for carry k in the type that the carry has. False: the carry began as a plain number, and should begin in the type
// that is now in `init`.
constexpr bool settle_carry(ir::module& m, const char* name, int k, value& next, value& init, bool flexible) {
    if (next.is_literal()) { next = ops::as_element(m, next, init.element()); }
    if (next.is_poison()) { return true; }
    const ir::tensor_type from = next.type();
    const ir::tensor_type to = init.type();
    if (ir::same_type(from, to)) { return true; }
    ir::tensor_type shape = from;
    const bool widens = ops::broadcast_shapes(m, shape, to);
    bool fits = widens && shape.rank == to.rank && promote(from.element, to.element) == to.element;
    for (int a = 0; a < to.rank && fits; ++a) { fits = to.extents[a] != 1 || shape.extents[a] == 1; }
    if (flexible && widens && !fits) {
        const dtype t = promote(from.element, to.element);
        shape.element = t;
        init = {m, ops::fit(m, init.node(), m.intern(shape))};
        return false;
    }
    if (fits) {
        next = {m, ops::fit(m, next.node(), m.intern(to))};
        return true;
    }
    auto& s = m.fail();
    s << "the body of " << name << " gives ";
    m.print_type(s, from);
    s << " for carry " << (k + 1) << ", which begins as ";
    m.print_type(s, to);
    s << ": begin with the type that every step gives, or cast the result";
    next = poison(m);
    return true;
}

template <class R>
struct parts_of;
template <class A, class B>
struct parts_of<std::pair<A, B>> {
    using carry = A;
    using output = B;
};
template <class A, class B>
struct parts_of<std::tuple<A, B>> {
    using carry = A;
    using output = B;
};

// The graph that the operands belong to. Numbers alone belong to none: then the body is asked, which may use symbols of the outside.
template <class Body, class E, class C, class R>
constexpr ir::module* find_owner(const value* given, int count, const Body& body, const value* carries) {
    for (int k = 0; k < count; ++k) {
        if (given[k].has_owner()) { return &given[k].owner(); }
    }
    value numbers[leaves_of<E>::count > 0 ? leaves_of<E>::count : 1];
    for (auto& v : numbers) { v = value::number(0); }
    value found[leaves_of<R>::count > 0 ? leaves_of<R>::count : 1];
    leaves_of<R>::split(body(leaves_of<E>::build(numbers), leaves_of<C>::build(carries)), found);
    for (const value& v : found) {
        if (v.has_owner()) { return &v.owner(); }
    }
    constexpr char text[] = "fold and scan require a symbol among the steps, the sequences, the initial values or what the body uses";
    core::raise(text, sizeof text - 1);
    return nullptr;
}

// Records a loop; results: the last carries, then what is stacked.
template <class X, class I, class Body, class R>
constexpr void record(const char* name, const X& over, const I& init, const Body& body, value* results, const char* file, int line) {
    using W = walk<X>;
    using C = carried_t<I>;
    using E = typename W::element;
    constexpr int carries = leaves_of<C>::count;
    constexpr int outputs = leaves_of<R>::count;
    value inits[carries > 0 ? carries : 1];
    leaves_of<I>::split(init, inits);
    value sequences[W::count > 0 ? W::count : 1];
    W::split(over, sequences);
    value count;
    if constexpr (std::is_integral_v<X>) { count = value::number(over); }
    else if constexpr (W::count == 0) { count = over; }
    int sequence_count = W::count;
    if constexpr (std::is_same_v<X, value>) {
        if (sequences[0].is_literal() || (!sequences[0].is_poison() && sequences[0].rank() == 0)) {
            count = sequences[0];
            sequence_count = 0;
        }
    }
    value given[carries + W::count + 2];
    int known = 0;
    for (int k = 0; k < carries; ++k) { given[known++] = inits[k]; }
    for (int k = 0; k < sequence_count; ++k) { given[known++] = sequences[k]; }
    if (sequence_count == 0) { given[known++] = count; }
    require_symbols(name, given, known, file, line);
    ir::module& m = *find_owner<Body, E, C, R>(given, known, body, inits);
    m.here = {file, line};
    for (int k = 0; k < outputs; ++k) { results[k] = poison(m); }
    for (value* list : {inits, sequences, given}) {
        const int size = list == inits ? carries : list == sequences ? sequence_count : known;
        for (int k = 0; k < size; ++k) { list[k] = ops::brought(m, list[k]); }
    }
    count = ops::brought(m, count);
    for (int k = 0; k < known; ++k) {
        if (given[k].is_poison()) { return; }
    }
    for (int k = 0; k < sequence_count; ++k) {
        if (sequences[k].rank() == 0) {
            m.fail() << name << " requires sequences that are arrays; sequence " << (k + 1) << " is a number: stack numbers first";
            return give_up(m, results, outputs);
        }
    }
    const steps n = steps_of(m, name, count, sequences, sequence_count);
    if (n.count.is_poison()) { return; }
    bool flexible[carries > 0 ? carries : 1] = {};
    for (int k = 0; k < carries; ++k) {
        flexible[k] = inits[k].is_literal();
        if (flexible[k]) { inits[k] = ops::as_element(m, inits[k], inits[k].literal_kind()); }
    }
    for (int attempt = 0; attempt < 4; ++attempt) {
        ops::loop_builder loop(m, n.count, n.extent, false);
        value carry[carries > 0 ? carries : 1];
        for (int k = 0; k < carries; ++k) { carry[k] = loop.carry(inits[k]); }
        value element[leaves_of<E>::count > 0 ? leaves_of<E>::count : 1];
        for (int k = 0; k < sequence_count; ++k) { element[k] = loop.element(sequences[k]); }
        if (sequence_count == 0) { element[0] = loop.step(); }
        value next[outputs > 0 ? outputs : 1];
        leaves_of<R>::split(body(leaves_of<E>::build(element), leaves_of<C>::build(carry)), next);
        if (!gives_symbols(m, "the body", name, next, outputs)) { return give_up(m, results, outputs); }
        bool settled = true;
        for (int k = 0; k < carries; ++k) { settled = settle_carry(m, name, k, next[k], inits[k], flexible[k]) && settled; }
        if (!settled) { continue; }
        for (int k = carries; k < outputs; ++k) {
            if (next[k].is_literal()) { next[k] = ops::as_element(m, next[k], next[k].literal_kind()); }
            if (next[k].rank() == ir::max_rank) {
                m.fail() << name << " cannot stack arrays of " << ir::max_rank << " axes, the most there are";
                return give_up(m, results, outputs);
            }
        }
        for (int k = 0; k < outputs; ++k) {
            if (next[k].is_poison()) { return; }
        }
        m.here = {file, line};
        const ir::index made = loop.finish(next, outputs);
        for (int k = 0; k < outputs; ++k) { results[k] = ops::projection(m, made, k); }
        return;
    }
    m.fail() << "the carry of " << name << " has another type after every step: begin with the type that every step gives";
    give_up(m, results, outputs);
}

// Records a loop that goes on while a condition holds; results: the last carries.
template <class I, class Condition, class Body>
constexpr void record_while(const I& init, const Condition& condition, const Body& body, value* results, const char* file, int line) {
    using C = carried_t<I>;
    using E = scalar<std::int64_t>;
    constexpr int carries = leaves_of<C>::count;
    value inits[carries];
    leaves_of<I>::split(init, inits);
    const auto with_step = [&](const E&, const C& c) { return body(c); };
    using R = decltype(body(std::declval<C>()));
    require_symbols("while_loop", inits, carries, file, line);
    ir::module& m = *find_owner<decltype(with_step), E, C, R>(inits, carries, with_step, inits);
    m.here = {file, line};
    bool flexible[carries] = {};
    for (int k = 0; k < carries; ++k) {
        results[k] = poison(m);
        flexible[k] = inits[k].is_literal();
        if (flexible[k]) { inits[k] = ops::as_element(m, inits[k], inits[k].literal_kind()); }
    }
    for (int k = 0; k < carries; ++k) {
        if (inits[k].is_poison()) { return; }
    }
    const auto holds = [&](const value* c) {
        value p = condition(leaves_of<C>::build(c));
        if (p.is_literal()) { p = ops::as_element(m, p, p.literal_kind()); }
        if (!gives_symbols(m, "the condition", "while_loop", &p, 1)) { return poison(m); }
        if (p.is_poison() || (p.rank() == 0 && p.element() == dtype::boolean)) { return p; }
        auto& s = m.fail();
        s << "the condition of while_loop gives ";
        m.print_type(s, p.type());
        s << " where one bool is required: compare, or reduce with all or any";
        return poison(m);
    };
    const value steps = ops::make_constant(m, dtype::int64, ops::any_steps);
    for (int attempt = 0; attempt < 4; ++attempt) {
        const value begins = holds(inits);
        if (begins.is_poison()) { return; }
        ops::loop_builder loop(m, steps, ops::extent_of_steps(m, steps), false);
        loop.go_on_while();
        loop.carry(begins);
        const value done = loop.carry(ops::make_constant(m, dtype::int64, 0));
        value carry[carries];
        for (int k = 0; k < carries; ++k) { carry[k] = loop.carry(inits[k]); }
        value next[2 + carries];
        leaves_of<R>::split(body(leaves_of<C>::build(carry)), next + 2);
        if (!gives_symbols(m, "the body", "while_loop", next + 2, carries)) { return give_up(m, results, carries); }
        bool settled = true;
        for (int k = 0; k < carries; ++k) { settled = settle_carry(m, "while_loop", k, next[2 + k], inits[k], flexible[k]) && settled; }
        if (!settled) { continue; }
        for (int k = 0; k < carries; ++k) {
            if (next[2 + k].is_poison()) { return; }
        }
        next[0] = holds(next + 2);
        next[1] = done + 1;
        if (next[0].is_poison()) { return; }
        m.here = {file, line};
        const ir::index made = loop.finish(next, 2 + carries);
        for (int k = 0; k < carries; ++k) { results[k] = ops::projection(m, made, 2 + k); }
        return;
    }
    m.fail() << "the carry of while_loop has another type after every step: begin with the type that every step gives";
    give_up(m, results, carries);
}

template <class T>
concept Branch = !std::convertible_to<const T&, operand>;

} // namespace detail::loops

// fold(n, init, body): body(i, carry) gives the next carry, for i = 0, 1, ..., n - 1; the last carry is the result, init when n is 0 or
// less. n is a number or an integer symbol, whose value the call decides.
// fold(sequence, init, body): body(element, carry) for the elements along axis 0 of an array, of a std::array, or of several of equal
// length at once in a std::tuple.
// A carry is a number, an array, or std::array, std::tuple or an adapted struct of these. What begins as a plain number takes the type
// that the body gives it. The body is recorded once and kept as a loop; what does not depend on the step is computed before it.
template <class X, class I, class Body>
constexpr auto fold(const X& over, const I& init, const Body& body, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    using namespace detail::loops;
    using C = carried_t<I>;
    using R = decltype(body(std::declval<typename walk<X>::element>(), std::declval<C>()));
    static_assert(leaves_of<R>::count == leaves_of<C>::count, "the body of fold(n, init, body) must return a carry of the form of init");
    value results[leaves_of<C>::count];
    record<X, I, Body, R>("fold", over, init, body, results, file, line);
    return leaves_of<C>::build(results);
}

// scan(n or sequence, init, body): as fold, but body(i or element, carry) gives a pair (next carry, output). The result is the pair of the
// last carry and the outputs of all steps, stacked along a new axis 0.
template <class X, class I, class Body>
constexpr auto scan(const X& over, const I& init, const Body& body, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    using namespace detail::loops;
    using C = carried_t<I>;
    using R = decltype(body(std::declval<typename walk<X>::element>(), std::declval<C>()));
    using P = parts_of<R>;
    static_assert(leaves_of<typename P::carry>::count == leaves_of<C>::count,
                  "the body of scan(n, init, body) must return std::pair(next carry, output), the carry of the form of init");
    using Y = stacked_t<typename P::output>;
    constexpr int carries = leaves_of<C>::count;
    value results[carries + leaves_of<Y>::count];
    record<X, I, Body, R>("scan", over, init, body, results, file, line);
    return std::pair<C, Y>{leaves_of<C>::build(results), leaves_of<Y>::build(results + carries)};
}

// while_loop(condition, body, init): carry = body(carry) as long as condition(carry) holds; the last carry is the result, init when the
// condition does not hold at the beginning. A carry is what fold takes. It ends when the condition says so: nothing else stops it.
// Derivatives: forward with the loop, reverse by walking the same number of steps again.
template <class Condition, class Body, class I>
constexpr auto while_loop(const Condition& condition, const Body& body, const I& init, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    using namespace detail::loops;
    using C = carried_t<I>;
    static_assert(leaves_of<decltype(body(std::declval<C>()))>::count == leaves_of<C>::count,
                  "the body of while_loop(condition, body, init) must return a carry of the form of init");
    value results[leaves_of<C>::count];
    record_while<I>(init, condition, body, results, file, line);
    return leaves_of<C>::build(results);
}

// cond(p, f, g, args...): f(args...) if p holds, else g(args...), of which only the one taken is computed. Both give results of one form:
// numbers, arrays, or std::array, std::tuple and adapted structs of them.
template <class F, class G, class... A>
    requires(detail::loops::Branch<F> && detail::loops::Branch<G>)
constexpr auto cond(const operand& p, const F& f, const G& g, const A&... arguments) {
    using namespace detail::loops;
    using R = decltype(f(arguments...));
    using S = decltype(g(arguments...));
    static_assert(leaves_of<R>::count == leaves_of<S>::count, "both branches of cond(p, f, g, args...) must give results of one form");
    using C = std::conditional_t<std::is_same_v<carried_t<R>, carried_t<S>>, carried_t<R>, stacked_t<R>>;
    constexpr int count = leaves_of<R>::count;
    value a[count];
    value b[count];
    leaves_of<R>::split(f(arguments...), a);
    leaves_of<S>::split(g(arguments...), b);
    for (int k = 0; k < count; ++k) { a[k] = cond(p, operand(a[k], p.file, p.line), operand(b[k], p.file, p.line)); }
    return leaves_of<C>::build(a);
}

} // namespace damo
