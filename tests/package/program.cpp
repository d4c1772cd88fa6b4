// SPDX-License-Identifier: BSD-3-Clause
// A graph made and run by the program, as consumer.cpp says it.
#include <cstdio>

#include <damo/exec/runtime/program.hpp>
#include <damo/ops/all.hpp>

int main() {
    damo::ir::module graph;
    damo::ir::tensor_type t;
    t.element = damo::dtype::float64;
    t.rank = 1;
    t.extents[0] = graph.extent_of(damo::ir::extent_kind::input_axis, 0, 0);
    const damo::value x = damo::ops::make_input(graph, 0, t);
    const damo::ir::index outputs[] = {sum(x * x).node()};
    const damo::exec::program p(graph, outputs, 1);
    double data[5] = {1, 2, 3, 4, 5};
    double result = 0;
    damo::exec::raw_view in;
    in.data = data;
    in.extents[0] = 5;
    in.strides[0] = 1;
    damo::exec::raw_view out;
    out.data = &result;
    p.run(&in, &out);
    if (result != 55) { return 1; }
    std::printf("damo %d.%d.%d\n", DAMO_VERSION_MAJOR, DAMO_VERSION_MINOR, DAMO_VERSION_PATCH);
}
