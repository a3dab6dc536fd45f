"""Slices, columns and lists of numbers: the caller's memory where that is said, equal values everywhere."""

import array
import gc
import math

import pytest

import tenon

SOURCE = """
fn total(xs: Slice[f64]) -> f64 { let s = 0.0; for i in 0..xs.len() { s += xs[i]; } s }
fn scale(xs: mut Slice[f64], k: f64) { for i in 0..xs.len() { xs[i] = xs[i] * k; } }
fn add(xs: mut Slice[i32], ys: Slice[i32], note: String) -> i64 { for i in 0..xs.len() { xs[i] = xs[i] + ys[i]; } note.len() }
fn doubled(xs: Slice[i64]) -> List[i64] { let ys = []; for i in 0..xs.len() { ys.push(xs[i] * 2); } ys }
fn count(xs: Slice[u8]) -> i64 { xs.len() }
fn all(xs: Slice[bool]) -> bool { for i in 0..xs.len() { if !xs[i] { return false; } } true }
fn halves(xs: mut Slice[f64], ys: List[f64]) -> f64 { xs[0] + ys[0] }
fn fails(xs: mut Slice[i64]) { xs[0] = 7; xs[9] = 1; }
fn same_i8(xs: List[i8]) -> List[i8] { xs }
fn same_u64(xs: List[u64]) -> List[u64] { xs }
fn same_f32(xs: List[f32]) -> List[f32] { xs }
fn same_f64(xs: List[f64]) -> List[f64] { xs }
fn same_bool(xs: List[bool]) -> List[bool] { xs }
fn same_char(xs: List[char]) -> List[char] { xs }
fn mul(a: i64, b: i64) -> i64 { a * b }
fn over(a: f64) -> bool { a > 1.0 }
fn nothing(a: f64) {}
fn text(s: String) -> i64 { s.len() }
"""


@pytest.fixture
def m():
    return tenon.compile(SOURCE)


def test_slices_are_the_callers_memory(m):
    xs = array.array("d", [1.0, 2.5, -0.5])
    assert m.total(xs) == 3.0
    assert m.total(memoryview(xs)) == 3.0
    assert m.total([1.0, 2]) == 3.0 and m.total(()) == 0.0 and m.total(array.array("d")) == 0.0
    assert m.scale(xs, 2.0) is None
    assert list(xs) == [2.0, 5.0, -1.0]
    assert m.doubled(array.array("l", [1, 2])) == [2, 4]
    assert m.count(b"abc") == 3 and m.count(bytearray(4)) == 4 and m.count(memoryview(b"abc")[1:]) == 2
    assert m.all(memoryview(b"\1\1").cast("?")) is True and m.all([True, False]) is False
    ys = array.array("i", [1, 2])
    assert m.add(ys, array.array("i", [10, 20]), "é") == 2
    assert m.add(ys, [1, 1], "") == 0
    assert list(ys) == [12, 23]
    xs.append(1.0)  # nothing holds it any more


@pytest.mark.parametrize("name, args, text", [
    ("total", (1.5,), r"argument 1 \(xs\): expected a C-contiguous buffer of f64, found float"),
    ("total", (array.array("f", [1.0]),), "found array of 'f'"),
    ("total", (b"12345678",), "found bytes of 'B'"),
    ("total", (memoryview(array.array("d", [1.0, 2.0, 3.0]))[::2],), "found memoryview"),
    ("total", (["x"],), r"argument 1 \(xs\)\[0\]: expected f64, found str"),
    ("scale", (b"12345678", 1.0), "expected a writable C-contiguous buffer of f64, found bytes"),
    ("scale", ([1.0], 1.0), "expected a writable C-contiguous buffer"),
    ("scale", (array.array("d", [1.0]), "x"), r"argument 2 \(k\): expected f64, found str"),
    ("doubled", (array.array("Q", [1]),), "found array of 'Q'"),
    ("all", (b"\1",), "found bytes of 'B'"),
    ("all", (memoryview(b"\2").cast("?"),), "range"),
    ("halves", (array.array("d", [1.0]), [1.0]), "signature|types"),
])
def test_what_is_no_slice(m, name, args, text):
    with pytest.raises((tenon.SignatureError, tenon.RangeError), match=text):
        getattr(m, name)(*args)
    if isinstance(args[0], array.array):
        args[0].append(args[0][0])  # it was given back


def test_a_script_that_fails_leaves_what_it_wrote(m):
    xs = array.array("q", [1, 2])
    with pytest.raises(tenon.Trap) as caught:
        m.fails(xs)
    assert caught.value.kind == "IndexOutOfBounds" and list(xs) == [7, 2]
    xs.append(1)


