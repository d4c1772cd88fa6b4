// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include <damo/exec/jit/c_text.hpp>
#include <damo/plan/array_plan.hpp>
#include <damo/plan/cost.hpp>

namespace damo::exec::jit {

// The instructions of a plan, wherever they lie.
struct plan_code {
    const plan::loop_instruction* code;
    const plan::loop_pass* passes;
    const plan::stream* streams;
};
inline plan_code code_of(const plan::plan_draft& d) { return {d.code.data, d.passes.data, d.streams.data}; }

// Writes one nest of a plan as a C function of the type nest_function (nest_call.hpp): loops over positions of the kept axes, in them the
// passes, each with a loop that the C compiler turns into vectors. Sums are added as the static kernels do it: lanes side by side, blocks
// of block_steps, partial results of equal weight in pairs.
class nest_writer {
  public:
    nest_writer(const plan_code& c, const plan::step& s, op_lookup find) : c_(c), s_(s), find_(find), count_(s.streams.end - s.streams.begin) {
        bool wide = false;
        for (const auto& slots : s.slots) {
            for (dtype t : {dtype::float64, dtype::int64}) { wide = wide || slots[static_cast<int>(t)] > 0; }
        }
        lanes_ = wide ? 32 : 64;
        if (s.by_columns) { lanes_ = 64; }
    }

    // False if an op of the nest has no spelling in C. `linkage` stands in front of the function.
    bool write(c_text& out, std::string_view name, std::string_view linkage = "") {
        out_ = &out;
        name_ = name;
        if (!is_expressible()) { return false; }
        bool folds = false;
        for (int p = 0; p < s_.pass_count; ++p) { folds = folds || has_folds(p); }
        // Lanes lie in registers only when loops over them are unrolled whole; other loops are faster as they stand.
        if (folds) {
            out.directive("#pragma GCC push_options");
            out.directive("#pragma GCC optimize(\"peel-loops\")");
        }
        for (int p = 0; p < s_.pass_count; ++p) { write_folds(p); }
        out.open(linkage, "void ", name, "(char* const* data, const int64_t* symbols, const int64_t* extents, const int64_t* bytes, int outer, int inner)");
        out.line("(void)symbols; (void)extents; (void)bytes; (void)outer; (void)inner; (void)data;");
        for (int s = 0; s < count_; ++s) {
            if (stream(s).view < 0) { out.line("int64_t p", s, " = (int64_t)(intptr_t)data[", s, "];"); }
            else { out.line("char* p", s, " = data[", s, "];"); }
        }
        at_ = where::once;
        instructions(s_.once);
        if (s_.by_columns) { columns(); }
        else { rows(); }
        out.close();
        if (folds) { out.directive("#pragma GCC pop_options"); }
        return true;
    }

  private:
    enum class where { once, row, element };
    // How a loop reaches elements: in steps of their size, or as the strides say.
    enum class reach { unit, strided };

    plan_code c_;
    const plan::step& s_;
    op_lookup find_;
    int count_;
    int lanes_ = 32;
    c_text* out_ = nullptr;
    std::string_view name_;
    where at_ = where::once;
    reach how_ = reach::strided;
    std::string offset_; // of the element, counted in elements along the vector axis

    const plan::stream& stream(int s) const { return c_.streams[s_.streams.begin + s]; }
    const plan::loop_pass& pass(int p) const { return c_.passes[s_.first_pass + p]; }
    const plan::loop_instruction& code(int i) const { return c_.code[i]; }

    bool is_expressible() const {
        for (int i = s_.once.begin; i < s_.last.end; ++i) {
            const plan::loop_instruction& c = code(i);
            if (c.does != plan::action::compute && c.does != plan::action::fold) { continue; }
            const ir::op_info* op = find_(c.op);
            if (op == nullptr || op->c_spelling == nullptr) { return false; }
        }
        return true;
    }

    // --- numbers ---------------------------------------------------------------------------------------------------------------

