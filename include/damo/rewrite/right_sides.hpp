// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/core/pool.hpp>
#include <damo/rewrite/pattern.hpp>

namespace damo::rewrite {

// The right side of one rule, parsed.
struct right_side {
    const rule* source;
    pattern_node* nodes;
    std::int16_t* children;
    int node_count = 0;
    int child_count = 0;
    std::int16_t root = 0;
    bool aligned = false; // works along axes in the shape of the operand, which the left side may have folded
    bool wrong = false;   // it is not in the notation

    constexpr right_side(const rule& r, const algebra& a) : source(&r) {
        unsigned room = 1; // no character makes more than three nodes
        for (const char* c = r.right; *c; ++c) { room += 3; }
        nodes = new pattern_node[room]{};
        children = new std::int16_t[room]{};
        pattern_reader<right_side> read{*this, *a.symbols, a.ops, a.op_count};
        read.once = true;
        root = read_side(read, r.right);
        wrong = read.wrong;
        aligned = !wrong && read.along && keeps_axes(*this, root);
    }
    constexpr ~right_side() {
        delete[] nodes;
        delete[] children;
    }
    right_side(const right_side&) = delete;
    right_side& operator=(const right_side&) = delete;

    constexpr rule_view view() const { return {nodes, children, nullptr, nullptr, 0}; }
};

// The right sides of the rules that were applied so far, each read once.
class right_sides {
  public:
    constexpr explicit right_sides(const algebra& a) : algebra_(a) {}
    right_sides(const right_sides&) = delete;
    right_sides& operator=(const right_sides&) = delete;
    constexpr ~right_sides() {
        for (int i = 0; i < sides_.size; ++i) { delete sides_.data[i]; }
    }

    constexpr const right_side& of(const rule& r) {
        for (int i = 0; i < sides_.size; ++i) {
            if (sides_.data[i]->source == &r) { return *sides_.data[i]; }
        }
        auto* made = new right_side(r, algebra_);
        sides_.push(made);
        return *made;
    }

  private:
    const algebra& algebra_;
    core::pool<right_side*> sides_; // in the order of their first use
};

} // namespace damo::rewrite
