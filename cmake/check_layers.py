#!/usr/bin/env python3
"""Proves that every file of src/ includes only what its layer may know.

In: the source tree. Out: a line per violation and exit status 1, or a count and 0. The table is the one of
docs/ARCHITECTURE.md; CMakeLists.txt links the layers by it.
"""
import os
import re
import sys

ROWS = {
    "support": [],
    "diag": [],
    "types": [],
    "builtins": ["types"],
    "syntax": ["diag"],
    "ir": ["types", "builtins"],
    "runtime": ["types", "builtins"],
    "check": ["syntax", "types", "builtins", "diag"],
    "prelude": ["check", "syntax", "diag"],
    "host": ["runtime", "types", "builtins"],
    "lower": ["check", "syntax", "types", "builtins", "ir"],
    "opt": ["ir", "types"],
    "interp": ["ir", "types", "builtins", "runtime"],
    "codegen": ["ir", "types", "builtins", "runtime"],
    "driver": ["diag", "types", "builtins", "syntax", "ir", "runtime", "check", "prelude", "host", "lower", "opt",
               "interp", "codegen"],
    "capi": ["driver", "host", "runtime", "types", "diag"],
    "cli": [],
    "products": [],
}
# Files with a wider view than their folder.
EXCEPTIONS = {"cli/dump.cpp": ["driver", "capi"]}
# Folders that may include the public header, and packages that belong to one folder.
PUBLIC_HEADER = ("capi", "cli")
PACKAGES = {"asmjit/": ("codegen",), "ffi.h": ("host",), "CLI/": ("cli",), "utf8proc.h": ("syntax", "runtime", "diag"),
            "xxhash.h": ("runtime",), "gtest/": ()}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def violations(src):
    count = 0
    found = []
    for folder, _, files in sorted(os.walk(src)):
        for name in sorted(files):
            if not name.endswith((".h", ".cpp", ".c", ".def", ".inc")):
                continue
            path = os.path.relpath(os.path.join(folder, name), src)
            layer = path.split(os.sep)[0]
            if layer not in ROWS:
                found.append(f"src/{path}: folder `{layer}` has no row in cmake/check_layers.py")
                continue
            allowed = {layer, "support", *ROWS[layer], *EXCEPTIONS.get(path, [])}
            with open(os.path.join(folder, name), encoding="utf-8") as lines:
                for number, line in enumerate(lines, 1):
                    match = INCLUDE.match(line)
                    if not match:
                        continue
                    count += 1
                    target = match[2]
                    top = target.split("/")[0]
                    where = f"src/{path}:{number}"
                    if target.endswith("c_api.h"):
                        if layer not in PUBLIC_HEADER:
                            found.append(f"{where}: `{layer}` must not include the public header")
                    elif match[1] == '"' and "/" in target and top not in allowed:
                        found.append(f"{where}: `{layer}` must not include `{target}`")
                    elif match[1] == "<" and top in ROWS and "/" in target:
                        found.append(f"{where}: own headers are included with quotes: `{target}`")
                    for prefix, owners in PACKAGES.items():
                        if target.startswith(prefix) and layer not in owners:
                            found.append(f"{where}: `{layer}` must not use `{target}`")
    return count, found


def main():
    src = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "..", "src")
    count, found = violations(src)
    for line in found:
        print(line)
    print(f"{count} includes checked, {len(found)} against the layers")
    return 1 if found or not count else 0


if __name__ == "__main__":
    sys.exit(main())
