#!/usr/bin/env python3
"""Peer benchmark runner: every implementation of every kernel, interleaved, medians, ratios.

  peerbench.py                        the whole table (builds what is stale first)
  peerbench.py --extras               also wasm in Node, gcc with overflow traps, Rust, PyPy
  peerbench.py --only fib,matmul --impls gcc-O2,luajit --reps 9
  peerbench.py --impl 'other=other/tenon run {dir}/{name}.tn'
  peerbench.py --check                one run of each, checksums only
  peerbench.py --fresh                the programs of fresh/ instead, which no optimization was made for
  peerbench.py --probes               the programs of probes/ instead, each of one shape of code
  peerbench.py --calls                host -> script call overheads (calls/run.sh), medians

A program prints 'checksum X' and, if it can, 'ms T' (its own CPU time for the kernel). Where a
program prints no 'ms', its process CPU time less that of the implementation's empty program
(kernels/startup) is used. --metric wall or cpu takes whole-process wall or CPU time for all.
In an --impl template {source} is the C or C++ program, {dir} is the kernel's folder, {name} its name, {build} the build folder;
a kernel whose files named in the template do not exist is skipped for that implementation, and so
is an implementation that is not installed. Tenon is $TENON, else build/release/bin/tenon.
Exit status 1 when checksums disagree or a program fails.
"""
import argparse, json, math, os, shlex, shutil, statistics, subprocess, sys, threading, time

ROOT = os.path.dirname(os.path.abspath(__file__))
KERNELS = os.path.join(ROOT, "kernels")
FRESH = os.path.join(ROOT, "fresh")
PROBES = os.path.join(ROOT, "probes")
BUILD = os.path.join(ROOT, "build")
ORDER = ["fib", "sieve", "nbody", "spectral", "mandel", "matmul", "sort", "bintrees",
         "mix32", "pipeline", "rules"]
BASE = "gcc-O2"
PYTHON = os.environ.get("PEER_PYTHON", sys.executable)
TENON = os.environ.get("TENON", os.path.join(ROOT, "..", "build", "release", "bin", "tenon"))


class Impl:
    def __init__(self, name, run, build=None, sources=(), slow=False, extra=False, fallback=None, skip=()):
        self.name, self.run, self.build, self.skip = name, run, build, skip
        self.sources, self.slow, self.extra, self.fallback = sources, slow, extra, fallback


def compiled(name, cc, **kw):
    return Impl(name, "{build}/{name}." + name,
                build=cc + " -I{kernels}/_common {source} -o {build}/{name}." + name + " -lm" + ("" if name == "tcc" else " -Wl,--as-needed -lstdc++"),
                sources=["{source}"], **kw)


IMPLS = [
    compiled("gcc-O2", "gcc -O2"),
    Impl("tenon", shlex.quote(TENON) + " run {dir}/{name}.tn"),
    # no FMA contraction, so that floating results stay bit-identical
    compiled("gcc-O3n", "gcc -O3 -march=native -ffp-contract=off"),
    compiled("clang-O2", "clang -O2"),
    compiled("tcc", "tcc"),
    Impl("luajit", "luajit {dir}/{name}.luajit.lua|luajit {dir}/{name}.lua"),
    Impl("luajit-ffi", "luajit {dir}/{name}.ffi.lua", fallback="luajit"),
    Impl("node", "node {dir}/{name}.js"),
    Impl("lua5.4", "lua5.4 {dir}/{name}.lua", slow=True),
    Impl("python", shlex.quote(PYTHON) + " {dir}/{name}.py", slow=True),
    # fib left out: with traps gcc merges repeated pure calls until almost nothing is computed
    compiled("gcc-trap", "gcc -O2 -fsanitize=signed-integer-overflow -fsanitize-undefined-trap-on-error", extra=True,
             skip=("fib",)),
    Impl("wasm-v8", "node --no-warnings --no-liftoff {root}/wasm/run.mjs {build}/{name}.wasm",
         build="clang --target=wasm32-wasi -O2 -I{kernels}/_common {dir}/{name}.c -o {build}/{name}.wasm -lm",
         sources=["{dir}/{name}.c"], extra=True),
    Impl("rust", "{build}/{name}.rust",
         build="rustc --edition 2021 -C opt-level=3 -C codegen-units=1 -C overflow-checks=on {dir}/{name}.rs -o {build}/{name}.rust",
         sources=["{dir}/{name}.rs"], extra=True),
    Impl("pypy3", "pypy3 {dir}/{name}.py", slow=True, extra=True),
]


