// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include <damo/config.hpp>

namespace damo {

namespace detail::team {
inline std::atomic<int> wanted{0}; // 0: as many as there are processors
} // namespace detail::team

/// How many threads, the caller among them, a parallel function may use from now on, in the whole program; 0 for as many as there are
/// processors. Results do not depend on it.
inline void set_thread_count(int count) { detail::team::wanted.store(count > 0 ? count : 0, std::memory_order_relaxed); }

/// The number that set_thread_count chose.
DAMO_HD inline int thread_count() {
    const int wanted = detail::team::wanted.load(std::memory_order_relaxed);
    const auto processors = static_cast<int>(std::thread::hardware_concurrency());
    return wanted > 0 ? wanted : processors > 0 ? processors : 1;
}

namespace exec::detail::team {
inline namespace DAMO_ISA {

// Threads that share out the parts of one job at a time; they sleep between jobs and end with the program.
class team {
  public:
    static team& shared() {
        static team one;
        return one;
    }
    team() = default;
    team(const team&) = delete;
    team& operator=(const team&) = delete;
    ~team() {
        {
            const std::lock_guard lock(mutex_);
            ends_ = true;
        }
        wake_.notify_all();
        for (std::thread& t : helpers_) { t.join(); }
    }

    // Calls body(part) for part = 0 to parts - 1, each once, and returns when all are done. The caller takes part. Everything is done by
    // the caller when it is itself inside such a body, or when the team works for another thread: jobs are never nested nor queued.
    template <class Body>
    void run(int parts, const Body& body) {
        const int helpers = (thread_count() < parts ? thread_count() : parts) - 1;
        if (helpers < 1 || inside_ || !busy_.try_lock()) {
            for (int part = 0; part < parts; ++part) { body(part); }
            return;
        }
        {
            const std::lock_guard lock(mutex_);
            add_helpers(helpers);
            next_.store(0, std::memory_order_relaxed);
            job_ = {[](const void* b, int part) { (*static_cast<const Body*>(b))(part); }, &body, parts, helpers};
            ++number_;
        }
        wake_.notify_all();
        inside_ = true;
        work(job_);
        inside_ = false;
        {
            std::unique_lock lock(mutex_);
            job_.call = nullptr; // who wakes up now comes too late
            idle_.wait(lock, [this] { return active_ == 0; });
        }
        busy_.unlock();
    }

  private:
    struct job {
        void (*call)(const void* body, int part) = nullptr;
        const void* body = nullptr;
        int parts = 0;
        int helpers = 0;
    };
    std::mutex busy_; // held by the thread whose job it is
    std::mutex mutex_;
    std::condition_variable wake_;
    std::condition_variable idle_;
    job job_;
    std::atomic<int> next_{0};
    unsigned number_ = 0; // of the job
    int active_ = 0;      // helpers at work
    bool ends_ = false;
    std::vector<std::thread> helpers_;
    static inline thread_local bool inside_ = false;

    void work(const job& j) {
        for (int part = next_.fetch_add(1, std::memory_order_relaxed); part < j.parts; part = next_.fetch_add(1, std::memory_order_relaxed)) {
            j.call(j.body, part);
        }
    }
    // When the system gives no more threads, those there are do it.
    void add_helpers(int count) {
#if DAMO_HAS_EXCEPTIONS
        try {
#endif
            while (static_cast<int>(helpers_.size()) < count) {
                const auto index = static_cast<int>(helpers_.size());
                helpers_.emplace_back([this, index] { help(index); });
            }
#if DAMO_HAS_EXCEPTIONS
        } catch (const std::exception&) {}
#endif
    }
    void help(int index) {
        inside_ = true;
        unsigned seen = 0;
        std::unique_lock lock(mutex_);
        for (;;) {
            wake_.wait(lock, [&] { return ends_ || number_ != seen; });
            if (ends_) { return; }
            seen = number_;
            if (job_.call == nullptr || index >= job_.helpers) { continue; }
            ++active_;
            const job mine = job_;
            lock.unlock();
            work(mine);
            lock.lock();
            if (--active_ == 0) { idle_.notify_one(); }
        }
    }
};

} // namespace DAMO_ISA
} // namespace exec::detail::team
} // namespace damo
