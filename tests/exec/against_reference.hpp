// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Runs a function's array kernels on inputs of many layouts and compares with the reference interpreter on the graph as it was traced.

#include "catch.hpp"
#include "reference/interpreter.hpp"

#include <damo/exec/static/array.hpp>
#include <damo/expr/function.hpp>

#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace reference {

using damo::exec::raw_view;

// How an array lies in memory.
enum class layout { row_major, spread, reversed, column_major };
inline constexpr layout layouts[] = {layout::row_major, layout::spread, layout::reversed, layout::column_major};

// Memory for one array, at an address that is a multiple of its element but of nothing more.
class placed {
  public:
    placed(const tensor& t, layout how) : element_(t.element), shape_(t.shape), bytes_(damo::size_of(t.element)) {
        const std::size_t rank = t.shape.size();
        std::int64_t size = 1;
        std::vector<std::size_t> order;
        for (std::size_t k = 0; k < rank; ++k) { order.push_back(how == layout::column_major ? k : rank - 1 - k); }
        const std::int64_t gap = how == layout::spread ? 3 : 1;
        for (std::size_t k : order) {
            view.extents[k] = t.shape[k];
            view.strides[k] = size * gap;
            size *= t.shape[k] > 0 ? t.shape[k] : 1;
        }
        memory_.assign(static_cast<std::size_t>((size * gap + 2) * bytes_), 0x5A);
        char* first = memory_.data() + bytes_;
        if (how == layout::reversed) {
            for (std::size_t k = 0; k < rank; ++k) {
                if (t.shape[k] > 0) { first += (t.shape[k] - 1) * view.strides[k] * bytes_; }
                view.strides[k] = -view.strides[k];
            }
        }
        view.data = first;
        for (std::int64_t i = 0; i < t.size(); ++i) { write(i, t); }
    }
    tensor read() const {
        tensor t(element_, shape_);
        for (std::int64_t i = 0; i < t.size(); ++i) {
            const char* p = address(i);
            if (element_ == dtype::float64) { t.set(i, get<double>(p)); }
            else if (element_ == dtype::float32) { t.set(i, static_cast<double>(get<float>(p))); }
            else if (element_ == dtype::int64) { t.set_integer(i, get<std::int64_t>(p)); }
            else if (element_ == dtype::int32) { t.set_integer(i, get<std::int32_t>(p)); }
            else { t.set_integer(i, *p); }
        }
        return t;
    }
    raw_view view;

  private:
    dtype element_;
    extents shape_;
    std::int64_t bytes_;
    std::vector<char> memory_;

    template <class T>
    static T get(const char* p) {
        T x;
        std::memcpy(&x, p, sizeof x);
        return x;
    }
    char* address(std::int64_t i) const {
        const extents p = positions(shape_, i);
        char* at = static_cast<char*>(view.data);
        for (std::size_t k = 0; k < p.size(); ++k) { at += p[k] * view.strides[k] * bytes_; }
        return at;
    }
    template <class T>
    void put(std::int64_t i, T x) {
        std::memcpy(address(i), &x, sizeof x);
    }
    void write(std::int64_t i, const tensor& t) {
        if (element_ == dtype::float64) { put(i, t.get(i)); }
        else if (element_ == dtype::float32) { put(i, static_cast<float>(t.get(i))); }
        else if (element_ == dtype::int64) { put(i, t.get_integer(i)); }
        else if (element_ == dtype::int32) { put(i, static_cast<std::int32_t>(t.get_integer(i))); }
        else { put(i, t.get_integer(i) != 0); }
    }
};

// Numbers of both signs, integers of both signs and small.
inline tensor some(dtype t, const extents& shape, unsigned seed) {
    std::mt19937 dice(seed);
    tensor x(t, shape);
    std::uniform_real_distribution<double> real(-2, 2);
    std::uniform_int_distribution<int> whole(-3, 5);
    for (std::int64_t i = 0; i < x.size(); ++i) { x.set(i, damo::is_floating(t) ? real(dice) : whole(dice)); }
    return x;
}

