// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include <damo/exec/runtime/call_counts.hpp>
#include <damo/exec/runtime/call_state.hpp>
#include <damo/exec/runtime/cut_folds.hpp>
#include <damo/exec/runtime/kernels.hpp>
#include <damo/exec/runtime/nest_call.hpp>
#include <damo/exec/runtime/number_call.hpp>
#include <damo/exec/runtime/number_code.hpp>
#include <damo/exec/runtime/parallel.hpp>
#include <damo/exec/runtime/program_options.hpp>
#include <damo/exec/runtime/step_times.hpp>
#include <damo/exec/runtime/undecided_steps.hpp>
#include <damo/exec/runtime/waves.hpp>
#include <damo/exec/static/blocks.hpp>
#include <damo/exec/static/position.hpp>
#include <damo/ops/host_call.hpp>
#include <damo/plan/arrays.hpp>
#include <damo/plan/late_counts.hpp>
#include <damo/plan/lower.hpp>

namespace damo::exec {
namespace detail::programs {
inline namespace DAMO_LIBRARY {

class prepared {
  public:
    call_tables tables;

    // found: extents that stand for numbers of steps, which each call is given.
    prepared(const ir::module& optimised, const ir::index* outputs, int output_count, const program_options& options, const core::pool<ir::extent>& found = {})
        : kernels_(options.kernels != nullptr ? *options.kernels : best_kernels()), team_(options.threads) {
        for (int i = 0; i < found.size; ++i) { given_.push_back(found.data[i]); }
        make_plan(optimised, outputs, output_count, found);
        if (tables.draft.refused) {
            // Numbers of steps that only loops tell are found by programs of their own.
            const core::pool<plan::late_count> counts = plan::late_counts(optimised, outputs, output_count);
            core::pool<ir::extent> known;
            for (int i = 0; i < found.size; ++i) { known.push(found.data[i]); }
            for (int i = 0; i < counts.size; ++i) {
                const plan::late_count& x = counts.data[i];
                bool open = true;
                for (int k = 0; k < known.size; ++k) { open = open && known.data[k] != x.name; }
                if (!open) { continue; }
                stages_.push_back({x.name, std::make_unique<prepared>(optimised, &x.steps, 1, options, known)});
                known.push(x.name);
            }
            make_plan(optimised, outputs, output_count, known);
            if (tables.draft.refused) { refuse_steps(optimised, plan::undecided_loop(optimised, known)); }
        }
        const plan::plan_draft& d = tables.draft;
        for (int i = 0; i < d.steps.size; ++i) {
            const plan::step& s = d.steps.data[i];
            nests_.push_back(s.kind == plan::step_kind::nest ? block_nest_of(d, s, kernels_) : block_nest{});
        }
        compiled_ = std::make_unique<std::atomic<nest_function>[]>(static_cast<std::size_t>(d.steps.size) + 1);
        for (int i = 0; i < d.steps.size; ++i) { compiled_[static_cast<std::size_t>(i)] = nullptr; }
        nests_alone_ = team_.threads() == 1 && d.blocks.size == 1;
        for (int i = 0; i < d.steps.size; ++i) { nests_alone_ = nests_alone_ && d.steps.data[i].kind == plan::step_kind::nest; }
        // Functions of the program are called by the thread that calls.
        if (team_.threads() > 1 && d.blocks.size == 1 && d.operands.size == 0) { waves_ = waves_of(d); }
    }
    prepared(const prepared&) = delete;
    prepared& operator=(const prepared&) = delete;

    // counts: those that the program is given; its own come behind them.
    void find_counts(const raw_view* inputs, call_counts& counts) {
        if (given_.size() != counts.size()) { counts.resize(given_.size()); }
        for (const stage& x : stages_) {
            std::int64_t steps = 0;
            const raw_view place{&steps, {}, {}};
            x.program->run(inputs, &place, counts);
            counts.push_back(steps > 0 ? steps : 0);
        }
    }
    // A call: its state is lent, the call begins, is asked about, and runs, and the state is given back.
    call_state& lend() {
        return states_.lend([&] { return make_state(); });
    }
    static void give_back(call_state& s) { call_states::give_back(s); }
    // Finds the extents of a call, in s.symbols.
    void begin(call_state& s, const raw_view* inputs, const call_counts& counts) {
        if (s.shape != nullptr && !counts_steps() && call_shapes::are_equal(s.shape->key.data(), input_places_, inputs)) {
            if (!s.exact) { std::copy(s.shape->symbols.begin(), s.shape->symbols.end(), s.symbols.begin()); }
            s.exact = true;
            return;
        }
        s.exact = false;
        find_extents(inputs, s, counts);
    }
    void output_extents(const call_state& s, int output, std::int64_t* extents) const {
        const plan::array_type& t = tables.outputs.at(static_cast<std::size_t>(output));
        for (int k = 0; k < t.rank; ++k) { extents[k] = memory::value_of(t.extents[k], s.symbols.data()); }
    }
    int failed_check(call_state& s, const raw_view* inputs) const {
        if (s.exact && s.checked) { return -1; }
        for (std::size_t i = 0; i + 1 < tables.checks.size(); i += 2) {
            if (memory::value_of(tables.checks[i], s.symbols.data()) != memory::value_of(tables.checks[i + 1], s.symbols.data())) {
                return static_cast<int>(i / 2);
            }
        }
        for (std::size_t i = 0; i < named_.size(); ++i) {
            const call_tables::named_axis& x = named_[i];
            if (inputs[x.input].extents[x.axis] != s.symbols[static_cast<std::size_t>(x.symbol)]) { return static_cast<int>(tables.checks.size() / 2 + i); }
        }
        s.checked = s.exact;
        return -1;
    }
    void run(call_state& s, const raw_view* inputs, const raw_view* outputs, step_times* times = nullptr) {
        if (numbers_.exists) { return point_to_numbers(inputs, outputs); }
        find_shape(s, inputs, outputs);
        const call_shape& shape = *s.shape;
        char* const workspace = s.workspace.hold(static_cast<std::size_t>(shape.workspace_bytes));
        if (nests_alone_ && times == nullptr) { return run_nests(inputs, outputs, workspace, s); }
        const call c{inputs, outputs, workspace, s, times};
        if (waves_.empty() || times != nullptr) {
            run_block(0, c);
            return;
        }
        find_views(0, 0, c);
        for (const std::vector<int>& wave : waves_) {
            // As many steps as threads: one each. Fewer: one after the other, each cut among all.
            const bool side_by_side = static_cast<int>(wave.size()) >= team_.threads() && work_of(wave, shape) > least_work;
            if (!side_by_side) {
                for (int i : wave) { run_step(i, 0, true, c); }
                continue;
            }
            team_.run(team_.threads(), [&](int part) {
                for (std::size_t k = static_cast<std::size_t>(part); k < wave.size(); k += static_cast<std::size_t>(team_.threads())) {
                    run_step(wave[k], part, false, c);
                }
            });
        }
    }

    // Whole calls.
    void output_extents(const raw_view* inputs, int output, std::int64_t* extents, const call_counts& counts) {
        const state_lease s(*this);
        begin(*s, inputs, counts);
        output_extents(*s, output, extents);
    }
    int failed_check(const raw_view* inputs, const call_counts& counts) {
        if (tables.checks.empty() && named_.empty()) { return -1; }
        const state_lease s(*this);
        begin(*s, inputs, counts);
        return failed_check(*s, inputs);
    }
    void run(const raw_view* inputs, const raw_view* outputs, const call_counts& counts, step_times* times = nullptr) {
        if (times != nullptr && times->empty()) { times->resize(static_cast<std::size_t>(std::max(tables.draft.steps.size, 1))); }
        if (numbers_.exists) {
            if (times == nullptr) { point_to_numbers(inputs, outputs); }
            else {
                timed(times->front(), [&] { point_to_numbers(inputs, outputs); });
                times->front().machine_code = compiled_numbers_.load(std::memory_order_relaxed) != nullptr;
            }
            return;
        }
        const state_lease s(*this);
        begin(*s, inputs, counts);
        run(*s, inputs, outputs, times);
    }
    void run_numbers(const void* const* inputs, void* const* outputs) {
        constexpr int few = 256;
        if (numbers_.cells <= few) {
            std::uint64_t cells[few];
            run_numbers(inputs, outputs, cells);
            return;
        }
        const state_lease s(*this);
        run_numbers(inputs, outputs, s->cells.data());
    }
    const number_code* numbers() const { return numbers_.exists ? &numbers_ : nullptr; }
    void replace_numbers(number_function f) { compiled_numbers_.store(f, std::memory_order_release); }
    std::vector<std::int64_t> slot_bytes(const raw_view* inputs, const raw_view* outputs) {
        if (numbers_.exists) { return {}; }
        const state_lease s(*this);
        begin(*s, inputs, {});
        find_shape(*s, inputs, outputs);
        std::vector<std::int64_t> ends(s->shape->starts.begin() + 1, s->shape->starts.end());
        // starts has one more place than there are slots
        if (!ends.empty()) { ends.back() = s->shape->workspace_bytes; }
        for (std::size_t i = 0; i < ends.size(); ++i) { ends[i] -= s->shape->starts[i]; }
        return ends;
    }
    void replace_nest(int step, nest_function f) { compiled_[static_cast<std::size_t>(step)].store(f, std::memory_order_release); }

  private:
    static constexpr std::int64_t least_work = 1 << 15; // elements below which other threads are not asked
    static constexpr std::size_t most_shapes = 64;

    // A program that finds how many steps a loop takes.
    struct stage {
        ir::extent name = 0; // of the extent that stands for it
        std::unique_ptr<prepared> program;
    };

    const kernel_set& kernels_;
    parallel::team team_;
    std::vector<ir::extent> given_;
    std::vector<stage> stages_;
    std::vector<call_tables::named_axis> named_;
    number_code numbers_;
    std::atomic<number_function> compiled_numbers_{nullptr};
    std::vector<block_nest> nests_;
    std::unique_ptr<std::atomic<nest_function>[]> compiled_;
    std::vector<std::vector<int>> waves_;
    bool nests_alone_ = false; // the plan has no other steps, and one thread runs them
    std::vector<std::size_t> input_places_; // of what shapes are told apart by
    std::vector<std::size_t> output_places_;
    call_states states_;
    std::mutex mutex_; // of the shapes
    std::vector<std::shared_ptr<const call_shape>> shapes_;

    class state_lease {
      public:
        explicit state_lease(prepared& p) : state_(p.lend()) {}
        state_lease(const state_lease&) = delete;
        state_lease& operator=(const state_lease&) = delete;
        ~state_lease() { give_back(state_); }
        call_state& operator*() const { return state_; }
        call_state* operator->() const { return &state_; }

      private:
        call_state& state_;
    };
    std::unique_ptr<call_state> make_state() const {
        auto s = std::make_unique<call_state>();
        s->symbols.resize(tables.extents.size() + 1);
        s->views.resize(static_cast<std::size_t>(tables.draft.views.size) + 1);
        s->loops.resize(static_cast<std::size_t>(tables.draft.blocks.size) + 1);
        if (tables.draft.blocks.size > 1) { s->inside.resize(nests_.size()); }
        s->cells.resize(static_cast<std::size_t>(numbers_.cells) + 1);
        s->pointers.resize(tables.inputs.size() + tables.outputs.size());
        int most = 0;
        for (int i = 0; i < tables.draft.steps.size; ++i) { most = std::max(most, tables.draft.steps.data[i].streams.end - tables.draft.steps.data[i].streams.begin); }
        for (int t = 0; t < team_.threads(); ++t) {
            s->threads.push_back(std::make_unique<thread_state>(kernels_));
            s->threads.back()->places.resize(nests_.size());
            s->threads.back()->data.resize(static_cast<std::size_t>(most) + 1);
        }
        return s;
    }

    void run_numbers(const void* const* inputs, void* const* outputs, std::uint64_t* cells) const {
        if (const number_function f = compiled_numbers_.load(std::memory_order_acquire)) { f(inputs, outputs, cells); }
        else { exec::run_numbers(numbers_, inputs, outputs, cells); }
    }
    void point_to_numbers(const raw_view* inputs, const raw_view* outputs) {
        constexpr std::size_t few = 16;
        const std::size_t in = tables.inputs.size();
        const auto run = [&](void** pointers) {
            for (std::size_t i = 0; i < in; ++i) { pointers[i] = inputs[i].data; }
            for (std::size_t i = 0; i < tables.outputs.size(); ++i) { pointers[in + i] = outputs[i].data; }
            run_numbers(pointers, pointers + in);
        };
        if (in + tables.outputs.size() <= few) {
            void* pointers[few];
            run(pointers);
            return;
        }
        const state_lease s(*this);
        run(s->pointers.data());
    }

    // found: extents that are known before the plan runs.
    void make_plan(const ir::module& optimised, const ir::index* outputs, int output_count, const core::pool<ir::extent>& found) {
        tables = {};
        std::vector<ir::index> roots(outputs, outputs + output_count);
        const rewrite::usage used(optimised, roots.data(), output_count);
        ir::module low;
        rewrite::copy_extents(optimised, low);
        plan::lowering lower(optimised, low, used.uses.data);
        lower.lower(roots.data(), output_count);
        if (low.failed) { low.raise_mistake(); }
        numbers_ = number_code_of(low, roots.data(), output_count, kernels_);
        if (!numbers_.exists) { plan::plan_arrays(low, roots.data(), output_count, tables.draft, found); }
        if (!tables.draft.refused) { take_tables(low, roots); }
    }
    void take_tables(const ir::module& low, const std::vector<ir::index>& outputs) {
        tables.take(low, outputs);
        input_places_ = call_shapes::places_of(tables.inputs);
        output_places_ = call_shapes::places_of(tables.outputs);
        named_ = tables.named_axes();
    }
    // Whether more than the extents of the inputs decides how long arrays are.
    bool counts_steps() const { return tables.draft.counts >= 0 || !stages_.empty() || !given_.empty(); }
    // The extents of a call, in s.symbols.
    void find_extents(const raw_view* inputs, call_state& s, const call_counts& counts) {
        if (!stages_.empty() && counts.size() != given_.size() + stages_.size()) {
            call_counts found = counts;
            find_counts(inputs, found);
            find_extents(inputs, s, found);
            return;
        }
        for (std::size_t i = named_.size(); i-- > 0;) { s.symbols[static_cast<std::size_t>(named_[i].symbol)] = inputs[named_[i].input].extents[named_[i].axis]; }
        const auto put = [&](ir::extent name, std::int64_t steps) { s.symbols[static_cast<std::size_t>(-1 - name)] = steps; };
        for (std::size_t i = 0; i < given_.size(); ++i) { put(given_[i], counts[i]); }
        for (std::size_t i = 0; i < stages_.size(); ++i) { put(stages_[i].name, counts[given_.size() + i]); }
        memory::find_extents(tables, inputs, s.symbols.data());
        if (tables.draft.counts < 0) { return; }
        // Numbers among the inputs decide how long loops are.
        run_block(tables.draft.counts, {inputs, nullptr, nullptr, s});
        memory::find_extents(tables, inputs, s.symbols.data());
    }

    // --- classes of shapes -------------------------------------------------------------------------------------------------------

    bool fits(const call_shape* shape, const call_state& s, const raw_view* inputs, const raw_view* outputs) const {
        if (shape == nullptr) { return false; }
        if (!call_shapes::are_equal(shape->key.data(), input_places_, inputs) || !has_outputs(*shape, outputs)) { return false; }
        return !counts_steps() || s.symbols == shape->symbols;
    }
    bool has_outputs(const call_shape& shape, const raw_view* outputs) const { return call_shapes::are_equal(shape.key.data() + input_places_.size(), output_places_, outputs); }
    // Of a call that began.
    void find_shape(call_state& s, const raw_view* inputs, const raw_view* outputs) {
        if (s.exact ? has_outputs(*s.shape, outputs) : fits(s.shape.get(), s, inputs, outputs)) {
            s.exact = true;
            return;
        }
        s.exact = s.checked = false;
        s.shape = nullptr;
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            for (const auto& known : shapes_) {
                if (fits(known.get(), s, inputs, outputs)) { s.shape = known; }
            }
        }
        if (s.shape == nullptr) {
            s.shape = make_shape(s, inputs, outputs);
            const std::lock_guard<std::mutex> lock(mutex_);
            if (shapes_.size() >= most_shapes) { shapes_.erase(shapes_.begin()); }
            shapes_.push_back(s.shape);
        }
        std::copy(s.shape->views.begin(), s.shape->views.end(), s.views.begin());
        s.exact = true;
    }
    std::shared_ptr<const call_shape> make_shape(const call_state& s, const raw_view* inputs, const raw_view* outputs) const {
        auto made = std::make_shared<call_shape>();
        call_shapes::add_numbers(made->key, input_places_, inputs);
        call_shapes::add_numbers(made->key, output_places_, outputs);
        const plan::plan_draft& d = tables.draft;
        made->symbols = s.symbols;
        made->starts.resize(static_cast<std::size_t>(d.slots.size) + 1);
        made->views.resize(static_cast<std::size_t>(d.views.size) + 1);
        made->offsets.resize(static_cast<std::size_t>(d.views.size) + 1);
        made->workspace_bytes = memory::place_slots(tables, made->symbols.data(), made->starts.data());
        for (int v = 0; v < d.views.size; ++v) {
            if (d.views.data[v].block != 0) { continue; }
            call_memory::shape_view(d, v, inputs, outputs, made->symbols.data(), made->views.data(), made->offsets.data());
        }
        call_shapes::add_nests(*made, d, nests_.data(), nests_alone_);
        return made;
    }
    // A nest of an inner block under the strides that its views have now.
    const nest_shape& changing_shape(int i, call_state& s) const {
        const plan::plan_draft& d = tables.draft;
        const plan::step& x = d.steps.data[i];
        s.key.clear();
        for (int k = 0; k < x.rank; ++k) { s.key.push_back(memory::value_of(x.extents[k], s.symbols.data())); }
        for (int m = x.streams.begin; m < x.streams.end; ++m) {
            const int v = d.streams.data[m].view;
            for (int k = 0; v >= 0 && k < d.views.data[v].rank; ++k) { s.key.push_back(s.views[static_cast<std::size_t>(v)].strides[k]); }
        }
        changing_nest& n = s.inside[static_cast<std::size_t>(i)];
        for (changing_nest::one& one : n.seen) {
            if (one.known && one.key == s.key) { return one.shape; }
        }
        n.last = 1 - n.last;
        changing_nest::one& one = n.seen[n.last];
        one.known = true;
        one.key = s.key;
        one.shape = call_shapes::shape_of(d, x, nests_[static_cast<std::size_t>(i)], s.symbols.data(), s.views.data());
        return one.shape;
    }

    // --- plans of nests alone ----------------------------------------------------------------------------------------------------

    // Views are not found: where streams begin is known from the shape.
    void run_nests(const raw_view* inputs, const raw_view* outputs, char* workspace, call_state& s) {
        thread_state& t = *s.threads.front();
        char** const data = t.data.data();
        const std::int64_t* const symbols = s.symbols.data();
        std::size_t i = 0;
        for (const nest_shape& n : s.shape->nests) {
            const std::size_t step = i++;
            if (n.how == nest_shape::way::nothing) { continue; }
            char** to = data;
            for (const stream_begin& b : n.begins) { *to++ = call_shapes::begin_in(b, inputs, outputs, workspace, symbols); }
            if (const nest_function f = compiled_[step].load(std::memory_order_acquire)) { f(data, symbols, n.extents, n.bytes.data(), n.outer, n.inner); }
            else { t.worker.run(nests_[step], t.places[step], n, static_cast<int>(n.begins.size()), data, symbols, 0, -1); }
        }
    }

    // --- blocks and steps --------------------------------------------------------------------------------------------------------

    struct call {
        const raw_view* inputs;
        const raw_view* outputs;
        char* workspace;
        call_state& s;
        step_times* times = nullptr; // null: nobody asks
    };
    // The views of a block from `from` on.
    void find_views(int block, int from, const call& c) const {
        const plan::plan_draft& d = tables.draft;
        const int end = d.blocks.data[block].views.end;
        for (int v = from; v < end; ++v) {
            if (d.views.data[v].block != block) { continue; }
            if (block == 0) {
                call_memory::place_view(d, v, c.inputs, c.outputs, c.workspace, c.s.symbols.data(), c.s.shape->starts.data(), c.s.shape->offsets.data(), c.s.views.data());
            } else {
                call_memory::find_view(d, v, c.inputs, c.outputs, c.workspace, c.s.symbols.data(), c.s.shape != nullptr ? c.s.shape->starts.data() : nullptr,
                                       c.s.loops.data(), c.s.views.data());
            }
        }
    }
    void run_block(int block, const call& c) {
        const plan::block& b = tables.draft.blocks.data[block];
        find_views(block, b.views.begin, c);
        if (c.times != nullptr) {
            run_block_timed(block, c);
            return;
        }
        for (int i = b.steps.begin; i < b.steps.end; ++i) {
            if (tables.draft.steps.data[i].block == block) { run_step(i, 0, true, c); }
        }
    }
    void run_block_timed(int block, const call& c) {
        const plan::block& b = tables.draft.blocks.data[block];
        for (int i = b.steps.begin; i < b.steps.end; ++i) {
            if (tables.draft.steps.data[i].block != block) { continue; }
            step_time& t = (*c.times)[static_cast<std::size_t>(i)];
            timed(t, [&] { run_step(i, 0, true, c); });
            t.machine_code = compiled_[static_cast<std::size_t>(i)].load(std::memory_order_relaxed) != nullptr;
        }
    }
    std::int64_t work_of(const std::vector<int>& wave, const call_shape& shape) const {
        std::int64_t work = 0;
        for (int i : wave) {
            const plan::step& x = tables.draft.steps.data[i];
            work += x.kind == plan::step_kind::nest ? shape.nests[static_cast<std::size_t>(i)].elements : least_work;
        }
        return work;
    }
    void run_step(int i, int thread, bool may_cut, const call& c) {
        if (tables.draft.steps.data[i].kind == plan::step_kind::nest) { run_nest(i, thread, may_cut, c.s); }
        else { run_other(i, c); }
    }
    DAMO_APART void run_other(int i, const call& c) {
        call_state& s = c.s;
        const plan::plan_draft& d = tables.draft;
        const plan::step& x = d.steps.data[i];
        const auto extents_of = [&](int view, std::int64_t* out) {
            const plan::view_step& v = d.views.data[view];
            for (int k = 0; k < v.rank; ++k) { out[k] = memory::value_of(v.extents[k], s.symbols.data()); }
        };
        const auto view = [&](int k) -> memory::found_view& { return s.views[static_cast<std::size_t>(x.views[k])]; };
        std::int64_t extents[max_rank] = {};
        switch (x.kind) {
        case plan::step_kind::product: {
            product_call p{};
            for (int v = 0; v < 3; ++v) {
                p.views[v] = &view(v);
                p.ranks[v] = d.views.data[x.views[v]].rank;
                extents_of(x.views[v], p.extents[v]);
            }
            const dtype t = d.views.data[x.views[2]].element;
            if (t == dtype::float64) { contraction::take_coefficients<double>(p, x, s.views.data(), s.symbols.data()); }
            else if (t == dtype::float32) { contraction::take_coefficients<float>(p, x, s.views.data(), s.symbols.data()); }
            kernels_.product[type_number(t)](p);
            return;
        }
        case plan::step_kind::position: {
            extents_of(x.views[0], extents);
            position_call p{};
            p.from = &view(0);
            p.to = &view(2);
            p.extents = extents;
            p.rank = d.views.data[x.views[0]].rank;
            p.axis = x.axis;
            p.keeps = x.outer != 0;
            p.largest = x.op == ops::id_of<ops::argmax_op>;
            kernels_.position[type_number(d.views.data[x.views[0]].element)](p);
            return;
        }
        case plan::step_kind::fill:
            extents_of(x.views[2], extents);
            by_size(d.views.data[x.views[2]].element, [&]<class U>(U) { position::fill<U>(view(2), extents, d.views.data[x.views[2]].rank); });
            return;
        case plan::step_kind::host: {
            const auto array = [&](int v) {
                ops::host_array a;
                a.element = d.views.data[v].element;
                a.rank = d.views.data[v].rank;
                a.data = s.views[static_cast<std::size_t>(v)].data;
                extents_of(v, a.extents);
                std::copy_n(s.views[static_cast<std::size_t>(v)].strides, a.rank, a.strides);
                return a;
            };
            constexpr int few = 4;
            const int count = x.operands.end - x.operands.begin;
            ops::host_array room[few];
            std::vector<ops::host_array> more(static_cast<std::size_t>(count > few ? count : 0));
            ops::host_array* const operands = count > few ? more.data() : room;
            for (int k = 0; k < count; ++k) { operands[k] = array(d.operands.data[x.operands.begin + k]); }
            ops::host_callbacks::at(x.number).run(operands, array(x.views[2]));
            return;
        }
        case plan::step_kind::branch: run_block(*reinterpret_cast<const bool*>(view(0).data) ? x.inner : x.inner + 1, c); return;
        case plan::step_kind::loop: {
            const std::int64_t n = x.views[0] >= 0 ? *reinterpret_cast<const std::int64_t*>(view(0).data) : memory::value_of(x.extents[0], s.symbols.data());
            memory::loop_position& at = s.loops[static_cast<std::size_t>(x.inner)];
            const auto each_carry = [&](const auto& f) {
                for (int k = x.carries.begin; k < x.carries.end; ++k) {
                    const plan::loop_carry& carry = d.carries.data[k];
                    f(carry, d.views.data[carry.result]);
                }
            };
            const plan::loop_carry first = x.carries.begin < x.carries.end ? d.carries.data[x.carries.begin] : plan::loop_carry{};
            inner::walk(at, first, x, n, s.symbols.data(), s.views.data(), each_carry, [&] { run_block(x.inner, c); });
            return;
        }
        default:
            extents_of(x.views[2], extents);
            by_size(d.views.data[x.views[2]].element, [&]<class U>(U) { position::compact<U>(view(0), view(2), extents, d.views.data[x.views[2]].rank); });
            find_views(x.block, x.views[2] + 1, c);
        }
    }
    template <class F>
    static void by_size(dtype t, const F& f) {
        const int size = size_of(t);
        if (size == 1) { f(std::uint8_t{}); }
        else if (size == 4) { f(std::uint32_t{}); }
        else { f(std::uint64_t{}); }
    }

    void run_nest(int i, int thread, bool may_cut, call_state& s) {
        const nest_shape& shape = tables.draft.steps.data[i].block == 0 ? s.shape->nests[static_cast<std::size_t>(i)] : changing_shape(i, s);
        if (shape.how == nest_shape::way::nothing) { return; }
        const block_nest& code = nests_[static_cast<std::size_t>(i)];
        const bool cuts = may_cut && team_.threads() > 1 && shape.elements > least_work && shape.outer + shape.inner > 0;
        const bool folds_all = shape.outer == 0 && code.single.most_folds > 0;
        if (cuts && folds_all && cut_folds::is_possible(code, shape)) { return cut_folds::run(tables.draft, i, code, shape, team_, s); }
        const std::int64_t units = (shape.extents[0] + least_rows(shape) - 1) / least_rows(shape);
        const int parts = cuts && !folds_all ? static_cast<int>(std::min<std::int64_t>(team_.threads(), units)) : 1;
        if (parts <= 1) {
            run_part(i, shape, thread, 0, -1, s);
            return;
        }
        // Pieces end at whole blocks, so that vectors begin alike in all of them.
        team_.run(parts, [&](int part) {
            const std::int64_t begin = units * part / parts * least_rows(shape);
            const std::int64_t end = std::min(units * (part + 1) / parts * least_rows(shape), shape.extents[0]);
            run_part(i, shape, part, begin, end, s);
        });
    }
    static std::int64_t least_rows(const nest_shape& shape) { return shape.outer + shape.inner == 1 ? most_room : 1; }
    void run_part(int i, const nest_shape& shape, int thread, std::int64_t begin, std::int64_t end, call_state& s) {
        const plan::step& x = tables.draft.steps.data[i];
        thread_state& t = *s.threads[static_cast<std::size_t>(thread)];
        const int streams = x.streams.end - x.streams.begin;
        char** const data = t.data.data();
        for (int k = 0; k < streams; ++k) {
            const int view = tables.draft.streams.data[x.streams.begin + k].view;
            data[k] = view < 0 ? nullptr : s.views[static_cast<std::size_t>(view)].data;
        }
        if (team_.threads() > 1 && !shape.scratch.empty()) {
            char* const scratch = t.scratch.hold(static_cast<std::size_t>(shape.scratch_bytes));
            for (std::size_t k = 0; k < shape.scratch.size(); ++k) { data[shape.scratch[k]] = scratch + shape.scratch_at[k]; }
        }
        const nest_function f = compiled_[static_cast<std::size_t>(i)].load(std::memory_order_acquire);
        if (f == nullptr) {
            t.worker.run(nests_[static_cast<std::size_t>(i)], t.places[static_cast<std::size_t>(i)], shape, streams, data, s.symbols.data(), begin, end);
            return;
        }
        if (end < 0) { return f(data, s.symbols.data(), shape.extents, shape.bytes.data(), shape.outer, shape.inner); }
        std::int64_t extents[max_rank] = {};
        std::copy_n(shape.extents, shape.outer + shape.inner, extents);
        extents[0] = end - begin;
        for (int k = 0; k < streams; ++k) {
            data[k] = reinterpret_cast<char*>(reinterpret_cast<std::intptr_t>(data[k]) + static_cast<std::intptr_t>(shape.bytes[static_cast<std::size_t>(k)] * begin));
        }
        f(data, s.symbols.data(), extents, shape.bytes.data(), shape.outer, shape.inner);
    }
};

} // namespace DAMO_LIBRARY
} // namespace detail::programs
} // namespace damo::exec
