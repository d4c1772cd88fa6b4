// SPDX-License-Identifier: BSD-3-Clause
// The run-time executor, and the choice of its kernels by what the machine has. DAMO_LIBRARY_AVX2 and DAMO_LIBRARY_AVX512 say which
// instruction sets beside the plain one the build compiled kernels.cpp for.
#include <damo/exec/runtime/kernels.hpp>
#include <damo/exec/runtime/program.hpp>

#include <cstring>

namespace damo::exec {

namespace detail::blocks {
inline namespace DAMO_ISA {
extern const kernel_set library_kernels;
} // namespace DAMO_ISA
#if defined(DAMO_LIBRARY_AVX2)
namespace isa_avx2_fma {
extern const kernel_set library_kernels;
} // namespace isa_avx2_fma
#endif
#if defined(DAMO_LIBRARY_AVX512)
namespace isa_avx512 {
extern const kernel_set library_kernels;
} // namespace isa_avx512
#endif
} // namespace detail::blocks

inline namespace DAMO_LIBRARY {

const kernel_set* kernels_for(const char* instruction_set) {
#if defined(DAMO_LIBRARY_AVX512)
    if (std::strcmp(instruction_set, "avx512") == 0) {
        const bool has = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
                         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512vl");
        return has ? &detail::blocks::isa_avx512::library_kernels : nullptr;
    }
#endif
#if defined(DAMO_LIBRARY_AVX2)
    if (std::strcmp(instruction_set, "avx2") == 0) {
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &detail::blocks::isa_avx2_fma::library_kernels : nullptr;
    }
#endif
    return std::strcmp(instruction_set, "plain") == 0 ? &detail::blocks::DAMO_ISA::library_kernels : nullptr;
}
const kernel_set& best_kernels() {
    static const kernel_set& best = [&]() -> const kernel_set& {
        for (const char* name : {"avx512", "avx2"}) {
            if (const kernel_set* k = kernels_for(name)) { return *k; }
        }
        return *kernels_for("plain");
    }();
    return best;
}

} // namespace DAMO_LIBRARY
} // namespace damo::exec