    static char letter(dtype t) { return t == dtype::float64 ? 'd' : t == dtype::float32 ? 'f' : t == dtype::int64 ? 'l' : t == dtype::int32 ? 'i' : 'b'; }
    static std::string number(char level, dtype t, int slot) { return std::string{level, letter(t)} + std::to_string(slot); }
    std::string name_of(const plan::place& p) const {
        if (p.at == plan::level::once) { return number('o', p.element, p.slot); }
        if (p.at == plan::level::element) { return number('e', p.element, p.slot); }
        return number('r', p.element, p.slot) + (s_.by_columns ? "[c]" : "");
    }
    std::string definition(const plan::place& p) const {
        if (p.at == plan::level::row && s_.by_columns) { return name_of(p); }
        return std::string("const ") + c_type(p.element) + ' ' + name_of(p);
    }

    // Where stream s points, as an expression of the stream's element.
    std::string memory(int s) const {
        const plan::stream& x = stream(s);
        const std::string type = std::string(c_type(x.element)) + "*)";
        const std::string base = (at_ == where::element ? "q" : "p") + std::to_string(s);
        if (!x.along || offset_.empty()) { return "*(" + type + base; }
        if (how_ == reach::unit) { return "((" + type + base + ")[" + offset_ + "]"; }
        return "*(" + type + '(' + base + " + (" + offset_ + ") * u[" + std::to_string(s) + "])";
    }
    std::string position(int s) const {
        const std::string base = (at_ == where::element ? "q" : "p") + std::to_string(s);
        return !stream(s).along || offset_.empty() ? base : base + " + (" + offset_ + ") * u[" + std::to_string(s) + "]";
    }

    // An element's number that is the same along the vector axis, read before the loop.
    bool is_fixed(const plan::loop_instruction& c) const { return c.does == plan::action::load && at_ == where::element && !stream(c.stream).along; }

    std::string value_of(const plan::loop_instruction& c) const {
        std::string operands[3];
        for (int a = 0; a < c.arg_count; ++a) { operands[a] = name_of(c.args[a]); }
        const std::string type = c_type(c.result.element);
        switch (c.does) {
        case plan::action::constant: return c_literal(c.result.element, c.bits);
        case plan::action::extent: {
            const auto e = static_cast<std::int64_t>(c.bits);
            return '(' + type + ')' + (e >= 0 ? c_literal(dtype::int64, c.bits) : "symbols[" + std::to_string(-1 - e) + ']');
        }
        case plan::action::load: return memory(c.stream);
        case plan::action::index: return '(' + type + ")(" + position(c.stream) + ')';
        case plan::action::convert: return '(' + type + ')' + operands[0];
        case plan::action::one_hot: return '(' + type + ")((int64_t)" + operands[0] + " == (int64_t)" + operands[1] + ')';
        default: return c_expression(find_(c.op), c.args[c.arg_count - 1].element, operands, c.arg_count);
        }
    }
    void instruction(const plan::loop_instruction& c) {
        if (c.does == plan::action::fold || is_fixed(c)) { return; }
        if (c.does == plan::action::store) { out_->line(memory(c.stream), " = ", name_of(c.args[0]), ';'); }
        else { out_->line(definition(c.result), " = ", value_of(c), ';'); }
    }
    void instructions(plan::range r) {
        for (int i = r.begin; i < r.end; ++i) { instruction(code(i)); }
    }

    // --- folds -----------------------------------------------------------------------------------------------------------------

    template <class F>
    void each_fold(int p, const F& f) const {
        for (int i = pass(p).element.begin; i < pass(p).element.end; ++i) {
            if (code(i).does == plan::action::fold) { f(code(i), i); }
        }
    }
    bool has_folds(int p) const {
        bool any = false;
        each_fold(p, [&](const plan::loop_instruction&, int) { any = true; });
        return any;
    }
    std::string combined(const plan::loop_instruction& c, const std::string& a, const std::string& b) const {
        const std::string operands[2] = {a, b};
        return c_expression(find_(c.op), c.result.element, operands, 2);
    }
    std::string accumulator(const plan::loop_instruction& c) const { return number('a', c.result.element, c.stream); }
    std::string helper(const char* what, int i) const { return std::string(name_) + '_' + what + std::to_string(i); }

