"""Runs expressions that stop a script, each in a program of its own, and holds them to the messages beside them.

    check_traps.py TENON EXTENSION_DIR FILE

The file begins with the lines that all programs share, up to an empty one. Then each line is `EXPRESSION => MESSAGE`: the
program that prints the expression stops with a trap whose message has that text; with `=>!` it does not compile.
Prints `N passed, N failed`.
"""
import pathlib
import subprocess
import sys
import tempfile


def check(tenon, folder, head, line, script):
    """What is wrong with a line, or ""."""
    expression, arrow, message = line.partition(" =>")
    if not arrow:
        return "there is no ` =>`"
    fails_to_compile = message.startswith("!")
    message = message.removeprefix("!").strip()
    script.write_text(f"{head}\nfn main() {{\n    let result = {{ {expression} }};\n    print(result);\n}}\n", encoding="utf-8")
    result = subprocess.run([tenon, "run", "--allow", "native", "--extension-path", folder, script], capture_output=True,
                            text=True, encoding="utf-8", timeout=60, check=False)
    status = 2 if fails_to_compile else 1
    if result.returncode == status and message in result.stderr and ("trap: " in result.stderr or fails_to_compile):
        return ""
    return f"exit status {result.returncode}\n{result.stdout}{result.stderr}"


def main():
    tenon, folder, file = sys.argv[1:]
    head, _, body = pathlib.Path(file).read_text(encoding="utf-8").partition("\n\n")
    passed = failed = 0
    with tempfile.TemporaryDirectory() as name:
        for line in filter(None, body.splitlines()):
            problem = check(tenon, folder, head, line, pathlib.Path(name) / "script.tn")
            passed += not problem
            failed += bool(problem)
            if problem:
                print(f"FAILED {line}\n{problem}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
