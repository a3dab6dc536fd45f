"""The package against the built library (TENON_LIBRARY, or build/release)."""

import gc
import math
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import tenon

ROOT = Path(__file__).resolve().parents[1]


def test_raw_layer_is_fresh():
    assert subprocess.run([sys.executable, str(ROOT / "gen_ffi.py"), "--check"]).returncode == 0


def test_library_is_named_when_it_cannot_be_loaded():
    code = "import tenon"
    env = dict(os.environ, TENON_LIBRARY="/nowhere/libtenon.so", PYTHONPATH=str(ROOT))
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert done.returncode != 0
    assert "/nowhere/libtenon.so" in done.stderr


def test_scalars_round_trip():
    m = tenon.compile("""
        fn add(a: i64, b: i64) -> i64 { a + b }
        fn half(x: f64) -> f64 { x / 2.0 }
        fn not(b: bool) -> bool { !b }
        fn narrow(x: u8) -> u8 { x }
        fn wide(x: u64) -> u64 { x }
        fn small(x: i8) -> i8 { x }
        fn single(x: f32) -> f32 { x }
        fn next(c: char) -> char { (c as u8 + 1u8) as char }
        fn nothing() { }
    """)
    assert m.add(2, 3) == 5
    assert m.add(-(2**63), 0) == -(2**63)
    assert m.half(3.0) == 1.5
    assert m.half(3) == 1.5
    assert math.isnan(m.half(math.nan))
    assert m.half(-math.inf) == -math.inf
    assert m.__getattr__("not")(True) is False
    assert m.narrow(255) == 255
    assert m.wide(2**64 - 1) == 2**64 - 1
    assert m.small(-128) == -128
    assert m.single(0.5) == 0.5
    assert m.next("a") == "b"
    assert m.nothing() is None


def test_strings_round_trip():
    m = tenon.compile('fn greet(name: String) -> String { "hello " + name }  fn len(s: String) -> i64 { s.len() }')
    assert m.greet("world") == "hello world"
    assert m.greet("é\0😀") == "hello é\0😀"
    assert m.len("é😀") == 6
    assert m.greet("") == "hello "
    with pytest.raises(tenon.RangeError, match="surrogate"):
        m.greet("\ud800")


def test_collections_records_and_options():
    m = tenon.compile("""
        record Point { x: f64, y: f64 }
        fn total(xs: List[i64]) -> i64 { let s = 0; for x in xs { s += x; } s }
        fn double(xs: List[i64]) -> List[i64] { let ys = []; for x in xs { ys.push(x * 2); } ys }
        fn swap(p: (i64, String)) -> (String, i64) { (p.1, p.0) }
        fn mirror(p: Point) -> Point { Point { x: p.y, y: p.x } }
        fn first(xs: List[String]) -> String? { xs.get(0) }
        fn or_zero(n: i64?) -> i64 { n.unwrap_or(0) }
    """)
    assert m.total([1, 2, 3]) == 6
    assert m.double([1, -2]) == [2, -4]
    assert m.swap((1, "a")) == ("a", 1)
    p = m.mirror({"x": 1.0, "y": 2.0})
    assert (p.x, p.y) == (2.0, 1.0)
    assert m.mirror(p).x == 1.0
    assert m.first([]) is None
    assert m.first(["a", "b"]) == "a"
    assert m.or_zero(None) == 0 and m.or_zero(7) == 7
    with pytest.raises(tenon.SignatureError, match=r"argument 1 \(xs\)\[1\]: expected i64, found str"):
        m.total([1, "x"])
    with pytest.raises(tenon.SignatureError, match="missing"):
        m.mirror({"x": 1.0})


@pytest.mark.parametrize("value", [256, -1, 2**70])
def test_integers_are_range_checked(value):
    m = tenon.compile("fn f(x: u8) -> u8 { x }")
    with pytest.raises(tenon.RangeError, match="u8"):
        m.f(value)


@pytest.mark.parametrize("value", [1.5, "1", None, True, [1]])
def test_wrong_types_are_refused(value):
    m = tenon.compile("fn f(x: i64) -> i64 { x }")
    with pytest.raises(TypeError, match="argument 1"):
        m.f(value)


def test_wrong_number_of_arguments():
    m = tenon.compile("fn f(a: i64, b: i64) -> i64 { a + b }")
    with pytest.raises(TypeError, match="takes 2 arguments"):
        m.f(1)


def test_compile_error_lists_every_diagnostic():
    with pytest.raises(tenon.CompileError) as caught:
        tenon.compile('fn f() -> i64 { "x" }\nfn g() { nope(); }\n', "rules.tn")
    diagnostics = caught.value.diagnostics
    assert [d.line for d in diagnostics] == [1, 2]
    assert diagnostics[0].code == "TypeMismatch"
    assert diagnostics[0].file == "rules.tn"
    assert "rules.tn:1:" in str(caught.value)


