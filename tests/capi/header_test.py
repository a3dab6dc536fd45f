#!/usr/bin/env python3
"""include/c_api.h under every compiler and standard, without a warning.

usage: header_test.py INCLUDE_DIR COMPILER...
Each combination includes the header first, last and twice, and uses its macros. A compiler that is not installed is
reported as skipped; in CI (the variable CI is true) that fails. Prints `N passed, N failed`.
"""
import os
import shutil
import subprocess
import sys

C_STANDARDS = ["c89", "c99", "c11", "c17", "c2x"]
CXX_STANDARDS = ["c++98", "c++11", "c++14", "c++17", "c++20", "c++2b"]
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
FIRST = '#include "c_api.h"\n#include <stdio.h>\n#include <string.h>\n'
LAST = '#include <string.h>\n#include <stdio.h>\n#include "c_api.h"\n#include "c_api.h"\n'
BODY = """
int use(tn_value *v, tn_slot *s);
int use(tn_value *v, tn_slot *s) {
    TN_SET_I64(v, 1);
    TN_SET_F64(v, 1.0);
    TN_SET_BOOL(v, 1);
    TN_SET_NONE(v);
    s->u = TN_FUEL_UNLIMITED;
    return TN_IS_TRAP(TN_TRAP_PANIC) && tn_abi_version() == TN_ABI_VERSION;
}
"""


def check_compile(compiler, language, standard, include):
    extra = ["-Wc++-compat"] if language == "c" else []
    for text in (FIRST, LAST):
        result = subprocess.run(
            [compiler, "-x", language, f"-std={standard}", *WARNINGS, *extra, f"-I{include}", "-fsyntax-only", "-"],
            input=text + BODY, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            return result.stderr
    return ""


def main():
    include, compilers = sys.argv[1], sys.argv[2:]
    passed = failed = skipped = 0
    checks = []
    seen = set()
    for compiler in compilers:
        is_cxx = compiler.endswith("++")
        same = (os.path.realpath(shutil.which(compiler) or compiler), is_cxx)
        if same in seen:
            continue
        seen.add(same)
        if not shutil.which(compiler):
            if os.environ.get("CI") == "true":
                checks.append((compiler, "it is not installed"))
            else:
                skipped += len(CXX_STANDARDS if is_cxx else C_STANDARDS)
                print(f"SKIPPED {compiler}: it is not installed")
            continue
        for standard in CXX_STANDARDS if is_cxx else C_STANDARDS:
            language = "c++" if is_cxx else "c"
            checks.append((f"{compiler} {standard}", check_compile(compiler, language, standard, include)))
    for name, problem in checks:
        if problem:
            failed += 1
            print(f"FAILED {name}\n{problem}")
        else:
            passed += 1
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