@pytest.mark.parametrize("name, values", [
    ("same_i8", []), ("same_i8", [-128, 127]), ("same_u64", [0, 2**64 - 1]), ("same_f32", [0.5, -math.inf, 0.1, 1e300]),
    ("same_f64", [0.1, -0.0, math.inf]), ("same_f64", [1, 2.5]), ("same_bool", [True, False]), ("same_char", ["a", "😀"])])
def test_lists_of_numbers(m, name, values):
    function = getattr(m, name)
    found = function(values)
    assert [repr(function([v])[0]) for v in values] == [repr(v) for v in found] == [repr(v) for v in function(tuple(values))]
    if name != "same_f32":
        assert found == values


@pytest.mark.parametrize("name, values, text", [
    ("same_i8", [1, 128], r"\[1\]: 128 does not fit i8"), ("same_i8", [1, True], r"\[1\]: expected i8, found bool"),
    ("same_u64", [-1], r"\[0\]: -1 does not fit u64"), ("same_f64", [1.0, "x"], r"\[1\]: expected f64, found str"),
    ("same_f64", [1.0, 2**53 + 1], "not exact"), ("same_bool", [True, 1], r"\[1\]: expected bool, found int")])
def test_lists_that_do_not_fit(m, name, values, text):
    with pytest.raises((tenon.SignatureError, tenon.RangeError), match=text):
        getattr(m, name)(values)


def test_batches(m):
    a, b = array.array("q", [1, 2, 3]), array.array("q", [4, 5, 6])
    assert m.mul.batch(a, b).tolist() == [4, 10, 18]
    assert m.mul.batch(a, 10).tolist() == [10, 20, 30]
    out = array.array("q", [0, 0, 0])
    assert m.mul.batch(a, b, out=out) is out and list(out) == [4, 10, 18]
    assert m.over.batch(array.array("d", [0.5, 1.5])).tolist() == [False, True]
    assert m.nothing.batch(array.array("d", [0.5])) is None
    assert m.mul.batch(array.array("q"), 1).tolist() == []
    with pytest.raises(tenon.Trap) as caught:
        m.mul.batch(array.array("q", [2, 2**62, 3]), array.array("q", [3, 4, 5]), out=out)
    assert caught.value.kind == "IntegerOverflow" and out[0] == 6
    a.append(1)
    out.append(1)


@pytest.mark.parametrize("name, args, out, text", [
    ("mul", (1, 2), None, "one argument at least"), ("mul", (array.array("q", [1]),), None, "takes 2 arguments"),
    ("mul", (array.array("q", [1]), array.array("q", [1, 2])), None, "expected 1 rows, found 2"),
    ("mul", (array.array("q", [1]), 1.5), None, "expected i64, found float"),
    ("mul", (array.array("d", [1]), 1), None, "found array of 'd'"),
    ("mul", (array.array("q", [1]), 1), array.array("q"), "out: expected 1 rows, found 0"),
    ("mul", (array.array("q", [1]), 1), b"12345678", "out: expected a writable"),
    ("text", ("x",), None, "String is no type of a column")])
def test_what_is_no_batch(m, name, args, out, text):
    with pytest.raises(tenon.SignatureError, match=text):
        getattr(m, name).batch(*args, out=out)


def test_nothing_is_left_of_buffers():
    gc.collect()
    before = tenon.live_handles()
    m, xs = tenon.compile(SOURCE), array.array("d", [1.0] * 100)
    for _ in range(50):
        m.total(xs), m.scale(xs, 1.0), m.over.batch(xs), m.total([1.0]), m.same_f64([1.0])
        for bad in ("x", b"1"):
            with pytest.raises(tenon.SignatureError):
                m.total(bad)
    del m
    gc.collect()
    assert tenon.live_handles() == before


def test_numpy(m):
    np = pytest.importorskip("numpy")
    a = np.arange(6.0).reshape(2, 3)
    assert m.total(a) == 15.0 and m.total(a[1]) == 12.0
    m.scale(a, 2.0)
    assert a[1, 2] == 10.0
    column = np.array([1, 2, 3])
    assert (np.asarray(m.mul.batch(column, column)) == column * column).all()
    assert m.total(np.float64([])) == 0.0 and m.doubled(np.int64([4])) == [8] and m.all(np.ones(3, bool)) is True
    for other in (a.T, a[:, ::2], a.astype("f4"), a.astype(">f8"), a.astype(complex), np.float64(1.0)):
        with pytest.raises(tenon.SignatureError, match="C-contiguous buffer of f64"):
            m.total(other)
    a.flags.writeable = False
    assert m.total(a) == 30.0
    with pytest.raises(tenon.SignatureError, match="writable"):
        m.scale(a, 2.0)
