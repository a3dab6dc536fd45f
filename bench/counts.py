#!/usr/bin/env python3
"""Instructions that the kernels' machine code executes, against the stored counts of counts.json.

  counts.py            compares; exit status 1 when a kernel executes more than 2 % above its stored count
  counts.py --store    stores what is measured now
  counts.py fib sort   only these
  counts.py --target aarch64 ...      the same for AArch64, under qemu-user, against counts.aarch64.json, and how many
                       times what gcc -O2 executes that is
  counts.py --target aarch64 --markdown      the stored table, for docs/performance.md
  counts.py --target aarch64 --hot KERNEL [gcc]     its instructions with how often each ran

Counted by `valgrind --tool=callgrind`, and by count_plugin.c in the emulator, on kernels of reduced size, code of
scripts only: what the compiler and the runtime execute is left out, so the counts are the same on every run and do
not depend on the C++ compiler. Of C programs counts what stands in the program; `all` are the instructions of whatever
runs from the first one of the script or the program on, runtime and libraries included, less those of an empty one.
For x86-64 the counts depend on the CPU's features; counts.json names those that they were stored with. A count that
falls is good news: store it, so that it cannot get lost again.
"""
import argparse, json, os, re, subprocess, sys, tempfile

ROOT = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.join(ROOT, "..", "build")
TOLERANCE = 1.02
# No FMA contraction: scripts round every operation, and gcc does so for plain x86-64.
CROSS_GCC = ["aarch64-linux-gnu-gcc", "-O2", "-ffp-contract=off"]
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
# Where C says it in other words than `10_000` without the underlines.
SMALLER_C = {
    "fib": [(": 35", ": 20")],
    "mandel": [("W = 800, H = 800", "W = 40, H = 40")],
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


def source(kernel, language, changes, folder):
    """The kernel of reduced size, written to a file."""
    with open(os.path.join(ROOT, "kernels", kernel, f"{kernel}.{language}")) as f:
        text = f.read()
    for old, new in changes:
        if old not in text:
            sys.exit(f"counts.py: {kernel}.{language} has no `{old}` to make smaller")
        text = text.replace(old, new)
    path = os.path.join(folder, f"{kernel}.{language}")
    with open(path, "w") as f:
        f.write(text)
    return path


def run(argv, what):
    done = subprocess.run(argv, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"counts.py: {what} failed:\n{done.stderr}")
    return done


class Callgrind:
    name, stored = "x86-64", os.path.join(ROOT, "counts.json")
    tenon = os.environ.get("TENON", os.path.join(BUILD, "release", "bin", "tenon"))

    def __init__(self, folder):
        self.folder, self.features = folder, features()

    def count(self, kernel):
        profile = os.path.join(self.folder, kernel + ".out")
        script = source(kernel, "tn", SMALLER[kernel], self.folder)
        run(["valgrind", "--tool=callgrind", "--callgrind-out-file=" + profile, self.tenon, "run", script], kernel)
        return script_instructions(profile), 0


class Emulated:
    name, stored = "AArch64", os.path.join(ROOT, "counts.aarch64.json")
    tenon = os.environ.get("TENON_AARCH64", os.path.join(BUILD, "aarch64", "bin", "tenon"))
    features = "ARMv8.0"

    empty = empty_c = 0  # what all of an empty program is: start, end and printing

    def __init__(self, folder):
        self.folder, self.plugin = folder, os.path.join(folder, "count_plugin.so")
        run(["gcc", "-O2", "-shared", "-fPIC", os.path.join(ROOT, "count_plugin.c"), "-o", self.plugin],
            "count_plugin.c")
        self.empty, self.empty_c = self.count("startup")[1], self.count_gcc("startup")[1]

    def emulate(self, argv, file, hot):
        """Instructions of code that comes from `file`, and of all from its first one on; with `hot`, its listing."""
        plugin = f"{self.plugin},of={file}" + (",hot=on" if hot else "")
        done = run(["qemu-aarch64", "-plugin", plugin, *argv], " ".join(argv))
        self.checksum = done.stdout.splitlines()[:1]
        lines = done.stderr.splitlines()
        counts = {}
        for line in lines:
            words = line.split(" ", 2)
            if words[0] == "count":
                counts[words[2]] = int(words[1])
        if hot:
            return [x for x in lines if not x.startswith("count ")]
        return counts[file], sum(counts.values())

    def count(self, kernel, hot=False):
        """Instructions of the script's code, and all that ran for it; or the listing."""
        script = source(kernel, "tn", SMALLER.get(kernel, []), self.folder)
        found = self.emulate([self.tenon, "run", script], "", hot)
        return found if hot else (found[0], found[1] - self.empty)

    def count_gcc(self, kernel, hot=False):
        changes = SMALLER_C.get(kernel) or [(a.replace("_", ""), b.replace("_", "")) for a, b in SMALLER.get(kernel, [])]
        program = os.path.join(self.folder, kernel)
        kernels = os.path.join(ROOT, "kernels")
        run([*CROSS_GCC, "-I" + os.path.join(kernels, "_common"), "-I" + os.path.join(kernels, kernel),
             source(kernel, "c", changes, self.folder), "-o", program, "-lm"], kernel + ".c")
        found = self.emulate([program], kernel, hot)
        return found if hot else (found[0], found[1] - self.empty_c)


def markdown(stored):
    rows, own, whole = [], 1.0, 1.0
    for kernel, number in stored["instructions"].items():
        gcc, all_ours, all_gcc = stored["gcc"][kernel], stored["all"][kernel], stored["gcc_all"][kernel]
        own, whole = own * number / gcc, whole * all_ours / all_gcc
        rows.append(f"| {kernel} | {number:,} | {gcc:,} | {number / gcc:.2f} | {all_ours:,} | {all_gcc:,} | "
                    f"{all_ours / all_gcc:.2f} |")
    power = 1 / len(rows)
    return "\n".join(["| kernel | Tenon | gcc -O2 | ratio | with its runtime | with libc | ratio |",
                      "|---|--:|--:|--:|--:|--:|--:|", *rows,
                      f"| geometric mean | | | {own ** power:.2f} | | | {whole ** power:.2f} |"])


def compare(machine, kernels, stored, store):
    """How many kernels execute more than they should."""
    worse = 0
    for kernel in kernels:
        (now, everything), before = machine.count(kernel), stored["instructions"].get(kernel, 0)
        ratio = now / before if before else float("inf")
        verdict = "MORE" if ratio > TOLERANCE else "less" if ratio < 2 - TOLERANCE else ""
        worse += ratio > TOLERANCE
        line = f"{kernel:10} {now:12,} stored {before:12,} {ratio:6.3f} {verdict:4}"
        if "gcc" in stored:
            if store:
                ours = machine.checksum
                stored["all"][kernel] = everything
                stored["gcc"][kernel], stored["gcc_all"][kernel] = machine.count_gcc(kernel)
                if machine.checksum != ours:
                    sys.exit(f"counts.py: {kernel} prints {ours}, in C {machine.checksum}")
            line += f" of gcc {now / stored['gcc'][kernel]:6.3f}, all {everything / stored['gcc_all'][kernel]:6.3f}"
        print(line, flush=True)
        if store:
            stored["instructions"][kernel] = now
    return worse


def main():
    parser = argparse.ArgumentParser(formatter_class=argparse.RawDescriptionHelpFormatter, description=__doc__)
    parser.add_argument("kernels", nargs="*")
    parser.add_argument("--target", choices=["x86-64", "aarch64"], default="x86-64")
    for option in ("--store", "--markdown", "--hot"):
        parser.add_argument(option, action="store_true")
    args = parser.parse_args()
    kind = Emulated if args.target == "aarch64" else Callgrind
    if unknown := set(args.kernels) - set(SMALLER) - ({"gcc"} if args.hot else set()):
        parser.error(f"no kernel {', '.join(sorted(unknown))}; there are {', '.join(SMALLER)}")
    with open(kind.stored) as f:
        stored = json.load(f)
    if kind is Callgrind and (args.markdown or args.hot):
        parser.error("--markdown and --hot are for --target aarch64")
    if args.markdown:
        print(markdown(stored))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        machine = kind(folder)
        if args.hot:
            count = machine.count_gcc if "gcc" in args.kernels else machine.count
            for kernel in args.kernels:
                print("\n".join(count(kernel, hot=True) if kernel != "gcc" else []))
            return 0
        if not args.store and stored["features"] != machine.features:
            print(f"counts: stored with `{stored['features']}`, this CPU has `{machine.features}`: nothing compared")
            return 0
        worse = compare(machine, args.kernels or list(SMALLER), stored, args.store)
    if args.store:
        stored["features"] = machine.features
        with open(kind.stored, "w") as f:
            json.dump(stored, f, indent=2)
            f.write("\n")
        return 0
    if worse:
        print(f"counts: {worse} kernels execute more instructions than they should: an optimization got lost")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
