#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Each check of the tests can fail: fed with a bad tree, a bad case or a bad listing it finds what is wrong, and only that."""
import importlib.util
import json
import pathlib
import shutil
import sys
import tempfile
import unittest
import xml.etree.ElementTree

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS), str(TESTS / "tree")]
import compilers
import docs
import engine_names_no_op
import headers
import headers_alone
import headers_link
import layers
import misuse
import names
import text


def load(name, path):
    spec = importlib.util.spec_from_file_location(name, TESTS / path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


must_not_compile = load("must_not_compile", "must_not_compile/run.py")
symbols = load("symbols", "object/symbols.py")
isa = load("isa", "object/isa.py")
check_ptx = load("check_ptx", "cuda/check_ptx.py")
sources = load("sources", "sources.py")
package = load("package", "package/run.py")
compile_time = load("compile_time", "../bench/compile_time/run.py")
plot = compile_time.plot

TOP = text.SPDX + "\n#pragma once\n"
CHOSEN = [[command] for command in compilers.DEFAULT if shutil.which(command)]


class with_folder(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.root = pathlib.Path(holder.name)

    def write(self, path, content):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(content)
        return self.root / path

    def header(self, name, content=""):
        return self.write("include/damo/" + name, TOP + content)

    def one(self, findings, *words):
        self.assertEqual(len(findings), 1, findings)
        for word in words:
            self.assertIn(word, findings[0])


class tree(with_folder):
    def setUp(self):
        super().setUp()
        self.header("config.hpp", "#define DAMO_X 1\n")
        self.header("core/a.hpp", "#include <damo/config.hpp>\n")

    def check_all(self):
        return (layers.check(self.root) + text.check(self.root) + engine_names_no_op.check(self.root)
                + headers_alone.check(self.root, CHOSEN) + headers_link.check(self.root, CHOSEN))

    def test_a_good_tree_passes(self):
        self.header("ops/exp.hpp", "#include <damo/core/a.hpp>\n// #include <damo/damo.hpp>, #define Y, namespace {\n")
        self.header("damo.hpp", "#include <damo/ops/exp.hpp>\nconst char* const damo_text = \"namespace {\";\n")
        self.assertEqual(self.check_all(), [])

    def test_an_include_that_goes_up(self):
        self.header("ops/exp.hpp")
        self.header("core/b.hpp", "#include <damo/ops/exp.hpp>\n")
        self.one(layers.check(self.root), "core/b.hpp:3", "up from core to ops")

    def test_fwd_lies_below_the_ops(self):
        self.header("ops/exp.hpp")
        self.header("ops/fwd.hpp", "#include <damo/ops/exp.hpp>\n")
        self.one(layers.check(self.root), "ops/fwd.hpp:3")

    def test_an_include_cycle(self):
        self.header("core/b.hpp", "#include <damo/core/c.hpp>\n")
        self.header("core/c.hpp", "#include <damo/core/b.hpp>\n")
        self.header("core/leads_there.hpp", "#include <damo/core/b.hpp>\n")
        self.one(layers.check(self.root), "cycle: damo/core/b.hpp -> damo/core/c.hpp -> damo/core/b.hpp")

    def test_a_folder_that_is_no_layer(self):
        self.header("utils/b.hpp")
        self.one(layers.check(self.root), "utils is no layer")

    def test_an_include_with_quotes(self):
        self.header("core/b.hpp", '#include "a.hpp"\n')
        self.one(layers.check(self.root), "quotes")

    def test_an_include_of_nothing(self):
        self.header("core/b.hpp", "#include <damo/core/gone.hpp>\n")
        self.one(layers.check(self.root), "does not exist")

    def test_an_outside_library_in_the_wrong_layer(self):
        self.header("plan/b.hpp", "#include <cuda_runtime.h>\n#include <cmath>\n")
        self.one(layers.check(self.root), "cuda_runtime.h", "only in cuda")

    def test_an_umbrella_that_includes_interop(self):
        self.header("interop/eigen.hpp", "#include <Eigen/Core>\n")
        self.header("damo.hpp", "#include <damo/interop/eigen.hpp>\n")
        self.one(layers.check(self.root), "for the user alone")

    def test_a_scalar_header_that_costs_more(self):
        self.header("core/b.hpp", "#include <string_view>\n#include <utility>\n")
        self.header("scalar.hpp", "#include <damo/core/b.hpp>\n")
        self.one(layers.check(self.root), "scalar.hpp", "it reaches <string_view>")

    def test_no_licence_line(self):
        self.write("tests/ops/exp.cpp", "int main() {}\n")
        self.one(text.check(self.root), "tests/ops/exp.cpp:1")

    def test_no_pragma_once(self):
        self.write("include/damo/core/b.hpp", text.SPDX + "\n")
        self.one(text.check(self.root), "#pragma once")

    def test_a_long_header(self):
        self.header("core/b.hpp", "\n" * 600)
        self.one(text.check(self.root), "602 lines")

    def test_a_long_header_with_a_reason(self):
        self.header("core/b.hpp", "\n" * 600)
        self.write("tests/tree/size_exceptions.txt", "include/damo/core/b.hpp one table\n")
        self.assertEqual(text.check(self.root), [])

    def test_a_long_header_with_an_empty_reason(self):
        self.header("core/b.hpp", "\n" * 600)
        self.write("tests/tree/size_exceptions.txt", "include/damo/core/b.hpp\n")
        self.one(text.check(self.root), "602 lines")

    def test_an_exception_for_nothing(self):
        self.write("tests/tree/size_exceptions.txt", "include/damo/core/a.hpp one table\n")
        self.one(text.check(self.root), "need no exception")

    def test_a_macro_outside_config(self):
        self.header("core/b.hpp", "#  define DAMO_B 1\n")
        self.one(text.check(self.root), "core/b.hpp:3", "DAMO_B")

    def test_a_macro_without_prefix(self):
        self.header("config.hpp", "#define X 1\n")
        self.one(text.check(self.root), "prefix")

    def test_an_anonymous_namespace(self):
        self.header("core/b.hpp", "namespace damo {\nnamespace {\n}\n}\n")
        self.one(text.check(self.root), "core/b.hpp:4", "anonymous")

    def test_an_engine_that_names_an_op(self):
        self.header("ops/trigonometric.hpp", 'struct sine { static constexpr const char* name = "sin"; };\n')
        self.header("ops/leaf.hpp", 'struct constant { static constexpr const char* name = "constant"; };\n')
        self.header("ops/fit.hpp")
        for code, word in (('auto s = "sin";', '"sin"'), ('auto s = "damo.sin";', '"sin"'), ("auto s = ops::sin(a);", "ops::sin"),
                           ("auto s = ops::sin_op{};", "ops::sin"), ("#include <damo/ops/trigonometric.hpp>", "trigonometric")):
            self.header("rewrite/b.hpp", code + "\n")
            self.one(engine_names_no_op.check(self.root), "rewrite/b.hpp:3", word)
        self.header("rewrite/b.hpp", '#include <damo/ops/leaf.hpp>\n#include <damo/ops/fit.hpp>\n'
                    '// ops::sin and "sin"\nauto s = "sine" + ops::constant + ops::fit;\n')
        self.assertEqual(engine_names_no_op.check(self.root), [])

    def test_a_header_that_does_not_compile_alone(self):
        self.header("core/b.hpp", "std::size_t b;\n")
        self.assertEqual(len(headers_alone.check(self.root, CHOSEN)), len(CHOSEN))

    def test_a_header_that_does_not_compile_alone_after_one_parsed_beforehand(self):
        self.header("core/base.hpp", "".join(f"#include <{name}>\n" for name in ("vector", "string", "memory", "utility", "array")))
        names = [f"core/{letter}.hpp" for letter in "bcdefg"]
        for number, name in enumerate(names):
            self.header(name, f"#include <damo/core/base.hpp>\ninline std::vector<int> made_{number}() {{ return {{}}; }}\n")
        self.header("core/h.hpp", "#include <map>\n")
        beginning = headers_alone.shared_beginnings(self.root, headers.headers(self.root))
        self.assertEqual({beginning[f"damo/{name}"] for name in names}, {"damo/core/base.hpp"})
        self.assertEqual(headers_alone.check(self.root, CHOSEN), [])
        self.header("core/d.hpp", "#include <damo/core/base.hpp>\ninline std::map<int, int> made() { return {}; }\n")
        findings = headers_alone.check(self.root, CHOSEN)
        self.assertEqual(len(findings), len(CHOSEN))
        self.assertTrue(all("damo/core/d.hpp does not compile alone" in finding for finding in findings))
        self.header("core/base.hpp", "no C++\n")  # then those that include it fail as well
        self.assertEqual(len(headers_alone.check(self.root, CHOSEN)), len(CHOSEN) * (1 + len(names)))

    def test_what_is_always_parsed_before_a_header(self):
        for letter in "bcdef":
            self.header(f"core/{letter}.hpp")
        self.header("core/b.hpp", "#include <damo/core/c.hpp>\n")
        self.header("core/g.hpp", "#if 1\n#include <damo/core/d.hpp>\n#endif\n#include <damo/core/b.hpp>\nint x;\n#include <damo/core/e.hpp>\n")
        self.assertEqual(headers.always_before(self.root, "damo/core/g.hpp"), {"damo/core/b.hpp", "damo/core/c.hpp"})
        self.header("core/g.hpp", "#define X 1\n#include <damo/core/b.hpp>\n")
        self.assertEqual(headers.always_before(self.root, "damo/core/g.hpp"), set())

    def test_a_header_that_does_not_compile_twice(self):
        self.write("include/damo/core/b.hpp", text.SPDX + "\nstruct twice {};\n")
        self.assertEqual(len(headers_alone.check(self.root, CHOSEN)), len(CHOSEN))

    def test_an_outside_library_may_be_missing_in_interop_only(self):
        self.header("interop/b.hpp", "#include <no_such_library/b.hpp>\n")
        self.assertEqual(headers_alone.check(self.root, CHOSEN), [])
        self.header("core/b.hpp", "#include <no_such_library/b.hpp>\n")
        self.assertEqual(len(headers_alone.check(self.root, CHOSEN)), len(CHOSEN))

    def test_two_files_that_do_not_link(self):
        self.header("core/b.hpp", "int defined_twice() { return 0; }\n")
        self.assertEqual(headers_alone.check(self.root, CHOSEN), [])
        self.assertEqual(len(headers_link.check(self.root, CHOSEN)), len(CHOSEN))

    def test_comments_and_strings(self):
        self.assertEqual(headers.blank('a /* " */ b // c\n"// d" e').split(), ["a", "b", "e"])
        self.assertEqual(headers.blank("1'000 + 'x' // y").split(), ["1'000", "+"])


PIECES = """template <unsigned N> struct piece {
    char text[N + 1]{};
    constexpr piece(const char* s) { for (unsigned i = 0; i < N; ++i) { text[i] = *s ? *s++ : ' '; } }
};
template <piece<29>... S> inline constexpr bool never = false;
template <class T, piece<29>... S> struct mistake { static_assert(never<S...>); };
constexpr piece<29> a{"dot(a, b) needs the extents t"}, b{"o be the same"};
template <class T> void call() { (void)sizeof(mistake<T, a, b>); }
#ifdef REPAIRED
int main() {}
#else
int main() { call<int>(); }
#endif
"""


class mistakes(with_folder):
    def findings(self, case, code=PIECES):
        path = self.write("case.cpp", case + code)
        found = [must_not_compile.check([path], [compiler]) for compiler in CHOSEN]
        self.assertEqual(len({len(each) for each in found}), 1, found)
        return found[0]

    def test_a_sentence_in_pieces(self):
        self.assertEqual(self.findings("// error: the extents to be the same\n"), [])

    def test_another_sentence(self):
        self.one(self.findings("// error: the extents to be the same\n// error: no such words\n"), "does not say: no such words")

    def test_no_sentence(self):
        self.one(self.findings(""), "has no line")

    def test_too_many_lines(self):
        self.one(self.findings("// error: dot(a, b)\n// max_lines: 3\n"), "more than 3")

    def test_a_mistake_that_compiles(self):
        self.one(self.findings("// error: dot\n", "int main() {}\n"), "must not")

    def test_a_repair_that_does_not_compile(self):
        self.one(self.findings("// error: dot\n", PIECES.replace("int main() {}", "int main() { call<int>(); }")), "when repaired")

    def test_two_errors(self):
        self.one(self.findings("// error: dot\n", PIECES.replace("call<int>();", "call<int>(); int x = y;")), "2 errors")

    def test_cases_that_begin_with_one_header(self):
        text = "// error: the extents to be the same\n#include <array>\n#include <damo/config.hpp>\n#include <damo/core/dtype.hpp>\n" + PIECES
        cases = [self.write(f"{letter}.cpp", text) for letter in "abcd"]
        self.assertEqual({must_not_compile.beginning(case) for case in cases}, {"#include <damo/config.hpp>"})
        self.assertEqual(must_not_compile.check(cases, CHOSEN), [])
        cases.append(self.write("e.cpp", text.replace("to be", "not to be", 1)))
        found = must_not_compile.check(cases, CHOSEN)
        self.assertEqual(len(found), len(CHOSEN))
        self.assertTrue(all(finding.startswith("e.cpp") and "parsed.hpp" not in finding for finding in found), found)
        self.assertIsNone(must_not_compile.beginning(self.write("f.cpp", "#define X\n#include <damo/config.hpp>\n")))

    def test_an_error_without_a_place(self):
        path = self.write("case.cpp", "// error: dot\n")
        self.one(must_not_compile.check_output(path, 1, "error: dot\n"), "no line number")


class objects(with_folder):
    def findings(self, case):
        path = self.write("case.cpp", case + "namespace damo::ir { int leaked() { return 1; } }\nint solve() { return 2; }\n")
        found = [symbols.check([path], [compiler]) for compiler in CHOSEN]
        self.assertEqual(len({len(each) for each in found}), 1, found)
        return found[0]

    def test_good(self):
        self.assertEqual(self.findings("// no-symbol: damo::diff::\n// has-symbol: solve\n// max-symbol: 200\n// max-size: 4000\n"), [])

    def test_a_symbol_that_must_not_be(self):
        self.one(self.findings("// no-symbol: damo::ir::\n"), "1 symbols match", "damo::ir::leaked()")

    def test_a_symbol_that_must_be(self):
        self.one(self.findings("// has-symbol: gone\n"), "no symbol matches gone")

    def test_a_long_symbol(self):
        self.one(self.findings("// max-symbol: 20\n"), "20 characters")

    def test_a_large_object(self):
        self.one(self.findings("// max-size: 1\n"), "more than 1")

    def test_a_case_that_checks_nothing(self):
        self.one(self.findings("// flags: -O0\n"), "checks nothing")

    def test_a_case_that_does_not_compile(self):
        self.one(self.findings("// has-symbol: solve\nint x = y;\n"), "does not compile")


class merged_functions(unittest.TestCase):
    def test_all(self):
        first = isa.weak_functions("void damo::detail::arrays::read<int>(int) W 0 2a\nstd::swap(int) W 0 1\ndamo::exec::isa_sse2::run() W 10 2\n"
                                   "auto damo::kept<double>(double) W 0 1\ndamo::tables V 0 8\nouter T 0 1\n")
        second = isa.weak_functions("void damo::detail::arrays::read<int>(int) W 8 2b\nstd::swap(int) W 0 1\ndamo::exec::isa_avx2_fma::run() W 10 2\n"
                                    "damo::tables V 0 8\nouter T 0 1\n")
        self.assertEqual(len(first), 4)
        self.assertEqual(isa.shared(first, second), ["void damo::detail::arrays::read<int>(int)"])


ENTRY = ".visible .entry kernel(.param .u64 p) {\n.reg .b32 %%r<2>;\n%s\nret;\n}\n.func outside() {\ncall f;\n}\n"


class ptx(unittest.TestCase):
    def test_good(self):
        self.assertEqual(check_ptx.check_ptx(ENTRY % "{ add.f64 a, b, c; // call\n}"), [])

    def test_bad(self):
        for line in (".local .align 8 .b8 __local_depot0[16];", "call.uni f, (a);", "@%p1 call f;", "ld.local.f64 a, [b];", "{ }\ncall f;"):
            self.assertEqual(len(check_ptx.check_ptx(ENTRY % line)), 1, line)

    def test_an_allowed_line(self):
        self.assertEqual(check_ptx.check_ptx(ENTRY % "call slow_path, (a);", ["slow_path"]), [])

    def test_no_kernel(self):
        self.assertEqual(len(check_ptx.check_ptx(".func f() {\n}\n")), 1)


class listing(with_folder):
    def test_needs_and_marks(self):
        path = self.write("a.cpp", '#include <ceres/jet.h>\n#include <damo/interop/xtensor.hpp>\nTEST_CASE("x", "[long]") {}\n')
        self.assertEqual(sources.needs(path), ["ceres", "xtensor"])
        self.assertEqual(sources.marks(path), ["long"])

    def test_a_source_that_is_not_built(self):
        self.write("ops/exp.cpp", "")
        for still, status in (([], 1), (["ops/exp.cpp"], 0), (["ops/exp.cpp", "ops/gone.cpp"], 1)):
            result = compilers.run([sys.executable, TESTS / "sources.py", self.root, "--still", *still])
            self.assertEqual(result.returncode, status, result.stdout)


    def test_a_source_whose_library_is_not_found(self):
        self.write("a.cpp", "#include <ceres/jet.h>\n")
        for found, said in (("blas,ceres", "a.cpp|"), ("blas", f"{self.root}/a.cpp is left out: not found: ceres\n")):
            self.assertEqual(compilers.run([sys.executable, TESTS / "sources.py", self.root, "--found", found]).stdout, said)


class packages(with_folder):
    def prefix_with(self, **values):
        options = {"prefix": "/usr/local", "library": True, "pkgconfig.relocatable": True, **values}
        self.write("meson-info/intro-buildoptions.json", json.dumps([{"name": name, "value": value} for name, value in options.items()]))
        return package.installed_from(self.root)

    def test_which_build_is_installed(self):
        self.assertIsNone(package.installed_from(None))
        self.assertIsNone(package.installed_from(self.root))
        self.assertEqual(self.prefix_with(), "/usr/local")
        self.assertIsNone(self.prefix_with(**{"pkgconfig.relocatable": False}))
        self.assertIsNone(self.prefix_with(library=False))


class misuses(with_folder):
    """The table of mistakes."""

    def findings(self, *rows):
        self.write("docs/names.md", "## Graphs made at run time\n\n`grad` of symbols\n\n| `input(name)` `shape` | `other` |\n\n## Reserved\n\n| `later` | b |\n")
        self.header("graph/a.hpp", "struct scan_options {\n    std::vector<int> taps = {0}; // x = 1;\n    int left{};\n};\nenum class mistake_kind : char {\n    rank // b\n};\n")
        self.write("tests/graph/a.cpp", 'TEST_CASE("no input") {\n    refused({.taps = {}});\n}\nTEST_CASE("others") {}\n')
        good = ["grad | a | no input", "shape | none: a number", "scan_options.taps | none of them | no input", "scan_options.left | none: a number",
                "scan_options | none: see its members", "mistake_kind.rank | a | others", "cycle | a | others"]
        self.write("tests/graph/misuse.txt", "# x\n\n" + "\n".join([*good, *(rows or ["input | b | others"])]) + "\n")
        self.write("docs/names.md", (self.root / "docs/names.md").read_text().replace("`shape`", "`shape` `scan_options`"))
        return misuse.check(self.root)

    def test_a_good_table(self):
        self.assertEqual(self.findings(), [])

    def test_a_test_that_is_not_there(self):
        self.one(self.findings("input | b | gone"), "misuse.txt:10", 'no TEST_CASE "gone"')

    def test_a_name_without_a_row(self):
        self.one(self.findings("grad | b | others"), "no row for input")

    def test_a_row_of_nothing(self):
        self.one(self.findings("input | b | others", "later | b | others"), "later is no name")

    def test_a_test_without_its_option(self):
        self.one(self.findings("input | b | others", "scan_options.taps | b | others"), "does not use scan_options.taps")

    def test_a_row_that_says_too_little(self):
        self.one(self.findings("input | nothing"), "a row is")


class pages(with_folder):
    """The table of names, and the generated pages."""

    def names(self, table, code="constexpr value exp(operand x) { return x; }\n"):
        self.header("ops/exp.hpp", "namespace damo {\nnamespace ops {\nconstexpr value inner(operand x);\n} // namespace ops\n" + code + "} // namespace damo\n")
        self.write("docs/names.md", table)
        return names.check(self.root)

    def test_a_good_table(self):
        self.assertEqual(self.names("| `exp(x)` | a |\n\n## Reserved\n\n| `later` | b |\n"), [])

    def test_a_function_that_is_not_in_the_table(self):
        self.one(self.names("| `value` | a |\n"), "ops/exp.hpp", "exp is public")

    def test_a_name_with_two_meanings(self):
        self.one(self.names("| `exp` | a |\n| `exp` | b |\n"), "names.md:2", "line 1")

    def test_a_name_of_nothing(self):
        self.one(self.names("| `exp` | a |\n| `gone` | b |\n"), "no header knows gone")

    def test_a_page_out_of_date(self):
        self.write("docs/generate/a.cpp", '#include <cstdio>\nint main() { std::puts("new"); }\n')
        self.write("docs/a.md", "old\n")
        self.one(docs.check(self.root, CHOSEN[0]), "docs/a.md", "out of date")
        self.assertEqual(docs.check(self.root, CHOSEN[0], update=True), [])
        self.assertEqual((self.root / "docs/a.md").read_text(), "new\n")
        self.assertEqual(docs.check(self.root, CHOSEN[0]), [])

    def test_a_generator_that_fails(self):
        self.write("docs/generate/a.cpp", "int main() { return 1; }\n")
        self.one(docs.check(self.root, CHOSEN[0]), "a.cpp fails")


class plots(with_folder):
    """The compile-time bench and the plots it draws, over cases small enough for a test."""

    def marks(self, path, name):
        return xml.etree.ElementTree.parse(path).getroot().findall(f"{{http://www.w3.org/2000/svg}}{name}")

    def test_a_heavier_file_costs_more(self):
        heavy = "#include <cmath>\n#include <string>\n#include <vector>\n"
        result = compile_time.measure(CHOSEN[0][0], ["-O0"], heavy, 1, self.root)
        for key in ("wall_s", "user_s", "peak_mib"):
            self.assertGreater(result["over_empty"][key], 0)
            self.assertGreater(result["alone"][key], result["over_empty"][key])

    def test_a_file_that_does_not_compile(self):
        with self.assertRaises(SystemExit):
            compile_time.measure(CHOSEN[0][0], ["-O0"], "int x = y;\n", 1, self.root)

    def test_every_result_is_drawn(self):
        over = {"wall_s": 0.5, "user_s": 0.4, "peak_mib": 10.0}
        results = [{"case": case, "n": n, "compiler": "g++", "over_empty": over} for case, n in
                   (("a<b>", None), ("c", None), ("grows", 10), ("grows", 100), ("grows", 1000))]
        compile_time.draw(results, self.root, "x")
        self.assertEqual(sorted(path.name for path in self.root.glob("*.svg")),
                         ["x_growing_peak_mib.svg", "x_growing_wall_s.svg", "x_peak_mib.svg", "x_wall_s.svg"])
        self.assertEqual(len(self.marks(self.root / "x_growing_wall_s.svg", "circle")), 3)
        # the page, the legend and two bars
        self.assertEqual(len(self.marks(self.root / "x_wall_s.svg", "rect")), 4)

    def test_ticks_are_round_and_few(self):
        for low, high, log, expected in ((0, 1, False, [0, 0.2, 0.4, 0.6, 0.8, 1]), (0.9, 12, True, [1, 2, 5, 10]),
                                         (1, 1e6, True, [10.0 ** e for e in range(7)]), (0, 230, False, [0, 50, 100, 150, 200])):
            for got, wanted in zip(plot.ticks(low, high, log), expected, strict=True):
                self.assertAlmostEqual(got, wanted)

    def test_what_has_no_logarithm_is_left_out(self):
        plot.lines(self.root / "y.svg", "t", "n", "s", {"a": [(1, 0), (2, -1), (3, 1)]})
        self.assertEqual(len(self.marks(self.root / "y.svg", "circle")), 1)


if __name__ == "__main__":
    unittest.main()
