// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/core/zeros.hpp>
#include <damo/ops/leaf.hpp>
#include <damo/rules/rule.hpp>

namespace damo::rewrite {

// What the engine needs to know of the ops of the algebra, written as sums, products and powers; and what rules that come with an op
// are read with.
struct algebra {
    const ir::op_info* sum;
    const ir::op_info* product;
    const ir::op_info* power;
    const rules::notation* symbols = nullptr;
    const ir::op_info* const* ops = nullptr;
    int op_count = 0;
};

// In the order in which they stand in a commutative op's pattern: what fits least comes first, so that variables are matched last.
enum class pattern_kind : std::uint8_t { number, op, variable };

// Without defaults, so that a table starts as zeros: that costs a constant evaluation nothing.
struct pattern_node {
    pattern_kind kind;
    bool along;  // works along axes: a reduction, or an op such as softmax
    bool negates; // -x of a variable that stands elsewhere too: its negation in any form
    bool open;   // a sum or product inside the pattern whose last operand, a variable, takes all that the others leave
    bool nested; // directly inside the same reduction: the axes of both together are the rule's
    std::int16_t variable;
    std::int16_t first; // into children
    std::int16_t count;
    const ir::op_info* op;
    double number;
};

// Works along axes that its attribute 0 names.
constexpr bool works_along_axes(const ir::op_info& op) { return op.facts.kind == ir::op_kind::reduction || op.facts.axis_mask; }

// One parsed rule: roots of both sides, and the ops that the root's operands must contain.
struct compiled_rule {
    const rule* source;
    std::int16_t left;
    std::int16_t right; // -1: read when the rule is applied (right_sides.hpp)
    std::int16_t next; // next rule in the same bucket, or -1
    bool aligned; // the right side works along axes in the shape of the operand, the left side may have folded them
    std::uint32_t root; // op id
    std::uint64_t needs; // operand_mask that a subject must cover
    std::uint64_t needs_twice; // those of them that two operands must have
    std::uint64_t needs_below; // the same of the operands' operands
};

// One of 64 bits; of those of an id six that tell the most frequent ops from the others.
constexpr std::uint64_t operand_bit(std::uint32_t op_id) { return std::uint64_t{1} << (op_id >> 16 & 63); }
inline constexpr int bucket_count = 64;
constexpr int bucket_of(std::uint32_t op_id) { return static_cast<int>((op_id >> 8) & (bucket_count - 1)); }

// Variables that stand for constants, some of them for whole numbers only.
constexpr bool names_integer(int variable) { return variable == 12 || variable == 13; }                                            // m n
constexpr bool names_constant(int variable) { return variable == 2 || variable == 3 || variable == 10 || names_integer(variable); } // c d k

// The operand bit of what a pattern stands for; 0 when that may be anything.
constexpr std::uint64_t bit_of(const pattern_node& p) {
    if (p.negates) { return 0; }
    if (p.kind == pattern_kind::op) { return operand_bit(p.op->id); }
    return p.kind == pattern_kind::number || names_constant(p.variable) ? operand_bit(ops::constant.id) : 0;
}

// All rules of one set, parsed: what the matcher reads.
template <int Rules, int Nodes>
struct rule_table {
    pattern_node nodes[Nodes > 0 ? Nodes : 1] = {};
    std::int16_t children[Nodes > 0 ? Nodes : 1] = {};
    compiled_rule rules[Rules > 0 ? Rules : 1] = {};
    std::int16_t buckets[bucket_count] = {};
    int node_count = 0;
    int child_count = 0;
    int rule_count = 0;
    const char* mistake = nullptr; // the first rule that could not be read
};

// The same table without its sizes.
struct rule_view {
    const pattern_node* nodes = nullptr;
    const std::int16_t* children = nullptr;
    const compiled_rule* rules = nullptr;
    const std::int16_t* buckets = nullptr;
    int rule_count = 0;
};

template <int R, int N>
constexpr rule_view view_of(const rule_table<R, N>& t) {
    return {t.nodes, t.children, t.rules, t.buckets, t.rule_count};
}

// Reads the notation of rules by precedence climbing. Differences, quotients and negations become sums, products and powers, as the
// graphs they will meet. Every file that optimises something pays for this: nodes are made where they stay, only what is not zero is
// written, and what occurs most is met first.
template <class Table>
struct pattern_reader {
    Table& t;
    const rules::notation& a;
    const ir::op_info* const* ops;
    int op_count;
    const char* at = nullptr;
    bool wrong = false;
    bool along = false; // an op that works along axes was read
    bool once = false;  // reads one formula only: a table of the ops would not pay

