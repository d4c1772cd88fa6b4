// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Runs graphs made at run time through their plan, every nest compiled from C, and compares with the reference interpreter.

#include "catch.hpp"
#include "exec/against_reference.hpp"

#include <damo/exec/jit/service.hpp>
#include <damo/exec/jit/unit.hpp>
#include <damo/exec/runtime/nest_call.hpp>
#include <damo/exec/static/position.hpp>
#include <damo/graph/builder.hpp>
#include <damo/plan/arrays.hpp>
#include <damo/plan/lower.hpp>

#include <functional>
#include <memory>

namespace reference {

namespace jit = damo::exec::jit;
namespace plan = damo::plan;
using damo::exec::detail::memory::found_view;
using damo::exec::detail::memory::value_of;

inline jit::compiler_service& service() {
    static jit::compiler_service s([] {
        jit::settings own = jit::settings::from_environment();
        own.enabled = true; // whatever other tests want
        return own;
    }());
    return s;
}
// Whether there is a compiler; says so when not.
inline bool has_compiler() {
    static const bool has = [] {
        const auto unit = service().compile("void probe(void) {}\n", {"probe"});
        return unit->wait() == jit::compiled_unit::state::ready;
    }();
    if (!has) { WARN("no C compiler is found: nothing is compiled in this test"); }
    return has;
}

// The axes of one call of a nest, joined where every stream allows it.
class nest_axes {
  public:
    // Streams: how many; storage: room for max_rank * streams numbers.
    nest_axes(int streams, std::int64_t* bytes) : streams_(streams), bytes_(bytes) {}

    // Where to write how far each stream moves along the axis that is added next.
    std::int64_t* next() const { return bytes_ + count_ * streams_; }
    // Adds an inner axis.
    void add(std::int64_t extent, bool may_join) {
        if (count_ > 0 && may_join) {
            if (extent == 1) { return; }
            const std::int64_t* const move = next();
            std::int64_t* const last = bytes_ + (count_ - 1) * streams_;
            bool joins = true;
            for (int s = 0; s < streams_ && joins; ++s) { joins = extents_[count_ - 1] == 1 || last[s] == move[s] * extent; }
            if (joins) {
                extents_[count_ - 1] *= extent;
                for (int s = 0; s < streams_; ++s) { last[s] = move[s]; }
                return;
            }
        }
        extents_[count_++] = extent;
    }
    int count() const { return count_; }
    const std::int64_t* extents() const { return extents_; }
    const std::int64_t* bytes() const { return bytes_; }

