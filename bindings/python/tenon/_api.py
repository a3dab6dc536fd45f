"""Runtime, Module, Instance, Function: the objects a program works with."""

from __future__ import annotations

import ctypes
import threading
import weakref
from typing import Any, Callable

from . import _ffi
from ._buffers import CODES, Buffer, Column, new_buffer
from ._errors import ClosedError, RangeError, SignatureError, Trap, check, take
from ._library import call_text, lib
from ._trampoline import faster
from ._values import Type, from_value, slice_to_value, to_value

# How often a running script lets Python look for signals (Ctrl-C), in milliseconds.
_POLL_MS = 100


def _config(settings: dict[int, int | None]) -> int | None:
    chosen = {k: v for k, v in settings.items() if v is not None}
    if not chosen:
        return None
    config = lib.tn_config_new()
    if not config:
        raise MemoryError("tenon: no memory for a config")
    try:
        for key, number in chosen.items():
            if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < 2**64:
                raise ValueError(f"an option must be a whole number from 0 to 2**64 - 1, found {number!r}")
            check(lib.tn_config_set_u64(config, key, number))
    except BaseException:
        lib.tn_config_free(config)
        raise
    return config


class _Handle:
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


class Runtime(_Handle):
    """Compiles scripts. Functions for scripts are registered before the first compilation."""

    def __init__(self) -> None:
        out, error = ctypes.c_void_p(), ctypes.c_void_p()
        check(lib.tn_runtime_new(_ffi.TN_ABI_VERSION, None, out, error), error)
        super().__init__(out.value, lib.tn_runtime_free)
        self._callbacks: list[Any] = []  # C function objects must outlive the runtime

    def register(self, name: str, signature: str, function: Callable[..., Any]) -> None:
        """Lets scripts call `function` as `name`, with a signature such as "fn(String, i64) -> bool".

        An exception that it raises ends the script's call and comes out of it unchanged.
        """
        types: list[Type] = []

        def callback(frame, args, count, ret, _ud):
            try:
                if not types:
                    types.extend(self._signature_types(signature))
                values = [from_value(types[i], args[i]) for i in range(count)]
                result = function(*values)
                to_value(lib.tn_frame_instance(frame), types[-1], result, f"result of {name}", ret.contents)
                return _ffi.TN_OK
            except BaseException as raised:  # noqa: BLE001 - nothing may leave a callback
                _raised.put(raised)
                message = f"{type(raised).__name__}: {raised}".encode("utf-8", "replace")
                return lib.tn_frame_fail(frame, _ffi.TN_TRAP_HOST_ERROR, message, len(message), None, _NO_FINALIZER)

        c_function = _ffi.tn_host_fn(callback)
        path, sig = name.encode(), signature.encode()
        error = ctypes.c_void_p()
        check(lib.tn_register_fn(self.handle, path, len(path), sig, len(sig), c_function, None, _NO_FINALIZER, 0,
                                 error), error)
        self._callbacks.append(c_function)

    def _signature_types(self, signature: str) -> list[Type]:
        """The parameter types of a signature text, then its result type."""
        inside, depth, parts, start = signature[signature.index("(") + 1:], 0, [], 0
        end = len(inside)
        for i, c in enumerate(inside):
            if c == ")" and depth == 0:
                end = i
                break
            depth += c in "([{"
            depth -= c in ")]}"
            if c == "," and depth == 0:
                parts.append(inside[start:i])
                start = i + 1
        parts.append(inside[start:end])
        names = [p.strip() for p in parts if p.strip()]
        arrow = inside[end + 1:].partition("->")[2].strip()
        return [self.type(n) for n in names] + [self.type(arrow or "()")]

    def type(self, text: str) -> Type:
        """A built-in type by its name, such as "List[i64]"."""
        out, error = ctypes.c_void_p(), ctypes.c_void_p()
        data = text.encode()
        check(lib.tn_type_parse(self.handle, data, len(data), out, error), error)
        return Type(out.value, self)

    def compile(self, source: str, name: str = "<string>", opt_level: int | None = None) -> "Module":
        """Compiles a source text. Raises CompileError with every diagnostic."""
        if not isinstance(source, str):
            raise SignatureError(f"source: expected str, found {type(source).__name__}", "Type")
        return self._compile(lib.tn_compile, [name.encode(), source.encode("utf-8", "surrogatepass")], opt_level)

    def compile_path(self, path: Any, opt_level: int | None = None) -> "Module":
        """Compiles a `.tn` file or a package folder."""
        import os

        return self._compile(lib.tn_compile_path, [os.fsencode(path)], opt_level)

    def _compile(self, function, texts: list[bytes], opt_level: int | None) -> "Module":
        config = _config({_ffi.TN_CONFIG_OPT_LEVEL: opt_level})
        out, error = ctypes.c_void_p(), ctypes.c_void_p()
        arguments = [part for t in texts for part in (t, len(t))]
        try:
            check(function(self.handle, *arguments, config, out, error), error)
        finally:
            lib.tn_config_free(config)
        return Module(out.value, self)


