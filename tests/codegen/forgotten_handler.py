#!/usr/bin/env python3
"""An operation that op.def has and a machine's code generator forgot does not compile there.

  forgotten_handler.py CXX SOURCE_DIR      last line: N passed, N failed

Compiles the places of both machines that must handle every operation with one more row in op.def. The compiler must refuse it, and for
the lack of exactly this handler; that the same files compile without the row is what the build itself shows.
(The interpreter's handlers are declared from op.def: a forgotten one does not link.)
"""
import os
import subprocess
import sys
import tempfile

PLACES = {
    "operands on x86-64": "src/codegen/x64/target.cpp",
    "code on x86-64": "src/codegen/x64/emit.cpp",
    "operands on AArch64": "src/codegen/a64/target.cpp",
    "code on AArch64": "src/codegen/a64/emit.cpp",
}
ROW = 'OP(Forgotten, "forgotten", 1, One, Pure, 0)\n'


def main():
    compiler, root = sys.argv[1:]
    with open(os.path.join(root, "src/ir/op.def"), encoding="utf-8") as file:
        rows, end = file.read().rsplit("#undef OP", 1)
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "ir"))
        with open(os.path.join(folder, "ir/op.def"), "w", encoding="utf-8") as file:
            file.write(rows + ROW + "#undef OP" + end)
        includes = ["-I" + folder] + ["-I" + os.path.join(root, part) for part in ("src", "include")]
        for what, place in PLACES.items():
            run = subprocess.run([compiler, "-std=c++20", "-fsyntax-only", "-DASMJIT_STATIC", "-DFMT_HEADER_ONLY=1",
                                  *includes, os.path.join(root, place)], capture_output=True, text=True, check=False,
                                 env={**os.environ, "LC_ALL": "C"})
            errors = [line for line in run.stderr.splitlines() if " error: " in line]
            if run.returncode == 0 or not errors or not all("Forgotten" in line for line in errors):
                failed += 1
                print(f"{what}: {place} compiles without a handler, or fails for another reason:\n{run.stderr[:2000]}")
    print(f"{len(PLACES) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
