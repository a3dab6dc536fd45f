#!/usr/bin/env python3
"""What libtenon exports and how it is linked, against tests/capi/symbols.txt.

usage: exports_test.py LIBRARY SOURCE_DIR
A line that is new in symbols.txt needs a new function in c_api.h and in src/capi/tn_symbols.map; a line that
is gone breaks hosts. Prints `N passed, N failed`.
"""
import re
import subprocess
import sys


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def main():
    library, source = sys.argv[1], sys.argv[2]
    with open(f"{source}/tests/capi/symbols.txt", encoding="utf-8") as file:
        golden = set(file.read().split())
    with open(f"{source}/include/c_api.h", encoding="utf-8") as file:
        declared = set(re.findall(r"^TN_API .*?\b(tn_\w+)\(", file.read(), re.M))
    with open(f"{source}/tests/capi/misuse_test.c", encoding="utf-8") as file:
        misused = set(re.findall(r"\btn_\w+(?=\()", file.read()))
    exported = set()
    for line in run("nm", "-D", "--defined-only", library).splitlines():
        kind, name = line.split()[-2:]
        name = name.split("@")[0]
        if kind != "A":
            exported.add(name)
    dynamic = run("readelf", "-dW", library)
    segments = run("readelf", "-lW", library)
    needed = re.findall(r"NEEDED.*\[(.*)\]", dynamic)
    checks = {
        "exported and not in symbols.txt": exported - golden,
        "in symbols.txt and not exported": golden - exported,
        "declared and not exported": declared - exported,
        "exported and not declared": exported - declared,
        "declared and not in misuse_test.c": declared - misused,
        "needs more than libc": [n for n in needed if not re.match(r"(libc|libm|ld-linux.*)\.so", n)],
        "SONAME": [] if "[libtenon.so.1]" in dynamic else ["it is not libtenon.so.1"],
        "executable stack": [line for line in segments.splitlines() if "GNU_STACK" in line and "RWE" in line],
        "RELRO": [] if "GNU_RELRO" in segments and "BIND_NOW" in dynamic or "NOW" in dynamic else ["missing"],
        "text relocations": ["TEXTREL"] if "TEXTREL" in dynamic else [],
    }
    failed = 0
    for name, problems in checks.items():
        if problems:
            failed += 1
            print(f"FAILED {name}: {', '.join(sorted(problems))}")
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
