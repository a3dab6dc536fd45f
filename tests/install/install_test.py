#!/usr/bin/env python3
"""Installs a build into a temporary prefix, moves it, and builds and runs hosts against what is there.

usage: install_test.py BUILD_DIR SOURCE_DIR
Hosts by find_package(tenon) and by pkg-config, in C and C++, with the shared and the static library.
Prints `N passed, N failed`.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

EXPECTED = "42\ntrap: integer overflow [IntegerOverflow]\n  at twice (m.tn:1:27)\n"
results = {}


def run(*command, env=None):
    words = [str(word) for word in command]
    result = subprocess.run(words, capture_output=True, text=True, check=False, env={**os.environ, **(env or {})})
    return result.returncode, result.stdout, result.stdout + result.stderr


def check(name, problem):
    results[name] = problem or ""


def step(name, *command, env=None):
    status, output, everything = run(*command, env=env)
    if status:
        check(name, f"{' '.join(map(str, command))}\n{everything}")
    return output


def check_host(name, program, prefix, shared):
    """It runs as expected, with the library of the prefix or none."""
    env = {"LD_LIBRARY_PATH": str(prefix / "lib")} if shared else {"LD_LIBRARY_PATH": ""}
    status, output, everything = run(program, env=env)
    libraries = run("ldd", program, env=env)[1]
    if status or output != EXPECTED:
        check(name, f"status {status}, printed\n{everything}")
    elif shared and f"{prefix}/lib/libtenon.so.1" not in libraries:
        check(name, f"it does not use the installed library:\n{libraries}")
    elif not shared and "libtenon" in libraries:
        check(name, f"it is not static:\n{libraries}")
    else:
        check(name, "")


def check_files(prefix):
    for path in ("include/tenon/c_api.h", "include/tenon/tenon.hpp", "lib/libtenon.so", "lib/libtenon.so.1", "lib/libtenon.a",
                 "bin/tenon", "lib/pkgconfig/tenon.pc", "lib/cmake/tenon/tenonConfig.cmake"):
        check(f"file {path}", "" if (prefix / path).exists() else "missing")
    link = prefix / "lib/libtenon.so.1"
    for file in (link.resolve(), prefix / "bin/tenon"):
        debug = file.parent / ".debug" / f"{file.name}.debug"
        sections = run("readelf", "-SW", file)[1]
        problem = "no .gnu_debuglink" if ".gnu_debuglink" not in sections else ""
        problem = problem or ("not stripped" if ".symtab" in sections else "")
        problem = problem or ("no debug file" if not debug.exists() else "")
        problem = problem or ("no symbols in the debug file" if ".symtab" not in run("readelf", "-SW", debug)[1] else "")
        check(f"debug information of {file.name}", problem)
    defined = run("nm", "-g", "--defined-only", prefix / "lib/libtenon.a")[1]
    foreign = [name for name in re.findall(r"^[0-9a-f]+ \w (\S+)$", defined, re.M) if not name.startswith("tn_")]
    check("symbols of libtenon.a", f"exports {', '.join(foreign[:10])}" if foreign else "")
    output = step("installed command", prefix / "bin/tenon", "--version")
    check("installed command", "" if re.search(r"\d+\.\d+\.\d+", output) else f"printed {output!r}")


def cmake_hosts(source, prefix, folder):
    build = folder / "consumer"
    step("find_package", "cmake", "-S", source / "tests/install/consumer", "-B", build, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}",
         "-DWITH_CXX=1")
    step("find_package", "cmake", "--build", build)
    if not results.get("find_package"):
        check("find_package", "")
        for program, shared in (("shared", True), ("static", False), ("cxx", True), ("cxx_static", False)):
            check_host(f"CMake {program}", build / program, prefix, shared)
    # A project in C alone links the static library, too.
    step("find_package in C", "cmake", "-S", source / "tests/install/consumer", "-B", folder / "c", "-G", "Ninja",
         f"-DCMAKE_PREFIX_PATH={prefix}")
    step("find_package in C", "cmake", "--build", folder / "c")


def pkg_config_hosts(source, prefix, folder):
    if not shutil.which("pkg-config"):
        problem = "it is not installed" if os.environ.get("CI") == "true" else ""
        check("pkg-config", problem)
        print("SKIPPED pkg-config: it is not installed")
        return
    env = {"PKG_CONFIG_PATH": str(prefix / "lib/pkgconfig")}
    for compiler, source_file in (("gcc", "main.c"), ("g++", "main.cpp")):
        text = source / "tests/install/consumer" / source_file
        for shared in (True, False):
            name = f"pkg-config {compiler} {'shared' if shared else 'static'}"
            options = ["--cflags", "--libs"] + ([] if shared else ["--static"])
            flags = step(name, "pkg-config", *options, "tenon", env=env).split()
            if not shared:
                flags = ["-l:libtenon.a" if flag == "-ltenon" else flag for flag in flags]
            program = folder / f"{compiler}-{shared}"
            step(name, compiler, text, "-o", program, *flags)
            if not results.get(name):
                check_host(name, program, prefix, shared)


def main():
    build, source = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        step("install", "cmake", "--install", build, "--prefix", folder / "first")
        if not results:
            # Nothing knows where it was installed to.
            prefix = folder / "moved"
            (folder / "first").rename(prefix)
            check_files(prefix)
            cmake_hosts(source, prefix, folder)
            pkg_config_hosts(source, prefix, folder)
    failed = {check: problem for check, problem in results.items() if problem}
    for failure, problem in failed.items():
        print(f"FAILED {failure}: {problem}")
    print(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
