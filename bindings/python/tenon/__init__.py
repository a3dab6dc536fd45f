"""Tenon for Python: compile scripts to machine code, call them like functions.

    import tenon
    m = tenon.compile("fn twice(n: i64) -> i64 { n * 2 }")
    m.twice(21)                                      # 42

    with m.instance(fuel=1_000_000, memory=64 << 20) as i:
        i.twice(3)

Every failure is a tenon.Error: CompileError (with .diagnostics), Trap (with .frames) and its kinds LimitError,
TimeoutError, Cancelled and HostError, SignatureError, RangeError, NotFoundError, BusyError, ClosedError.
"""

from ._api import (
    Function, Instance, Module, Runtime, compile, compile_path, default_runtime, live_handles, version,
)
from ._errors import (
    BusyError, Cancelled, ClosedError, CompileError, Diagnostic, Error, Frame, HostError, LimitError, NotFoundError,
    RangeError, SignatureError, TimeoutError, Trap,
)

__version__ = "0.1.0"
__all__ = [
    "BusyError", "Cancelled", "ClosedError", "CompileError", "Diagnostic", "Error", "Frame", "Function", "HostError",
    "Instance", "LimitError", "Module", "NotFoundError", "RangeError", "Runtime", "SignatureError", "TimeoutError",
    "Trap", "compile", "compile_path", "default_runtime", "live_handles", "version",
]
