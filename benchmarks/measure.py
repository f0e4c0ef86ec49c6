"""CPU seconds, peak memory, medians and tables: what all benchmarks share."""

from __future__ import annotations

import resource
import sys
import time
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

#: ``ru_maxrss`` counts KiB on Linux and bytes on macOS.
_MAXRSS_UNIT_BYTES = 1 if sys.platform == "darwin" else 1024


class Meter:
    """Measures this process, all its threads included, from its making to `read`.

    Examples
    --------
    >>> meter = Meter()
    >>> sorted(meter.read())
    ['cpu_s', 'grown_mb', 'peak_mb', 'wall_s']
    """

    def __init__(self) -> None:
        self._peak_mb = peak_mb()
        self._wall_s = time.perf_counter()
        self._cpu_s = time.process_time()

    def read(self) -> dict[str, float]:
        """Give CPU and wall seconds, the peak in MB, and how far it rose above the start."""
        cpu_s = time.process_time() - self._cpu_s
        return {
            "cpu_s": cpu_s,
            "wall_s": time.perf_counter() - self._wall_s,
            "peak_mb": peak_mb(),
            "grown_mb": peak_mb() - self._peak_mb,
        }


def peak_mb() -> float:
    """Give the largest resident set this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _MAXRSS_UNIT_BYTES / 1e6


def medians(rounds: Sequence[dict[str, float]]) -> dict[str, float]:
    """Give the median of each figure over several rounds."""
    return {name: median(one[name] for one in rounds) for name in rounds[0]}


def print_table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: the first column to the left, figures to the right."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    print(f"\n{title}\n")
    for row in [head, ["-" * width for width in widths], *rows]:
        cells = [
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  ".join(cells).rstrip())


def print_aim(what: str, found: float, sign: str, aim: float) -> None:
    """Print a ratio beside its aim; `sign` is ``<=`` or ``>=``."""
    is_met = found <= aim if sign == "<=" else found >= aim
    print(f"{'met   ' if is_met else 'MISSED'}  {what}: {found:.2f} (aim {sign} {aim:g})")
