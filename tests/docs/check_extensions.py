"""Does what a page says, in a folder of its own, and holds what commands print to what the page shows.

    check_extensions.py TENON PAGE

A block whose fence names a file (```c name/src/extension.c) is that file. In a ```console block each line that begins
with `$ ` is run by a shell with `tenon` on its path, and prints the lines after it; ```console quiet only has to succeed.
Prints `N passed, N failed`.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"^```(\w+) ?(\S*)\n(.*?)^```$", re.M | re.S)


def run_commands(text, is_quiet, folder, environment):
    """What is wrong with a console block, or ""."""
    for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.M):
        result = subprocess.run(command, shell=True, cwd=folder, env=environment, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, encoding="utf-8", timeout=300, check=False)
        fails = "trap: " in expected
        if (result.returncode != 0) != fails and (is_quiet or not fails) and "2>/dev/null" not in command:
            return f"$ {command}\nexit status {result.returncode}\n{result.stdout}"
        if not is_quiet and result.stdout != expected:
            return f"$ {command}\nprinted\n{result.stdout}expected\n{expected}"
    return ""


def main():
    tenon, page = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    passed = failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        environment = {**os.environ, "HOME": name, "PATH": f"{tenon.parent}:{os.environ['PATH']}", "CMAKE_GENERATOR": "Ninja"}
        environment.pop("TENON_EXTENSION_PATH", None)
        text = page.read_text(encoding="utf-8")
        for block in BLOCK.finditer(text):
            language, info, body = block.groups()
            problem = ""
            if language == "console":
                problem = run_commands(body, info == "quiet", folder, environment)
            elif info:
                (folder / info).parent.mkdir(parents=True, exist_ok=True)
                (folder / info).write_text(body, encoding="utf-8")
            passed += not problem
            failed += bool(problem)
            if problem:
                print(f"FAILED {page}:{text.count(chr(10), 0, block.start()) + 1}: {problem}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
