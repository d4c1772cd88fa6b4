// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <type_traits>

#include <damo/core/any_array.hpp>
#include <damo/exec/static/memory.hpp>

namespace damo::detail::graph {

// Calls f(pointer) with a pointer of the element type.
template <class F>
void with_elements(dtype t, void* data, const F& f) {
    switch (t) {
    case dtype::boolean: f(static_cast<bool*>(data)); break;
    case dtype::int8: f(static_cast<std::int8_t*>(data)); break;
    case dtype::int16: f(static_cast<std::int16_t*>(data)); break;
    case dtype::int32: f(static_cast<std::int32_t*>(data)); break;
    case dtype::int64: f(static_cast<std::int64_t*>(data)); break;
    case dtype::uint8: f(static_cast<std::uint8_t*>(data)); break;
    case dtype::uint16: f(static_cast<std::uint16_t*>(data)); break;
    case dtype::uint32: f(static_cast<std::uint32_t*>(data)); break;
    case dtype::uint64: f(static_cast<std::uint64_t*>(data)); break;
    case dtype::float32: f(static_cast<float*>(data)); break;
    case dtype::float64: f(static_cast<double*>(data)); break;
    default: break;
    }
}

// A number of one type as one of another; what is out of range wraps, and NaN becomes 0, without undefined behaviour.
template <class To, class From>
To converted_number(From x) {
    if constexpr (std::is_same_v<To, bool>) { return x != From{}; }
    else if constexpr (std::is_integral_v<To> && std::is_floating_point_v<From>) {
        return x > From(-9.2e18) && x < From(9.2e18) ? static_cast<To>(static_cast<std::int64_t>(x)) : To{};
    } else { return static_cast<To>(x); }
}

inline any_array converted_elements(const exec::raw_view& v, dtype from, int rank, dtype to) {
    any_array result(to, rank, v.extents);
    with_elements(to, result.data(), [&](auto* out) {
        with_elements(from, v.data, [&](const auto* in) {
            std::int64_t at[ir::max_rank] = {};
            for (std::int64_t i = 0; i < result.size(); ++i) {
                std::int64_t offset = 0;
                for (int k = 0; k < rank; ++k) { offset += at[k] * v.strides[k]; }
                out[i] = converted_number<std::remove_pointer_t<decltype(out)>>(in[offset]);
                for (int k = rank - 1; k >= 0 && ++at[k] == v.extents[k]; --k) { at[k] = 0; }
            }
        });
    });
    return result;
}

} // namespace damo::detail::graph
