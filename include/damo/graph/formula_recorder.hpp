// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <damo/graph/formula_functions.hpp>

namespace damo {

// The names that a formula may use, each with its symbol or number. A later name takes the place of an earlier one.
class symbol_table {
  public:
    symbol_table() = default;
    symbol_table(std::initializer_list<std::pair<std::string_view, operand>> names) {
        for (const auto& [name, x] : names) { add(name, x.v); }
    }
    // From a map, or any range of pairs of a name and a symbol.
    template <class Names>
        requires requires(const Names& n) { std::string_view(n.begin()->first), operand(n.begin()->second); }
    symbol_table(const Names& names) {
        for (const auto& [name, x] : names) { add(name, operand(x).v); }
    }
    void add(std::string_view name, const value& x) { names_.insert_or_assign(std::string(name), x); }

    const value* find(std::string_view name) const {
        const auto found = names_.find(std::string(name));
        return found == names_.end() ? nullptr : &found->second;
    }
    const std::unordered_map<std::string, value>& names() const { return names_; }

  private:
    std::unordered_map<std::string, value> names_;
};

namespace detail::formula {

// What the parser finds, recorded with the public op functions. Their mistakes are told at the place in the text.
class recorder {
  public:
    recorder(std::string_view text, const symbol_table& symbols, const ir::op_info* const* ops, int op_count, const char* file, int line)
        : text_(text), symbols_(symbols), ops_(ops), op_count_(op_count), file_(file), line_(line) {}

  protected:
    struct term {
        value v;
        bool negative;
        std::size_t at;
    };

    std::string_view text_;
    const symbol_table& symbols_;

    [[noreturn]] void fail(std::size_t at, std::size_t length, const std::string& sentence) const { refuse(text_, at, length, sentence); }
    operand at_call(const value& v) const { return {v, file_, line_}; }

    bool constant(std::string_view name, item& x) const {
        if (name == "pi" || name == "\xCF\x80") { x.v = value::number(3.14159265358979323846); }
        else if (name == "inf") { x.v = value::number(__builtin_inf()); }
        else if (name == "nan") { x.v = value::number(__builtin_nan("")); }
        else if (name == "true" || name == "True") { x.v = value::number(true); }
        else if (name == "false" || name == "False") { x.v = value::number(false); }
        else if (name == "None" || name == "newaxis") { x.kind = item_kind::new_axis; }
        else {
            for (const dtype t : {dtype::boolean, dtype::int32, dtype::int64, dtype::float32, dtype::float64}) {
                if (name == name_of(t)) {
                    x.kind = item_kind::element_type;
                    x.element = t;
                    return true;
                }
            }
            return false;
        }
        return true;
    }
    [[noreturn]] void unknown(const token& named) const {
        if (is_function(named.text)) { fail(named.at, named.size, quoted(named.text) + " is a function: write its arguments in parentheses"); }
        nearest_name nearest(named.text);
        for (const auto& [name, x] : symbols_.names()) { nearest.look_at(name); }
        for (const char* name : {"pi", "inf", "nan", "true", "false"}) { nearest.look_at(name); }
        fail(named.at, named.size, "no symbol is called " + quoted(named.text) + nearest.said());
    }
    std::int64_t whole(const item& x) const {
        if (x.kind != item_kind::symbol || !x.v.is_literal() || x.v.literal_kind() != dtype::int64) {
            fail(x.at, 1, "an index is a whole number known here, as 2 or -1, or start:stop:step of such");
        }
        const auto n = static_cast<std::int64_t>(x.v.literal_bits());
        if (n > arguments::largest_extent || n < -arguments::largest_extent) { fail(x.at, 1, "an index goes up to 2^47"); }
        return n;
    }

