// SPDX-License-Identifier: BSD-3-Clause
#include <damo/interop/npz.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "catch.hpp"

using damo::any_array;
using damo::dtype;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }
template <class Call>
std::string mistake(Call call) {
    try {
        call();
    } catch (const damo::file_error& e) {
        return e.what();
    }
    return "no mistake";
}
// A file made by hand.
std::string file(const std::string& dictionary, const std::string& data, int version = 1) {
    std::string s("\x93NUMPY", 6);
    s += static_cast<char>(version);
    s += '\0';
    for (int i = 0; i < (version == 1 ? 2 : 4); ++i) { s += static_cast<char>(dictionary.size() >> (8 * i) & 0xFF); }
    return s + dictionary + data;
}
std::string head(const std::string& descr, const std::string& shape, bool fortran = false) {
    return "{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': " + shape + ", }\n";
}
const std::string one("\0\0\0\0\0\0\xF0\x3F", 8); // 1.0
const std::string two("\0\0\0\0\0\0\0\x40", 8);   // 2.0

any_array counted(dtype t, std::vector<std::int64_t> shape) {
    any_array x(t, static_cast<int>(shape.size()), shape.data());
    auto* bytes = static_cast<unsigned char*>(x.data());
    for (std::size_t i = 0; i < x.bytes(); ++i) { bytes[i] = static_cast<unsigned char>(t == dtype::boolean ? i % 2 : 7 * i + 1); }
    return x;
}

} // namespace

TEST_CASE("every element type and shape comes back from .npy") {
    for (int t = static_cast<int>(dtype::boolean); t <= static_cast<int>(dtype::complex128); ++t) {
        if (static_cast<dtype>(t) == dtype::bfloat16) { continue; }
        for (const std::vector<std::int64_t>& shape : std::vector<std::vector<std::int64_t>>{{}, {1}, {5}, {0}, {2, 3}, {3, 0, 2}, {2, 1, 3, 2}, {1, 1, 1, 1, 1, 1, 1, 2}}) {
            const any_array x = counted(static_cast<dtype>(t), shape);
            const std::string bytes = damo::to_npy(x);
            CHECK((bytes.size() - x.bytes()) % 64 == 0);
            CHECK(same_elements(damo::from_npy(bytes), x));
        }
    }
    CHECK(contains(mistake([] { damo::to_npy(counted(dtype::bfloat16, {2})); }), "NumPy has no element type bfloat16"));
    CHECK(contains(mistake([] { damo::to_npy(any_array()); }), "NumPy has no element type none"));
}

TEST_CASE("heads of all versions and spellings are read") {
    for (const int version : {1, 2, 3}) {
        const any_array x = damo::from_npy(file(head("<f8", "(2,)"), one + two, version));
        CHECK(x.element() == dtype::float64);
        CHECK(x.rank() == 1);
        CHECK(x.at(1) == 2.0);
    }
    CHECK(damo::from_npy(file("{ \"shape\":(2L , 1L),'fortran_order' : False,\n'descr':\"<f8\" }", one + two)).rank() == 2);
    CHECK(damo::from_npy(file(head("<f8", "()"), two)).number() == 2.0);
    CHECK(damo::from_npy(file(head("=f8", "()"), two)).number() == 2.0);
    CHECK(damo::from_npy(file(head("|b1", "(3,)"), std::string("\0\1\xFF", 3))).at(2) == 1.0);
}

TEST_CASE("other orders of bytes and axes are turned round") {
    const std::string big = std::string("\x3F\xF0\0\0\0\0\0\0", 8) + std::string("\x40\0\0\0\0\0\0\0", 8);
    CHECK(damo::from_npy(file(head(">f8", "(2,)"), big)).at(1) == 2.0);
    CHECK(damo::from_npy(file(head(">i2", "(2,)"), std::string("\x01\x02\xFF\xFE", 4))).at(0) == 258);
    CHECK(damo::from_npy(file(head(">i2", "(2,)"), std::string("\x01\x02\xFF\xFE", 4))).at(1) == -2);
    const any_array c = damo::from_npy(file(head(">c8", "()"), std::string("\x3F\x80\0\0\x40\0\0\0", 8))); // 1 + 2i, each part by itself
    float parts[2] = {};
    std::memcpy(parts, c.data(), 8);
    CHECK(parts[0] == 1.0f);
    CHECK(parts[1] == 2.0f);
    std::string columns;
    for (int i = 0; i < 6; ++i) { columns += static_cast<char>(i); }
    const any_array f = damo::from_npy(file(head("|u1", "(2, 3)", true), columns)); // [[0, 2, 4], [1, 3, 5]]
    for (std::int64_t i = 0; i < 6; ++i) { CHECK(f.at<int>(i) == (i % 3) * 2 + i / 3); }
    const any_array g = damo::from_npy(file(head(">u2", "(2, 1, 2)", true), std::string("\0\1\0\2\0\3\0\4", 8)));
    CHECK(g.at<int>(1) == 3);
    CHECK(g.at<int>(2) == 2);
}

