"""One family of exceptions for everything that can go wrong, by who is at fault."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

from . import _ffi
from ._library import call_text, lib, status_name


@dataclass(frozen=True)
class Diagnostic:
    """One message of the compiler. Lines and columns count from 1, bytes from 0."""

    severity: str
    code: str
    message: str
    file: str
    line: int
    column: int
    byte_begin: int
    byte_end: int
    hint: str


@dataclass(frozen=True)
class Frame:
    """One entry of a script's stack."""

    function: str
    file: str
    line: int
    column: int


class Error(Exception):
    """Base of all errors of this package.

    kind: the status's name in the library's tables (`IndexOutOfBounds`, `TypeMismatch` stands in diagnostics).
    rendered: the text that the `tenon` command would print.
    """

    def __init__(self, message: str, kind: str = "Error", rendered: str = ""):
        super().__init__(message)
        self.kind = kind
        self.rendered = rendered or message


class CompileError(Error):
    """The script does not compile. `diagnostics` lists every error and warning."""

    diagnostics: list[Diagnostic]

    def __str__(self) -> str:
        return self.rendered.rstrip()


class Trap(Error):
    """The script stopped with a fault. `frames` is its stack, innermost first."""

    frames: list[Frame]


class LimitError(Trap):
    """Out of fuel, memory or stack."""


class TimeoutError(Trap):  # noqa: A001 - the family's name for a passed deadline
    """The deadline of the call passed."""


class Cancelled(Trap):
    """The call was interrupted."""


class HostError(Trap):
    """A function of the host failed."""


class SignatureError(Error, TypeError):
    """The call does not fit the function."""


class RangeError(Error, ValueError):
    """A number or an index that does not fit."""


class NotFoundError(Error, AttributeError):
    """No such name in the module."""


class BusyError(Error):
    """Another thread is inside the instance."""


class ClosedError(Error):
    """The object was closed."""


_CLASSES = {
    _ffi.TN_COMPILE: CompileError,
    _ffi.TN_NOT_FOUND: NotFoundError,
    _ffi.TN_SIGNATURE: SignatureError,
    _ffi.TN_TYPE: SignatureError,
    _ffi.TN_RANGE: RangeError,
    _ffi.TN_BUSY: BusyError,
    _ffi.TN_CLOSED: ClosedError,
    _ffi.TN_TRAP_STACK_OVERFLOW: LimitError,
    _ffi.TN_TRAP_OUT_OF_FUEL: LimitError,
    _ffi.TN_TRAP_MEMORY_LIMIT: LimitError,
    _ffi.TN_TRAP_DEADLINE_EXCEEDED: TimeoutError,
    _ffi.TN_TRAP_CANCELLED: Cancelled,
    _ffi.TN_TRAP_HOST_ERROR: HostError,
}


def class_of(status: int) -> type[Error]:
    if status in _CLASSES:
        return _CLASSES[status]
    if status >= _ffi.TN_HOST_STATUS_FIRST:
        return HostError
    return Trap if 32 <= status <= 63 else Error


def _diagnostics(handle) -> list[Diagnostic]:
    found = []
    for i in range(lib.tn_error_diag_count(handle)):
        line, column = ctypes.c_uint32(), ctypes.c_uint32()
        begin, end = ctypes.c_uint64(), ctypes.c_uint64()
        lib.tn_error_diag_pos(handle, i, line, column, begin, end)

        def part(which: int, i: int = i) -> str:
            return call_text(lib.tn_error_diag_text, handle, i, which)

        found.append(
            Diagnostic(part(_ffi.TN_TEXT_SEVERITY), part(_ffi.TN_TEXT_CODE), part(_ffi.TN_TEXT_MESSAGE),
                       part(_ffi.TN_TEXT_FILE), line.value, column.value, begin.value, end.value,
                       part(_ffi.TN_TEXT_HELP)))
    return found


def take(status: int, handle: int | None) -> Error:
    """The exception for a failed call; frees the library's error."""
    kind = status_name(status)
    cls = class_of(status)
    if not handle:
        error = cls(f"the call failed with {kind}", kind)
        if isinstance(error, Trap):
            error.frames = []
        if isinstance(error, CompileError):
            error.diagnostics = []
        return error
    try:
        error = cls(call_text(lib.tn_error_message, handle), kind, call_text(lib.tn_error_render, handle, 0))
        if isinstance(error, CompileError):
            error.diagnostics = _diagnostics(handle)
        if isinstance(error, Trap):
            error.frames = [
                Frame(call_text(lib.tn_error_frame_text, handle, i, _ffi.TN_TEXT_FUNCTION),
                      call_text(lib.tn_error_frame_text, handle, i, _ffi.TN_TEXT_FILE),
                      lib.tn_error_frame_line(handle, i), lib.tn_error_frame_column(handle, i))
                for i in range(lib.tn_error_frame_count(handle))]
        return error
    finally:
        lib.tn_error_free(handle)


def check(status: int, handle: ctypes.c_void_p | None = None) -> None:
    """Raises if the status is not TN_OK."""
    if status != _ffi.TN_OK:
        raise take(status, handle.value if handle is not None else None)
