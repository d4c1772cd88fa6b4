// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <utility>
#include <vector>

#include <damo/graph/argument.hpp>
#include <damo/graph/call_mistake.hpp>
#include <damo/graph/shared.hpp>

namespace damo {

/// Which arguments of another element type a compiled function takes. Those that are converted are copied.
enum class conversion_policy {
    strict, // none
    safe,   // arrays whose every element is kept (float32 for float64, int32 for float64), and plain numbers of C++: a double for float32, an
            // integer that fits, but no fraction for an integer
    any     // all, as cast does: fractions are cut off, what is out of range wraps
};

namespace detail::graph {

inline namespace DAMO_LIBRARY {
// The argument as the input takes it, which is `where` in the function, converted into a new array in `kept` where the policy allows it.
exec::raw_view converted(const leaf& l, const argument& a, conversion_policy policy, std::vector<any_array>& kept, const input_of_graph& where);
} // namespace DAMO_LIBRARY

// First and last byte + 1 of a view; equal when it is empty.
inline std::pair<const char*, const char*> memory_of(const exec::raw_view& v, dtype t, int rank) {
    const char* first = static_cast<const char*>(v.data);
    const char* last = first;
    for (int k = 0; k < rank; ++k) {
        if (v.extents[k] == 0) { return {first, first}; }
        const std::int64_t reach = (v.extents[k] - 1) * v.strides[k] * size_of(t);
        (reach < 0 ? first : last) += reach;
    }
    return {first, last + size_of(t)};
}

} // namespace detail::graph

} // namespace damo
