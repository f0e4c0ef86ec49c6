"""A FoxAPI server on loopback, and calls to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import tidyscribe
from tests.support.foxserver import KEY, FoxServer, running

Transcribe = Callable[..., tidyscribe.Corpus]


@pytest.fixture
def fox() -> Iterator[FoxServer]:
    """Run a server for one test."""
    with running() as server:
        yield server


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Name a store that does not exist yet."""
    return tmp_path / "calls.tidyscribe"


@pytest.fixture
def transcribe(fox: FoxServer, store: Path) -> Transcribe:
    """Transcribe a frame, or a list of names, with the server."""

    def call(data: object, **options: Any) -> tidyscribe.Corpus:
        frame = frame_of(data) if isinstance(data, list) else data
        given = {
            "provider": "foxapi/scribe-v2",
            "base_url": fox.url,
            "api_key": KEY,
            "store": store,
            "progress": False,
        } | options
        return frame.transcribe("audio_url", **given)

    return call


def url_of(name: str) -> str:
    """Give the address of a recording that the server treats as its name says."""
    return f"http://audio.test/{name}.mp3"


def frame_of(names: list[Any]) -> pd.DataFrame:
    """Make a frame of recordings; a name that is no string stands as it is."""
    urls = [url_of(name) if isinstance(name, str) and name.strip() else name for name in names]
    return pd.DataFrame({"audio_url": pd.Series(urls, dtype=object)})
