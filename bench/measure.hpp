// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Paired timing of rival implementations on a machine that is not quiet.
//
// Two programs timed one after the other differ by 10 % on a shared machine for no reason of their own. So the candidates of a
// case run in turn, A B C B A C ..., each turn about 0.2 ms long; what is reported is the median, over the rounds, of
// time(candidate) / time(reference) within one round, and beside it the smallest time ever seen. A slow phase of the machine
// hits all candidates of a round and cancels in the ratio.
//
// Google Benchmark is not used here: with --benchmark_enable_random_interleaving it shuffles whole repetitions, but each benchmark is
// then summarised alone, and the ratio of neighbours in time, the only figure that survives noise, cannot be had from its report.
//
// Every bench takes the same options: see `usage` below.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <new>
#include <numeric>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#ifndef DAMO_BENCH_FLAGS
#define DAMO_BENCH_FLAGS "unknown"
#endif

namespace damo_bench {

/// The compiler must assume that everything reachable from `p` was read and written: no store to it is dead, no load from it is known.
inline void escape(const void* p) { asm volatile("" : : "g"(p) : "memory"); }

/// The compiler must compute `v`.
template <class T>
inline void keep(const T& v)
{
    escape(&v);
}

/// `n` elements on a 64-byte boundary. Arrays of one case start at different offsets within a page: loads and stores whose addresses agree
/// in the last 12 bits delay each other on many processors, which would measure the allocator instead of the code.
template <class T>
class buffer {
public:
    explicit buffer(std::size_t n) : size_(n)
    {
        static std::size_t count = 0;
        const std::size_t offset = 64 * (1 + 5 * (count++ % 8));
        const std::size_t bytes = (n * sizeof(T) + offset + 64 + 63) / 64 * 64;
        block_ = static_cast<char*>(::operator new(bytes, std::align_val_t{64}));
        data_ = reinterpret_cast<T*>(block_ + offset);
        std::fill_n(data_, n, T{});
    }
    buffer(buffer&& other) noexcept
        : size_(other.size_), block_(std::exchange(other.block_, nullptr)), data_(other.data_) {}
    buffer(const buffer&) = delete;
    buffer& operator=(const buffer&) = delete;
    buffer& operator=(buffer&&) = delete;
    ~buffer() { ::operator delete(block_, std::align_val_t{64}); }

