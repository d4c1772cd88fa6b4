// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <damo/core/file.hpp>
#include <damo/ir/region.hpp>

namespace damo {

namespace detail::files {

// Files of graphs, as docs/graph_files.md has them. What is not ASCII, and both line ends, make a file that was taken for a text fail at once.
inline constexpr std::string_view magic{"\x89" "damo\r\n\x1A", 8};
inline constexpr std::uint32_t format_version = 1;
inline constexpr std::uint32_t format_version_with_derivatives = 2; // where the file has derivatives that were given by hand
inline constexpr int deepest_derivatives = 8;                        // derivatives of derivatives of ... given by hand
inline constexpr std::size_t header_size = 8 + 4 + 4 + 8 + 8;

// The numbers that stand in files: they must not change.
static_assert(static_cast<int>(dtype::boolean) == 1 && static_cast<int>(dtype::int32) == 4 && static_cast<int>(dtype::int64) == 5 &&
              static_cast<int>(dtype::float32) == 12 && static_cast<int>(dtype::float64) == 13);
static_assert(static_cast<int>(ir::extent_kind::input_axis) == 0 && static_cast<int>(ir::extent_kind::named) == 1 && static_cast<int>(ir::extent_kind::sum) == 2 &&
              static_cast<int>(ir::extent_kind::product) == 3 && static_cast<int>(ir::extent_kind::maximum) == 4 && static_cast<int>(ir::extent_kind::difference) == 5);

// What a file may hold at most of what a graph looks for one by one, and how deep loops may be nested.
inline constexpr std::uint32_t most_types = 16384;
inline constexpr std::uint32_t most_extents = 16384;
inline constexpr std::uint32_t most_checks = 4096;
inline constexpr int deepest_nesting = 64;

// FNV-1a with 64 bits (Fowler, Noll, Vo). Tells damage, not intent.
inline std::uint64_t checksum(std::string_view bytes) {
    std::uint64_t h = 0xCBF29CE484222325u;
    for (const char c : bytes) { h = (h ^ static_cast<unsigned char>(c)) * 0x100000001B3u; }
    return h;
}

// Numbers are little-endian, texts have their length in front.
class byte_writer {
  public:
    std::string bytes;

    void put(std::uint64_t v, int size) {
        for (int i = 0; i < size; ++i) { bytes += static_cast<char>(v >> (8 * i) & 0xFFu); }
    }
    void u8(std::uint64_t v) { put(v, 1); }
    void u32(std::uint64_t v) { put(v, 4); }
    void i64(std::int64_t v) { put(static_cast<std::uint64_t>(v), 8); }
    void text(std::string_view t) {
        u32(t.size());
        bytes.append(t);
    }
};

// Reads the same; nothing is read beyond the end.
class byte_reader {
  public:
    explicit byte_reader(std::string_view bytes) : bytes_(bytes) {}

    std::uint64_t get(std::size_t size) {
        if (left() < size) { refuse("the file of a graph ends too early: it was cut off, or a count in it is wrong"); }
        std::uint64_t v = 0;
        for (std::size_t i = 0; i < size; ++i) { v |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes_[at_ + i])) << (8 * i); }
        at_ += size;
        return v;
    }
    std::uint32_t u8() { return static_cast<std::uint32_t>(get(1)); }
    std::uint32_t u32() { return static_cast<std::uint32_t>(get(4)); }
    std::int64_t i64() { return static_cast<std::int64_t>(get(8)); }
    std::string_view raw(std::size_t size) {
        if (left() < size) { get(left() + 1); }
        at_ += size;
        return bytes_.substr(at_ - size, size);
    }
    std::string text() { return std::string(raw(u32())); }
    // How many things follow, each of `each` bytes or more: never more than there is room for.
    std::uint32_t count(std::size_t each, std::uint32_t most = 0x7FFFFF00u) {
        const std::uint32_t n = u32();
        if (n > most || n > left() / each) { refuse("a count in the file of a graph is larger than what can follow, or than files may hold"); }
        return n;
    }
    std::size_t left() const { return bytes_.size() - at_; }

  private:
    std::string_view bytes_;
    std::size_t at_ = 0;
};

} // namespace detail::files
} // namespace damo
