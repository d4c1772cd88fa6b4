// SPDX-License-Identifier: BSD-3-Clause
//
// Formulas of the vectors x, y and z as functions with a C interface, for elementwise.py: parsed, compiled and run by damo.

#include <cstdint>
#include <exception>
#include <string>

#include <damo/damo.hpp>
#include <damo/graph/compile.hpp>
#include <damo/graph/parse.hpp>

namespace {

struct formula {
    damo::compiled_function run;
    bool single;
};
std::string mistake;

template <class T>
void call(const formula& f, const void* const* arguments, std::int64_t n, void* out) {
    const auto vector = [n](const void* p) { return damo::view(static_cast<const T*>(p), {n}); };
    f.run.into(damo::view(static_cast<T*>(out), {n}))(vector(arguments[0]), vector(arguments[1]), vector(arguments[2]));
}

} // namespace

extern "C" {

/// A function of three vectors of float or double, or null. compiled: 0 interpreted, 1 by machine code from the first call on.
void* damo_make(const char* text, int single, int compiled) try {
    const damo::dtype element = single ? damo::dtype::float32 : damo::dtype::float64;
    const damo::value x = damo::input("x", element, {"n"});
    const damo::value y = damo::input("y", element, {"n"});
    const damo::value z = damo::input("z", element, {"n"});
    damo::compile_options options;
    options.unused_input = damo::on_doubt::ignore;
    options.tier = compiled ? damo::tier::compile_first : damo::tier::interpret;
    return new formula{damo::compile({x, y, z}, {damo::parse(text, {{"x", x}, {"y", y}, {"z", z}})}, options), single != 0};
} catch (const std::exception& e) {
    mistake = e.what();
    return nullptr;
}

/// Computes n elements. 0 when all went well.
int damo_call(void* f, const void* const* arguments, std::int64_t n, void* out) try {
    const formula& g = *static_cast<formula*>(f);
    g.single ? call<float>(g, arguments, n, out) : call<double>(g, arguments, n, out);
    return 0;
} catch (const std::exception& e) {
    mistake = e.what();
    return 1;
}

const char* damo_error() { return mistake.c_str(); }
}
