// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include <damo/core/any_array.hpp>
#include <damo/core/file.hpp>

// Arrays in NumPy's .npy format, versions 1.0 to 3.0 (NumPy manual, "numpy.lib.format"). A reader of damo's own: xtensor's takes the head apart
// with std::regex, which recurses over it, and believes what it says.

namespace damo {

namespace detail::npy {

using files::refuse;

inline constexpr std::string_view magic{"\x93NUMPY", 6};
inline constexpr std::int64_t most_elements = std::int64_t{1} << 47;
inline constexpr std::size_t longest_head = 1u << 20;

// NumPy's letter and size of an element type, without the byte order; empty for what NumPy does not have.
constexpr std::string_view code_of(dtype t) {
    constexpr std::string_view codes[] = {"", "b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "", "f4", "f8", "c8", "c16"};
    return codes[static_cast<int>(t)];
}
inline dtype type_of(std::string_view code) {
    for (int t = static_cast<int>(dtype::boolean); t <= static_cast<int>(dtype::complex128); ++t) {
        if (!code.empty() && code == code_of(static_cast<dtype>(t))) { return static_cast<dtype>(t); }
    }
    return dtype::none;
}

// What the head of a file says.
struct head {
    dtype element = dtype::none;
    bool swapped = false; // elements in the other byte order
    bool fortran = false; // the first axis runs fastest
    int rank = 0;
    std::int64_t extents[max_rank] = {};
    std::int64_t size = 1; // elements
};

// Reads the head's dictionary, {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }: three entries in any order.
class dictionary_reader {
  public:
    explicit dictionary_reader(std::string_view text) : text_(text) {}

    head read() {
        head h;
        bool given[3] = {};
        expect('{');
        while (!taken('}')) {
            const std::string_view key = word();
            expect(':');
            const int k = key == "descr" ? 0 : key == "fortran_order" ? 1 : key == "shape" ? 2 : -1;
            if (k < 0 || given[k]) { wrong(); }
            given[k] = true;
            if (k == 0) { type(h); }
            else if (k == 1) { h.fortran = truth(); }
            else { shape(h); }
            if (!taken(',') && next() != '}') { wrong(); }
        }
        if (!given[0] || !given[1] || !given[2] || next() != '\0') { wrong(); }
        return h;
    }

  private:
    std::string_view text_;
    std::size_t at_ = 0;

    [[noreturn]] static void wrong() { refuse("the head of the .npy file is damaged: it is no dictionary of 'descr', 'fortran_order' and 'shape'"); }
    // The next character that is no blank; 0 at the end.
    char next() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r')) { ++at_; }
        return at_ < text_.size() ? text_[at_] : '\0';
    }
    bool taken(char c) {
        if (next() != c) { return false; }
        ++at_;
        return true;
    }
    void expect(char c) {
        if (!taken(c)) { wrong(); }
    }
    // A text in quotes; names and types have nothing to escape.
    std::string_view word() {
        const char quote = next();
        if (quote != '\'' && quote != '"') { wrong(); }
        const std::size_t end = text_.find(quote, ++at_);
        if (end == std::string_view::npos) { wrong(); }
        const std::string_view found = text_.substr(at_, end - at_);
        at_ = end + 1;
        return found;
    }
    void type(head& h) {
        if (next() == '[') { refuse("the .npy file holds a structured array, which damo has not: store each field as an array of its own"); }
        const std::string_view code = word();
        const char order = code.empty() ? '\0' : code[0];
        const bool ordered = order == '<' || order == '>' || order == '|' || order == '=';
        h.element = type_of(ordered ? code.substr(1) : code);
        if (h.element == dtype::none || !ordered) {
            refuse("the .npy file holds elements of type \"" + std::string(code.substr(0, 20)) + "\", which damo has not: convert them, as in x.astype('float64')");
        }
        constexpr bool little = std::endian::native == std::endian::little;
        h.swapped = size_of(h.element) > 1 && ((order == '<' && !little) || (order == '>' && little));
    }
    bool truth() {
        next();
        for (const std::string_view name : {std::string_view("True"), std::string_view("False")}) {
            if (text_.substr(at_, name.size()) == name) {
                at_ += name.size();
                return name[0] == 'T';
            }
        }
        wrong();
    }
    void shape(head& h) {
        expect('(');
        while (!taken(')')) {
            if (h.rank == max_rank) { refuse("the .npy file holds an array of more than 8 axes: reshape it"); }
            std::int64_t n = 0;
            const std::size_t first = (next(), at_);
            while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9' && n <= most_elements) { n = 10 * n + (text_[at_++] - '0'); }
            if (at_ == first) { wrong(); }
            taken('L'); // Python 2 wrote so
            if (n > most_elements) { refuse("the .npy file claims an array of more than 2^47 elements"); }
            h.extents[h.rank++] = n;
            if (!taken(',') && next() != ')') { wrong(); }
        }
        for (int k = 0; k < h.rank; ++k) {
            if (h.extents[k] != 0 && h.size > most_elements / h.extents[k]) { refuse("the .npy file claims an array of more than 2^47 elements"); }
            h.size *= h.extents[k];
        }
    }
};

// Copies elements of `size` bytes, each part of `unit` bytes turned round if asked for.
inline void copy_element(std::byte* to, const char* from, int size, int unit, bool swapped) {
    if (!swapped) {
        std::memcpy(to, from, static_cast<std::size_t>(size));
        return;
    }
    for (int i = 0; i < size; ++i) { to[i] = static_cast<std::byte>(from[i / unit * unit + unit - 1 - i % unit]); }
}

} // namespace detail::npy

// The array in the bytes of a .npy file. All element types of damo but bfloat16, which NumPy has not; either byte order, either order of
// axes. Errors: file_error for whatever is no such file, claims more than is there, or holds more than it claims.
inline any_array from_npy(std::string_view bytes) {
    using namespace detail::npy;
    if (bytes.size() < 10 || bytes.substr(0, magic.size()) != magic) { refuse("this is no .npy file: it does not begin as one"); }
    const int version = static_cast<unsigned char>(bytes[6]);
    if (version < 1 || version > 3 || bytes[7] != 0) { refuse("the .npy file is of version " + std::to_string(version) + ": versions 1 to 3 are known"); }
    const std::size_t width = version == 1 ? 2 : 4;
    const std::size_t start = 8 + width;
    std::size_t length = 0;
    for (std::size_t i = 0; i < width && 8 + i < bytes.size(); ++i) { length |= static_cast<std::size_t>(static_cast<unsigned char>(bytes[8 + i])) << (8 * i); }
    if (bytes.size() < start || length > longest_head || length > bytes.size() - start) { refuse("the .npy file ends before its head does"); }
    const head h = dictionary_reader(bytes.substr(start, length)).read();
    const std::string_view data = bytes.substr(start + length);
    const int each = size_of(h.element);
    const auto wanted = static_cast<std::uint64_t>(h.size) * static_cast<std::uint64_t>(each);
    if (data.size() != wanted) {
        refuse("the .npy file should hold " + std::to_string(wanted) + " bytes of elements, but holds " + std::to_string(data.size()) +
               (data.size() < wanted ? ": it was cut off" : ": there is more in it than one array"));
    }
    if (h.size == 0) {
        // The other extents of an empty array may be anything.
        for (int k = 0; k < h.rank; ++k) {
            if (h.extents[k] > (std::int64_t{1} << 31)) { refuse("the .npy file holds an empty array with an axis of more than 2^31 places"); }
        }
    }
    any_array x(h.element, h.rank, h.extents);
    auto* const out = static_cast<std::byte*>(x.data());
    const int unit = kind_of(h.element) == dtype_kind::complex ? each / 2 : each;
    if ((!h.fortran || h.rank < 2) && !h.swapped) {
        if (wanted > 0) { std::memcpy(out, data.data(), data.size()); }
    } else {
        std::int64_t at[max_rank] = {};
        std::int64_t strides[max_rank] = {};
        std::int64_t stride = 1;
        for (int i = 0; i < h.rank; ++i) {
            const int k = h.fortran ? i : h.rank - 1 - i;
            strides[k] = stride;
            stride *= h.extents[k];
        }
        std::int64_t offset = 0;
        for (std::int64_t i = 0; i < h.size; ++i) {
            copy_element(out + i * each, data.data() + offset * each, each, unit, h.swapped);
            for (int k = h.rank - 1; k >= 0; --k) {
                offset += strides[k];
                if (++at[k] < h.extents[k]) { break; }
                offset -= at[k] * strides[k];
                at[k] = 0;
            }
        }
    }
    if (h.element == dtype::boolean) { // any other byte in a bool is undefined behaviour
        for (std::int64_t i = 0; i < h.size; ++i) { out[i] = out[i] != std::byte{0} ? std::byte{1} : std::byte{0}; }
    }
    return x;
}

// The bytes of a .npy file of version 1.0, as numpy.save writes it. Errors: file_error for an array of bfloat16, or one that is empty of
// everything.
inline std::string to_npy(const any_array& x) {
    using namespace detail::npy;
    const std::string_view code = code_of(x.element());
    if (code.empty()) { refuse("NumPy has no element type " + std::string(name_of(x.element())) + ": cast the array first"); }
    constexpr char native = std::endian::native == std::endian::little ? '<' : '>';
    std::string dictionary = "{'descr': '";
    dictionary += size_of(x.element()) == 1 ? '|' : native;
    dictionary.append(code).append("', 'fortran_order': False, 'shape': (");
    for (int k = 0; k < x.rank(); ++k) { dictionary += std::to_string(x.extent(k)) + (k + 1 < x.rank() ? ", " : x.rank() == 1 ? "," : ""); }
    dictionary += "), }";
    while ((10 + dictionary.size() + 1) % 64 != 0) { dictionary += ' '; }
    dictionary += '\n';
    std::string bytes(magic);
    bytes += '\x01';
    bytes += '\0';
    bytes += static_cast<char>(dictionary.size() & 0xFF);
    bytes += static_cast<char>(dictionary.size() >> 8);
    bytes += dictionary;
    if (x.bytes() > 0) { bytes.append(static_cast<const char*>(x.data()), x.bytes()); }
    return bytes;
}

// Errors: file_error.
inline any_array load_npy(const std::string& path) { return from_npy(detail::files::read(path)); }
inline void save_npy(const std::string& path, const any_array& x) { detail::files::write(path, to_npy(x)); }

} // namespace damo
