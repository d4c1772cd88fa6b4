// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <damo/core/named_arrays.hpp>
#include <damo/interop/npy.hpp>
#ifdef DAMO_USE_ZLIB
#include <zlib.h>
#endif

// Named arrays in NumPy's .npz format: a ZIP archive (PKWARE APPNOTE.TXT 6.3) of .npy files, stored or, with DAMO_USE_ZLIB and -lz, deflated.

namespace damo {

// How the arrays of a .npz file are packed.
enum class packing : bool { stored, deflated };

namespace detail::npz {

using files::refuse;

// CRC-32 of ISO 3309, a byte at a time (Sarwate 1988).
inline std::uint32_t crc32_of(std::string_view bytes) {
    static constexpr std::array<std::uint32_t, 256> table = [] {
        std::array<std::uint32_t, 256> t{};
        for (std::uint32_t i = 0; i < 256; ++i) {
            std::uint32_t c = i;
            for (int k = 0; k < 8; ++k) { c = c & 1 ? 0xEDB88320u ^ c >> 1 : c >> 1; }
            t[i] = c;
        }
        return t;
    }();
    std::uint32_t c = 0xFFFFFFFFu;
    for (const char b : bytes) { c = table[(c ^ static_cast<unsigned char>(b)) & 0xFF] ^ c >> 8; }
    return ~c;
}

inline std::uint64_t number_at(std::string_view bytes, std::size_t at, int size) {
    if (at > bytes.size() || bytes.size() - at < static_cast<std::size_t>(size)) { refuse("the .npz file is damaged: it ends in the middle of its directory"); }
    std::uint64_t v = 0;
    for (int i = 0; i < size; ++i) { v |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[at + static_cast<std::size_t>(i)])) << (8 * i); }
    return v;
}
inline void put(std::string& out, std::uint64_t v, int size) {
    for (int i = 0; i < size; ++i) { out += static_cast<char>(v >> (8 * i) & 0xFF); }
}

// What the directory says about one file of the archive.
struct entry {
    std::string name;
    int method = 0;
    std::uint32_t crc = 0;
    std::uint64_t packed = 0;
    std::uint64_t size = 0;
    std::uint64_t header = 0; // place of its own head
    std::string_view data;
};

// The one place of a .zip file where everything starts: the end record, at most 65535 bytes of comment before the end.
inline std::size_t end_record(std::string_view bytes) {
    constexpr std::size_t size = 22;
    for (std::size_t back = size; back <= bytes.size() && back <= size + 65535; ++back) {
        const std::size_t at = bytes.size() - back;
        if (number_at(bytes, at, 4) == 0x06054B50 && number_at(bytes, at + 20, 2) == back - size) { return at; }
    }
    refuse("this is no .npz file, or it was cut off: it has no directory at its end");
}

