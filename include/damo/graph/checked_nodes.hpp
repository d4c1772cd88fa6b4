// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <damo/graph/graph_file.hpp>
#include <damo/ops/all.hpp>

namespace damo::detail::files {

// A name from a file for a sentence: short, and without what a terminal would obey.
inline std::string printable(const std::string& name) {
    std::string out = "\"";
    for (std::size_t i = 0; i < name.size() && i < 60; ++i) { out += name[i] >= ' ' && name[i] < '\x7F' ? name[i] : '?'; }
    return out + (name.size() > 60 ? "...\"" : "\"");
}

// The same text in memory that stays: places in the source outlive every graph. At most a million bytes of them are kept, whatever files say.
inline const char* lasting_name(const std::string& name) {
    static std::mutex lock;
    static std::unordered_set<std::string>* kept = new std::unordered_set<std::string>;
    static std::size_t bytes = 0;
    const std::lock_guard<std::mutex> held(lock);
    const auto found = kept->find(name);
    if (found != kept->end()) { return found->c_str(); }
    if (bytes + name.size() > 1'000'000) { return "a stored graph"; }
    bytes += name.size();
    return kept->insert(name).first->c_str();
}

// Makes the nodes that somebody asks for who is not trusted. What is made could have been made by the op functions: operands are older
// nodes, attributes are valid, types are those that the ops infer, regions are closed, extents follow from the inputs. Refuses the rest.
class checked_nodes {
  public:
    explicit checked_nodes(int input_count) : m_(std::make_unique<ir::module>()), inputs_(static_cast<std::size_t>(input_count), 0) {}

    void add_extent(std::uint32_t kind, std::int64_t a, std::int64_t b) {
        const auto k = static_cast<ir::extent_kind>(kind);
        bool good = kind <= static_cast<std::uint32_t>(ir::extent_kind::difference);
        if (k == ir::extent_kind::input_axis) { good = good && a >= 0 && a < static_cast<std::int64_t>(inputs_.size()) && b >= 0; }
        else if (k == ir::extent_kind::named) { good = good && a >= 0 && b == 0; }
        else { good = good && is_extent(a) && is_extent(b); }
        const int before = m_->extents.size;
        if (!good || m_->extent_of(k, a, b) != -1 - before) { refuse("an extent in the file of a graph does not exist, or stands there twice"); }
    }
    void add_check(std::int64_t a, std::int64_t b) {
        if (!is_extent(a) || !is_extent(b)) { refuse("a check of extents in the file of a graph names one that does not exist"); }
        m_->extent_checks.push(a);
        m_->extent_checks.push(b);
    }
    void add_type(const ir::tensor_type& t) {
        bool good = t.element == dtype::none ? t.rank == 0 : is_computable(t.element);
        std::int64_t elements = 1;
        for (int k = 0; k < t.rank; ++k) {
            good = good && is_extent(t.extents[k]);
            if (ir::is_known(t.extents[k]) && t.extents[k] > 0) { elements = ir::multiplied(elements, t.extents[k]); }
        }
        const int before = m_->types.size;
        if (!good || elements > largest_array || m_->intern(t) != before) { refuse("a type in the file of a graph does not exist, or stands there twice"); }
    }
    void add_region(const std::vector<std::uint32_t>& nodes, std::size_t parameters) {
        ir::region r;
        r.first_parameter = m_->region_nodes.size;
        r.parameter_count = static_cast<ir::index>(parameters);
        for (const std::uint32_t n : nodes) { m_->region_nodes.push(static_cast<ir::index>(n & 0x7FFFFFFFu)); }
        r.first_result = r.first_parameter + r.parameter_count;
        r.result_count = static_cast<ir::index>(nodes.size() - parameters);
        m_->regions.push(r);
    }
    void expect(std::uint32_t node_count) {
        home_.assign(node_count + 1u, anywhere);
        region_of_.assign(node_count + 1u, 0);
        used_.assign(static_cast<std::size_t>(m_->regions.size), false);
        height_.assign(static_cast<std::size_t>(m_->regions.size), 0);
        for (int r = 0; r < m_->regions.size; ++r) {
            for (int k = 0; k < m_->regions.data[r].parameter_count; ++k) {
                const auto p = static_cast<std::size_t>(ir::region_parameter(*m_, r, k));
                if (p == 0 || p > node_count || region_of_[p] != 0) { refuse("a region in the file of a graph has a parameter that does not exist, or is another's too"); }
                region_of_[p] = r + 1;
            }
        }
    }

