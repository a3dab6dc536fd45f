"""Calls by the library's own code against calls through ctypes: the same results, errors and lifetimes."""

import copy
import enum
import gc
import inspect
import math
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import tenon

ROOT = Path(__file__).resolve().parents[1]
EMULATED = "TENON_PYTHON" in os.environ

SOURCE = """
record P { x: i64 }
fn i8_(n: i8) -> i8 { n }
fn i16_(n: i16) -> i16 { n }
fn i32_(n: i32) -> i32 { n }
fn i64_(n: i64) -> i64 { n }
fn u8_(n: u8) -> u8 { n }
fn u16_(n: u16) -> u16 { n }
fn u32_(n: u32) -> u32 { n }
fn u64_(n: u64) -> u64 { n }
fn f32_(n: f32) -> f32 { n }
fn f64_(n: f64) -> f64 { n }
fn bool_(n: bool) -> bool { n }
fn char_(n: char) -> char { n }
fn String_(n: String) -> String { n }
fn Bytes_(n: Bytes) -> Bytes { n }
fn list_(n: List[i64]) -> List[i64] { n }
fn option_(n: i64?) -> i64? { n }
fn record_(n: P) -> i64 { n.x }
fn unit_(n: ()) -> () { n }
fn nothing() {}
fn three(a: i64, b: f64, c: String) -> f64 { a as f64 + b + c.len() as f64 }
fn many(a: i64, b: i64, c: i64, d: i64, e: i64, f: i64, g: i64, h: i64, i: i64, j: i64, k: i64, l: i64,
        m: i64, n: i64, o: i64, p: i64, q: i64) -> i64 { a + q }
fn changed(mut xs: List[i64]) -> i64 { xs.push(1); xs.len() }
fn fault(n: i64) -> i64 { 1 / n }
fn deep(n: i64) -> i64 { fault(n) + 1 }
"""


class Color(enum.IntEnum):
    RED = 1


class Text(str):
    pass


class Real(float):
    pass


WIDTHS = [8, 16, 32, 64]
NUMBERS = sorted({sign * (2**bits) + by for bits in [0, 7, 8, 15, 16, 24, 31, 32, 53, 63, 64, 70, 1100]
                  for sign in (1, -1) for by in (-1, 0, 1)})
VALUES = NUMBERS + [
    0.5, -0.0, 1e300, 1e-320, 16777217.0, math.inf, -math.inf, math.nan, Real(2.5), True, False, None, Color.RED, "", "a",
    "é", "😀", "\0", "ab", "a" * 5000, "\ud800", "a\udfff", Text("x"), b"", b"a\0b", bytearray(b"x"), memoryview(b"xy"), [],
    [1, 2], (1,), (), {}, {"x": 3}, object, 1j]


def outcome(function, args):
    try:
        found = function(*args)
        return type(found), repr(found)
    except Exception as error:
        frames = getattr(error, "frames", None)
        return type(error), str(error), getattr(error, "kind", None), getattr(error, "rendered", None), frames


def both(module, name):
    """The function as Python calls it here, and as ctypes would."""
    function = getattr(module, name)
    return function, lambda *args: tenon.Function.__call__(function, *args)


@pytest.fixture(scope="module")
def source_module():
    return tenon.compile(SOURCE, "calls.tn")


@pytest.mark.parametrize("name", [line.split("(")[0][3:] for line in SOURCE.splitlines() if "_(" in line])
def test_every_value_for_every_type(name, way):
    function, plain = both(tenon.compile(SOURCE, "calls.tn"), name)
    for value in VALUES:
        assert outcome(function, (value,)) == outcome(plain, (value,)), value


@pytest.mark.parametrize("name, args", [
    ("three", (1, 2, "abc")), ("three", (1, 2.5, "abc")), ("three", (1, 2.5)), ("three", ()), ("three", (1, 2, "3", 4)),
    ("three", (1, "2", "3")), ("three", (1, 2, "\ud800")), ("three", (2**63, "x", 1)), ("nothing", ()), ("nothing", (1,)),
    ("many", tuple(range(17))), ("changed", ([1, 2],)), ("fault", (0,)), ("fault", (1,)), ("deep", (0,))])
def test_calls_of_all_kinds(name, args):
    function, plain = both(tenon.compile(SOURCE, "calls.tn"), name)
    assert outcome(function, args) == outcome(plain, args)


def test_keywords_are_refused():
    m = tenon.compile(SOURCE)
    for call in (lambda: m.fault(n=1), lambda: m.fault(1, n=1), lambda: m.three(1, 2, c="x")):
        with pytest.raises(TypeError, match="unexpected keyword argument"):
            call()
    assert m.fault(*[1], **{}) == 1


def test_which_way_is_taken(way):
    f = tenon.compile(SOURCE).fault
    assert isinstance(f, tenon.Function)
    assert (type(f) is tenon.Function) == (way == "ctypes")


