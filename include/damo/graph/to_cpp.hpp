// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <damo/core/file.hpp>
#include <damo/core/number_text.hpp>
#include <damo/graph/graph.hpp>
#include <damo/ops/all.hpp>

namespace damo {

namespace detail::source {

inline bool is_identifier(std::string_view s) {
    static const std::set<std::string_view> words = {
        "alignas", "alignof", "and", "asm", "auto", "bitand", "bitor", "bool", "break", "case", "catch", "char", "class", "compl", "concept", "const", "consteval", "constexpr",
        "constinit", "continue", "decltype", "default", "delete", "do", "double", "else", "enum", "explicit", "export", "extern", "false", "float", "for", "friend", "goto", "if",
        "inline", "int", "long", "mutable", "namespace", "new", "noexcept", "not", "nullptr", "operator", "or", "private", "protected", "public", "register", "requires", "return",
        "short", "signed", "sizeof", "static", "struct", "switch", "template", "this", "throw", "true", "try", "typedef", "typeid", "typename", "union", "unsigned", "using", "virtual",
        "void", "volatile", "while", "xor", "damo", "std"};
    if (s.empty() || s.size() > 64 || (s[0] >= '0' && s[0] <= '9') || s[0] == '_' || s.find("__") != std::string_view::npos || words.count(s) != 0) { return false; }
    for (const char c : s) {
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_')) { return false; }
    }
    return true;
}

// Writes one graph as a traced function: a statement for each node in order, so that nothing depends on the depth of the graph. How an op
// is called is read from its facts, as in the printers.
class writer {
  public:
    writer(const damo::graph& g, std::string_view name) : g_(g), m_(g.nodes()), name_(name), text_of_(static_cast<std::size_t>(m_.nodes.size)), extent_of_(static_cast<std::size_t>(m_.extents.size)) {}

    std::string write() {
        if (!is_identifier(name_)) { files::refuse("to_cpp requires a name that C++ takes for a function, not \"" + std::string(name_.substr(0, 40)) + "\""); }
        if (g_.input_count() == 0) { files::refuse("to_cpp requires a graph with an input: a graph of numbers alone is no function"); }
        parameters();
        for (ir::index n = 1; n < m_.nodes.size; ++n) { node(n); }
        std::string returned;
        for (const ir::index n : g_.outputs()) { returned += (returned.empty() ? "" : ", ") + text_of_[static_cast<std::size_t>(n)]; }
        line("return " + (g_.output_count() == 1 ? returned : "std::tuple{" + returned + "}") + ";");
        return "// Written by damo::to_cpp.\n#pragma once\n\n#include <tuple>\n\n#include <damo/damo.hpp>\n#include <damo/ops/all.hpp>\n\ninline constexpr auto " +
               std::string(name_) + " = damo::fn([](" + parameters_ + ") {\n" + body_ + "});\n";
    }

  private:
    const damo::graph& g_;
    const ir::module& m_;
    std::string_view name_;
    std::string parameters_;
    std::string body_;
    std::vector<std::string> text_of_;   // of each node: the name of its variable
    std::vector<std::string> extent_of_; // of each extent expression that has been met
    std::vector<int> loop_of_;           // of each parameter of a region: the node of the loop; filled when the first is met
    std::set<ir::index> open_;           // loops that have been begun

    void line(const std::string& s) { body_ += "    " + s + "\n"; }
    static std::string number(std::int64_t n) { return n == INT64_MIN ? "(-9223372036854775807 - 1)" : std::to_string(n); }

