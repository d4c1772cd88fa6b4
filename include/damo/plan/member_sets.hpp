// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <bit>
#include <cstdint>

#include <damo/core/pool.hpp>

namespace damo::plan {

// A set of small numbers in a pool of sets. A set never changes once it is made, so that those that are equal may be one.
struct member_set {
    int begin = 0;
    int end = 0;
};

// Sets as rising pieces of 64 members, those with none left out: most sets have few members, and members that meet were made one after
// the other.
class set_pool {
  public:
    constexpr member_set single(int member) {
        const int at = pieces_.push({member / 64, std::uint64_t{1} << (member % 64)});
        return {at, at + 1};
    }
    // One of them where it holds the other.
    constexpr member_set join(member_set a, member_set b) {
        if (a.begin == b.begin && a.end == b.end) { return a; }
        if (holds(a, b)) { return a; }
        if (holds(b, a)) { return b; }
        member_set out{pieces_.size, 0};
        while (a.begin < a.end || b.begin < b.end) {
            const int left = word(a);
            const int right = word(b);
            piece p{left < right ? left : right, 0};
            if (left == p.word) { p.bits |= pieces_.data[a.begin++].bits; }
            if (right == p.word) { p.bits |= pieces_.data[b.begin++].bits; }
            pieces_.push(p);
        }
        out.end = pieces_.size;
        return out;
    }
    constexpr bool has(member_set s, int member) const {
        const int w = member / 64;
        while (s.begin < s.end) { // few pieces: a look at each; many: bisection
            const int middle = s.end - s.begin > 8 ? s.begin + (s.end - s.begin) / 2 : s.begin;
            const piece& p = pieces_.data[middle];
            if (p.word == w) { return p.bits >> (member % 64) & 1u; }
            if (p.word < w) { s.begin = middle + 1; }
            else { s.end = middle; }
        }
        return false;
    }
    constexpr bool meet(member_set a, member_set b) const {
        while (a.begin < a.end && b.begin < b.end) {
            const piece& x = pieces_.data[a.begin];
            const piece& y = pieces_.data[b.begin];
            if (x.word == y.word && (x.bits & y.bits)) { return true; }
            if (x.word <= y.word) { ++a.begin; }
            if (y.word <= x.word) { ++b.begin; }
        }
        return false;
    }
    // Calls f(member) for each member from `first` on, until it says false; false then.
    template <class F>
    constexpr bool each(member_set s, int first, const F& f) const {
        for (int k = s.begin; k < s.end; ++k) {
            const piece p = pieces_.data[k]; // f may make sets
            std::uint64_t b = p.bits;
            if (p.word < first / 64) { continue; }
            if (p.word == first / 64) { b = b >> (first % 64) << (first % 64); }
            for (; b != 0; b &= b - 1) {
                if (!f(p.word * 64 + std::countr_zero(b))) { return false; }
            }
        }
        return true;
    }

  private:
    struct piece {
        int word;
        std::uint64_t bits;
    };
    core::pool<piece> pieces_;

    constexpr int word(member_set s) const { return s.begin < s.end ? pieces_.data[s.begin].word : 0x7FFFFFFF; }
    constexpr bool holds(member_set a, member_set b) const {
        for (; b.begin < b.end; ++b.begin) {
            const piece& y = pieces_.data[b.begin];
            while (a.begin < a.end && pieces_.data[a.begin].word < y.word) { ++a.begin; }
            if (a.begin == a.end || pieces_.data[a.begin].word != y.word || (y.bits & ~pieces_.data[a.begin].bits)) { return false; }
        }
        return true;
    }
};

} // namespace damo::plan
