"""Words per CPU second and peak memory from stored Scribe replies to Parquet.

Each contestant is a process of its own that reads the same reply files, one at a time.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.child import in_child
from benchmarks.measure import Meter, medians, print_aim, print_table
from benchmarks.replies import write_replies

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Different replies on disk; they are read over and over.
_N_FILES = 20

OURS = "tidyscribe: read, build, write parts"
NORMALIZE = "pandas.json_normalize, to_parquet"
DECODE = "msgspec typed decode, nothing kept"

#: Contestants by what the table calls them.
CONTESTANTS = {NORMALIZE: "json_normalize", DECODE: "bare_decode", OURS: "tidyscribe"}


def _replies(folder: str, n: int) -> Iterator[bytes]:
    paths = sorted(Path(folder).glob("*.json"))
    for path in islice(cycle(paths), n):
        yield path.read_bytes()


def tidyscribe(folder: str, n: int) -> dict[str, float]:
    """Read replies into tables and write them in parts of the size a run writes."""
    from tidyscribe.exchange import Reply
    from tidyscribe.providers import get_provider
    from tidyscribe.store.parts import write_part
    from tidyscribe.store.projection import PART_BYTES
    from tidyscribe.tables.build import TableBuilder

    provider = get_provider("foxapi/scribe-v2")
    meter = Meter()
    with tempfile.TemporaryDirectory() as store:
        builder, size_bytes, part = TableBuilder(), 0, 1
        for number, body in enumerate(_replies(folder, n)):
            builder.add(_row(number), provider.read(Reply(200, body)))
            size_bytes += len(body)
            if size_bytes >= PART_BYTES:
                write_part(Path(store), part, builder.build())
                size_bytes, part = 0, part + 1
        write_part(Path(store), part, builder.build())
        return meter.read()


def _row(number: int) -> dict[str, object]:
    return {
        "transcript_id": f"{number:024x}",
        "source": f"https://audio.example/calls/{number:06d}.mp3",
        "provider": "foxapi",
        "model": "scribe-v2",
        "status": "completed",
        "attempts": 1,
    }


def json_normalize(folder: str, n: int) -> dict[str, float]:
    """Do what a notebook does: parse all, normalise all, write one file."""
    import pandas as pd
    import pyarrow.parquet  # noqa: F401 - loaded beforehand, as for the others

    meter = Meter()
    with tempfile.TemporaryDirectory() as store:
        tasks = [json.loads(body) for body in _replies(folder, n)]
        for number, task in enumerate(tasks):
            task["id"] = f"{number:024x}"
        words = pd.json_normalize(tasks, ["results", "words"], ["id"])
        words[words["type"] != "spacing"].to_parquet(Path(store) / "words.parquet")
        return meter.read()


def bare_decode(folder: str, n: int) -> dict[str, float]:
    """Decode replies into typed objects and drop them: a limit for whoever uses msgspec."""
    import msgspec

    from tidyscribe.wire.foxapi import ScribeTask

    decoder = msgspec.json.Decoder(ScribeTask)
    meter = Meter()
    for body in _replies(folder, n):
        decoder.decode(body)
    return meter.read()


def measure(n: int, n_words: int, rounds: int) -> dict[str, dict[str, float]]:
    """Measure all contestants, in turn, several times over."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in CONTESTANTS}
    with tempfile.TemporaryDirectory() as folder:
        write_replies(Path(folder), _N_FILES, n_words)
        for _ in range(rounds):
            for name, function in CONTESTANTS.items():
                found[name].append(in_child("benchmarks.tables_cpu", function, folder=folder, n=n))
    return {name: medians(figures) for name, figures in found.items()}


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=1000, help="replies (1000)")
    parser.add_argument("--words", type=int, default=1500, help="words in a reply (1500)")
    parser.add_argument("--rounds", type=int, default=1, help="medians of so many (1)")
    given = parser.parse_args(arguments)
    found = measure(given.n, given.words, given.rounds)
    speed = {name: given.n * given.words / figures["cpu_s"] for name, figures in found.items()}
    print_table(
        f"Replies to Parquet, {given.n} replies of {given.words} words",
        ("contestant", "M words/CPU s", "x json_normalize", "peak MB", "above its imports MB"),
        [
            (
                name,
                f"{speed[name] / 1e6:.3f}",
                f"{speed[name] / speed[NORMALIZE]:.2f}",
                f"{figures['peak_mb']:.0f}",
                f"{figures['grown_mb']:.0f}",
            )
            for name, figures in found.items()
        ],
    )
    print()
    print_aim("speed, tidyscribe / json_normalize", speed[OURS] / speed[NORMALIZE], ">=", 10)
    print_aim("speed, tidyscribe / msgspec decode", speed[OURS] / speed[DECODE], ">=", 0.3)
    grown = found[OURS]["grown_mb"] / found[NORMALIZE]["grown_mb"]
    print_aim("peak memory above imports, tidyscribe / json_normalize", grown, "<=", 0.1)


if __name__ == "__main__":
    main()
