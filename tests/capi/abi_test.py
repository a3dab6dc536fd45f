#!/usr/bin/env python3
"""Today's include/c_api.h against the frozen copies of every version, tests/capi/abi/*/c_api.h.

usage: abi_test.py SOURCE_DIR COMPILER [--accept]
Additions are allowed. Fails when abidiff (of libraries made from both headers) sees a function gone or changed, when
a struct's layout or a number differs from abi/layout.txt, and when a frozen function came under another version node.
--accept freezes today's header as the current version's, and writes layout.txt; it never touches older versions.
Prints `N passed, N failed`.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from c_header import Header


def run(*command, **options):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **options)


def build(compiler, source, out, *options):
    result = run(compiler, "-g", "-x", "c", "-", "-o", out, *options, input=source)
    if result.returncode != 0:
        sys.exit(result.stderr)
    return out


def describe(compiler, header, folder):
    """abidw's description of a library that has the header's functions."""
    library = build(compiler, header.stub(), folder / "libstub.so", "-shared", "-fPIC", "-w")
    out = folder / f"{pathlib.Path(header.path).parent.name}.abi"
    result = run("abidw", "--no-show-locs", "--no-comp-dir-path", "--no-corpus-path", "--out-file", out, library)
    if result.returncode != 0:
        sys.exit(f"abidw: {result.stdout}{result.stderr}")
    return out


def layout(compiler, header, folder):
    return run(build(compiler, header.layout_program(), folder / "layout")).stdout.splitlines()


def check_layout(golden, today):
    """Lines of the golden that are not so any more."""
    found = {line.split()[0]: line for line in today}
    problems = []
    for line in golden:
        name = line.split()[0]
        if found.get(name) != line:
            problems.append(f"it was `{line}`, it is `{found.get(name, 'gone')}`")
    return problems


def check_nodes(source, versions):
    """Functions whose node in tn_symbols.map is not that of the version they came with."""
    text = (source / "src/capi/tn_symbols.map").read_text(encoding="utf-8")
    nodes = dict(re.findall(r"^TENON_([\d.]+) \{(.*?)^\}", text, re.M | re.S))
    problems, known = [], set()
    for version in versions:
        symbols = set(re.findall(r"\btn_\w+(?=;)", nodes.get(version, "")))
        for function in Header(source / "tests/capi/abi" / version / "c_api.h").functions:
            if function.name not in known and function.name not in symbols:
                problems.append(f"{function.name} is not in TENON_{version}")
            known.add(function.name)
    return problems


def accept(source, compiler, today, folder):
    major, minor = (re.search(rf"#define TN_ABI_{part} (\d+)u", today.text)[1] for part in ("MAJOR", "MINOR"))
    frozen = source / "tests/capi/abi" / f"{major}.{minor}"
    frozen.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(today.path, frozen / "c_api.h")
    lines = layout(compiler, today, folder)
    (source / "tests/capi/abi/layout.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"froze {frozen.relative_to(source)}/c_api.h: {len(today.functions)} functions, {len(lines)} lines of layout")


def main():
    source, compiler = pathlib.Path(sys.argv[1]), sys.argv[2]
    today = Header(source / "include/c_api.h")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        if "--accept" in sys.argv:
            return accept(source, compiler, today, folder)
        versions = sorted((p.name for p in (source / "tests/capi/abi").iterdir() if p.is_dir()),
                          key=lambda v: [int(n) for n in v.split(".")])
        golden = (source / "tests/capi/abi/layout.txt").read_text(encoding="utf-8").splitlines()
        lines = layout(compiler, today, folder)
        problems = {"layout": check_layout(golden, lines), "version nodes": check_nodes(source, versions)}
        for line in sorted(set(lines) - set(golden)):
            print(f"new: {line}")
        skipped = 0
        if shutil.which("abidiff"):
            new = describe(compiler, today, folder)
            for version in versions:
                old = describe(compiler, Header(source / "tests/capi/abi" / version / "c_api.h"), folder)
                result = run("abidiff", "--no-added-syms", old, new)
                problems[f"abidiff {version}"] = [result.stdout + result.stderr] if result.returncode else []
        elif os.environ.get("CI") == "true":
            problems["abidiff"] = ["it is not installed (package abigail-tools)"]
        else:
            skipped = 1
            print("SKIPPED abidiff: it is not installed (package abigail-tools)")
    failed = 0
    for check, found in problems.items():
        if found:
            failed += 1
            print(f"FAILED {check}:\n  " + "\n  ".join(found))
    print(f"{len(problems) - failed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
