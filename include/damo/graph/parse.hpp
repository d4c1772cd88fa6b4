// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <damo/graph/formula_recorder.hpp>

namespace damo {

namespace detail::formula {

// An operator-precedence parser (Pratt 1973; Dijkstra's shunting yard) over two stacks: items are what has been read, frames are operators
// and brackets that wait for more. Nothing recurses over the text, every token is looked at once.
class parser : recorder {
  public:
    parser(std::string_view text, const symbol_table& symbols, const ir::op_info* const* ops, int op_count, const char* file, int line)
        : recorder(text, symbols, ops, op_count, file, line), reader_(text) {}

    value run() {
        for (t_ = reader_.next(); t_.kind != token_kind::end; advance()) {
            if (wants_operand_) { operand_token(); }
            else { operator_token(); }
        }
        if (wants_operand_) { missing_operand(); }
        reduce_to(weakest);
        if (!frames_.empty()) { unclosed(); }
        const item x = pop_item();
        if (x.kind == item_kind::list) { fail(x.at, 1, "a formula is one expression, not a list: write stack([x, y])"); }
        if (x.kind != item_kind::symbol) { fail(x.at, 1, "a formula is an expression, not an element type"); }
        return x.v;
    }

  private:
    // Strengths, weakest first. A bracket is weaker than all.
    enum strength : std::int8_t { weakest, choice, either, both, negation, comparison, sum, product, sign, power };
    enum class frame_kind : std::uint8_t { prefix, infix, otherwise, group, list, call, index, question };
    struct frame {
        frame_kind kind;
        std::int8_t strength = weakest;
        std::string_view text{}; // the operator, or the function called
        std::size_t at = 0;
        std::size_t first = 0; // of a bracket: how many items were there before
        std::size_t part = 0;  // of an index: where the current part begins
        int colons = 0;
        std::string_view name{}; // of the argument under way
    };

    token_reader reader_;
    token t_;
    bool wants_operand_ = true;
    bool ahead_ = false; // the next token has been read already
    std::vector<item> items_;
    std::vector<frame> frames_;
    std::vector<item> lists_; // what is in lists, each list together
    std::vector<term> terms_; // of the runs among items_, in order

    [[noreturn]] void fail_here(const std::string& sentence) const { fail(t_.at, t_.size, sentence); }

    void advance() {
        if (ahead_) { ahead_ = false; }
        else { t_ = reader_.next(); }
    }

    // --- where an operand is wanted ----------------------------------------------------------------------------------------

    void operand_token() {
        if (t_.kind == token_kind::number) {
            push(t_.number, t_.at);
        } else if (t_.kind == token_kind::name) {
            name_token();
        } else if (t_.text == "(") {
            open({frame_kind::group, weakest, t_.text, t_.at});
        } else if (t_.text == "[") {
            open({frame_kind::list, weakest, t_.text, t_.at});
        } else if (t_.text == "+" || t_.text == "-" || t_.text == "!") {
            frames_.push_back({frame_kind::prefix, sign, t_.text, t_.at});
        } else if (t_.text == ":" && in_index()) {
            absent();
            colon();
        } else if (t_.text == "..." && at_start_of_part()) {
            item x;
            x.kind = item_kind::ellipsis;
            put(x);
        } else if (t_.text == "]" && in_index() && frames_.back().colons > 0) {
            absent();
            operator_token();
        } else if (t_.text == "," && in_index() && frames_.back().colons > 0) {
            absent();
            operator_token();
        } else if ((t_.text == ")" || t_.text == "]") && may_end_here()) {
            close();
        } else {
            missing_operand();
        }
    }
    void name_token() {
        const token named = t_;
        if (named.text == "not" && symbols_.find(named.text) == nullptr) {
            frames_.push_back({frame_kind::prefix, negation, "!", named.at});
            return;
        }
        t_ = reader_.next();
        if (t_.kind == token_kind::sign && t_.text == "(") {
            open({frame_kind::call, weakest, named.text, named.at});
            return;
        }
        if (t_.kind == token_kind::sign && t_.text == "=" && in_call()) {
            frame& call = frames_.back();
            if (!call.name.empty() || items_.size() != argument_start(call)) { fail_here("an argument has one name: name=value"); }
            call.name = named.text;
            return;
        }
        ahead_ = true;
        item x;
        x.at = named.at;
        if (const value* known = symbols_.find(named.text)) {
            if (!known->is_literal() && !known->has_owner()) { fail(named.at, named.text.size(), quoted(named.text) + " was given an empty symbol: give it an input, a shared variable, an expression or a number"); }
            x.v = *known;
        }
        else if (!constant(named.text, x)) { unknown(named); }
        const token after = t_;
        t_ = named;
        put(x);
        t_ = after;
    }
    [[noreturn]] void missing_operand() const {
        if (t_.kind == token_kind::end) {
            for (std::size_t k = frames_.size(); k-- > 0;) {
                if (frames_[k].kind >= frame_kind::group && frames_[k].kind != frame_kind::question) { unclosed(); }
            }
            fail(t_.at, 1, items_.empty() && frames_.empty() ? "a formula must not be empty" : "the formula ends where an expression is expected");
        }
        if (t_.text == ")" || t_.text == "]") {
            if (frames_.empty()) { fail_here("there is no bracket for this one to close"); }
        }
        if (t_.text == "=" || t_.text == "==") { fail_here("an expression is expected before " + quoted(t_.text)); }
        fail_here("an expression is expected here, not " + quoted(text_.substr(t_.at, t_.size)));
    }

