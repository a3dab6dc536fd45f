#!/usr/bin/env python3
"""What Tenon costs a host besides speed: memory, sizes, times to create things; each against its goal.

In: a build (--build, build/release). Builds goals_host.c against its library. Out: a row per goal; exit status 1 with
--check when one is missed (wall times are not checked: a busy machine misses them).
"""
import argparse
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
# name: (goal, unit, is checked)
GOALS = {
    "runtime_us": (300, "us to create a runtime", False),
    "instance_us": (5, "us to create an instance", False),
    "idle_instance_bytes": (4096, "bytes of an instance, of 100,000 at once", True),
    "called_instance_bytes": (4096, "bytes of an instance that was called", True),
    "left_bytes": (256, "bytes that stay of an instance that was freed", True),
    "records_against_c": (1.1, "times C's memory for 1,000,000 records", True),
    "two_threads_against_one": (1.15, "times one thread's time for two threads' work (on two idle cores)", False),
    "two_threads_cpu": (1.15, "times one thread's CPU time for each of two threads", False),
    "library_bytes": (4 << 20, "bytes of the library, stripped", True),
    "empty_run_ms": (5, "ms for `tenon run` of an empty program", False),
}


def measure(build):
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        host = os.path.join(folder, "host")
        library = os.path.join(build, "lib")
        subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", f"-I{HERE}/../include", f"{HERE}/goals_host.c", "-o", host,
                        f"-L{library}", "-ltenon", f"-Wl,-rpath,{library}", "-lpthread"], check=True)
        for line in subprocess.run([host], check=True, capture_output=True, text=True).stdout.splitlines():
            name, value = line.split()
            found[name] = float(value)
        stripped = os.path.join(folder, "lib.so")
        subprocess.run(["strip", "-o", stripped, os.path.realpath(os.path.join(library, "libtenon.so"))], check=True)
        found["library_bytes"] = os.path.getsize(stripped)
        empty = os.path.join(folder, "empty.tn")
        with open(empty, "w") as out:
            out.write("fn main() {}\n")
        times = []
        for _ in range(30):
            start = time.perf_counter()
            subprocess.run([os.path.join(build, "bin/tenon"), "run", empty], check=True)
            times.append(time.perf_counter() - start)
        found["empty_run_ms"] = min(times) * 1e3
    return found


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--build", default=os.path.join(HERE, "../build/release"))
    arguments.add_argument("--check", action="store_true")
    options = arguments.parse_args()
    missed = []
    found = measure(os.path.realpath(options.build))
    for name, (goal, what, is_checked) in GOALS.items():
        ok = found[name] <= goal
        print(f"{found[name]:>12.2f} {'<=' if ok else '> '} {goal:>8}  {what}")
        if not ok and is_checked:
            missed.append(name)
    for name in sorted(set(found) - set(GOALS)):
        print(f"{found[name]:>12.2f}              {name}")
    if options.check and missed:
        sys.exit("missed: " + ", ".join(missed))


if __name__ == "__main__":
    main()
