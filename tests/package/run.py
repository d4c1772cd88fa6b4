#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Installs damo into a temporary folder and builds consumer.cpp against it with pkg-config, with CMake's find_package, as a CMake
subdirectory and as a Meson subproject. The install folder is moved first, so nothing may remember where it was.

With --build what is installed is that build directory of the same compiler, if it can be moved; otherwise a release build is made."""
import json
import os
import pathlib
import re
import shlex
import shutil
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import compilers

CMAKE = """cmake_minimum_required(VERSION 3.20)
project(consumer CXX)
%s
add_executable(consumer consumer.cpp)
target_link_libraries(consumer PRIVATE damo::damo)
"""
MESON = """project('consumer', 'cpp', default_options: ['cpp_std=c++20'])
executable('consumer', 'consumer.cpp', dependencies: dependency('damo', fallback: 'damo'))
"""


class failed(Exception):
    pass


def call(command, compiler, **environment):
    settings = dict(os.environ, CXX=shlex.join(compiler), **environment)
    for name in ("CXXFLAGS", "CPPFLAGS", "LDFLAGS", "DESTDIR"):
        settings.pop(name, None)
    result = compilers.subprocess.run([str(word) for word in command], stdout=compilers.subprocess.PIPE, text=True,
                                      stderr=compilers.subprocess.STDOUT, env=settings)
    if result.returncode:
        raise failed(f"{' '.join(map(str, command))}\n{result.stdout}")
    return result.stdout


def write_consumer(folder, name, text):
    folder.mkdir()
    shutil.copy(HERE / "consumer.cpp", folder)
    (folder / name).write_text(text)


def installed_from(build):
    """The prefix of a build directory whose installation can be checked: it has the library, and its files may be moved."""
    about = build / "meson-info/intro-buildoptions.json" if build else None
    options = {each["name"]: each["value"] for each in json.loads(about.read_text())} if about and about.is_file() else {}
    return options["prefix"] if options.get("library") and options.get("pkgconfig.relocatable") else None


def install(root, temporary, compiler, build=None):
    prefix = installed_from(build)
    if prefix:
        call(["meson", "install", "-C", build, "--no-rebuild", "--destdir", temporary / "first"], compiler)
        (temporary / "first" / prefix.lstrip("/")).rename(temporary / "prefix")
        return temporary / "prefix"
    call(["meson", "setup", temporary / "build", root, f"--prefix={temporary / 'first'}", "-Dtests=false", "-Dbench=false",
          "-Dexamples=false", "-Dpkgconfig.relocatable=true"], compiler)
    call(["meson", "install", "-C", temporary / "build"], compiler)
    (temporary / "first").rename(temporary / "prefix")
    return temporary / "prefix"


def with_pkg_config(root, temporary, prefix, compiler):
    path = next(prefix.glob("**/damo.pc")).parent
    flags = call(["pkg-config", "--cflags", "--libs", "damo"], compiler, PKG_CONFIG_PATH=str(path))
    call(compiler + [compilers.STANDARD, HERE / "consumer.cpp", "-o", temporary / "consumer"] + shlex.split(flags), compiler)
    return temporary / "consumer"


def with_library(root, temporary, prefix, compiler):
    """The same source runs on the compiled library and on the headers alone, and says the same."""
    path = next(prefix.glob("**/damo-library.pc")).parent
    library = next(prefix.glob("**/libdamo.so*")).parent
    said = []
    for name in ("damo-library", "damo"):
        flags = call(["pkg-config", "--cflags", "--libs", name], compiler, PKG_CONFIG_PATH=str(path))
        call(compiler + [compilers.STANDARD, HERE / "program.cpp", "-o", temporary / f"program_{name}"] + shlex.split(flags) + [f"-Wl,-rpath,{library}"], compiler)
        said.append(call([temporary / f"program_{name}"], compiler))
    if said[0] != said[1]:
        raise failed(f"the library says {said[0]!r}, the headers say {said[1]!r}")
    return temporary / "program_damo"


def build_with_cmake(folder, compiler, *options):
    call(["cmake", "-S", folder, "-B", folder / "build", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", *options], compiler)
    call(["cmake", "--build", folder / "build"], compiler)
    return folder / "build/consumer"


def with_find_package(root, temporary, prefix, compiler):
    write_consumer(temporary / "found", "CMakeLists.txt", CMAKE % "find_package(damo 0.1 REQUIRED)")
    program = build_with_cmake(temporary / "found", compiler, f"-DCMAKE_PREFIX_PATH={prefix}")
    command = json.loads((temporary / "found/build/compile_commands.json").read_text())[0]["command"]
    # the user's arithmetic, instruction set and warnings are his own
    for word in shlex.split(command):
        if re.match(r"-(O|W|m|ffast|ffp|f(no-)?(math|signed|trapping|associative|reciprocal|finite|exceptions|rtti))", word):
            raise failed(f"the package adds {word}: {command}")
    return program


def with_subdirectory(root, temporary, prefix, compiler):
    write_consumer(temporary / "below", "CMakeLists.txt", CMAKE % f"add_subdirectory({root} damo)")
    return build_with_cmake(temporary / "below", compiler)


def with_subproject(root, temporary, prefix, compiler):
    folder = temporary / "subproject"
    write_consumer(folder, "meson.build", MESON)
    (folder / "subprojects").mkdir()
    (folder / "subprojects/damo").symlink_to(root, target_is_directory=True)
    call(["meson", "setup", folder / "build", folder, "--wrap-mode=forcefallback"], compiler)
    call(["ninja", "-C", folder / "build"], compiler)
    return folder / "build/consumer"


def check(root, compiler, build=None):
    text = (root / "include/damo/config.hpp").read_text()
    version = ".".join(re.findall(r"#define DAMO_VERSION_\w+ (\d+)", text))
    findings = []
    with tempfile.TemporaryDirectory() as folder:
        temporary = pathlib.Path(folder)
        prefix = install(root, temporary, compiler, build)
        for way in (with_pkg_config, with_library, with_find_package, with_subdirectory, with_subproject):
            try:
                said = call([way(root, temporary, prefix, compiler)], compiler)
                if said != f"damo {version}\n":
                    raise failed(f"the consumer prints {said!r}")
                print(f"{way.__name__}, {compiler[0]}: fine")
            except failed as reason:
                findings.append(f"{way.__name__}, {compiler[0]}: {reason}")
    return findings


if __name__ == "__main__":
    parser = compilers.parser(__doc__)
    parser.add_argument("root", type=pathlib.Path, nargs="?", default=compilers.ROOT)
    parser.add_argument("--build", type=pathlib.Path)
    args = parser.parse_args()
    compilers.report(sum((check(args.root.resolve(), compiler, args.build) for compiler in compilers.chosen(args)), []), "the package works")
