// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/core/number_text.hpp>
#include <damo/core/sentence.hpp>
#include <damo/ops/all.hpp>
#include <damo/plan/array_plan.hpp>

namespace damo::plan {

namespace detail::print {

template <class Plan>
class printer {
  public:
    constexpr printer(const Plan& plan, core::sentence& to) : p(plan), out(to) {}

    constexpr void extent(ir::extent e) {
        if (ir::is_known(e)) {
            out << e;
            return;
        }
        const ir::extent_expression& x = p.extents[-1 - e];
        if (x.kind == ir::extent_kind::input_axis) { out << "input" << x.a << '.' << ir::axis_of(x); }
        else { out << 'n' << (-1 - e); }
    }
    constexpr void extents(const ir::extent* e, int rank) {
        out << '[';
        for (int k = 0; k < rank; ++k) {
            if (k) { out << ", "; }
            extent(e[k]);
        }
        out << ']';
    }
    // The array behind a view: "input1", "buffer0", "output0"; a mark says that it is looked at in another way.
    constexpr void view(int v) {
        if (v < 0) {
            out << "index";
            return;
        }
        bool changed = false;
        bool element = false;
        while (leads_on(p.views[v].kind) && p.views[v].kind != view_kind::buffer && p.views[v].kind != view_kind::compacted) {
            if (p.views[v].kind == view_kind::element) { element = true; }
            else { changed = true; }
            v = p.views[v].of;
        }
        const view_step& x = p.views[v];
        if (x.kind == view_kind::compacted) {
            view(x.of);
            out << '=';
            return;
        }
        switch (x.kind) {
        case view_kind::input: out << "input" << x.of; break;
        case view_kind::output: out << "output" << x.of; break;
        case view_kind::now: out << "carry" << x.of; break;
        case view_kind::next: out << "next" << x.of; break;
        case view_kind::step: out << "step"; break;
        case view_kind::symbol: extent(-1 - static_cast<ir::extent>(x.of)); break;
        default: out << "buffer" << x.of;
        }
        if (element) { out << "[step]"; }
        if (changed) { out << '\''; }
    }
    constexpr void op(std::uint32_t id) {
        const ir::op_info* o = ops::find_op(id);
        out << (o ? o->name : "op");
    }

    constexpr void body(const step& s, char separator) {
        bool any = false;
        const auto next = [&] {
            if (any) { out << separator; }
            any = true;
        };
        for (int i = s.once.begin; i < s.last.end; ++i) {
            const loop_instruction& c = p.code[i];
            if (c.does == action::load || c.does == action::store) {
                next();
                out << (c.does == action::load ? "<" : ">");
                view(p.streams[s.streams.begin + c.stream].view);
            } else if (c.does == action::compute || c.does == action::fold || c.does == action::convert || c.does == action::one_hot) {
                next();
                op(c.op);
            }
        }
    }
    constexpr void coefficients(const char* before, const coefficient& c) {
        out << before;
        if (c.times < 0 || c.factor != 1) {
            char text[core::longest_number + 1] = {};
            text[core::write_double(text, c.factor)] = 0;
            out << text;
        }
        if (c.times >= 0) {
            if (c.factor != 1) { out << '*'; }
            view(c.times);
        }
        if (c.over >= 0) {
            out << '/';
            view(c.over);
        }
        if (c.over_extent != 1) {
            out << '/';
            extent(c.over_extent);
        }
    }
    constexpr void head(const step& s) {
        if (s.kind != step_kind::nest) {
            const char* names[] = {"", "product", "position", "fill", "compact", "loop", "host", "branch"};
            out << names[static_cast<int>(s.kind)];
            if (s.kind == step_kind::loop) {
                if (s.conditional) { out << " while carry" << s.carries.begin; }
                else {
                    out << " of ";
                    if (s.views[0] < 0) { extent(s.extents[0]); }
                    else { out << "as many steps as told"; }
                }
                if (s.reversed) { out << ", backwards"; }
            }
            if (s.kind == step_kind::product) {
                const int ranks = p.views[s.views[0]].rank * 10 + p.views[s.views[1]].rank;
                out << (ranks == 11 ? " dot" : ranks == 21 || ranks == 12 ? " gemv" : ranks == 22 ? " gemm" : " gemm by stacks");
                if (!s.alpha.is_one()) { coefficients(" times ", s.alpha); }
                if (s.added >= 0) {
                    out << " plus ";
                    view(s.added);
                    if (!s.beta.is_one()) { coefficients(" times ", s.beta); }
                }
            }
            return;
        }
        out << "loop over ";
        extents(s.extents, s.rank);
        if (s.pass_count > 1) { out << ", " << s.pass_count << " passes"; }
        if (s.by_columns) { out << ", by columns"; }
        if (s.lane != dtype::none) { out << ", vectors of " << name_of(s.lane); }
    }

