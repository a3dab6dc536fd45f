"""Functions of scripts, and what all objects of the library have in common."""

from __future__ import annotations

import ctypes
import threading
import weakref
from typing import Any, Callable

from . import _ffi
from ._buffers import CODES, Buffer, Column, new_buffer
from ._errors import ClosedError, SignatureError, check, take
from ._library import call_text, lib
from ._values import Type, from_value, slice_to_value, to_value


class Handle:
    """Owns one reference of the library; gives it back once, in any order, also at interpreter exit."""

    def __init__(self, handle: int, free: Callable[[int], None]):
        self._handle: int | None = handle
        self._finalizer = weakref.finalize(self, free, handle)

    def close(self) -> None:
        """Frees it now. Closing twice is harmless."""
        self._finalizer()
        self._handle = None

    def __reduce__(self) -> Any:
        raise TypeError(f"a tenon.{type(self).__name__} cannot be pickled or copied: compile the script again")

    @property
    def handle(self) -> int:
        if self._handle is None:
            raise ClosedError(f"this {type(self).__name__} is closed", "Closed")
        return self._handle


class _Raised(threading.local):
    """The exception that a callback raised, on its way through a script on this thread. There is no second one: a
    script that a callback failed does nothing more."""

    pending: BaseException | None = None

    def put(self, exception: BaseException) -> None:
        self.pending = exception

    def take(self) -> BaseException | None:
        found, self.pending = self.pending, None
        return found


raised_here = _Raised()


def fail(status: int, error: int | None) -> None:
    """Raises what a failed call ended with."""
    failure = take(status, error)
    raised = raised_here.take()
    if raised is not None:
        # What the host's own function (or a signal handler) raised, unchanged.
        raise raised from failure
    raise failure


