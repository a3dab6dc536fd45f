"""Writes format_cases.tsv: what Python's format() and repr() answer, for format_test.cpp.

Run by hand when cases are added: python3 make_format_cases.py > format_cases.tsv
Columns: kind, value (an integer, the bits of a float, or a text), spec, expected.
"""
import itertools
import random
import struct

random.seed(1)


def emit(*columns):
    print(*columns, sep="\t")


def bits(value):
    return struct.unpack("<Q", struct.pack("<d", value))[0]


INTS = [0, 1, -1, 5, -42, 255, -256, 123456789, 2**63 - 1, -(2**63)]
FLOATS = [0.0, -0.0, 1.0, -1.0, 0.1, 0.5, 1.5, 2.5, 3.14159265358979, 99.995, 999999.5, 100.0, 1e5, 123456.789, 1e15,
          9999999999999998.0, 1e16, 123456789012345678.0, 1e22, 1e23, 1e100, 1.7976931348623157e308, 5e-324, 1e-4,
          1e-5, 0.00012345, 2.2250738585072014e-308, float("inf"), float("-inf"), float("nan"), 1 / 3, 2 / 3, 1e21]

ALIGNS = ["", "<", ">", "^", "=", "*<", "*>", "*^", "*=", "é^"]
SIGNS = ["", "+", " "]
WIDTHS = ["", "7", "08", "024"]

for align, sign, alt, width, kind in itertools.product(ALIGNS, SIGNS, ["", "#"], WIDTHS, ["", "d", "x", "X", "o", "b"]):
    spec = align + sign + alt + width + kind
    value = random.choice(INTS)
    emit("int", value, spec, format(value, spec))
for align, sign, alt, width, precision, kind in itertools.product(
        ALIGNS, SIGNS, ["", "#"], ["", "7", "024"], ["", ".0", ".1", ".3", ".17", ".40"], ["", "e", "f", "g"]):
    if random.random() < 0.6:
        continue
    spec = align + sign + alt + width + precision + kind
    value = random.choice(FLOATS)
    emit("float", bits(value), spec, format(value, spec))
for value, alt, precision, kind in itertools.product(FLOATS, ["", "#"], ["", ".0", ".1", ".2", ".6", ".16"], ["", "e", "f", "g"]):
    spec = alt + precision + kind
    emit("float", bits(value), spec, format(value, spec))
for value, align, width in itertools.product(["", "a", "abc", "héé", "日本語"], ["", "<", ">", "^", "*^", "é>"], ["", "1", "4", "9"]):
    spec = align + width
    emit("text", value, spec, format(value, spec))
values = list(FLOATS)
while len(values) < 600:
    value = struct.unpack("<d", struct.pack("<Q", random.getrandbits(64)))[0]
    values.append(value)
for _ in range(200):
    values.append(round(random.uniform(-1000, 1000), random.randrange(6)))
for value in values:
    if value == value:
        emit("repr", bits(value), "", repr(value))
