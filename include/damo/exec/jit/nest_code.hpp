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

// Machine code for the nests of one program, compiled together: asked for when the tier says so, and put in the place of the interpreted
// nests when it is there. Program has draft() and replace_nest(step, function), as exec/runtime/program.hpp. Safe to use from several
// threads at once. Must live as long as the program is called.
class nest_code {
  public:
    // With compile_first, returns when there is code or it is known that there will be none.
    template <class Program>
    nest_code(const Program& p, tier t, compiler_service& service = default_service()) : service_(service), tier_(t) {
        if (tier_ != tier::compile_first) { return; }
        calls_ = 2;
        request(p);
        wait(p);
    }
    nest_code(const nest_code&) = delete;
    nest_code& operator=(const nest_code&) = delete;

    // To be called in front of each call. A function that is called a second time is thought worth a compiler.
    template <class Program>
    void before_call(const Program& p) {
        if (settled_.load(std::memory_order_acquire)) { return; }
        if (tier_ == tier::interpret) {
            settled_.store(true, std::memory_order_release);
            return;
        }
        const int calls = calls_.load(std::memory_order_relaxed) < 2 ? calls_.fetch_add(1, std::memory_order_acq_rel) : 2;
        if (calls == 1) {
            request(p);
        } else if (calls > 1 && asked_.load(std::memory_order_acquire) && unit_->now() != compiled_unit::state::waiting) { adopt(p); }
    }
    // Returns when the code that was asked for is in place, or cannot be; true if it is.
    template <class Program>
    bool wait(const Program& p) {
        if (!asked_.load(std::memory_order_acquire)) { return false; }
        unit_->wait();
        adopt(p);
        return unit_->now() == compiled_unit::state::ready;
    }

  private:
    compiler_service& service_;
    tier tier_;
    std::atomic<int> calls_{0};
    std::atomic<bool> asked_{false};
    std::atomic<bool> settled_{false};
    unit_handle unit_;
    std::vector<std::pair<int, int>> functions_; // step and number of its function

    template <class Program>
    void request(const Program& p) {
        unit_writer writer;
        std::vector<std::string> names;
        const plan::plan_draft& d = p.draft();
        for (int i = 0; i < d.steps.size; ++i) {
            if (d.steps.data[i].kind != plan::step_kind::nest) { continue; }
            const int number = writer.add_nest(code_of(d), d.steps.data[i]);
            if (number < 0) { continue; }
            functions_.emplace_back(i, number);
            names.push_back(unit_writer::name_of(number));
        }
        if (functions_.empty() || !service_.may_compile()) {
            settled_.store(true, std::memory_order_release);
            return;
        }
        unit_ = service_.compile(writer.source(), std::move(names));
        asked_.store(true, std::memory_order_release);
    }
    template <class Program>
    void adopt(const Program& p) {
        for (const auto& [step, number] : functions_) {
            if (const auto f = unit_->template function<nest_function>(number)) { p.replace_nest(step, f); }
        }
        settled_.store(true, std::memory_order_release);
    }
};

} // namespace damo::exec::jit
