// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <bit>
#include <cstdint>

#include <damo/core/error.hpp>
#include <damo/core/hash.hpp>
#include <damo/core/pool.hpp>
#include <damo/core/sentence.hpp>
#include <damo/core/short_name.hpp>
#include <damo/core/zeros.hpp>
#include <damo/ir/op_info.hpp>
#include <damo/ir/type.hpp>

namespace damo::ir {

// The op of a function's arguments: the passes must know it, for it makes the signature.
inline constexpr std::uint32_t input_id = core::hash_name("damo.input");

// One immutable operation. Operands and attributes lie in the module's pools. Without defaults, so that a pool need not make nodes
// before they are added.
struct node {
    const op_info* op;
    index type;
    index first_arg;
    index arg_count;
    index first_attribute;
    index attribute_count;
    std::uint64_t bits; // payload of a constant
    std::uint32_t hash;
};

struct location {
    const char* file;
    int line;
};

// A nested graph: parameters are `parameter` nodes (attributes: region, number), results are nodes of the same module.
struct region {
    index first_parameter = 0; // into region_nodes
    index parameter_count = 0;
    index first_result = 0; // into region_nodes
    index result_count = 0;
};

class module;

// Takes over the making of nodes: while a module has one, every op recorded in it is simplified as it is made.
struct emitter {
    index (*run)(emitter& self, module& m, const op_info& op, const index* args, int count, const std::int64_t* attributes,
                 int attribute_count) = nullptr;
};

// What a module does for its values when the program shares it among them (graph/arena.hpp).
struct module_keeper {
    void (*keep)(module& m, int change) = nullptr;                  // so many values came or went
    module& (*meeting)(module& a, module& b) = nullptr;             // where nodes of both may meet
    index (*adopt)(module& into, module& from, index n) = nullptr;  // the node of `into` that is node n of `from`
    void (*raise)(module& m) = nullptr;                             // throws the mistake and forgets it
};

// The working graph: pools of nodes, operands, attributes, types, extents, regions. Nodes are immutable, topologically ordered by
// index (an operand has a smaller index than its user), and hash-consed: adding an equal node returns the old one.
//
// Used in constant evaluation and at run time alike. The first mistake is recorded as a sentence and poisons its node; operations on
// poison return poison in silence; who owns the module reports once.
class module {
  public:
    core::pool<node> nodes;
    core::pool<index> args;
    core::pool<std::int64_t> attributes;
    core::pool<tensor_type> types;
    core::pool<extent_expression> extents;
    core::pool<extent> extent_checks; // pairs that must be equal, found by unification; checked once per call
    core::pool<region> regions;
    core::pool<index> region_nodes;
    core::pool<location> locations; // parallel to nodes, outside the hash
    core::pool<const char*> applied; // names of the rewrites applied so far, in order
    core::sentence error;
    location error_place{};
    bool failed = false;
    index simplest = 0; // nodes below are what an optimised graph consisted of
    emitter* smart = nullptr;

    constexpr module() {
        nodes.push({nullptr, nil, 0, 0, 0, 0, 0, 0}); // node 0 is poison
        locations.push({});
    }
    constexpr module(const module&) = delete;
    constexpr module& operator=(const module&) = delete;

    static constexpr index poison = 0;

    constexpr const tensor_type& type_of(index n) const { return types.data[nodes.data[n].type]; }
    constexpr index arg(index n, int k) const { return args.data[nodes.data[n].first_arg + k]; }
    constexpr std::int64_t attribute(index n, int k) const { return attributes.data[nodes.data[n].first_attribute + k]; }

    // The type of one number.
    constexpr index scalar_type(dtype element) {
        index& known = scalar_types_[static_cast<int>(element)];
        if (known == 0) {
            tensor_type t;
            t.element = element;
            known = intern(t) + 1;
        }
        return known - 1;
    }

    constexpr index intern(const tensor_type& t) {
        for (int i = 0; i < types.size; ++i) {
            if (same_type(types.data[i], t)) { return i; }
        }
        return types.push(t);
    }

    // Says that an op has the name of another.
    static constexpr void say_one_name(core::sentence& s, const op_info& op) {
        s << "two different ops have the name " << op.name << ": an op's name must be its own, qualified as in shop.half";
    }

