// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <utility>

#include <damo/ops/emit.hpp>

namespace damo {
namespace ops {

// An array as a function of the program finds it. Strides count elements.
struct host_array {
    dtype element = dtype::none;
    int rank = 0;
    void* data = nullptr;
    std::int64_t extents[ir::max_rank] = {};
    std::int64_t strides[ir::max_rank] = {};
};

// A function of the program as an op needs it: the type of its result, or false after recording a sentence; and the call, which fills the result.
struct host_callback {
    std::string name;
    std::function<bool(const ir::call&, ir::tensor_type& result)> type;
    std::function<void(const host_array* operands, const host_array& result)> run;
};

// The functions that became ops in this program, by number. None is ever forgotten: graphs know them by the number.
class host_callbacks {
  public:
    static std::int64_t add(host_callback f) {
        table& t = all();
        const std::lock_guard<std::mutex> lock(t.guard);
        t.entries.push_back(std::move(f));
        return static_cast<std::int64_t>(t.entries.size()) - 1;
    }
    static const host_callback& at(std::int64_t number) {
        table& t = all();
        const std::lock_guard<std::mutex> lock(t.guard);
        return t.entries[static_cast<std::size_t>(number)];
    }

  private:
    struct table {
        std::mutex guard;
        std::deque<host_callback> entries; // a deque: they stay where they are
    };
    static table& all() {
        static table t;
        return t;
    }
};
inline const host_callback& host_callback_of(const ir::module& m, ir::index n) { return host_callbacks::at(m.attribute(n, 0)); }

// host_call(x1, x2, ...), pure_host_call(x1, x2, ...): what a C++ function of this program makes of the operands. Attribute: its number. Calls of the
// first are never merged. Graphs with them live in the program that made them: no file holds them. A derivative is given with custom_vjp.
struct host_call_defaults : op_defaults {
    static ir::index infer(const ir::call& c) {
        ir::tensor_type t;
        return host_callbacks::at(c.attributes[0]).type(c, t) ? c.m.intern(t) : ir::nil;
    }
    static constexpr bool valid(const ir::call&) { return false; }
    static value transpose(int, const value*, value y, value) { return no_derivative(y); }
    static value tangent(const value*, const value*, value y) { return no_derivative(y); }

  private:
    static value no_derivative(value y) {
        y.owner().fail() << "the host function " << host_callback_of(y.owner(), y.node()).name.c_str()
                         << " has no derivative: give host_function one, or take its result for a constant with stop_gradient";
        return {y.owner(), ir::module::poison};
    }
};
struct host_call_op : host_call_defaults {
    static constexpr const char* name = "host_call";
    static constexpr ir::op_facts facts{.kind = ir::op_kind::host, .arity = -1, .types = ir::dtype_rule::custom, .opaque = true};
};
struct pure_host_call_op : host_call_defaults {
    static constexpr const char* name = "pure_host_call";
    static constexpr ir::op_facts facts{.kind = ir::op_kind::host, .arity = -1, .types = ir::dtype_rule::custom};
};

} // namespace ops
} // namespace damo