  private:
    int streams_;
    int count_ = 0;
    std::int64_t extents_[damo::max_rank]; // as many as count_ says
    std::int64_t* bytes_;
};

// Calls a compiled nest on memory that was found (exec/static/memory.hpp). Scratch: `data` has room for a pointer for
// each stream of the nest, `bytes` for max_rank numbers for each.
inline void call_nest(damo::exec::nest_function f, const plan::step& s, const plan::stream* streams, const found_view* views,
                      const std::int64_t* symbols, char** data, std::int64_t* bytes) {
    const plan::stream* const mine = streams + s.streams.begin;
    const int count = s.streams.end - s.streams.begin;
    nest_axes axes(count, bytes);
    int outer = 0;
    for (int k = 0; k < count; ++k) { data[k] = mine[k].view < 0 ? nullptr : views[mine[k].view].data; }
    for (int a = 0; a < s.rank; ++a) {
        const std::int64_t extent = value_of(s.extents[a], symbols);
        if (a < s.outer && extent == 0) { return; }
        std::int64_t* const move = axes.next();
        for (int k = 0; k < count; ++k) {
            const int axis = mine[k].axes[a];
            move[k] = axis < 0 ? 0 : mine[k].view < 0 ? 1 : views[mine[k].view].strides[axis] * damo::size_of(mine[k].element);
        }
        if (a == s.outer) { outer = axes.count(); }
        axes.add(extent, a > 0 && a != s.outer && (s.joins >> (a - 1) & 1u) != 0);
    }
    if (s.outer == s.rank) { outer = axes.count(); }
    f(data, symbols, axes.extents(), axes.bytes(), outer, axes.count() - outer);
}

// A graph planned, its nests compiled.
class compiled_plan {
  public:
    compiled_plan(const ir::module& graph, std::vector<ir::index> outputs) : outputs_(std::move(outputs)) {
        const auto count = static_cast<int>(outputs_.size());
        const damo::rewrite::usage used(graph, outputs_.data(), count);
        damo::rewrite::copy_extents(graph, low_);
        plan::lowering l(graph, low_, used.uses.data);
        l.lower(outputs_.data(), count);
        REQUIRE_FALSE(low_.failed);
        plan::plan_arrays(low_, outputs_.data(), count, draft);
        for (int s = 0; s < draft.steps.size; ++s) {
            if (draft.steps.data[s].kind != plan::step_kind::nest) { continue; }
            const int n = unit.add_nest(jit::code_of(draft), draft.steps.data[s]);
            REQUIRE(n >= 0);
            functions_.resize(static_cast<std::size_t>(s + 1), -1);
            functions_.back() = n;
        }
    }
    jit::unit_handle compile(jit::compiler_service& with = service()) {
        std::vector<std::string> names;
        for (int n = 0; n < unit.size(); ++n) { names.push_back(jit::unit_writer::name_of(n)); }
        handle_ = with.compile(unit.source(), names);
        return handle_;
    }
    const ir::tensor_type& output_type(std::size_t o) const { return low_.type_of(outputs_[o]); }
    std::vector<std::int64_t> symbols(const raw_view* inputs) const {
        std::vector<std::int64_t> e(static_cast<std::size_t>(low_.extents.size + 1));
        for (int i = 0; i < low_.extents.size; ++i) {
            const ir::extent_expression& x = low_.extents.data[i];
            std::int64_t& to = e[static_cast<std::size_t>(i)];
            if (x.kind == ir::extent_kind::input_axis) { to = inputs[x.a].extents[x.b]; }
            else if (x.kind != ir::extent_kind::named) {
                const std::int64_t a = value_of(x.a, e.data());
                const std::int64_t b = value_of(x.b, e.data());
                to = x.kind == ir::extent_kind::sum ? a + b : x.kind == ir::extent_kind::product ? a * b : std::max(a, b);
            }
        }
        return e;
    }
    void run(const raw_view* inputs, const raw_view* outputs) const {
        const std::vector<std::int64_t> e = symbols(inputs);
        std::vector<std::vector<double>> memory;
        for (int s = 0; s < draft.slots.size; ++s) {
            std::int64_t bytes = draft.slots.data[s].element_bytes;
            for (int k = 0; k < draft.slots.data[s].rank; ++k) { bytes *= value_of(draft.slots.data[s].extents[k], e.data()); }
            memory.emplace_back(static_cast<std::size_t>(bytes / 8 + 8), 0.123);
        }
        std::vector<found_view> views(static_cast<std::size_t>(draft.views.size + 1));
        find(inputs, outputs, memory, e.data(), views.data());
        std::vector<char*> data(1024);
        std::vector<std::int64_t> bytes(9 * 1024);
        for (int s = 0; s < draft.steps.size; ++s) {
            const plan::step& step = draft.steps.data[s];
            if (step.kind == plan::step_kind::nest) {
                const auto f = handle_->function<damo::exec::nest_function>(functions_[static_cast<std::size_t>(s)]);
                REQUIRE(f != nullptr);
                call_nest(f, step, draft.streams.data, views.data(), e.data(), data.data(), bytes.data());
            } else if (step.kind == plan::step_kind::compact) {
                compact(step, e.data(), views.data());
                find_from(step.views[2] + 1, inputs, outputs, memory, e.data(), views.data());
            } else { FAIL("this driver runs nests and copies"); }
        }
    }

    plan::plan_draft draft;
    jit::unit_writer unit;

  private:
    ir::module low_;
    std::vector<ir::index> outputs_;
    std::vector<int> functions_;
    jit::unit_handle handle_;

