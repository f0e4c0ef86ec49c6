"""Transcripts into Arrow."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.samples import reply
from tidyscribe.errors import ProviderError
from tidyscribe.providers.foxapi import create
from tidyscribe.results import Result, Segments, Words
from tidyscribe.tables import build
from tidyscribe.tables.build import TableBuilder, to_arrow, transcripts_table
from tidyscribe.tables.schemas import SCHEMAS

ROW = {
    "transcript_id": "t1",
    "provider": "foxapi",
    "model": "scribe-v2",
    "status": "completed",
    "attempts": 1,
}


def spoken(*texts: str, **columns: list[Any]) -> Words:
    """Make words of a second each, the columns named in place of the usual ones."""
    n_words = len(texts)
    usual: dict[str, list[Any]] = {
        "text": list(texts),
        "start_s": [float(number) for number in range(n_words)],
        "end_s": [number + 0.5 for number in range(n_words)],
        "space_after": [True] * (n_words - 1) + [False],
        "is_event": [False] * n_words,
        "speaker": [None] * n_words,
        "confidence": [None] * n_words,
        "channel": [None] * n_words,
    }
    return Words(**(usual | columns))


def built(result: Result | None) -> dict[str, pa.Table]:
    """Give the tables of one transcript."""
    builder = TableBuilder()
    builder.add(ROW, result)
    return builder.build()


def test_no_rows_are_empty_tables() -> None:
    """Every table is there with all its columns."""
    assert TableBuilder().build() == {
        name: schema.empty_table() for name, schema in SCHEMAS.items()
    }


def test_a_transcript() -> None:
    """Its figures are counted: words without events, segments, speakers."""
    words = spoken(
        "Good", "(cough)", "day.", is_event=[False, True, False], speaker=["A", None, "B"]
    )

    row = built(Result("Good (cough) day.", "en", 0.5, 2.5, words))["transcripts"].to_pylist()[0]

    assert (row["text"], row["language"], row["duration_s"]) == ("Good (cough) day.", "en", 2.5)
    assert (row["n_words"], row["n_segments"], row["n_speakers"]) == (2, 2, 2)
    assert (row["transcript_id"], row["status"], row["cost"]) == ("t1", "completed", None)


def test_words() -> None:
    """A row a word, numbered within its transcript, with the number of its segment."""
    words = spoken(
        "Hi", "(cough)", is_event=[False, True], speaker=["A", "B"], confidence=[0.5, None],
        channel=[0, 300],
    )  # fmt: skip

    rows = built(Result("Hi (cough)", words=words))["words"].to_pylist()

    assert [list(row.values()) for row in rows] == [
        ["t1", 0, 0, 0.0, 0.5, "Hi", True, "word", "A", 0.5, 0],
        # a channel beyond int8 is as good as none
        ["t1", 1, 1, 1.0, 1.5, "(cough)", False, "event", "B", None, None],
    ]


def test_derived_segments_say_so() -> None:
    """Cut from words: the origin is no service."""
    rows = built(Result("Hi you.", words=spoken("Hi", "you.")))["segments"].to_pylist()

    assert [list(row.values()) for row in rows] == [
        ["t1", 0, 0.0, 1.5, None, "Hi you.", None, "derived"]
    ]


def test_segments_of_a_service_are_kept() -> None:
    """Words are placed in them."""
    segments = Segments([0.0, 1.0], [0.9, 1.9], ["A", "B"], ["Hi", "you."], [0.5, None])

    tables = built(Result("Hi you.", words=spoken("Hi", "you."), segments=segments))

    assert tables["segments"]["origin"].to_pylist() == ["provider", "provider"]
    assert tables["segments"]["text"].to_pylist() == ["Hi", "you."]
    assert tables["words"]["segment"].to_pylist() == [0, 1]
    assert tables["transcripts"]["n_speakers"].to_pylist() == [2]


def test_a_text_without_words_is_one_segment() -> None:
    """All that was said stands in `segments`; how many words it has is not known."""
    tables = built(Result("Hi you."))

    assert tables["segments"]["text"].to_pylist() == ["Hi you."]
    assert tables["transcripts"]["n_words"].to_pylist() == [None]


def test_silence_has_no_words_and_no_segments() -> None:
    """Nothing was said, which is known."""
    tables = built(Result(""))

    assert (tables["segments"].num_rows, tables["words"].num_rows) == (0, 0)
    assert tables["transcripts"].select(["n_words", "n_segments"]).to_pylist() == [
        {"n_words": 0, "n_segments": 0}
    ]


def test_a_row_without_a_transcript() -> None:
    """A failure is a row, too, and in no other table."""
    tables = built(None)

    assert [tables[name].num_rows for name in SCHEMAS] == [1, 0, 0, 0]
    assert tables["transcripts"]["text"].to_pylist() == [None]


def test_building_starts_anew() -> None:
    """What was built is forgotten."""
    builder = TableBuilder()
    builder.add(ROW, Result("Hi", words=spoken("Hi")))
    builder.build()

    assert (builder.n_transcripts, builder.n_words) == (0, 0)
    assert builder.build()["words"].num_rows == 0


def test_many_words_make_one_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words are turned into Arrow in chunks, and come out in order with one set of labels."""
    monkeypatch.setattr(build, "_WORDS_A_CHUNK", 3)
    builder = TableBuilder()
    for number in range(5):
        words = spoken("a", "b", speaker=[f"S{number}", None])
        builder.add({**ROW, "transcript_id": f"t{number}"}, Result("a b", words=words))

    table = builder.build()["words"]

    assert table["transcript_id"].to_pylist() == [f"t{number}" for number in range(5) for _ in "ab"]
    assert table["speaker"].to_pylist() == [one for n in range(5) for one in (f"S{n}", None)]
    assert len({chunk.dictionary.to_pylist().__repr__() for chunk in table["speaker"].chunks}) == 1