    void add(const ir::op_info& op, std::uint32_t type, const std::vector<ir::index>& args, const std::vector<std::int64_t>& attributes, std::uint64_t bits) {
        ir::module& m = *m_;
        n_ = m.nodes.size;
        op_ = &op;
        if (type >= static_cast<std::uint32_t>(m.types.size)) { fail("has no type"); }
        const auto t = static_cast<ir::index>(type);
        int home = anywhere;
        for (const ir::index a : args) {
            if (a <= 0 || a >= n_) { fail("has an operand that is not an older node"); }
            const bool of_loop = ir::has_region(m.nodes.data[a]);
            if (of_loop != (op.facts.kind == ir::op_kind::projection)) { fail("works on a loop instead of one of its results, or takes a result of what is no loop"); }
            const int h = home_[static_cast<std::size_t>(a)];
            if (h != anywhere && home != anywhere && h != home) { fail("uses what lies inside a loop and what lies outside of it"); }
            if (h != anywhere) { home = h; }
        }
        for (std::size_t k = 0; k < attributes.size(); ++k) {
            if (ir::is_extent_attribute(op.facts, static_cast<int>(k)) && !is_extent(attributes[k])) { fail("has an extent that does not exist"); }
        }
        if ((region_of_[static_cast<std::size_t>(n_)] != 0) != (op.id == ir::parameter_id)) { fail("is the parameter of a region in one place and not in another"); }
        const ir::call call{m, op, args.data(), static_cast<int>(args.size()), attributes.data(), static_cast<int>(attributes.size())};
        if (op.facts.kind == ir::op_kind::leaf && op.infer == nullptr) { home = check_leaf(call, t, bits); }
        else { check_op(call, t); }
        if (op.facts.kind == ir::op_kind::loop) { check_loop(call, home); }
        if (m.add(op, t, args.data(), call.count, attributes.data(), call.attribute_count, bits) != n_) { fail("stands in the file twice"); }
        home_[static_cast<std::size_t>(n_)] = home;
    }

    bool knows(ir::index n) const { return n > 0 && n < m_->nodes.size; }
    const ir::tensor_type& type_of(ir::index n) const { return m_->type_of(n); }
    ir::index output(std::uint32_t n) const {
        if (n == 0 || n >= static_cast<std::uint32_t>(m_->nodes.size) || home_[n] > 0 || ir::has_region(m_->nodes.data[n])) { refuse("a result in the file of a graph does not exist, or lies inside a loop"); }
        return static_cast<ir::index>(n);
    }
    void locate(std::uint32_t n, ir::location place) { m_->locations.data[n + 1] = place; }

    // The nodes, when all are there.
    std::unique_ptr<ir::module> finish() {
        for (std::size_t i = 0; i < inputs_.size(); ++i) {
            if (inputs_[i] == 0) { refuse("the file of a graph lacks input " + std::to_string(i)); }
        }
        for (std::size_t n = static_cast<std::size_t>(m_->nodes.size); n < region_of_.size(); ++n) {
            if (region_of_[n] != 0) { refuse("a region in the file of a graph has a parameter that does not exist"); }
        }
        if (!open_steps_.empty()) { refuse("a loop in the file of a graph has a number of steps that nothing gives"); }
        check_extents();
        return std::move(m_);
    }

  private:
    static constexpr std::int64_t largest_array = std::int64_t{1} << 47; // elements
    static constexpr int anywhere = 0; // made of constants alone
    static constexpr int outside = -1; // depends on inputs; above 0: on the parameters of region home - 1

    std::unique_ptr<ir::module> m_;
    std::vector<ir::index> inputs_;   // the node of each
    std::vector<int> home_;           // of each node
    std::vector<ir::index> region_of_; // of each parameter, + 1
    std::vector<bool> used_;          // whether a loop has this region
    std::vector<int> height_;         // how deep loops inside it are nested
    std::unordered_map<std::int64_t, ir::index> steps_of_; // of a named extent that a loop gives: the node of the number of steps
    std::unordered_map<ir::index, ir::extent> open_steps_; // of a parameter that is a number of steps: what the loop stacks
    ir::index n_ = 0;                 // the node under way
    const ir::op_info* op_ = nullptr;

    [[noreturn]] void fail(const std::string& what) const { refuse("node " + std::to_string(n_) + " in the file of a graph, " + op_->name + ", " + what); }
    bool is_extent(std::int64_t e) const { return e >= 0 || -1 - e < m_->extents.size; }