    // --- where an operator is wanted ---------------------------------------------------------------------------------------

    void operator_token() {
        if (t_.kind == token_kind::number) { fail_here("an operator is expected before this number"); }
        if (t_.kind == token_kind::name) {
            if (t_.text == "and") { infix("&", both); }
            else if (t_.text == "or") { infix("|", either); }
            else { fail_here("an operator is expected before " + quoted(t_.text) + ": a product needs its sign *"); }
            return;
        }
        const std::string_view s = t_.text;
        if (s == "+" || s == "-") { infix(s, sum); }
        else if (s == "*" || s == "/" || s == "@") { infix(s, product); }
        else if (s == "^") { infix(s, power); }
        else if (s == "<" || s == "<=" || s == ">" || s == ">=" || s == "==" || s == "!=") { infix(s, comparison); }
        else if (s == "&") { infix(s, both); }
        else if (s == "|") { infix(s, either); }
        else if (s == "?") {
            reduce_to(choice);
            open({frame_kind::question, weakest, s, t_.at});
        } else if (s == ":") {
            colon();
        } else if (s == ",") {
            comma();
        } else if (s == ")" || s == "]") {
            close();
        } else if (s == "[") {
            settle();
            open({frame_kind::index, weakest, s, t_.at});
            --frames_.back().first; // the array itself
        } else if (s == "'") {
            transpose_top();
        } else if (s == ".") {
            t_ = reader_.next();
            if (t_.kind != token_kind::name || t_.text != "T") { fail_here("after a point only T is known, as in A.T"); }
            transpose_top();
        } else if (s == "=") {
            fail_here("= gives nothing a value in a formula: write == to compare");
        } else if (s == "(") {
            fail_here("an operator is expected before (: a product needs its sign *");
        } else if (s == "!") {
            fail_here("! stands before what it negates: write != to compare");
        } else {
            fail_here("an operator is expected here, not " + quoted(s));
        }
    }
    void infix(std::string_view text, std::int8_t strength) {
        // Powers go from right to left.
        reduce_to(strength == power ? strength + 1 : strength);
        frames_.push_back({frame_kind::infix, strength, text, t_.at});
        wants_operand_ = true;
    }
    void transpose_top() {
        item x = pop_item();
        if (x.kind != item_kind::symbol) { fail_here("only an array has a transpose"); }
        x.v = guarded(t_.at, t_.size, [&] { return transpose(at_call(x.v)); });
        put(x);
    }

    // --- brackets ----------------------------------------------------------------------------------------------------------