    // Lanes used in short rows.
    static constexpr int fewest_lanes = 8;

    // For each fold a function that folds the lanes together, and two that keep partial results in pairs.
    void write_folds(int p) {
        each_fold(p, [&](const plan::loop_instruction& c, int i) {
            const char* t = c_type(c.result.element);
            out_->open("static inline ", t, ' ', helper("op", i), '(', t, " a, ", t, " b)");
            out_->line("return ", combined(c, "a", "b"), ';');
            out_->close();
            if (s_.by_columns) { return; }
            out_->open("DAMO_INLINE ", t, ' ', helper("lanes", i), '(', t, "* a, int lanes)");
            for (int w = lanes_ / 2; w > 0; w /= 2) {
                if (w >= fewest_lanes) { out_->open("if (lanes > ", w, ')'); }
                if (w > 1) { out_->directive("#pragma omp simd"); }
                out_->line("for (int j = 0; j < ", w, "; ++j) { a[j] = ", helper("op", i), "(a[j], a[j + ", w, "]); }");
                if (w >= fewest_lanes) { out_->close(); }
            }
            out_->line("return a[0];");
            out_->close();
            out_->open("static void ", helper("add", i), '(', t, "* parts, uint64_t count, ", t, " x)");
            out_->line("int k = 0;");
            out_->line("for (; count & 1u; count >>= 1, ++k) { DAMO_FEW x = ", helper("op", i), "(x, parts[k]); }");
            out_->line("parts[k] = x;");
            out_->close();
        });
    }
    void declare_rows() {
        if (!s_.by_columns) { return; }
        for (dtype t : {dtype::float64, dtype::float32, dtype::int64, dtype::int32, dtype::boolean}) {
            const int n = s_.slots[1][static_cast<int>(t)];
            for (int k = 0; k < n; ++k) { out_->line(c_type(t), ' ', number('r', t, k), '[', lanes_, "];"); }
        }
    }

    // --- loops -----------------------------------------------------------------------------------------------------------------