TEST_CASE("what is no .npy file, or claims what is not so, is refused") {
    const auto says = [](const std::string& bytes) { return mistake([&] { damo::from_npy(bytes); }); };
    CHECK(contains(says(""), "no .npy file"));
    CHECK(contains(says("PK\3\4 and so on"), "no .npy file"));
    CHECK(contains(says(file(head("<f8", "(2,)"), one, 4)), "version 4"));
    CHECK(contains(says(file(head("<f8", "(2,)"), one)), "should hold 16 bytes of elements, but holds 8: it was cut off"));
    CHECK(contains(says(file(head("<f8", "(1,)"), one + two)), "there is more in it"));
    CHECK(contains(says(file(head("<f8", "(99999999999999999999,)"), one)), "more than 2^47"));
    CHECK(contains(says(file(head("<f8", "(1000000000, 1000000000)"), one)), "more than 2^47"));
    CHECK(contains(says(file(head("<f8", "(0, 1000000000000)"), "")), "empty array"));
    CHECK(contains(says(file(head("<f8", "(100000000000,)"), one)), "was cut off")); // before any memory is asked for
    CHECK(contains(says(file(head("<f8", "(1, 1, 1, 1, 1, 1, 1, 1, 1)"), one)), "more than 8 axes"));
    CHECK(contains(says(file(head("<U8", "(1,)"), one)), "elements of type \"<U8\""));
    CHECK(contains(says(file(head("f8", "(1,)"), one)), "elements of type"));
    CHECK(contains(says(file(head("|O", "(1,)"), one)), "elements of type"));
    CHECK(contains(says(file("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}", one)), "structured"));
    for (const std::string wrong : {"", "{", "{}", "{'descr': '<f8'}", "{'descr': '<f8', 'descr': '<f8', 'shape': ()}", "{'descr': '<f8', 'fortran_order': 1, 'shape': ()}",
                                    "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}", "{'descr': '<f8', 'fortran_order': False, 'shape': (1 2)}",
                                    "{'descr': '<f8', 'fortran_order': False, 'shape': ()} x", "{'descr: '<f8', 'fortran_order': False, 'shape': ()}",
                                    "{'descr': '<f8', 'fortran_order': False, 'shape': (", "{'descr': '<f8' 'fortran_order': False, 'shape': ()}"}) {
        INFO(wrong);
        CHECK(contains(says(file(wrong, one)), "no dictionary"));
    }
    std::string long_head = file(head("<f8", "(1,)"), one);
    long_head[9] = '\x7F';
    CHECK(contains(says(long_head), "ends before its head does"));
}

TEST_CASE("named arrays come back from .npz") {
    const damo::named_arrays all = {{"w", counted(dtype::float32, {3, 2})}, {"b", counted(dtype::int64, {4})}, {"\xCE\xB1", counted(dtype::boolean, {})}};
    const std::string stored = damo::to_npz(all);
    const damo::named_arrays back = damo::from_npz(stored);
    REQUIRE(back.size() == 3);
    for (const auto& [name, x] : all) { CHECK(same_elements(back.at(name), x)); }
    CHECK(damo::from_npz(damo::to_npz({})).empty());
    CHECK(damo::from_npz(stored.substr(0, stored.size() - 2) + std::string("\5\0hello", 7)).size() == 3); // a comment at the end
#ifdef DAMO_USE_ZLIB
    const damo::named_arrays zeros = {{"z", any_array(dtype::float64, 1, std::vector<std::int64_t>{10000}.data())}};
    const std::string small = damo::to_npz(zeros, damo::packing::deflated);
    CHECK(small.size() < 1000);
    CHECK(same_elements(damo::from_npz(small).at("z"), zeros.at("z")));
    const damo::named_arrays packed = damo::from_npz(damo::to_npz(all, damo::packing::deflated));
    for (const auto& [name, x] : all) { CHECK(same_elements(packed.at(name), x)); }
#else
    CHECK(contains(mistake([&] { damo::to_npz(all, damo::packing::deflated); }), "define DAMO_USE_ZLIB"));
#endif
}

TEST_CASE("files on disk") {
    const std::string path = (std::filesystem::temp_directory_path() / "damo_test_npy").string();
    const any_array x = counted(dtype::float64, {2, 2});
    damo::save_npy(path, x);
    CHECK(same_elements(damo::load_npy(path), x));
    damo::save_npz(path, {{"x", x}});
    CHECK(same_elements(damo::load_npz(path).at("x"), x));
    std::remove(path.c_str());
    CHECK(contains(mistake([&] { damo::load_npy(path); }), "cannot read"));
}

