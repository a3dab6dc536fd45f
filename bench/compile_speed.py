#!/usr/bin/env python3
"""How many lines a second Tenon compiles, all the way to machine code, and whether that depends on the size.

In: a `tenon` (--tenon, build/release/bin/tenon) and what to measure: names of shapes, none for all. Out: a row per shape
and size: lines, milliseconds of CPU, lines a second, and the growth of time against that of size since the row before
(1.00 is linear). The time of an empty program is taken off. With --check, exit status 1 when a shape is slower than
its bound or its last growth is above 1.35.
"""
import argparse
import os
import resource
import subprocess
import sys
import tempfile

# --- what users write: records, enums, matches, loops, closures, texts ---

FUNCTIONS = """
record Order{i} {{ id: i64, price: f64, count: i64, tags: List[String] }}

enum Event{i} {{ Placed(i64), Shipped(i64, String), Cancelled }}

fn total{i}(orders: List[Order{i}]) -> f64 {{
    let sum = 0.0;
    for order in orders {{
        if order.count > {k} {{
            sum += order.price * (order.count as f64) * 0.9;
        }} else {{
            sum += order.price * (order.count as f64);
        }}
    }}
    sum
}}

fn weight{i}(event: Event{i}) -> i64 {{
    match event {{
        Event{i}.Placed(n) => n * {k},
        Event{i}.Shipped(n, place) => n + place.len(),
        Event{i}.Cancelled => -1,
    }}
}}

pub fn score{i}(a: i64, b: i64, names: List[String]) -> i64 {{
    let best = a * {k} + b;
    let rest = names.filter(|name| name.len() > {m}).map(|name| name.len()).fold(0, |x, y| x + y);
    while best > 1000 {{
        best = best / 2 - {m};
        if best % 7 == 0 {{ best += weight{i}(Event{i}.Placed(best)); }}
    }}
    let order = Order{i} {{ id: a, price: 1.5, count: b, tags: names }};
    let all = total{i}([order]);
    if all > 10.0 && rest > {k} {{ return best + {m}; }}
    best + rest{call}
}}
"""


def functions(lines):
    parts, count = [], 0
    size = FUNCTIONS.count("\n")
    while count < lines:
        i = len(parts)
        call = f" + score{i - 1}(b, a, [\"x\"])" if i % 3 else ""
        parts.append(FUNCTIONS.format(i=i, k=i % 50 + 2, m=i % 9 + 1, call=call))
        count += size
    return "".join(parts) + f"fn main() {{ print(score{len(parts) - 1}(1, 2, [\"a\", \"bc\"])); }}\n"


def package(lines):
    """The same as a package of modules of about 1,000 lines."""
    files, made = {}, 0
    while made < lines:
        n = len(files)
        files[f"part{n}.tn"] = functions(min(1000, lines - made)).rsplit("fn main", 1)[0]
        made += 1000
    uses = "".join(f"import part{n};\n" for n in range(len(files)))
    calls = "".join(f"    print(part{n}.score0(1, 2, [\"a\"]));\n" for n in range(len(files)))
    files["main.tn"] = f"{uses}fn main() {{\n{calls}}}\n"
    return files


# --- one thing, far more often than anybody writes it ---

