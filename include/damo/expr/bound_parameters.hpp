// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/expr/expression.hpp>

namespace damo::detail::bound {

// A list of parameter numbers.
template <int... K>
struct positions {
    static constexpr int count = static_cast<int>(sizeof...(K));
    // The place of parameter k in the list, or -1.
    static constexpr int place(int k) {
        constexpr int list[] = {K..., -1};
        for (int i = 0; i < count; ++i) {
            if (list[i] == k) { return i; }
        }
        return -1;
    }
    // Whether these are different parameters of `count_of_parameters`.
    static constexpr bool valid(int count_of_parameters) {
        for (int i = 0; i < count; ++i) {
            if (at(i) < 0 || at(i) >= count_of_parameters || place(at(i)) != i) { return false; }
        }
        return true;
    }
    template <int... More>
    using with = positions<K..., More...>;
    // Number i of the list.
    static constexpr int at(int i) {
        constexpr int list[] = {K..., -1};
        return list[i];
    }
    // Parameter number i of those that are not in the list.
    static constexpr int rest(int i) {
        int k = 0;
        while (place(k) >= 0 || i-- > 0) { ++k; }
        return k;
    }
};

template <class F, class Fixed>
constexpr bool is_fixed_leaf(int leaf) {
    for (int k = 0; k < F::parameters::count; ++k) {
        if (leaf >= F::parameters::offset(k) && leaf < F::parameters::offset(k + 1)) { return Fixed::place(k) >= 0; }
    }
    return false;
}

// What F declares of its parameters K....
template <class F, int... K>
constexpr void declare_fixed(leaf_type* out) {
    leaf_type all[F::input_count > 0 ? F::input_count : 1] = {};
    F::declare(all);
    for (const int k : {K...}) {
        for (int i = F::parameters::offset(k); i < F::parameters::offset(k + 1); ++i) { *out++ = all[i]; }
    }
}

// Makes node n of `from` again in `to`, from images of its operands.
constexpr ir::index made_again(const ir::module& from, ir::index n, ir::module& to, const ir::index* image) {
    const ir::node& x = from.nodes.data[n];
    core::pool<ir::index> operands(x.arg_count + 1);
    for (int i = 0; i < x.arg_count; ++i) { operands.push(image[from.arg(n, i)]); }
    return to.add(*x.op, to.intern(from.type_of(n)), operands.data, operands.size, from.attributes.data + x.first_attribute, x.attribute_count, x.bits);
}

} // namespace damo::detail::bound
