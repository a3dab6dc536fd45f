"""Runtime, Module, Instance, Function: the objects a program works with."""

from __future__ import annotations

import ctypes
import threading
from typing import Any, Callable

from . import _ffi
from ._errors import RangeError, SignatureError, Trap, check
from ._function import Function, Handle, fail, raised_here
from ._library import call_text, lib
from ._trampoline import faster
from ._values import Type, from_value, to_value

_NO_FINALIZER = _ffi.tn_finalizer(0)

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


class Runtime(Handle):
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
                raised_here.put(raised)
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


class Module(Handle):
    """A compiled script. Its functions are attributes: `module.f(1, 2)` runs on an instance of its own
    that the module makes on first use; `module.instance(...)` makes others, with limits."""

    def __init__(self, handle: int, runtime: Runtime):
        super().__init__(handle, lib.tn_module_free)
        self._runtime = runtime
        self._default: Instance | None = None
        self._lock = threading.Lock()
        self._made: tuple[Any, ...] | None = None  # how it is made again, where another process can do that

    def __reduce__(self) -> Any:
        """On the default runtime it travels as its source and options, to be compiled again; its state does not."""
        return super().__reduce__() if self._made is None else self._made

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


class Instance(Handle):
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
            fail(status, error.value)
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
            raised_here.put(raised)
            answer = 1


def _writer(output: Callable[[str], Any]):
    def write(_ud, address, length) -> int:
        try:
            output(ctypes.string_at(address, length).decode("utf-8", "replace"))
            return _ffi.TN_OK
        except BaseException as raised:  # noqa: BLE001
            raised_here.put(raised)
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
    module = default_runtime().compile(source, name, opt_level)
    module._made = compile, (source, name, opt_level)
    return module


def compile_path(path: Any, opt_level: int | None = None) -> Module:
    """Compiles a `.tn` file or a package folder on the default runtime."""
    module = default_runtime().compile_path(path, opt_level)
    module._made = compile_path, (path, opt_level)
    return module


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


_function_type: type[Function] = faster(Function, Function.__call__, fail) or Function
if _function_type is not Function and not _works():
    _function_type = Function
