// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <vector>

#include <damo/exec/runtime/block_form.hpp>
#include <damo/exec/runtime/kernel_lookup.hpp>
#include <damo/ops/compare.hpp>

namespace damo::exec {

namespace detail::block_code {
inline namespace DAMO_ISA {

class writer {
  public:
    writer(const plan::plan_draft& draft, const plan::step& nest, const kernel_set& kernels, bool grouped, block_form& to, std::vector<cell_value>& values)
        : d(draft), s(nest), set(kernels), grouped_(grouped), f(to), values_(values) {
        f.once = write(s.once, plan::level::once);
        for (int p = 0; p < s.pass_count; ++p) {
            const plan::loop_pass& q = d.passes.data[s.first_pass + p];
            block_pass pass;
            pass.row = write(q.row, plan::level::row);
            pass.bound.begin = static_cast<int>(f.bound.size());
            pass.folds = 0;
            pass_folds_ = 0;
            pass.element = write(q.element, plan::level::element);
            pass.folds = pass_folds_;
            if (pass_folds_ > f.most_folds) { f.most_folds = pass_folds_; }
            pass.bound.end = static_cast<int>(f.bound.size());
            f.passes.push_back(pass);
        }
        f.last = write(s.last, plan::level::row);
        join();
        finish();
    }

  private:
    enum class kind : std::uint8_t { block, cell, pointer };
    struct value {
        kind is = kind::block;
        int last_use = -1;
        bool kept = false;
        std::int32_t place = -1;
    };
    const plan::plan_draft& d;
    const plan::step& s;
    const kernel_set& set;
    bool grouped_;
    block_form& f;
    std::vector<cell_value>& values_;
    std::vector<value> made_;
    std::vector<int> current_[3][type_count]; // the value of each slot, by level and element type
    std::vector<int> expanded_;               // of a row value in this range, by value
    std::vector<std::pair<int, int>> kept_;   // view of scratch memory and the value kept in its stead
    std::vector<int> store_of_;               // by instruction of the range
    std::vector<block_instruction> over_;     // stores of the range that come last
    int pass_folds_ = 0;
    plan::level range_ = plan::level::once;

    int make(kind k) {
        value v;
        v.is = k;
        made_.push_back(v);
        return static_cast<int>(made_.size()) - 1;
    }
    int& slot(const plan::place& p) {
        auto& list = current_[static_cast<int>(p.at)][type_number(p.element)];
        if (list.size() <= static_cast<std::size_t>(p.slot)) { list.resize(static_cast<std::size_t>(p.slot) + 1, -1); }
        return list[static_cast<std::size_t>(p.slot)];
    }
    // Numbers of the level being written, a block where there may be several.
    int make_result() { return make(range_ == plan::level::element || (grouped_ && range_ == plan::level::row) ? kind::block : kind::cell); }
    int add(const block_instruction& c) {
        f.code.push_back(c);
        return static_cast<int>(f.code.size()) - 1;
    }
    bool is_single(const plan::place& p) const {
        return p.at == plan::level::once ? range_ != plan::level::once : p.at == plan::level::row && range_ == plan::level::element && !grouped_;
    }
    bool is_expanded(const plan::place& p) const { return p.at == plan::level::row && range_ == plan::level::element && grouped_; }
    // An operand as a tile or as a single number.
    int operand(const plan::place& p) { return is_expanded(p) ? expand(slot(p), p.element, block_action::expand) : slot(p); }
    int tile_of(const plan::place& p) { return is_single(p) ? expand(slot(p), p.element, block_action::splat) : operand(p); }
    int expand(int from, dtype element, block_action how) {
        if (expanded_.size() <= static_cast<std::size_t>(from)) { expanded_.resize(made_.size() + 1, -1); }
        if (expanded_[static_cast<std::size_t>(from)] >= 0) { return expanded_[static_cast<std::size_t>(from)]; }
        block_instruction c;
        c.does = how;
        c.element = element;
        const int block = make(kind::block);
        // Expanded rows need no copy where the tile has one row.
        const int v = how == block_action::expand ? make(kind::pointer) : block;
        c.out = v;
        c.in[0] = from;
        c.in[1] = block;
        add(c);
        return expanded_[static_cast<std::size_t>(from)] = v;
    }

    bool is_scratch(int stream) const {
        const plan::stream& x = d.streams.data[s.streams.begin + stream];
        return x.view >= 0 && d.views.data[x.view].kind == plan::view_kind::buffer && d.buffers.data[d.views.data[x.view].of].scratch;
    }
    // Rows that share a tile keep what later passes need in blocks.
    bool keeps(int stream) const { return grouped_ && !s.by_columns && is_scratch(stream); }
    int view_of(int stream) const { return d.streams.data[s.streams.begin + stream].view; }
    // Memory that an operand gives up must not be written while others of the tile still read it.
    bool is_in_place(int stream) const {
        int v = view_of(stream);
        while (d.views.data[v].kind == plan::view_kind::permuted || d.views.data[v].kind == plan::view_kind::part ||
               d.views.data[v].kind == plan::view_kind::reshaped) {
            v = d.views.data[v].of;
        }
        if (d.views.data[v].kind == plan::view_kind::next) { return d.carries.data[d.views.data[v].of].in_place; }
        return d.views.data[v].kind == plan::view_kind::buffer && d.buffers.data[d.views.data[v].of].in_place;
    }

    plan::range write(const plan::range& r, plan::level at) {
        range_ = at;
        expanded_.clear();
        plan::range out;
        out.begin = static_cast<int>(f.code.size());
        if (at == plan::level::element) { find_stores(r); }
        for (int i = r.begin; i < r.end; ++i) { write(d.code.data[i], i - r.begin); }
        write_over();
        out.end = static_cast<int>(f.code.size());
        return out;
    }
    // Stores over memory that is read where it lies come last. What one of them takes from memory may lie where another writes.
    void write_over() {
        for (const block_instruction& store : over_) {
            for (block_instruction& x : f.code) { x.copies = x.copies || (over_.size() > 1 && x.does == block_action::load && x.out == store.in[0]); }
        }
        for (const block_instruction& store : over_) { add(store); }
        over_.clear();
    }
    // Finds, for each instruction of an element range, the store that can write its result straight to memory.
    void find_stores(const plan::range& r) {
        store_of_.assign(static_cast<std::size_t>(r.end - r.begin), -1);
        std::vector<int> maker[type_count]; // of each slot, + 1
        for (int i = r.begin; i < r.end; ++i) {
            const plan::loop_instruction& c = d.code.data[i];
            const plan::place& p = c.does == plan::action::store ? c.args[0] : c.result;
            if (p.at != plan::level::element) { continue; }
            auto& list = maker[type_number(p.element)];
            if (list.size() <= static_cast<std::size_t>(p.slot)) { list.resize(static_cast<std::size_t>(p.slot) + 1); }
            int& by = list[static_cast<std::size_t>(p.slot)];
            if (c.does != plan::action::store) { by = i - r.begin + 1; }
            else if (by > 0 && !keeps(c.stream) && !is_in_place(c.stream)) {
                int& known = store_of_[static_cast<std::size_t>(by - 1)];
                if (known < 0) { known = i; }
            }
        }
    }

    void write(const plan::loop_instruction& c, int i) {
        switch (c.does) {
        case plan::action::constant:
        case plan::action::extent: {
            const int v = slot(c.result) = make(kind::cell);
            cell_value x;
            x.place = v;
            x.element = c.result.element;
            x.is_extent = c.does == plan::action::extent && static_cast<std::int64_t>(c.bits) < 0;
            x.bits = c.does == plan::action::constant ? stored_bits(c.result.element, c.bits) : c.bits;
            if (c.does == plan::action::extent && !x.is_extent) { // a known one
                set.convert[type_number(x.element)][type_number(dtype::int64)](&x.bits, &c.bits, nullptr, nullptr, 1);
            }
            values_.push_back(x);
            return;
        }
        case plan::action::load: {
            if (keeps(c.stream)) {
                for (const auto& [view, v] : kept_) {
                    if (view == view_of(c.stream)) { slot(c.result) = v; }
                }
                return;
            }
            block_instruction x;
            x.does = block_action::load;
            x.element = c.result.element;
            x.stream = c.stream;
            x.out = slot(c.result) = make(kind::pointer);
            x.in[0] = make_result();
            add(x);
            return;
        }
        case plan::action::index: {
            block_instruction x;
            x.does = block_action::count;
            x.element = c.result.element;
            x.stream = c.stream;
            x.out = slot(c.result) = make_result();
            add(x);
            return;
        }
        case plan::action::fold: {
            block_instruction x;
            x.does = block_action::fold;
            x.element = c.result.element;
            x.fold = static_cast<std::int32_t>(pass_folds_++);
            x.in[0] = tile_of(c.args[0]);
            x.out = slot(c.result) = make(grouped_ ? kind::block : kind::cell);
            x.folds = find_folds(set, c.op, c.result.element);
            x.identity = stored_bits(c.result.element, c.bits);
            add(x);
            return;
        }
        case plan::action::store: {
            if (keeps(c.stream)) {
                const int v = tile_of(c.args[0]);
                made_[static_cast<std::size_t>(v)].kept = true;
                kept_.emplace_back(view_of(c.stream), v);
                return;
            }
            block_instruction x;
            x.does = block_action::store;
            x.element = c.args[0].element;
            x.stream = c.stream;
            x.in[0] = tile_of(c.args[0]);
            for (const bound_output& b : f.bound) { x.bound = x.bound || (b.place == x.in[0] && b.stream == c.stream); }
            if (range_ == plan::level::element && is_in_place(c.stream)) { over_.push_back(x); }
            else { add(x); }
            return;
        }
        default: write_call(c, i);
        }
    }
    void write_call(const plan::loop_instruction& c, int i) {
        block_instruction x;
        x.element = c.result.element;
        if (c.does == plan::action::one_hot) {
            write_one_hot(c, x);
        } else {
            unsigned singles = 0;
            for (int k = 0; k < c.arg_count; ++k) { singles |= is_single(c.args[k]) ? 1u << k : 0u; }
            const bool all = singles == (1u << c.arg_count) - 1;
            for (int k = 0; k < c.arg_count; ++k) { x.in[k] = all ? tile_of(c.args[k]) : operand(c.args[k]); }
            if (c.does == plan::action::convert) { x.run = set.convert[type_number(c.result.element)][type_number(c.args[0].element)]; }
            else {
                const op_kernels& k = find_kernels(set, c.op, c.args[c.arg_count - 1].element);
                x.run = k.run[all ? 0 : singles];
                if (range_ == plan::level::element && is_floating(c.result.element) && c.result.element == c.args[0].element && c.arg_count <= 2) {
                    x.op = c.op;
                    x.singles = static_cast<std::uint8_t>(all ? 0 : singles);
                }
            }
        }
        const int store = range_ == plan::level::element ? store_of_[static_cast<std::size_t>(i)] : -1;
        if (store >= 0) {
            bound_output b;
            b.place = slot(c.result) = make(kind::pointer);
            b.block = make(kind::block);
            b.stream = d.code.data[store].stream;
            b.size = static_cast<std::int8_t>(size_of(c.result.element));
            f.bound.push_back(b);
        } else { slot(c.result) = make_result(); }
        x.out = slot(c.result);
        add(x);
    }
    // The wanted position in the type of the positions, compared with each.
    void write_one_hot(const plan::loop_instruction& c, block_instruction& x) {
        const dtype type = c.args[1].element;
        int wanted = operand(c.args[0]);
        if (c.args[0].element != type) {
            block_instruction convert;
            convert.run = set.convert[type_number(type)][type_number(c.args[0].element)];
            convert.in[0] = wanted = is_single(c.args[0]) ? tile_of(c.args[0]) : wanted;
            convert.out = wanted = make_result();
            add(convert);
        } else if (is_single(c.args[0])) { wanted = tile_of(c.args[0]); }
        block_instruction equal;
        equal.run = find_kernels(set, ops::id_of<ops::equal_op>, type).run[0];
        equal.in[0] = wanted;
        equal.in[1] = tile_of(c.args[1]);
        equal.out = make_result();
        add(equal);
        x.run = set.convert[type_number(c.result.element)][type_number(dtype::boolean)];
        x.in[0] = equal.out;
    }

    // --- two in one --------------------------------------------------------------------------------------------------------------

    // Joins an operation with the only one that uses its result, where there is a kernel for both.
    void join() {
        std::vector<int> uses(made_.size());
        std::vector<int> maker(made_.size(), -1);
        for (const block_instruction& c : f.code) {
            for (std::int32_t v : c.in) {
                if (v >= 0) { ++uses[static_cast<std::size_t>(v)]; }
            }
        }
        for (const auto& [view, v] : kept_) { ++uses[static_cast<std::size_t>(v)]; }
        std::vector<bool> gone(f.code.size());
        for (const block_pass& p : f.passes) {
            for (int i = p.element.begin; i < p.element.end; ++i) {
                block_instruction& c = f.code[static_cast<std::size_t>(i)];
                const auto first_of = [&](std::int32_t v) -> block_instruction* {
                    if (v < 0 || uses[static_cast<std::size_t>(v)] != 1 || made_[static_cast<std::size_t>(v)].is != kind::block) { return nullptr; }
                    const int by = maker[static_cast<std::size_t>(v)];
                    return by >= p.element.begin && may_join(f.code[static_cast<std::size_t>(by)]) ? &f.code[static_cast<std::size_t>(by)] : nullptr;
                };
                const auto drop = [&](const block_instruction* first) { gone[static_cast<std::size_t>(first - f.code.data())] = true; };
                if (c.does == block_action::fold && c.folds->products_by_rows != nullptr) {
                    block_instruction* const first = first_of(c.in[0]);
                    if (first != nullptr && first->op == c.folds->inner && first->singles == 0) {
                        c.in[0] = first->in[0];
                        c.in[1] = first->in[1];
                        c.products = true;
                        drop(first);
                    }
                }
                const square_kernels* const squares = c.op != 0 ? squares_for(c.element) : nullptr;
                for (int side = 0; squares != nullptr && c.op != 0 && side < 2; ++side) {
                    const block_instruction* const one = first_of(c.in[side]);
                    const block_instruction* const other = first_of(c.in[1 - side]);
                    const int joined = one != nullptr ? join_squares(*squares, *one, other, c, side) : 0;
                    if (joined > 0) { drop(one); }
                    if (joined > 1) { drop(other); }
                }
                for (int side = 0; c.op != 0 && side < 2; ++side) {
                    block_instruction* const first = first_of(c.in[side]);
                    if (first == nullptr || !join_pair(*first, c, side)) { continue; }
                    drop(first);
                    break;
                }
                if (c.does == block_action::run && c.out >= 0) { maker[static_cast<std::size_t>(c.out)] = i; }
            }
        }
        remove(gone);
    }
    static bool may_join(const block_instruction& c) { return c.op != 0 || c.squares != 0; }
    const square_kernels* squares_for(dtype element) const {
        for (int k = 0; k < set.square_count; ++k) {
            if (set.squares[k].element == element) { return &set.squares[k]; }
        }
        return nullptr;
    }
    static bool is_square(const square_kernels& k, const block_instruction& c) {
        return c.op == k.square || (c.op == k.product && c.in[0] == c.in[1] && c.singles == 0);
    }
    // A sum of squares in one kernel: `one` is the operand of c on this side, `other` what made the other one, if that may be joined.
    // How many of the two are not needed any more.
    static int join_squares(const square_kernels& k, const block_instruction& one, const block_instruction* other, block_instruction& c, int side) {
        const bool two = other != nullptr && is_square(k, *other);
        const std::int32_t beside = c.in[1 - side];
        if (c.op == k.root && one.squares == 2) {
            become(c, k.root_of_two, one.in[0], one.in[1], -1);
            return 1;
        }
        if (c.op != k.sum) { return 0; }
        if (one.squares == 2) {
            become(c, k.last[c.singles >> (1 - side) & 1], one.in[0], one.in[1], beside);
            return 1;
        }
        if (!two) { return 0; }
        if (one.squares == 1) { become(c, k.first[one.singles >> 2], one.in[0], other->in[0], one.in[2]); }
        else if (is_square(k, one)) {
            become(c, k.two, one.in[0], other->in[0], -1);
            c.squares = 2;
        } else { return 0; }
        return 2;
    }
    static void become(block_instruction& c, block_kernel run, std::int32_t a, std::int32_t b, std::int32_t third) {
        c.run = run;
        c.in[0] = a;
        c.in[1] = b;
        c.in[2] = third;
        c.op = 0;
    }
    bool join_pair(const block_instruction& first, block_instruction& c, int side) const {
        for (int k = 0; k < set.pair_count; ++k) {
            const pair_kernels& p = set.pairs[k];
            if (p.first != first.op || p.second != c.op || p.element != c.element || p.right != (side == 1)) { continue; }
            const unsigned singles = first.singles | (c.singles >> (1 - side) & 1u) << 2;
            if (p.run[singles] == nullptr) { return false; }
            const std::int32_t other = c.in[1 - side];
            const square_kernels* const squares = squares_for(c.element);
            if (squares != nullptr && is_square(*squares, first) && c.op == squares->sum) { c.squares = 1; }
            become(c, p.run[singles], first.in[0], first.in[1], other);
            c.singles = static_cast<std::uint8_t>(singles);
            return true;
        }
        return false;
    }
    void remove(const std::vector<bool>& gone) {
        std::vector<int> place(gone.size() + 1);
        int next = 0;
        for (std::size_t i = 0; i < gone.size(); ++i) {
            place[i] = next;
            if (!gone[i]) { f.code[static_cast<std::size_t>(next++)] = f.code[i]; }
        }
        place[gone.size()] = next;
        f.code.resize(static_cast<std::size_t>(next));
        const auto moved = [&](plan::range& r) { r = {place[static_cast<std::size_t>(r.begin)], place[static_cast<std::size_t>(r.end)]}; };
        moved(f.once);
        moved(f.last);
        for (block_pass& p : f.passes) {
            moved(p.row);
            moved(p.element);
        }
    }

    // --- places ------------------------------------------------------------------------------------------------------------------

    void finish() {
        const auto use = [&](std::int32_t v, int at) {
            if (v >= 0) { made_[static_cast<std::size_t>(v)].last_use = at; }
        };
        std::vector<int> block_of_pointer(made_.size(), -1);
        for (const bound_output& b : f.bound) { block_of_pointer[static_cast<std::size_t>(b.place)] = b.block; }
        for (int i = 0; i < static_cast<int>(f.code.size()); ++i) {
            const block_instruction& c = f.code[static_cast<std::size_t>(i)];
            if (c.does == block_action::load || c.does == block_action::expand) {
                block_of_pointer[static_cast<std::size_t>(c.out)] = c.does == block_action::load ? c.in[0] : c.in[1];
            }
            use(c.out, i);
            for (std::int32_t v : c.in) { use(v, i); }
        }
        // A pointer's block lives as long as the pointer.
        for (std::size_t v = 0; v < made_.size(); ++v) {
            if (block_of_pointer[v] >= 0) {
                value& b = made_[static_cast<std::size_t>(block_of_pointer[v])];
                b.last_use = std::max(b.last_use, made_[v].last_use);
                b.kept = b.kept || made_[v].kept;
            }
        }
        assign_blocks(block_of_pointer);
        int next = f.blocks;
        for (value& v : made_) {
            if (v.is == kind::cell) { v.place = next++; }
        }
        f.cells = next - f.blocks;
        for (value& v : made_) {
            if (v.is == kind::pointer) { v.place = next++; }
        }
        f.places = next + 1;
        const auto place = [&](std::int32_t& v) { v = v >= 0 ? made_[static_cast<std::size_t>(v)].place : next; };
        for (block_instruction& c : f.code) {
            place(c.out);
            for (std::int32_t& v : c.in) { place(v); }
        }
        for (bound_output& b : f.bound) {
            place(b.place);
            place(b.block);
        }
        for (cell_value& x : values_) { place(x.place); }
        choose_room();
        find_straight(f);
    }
    // As many elements as let blocks and what they are made of stay in 20 KB.
    void choose_room() {
        int used = 0;
        int size = 1;
        f.direct = true;
        for (const block_pass& p : f.passes) {
            for (int i = p.element.begin; i < p.element.end; ++i) {
                const block_instruction& c = f.code[static_cast<std::size_t>(i)];
                if (c.does == block_action::load) { ++used; }
                if (c.element != dtype::none) { size = std::max(size, size_of(c.element)); }
                const bool makes = (c.does != block_action::load || c.copies) && c.does != block_action::store && c.does != block_action::fold;
                if (makes && (c.out < f.blocks || c.copies || c.does == block_action::expand)) { f.direct = false; }
            }
        }
        used += f.blocks;
        f.room = std::clamp<std::int64_t>(20480 / (std::max(used, 1) * size), least_room, most_room) / 64 * 64;
    }
    // Blocks of element ranges are used again when their number was needed for the last time; all others stay.
    void assign_blocks(const std::vector<int>& block_of_pointer) {
        std::vector<int> free;
        std::vector<bool> passing(f.code.size(), false);
        for (const block_pass& p : f.passes) {
            for (int i = p.element.begin; i < p.element.end; ++i) { passing[static_cast<std::size_t>(i)] = true; }
        }
        std::vector<std::vector<int>> dying(f.code.size() + 1);
        for (std::size_t v = 0; v < made_.size(); ++v) {
            if (made_[v].is == kind::block && made_[v].last_use >= 0) { dying[static_cast<std::size_t>(made_[v].last_use)].push_back(static_cast<int>(v)); }
        }
        const auto take = [&](std::int32_t v, bool passes) {
            if (v < 0) { return; }
            value& x = made_[static_cast<std::size_t>(v)];
            if (x.is != kind::block || x.place >= 0) { return; }
            if (!passes) { x.kept = true; } // numbers of rows and of the whole nest stay while elements come and go
            if (passes && !x.kept && !free.empty()) {
                x.place = free.back();
                free.pop_back();
            } else { x.place = f.blocks++; }
        };
        for (std::size_t i = 0; i < f.code.size(); ++i) {
            const block_instruction& c = f.code[i];
            const bool fold = c.does == block_action::fold;
            for (std::int32_t v : c.in) { take(v, passing[i]); }
            if (c.out >= 0) {
                const int behind = block_of_pointer[static_cast<std::size_t>(c.out)];
                take(behind >= 0 ? behind : c.out, passing[i] && !fold);
            }
            if (!passing[i]) { continue; }
            for (int v : dying[i]) {
                const value& x = made_[static_cast<std::size_t>(v)];
                if (x.place >= 0 && !x.kept) { free.push_back(x.place); }
            }
        }
    }
};

} // namespace DAMO_ISA
} // namespace detail::block_code

inline namespace DAMO_ISA {

// The block code of a nest, made once when its function is compiled.
inline block_nest block_nest_of(const plan::plan_draft& d, const plan::step& s, const kernel_set& set) {
    block_nest n;
    detail::block_code::writer(d, s, set, false, n.single, n.single_values);
    n.has_grouped = s.outer > 0 && s.pass_count > 0;
    if (n.has_grouped) { detail::block_code::writer(d, s, set, true, n.grouped, n.grouped_values); }
    return n;
}

} // namespace DAMO_ISA
} // namespace damo::exec
