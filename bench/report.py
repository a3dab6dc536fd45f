#!/usr/bin/env python3
"""Measures, and writes what came out into docs/performance.md and docs/performance.svg.

  report.py                   every section
  report.py kernels calls     only these
  report.py --render          measures nothing: writes again what bench/results holds

A section of docs/performance.md stands between `<!-- measured: NAME -->` and `<!-- end -->`; only what is between is
replaced, so the words around it are written by hand. The picture needs python3-matplotlib. Run it on a machine that
does nothing else.
"""
import argparse, datetime, json, os, platform, re, statistics, subprocess, sys

ROOT = os.path.dirname(os.path.abspath(__file__))
RESULTS = os.path.join(ROOT, "results")
PAGE = os.path.join(ROOT, "..", "docs", "performance.md")
PICTURE = os.path.join(ROOT, "..", "docs", "performance.svg")
SHOWN = ["tenon", "clang-O2", "rust", "wasm-v8", "luajit-ffi", "luajit", "tcc", "node", "lua5.4", "python"]


def run(*argv):
    print("$ " + " ".join(argv), file=sys.stderr)
    return subprocess.run([sys.executable, os.path.join(ROOT, argv[0]), *argv[1:]], stdout=subprocess.PIPE, text=True)


def saved(name):
    with open(os.path.join(RESULTS, name)) as f:
        return json.load(f)


