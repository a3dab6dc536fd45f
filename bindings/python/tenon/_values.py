"""Python values to the library's and back. A value converts completely or is refused with the path to
the part that does not fit; nothing decays.

| Tenon                | Python in                         | Python out            |
|----------------------|-----------------------------------|-----------------------|
| integers             | int (not bool), range checked     | int                   |
| f32, f64             | float, or int if exact            | float                 |
| bool, char, String   | bool, str of one character, str   | the same              |
| Bytes                | bytes-like                        | bytes                 |
| ()                   | None                              | None                  |
| List[T]              | list, tuple                       | list                  |
| Slice[T], T a number or bool | a C-contiguous buffer, in place; list, tuple | (a parameter only) |
| mut Slice[T]         | a writable buffer, in place       | (a parameter only)    |
| (A, B)               | tuple                             | tuple                 |
| T?                   | None or T                         | None or T             |
| record               | mapping, or object with the fields | a dataclass           |

An option of an option cannot be told apart in Python and is refused.
"""

from __future__ import annotations

import array
import ctypes
import dataclasses
import struct
from collections.abc import Mapping
from typing import Any

from . import _ffi
from ._buffers import CODES, Buffer, elements
from ._errors import RangeError, SignatureError, check
from ._library import call_text, lib

_INTEGERS = {
    _ffi.TN_TAG_I8: (-(2**7), 2**7 - 1), _ffi.TN_TAG_I16: (-(2**15), 2**15 - 1),
    _ffi.TN_TAG_I32: (-(2**31), 2**31 - 1), _ffi.TN_TAG_I64: (-(2**63), 2**63 - 1),
    _ffi.TN_TAG_U8: (0, 2**8 - 1), _ffi.TN_TAG_U16: (0, 2**16 - 1),
    _ffi.TN_TAG_U32: (0, 2**32 - 1), _ffi.TN_TAG_U64: (0, 2**64 - 1),
}
_FLOATS = (_ffi.TN_TAG_F32, _ffi.TN_TAG_F64)


class Type:
    """A type of a module as Python sees it: read once from the library, then plain data."""

    __slots__ = ("handle", "kind", "name", "children", "names", "_dataclass", "owner", "is_slice", "is_mut_slice")

    def __init__(self, handle: int, owner: Any):
        self.handle = handle
        self.owner = owner  # keeps the module alive, and the type with it
        self.kind = lib.tn_type_kind(handle)
        self.name = call_text(lib.tn_type_name, handle)
        count = lib.tn_type_child_count(handle)
        self.children = [Type(lib.tn_type_child(handle, i), owner) for i in range(count)]
        self.names = [call_text(lib.tn_type_child_name, handle, i) for i in range(count)]
        self._dataclass: type | None = None
        self.is_mut_slice = self.name.startswith("mut Slice[")
        self.is_slice = self.is_mut_slice or self.name.startswith("Slice[")

    def __repr__(self) -> str:
        return self.name

    def dataclass(self) -> type:
        """The class of values of this record type."""
        if self._dataclass is None:
            self._dataclass = dataclasses.make_dataclass(self.name, [(n, Any) for n in self.names])
        return self._dataclass


def _refuse(path: str, expected: str, got: Any) -> SignatureError:
    return SignatureError(f"{path}: expected {expected}, found {type(got).__name__}", "Type")