class Module(_Handle):
    """A compiled script. Its functions are attributes: `module.f(1, 2)` runs on an instance of its own
    that the module makes on first use; `module.instance(...)` makes others, with limits."""

    def __init__(self, handle: int, runtime: Runtime):
        super().__init__(handle, lib.tn_module_free)
        self._runtime = runtime
        self._default: Instance | None = None
        self._lock = threading.Lock()

    def functions(self) -> list[str]:
        """The names of the functions that can be called."""
        names = []
        for i in range(lib.tn_module_function_count(self.handle)):
            out = ctypes.c_void_p()
            check(lib.tn_module_function_at(self.handle, i, out))
            names.append(call_text(lib.tn_function_name, out))
            lib.tn_function_free(out)
        return names

    def instance(self, *, fuel: int | None = None, memory: int | None = None, timeout: float | None = None,
                 stack: int | None = None, output: Callable[[str], Any] | None = None) -> "Instance":
        """A new instance: state of its own. `fuel` in calls and loop turns, `memory` and `stack` in bytes,
        `timeout` in seconds a call, `output` gets each printed text."""
        return Instance(self, fuel, memory, timeout, stack, output)

    def __getattr__(self, name: str) -> "Function":
        if name.startswith("_"):
            raise AttributeError(name)
        with self._lock:
            if self._default is None:
                self._default = Instance(self, None, None, None, None, None)
        function = getattr(self._default, name)
        setattr(self, name, function)  # found without this method from now on
        return function

    def __dir__(self):
        return list(super().__dir__()) + self.functions()


class Instance(_Handle):
    """One instance of a module. Its functions are attributes. One thread at a time; a second one gets
    BusyError."""

    def __init__(self, module: Module, fuel, memory, timeout, stack, output):
        config = _config({
            _ffi.TN_CONFIG_FUEL: fuel, _ffi.TN_CONFIG_MEMORY_LIMIT: memory, _ffi.TN_CONFIG_STACK_SIZE: stack,
            _ffi.TN_CONFIG_TIMEOUT_MS: None if timeout is None else max(1, round(timeout * 1000)),
        })
        out, error = ctypes.c_void_p(), ctypes.c_void_p()
        try:
            status = lib.tn_instance_new(module.handle, config, out, error)
        finally:
            lib.tn_config_free(config)
        if status != _ffi.TN_OK:
            _fail(status, error.value)
        super().__init__(out.value, lib.tn_instance_free)
        self._module = module
        self._functions: dict[str, Function] = {}
        watcher = _signal_watcher()
        next(watcher)
        self._poll = _ffi.tn_poll_fn(watcher.send)
        check(lib.tn_instance_set_poll(out.value, _POLL_MS, self._poll, None, _NO_FINALIZER))
        if output is not None:
            self._write = _ffi.tn_write_fn(_writer(output))
            check(lib.tn_instance_set_output(out.value, self._write, None, _NO_FINALIZER))

    def __enter__(self) -> "Instance":
        return self

    def __exit__(self, *_exc) -> None:
        self.close()

    def close(self) -> None:
        """Frees it now. Closing twice is harmless."""
        for function in list(self._functions.values()):
            function._bind(None, None)
        super().close()

    def interrupt(self) -> None:
        """Stops the call that runs now; any thread may do so."""
        handle = lib.tn_instance_interrupt_handle(self.handle)
        lib.tn_interrupt_fire(handle)
        lib.tn_interrupt_free(handle)

    @property
    def fuel(self) -> int:
        """What is left; assign to set it."""
        return lib.tn_instance_fuel(self.handle)

    @fuel.setter
    def fuel(self, units: int) -> None:
        check(lib.tn_instance_set_fuel(self.handle, units))

    @property
    def memory_used(self) -> int:
        """Bytes that the instance's values use."""
        return lib.tn_instance_memory_used(self.handle)

    def __getattr__(self, name: str) -> "Function":
        if name.startswith("_"):
            raise AttributeError(name)
        function = self._functions.get(name)
        if function is None:
            out, error = ctypes.c_void_p(), ctypes.c_void_p()
            data = name.encode()
            check(lib.tn_module_function(self._module.handle, data, len(data), None, 0, out, error), error)
            function = self._functions.setdefault(name, _function_type(out.value, self))
        setattr(self, name, function)  # found without this method from now on
        return function