def test_missing_columns_are_null() -> None:
    """A row has what it has."""
    table = transcripts_table([ROW])

    assert table.schema == SCHEMAS["transcripts"]
    assert table["cost"].to_pylist() == [None]


@pytest.mark.parametrize(
    ("channel", "expected"), [(0, 0), (127, 127), (128, None), (-128, -128), (-129, None)]
)
def test_channels_beyond_the_type_are_none(channel: int, expected: int | None) -> None:
    """A mangled number costs its cell, not the table."""
    assert to_arrow([channel], pa.field("channel", pa.int8())).to_pylist() == [expected]


# Any reply --------------------------------------------------------------------------------------

_ODD = st.sampled_from([None, "", "x", "\ud800", -1, 10**30, 1e308, float("nan"), True, [], {}])
_TEXT = st.text(max_size=5) | _ODD
_TIME = st.floats(0, 100) | _ODD
_WORD = st.fixed_dictionaries(
    {},
    optional={
        "text": _TEXT,
        "start": _TIME,
        "end": _TIME,
        "type": st.sampled_from(["word", "spacing", "audio_event", "other"]) | _ODD,
        "speaker_id": st.sampled_from(["A", "B", 0]) | _ODD,
        "logprob": st.floats(-5, 1) | _ODD,
        "channel_index": st.integers(0, 300) | _ODD,
    },
)
_RESULT = st.recursive(
    st.fixed_dictionaries(
        {},
        optional={
            "text": _TEXT,
            "language_code": st.sampled_from(["eng", "yue", "en-US-US"]) | _ODD,
            "language_probability": st.floats(0, 1) | _ODD,
            "words": st.lists(_WORD | _ODD, max_size=5) | _ODD,
            "audio_duration_secs": _TIME,
            "channel_index": st.integers(0, 5) | _ODD,
        },
    ),
    lambda results: st.fixed_dictionaries({"transcripts": st.lists(results, max_size=3)}),
    max_leaves=4,
)


@given(st.lists(_RESULT, max_size=2))
def test_any_readable_reply_becomes_tables(results: list[dict[str, Any]]) -> None:
    """Whatever is read goes into the tables, row for row, and words refer to segments."""
    try:
        result = create(None).read(reply(json.dumps({"results": results}).encode()))
    except ProviderError:
        return
    n_words = len(result.words)

    tables = built(result)

    assert {name: table.schema for name, table in tables.items()} == SCHEMAS
    assert (tables["transcripts"].num_rows, tables["words"].num_rows) == (1, n_words)
    assert tables["segments"]["segment"].to_pylist() == list(range(tables["segments"].num_rows))
    assert set(tables["words"]["segment"].to_pylist()) <= set(
        tables["segments"]["segment"].to_pylist()
    )
    for table in tables.values():
        table.validate(full=True)
