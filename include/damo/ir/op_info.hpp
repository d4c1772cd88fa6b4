// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include <damo/core/hash.hpp>
#include <damo/ir/type.hpp>

namespace damo {
class value;
struct rule;
}

namespace damo::ir {

class module;
struct op_info;

// What an op is to the passes. A pass asks for the kind or for a fact, never for an op by name.
enum class op_kind : std::uint8_t {
    leaf,        // input, constant, parameter of a region
    elementwise, // one functor per element, operands broadcast
    reduction,   // folds axes (attributes: keepdims, axes...)
    movement,    // same elements, other places: reshape, transpose, broadcast, slice
    contraction, // sums of products: matmul
    structured,  // reads several places: concatenate, one_hot
    loop,        // scan
    projection,  // result k of a node with several results
    host,        // a function of the program
};

// How operand element types lead to the result's.
enum class dtype_rule : std::uint8_t {
    same,     // promoted, result is the promoted type
    numeric,  // the same, but refused where that is bool
    floating, // integers and booleans become float64 first
    compare,  // promoted, result is boolean
    logical,  // operands must be boolean
    select,   // first operand boolean, the others promoted
    custom,   // the op's own type rule decides
};

// What collecting like terms needs: a sum-like op collects equal terms under `scale` (x + x -> 2*x), a product-like op collects
// equal factors (x * x -> x^2).
enum class collect_role : std::uint8_t { none, sum, product, power, negative_one_scale };

// The facts of an op, as data. Everything a pass needs to know without naming the op.
struct op_facts {
    op_kind kind = op_kind::elementwise;
    std::int8_t arity = 1; // -1: any number from one
    dtype_rule types = dtype_rule::floating;
    bool commutative = false;
    bool associative = false;
    bool inactive = false;    // no derivative: piecewise constant or integer-valued
    bool multilinear = false; // linear in each operand separately: forward derivative needs no formula
    bool additive = false;    // linear in all operands together, as concatenation is
    bool foldable = false;    // exactly rounded: folding a constant gives the same bits in the compiler and in the program
    bool barrier = false;     // protects what it encloses from rewriting
    // Which attributes are extents, which change when the graph is used with other shapes: attribute i is one when bit i % period of
    // the mask is set. Period 0: none.
    std::uint8_t extent_period = 0;
    std::uint8_t extent_mask = 0;
    bool by_hand = false;     // derivatives go to the operands after the first, which is the value alone
    bool opaque = false;      // never merged, never moved
    bool lazy = false;        // of operands 1 and 2 only the one that operand 0, a bool, chooses is needed
    collect_role collects = collect_role::none;
    double identity = 0;      // of an associative op
    signed char precedence = 0; // printing: 0 function call, else infix strength
    const char* infix = nullptr;
    bool axis_mask = false; // attribute 0 has a bit for each axis worked along, as every reduction's has; told for printing
    bool axis_number = false; // attribute 0 is the number of an axis
    bool pads = false;        // of a movement: elements of its own stand between those it moves
    bool stacks = false;      // of a structured op: axes in front of those it works on are carried along
    std::uint16_t version = 1; // of what the op means: raised when a graph stored before would mean something else now
};

constexpr bool is_extent_attribute(const op_facts& f, int i) { return f.extent_period != 0 && (f.extent_mask >> (i % f.extent_period) & 1) != 0; }

// One call under construction: what a type rule sees.
struct call {
    ir::module& m; // qualified: a line must not begin with this word of C++20
    const op_info& op;
    const index* args;
    int count;
    const std::int64_t* attributes;
    int attribute_count;
};

// An op: identity, facts and its functions. Compared by id only: the address of an op_info differs between shared libraries.
struct op_info {
    std::uint32_t id = 0;
    const char* name = "";
    const char* qualified = ""; // the name that the id is the hash of
    op_facts facts;
    // Type of the result, or nil after recording a sentence with module::fail.
    index (*infer)(const call&) = nullptr;
    // Whether the attributes, and what infer does not look at, are such as the library makes them. Asked where a graph comes from outside,
    // before infer, which may then rely on it; operands and extents exist.
    bool (*valid)(const call&) = nullptr;
    // A node equal to this op in simpler or canonical ops; null when the op is canonical itself.
    value (*canonical)(const value* args, int count, const module& m, index node) = nullptr;
    // The op written in primitive ops, for the backends; null for a primitive.
    value (*expansion)(const value* args, int count, const module& m, index node) = nullptr;
    // d result / d argument k of an elementwise op.
    value (*partial)(int k, const value* args, value result) = nullptr;
    // Contribution of the cotangent to argument k, for ops that are not elementwise.
    value (*transpose)(int k, const value* args, value result, value cotangent) = nullptr;
    // Directional derivative for ops that are neither elementwise nor multilinear. Tangents may be empty values (zero). Null: made of transpose.
    value (*tangent)(const value* args, const value* tangents, value result) = nullptr;
    // Value of the op on constants of one element type, as bits (see constant_bits); exactly rounded ops only.
    bool (*fold)(dtype element, const std::uint64_t* args, int count, std::uint64_t& result) = nullptr;
    // An equal node made of the operands of this node's operand -- a transpose of a transpose is one transpose or none, a sum along axes
    // that were repeated is a multiple -- or an empty value where there is none. No bit changes, but for reductions the rounding may.
    value (*combined)(const value* args, int count, const module& m, index node) = nullptr;
    // Rewrite rules that belong to this op (a user's op brings its own), in the notation of rules/rule.hpp. Their left sides have this op
    // at the root or as an operand of the root.
    const rule* rules = nullptr;
    int rule_count = 0;
    // The functor in C (see ops/functor.hpp), and on integers where that differs; null for ops without.
    const char* c_spelling = nullptr;
    const char* c_spelling_of_integers = nullptr;
};

} // namespace damo::ir
