import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pytest  # noqa: E402

import tenon  # noqa: E402

# Tests start further interpreters. An emulated one cannot be started as it is: TENON_PYTHON names what can.
sys.executable = os.environ.get("TENON_PYTHON", sys.executable)

FASTER = tenon._api._function_type


@pytest.fixture(autouse=True, params=["trampoline", "ctypes"])
def way(request, monkeypatch):
    """Every test runs twice: with functions that the library lets Python call, and with ctypes alone."""
    monkeypatch.setenv("TENON_PY_TRAMPOLINE", "1" if request.param == "trampoline" else "0")
    if request.param == "ctypes":
        monkeypatch.setattr(tenon._api, "_function_type", tenon.Function)
    elif FASTER is tenon.Function:
        pytest.skip("this Python has no trampolines, or TENON_PY_TRAMPOLINE is 0")
    return request.param
