// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/ir/notation.hpp>

namespace damo::ir {

namespace detail::print_infix {

namespace write = detail::notation;

// How tightly what is printed holds together, weakest first. An operand is put in parentheses when it is weaker than its place asks.
inline constexpr int weakest = 0;
inline constexpr int sum_strength = 4;
inline constexpr int product_strength = 5;
inline constexpr int power_strength = 6;
inline constexpr int strongest = 9;

// The strength of an op from its facts: -3 (or), -2 (and), -1 (comparison), 1 (sum), 2 (product), 3 (power); 0 is a call.
constexpr int strength_of(const op_info& op) {
    const int p = op.facts.precedence;
    return p == 0 ? strongest : p < 0 ? p + 4 : p + 3;
}

// Above this many nodes written in full, what is used more than once gets a name.
inline constexpr int most_in_full = 240;
// An expression of fewer nodes is never given one.
inline constexpr int least_named = 4;

// Prints the outputs of a module as formulas. Sums, products and powers are read back from canonical form: -1*y in a sum is a
// difference, x^-1 in a product a quotient. Works from a list of what is left to write, so no depth of graph is too much. A template, as
// all printing is, so that only who prints something pays for it; Graph is module.
template <class Graph>
class printer {
  public:
    constexpr printer(core::sentence& to, const Graph& graph, const index* outputs, int count, const input_names& n, bool as_written)
        : out(to), m(graph), outputs_(outputs), count_(count), names(n), used(graph, outputs, count) {
        mark_enclosed(as_written);
        measure();
        name_shared();
    }

    constexpr void run() {
        for (index n = 1; n < m.nodes.size; ++n) {
            if (number_.data[n] == 0) { continue; }
            out << 't' << number_.data[n] << " = ";
            const int kept = number_.data[n];
            number_.data[n] = 0; // here in full, elsewhere by its name
            expression(n);
            number_.data[n] = kept;
            out << '\n';
        }
        if (count_ != 1) { out << '('; }
        for (int i = 0; i < count_; ++i) {
            if (i) { out << ", "; }
            expression(outputs_[i]);
        }
        if (count_ != 1) { out << ')'; }
    }

  private:
    core::sentence& out;
    const Graph& m;
    const index* outputs_;
    int count_;
    const input_names& names;
    write::use_counts used;
    core::pool<bool> enclosed_; // inside a barrier, or all: written as it stands
    core::pool<int> size_;      // nodes written when nothing has a name
    core::pool<float> degree_;  // as a polynomial of the inputs, and of calls in them, which count for very little
    core::pool<std::uint64_t> inputs_; // which of the first 64 inputs occur, the first in the highest bit
    core::pool<int> number_;    // of the name, 0 for none

    // What is left to write: a text, a number, the end of a call, or a node in a place that asks for some strength.
    enum class what : std::uint8_t {
        text,
        number,
        end_of_call, // attributes of the node and the closing parenthesis
        node,
        without_minus, // a negative term, after its minus
        below_line     // a power with a negative exponent, as a divisor
    };
    struct item {
        what kind = what::text;
        std::int8_t strength = 0;
        index node = 0;
        const char* text = nullptr;
        double number = 0;
    };
    core::pool<item> left;
    // The items of one node, in order; they go to `left` backwards.
    core::pool<item> now;

    constexpr void text(const char* t) { now.push({what::text, 0, 0, t}); }
    constexpr void number(double v, index typed) { now.push({what::number, 0, typed, nullptr, v}); }
    constexpr void sub(index n, int strength, what kind = what::node) { now.push({kind, static_cast<std::int8_t>(strength), n}); }

    constexpr void expression(index root) {
        left.push({what::node, weakest, root});
        while (left.size > 0) {
            const item i = left.data[--left.size];
            if (i.kind == what::text) { out << i.text; }
            else if (i.kind == what::number) { write::write_number(out, m.type_of(i.node).element, i.number); }
            else if (i.kind == what::end_of_call) {
                write::write_attributes(out, m, i.node, ", ");
                out << ')';
            } else {
                now.size = 0;
                visit(i);
                for (int k = now.size - 1; k >= 0; --k) { left.push(now.data[k]); }
            }
        }
    }