inline bool close(double a, double b, double tolerance) {
    if (std::isnan(a) || std::isnan(b)) { return std::isnan(a) && std::isnan(b); }
    if (a == b) { return true; }
    return std::fabs(a - b) <= tolerance * (1 + std::fabs(b));
}

template <class F>
using kernels = damo::exec::array_code<damo::lowered_graph<std::remove_cvref_t<F>>>;

template <class F>
void check_on(const std::vector<tensor>& in, int first_layout, layout out_layout) {
    using code = kernels<F>;
    ir::module m;
    ir::index outputs[std::remove_cvref_t<F>::output_count] = {};
    ir::load(damo::traced_graph<std::remove_cvref_t<F>>::stored, m, outputs);
    const std::vector<tensor> wanted = interpret(m, {outputs, outputs + std::remove_cvref_t<F>::output_count}, in);
    std::vector<placed> arguments;
    std::vector<raw_view> argument_views;
    for (std::size_t i = 0; i < in.size(); ++i) {
        const auto how = first_layout == 4 ? layouts[i % 4] : layouts[first_layout];
        arguments.emplace_back(in[i], how);
    }
    for (const placed& p : arguments) { argument_views.push_back(p.view); }
    REQUIRE(damo::exec::failed_check<code>(argument_views.data()) == -1);
    std::vector<placed> results;
    std::vector<raw_view> result_views;
    for (std::size_t o = 0; o < wanted.size(); ++o) {
        std::int64_t e[damo::max_rank] = {};
        damo::exec::output_extents<code>(argument_views.data(), static_cast<int>(o), e);
        for (std::size_t k = 0; k < wanted[o].shape.size(); ++k) { REQUIRE(e[k] == wanted[o].shape[k]); }
        results.emplace_back(tensor(wanted[o].element, wanted[o].shape), out_layout);
    }
    for (const placed& p : results) { result_views.push_back(p.view); }
    const auto bytes = static_cast<std::size_t>(damo::exec::workspace_bytes<code>(argument_views.data()));
    std::vector<char> workspace(bytes + 128, 0x77);
    char* aligned = workspace.data() + (64 - reinterpret_cast<std::uintptr_t>(workspace.data()) % 64);
    damo::exec::run<code>(argument_views.data(), result_views.data(), aligned);
    for (std::size_t i = bytes; i < bytes + 32; ++i) { REQUIRE(aligned[i] == 0x77); }
    for (std::size_t o = 0; o < wanted.size(); ++o) {
        const tensor got = results[o].read();
        const double tolerance = wanted[o].element == dtype::float32 ? 2e-5 : 1e-11;
        int wrong = 0;
        for (std::int64_t i = 0; i < got.size(); ++i) {
            if (close(got.get(i), wanted[o].get(i), tolerance)) { continue; }
            if (++wrong == 1) {
                UNSCOPED_INFO("output " << o << " element " << i << " of " << got.size() << ": " << got.get(i) << " instead of " << wanted[o].get(i)
                                        << ", layouts " << first_layout << ' ' << static_cast<int>(out_layout));
            }
        }
        CHECK(wrong == 0);
    }
}

// Every layout of the inputs, and two of the outputs.
template <class F>
void agrees_on(F, const std::vector<tensor>& in) {
    for (int l = 0; l < 5; ++l) { check_on<F>(in, l, l % 2 ? layout::spread : layout::row_major); }
}

// The same for inputs of these shapes.
template <class F>
void agrees(F f, const std::vector<extents>& shapes) {
    ir::module m;
    ir::index outputs[std::remove_cvref_t<F>::output_count] = {};
    ir::load(damo::traced_graph<std::remove_cvref_t<F>>::stored, m, outputs);
    std::vector<tensor> in(shapes.size());
    for (ir::index n = 1; n < m.nodes.size; ++n) {
        if (m.nodes[n].op->id != ops::input.id) { continue; }
        const auto k = static_cast<std::size_t>(m.attribute(n, 0));
        in.at(k) = some(m.type_of(n).element, shapes.at(k), static_cast<unsigned>(k + 1));
    }
    agrees_on(f, in);
}

} // namespace reference