    void find(const raw_view* inputs, const raw_view* outputs, std::vector<std::vector<double>>& memory, const std::int64_t* e, found_view* views) const {
        find_from(0, inputs, outputs, memory, e, views);
    }
    void find_from(int first, const raw_view* inputs, const raw_view* outputs, std::vector<std::vector<double>>& memory, const std::int64_t* e,
                   found_view* views) const {
        for (int v = first; v < draft.views.size; ++v) {
            const plan::view_step& x = draft.views.data[v];
            found_view& f = views[v];
            const auto row_major = [&] {
                std::int64_t stride = 1;
                for (int k = x.rank - 1; k >= 0; --k) {
                    f.strides[k] = stride;
                    stride *= value_of(x.extents[k], e);
                }
            };
            if (x.kind == plan::view_kind::input || x.kind == plan::view_kind::output) {
                const raw_view& r = x.kind == plan::view_kind::input ? inputs[x.of] : outputs[x.of];
                f.data = static_cast<char*>(r.data);
                std::copy(r.strides, r.strides + x.rank, f.strides);
            } else if (x.kind == plan::view_kind::buffer || x.kind == plan::view_kind::compacted) {
                const int slot = draft.buffers.data[x.kind == plan::view_kind::buffer ? x.of : x.slot].slot;
                f.data = slot >= 0 ? reinterpret_cast<char*>(memory[static_cast<std::size_t>(slot)].data()) : nullptr;
                row_major();
            } else if (x.kind == plan::view_kind::reshaped) {
                f.data = views[x.of].data;
                row_major();
            } else if (x.kind == plan::view_kind::permuted) {
                f.data = views[x.of].data;
                for (int k = 0; k < x.rank; ++k) { f.strides[k] = x.numbers[k] < 0 ? 0 : views[x.of].strides[x.numbers[k]]; }
            } else {
                f.data = views[x.of].data;
                for (int k = 0; k < x.rank; ++k) {
                    const std::int64_t stride = views[x.of].strides[k];
                    f.data += value_of(x.numbers[2 * k], e) * stride * damo::size_of(x.element);
                    f.strides[k] = x.numbers[2 * k + 1] * stride;
                }
            }
        }
    }
    void compact(const plan::step& step, const std::int64_t* e, found_view* views) const {
        const plan::view_step& to = draft.views.data[step.views[2]];
        std::int64_t extents[damo::max_rank] = {};
        for (int k = 0; k < to.rank; ++k) { extents[k] = value_of(to.extents[k], e); }
        const int bytes = damo::size_of(to.element);
        char* y = views[step.views[2]].data;
        damo::exec::detail::position::for_each_index(extents, to.rank, [&](const std::int64_t* at) {
            const char* x = views[step.views[0]].data;
            for (int k = 0; k < to.rank; ++k) { x += at[k] * views[step.views[0]].strides[k] * bytes; }
            std::memcpy(y, x, static_cast<std::size_t>(bytes));
            y += bytes;
        });
    }
};

// Compiles the plan of the optimised graph of `make` and compares its results with the interpreter's on the graph before it is lowered.
struct jit_argument {
    dtype element;
    extents shape;
    std::vector<bool> unknown; // extents that the graph does not know
};
inline void agrees_compiled(const std::vector<jit_argument>& in, const std::function<std::vector<damo::value>(const std::vector<damo::value>&)>& make,
                            double tolerance64 = 1e-11) {
    damo::graph_builder b;
    std::vector<damo::value> symbols;
    std::vector<tensor> inputs;
    for (std::size_t i = 0; i < in.size(); ++i) {
        const auto& s = in[i].shape;
        std::vector<damo::input_extent> e;
        for (std::size_t k = 0; k < s.size(); ++k) { e.emplace_back(in[i].unknown.empty() || in[i].unknown[k] ? std::int64_t{-1} : s[k]); }
        const std::string name = "x" + std::to_string(i);
        symbols.push_back(s.empty()       ? b.input(name, in[i].element)
                          : s.size() == 1 ? b.input(name, in[i].element, {e[0]})
                          : s.size() == 2 ? b.input(name, in[i].element, {e[0], e[1]})
                                          : b.input(name, in[i].element, {e[0], e[1], e[2]}));
        inputs.push_back(some(in[i].element, s, static_cast<unsigned>(i + 1)));
    }
    for (const damo::value& y : make(symbols)) { b.output(y); }
    const damo::graph g = b.optimise();
    INFO(g.to_string());
    const std::vector<tensor> wanted = interpret(g.nodes(), g.outputs(), inputs);
    compiled_plan p(g.nodes(), g.outputs());
    INFO(p.unit.source());
    REQUIRE(p.compile()->wait() == jit::compiled_unit::state::ready);
    for (int l = 0; l < 5; ++l) {
        const layout out_layout = l % 2 ? layout::spread : layout::row_major;
        std::vector<placed> arguments;
        std::vector<placed> results;
        std::vector<raw_view> argument_views(1);
        std::vector<raw_view> result_views;
        for (std::size_t i = 0; i < inputs.size(); ++i) { arguments.emplace_back(inputs[i], l == 4 ? layouts[i % 4] : layouts[l]); }
        for (const tensor& t : wanted) { results.emplace_back(tensor(t.element, t.shape), out_layout); }
        argument_views.clear();
        for (const placed& a : arguments) { argument_views.push_back(a.view); }
        for (const placed& r : results) { result_views.push_back(r.view); }
        p.run(argument_views.data(), result_views.data());
        for (std::size_t o = 0; o < wanted.size(); ++o) {
            const tensor got = results[o].read();
            const double tolerance = wanted[o].element == dtype::float32 ? 2e-5 : tolerance64;
            int wrong = 0;
            for (std::int64_t i = 0; i < got.size(); ++i) {
                if (close(got.get(i), wanted[o].get(i), tolerance)) { continue; }
                if (++wrong == 1) {
                    UNSCOPED_INFO("output " << o << " element " << i << " of " << got.size() << ": " << got.get(i) << " instead of " << wanted[o].get(i)
                                            << ", layout " << l);
                }
            }
            CHECK(wrong == 0);
        }
    }
}

} // namespace reference