    void open(frame f) {
        f.first = f.part = items_.size();
        frames_.push_back(f);
        wants_operand_ = true;
    }
    bool in_index() const { return !frames_.empty() && frames_.back().kind == frame_kind::index; }
    bool in_call() const { return !frames_.empty() && frames_.back().kind == frame_kind::call; }
    bool at_start_of_part() const { return in_index() && items_.size() == frames_.back().part && frames_.back().colons == 0; }
    static std::size_t argument_start(const frame& f) { return f.part; }
    // An empty list of arguments, and a comma before the end.
    bool may_end_here() const {
        if (frames_.empty()) { return false; }
        const frame& f = frames_.back();
        const bool fits = f.kind == frame_kind::call || f.kind == frame_kind::group ? t_.text == ")" : f.kind == frame_kind::list && t_.text == "]";
        const bool empty = items_.size() == f.first;
        return fits && f.name.empty() && (empty ? f.kind != frame_kind::group : items_.size() == f.part);
    }
    void absent() {
        item x;
        x.kind = item_kind::absent;
        put(x);
    }
    void colon() {
        reduce_to(weakest);
        if (frames_.empty()) { fail_here("a : belongs to a choice, c ? a : b, or to an index, x[1:3]"); }
        frame& f = frames_.back();
        if (f.kind == frame_kind::question) {
            f.kind = frame_kind::otherwise;
            f.strength = choice;
        } else if (f.kind == frame_kind::index && f.colons < 2) {
            settle();
            ++f.colons;
        } else {
            fail_here(f.kind == frame_kind::index ? "a part of an index is start:stop:step" : "a : belongs to a choice, c ? a : b, or to an index, x[1:3]");
        }
        wants_operand_ = true;
    }
    void comma() {
        reduce_to(weakest);
        if (frames_.empty() || frames_.back().kind == frame_kind::question) { fail_here("a comma stands between arguments, in lists and in indices"); }
        end_part();
        wants_operand_ = true;
    }
    // An argument, element or part of an index is complete.
    void end_part() {
        frame& f = frames_.back();
        settle();
        if (f.kind == frame_kind::index && f.colons > 0) {
            item x;
            x.kind = item_kind::slice;
            x.at = items_[f.part].at;
            const std::size_t given = items_.size() - f.part;
            x.part.has_start = bound(items_[f.part], x.part.start);
            x.part.has_stop = bound(items_[f.part + 1], x.part.stop);
            if (given > 2) { bound(items_[f.part + 2], x.part.step); }
            items_.resize(f.part);
            items_.push_back(x);
            f.colons = 0;
        }
        if (f.kind == frame_kind::call) {
            items_.back().name = f.name;
            f.name = {};
        }
        f.part = items_.size();
    }
    bool bound(const item& x, std::int64_t& n) const {
        if (x.kind == item_kind::absent) { return false; }
        n = whole(x);
        return true;
    }
    void close() {
        const bool any = !wants_operand_;
        if (any) { reduce_to(weakest); }
        if (frames_.empty()) { fail_here("there is no bracket for this one to close"); }
        const frame_kind kind = frames_.back().kind;
        if (kind == frame_kind::question) { fail(frames_.back().at, 1, "a choice has two sides: c ? a : b"); }
        const bool round = kind == frame_kind::group || kind == frame_kind::call;
        if (round != (t_.text == ")")) { fail_here(std::string("the bracket to close is ") + (round ? "(" : "[") + ", opened in column " + column_of(opening()) + ": write " + (round ? ")" : "]")); }
        const bool single = kind == frame_kind::group && any && items_.size() == frames_.back().first + 1;
        if (any) { end_part(); }
        const frame f = frames_.back();
        frames_.pop_back();
        const auto count = static_cast<int>(items_.size() - f.first);
        item x;
        x.at = f.at;
        if (kind == frame_kind::call) { x.v = call(f.text, f.at, items_.data() + f.first, count, lists_); }
        else if (kind == frame_kind::index) {
            if (count < 2) { fail_here("an index must not be empty"); }
            x.v = indexed(items_[f.first], items_.data() + f.first + 1, count - 1);
        } else if (single) {
            x = items_.back();
            x.chained = false;
        } else {
            x.kind = item_kind::list;
            x.first = static_cast<int>(lists_.size());
            x.count = count;
            lists_.insert(lists_.end(), items_.begin() + static_cast<std::ptrdiff_t>(f.first), items_.end());
        }
        items_.resize(f.first);
        put(x);
    }
    std::size_t opening() const { return frames_.back().kind == frame_kind::call ? frames_.back().at + frames_.back().text.size() : frames_.back().at; }
    std::string column_of(std::size_t at) const {
        std::size_t column = 1;
        for (std::size_t i = text_.rfind('\n', at) == std::string_view::npos ? 0 : text_.rfind('\n', at) + 1; i < at; ++column) {
            const std::size_t n = sequence_length(text_, i);
            i += n > 0 ? n : 1;
        }
        return std::to_string(column);
    }
    [[noreturn]] void unclosed() const {
        std::size_t k = frames_.size() - 1;
        while (frames_[k].kind < frame_kind::group) { --k; }
        const frame& f = frames_[k];
        if (f.kind == frame_kind::question) { fail(f.at, 1, "a choice has two sides: c ? a : b"); }
        const std::size_t at = f.kind == frame_kind::call ? text_.find('(', f.at) : f.at;
        fail(at, 1, std::string("this ") + text_[at] + " is never closed: write " + (text_[at] == '(' ? ")" : "]"));
    }

    // --- items -------------------------------------------------------------------------------------------------------------

    void put(item x) {
        if (x.at == item::nowhere) { x.at = t_.at; }
        items_.push_back(x);
        wants_operand_ = false;
    }
    void push(const value& v, std::size_t at) {
        item x;
        x.v = v;
        x.at = at;
        put(x);
    }
    item pop_item() {
        settle();
        item x = items_.back();
        items_.pop_back();
        return x;
    }
    value pop_value(const frame& f) {
        const item x = pop_item();
        if (x.kind != item_kind::symbol) { fail(f.at, 1, quoted(f.text) + " works on symbols and numbers, not on a list or a type"); }
        return x.v;
    }