def test_functions_describe_themselves():
    f = tenon.compile("/// Adds.\nfn add(a: i64, b: f64) -> f64 { a as f64 + b }").add
    assert (f.__name__, f.__doc__, f.param_names) == ("add", "Adds.", ["a", "b"])
    assert f.signature == "fn(i64, f64) -> f64"
    assert str(inspect.signature(f)) == "(a: 'i64', b: 'f64', /) -> 'f64'"
    assert repr(f) == "<tenon function add(i64, f64) -> f64>"


def test_functions_are_found_once():
    m = tenon.compile("fn f() -> i64 { 1 }  fn close() -> i64 { 2 }")
    assert m.f is m.f
    with m.instance() as i:
        assert i.f is i.f and i.f is not m.f
        i.close()
        with pytest.raises(tenon.ClosedError):
            i.f()
    assert m.f() == 1


def test_closed_things():
    m = tenon.compile("fn f(n: i64) -> i64 { n }  fn g(n: i64) -> i64 { n }")
    i = m.instance()
    f, g = i.f, i.g
    f.close()
    f.close()
    with pytest.raises(tenon.ClosedError, match="this .*Function is closed"):
        f(1)
    assert g(1) == 1
    i.close()
    with pytest.raises(tenon.ClosedError, match="this Instance is closed"):
        g(1)
    f = m.f
    m.close()
    assert f(3) == 3


def test_modules_travel_as_their_source(tmp_path):
    path = tmp_path / "m.tn"
    path.write_text("fn f(n: i64) -> i64 { n + 1 }")
    for m in (tenon.compile("fn f(n: i64) -> i64 { n + 1 }", "x.tn", 0), tenon.compile_path(path)):
        assert m.f(1) == 2
        again = pickle.loads(pickle.dumps(m))
        assert again is not m and again.f(1) == 2


def test_pickling_and_copying_are_refused():
    m = tenon.compile("fn f(n: i64) -> i64 { n }")
    for thing in (m.f, m.instance(), tenon.Runtime(), tenon.Runtime().compile("")):
        for refused in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match="cannot be pickled or copied"):
                refused(thing)
    assert m.f(1) == 1


def test_functions_keep_what_they_need():
    gc.collect()
    before = tenon.live_handles()
    f = tenon.compile("fn f(n: i64) -> i64 { n }").f
    gc.collect()
    assert f(7) == 7
    del f
    gc.collect()
    assert tenon.live_handles() == before


def test_host_exceptions_pass_through():
    rt = tenon.Runtime()
    raised = KeyError("x")

    def lookup(n):
        if n == 0:
            raise raised
        return m.outer(n - 1) + 1 if n < 5 else n

    rt.register("lookup", "fn(i64) -> i64", lookup)
    m = rt.compile("fn outer(n: i64) -> i64 { lookup(n) }  fn fault(n: i64) -> i64 { 1 / n }")
    for n in (0, 3):
        with pytest.raises(KeyError) as caught:
            m.outer(n)
        assert caught.value is raised
    assert m.outer(9) == 9
    with pytest.raises(tenon.Trap) as trap:  # nothing of it is left over
        m.fault(0)
    assert trap.value.__cause__ is None


def test_exceptions_while_an_instance_is_made():
    rt = tenon.Runtime()

    def fails():
        raise LookupError("no")

    rt.register("fails", "fn() -> i64", fails)
    m = rt.compile("var x: i64 = fails();  fn f(n: i64) -> i64 { 1 / n }")
    with pytest.raises(LookupError):
        m.instance()


def test_limits_hold_from_call_to_call():
    m = tenon.compile("fn one(n: i64) -> i64 { n + 1 }  fn spin() { loop { } }")
    with m.instance(fuel=100) as i:
        with pytest.raises(tenon.LimitError):
            for n in range(1000):
                i.one(n)
    with m.instance(timeout=0.05) as i:
        for n in range(1000):
            assert i.one(n) == n + 1
        with pytest.raises(tenon.TimeoutError):
            i.spin()
        assert i.one(1) == 2


def test_others_run_while_a_script_does():
    m = tenon.compile("fn sum(n: i64) -> i64 { let s = 0; for i in 0..n { s = s +% (s ^ i); } s }")
    m.sum(1)
    turns, done = 0, threading.Event()

    def work():
        m.sum(300_000_000 if not EMULATED else 3_000_000)
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    while not done.is_set():
        turns += 1
    thread.join()
    assert turns > 1000


def test_threads_with_instances_of_their_own():
    m = tenon.compile("fn add(a: i64, b: i64) -> i64 { a + b }  fn turn(s: String) -> i64 { let n = 0; for c in s.chars() { n += 1; } n }")
    wrong = []

    def work(k):
        with m.instance() as i:
            for n in range(3000):
                if i.add(n, k) != n + k or i.turn("abc") != 3:
                    wrong.append((k, n))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


