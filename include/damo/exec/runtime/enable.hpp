// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <damo/exec/runtime/kernel_lookup.hpp>
#include <damo/exec/runtime/op_blocks.hpp>

namespace damo {
inline namespace DAMO_ISA {

/// Makes the run-time kernels of elementwise ops from outside the library, from their functors. One line in one source file of the program
/// does it, and programs made from then on find them:
///     static const damo::enable<my_op> my_op_kernels;
/// The kernels are compiled for the instruction set of that file.
template <class... Op>
class enable {
  public:
    enable() {
        static exec::enabled_op node{exec::detail::blocks::table_of_ops<ops::op_list<Op...>>::kernels.data,
                                     exec::detail::blocks::table_of_ops<ops::op_list<Op...>>::size, nullptr};
        static const bool linked = [] {
            auto& list = exec::detail::lookup::enabled;
            node.next = list.load(std::memory_order_relaxed);
            while (!list.compare_exchange_weak(node.next, &node, std::memory_order_release, std::memory_order_relaxed)) {}
            return true;
        }();
        static_cast<void>(linked);
    }
};

} // namespace DAMO_ISA
} // namespace damo