    // --- what the order and the names need -------------------------------------------------------------------------------------

    constexpr void mark_enclosed(bool all) {
        enclosed_.grow_to(m.nodes.size);
        for (index n = 0; all && n < m.nodes.size; ++n) { enclosed_.data[n] = true; }
        for (index n = m.nodes.size - 1; n > 0; --n) {
            const auto& x = m.nodes.data[n];
            if (used.uses.data[n] == 0 || !(x.op->facts.barrier || enclosed_.data[n])) { continue; }
            for (int i = 0; i < x.arg_count; ++i) { enclosed_.data[m.args.data[x.first_arg + i]] = true; }
        }
    }
    constexpr void measure() {
        constexpr int large = 1 << 20;
        size_.grow_to(m.nodes.size);
        degree_.grow_to(m.nodes.size);
        inputs_.grow_to(m.nodes.size);
        number_.grow_to(m.nodes.size);
        for (index n = 1; n < m.nodes.size; ++n) {
            if (used.uses.data[n] == 0) { continue; }
            const auto& x = m.nodes.data[n];
            const collect_role role = x.op->facts.collects;
            int size = 1;
            float degree = x.arg_count > 0 && role == collect_role::none ? 1.0F / 1024 : 0;
            std::uint64_t in = 0;
            if (write::is_input(m, n)) {
                const std::int64_t number = m.attribute(n, 0);
                degree = 1;
                in = number < 64 ? std::uint64_t{1} << (63 - number) : 0;
            }
            for (int i = 0; i < x.arg_count; ++i) {
                const index a = m.args.data[x.first_arg + i];
                size += size_.data[a];
                in |= inputs_.data[a];
                if (role == collect_role::product) { degree += degree_.data[a]; }
                if (role == collect_role::sum && degree_.data[a] > degree) { degree = degree_.data[a]; }
            }
            if (const region* body = write::body_of(m, n)) {
                for (int i = 0; i < body->result_count; ++i) { size += size_.data[m.region_nodes.data[body->first_result + i]]; }
            }
            if (role == collect_role::power && write::is_constant(m, m.arg(n, 1))) {
                degree = degree_.data[m.arg(n, 0)] * static_cast<float>(write::number_of(m, m.arg(n, 1)));
            }
            size_.data[n] = size < large ? size : large;
            degree_.data[n] = degree;
            inputs_.data[n] = in;
        }
    }
    constexpr void name_shared() {
        int total = 0;
        for (int i = 0; i < count_; ++i) { total += size_.data[outputs_[i]] < most_in_full ? size_.data[outputs_[i]] : most_in_full + 1; }
        if (total <= most_in_full) { return; }
        int given = 0;
        for (index n = 1; n < m.nodes.size; ++n) {
            if (used.uses.data[n] > 1 && size_.data[n] >= least_named) { number_.data[n] = ++given; }
        }
    }