    // Streams of a pass, to be moved along the inner axes.
    std::vector<int> streams_of(plan::range r) const {
        std::vector<bool> used(static_cast<std::size_t>(count_ + 1));
        for (int i = r.begin; i < r.end; ++i) {
            const plan::loop_instruction& c = code(i);
            if (c.does == plan::action::load || c.does == plan::action::store || c.does == plan::action::index) { used[static_cast<std::size_t>(c.stream)] = true; }
        }
        std::vector<int> streams;
        for (int s = 0; s < count_; ++s) {
            if (used[static_cast<std::size_t>(s)]) { streams.push_back(s); }
        }
        return streams;
    }
    std::vector<int> all_streams() const {
        std::vector<int> streams;
        for (int s = 0; s < count_; ++s) { streams.push_back(s); }
        return streams;
    }
    // The end of an endless loop over `axes` axes, the first of which has number `first`: on to the next position, or out.
    void advance(char pointer, const char* at, const std::string& first, const std::string& axes, const std::vector<int>& streams) {
        out_->line("int k = ", axes, " - 1;");
        out_->open("for (; k >= 0; --k)");
        out_->line("DAMO_FEW");
        out_->line("const int64_t* const b = bytes + (", first, " + k) * ", count_, ';');
        out_->line("(void)b;");
        move(pointer, streams, "b[", "]");
        out_->line("if (++", at, "[k] < extents[", first, " + k]) { break; }");
        for (int s : streams) { out_->line(pointer, s, " -= ", at, "[k] * b[", s, "];"); }
        out_->line(at, "[k] = 0;");
        out_->close();
        out_->line("if (k < 0) { break; }");
    }
    void move(char pointer, const std::vector<int>& streams, const char* before, const char* after) {
        for (int s : streams) { out_->line(pointer, s, " += ", before, s, after, ';'); }
    }
    void is_unit() {
        std::string condition = "1";
        for (int s = 0; s < count_; ++s) {
            const plan::stream& x = stream(s);
            if (x.along && x.view >= 0) { condition += " && u[" + std::to_string(s) + "] == " + std::to_string(size_of(x.element)); }
        }
        out_->line("const int unit = ", condition, ';');
    }
    void fixed_loads(int p) {
        for (int i = pass(p).element.begin; i < pass(p).element.end; ++i) {
            if (is_fixed(code(i))) { out_->line(definition(code(i).result), " = ", memory(code(i).stream), ';'); }
        }
    }
    // for each of `count` positions along the vector axis: the body of pass p, and its folds.
    void vector_loop(int p, const char* variable, const std::string& count, const std::string& offset) {
        at_ = where::element;
        offset_ = offset;
        // Gathering elements into vectors one by one pays for functions that take long only.
        if (how_ == reach::unit || !s_.cheap) { out_->directive("#pragma omp simd"); }
        out_->open("for (int64_t ", variable, " = 0; ", variable, " < ", count, "; ++", variable, ')');
        instructions(pass(p).element);
        each_fold(p, [&](const plan::loop_instruction& c, int) {
            const std::string a = accumulator(c) + '[' + variable + ']';
            out_->line(a, " = ", combined(c, a, name_of(c.args[0])), ';');
        });
        out_->close();
        offset_.clear();
    }
    void clear_accumulators(int p, std::string_view lanes) {
        each_fold(p, [&](const plan::loop_instruction& c, int) {
            out_->directive("#pragma omp simd");
            out_->line("for (int j = 0; j < ", lanes, "; ++j) { ", accumulator(c), "[j] = ", c_literal(c.result.element, c.bits), "; }");
        });
    }
    void inner_is_empty() {
        out_->line("int empty = 0;");
        out_->line("for (int k = 0; k < inner; ++k) { DAMO_FEW empty |= extents[outer + k] == 0; }");
        out_->line("(void)empty;");
    }

    // --- rows ------------------------------------------------------------------------------------------------------------------