    void parameters() {
        std::set<std::string> taken = {"graph"};
        std::vector<ir::index> inputs(static_cast<std::size_t>(g_.input_count()), 0);
        for (ir::index n = 1; n < m_.nodes.size; ++n) {
            if (m_.nodes.data[n].op->id == ir::input_id) { inputs.at(static_cast<std::size_t>(m_.attribute(n, 0))) = n; }
        }
        for (int i = 0; i < g_.input_count(); ++i) {
            const ir::index n = inputs[static_cast<std::size_t>(i)];
            if (n == 0) { files::refuse("to_cpp requires every input of the graph to have a node"); }
            std::string name = g_.input_name(i);
            // Variables are t1, loop1, n1, ...; an input of such a name, or of one that C++ does not take, is called by its number.
            const bool own = name.find_first_of("0123456789") != std::string::npos && (name[0] == 't' || name[0] == 'n' || name[0] == 'l' || name[0] == 'x' || name[0] == 'c');
            if (!is_identifier(name) || own || !taken.insert(name).second) { name = "x" + std::to_string(i); }
            text_of_[static_cast<std::size_t>(n)] = name;
            const ir::tensor_type& t = m_.type_of(n);
            std::string type = t.rank == 0 ? "damo::scalar<" + cpp(t.element) : "damo::tensor<" + cpp(t.element);
            for (int k = 0; k < t.rank; ++k) {
                const ir::extent e = t.extents[k];
                type += ", " + (ir::is_known(e) ? number(e) : declared(-1 - e));
            }
            parameters_ += (i > 0 ? ", [[maybe_unused]] " : "[[maybe_unused]] ") + type + "> " + name;
        }
        line("damo::ir::module& graph = " + text_of_[static_cast<std::size_t>(inputs[0])] + ".owner();");
        std::vector<bool> given(static_cast<std::size_t>(m_.extents.size), false);
        for (const ir::index n : inputs) {
            const ir::tensor_type& t = m_.type_of(n);
            for (int k = 0; k < t.rank; ++k) {
                if (ir::is_known(t.extents[k])) { continue; }
                const auto e = static_cast<std::size_t>(-1 - t.extents[k]);
                if (given[e]) { continue; }
                given[e] = true;
                extent_of_[e] = text_of_[static_cast<std::size_t>(n)] + ".type().extents[" + std::to_string(k) + "]";
            }
        }
    }
    // How a parameter declares an extent: by its name if several axes share it or it has one.
    std::string declared(std::int64_t e) const {
        const ir::extent_expression& x = m_.extents.data[e];
        if (x.kind == ir::extent_kind::named) { return "damo::dim<\"n" + std::to_string(e) + "\">"; }
        if (ir::axis_name(x) == 0) { return "damo::dyn"; }
        core::sentence s;
        core::write_short_name(s, ir::axis_name(x));
        return "damo::dim<\"" + std::string(s.data(), static_cast<std::size_t>(s.size())) + "\">";
    }
    static std::string cpp(dtype t) {
        return t == dtype::boolean ? "bool" : t == dtype::int32 ? "std::int32_t" : t == dtype::int64 ? "std::int64_t" : t == dtype::float32 ? "float" : "double";
    }

    // An extent as an expression of type damo::ir::extent.
    std::string extent(ir::extent e) {
        if (ir::is_known(e)) { return number(e); }
        // Operands are older: what is missing is written first, oldest first.
        std::vector<std::int64_t> missing = {-1 - e};
        while (!missing.empty()) {
            const std::int64_t i = missing.back();
            const ir::extent_expression& x = m_.extents.data[i];
            if (!extent_of_[static_cast<std::size_t>(i)].empty()) {
                missing.pop_back();
                continue;
            }
            if (x.kind <= ir::extent_kind::named) { files::refuse("to_cpp found an extent that follows from no input and no loop"); }
            bool ready = true;
            for (const ir::extent part : {x.a, x.b}) {
                if (!ir::is_known(part) && extent_of_[static_cast<std::size_t>(-1 - part)].empty()) {
                    missing.push_back(-1 - part);
                    ready = false;
                }
            }
            if (!ready) { continue; }
            const char* kind = x.kind == ir::extent_kind::sum ? "sum" : x.kind == ir::extent_kind::product ? "product" : x.kind == ir::extent_kind::maximum ? "maximum" : "difference";
            const auto part = [&](ir::extent p) { return ir::is_known(p) ? number(p) : extent_of_[static_cast<std::size_t>(-1 - p)]; };
            const std::string name = "n" + std::to_string(i);
            line("const damo::ir::extent " + name + " = graph.extent_of(damo::ir::extent_kind::" + kind + ", " + part(x.a) + ", " + part(x.b) + ");");
            extent_of_[static_cast<std::size_t>(i)] = name;
            missing.pop_back();
        }
        return extent_of_[static_cast<std::size_t>(-1 - e)];
    }

    const std::string& arg(ir::index n, int k) const { return text_of_[static_cast<std::size_t>(m_.arg(n, k))]; }