    // Which of two nodes is written first: negative, zero or positive. Compares structure, not the order in which nodes were made;
    // gives up into that order after some steps.
    constexpr int compare(index a, index b) const {
        struct pair {
            index a = 0;
            index b = 0;
        };
        pair stack[32] = {};
        int size = 0;
        stack[size++] = {a, b};
        for (int steps = 0; size > 0 && steps < 64; ++steps) {
            const pair p = stack[--size];
            if (p.a == p.b) { continue; }
            if (inputs_.data[p.a] != inputs_.data[p.b]) { return inputs_.data[p.a] > inputs_.data[p.b] ? -1 : 1; }
            if (size_.data[p.a] != size_.data[p.b]) { return size_.data[p.a] < size_.data[p.b] ? -1 : 1; }
            const auto& x = m.nodes.data[p.a];
            const auto& y = m.nodes.data[p.b];
            if (x.op->id != y.op->id) {
                const char* s = x.op->name;
                const char* t = y.op->name;
                while (*s && *s == *t) {
                    ++s;
                    ++t;
                }
                if (*s != *t) { return *s < *t ? -1 : 1; }
                return x.op->id < y.op->id ? -1 : 1;
            }
            if (write::is_constant(m, p.a)) {
                const double v = write::number_of(m, p.a);
                const double w = write::number_of(m, p.b);
                if (v != w) { return v < w ? -1 : 1; }
            }
            if (write::is_input(m, p.a) && m.attribute(p.a, 0) != m.attribute(p.b, 0)) { return m.attribute(p.a, 0) < m.attribute(p.b, 0) ? -1 : 1; }
            if (x.arg_count != y.arg_count) { return x.arg_count < y.arg_count ? -1 : 1; }
            for (int i = x.arg_count - 1; i >= 0 && size < 32; --i) {
                stack[size++] = {m.args.data[x.first_arg + i], m.args.data[y.first_arg + i]};
            }
        }
        return a < b ? -1 : a > b ? 1 : 0;
    }
    // Terms: higher degree first, constants last.
    constexpr bool term_before(index a, index b) const {
        const bool number_a = write::is_constant(m, a);
        const bool number_b = write::is_constant(m, b);
        if (number_a != number_b) { return number_b; }
        if (degree_.data[a] != degree_.data[b]) { return degree_.data[a] > degree_.data[b]; }
        return compare(a, b) < 0;
    }
    // Factors: inputs and their powers, then calls, then what needs parentheses.
    constexpr int factor_rank(index n) const {
        const auto& x = m.nodes.data[n];
        const bool power = x.op->facts.collects == collect_role::power && write::is_constant(m, m.arg(n, 1));
        if (write::is_leaf(m, power ? m.arg(n, 0) : n) || number_.data[n] != 0) { return 0; }
        return x.op->facts.collects == collect_role::power || strength_of(*x.op) == strongest ? 1 : 2;
    }
    constexpr bool factor_before(index a, index b) const {
        const int rank_a = factor_rank(a);
        const int rank_b = factor_rank(b);
        return rank_a != rank_b ? rank_a < rank_b : compare(a, b) < 0;
    }
    // Operands come nearly sorted, so insertion is enough.
    template <class Before>
    static constexpr void sort(core::pool<index>& list, Before before) {
        for (int i = 1; i < list.size; ++i) {
            const index x = list.data[i];
            int j = i;
            for (; j > 0 && before(x, list.data[j - 1]); --j) { list.data[j] = list.data[j - 1]; }
            list.data[j] = x;
        }
    }

    // --- reading canonical form ------------------------------------------------------------------------------------------------

    constexpr bool plain(index n) const { return number_.data[n] != 0 || enclosed_.data[n]; }
    constexpr bool has_role(index n, collect_role role) const { return !plain(n) && m.nodes.data[n].op->facts.collects == role; }

    // The number a product is multiplied by, which comes first, or 1.
    constexpr double coefficient(index n) const {
        const auto& x = m.nodes.data[n];
        return x.arg_count > 1 && write::is_constant(m, m.arg(n, 0)) ? write::number_of(m, m.arg(n, 0)) : 1;
    }
    constexpr bool is_negative(index n) const {
        if (number_.data[n] != 0) { return false; }
        if (write::is_constant(m, n)) { return write::number_of(m, n) < 0; }
        return has_role(n, collect_role::product) && coefficient(n) < 0;
    }
    // n is a power with a constant exponent below zero: it belongs under a fraction line.
    constexpr bool is_denominator(index n) const {
        return has_role(n, collect_role::power) && write::is_constant(m, m.arg(n, 1)) && write::number_of(m, m.arg(n, 1)) < 0;
    }

    // --- writing ---------------------------------------------------------------------------------------------------------------

    constexpr void visit(const item& i) {
        const index n = i.node;
        const auto& x = m.nodes.data[n];
        if (n == module::poison) {
            out << "poison";
            return;
        }
        if (number_.data[n] != 0) {
            out << 't' << number_.data[n];
            return;
        }
        if (x.op->facts.kind == op_kind::leaf) {
            leaf(i);
            return;
        }
        if (!enclosed_.data[n]) {
            if (x.op->facts.collects == collect_role::sum) {
                open(i, sum_strength);
                sum(n);
                close(i, sum_strength);
                return;
            }
            if (x.op->facts.collects == collect_role::product) {
                product(i);
                return;
            }
            if (x.op->facts.collects == collect_role::power && write::is_constant(m, m.arg(n, 1))) {
                power(i);
                return;
            }
        }
        if (x.op->facts.precedence != 0) { infix(i); }
        else { call(n); }
    }
    constexpr void open(const item& i, int strength) {
        if (strength < i.strength) { text("("); }
    }
    constexpr void close(const item& i, int strength) {
        if (strength < i.strength) { text(")"); }
    }

