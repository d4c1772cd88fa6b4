// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>

#include <damo/ir/module.hpp>

namespace damo {

namespace detail::symbol {
template <class...>
inline constexpr bool never = false;
}

// A symbol: one node of a graph, or a literal number that has not met a graph yet. The one class that all op functions take and
// return, in constant evaluation and at run time. Copying is cheap. In constant evaluation, and in a graph_builder, the graph outlives its
// values; a graph that the program shares (graph/arena.hpp) lives as long as one of its values does.
class value {
  public:
    constexpr value() = default; // empty: no node, no number
    constexpr value(ir::module& owner, ir::index node) : owner_(&owner), payload_(static_cast<std::uint64_t>(node)) {
        if (node == ir::module::poison && owner.failed && owner.raises) { owner.raise_mistake(); }
        if (owner.keeper != nullptr) {
            owner.keeper->keep(owner, 1);
            counted_ = true;
        }
    }

    constexpr value(const value& x) : owner_(x.owner_), payload_(x.payload_), literal_(x.literal_), counted_(x.counted_) {
        if (counted_) { owner_->keeper->keep(*owner_, 1); }
    }
    constexpr value& operator=(const value& x) {
        if (x.counted_) { x.owner_->keeper->keep(*x.owner_, 1); }
        if (counted_) { owner_->keeper->keep(*owner_, -1); }
        owner_ = x.owner_;
        payload_ = x.payload_;
        literal_ = x.literal_;
        counted_ = x.counted_;
        return *this;
    }
    constexpr ~value() {
        if (counted_) { owner_->keeper->keep(*owner_, -1); }
    }

    // A number of no fixed element type: it takes the type of the array it meets, as a Python number does in NumPy.
    static constexpr value literal(dtype kind, std::uint64_t bits) {
        value v;
        v.payload_ = bits;
        v.literal_ = kind;
        return v;
    }
    template <class T>
        requires std::is_arithmetic_v<T>
    static constexpr value number(T x) {
        if constexpr (std::is_same_v<T, bool>) { return literal(dtype::boolean, x ? 1 : 0); }
        else if constexpr (std::is_integral_v<T>) {
            return literal(dtype::int64, static_cast<std::uint64_t>(static_cast<std::int64_t>(x)));
        } else {
            return literal(dtype::float64, ir::to_bits(static_cast<double>(x)));
        }
    }

    constexpr bool is_empty() const { return owner_ == nullptr && literal_ == dtype::none; }
    constexpr bool is_literal() const { return literal_ != dtype::none; }
    constexpr bool is_poison() const { return owner_ != nullptr && payload_ == 0; }
    constexpr ir::module& owner() const { return *owner_; }
    constexpr bool has_owner() const { return owner_ != nullptr; }
    constexpr ir::index node() const { return static_cast<ir::index>(payload_); }
    constexpr dtype literal_kind() const { return literal_; }
    constexpr std::uint64_t literal_bits() const { return payload_; }

    constexpr const ir::tensor_type& type() const { return owner_->types.data[owner_->nodes.data[payload_].type]; }
    constexpr int rank() const { return owner_ ? type().rank : 0; }
    constexpr dtype element() const { return owner_ ? owner_->types.data[owner_->nodes.data[payload_].type].element : literal_; }
    // Whether a and b are nodes of one graph and of one element type, as most operands of one op are; if so, which.
    static constexpr bool alike(const value& a, const value& b, dtype& element, ir::index* nodes) {
        if (a.owner_ == nullptr || a.owner_ != b.owner_ || a.payload_ == 0 || b.payload_ == 0) { return false; }
        const ir::module& m = *a.owner_;
        nodes[0] = static_cast<ir::index>(a.payload_);
        nodes[1] = static_cast<ir::index>(b.payload_);
        const ir::index t = m.nodes.data[a.payload_].type;
        element = m.types.data[t].element;
        const ir::index u = m.nodes.data[b.payload_].type;
        return u == t || m.types.data[u].element == element;
    }

    // For their messages only. Said in the exception specification, which is looked at where the conversion is written: a body would be
    // instantiated deep inside the recording of a function. An implicit conversion to numbers would take part in the choice of every
    // operator and of std::sin(x), so `double d = symbol` is left to the compiler; clang then shows the line of the declaration.
    template <std::same_as<bool> B>
    constexpr explicit operator B() const noexcept([] {
        static_assert(detail::symbol::never<B>, "if (symbol), symbol && symbol and symbol ? a : b decide before the value is known: "
                                                "write where(condition, a, b), cond(condition, f, g) or a & b");
        return true;
    }()) {
        return false;
    }
    template <class N>
        requires(std::is_arithmetic_v<N> && !std::is_same_v<N, bool>)
    constexpr explicit operator N() const // a symbol has no number yet: keep it a symbol (auto), and call the function to get numbers
        noexcept([] {
            static_assert(detail::symbol::never<N>, "a symbol has no number yet: keep it a symbol (auto), and call the function to get numbers");
            return true;
        }()) {
        return N();
    }
    template <class I>
    constexpr value operator[](const I&) const
        noexcept([] {
            static_assert(detail::symbol::never<I>, "x[i] of a symbol is no element: write at(x, {i}) for the part at i, slice(x, {range(i, j)}) for several");
            return true;
        }()) {
        return *this;
    }

  private:
    ir::module* owner_ = nullptr;
    std::uint64_t payload_ = 0;
    dtype literal_ = dtype::none;
    bool counted_ = false; // one of the values that keep a shared graph
};

// A symbol or a number, as the argument of an op, together with the place of the call. Made implicitly.
struct operand {
    value v;
    const char* file = nullptr;
    int line = 0;

    constexpr operand() = default;
    constexpr operand(const value& x, const char* f = __builtin_FILE(), int l = __builtin_LINE()) : v(x), file(f), line(l) {}
    template <class T>
        requires std::is_arithmetic_v<T>
    constexpr operand(T x, const char* f = __builtin_FILE(), int l = __builtin_LINE())
        : v(value::number(x)), file(f), line(l) {}
};

} // namespace damo
