"""Calls that cannot be carried out as written: a clear message, and nothing is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import tidyscribe
from tests.integration.conftest import Transcribe, frame_of
from tests.support.foxserver import FoxServer

CASES: list[tuple[str, dict[str, Any], type[Exception], str]] = [
    ("no_such_provider", {"provider": "foxappi/x"}, tidyscribe.UnknownProviderError, "Did you mean 'foxapi'"),
    ("no_such_model", {"provider": "foxapi/whisper"}, tidyscribe.UnknownProviderError, "scribe-v2"),
    ("no_such_option", {"langauge": "en"}, tidyscribe.OptionError, "Did you mean 'language'"),
    ("option_not_taken", {"prompt": "hi"}, tidyscribe.OptionError, "takes no prompt"),
    ("language", {"language": "English please"}, tidyscribe.OptionError, "language"),
    ("language_region", {"language": "pt-BR"}, tidyscribe.OptionError, "'pt'"),
    ("keyterms", {"keyterms": ["a"] * 101}, tidyscribe.OptionError, "at most 100"),
    ("keyterm", {"keyterms": ["a" * 51]}, tidyscribe.OptionError, "50 characters"),
    ("keyterms_text", {"keyterms": "word"}, tidyscribe.OptionError, "list of strings"),
    ("diarize", {"diarize": "yes"}, tidyscribe.OptionError, "True, False"),
    ("extra", {"extra": {"audio_url": "x"}}, tidyscribe.OptionError, "audio_url"),
    ("extra_value", {"extra": {"x": object()}}, tidyscribe.OptionError, "JSON"),
    ("in_flight", {"max_in_flight": 0}, tidyscribe.OptionError, "max_in_flight=0"),
    ("deadline", {"deadline_s": -1}, tidyscribe.OptionError, "deadline_s"),
    ("base_url", {"base_url": "api.foxapi.cc"}, tidyscribe.InputError, "base_url"),
    ("loop", {"loop": "mine"}, tidyscribe.InputError, "'private' or 'current'"),
    ("key", {"api_key": None}, tidyscribe.MissingKeyError, "FOXAPI_API_KEY"),
    ("column", {"language": tidyscribe.column("lnag")}, tidyscribe.ColumnNotFoundError, "Did you mean 'lang'"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "kind", "message"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_bad_options_are_refused(
    transcribe: Transcribe,
    fox: FoxServer,
    store: Path,
    given: dict[str, Any],
    kind: type[Exception],
    message: str,
) -> None:
    """The message names what is wrong and what to do; nothing is sent or written."""
    frame = frame_of(["ok-1"]).assign(lang="en")

    with pytest.raises(kind, match=message):
        transcribe(frame, **given)

    assert fox.requests.total() == 0
    assert not store.exists()


SOURCES = [
    ("ftp://host/a.mp3", "ftp: addresses are not accepted"),
    ("data:audio/wav;base64,AAAA", "data: addresses are not accepted"),
    ("/no/such/file.mp3", "by http"),
    ("http://", "no valid URL"),
    (12.5, "no recording"),
]


@pytest.mark.parametrize(("source", "message"), SOURCES)
def test_bad_sources_name_row_and_column(
    transcribe: Transcribe, fox: FoxServer, source: object, message: str
) -> None:
    """A cell that cannot be sent is named by its row and column before anything is sent."""
    urls = pd.Series(
        ["http://audio.test/ok-1.mp3", source], index=["first", "second"], dtype=object
    )
    frame = urls.to_frame("audio_url")

    with pytest.raises(tidyscribe.SourceError, match=message) as caught:
        transcribe(frame)

    assert (caught.value.row, caught.value.column) == ("second", "audio_url")
    assert "1 of 2 rows" in str(caught.value)
    assert fox.requests.total() == 0


def test_a_path_that_does_not_exist_is_named(tmp_path: Path) -> None:
    """The local engine is not started for a file that is not there."""
    with pytest.raises(tidyscribe.SourceError, match="does not exist"):
        tidyscribe.transcribe([str(tmp_path / "gone.wav")], provider="local", store=tmp_path / "s")


def test_signatures_are_kept_out_of_messages(transcribe: Transcribe) -> None:
    """A message about a row shows its address without its signature."""
    frame = pd.DataFrame({"audio_url": ["https://host/a b.mp3?X-Amz-Signature=top-secret-value"]})

    with pytest.raises(tidyscribe.SourceError) as caught:
        transcribe(frame)

    assert "top-secret-value" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"language": "de"}, "understands en only"),
        ({"diarize": True}, "cannot tell speakers apart"),
        ({"keyterms": ["x"]}, "takes no keyterms"),
        ({"extra": {"x": 1}}, "takes no extra"),
    ],
)
def test_the_local_engine_says_what_it_cannot(given: dict[str, Any], message: str) -> None:
    """What the embedded engine cannot do is refused before it is started."""
    with pytest.raises(tidyscribe.OptionError, match=message):
        tidyscribe.transcribe(["data/recordings/interview.flac"], provider="local", **given)


def test_the_nearest_column_is_named() -> None:
    """A misspelt column gets the name that was probably meant."""
    frame = frame_of(["ok-1"])

    with pytest.raises(tidyscribe.ColumnNotFoundError, match="Did you mean 'audio_url'"):
        frame.transcribe("audio_ulr", provider="foxapi/scribe-v2")


@pytest.mark.parametrize("data", ["one.mp3", 7, {"a": 1}, None])
def test_what_is_no_table_is_refused(data: object) -> None:
    """A single recording, a number or a dict is no table of recordings."""
    with pytest.raises(tidyscribe.InputError, match="Expected a DataFrame"):
        tidyscribe.transcribe(data, provider="local")