    constexpr void leaf(const item& i) {
        const index n = i.node;
        if (!write::is_constant(m, n)) {
            write::write_leaf(out, m, n, names);
            return;
        }
        const double v = write::number_of(m, n);
        if (i.kind == what::without_minus) {
            write::write_number(out, m.type_of(n).element, -v);
            return;
        }
        const bool enclose = v < 0 && i.strength > sum_strength;
        if (enclose) { out << '('; }
        write::write_constant(out, m, n);
        if (enclose) { out << ')'; }
    }

    // Positive terms, then negative ones, then the number; a number goes first where nothing else is positive. Flipped, all signs change.
    constexpr void sum(index n, bool flipped = false) {
        const auto& x = m.nodes.data[n];
        core::pool<index> positive;
        core::pool<index> negative;
        core::pool<index> numbers;
        for (int k = 0; k < x.arg_count; ++k) {
            const index a = m.args.data[x.first_arg + k];
            if (write::is_constant(m, a)) { numbers.push(a); }
            else { (is_negative(a) != flipped ? negative : positive).push(a); }
        }
        const auto before = [this](index a, index b) { return term_before(a, b); };
        sort(positive, before);
        sort(negative, before);
        bool first = true;
        const auto put = [&](index a) {
            const bool below_zero = is_negative(a);
            const bool minus = below_zero != flipped;
            if (minus) { text(first ? "-" : " - "); }
            else if (!first) { text(" + "); }
            const what kind = below_zero ? what::without_minus : what::node;
            sub(a, minus ? product_strength : sum_strength, kind);
            first = false;
        };
        const bool number_first = positive.size == 0 && numbers.size == 1 && is_negative(numbers.data[0]) == flipped;
        if (number_first) { put(numbers.data[0]); }
        for (int k = 0; k < positive.size; ++k) { put(positive.data[k]); }
        for (int k = 0; k < negative.size; ++k) { put(negative.data[k]); }
        for (int k = 0; k < numbers.size && !number_first; ++k) { put(numbers.data[k]); }
    }

    constexpr void product(const item& i) {
        const index n = i.node;
        const auto& x = m.nodes.data[n];
        core::pool<index> numerator;
        core::pool<index> denominator;
        double c = 1;
        bool any_number = false;
        for (int k = 0; k < x.arg_count; ++k) {
            const index a = m.args.data[x.first_arg + k];
            if (write::is_constant(m, a)) {
                c *= write::number_of(m, a);
                any_number = true;
            } else { (is_denominator(a) ? denominator : numerator).push(a); }
        }
        if (i.kind == what::without_minus) { c = -c; }
        const int strength = c < 0 ? sum_strength : product_strength;
        open(i, strength);
        if (c == -1 && numerator.size == 1 && denominator.size == 0 && has_role(numerator.data[0], collect_role::sum)) {
            sum(numerator.data[0], true); // -(x - y) is y - x
            close(i, strength);
            return;
        }
        if (c < 0) {
            text("-");
            c = -c;
        }
        const auto before = [this](index a, index b) { return factor_before(a, b); };
        sort(numerator, before);
        sort(denominator, before);
        bool more = false;
        if ((any_number && c != 1) || numerator.size == 0) {
            number(c, n);
            more = true;
        }
        for (int k = 0; k < numerator.size; ++k) {
            if (more) { text("*"); }
            sub(numerator.data[k], product_strength);
            more = true;
        }
        if (denominator.size > 0) {
            text(denominator.size > 1 ? "/(" : "/");
            for (int k = 0; k < denominator.size; ++k) {
                if (k) { text("*"); }
                sub(denominator.data[k], denominator.size > 1 ? product_strength : power_strength, what::below_line);
            }
            if (denominator.size > 1) { text(")"); }
        }
        close(i, strength);
    }
    // x^2, 1/x, sqrt(x), 1/x^2; below a line without the minus of the exponent.
    constexpr void power(const item& i) {
        const index base = m.arg(i.node, 0);
        const index exponent = m.arg(i.node, 1);
        double e = write::number_of(m, exponent);
        const bool fraction = e < 0 && i.kind != what::below_line;
        if (e < 0) { e = -e; }
        const int strength = fraction ? product_strength : e == 1 || e == 0.5 ? strongest : power_strength;
        const int place = fraction ? power_strength : i.strength;
        open(i, strength);
        if (fraction) { text("1/"); }
        if (e == 1) { sub(base, place); }
        else if (e == 0.5) {
            text("sqrt(");
            sub(base, weakest);
            text(")");
        } else {
            sub(base, power_strength + 1);
            text("^");
            number(e, exponent);
        }
        close(i, strength);
    }

