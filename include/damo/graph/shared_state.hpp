// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <damo/core/any_array.hpp>
#include <damo/graph/input.hpp>

namespace damo::detail::graph {

// What a shared variable holds.
struct shared_state {
    any_array now;
    any_array next; // where an update is written, before the two are exchanged
    leaf_pointer about;
    value default_update;
    std::atomic<std::uint32_t> users{0}; // how many read it, and the bits of variable_uses
};
using state_pointer = std::shared_ptr<shared_state>;

// Which variables each thread uses, borrowed or by calls of functions that are not over: many may read one, or one may change it. Readers go
// before those that wait to change. No thread waits for itself, or closes a circle of threads that wait for each other.
class variable_uses {
  public:
    // What makes a thread wait for ever.
    struct obstacle {
        const shared_state* mine = nullptr; // this thread uses it; null where nothing is in the way
        bool circle = false;                // others wait for it, and have what this thread wants
    };

    // How many uses this thread has.
    static std::size_t count() { return this_thread().all.size(); }
    // Waits until this thread may use s, unless that would be for ever. What is taken is given back, by the same thread. s is none of the
    // variables in use but, at most, one of the first `others`.
    [[nodiscard]] static obstacle try_take(shared_state& s, bool changes, std::size_t others) {
        thread& me = this_thread();
        for (std::size_t i = 0; i < others; ++i) {
            if (me.all[i].of == &s && (changes || me.all[i].changes)) { return {&s, false}; }
        }
        if (me.all.size() == me.all.capacity()) { me.all.reserve(2 * me.all.size() + 8); } // what is taken can be written down
        if (!take_free(s, changes)) {
            if (const shared_state* const mine = wait(me, s, changes)) { return {mine, true}; }
        }
        me.all.push_back({&s, changes});
        return {};
    }
    // Ends the call where try_take gives up.
    static void take(shared_state& s, bool changes, const char* call) {
        if (const obstacle o = try_take(s, changes, count()); o.mine != nullptr) { refuse(o, s, changes, call); }
    }
    static void give_back(shared_state& s, bool changes) {
        std::vector<use>& all = this_thread().all;
        for (std::size_t i = all.size(); i-- > 0;) {
            if (all[i].of != &s) { continue; }
            all.erase(all.begin() + static_cast<std::ptrdiff_t>(i));
            break;
        }
        if ((s.users.fetch_sub(changes ? changed : 1, std::memory_order_release) & awaited) == 0) { return; }
        const std::lock_guard<std::mutex> lock(waiting().mutex); // who has seen that s is taken sleeps by now
        waiting().changed.notify_all();
    }
    [[noreturn]] static void refuse(const obstacle& o, const shared_state& s, bool changes, const char* call) {
        mistake m;
        m.kind = mistake_kind::update;
        m.sentence = std::string(call) + " would wait for ever: ";
        if (o.circle) { m.sentence += "the shared variable \"" + s.about->name + "\" is used by a thread that waits, itself or behind others, until this thread lets go of \"" + o.mine->about->name + "\", which it uses"; }
        else { m.sentence += std::string("this thread ") + (changes ? "uses" : "updates") + " the shared variable \"" + s.about->name + '"'; }
        m.sentence += " at the moment, in a call that is not over or by borrow(): let go of it first";
        m.op = ops::input.name;
        if (s.about->place.file != nullptr) {
            m.file = s.about->place.file;
            m.line = s.about->place.line;
        }
        raise(std::move(m));
    }

  private:
    // Bits of shared_state::users.
    static constexpr std::uint32_t changed = 1u << 30; // one changes it
    static constexpr std::uint32_t awaited = 1u << 31; // somebody waits for it

    struct use {
        const shared_state* of;
        bool changes;
    };
    struct thread {
        std::vector<use> all;
        // What it waits for, under the lock of `waiting`.
        const shared_state* wants = nullptr;
        bool changes = false;
        bool seen = false;
        // Whether another that wants s has to wait for this one.
        const shared_state* in_the_way(const shared_state* s, bool to_change) const {
            for (const use& u : all) {
                if (u.of == s && (to_change || u.changes)) { return s; }
            }
            return nullptr;
        }
    };
    struct waiting_threads {
        std::mutex mutex;
        std::condition_variable changed;
        std::vector<thread*> all;
    };

    static thread& this_thread() {
        static thread_local thread t;
        return t;
    }
    // Never destroyed: threads may wait while the program ends.
    static waiting_threads& waiting() {
        static auto* const w = new waiting_threads;
        return *w;
    }
    static bool take_free(shared_state& s, bool changes) {
        std::uint32_t now = s.users.load(std::memory_order_relaxed);
        while ((now & (changes ? ~awaited : changed)) == 0) {
            if (s.users.compare_exchange_weak(now, now + (changes ? changed : 1), std::memory_order_acquire, std::memory_order_relaxed)) { return true; }
        }
        return false;
    }
    // Takes s when it is free. Null, or what this thread uses where it would wait in a circle. Such a circle has no other threads than those that
    // wait, which neither take nor give back anything, so the last of them sees it whole.
    static const shared_state* wait(thread& me, shared_state& s, bool changes) {
        waiting_threads& w = waiting();
        std::unique_lock<std::mutex> lock(w.mutex);
        s.users.fetch_or(awaited, std::memory_order_relaxed);
        me.wants = &s;
        me.changes = changes;
        w.all.push_back(&me);
        const shared_state* const mine = circle(w, me);
        while (mine == nullptr && !take_free(s, changes)) { w.changed.wait(lock); }
        std::erase(w.all, &me);
        bool others = false;
        for (const thread* t : w.all) { others = others || t->wants == &s; }
        if (!others) { s.users.fetch_and(~awaited, std::memory_order_relaxed); }
        return mine;
    }
    static const shared_state* circle(const waiting_threads& w, const thread& me) {
        for (thread* t : w.all) { t->seen = false; }
        std::vector<const thread*> behind{&me};
        while (!behind.empty()) {
            const thread& t = *behind.back();
            behind.pop_back();
            if (const shared_state* const mine = &t != &me ? me.in_the_way(t.wants, t.changes) : nullptr) { return mine; }
            for (thread* other : w.all) {
                if (other->seen || other->in_the_way(t.wants, t.changes) == nullptr) { continue; }
                other->seen = true;
                behind.push_back(other);
            }
        }
        return nullptr;
    }
};

// A use of a variable that ends with this object.
class variable_use {
  public:
    variable_use(shared_state& s, bool changes, const char* call) : s_(s), changes_(changes) { variable_uses::take(s, changes, call); }
    variable_use(const variable_use&) = delete;
    variable_use& operator=(const variable_use&) = delete;
    ~variable_use() { variable_uses::give_back(s_, changes_); }

  private:
    shared_state& s_;
    bool changes_;
};

} // namespace damo::detail::graph
