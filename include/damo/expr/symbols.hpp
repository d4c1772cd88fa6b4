// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/core/text.hpp>
#include <damo/ir/value.hpp>
#include <damo/ops/leaf.hpp>
#include <damo/ops/power.hpp>

namespace damo {

// An extent known only when the function is called.
inline constexpr std::int64_t dyn = -1;

namespace detail::symbols {

// The name of a declared extent, or 0. Names are extents below dyn.
DAMO_HD constexpr std::int64_t name_of_extent(std::int64_t declared) { return declared < dyn ? dyn - declared : 0; }

template <core::fixed_text Name>
constexpr std::int64_t named_extent() {
    constexpr std::int64_t code = core::short_name(Name.view());
    constexpr bool is_name = code > 0;
    static_assert(is_name, "dim<\"name\"> requires a name of one to ten letters, digits and underscores");
    return dyn - code;
}

} // namespace detail::symbols

// An extent with a name, known only when the function is called: among the parameters of a function, axes of one name are equally long,
// which each call checks. matrix<float, dim<"n">, 64>, vector<float, dim<"n">>.
template <core::fixed_text Name>
inline constexpr std::int64_t dim = detail::symbols::named_extent<Name>();

namespace detail::symbols {

// Records a sentence when v is not what a typed symbol promises.
constexpr value checked(value v, dtype element, int rank, const std::int64_t* extents) {
    if (v.is_literal()) {
        return value::literal(element, is_floating(element) == is_floating(v.literal_kind()) && !is_floating(element)
                                           ? v.literal_bits()
                                           : ir::bits_from(element, ir::as_double(v.literal_kind(), v.literal_bits())));
    }
    if (!v.has_owner() || v.is_poison()) { return v; }
    const ir::tensor_type& t = v.type();
    bool fits = t.element == element && t.rank == rank;
    for (int k = 0; fits && k < rank; ++k) { fits = extents[k] < 0 || !ir::is_known(t.extents[k]) || t.extents[k] == extents[k]; }
    if (fits) { return v; }
    ir::module& m = v.owner();
    auto& s = m.fail();
    s << "an expression of type ";
    m.print_type(s, t);
    s << " was assigned to a symbol declared as " << name_of(element) << " of rank " << rank << ": cast, reshape or declare it as value";
    return {m, ir::module::poison};
}

} // namespace detail::symbols

// A symbol for an array of element type T and the given extents (numbers, dyn, or dim<"name">). As a parameter of a traced function it declares
// the argument; inside, it behaves as the value it is.
template <class T, std::int64_t... Extents>
struct tensor : value {
    using element_type = T;
    static constexpr int rank_declared = sizeof...(Extents);
    static constexpr std::int64_t extents_declared[sizeof...(Extents) + 1] = {Extents..., 0};

    constexpr tensor() = default;
    constexpr tensor(const value& v) : value(detail::symbols::checked(v, dtype_of<T>(), rank_declared, extents_declared)) {}
};

template <class T, std::int64_t N = dyn>
using vector = tensor<T, N>;
template <class T, std::int64_t M = dyn, std::int64_t N = dyn>
using matrix = tensor<T, M, N>;

// A symbol for one number of type T. Regular, so that code written for double or for an automatic-differentiation type works on it
// unchanged: it starts as zero, is made from any number, and knows += and its kin.
template <class T>
struct scalar : value {
    using element_type = T;
    static constexpr int rank_declared = 0;
    static constexpr std::int64_t extents_declared[1] = {0};

    constexpr scalar() : value(value::literal(dtype_of<T>(), 0)) {}
    constexpr scalar(const value& v) : value(detail::symbols::checked(v, dtype_of<T>(), 0, extents_declared)) {}
    template <class N>
        requires std::is_arithmetic_v<N>
    constexpr scalar(N n) : value(detail::symbols::checked(value::number(n), dtype_of<T>(), 0, extents_declared)) {}
};

template <class T>
constexpr scalar<T>& operator+=(scalar<T>& x, const operand& y) {
    return x = operand(x, y.file, y.line) + y;
}
template <class T>
constexpr scalar<T>& operator-=(scalar<T>& x, const operand& y) {
    return x = operand(x, y.file, y.line) - y;
}
template <class T>
constexpr scalar<T>& operator*=(scalar<T>& x, const operand& y) {
    return x = operand(x, y.file, y.line) * y;
}
template <class T>
constexpr scalar<T>& operator/=(scalar<T>& x, const operand& y) {
    return x = operand(x, y.file, y.line) / y;
}

} // namespace damo
