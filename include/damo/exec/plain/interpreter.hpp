// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The oracle of all executors: evaluates a graph node by node with plain loops over row-major arrays. Slow and simple on purpose; it
// shares nothing with the executors but the scalar functors. Tests and the checking mode of compiled functions compare with it.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <damo/ops/all.hpp>
#include <damo/ops/host_call.hpp>
#include <damo/plan/late_counts.hpp>

namespace damo::exec::plain {

using extents = std::vector<std::int64_t>;

inline std::int64_t count(const extents& shape) {
    std::int64_t n = 1;
    for (auto e : shape) { n *= e; }
    return n;
}

// Row-major. Floating elements lie in reals (float32 rounded after each op), integers and booleans in integers.
struct tensor {
    dtype element = dtype::float64;
    extents shape;
    std::vector<double> reals;
    std::vector<std::int64_t> integers;

    tensor() = default;
    tensor(dtype t, extents s) : element(t), shape(std::move(s)) {
        if (damo::is_floating(t)) { reals.resize(static_cast<std::size_t>(count(shape))); }
        else { integers.resize(static_cast<std::size_t>(count(shape))); }
    }
    static tensor of(extents s, std::vector<double> v, dtype t = dtype::float64) {
        tensor x(t, std::move(s));
        if (v.size() != static_cast<std::size_t>(x.size())) { throw std::invalid_argument("tensor: number of elements"); }
        for (std::int64_t i = 0; i < x.size(); ++i) { x.set(i, v[static_cast<std::size_t>(i)]); }
        return x;
    }
    static tensor scalar(double v, dtype t = dtype::float64) { return of({}, {v}, t); }