    // Adds a node, or finds the equal one. Operands must be older nodes of this module. All in one function, for most of what is added is
    // new, and in constant evaluation a call with so many arguments costs as much as what it does. So does reading operands[1]: the first
    // two are read once.
    constexpr index add(const op_info& op, index type, const index* operands, int count, const std::int64_t* attrs = nullptr,
                        int attr_count = 0, std::uint64_t bits = 0) {
        const index first = count > 0 ? operands[0] : 0;
        const index second = count > 1 ? operands[1] : 0;
        std::uint32_t h = op.id + static_cast<std::uint32_t>(type);
        if (count > 0) { h = (h + static_cast<std::uint32_t>(first)) * hash_factor_; }
        if (count > 1) { h = (h + static_cast<std::uint32_t>(second)) * hash_factor_; }
        for (int i = 2; i < count; ++i) { h = (h + static_cast<std::uint32_t>(operands[i])) * hash_factor_; }
        if (attr_count > 0 || bits != 0) { h = mixed(h, attrs, attr_count, bits); }
        const index made = nodes.size;
        if (hashed_ < made) { hash_the_rest(); }
        index* const table = table_.data;
        std::uint32_t slot = h >> shift_;
        for (index found = table[slot]; found != 0; found = table[slot]) {
            const node& n = nodes.data[found];
            if (n.hash == h && n.op->id == op.id && n.type == type && n.arg_count == count && n.attribute_count == attr_count &&
                n.bits == bits && !op.facts.opaque) {
                const index* a = args.data + n.first_arg;
                bool equal = count == 0 || (a[0] == first && (count == 1 || a[1] == second));
                for (int i = 2; i < count && equal; ++i) { equal = a[i] == operands[i]; }
                if (attr_count > 0) {
                    const std::int64_t* b = attributes.data + n.first_attribute;
                    for (int i = 0; i < attr_count && equal; ++i) { equal = b[i] == attrs[i]; }
                }
                if (equal) {
                    // Shared libraries have an op_info each for one op; one compilation has not.
                    if (std::is_constant_evaluated() && n.op != &op) { say_one_name(fail(), op); }
                    return found;
                }
            }
            slot = (slot + 1) & mask_;
        }
        if (made == nodes.capacity) { nodes.reserve(made + 1); }
        if (made == locations.capacity) { locations.reserve(made + 1); }
        const index first_arg = args.size;
        nodes.data[made] = {&op, type, first_arg, count, attributes.size, attr_count, bits, h};
        locations.data[made] = meant.file != nullptr ? meant : here;
        table[slot] = made;
        if (count > 0) {
            if (first_arg + count > args.capacity) { args.reserve(first_arg + count); }
            index* a = args.data + first_arg;
            a[0] = first;
            if (count > 1) { a[1] = second; }
            for (int i = 2; i < count; ++i) { a[i] = operands[i]; }
            args.size = first_arg + count;
        }
        if (attr_count > 0) {
            if (attributes.size + attr_count > attributes.capacity) { attributes.reserve(attributes.size + attr_count); }
            std::int64_t* a = attributes.data + attributes.size;
            for (int i = 0; i < attr_count; ++i) { a[i] = attrs[i]; }
            attributes.size += attr_count;
        }
        hashed_ = locations.size = nodes.size = made + 1;
        if (static_cast<std::uint32_t>(made) * 2 + 2 > mask_) { resize_table(made + 1); }
        return made;
    }

    // Adds a node that is known to be different from all others, as those of a stored graph are, whose operands and attributes are the
    // last of their pools. It is hashed when the next is looked for.
    constexpr void append(const op_info& op, index type, int count, int attr_count, std::uint64_t bits) {
        if (nodes.size == nodes.capacity) { nodes.reserve(nodes.size + 1); }
        if (nodes.size == locations.capacity) { locations.reserve(nodes.size + 1); }
        nodes.data[nodes.size] = {&op, type, args.size - count, count, attributes.size - attr_count, attr_count, bits, 0};
        locations.data[nodes.size] = meant.file != nullptr ? meant : here;
        locations.size = ++nodes.size;
    }
    // Room for n nodes, so that they are added without growing anything.
    constexpr void reserve(int n) {
        nodes.reserve(n);
        locations.reserve(n);
        args.reserve(2 * n);
        if (static_cast<std::uint32_t>(n) * 2 > mask_) { resize_table(n); }
    }

    // --- extents -----------------------------------------------------------------------------------------------------------

