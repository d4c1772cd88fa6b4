// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include <damo/exec/jit/unit.hpp>
#include <damo/plan/arrays.hpp>
#include <damo/plan/lower.hpp>

namespace damo::exec::jit {

// What a function written as C stands on, beside the prelude.
inline constexpr const char* function_prelude = R"(
/* An array: its first element, and extents and strides (in elements) of as many axes as the function states. */
typedef struct { void* data; int64_t extents[8]; int64_t strides[8]; } damo_array;
typedef struct { char* data; int64_t strides[8]; } damo_view;

static inline int damo_axis(int64_t* extents, int64_t* bytes, int count, int streams, int64_t extent, int may_join) {
    if (count > 0 && may_join) {
        int64_t* const last = bytes + (count - 1) * streams;
        int joins = 1;
        if (extent == 1) { return count; }
        for (int s = 0; s < streams && joins; ++s) { joins = extents[count - 1] == 1 || last[s] == last[streams + s] * extent; }
        if (joins) {
            extents[count - 1] *= extent;
            for (int s = 0; s < streams; ++s) { last[s] = last[streams + s]; }
            return count;
        }
    }
    extents[count] = extent;
    return count + 1;
}
static inline int64_t damo_max(int64_t a, int64_t b) { return a > b ? a : b; }
)";

// Writes a whole function as C that stands alone: its nests, products as plain loops, memory as planned. For functions without loops and
// branches.
class function_writer {
  public:
    function_writer(const ir::module& optimised, const ir::index* outputs, int output_count, op_lookup find) : find_(find), outputs_(outputs, outputs + output_count) {
        const rewrite::usage used(optimised, outputs_.data(), output_count);
        rewrite::copy_extents(optimised, low_);
        plan::lowering l(optimised, low_, used.uses.data);
        l.lower(outputs_.data(), output_count);
        if (low_.failed) { low_.raise_mistake(); }
        plan::plan_arrays(low_, outputs_.data(), output_count, d);
    }

    // Empty if the function has loops, branches or host functions, or an op without a spelling in C.
    std::string write(const std::string& name) {
        if (d.counts >= 0) { return ""; }
        c_text out;
        for (int i = 0; i < d.steps.size; ++i) {
            const plan::step& s = d.steps.data[i];
            if (s.kind == plan::step_kind::loop || s.kind == plan::step_kind::branch || s.kind == plan::step_kind::host) { return ""; }
            if (s.kind != plan::step_kind::nest) { continue; }
            if (!nest_writer(code_of(d), s, find_).write(out, nest_name(name, i), "static ")) { return ""; }
        }
        out_ = &out;
        out.line("/* The bytes of workspace that ", name, " needs; only extents are read. */");
        out.open("int64_t ", name, "_workspace(const damo_array* inputs)");
        symbols();
        out.line("int64_t bytes = 0;");
        for (int k = 0; k < d.slots.size; ++k) { out.line("bytes += ", slot_bytes(k), ';'); }
        out.line("return bytes;");
        out.close();
        signature(name);
        out.open("void ", name, "(const damo_array* inputs, const damo_array* outputs, void* workspace)");
        symbols();
        out.line("char* place = (char*)workspace;");
        for (int k = 0; k < d.slots.size; ++k) {
            out.line("char* const slot", k, " = place;");
            out.line("place += ", slot_bytes(k), ';');
        }
        out.line("damo_view v[", d.views.size + 1, "];");
        out.line("(void)place; (void)v; (void)inputs; (void)outputs;");
        views(0);
        for (int i = 0; i < d.steps.size; ++i) { step(name, i); }
        out.close();
        return std::string(prelude) + function_prelude + out.str();
    }

  private:
    op_lookup find_;
    ir::module low_;
    std::vector<ir::index> outputs_;
    plan::plan_draft d;
    c_text* out_ = nullptr;

    static std::string nest_name(const std::string& name, int step) { return name + "_step" + std::to_string(step); }
    static std::string text(std::int64_t n) { return std::to_string(n); }
    static std::string extent(ir::extent e) { return ir::is_known(e) ? "INT64_C(" + text(e) + ")" : "symbols[" + text(-1 - e) + "]"; }
    static std::string view(int v) { return "v[" + text(v) + "]"; }
    static std::string type_of(dtype t) { return c_type(t); }

