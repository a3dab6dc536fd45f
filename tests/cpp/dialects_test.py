#!/usr/bin/env python3
"""include/tenon.hpp and its tests under g++ and clang++, from C++17 on, without a warning; without exceptions, too.

usage: dialects_test.py SOURCE_DIR COMPILER...
A compiler that is not installed is reported as skipped; in CI (the variable CI is true) that fails.
Prints `N passed, N failed`.
"""
import os
import shutil
import subprocess
import sys

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wnon-virtual-dtor", "-Werror"]
CASES = [("c++17", "hpp_test.cpp", []), ("c++20", "hpp_test.cpp", []),
         ("c++17", "quiet.cpp", ["-fno-exceptions", "-fno-rtti"]), ("c++20", "quiet.cpp", ["-fno-exceptions"])]


def main():
    source, compilers = sys.argv[1], sys.argv[2:]
    passed = failed = skipped = 0
    for compiler in compilers:
        if not shutil.which(compiler):
            print(f"SKIPPED {compiler}: it is not installed")
            if os.environ.get("CI") == "true":
                failed += 1
            else:
                skipped += len(CASES)
            continue
        for standard, name, options in CASES:
            result = subprocess.run([compiler, f"-std={standard}", *WARNINGS, *options, f"-I{source}/include", "-fsyntax-only",
                                     f"{source}/tests/cpp/{name}"], capture_output=True, text=True, check=False)
            passed += result.returncode == 0
            if result.returncode != 0:
                failed += 1
                print(f"FAILED {compiler} {standard} {name}\n{result.stderr}")
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