def folder(name):
    for collection in (FRESH, PROBES):
        if os.path.exists(os.path.join(collection, name)):
            return os.path.join(collection, name)
    return os.path.join(KERNELS, name)


def fill(text, name):
    source = os.path.join(folder(name), name + ".cpp")  # where C has no such container
    if not os.path.exists(source):
        source = os.path.join(folder(name), name + ".c")
    for k, v in (("{source}", source), ("{dir}", folder(name)), ("{name}", name), ("{build}", BUILD),
                 ("{kernels}", KERNELS), ("{root}", ROOT)):
        text = text.replace(k, v)
    return text


def installed(impl):
    """True if the programs that build and run this implementation are there."""
    programs = [shlex.split(line)[0] for line in [impl.build, *impl.run.split("|")] if line]
    return all(p.startswith("{") or shutil.which(p) for p in programs)


def command(impl, name):
    """argv for this kernel, or None where the implementation has no program for it."""
    if name in impl.skip or impl.sources and not all(os.path.exists(fill(s, name)) for s in impl.sources):
        return None
    for alternative in impl.run.split("|"):
        argv = shlex.split(fill(alternative, name))
        # every word naming a file inside the kernel's folder must exist
        if all(os.path.exists(a) for a in argv if a.startswith(folder(name) + "/")):
            return argv
    return None


def build(impl, name):
    if not impl.build or command(impl, name) is None:
        return None
    argv = shlex.split(fill(impl.build, name))
    out = argv[argv.index("-o") + 1]
    deps = [fill(s, name) for s in impl.sources] + [os.path.join(KERNELS, "_common", f) for f in os.listdir(os.path.join(KERNELS, "_common"))]
    deps += [os.path.join(folder(name), f) for f in os.listdir(folder(name)) if f.endswith((".h", ".rs"))]
    if os.path.exists(out) and os.path.getmtime(out) >= max(os.path.getmtime(d) for d in deps):
        return None
    p = subprocess.run(argv, capture_output=True, text=True)
    return p.stderr or "failed" if p.returncode else None


def measure(argv, timeout):
    """One run: dict with checksum, ms (None if not printed), wall, cpu, rss_mb; or 'error'."""
    t = time.monotonic()
    p = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)
    killer = threading.Timer(timeout, p.kill)
    killer.start()
    err = []
    drain = threading.Thread(target=lambda: err.append(p.stderr.read()))
    drain.start()
    out = p.stdout.read()
    _, status, ru = os.wait4(p.pid, 0)
    wall = (time.monotonic() - t) * 1e3
    p.returncode = os.waitstatus_to_exitcode(status)
    killer.cancel()
    drain.join()
    if p.returncode != 0:
        return {"error": f"exit {p.returncode}: " + err[0].decode("utf-8", "replace")[-300:]}
    r = {"checksum": None, "ms": None, "wall": wall, "cpu": (ru.ru_utime + ru.ru_stime) * 1e3, "rss_mb": ru.ru_maxrss / 1024}
    for line in out.decode("utf-8", "replace").splitlines():
        word, _, rest = line.partition(" ")
        if word == "checksum":
            r["checksum"] = rest.strip()
        elif word == "ms":
            r["ms"] = float(rest)
    return r