    std::int64_t size() const { return count(shape); }
    double get(std::int64_t i) const {
        const auto k = static_cast<std::size_t>(i);
        return damo::is_floating(element) ? reals.at(k) : static_cast<double>(integers.at(k));
    }
    std::int64_t get_integer(std::int64_t i) const {
        const auto k = static_cast<std::size_t>(i);
        return damo::is_floating(element) ? static_cast<std::int64_t>(reals.at(k)) : integers.at(k);
    }
    // Stores v as this element type does.
    void set(std::int64_t i, double v) {
        const auto k = static_cast<std::size_t>(i);
        if (element == dtype::float32) { reals.at(k) = static_cast<double>(static_cast<float>(v)); }
        else if (element == dtype::float64) { reals.at(k) = v; }
        else { set_integer(i, element == dtype::boolean ? v != 0 : static_cast<std::int64_t>(v)); }
    }
    void set_integer(std::int64_t i, std::int64_t v) {
        const auto k = static_cast<std::size_t>(i);
        if (damo::is_floating(element)) { set(i, static_cast<double>(v)); }
        else { integers.at(k) = element == dtype::int32 ? static_cast<std::int32_t>(v) : element == dtype::boolean ? v != 0 : v; }
    }
    void copy(std::int64_t i, const tensor& from, std::int64_t j) {
        if (damo::is_floating(element) || element == dtype::boolean) { set(i, from.get(j)); }
        else { set_integer(i, from.get_integer(j)); }
    }
};

// The position in each axis of flat element i.
inline extents positions(const extents& shape, std::int64_t i) {
    extents p(shape.size());
    for (std::size_t k = shape.size(); k-- > 0;) {
        p[k] = i % shape[k];
        i /= shape[k];
    }
    return p;
}
inline std::int64_t flat(const extents& shape, const extents& p) {
    std::int64_t i = 0;
    for (std::size_t k = 0; k < shape.size(); ++k) { i = i * shape[k] + p[k]; }
    return i;
}
// The element of an operand of this shape that an elementwise op or broadcast_to reads for position p.
inline std::int64_t broadcast_flat(const extents& shape, const extents& p) {
    std::int64_t i = 0;
    const std::size_t more = p.size() - shape.size();
    for (std::size_t k = 0; k < shape.size(); ++k) { i = i * shape[k] + (shape[k] == 1 ? 0 : p[k + more]); }
    return i;
}

template <class Op>
concept HasFunctor = requires { damo::functor_for<ops::id_of<Op>>{}; };

// The functor of Op on operands of one element type T, written into element i of out. T is double or std::int64_t; booleans are 0 and 1 of the latter.
template <class Op, class T>
void apply_functor(tensor& out, std::int64_t i, const std::vector<T>& a, bool first) {
    const damo::functor_for<ops::id_of<Op>> f{};
    const auto store = [&](auto r) {
        if constexpr (std::is_same_v<decltype(r), double>) { out.set(i, r); }
        else { out.set_integer(i, r); }
    };
    if constexpr (Op::facts.types == ir::dtype_rule::select) { store(f(first, T(a[1]), T(a[2]))); }
    else if constexpr (std::is_invocable_v<decltype(f), T>) { store(f(T(a[0]))); }
    else {
        auto r = f(T(a[0]), T(a[1]));
        if constexpr (std::is_same_v<decltype(r), T>) {
            for (std::size_t k = 2; k < a.size(); ++k) { r = f(r, T(a[k])); }
        }
        store(r);
    }
}

template <class Op>
void elementwise(tensor& out, const std::vector<const tensor*>& args) {
    const dtype t = args.back()->element;
    const std::size_t n = args.size();
    for (std::int64_t i = 0; i < out.size(); ++i) {
        const extents p = positions(out.shape, i);
        std::vector<std::int64_t> places(n);
        for (std::size_t k = 0; k < n; ++k) { places[k] = broadcast_flat(args[k]->shape, p); }
        const bool first = args[0]->get(places[0]) != 0;
        if (damo::is_floating(t)) {
            std::vector<double> a(n);
            for (std::size_t k = 0; k < n; ++k) { a[k] = args[k]->get(places[k]); }
            apply_functor<Op, double>(out, i, a, first);
        } else if constexpr (Op::facts.types != ir::dtype_rule::floating) {
            std::vector<std::int64_t> a(n);
            for (std::size_t k = 0; k < n; ++k) { a[k] = args[k]->get_integer(places[k]); }
            apply_functor<Op, std::int64_t>(out, i, a, first);
        }
    }
}

// The extents of an operand with the folded axes put back as 1: each element of x goes to one element of that shape.
template <class Op>
void reduction(tensor& out, const tensor& x, std::int64_t mask) {
    const damo::functor_for<ops::id_of<Op>> f{};
    extents kept = x.shape;
    for (std::size_t k = 0; k < kept.size(); ++k) { kept[k] = mask >> k & 1 ? 1 : kept[k]; }
    std::vector<bool> begun(static_cast<std::size_t>(out.size()));
    for (std::int64_t i = 0; i < out.size(); ++i) {
        const bool lowest = !damo::is_floating(out.element) && (Op::facts.identity > 1 || Op::facts.identity < 0);
        if (!lowest) { out.set(i, Op::facts.identity); }
        else { out.set_integer(i, Op::facts.identity < 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max()); }
    }
    for (std::int64_t i = 0; i < x.size(); ++i) {
        const std::int64_t to = broadcast_flat(kept, positions(x.shape, i));
        const auto seen = static_cast<std::size_t>(to);
        if (!begun[seen]) { out.copy(to, x, i); }
        else if (damo::is_floating(x.element)) { out.set(to, f(out.get(to), x.get(i))); }
        else { out.set_integer(to, f(out.get_integer(to), x.get_integer(i))); }
        begun[seen] = true;
    }
}

// Position of the first largest (or smallest) element along the one axis in mask.
inline void position_of_extremum(tensor& out, const tensor& x, std::int64_t mask, bool largest) {
    extents kept = x.shape;
    std::size_t axis = 0;
    while (!(mask >> axis & 1)) { ++axis; }
    kept[axis] = 1;
    for (std::int64_t i = 0; i < out.size(); ++i) {
        extents p = positions(kept, i);
        std::int64_t best = -1;
        double value = 0;
        for (std::int64_t k = 0; k < x.shape[axis]; ++k) {
            p[axis] = k;
            const double v = x.get(flat(x.shape, p));
            const bool better = best < 0 || (value == value && (v != v || (largest ? v > value : v < value)));
            if (better) {
                best = k;
                value = v;
            }
        }
        out.set_integer(i, best < 0 ? 0 : best);
    }
}

inline void matmul(tensor& out, const tensor& a, const tensor& b) {
    const std::size_t ra = a.shape.size();
    const std::size_t rb = b.shape.size();
    const std::int64_t inner = a.shape[ra - 1];
    for (std::int64_t i = 0; i < out.size(); ++i) {
        const extents p = positions(out.shape, i);
        double sum = 0;
        std::int64_t whole = 0;
        for (std::int64_t k = 0; k < inner; ++k) {
            extents pa(p.begin(), p.begin() + static_cast<std::ptrdiff_t>(ra >= 2 ? ra - 1 : 0));
            pa.push_back(k);
            extents pb(p.begin(), p.begin() + static_cast<std::ptrdiff_t>(rb > 2 ? rb - 2 : 0));
            pb.push_back(k);
            if (rb >= 2) { pb.push_back(p.back()); }
            const auto x = flat(a.shape, pa);
            const auto y = flat(b.shape, pb);
            if (damo::is_floating(out.element)) { sum += a.get(x) * b.get(y); }
            else { whole += a.get_integer(x) * b.get_integer(y); }
        }
        if (damo::is_floating(out.element)) { out.set(i, sum); }
        else { out.set_integer(i, whole); }
    }
}

// A function of the program, on the elements as they lie in arrays.
inline void host_call(tensor& out, const std::vector<const tensor*>& args, std::int64_t number) {
    std::vector<std::vector<std::uint64_t>> memory; // room for elements of any type
    const auto array = [&](const tensor& x) {
        memory.emplace_back(static_cast<std::size_t>(x.size()) + 1);
        ops::host_array a;
        a.element = x.element;
        a.rank = static_cast<int>(x.shape.size());
        a.data = memory.back().data();
        std::int64_t stride = 1;
        for (int k = a.rank - 1; k >= 0; --k) {
            a.extents[k] = x.shape[static_cast<std::size_t>(k)];
            a.strides[k] = stride;
            stride *= a.extents[k];
        }
        return a;
    };
    const auto each = [](const tensor& x, void* data, const auto& f) {
        for (std::int64_t i = 0; i < x.size(); ++i) {
            if (x.element == dtype::float64) { f(i, static_cast<double*>(data)[i]); }
            else if (x.element == dtype::float32) { f(i, static_cast<float*>(data)[i]); }
            else if (x.element == dtype::int64) { f(i, static_cast<std::int64_t*>(data)[i]); }
            else if (x.element == dtype::int32) { f(i, static_cast<std::int32_t*>(data)[i]); }
            else { f(i, static_cast<bool*>(data)[i]); }
        }
    };
    std::vector<ops::host_array> operands;
    for (const tensor* x : args) {
        operands.push_back(array(*x));
        each(*x, operands.back().data, [&]<class T>(std::int64_t i, T& e) {
            if constexpr (std::is_floating_point_v<T>) { e = static_cast<T>(x->get(i)); }
            else { e = static_cast<T>(x->get_integer(i)); }
        });
    }
    const ops::host_array result = array(out);
    ops::host_callbacks::at(number).run(operands.data(), result);
    each(out, result.data, [&]<class T>(std::int64_t i, T& e) {
        if constexpr (std::is_floating_point_v<T>) { out.set(i, static_cast<double>(e)); }
        else { out.set_integer(i, static_cast<std::int64_t>(e)); }
    });
}

class interpreter {
  public:
    explicit interpreter(const ir::module& m, std::vector<tensor> inputs) : m_(m), inputs_(std::move(inputs)) {
        if (m.failed) { throw std::runtime_error("the graph is poisoned: " + std::string(m.error.data(), static_cast<std::size_t>(m.error.size()))); }
        bind_extents();
        for (int i = 0; i + 1 < m.extent_checks.size; i += 2) {
            if (!bound(m.extent_checks[i]) || !bound(m.extent_checks[i + 1])) { continue; }
            if (number(m.extent_checks[i]) != number(m.extent_checks[i + 1])) {
                throw std::runtime_error("extents " + std::to_string(number(m.extent_checks[i])) + " and " +
                                         std::to_string(number(m.extent_checks[i + 1])) + " must be equal");
            }
        }
    }
    interpreter(const ir::module& m, std::vector<tensor> inputs, std::vector<std::int64_t> known_extents) : m_(m), inputs_(std::move(inputs)) {
        numbers_ = std::move(known_extents);
        bind_extents();
    }

