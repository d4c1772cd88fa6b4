// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include <damo/exec/jit/nest_source.hpp>
#include <damo/exec/jit/number_source.hpp>
#include <damo/ops/all.hpp>

namespace damo::exec::jit {

// The text in front of generated code. Where the C library has vector versions of its functions (glibc's libmvec: at most 4 ULP, tested),
// the compiler is told so by the attribute its own headers use under -ffast-math; no other freedom of that flag is taken.
// DAMO_FEW stands in loops over axes: a few passes, not worth a vector.
inline constexpr const char* prelude = R"(#include <math.h>
#include <stdint.h>
#ifdef __GNUC__
#define DAMO_FEW __asm__ volatile("");
#define DAMO_INLINE static inline __attribute__((always_inline))
#define DAMO_APART __attribute__((noinline))
#else
#define DAMO_FEW
#define DAMO_INLINE static inline
#define DAMO_APART
#endif
#if defined(__GLIBC__) && defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define DAMO_VECTOR(name) \
    __attribute__((simd("notinbranch"))) extern double name(double); \
    __attribute__((simd("notinbranch"))) extern float name##f(float);
#define DAMO_VECTOR_2(name) \
    __attribute__((simd("notinbranch"))) extern double name(double, double); \
    __attribute__((simd("notinbranch"))) extern float name##f(float, float);
#if __GLIBC_PREREQ(2, 22)
DAMO_VECTOR(exp) DAMO_VECTOR(log) DAMO_VECTOR(sin) DAMO_VECTOR(cos) DAMO_VECTOR_2(pow)
#endif
#if __GLIBC_PREREQ(2, 35)
DAMO_VECTOR(expm1) DAMO_VECTOR(log1p) DAMO_VECTOR(tan) DAMO_VECTOR(asin) DAMO_VECTOR(acos) DAMO_VECTOR(atan)
DAMO_VECTOR(sinh) DAMO_VECTOR(cosh) DAMO_VECTOR(tanh) DAMO_VECTOR(asinh) DAMO_VECTOR(acosh) DAMO_VECTOR(atanh)
DAMO_VECTOR(erf) DAMO_VECTOR(erfc) DAMO_VECTOR_2(atan2)
#endif
#endif
)";

// Functions that are compiled together.
class unit_writer {
  public:
    explicit unit_writer(op_lookup find = [](std::uint32_t id) { return ops::find_op(id); }) : find_(find) {}

    // Adds a nest; its number, or -1 if an op of it has no spelling in C.
    int add_nest(const plan_code& c, const plan::step& s) {
        const int number = count_;
        if (!nest_writer(c, s, find_).write(text_, name_of(number))) { return -1; }
        return count_++;
    }
    // Adds a function of numbers.
    int add_numbers(const number_code& c) { return number_writer(c, find_).write(text_, name_of(count_)) ? count_++ : -1; }
    static std::string name_of(int number) { return "damo_" + std::to_string(number); }
    int size() const { return count_; }
    std::string source() const { return prelude + text_.str(); }

  private:
    op_lookup find_;
    c_text text_;
    int count_ = 0;
};

} // namespace damo::exec::jit
