// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace damo {

/// Where the time went until a compiled function was ready, in seconds.
struct compile_times {
    double derive = 0;       // the derivatives that the function consists of, made before compile; optimising them is part of it
    double record = 0;       // putting the graph together from those of its symbols
    double rewrite = 0;      // optimising it
    double plan = 0;         // lowering, fusion, memory: until it can be called
    double machine_code = 0; // from when compiled code was asked for until it took over; 0 where that has not happened
};

} // namespace damo
