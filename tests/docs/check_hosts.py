"""Compiles and runs the programs of a Markdown page and holds them to what the page says they print.

    check_hosts.py SOURCE_DIR LIBRARY_DIR PAGE...

Every ```c and ```cpp block with a `main` is a program of its own, linked with libtenon; the ```output block after it
is what it must print. A block of C without `main` is statements: they get one, and must compile.
Prints `N passed, N failed`.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"^```(c|cpp|output)\n(.*?)^```$", re.M | re.S)
OPTIONS = {"c": ["gcc", "-std=c11"], "cpp": ["g++", "-std=c++17"]}


def with_main(text):
    """Statements in a main, after their includes."""
    includes = "".join(re.findall(r"^#include.*\n", text, re.M))
    rest = re.sub(r"^#include.*\n", "", text, flags=re.M)
    return f"#include <stdio.h>\n{includes}int main(void) {{\n{rest}\nreturn 0;\n}}\n"


def check(source, library, language, text, expected, folder):
    """What is wrong with a program, or ""."""
    if not re.search(r"^int main\(", text, re.M):
        text = with_main(text)
    file, program = folder / f"host.{language}", folder / "host"
    file.write_text(text, encoding="utf-8")
    result = subprocess.run([*OPTIONS[language], "-Wall", "-Wextra", "-Wpedantic", "-Werror", f"-I{source}/include", file,
                             "-o", program, f"-L{library}", "-ltenon", "-lm", f"-Wl,-rpath,{library}"],
                            capture_output=True, text=True, check=False)
    if result.returncode:
        return result.stderr
    result = subprocess.run([program], capture_output=True, text=True, encoding="utf-8", timeout=60, check=False)
    if result.returncode:
        return f"exit status {result.returncode}\n{result.stdout}{result.stderr}"
    if expected is not None and result.stdout != expected:
        return f"printed\n{result.stdout}expected\n{expected}"
    return ""


def programs(text):
    """(line, language, text, expected output or None) of a page."""
    found = [(text.count("\n", 0, m.start()) + 1, m[1], m[2]) for m in BLOCK.finditer(text)]
    for i, (line, language, body) in enumerate(found):
        if language != "output":
            after = found[i + 1] if i + 1 < len(found) else None
            yield line, language, body, after[2] if after and after[1] == "output" else None


def main():
    source, library, *pages = sys.argv[1:]
    passed = failed = 0
    with tempfile.TemporaryDirectory() as name:
        for page in pages:
            text = (pathlib.Path(source) / page).read_text(encoding="utf-8")
            for line, language, body, expected in programs(text):
                problem = check(source, library, language, body, expected, pathlib.Path(name))
                passed += not problem
                if problem:
                    failed += 1
                    print(f"FAILED {page}:{line}: {problem.rstrip()}\n")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
