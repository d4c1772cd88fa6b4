// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Feature tests, the host/device mark and the version. Nothing else lives here; every macro of damo is defined in this file.

#define DAMO_VERSION_MAJOR 0
#define DAMO_VERSION_MINOR 1
#define DAMO_VERSION_PATCH 0

#if __cplusplus < 202002L
#error "damo needs C++20: compile with -std=c++20"
#endif

// Functions that a CUDA kernel may call; for an ordinary compiler nothing, so a .cpp needs no CUDA header. Their machine code depends on
// -m flags: an optimising compiler inlines them, and one that does not optimise is told to, so that no object holds one that the linker
// could merge with that of another.
#if defined(__CUDACC__)
#define DAMO_HD __host__ __device__
#elif !defined(__OPTIMIZE__)
#define DAMO_HD __attribute__((always_inline))
#else
#define DAMO_HD
#endif

// A function of its own for parts of very large programs.
#if defined(__CUDACC__)
#define DAMO_APART __host__ __device__ __attribute__((noinline))
#else
#define DAMO_APART __attribute__((noinline))
#endif

// Straight-line kernel code must be inlined: a frame of slots becomes registers only then.
#define DAMO_INLINE inline __attribute__((always_inline))
// The same where the compiler optimises. Without optimisation nothing becomes a register, and a call is smaller, compiles faster and
// can be stepped into.
#if defined(__OPTIMIZE__) || defined(__CUDACC__)
#define DAMO_STEP DAMO_INLINE
#else
#define DAMO_STEP inline
#endif

// Before a loop of a few turns, whose number the compiler knows: straight-line code.
#if defined(__clang__)
#define DAMO_UNROLL _Pragma("clang loop unroll(full)")
#else
#define DAMO_UNROLL _Pragma("GCC unroll 8")
#endif

#if defined(__cpp_exceptions) && __cpp_exceptions
#define DAMO_HAS_EXCEPTIONS 1
#else
#define DAMO_HAS_EXCEPTIONS 0
#endif

// A name for the instruction set of this translation unit. Everything whose machine code depends on -m flags lives in an inline
// namespace of this name, so that objects built with different flags link without one overriding the other.
#if defined(__CUDACC__)
#define DAMO_ISA isa_cuda
#elif defined(__AVX512F__) && defined(__AVX512DQ__) && defined(__AVX512BW__) && defined(__AVX512CD__)
#define DAMO_ISA isa_avx512
#elif defined(__AVX2__) && defined(__FMA__)
#define DAMO_ISA isa_avx2_fma
#elif defined(__AVX2__)
#define DAMO_ISA isa_avx2
#elif defined(__AVX__)
#define DAMO_ISA isa_avx
#elif defined(__SSE4_2__)
#define DAMO_ISA isa_sse4_2
#elif defined(__SSE2__)
#define DAMO_ISA isa_sse2
#elif defined(__ARM_NEON)
#define DAMO_ISA isa_neon
#else
#define DAMO_ISA isa_scalar
#endif

// Vector registers that xsimd has batches for; without them kernels work number by number.
#if (defined(__SSE2__) || defined(__ARM_NEON)) && !defined(__CUDACC__)
#define DAMO_HAS_BATCHES 1
#else
#define DAMO_HAS_BATCHES 0
#endif

// The build passes DAMO_USE_CBLAS when it links a CBLAS library; DAMO_NO_BLAS overrules it.
#if defined(DAMO_USE_CBLAS) && !defined(DAMO_NO_BLAS)
#if !__has_include(<cblas.h>)
#error "damo: DAMO_USE_CBLAS is defined but <cblas.h> is not found: add its folder to the include path, or define DAMO_NO_BLAS"
#endif
#define DAMO_HAS_CBLAS 1
#else
#define DAMO_HAS_CBLAS 0
#endif

// The build passes DAMO_USE_TBB when it links oneTBB: programs made at run time may then use several threads.
#if defined(DAMO_USE_TBB)
#define DAMO_HAS_TBB 1
#else
#define DAMO_HAS_TBB 0
#endif

// The run-time executor is header code, or (DAMO_USE_LIBRARY, which the packages of the compiled library set) code of libdamo, which is
// itself built with DAMO_BUILD_LIBRARY. Its names then do not depend on the instruction set of who calls it.
#if defined(DAMO_USE_LIBRARY) || defined(DAMO_BUILD_LIBRARY)
#define DAMO_LIBRARY in_library
#define DAMO_LIBRARY_INLINE
#else
#define DAMO_LIBRARY DAMO_ISA
#define DAMO_LIBRARY_INLINE inline
#endif
