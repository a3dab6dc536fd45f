"""Finds and loads libtenon, and checks that it fits before anything else is called."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

from . import _ffi


def _candidates() -> list[str]:
    """In order: TENON_LIBRARY alone if it is set; beside this package; a build tree above it; the system's."""
    named = os.environ.get("TENON_LIBRARY")
    if named:
        return [named]
    here = Path(__file__).resolve().parent
    found = [str(here / "libtenon.so")]
    for parent in here.parents:
        if (parent / "include" / "c_api.h").exists():
            found += [str(parent / "build" / kind / "lib" / "libtenon.so") for kind in ("release", "debug")]
            break
    return found + ["libtenon.so.1", "libtenon.so"]


def _load() -> ctypes.CDLL:
    tried = []
    for path in _candidates():
        if "/" in path and not os.path.exists(path):
            tried.append(f"{path}: no such file")
            continue
        try:
            # RTLD_LOCAL and the library's hidden symbols keep it apart from everything else in the process.
            library = ctypes.CDLL(path, mode=os.RTLD_LOCAL | os.RTLD_NOW)
        except OSError as error:
            tried.append(f"{path}: {error}")
            continue
        library.tn_abi_version.restype = ctypes.c_uint32
        library.tn_abi_version.argtypes = []
        found = library.tn_abi_version()
        if found >> 16 != _ffi.TN_ABI_MAJOR or found & 0xFFFF < _ffi.TN_ABI_MINOR:
            tried.append(
                f"{path}: has ABI {found >> 16}.{found & 0xFFFF}, "
                f"this package needs {_ffi.TN_ABI_MAJOR}.{_ffi.TN_ABI_MINOR}"
            )
            continue
        for name, (result, arguments) in _ffi.PROTOTYPES.items():
            function = getattr(library, name)
            function.restype = result
            function.argtypes = arguments
        return library
    raise ImportError(
        "tenon: libtenon could not be loaded; TENON_LIBRARY may name it. Tried:\n  " + "\n  ".join(tried)
    )


lib = _load()


def text(address: int | None, length: int) -> str:
    """Library-owned text as a str."""
    return ctypes.string_at(address, length).decode("utf-8", "replace") if address else ""


def call_text(function, *arguments) -> str:
    """A text getter whose last parameter is `size_t *len`."""
    length = ctypes.c_size_t()
    return text(function(*arguments, ctypes.byref(length)), length.value)


def status_name(status: int) -> str:
    address = lib.tn_status_name(status)
    return ctypes.string_at(address).decode() if address else "Unknown"