inline std::vector<entry> directory(std::string_view bytes) {
    const std::size_t end = end_record(bytes);
    std::uint64_t count = number_at(bytes, end + 10, 2);
    std::uint64_t start = number_at(bytes, end + 16, 4);
    if (count == 0xFFFF || start == 0xFFFFFFFF) { // ZIP64: the locator stands before the end record and points to a larger one
        if (end < 20 || number_at(bytes, end - 20, 4) != 0x07064B50) { refuse("the .npz file is damaged: its directory is not where it should be"); }
        const std::uint64_t larger = number_at(bytes, end - 12, 8);
        if (larger > bytes.size() || number_at(bytes, larger, 4) != 0x06064B50) { refuse("the .npz file is damaged: its directory is not where it should be"); }
        count = number_at(bytes, larger + 32, 8);
        start = number_at(bytes, larger + 48, 8);
    }
    if (start > bytes.size() || count > (bytes.size() - start) / 46) { refuse("the .npz file is damaged: its directory is not where it should be"); }
    std::vector<entry> all;
    std::size_t at = start;
    for (std::uint64_t i = 0; i < count; ++i) {
        if (number_at(bytes, at, 4) != 0x02014B50) { refuse("the .npz file is damaged: its directory is not where it should be"); }
        entry e;
        const std::uint64_t flags = number_at(bytes, at + 8, 2);
        e.method = static_cast<int>(number_at(bytes, at + 10, 2));
        e.crc = static_cast<std::uint32_t>(number_at(bytes, at + 16, 4));
        e.packed = number_at(bytes, at + 20, 4);
        e.size = number_at(bytes, at + 24, 4);
        const std::size_t name = number_at(bytes, at + 28, 2);
        const std::size_t extra = number_at(bytes, at + 30, 2);
        const std::size_t comment = number_at(bytes, at + 32, 2);
        e.header = number_at(bytes, at + 42, 4);
        if (bytes.size() - at < 46 + name + extra + comment) { refuse("the .npz file is damaged: it ends in the middle of its directory"); }
        e.name = bytes.substr(at + 46, name);
        // Sizes that need 64 bits stand in a part of their own, in this order.
        const std::string_view more = bytes.substr(at + 46 + name, extra);
        for (std::size_t k = 0; k + 4 <= more.size();) {
            const std::size_t length = number_at(more, k + 2, 2);
            const std::string_view part = more.substr(k + 4, length);
            if (number_at(more, k, 2) == 1) {
                std::size_t place = 0;
                for (std::uint64_t* field : {&e.size, &e.packed, &e.header}) {
                    if (*field != 0xFFFFFFFF) { continue; }
                    *field = number_at(part, place, 8);
                    place += 8;
                }
            }
            k += 4 + length;
        }
        if (flags & 1) { refuse("the .npz file is encrypted"); }
        at += 46 + name + extra + comment;
        all.push_back(e);
    }
    // Each file lies before the directory, in a place of its own: a few bytes cannot stand for many arrays.
    std::sort(all.begin(), all.end(), [](const entry& a, const entry& b) { return a.header < b.header; });
    std::uint64_t free = 0;
    for (entry& e : all) {
        if (e.header < free || e.header >= start || start - e.header < 30 || number_at(bytes, e.header, 4) != 0x04034B50) { refuse("the .npz file is damaged: an array is not where the directory says"); }
        const std::uint64_t data = e.header + 30 + number_at(bytes, e.header + 26, 2) + number_at(bytes, e.header + 28, 2);
        if (data > start || e.packed > start - data) { refuse("the .npz file is damaged: an array is not where the directory says"); }
        e.data = bytes.substr(data, e.packed);
        free = data + e.packed;
    }
    return all;
}

inline std::string unpacked(const entry& e) {
    if (e.method == 0) {
        if (e.packed != e.size) { refuse("the .npz file is damaged: a stored array has two sizes"); }
        return std::string(e.data);
    }
    if (e.method != 8) { refuse("the .npz file is packed by method " + std::to_string(e.method) + ": stored and deflated ones can be read"); }
#ifdef DAMO_USE_ZLIB
    // Deflate never makes less than one byte of 1032.
    if (e.size / 1032 > e.packed + 1) { refuse("the .npz file is damaged: an array claims to be larger than what is packed can be"); }
    if (e.packed > 0xFFFFFFFFu || e.size > 0xFFFFFFFFu) { refuse("the .npz file holds a deflated array of more than 4 GiB: store it without packing"); }
    std::string out(e.size + 1, '\0'); // one more, to see that there is not more
    z_stream z{};
    if (inflateInit2(&z, -15) != Z_OK) { refuse("zlib cannot be started"); }
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(e.data.data()));
    z.avail_in = static_cast<uInt>(e.packed);
    z.next_out = reinterpret_cast<Bytef*>(out.data());
    z.avail_out = static_cast<uInt>(out.size());
    const int result = inflate(&z, Z_FINISH);
    const bool whole = result == Z_STREAM_END && z.total_out == e.size && z.avail_in == 0;
    inflateEnd(&z);
    if (!whole) { refuse("the .npz file is damaged: a deflated array does not unpack to its size"); }
    out.resize(e.size);
    return out;
#else
    refuse("the .npz file is deflated, which needs zlib: define DAMO_USE_ZLIB and link with -lz, or write it with numpy.savez");
#endif
}

