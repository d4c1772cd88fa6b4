// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/exec/runtime/call_state.hpp>
#include <damo/exec/runtime/parallel.hpp>

namespace damo::exec {
namespace detail::cut_folds {
inline namespace DAMO_ISA {

// A long row that is folded to one number, in pieces for several threads. A piece has a power of two of blocks, so that its sum is one of
// those that are paired when one thread adds up everything: the bits do not depend on how many threads there are.
struct cut {
    int level = 0; // a piece has 2^level blocks, but the last one
    std::int64_t length = 0;
    int pieces = 1;
};

inline cut cut_of(std::int64_t extent, std::int64_t room, int threads) {
    cut c;
    const std::int64_t blocks = (extent + room - 1) / room;
    while (blocks >> (c.level + 1) >= 4 * static_cast<std::int64_t>(threads)) { ++c.level; }
    c.length = room << c.level;
    c.pieces = static_cast<int>((extent + c.length - 1) / c.length);
    return c;
}

// Whether the nest is one row along one axis, read once, in memory of its own for no thread.
inline bool is_possible(const block_nest& code, const nest_shape& shape) {
    const block_form& f = code.single;
    if (shape.how != nest_shape::way::single || shape.outer != 0 || shape.inner != 1 || !shape.scratch.empty() || f.passes.size() != 1) { return false; }
    for (int i = f.passes[0].row.begin; i < f.passes[0].row.end; ++i) {
        if (f.code[static_cast<std::size_t>(i)].does == block_action::store) { return false; }
    }
    return true;
}

// Runs step i, whose nest is `code`.
inline void run(const plan::plan_draft& d, int i, const block_nest& code, const nest_shape& shape, parallel::team& team, programs::call_state& s) {
    const plan::step& x = d.steps.data[i];
    const int streams = x.streams.end - x.streams.begin;
    const cut c = cut_of(shape.extents[0], shape.room, team.threads());
    const int parts = std::min(team.threads(), c.pieces);
    const auto folds = static_cast<std::size_t>(code.single.most_folds);
    s.pieces.resize(static_cast<std::size_t>(c.pieces) * folds);
    const auto places_of = [&](programs::thread_state& t) -> nest_places& { return t.places[static_cast<std::size_t>(i)]; };
    for (int t = 0; t < parts; ++t) {
        for (int k = 0; k < streams; ++k) {
            const int view = d.streams.data[x.streams.begin + k].view;
            s.threads[static_cast<std::size_t>(t)]->data[static_cast<std::size_t>(k)] = view < 0 ? nullptr : s.views[static_cast<std::size_t>(view)].data;
        }
    }
    team.run(parts, [&](int part) {
        programs::thread_state& t = *s.threads[static_cast<std::size_t>(part)];
        for (int p = part; p < c.pieces; p += parts) {
            const std::int64_t begin = p * c.length;
            t.worker.fold_piece(code, places_of(t), shape, streams, t.data.data(), s.symbols.data(), begin, std::min(begin + c.length, shape.extents[0]),
                                s.pieces.data() + static_cast<std::size_t>(p) * folds);
        }
    });
    programs::thread_state& t = *s.threads.front();
    t.worker.fold_pieces(code, places_of(t), shape, streams, t.data.data(), s.symbols.data(), s.pieces.data(), c.pieces, c.level);
}

} // namespace DAMO_ISA
} // namespace detail::cut_folds
} // namespace damo::exec
