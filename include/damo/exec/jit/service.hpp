// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

#include <damo/config.hpp>
#include <damo/exec/jit/c_compiler.hpp>
#include <damo/exec/jit/cache.hpp>
#include <damo/exec/jit/log.hpp>
#include <damo/exec/jit/settings.hpp>

namespace damo::exec::jit {

// Source that is compiled, or will be, or cannot be.
class compiled_unit {
  public:
    enum class state : std::uint8_t { waiting, ready, failed };

    state now() const { return state_.load(std::memory_order_acquire); }
    // Returns when it is known whether there will be code.
    state wait() const {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return now() != state::waiting; });
        return now();
    }
    // Function `number`; null until the unit is ready. The unit must outlive its use.
    template <class Function>
    Function function(int number) const {
        if (now() != state::ready) { return nullptr; }
        return reinterpret_cast<Function>(functions_[static_cast<std::size_t>(number)]);
    }
    // Whether the code was found in the cache.
    bool was_cached() const { return cached_; }
    // From when it was asked for until it was ready, or known to be impossible; 0 before.
    double seconds() const { return now() == state::waiting ? 0 : seconds_; }

  private:
    friend class compiler_service;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::atomic<state> state_{state::waiting};
    std::string source_;
    std::vector<std::string> names_;
    std::vector<void*> functions_;
    library code_;
    bool cached_ = false;
    std::chrono::steady_clock::time_point asked_ = std::chrono::steady_clock::now();
    double seconds_ = 0;

    void become(state s) {
        source_ = {};
        seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - asked_).count();
        const std::lock_guard lock(mutex_);
        state_.store(s, std::memory_order_release);
        changed_.notify_all();
    }
};
using unit_handle = std::shared_ptr<const compiled_unit>;

// Compiles C in a thread of its own, with a cache on disk. Whatever goes wrong (no compiler, one that fails or hangs, a full disk, a
// directory that others can write), the units concerned become `failed`, and the log is told once for each kind of mishap.
class compiler_service {
  public:
    explicit compiler_service(settings s = settings::from_environment()) : settings_(std::move(s)), process_(::getpid()) {
        // With the rights of somebody else than its caller a program must not do what the environment says.
        if (::getuid() != ::geteuid() || ::getgid() != ::getegid()) { settings_.enabled = false; }
    }
    compiler_service(const compiler_service&) = delete;
    compiler_service& operator=(const compiler_service&) = delete;
    // Ends the compiler that runs; units that still wait become failed.
    ~compiler_service() {
        if (::getpid() != process_) {
            if (worker_.joinable()) { worker_.detach(); } // of the process this one was forked from
            return;
        }
        {
            const std::lock_guard lock(mutex_);
            stop_ = true;
        }
        wake_.notify_all();
        if (worker_.joinable()) { worker_.join(); }
        for (const auto& u : queue_) { u->become(compiled_unit::state::failed); }
        if (temporary_.is_open()) { temporary_.remove(); }
    }

    // Compiles the source, which defines these functions, in the background. Equal sources that somebody still holds are compiled once.
    unit_handle compile(std::string source, std::vector<std::string> functions) {
        auto u = std::make_shared<compiled_unit>();
        // In a child of fork() there is no thread, and the lock may be held by it.
        if (!settings_.enabled || ::getpid() != process_) {
            u->state_ = compiled_unit::state::failed;
            return u;
        }
        const std::string id = digest_of(source).hexadecimal();
        {
            const std::lock_guard lock(mutex_);
            if (auto known = known_[id].lock()) {
                if (known->now() != compiled_unit::state::failed) { return known; }
            }
            u->source_ = std::move(source);
            u->names_ = std::move(functions);
            known_[id] = u;
            queue_.push_back(u);
            if (!worker_.joinable()) { worker_ = std::thread([this] { work(); }); }
        }
        wake_.notify_one();
        return u;
    }
    // Whether a compiler may be at hand; false once it was looked for in vain, or hung.
    bool may_compile() const { return settings_.enabled && !unusable_.load(std::memory_order_relaxed); }

  private:
    enum mishap { no_compiler, compiler_failed, compiler_hung, no_cache, cannot_write, cannot_load, mishaps };

    settings settings_;
    pid_t process_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::shared_ptr<compiled_unit>> queue_;
    std::unordered_map<std::string, std::weak_ptr<compiled_unit>> known_;
    std::thread worker_;
    std::atomic<bool> stop_{false};
    std::atomic<bool> unusable_{false};

    // Of the worker alone.
    bool said_[mishaps] = {};
    bool prepared_ = false;
    c_compiler compiler_;
    std::string identity_;
    private_directory cache_directory_;
    private_directory temporary_;

    void say(mishap what, const std::string& sentence) {
        if (!said_[what]) { damo::detail::log::say((sentence + "; functions run interpreted").c_str()); }
        said_[what] = true;
    }

    void work() {
        for (;;) {
            std::shared_ptr<compiled_unit> u;
            {
                std::unique_lock lock(mutex_);
                wake_.wait(lock, [&] { return stop_ || !queue_.empty(); });
                if (stop_) { return; }
                u = std::move(queue_.front());
                queue_.pop_front();
                if (known_.size() > 4096) {
                    std::erase_if(known_, [](const auto& k) { return k.second.expired(); });
                }
            }
            // What nobody holds any more nobody waits for.
            const bool done = u.use_count() > 1 && make(*u);
            u->become(done ? compiled_unit::state::ready : compiled_unit::state::failed);
        }
    }