class Function(Handle):
    """A function of an instance; call it."""

    def __init__(self, handle: int, instance: Instance):
        super().__init__(handle, lib.tn_function_free)
        self._instance = instance
        module = instance._module
        self.__name__ = call_text(lib.tn_function_name, handle)
        self.__doc__ = call_text(lib.tn_function_doc, handle) or None
        self.signature = call_text(lib.tn_function_signature, handle)
        count = lib.tn_function_param_count(handle)
        self.param_names = [call_text(lib.tn_function_param_name, handle, i) for i in range(count)]
        self._params = [Type(lib.tn_function_param_type(handle, i), module) for i in range(count)]
        self._result = Type(lib.tn_function_return_type(handle), module)
        self._exact: Handle | None = None  # found with its signature
        self._mut = [bool(lib.tn_function_param_is_mut(handle, i)) for i in range(count)]
        self._bind(instance.handle, handle)

    def _bind(self, instance: int | None, function: int | None) -> None:
        """Tells the library what it calls, where it is what Python calls: see _trampoline.py."""

    def close(self) -> None:
        """Frees it now. Closing twice is harmless."""
        self._bind(None, None)
        super().close()

    @property
    def __signature__(self) -> Any:
        import inspect

        return inspect.Signature([inspect.Parameter(n, inspect.Parameter.POSITIONAL_ONLY, annotation=t.name)
                                  for n, t in zip(self.param_names, self._params)],
                                 return_annotation=self._result.name)

    def __repr__(self) -> str:
        return f"<tenon function {self.__name__}{self.signature[2:]}>"

    def __call__(self, *args: Any) -> Any:
        """Calls it. A function with `mut` parameters answers a tuple: its result, then their new values. A `mut Slice` is
        a buffer that is changed in place."""
        if len(args) != len(self._params):
            raise SignatureError(
                f"{self.__name__} takes {len(self._params)} arguments ({', '.join(self.param_names)}), "
                f"found {len(args)}", "Signature")
        instance = self._instance.handle
        if any(t.is_mut_slice for t in self._params):
            return self._call_in_place(instance, args)
        values = (_ffi.Value * max(len(args), 1))()
        ret, error = _ffi.Value(), ctypes.c_void_p()
        buffers: list[Buffer] = []
        try:
            for i, (type_, arg) in enumerate(zip(self._params, args)):
                self._argument(instance, i, type_, arg, values[i], buffers)
            call = lib.tn_call_mut if any(self._mut) else lib.tn_call
            status = call(instance, self.handle, values, len(args), ret, error)
            if status != _ffi.TN_OK:
                fail(status, error.value)
            result = from_value(self._result, ret)
            if any(self._mut):
                return (result, *(from_value(t, v) for t, v, m in zip(self._params, values, self._mut) if m))
            return result
        finally:
            lib.tn_value_clear(ret)
            for value in values[: len(args)]:
                lib.tn_value_clear(value)
            for buffer in buffers:
                buffer.release()

    def _argument(self, instance: int, i: int, type_: Type, arg: Any, out: _ffi.Value, buffers: list[Buffer]) -> None:
        path = f"argument {i + 1} ({self.param_names[i]})"
        if not type_.is_slice:
            to_value(instance, type_, arg, path, out)
            return
        buffer = slice_to_value(instance, type_, arg, path, out)
        if buffer is not None:
            buffers.append(buffer)

    def _with_signature(self) -> int:
        """What tn_call_slots wants: the function, found with its signature."""
        if self._exact is None:
            out, error = ctypes.c_void_p(), ctypes.c_void_p()
            name, signature = self.__name__.encode(), self.signature.encode()
            check(lib.tn_module_function(self._instance._module.handle, name, len(name), signature, len(signature), out,
                                         error), error)
            self._exact = Handle(out.value, lib.tn_function_free)
        return self._exact.handle

    def _call_in_place(self, instance: int, args: tuple[Any, ...]) -> Any:
        """By slots, in which a `mut Slice` is the caller's memory."""
        values, buffers = (_ffi.Value * len(args))(), []
        slots, used = (_ffi.Slot * (2 * len(args)))(), 0
        length, error, ret = ctypes.c_size_t(), ctypes.c_void_p(), _ffi.Value()
        try:
            for i, (type_, arg, value) in enumerate(zip(self._params, args, values)):
                if type_.is_mut_slice:
                    element = type_.children[0]
                    buffers.append(Buffer(arg, element.kind, element.name, f"argument {i + 1} ({self.param_names[i]})",
                                          writable=True))
                    data, length.value = buffers[-1].address, buffers[-1].count
                else:
                    self._argument(instance, i, type_, arg, value, buffers)
                    read = (lib.tn_list_data if type_.is_slice else lib.tn_string_data if type_.kind == _ffi.TN_TAG_STRING
                            else lib.tn_bytes_data if type_.kind == _ffi.TN_TAG_BYTES else None)
                    if read is None:
                        slots[used].u = value.as_.u
                        used += 1
                        continue
                    data = read(value, None, length) if type_.is_slice else read(value, length)
                slots[used].p, slots[used + 1].u = data, length.value
                used += 2
            status = lib.tn_call_slots(instance, self._with_signature(), slots, used, error)
            if status != _ffi.TN_OK:
                fail(status, error.value)
            ret.as_.u = slots[0].u
            return from_value(self._result, ret)
        finally:
            for value in values:
                lib.tn_value_clear(value)
            for buffer in buffers:
                buffer.release()

    def batch(self, *columns: Any, out: Any = None) -> Any:
        """Calls it once for each row: an argument is a buffer with an element for each row, or one value for all of them.
        Answers the results as a memoryview, or `out`, a writable buffer, with them in it; None for a function
        without a result. When a row fails, the results of those before it are in `out`."""
        instance, rows = self._instance.handle, None
        if len(columns) != len(self._params):
            raise SignatureError(f"{self.__name__} takes {len(self._params)} arguments ({', '.join(self.param_names)}), "
                                 f"found {len(columns)}", "Signature")
        for type_ in (*self._params, self._result):
            if type_.kind not in CODES and (type_ is not self._result or type_.kind != _ffi.TN_TAG_UNIT):
                raise SignatureError(f"{type_.name} is no type of a column", "Signature")
        table, kept, buffers = (Column * max(len(columns), 1))(), [], []
        error = ctypes.c_void_p()
        try:
            for i, (type_, arg) in enumerate(zip(self._params, columns)):
                path = f"argument {i + 1} ({self.param_names[i]})"
                if isinstance(arg, (int, float)):
                    value = _ffi.Value()
                    to_value(instance, type_, arg, path, value)
                    kept.append(new_buffer(type_.kind, 1))
                    kept[-1][0] = from_value(type_, value)
                    arg = kept[-1]
                    stride = 0
                else:
                    stride = 1
                buffer = Buffer(arg, type_.kind, type_.name, path)
                buffers.append(buffer)
                if stride and rows not in (None, buffer.count):
                    raise SignatureError(f"{path}: expected {rows} rows, found {buffer.count}", "Signature")
                rows = buffer.count if stride else rows
                table[i] = Column(type_.kind, 0, buffer.address, stride * buffer.size)
            if rows is None:
                raise SignatureError(f"{self.__name__}: one argument at least is a column", "Signature")
            result = None
            if self._result.kind != _ffi.TN_TAG_UNIT:
                out = new_buffer(self._result.kind, rows) if out is None else out
                buffer = Buffer(out, self._result.kind, self._result.name, "out", writable=True)
                buffers.append(buffer)
                if buffer.count != rows:
                    raise SignatureError(f"out: expected {rows} rows, found {buffer.count}", "Signature")
                result = Column(self._result.kind, 0, buffer.address, buffer.size)
            if rows:
                status = lib.tn_call_batch(instance, self.handle, rows, table, len(columns),
                                           None if result is None else ctypes.byref(result), None, error)
                if status != _ffi.TN_OK:
                    fail(status, error.value)
            return out
        finally:
            for buffer in buffers:
                buffer.release()