    constexpr extent extent_of(extent_kind kind, std::int64_t a, std::int64_t b) {
        if (has_operands(kind) && is_known(a) && is_known(b)) {
            return kind == extent_kind::sum ? added(a, b) : kind == extent_kind::product ? multiplied(a, b) : combined(kind, a, b);
        }
        if (kind == extent_kind::product) {
            if (a == 1) { return b; }
            if (b == 1) { return a; }
            if (a == 0 || b == 0) { return 0; }
        }
        if (kind == extent_kind::sum) {
            if (a == 0) { return b; }
            if (b == 0) { return a; }
        }
        if (kind == extent_kind::maximum && a == b) { return a; }
        if (kind == extent_kind::difference) {
            if (b == 0) { return a; }
            if (a == b || a == 0) { return 0; }
            const extent_expression x = is_known(a) ? extent_expression{} : extents.data[-1 - a];
            if (x.kind == extent_kind::sum && (x.a == b || x.b == b)) { return x.a == b ? x.b : x.a; }
            if (x.kind == extent_kind::sum && is_known(x.b) && is_known(b)) { return x.b >= b ? extent_of(extent_kind::sum, x.a, x.b - b) : extent_of(kind, x.a, b - x.b); }
            if (x.kind == extent_kind::difference && is_known(x.b) && is_known(b)) { return extent_of(kind, x.a, added(x.b, b)); }
        }
        if ((kind == extent_kind::sum || kind == extent_kind::product) && b < a) {
            const auto t = a;
            a = b;
            b = t;
        }
        for (int i = 0; i < extents.size; ++i) {
            if (extents.data[i].kind == kind && extents.data[i].a == a && extents.data[i].b == b) { return -1 - i; }
        }
        return -1 - extents.push({kind, a, b});
    }

    // The smaller of two extents.
    constexpr extent smaller(extent a, extent b) { return extent_of(extent_kind::difference, a, extent_of(extent_kind::difference, a, b)); }

    // Number of elements of a type as an extent.
    constexpr extent count_of(const tensor_type& t) {
        extent n = 1;
        for (int k = 0; k < t.rank; ++k) { n = extent_of(extent_kind::product, n, t.extents[k]); }
        return n;
    }

    // The one extent that stands for both, or -- when they are different numbers -- no answer. Different unknown extents are noted
    // as a check to be made once per call.
    constexpr bool unify(extent a, extent b, extent& result) {
        if (a == b) {
            result = a;
            return true;
        }
        if (is_known(a) && is_known(b)) { return false; }
        result = is_known(a) ? a : is_known(b) ? b : (a > b ? a : b);
        for (int i = 0; i + 1 < extent_checks.size; i += 2) {
            if (extent_checks.data[i] == a && extent_checks.data[i + 1] == b) { return true; }
        }
        extent_checks.push(a);
        extent_checks.push(b);
        return true;
    }

    // --- errors ------------------------------------------------------------------------------------------------------------

    // The place in the user's source of the call that is being recorded.
    location here{};
    // While the library makes nodes for one of the user's -- a derivative, what a rewriting puts in its place -- the place of that one: the
    // calls in the library's own files tell nobody anything.
    location meant{};
    constexpr const location& place() const { return meant.file != nullptr ? meant : here; }

    // Starts the sentence of the first mistake. Later mistakes write into a sentence nobody reads.
    constexpr core::sentence& fail() {
        if (failed) {
            scratch_.characters.size = 0;
            return scratch_;
        }
        failed = true;
        error_place = place();
        return error;
    }

    // Set by owners that live at run time: a mistake ends the call that makes it, when the value that would carry it is made.
    bool raises = false;
    const module_keeper* keeper = nullptr;

    // Throws the mistake, with the place of the call in front (see core::raise), and forgets it: the nodes made before stay good.
    [[noreturn]] void raise_mistake() {
        if (keeper != nullptr) { keeper->raise(*this); }
        core::sentence s;
        if (error_place.file != nullptr) { s << error_place.file << ':' << error_place.line << ": "; }
        for (int i = 0; i < error.size(); ++i) { s << error.data()[i]; }
        error.characters.size = 0;
        failed = false;
        core::raise(s.data(), s.size());
    }

    constexpr void print_extent(core::sentence& out, extent e) const {
        if (is_known(e)) {
            out << e;
            return;
        }
        const extent_expression& x = extents.data[-1 - e];
        if (x.kind == extent_kind::input_axis || x.kind == extent_kind::named) {
            if (x.kind == extent_kind::input_axis && axis_name(x) != 0) { core::write_short_name(out, axis_name(x)); }
            else { out << 'n' << (-1 - e); }
            return;
        }
        out << '?';
    }
    // "float64[3, n0]"
    constexpr void print_type(core::sentence& out, const tensor_type& t) const {
        out << name_of(t.element) << '[';
        for (int k = 0; k < t.rank; ++k) {
            if (k) { out << ", "; }
            print_extent(out, t.extents[k]);
        }
        out << ']';
    }