class Function(_Handle):
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
        self._exact: _Handle | None = None  # found with its signature
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
                _fail(status, error.value)
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
            self._exact = _Handle(out.value, lib.tn_function_free)
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
                _fail(status, error.value)
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
                    _fail(status, error.value)
            return out
        finally:
            for buffer in buffers:
                buffer.release()


class _Raised(threading.local):
    """The exception that a callback raised, on its way through a script on this thread. There is no second one: a
    script that a callback failed does nothing more."""

    pending: BaseException | None = None

    def put(self, exception: BaseException) -> None:
        self.pending = exception

    def take(self) -> BaseException | None:
        found, self.pending = self.pending, None
        return found


_raised = _Raised()


def _fail(status: int, error: int | None) -> None:
    """Raises what a failed call ended with."""
    failure = take(status, error)
    raised = _raised.take()
    if raised is not None:
        # What the host's own function (or a signal handler) raised, unchanged.
        raise raised from failure
    raise failure


_NO_FINALIZER = _ffi.tn_finalizer(0)


def _signal_watcher():
    """Asked now and then while a script runs, on its thread; 1 stops the script.

    Python runs signal handlers between its own instructions, so coming back to the `yield` is enough, and it
    stands inside the `try`: what a handler raises (KeyboardInterrupt) is caught here, while the first
    instruction of a plain function would raise it too early.
    """
    answer = 0
    while True:
        try:
            yield answer
            answer = 0
        except GeneratorExit:
            return
        except BaseException as raised:  # noqa: BLE001
            _raised.put(raised)
            answer = 1


def _writer(output: Callable[[str], Any]):
    def write(_ud, address, length) -> int:
        try:
            output(ctypes.string_at(address, length).decode("utf-8", "replace"))
            return _ffi.TN_OK
        except BaseException as raised:  # noqa: BLE001
            _raised.put(raised)
            return _ffi.TN_TRAP_HOST_ERROR

    return write


_default: Runtime | None = None
_default_lock = threading.Lock()


def default_runtime() -> Runtime:
    global _default
    with _default_lock:
        if _default is None:
            _default = Runtime()
        return _default


def compile(source: str, name: str = "<string>", opt_level: int | None = None) -> Module:  # noqa: A001
    """Compiles a source text on the default runtime."""
    return default_runtime().compile(source, name, opt_level)


def compile_path(path: Any, opt_level: int | None = None) -> Module:
    """Compiles a `.tn` file or a package folder on the default runtime."""
    return default_runtime().compile_path(path, opt_level)


def version() -> str:
    """The library's release."""
    return ctypes.string_at(lib.tn_version_string()).decode()


def live_handles() -> int:
    """How many handles of the library are alive in this process."""
    return lib.tn_live_handles()



def _works() -> bool:
    """Whether functions of _function_type are called as they should be."""
    module = Runtime().compile("""
        fn sum(a: i64, b: u8, c: f64, d: bool) -> f64 { if d { a as f64 + b as f64 + c } else { c } }
        fn twice(n: u64) -> u64 { n *% 2 }
        fn add(a: i64, b: i64) -> i64 { a + b }
        fn greet(s: String) -> String { s + "!" }
        fn less(a: f32, b: f32) -> bool { a < b }
    """)
    with module.instance() as i:
        if (i.sum(-3, 200, 0.5, True), i.sum(1, 2, 7, False)) != (197.5, 7.0):
            return False
        if (i.twice(2**63 - 1), i.add(2**62, -1), i.greet("\xe9"), i.less(1.5, 2)) != (
                2**64 - 2, 2**62 - 1, "\xe9!", True):
            return False
        for wrong in [(1,), (1, "2"), (2**64, 1), (2**63 - 1, 1)]:
            try:
                i.add(*wrong)
                return False
            except (SignatureError, RangeError, Trap):
                pass
        return True


_function_type: type[Function] = faster(Function, Function.__call__, _fail) or Function
if _function_type is not Function and not _works():
    _function_type = Function