    // The directory that sources and objects are written to.
    const private_directory* place() {
        if (cache_directory_.is_open()) { return &cache_directory_; }
        if (!temporary_.is_open()) { temporary_ = private_directory::temporary(); }
        return temporary_.is_open() ? &temporary_ : nullptr;
    }
    bool prepare() {
        if (prepared_) { return !unusable_; }
        prepared_ = true;
        unusable_ = true;
        if (settings_.caches && !settings_.cache_directory.empty()) {
            std::string mistake;
            cache_directory_ = private_directory::at(settings_.cache_directory, mistake);
            if (!cache_directory_.is_open() && !said_[no_cache]) {
                said_[no_cache] = true;
                damo::detail::log::say(("compiled code is not kept in " + settings_.cache_directory + ": " + mistake).c_str());
            }
        }
        compiler_ = c_compiler::find(settings_.compiler);
        if (!compiler_.exists()) {
            say(no_compiler, settings_.compiler.empty() ? "no C compiler is found as cc, gcc or clang: install one, or name it in DAMO_CC"
                                                        : "the C compiler \"" + settings_.compiler + "\" is not found: name another in DAMO_CC");
            return false;
        }
        const private_directory* const where = place();
        if (where == nullptr) {
            say(cannot_write, "no directory can be written to for the C compiler: set TMPDIR or XDG_CACHE_HOME to one that can");
            return false;
        }
        const process_result asked = compiler_.ask(*where, settings_.time_limit, stop_);
        if (asked.end == process_end::timed_out) { say(compiler_hung, "the C compiler " + compiler_.name() + " does not answer --version"); }
        else if (asked.end != process_end::finished) { say(compiler_failed, "the C compiler " + compiler_.name() + " cannot be started"); }
        else {
            identity_ = "damo " + std::to_string(DAMO_VERSION_MAJOR) + '.' + std::to_string(DAMO_VERSION_MINOR) + '.' + std::to_string(DAMO_VERSION_PATCH) + '\n' +
                        compiler_.identity();
            unusable_ = false;
        }
        return !unusable_;
    }

    bool make(compiled_unit& u) {
        if (!prepare()) { return false; }
        const private_directory* const where = place();
        if (where == nullptr) { return false; }
        digest key;
        key.add(identity_);
        key.add(u.source_);
        key.finish();
        const object_cache cache(*where, settings_.cache_bytes);
        const bool keeps = where == &cache_directory_;
        if (keeps && cache.has(key) && load(u, *where, key, false)) {
            u.cached_ = true;
            return true;
        }
        const bool made = run_compiler(u, *where, cache, key) && load(u, *where, key, true);
        if (!keeps) { where->remove(object_cache::name_of(key)); }
        else if (made) { cache.purge(); }
        return made;
    }
    bool run_compiler(const compiled_unit& u, const private_directory& where, const object_cache& cache, const digest& key) {
        const std::string base = private_directory::new_name();
        const std::string source = base + ".c";
        const std::string object = base + ".o";
        const std::string said = base + ".txt";
        where.remove(said);
        where.remove(object);
        bool good = where.write(source, u.source_);
        if (!good) { say(cannot_write, "no file can be written in " + where.path() + " for the C compiler: is the disk full?"); }
        else {
            const process_result r = run_process(compiler_.arguments(source, object), where.number(), said, settings_.time_limit, stop_);
            std::string words;
            where.read(said, words);
            good = r.end == process_end::finished && r.status <= 0; // -1: nobody knows, the object tells
            if (r.end == process_end::timed_out) {
                unusable_ = true;
                say(compiler_hung, "the C compiler " + compiler_.name() + " was ended: it ran longer than " + std::to_string(settings_.time_limit.count()) + " ms");
            } else if (r.end == process_end::not_started) {
                say(compiler_failed, "the C compiler " + compiler_.name() + " cannot be started");
            } else if (r.end == process_end::finished && !good) {
                say(compiler_failed, "the C compiler " + compiler_.name() + " failed: " + complaint(words));
            } else if (good && !cache.adopt(object, key)) {
                good = false;
                say(compiler_failed, "the C compiler " + compiler_.name() + " left no shared object that is whole in " + where.path());
            }
        }
        for (const std::string& name : {source, object, said}) { where.remove(name); }
        return good;
    }
    // The line of the compiler's words that says what is wrong.
    static std::string complaint(const std::string& words) {
        std::size_t from = words.find("error");
        from = from == words.npos ? 0 : words.rfind('\n', from) + 1; // 0 where there is no line before
        return words.substr(from, std::min<std::size_t>(words.find('\n', from) - from, 300));
    }
    bool load(compiled_unit& u, const private_directory& where, const digest& key, bool complain) {
        std::string mistake;
        library code(where.path_of(object_cache::name_of(key)), mistake);
        std::vector<void*> functions;
        for (const std::string& name : u.names_) {
            if (!code.is_loaded()) { break; }
            functions.push_back(code.symbol(name));
            if (functions.back() == nullptr) {
                mistake = "it lacks " + name;
                code = {};
            }
        }
        if (!code.is_loaded()) {
            if (complain) { say(cannot_load, "what the C compiler " + compiler_.name() + " made cannot be loaded: " + mistake); }
            return false;
        }
        u.code_ = std::move(code);
        u.functions_ = std::move(functions);
        return true;
    }
};

// The service of this program, set up from the environment when first used.
inline compiler_service& default_service() {
    static compiler_service service;
    return service;
}

} // namespace damo::exec::jit
