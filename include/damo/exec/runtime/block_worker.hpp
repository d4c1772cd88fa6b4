// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include <damo/exec/runtime/call_shape.hpp>
#include <damo/plan/cost.hpp>

namespace damo::exec {

namespace detail::worker {
inline namespace DAMO_ISA {

// Memory on a cache line, kept and grown.
class aligned_memory {
  public:
    char* hold(std::size_t bytes) {
        if (bytes > size_) {
            data_.reset(static_cast<char*>(::operator new(bytes, std::align_val_t{64})));
            size_ = bytes;
        }
        return data_.get();
    }
    char* data() const { return data_.get(); }

  private:
    struct release {
        void operator()(char* p) const { ::operator delete(p, std::align_val_t{64}); }
    };
    std::unique_ptr<char, release> data_;
    std::size_t size_ = 0;
};

// One axis of a nest in one call.
struct axis {
    std::int64_t extent = 1;
    const std::int64_t* bytes = nullptr; // per stream
};
struct axis_list {
    axis item[max_rank];
    int count = 0;
};

// A sum of blocks under way, in parts of equal weight that are paired (Higham 1993).
struct pairing {
    std::uint64_t count = 0;
    std::uint64_t parts[48];
};

} // namespace DAMO_ISA
} // namespace detail::worker

inline namespace DAMO_ISA {

// The places of a nest in one thread: what does not change from call to call is set once.
struct nest_places {
    struct one {
        std::vector<void*> at;
        std::vector<std::uint64_t> cells;
        char* blocks = nullptr;
        bool varies = false; // extents among the cells
    } form[2];
};

/// Runs nests block by block. Holds the memory of one thread; allocates only when a nest needs more than all before.
class block_worker {
  public:
    explicit block_worker(const kernel_set& kernels) : set(kernels) {}

    // Runs the nest on elements [begin, end) of its outermost axis; of all when end < 0.
    void run(const block_nest& code, nest_places& places, const nest_shape& shape, int streams, char* const* data, const std::int64_t* symbols,
             std::int64_t begin = 0, std::int64_t end = -1) {
        if (shape.how == nest_shape::way::nothing) { return; }
        if (shape.straight) {
            run_straight(code, places, shape, streams, data, symbols, begin, end);
            return;
        }
        axis_list outer;
        axis_list inner;
        begin_run(code, places, shape, streams, data, symbols, begin, end, outer, inner);
        if (columns_) { run_columns(outer, inner); }
        else if (shape.how != nest_shape::way::single) { run_rows(outer, inner); }
        else { run_single(outer, inner); }
    }
    // Of a nest that is one row along one axis, in one pass: folds elements [begin, end), which begins where a block does, as far as it goes.
    void fold_piece(const block_nest& code, nest_places& places, const nest_shape& shape, int streams, char* const* data, const std::int64_t* symbols,
                    std::int64_t begin, std::int64_t end, detail::worker::pairing* out) {
        axis_list outer;
        axis_list inner;
        begin_run(code, places, shape, streams, data, symbols, begin, end, outer, inner);
        const block_pass& p = begin_only_pass();
        run_tiles(p, inner);
        std::copy_n(pairings_.data(), p.folds, out);
    }
    // The rest of such a nest, from its pieces of 2^level blocks each, the last one aside.
    void fold_pieces(const block_nest& code, nest_places& places, const nest_shape& shape, int streams, char* const* data, const std::int64_t* symbols,
                     const detail::worker::pairing* pieces, int count, int level) {
        axis_list outer;
        axis_list inner;
        begin_run(code, places, shape, streams, data, symbols, 0, -1, outer, inner);
        const block_pass& p = begin_only_pass();
        each_fold(p, [&](const block_instruction& c) {
            for (int i = 0; i < count; ++i) { take_piece(c, pieces[i * p.folds + c.fold], level); }
        });
        end_single(p);
        perform(form_->last, row_, {1, 1, 0, 0}, zeros_, zeros_);
    }

  private:
    using axis = detail::worker::axis;
    using axis_list = detail::worker::axis_list;
    using pairing = detail::worker::pairing;

    void begin_streams(int streams, char* const* data) {
        streams_ = streams;
        const auto n = static_cast<std::size_t>(streams_);
        if (numbers_.size() < 5 * n) { numbers_.resize(5 * n); }
        std::int64_t* next = numbers_.data();
        for (auto** p : {&start_, &row_, &inside_, &tile_, &zeros_}) {
            *p = next;
            next += n;
        }
        for (std::int64_t i = 0; i < streams_; ++i) {
            start_[i] = static_cast<std::int64_t>(reinterpret_cast<std::intptr_t>(data[i]));
            zeros_[i] = 0;
        }
    }
    void begin_run(const block_nest& code, nest_places& places, const nest_shape& shape, int streams, char* const* data, const std::int64_t* symbols,
                   std::int64_t begin, std::int64_t end, axis_list& outer, axis_list& inner) {
        begin_streams(streams, data);
        const auto n = static_cast<std::size_t>(streams_);
        const std::int64_t* bytes = shape.bytes.data();
        for (int k = 0; k < shape.outer; ++k, bytes += n) { outer.item[outer.count++] = {shape.extents[k], bytes}; }
        for (int k = 0; k < shape.inner; ++k, bytes += n) { inner.item[inner.count++] = {shape.extents[shape.outer + k], bytes}; }
        if (end >= 0) {
            axis& cut = outer.count > 0 ? outer.item[0] : inner.item[0];
            cut.extent = end - begin;
            move(start_, cut.bytes, begin);
        }
        const bool grouped = shape.how != nest_shape::way::single;
        prepare(grouped ? code.grouped : code.single, grouped ? code.grouped_values : code.single_values, places.form[grouped], symbols);
        perform_once();
        room_ = shape.room;
        columns_ = shape.how == nest_shape::way::columns;
    }

    const kernel_set& set;
    detail::worker::aligned_memory memory_;
    detail::worker::aligned_memory deep_; // parts of sums by columns
    void** at_ = nullptr;
    std::vector<std::int64_t> numbers_;
    std::vector<pairing> pairings_;
    const block_form* form_ = nullptr;
    std::int64_t streams_ = 0;
    // Addresses (or positions) of the streams: at the nest's start, at the row, along its inner axes, at the tile.
    std::int64_t* start_ = nullptr;
    std::int64_t* row_ = nullptr;
    std::int64_t* inside_ = nullptr;
    std::int64_t* tile_ = nullptr;
    std::int64_t* zeros_ = nullptr;
    bool columns_ = false;
    std::int64_t room_ = least_room;
    std::int64_t levels_ = 0;

    bool is_empty(const axis_list& axes, int count) const {
        for (int k = 0; k < count; ++k) {
            if (axes.item[k].extent == 0) { return true; }
        }
        return false;
    }
    void move(std::int64_t* here, const std::int64_t* bytes, std::int64_t times) const {
        for (std::int64_t i = 0; i < streams_; ++i) { here[i] += bytes[i] * times; }
    }
    void place(std::int64_t* to, const std::int64_t* from, const std::int64_t* bytes, std::int64_t times) const {
        for (std::int64_t i = 0; i < streams_; ++i) { to[i] = from[i] + bytes[i] * times; }
    }
    // Calls f at every position of the first `count` axes, none of them empty.
    template <class F>
    void walk(const axis_list& axes, int count, std::int64_t* here, const F& f) {
        std::int64_t at[max_rank] = {};
        for (;;) {
            f();
            int k = count - 1;
            for (; k >= 0; --k) {
                move(here, axes.item[k].bytes, 1);
                if (++at[k] < axes.item[k].extent) { break; }
                move(here, axes.item[k].bytes, -at[k]);
                at[k] = 0;
            }
            if (k < 0) { return; }
        }
    }

    void prepare(const block_form& form, const std::vector<cell_value>& values, nest_places::one& places, const std::int64_t* symbols) {
        using namespace detail::worker;
        form_ = &form;
        char* const blocks = memory_.hold(static_cast<std::size_t>(form.blocks * form.block_bytes()));
        if (places.blocks != blocks || places.at.empty()) {
            places.at.resize(static_cast<std::size_t>(form.places));
            places.cells.resize(static_cast<std::size_t>(form.cells) + 1);
            places.blocks = blocks;
            for (int b = 0; b < form.blocks; ++b) { places.at[static_cast<std::size_t>(b)] = blocks + b * form.block_bytes(); }
            for (int c = 0; c < form.cells; ++c) { places.at[static_cast<std::size_t>(form.blocks + c)] = &places.cells[static_cast<std::size_t>(c)]; }
            places.at.back() = nullptr;
            for (const cell_value& v : values) {
                if (!v.is_extent) { std::memcpy(places.at[static_cast<std::size_t>(v.place)], &v.bits, 8); }
            }
            places.varies = false;
            for (const cell_value& v : values) { places.varies = places.varies || v.is_extent; }
        }
        at_ = places.at.data();
        if (places.varies) {
            for (const cell_value& v : values) {
                if (!v.is_extent) { continue; }
                const std::int64_t n = symbols[-1 - static_cast<std::int64_t>(v.bits)];
                set.convert[type_number(v.element)][type_number(dtype::int64)](at_[v.place], &n, nullptr, nullptr, 1);
            }
        }
        if (pairings_.size() < static_cast<std::size_t>(form.most_folds)) { pairings_.resize(static_cast<std::size_t>(form.most_folds)); }
    }
    void perform_once() {
        std::copy_n(start_, streams_, row_);
        perform(form_->once, row_, {1, 1, 0, 0}, zeros_, zeros_);
    }

    // --- instructions ------------------------------------------------------------------------------------------------------------

    static bool is_dense(const tile_shape& s, std::int64_t size) {
        return (s.inner == size || s.length == 1) && (s.rows == 1 || s.outer == s.length * size);
    }
    void perform(const plan::range& r, const std::int64_t* here, tile_shape t, const std::int64_t* outer, const std::int64_t* inner) {
        void** const at = at_;
        const std::int64_t n = t.rows * t.length;
        const block_instruction* const code = form_->code.data();
        for (int i = r.begin; i < r.end; ++i) {
            const block_instruction& c = code[i];
            if (c.does == block_action::run) {
                c.run(at[c.out], at[c.in[0]], at[c.in[1]], at[c.in[2]], n);
                continue;
            }
            const int size = size_of(c.element);
            if (c.stream >= 0) {
                t.outer = outer[c.stream];
                t.inner = inner[c.stream];
            }
            switch (c.does) {
            case block_action::load: {
                char* const from = reinterpret_cast<char*>(static_cast<std::intptr_t>(here[c.stream]));
                if (is_dense(t, size) && !c.copies) { at[c.out] = from; }
                else {
                    set.gather[size_number(size)](at[c.in[0]], from, t);
                    at[c.out] = at[c.in[0]];
                }
                break;
            }
            case block_action::store:
                if (!(c.bound && is_dense(t, size))) {
                    set.scatter[size_number(size)](reinterpret_cast<char*>(static_cast<std::intptr_t>(here[c.stream])), at[c.in[0]], t);
                }
                break;
            case block_action::count: set.count[type_number(c.element)](at[c.out], here[c.stream], t); break;
            case block_action::splat: set.spread[size_number(size)](at[c.out], at[c.in[0]], 1, n); break;
            case block_action::expand:
                if (!columns_) {
                    set.spread[size_number(size)](at[c.in[1]], at[c.in[0]], t.rows, t.length);
                    at[c.out] = at[c.in[1]];
                } else if (t.rows == 1) { at[c.out] = at[c.in[0]]; }
                else {
                    set.repeat[size_number(size)](at[c.in[1]], at[c.in[0]], t.rows, t.length);
                    at[c.out] = at[c.in[1]];
                }
                break;
            default: fold(c, t);
            }
        }
    }
    void perform_elements(const block_pass& p, const std::int64_t* here, const tile_shape& t, const std::int64_t* outer, const std::int64_t* inner) {
        for (int i = p.bound.begin; i < p.bound.end; ++i) {
            const bound_output& b = form_->bound[static_cast<std::size_t>(i)];
            const int size = b.size;
            at_[b.place] = is_dense({t.rows, t.length, outer[b.stream], inner[b.stream]}, size)
                                                         ? reinterpret_cast<void*>(static_cast<std::intptr_t>(here[b.stream]))
                                                         : at_[b.block];
        }
        perform(p.element, here, t, outer, inner);
    }

    // --- folds -------------------------------------------------------------------------------------------------------------------

    enum class fold_mode : std::uint8_t { one, rows, columns } folds_ = fold_mode::one;

    void fold(const block_instruction& c, const tile_shape& t) {
        void** const at = at_;
        const auto by_rows = [&](void* out, std::int64_t rows, std::int64_t length) {
            if (c.products) { c.folds->products_by_rows(out, at[c.in[0]], at[c.in[1]], rows, length); }
            else { c.folds->by_rows(out, at[c.in[0]], rows, length); }
        };
        if (folds_ == fold_mode::rows) { by_rows(at[c.out], t.rows, t.length); }
        else if (folds_ == fold_mode::columns) {
            if (c.products) { c.folds->products_by_columns(at[c.out], at[c.in[0]], at[c.in[1]], t.rows, t.length); }
            else { c.folds->by_columns(at[c.out], at[c.in[0]], t.rows, t.length); }
        } else {
            pairing& p = pairings_[static_cast<std::size_t>(c.fold)];
            std::uint64_t block = 0;
            by_rows(&block, 1, t.rows * t.length);
            int k = 0;
            for (std::uint64_t n = p.count; n & 1u; n >>= 1, ++k) { c.folds->pair(&block, &p.parts[k], 1); }
            p.parts[k] = block;
            ++p.count;
        }
    }
    const block_pass& begin_only_pass() {
        folds_ = fold_mode::one;
        const block_pass& p = form_->passes.front();
        perform(p.row, row_, {1, 1, 0, 0}, zeros_, zeros_);
        begin_single(p);
        return p;
    }
    void take_piece(const block_instruction& c, const pairing& piece, int level) {
        pairing& p = pairings_[static_cast<std::size_t>(c.fold)];
        if (piece.count == std::uint64_t{1} << level) {
            std::uint64_t sum = piece.parts[level];
            int k = level;
            for (std::uint64_t n = p.count >> level; n & 1u; n >>= 1, ++k) { c.folds->pair(&sum, &p.parts[k], 1); }
            p.parts[k] = sum;
        } else { // the last one: nothing is there yet below this level
            std::copy_n(piece.parts, level, p.parts);
        }
        p.count += piece.count;
    }
    template <class F>
    void each_fold(const block_pass& p, const F& f) {
        if (p.folds == 0) { return; }
        for (int i = p.element.begin; i < p.element.end; ++i) {
            const block_instruction& c = form_->code[static_cast<std::size_t>(i)];
            if (c.does == block_action::fold) { f(c); }
        }
    }
    void begin_single(const block_pass& p) {
        for (int i = 0; i < p.folds; ++i) { pairings_[static_cast<std::size_t>(i)].count = 0; }
    }
    void end_single(const block_pass& p) {
        each_fold(p, [&](const block_instruction& c) {
            pairing& x = pairings_[static_cast<std::size_t>(c.fold)];
            std::uint64_t total = c.identity;
            bool first = true;
            for (int k = 0; x.count >> k; ++k) {
                if (!(x.count >> k & 1u)) { continue; }
                if (first) { total = x.parts[k]; }
                else { c.folds->pair(&total, &x.parts[k], 1); }
                first = false;
            }
            std::memcpy(at_[c.out], &total, 8);
        });
    }

    // --- straight from memory to memory -------------------------------------------------------------------------------------------

    void run_straight(const block_nest& code, nest_places& places, const nest_shape& shape, int streams, char* const* data, const std::int64_t* symbols,
                      std::int64_t begin, std::int64_t end) {
        prepare(code.single, code.single_values, places.form[0], symbols);
        if (form_->once.begin != form_->once.end) {
            begin_streams(streams, data);
            perform_once();
        }
        if (end < 0) { end = shape.extents[0]; }
        void** const at = at_;
        const std::int64_t* const bytes = shape.bytes.data();
        const auto& pointers = code.single.pointers;
        const auto& calls = code.single.calls;
        for (std::int64_t i = begin; i < end; i += shape.room) {
            const std::int64_t n = std::min(shape.room, end - i);
            for (const tile_pointer& p : pointers) { at[p.place] = data[p.stream] + bytes[p.stream] * i; }
            for (const tile_call& c : calls) { c.run(at[c.out], at[c.in[0]], at[c.in[1]], at[c.in[2]], n); }
        }
    }

    // --- rows one by one ----------------------------------------------------------------------------------------------------------

    void run_single(const axis_list& outer, const axis_list& inner) {
        folds_ = fold_mode::one;
        walk(outer, outer.count, row_, [&] {
            for (const block_pass& p : form_->passes) {
                perform(p.row, row_, {1, 1, 0, 0}, zeros_, zeros_);
                begin_single(p);
                if (!is_empty(inner, inner.count)) { run_tiles(p, inner); }
                end_single(p);
            }
            perform(form_->last, row_, {1, 1, 0, 0}, zeros_, zeros_);
        });
    }
    // All elements of a row: pieces of the last axis, or several of its runs where they are short.
    void run_tiles(const block_pass& p, const axis_list& inner) {
        std::copy_n(row_, streams_, inside_);
        if (inner.count == 0) {
            perform_elements(p, inside_, {1, 1, 0, 0}, zeros_, zeros_);
            return;
        }
        const axis& last = inner.item[inner.count - 1];
        if (inner.count >= 2 && 2 * last.extent <= room_) {
            const axis& before = inner.item[inner.count - 2];
            const std::int64_t most = room_ / last.extent;
            walk(inner, inner.count - 2, inside_, [&] {
                for (std::int64_t i = 0; i < before.extent; i += most) {
                    place(tile_, inside_, before.bytes, i);
                    perform_elements(p, tile_, {std::min(most, before.extent - i), last.extent, 0, 0}, before.bytes, last.bytes);
                }
            });
            return;
        }
        walk(inner, inner.count - 1, inside_, [&] {
            for (std::int64_t i = 0; i < last.extent; i += room_) {
                place(tile_, inside_, last.bytes, i);
                perform_elements(p, tile_, {1, std::min(room_, last.extent - i), 0, 0}, zeros_, last.bytes);
            }
        });
    }

    // --- several short rows in one tile -------------------------------------------------------------------------------------------

    void run_rows(const axis_list& outer, const axis_list& inner) {
        folds_ = fold_mode::rows;
        const axis& last = outer.item[outer.count - 1];
        const axis& along = inner.item[0];
        const std::int64_t most = room_ / along.extent;
        walk(outer, outer.count - 1, row_, [&] {
            for (std::int64_t i = 0; i < last.extent; i += most) {
                const std::int64_t rows = std::min(most, last.extent - i);
                place(tile_, row_, last.bytes, i);
                for (const block_pass& p : form_->passes) {
                    perform(p.row, tile_, {1, rows, 0, 0}, zeros_, last.bytes);
                    perform_elements(p, tile_, {rows, along.extent, 0, 0}, last.bytes, along.bytes);
                }
                perform(form_->last, tile_, {1, rows, 0, 0}, zeros_, last.bytes);
            }
        });
    }

    // --- columns side by side -----------------------------------------------------------------------------------------------------

    void run_columns(const axis_list& outer, const axis_list& inner) {
        folds_ = fold_mode::columns;
        const axis& along = outer.item[outer.count - 1];
        const bool empty = is_empty(inner, inner.count);
        std::int64_t total = 1;
        for (int k = 0; k < inner.count; ++k) { total *= inner.item[k].extent; }
        levels_ = std::bit_width(static_cast<std::uint64_t>(total / chain)) + 2; // chains end early where tiles do not fit
        if (total > chain) { deep_.hold(static_cast<std::size_t>(levels_ * form_->most_folds * form_->block_bytes())); }
        walk(outer, outer.count - 1, row_, [&] {
            for (std::int64_t i = 0; i < along.extent; i += room_) {
                const std::int64_t width = std::min(room_, along.extent - i);
                // The columns' own start stays in start_, which is not needed any more.
                place(start_, row_, along.bytes, i);
                for (const block_pass& p : form_->passes) {
                    perform(p.row, start_, {1, width, 0, 0}, zeros_, along.bytes);
                    begin_columns(p, width);
                    if (!empty) { run_strip(p, inner, along, width); }
                    end_columns(p, width);
                }
                perform(form_->last, start_, {1, width, 0, 0}, zeros_, along.bytes);
            }
        });
    }
    static constexpr std::int64_t chain = 4 * plan::costs.block_steps;
    std::int64_t chained_ = 0;

    void run_strip(const block_pass& p, const axis_list& inner, const axis& along, std::int64_t width) {
        std::copy_n(start_, streams_, inside_);
        const axis& last = inner.item[inner.count - 1];
        const std::int64_t most = std::min(std::max<std::int64_t>(1, room_ / width), chain);
        walk(inner, inner.count - 1, inside_, [&] {
            for (std::int64_t i = 0; i < last.extent; i += most) {
                const std::int64_t rows = std::min(most, last.extent - i);
                if (chained_ + rows > chain) { deepen(p, width); }
                chained_ += rows;
                place(tile_, inside_, last.bytes, i);
                perform_elements(p, tile_, {rows, width, 0, 0}, last.bytes, along.bytes);
            }
        });
    }
    char* part(const block_instruction& c, int k) {
        return deep_.data() + (c.fold * levels_ + k) * form_->block_bytes();
    }
    void clear(const block_instruction& c, std::int64_t width) {
        set.spread[size_number(size_of(c.element))](at_[c.out], &c.identity, 1, width);
    }
    void begin_columns(const block_pass& p, std::int64_t width) {
        chained_ = 0;
        each_fold(p, [&](const block_instruction& c) {
            pairings_[static_cast<std::size_t>(c.fold)].count = 0;
            clear(c, width);
        });
    }
    // The sums of a chain of rows join those of equal weight.
    void deepen(const block_pass& p, std::int64_t width) {
        chained_ = 0;
        each_fold(p, [&](const block_instruction& c) {
            pairing& x = pairings_[static_cast<std::size_t>(c.fold)];
            void* const sum = at_[c.out];
            int k = 0;
            for (std::uint64_t n = x.count; n & 1u; n >>= 1, ++k) { c.folds->pair(sum, part(c, k), width); }
            std::memcpy(part(c, k), sum, static_cast<std::size_t>(width * size_of(c.element)));
            ++x.count;
            clear(c, width);
        });
    }
    void end_columns(const block_pass& p, std::int64_t width) {
        each_fold(p, [&](const block_instruction& c) {
            const pairing& x = pairings_[static_cast<std::size_t>(c.fold)];
            for (int k = 0; x.count >> k; ++k) {
                if (x.count >> k & 1u) { c.folds->pair(at_[c.out], part(c, k), width); }
            }
        });
    }
};

} // namespace DAMO_ISA
} // namespace damo::exec