TEST_CASE("places that cannot be written are told by .npy and .npz too") {
    const any_array x = counted(dtype::float64, {2});
    CHECK(contains(mistake([&] { damo::save_npy("/nowhere/at/all.npy", x); }), "cannot write"));
    CHECK(contains(mistake([&] { damo::save_npz("/nowhere/at/all.npz", {{"x", x}}); }), "cannot write"));
    CHECK(contains(mistake([] { damo::load_npz("/nowhere/at/all.npz"); }), "cannot read"));
    CHECK(contains(mistake([] { damo::to_npy(any_array()); }), "NumPy has no element type"));
    CHECK(contains(mistake([] { damo::to_npz({{"x", any_array()}}); }), "NumPy has no element type"));
}

TEST_CASE("damaged .npz files are refused") {
    const auto says = [](const std::string& bytes) { return mistake([&] { damo::from_npz(bytes); }); };
    const std::string good = damo::to_npz({{"a", counted(dtype::float64, {3})}, {"b", counted(dtype::float64, {2})}});
    CHECK(contains(says("nothing"), "no .npz file"));
    int refused = 0;
    for (std::size_t n = 0; n < good.size(); ++n) { refused += says(good.substr(0, n)) != "no mistake"; }
    CHECK(refused == static_cast<int>(good.size()));
    std::string wrong = good;
    wrong[130] = static_cast<char>(wrong[130] ^ 1);
    CHECK(contains(says(wrong), "checksum"));
    // One array that two entries of the directory stand for.
    const std::size_t second = good.find("PK\1\2", good.find("PK\1\2") + 1);
    wrong = good;
    for (int i = 0; i < 4; ++i) { wrong[second + 42 + static_cast<std::size_t>(i)] = '\0'; }
    CHECK(contains(says(wrong), "not where the directory says"));
}

TEST_CASE("archives with numbers of 64 bits are read, and not written") {
    const auto number = [](std::uint64_t v, int size) {
        std::string s;
        for (int i = 0; i < size; ++i) { s += static_cast<char>(v >> (8 * i) & 0xFF); }
        return s;
    };
    // A small archive made large by its markers: sizes and place stand in the extra part of the directory, the directory's place in a record of its own.
    const std::string good = damo::to_npz({{"a", counted(dtype::float64, {3})}});
    const std::size_t directory = good.find("PK\1\2");
    const std::size_t end = good.find("PK\5\6");
    const auto large = [&](std::uint64_t size, std::uint64_t larger_at, std::size_t extra_size) {
        const std::string stored = good.substr(directory + 20, 4); // packed size
        const std::uint64_t packed = static_cast<unsigned char>(stored[0]) | static_cast<std::uint64_t>(static_cast<unsigned char>(stored[1])) << 8;
        const std::string extra = (number(1, 2) + number(extra_size, 2) + number(size != 0 ? size : packed, 8) + number(packed, 8) + number(0, 8)).substr(0, 4 + extra_size);
        std::string entry = good.substr(directory, end - directory);
        entry.replace(20, 8, 8, '\xFF');
        entry.replace(30, 2, number(extra.size(), 2));
        entry.replace(42, 4, 4, '\xFF');
        entry += extra;
        const std::uint64_t at = larger_at != 0 ? larger_at : directory + entry.size();
        const std::string record = number(0x06064B50, 4) + number(44, 8) + number(45, 2) + number(45, 2) + number(0, 8) + number(1, 8) + number(1, 8) + number(entry.size(), 8) + number(directory, 8);
        const std::string locator = number(0x07064B50, 4) + number(0, 4) + number(at, 8) + number(1, 4);
        const std::string last = number(0x06054B50, 4) + number(0, 4) + number(0xFFFF, 2) + number(0xFFFF, 2) + number(0xFFFFFFFF, 4) + number(0xFFFFFFFF, 4) + number(0, 2);
        return good.substr(0, directory) + entry + record + locator + last;
    };
    const damo::named_arrays back = damo::from_npz(large(0, 0, 24));
    REQUIRE(back.count("a") == 1);
    CHECK(same_elements(back.at("a"), counted(dtype::float64, {3})));
    const auto says = [](const std::string& bytes) { return mistake([&] { damo::from_npz(bytes); }); };
    CHECK(contains(says(large(std::uint64_t{1} << 40, 0, 24)), "two sizes"));
    CHECK(contains(says(large(0, std::uint64_t{1} << 60, 24)), "its directory is not where it should be"));
    CHECK(contains(says(large(0, 1, 24)), "its directory is not where it should be"));
    CHECK(contains(says(large(0, 0, 10)), "is damaged"));
    const std::string whole = large(0, 0, 24);
    int read = 0;
    for (std::size_t n = 0; n < whole.size(); ++n) { read += says(whole.substr(0, n)) == "no mistake"; }
    CHECK(read == 0);
    // what would need them is refused: 4 GiB in one array, or in all together with heads and directory
    using damo::detail::npz::fits_without_zip64;
    constexpr std::uint64_t most = 0xFFFFFFFFu;
    CHECK(fits_without_zip64(0, 5, 1000, 1000));
    CHECK_FALSE(fits_without_zip64(0, 5, 1000, most));
    CHECK_FALSE(fits_without_zip64(0, 5, most, 1000));
    CHECK_FALSE(fits_without_zip64(most - 1000, 5, 1000, 1000));
    CHECK(fits_without_zip64(most - 2000, 5, 1000, 1000));
    CHECK_FALSE(fits_without_zip64(most - 1100, 5, 1000, 1000)); // the heads
}

