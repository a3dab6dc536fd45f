#!/usr/bin/env python3
"""What the safety checks cost: each kernel with Tenon as it is, and with a build that makes no checks.

  checks.py UNCHECKED [--reps 7] [--only fib,sort] [--fresh | --probes]

UNCHECKED is the command of a build configured with -DTN_UNCHECKED=ON, which is for this and nothing else:
    cmake --preset release -B build/unchecked -DTN_UNCHECKED=ON && ninja -C build/unchecked tenon
It leaves out the tests for overflow, bounds, shifts and interrupts; those for division and for the depth of the stack stay.
TENON names the other one. Prints the ratio of the medians of CPU time per kernel, start-up taken off, and the mean.
"""
import argparse, math, os, statistics, sys

sys.dont_write_bytecode = True
import peerbench


def cpu_ms(command, kernel):
    result = peerbench.measure([command, "run", os.path.join(peerbench.folder(kernel), kernel + ".tn")], 120)
    if "error" in result:
        sys.exit(f"{kernel}: {result['error']}")
    return result["cpu"], result["checksum"]


def main():
    ap = argparse.ArgumentParser(formatter_class=argparse.RawDescriptionHelpFormatter, description=__doc__)
    ap.add_argument("unchecked")
    ap.add_argument("--reps", type=int, default=7)
    ap.add_argument("--only")
    ap.add_argument("--fresh", action="store_true")
    ap.add_argument("--probes", action="store_true")
    args = ap.parse_args()
    collection = peerbench.FRESH if args.fresh else peerbench.PROBES if args.probes else None
    names = args.only.split(",") if args.only else sorted(os.listdir(collection)) if collection else peerbench.ORDER
    commands = [peerbench.TENON, os.path.abspath(args.unchecked)]
    times = {}
    for name in ["startup"] + names:
        for _ in range(args.reps):
            answers = set()
            for command in commands:
                ms, answer = cpu_ms(command, name)
                times.setdefault((name, command), []).append(ms)
                answers.add(answer)
            if len(answers) > 1:
                sys.exit(f"{name}: {answers}")
    median = {key: statistics.median(value) for key, value in times.items()}
    ratios = []
    print(f"{'kernel':12}{'checked ms':>12}{'unchecked':>12}{'ratio':>8}")
    for name in names:
        with_checks, without = (max(median[name, c] - median["startup", c], 0.1) for c in commands)
        ratios.append(with_checks / without)
        print(f"{name:12}{with_checks:12.1f}{without:12.1f}{ratios[-1]:8.2f}")
    print(f"{'geomean':36}{math.exp(sum(map(math.log, ratios)) / len(ratios)):8.3f}")


if __name__ == "__main__":
    main()