inline std::string packed([[maybe_unused]] const std::string& bytes) {
#ifdef DAMO_USE_ZLIB
    z_stream z{};
    if (bytes.size() > 0xFFFFFFFFu || deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK) { refuse("zlib cannot pack more than 4 GiB at once"); }
    std::string out(deflateBound(&z, bytes.size()), '\0');
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    z.avail_in = static_cast<uInt>(bytes.size());
    z.next_out = reinterpret_cast<Bytef*>(out.data());
    z.avail_out = static_cast<uInt>(out.size());
    const bool whole = deflate(&z, Z_FINISH) == Z_STREAM_END;
    out.resize(z.total_out);
    deflateEnd(&z);
    if (!whole) { refuse("zlib failed to pack an array"); }
    return out;
#else
    refuse("deflated .npz files need zlib: define DAMO_USE_ZLIB and link with -lz, or store them");
#endif
}

// Whether an archive of so many bytes, its directory among them, takes one more array: all its numbers have 32 bits.
constexpr bool fits_without_zip64(std::uint64_t before, std::uint64_t name, std::uint64_t packed_size, std::uint64_t size) {
    constexpr std::uint64_t most = 0xFFFFFFFFu;
    constexpr std::uint64_t heads = 30 + 46 + 22; // of the array, in the directory, at the end
    return size < most && packed_size < most && before < most && before + heads + 2 * name + packed_size < most;
}

} // namespace detail::npz

// The arrays in the bytes of a .npz file. Errors: file_error for whatever is damaged, packed in another way than those named above, or no
// array. Memory is proportional to what the file can truly hold.
inline named_arrays from_npz(std::string_view bytes) {
    using namespace detail::npz;
    named_arrays all;
    for (const entry& e : directory(bytes)) {
        const std::string whole = unpacked(e);
        if (crc32_of(whole) != e.crc) { refuse("the .npz file is damaged: the checksum of an array does not fit"); }
        constexpr std::string_view suffix = ".npy";
        const bool named = e.name.size() > suffix.size() && e.name.compare(e.name.size() - suffix.size(), suffix.size(), suffix) == 0;
        if (!all.emplace(named ? e.name.substr(0, e.name.size() - suffix.size()) : e.name, from_npy(whole)).second) { refuse("the .npz file holds two arrays of one name"); }
    }
    return all;
}

// The bytes of a .npz file, as numpy.savez or numpy.savez_compressed write it. Errors: file_error above 4 GiB, which need ZIP64, and for
// names of more than 65531 bytes.
inline std::string to_npz(const named_arrays& arrays, packing how = packing::stored) {
    using namespace detail::npz;
    std::string out;
    std::string list;
    for (const auto& [given, x] : arrays) {
        const std::string whole = to_npy(x);
        const std::string data = how == packing::deflated ? packed(whole) : whole;
        const std::string name = given + ".npy";
        if (name.size() > 65535 || !fits_without_zip64(out.size() + list.size(), name.size(), data.size(), whole.size())) {
            refuse("a .npz file holds up to 4 GiB and names of up to 65531 bytes: write the arrays to several files, or with save_npy");
        }
        // What both heads share: version, UTF-8 names, method, the first of January 1980, sum, sizes, length of the name.
        std::string shared;
        put(shared, 20, 2);
        put(shared, 0x0800, 2);
        put(shared, how == packing::deflated ? 8 : 0, 2);
        put(shared, 0, 2);
        put(shared, 0x21, 2);
        put(shared, crc32_of(whole), 4);
        put(shared, data.size(), 4);
        put(shared, whole.size(), 4);
        put(shared, name.size(), 2);
        put(list, 0x02014B50, 4);
        put(list, 20, 2);
        list += shared;
        list.append(12, '\0'); // no extra part, no comment, the first disk, no attributes
        put(list, out.size(), 4);
        list += name;
        put(out, 0x04034B50, 4);
        out += shared;
        put(out, 0, 2);
        out += name;
        out += data;
    }
    if (arrays.size() >= 0xFFFF) { refuse("a .npz file holds up to 65534 arrays"); }
    const std::size_t start = out.size();
    out += list;
    put(out, 0x06054B50, 4);
    put(out, 0, 4);
    put(out, arrays.size(), 2);
    put(out, arrays.size(), 2);
    put(out, list.size(), 4);
    put(out, start, 4);
    put(out, 0, 2);
    return out;
}

// Errors: file_error.
inline named_arrays load_npz(const std::string& path) { return from_npz(detail::files::read(path)); }
inline void save_npz(const std::string& path, const named_arrays& arrays, packing how = packing::stored) { detail::files::write(path, to_npz(arrays, how)); }

} // namespace damo