    // An op with a sign of its own. A number in front of an ordering changes sides: 0 < x is x > 0.
    constexpr void infix(const item& i) {
        const auto& x = m.nodes.data[i.node];
        const op_facts& f = x.op->facts;
        const int strength = strength_of(*x.op);
        if (f.infix == nullptr) { // a prefix; the only one is the minus
            open(i, sum_strength);
            text("-");
            sub(m.arg(i.node, 0), product_strength);
            close(i, sum_strength);
            return;
        }
        open(i, strength);
        if (f.types == dtype_rule::compare && f.infix[1] == '<' && write::is_constant(m, m.arg(i.node, 0)) &&
            !write::is_constant(m, m.arg(i.node, 1))) {
            sub(m.arg(i.node, 1), strength + 1);
            text(f.infix[2] == '=' ? " >= " : " > ");
            sub(m.arg(i.node, 0), strength + 1);
            close(i, strength);
            return;
        }
        const bool to_the_right = f.collects == collect_role::power;
        for (int k = 0; k < x.arg_count; ++k) {
            if (k) { text(f.infix); }
            const bool first = k == 0;
            const bool tighter = f.types == dtype_rule::compare || (to_the_right ? first : !first && !(f.associative && !enclosed_.data[i.node]));
            sub(m.arg(i.node, k), tighter ? strength + 1 : strength);
        }
        close(i, strength);
    }

    constexpr void list(index first, int count) {
        for (int k = 0; k < count; ++k) {
            if (k) { text(", "); }
            sub(m.region_nodes.data[first + k], weakest);
        }
    }
    constexpr void call(index n) {
        const auto& x = m.nodes.data[n];
        text(x.op->name);
        text("(");
        core::pool<index> arguments;
        for (int k = 0; k < x.arg_count; ++k) { arguments.push(m.args.data[x.first_arg + k]); }
        if (x.op->facts.commutative && !enclosed_.data[n]) {
            sort(arguments, [this](index a, index b) { return term_before(a, b); });
        }
        for (int k = 0; k < arguments.size; ++k) {
            if (k) { text(", "); }
            sub(arguments.data[k], weakest);
        }
        if (const region* body = write::body_of(m, n)) { // (p0_0, p0_1) -> (p0_0 + p0_1)
            text(", (");
            list(body->first_parameter, body->parameter_count);
            text(") -> (");
            list(body->first_result, body->result_count);
            text(")");
        }
        sub(n, weakest, what::end_of_call);
    }
};

} // namespace detail::print_infix

// The outputs as formulas of mathematics, the names of shared parts in front where writing them in full would take too long. Several
// outputs stand in parentheses: (x + y, 1). Of a graph that is not in canonical form every op and its order are kept (as_written), as
// they always are inside a barrier.
template <class Graph>
constexpr void print_infix(core::sentence& out, const Graph& m, const index* outputs, int count, const input_names& names = {},
                           bool as_written = false) {
    detail::print_infix::printer<Graph>(out, m, outputs, count, names, as_written).run();
}

} // namespace damo::ir
