#!/usr/bin/env python3
"""Runs every Tenon kernel once and compares its checksum with the table of README.md.

  check_kernels.py TENON      last line: N passed, N failed
"""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.abspath(__file__))
ROW = re.compile(r"^\| (\w+) \|.*\| (\S+) \|$")


def main():
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as text:
        rows = [match.groups() for match in map(ROW.match, text) if match]
    passed = failed = 0
    for name, checksum in rows:
        path = os.path.join(ROOT, "kernels", name, name + ".tn")
        if not os.path.exists(path):
            continue
        run = subprocess.run([sys.argv[1], "run", path], capture_output=True, text=True, timeout=300, check=False)
        if run.stdout == f"checksum {checksum}\n":
            passed += 1
        else:
            failed += 1
            print(f"{name}: expected checksum {checksum}, got {run.stdout!r} {run.stderr!r} (exit status {run.returncode})")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
