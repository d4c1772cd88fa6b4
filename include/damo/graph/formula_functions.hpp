// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <damo/graph/formula_text.hpp>
#include <damo/ops/all.hpp>

namespace damo::detail::formula {

// What stands in the place of an operand: a symbol or number, a list of such, an element type, or a part of an index.
enum class item_kind : std::uint8_t { symbol, list, element_type, slice, ellipsis, new_axis, absent, run };
struct item {
    static constexpr std::size_t nowhere = std::string_view::npos;
    item_kind kind = item_kind::symbol;
    dtype element = dtype::none;
    char sign = 0;        // of a run: + or *
    bool chained = false; // a comparison without parentheses: the next one goes on from `last`
    std::size_t at = nowhere; // place in the text
    value v;
    value last;
    range part;
    int first = 0; // of a list or run: where its items lie
    int count = 0;
    std::string_view name{}; // of a named argument
};

// The arguments of one call, handed out in the types that the public function takes. A mistake is told at the argument.
class arguments {
  public:
    arguments(std::string_view text, std::string_view function, std::size_t at, const std::vector<item>& lists, const char* file, int line)
        : text_(text), function_(function), at_(at), lists_(lists), file_(file), line_(line) {}

    // Puts the arguments given in the places of the parameters, "x axis=-1 keepdims"; what is missing stays null.
    void place(const item* given, int count, const char* parameters) {
        std::string_view rest = parameters;
        while (!rest.empty()) {
            const std::size_t end = rest.find(' ') == std::string_view::npos ? rest.size() : rest.find(' ');
            const std::string_view one = rest.substr(0, end);
            const std::size_t equals = one.find('=');
            names_.push_back(one.substr(0, equals));
            defaults_.push_back(equals == std::string_view::npos ? 0 : one[equals + 1] == '-' ? -1 : one[equals + 1] - '0');
            has_default_.push_back(equals != std::string_view::npos);
            rest.remove_prefix(end == rest.size() ? end : end + 1);
        }
        placed_.resize(names_.size(), nullptr);
        for (int k = 0; k < count; ++k) {
            const item& x = given[k];
            std::size_t p = 0;
            if (x.name.empty()) { p = static_cast<std::size_t>(k); }
            else {
                nearest_name nearest(x.name);
                for (const std::string_view& name : names_) { nearest.look_at(name); }
                while (p < names_.size() && names_[p] != x.name) { ++p; }
                if (p == names_.size()) { refuse(text_, x.at, x.name.size(), std::string(function_) + " has no argument " + quoted(x.name) + nearest.said()); }
            }
            if (p >= names_.size()) { refuse(text_, x.at, 1, std::string(function_) + "(" + listed() + ") takes at most " + std::to_string(names_.size()) + " arguments"); }
            if (placed_[p] != nullptr) { refuse(text_, x.at, 1, std::string(function_) + " is given its argument " + quoted(names_[p]) + " twice"); }
            placed_[p] = &x;
        }
    }

