// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/core/sentence.hpp>
#include <damo/expr/leaves.hpp>

namespace damo::detail::print {

// The place of one leaf inside a parameter: [1] in a std::array or std::tuple, .first in a std::pair, .angle in an adapted struct.
// Specialised like leaves_of.
template <class P>
struct path {
    static constexpr void write(core::sentence& out, int leaf) {
        if constexpr (leaves_of<P>::count > 1) { out << '[' << leaf << ']'; }
    }
};
template <class P, std::size_t N>
struct path<std::array<P, N>> {
    static constexpr void write(core::sentence& out, int leaf) {
        constexpr int each = leaves_of<P>::count > 0 ? leaves_of<P>::count : 1;
        out << '[' << leaf / each << ']';
        path<P>::write(out, leaf % each);
    }
};
template <class... P>
struct path<std::tuple<P...>> {
    static constexpr void write(core::sentence& out, int leaf) {
        int k = 0;
        const auto part = [&]<class Q>(Q*) {
            if (leaf >= 0 && leaf < leaves_of<Q>::count) {
                out << '[' << k << ']';
                path<Q>::write(out, leaf);
            }
            leaf -= leaves_of<Q>::count;
            ++k;
        };
        (part(static_cast<P*>(nullptr)), ...);
    }
};
template <class A, class B>
constexpr void write_one_of_two(core::sentence& out, int leaf, const char* first, const char* second) {
    if (leaf < leaves_of<A>::count) {
        out << first;
        path<A>::write(out, leaf);
    } else {
        out << second;
        path<B>::write(out, leaf - leaves_of<A>::count);
    }
}
template <class A, class B>
struct path<std::pair<A, B>> {
    static constexpr void write(core::sentence& out, int leaf) { write_one_of_two<A, B>(out, leaf, ".first", ".second"); }
};
template <class V, class G>
struct path<value_and_gradient<V, G>> {
    static constexpr void write(core::sentence& out, int leaf) { write_one_of_two<V, G>(out, leaf, ".value", ".gradient"); }
};
template <class V>
struct path<value_and_tangent<V>> {
    static constexpr void write(core::sentence& out, int leaf) { write_one_of_two<V, V>(out, leaf, ".value", ".tangent"); }
};
template <class... P>
struct path<results<P...>> : path<std::tuple<P...>> {};

} // namespace damo::detail::print
