// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/core/sentence.hpp>
#include <damo/ir/module.hpp>

namespace damo::exec {

inline constexpr char undecided_sentence[] = "a loop that keeps or stacks a value of every step, or walks through an array, requires a number of steps that is known before it; "
                                             "this one differs from step to step of a loop around it: take the number from outside, or carry what is wanted";

#if DAMO_HAS_EXCEPTIONS
// A loop whose number of steps is found out only while another runs; its node.
class undecided_steps : public error {
  public:
    undecided_steps(const core::sentence& s, ir::index loop) noexcept : error(s.data(), s.size()), loop_(loop) {}
    ir::index loop() const { return loop_; }

  private:
    ir::index loop_;
};
#endif

[[noreturn]] inline void refuse_steps(const ir::module& m, ir::index loop) {
    core::sentence s;
    const ir::location& at = m.locations.data[loop];
    if (at.file != nullptr) { s << at.file << ':' << at.line << ": "; }
    s << undecided_sentence;
#if DAMO_HAS_EXCEPTIONS
    throw undecided_steps(s, loop);
#else
    core::raise(s.data(), s.size());
#endif
}

} // namespace damo::exec