    const tensor& run(ir::index output) {
        bind_steps(output);
        // Operands are older than their users, so one pass in order of age does it.
        std::vector<bool> needed(static_cast<std::size_t>(output) + 1);
        needed[static_cast<std::size_t>(output)] = true;
        for (ir::index n = output; n > 0; --n) {
            if (!needed[static_cast<std::size_t>(n)]) { continue; }
            for (int k = 0; k < m_.nodes[n].arg_count; ++k) { needed[static_cast<std::size_t>(m_.arg(n, k))] = true; }
        }
        for (ir::index n = 1; n <= output; ++n) {
            if (needed[static_cast<std::size_t>(n)] && !results_.count(n)) { results_.emplace(n, checked(n, evaluate(n))); }
        }
        return results_.at(output);
    }

  private:
    const ir::module& m_;
    std::vector<tensor> inputs_;
    mutable std::vector<std::int64_t> numbers_; // of the extent expressions; -1 unknown
    std::unordered_map<ir::index, tensor> parameters_; // of the region whose body is under way
    mutable std::unordered_map<ir::index, std::vector<tensor>> loops_; // the results of each loop
    std::unordered_map<ir::index, tensor> results_;

    [[noreturn]] void refuse(ir::index n, const std::string& why) const {
        throw std::runtime_error("reference interpreter, node " + std::to_string(n) + " (" + m_.nodes[n].op->name + "): " + why);
    }
    bool bound(ir::extent e) const { return ir::is_known(e) || numbers_[static_cast<std::size_t>(-1 - e)] >= 0; }
    std::int64_t number(ir::extent e) const { return ir::is_known(e) ? e : numbers_.at(static_cast<std::size_t>(-1 - e)); }
    extents shape_of(const ir::tensor_type& t) const {
        extents s;
        for (int k = 0; k < t.rank; ++k) { s.push_back(number(t.extents[k])); }
        return s;
    }

