"""CPU time of ``import tidyscribe`` beside ``import pandas``, in alternating fresh interpreters."""

from __future__ import annotations

import argparse
import subprocess
import sys
from statistics import median

from benchmarks.child import ROOT
from benchmarks.measure import print_aim, print_table

#: Modules in the order in which they take turns; the first is the baseline.
MODULES = ("pandas", "tidyscribe")

_PROGRAM = "import time; t = time.process_time(); import {}; print(time.process_time() - t)"


def import_s(module: str) -> float:
    """Give the CPU seconds of an import, without the interpreter's own start."""
    command = [sys.executable, "-c", _PROGRAM.format(module)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout)


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="interpreters each (15)")
    rounds = parser.parse_args(arguments).rounds
    found: dict[str, list[float]] = {module: [import_s(module)] for module in MODULES}
    for module in MODULES:
        found[module].clear()  # the first may have had to compile
    for _ in range(rounds):
        for module in MODULES:
            found[module].append(import_s(module))
    middle = {module: median(times) for module, times in found.items()}
    print_table(
        f"Import, medians of {rounds} fresh interpreters",
        ("module", "CPU ms", "least", "most", "x pandas"),
        [
            (
                module,
                f"{middle[module] * 1000:.0f}",
                f"{min(times) * 1000:.0f}",
                f"{max(times) * 1000:.0f}",
                f"{middle[module] / middle['pandas']:.3f}",
            )
            for module, times in found.items()
        ],
    )
    print()
    print_aim(
        "import tidyscribe / import pandas", middle["tidyscribe"] / middle["pandas"], "<=", 1.15
    )


if __name__ == "__main__":
    main()
