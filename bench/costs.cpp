// SPDX-License-Identifier: BSD-3-Clause
// What the planner believes an operation costs: the time of one element, in units of one vector addition whose operands are in registers,
// and what it costs to store an element and load it again. The kernels are those of the run-time executor, on blocks in the first-level
// cache; what a kernel that only copies takes is subtracted. The greater of float and double counts.
//   costs --write=include/damo/plan/op_times.hpp     replaces the planner's table by what this machine measured
#include "measure.hpp"

#include <damo/damo.hpp>
#include <damo/exec/runtime/op_blocks.hpp>

#include <cmath>
#include <cstring>
#include <map>

namespace {

using damo::exec::op_kernels;
using kernels = damo::exec::detail::blocks::table_of_ops<damo::ops::every_op>;

constexpr std::size_t block = 1024; // elements

// The least of many times of one call, in nanoseconds: what interrupts a call only makes it longer.
template <class F>
double least_ns(F f, double seconds = 4e-3) {
    double best = 1e300;
    std::size_t times = 1;
    const damo_bench::candidate c = damo_bench::make_candidate("", nullptr, f);
    while (damo_bench::detail::seconds_of(c, times) < 5e-5) { times *= 2; }
    for (double spent = 0; spent < seconds;) {
        const double s = damo_bench::detail::seconds_of(c, times);
        spent += s;
        best = std::min(best, s / static_cast<double>(times) * 1e9);
    }
    return best;
}

// One addition of each element more or less: the operands stay in registers.
template <class T, int Additions>
void add_often(T* to, const T* from, T by) {
    using batch = xsimd::batch<T>;
    for (std::size_t i = 0; i < block; i += 4 * batch::size) {
        batch a[4];
        for (int k = 0; k < 4; ++k) { a[k] = batch::load_unaligned(from + i + k * batch::size); }
        for (int j = 0; j < Additions; ++j) {
            for (batch& x : a) { x = x + batch(by); }
        }
        for (int k = 0; k < 4; ++k) { a[k].store_unaligned(to + i + k * batch::size); }
    }
}

template <class T>
struct measured {
    std::map<std::uint32_t, double> units; // by op
    double memory = 0;                     // a store and a load of an element outside the caches
};

template <class T>
measured<T> measure() {
    damo_bench::buffer<T> a(block), b(block), c(block), to(block);
    damo_bench::buffer<unsigned char> flags(block);
    damo_bench::uniform random(7);
    for (std::size_t i = 0; i < block; ++i) {
        a[i] = static_cast<T>(random(0.1, 0.9));
        b[i] = static_cast<T>(random(0.1, 0.9));
        c[i] = static_cast<T>(random(0.1, 0.9));
        flags[i] = random() < 0.5;
    }
    const T by = static_cast<T>(1e-3);
    const double once = least_ns([&] { add_often<T, 1>(to.data(), a.data(), by); }, 2e-2);
    const double often = least_ns([&] { add_often<T, 33>(to.data(), a.data(), by); }, 2e-2);
    const double unit = (often - once) / 32;

    measured<T> m;
    std::map<int, double> copies; // by operands: loading them and storing the result
    const auto time_of = [&](const op_kernels& k) {
        const bool selects = k.op == damo::ops::id_of<damo::ops::where_op>;
        const void* first = selects ? static_cast<const void*>(flags.data()) : a.data();
        return least_ns([&] { k.run[0](to.data(), first, b.data(), c.data(), block); });
    };
    const auto each = [&](auto f) {
        for (int i = 0; i < kernels::size; ++i) {
            if (kernels::kernels.data[i].element == (std::is_same_v<T, float> ? damo::dtype::float32 : damo::dtype::float64)) { f(kernels::kernels.data[i]); }
        }
    };
    each([&](const op_kernels& k) {
        // the cheapest kernel of so many operands is all loading and storing
        const double ns = time_of(k);
        const auto [at, first] = copies.try_emplace(k.arg_count, ns);
        if (!first) { at->second = std::min(at->second, ns); }
        m.units[k.op] = ns;
    });
    each([&](const op_kernels& k) { m.units[k.op] = 1 + (m.units[k.op] - copies[k.arg_count]) / unit; });

    const std::size_t large = (std::size_t{64} << 20) / sizeof(T);
    damo_bench::buffer<T> from(large), out(large);
    const double ns = least_ns([&] { std::memcpy(out.data(), from.data(), large * sizeof(T)); }, 0.5);
    m.memory = ns / static_cast<double>(large) / (unit / block);
    std::printf("one addition: %.4f ns an element; copying: %.4f ns an element\n", unit / block, ns / static_cast<double>(large));
    return m;
}

// Times that differ by less than the next machine's would are the same: one of a few steps.
int rounded(double t) {
    int best = 1;
    for (const int step : {1, 2, 3, 5, 8, 12, 20, 30, 50, 80, 120, 200, 300, 500}) {
        if (std::abs(std::log(t / step)) < std::abs(std::log(t / best))) { best = step; }
    }
    return best;
}

const char* name_of(std::uint32_t id) { return damo::ops::find_op(id)->name; }

} // namespace

int main(int argc, char** argv) {
    std::string write;
    std::string json;
    for (int i = 1; i < argc; ++i) {
        const std::string_view option = argv[i];
        if (option.starts_with("--write=")) { write = option.substr(8); }
        else if (option.starts_with("--json=")) { json = option.substr(7); }
    }
    const auto singles = measure<float>();
    const auto doubles = measure<double>();
    std::printf("one vector addition = 1; %s\n%-20s %8s %8s %8s %8s\n", damo_bench::detail::cpu_model().c_str(), "op", "float", "double", "table", "now");
    std::map<std::uint32_t, int> table; // rising by id, as the planner looks it up
    for (const damo::ir::op_info* op : damo::ops::all_ops) {
        if (!singles.units.contains(op->id)) { continue; }
        const double f = singles.units.at(op->id);
        const double d = doubles.units.at(op->id);
        table[op->id] = rounded(std::max({f, d, 1.0}));
        std::printf("%-20s %8.1f %8.1f %8d %8d\n", op->name, f, d, table[op->id], damo::plan::time_of(op->id));
    }
    const int memory = rounded(std::min(singles.memory, doubles.memory));
    std::printf("%-20s %8.1f %8.1f %8d %8d\n", "(store and load)", singles.memory, doubles.memory, memory, damo::plan::time_of_memory);

    if (!json.empty()) {
        std::ofstream out(json);
        out << "{\"bench\": \"costs\", \"rows\": [";
        for (const auto& [id, time] : table) {
            out << (id == table.begin()->first ? "" : ", ") << "{\"op\": \"" << name_of(id) << "\", \"time\": " << time << "}";
        }
        out << "]}\n";
    }
    if (!write.empty()) {
        std::ofstream out(write);
        out << "// SPDX-License-Identifier: BSD-3-Clause\n#pragma once\n\n#include <cstdint>\n\n"
               "namespace damo::plan {\n\n"
               "// Written by bench/costs. The time of one element, in units of one vector addition whose operands are in registers; the greater\n"
               "// of float and double. Rising by id.\n"
               "struct op_time {\n    std::uint32_t op;\n    int time;\n};\n"
               "inline constexpr op_time op_times[] = {\n";
        for (const auto& [id, time] : table) { out << "    {" << id << "u, " << time << "}, // " << name_of(id) << "\n"; }
        out << "};\n\n// Storing an element and loading it again, outside the caches.\ninline constexpr int time_of_memory = " << memory
            << ";\n\n} // namespace damo::plan\n";
    }
    return 0;
}