    // Extent symbols from the shapes of the inputs, then sums, products and maxima, whose operands are older.
    void bind_extents() {
        const auto given = numbers_.size();
        numbers_.resize(static_cast<std::size_t>(m_.extents.size), -1);
        for (ir::index n = 1; n < m_.nodes.size && given == 0; ++n) {
            if (m_.nodes[n].op->id != ops::input.id) { continue; }
            const ir::tensor_type& t = m_.type_of(n);
            const tensor& x = inputs_.at(static_cast<std::size_t>(m_.attribute(n, 0)));
            if (x.element != t.element || static_cast<int>(x.shape.size()) != t.rank) { refuse(n, "input of another type"); }
            for (int k = 0; k < t.rank; ++k) {
                const std::int64_t e = x.shape[static_cast<std::size_t>(k)];
                if (ir::is_known(t.extents[k]) ? e != t.extents[k] : bound(t.extents[k]) && e != number(t.extents[k])) {
                    refuse(n, "input of another shape");
                }
                if (!ir::is_known(t.extents[k])) { numbers_[static_cast<std::size_t>(-1 - t.extents[k])] = e; }
            }
        }
        bind_derived(given);
    }
    void bind_derived(std::size_t first) const {
        for (std::size_t i = first; i < numbers_.size(); ++i) {
            const ir::extent_expression& x = m_.extents[static_cast<int>(i)];
            if (x.kind == ir::extent_kind::input_axis && static_cast<std::size_t>(x.a) < inputs_.size()) {
                numbers_[i] = inputs_[static_cast<std::size_t>(x.a)].shape.at(static_cast<std::size_t>(ir::axis_of(x)));
            }
            if (x.kind == ir::extent_kind::input_axis || x.kind == ir::extent_kind::named || !bound(x.a) || !bound(x.b)) { continue; }
            const std::int64_t a = number(x.a);
            const std::int64_t b = number(x.b);
            numbers_[i] = ir::combined(x.kind, a, b);
        }
    }

