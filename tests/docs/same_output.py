"""Runs a program and compares what it prints with a file: same_output.py EXPECTED PROGRAM ARGUMENT..."""
import difflib
import subprocess
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    expected = file.read()
result = subprocess.run(sys.argv[2:], stdout=subprocess.PIPE, text=True, encoding="utf-8", timeout=60, check=False)
sys.stdout.writelines(difflib.unified_diff(expected.splitlines(True), result.stdout.splitlines(True), sys.argv[1], "printed"))
if result.returncode:
    print(f"exit status {result.returncode}")
sys.exit(result.returncode != 0 or result.stdout != expected)