    constexpr void skip() {
        while (*at == ' ') { ++at; }
    }
    constexpr std::int16_t number(double v) {
        t.nodes[t.node_count].number = v;
        return static_cast<std::int16_t>(t.node_count++);
    }
    constexpr std::int16_t call(const ir::op_info* op, const std::int16_t* operands, int count) {
        const ir::op_facts& facts = op->facts;
        const int begin = t.child_count;
        int end = begin;
        if (!facts.commutative) {
            for (int i = 0; i < count; ++i) { t.children[end++] = operands[i]; }
        } else {
            // Nested sums and products are flat; each operand goes behind those of its kind.
            for (int i = 0; i < count; ++i) {
                const pattern_node& c = t.nodes[operands[i]];
                const bool nested = facts.associative && c.kind == pattern_kind::op && c.op->id == op->id;
                const int inner = nested ? c.count : 1;
                for (int k = 0; k < inner; ++k) {
                    const std::int16_t child = nested ? t.children[c.first + k] : operands[i];
                    const pattern_kind kind = t.nodes[child].kind;
                    int place = end++;
                    for (; place > begin && t.nodes[t.children[place - 1]].kind > kind; --place) { t.children[place] = t.children[place - 1]; }
                    t.children[place] = child;
                }
            }
        }
        t.child_count = end;
        pattern_node& n = t.nodes[t.node_count];
        n.kind = pattern_kind::op;
        n.op = op;
        n.first = static_cast<std::int16_t>(begin);
        n.count = static_cast<std::int16_t>(end - begin);
        if (works_along_axes(*op)) {
            n.along = along = true;
            for (int i = 0; i < count; ++i) {
                pattern_node& c = t.nodes[operands[i]];
                if (facts.kind == ir::op_kind::reduction && c.kind == pattern_kind::op && c.op->id == op->id) { c.nested = true; }
            }
        }
        return static_cast<std::int16_t>(t.node_count++);
    }
    constexpr std::int16_t call2(const ir::op_info* op, std::int16_t x, std::int16_t y) {
        const std::int16_t operands[2] = {x, y};
        return call(op, operands, 2);
    }
    constexpr std::int16_t negated(std::int16_t x) {
        if (t.nodes[x].kind == pattern_kind::number) { return number(-t.nodes[x].number); }
        if (t.nodes[x].kind == pattern_kind::op && t.nodes[x].op->id == a.product->id) {
            pattern_node& first = t.nodes[t.children[t.nodes[x].first]];
            if (first.kind == pattern_kind::number) { // one number in a product
                first.number = -first.number;
                return x;
            }
        }
        return call2(a.product, number(-1), x);
    }
    core::zeros<std::int16_t> op_at{}; // by the upper bits of its id, the place of an op + 1; the next free place after those taken
    constexpr const ir::op_info* find(std::uint32_t id) {
        if (once) {
            for (int i = 0; i < op_count; ++i) {
                if (ops[i]->id == id) { return ops[i]; }
            }
        } else if (const ir::op_info* op = indexed(id)) { return op; }
        for (int i = 0; i < op_count; ++i) { // a user's op may be called by the last part of its name
            if (core::hash_name(ops[i]->name) == id) { return ops[i]; }
        }
        wrong = true;
        return a.sum;
    }
    // The op of this id, or null.
    constexpr const ir::op_info* indexed(std::uint32_t id) {
        if (op_at.data == nullptr) {
            op_at.assign(1024);
            for (int i = op_count - 1; i >= 0; --i) {
                std::uint32_t slot = ops[i]->id >> 22;
                while (op_at.data[slot] != 0) { slot = (slot + 1) & 1023u; }
                op_at.data[slot] = static_cast<std::int16_t>(i + 1);
            }
        }
        for (std::uint32_t slot = id >> 22; op_at.data[slot] != 0; slot = (slot + 1) & 1023u) {
            const ir::op_info* op = ops[op_at.data[slot] - 1];
            if (op->id == id) { return op; }
        }
        return nullptr;
    }
    // What is no variable, after spaces.
    constexpr std::int16_t primary() {
        if (*at == '(') {
            ++at;
            const auto inner = expression(-3);
            skip();
            if (*at == ')') { ++at; }
            else { wrong = true; }
            return inner;
        }
        if (*at == '-') {
            ++at;
            return negated(expression(3));
        }
        if ((*at >= '0' && *at <= '9') || *at == '.') {
            double v = 0;
            for (; *at >= '0' && *at <= '9'; ++at) { v = v * 10 + (*at - '0'); }
            if (*at == '.') {
                ++at;
                double unit = 1;
                double digits = 0;
                for (; *at >= '0' && *at <= '9'; ++at) {
                    digits = digits * 10 + (*at - '0');
                    unit *= 10;
                }
                v += digits / unit;
            }
            return number(v);
        }
        std::uint32_t id = 2166136261u;
        const char* end = at;
        for (char c = *end; (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.'; c = *++end) {
            id = (id ^ static_cast<unsigned char>(c)) * 16777619u;
        }
        const bool named = end != at;
        at = end;
        if (!named) {
            wrong = true;
            if (*at) { ++at; }
            return 0;
        }
        if (*at == '(') {
            ++at;
            std::int16_t operands[8] = {};
            int count = 0;
            while (*at && *at != ')' && count < 8 && !wrong) {
                operands[count++] = expression(-3);
                skip();
                if (*at == ',') { ++at; }
            }
            if (*at == ')') { ++at; }
            else { wrong = true; }
            const ir::op_info* op = find(id);
            if (id == a.root->id && count == 1) { return call2(a.power, operands[0], number(0.5)); }
            return call(op, operands, count);
        }
        if (id == core::hash_name("true")) { return number(1); }
        if (id == core::hash_name("false")) { return number(0); }
        if (id == core::hash_name("nan")) { return number(ir::not_a_number); }
        if (id == core::hash_name("inf")) { return number(__builtin_inf()); }
        wrong = true; // a name that calls nothing
        return 0;
    }
    // Whether a letter before c is a name of its own.
    static constexpr bool ends_variable(char c) {
        return (c < '.' && c != '(') || c == '/' || (c > '9' && c < '_');
    }
    constexpr std::int16_t expression(int strength) {
        while (*at == ' ') { ++at; }
        std::int16_t left = 0;
        if (*at >= 'a' && *at <= 'z' && ends_variable(at[1])) {
            left = static_cast<std::int16_t>(t.node_count++);
            t.nodes[left].kind = pattern_kind::variable;
            t.nodes[left].variable = static_cast<std::int16_t>(*at++ - 'a');
        } else {
            left = primary();
        }
        while (!wrong) {
            while (*at == ' ') { ++at; }
            const char c = *at;
            if (c == '\0' || c == ')' || c == ',') { return left; }
            if (c == '^' && strength <= 3) {
                ++at;
                left = call2(a.power, left, expression(3)); // binds to the right, and its exponent may be signed
            } else if ((c == '*' || c == '/') && strength <= 2) {
                ++at;
                auto right = expression(3);
                if (c == '/') { right = t.nodes[right].kind == pattern_kind::number && t.nodes[right].number != 0 ? number(1 / t.nodes[right].number) : call2(a.power, right, number(-1)); }
                left = t.nodes[left].kind == pattern_kind::number && t.nodes[left].number == 1 ? right : call2(a.product, left, right);
            } else if ((c == '+' || c == '-') && strength <= 1) {
                ++at;
                auto right = expression(2);
                if (c == '-') { right = negated(right); }
                left = call2(a.sum, left, right);
            } else if ((c == '<' || c == '>' || (c == '=' && at[1] == '=') || (c == '!' && at[1] == '=')) && strength <= -1) {
                const bool equal = at[1] == '=';
                at += equal ? 2 : 1;
                const auto right = expression(1);
                const ir::op_info* op = c == '=' ? a.equal : c == '!' ? a.not_equal : equal ? a.less_equal : a.less;
                left = c == '>' ? call2(op, right, left) : call2(op, left, right);
            } else {
                return left;
            }
        }
        return left;
    }
};

// How many of the nodes begin to end are this variable.
template <class Table>
constexpr int occurrences(const Table& t, int variable, int begin, int end) {
    int met = 0;
    for (int k = begin; k < end; ++k) { met += t.nodes[k].kind == pattern_kind::variable && t.nodes[k].variable == variable; }
    return met;
}

// Marks what stands for the negation of a variable that the pattern holds at another place too, and the other sums and products below the
// root whose last operand may stand for several: a variable that occurs once.
template <class Table>
constexpr void mark(Table& t, const ir::op_info& product, int root, int begin, int end) {
    for (int n = begin; n < end; ++n) {
        pattern_node& p = t.nodes[n];
        if (p.kind != pattern_kind::op || p.count == 0 || !p.op->facts.associative) { continue; }
        const pattern_node& last = t.nodes[t.children[p.first + p.count - 1]];
        if (last.kind != pattern_kind::variable || names_constant(last.variable)) { continue; }
        const pattern_node& first = t.nodes[t.children[p.first]];
        const bool negation = p.count == 2 && first.kind == pattern_kind::number && first.number == -1 && p.op->id == product.id;
        if (!negation && n == root) { continue; }
        const int met = occurrences(t, last.variable, begin, end);
        if (negation && met > 1) { p.negates = true; }
        else if (n != root && met == 1) { p.open = true; }
    }
}

// Whether a pattern works along axes and keeps them, outside of any reduction.
template <class Table>
constexpr bool keeps_axes(const Table& t, int pattern) {
    const pattern_node& p = t.nodes[pattern];
    if (p.kind != pattern_kind::op || p.op->facts.kind == ir::op_kind::reduction) { return false; }
    bool found = p.along;
    for (int k = 0; k < p.count && !found; ++k) { found = keeps_axes(t, t.children[p.first + k]); }
    return found;
}

// Reads a side of a rule: its root. What is not in the notation makes the reader wrong.
template <class Table>
constexpr std::int16_t read_side(pattern_reader<Table>& read, const char* text) {
    read.at = text;
    read.along = false;
    const std::int16_t root = read.expression(-3);
    if (*read.at) { read.wrong = true; }
    return root;
}

// Reads one rule into place i of the table, its right side only where that is asked for; false when it is not in the notation.
template <class Table>
constexpr bool read_rule(pattern_reader<Table>& read, const rule& source, int i, bool both_sides) {
    Table& t = read.t;
    compiled_rule& r = t.rules[i];
    r.source = &source;
    const int begin = t.node_count;
    r.left = read_side(read, source.left);
    if (!read.wrong) { mark(t, *read.a.product, r.left, begin, t.node_count); }
    r.right = -1;
    if (both_sides) {
        r.right = read_side(read, source.right);
        r.aligned = !read.wrong && read.along && keeps_axes(t, r.right);
    }
    const pattern_node& root = t.nodes[r.left];
    if (root.kind != pattern_kind::op) { read.wrong = true; }
    if (read.wrong) { return false; }
    r.root = root.op->id;
    for (int k = 0; k < root.count; ++k) {
        const pattern_node& c = t.nodes[t.children[root.first + k]];
        const std::uint64_t bit = bit_of(c);
        r.needs_twice |= r.needs & bit;
        r.needs |= bit;
        if (c.kind != pattern_kind::op) { continue; }
        for (int i = 0; i < c.count; ++i) { r.needs_below |= bit_of(t.nodes[t.children[c.first + i]]); }
    }
    r.next = t.buckets[bucket_of(r.root)];
    t.buckets[bucket_of(r.root)] = static_cast<std::int16_t>(i);
    ++t.rule_count;
    return true;
}

// The left sides: most rules are never applied in one file, whose compilation pays for all that is read.
template <int R, int N, int Ops>
constexpr rule_table<R, N> compile_rules(const rule (&list)[R], const rules::notation& a, const ir::op_info* const (&ops)[Ops]) {
    rule_table<R, N> t;
    for (auto& b : t.buckets) { b = -1; }
    pattern_reader<rule_table<R, N>> read{t, a, ops, Ops};
    // Backwards, so that each bucket's chain runs in the order of the list.
    for (int i = R - 1; i >= 0; --i) {
        if (!read_rule(read, list[i], i, false)) {
            t.mistake = list[i].name;
            return t;
        }
    }
    return t;
}

} // namespace damo::rewrite