def statements(lines):
    body = "".join(f"    x = (x * {i % 97 + 3} + y) % 1000003;\n    if x > {i} {{ y += x; }} else {{ y -= {i % 7}; }}\n"
                   for i in range(lines // 2))
    return f"pub fn big(a: i64) -> i64 {{\n    let x = a;\n    let y = 1;\n{body}    x + y\n}}\nfn main() {{ print(big(3)); }}\n"


def straight(lines):
    body = "".join(f"    let v{i} = v{max(0, i - 7)} ^ (v{i - 1} + {i});\n" for i in range(1, lines))
    return f"pub fn big(v0: i64) -> i64 {{\n{body}    v{lines - 1}\n}}\nfn main() {{ print(big(3)); }}\n"


def arms(lines):
    body = "".join(f"        {i} => {i * 7919 % 10007},\n" for i in range(lines))
    return f"pub fn find(x: i64) -> i64 {{\n    match x {{\n{body}        _ => -1,\n    }}\n}}\nfn main() {{ print(find(3)); }}\n"


def texts(lines):
    body = "".join(f"        \"key{i}\" => {i},\n" for i in range(lines))
    return f"pub fn find(x: String) -> i64 {{\n    match x {{\n{body}        _ => -1,\n    }}\n}}\nfn main() {{ print(find(\"key3\")); }}\n"


def variables(lines):
    names = "".join(f"var g{i}: i64 = {i};\n" for i in range(lines // 2))
    uses = "".join(f"    g{i} += {i};\n" for i in range(lines // 2))
    return f"{names}pub fn all() {{\n{uses}}}\nfn main() {{ all(); print(g0); }}\n"


def constants(lines):
    names = "".join(f"const C{i}: i64 = {i} * {3 if i == 0 else f'C{i - 1}'} % 1000;\n" for i in range(lines))
    return f"{names}fn main() {{ print(C{lines - 1}); }}\n"


def elements(lines):
    rows = "".join(f"        ({i}, \"name {i}\", {i}.5),\n" for i in range(lines))
    return f"pub fn table() -> List[(i64, String, f64)] {{\n    [\n{rows}    ]\n}}\nfn main() {{ print(table().len()); }}\n"


def generics(lines):
    types = "".join(f"record T{i} {{ a: i64, b: i64 }}\n" for i in range(lines // 2))
    uses = "".join(f"    n += pick(T{i} {{ a: {i}, b: 2 }}, [T{i} {{ a: 1, b: {i} }}]).a;\n" for i in range(lines // 2))
    return (f"{types}fn pick[T](one: T, many: List[T]) -> T {{ if many.len() > 1 {{ many[0] }} else {{ one }} }}\n"
            f"fn main() {{\n    let n = 0;\n{uses}    print(n);\n}}\n")


def nesting(lines):
    """Blocks within blocks, 40 deep, one such tower after another."""
    depth = 40
    tower = ("".join(f"{'    ' * (d % 10)}if x > {d} {{ x += {d};\n" for d in range(depth)) + "}" * depth + "\n")
    towers = "".join(f"pub fn tower{i}(a: i64) -> i64 {{\nlet x = a;\n{tower}x\n}}\n" for i in range(max(1, lines // (depth + 5))))
    return towers + "fn main() { print(tower0(3)); }\n"


def loops(lines):
    """One function of many small loops, one after another."""
    body = "".join(f"    for i in 0..n {{\n        s += xs[i % xs.len()] * {k % 13};\n    }}\n" for k in range(lines // 3))
    return (f"pub fn big(n: i64, xs: List[i64]) -> i64 {{\n    let s = 0;\n{body}    s\n}}\n"
            "fn main() { print(big(3, [1, 2, 3])); }\n")


# shape: (function, sizes in lines, least lines a second for --check)
SHAPES = {
    "functions": (functions, (1000, 10000, 50000, 100000), 75000),
    "package": (package, (1000, 10000, 100000), 75000),
    "statements": (statements, (1000, 5000, 10000, 20000), 75000),
    "straight": (straight, (1000, 10000, 40000), 75000),
    "arms": (arms, (1000, 5000, 10000, 20000), 75000),
    "texts": (texts, (1000, 5000, 10000), 40000),
    "variables": (variables, (1000, 4000, 16000), 75000),
    "constants": (constants, (1000, 4000, 16000), 75000),
    "elements": (elements, (1000, 5000, 20000), 40000),
    "generics": (generics, (500, 2000, 4000), 20000),
    "nesting": (nesting, (1000, 10000, 50000), 75000),
    "loops": (loops, (300, 1500, 6000), 40000),
}


def cpu_seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit status {done.returncode}\n{done.stderr[:2000]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def best(command, times):
    return min(cpu_seconds(command) for _ in range(times))


def write(folder, made):
    if isinstance(made, str):
        made = {"main.tn": made}
    for name, text in made.items():
        with open(os.path.join(folder, name), "w") as out:
            out.write(text)
    return folder, sum(text.count("\n") for text in made.values())


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("shapes", nargs="*", help=f"of {', '.join(SHAPES)}")
    arguments.add_argument("--tenon", default=os.path.join(here, "../build/release/bin/tenon"))
    arguments.add_argument("--check", action="store_true")
    arguments.add_argument("--stats", action="store_true", help="the three costliest steps of the largest size")
    options = arguments.parse_args()
    unknown = [name for name in options.shapes if name not in SHAPES]
    if unknown:
        sys.exit(f"unknown shape {unknown[0]}: expected one of {', '.join(SHAPES)}")
    failed = []
    with tempfile.TemporaryDirectory() as root:
        run = lambda folder: [options.tenon, "run", folder + "/main.tn"]
        empty = os.path.join(root, "empty")
        os.mkdir(empty)
        write(empty, "fn main() {}\n")
        base = best(run(empty), 5)
        print(f"{'shape':<12}{'lines':>8}{'ms':>10}{'lines/s':>10}{'growth':>8}")
        for name in options.shapes or SHAPES:
            make, sizes, least = SHAPES[name]
            last, growth, speed = None, None, None
            for size in sizes:
                folder = os.path.join(root, f"{name}{size}")
                os.mkdir(folder)
                folder, lines = write(folder, make(size))
                seconds = max(best(run(folder), 3) - base, 1e-6)
                speed = lines / seconds
                growth = (seconds / last[1]) / (lines / last[0]) if last else None
                shown = f"{growth:>8.2f}" if growth else ""
                print(f"{name:<12}{lines:>8}{seconds * 1e3:>10.1f}{speed:>10.0f}{shown}", flush=True)
                last = (lines, seconds)
            if options.stats:
                table = subprocess.run([options.tenon, "dump", folder + "/main.tn", "--stats"], capture_output=True, text=True)
                rows = [line.split() for line in table.stdout.split("\n\n")[0].splitlines()[1:-1]]
                cost = lambda row: float(row[3] if len(row) > 3 else row[2])
                top = sorted(rows, key=cost, reverse=True)[:4]
                print("            " + ", ".join(f"{row[0]} {cost(row) / 1e3:.0f} ms" for row in top))
            if speed < least or (growth or 0) > 1.35:
                failed.append(name)
    if options.check and failed:
        sys.exit("too slow, or not linear: " + ", ".join(failed))


if __name__ == "__main__":
    main()