def to_value(instance: int, type_: Type, value: Any, path: str, out: _ffi.Value) -> None:
    """Fills `out`; the caller clears it. On an exception `out` holds nothing."""
    kind = type_.kind
    if kind in _INTEGERS:
        if isinstance(value, bool) or not isinstance(value, int):
            raise _refuse(path, type_.name, value)
        low, high = _INTEGERS[kind]
        if not low <= value <= high:
            raise RangeError(f"{path}: {value} does not fit {type_.name} ({low} to {high})", "Range")
        out.tag = kind
        if low < 0:
            out.as_.i = value
        else:
            out.as_.u = value
    elif kind in _FLOATS:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise _refuse(path, type_.name, value)
        try:
            number = float(value)
        except OverflowError:
            raise RangeError(f"{path}: {value} does not fit {type_.name}", "Range") from None
        if isinstance(value, int) and int(number) != value:
            raise RangeError(f"{path}: {value} is not exact as {type_.name}", "Range")
        if kind == _ffi.TN_TAG_F32 and isinstance(value, int) and struct.unpack("f", struct.pack("f", number))[0] != number:
            raise RangeError(f"{path}: {value} is not exact as {type_.name}", "Range")
        out.tag = kind
        out.as_.f = number
    elif kind == _ffi.TN_TAG_BOOL:
        if not isinstance(value, bool):
            raise _refuse(path, "bool", value)
        out.tag = kind
        out.as_.u = int(value)
    elif kind == _ffi.TN_TAG_CHAR:
        if not isinstance(value, str) or len(value) != 1 or 0xD800 <= ord(value) <= 0xDFFF:
            raise _refuse(path, "char, a str of one character", value)
        out.tag = kind
        out.as_.u = ord(value)
    elif kind == _ffi.TN_TAG_UNIT:
        if value is not None:
            raise _refuse(path, "None", value)
        out.tag = kind
    elif kind == _ffi.TN_TAG_STRING:
        if not isinstance(value, str):
            raise _refuse(path, "str", value)
        try:
            data = value.encode("utf-8")
        except UnicodeEncodeError as error:
            raise RangeError(f"{path}: the str has a lone surrogate at {error.start}", "Utf8") from None
        error = ctypes.c_void_p()
        check(lib.tn_string_new(instance, data, len(data), out, error), error)
    elif kind == _ffi.TN_TAG_BYTES:
        if not isinstance(value, (bytes, bytearray, memoryview)):
            raise _refuse(path, "bytes", value)
        data = bytes(value)
        error = ctypes.c_void_p()
        check(lib.tn_bytes_new(instance, data, len(data), out, error), error)
    elif kind == _ffi.TN_TAG_LIST:
        _list_to_value(instance, type_, value, path, out)
    elif kind in (_ffi.TN_TAG_TUPLE, _ffi.TN_TAG_RECORD):
        _fields_to_value(instance, type_, value, path, out)
    elif kind == _ffi.TN_TAG_OPTION:
        _option_to_value(instance, type_, value, path, out)
    else:
        raise SignatureError(f"{path}: a value of type {type_.name} cannot come from Python", "Type")


def _list_to_value(instance: int, type_: Type, value: Any, path: str, out: _ffi.Value) -> None:
    if not isinstance(value, (list, tuple)):
        raise _refuse(path, "list", value)
    error = ctypes.c_void_p()
    check(lib.tn_list_new(instance, type_.children[0].handle, len(value), out, error), error)
    try:
        if _append_numbers(type_.children[0].kind, value, out):
            return
        item = _ffi.Value()
        for i, element in enumerate(value):
            to_value(instance, type_.children[0], element, f"{path}[{i}]", item)
            try:
                check(lib.tn_list_push(out, item))
            finally:
                lib.tn_value_clear(item)
    except BaseException:
        lib.tn_value_clear(out)
        raise


def _append_numbers(kind: int, value: Any, out: _ffi.Value) -> bool:
    """All at once, when there is nothing to convert. False: nothing was done."""
    plain = int if kind in _INTEGERS else float if kind in _FLOATS else bool if kind == _ffi.TN_TAG_BOOL else None
    if plain is None or set(map(type, value)) != {plain}:
        return False
    try:
        data = array.array("B" if plain is bool else CODES[kind], value)
    except OverflowError:
        return False  # which of them, is found out one by one
    check(lib.tn_list_append(out, kind, data.buffer_info()[0], len(data)))
    return True


def slice_to_value(instance: int, type_: Type, value: Any, path: str, out: _ffi.Value) -> Buffer | None:
    """As to_value(); the caller releases the buffer after clearing `out`, which is in its memory."""
    element = type_.children[0]
    if isinstance(value, (list, tuple)):
        _list_to_value(instance, type_, value, path, out)
        return None
    buffer = Buffer(value, element.kind, element.name, path)
    error = ctypes.c_void_p()
    try:
        check(lib.tn_list_wrap(instance, element.kind, buffer.address, buffer.count, 0, None, _ffi.tn_finalizer(0), out,
                               error), error)
    except BaseException:
        buffer.release()
        raise
    return buffer