    void node(ir::index n) {
        const ir::node& x = m_.nodes.data[n];
        const ir::op_facts& f = x.op->facts;
        std::string& text = text_of_[static_cast<std::size_t>(n)];
        if (x.op->id == ir::input_id) { return; }
        if (x.op->id == ir::parameter_id) {
            begin_loop(n);
            return;
        }
        if (ops::is_constant(m_, n)) {
            text = bits_of(n);
            return;
        }
        if (f.kind == ir::op_kind::loop) {
            end_loop(n);
            return;
        }
        const std::string made = expression(n);
        text = "t" + std::to_string(n);
        line("const damo::value " + text + " = " + made + ";");
    }
    std::string bits_of(ir::index n) const {
        return "damo::ops::make_constant(graph, damo::dtype::" + enumerator(m_.type_of(n).element) + ", " + std::to_string(m_.nodes.data[n].bits) + "u)";
    }
    // A number among symbols that decide its type.
    std::string literal(ir::index n) const {
        const dtype t = m_.type_of(n).element;
        const double v = ir::as_double(t, m_.nodes.data[n].bits);
        if (t == dtype::boolean) { return v != 0 ? "true" : "false"; }
        if (!is_floating(t)) { return v < 0 || v > 1e15 ? bits_of(n) : number(static_cast<std::int64_t>(m_.nodes.data[n].bits)); }
        if (!(v < 1e300 && v > -1e300) || (v == 0 && m_.nodes.data[n].bits != 0)) { return bits_of(n); }
        char digits[core::longest_number] = {};
        std::string s(digits, static_cast<std::size_t>(core::write_double(digits, v)));
        if (s.find_first_of(".e") == std::string::npos) { s += ".0"; }
        return v < 0 ? "(" + s + ")" : s;
    }
    static std::string enumerator(dtype t) { return t == dtype::boolean ? "boolean" : name_of(t); }

    std::string attributes(ir::index n) {
        const ir::node& x = m_.nodes.data[n];
        std::string all;
        for (int k = 0; k < x.attribute_count; ++k) {
            const std::int64_t a = m_.attribute(n, k);
            all += (k > 0 ? ", " : "") + (ir::is_extent_attribute(x.op->facts, k) ? extent(a) : number(a));
        }
        return all;
    }
    static std::string axes_of(std::int64_t mask) {
        std::string all;
        for (int k = 0; k < ir::max_rank; ++k) {
            if (mask >> k & 1) { all += (all.empty() ? "" : ", ") + std::to_string(k); }
        }
        return "{" + all + "}";
    }

    std::string expression(ir::index n) {
        const ir::node& x = m_.nodes.data[n];
        const ir::op_info& op = *x.op;
        const ir::op_facts& f = op.facts;
        const std::string name = "damo::" + std::string(op.name);
        if (f.kind == ir::op_kind::projection) { return "damo::ops::projection(graph, " + arg(n, 0) + ", " + number(m_.attribute(n, 0)) + ")"; }
        if (f.kind == ir::op_kind::reduction) {
            return name + "(" + arg(n, 0) + ", " + axes_of(m_.attribute(n, 0)) + (m_.attribute(n, 1) != 0 ? ", damo::keepdims)" : ")");
        }
        if (f.kind == ir::op_kind::leaf) { return "damo::ops::" + std::string(op.name) + "(graph, " + extent(m_.attribute(n, 0)) + ", damo::dtype::" + enumerator(m_.type_of(n).element) + ")"; }
        if (ops::find_op(op.id) == nullptr) { files::refuse("to_cpp knows the ops of damo; " + std::string(op.qualified) + " is another: write the graph without it"); }
        std::vector<std::string> operands;
        bool symbol = false; // one that decides the element type
        for (int k = 0; k < x.arg_count; ++k) { symbol = symbol || (!ops::is_constant(m_, m_.arg(n, k)) && (k > 0 || f.types != ir::dtype_rule::select)); }
        const bool plain = f.kind == ir::op_kind::elementwise && x.attribute_count == 0;
        for (int k = 0; k < x.arg_count; ++k) { operands.push_back(plain && symbol && ops::is_constant(m_, m_.arg(n, k)) ? literal(m_.arg(n, k)) : arg(n, k)); }
        const auto joined = [&](const std::string& with) {
            std::string all;
            for (const std::string& s : operands) { all += (all.empty() ? "" : with) + s; }
            return all;
        };
        // What all operators have but powers. The first two operands must have a symbol among them, for numbers meet outside the graph.
        const bool sign = f.infix != nullptr && f.collects != ir::collect_role::power;
        if (plain && sign && f.precedence != 0 && (x.arg_count == 2 || !ops::is_constant(m_, m_.arg(n, 0)) || !ops::is_constant(m_, m_.arg(n, 1)))) {
            return joined(f.infix[0] == ' ' ? f.infix : " " + std::string(f.infix) + " ");
        }
        if (plain && f.types == ir::dtype_rule::logical && f.arity == 1) { return "!" + operands[0]; }
        if (plain && f.precedence != 0 && f.infix == nullptr) { return "-" + operands[0]; }
        if (plain || f.kind == ir::op_kind::contraction) { return name + "(" + joined(", ") + ")"; }
        if (f.kind == ir::op_kind::elementwise && f.types == ir::dtype_rule::custom) { return name + "(" + operands[0] + ", damo::dtype::" + enumerator(m_.type_of(n).element) + ")"; }
        if (f.axis_mask) { return name + "(" + operands[0] + ", " + axes_of(m_.attribute(n, 0)) + ")"; }
        if (f.axis_number) { return name + "({" + joined(", ") + "}, " + number(m_.attribute(n, 0)) + ")"; }
        return "damo::ops::made<damo::ops::" + std::string(op.name) + "_op>({" + joined(", ") + "}, {" + attributes(n) + "})";
    }