    // Extents that numbers of steps decide may be asked for before the loop that takes the steps.
    void bind_steps(ir::index output) {
        bool open = false;
        for (int i = 0; i < m_.extents.size; ++i) { open = open || (m_.extents[i].kind == ir::extent_kind::named && numbers_[static_cast<std::size_t>(i)] < 0); }
        if (!open) { return; }
        const core::pool<plan::late_count> counts = plan::late_counts(m_, &output, 1);
        for (int i = 0; i < counts.size; ++i) {
            if (bound(counts.data[i].name)) { continue; }
            numbers_[static_cast<std::size_t>(-1 - counts.data[i].name)] = std::max<std::int64_t>(run(counts.data[i].steps).get_integer(0), 0);
            bind_derived(0);
        }
    }

    tensor checked(ir::index n, tensor t) const {
        if (t.element != m_.type_of(n).element || t.shape != shape_of(m_.type_of(n))) { refuse(n, "result is not of the inferred type"); }
        return t;
    }

    template <class... Op>
    bool by_functor(ir::index n, tensor& out, const std::vector<const tensor*>& args, ops::op_list<Op...>) const {
        bool done = false;
        const auto one = [&]<class O>(ops::op_list<O>) {
            if (done || ops::id_of<O> != m_.nodes[n].op->id) { return; }
            if constexpr (HasFunctor<O>) {
                if constexpr (O::facts.kind == ir::op_kind::elementwise) { elementwise<O>(out, args); }
                else { reduction<O>(out, *args[0], m_.attribute(n, 0)); }
                done = true;
            }
        };
        (one(ops::op_list<Op>{}), ...);
        return done;
    }

    tensor expanded(ir::index n, const std::vector<const tensor*>& args) const {
        ir::module scratch;
        for (int i = 0; i < m_.extents.size; ++i) { scratch.extents.push(m_.extents[i]); }
        std::vector<damo::value> symbols;
        std::vector<tensor> inputs;
        for (std::size_t k = 0; k < args.size(); ++k) {
            symbols.push_back(ops::make_input(scratch, static_cast<int>(k), m_.type_of(m_.arg(n, static_cast<int>(k)))));
            inputs.push_back(*args[k]);
        }
        const damo::value y = m_.nodes[n].op->expansion(symbols.data(), static_cast<int>(symbols.size()), m_, n);
        if (scratch.failed) { refuse(n, "its expansion is refused: " + std::string(scratch.error.data(), static_cast<std::size_t>(scratch.error.size()))); }
        return interpreter(scratch, inputs, numbers_).run(y.node());
    }

