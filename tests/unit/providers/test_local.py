"""The embedded engine as a provider."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.samples import RECORDING
from tidyscribe.errors import OptionError
from tidyscribe.options import Options
from tidyscribe.providers.local import create
from tidyscribe.recordings import Recording

LOCAL = create(None)


@pytest.mark.parametrize(
    ("source", "audio_url"),
    [
        ("https://a.example/b.mp3", "https://a.example/b.mp3"),
        (Path("/calls/a b.mp3"), "file:///calls/a%20b.mp3"),
        (b"RIFF", "data:application/octet-stream;base64,UklGRg=="),
    ],
)
def test_every_source_has_an_address(source: object, audio_url: str) -> None:
    """Files and bytes are handed over as addresses only this application takes."""
    request = LOCAL.submit(Recording.of(source), Options())

    assert json.loads(request.json or b"") == {
        "model": "scribe-v2",  # the protocol's model, not the engine
        "audio_url": audio_url,
        "diarize": False,  # as it is
        "tag_audio_events": True,
    }


def test_relative_paths_become_absolute() -> None:
    """The application may run elsewhere."""
    request = LOCAL.submit(Recording.of("b.mp3"), Options())

    assert json.loads(request.json or b"")["audio_url"] == Path("b.mp3").absolute().as_uri()


@pytest.mark.parametrize("source", ["https://a.example/b.mp3", "b.mp3", b"RIFF"])
def test_every_source_is_taken(source: object) -> None:
    """Addresses, paths and bytes are all fine."""
    LOCAL.check(Recording.of(source), Options(language="en-US"))


def test_options_it_does_not_take_are_refused() -> None:
    """The message names provider and engine."""
    with pytest.raises(OptionError, match="local/pocketsphinx takes no temperature"):
        LOCAL.check(RECORDING, Options(temperature=1))


def test_it_needs_no_key() -> None:
    """Nothing leaves the machine, and nothing is paid."""
    assert not LOCAL.service.needs_key
    assert LOCAL.capabilities.is_free