    template <class T>
    T take(int k) {
        const auto p = static_cast<std::size_t>(k);
        const item* x = placed_[p];
        if constexpr (std::is_same_v<T, operand>) { return symbol(need(p)); }
        else if constexpr (std::is_same_v<T, std::vector<operand>>) {
            const item& list = need(p);
            if (list.kind != item_kind::list) { wrong(list, p, "a list, [x, y]"); }
            std::vector<operand> all;
            for (int i = 0; i < list.count; ++i) { all.push_back(symbol(element(list, i))); }
            if (all.empty()) { wrong(list, p, "a list that is not empty"); }
            return all;
        } else if constexpr (std::is_same_v<T, axes>) {
            axes a;
            if (has_default_[p]) { a = axes(defaults_[p]); }
            if (x == nullptr) { return a; }
            a.count = 0;
            const int count = x->kind == item_kind::list ? x->count : 1;
            for (int i = 0; i < count; ++i) {
                const std::int64_t axis = number(x->kind == item_kind::list ? element(*x, i) : *x, p);
                if (a.count < ir::max_rank) { a.list[a.count] = static_cast<int>(axis < -1000 ? -1000 : axis > 1000 ? 1000 : axis); }
                ++a.count;
            }
            return a;
        } else if constexpr (std::is_same_v<T, keep_dims>) {
            if (x == nullptr) { return keep_dims::no; }
            if (!is_number(*x) || x->v.literal_bits() > 1) { wrong(*x, p, "true or false"); }
            return x->v.literal_bits() != 0 ? keep_dims::yes : keep_dims::no;
        } else if constexpr (std::is_same_v<T, dtype>) {
            if (x == nullptr) { return dtype::float64; }
            if (x->kind != item_kind::element_type) { wrong(*x, p, "an element type: bool, int32, int64, float32 or float64"); }
            return x->element;
        } else if constexpr (std::is_same_v<T, int>) {
            if (x == nullptr && has_default_[p]) { return defaults_[p]; }
            const std::int64_t n = number(need(p), p);
            return static_cast<int>(n < -1000 ? -1000 : n > 1000 ? 1000 : n);
        } else if constexpr (std::is_same_v<T, shape>) {
            const item& list = need(p);
            if (list.kind != item_kind::list) { return shape({extent(list, p)}); }
            shape s;
            for (int i = 0; i < list.count; ++i) { s.add(extent(element(list, i), p)); }
            return s;
        } else if constexpr (std::is_same_v<T, extent_argument>) { return extent(need(p), p); }
        else {
            static_assert(std::is_same_v<T, std::vector<pad_width>>);
            const item& list = need(p);
            std::vector<pad_width> all;
            for (int i = 0; list.kind == item_kind::list && i < list.count; ++i) {
                const item& pair = element(list, i);
                if (pair.kind != item_kind::list || pair.count != 2) { wrong(list, p, "a list of pairs, [[before, after], ...]"); }
                all.push_back({number(element(pair, 0), p), number(element(pair, 1), p)});
            }
            if (all.empty() || all.size() > static_cast<std::size_t>(ir::max_rank)) { wrong(list, p, "a pair [before, after] for each axis"); }
            return all;
        }
    }

    operand symbol(const item& x) const {
        if (x.kind != item_kind::symbol) { refuse(text_, x.at, 1, std::string(function_) + " works on symbols and numbers, not on a list or a type"); }
        return {x.v, file_, line_};
    }

  private:
    std::string_view text_;
    std::string_view function_;
    std::size_t at_;
    const std::vector<item>& lists_;
    const char* file_;
    int line_;
    std::vector<std::string_view> names_;
    std::vector<int> defaults_;
    std::vector<bool> has_default_;
    std::vector<const item*> placed_;

    const item& element(const item& list, int i) const { return lists_[static_cast<std::size_t>(list.first + i)]; }
    static bool is_number(const item& x) { return x.kind == item_kind::symbol && x.v.is_literal() && x.v.literal_kind() != dtype::float64; }
    std::string listed() const {
        std::string all;
        for (const std::string_view& name : names_) { all += (all.empty() ? "" : ", ") + std::string(name); }
        return all;
    }
    const item& need(std::size_t p) const {
        if (placed_[p] == nullptr) { refuse(text_, at_, function_.size(), std::string(function_) + "(" + listed() + ") lacks its argument " + quoted(names_[p])); }
        return *placed_[p];
    }
    [[noreturn]] void wrong(const item& x, std::size_t p, const char* wanted) const {
        refuse(text_, x.at, 1, std::string(function_) + " requires " + wanted + " as its argument " + quoted(names_[p]));
    }
    std::int64_t number(const item& x, std::size_t p) const {
        if (!is_number(x)) { wrong(x, p, "a whole number"); }
        const auto n = static_cast<std::int64_t>(x.v.literal_bits());
        if (n > largest_extent || n < -largest_extent) { wrong(x, p, "a number below 2^47"); }
        return n;
    }
    // A number, or size(x, axis).
    extent_argument extent(const item& x, std::size_t p) const {
        if (x.kind == item_kind::symbol && x.v.has_owner()) {
            const ir::module& m = x.v.owner();
            if (m.nodes.data[x.v.node()].op->id == ops::id_of<ops::extent_value_op>) { return extent_argument::from(m.attribute(x.v.node(), 0)); }
            if (ops::is_constant(m, x.v.node()) && is_integer(x.v.element())) { return static_cast<std::int64_t>(m.nodes.data[x.v.node()].bits); }
        }
        return number(x, p);
    }

