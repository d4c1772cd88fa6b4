// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <type_traits>

#include <damo/core/text.hpp>
#include <damo/expr/leaves.hpp>

namespace damo {

// A part of a function's arguments: leaves first, first + 1, ..., `depth` steps below the list of parameters. What a name stands for.
struct leaf_range {
    int first = 0;
    int count = 0;
    int depth = 0;
};

namespace detail::leaf_names {

// The parts of an argument type, one step down, with the words that lead to them. A number or array has none. Adapted structs:
// expr/struct.hpp.
template <class P>
struct parts {
    static constexpr int count = 0;
};
template <class P, std::size_t N>
struct parts<std::array<P, N>> {
    static constexpr int count = static_cast<int>(N);
    template <int I>
    using type = P;
    template <int I>
    static constexpr void write(core::sentence& out) {
        out << '[' << I << ']';
    }
};
template <class... P>
struct parts<std::tuple<P...>> {
    static constexpr int count = static_cast<int>(sizeof...(P));
    template <int I>
    using type = std::tuple_element_t<I, std::tuple<P...>>;
    template <int I>
    static constexpr void write(core::sentence& out) {
        out << '[' << I << ']';
    }
};
template <class A, class B>
struct parts<std::pair<A, B>> {
    static constexpr int count = 2;
    template <int I>
    using type = std::conditional_t<I == 0, A, B>;
    template <int I>
    static constexpr void write(core::sentence& out) {
        out << (I == 0 ? ".first" : ".second");
    }
};

template <class... P>
struct parts<results<P...>> : parts<std::tuple<P...>> {};
template <class V, class G>
struct parts<value_and_gradient<V, G>> {
    static constexpr int count = 2;
    template <int I>
    using type = std::conditional_t<I == 0, V, G>;
    template <int I>
    static constexpr void write(core::sentence& out) {
        out << (I == 0 ? ".value" : ".gradient");
    }
};
template <class V>
struct parts<value_and_tangent<V>> {
    static constexpr int count = 2;
    template <int I>
    using type = V;
    template <int I>
    static constexpr void write(core::sentence& out) {
        out << (I == 0 ? ".value" : ".tangent");
    }
};

// The type of the part of P that leaves [First, First + Count), Depth steps down, make up.
template <class P, int First, int Count, int Depth, int I = 0>
constexpr auto part_at() {
    if constexpr (Depth == 0) { return std::type_identity<P>{}; }
    else {
        using part = typename parts<P>::template type<I>;
        constexpr int size = leaves_of<part>::count;
        if constexpr (First + Count <= size && First < size) { return part_at<part, First, Count, Depth - 1>(); }
        else { return part_at<P, First - size, Count, Depth, I + 1>(); }
    }
}

// Looks for a name among all parts: the whole path, "x0.pose.angle", or as much of its end as starts behind a dot, "angle".
struct search {
    core::text_view wanted;
    leaf_range found;
    int matches = 0;
    core::sentence known; // the names there are

    constexpr void consider(const core::sentence& path, const leaf_range& r, bool leaf) {
        const core::text_view text(path.data(), static_cast<std::size_t>(path.size()));
        if (leaf && known.size() < 300) {
            if (known.size() > 0) { known << ", "; }
            for (const char c : text) { known << c; }
            if (known.size() >= 300) { known << ", ..."; }
        }
        if (text.size() < wanted.size()) { return; }
        const std::size_t before = text.size() - wanted.size();
        if (text.last(wanted.size()) != wanted || (before > 0 && text[before - 1] != '.')) { return; }
        found = r;
        ++matches;
    }
};

template <class P, int I = 0>
constexpr void visit(search& s, core::sentence& path, int first, int depth) {
    if constexpr (I == 0) { s.consider(path, {first, leaves_of<P>::count, depth}, parts<P>::count == 0); }
    if constexpr (I < parts<P>::count) {
        using part = typename parts<P>::template type<I>;
        const int kept = path.size();
        parts<P>::template write<I>(path);
        visit<part>(s, path, first, depth + 1);
        path.characters.size = kept;
        visit<P, I + 1>(s, path, first + leaves_of<part>::count, depth);
    }
}

// All parts of all parameters of F; parameter k is called xk unless F names it.
template <class F, int K = 0>
constexpr void visit_all(search& s) {
    if constexpr (K < F::parameters::count) {
        core::sentence path;
        if constexpr (requires { F::input_name(0); }) { path << F::input_name(F::parameters::offset(K)); }
        else { path << 'x' << K; }
        visit<std::tuple_element_t<K, typename F::parameters::as_tuple>>(s, path, F::parameters::offset(K), 1);
        visit_all<F, K + 1>(s);
    }
}

struct answer {
    leaf_range found;
    bool unique = false;
};
template <class F, auto Name>
constexpr answer find() {
    search s{.wanted = Name.view(), .found = {}, .known = {}};
    visit_all<F>(s);
    return {s.found, s.matches == 1};
}

// The sentence about a name that F has not, or has more than once, or a position beyond its parameters; in the form of a stored graph, for report::says.
template <class F, auto Name>
struct unknown_name {
    struct text {
        char message[640] = {};
        int message_size = 0;
        const char* error_file = nullptr;
        int error_line = 0;
    };
    // A key of a transform, which may be a position.
    static constexpr bool is_position() {
        if constexpr (requires { Name.named; }) { return !Name.named; }
        else { return false; }
    }
    static constexpr int position() {
        if constexpr (requires { Name.position; }) { return Name.position; }
        else { return 0; }
    }
    static constexpr text make() {
        search s{.wanted = Name.view(), .found = {}, .known = {}};
        visit_all<F>(s);
        core::sentence out;
        if (is_position()) { out << "parameter " << position() << " is none"; }
        else { out << "\"" << Name.c_str() << "\" is " << (s.matches > 1 ? "the name of several arguments" : "no argument"); }
        out << " of this function: it has ";
        for (int i = 0; i < s.known.size(); ++i) { out << s.known.data()[i]; }
        text t;
        for (int i = 0; i < out.size() && i < 640; ++i) { t.message[t.message_size++] = out.data()[i]; }
        return t;
    }
    static constexpr text stored = make();
};

} // namespace detail::leaf_names

} // namespace damo