    int check_leaf(const ir::call& c, ir::index type, std::uint64_t bits) {
        const ir::tensor_type& t = m_->types.data[type];
        const std::int64_t* a = c.attributes;
        if (c.count != 0 || t.element == dtype::none) { fail("is a leaf with operands or without a type"); }
        if (op_->id == ir::input_id) {
            if (c.attribute_count != 1 || a[0] < 0 || a[0] >= static_cast<std::int64_t>(inputs_.size()) || inputs_[static_cast<std::size_t>(a[0])] != 0) { fail("has a number that no input has, or that another has too"); }
            inputs_[static_cast<std::size_t>(a[0])] = n_;
            return outside;
        }
        if (op_->id == ir::parameter_id) {
            const ir::index r = region_of_[static_cast<std::size_t>(n_)];
            if (c.attribute_count != 2 || a[0] != r - 1 || a[1] < 0) { fail("belongs to another region"); }
            return r;
        }
        if (c.attribute_count != 0 || t.rank != 0 || op_->id != ops::constant.id) { fail("is no leaf that files hold"); }
        // The bits of a number of its type, as the library keeps them.
        const bool number = t.element == dtype::float64   ? true
                            : t.element == dtype::float32 ? is_float(bits)
                            : t.element == dtype::boolean ? bits <= 1
                                                          : bits == ir::wrapped(t.element, bits);
        if (!number) { fail("has bits that are no number of its type"); }
        return anywhere;
    }
    static bool is_float(std::uint64_t bits) {
        const double v = ir::as_double(dtype::float64, bits);
        return v != v || ir::bits_from(dtype::float32, v) == bits;
    }

    void check_op(const ir::call& c, ir::index type) {
        ir::module& m = *m_;
        const ir::op_facts& f = op_->facts;
        if (op_->infer == nullptr || op_->valid == nullptr) { fail("is an op that files cannot hold"); }
        if (f.arity >= 0 ? c.count != f.arity : c.count < 1) { fail("has the wrong number of operands"); }
        const auto element = [&](int k) { return m.type_of(c.args[k]).element; };
        const int first = f.types == ir::dtype_rule::select ? 1 : 0;
        bool good = first == 0 || element(0) == dtype::boolean;
        for (int k = first; k < c.count && f.types != ir::dtype_rule::custom; ++k) {
            good = good && element(k) == element(first) && (f.types != ir::dtype_rule::floating || is_floating(element(k))) &&
                   (f.types != ir::dtype_rule::logical || element(k) == dtype::boolean);
        }
        if (!good) { fail("has operands of the wrong element types"); }
        if (!op_->valid(c)) { fail("has attributes or operands that its op does not allow"); }
        const ir::index inferred = op_->infer(c);
        if (m.failed || inferred == ir::nil) {
            const std::string sentence(m.error.data(), static_cast<std::size_t>(m.error.size()));
            fail("is mistaken: " + sentence);
        }
        if (inferred != type && !same_but_for_names(m.types.data[inferred], m.types.data[type])) { fail("has another type than its op gives"); }
    }
    // Whether two types differ only in extents that each call checks to be equal.
    bool same_but_for_names(const ir::tensor_type& a, const ir::tensor_type& b) const {
        bool same = a.element == b.element && a.rank == b.rank;
        for (int k = 0; k < a.rank && same; ++k) {
            bool equal = a.extents[k] == b.extents[k];
            for (int i = 0; i + 1 < m_->extent_checks.size && !equal; i += 2) {
                const ir::extent x = m_->extent_checks.data[i];
                const ir::extent y = m_->extent_checks.data[i + 1];
                equal = (x == a.extents[k] && y == b.extents[k]) || (x == b.extents[k] && y == a.extents[k]);
            }
            same = equal;
        }
        return same;
    }