    // A line for each argument: what it must be.
    void signature(const std::string& name) {
        const auto describe = [&](const char* what, std::int64_t number, const ir::tensor_type& t) {
            core::sentence s;
            low_.print_type(s, t);
            out_->line("/* ", what, '[', number, "]: ", std::string_view(s.data(), static_cast<std::size_t>(s.size())), " */");
        };
        out_->line("/* ", name, ": workspace is aligned to 64 bytes; outputs share no memory with inputs. */");
        for (ir::index n = 1; n < low_.nodes.size; ++n) {
            if (low_.nodes.data[n].op->id == ir::input_id) { describe("inputs", low_.attribute(n, 0), low_.type_of(n)); }
        }
        for (std::size_t o = 0; o < outputs_.size(); ++o) { describe("outputs", static_cast<std::int64_t>(o), low_.type_of(outputs_[o])); }
    }
    void symbols() {
        out_->line("int64_t symbols[", low_.extents.size + 1, "];");
        out_->line("(void)symbols; (void)inputs;");
        for (int i = 0; i < low_.extents.size; ++i) {
            const ir::extent_expression& x = low_.extents.data[i];
            std::string value = "0";
            if (x.kind == ir::extent_kind::input_axis) { value = "inputs[" + text(x.a) + "].extents[" + text(x.b) + ']'; }
            else if (x.kind == ir::extent_kind::sum) { value = extent(x.a) + " + " + extent(x.b); }
            else if (x.kind == ir::extent_kind::product) { value = extent(x.a) + " * " + extent(x.b); }
            else if (x.kind == ir::extent_kind::named) {
                if (const std::string first = named(i); !first.empty()) { value = first; }
            } else if (x.kind == ir::extent_kind::difference) { value = "damo_max(" + extent(x.a) + " - " + extent(x.b) + ", 0)"; }
            else { value = "damo_max(" + extent(x.a) + ", " + extent(x.b) + ')'; }
            out_->line("symbols[", i, "] = ", value, ';');
        }
    }
    // Where an input has an extent of this name.
    std::string named(int symbol) const {
        for (ir::index n = 1; n < low_.nodes.size; ++n) {
            if (low_.nodes.data[n].op->id != ir::input_id) { continue; }
            for (int k = 0; k < low_.type_of(n).rank; ++k) {
                if (low_.type_of(n).extents[k] == -1 - symbol) { return "inputs[" + text(low_.attribute(n, 0)) + "].extents[" + text(k) + ']'; }
            }
        }
        return "";
    }
    std::string slot_bytes(int k) const {
        std::string bytes = text(d.slots.data[k].element_bytes);
        for (int a = 0; a < d.slots.data[k].rank; ++a) { bytes += " * " + extent(d.slots.data[k].extents[a]); }
        return '(' + bytes + " + 63) / 64 * 64";
    }

    void views(int first) {
        for (int v = first; v < d.views.size; ++v) {
            const plan::view_step& x = d.views.data[v];
            const auto stride = [&](int k, const std::string& value) { out_->line(view(v), ".strides[", k, "] = ", value, ';'); };
            const auto data = [&](const std::string& value) { out_->line(view(v), ".data = ", value, ';'); };
            switch (x.kind) {
            case plan::view_kind::input:
            case plan::view_kind::output: {
                const std::string from = (x.kind == plan::view_kind::input ? "inputs[" : "outputs[") + text(x.of) + ']';
                data("(char*)" + from + ".data");
                for (int k = 0; k < x.rank; ++k) { stride(k, from + ".strides[" + text(k) + ']'); }
                break;
            }
            case plan::view_kind::buffer:
            case plan::view_kind::compacted: {
                const int slot = d.buffers.data[x.kind == plan::view_kind::buffer ? x.of : x.slot].slot;
                data(slot >= 0 ? "slot" + text(slot) : "0");
                row_major(v);
                break;
            }
            case plan::view_kind::reshaped:
                data(view(x.of) + ".data");
                row_major(v);
                break;
            case plan::view_kind::permuted:
                data(view(x.of) + ".data");
                for (int k = 0; k < x.rank; ++k) { stride(k, x.numbers[k] < 0 ? "0" : view(x.of) + ".strides[" + text(x.numbers[k]) + ']'); }
                break;
            case plan::view_kind::symbol: data("(char*)&symbols[" + text(x.of) + ']'); break;
            default: {
                std::string at = view(x.of) + ".data";
                for (int k = 0; k < x.rank; ++k) {
                    const std::string from = view(x.of) + ".strides[" + text(k) + ']';
                    at += " + " + extent(x.numbers[2 * k]) + " * " + from + " * " + text(size_of(x.element));
                    stride(k, text(x.numbers[2 * k + 1]) + " * " + from);
                }
                data(at);
            }
            }
        }
    }
    void row_major(int v) {
        const plan::view_step& x = d.views.data[v];
        std::string stride = "1";
        for (int k = x.rank - 1; k >= 0; --k) {
            out_->line(view(v), ".strides[", k, "] = ", stride, ';');
            stride = view(v) + ".strides[" + text(k) + "] * " + extent(x.extents[k]);
        }
    }