  public:
    static constexpr std::int64_t largest_extent = std::int64_t{1} << 47;
};

// One function that formulas know: its public name, its parameters, and how it is called.
struct function_entry {
    std::string_view name;
    const char* parameters;
    value (*call)(arguments&) = nullptr;
};

template <class F>
struct signature_of;
template <class... P>
struct signature_of<value (*)(P...)> {
    template <auto F>
    static value call(arguments& a) {
        return [&]<int... K>(std::integer_sequence<int, K...>) { return F(a.take<std::remove_cvref_t<P>>(K)...); }(
            std::make_integer_sequence<int, static_cast<int>(sizeof...(P))>{});
    }
};

// The public function F, whose signature says how each argument is read.
template <auto F>
constexpr function_entry entry(std::string_view name, const char* parameters) {
    return {name, parameters, &signature_of<decltype(F)>::template call<F>};
}

// Public functions that take a list in braces.
inline value concatenate_list(const std::vector<operand>& xs, int axis) { return concatenate(xs.data(), static_cast<int>(xs.size()), axis); }
inline value stack_list(const std::vector<operand>& xs, int axis) { return stack(xs.data(), static_cast<int>(xs.size()), axis); }
template <std::size_t... K>
value padded(operand x, const pad_width* w, std::index_sequence<K...>) {
    return pad(x, {w[K]...});
}
// pad takes no list made at run time.
template <std::size_t N = 1>
value pad_list(operand x, const std::vector<pad_width>& widths) {
    if constexpr (N < static_cast<std::size_t>(ir::max_rank)) {
        if (widths.size() > N) { return pad_list<N + 1>(x, widths); }
    }
    return padded(x, widths.data(), std::make_index_sequence<N>{});
}
inline value size_of_all(operand x, const axes& axis) { return axis.count == axes::all ? damo::size(x) : damo::size(x, axis.list[0]); }

using reduces = value (*)(operand, const axes&, keep_dims);
using along = value (*)(operand, const axes&);
using with_two = value (*)(operand, operand);

// The public functions that are more than one elementwise op of the same name; those are found in the list of ops.
inline constexpr function_entry functions[] = {
    entry<with_two(&damo::pow)>("pow", "x y"),
    entry<reduces(&damo::sum)>("sum", "x axis keepdims"),
    entry<reduces(&damo::prod)>("prod", "x axis keepdims"),
    entry<reduces(&damo::mean)>("mean", "x axis keepdims"),
    entry<reduces(&damo::max)>("max", "x axis keepdims"),
    entry<reduces(&damo::min)>("min", "x axis keepdims"),
    entry<reduces(&damo::any)>("any", "x axis keepdims"),
    entry<reduces(&damo::all)>("all", "x axis keepdims"),
    entry<reduces(&damo::argmax)>("argmax", "x axis keepdims"),
    entry<reduces(&damo::argmin)>("argmin", "x axis keepdims"),
    entry<reduces(&damo::logsumexp)>("logsumexp", "x axis keepdims"),
    entry<along(&damo::softmax)>("softmax", "x axis=-1"),
    entry<along(&damo::log_softmax)>("log_softmax", "x axis=-1"),
    entry<static_cast<value (*)(operand, dtype)>(&damo::cast)>("cast", "x dtype"),
    entry<static_cast<value (*)(operand, const shape&)>(&damo::reshape)>("reshape", "x shape"),
    entry<static_cast<value (*)(operand, const shape&)>(&damo::broadcast_to)>("broadcast_to", "x shape"),
    entry<static_cast<value (*)(operand)>(&damo::ravel)>("ravel", "x"),
    entry<along(&damo::expand_dims)>("expand_dims", "x axis"),
    entry<along(&damo::squeeze)>("squeeze", "x axis"),
    entry<along(&damo::transpose)>("transpose", "x axes"),
    entry<static_cast<value (*)(operand, int, int)>(&damo::swapaxes)>("swapaxes", "x axis1 axis2"),
    entry<&concatenate_list>("concatenate", "xs axis=0"),
    entry<&stack_list>("stack", "xs axis=0"),
    entry<static_cast<value (*)(operand, const std::vector<pad_width>&)>(&pad_list<>)>("pad", "x pad_width"),
    entry<static_cast<value (*)(operand, extent_argument, dtype)>(&damo::one_hot)>("one_hot", "x depth dtype"),
    entry<&size_of_all>("size", "x axis"),
    entry<with_two(&damo::matmul)>("matmul", "x y"),
    entry<with_two(&damo::dot)>("dot", "x y"),
    entry<with_two(&damo::outer)>("outer", "x y"),
};

// Whether a call of the op's name with its operands is all there is to say.
constexpr bool is_plain_function(const ir::op_info& op) {
    return op.facts.kind == ir::op_kind::elementwise && op.facts.types != ir::dtype_rule::custom && (op.facts.arity > 0 || op.facts.associative);
}

} // namespace damo::detail::formula
