"""Calls of scripts without ctypes between: section 12 of include/c_api.h.

`faster(base, call, fail)` makes a subclass of which CPython calls the objects by the library's code, or answers None where
that cannot be: in other Pythons than CPython, in builds whose objects have another shape, and where the environment
variable TENON_PY_TRAMPOLINE is 0. Who uses it tests it first.
"""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any, Callable

from . import _ffi
from ._library import lib

# Of the stable ABI.
_TP_CALL, _TP_MEMBERS = 50, 72
_T_PYSSIZET, _READONLY = 19, 1
_DEFAULT, _HAVE_VECTORCALL = 1 << 18, 1 << 11


class _Member(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("type", ctypes.c_int), ("offset", ctypes.c_ssize_t),
                ("flags", ctypes.c_int), ("doc", ctypes.c_char_p)]


class _Slot(ctypes.Structure):
    _fields_ = [("slot", ctypes.c_int), ("function", ctypes.c_void_p)]


class _Spec(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("basicsize", ctypes.c_int), ("itemsize", ctypes.c_int),
                ("flags", ctypes.c_uint), ("slots", ctypes.POINTER(_Slot))]


def _address(name: str) -> int:
    return ctypes.addressof(ctypes.c_char.in_dll(ctypes.pythonapi, name))


def _make_type(base: type) -> type:
    """A subclass whose objects have the library's room behind what they have as objects of `base`."""
    members = (_Member * 2)(_Member(b"__vectorcalloffset__", _T_PYSSIZET, base.__basicsize__, _READONLY, None))
    slots = (_Slot * 3)(_Slot(_TP_CALL, _address("PyVectorcall_Call")),
                        _Slot(_TP_MEMBERS, ctypes.addressof(members)))
    spec = _Spec(f"{base.__module__}.{base.__name__}".encode(), base.__basicsize__ + _ffi.TN_PYTHON_CALL_SIZE, 0,
                 _DEFAULT | _HAVE_VECTORCALL, slots)
    _keep((members, slots, spec))
    make = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.POINTER(_Spec), ctypes.py_object)(_address(
        "PyType_FromSpecWithBases"))
    return make(spec, (base,))


def _keep(thing: Any) -> None:
    """For the rest of the process: functions may be called until its very end."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))


def _table(call: Callable[..., Any], fail: Callable[[int, int], Any]) -> Any:
    addresses = [id(call), id(fail)]
    while name := lib.tn_python_name(len(addresses) - 2):
        addresses.append(_address(ctypes.string_at(name).decode()))
    table = (ctypes.c_void_p * len(addresses))(*addresses)
    _keep((table, call, fail))
    return table


def _is_wanted() -> bool:
    return (os.environ.get("TENON_PY_TRAMPOLINE", "1") != "0" and sys.implementation.name == "cpython"
            and object.__basicsize__ == 16 and ctypes.c_void_p.from_address(id(0) + 8).value == id(int))


def faster(base: type, call: Callable[..., Any], fail: Callable[[int, int], Any]) -> type | None:
    """`call(object, ...)` does what the library leaves to Python, `fail(status, error)` raises. The subclass has a method
    _bind(instance, function) that says what is called; None, None: nothing any more."""
    if not _is_wanted():
        return None
    try:
        made, table, offset = _make_type(base), _table(call, fail), base.__basicsize__
    except (AttributeError, OSError, TypeError, ValueError, SystemError):
        return None  # an address is not there, or such a type cannot be made

    def bind(self: Any, instance: int | None, function: int | None) -> None:
        status = lib.tn_python_bind(id(self), offset, table, instance, function)
        if status != _ffi.TN_OK:
            raise SystemError(f"tn_python_bind answered {status}")

    made._bind = bind  # type: ignore[attr-defined]
    return made
