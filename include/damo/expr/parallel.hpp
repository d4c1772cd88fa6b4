// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/exec/static/parallel.hpp>
#include <damo/expr/call_arrays.hpp>
#include <damo/expr/transform.hpp>

namespace damo {

// F, whose calls share the loops over large arrays among threads. The same graph and plan.
template <class F>
struct parallel_function : function_base<parallel_function<F>> {
    using parameters = typename F::parameters;
    using symbolic_result = typename F::symbolic_result;
    using memory = exec::parallel_memory;
    static constexpr int input_count = F::input_count;
    static constexpr int output_count = F::output_count;
    static constexpr int word_estimate = F::word_estimate;
    static constexpr rewrite::rule_filter filter = F::filter;
    static constexpr void declare(leaf_type* out) { F::declare(out); }
    static constexpr void trace(ir::module& m, ir::index* outputs) { F::trace(m, outputs); }
    static constexpr auto invoke(const value* leaves)
        requires requires { F::invoke(leaves); }
    {
        return F::invoke(leaves);
    }
    static constexpr const char* input_name(int i)
        requires requires { F::input_name(i); }
    {
        return F::input_name(i);
    }
};
template <class F>
struct traced_graph<parallel_function<F>> : traced_graph<F> {};
template <class F>
struct optimised_graph<parallel_function<F>> : optimised_graph<F> {};
template <class F>
struct lowered_graph<parallel_function<F>> : lowered_graph<F> {};

// parallel(f): f, whose calls share the loops over large arrays (some ten thousand elements and more) among the threads of the program,
// thread_count() of them. The results have the same bits for every number of threads; sums may be added in another order than f adds
// them. Products are the library's, which has threads of its own. A call from a thread of a parallel function, or while the threads work
// for another call, runs alone. Transforms give serial functions: write parallel(grad(f)).
template <Function F>
constexpr auto parallel(F) {
    return parallel_function<F>{};
}
template <class F, class Fixed, class... V>
constexpr auto parallel(const bound_function<F, Fixed, V...>& f) {
    return f.with_same_values(parallel_function<F>{});
}

} // namespace damo
