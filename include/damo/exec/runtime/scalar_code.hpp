// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstring>
#include <vector>

#include <damo/exec/runtime/kernel_lookup.hpp>
#include <damo/ops/all.hpp>

namespace damo::exec {
namespace detail::scalar_calls {
inline namespace DAMO_ISA {

// A function of numbers alone: a straight line of calls on cells of eight bytes. No arrays, no views, no workspace.
class scalar_code {
  public:
    // What the outputs of lowered graph m need, or nothing where it holds more than numbers in a straight line.
    scalar_code(const ir::module& m, const ir::index* outputs, int output_count, const kernel_set& set) {
        for (int i = 0; i < m.types.size; ++i) {
            if (m.types.data[i].rank != 0) { return; }
        }
        std::vector<bool> needed(static_cast<std::size_t>(m.nodes.size));
        for (int o = 0; o < output_count; ++o) { needed[static_cast<std::size_t>(outputs[o])] = true; }
        for (ir::index n = m.nodes.size - 1; n > 0; --n) {
            if (!needed[static_cast<std::size_t>(n)]) { continue; }
            const ir::node& x = m.nodes.data[n];
            const ir::op_kind kind = x.op->facts.kind;
            const bool leaf = x.op->id == ops::input.id || x.op->id == ops::constant.id;
            if (!leaf && (kind != ir::op_kind::elementwise || x.op->facts.lazy || x.arg_count < 1 || x.arg_count > 3)) { return; }
            for (int k = 0; k < x.arg_count; ++k) { needed[static_cast<std::size_t>(m.arg(n, k))] = true; }
        }
        write(m, outputs, output_count, set, needed);
        exists_ = true;
    }
    bool exists() const { return exists_; }
    int cells() const { return cells_; }

    // `cell`: room for that many.
    void run(const raw_view* inputs, const raw_view* outputs, std::uint64_t* cell) const {
        for (const move& x : inputs_) { copy(&cell[x.cell], inputs[x.number].data, x.bytes); }
        if (!constants_.empty()) { std::memcpy(cell + first_constant_, constants_.data(), constants_.size() * 8); }
        for (const call& c : code_) { c.run(&cell[c.out], &cell[c.in[0]], &cell[c.in[1]], &cell[c.in[2]], 1); }
        for (const move& x : outputs_) { copy(outputs[x.number].data, &cell[x.cell], x.bytes); }
    }

  private:
    struct call {
        block_kernel run = nullptr;
        std::int32_t out = 0;
        std::int32_t in[3] = {};
    };
    struct move {
        std::int32_t number = 0;
        std::int32_t cell = 0;
        std::int32_t bytes = 0;
    };
    bool exists_ = false;
    int cells_ = 0;
    int first_constant_ = 0;
    std::vector<move> inputs_;
    std::vector<move> outputs_;
    std::vector<std::uint64_t> constants_;
    std::vector<call> code_;

    static void copy(void* to, const void* from, std::int32_t bytes) {
        if (bytes == 8) { std::memcpy(to, from, 8); }
        else if (bytes == 4) { std::memcpy(to, from, 4); }
        else { std::memcpy(to, from, 1); }
    }
    void write(const ir::module& m, const ir::index* outputs, int output_count, const kernel_set& set, const std::vector<bool>& needed) {
        std::vector<std::int32_t> cell(static_cast<std::size_t>(m.nodes.size));
        const auto element = [&](ir::index n) { return m.type_of(n).element; };
        const auto place = [&](ir::index n) { return cell[static_cast<std::size_t>(n)] = cells_++; };
        for (ir::index n = 1; n < m.nodes.size; ++n) {
            if (!needed[static_cast<std::size_t>(n)] || m.nodes.data[n].op->id != ops::input.id) { continue; }
            inputs_.push_back({static_cast<std::int32_t>(m.attribute(n, 0)), place(n), size_of(element(n))});
        }
        first_constant_ = cells_;
        for (ir::index n = 1; n < m.nodes.size; ++n) {
            if (!needed[static_cast<std::size_t>(n)] || m.nodes.data[n].op->id != ops::constant.id) { continue; }
            place(n);
            constants_.push_back(stored_bits(element(n), m.nodes.data[n].bits));
        }
        for (ir::index n = 1; n < m.nodes.size; ++n) {
            const ir::node& x = m.nodes.data[n];
            if (!needed[static_cast<std::size_t>(n)] || x.arg_count == 0) { continue; }
            call c;
            for (int k = 0; k < x.arg_count; ++k) { c.in[k] = cell[static_cast<std::size_t>(m.arg(n, k))]; }
            c.out = place(n);
            const dtype last = element(m.arg(n, x.arg_count - 1));
            if (x.op->id == ops::id_of<ops::cast_op>) { c.run = set.convert[type_number(element(n))][type_number(last)]; }
            else {
                const op_kernels& k = find_kernels(set, x.op->id, last);
                c.run = k.number != nullptr ? k.number : k.run[0];
            }
            code_.push_back(c);
        }
        for (int o = 0; o < output_count; ++o) { outputs_.push_back({o, cell[static_cast<std::size_t>(outputs[o])], size_of(element(outputs[o]))}); }
    }
};

} // namespace DAMO_ISA
} // namespace detail::scalar_calls
} // namespace damo::exec