    tensor evaluate(ir::index n) const {
        const ir::node& x = m_.nodes[n];
        const std::uint32_t id = x.op->id;
        const auto is = [&]<class Op>(ops::op_list<Op>) { return id == ops::id_of<Op>; };
        if (id == ops::input.id) { return inputs_.at(static_cast<std::size_t>(m_.attribute(n, 0))); }
        if (id == ops::parameter.id) { return parameters_.at(n); }
        if (is(ops::op_list<ops::scan_op>{})) {
            scan(n);
            return {dtype::none, {}};
        }
        if (is(ops::op_list<ops::projection_op>{})) { return loops_.at(m_.arg(n, 0)).at(static_cast<std::size_t>(m_.attribute(n, 0))); }
        tensor out(m_.type_of(n).element, shape_of(m_.type_of(n)));
        if (id == ops::constant.id) {
            if (damo::is_floating(out.element)) { out.set(0, ir::as_double(out.element, x.bits)); }
            else { out.set_integer(0, static_cast<std::int64_t>(x.bits)); }
            return out;
        }
        if (is(ops::op_list<ops::extent_value_op>{})) {
            out.set_integer(0, number(m_.attribute(n, 0)));
            return out;
        }
        std::vector<const tensor*> args;
        for (int k = 0; k < x.arg_count; ++k) { args.push_back(&results_.at(m_.arg(n, k))); }
        if (by_functor(n, out, args, ops::every_op{})) { return out; }
        if (x.op->expansion) { return expanded(n, args); }
        if (args.empty()) { refuse(n, "is unknown"); }
        if (x.op->facts.kind == ir::op_kind::host) {
            host_call(out, args, m_.attribute(n, 0));
            return out;
        }
        const tensor& a = *args[0];
        const auto attribute = [&](std::size_t k) { return number(m_.attribute(n, static_cast<int>(k))); };
        const auto raw = [&](std::size_t k) { return m_.attribute(n, static_cast<int>(k)); };
        if (is(ops::op_list<ops::matmul_op>{})) { matmul(out, a, *args[1]); }
        else if (is(ops::op_list<ops::argmax_op>{})) { position_of_extremum(out, a, raw(0), true); }
        else if (is(ops::op_list<ops::argmin_op>{})) { position_of_extremum(out, a, raw(0), false); }
        else if (is(ops::op_list<ops::one_hot_op>{})) {
            for (std::int64_t i = 0; i < a.size(); ++i) {
                const std::int64_t hot = a.get_integer(i);
                if (hot >= 0 && hot < attribute(0)) { out.set_integer(i * attribute(0) + hot, 1); }
            }
        } else if (is(ops::op_list<ops::pad_zero_op>{})) {
            for (std::int64_t i = 0; i < a.size(); ++i) {
                extents p = positions(a.shape, i);
                for (std::size_t k = 0; k < p.size(); ++k) { p[k] = attribute(3 * k) + p[k] * raw(3 * k + 1); }
                out.copy(flat(out.shape, p), a, i);
            }
        } else {
            for (std::int64_t i = 0; i < out.size(); ++i) { gather(n, out, i, args, is, raw, attribute); }
        }
        return out;
    }