def _field_values(type_: Type, value: Any, path: str) -> list[Any]:
    if type_.kind == _ffi.TN_TAG_TUPLE:
        if not isinstance(value, tuple) or len(value) != len(type_.children):
            raise _refuse(path, f"tuple of {len(type_.children)}", value)
        return list(value)
    if isinstance(value, Mapping):
        unknown = [k for k in value if k not in type_.names]
        missing = [n for n in type_.names if n not in value]
        if unknown:
            raise SignatureError(f"{path}: {type_.name} has no field {unknown[0]!r}", "Type")
        if missing:
            raise SignatureError(f"{path}: the field {missing[0]!r} of {type_.name} is missing", "Type")
        return [value[n] for n in type_.names]
    for name in type_.names:
        if not hasattr(value, name):
            raise SignatureError(
                f"{path}: expected {type_.name}, found {type(value).__name__} without the field {name!r}", "Type")
    return [getattr(value, n) for n in type_.names]


def _fields_to_value(instance: int, type_: Type, value: Any, path: str, out: _ffi.Value) -> None:
    parts = _field_values(type_, value, path)
    fields = (_ffi.Value * max(len(parts), 1))()
    try:
        for i, part in enumerate(parts):
            name = type_.names[i]
            where = f"{path}.{name}"
            to_value(instance, type_.children[i], part, where, fields[i])
        error = ctypes.c_void_p()
        check(lib.tn_record_new(instance, type_.handle, fields, len(parts), out, error), error)
    finally:
        for field in fields:
            lib.tn_value_clear(field)


def _option_to_value(instance: int, type_: Type, value: Any, path: str, out: _ffi.Value) -> None:
    inner_type = type_.children[0]
    if inner_type.kind == _ffi.TN_TAG_OPTION:
        raise SignatureError(f"{path}: {type_.name} cannot be told apart in Python", "Type")
    error = ctypes.c_void_p()
    if value is None:
        check(lib.tn_option_new(instance, type_.handle, None, out, error), error)
        return
    inner = _ffi.Value()
    to_value(instance, inner_type, value, path, inner)
    try:
        check(lib.tn_option_new(instance, type_.handle, inner, out, error), error)
    finally:
        lib.tn_value_clear(inner)


def from_value(type_: Type, value: _ffi.Value) -> Any:
    """A Python value; `value` stays the caller's."""
    kind = type_.kind
    if kind in _INTEGERS:
        return value.as_.i if _INTEGERS[kind][0] < 0 else value.as_.u
    if kind in _FLOATS:
        return value.as_.f
    if kind == _ffi.TN_TAG_BOOL:
        return value.as_.u != 0
    if kind == _ffi.TN_TAG_CHAR:
        return chr(value.as_.u)
    if kind == _ffi.TN_TAG_UNIT:
        return None
    if kind in (_ffi.TN_TAG_STRING, _ffi.TN_TAG_BYTES):
        length = ctypes.c_size_t()
        read = lib.tn_string_data if kind == _ffi.TN_TAG_STRING else lib.tn_bytes_data
        data = ctypes.string_at(read(value, length), length.value)
        return data.decode("utf-8") if kind == _ffi.TN_TAG_STRING else data
    if kind == _ffi.TN_TAG_LIST:
        length = ctypes.c_size_t()
        if type_.children[0].kind in CODES:
            data = lib.tn_list_data(value, None, length)
            return elements(type_.children[0].kind, data, length.value)
        check(lib.tn_list_len(value, length))
        return [_part(lib.tn_list_get, type_.children[0], value, i) for i in range(length.value)]
    if kind == _ffi.TN_TAG_OPTION:
        some, inner = ctypes.c_int32(), _ffi.Value()
        check(lib.tn_option_get(value, some, inner))
        if not some.value:
            return None
        try:
            return from_value(type_.children[0], inner)
        finally:
            lib.tn_value_clear(inner)
    if kind in (_ffi.TN_TAG_TUPLE, _ffi.TN_TAG_RECORD):
        parts = [_part(lib.tn_record_get, t, value, i) for i, t in enumerate(type_.children)]
        return tuple(parts) if kind == _ffi.TN_TAG_TUPLE else type_.dataclass()(*parts)
    raise SignatureError(f"a value of type {type_.name} cannot go to Python", "Type")


def _part(get, type_: Type, value: _ffi.Value, i: int) -> Any:
    item = _ffi.Value()
    check(get(value, i, item))
    try:
        return from_value(type_, item)
    finally:
        lib.tn_value_clear(item)