def rss():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_nothing_leaks(way):
    m = tenon.compile(SOURCE)
    big, text, data, real = 2**40 + 1, "text" * 10, b"data" * 10, 1.25

    def calls(n):
        for _ in range(n):
            m.i64_(big), m.u64_(2**64 - 2), m.f64_(real), m.bool_(True), m.String_(text), m.Bytes_(data), m.char_("x")
            m.nothing()
            for f, bad in ((m.i64_, text), (m.u8_, big), (m.String_, "\ud800"), (m.fault, 0)):
                try:
                    f(bad)
                except tenon.Error:
                    pass

    def counts():
        return [sys.getrefcount(x) for x in (big, text, data, real, None, True, False)]

    rounds = 40000 if way == "trampoline" and not EMULATED else 1000
    calls(rounds // 10)
    gc.collect()
    before, memory, handles = counts(), rss(), tenon.live_handles()
    calls(rounds)
    gc.collect()
    assert all(abs(a - b) < 50 for a, b in zip(before, counts()))
    assert tenon.live_handles() == handles
    assert rss() - memory < 4 << 20


def test_a_million_calls(way):
    m = tenon.compile("fn add(a: i64, b: i64) -> i64 { a + b }")
    add, total = m.add, 0
    for _ in range(1000):
        total = add(total, 1)
    memory = rss()
    for _ in range(1_000_000 if way == "trampoline" and not EMULATED else 20_000):
        total = add(total, 1)
    assert total in (1_001_000, 21_000)
    assert rss() - memory < 1 << 20


def run(code, **env):
    return subprocess.run([sys.executable, "-c", code], env=dict(os.environ, PYTHONPATH=str(ROOT), **env),
                          capture_output=True, text=True, timeout=120)


def test_the_end_of_the_process():
    done = run("""
import atexit, tenon
m = tenon.compile("fn add(a: i64, b: i64) -> i64 { a + b }  fn s(t: String) -> String { t }")
add = m.add
class Late:
    def __init__(self): self.add, self.s = m.add, m.s
    def __del__(self):
        for f, args in ((self.add, (1, 2)), (self.add, ("x",)), (self.s, ("t",))):
            try: f(*args)
            except BaseException: pass
late = Late()
late.me = late
atexit.register(lambda: print(add(1, 2)))
""")
    assert (done.returncode, done.stdout) == (0, "3\n"), done.stderr


CTRL_C = """
import signal, sys, tenon, time
signal.signal(signal.SIGINT, signal.default_int_handler)
m = tenon.compile("fn spin() -> i64 { let n = 0; loop { n = n +% 1; } n }  fn one(n: i64) -> i64 { n }")
for n in range(1000): m.one(n)
if len(sys.argv) > 1: time.sleep(float(sys.argv[1]))
print("ready", flush=True)
try:
    m.spin()
except KeyboardInterrupt as raised:
    print(time.time(), type(raised.__cause__).__name__, flush=True)
assert m.one(4) == 4
"""


@pytest.mark.parametrize("idle", ["0", "0.5"])
def test_ctrl_c_comes_soon(idle):
    """Also after the instance was idle for so long that nobody asks for signals any more."""
    process = subprocess.Popen([sys.executable, "-c", CTRL_C, idle], env=dict(os.environ, PYTHONPATH=str(ROOT)),
                               stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.35)
        sent = time.time()
        process.send_signal(signal.SIGINT)
        when, cause = process.communicate(timeout=30)[0].split()
    finally:
        process.kill()
    assert process.returncode == 0 and cause == "Cancelled"
    assert float(when) - sent < (0.3 if not EMULATED else 3)


LOOPING = """
import os, signal, tenon, threading, time
signal.signal(signal.SIGINT, signal.default_int_handler)
m = tenon.compile("fn one(n: i64) -> i64 { n }")
one = m.one
threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
def calls():  # for CPython 3.11 a loop's jump back is outside of the `try` around it
    while True: one(1)
try:
    calls()
except KeyboardInterrupt:
    print("stopped")
"""


def test_ctrl_c_between_short_calls():
    done = run(LOOPING)
    assert (done.returncode, done.stdout) == (0, "stopped\n"), done.stderr


BROKEN = """
import ctypes
real = ctypes.c_char.in_dll
class Fake(ctypes.c_char):
    @classmethod
    def in_dll(cls, library, name):
        {body}
        return real(library, name)
ctypes.c_char = Fake
import tenon
m = tenon.compile("fn f(n: u64) -> u64 {{ n }}")
print(tenon._api._function_type is tenon.Function, m.f(2**64 - 1))
"""


@pytest.mark.parametrize("body", [
    "if name == 'PyLong_FromVoidPtr': raise ValueError('no such symbol')",
    "if name == 'PyLong_FromUnsignedLongLong': name = 'PyLong_FromLongLong'",
    "if name == '_Py_TrueStruct': name = '_Py_FalseStruct'",
])
def test_what_fails_its_test_is_not_used(body):
    done = run(BROKEN.format(body=body))
    assert (done.returncode, done.stdout) == (0, f"True {2**64 - 1}\n"), done.stderr


def test_the_environment_decides(way):
    done = run("import tenon; print(tenon._api._function_type is tenon.Function)")
    assert done.stdout == ("False\n" if way == "trampoline" else "True\n"), done.stderr
