#!/usr/bin/env python3
"""include/c_api.h under every compiler and standard, without a warning; and its documentation.

usage: header_test.py INCLUDE_DIR COMPILER...
Each combination includes the header first, last and twice. Every function must be documented with its
threads and the version it came with. Prints `N passed, N failed`.
"""
import os
import re
import shutil
import subprocess
import sys

C_STANDARDS = ["c89", "c99", "c11", "c17", "c2x"]
CXX_STANDARDS = ["c++98", "c++11", "c++14", "c++17", "c++20"]
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


def check_docs(include):
    """Every prototype follows a comment that names threads and since; several may share one."""
    with open(os.path.join(include, "c_api.h"), encoding="utf-8") as file:
        lines = file.read().split("\n")
    problems = []
    for line in lines:
        banner = re.match(r"/\* ==== \d+ (\w+) =", line)
        if banner:
            # Section N of the header is src/capi/N.cpp is tests/capi/N_test.c.
            for path in (f"src/capi/{banner[1]}.cpp", f"tests/capi/{banner[1]}_test.c"):
                if not os.path.exists(os.path.join(include, "..", path)):
                    problems.append(f"section {banner[1]} has no {path}")
    comment = ""
    in_comment = False
    for line in lines:
        if line.startswith("/*"):
            comment, in_comment = "", True
        if in_comment:
            comment += line.removeprefix(" *") + " "
            if "*/" in line:
                in_comment = False
        match = re.match(r"TN_API .*?\b(tn_\w+)\(", line)
        if match and "As the two above" not in comment:
            for tag in ("Threads: [", "Since: "):
                if tag not in comment:
                    problems.append(f"{match[1]}: no `{tag}` in its comment")
    return "\n".join(problems)


def main():
    include, compilers = sys.argv[1], sys.argv[2:]
    passed = failed = 0
    checks = []
    for compiler in dict.fromkeys(compilers):
        if not shutil.which(compiler):
            continue
        is_cxx = compiler.endswith("++")
        for standard in CXX_STANDARDS if is_cxx else C_STANDARDS:
            language = "c++" if is_cxx else "c"
            checks.append((f"{compiler} {standard}", check_compile(compiler, language, standard, include)))
    checks.append(("documentation", check_docs(include)))
    for name, problem in checks:
        if problem:
            failed += 1
            print(f"FAILED {name}\n{problem}")
        else:
            passed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
