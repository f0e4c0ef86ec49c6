"""Recordings, and what the embedded engine makes of them."""

from __future__ import annotations

import asyncio
import csv
from dataclasses import dataclass
from pathlib import Path

import pytest

from tidyscribe.engines import EnginePool, Heard

DATA = Path(__file__).parents[3] / "data"
PLUGINS = Path(__file__).parent / "plugins"


@dataclass(frozen=True)
class Sample:
    """One of the sample recordings."""

    path: Path
    kind: str
    reference: str
    duration_s: float


def _samples() -> dict[str, Sample]:
    with (DATA / "recordings.csv").open(newline="", encoding="utf-8") as file:
        return {
            row["recording_id"]: Sample(
                DATA / row["audio"],
                row["kind"],
                row["reference_text"],
                float(row["duration_s"] or 0),
            )
            for row in csv.DictReader(file)
        }


#: Every sample recording that is audio.
SAMPLES = {name: sample for name, sample in _samples().items() if sample.kind != "broken"}
BROKEN = DATA / "recordings" / "broken.mp3"


@pytest.fixture(scope="session")
def heard() -> dict[str, Heard]:
    """Give what the embedded engine hears in each sample, made once by real workers."""

    async def transcribe_all() -> list[Heard]:
        async with EnginePool() as pool:
            jobs = [pool.transcribe(sample.path) for sample in SAMPLES.values()]
            return await asyncio.gather(*jobs)

    return dict(zip(SAMPLES, asyncio.run(transcribe_all()), strict=True))


@pytest.fixture
def trial_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a plug-in with engines that obey a text file."""
    monkeypatch.syspath_prepend(PLUGINS)


@pytest.fixture
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio."""
    return "asyncio"
