// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include <damo/exec/jit/service.hpp>
#include <damo/exec/jit/unit.hpp>
#include <damo/exec/runtime/nest_call.hpp>

namespace damo::exec::jit {

// Machine code for one program, its nests or the numbers it is made of, compiled together: asked for when the tier says so, and put in the
// place of what is interpreted when it is there. Program has draft(), replace_nest(step, function), numbers() and replace_numbers(function),
// as exec/runtime/program.hpp. Safe to use from several threads at once. Must live as long as the program is called.
class machine_code {
  public:
    // With compile_first, returns when there is code or it is known that there will be none.
    template <class Program>
    machine_code(const Program& p, tier t, compiler_service& service = default_service()) : service_(service), tier_(t), worth_(p.numbers() != nullptr ? 1000 : 2) {
        if (tier_ != tier::compile_first) { return; }
        calls_ = worth_;
        request(p);
        wait(p);
    }
    machine_code(const machine_code&) = delete;
    machine_code& operator=(const machine_code&) = delete;

    // To be called in front of each call. A function with arrays is thought worth a compiler when it is called a second time, one of numbers
    // alone, which takes some nanoseconds, when it was called a thousand times.
    template <class Program>
    void before_call(const Program& p) {
        if (!settled_.load(std::memory_order_acquire)) { count_call(p); }
    }
    // Returns when the code that was asked for is in place, or cannot be; true if it is.
    template <class Program>
    bool wait(const Program& p) {
        if (!asked_.load(std::memory_order_acquire)) { return false; }
        unit_->wait();
        adopt(p);
        return unit_->now() == compiled_unit::state::ready;
    }

    // How long the code took from when it was asked for; 0 while there is none.
    double seconds() const { return asked_.load(std::memory_order_acquire) && unit_->now() == compiled_unit::state::ready ? unit_->seconds() : 0; }

  private:
    compiler_service& service_;
    tier tier_;
    int worth_; // calls
    std::atomic<int> calls_{0};
    std::atomic<bool> asked_{false};
    std::atomic<bool> settled_{false};
    unit_handle unit_;
    std::vector<std::pair<int, int>> functions_; // step, or -1 for numbers, and number of its function

    template <class Program>
    void count_call(const Program& p) {
        if (tier_ == tier::interpret) {
            settled_.store(true, std::memory_order_release);
            return;
        }
        const int calls = calls_.load(std::memory_order_relaxed) < worth_ ? calls_.fetch_add(1, std::memory_order_acq_rel) + 1 : worth_ + 1;
        if (calls == worth_) {
            request(p);
        } else if (calls > worth_ && asked_.load(std::memory_order_acquire) && unit_->now() != compiled_unit::state::waiting) { adopt(p); }
    }
    template <class Program>
    void request(const Program& p) {
        unit_writer writer;
        std::vector<std::string> names;
        const auto add = [&](int step, int number) {
            if (number < 0) { return; }
            functions_.emplace_back(step, number);
            names.push_back(unit_writer::name_of(number));
        };
        if (const number_code* const n = p.numbers(); n != nullptr && n->calls.size() <= most_calls) { add(-1, writer.add_numbers(*n)); }
        const plan::plan_draft& d = p.draft();
        for (int i = 0; i < d.steps.size; ++i) {
            if (d.steps.data[i].kind == plan::step_kind::nest) { add(i, writer.add_nest(code_of(d), d.steps.data[i])); }
        }
        if (functions_.empty() || !service_.may_compile()) {
            settled_.store(true, std::memory_order_release);
            return;
        }
        unit_ = service_.compile(writer.source(), std::move(names));
        asked_.store(true, std::memory_order_release);
    }
    static constexpr std::size_t most_calls = 20000; // of numbers; more keep a compiler busy for longer than they are worth
    template <class Program>
    void adopt(const Program& p) {
        for (const auto& [step, number] : functions_) {
            if (step >= 0) {
                if (const auto f = unit_->template function<nest_function>(number)) { p.replace_nest(step, f); }
            } else if (const auto f = unit_->template function<number_function>(number)) { p.replace_numbers(f); }
        }
        settled_.store(true, std::memory_order_release);
    }
};

} // namespace damo::exec::jit