    // The results of a loop: last carries, stacks, and the carries before each step.
    void scan(ir::index n) const {
        const ops::loop_view l(m_, n);
        const std::int64_t wanted = results_.at(l.operand_of(0)).get_integer(0);
        const std::int64_t steps = wanted > 0 ? wanted : 0;
        if (!bound(l.extent)) {
            numbers_[static_cast<std::size_t>(-1 - l.extent)] = steps;
            bind_derived(0);
        }
        if (number(l.extent) != steps) { refuse(n, "as many steps as elements"); }
        std::vector<tensor> results;
        for (int j = 0; j < l.carries; ++j) { results.push_back(results_.at(l.operand_of(1 + j))); }
        const auto stack_of = [&](const ir::tensor_type& t) {
            extents shape = shape_of(t);
            shape.insert(shape.begin(), l.conditional ? 0 : steps);
            return tensor(t.element, shape);
        };
        for (int k = l.carries; k < l.results; ++k) { results.push_back(stack_of(m_.type_of(l.result(k)))); }
        for (int j = 0; j < l.carries; ++j) { results.push_back(stack_of(m_.type_of(l.operand_of(1 + j)))); }
        const auto put = [](tensor& stack, std::int64_t at, const tensor& part) {
            for (std::int64_t i = 0; i < part.size(); ++i) { stack.copy(at * part.size() + i, part, i); }
        };
        for (std::int64_t step = 0; step < steps && (!l.conditional || results[0].get_integer(0) != 0); ++step) {
            const std::int64_t at = l.reversed ? steps - 1 - step : step;
            interpreter body(m_, inputs_, numbers_);
            body.parameters_[l.parameter(0)] = tensor::scalar(static_cast<double>(at), dtype::int64);
            for (int k = 1; k < m_.nodes[n].arg_count; ++k) {
                const tensor& whole = results_.at(l.operand_of(k));
                if (k <= l.carries) { body.parameters_[l.parameter(k)] = results[static_cast<std::size_t>(k - 1)]; }
                else if (k > l.carries + l.sequences) { body.parameters_[l.parameter(k)] = whole; }
                else {
                    tensor element(whole.element, extents(whole.shape.begin() + 1, whole.shape.end()));
                    for (std::int64_t i = 0; i < element.size(); ++i) { element.copy(i, whole, at * element.size() + i); }
                    body.parameters_[l.parameter(k)] = element;
                }
            }
            for (int j = 0; j < l.carries && !l.conditional; ++j) { put(results[static_cast<std::size_t>(l.tape(j))], at, results[static_cast<std::size_t>(j)]); }
            std::vector<tensor> next;
            for (int k = 0; k < l.results; ++k) { next.push_back(body.run(l.result(k))); }
            for (int k = 0; k < l.results; ++k) {
                const auto r = static_cast<std::size_t>(k);
                if (k < l.carries) { results[r] = next[r]; }
                else { put(results[r], at, next[r]); }
            }
        }
        loops_[n] = results;
    }

    // Ops whose every result element is one element of one operand.
    template <class Is, class Raw, class Attribute>
    void gather(ir::index n, tensor& out, std::int64_t i, const std::vector<const tensor*>& args, Is is, Raw raw, Attribute attribute) const {
        const tensor& a = *args[0];
        extents p = positions(out.shape, i);
        if (is(ops::op_list<ops::cast_op>{})) { out.copy(i, a, i); }
        else if (is(ops::op_list<ops::reshape_op>{})) { out.copy(i, a, i); }
        else if (is(ops::op_list<ops::broadcast_to_op>{})) { out.copy(i, a, broadcast_flat(a.shape, p)); }
        else if (is(ops::op_list<ops::transpose_op>{})) {
            extents q(p.size());
            for (std::size_t k = 0; k < p.size(); ++k) { q[static_cast<std::size_t>(raw(k))] = p[k]; }
            out.copy(i, a, flat(a.shape, q));
        } else if (is(ops::op_list<ops::slice_op>{})) {
            for (std::size_t k = 0; k < p.size(); ++k) { p[k] = attribute(3 * k) + p[k] * raw(3 * k + 1); }
            out.copy(i, a, flat(a.shape, p));
        } else if (is(ops::op_list<ops::concatenate_op>{})) {
            const auto axis = static_cast<std::size_t>(raw(0));
            for (const tensor* part : args) {
                if (p[axis] < part->shape[axis]) {
                    out.copy(i, *part, flat(part->shape, p));
                    return;
                }
                p[axis] -= part->shape[axis];
            }
        } else { refuse(n, "is unknown"); }
    }
};

// The outputs of the graph m for the given inputs, in the order of their numbers. Extent symbols are bound from the inputs' shapes.
// Throws std::runtime_error when an input or a check of extents does not fit, or for an op it does not know.
inline std::vector<tensor> interpret(const ir::module& m, const std::vector<ir::index>& outputs, const std::vector<tensor>& inputs) {
    interpreter run(m, inputs);
    std::vector<tensor> results;
    for (ir::index n : outputs) { results.push_back(run.run(n)); }
    return results;
}

} // namespace damo::exec::plain