    void rows() {
        if (s_.pass_count > 0) {
            out_->line("const int64_t* const u = bytes + (outer + inner - 1) * ", count_, ';');
            out_->line("const int64_t n = extents[outer + inner - 1];");
            inner_is_empty();
            is_unit();
            out_->line("const int lanes = n <= ", fewest_lanes, " ? ", fewest_lanes, " : n <= ", 2 * fewest_lanes, " ? ", 2 * fewest_lanes, " : ", lanes_, ';');
            out_->line("(void)lanes;");
        }
        out_->line("int64_t at[8] = {0};");
        out_->open("for (;;)");
        for (int p = 0; p < s_.pass_count; ++p) {
            at_ = where::row;
            instructions(pass(p).row);
            row_pass(p);
        }
        at_ = where::row;
        instructions(s_.last);
        advance('p', "at", "0", "outer", all_streams());
        out_->close();
    }
    void row_pass(int p) {
        const bool folds = has_folds(p);
        each_fold(p, [&](const plan::loop_instruction& c, int) { out_->line(c_type(c.result.element), ' ', name_of(c.result), ';'); });
        out_->open("");
        if (folds) {
            each_fold(p, [&](const plan::loop_instruction& c, int) {
                out_->line(c_type(c.result.element), ' ', accumulator(c), '[', lanes_, "], ", accumulator(c), "_parts[48];");
            });
            clear_accumulators(p, "lanes");
            out_->line("uint64_t blocks = 0;");
            out_->line("int steps = 0;");
        }
        const std::vector<int> streams = streams_of(pass(p).element);
        out_->open("if (!empty)");
        for (int s : streams) { out_->line(stream(s).view < 0 ? "int64_t q" : "char* q", s, " = p", s, ';'); }
        out_->line("int64_t within[8] = {0};");
        out_->open("for (;;)");
        at_ = where::element;
        fixed_loads(p);
        for (reach how : {reach::unit, reach::strided}) {
            how_ = how;
            if (how == reach::unit) { out_->open("if (unit)"); }
            else { out_->open("else"); }
            if (folds) { fold_run(p); }
            else { vector_loop(p, "i", "n", "i"); }
            out_->close();
        }
        how_ = reach::strided;
        advance('q', "within", "outer", "(inner - 1)", streams);
        out_->close();
        out_->close();
        if (folds) {
            each_fold(p, [&](const plan::loop_instruction& c, int i) {
                const std::string r = name_of(c.result);
                out_->line(r, " = ", helper("lanes", i), '(', accumulator(c), ", lanes);");
                out_->line("for (int k = 0; blocks >> k; ++k) { DAMO_FEW if (blocks >> k & 1u) { ", r, " = ", helper("op", i), '(', r, ", ", accumulator(c), "_parts[k]); } }");
            });
        }
        out_->close();
    }
    // n elements folded: whole vectors of lanes, and what is left.
    void fold_run(int p) {
        constexpr int block = plan::costs.block_steps;
        out_->open("for (int64_t i = 0; i < n;)");
        if (how_ == reach::unit) {
            out_->line("int64_t whole = (n - i) / ", lanes_, ';');
            out_->line("if (whole > ", block, " - steps) { whole = ", block, " - steps; }");
            out_->line("steps += (int)whole;");
            out_->open("for (; whole > 0; --whole, i += ", lanes_, ')');
            vector_loop(p, "j", std::to_string(lanes_), "i + j");
            out_->close();
            out_->open("if (steps < ", block, " && i < n)");
        } else { out_->open(""); }
        out_->line("const int64_t m = n - i < ", lanes_, " ? n - i : ", lanes_, ';');
        vector_loop(p, "j", "m", "i + j");
        out_->line("i += m;");
        out_->line("++steps;");
        out_->close();
        for (const std::string& lanes : {std::to_string(lanes_), std::string("lanes")}) {
            out_->open(lanes == "lanes" ? "else if" : "if", " (steps == ", block, lanes == "lanes" ? ")" : " && lanes == " + lanes + ')');
            each_fold(p, [&](const plan::loop_instruction& c, int i) {
                out_->line(helper("add", i), '(', accumulator(c), "_parts, blocks, ", helper("lanes", i), '(', accumulator(c), ", ", lanes, "));");
            });
            clear_accumulators(p, lanes);
            out_->line("++blocks;");
            out_->line("steps = 0;");
            out_->close();
        }
        out_->close();
    }

    // --- columns: vectors along the last kept axis -------------------------------------------------------------------------------