    const Plan& p;
    core::sentence& out;
};

} // namespace detail::print

// Whether a block runs where the condition of its branch does not hold.
template <class Plan>
constexpr bool is_other_side(const Plan& p, int block) {
    for (int i = 0; i < p.used.steps; ++i) {
        if (p.steps[i].kind == step_kind::branch && p.steps[i].inner + 1 == block) { return true; }
    }
    return false;
}

// The steps of a plan, one a line: what is fused, what the library does, which buffer takes whose memory. '<' reads, '>' writes, an
// apostrophe marks memory looked at in another shape or order. Steps of loops and branches are indented; "carry0" becomes "next0", and
// "[step]" is the element of an array at the number of the step.
template <class Plan>
constexpr void write(const Plan& p, core::sentence& out) {
    detail::print::printer<Plan> print(p, out);
    for (int i = 0; i < p.used.steps; ++i) {
        const step& s = p.steps[i];
        for (int b = 1; b < p.used.blocks; ++b) {
            if (b != p.counts && i >= p.blocks[b].steps.begin && i < p.blocks[b].steps.end) { out << "    "; }
        }
        out << i << ": ";
        if (p.counts >= 0 && s.block == p.counts) { out << "before all else, "; }
        if (s.block > 0 && p.blocks[s.block].steps.begin == i && is_other_side(p, s.block)) { out << "else "; }
        print.head(s);
        out << ": ";
        if (s.kind == step_kind::nest) { print.body(s, ' '); }
        else if (s.kind == step_kind::loop) {
            for (int k = s.carries.begin; k < s.carries.end; ++k) {
                const loop_carry& c = p.carries[k];
                if (k > s.carries.begin) { out << ", "; }
                out << "carry" << k << " from ";
                print.view(c.init);
                out << " to ";
                print.view(c.result);
                if (c.tape >= 0) {
                    out << " kept in ";
                    print.view(c.tape);
                } else if (c.in_place) { out << " in place"; }
            }
        } else if (s.kind == step_kind::branch) {
            out << "if ";
            print.view(s.views[0]);
        } else {
            const auto reads = [&](int v) {
                out << '<';
                print.view(v);
                out << ' ';
            };
            for (int k = 0; k < 2; ++k) {
                if (s.views[k] >= 0) { reads(s.views[k]); }
            }
            if constexpr (requires { p.operands; }) {
                for (int k = s.operands.begin; k < s.operands.end; ++k) { reads(p.operands[k]); }
            }
            out << '>';
            print.view(s.views[2]);
        }
        out << '\n';
    }
    for (int i = 0; i < p.used.buffers; ++i) {
        const buffer& b = p.buffers[i];
        if (b.slot < 0) { continue; }
        out << "buffer" << i << ": " << name_of(b.element);
        print.extents(b.extents, b.rank);
        out << " in slot " << b.slot << ", steps " << b.first_step << " to " << b.last_step;
        if (b.scratch) { out << ", scratch"; }
        if (b.in_place) { out << ", in place"; }
        out << '\n';
    }
}

// The same for Graphviz: steps are boxes, arrays the edges' labels.
template <class Plan>
constexpr void write_dot(const Plan& p, core::sentence& out) {
    detail::print::printer<Plan> print(p, out);
    out << "digraph plan {\n  node [shape=box];\n";
    const auto edge = [&](int view, int step, bool writes) {
        if (view < 0) { return; }
        out << "  ";
        if (writes) { out << 's' << step << " -> \""; }
        else { out << '"'; }
        int v = view;
        while (leads_on(p.views[v].kind) && p.views[v].kind != view_kind::buffer) { v = p.views[v].of; }
        print.view(v);
        out << '"';
        if (!writes) { out << " -> s" << step; }
        out << ";\n";
    };
    for (int i = 0; i < p.used.steps; ++i) {
        const step& s = p.steps[i];
        out << "  s" << i << " [label=\"";
        print.head(s);
        if (s.kind == step_kind::nest) {
            out << "\\n";
            print.body(s, ' ');
        }
        out << "\"];\n";
        if (s.kind != step_kind::nest) {
            for (int k = 0; k < 3; ++k) { edge(s.views[k], i, k == 2); }
            if constexpr (requires { p.operands; }) {
                for (int k = s.operands.begin; k < s.operands.end; ++k) { edge(p.operands[k], i, false); }
            }
            for (int k = s.carries.begin; k < s.carries.end; ++k) {
                edge(p.carries[k].init, i, false);
                edge(p.carries[k].tape >= 0 ? p.carries[k].tape : p.carries[k].result, i, true);
            }
            continue;
        }
        for (int k = s.streams.begin; k < s.streams.end; ++k) { edge(p.streams[k].view, i, p.streams[k].writes); }
    }
    out << "}\n";
}

} // namespace damo::plan