def test_unknown_function():
    m = tenon.compile("fn f() { }")
    with pytest.raises(AttributeError, match="g"):
        m.g()


def test_traps_have_kind_and_frames():
    m = tenon.compile("fn inner(a: i64) -> i64 { 1 / a }\nfn outer() -> i64 { inner(0) + 1 }\n", "t.tn")
    with pytest.raises(tenon.Trap) as caught:
        m.outer()
    assert caught.value.kind == "DivisionByZero"
    assert [(f.function, f.line) for f in caught.value.frames] == [("inner", 1), ("outer", 2)]
    with pytest.raises(tenon.Trap):
        m.outer()


def test_limits():
    m = tenon.compile("""
        fn spin() { loop { } }
        fn deep(n: i64) -> i64 { deep(n + 1) + 1 }
        fn bomb() -> String { let s = "x"; loop { s = s + s; } s }
    """)
    with m.instance(fuel=10_000) as i:
        with pytest.raises(tenon.LimitError) as caught:
            i.spin()
        assert caught.value.kind == "OutOfFuel"
    with m.instance(memory=1 << 20) as i:
        with pytest.raises(tenon.LimitError) as caught:
            i.bomb()
        assert caught.value.kind == "MemoryLimit"
        with pytest.raises(tenon.LimitError) as caught:
            i.deep(0)
        assert caught.value.kind == "StackOverflow"
    with m.instance(timeout=0.05) as i:
        with pytest.raises(tenon.TimeoutError):
            i.spin()


def test_interrupt_from_another_thread():
    m = tenon.compile("fn spin() { loop { } }  fn one() -> i64 { 1 }")
    with m.instance() as i:
        timer = threading.Timer(0.1, i.interrupt)
        timer.start()
        with pytest.raises(tenon.Cancelled):
            i.spin()
        timer.join()
        assert i.one() == 1


def test_second_thread_is_busy():
    m = tenon.compile("fn spin() { loop { } }")
    with m.instance() as i:
        seen = []

        def second():
            time.sleep(0.1)
            try:
                i.spin()
            except tenon.Error as error:
                seen.append(error)
            i.interrupt()

        thread = threading.Thread(target=second)
        thread.start()
        with pytest.raises(tenon.Cancelled):
            i.spin()
        thread.join()
        assert isinstance(seen[0], tenon.BusyError)


def test_host_functions_and_their_exceptions():
    rt = tenon.Runtime()
    calls = []

    def lookup(name, n):
        calls.append((name, n))
        if n < 0:
            raise KeyError(name)
        return name * n

    rt.register("net.lookup", "fn(String, i64) -> String", lookup)
    m = rt.compile("fn go(n: i64) -> String { net.lookup(\"ab\", n) }")
    assert m.go(2) == "abab"
    with pytest.raises(KeyError) as caught:
        m.go(-1)
    assert isinstance(caught.value.__cause__, tenon.HostError)
    assert m.go(1) == "ab"
    assert calls == [("ab", 2), ("ab", -1), ("ab", 1)]


def test_output_callback():
    m = tenon.compile('fn hello(n: i64) { print(f"n = {n}"); }')
    lines = []
    with m.instance(output=lines.append) as i:
        i.hello(1)
        i.hello(2)
    assert "".join(lines) == "n = 1\nn = 2\n"


def test_mut_parameters_come_back():
    m = tenon.compile("fn push(mut xs: List[i64], x: i64) -> i64 { xs.push(x); xs.len() }")
    assert m.push([1], 2) == (2, [1, 2])


def test_ctrl_c_stops_a_script():
    # A process in the background may have inherited that it ignores the signal.
    code = ("import signal, tenon; signal.signal(signal.SIGINT, signal.default_int_handler); "
            "m = tenon.compile('fn spin() { loop { } }'); print('ready', flush=True); m.spin()")
    process = subprocess.Popen([sys.executable, "-c", code], env=dict(os.environ, PYTHONPATH=str(ROOT)),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    try:
        _, stderr = process.communicate(timeout=30)
    finally:
        process.kill()
    assert "KeyboardInterrupt" in stderr


def test_closing_in_any_order():
    m = tenon.compile("fn f() -> i64 { 1 }")
    i = m.instance()
    f = i.f
    assert f() == 1
    i.close()
    i.close()
    with pytest.raises(tenon.ClosedError):
        f()


def test_nothing_is_left_alive():
    gc.collect()
    before = tenon.live_handles()
    for _ in range(20):
        m = tenon.compile("fn f(xs: List[String]) -> List[String] { xs }  fn t(n: i64) -> i64 { 1 / n }")
        with m.instance() as i:
            i.f(["a", "b"])
            with pytest.raises(tenon.Trap):
                i.t(0)
        del m, i
    gc.collect()
    assert tenon.live_handles() == before
