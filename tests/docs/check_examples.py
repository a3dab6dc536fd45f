"""Runs the examples of a Markdown page and holds them to what the page says.

    check_examples.py TENON docs/language.md...

Every ```tenon block is a script. `// prints: text` comments are its output, line by line and in order. A block
without `fn main` gets one around its statements, the items (`fn`, `record`, ...) staying outside. Its tests are run,
too. The word after ```tenon says what else is expected:

    ```tenon,fails=Name     does not compile, with this diagnostic
    ```tenon,traps=Name     ends with this trap
    ```tenon,native         is run with `--allow native`

`// file: geometry/shapes.tn` begins a file of a package; the one that is run is main.tn. The page's library tables
must name every method that the prelude has (src/prelude, src/builtins/builtin.def).
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
ITEM = re.compile(r"(///|(pub )?(import|const|var|type|record|enum|trait|impl|fn|test|native|extern)\b)")
PRINTS = re.compile(r"// prints:(?: (.*?))?\s*$")


def blocks(text):
    """(line number, info string, text) of each fenced block of Tenon."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        match = re.fullmatch(r"```tenon(?:,(.*))?", lines[at])
        at += 1
        if not match:
            continue
        start = at
        while lines[at] != "```":
            at += 1
        yield start + 1, match.group(1) or "", lines[start:at]
        at += 1


def with_main(lines):
    """Puts what is no item into a `main`."""
    if any(re.match(r"(pub )?fn main\(", line) for line in lines):
        return lines
    items, statements, in_item = [], [], False
    for line in lines:
        if in_item:
            items.append(line)
            in_item = not line.startswith("}")
        elif ITEM.match(line):
            items.append(line)
            code = re.sub(r"\s*//.*", "", line)
            in_item = not line.startswith("///") and not code.endswith((";", "}"))
        else:
            statements.append("    " + line if line else line)
    if not any(line.split("//")[0].strip() for line in statements):
        return lines
    return items + ["fn main() {"] + statements + ["}"]


def files_of(lines):
    """{path: lines}; one file unless `// file:` lines say else."""
    files, path = {}, "main.tn"
    for line in lines:
        match = re.fullmatch(r"// file: (\S+)", line)
        if match:
            path = match.group(1)
            continue
        files.setdefault(path, []).append(line)
    return files


def run(*arguments):
    return subprocess.run(arguments, capture_output=True, text=True, timeout=60)


def check_block(tenon, info, lines):
    """What is wrong with a block, or ""."""
    files = files_of(lines)
    expected = [match.group(1) or "" for line in lines if (match := PRINTS.search(line))]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            if path == "main.tn" and not info.startswith("fails"):
                content = with_main(content)
            (folder / path).write_text("\n".join(content) + "\n")
        script = str(folder / "main.tn")
        if info.startswith("fails="):
            seen = run(tenon, "check", "--json", script)
            names = re.findall(r'"name":\s*"(\w+)"|\[(\w+)\]', seen.stdout + seen.stderr)
            if info[len("fails="):] not in {a or b for a, b in names}:
                return f"expected {info[len('fails='):]}, got\n{seen.stdout}{seen.stderr}"
            return "" if seen.returncode != 0 else "compiles"
        text = "\n".join(line for content in files.values() for line in content)
        has_main = re.search(r"^fn main\(", (folder / "main.tn").read_text(), re.M)
        if has_main:
            leave = ["--allow", "native"] if info == "native" else []
            seen = run(tenon, "run", *leave, script)
            output = seen.stdout.split("\n")[:-1]
            if info.startswith("traps="):
                message = trap_message(info[len("traps="):])
                if seen.returncode == 0 or message not in seen.stderr:
                    return f"expected a trap with `{message}`, got\n{seen.stderr}"
            elif seen.returncode != 0:
                return seen.stderr
            if output != expected:
                return f"printed {json.dumps(output, ensure_ascii=False)}\nexpected {json.dumps(expected, ensure_ascii=False)}"
        elif expected:
            return "a block without statements prints nothing"
        elif (seen := run(tenon, "check", script)).returncode != 0:
            return seen.stderr
        if re.search(r'^test "', text, re.M):
            seen = run(tenon, "test", script)
            if seen.returncode != 0:
                return seen.stdout + seen.stderr
    return ""


def trap_message(name):
    """The constant beginning of a trap's message."""
    for match in re.finditer(r'TRAP\((\w+), \d+, "([^"]*)"\)', (ROOT / "src/builtins/trap.def").read_text()):
        if match.group(1) == name:
            return match.group(2).split("{")[0]
    sys.exit(f"no trap {name}")


def library_names():
    """(owner, name) of everything the library gives to scripts."""
    row = re.compile(r'^BUILTIN\(\w+, "(?:static )?(\w*)", "(\w+)"', re.M)
    for owner, name in row.findall((ROOT / "src/builtins/builtin.def").read_text()):
        if not name.startswith("__"):
            yield owner, name
    for path in sorted((ROOT / "src/prelude").glob("*.tn")):
        owner = None
        for line in path.read_text().split("\n"):
            impl = re.match(r"impl(?:\[[^{]*?\])? (\w+)(?:\[[^\]]*\])? \{", line)
            if impl:
                owner = impl.group(1)
            elif line.startswith("}"):
                owner = None
            elif owner and not owner.startswith("__") and (method := re.match(r"    fn (\w+)", line)):
                if not method.group(1).startswith("__"):
                    yield owner, method.group(1)


SECTIONS = {"": "functions", "Option": "`Option`, `Result`", "Result": "`Option`, `Result`", "Range": "ranges"}


def check_library(text):
    """Names that the page's library tables lack."""
    section = text.split("\n## Library\n")[1].split("\n# ")[0]
    tables = dict(re.findall(r"\n\| ([^|\n]+) \| \|\n\|---\|---\|\n((?:\|.*\n)*)", section + "\n"))
    missing = []
    for owner, name in library_names():
        title = SECTIONS.get(owner)
        if title is None:
            title = next((t for t in tables if re.match(rf"`{owner}\b", t)), "numbers")
        code = " ".join(re.findall(r"`([^`]*)`", tables[title]))
        if not re.search(rf"\b{name}\b", code):
            missing.append(f"{owner}.{name}" if owner else name)
    return missing


def main():
    tenon, *pages = sys.argv[1:]
    failures = count = 0
    for page in pages:
        text = pathlib.Path(page).read_text()
        for line, info, lines in blocks(text):
            count += 1
            problem = check_block(tenon, info, lines)
            if problem:
                failures += 1
                print(f"{page}:{line}: {problem.rstrip()}\n")
        if "\n## Library\n" in text:
            missing = check_library(text)
            if missing:
                failures += 1
                print(f"{page}: the library tables lack {', '.join(sorted(set(missing)))}\n")
    print(f"{count} examples, {failures} problems")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