def tables_of(text):
    """The Markdown tables in what a program printed; all of it, as it is, when there are none."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return "\n".join(lines) + "\n" if lines else "```\n" + text.strip("\n") + "\n```\n"


def kept(name, *argv):
    """Runs a program that prints a table, and keeps the table for --render."""
    done = run(*argv)
    if done.returncode != 0:
        sys.exit(f"report.py: {argv[0]} failed\n{done.stdout}")
    with open(os.path.join(RESULTS, name + ".md"), "w") as f:
        f.write(tables_of(done.stdout))


def render_kept(name):
    with open(os.path.join(RESULTS, name + ".md")) as f:
        return f.read()


def processor():
    with open("/proc/cpuinfo") as f:
        found = re.search(r"^model name\s*:\s*(.*)$", f.read(), re.M)
    return found.group(1) if found else platform.machine()


def version(*argv):
    try:
        text = subprocess.run(argv, capture_output=True, text=True).stdout
    except FileNotFoundError:
        return None
    found = re.search(r"\d+\.\d+[.\d]*", text)
    return f"{argv[0]} {found.group(0)}" if found else None


def measure_machine():
    tools = [("gcc", "--version"), ("clang", "--version"), ("rustc", "--version"), ("tcc", "-v"), ("luajit", "-v"),
             ("node", "--version"), ("lua5.4", "-v"), (sys.executable, "--version")]
    versions = [v for v in (version(*t) for t in tools) if v]
    versions = [os.path.basename(v) for v in versions]
    with open(os.path.join(RESULTS, "machine.md"), "w") as f:
        f.write(f"Measured on {datetime.date.today().isoformat()}: {processor()}, {os.cpu_count()} cores, "
                f"{platform.system()}; {', '.join(versions)}.\n")


class Picture:
    """Ratios to gcc -O2 on a logarithmic scale: a row per kernel, a mark per implementation."""

    COLORS = {"tenon": "#d1491b", "clang-O2": "#4c6a92", "rust": "#8a6d3b", "wasm-v8": "#6a51a3", "luajit-ffi": "#2a7f62",
              "luajit": "#7fb8a4", "tcc": "#8c8c8c", "node": "#c2a83e", "lua5.4": "#b0b7c3", "python": "#d3c4a8"}

    @staticmethod
    def draw(kernels, ratios, path):
        import matplotlib
        matplotlib.use("svg")
        import matplotlib.pyplot as plt
        plt.rcParams.update({"svg.hashsalt": "tenon", "font.family": "sans-serif", "font.size": 10, "svg.fonttype": "none"})
        figure, axes = plt.subplots(figsize=(9, 0.42 * len(kernels) + 1.4))
        for row in range(len(kernels)):
            axes.axhline(row, color="#e6e6e6", linewidth=0.8, zorder=0)
        axes.axvline(1, color="#333333", linewidth=1, zorder=1)
        # Tenon last, so that no other mark hides it
        for name in [n for n in reversed(SHOWN) if any((k, n) in ratios for k in kernels)]:
            points = [(ratios[k, name], row) for row, k in enumerate(kernels) if (k, name) in ratios]
            ours = name == "tenon"
            axes.scatter([x for x, _ in points], [y for _, y in points], s=70 if ours else 32, color=Picture.COLORS[name],
                         edgecolors="white", linewidths=0.6, zorder=4 if ours else 3, label=name)
        axes.set_xscale("log")
        ticks = [0.3, 0.5, 1, 2, 3, 5, 10, 20, 50, 100]
        axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
        axes.minorticks_off()
        axes.set_yticks(range(len(kernels)), kernels)
        axes.invert_yaxis()
        axes.set_xlabel("time, relative to gcc -O2 (less is better)")
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
        axes.tick_params(length=0)
        handles, labels = axes.get_legend_handles_labels()
        axes.legend(handles[::-1], labels[::-1], loc="lower center", bbox_to_anchor=(0.45, 1.0), ncol=5, frameon=False,
                    handletextpad=0.1, columnspacing=1.2)
        figure.savefig(path, bbox_inches="tight", metadata={"Date": None})


def measure_kernels():
    done = run("peerbench.py", "--extras", "--reps", "7")
    if done.returncode != 0:
        sys.exit("report.py: peerbench.py failed\n" + done.stdout)
    with open(os.path.join(RESULTS, "kernels.md"), "w") as f:
        f.write(tables_of(done.stdout))
    os.replace(os.path.join(RESULTS, "latest.json"), os.path.join(RESULTS, "kernels.json"))


def render_kernels():
    data = saved("kernels.json")
    base, median = data["base"], data["median"]
    kernels = []
    for key in data["runs"]:
        kernel = key.split("/")[0]
        if kernel != "startup" and kernel not in kernels:
            kernels.append(kernel)
    ratios = {}
    for key, value in median.items():
        kernel, name = key.split("/")
        if kernel in kernels and f"{kernel}/{base}" in median:
            ratios[kernel, name] = value / median[f"{kernel}/{base}"]
    for kernel in kernels:  # where LuaJIT has no program with FFI types, the other stands in
        if (kernel, "luajit") in ratios:
            ratios.setdefault((kernel, "luajit-ffi"), ratios[kernel, "luajit"])
    for name in SHOWN:
        own = [ratios[k, name] for k in kernels if (k, name) in ratios]
        if len(own) == len(kernels):
            ratios["geometric mean", name] = statistics.geometric_mean(own)
    Picture.draw(kernels + ["geometric mean"], ratios, PICTURE)
    return render_kept("kernels")


def measure_fresh():
    kept("fresh", "peerbench.py", "--fresh", "--impls", "gcc-O2,tenon,gcc-O3n,clang-O2", "--reps", "7")


def measure_probes():
    kept("probes", "peerbench.py", "--probes", "--impls", "gcc-O2,tenon", "--reps", "5")


def measure_checks():
    build = os.path.join(ROOT, "..", "build")
    subprocess.run(["cmake", "--preset", "release", "-B", os.path.join(build, "unchecked"), "-DTN_UNCHECKED=ON"],
                   cwd=os.path.join(ROOT, ".."), check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", os.path.join(build, "unchecked"), "tenon"], check=True, stdout=subprocess.DEVNULL)
    kept("checks", "checks.py", os.path.join(build, "unchecked", "bin", "tenon"), "--reps", "9")


def measure_calls():
    kept("calls", "peerbench.py", "--calls", "--reps", "7")


# name -> (measure, render): the sections of the page, in the order in which they are measured
SECTIONS = {
    "machine": (measure_machine, lambda: render_kept("machine")),
    "kernels": (measure_kernels, render_kernels),
    "fresh": (measure_fresh, lambda: render_kept("fresh")),
    "probes": (measure_probes, lambda: render_kept("probes")),
    "calls": (measure_calls, lambda: render_kept("calls")),
    "checks": (measure_checks, lambda: render_kept("checks")),
    "compile": (lambda: kept("compile", "compile_speed.py"), lambda: render_kept("compile")),
    "goals": (lambda: kept("goals", "goals.py"), lambda: render_kept("goals")),
    "aarch64": (lambda: kept("aarch64", "counts.py", "--target", "aarch64", "--markdown"), lambda: render_kept("aarch64")),
}


def main():
    ap = argparse.ArgumentParser(formatter_class=argparse.RawDescriptionHelpFormatter, description=__doc__)
    ap.add_argument("sections", nargs="*", help=", ".join(SECTIONS))
    ap.add_argument("--render", action="store_true")
    args = ap.parse_args()
    unknown = [s for s in args.sections if s not in SECTIONS]
    if unknown:
        sys.exit(f"report.py: no section `{unknown[0]}`; there are {', '.join(SECTIONS)}")
    os.makedirs(RESULTS, exist_ok=True)
    wanted = args.sections or list(SECTIONS)
    with open(PAGE) as f:
        page = f.read()
    for name in wanted:
        mark = re.compile(rf"(<!-- measured: {name} -->\n).*?(<!-- end -->)", re.S)
        if not mark.search(page):
            sys.exit(f"report.py: docs/performance.md has no `<!-- measured: {name} -->`")
        if not args.render:
            SECTIONS[name][0]()
        text = SECTIONS[name][1]()
        page = mark.sub(lambda m: m.group(1) + text + m.group(2), page)
        with open(PAGE, "w") as f:
            f.write(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