    void step(const std::string& name, int i) {
        const plan::step& s = d.steps.data[i];
        out_->open("");
        switch (s.kind) {
        case plan::step_kind::nest: nest(nest_name(name, i), s); break;
        case plan::step_kind::product: product(s); break;
        case plan::step_kind::position: position(s); break;
        case plan::step_kind::fill: {
            const plan::view_step& to = d.views.data[s.views[2]];
            const std::string y = element(s.views[2], loops(s.views[2], to.rank));
            out_->line(y, " = 0;");
            close(to.rank);
            break;
        }
        default: compact(s);
        }
        out_->close();
        if (s.kind == plan::step_kind::compact) { views(s.views[2] + 1); }
    }
    void nest(const std::string& name, const plan::step& s) {
        const plan::stream* const streams = d.streams.data + s.streams.begin;
        const int count = s.streams.end - s.streams.begin;
        out_->line("int64_t extents[", s.rank + 1, "], bytes[", s.rank * count + count + 1, "];");
        out_->line("char* data[", count + 1, "];");
        out_->line("int count = 0, outer = 0, empty = 0;");
        for (int k = 0; k < count; ++k) { out_->line("data[", k, "] = ", streams[k].view < 0 ? "0" : view(streams[k].view) + ".data", ';'); }
        for (int a = 0; a < s.rank; ++a) {
            if (a == s.outer) { out_->line("outer = count;"); }
            for (int k = 0; k < count; ++k) {
                const int axis = streams[k].axes[a];
                out_->line("bytes[count * ", count, " + ", k, "] = ",
                           axis < 0 ? "0" : streams[k].view < 0 ? "1" : view(streams[k].view) + ".strides[" + text(axis) + "] * " + text(size_of(streams[k].element)), ';');
            }
            if (a < s.outer) { out_->line("empty |= ", extent(s.extents[a]), " == 0;"); }
            const bool joins = a > 0 && a != s.outer && (s.joins >> (a - 1) & 1u) != 0;
            out_->line("count = damo_axis(extents, bytes, count, ", count, ", ", extent(s.extents[a]), ", ", joins ? 1 : 0, ");");
        }
        if (s.outer == s.rank) { out_->line("outer = count;"); }
        out_->line("if (!empty) { ", name, "(data, symbols, extents, bytes, outer, count - outer); }");
    }