def main():
    ap = argparse.ArgumentParser(formatter_class=argparse.RawDescriptionHelpFormatter, description=__doc__)
    ap.add_argument("--reps", type=int, default=5)
    ap.add_argument("--slow-reps", type=int, default=1, help="for interpreters (lua5.4, python, pypy3)")
    ap.add_argument("--only", help="kernels, comma separated")
    ap.add_argument("--impls", help="implementations, comma separated")
    ap.add_argument("--extras", action="store_true")
    ap.add_argument("--impl", action="append", default=[], metavar="NAME=COMMAND")
    ap.add_argument("--metric", choices=["ms", "cpu", "wall"], default="ms")
    ap.add_argument("--timeout", type=float, default=120)
    ap.add_argument("--check", action="store_true")
    ap.add_argument("--calls", action="store_true")
    ap.add_argument("--fresh", action="store_true")
    ap.add_argument("--probes", action="store_true")
    ap.add_argument("--json", default=os.path.join(ROOT, "results", "latest.json"))
    args = ap.parse_args()
    os.makedirs(BUILD, exist_ok=True)
    os.makedirs(os.path.dirname(args.json), exist_ok=True)
    if args.calls:
        return calls(args)
    impls = [i for i in IMPLS if args.extras or not i.extra]
    if args.impls:
        wanted = args.impls.split(",")
        impls = [i for i in IMPLS if i.name in wanted]
    for spec in args.impl:
        name, _, cmd = spec.partition("=")
        impls.append(Impl(name.strip(), cmd.strip()))
    collection = FRESH if args.fresh else PROBES if args.probes else None
    names = args.only.split(",") if args.only else sorted(os.listdir(collection)) if collection else ORDER
    absent = [i.name for i in impls if not installed(i)]
    if absent:
        print("not installed: " + ", ".join(absent), file=sys.stderr)
        impls = [i for i in impls if i.name not in absent]
    if args.check:
        args.reps = args.slow_reps = 1

    bad = []
    for n in ["startup"] + names:
        for i in impls:
            e = build(i, n)
            if e:
                bad.append(f"{n}/{i.name}: does not build: {e.strip()[-300:]}")
    began = time.monotonic()
    data = {}  # (kernel, impl) -> list of runs
    for n in ["startup"] + names:
        reps = max(args.reps, args.slow_reps)
        for rep in range(reps):
            for i in impls:  # interleaved: A B C A B C
                if rep >= (args.slow_reps if i.slow and n != "startup" else args.reps):
                    continue
                argv = command(i, n)
                if argv is None or (data.get((n, i.name)) and "error" in data[n, i.name][-1]):
                    continue
                try:
                    data.setdefault((n, i.name), []).append(measure(argv, args.timeout))
                except OSError as e:
                    data.setdefault((n, i.name), []).append({"error": str(e)})
        print(f"[{time.monotonic() - began:5.0f} s, load {os.getloadavg()[0]:.1f}] {n}", file=sys.stderr)

    startup = {i.name: statistics.median(r["cpu"] for r in data[("startup", i.name)])
               for i in impls if ("startup", i.name) in data and "error" not in data[("startup", i.name)][-1]}
    table, spread, rss, wrong = {}, {}, {}, set()
    for (n, i), runs in data.items():
        broken = [r["error"] for r in runs if "error" in r]
        if broken:
            bad.append(f"{n}/{i}: {broken[0]}")
            continue
        if args.metric == "wall" or n == "startup":
            v = [r["wall"] for r in runs]
        elif args.metric == "cpu" or runs[0]["ms"] is None:
            v = [max(r["cpu"] - (startup.get(i, 0) if args.metric == "ms" else 0), 0.001) for r in runs]
        else:
            v = [r["ms"] for r in runs]
        table[n, i] = statistics.median(v)
        spread[n, i] = (max(v) - min(v)) / table[n, i] if table[n, i] else 0
        rss[n, i] = max(r["rss_mb"] for r in runs)
    for n in names:
        sums = {}
        for i in impls:
            for r in data.get((n, i.name), []):
                if "error" not in r:
                    sums.setdefault(r["checksum"], []).append(i.name)
        if len(sums) > 1:
            # the base's checksum is right; without the base, the commonest
            right = next((k for k, v in sums.items() if BASE in v), max(sums, key=lambda k: len(set(sums[k]))))
            for k, v in sums.items():
                for i in v if k != right else ():
                    table.pop((n, i), None)
                    wrong.add((n, i))
            bad.append(f"{n}: checksums differ: " + "; ".join(f"{k}: {','.join(sorted(set(v)))}" for k, v in sums.items()))

    cols = [i for i in impls if any((n, i.name) in table or (n, i.name) in wrong for n in names)]
    fall = {i.name: i.fallback for i in impls}

    def cell(n, i):
        if (n, i) in table:
            return table[n, i], ""
        if fall.get(i) and (n, fall[i]) in table:
            return table[n, fall[i]], "="
        return None, ""

    have_base = any(c.name == BASE for c in cols)
    head = ["kernel", f"{BASE} ms" if have_base else "ms"] + [c.name for c in cols if c.name != BASE or not have_base]
    rows = []
    for n in names:
        base = table.get((n, BASE)) if have_base else None
        row = [n, f"{base:.1f}" if base else "-"]
        for c in cols:
            if c.name == BASE and have_base:
                continue
            v, mark = cell(n, c.name)
            row.append("WRONG" if (n, c.name) in wrong else "-" if v is None else f"{v / base:.2f}{mark}" if base else f"{v:.1f}{mark}")
        rows.append(row)
    if have_base:
        row = ["geomean", ""]
        for c in cols:
            if c.name == BASE:
                continue
            ratios = [cell(n, c.name)[0] / table[n, BASE] for n in names if cell(n, c.name)[0] and (n, BASE) in table]
            row.append("-" if not ratios else f"{math.exp(sum(map(math.log, ratios)) / len(ratios)):.2f}" + ("" if len(ratios) == len(names) else f" ({len(ratios)})"))
        rows.append(row)
        row = ["start-up (wall ms)", f"{table.get(('startup', BASE), 0):.1f}"]
        row += [f"{table[('startup', c.name)]:.1f}" if ("startup", c.name) in table else "-" for c in cols if c.name != BASE]
        rows.append(row)
    print(f"\nRatios to {BASE} (lower is better); medians of {args.reps} runs ({args.slow_reps} for "
          f"{', '.join(i.name for i in impls if i.slow) or 'none'}), metric {args.metric}; "
          f"'=' no separate program, the {fall.get('luajit-ffi') or 'fallback'} figure stands in\n")
    show(head, rows)
    noisy = sorted(((s, k) for k, s in spread.items() if s > 0.25 and k[0] != "startup"), reverse=True)
    if noisy:
        print("\nSpread (max-min)/median over 25%: " + ", ".join(f"{k[0]}/{k[1]} {s:.0%}" for s, k in noisy[:12]))
    for n in ("bintrees", "pipeline"):
        if n in names:
            print(f"peak MB {n}: " + ", ".join(f"{c.name} {rss[n, c.name]:.0f}" for c in cols if (n, c.name) in rss))
    for b in bad:
        print("PROBLEM " + b)
    print(f"{time.monotonic() - began:.0f} s, checksums {'DISAGREE or failures' if bad else 'agree'}")
    with open(args.json, "w") as f:
        json.dump({"metric": args.metric, "base": BASE,
                   "runs": {f"{n}/{i}": r for (n, i), r in data.items()},
                   "median": {f"{n}/{i}": v for (n, i), v in table.items()},
                   "spread": {f"{n}/{i}": v for (n, i), v in spread.items()}, "problems": bad}, f, indent=1)
    return 1 if bad else 0