    T* data() { return data_; }
    const T* data() const { return data_; }
    std::size_t size() const { return size_; }
    T& operator[](std::size_t i) { return data_[i]; }
    const T& operator[](std::size_t i) const { return data_[i]; }
    T* begin() { return data_; }
    T* end() { return data_ + size_; }
    const T* begin() const { return data_; }
    const T* end() const { return data_ + size_; }

private:
    std::size_t size_;
    char* block_;
    T* data_;
};

/// Numbers in [0, 1) that are the same on every machine (splitmix64).
class uniform {
public:
    explicit uniform(std::uint64_t seed) : state_(seed) {}
    double operator()()
    {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
    }
    double operator()(double low, double high) { return low + (high - low) * (*this)(); }

private:
    std::uint64_t state_;
};

/// One implementation of a case.
struct candidate {
    std::string name;
    std::function<void(std::size_t)> run;                       ///< performs the work that many times
    std::vector<std::pair<std::string, double>> columns = {};   ///< further figures for the row, such as an error
};

/// Wraps a callable that performs the work once. `out` is what it writes; it is looked at after every call, and so never dead.
template <class F>
candidate make_candidate(std::string name, const void* out, F f)
{
    return {std::move(name), [f = std::move(f), out](std::size_t times) mutable {
                for (std::size_t i = 0; i < times; ++i) {
                    f();
                    escape(out);
                }
            }};
}

/// What is measured: names that end up in the JSON row and in the table.
struct case_id {
    std::string name;        ///< for instance "multiply_add"
    std::size_t n;           ///< elements, or points
    std::string dtype;       ///< "float" or "double"
    std::string layout;      ///< "contiguous", "strided", "1000x64", ...
};

struct row {
    case_id what;
    std::string candidate;
    double ns;               ///< smallest time of one call
    double ns_median;
    double ratio;            ///< median over the rounds of time / time of the reference
    double ratio_low;        ///< quartiles of the same
    double ratio_high;
    std::size_t rounds;
    std::vector<std::pair<std::string, double>> columns;
};

struct options {
    std::vector<std::string> filters;      ///< each must occur in "name/dtype/layout/n"
    std::vector<std::string> candidates;   ///< when given: only these, and the reference
    std::string json;
    double seconds = 0.4;                  ///< per case, all candidates together
    bool full = false;
    bool list = false;
};

constexpr std::string_view usage =
    "options:\n"
    "  --filter=TEXT      only cases whose id name/dtype/layout/n contains TEXT; give it several times to narrow further\n"
    "                     (end with /n, as in --filter=/1000000, or begin with the name)\n"
    "  --candidate=NAME   only this candidate and the reference; may be repeated\n"
    "  --seconds=S        time per case, all candidates together (default 0.4)\n"
    "  --full             every size and layout, not the default selection\n"
    "  --json=PATH        write the rows there\n"
    "  --list             print the ids of the cases and stop\n";

inline options parse_options(int argc, char** argv)
{
    options o;
    for (int i = 1; i < argc; ++i) {
        const std::string_view arg = argv[i];
        const std::size_t eq = arg.find('=');
        const std::string_view key = arg.substr(0, eq);
        const std::string value(eq == arg.npos ? std::string_view{} : arg.substr(eq + 1));
        if (key == "--filter") o.filters.push_back(value);
        else if (key == "--candidate") o.candidates.push_back(value);
        else if (key == "--seconds" && std::atof(value.c_str()) > 0) o.seconds = std::atof(value.c_str());
        else if (key == "--json") o.json = value;
        else if (arg == "--full") o.full = true;
        else if (arg == "--list") o.list = true;
        else {
            std::fprintf(arg == "--help" ? stdout : stderr, "%s%.*s", arg == "--help" ? "" : "this option is not known\n",
                         static_cast<int>(usage.size()), usage.data());
            std::exit(arg == "--help" ? 0 : 2);
        }
    }
    return o;
}

template <class T>
constexpr const char* dtype_name()
{
    return std::is_same_v<T, float> ? "float" : "double";
}

namespace detail {

inline double seconds_of(const candidate& c, std::size_t times)
{
    const auto begin = std::chrono::steady_clock::now();
    c.run(times);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// The value below which the fraction `q` of the values lies. Sorts `v`.
inline double quantile(std::vector<double>& v, double q)
{
    std::sort(v.begin(), v.end());
    const double at = q * static_cast<double>(v.size() - 1);
    const std::size_t i = static_cast<std::size_t>(at);
    return i + 1 < v.size() ? v[i] + (at - static_cast<double>(i)) * (v[i + 1] - v[i]) : v[i];
}

inline std::string cpu_model()
{
    std::ifstream info("/proc/cpuinfo");
    for (std::string line; std::getline(info, line);)
        if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
    return "unknown";
}

inline std::string quoted(std::string_view s)
{
    std::string out = "\"";
    for (char c : s) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

/// JSON has no NaN and no infinity.
inline std::string number(double v)
{
    if (!(v - v == 0)) return "null";
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", v);
    return text;
}

} // namespace detail

/// Takes the rows of one bench program, prints each case as it is done, writes the JSON at the end.
class session {
public:
    session(std::string bench, int argc, char** argv) : bench_(std::move(bench)), options_(parse_options(argc, argv))
    {
        if (options_.list) return;
        std::printf("%s  |  %s  |  %s  |  %s\n", bench_.c_str(), compiler(), DAMO_BENCH_FLAGS, detail::cpu_model().c_str());
    }

    bool full() const { return options_.full; }

    /// Is this case asked for? Ask before preparing its data. Under --list it prints the id and answers no.
    bool wants(const case_id& what) const
    {
        const std::string id = id_of(what);
        for (const std::string& f : options_.filters)
            if (!matches(id, f)) return false;
        if (options_.list) std::printf("%s\n", id.c_str());
        return !options_.list;
    }

    /// Runs the candidates in turn. The first one is the reference of the ratios.
    void measure(const case_id& what, std::vector<candidate> all)
    {
        if (!options_.candidates.empty())
            all.erase(std::remove_if(std::next(all.begin()), all.end(),
                                     [&](const candidate& c) {
                                         return std::find(options_.candidates.begin(), options_.candidates.end(), c.name) ==
                                                options_.candidates.end();
                                     }),
                      all.end());

        // How often must each run so that a turn lasts long enough for the clock, and short enough to be a neighbour in time?
        constexpr double turn = 2e-4;
        std::vector<std::size_t> times(all.size(), 1);
        double round_seconds = 0;
        for (std::size_t c = 0; c < all.size(); ++c) {
            double s = detail::seconds_of(all[c], 1);
            while (s < turn / 4 && times[c] < (std::size_t{1} << 30)) {
                times[c] *= 2;
                s = detail::seconds_of(all[c], times[c]);
            }
            const double once = s / static_cast<double>(times[c]);
            times[c] = std::max<std::size_t>(1, static_cast<std::size_t>(turn / once));
            round_seconds += once * static_cast<double>(times[c]);
        }
        const auto rounds = static_cast<std::size_t>(std::clamp(options_.seconds / round_seconds, 5.0, 1001.0));

        std::vector<std::vector<double>> ns(all.size(), std::vector<double>(rounds));
        // A new order each round: who runs after a neighbour that left the caches full of dirty lines pays for writing them back.
        std::vector<std::size_t> order(all.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        uniform random(5);
        for (std::size_t r = 0; r < rounds; ++r) {
            for (std::size_t k = order.size(); k > 1; --k)
                std::swap(order[k - 1], order[static_cast<std::size_t>(random() * static_cast<double>(k))]);
            for (std::size_t c : order) ns[c][r] = detail::seconds_of(all[c], times[c]) / static_cast<double>(times[c]) * 1e9;
        }

        std::printf("\n%s\n  %-26s %12s %9s %8s   %s\n", id_of(what).c_str(), "candidate", "ns", "ns/elem", "ratio", "quartiles");
        for (std::size_t c = 0; c < all.size(); ++c) {
            std::vector<double> ratio(rounds);
            for (std::size_t r = 0; r < rounds; ++r) ratio[r] = ns[c][r] / ns[0][r];
            if (c == 0) std::fill(ratio.begin(), ratio.end(), 1.0);
            rows_.push_back({what, all[c].name, *std::min_element(ns[c].begin(), ns[c].end()), 0, detail::quantile(ratio, 0.5),
                             detail::quantile(ratio, 0.25), detail::quantile(ratio, 0.75), rounds, all[c].columns});
            row& out = rows_.back();
            std::printf("  %-26s %12.1f %9.3f %8.3f   [%.3f, %.3f]", out.candidate.c_str(), out.ns,
                        out.ns / static_cast<double>(what.n), out.ratio, out.ratio_low, out.ratio_high);
            for (const auto& [name, value] : out.columns) std::printf("  %s %.3g", name.c_str(), value);
            std::printf("\n");
        }
        // The ratios above are paired by round, so the times may be sorted only now.
        for (std::size_t c = 0; c < all.size(); ++c) rows_[rows_.size() - all.size() + c].ns_median = detail::quantile(ns[c], 0.5);
        std::fflush(stdout);
    }

    /// Writes the JSON where --json says. Returns the exit status of the program.
    int finish() const
    {
        if (options_.json.empty()) return 0;
        std::ofstream out(options_.json);
        out << "{\"bench\": " << detail::quoted(bench_) << ",\n \"compiler\": " << detail::quoted(compiler())
            << ",\n \"flags\": " << detail::quoted(DAMO_BENCH_FLAGS) << ",\n \"cpu\": " << detail::quoted(detail::cpu_model())
            << ",\n \"rows\": [";
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            const row& r = rows_[i];
            out << (i ? ",\n  " : "\n  ") << "{\"bench\": " << detail::quoted(bench_) << ", \"case\": " << detail::quoted(r.what.name)
                << ", \"n\": " << r.what.n << ", \"dtype\": " << detail::quoted(r.what.dtype)
                << ", \"layout\": " << detail::quoted(r.what.layout) << ", \"candidate\": " << detail::quoted(r.candidate)
                << ", \"ns\": " << detail::number(r.ns) << ", \"ratio_to_reference\": " << detail::number(r.ratio)
                << ", \"ratio_quartiles\": [" << detail::number(r.ratio_low) << ", " << detail::number(r.ratio_high) << "]"
                << ", \"ns_median\": " << detail::number(r.ns_median) << ", \"rounds\": " << r.rounds;
            for (const auto& [name, value] : r.columns) out << ", " << detail::quoted(name) << ": " << detail::number(value);
            out << "}";
        }
        out << "\n ]}\n";
        out.flush();
        if (!out) {
            std::fprintf(stderr, "cannot write %s\n", options_.json.c_str());
            return 1;
        }
        return 0;
    }

private:
    static const char* compiler()
    {
#if defined(__clang__)
        return "clang " __clang_version__;
#elif defined(__GNUC__)
        return "g++ " __VERSION__;
#else
        return "unknown compiler";
#endif
    }

    static std::string id_of(const case_id& c)
    {
        return c.name + "/" + c.dtype + "/" + c.layout + "/" + std::to_string(c.n);
    }

    /// A filter that is "/1000" means n = 1000, not 10000.
    static bool matches(const std::string& id, const std::string& filter)
    {
        if (filter.size() > 1 && filter[0] == '/' && filter.find_first_not_of("0123456789", 1) == filter.npos) return id.ends_with(filter);
        return id.find(filter) != id.npos;
    }

    std::string bench_;
    options options_;
    std::vector<row> rows_;
};

/// Stops the program when a candidate's result is wrong: a fast wrong answer must not be timed.
/// `tolerance` is relative to `scale`, which is the size of what was added up or 1.
inline void require_close(std::string_view who, const case_id& what, std::size_t index, double got, double expected, double tolerance,
                          double scale = 1)
{
    const double error = got > expected ? got - expected : expected - got;
    const double size = std::max(scale, expected < 0 ? -expected : expected);
    if (error <= tolerance * size) return;
    std::fprintf(stderr, "%.*s gives a wrong result for %s %s %s n=%zu: element %zu is %.17g and should be %.17g\n",
                 static_cast<int>(who.size()), who.data(), what.name.c_str(), what.dtype.c_str(), what.layout.c_str(), what.n, index, got,
                 expected);
    std::exit(1);
}

} // namespace damo_bench