  private:
    core::zeros<index> table_;
    std::uint32_t mask_ = 0;
    int shift_ = 0; // of a hash, to its place
    index hashed_ = 0; // nodes below are in the table
    index scalar_types_[16] = {}; // + 1
    core::sentence scratch_;

    // A sum and a product for each number, and the upper bits of the last product choose the place: numbers of many digits cost a constant
    // evaluation more than all else, for g++ keeps each.
    static constexpr std::uint32_t hash_factor_ = 0x9E3779B1u;
    // The hash of what is neither an operand nor the type, on top of h.
    static constexpr std::uint32_t mixed(std::uint32_t h, const std::int64_t* attrs, int attr_count, std::uint64_t bits) {
        for (int i = 0; i < attr_count; ++i) { h = (h + static_cast<std::uint32_t>(attrs[i] ^ attrs[i] >> 32)) * hash_factor_; }
        return bits != 0 ? (h + static_cast<std::uint32_t>(bits ^ bits >> 32)) * hash_factor_ : h;
    }
    constexpr void insert(index i) {
        std::uint32_t slot = nodes.data[i].hash >> shift_;
        while (table_.data[slot] != 0) { slot = (slot + 1) & mask_; }
        table_.data[slot] = i;
    }
    constexpr void hash_the_rest() {
        if (static_cast<std::uint32_t>(nodes.size) * 2 >= mask_) { resize_table(nodes.size); }
        for (index i = hashed_ > 1 ? hashed_ : 1; i < nodes.size; ++i) {
            node& n = nodes.data[i];
            std::uint32_t h = n.op->id + static_cast<std::uint32_t>(n.type);
            const index* const a = args.data + n.first_arg;
            for (int k = 0; k < n.arg_count; ++k) { h = (h + static_cast<std::uint32_t>(a[k])) * hash_factor_; }
            n.hash = mixed(h, attributes.data + n.first_attribute, n.attribute_count, n.bits);
            insert(i);
        }
        hashed_ = nodes.size;
    }
    // A table for `room` nodes, and as many again.
    constexpr void resize_table(int room) {
        std::uint32_t size = 256;
        shift_ = 24;
        for (; size < static_cast<std::uint32_t>(room) * 4; shift_ -= 2) { size *= 4; }
        table_.assign(static_cast<int>(size));
        mask_ = size - 1;
        for (index i = 1; i < hashed_; ++i) { insert(i); }
    }
};

// Restores what module::meant was, however the scope ends: at run time a mistake is an exception.
class kept_place {
  public:
    constexpr explicit kept_place(module& owner) : m(owner), before_(owner.meant) {}
    kept_place(const kept_place&) = delete;
    kept_place& operator=(const kept_place&) = delete;
    constexpr ~kept_place() { m.meant = before_; }

  private:
    module& m;
    location before_;
};

// --- constants -------------------------------------------------------------------------------------------------------------

// A constant's payload: the bits of a double for floating types (a float32 is held as the double of the same value), the two's
// complement for integers, 0 or 1 for booleans.
constexpr std::uint64_t to_bits(double v) { return std::bit_cast<std::uint64_t>(v); }
constexpr double as_double(dtype t, std::uint64_t bits) {
    return is_floating(t) ? std::bit_cast<double>(bits) : static_cast<double>(static_cast<std::int64_t>(bits));
}
// Integer arithmetic in 64 bits, brought back to the range of t as the program does.
constexpr std::uint64_t wrapped(dtype t, std::uint64_t v) {
    return t == dtype::int32 ? static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int32_t>(v))) : v;
}
// The payload of the number v in element type t, rounded or wrapped as a conversion in C++ would.
constexpr std::uint64_t bits_from(dtype t, double v) {
    if (t == dtype::float32) {
        // Outside float's range a cast is undefined; the result is the infinity of that sign.
        if (v > 3.4028235677973366e38) { return 0x7FF0000000000000u; }
        if (v < -3.4028235677973366e38) { return 0xFFF0000000000000u; }
        return to_bits(static_cast<double>(static_cast<float>(v)));
    }
    if (is_floating(t)) { return to_bits(v); }
    if (t == dtype::boolean) { return v != 0 ? 1u : 0u; }
    if (!(v > -9.2e18 && v < 9.2e18)) { return 0; }
    auto i = static_cast<std::int64_t>(v);
    if (t == dtype::int32) { i = static_cast<std::int32_t>(i); }
    return static_cast<std::uint64_t>(i);
}

} // namespace damo::ir