def show(head, rows):
    widths = [max(len(str(r[c])) for r in [head] + rows) for c in range(len(head))]
    line = lambda r: "| " + " | ".join(str(v).ljust(w) if k == 0 else str(v).rjust(w) for k, (v, w) in enumerate(zip(r, widths))) + " |"
    print(line(head))
    print("|" + "|".join("-" * (w + 2) for w in widths) + "|")
    for r in rows:
        print(line(r))


def calls(args):
    env = dict(os.environ, PYTHON=PYTHON)
    env.setdefault("TENON_LIBRARY", os.path.abspath(os.path.join(os.path.dirname(TENON), "..", "lib", "libtenon.so")))
    subprocess.run(["sh", os.path.join(ROOT, "calls", "build.sh")], check=True, env=env)
    seen = {}
    for _ in range(args.reps):
        out = subprocess.run(["sh", os.path.join(ROOT, "calls", "run.sh")], check=True, env=env, capture_output=True, text=True).stdout
        for line in out.splitlines():
            label, ns, _check = line.rsplit(" ", 2)
            seen.setdefault(label, []).append(float(ns))
    show(["call path", "median ns", "min"], [[k, f"{statistics.median(v):.1f}", f"{min(v):.1f}"] for k, v in seen.items()])
    with open(os.path.join(os.path.dirname(args.json), "calls.json"), "w") as f:
        json.dump(seen, f, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
