"""Calls one function in a process of its own and hands its value back as JSON.

``python -m benchmarks.child benchmarks.tables_cpu bare_decode '{"folder": "..."}'``
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

#: The folder that holds the package ``benchmarks``.
ROOT = Path(__file__).resolve().parent.parent


def in_child(module: str, function: str, **arguments: Any) -> dict[str, float]:
    """Call a function in a fresh interpreter.

    Parameters
    ----------
    module, function
        Where the function is and its name; it gives a dict of numbers.
    **arguments
        What it is called with; anything JSON can hold.
    """
    command = [sys.executable, "-m", "benchmarks.child", module, function, json.dumps(arguments)]
    done = subprocess.run(command, cwd=ROOT, env=_environment(), stdout=subprocess.PIPE, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _environment() -> dict[str, str]:
    # Settings of the shell must not point a contestant at a real service or through a proxy.
    return {
        name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")
    }


if __name__ == "__main__":
    _, module_name, function_name, given = sys.argv
    print(json.dumps(getattr(import_module(module_name), function_name)(**json.loads(given))))
