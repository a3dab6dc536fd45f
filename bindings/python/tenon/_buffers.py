"""Memory of the host's own: C-contiguous buffers (array, bytes, memoryview, NumPy, Arrow, ...) as Slices and columns."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

from . import _ffi
from ._errors import SignatureError

# The struct module's code of each scalar that has one, and how many bytes it takes.
CODES = {
    _ffi.TN_TAG_BOOL: "?", _ffi.TN_TAG_I8: "b", _ffi.TN_TAG_I16: "h", _ffi.TN_TAG_I32: "i", _ffi.TN_TAG_I64: "q",
    _ffi.TN_TAG_U8: "B", _ffi.TN_TAG_U16: "H", _ffi.TN_TAG_U32: "I", _ffi.TN_TAG_U64: "Q", _ffi.TN_TAG_F32: "f",
    _ffi.TN_TAG_F64: "d",
}
_CLASSES = {"?": "?", **dict.fromkeys("bhilqn", "i"), **dict.fromkeys("BHILQNc", "u"), **dict.fromkeys("fd", "f")}
_BYTE_ORDERS = "@=" + ("<" if sys.byteorder == "little" else ">")
_WRITABLE, _C_CONTIGUOUS, _FORMAT = 0x1, 0x38, 0x4


class Column(ctypes.Structure):
    _fields_ = [("tag", ctypes.c_uint32), ("flags", ctypes.c_uint32), ("data", ctypes.c_void_p),
                ("stride", ctypes.c_ssize_t)]


class _View(ctypes.Structure):  # Py_buffer
    _fields_ = [("buf", ctypes.c_void_p), ("obj", ctypes.c_void_p), ("len", ctypes.c_ssize_t),
                ("itemsize", ctypes.c_ssize_t), ("readonly", ctypes.c_int), ("ndim", ctypes.c_int),
                ("format", ctypes.c_char_p), ("shape", ctypes.c_void_p), ("strides", ctypes.c_void_p),
                ("suboffsets", ctypes.c_void_p), ("internal", ctypes.c_void_p)]


class Buffer:
    """The memory of an exporter, which cannot move or shrink until release()."""

    def __init__(self, exporter: Any, tag: int, name: str, path: str, writable: bool = False):
        self._view: _View | None = None
        view = _View()
        flags = _C_CONTIGUOUS | _FORMAT | (_WRITABLE if writable else 0)
        wanted = f"{path}: expected a {'writable ' if writable else ''}C-contiguous buffer of {name}"
        try:
            ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(exporter), ctypes.byref(view), flags)
        except (TypeError, BufferError, ValueError) as error:
            raise SignatureError(f"{wanted}, found {type(exporter).__name__} ({error})", "Type") from None
        self._view = view
        self.address, self.size = view.buf, view.itemsize
        code = (view.format or b"B").decode("ascii", "replace")
        plain = code[1:] if code[:1] in _BYTE_ORDERS else code
        expected = CODES.get(tag, "")
        if (view.ndim == 0 or _CLASSES.get(plain, plain) != _CLASSES.get(expected)
                or view.itemsize != ctypes.sizeof(_C_TYPES[expected])):
            self.release()
            raise SignatureError(f"{wanted}, found {type(exporter).__name__} of {code!r}", "Type")
        self.count = view.len // view.itemsize

    def release(self) -> None:
        if self._view is not None:
            ctypes.pythonapi.PyBuffer_Release(ctypes.byref(self._view))
            self._view = None


_C_TYPES: dict[str, Any] = {
    "?": ctypes.c_uint8, "b": ctypes.c_int8, "h": ctypes.c_int16, "i": ctypes.c_int32, "q": ctypes.c_int64,
    "B": ctypes.c_uint8, "H": ctypes.c_uint16, "I": ctypes.c_uint32, "Q": ctypes.c_uint64, "f": ctypes.c_float,
    "d": ctypes.c_double}


def new_buffer(tag: int, count: int) -> Any:
    """Zeroes, as a memoryview of elements."""
    code = CODES[tag]
    return memoryview(bytearray(count * ctypes.sizeof(_C_TYPES[code]))).cast(code)


def elements(tag: int, address: int | None, count: int) -> list[Any]:
    """A copy of an array of the library's as Python's numbers."""
    code = CODES[tag]
    data = ctypes.string_at(address, count * ctypes.sizeof(_C_TYPES[code])) if count else b""
    return memoryview(data).cast(code).tolist()
