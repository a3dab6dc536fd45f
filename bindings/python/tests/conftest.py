import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

# Tests start further interpreters. An emulated one cannot be started as it is: TENON_PYTHON names what can.
sys.executable = os.environ.get("TENON_PYTHON", sys.executable)