    // Runs `make` and tells its mistake at the place in the text; what comes out must be an array that memory could hold.
    template <class Make>
    value guarded(std::size_t at, std::size_t length, Make make) {
#if DAMO_HAS_EXCEPTIONS
        value v;
        try {
            v = make();
        } catch (const parse_error&) {
            throw;
        } catch (const error& e) {
            // The place of the call of parse stands in front of the sentence.
            std::string sentence = e.what();
            const std::string place = std::string(file_) + ":" + std::to_string(line_) + ": ";
            if (sentence.compare(0, place.size(), place) == 0) { sentence.erase(0, place.size()); }
            fail(at, length, sentence);
        }
#else
        const value v = make();
#endif
        if (v.has_owner() && !v.is_poison()) {
            // A graph looks for equal shapes one by one: the number of different ones is bounded, or the time would not be.
            const int shapes = v.owner().types.size + v.owner().extents.size;
            if (shapes_before_ < 0) { shapes_before_ = shapes; }
            if (shapes - shapes_before_ > most_shapes) { fail(at, length, "a formula has at most 16384 different shapes and extents"); }
            const ir::tensor_type& t = v.type();
            std::int64_t elements = 1;
            for (int k = 0; k < t.rank; ++k) {
                if (ir::is_known(t.extents[k]) && __builtin_mul_overflow(elements, t.extents[k] > 0 ? t.extents[k] : 1, &elements)) { elements = arguments::largest_extent + 1; }
                if (elements > arguments::largest_extent) { fail(at, length, "this array has more than 2^47 elements"); }
            }
        }
        return v;
    }

    // The sum or product of terms. Short ones are recorded as C++ records them, two by two; a long one of floating symbols in one node,
    // for a chain costs whoever takes it apart the square of its length.
    value total(char op, const term* terms, std::size_t count) {
        constexpr std::size_t longest_chain = 32;
        dtype element = dtype::none;
        bool alike = count > longest_chain;
        for (std::size_t i = 0; alike && i < count; ++i) {
            const value& v = terms[i].v;
            if (!v.has_owner()) { continue; }
            if (element == dtype::none) { element = v.element(); }
            alike = v.element() == element && is_floating(element);
        }
        if (alike && element != dtype::none) {
            return guarded(terms[0].at, 1, [&] {
                std::vector<operand> all;
                for (std::size_t i = 0; i < count; ++i) { all.push_back(at_call(terms[i].negative ? -at_call(terms[i].v) : terms[i].v)); }
                return ops::apply(op == '+' ? ops::info_of<ops::add_op> : ops::info_of<ops::mul_op>, all.data(), static_cast<int>(all.size()));
            });
        }
        value sum = terms[0].v;
        for (std::size_t i = 1; i < count; ++i) {
            const term& next = terms[i];
            sum = guarded(next.at, 1, [&] {
                return op == '*' ? at_call(sum) * at_call(next.v) : next.negative ? at_call(sum) - at_call(next.v) : at_call(sum) + at_call(next.v);
            });
        }
        return sum;
    }

    value binary(std::string_view op, std::size_t at, const value& a, const value& b) {
        return guarded(at, op.size(), [&]() -> value {
            switch (op[0]) {
            case '/': return at_call(a) / at_call(b);
            case '@': return matmul(at_call(a), at_call(b));
            case '^': return pow(at_call(a), at_call(b));
            case '&': return at_call(a) & at_call(b);
            default: return at_call(a) | at_call(b);
            }
        });
    }
    value compared(std::string_view op, std::size_t at, const value& a, const value& b) {
        return guarded(at, op.size(), [&]() -> value {
            const operand x = at_call(a);
            const operand y = at_call(b);
            if (op == "<") { return x < y; }
            if (op == "<=") { return x <= y; }
            if (op == ">") { return x > y; }
            if (op == ">=") { return x >= y; }
            return op == "==" ? x == y : x != y;
        });
    }
    value logical_not(const value& v) const { return ops::apply<ops::logical_not_op>(at_call(v)); }


    // --- calls and indices -------------------------------------------------------------------------------------------------

