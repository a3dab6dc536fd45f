#!/usr/bin/env python3
"""The prelude's collections against the C++ library: CPU time of prelude.tn's functions and of peer.cpp's.

run.py [NAME...]: a table of milliseconds, start-up taken off, the best of five runs. TENON names the command.
Input that is made first (make_list, make_words) is part of each time.
"""
import os
import resource
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TENON = os.environ.get("TENON", os.path.join(HERE, "../../build/release/bin/tenon"))
NAMES = ["nothing", "make_list", "make_words", "map_sum", "map_sum_lazy", "sort_random", "sort_by_random",
         "sort_sorted", "sort_words", "map_i64", "map_remove", "map_words", "map_small"]


def cpu_ms(command):
    best, answer = None, None
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1]
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        best = took if best is None else min(best, took)
    return best * 1000, answer


def main():
    with tempfile.TemporaryDirectory() as folder:
        peer = os.path.join(folder, "peer")
        subprocess.run(["g++", "-O2", "-std=c++20", os.path.join(HERE, "peer.cpp"), "-o", peer], check=True)
        script = os.path.join(HERE, "prelude.tn")
        tenon = {name: cpu_ms([TENON, "run", script, "--fn", name]) for name in ["nothing"]}
        cpp = {name: cpu_ms([peer, name]) for name in ["nothing"]}
        print(f"{'':16}{'tenon ms':>10}{'c++ ms':>10}{'ratio':>8}")
        for name in sys.argv[1:] or NAMES[1:]:
            ours, our_answer = cpu_ms([TENON, "run", script, "--fn", name])
            theirs, their_answer = cpu_ms([peer, name])
            ours -= tenon["nothing"][0]
            theirs -= cpp["nothing"][0]
            wrong = "" if our_answer == their_answer else f"  {our_answer} is not {their_answer}"
            print(f"{name:16}{ours:10.1f}{theirs:10.1f}{ours / max(theirs, 0.1):8.2f}{wrong}")


if __name__ == "__main__":
    main()
