// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <concepts>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <damo/expr/leaves.hpp>
#include <damo/graph/mistake.hpp>

namespace damo {

/// Pairs of symbols, given one by one, {{a, b}, {c, d}}, or as two collections of one form, {these, those}: vectors of one length, maps with the
/// same keys, or std::array, std::tuple and adapted structs (include damo/expr/struct.hpp) with as many leaves. Pair has of_symbols(a, b), and
/// `kind` of the mistake that two collections of different form are.
template <class Pair>
class pair_list : public std::vector<Pair> {
  public:
    pair_list() = default;
    pair_list(std::initializer_list<Pair> pairs) : std::vector<Pair>(pairs) {}
    pair_list(std::vector<Pair> pairs) : std::vector<Pair>(std::move(pairs)) {}

    template <std::derived_from<value> A, std::convertible_to<operand> B>
    pair_list(const std::vector<A>& these, const std::vector<B>& those) {
        if (these.size() != those.size()) {
            refuse("vectors of one length; these have " + std::to_string(these.size()) + " and " + std::to_string(those.size()) + " elements");
        }
        for (std::size_t i = 0; i < these.size(); ++i) { this->push_back(Pair::of_symbols(these[i], those[i])); }
    }
    template <class Key, std::derived_from<value> A, std::convertible_to<operand> B>
    pair_list(const std::map<Key, A>& these, const std::map<Key, B>& those) {
        for (const auto& [key, b] : those) {
            if (these.find(key) == these.end()) { refuse("maps with the same keys; the second has " + text(key) + ", which the first has not"); }
        }
        for (const auto& [key, a] : these) {
            const auto b = those.find(key);
            if (b == those.end()) { refuse("maps with the same keys; the first has " + text(key) + ", which the second has not"); }
            this->push_back(Pair::of_symbols(a, b->second));
        }
    }
    template <class These, class Those>
        requires(!std::derived_from<These, value> && !std::derived_from<Those, value> && holds_symbols<These> && has_leaves<Those>)
    pair_list(const These& these, const Those& those) {
        static_assert(leaves_of<These>::count == leaves_of<Those>::count, "two collections of symbols that are paired have as many leaves each");
        constexpr auto count = static_cast<std::size_t>(leaves_of<These>::count);
        std::vector<value> a(count);
        std::vector<value> b(count);
        leaves_of<These>::split(these, a.data());
        leaves_of<Those>::split(those, b.data());
        for (std::size_t i = 0; i < count; ++i) { this->push_back(Pair::of_symbols(a[i], b[i])); }
    }

  private:
    [[noreturn]] static void refuse(const std::string& sentence) { detail::graph::raise(Pair::kind, "pairs of symbols are made of " + sentence); }
    template <class Key>
    static std::string text(const Key& key) {
        if constexpr (std::convertible_to<Key, std::string>) { return "\"" + std::string(key) + "\""; }
        else if constexpr (std::integral<Key>) { return std::to_string(key); }
        else { return "one"; }
    }
};

} // namespace damo