    const ir::op_info* plain_op(std::string_view name) const {
        for (int k = 0; k < op_count_; ++k) {
            if (name == ops_[k]->name && is_plain_function(*ops_[k])) { return ops_[k]; }
        }
        return nullptr;
    }
    bool is_function(std::string_view name) const {
        for (const function_entry& f : functions) {
            if (f.name == name) { return true; }
        }
        return plain_op(name) != nullptr;
    }
    value call(std::string_view function, std::size_t at, const item* given, int count, const std::vector<item>& lists) {
        const std::size_t length = function.size();
        for (const function_entry& known : functions) {
            if (known.name != function) { continue; }
            arguments a(text_, function, at, lists, file_, line_);
            a.place(given, count, known.parameters);
            return guarded(at, length, [&] { return known.call(a); });
        }
        const ir::op_info* op = plain_op(function);
        if (op == nullptr) {
            nearest_name nearest(function);
            for (const function_entry& known : functions) { nearest.look_at(known.name); }
            for (int k = 0; k < op_count_; ++k) {
                if (is_plain_function(*ops_[k])) { nearest.look_at(ops_[k]->name); }
            }
            if (symbols_.find(function) != nullptr) { fail(at, length, quoted(function) + " is a symbol, no function: a product needs its sign *"); }
            fail(at, length, "no function is called " + quoted(function) + nearest.said());
        }
        if (op->facts.arity > 0 ? count != op->facts.arity : count < 2) {
            const std::string wanted = op->facts.arity > 0 ? std::to_string(op->facts.arity) : "at least 2";
            fail(at, length, std::string(function) + " takes " + wanted + (op->facts.arity == 1 ? " argument, not " : " arguments, not ") + std::to_string(count));
        }
        arguments a(text_, function, at, lists, file_, line_);
        std::vector<operand> operands;
        for (int k = 0; k < count; ++k) {
            if (!given[k].name.empty()) { fail(given[k].at, 1, std::string(function) + " has no named arguments"); }
            operands.push_back(a.symbol(given[k]));
        }
        return guarded(at, length, [&] {
            if (op->facts.arity > 0) { return ops::apply(*op, operands.data(), count); }
            value total = operands[0].v; // numbers alone are folded two by two
            for (int k = 1; k < count; ++k) {
                const operand pair[2] = {at_call(total), operands[static_cast<std::size_t>(k)]};
                total = ops::apply(*op, pair, 2);
            }
            return total;
        });
    }

    value indexed(const item& array, const item* parts, int count) {
        if (array.kind != item_kind::symbol || !array.v.has_owner() || array.v.is_poison()) { fail(array.at, 1, "only an array can be indexed"); }
        const int rank = array.v.rank();
        int taken = 0;
        int added = 0;
        int ellipses = 0;
        for (int k = 0; k < count; ++k) {
            if (parts[k].kind == item_kind::ellipsis) { ++ellipses; }
            else { ++(parts[k].kind == item_kind::new_axis ? added : taken); }
        }
        if (ellipses > 1) { fail(parts[0].at, 1, "an index has at most one ..."); }
        if (taken > rank) {
            fail(parts[0].at, 1, "the array has " + std::to_string(rank) + " axes and is given " + std::to_string(taken) + " indices: leave the last ones out");
        }
        if (added + rank > ir::max_rank) { fail(parts[0].at, 1, "an array has at most " + std::to_string(ir::max_rank) + " axes"); }
        const ir::tensor_type t = array.v.type();
        range ranges[ir::max_rank];
        axes dropped{};
        axes fresh{};
        dropped.count = fresh.count = 0;
        int axis = 0;
        int place = 0; // in the result, before the dropped axes go
        for (int k = 0; k < count; ++k) {
            const item& p = parts[k];
            if (p.kind == item_kind::ellipsis) {
                axis += rank - taken;
                place += rank - taken;
            } else if (p.kind == item_kind::new_axis) {
                fresh.list[fresh.count++] = place++;
            } else if (p.kind == item_kind::slice) {
                if (p.part.step == 0) { fail(p.at, 1, "the step of a slice is not 0"); }
                ranges[axis++] = p.part;
                ++place;
            } else {
                const ir::extent n = t.extents[axis];
                const std::int64_t wanted = whole(p);
                const std::int64_t i = wanted < 0 && ir::is_known(n) ? wanted + n : wanted;
                if (i < 0 && !ir::is_known(n)) { fail(p.at, 1, "a position counted from the end needs an extent that is known when the graph is made"); }
                if (i < 0 || (ir::is_known(n) && i >= n)) { fail(p.at, 1, "the axis has " + std::to_string(n) + " elements: positions go from 0 to its extent - 1"); }
                ranges[axis] = range(i, i + 1);
                dropped.list[dropped.count++] = axis++;
            }
        }
        return guarded(parts[0].at, 1, [&] {
            value v = ops::sliced(at_call(array.v), ranges, rank);
            if (dropped.count > 0) { v = squeeze(at_call(v), dropped); }
            return fresh.count > 0 ? expand_dims(at_call(v), fresh) : v;
        });
    }

  private:
    const ir::op_info* const* ops_;
    int op_count_;
    const char* file_;
    int line_;
    int shapes_before_ = -1; // how many types and extents the graph had
    static constexpr int most_shapes = 16384;
};

} // namespace detail::formula
} // namespace damo