    // --- loops: a loop_builder each, from the first parameter of the region on --------------------------------------------------

    void begin_loop(ir::index parameter) {
        if (loop_of_.empty()) {
            loop_of_.resize(static_cast<std::size_t>(m_.nodes.size), 0);
            for (ir::index n = 1; n < m_.nodes.size; ++n) {
                if (!ir::has_region(m_.nodes.data[n])) { continue; }
                const ir::region& r = m_.regions.data[ir::region_of(m_, n)];
                for (int k = 0; k < r.parameter_count; ++k) { loop_of_[static_cast<std::size_t>(m_.region_nodes.data[r.first_parameter + k])] = n; }
            }
        }
        const ir::index n = loop_of_[static_cast<std::size_t>(parameter)];
        if (n == 0 || !open_.insert(n).second) { return; }
        const ops::loop_view l(m_, n);
        const std::string loop = "loop" + std::to_string(n);
        const std::string steps = arg(n, 0);
        if (!ir::is_known(l.extent) && extent_of_[static_cast<std::size_t>(-1 - l.extent)].empty() && m_.extents.data[-1 - l.extent].kind == ir::extent_kind::named) {
            const std::string name = "n" + std::to_string(-1 - l.extent);
            line("const damo::ir::extent " + name + " = damo::ops::extent_of_steps(graph, " + steps + ");");
            extent_of_[static_cast<std::size_t>(-1 - l.extent)] = name;
        }
        line("damo::ops::loop_builder " + loop + "(graph, " + steps + ", " + extent(l.extent) + ", " + (l.reversed ? "true" : "false") + ");");
        if (l.conditional) { line(loop + ".go_on_while();"); }
        for (int k = 0; k <= l.carries + l.sequences + l.captures; ++k) {
            std::string& text = text_of_[static_cast<std::size_t>(l.parameter(k))];
            if (k > l.carries + l.sequences) {
                text = arg(n, k); // the builder captures what the body uses
                continue;
            }
            text = "c" + std::to_string(n) + "_" + std::to_string(k);
            line((k == 0 ? "[[maybe_unused]] const damo::value " : "const damo::value ") + text + " = " + loop + (k == 0 ? ".step()" : (k <= l.carries ? ".carry(" : ".element(") + arg(n, k) + ")") + ";");
        }
    }
    void end_loop(ir::index n) {
        const ops::loop_view l(m_, n);
        const std::string number_of = std::to_string(n);
        std::string results;
        for (int k = 0; k < l.results; ++k) { results += (k > 0 ? ", " : "") + text_of_[static_cast<std::size_t>(l.result(k))]; }
        line("const damo::value results" + number_of + "[] = {" + results + "};");
        text_of_[static_cast<std::size_t>(n)] = "t" + number_of;
        line("const damo::ir::index t" + number_of + " = loop" + number_of + ".finish(results" + number_of + ", " + std::to_string(l.results) + ");");
    }
};

} // namespace detail::source

// The C++ source that the graph would be at build time: a header with `inline constexpr auto name = damo::fn(...)`, whose parameters are the
// inputs in order, typed, and whose result is the output, or a std::tuple of them. It compiles against damo, and the compiler makes the
// same optimised graph of it. Errors: file_error for a graph without inputs, a name that C++ does not take, or ops that are not damo's.
inline std::string to_cpp(const graph& g, std::string_view name) { return detail::source::writer(g, name).write(); }

} // namespace damo