    void columns() {
        out_->line("const int64_t* const u = bytes + (outer - 1) * ", count_, ';');
        out_->line("const int64_t* const v = bytes + (outer + inner - 1) * ", count_, ';');
        out_->line("const int64_t columns = extents[outer - 1], n = extents[outer + inner - 1];");
        out_->line("(void)v; (void)n;");
        inner_is_empty();
        is_unit();
        out_->line("int64_t at[8] = {0};");
        out_->open("for (;;)");
        out_->open("for (int64_t first = 0; first < columns; first += ", lanes_, ')');
        out_->line("const int64_t w = columns - first < ", lanes_, " ? columns - first : ", lanes_, ';');
        declare_rows();
        for (int p = 0; p < s_.pass_count; ++p) {
            per_column(pass(p).row);
            column_pass(p);
        }
        per_column(s_.last);
        out_->close();
        advance('p', "at", "0", "(outer - 1)", all_streams());
        out_->close();
    }
    void per_column(plan::range r) {
        if (r.begin == r.end) { return; }
        at_ = where::row;
        how_ = reach::strided;
        offset_ = "first + c";
        out_->directive("#pragma omp simd");
        out_->open("for (int64_t c = 0; c < w; ++c)");
        instructions(r);
        out_->close();
        offset_.clear();
    }
    void column_pass(int p) {
        const bool folds = has_folds(p);
        out_->open("");
        if (folds) {
            each_fold(p, [&](const plan::loop_instruction& c, int) {
                out_->line(c_type(c.result.element), ' ', accumulator(c), '[', lanes_, "], ", accumulator(c), "_parts[48][", lanes_, "];");
            });
            clear_accumulators(p, std::to_string(lanes_));
            out_->line("uint64_t blocks = 0;");
            out_->line("int steps = 0;");
        }
        const std::vector<int> streams = streams_of(pass(p).element);
        out_->open("if (!empty)");
        for (int s : streams) {
            out_->line(stream(s).view < 0 ? "int64_t q" : "char* q", s, " = p", s, " + first * ", stream(s).along ? "u[" : "0 * u[", s, "];");
        }
        out_->line("int64_t within[8] = {0};");
        out_->open("for (;;)");
        out_->open("for (int64_t i = 0; i < n;)");
        constexpr int block = 4 * plan::costs.block_steps;
        if (folds) { out_->line("int64_t some = n - i < ", block, " - steps ? n - i : ", block, " - steps;"); }
        else { out_->line("int64_t some = n - i;"); }
        out_->line("i += some;");
        if (folds) { out_->line("steps += (int)some;"); }
        column_run(p, "if (unit && w == " + std::to_string(lanes_) + ')', reach::unit, std::to_string(lanes_), streams);
        column_run(p, "else if (unit)", reach::unit, "w", streams);
        column_run(p, "else", reach::strided, "w", streams);
        how_ = reach::strided;
        if (folds) { flush_columns(p); }
        out_->close();
        for (int s : streams) { out_->line('q', s, " -= n * v[", s, "];"); }
        advance('q', "within", "outer", "(inner - 1)", streams);
        out_->close();
        out_->close();
        if (folds) { total_columns(p); }
        out_->close();
    }
    void column_run(int p, const std::string& condition, reach how, const std::string& count, const std::vector<int>& streams) {
        out_->open(condition);
        out_->open("for (; some > 0; --some)");
        how_ = how;
        at_ = where::element;
        fixed_loads(p);
        vector_loop(p, "c", count, "c");
        move('q', streams, "v[", "]");
        out_->close();
        out_->close();
    }
    void flush_columns(int p) {
        out_->open("if (steps == ", 4 * plan::costs.block_steps, ')');
        each_fold(p, [&](const plan::loop_instruction& c, int) {
            const std::string a = accumulator(c);
            out_->open("");
            out_->line("int k = 0;");
            out_->open("for (uint64_t b = blocks; b & 1u; b >>= 1, ++k)");
            out_->directive("#pragma omp simd");
            out_->line("for (int c = 0; c < ", lanes_, "; ++c) { ", a, "[c] = ", combined(c, a + "[c]", a + "_parts[k][c]"), "; }");
            out_->close();
            out_->directive("#pragma omp simd");
            out_->line("for (int c = 0; c < ", lanes_, "; ++c) { ", a, "_parts[k][c] = ", a, "[c]; }");
            out_->close();
        });
        clear_accumulators(p, std::to_string(lanes_));
        out_->line("++blocks;");
        out_->line("steps = 0;");
        out_->close();
    }
    void total_columns(int p) {
        each_fold(p, [&](const plan::loop_instruction& c, int) {
            const std::string a = accumulator(c);
            out_->open("for (int k = 0; blocks >> k; ++k)");
            out_->line("if (!(blocks >> k & 1u)) { continue; }");
            out_->directive("#pragma omp simd");
            out_->line("for (int c = 0; c < ", lanes_, "; ++c) { ", a, "[c] = ", combined(c, a + "[c]", a + "_parts[k][c]"), "; }");
            out_->close();
            out_->line("for (int c = 0; c < w; ++c) { ", name_of(c.result), " = ", a, "[c]; }");
        });
    }
};

} // namespace damo::exec::jit