    // What op_info::valid does not see of a loop: that its region is closed, and nobody else's.
    void check_loop(const ir::call& c, int home) {
        const auto r = static_cast<std::size_t>(c.attributes[0]);
        if (used_[r]) { fail("has the region of another loop"); }
        used_[r] = true;
        const ir::region& x = m_->regions.data[r];
        for (int k = 0; k < x.result_count; ++k) {
            const auto result = static_cast<std::size_t>(m_->region_nodes.data[x.first_result + k]);
            const int h = home_[result];
            if (h != anywhere && h != static_cast<int>(r) + 1) { fail("has a result that lies outside of it"); }
        }
        for (int k = 0; k < x.parameter_count; ++k) {
            if (home_[static_cast<std::size_t>(m_->region_nodes.data[x.first_parameter + k])] != static_cast<int>(r) + 1) { fail("has the parameter of another region"); }
        }
        const int height = height_[r] + 1;
        if (height > deepest_nesting) { fail("is nested more than " + std::to_string(deepest_nesting) + " deep"); }
        if (home > 0 && height_[static_cast<std::size_t>(home - 1)] < height) { height_[static_cast<std::size_t>(home - 1)] = height; }
        check_steps(c.args[0], c.attributes[3]);
        for (int k = 0; k < x.parameter_count; ++k) {
            const auto open = open_steps_.find(m_->region_nodes.data[x.first_parameter + k]);
            if (open == open_steps_.end()) { continue; }
            const ir::extent e = open->second;
            open_steps_.erase(open);
            if (k <= c.attributes[1] + c.attributes[2]) { require_name(e); } // another number in every step
            else { check_steps(c.args[k], e); }
        }
    }
    // That a loop of `steps` steps stacks an extent e. What a parameter stands for is seen when its own loop is.
    void check_steps(ir::index steps, ir::extent e) {
        const std::uint32_t op = m_->nodes.data[steps].op->id;
        if (!ops::scan_op::gives_steps(*m_, steps, e)) { fail("stacks another number of steps than there are"); }
        if (op == ir::parameter_id) {
            if (open_steps_.emplace(steps, e).first->second != e) { fail("has the extent of a loop of another number of steps"); }
        } else if (op != ops::id_of<ops::extent_value_op> && !ir::is_known(e) && steps_of_.emplace(e, steps).first->second != steps) {
            fail("has the extent of a loop of another number of steps");
        }
    }
    void require_name(ir::extent e) {
        if (ir::is_known(e) || m_->extents.data[-1 - e].kind != ir::extent_kind::named || !steps_of_.emplace(e, n_).second) { fail("stacks another number of steps than there are"); }
    }

    // Every extent that a type or attribute uses follows from the inputs, or from the steps of a loop.
    void check_extents() const {
        const ir::module& m = *m_;
        std::vector<bool> known(static_cast<std::size_t>(m.extents.size), false);
        const auto follows = [&](ir::extent e) { return ir::is_known(e) || known[static_cast<std::size_t>(-1 - e)]; };
        for (const auto& [e, steps] : steps_of_) { known[static_cast<std::size_t>(-1 - e)] = true; }
        const auto each_axis = [&](const auto& f) {
            for (const ir::index n : inputs_) {
                const ir::tensor_type& t = m.type_of(n);
                for (int k = 0; k < t.rank; ++k) {
                    if (!ir::is_known(t.extents[k])) { f(n, k, t.extents[k], m.extents.data[-1 - t.extents[k]]); }
                }
            }
        };
        each_axis([&](ir::index n, int k, ir::extent e, const ir::extent_expression& x) {
            if (x.kind == ir::extent_kind::input_axis && x.a == m.attribute(n, 0) && ir::axis_of(x) == k) { known[static_cast<std::size_t>(-1 - e)] = true; }
        });
        // Where axes of inputs have one name, a compiled function has the extent of the first for all.
        each_axis([&](ir::index, int, ir::extent e, const ir::extent_expression& x) {
            const bool named = x.kind == ir::extent_kind::named && steps_of_.count(e) == 0;
            if (!named && (x.kind != ir::extent_kind::input_axis || !follows(e))) { refuse("the extents of an input in the file of a graph are not its own"); }
            known[static_cast<std::size_t>(-1 - e)] = true;
        });
        for (int i = 0; i < m.extents.size; ++i) {
            const ir::extent_expression& x = m.extents.data[i];
            if (x.kind > ir::extent_kind::named) { known[static_cast<std::size_t>(i)] = follows(x.a) && follows(x.b); }
        }
        for (ir::index n = 1; n < m.nodes.size; ++n) {
            const ir::node& x = m.nodes.data[n];
            const ir::tensor_type& t = m.type_of(n);
            bool good = true;
            for (int k = 0; k < t.rank; ++k) { good = good && follows(t.extents[k]); }
            for (int k = 0; k < x.attribute_count; ++k) { good = good && (!ir::is_extent_attribute(x.op->facts, k) || follows(m.attribute(n, k))); }
            if (!good) { refuse("node " + std::to_string(n) + " in the file of a graph has an extent that follows from no input"); }
        }
    }
};

} // namespace damo::detail::files
