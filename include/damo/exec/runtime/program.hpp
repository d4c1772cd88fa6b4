// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include <damo/exec/runtime/block_worker.hpp>
#include <damo/exec/runtime/call_memory.hpp>
#include <damo/exec/runtime/move_blocks.hpp>
#include <damo/exec/static/blocks.hpp>
#include <damo/plan/arrays.hpp>
#include <damo/plan/lower.hpp>

namespace damo::exec {

/// How a program is prepared and run.
struct program_options {
    int threads = 1;
    const kernel_set* kernels = nullptr; // null: the best ones for this machine
};

namespace detail::calls {
inline namespace DAMO_ISA {

// Everything that one call needs beside the program. Kept between calls, so that a call like an earlier one allocates nothing.
struct call_state {
    explicit call_state(const kernel_set& kernels) : worker(kernels) {}
    block_worker worker;
    detail::worker::aligned_memory workspace;
    std::vector<std::int64_t> symbols;
    std::vector<std::int64_t> starts;
    std::vector<memory::found_view> views;
    std::vector<memory::loop_position> loops; // by block
    std::vector<char*> pointers;
    std::vector<std::int64_t> positions;
    std::vector<std::int64_t> strides;
};

} // namespace DAMO_ISA
} // namespace detail::calls

inline namespace DAMO_ISA {

/// A function made while the program runs, ready to be called: lowered and planned as the compiler does it for a traced function, then run
/// by precompiled kernels, block by block. Any number of threads may call it at once.
class program {
  public:
    /// From an optimised graph; `outputs` are its nodes, inputs go by the number of their `input` op. O(nodes).
    /// Errors: damo::error for a graph that holds a mistake, or for an op without run-time kernels.
    program(const ir::module& optimised, const ir::index* outputs, int output_count, program_options options = {})
        : options_(options), kernels_(options.kernels != nullptr ? *options.kernels : detail::blocks::kernels) {
        std::vector<ir::index> roots(outputs, outputs + output_count);
        const rewrite::usage used(optimised, roots.data(), output_count);
        ir::module low;
        rewrite::copy_extents(optimised, low);
        plan::lowering lower(optimised, low, used.uses.data);
        lower.lower(roots.data(), output_count);
        if (low.failed) { low.raise_mistake(); }
        plan::plan_arrays(low, roots.data(), output_count, tables_.draft);
        if (draft().refused) {
            constexpr char text[] = "a loop that keeps or stacks a value of every step requires a number of steps that follows from numbers and extents of the "
                                    "inputs; this one is found only while the steps run: compute it before and make it an input";
            core::raise(text, sizeof text - 1);
        }
        take_tables(low, roots);
        for (int i = 0; i < draft().steps.size; ++i) {
            const plan::step& s = draft().steps.data[i];
            nests_.push_back(s.kind == plan::step_kind::nest ? block_nest_of(draft(), s, kernels_) : block_nest{});
        }
    }
    program(const program&) = delete;
    program& operator=(const program&) = delete;

    int input_count() const { return static_cast<int>(tables_.inputs.size()); }
    int output_count() const { return static_cast<int>(tables_.outputs.size()); }
    /// Element type, rank and known extents; extents of another kind are negative.
    const plan::array_type& input_type(int i) const { return tables_.inputs.at(static_cast<std::size_t>(i)); }
    const plan::array_type& output_type(int i) const { return tables_.outputs.at(static_cast<std::size_t>(i)); }
    /// The plan, for tools and for compiled nests.
    const plan::plan_draft& draft() const { return tables_.draft; }

    /// The extents of output `output`, as many as its rank. Only the inputs' extents are read.
    void output_extents(const raw_view* inputs, int output, std::int64_t* extents) const {
        const state_lease s(*this);
        find_extents(inputs, *s);
        const plan::array_type& t = output_type(output);
        for (int k = 0; k < t.rank; ++k) { extents[k] = detail::memory::value_of(t.extents[k], s->symbols.data()); }
    }
    /// The number of the first pair of extents that should be equal and are not, or -1. An input's known extents are not among them.
    int failed_check(const raw_view* inputs) const {
        const state_lease s(*this);
        find_extents(inputs, *s);
        for (std::size_t i = 0; i + 1 < tables_.checks.size(); i += 2) {
            if (detail::memory::value_of(tables_.checks[i], s->symbols.data()) != detail::memory::value_of(tables_.checks[i + 1], s->symbols.data())) {
                return static_cast<int>(i / 2);
            }
        }
        return -1;
    }
    /// Computes the outputs. Views have the ranks and extents that the function states; strides are free, but an output reaches each
    /// element once and shares no memory with an input. Allocates nothing when a call like it came before.
    void run(const raw_view* inputs, const raw_view* outputs) const {
        const state_lease lease(*this);
        detail::calls::call_state& s = *lease;
        find_extents(inputs, s);
        const std::int64_t bytes = detail::memory::place_slots(tables_, s.symbols.data(), s.starts.data());
        char* const workspace = s.workspace.hold(static_cast<std::size_t>(bytes));
        run_block(0, inputs, outputs, workspace, s);
    }

  private:
    using call_state = detail::calls::call_state;

    program_options options_;
    const kernel_set& kernels_;
    call_tables tables_;
    std::vector<block_nest> nests_;
    mutable std::mutex mutex_;
    mutable std::vector<std::unique_ptr<call_state>> idle_;

    // The state of one call, taken from those idle.
    class state_lease {
      public:
        explicit state_lease(const program& p) : from_(p) {
            const std::lock_guard<std::mutex> lock(p.mutex_);
            if (p.idle_.empty()) {
                state_ = std::make_unique<call_state>(p.kernels_);
                state_->symbols.resize(p.tables_.extents.size() + 1);
                state_->starts.resize(static_cast<std::size_t>(p.tables_.used.slots) + 1);
                state_->views.resize(static_cast<std::size_t>(p.tables_.used.views) + 1);
                state_->loops.resize(static_cast<std::size_t>(p.draft().blocks.size));
            } else {
                state_ = std::move(p.idle_.back());
                p.idle_.pop_back();
            }
        }
        state_lease(const state_lease&) = delete;
        state_lease& operator=(const state_lease&) = delete;
        ~state_lease() {
            const std::lock_guard<std::mutex> lock(from_.mutex_);
            from_.idle_.push_back(std::move(state_));
        }
        call_state& operator*() const { return *state_; }
        call_state* operator->() const { return state_.get(); }

      private:
        const program& from_;
        std::unique_ptr<call_state> state_;
    };

    void take_tables(const ir::module& low, const std::vector<ir::index>& outputs) {
        tables_.extents.assign(low.extents.data, low.extents.data + low.extents.size);
        tables_.checks.assign(low.extent_checks.data, low.extent_checks.data + low.extent_checks.size);
        tables_.slots = draft().slots.data;
        tables_.used = {low.extents.size, draft().slots.size, draft().views.size};
        const auto type = [&](ir::index n) {
            const ir::tensor_type& t = low.type_of(n);
            plan::array_type a;
            a.element = t.element;
            a.rank = t.rank;
            for (int k = 0; k < t.rank; ++k) { a.extents[k] = t.extents[k]; }
            return a;
        };
        for (ir::index n = 1; n < low.nodes.size; ++n) {
            if (low.nodes.data[n].op->id != ir::input_id) { continue; }
            const auto number = static_cast<std::size_t>(low.attribute(n, 0));
            if (tables_.inputs.size() <= number) { tables_.inputs.resize(number + 1); }
            tables_.inputs[number] = type(n);
        }
        for (ir::index n : outputs) { tables_.outputs.push_back(type(n)); }
    }
    void find_extents(const raw_view* inputs, call_state& s) const {
        detail::memory::find_extents(tables_, inputs, s.symbols.data());
        if (draft().counts < 0) { return; }
        run_block(draft().counts, inputs, nullptr, nullptr, s);
        detail::memory::find_extents(tables_, inputs, s.symbols.data());
    }
    // The views of a block from `from` on.
    void find_views(int block, int from, const raw_view* inputs, const raw_view* outputs, char* workspace, call_state& s) const {
        for (int v = from; v < draft().blocks.data[block].views.end; ++v) {
            if (draft().views.data[v].block != block) { continue; }
            detail::call_memory::find_view(draft(), v, inputs, outputs, workspace, s.symbols.data(), s.starts.data(), s.loops.data(), s.views.data());
        }
    }
    void run_block(int block, const raw_view* inputs, const raw_view* outputs, char* workspace, call_state& s) const {
        const plan::block& b = draft().blocks.data[block];
        find_views(block, b.views.begin, inputs, outputs, workspace, s);
        for (int i = b.steps.begin; i < b.steps.end; ++i) {
            if (draft().steps.data[i].block == block) { run_step(i, inputs, outputs, workspace, s); }
        }
    }

    void run_step(int i, const raw_view* inputs, const raw_view* outputs, char* workspace, call_state& s) const {
        using detail::memory::value_of;
        const plan::step& x = draft().steps.data[i];
        const auto extents_of = [&](int view, std::int64_t* out) {
            const plan::view_step& v = draft().views.data[view];
            for (int k = 0; k < v.rank; ++k) { out[k] = value_of(v.extents[k], s.symbols.data()); }
        };
        switch (x.kind) {
        case plan::step_kind::nest: run_nest(x, nests_[static_cast<std::size_t>(i)], s); return;
        case plan::step_kind::product: {
            product_call c{};
            for (int v = 0; v < 3; ++v) {
                c.views[v] = &s.views[static_cast<std::size_t>(x.views[v])];
                c.ranks[v] = draft().views.data[x.views[v]].rank;
                extents_of(x.views[v], c.extents[v]);
            }
            const dtype t = draft().views.data[x.views[2]].element;
            if (t == dtype::float64) { detail::contraction::take_coefficients<double>(c, x, s.views.data(), s.symbols.data()); }
            else if (t == dtype::float32) { detail::contraction::take_coefficients<float>(c, x, s.views.data(), s.symbols.data()); }
            kernels_.product[type_number(t)](c);
            return;
        }
        case plan::step_kind::position: {
            std::int64_t extents[max_rank] = {};
            extents_of(x.views[0], extents);
            position_call c;
            c.from = &s.views[static_cast<std::size_t>(x.views[0])];
            c.to = &s.views[static_cast<std::size_t>(x.views[2])];
            c.extents = extents;
            c.rank = draft().views.data[x.views[0]].rank;
            c.axis = x.axis;
            c.keeps = x.outer != 0;
            c.largest = x.op == ops::id_of<ops::argmax_op>;
            kernels_.position[type_number(draft().views.data[x.views[0]].element)](c);
            return;
        }
        case plan::step_kind::fill: {
            std::int64_t extents[max_rank] = {};
            extents_of(x.views[2], extents);
            const plan::view_step& v = draft().views.data[x.views[2]];
            by_size(v.element, [&]<class U>(U) { detail::position::fill<U>(s.views[static_cast<std::size_t>(x.views[2])], extents, v.rank); });
            return;
        }
        case plan::step_kind::branch: {
            const bool holds = *reinterpret_cast<const bool*>(s.views[static_cast<std::size_t>(x.views[0])].data);
            run_block(holds ? x.inner : x.inner + 1, inputs, outputs, workspace, s);
            return;
        }
        case plan::step_kind::loop: {
            const std::int64_t n = x.views[0] >= 0 ? *reinterpret_cast<const std::int64_t*>(s.views[static_cast<std::size_t>(x.views[0])].data)
                                                   : value_of(x.extents[0], s.symbols.data());
            detail::memory::loop_position& at = s.loops[static_cast<std::size_t>(x.inner)];
            const auto each_carry = [&](const auto& f) {
                for (int k = x.carries.begin; k < x.carries.end; ++k) {
                    const plan::loop_carry& c = draft().carries.data[k];
                    f(c, draft().views.data[c.result]);
                }
            };
            const plan::loop_carry first = x.carries.begin < x.carries.end ? draft().carries.data[x.carries.begin] : plan::loop_carry{};
            detail::inner::walk(at, first, x, n, s.symbols.data(), s.views.data(), each_carry, [&] { run_block(x.inner, inputs, outputs, workspace, s); });
            return;
        }
        default: {
            std::int64_t extents[max_rank] = {};
            extents_of(x.views[2], extents);
            const plan::view_step& v = draft().views.data[x.views[2]];
            by_size(v.element, [&]<class U>(U) {
                detail::position::compact<U>(s.views[static_cast<std::size_t>(x.views[0])], s.views[static_cast<std::size_t>(x.views[2])], extents, v.rank);
            });
            find_views(x.block, x.views[2] + 1, inputs, outputs, workspace, s);
        }
        }
    }
    template <class F>
    static void by_size(dtype t, const F& f) {
        const int size = size_of(t);
        if (size == 1) { f(std::uint8_t{}); }
        else if (size == 4) { f(std::uint32_t{}); }
        else { f(std::uint64_t{}); }
    }

    void run_nest(const plan::step& x, const block_nest& code, call_state& s) const {
        const int streams = x.streams.end - x.streams.begin;
        s.pointers.resize(std::max(s.pointers.size(), static_cast<std::size_t>(streams)));
        s.positions.resize(std::max(s.positions.size(), static_cast<std::size_t>(streams)));
        s.strides.resize(std::max(s.strides.size(), static_cast<std::size_t>(streams * x.rank)));
        std::int64_t extents[max_rank] = {};
        for (int k = 0; k < x.rank; ++k) { extents[k] = detail::memory::value_of(x.extents[k], s.symbols.data()); }
        for (int i = 0; i < streams; ++i) {
            const plan::stream& m = draft().streams.data[x.streams.begin + i];
            s.pointers[static_cast<std::size_t>(i)] = m.view < 0 ? nullptr : s.views[static_cast<std::size_t>(m.view)].data;
            s.positions[static_cast<std::size_t>(i)] = 0;
            for (int k = 0; k < x.rank; ++k) {
                s.strides[static_cast<std::size_t>(i * x.rank + k)] =
                    m.axes[k] < 0 ? 0 : m.view < 0 ? 1 : s.views[static_cast<std::size_t>(m.view)].strides[m.axes[k]] * size_of(m.element);
            }
        }
        nest_call c;
        c.pointers = s.pointers.data();
        c.positions = s.positions.data();
        c.strides = s.strides.data();
        c.extents = extents;
        c.symbols = s.symbols.data();
        s.worker.run(draft(), x, code, c);
    }
};

} // namespace DAMO_ISA
} // namespace damo::exec
