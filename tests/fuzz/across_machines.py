#!/usr/bin/env python3
"""Compares what the same generated programs did on several machines: files that `fuzz_program --results` wrote.

usage: across_machines.py FILE FILE...     last line: N programs agree, N differ
A program that reached a limit (memory, stack, fuel) on any machine is left out: limits lie where they lie.
"""
import sys


def read(path):
    with open(path, encoding="utf-8") as file:
        return {int(seed): (verdict, digest) for seed, verdict, digest in map(str.split, file)}


def main():
    tables = [read(path) for path in sys.argv[1:]]
    if len(tables) < 2:
        sys.exit(__doc__)
    agree = differ = 0
    for seed in sorted(set.intersection(*map(set, tables))):
        rows = [table[seed] for table in tables]
        if any(verdict == "l" for verdict, _ in rows):
            continue
        if len(set(rows)) == 1:
            agree += 1
        else:
            differ += 1
            print(f"seed {seed}: " + ", ".join(f"{verdict} {digest}" for verdict, digest in rows))
    print(f"{agree} programs agree, {differ} differ")
    sys.exit(1 if differ or not agree else 0)


if __name__ == "__main__":
    main()
