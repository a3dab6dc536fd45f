#!/usr/bin/env python3
"""Instructions that the kernels' machine code executes, against the stored counts of counts.json.

  counts.py            compares; exit status 1 when a kernel executes more than 2 % above its stored count
  counts.py --store    stores what is measured now
  counts.py fib sort   only these

Counted by `valgrind --tool=callgrind` on kernels of reduced size, code of scripts only: what the compiler and the
runtime execute is left out, so the counts are the same on every run and do not depend on the C++ compiler. They
depend on the CPU's features; counts.json names those that they were stored with. A count that falls is good
news: store it, so that it cannot get lost again.
"""
import json, os, re, subprocess, sys, tempfile

ROOT = os.path.dirname(os.path.abspath(__file__))
STORED = os.path.join(ROOT, "counts.json")
TENON = os.environ.get("TENON", os.path.join(ROOT, "..", "build", "release", "bin", "tenon"))
TOLERANCE = 1.02
SMALLER = {
    "fib": [("fib(35)", "fib(20)")],
    "sieve": [("5_000_000", "50_000")],
    "nbody": [("1_000_000", "2_000")],
    "spectral": [("= 700", "= 60")],
    "mandel": [("= 800", "= 40")],
    "matmul": [("= 300", "= 40")],
    "sort": [("1_000_000", "10_000")],
    "bintrees": [("max = 16", "max = 8")],
    "mix32": [("1 << 20", "1 << 13"), ("= 16", "= 4")],
    "pipeline": [("5_000_000", "20_000")],
    "rules": [("10_000_000", "20_000")],
}


def features():
    with open("/proc/cpuinfo") as f:
        flags = set(re.search(r"^flags\s*:(.*)$", f.read(), re.M).group(1).split())
    return " ".join(x for x in ("avx", "avx2", "bmi1", "bmi2") if x in flags)


def script_instructions(profile):
    """Self cost of code that stands in no file: what was generated."""
    total, names, in_script, skip = 0, {}, False, False
    with open(profile) as f:
        for line in f:
            if line.startswith(("ob=", "cob=")):
                number, _, name = line.partition("=")[2].strip().partition(" ")
                names.setdefault(number, name)
                if line.startswith("ob="):
                    in_script = names[number] in ("", "???")
            elif line.startswith("calls="):
                skip = True  # the next line is what the callee cost
            elif line[:1] in "0123456789+-*":
                if not skip and in_script:
                    total += int(line.split()[-1])
                skip = False
    return total


def count(kernel, folder):
    with open(os.path.join(ROOT, "kernels", kernel, kernel + ".tn")) as f:
        text = f.read()
    for old, new in SMALLER[kernel]:
        if old not in text:
            sys.exit(f"counts.py: {kernel}.tn has no `{old}` to make smaller")
        text = text.replace(old, new)
    script, profile = os.path.join(folder, kernel + ".tn"), os.path.join(folder, kernel + ".out")
    with open(script, "w") as f:
        f.write(text)
    run = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=" + profile, TENON, "run", script],
                         capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"counts.py: {kernel} failed:\n{run.stderr}")
    return script_instructions(profile)


def main():
    args = sys.argv[1:]
    store = "--store" in args
    kernels = [a for a in args if a != "--store"] or list(SMALLER)
    with open(STORED) as f:
        stored = json.load(f)
    if not store and stored["features"] != features():
        print(f"counts: stored with `{stored['features']}`, this CPU has `{features()}`: nothing compared")
        return 0
    worse = 0
    with tempfile.TemporaryDirectory() as folder:
        for kernel in kernels:
            now, before = count(kernel, folder), stored["instructions"].get(kernel, 0)
            ratio = now / before if before else float("inf")
            verdict = "MORE" if ratio > TOLERANCE else "less" if ratio < 2 - TOLERANCE else ""
            worse += ratio > TOLERANCE
            print(f"{kernel:10} {now:12,} stored {before:12,} {ratio:6.3f} {verdict}")
            if store:
                stored["instructions"][kernel] = now
    if store:
        stored["features"] = features()
        with open(STORED, "w") as f:
            json.dump(stored, f, indent=2)
            f.write("\n")
        return 0
    if worse:
        print(f"counts: {worse} kernels execute more instructions than stored: an optimization got lost")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