namespace {
void throw_at_the_readers(unsigned seed, int rounds) {
    std::mt19937 dice(seed);
    const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(dice); };
    std::vector<std::string> seeds = {damo::to_npy(counted(dtype::float32, {3, 2})), file(head(">i4", "(2, 2)", true), std::string(16, '\1'))};
    const damo::named_arrays arrays = {{"a", counted(dtype::boolean, {30})}, {"b", counted(dtype::int16, {2, 2})}};
    seeds.push_back(damo::to_npz(arrays));
#ifdef DAMO_USE_ZLIB
    seeds.push_back(damo::to_npz(arrays, damo::packing::deflated));
#endif
    int accepted = 0;
    for (int round = 0; round < rounds; ++round) {
        const std::size_t which = below(seeds.size());
        std::string bytes = seeds[which];
        for (std::size_t changes = 1 + below(3); changes > 0 && !bytes.empty(); --changes) {
            const std::size_t at = below(bytes.size());
            switch (below(5)) {
            case 0: bytes[at] = static_cast<char>(below(256)); break;
            case 1: bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8))); break;
            case 2: bytes.erase(at, 1 + below(6)); break;
            case 3: bytes.insert(at, bytes.substr(below(bytes.size()), below(12))); break;
            default:
                for (std::size_t k = at; k < at + 4 && k < bytes.size(); ++k) { bytes[k] = '\xFF'; }
            }
        }
        try {
            if (which < 2) { accepted += damo::from_npy(bytes).is_empty() ? 0 : 1; }
            else { accepted += damo::from_npz(bytes).empty() ? 0 : 1; }
        } catch (const damo::file_error&) {
        }
    }
    CHECK(accepted > 0);
    CHECK(accepted < rounds);
}
} // namespace

TEST_CASE("changed files of arrays are read or refused") { throw_at_the_readers(1, 30000); }
TEST_CASE("changed files of arrays are read or refused, long", "[long]") {
    for (unsigned seed = 2; seed < 40; ++seed) { throw_at_the_readers(seed, 200000); }
}

TEST_CASE("NumPy reads what damo writes, and the other way round, where it is installed") {
    const auto folder = std::filesystem::temp_directory_path() / "damo_test_numpy";
    std::filesystem::create_directories(folder);
    const std::string at = folder.string() + "/";
    const damo::named_arrays all = {{"f", counted(dtype::float32, {3, 2})}, {"h", counted(dtype::float16, {3})}, {"c", counted(dtype::complex128, {2})}, {"b", counted(dtype::boolean, {4})}};
    damo::save_npz(at + "ours.npz", all);
    damo::save_npy(at + "ours.npy", all.at("f"));
    std::ofstream(at + "check.py") << R"(
import numpy as n, sys
at = sys.argv[1]
a = dict(n.load(at + 'ours.npz'))
n.savez(at + 'theirs.npz', **a)
n.savez_compressed(at + 'packed.npz', **a)
n.save(at + 'theirs.npy', n.asfortranarray(n.load(at + 'ours.npy')).astype('>f4'))
)";
    if (std::system(("python3 -c 'import numpy' 2>" + at + "no_numpy").c_str()) == 0) {
        REQUIRE(std::system(("python3 " + at + "check.py " + at).c_str()) == 0);
        const damo::named_arrays back = damo::load_npz(at + "theirs.npz");
        for (const auto& [name, x] : all) { CHECK(same_elements(back.at(name), x)); }
        CHECK(same_elements(damo::load_npy(at + "theirs.npy"), all.at("f")));
#ifdef DAMO_USE_ZLIB
        for (const auto& [name, x] : damo::load_npz(at + "packed.npz")) { CHECK(same_elements(x, all.at(name))); }
#endif
    }
    CHECK(same_elements(damo::load_npy(at + "ours.npy"), all.at("f")));
    std::filesystem::remove_all(folder);
}