    // Opens loops over the first axes of a view: i0, i1, ...; returns the indices.
    std::vector<std::string> loops(int v, int rank) {
        std::vector<std::string> at;
        for (int k = 0; k < rank; ++k) {
            at.push_back("i" + text(k));
            out_->open("for (int64_t ", at.back(), " = 0; ", at.back(), " < ", extent(d.views.data[v].extents[k]), "; ++", at.back(), ')');
        }
        return at;
    }
    void close(int count) {
        for (int k = 0; k < count; ++k) { out_->close(); }
    }
    // The element of a view at these indices of its first axes; an empty index stands for 0.
    std::string element(int v, const std::vector<std::string>& at) const {
        std::string place;
        for (std::size_t k = 0; k < at.size(); ++k) {
            if (!at[k].empty()) { place += (place.empty() ? "" : " + ") + at[k] + " * " + view(v) + ".strides[" + text(static_cast<std::int64_t>(k)) + ']'; }
        }
        return "((" + type_of(d.views.data[v].element) + "*)" + view(v) + ".data)[" + (place.empty() ? "0" : place) + ']';
    }
    void product(const plan::step& s) {
        const plan::view_step& a = d.views.data[s.views[0]];
        const plan::view_step& b = d.views.data[s.views[1]];
        const plan::view_step& c = d.views.data[s.views[2]];
        std::vector<std::string> at = loops(s.views[2], c.rank);
        const int stacks = c.rank - (a.rank > 1) - (b.rank > 1);
        const std::vector<std::string> stack(at.begin(), at.begin() + stacks);
        std::vector<std::string> left = a.rank > 1 ? stack : std::vector<std::string>{};
        std::vector<std::string> right = b.rank > 1 ? stack : std::vector<std::string>{};
        if (a.rank > 1) { left.push_back(at[static_cast<std::size_t>(stacks)]); }
        left.emplace_back("k");
        right.emplace_back("k");
        if (b.rank > 1) { right.push_back(at.back()); }
        out_->line(type_of(c.element), " sum = 0;");
        out_->open("for (int64_t k = 0; k < ", extent(a.extents[a.rank - 1]), "; ++k)");
        out_->line("sum = sum + ", element(s.views[0], left), " * ", element(s.views[1], right), ';');
        out_->close();
        std::string result = "sum";
        if (!s.alpha.is_one()) { result = coefficient(s.alpha, c.element) + " * sum"; }
        if (s.added >= 0) { result += " + " + coefficient(s.beta, c.element) + " * " + element(s.added, at); }
        out_->line(element(s.views[2], at), " = ", result, ';');
        close(c.rank);
    }
    std::string coefficient(const plan::coefficient& c, dtype t) const {
        std::string value = c_literal(t, ir::bits_from(t, c.factor));
        if (c.times >= 0) { value += " * " + element(c.times, {}); }
        if (c.over >= 0) { value += " / " + element(c.over, {}); }
        if (c.over_extent != 1) { value += " / (" + type_of(t) + ')' + extent(c.over_extent); }
        return '(' + value + ')';
    }
    void position(const plan::step& s) {
        const plan::view_step& from = d.views.data[s.views[0]];
        std::vector<std::string> at;
        std::vector<std::string> to;
        for (int k = 0; k < from.rank; ++k) {
            at.push_back(k == s.axis ? "" : "i" + text(k));
            if (k != s.axis) {
                to.push_back(at.back());
                out_->open("for (int64_t ", at.back(), " = 0; ", at.back(), " < ", extent(from.extents[k]), "; ++", at.back(), ')');
            } else if (s.outer != 0) { to.emplace_back(""); }
        }
        const std::string op = s.op == ops::id_of<ops::argmax_op> ? " < " : " > ";
        const auto axis = static_cast<std::size_t>(s.axis);
        const auto with = [&](const char* index) {
            std::vector<std::string> full = at;
            full[axis] = index;
            return element(s.views[0], full);
        };
        out_->line("int64_t best = 0;");
        out_->open("for (int64_t k = 1; k < ", extent(from.extents[s.axis]), "; ++k)");
        out_->line("const ", type_of(from.element), " old = ", with("best"), ", now = ", with("k"), ';');
        out_->line("if (old == old && (now != now || old", op, "now)) { best = k; }");
        out_->close();
        out_->line(element(s.views[2], to), " = best;");
        close(from.rank - 1);
    }
    // A row-major copy, unless the input is row-major itself.
    void compact(const plan::step& s) {
        const plan::view_step& to = d.views.data[s.views[2]];
        std::string dense = "1";
        for (int k = 0; k < to.rank; ++k) {
            dense += " && (" + extent(to.extents[k]) + " == 1 || " + view(s.views[0]) + ".strides[" + text(k) + "] == " + view(s.views[2]) + ".strides[" + text(k) + "])";
        }
        out_->open("if (", dense, ')');
        out_->line(view(s.views[2]), ".data = ", view(s.views[0]), ".data;");
        out_->close();
        out_->open("else");
        const std::vector<std::string> at = loops(s.views[2], to.rank);
        out_->line(element(s.views[2], at), " = ", element(s.views[0], at), ';');
        close(to.rank);
        out_->close();
    }
};

} // namespace damo::exec::jit