    // --- operators ---------------------------------------------------------------------------------------------------------

    // Applies the operators that hold more tightly than, or as tightly as, `least`.
    void reduce_to(int least) {
        while (!frames_.empty() && frames_.back().kind < frame_kind::group) {
            const frame f = frames_.back();
            // A choice goes on to the right: a ? b : c ? d : e.
            if (f.strength < least || (f.kind == frame_kind::otherwise && least == choice)) { return; }
            frames_.pop_back();
            reduce(f);
        }
    }
    void reduce(const frame& f) {
        item x;
        x.at = f.at;
        if (f.kind == frame_kind::prefix) {
            const std::size_t at = items_.back().at;
            const value v = pop_value(f);
            x.v = guarded(f.at, f.text.size(), [&] {
                return f.text == "-" ? -at_call(v) : f.text == "+" ? v : logical_not(v);
            });
            x.at = at < f.at ? at : f.at;
            put(x);
            return;
        }
        if (f.kind == frame_kind::otherwise) {
            const value b = pop_value(f);
            const value a = pop_value(f);
            const value c = pop_value(f);
            x.v = guarded(f.at, 1, [&] { return where(at_call(c), at_call(a), at_call(b)); });
            put(x);
            return;
        }
        const value b = pop_value(f);
        if (f.text == "+" || f.text == "-" || f.text == "*") {
            const char run = f.text == "*" ? '*' : '+';
            item& left = items_.back();
            if (left.kind != item_kind::run || left.sign != run) {
                const std::size_t at = left.at;
                const value a = pop_value(f);
                x.kind = item_kind::run;
                x.sign = run;
                x.at = at;
                x.count = 1;
                terms_.push_back({a, false, at});
                items_.push_back(x);
            }
            terms_.push_back({b, f.text == "-", f.at});
            ++items_.back().count;
            return;
        }
        if (f.strength == comparison && items_.back().chained) {
            // a < b < c is a < b and b < c, as in mathematics.
            const item left = pop_item();
            const value next = compared(f.text, f.at, left.last, b);
            x.v = guarded(f.at, f.text.size(), [&] { return at_call(left.v) & at_call(next); });
            x.chained = true;
            x.last = b;
            put(x);
            return;
        }
        x.at = items_.back().at;
        const value a = pop_value(f);
        if (f.strength == comparison) {
            x.v = compared(f.text, f.at, a, b);
            x.chained = true;
            x.last = b;
        } else {
            x.v = binary(f.text, f.at, a, b);
        }
        put(x);
    }
    // A sum or product that is complete becomes one symbol.
    void settle() {
        if (items_.empty() || items_.back().kind != item_kind::run) { return; }
        item& x = items_.back();
        const std::size_t first = terms_.size() - static_cast<std::size_t>(x.count);
        x.v = total(x.sign, terms_.data() + first, static_cast<std::size_t>(x.count));
        x.kind = item_kind::symbol;
        x.count = 0;
        terms_.resize(first);
    }
};

} // namespace detail::formula

// The symbol for a formula, recorded in the graph of its symbols with the op functions that C++ uses:
//
//     damo::parse("log(1 + exp(-x^2)) + mean(A @ b)", {{"x", x}, {"A", A}, {"b", b}})
//
// Operators and functions are those of docs/formulas.md. A formula of numbers alone gives a number. Any text is answered in time and
// memory that grow in proportion to its length, by a symbol or by parse_error, which is an error: with line, column, a mark below the
// place and, for a name nearly right, the right one. Without exceptions the sentence goes to the handler.
inline value parse(std::string_view text, const symbol_table& symbols = {}, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    return detail::formula::parser(text, symbols, ops::all_ops, ops::all_ops_count, file, line).run();
}
// The same with further elementwise ops, each called by its name: {&damo::ops::info_of<half_op>}.
inline value parse(std::string_view text, const symbol_table& symbols, std::initializer_list<const ir::op_info*> more, const char* file = __builtin_FILE(),
                   int line = __builtin_LINE()) {
    std::vector<const ir::op_info*> ops(more);
    for (const ir::op_info* op : more) {
        if (op == nullptr) { detail::formula::refuse(text, 0, 0, "parse was given a null pointer among the further ops: name each as &damo::ops::info_of<my_op>"); }
    }
    ops.insert(ops.end(), ops::all_ops, ops::all_ops + ops::all_ops_count);
    return detail::formula::parser(text, symbols, ops.data(), static_cast<int>(ops.size()), file, line).run();
}

} // namespace damo
