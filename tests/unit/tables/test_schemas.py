"""The tables' columns and types: what other people's code depends on."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

from tidyscribe.errors import ErrorKind
from tidyscribe.tables.schemas import SCHEMAS, empty, to_pandas

#: Version 1, written out: changing a line here breaks somebody's notebook.
VERSION_1 = {
    "transcripts": """
        transcript_id string
        source string?
        provider dict
        model dict
        status dict
        text string?
        language dict?
        language_confidence float?
        duration_s double?
        n_words int32?
        n_segments int32?
        n_speakers int32?
        cost double?
        cost_unit dict?
        served_by dict?
        task_id string?
        request_id string?
        attempts int16
        error_kind dict?
        error string?
        advice string?
        submitted_at timestamp[us, tz=UTC]?
        completed_at timestamp[us, tz=UTC]?
    """,
    "segments": """
        transcript_id string
        segment int32
        start_s double?
        end_s double?
        speaker dict?
        text string
        confidence float?
        origin dict
    """,
    "words": """
        transcript_id string
        segment int32
        word int32
        start_s double?
        end_s double?
        text string
        space_after bool
        kind dict
        speaker dict?
        confidence float?
        channel int8?
    """,
    "flags": """
        transcript_id string
        flag dict
        severity dict
        detail string?
    """,
}

tables = pytest.mark.parametrize("table", SCHEMAS)

_FULL = {
    pa.string(): "x",
    pa.int8(): 1,
    pa.int16(): 1,
    pa.int32(): 1,
    pa.float32(): 0.5,
    pa.float64(): 0.5,
    pa.bool_(): True,
    pa.timestamp("us", tz="UTC"): 1_760_000_000_000_000,
}
_VOCABULARY = {
    "status": "failed",
    "origin": "derived",
    "kind": "event",
    "severity": "warning",
    "error_kind": "auth",
}


def written(schema: pa.Schema) -> list[str]:
    """Write a schema as above."""
    label = pa.dictionary(pa.int32(), pa.string())
    return [
        f"{field.name} {'dict' if field.type == label else field.type}{'?' * field.nullable}"
        for field in schema
    ]


def filled(table: str, *, with_nulls: bool) -> pa.Table:
    """Give a table with one row, its nullable columns null or not."""
    arrays = []
    for field in SCHEMAS[table]:
        is_label = pa.types.is_dictionary(field.type)
        value = _VOCABULARY.get(field.name, "x") if is_label else _FULL[field.type]
        value = None if with_nulls and field.nullable else value
        arrays.append(pa.array([value], field.type))
    return pa.Table.from_arrays(arrays, schema=SCHEMAS[table])


@tables
def test_columns_and_types(table: str) -> None:
    """Column for column, type for type, null or not."""
    expected = [line.strip() for line in VERSION_1[table].strip().splitlines()]

    assert written(SCHEMAS[table]) == expected


@tables
def test_the_version_travels_with_the_table(table: str) -> None:
    """A file says what it holds, and in which version."""
    assert SCHEMAS[table].metadata == {
        b"tidyscribe_table": table.encode(),
        b"tidyscribe_schema": b"1",
    }


@tables
@pytest.mark.parametrize("with_nulls", [False, True])
def test_dtypes_do_not_depend_on_the_rows(table: str, *, with_nulls: bool) -> None:
    """No rows, rows full of nulls and rows without any have the same dtypes."""
    expected = to_pandas(empty(table)).dtypes

    pd.testing.assert_series_equal(to_pandas(filled(table, with_nulls=with_nulls)).dtypes, expected)


@tables
def test_dtypes_do_not_depend_on_the_parts(table: str) -> None:
    """Tables put together of several parts, each with its own labels, are no different."""
    parts = [filled(table, with_nulls=False), filled(table, with_nulls=True), empty(table)]

    frame = to_pandas(pa.concat_tables(parts))

    assert len(frame) == 2
    pd.testing.assert_series_equal(frame.dtypes, to_pandas(empty(table)).dtypes)


def test_values_survive_pandas() -> None:
    """What is in the table is in the frame."""
    frame = to_pandas(filled("words", with_nulls=False))

    assert frame.iloc[0].to_dict() == {
        "transcript_id": "x",
        "segment": 1,
        "word": 1,
        "start_s": 0.5,
        "end_s": 0.5,
        "text": "x",
        "space_after": True,
        "kind": "event",
        "speaker": "x",
        "confidence": 0.5,
        "channel": 1,
    }


def test_nulls_are_nulls_in_pandas() -> None:
    """What is missing is missing, not zero and not empty."""
    frame = to_pandas(filled("transcripts", with_nulls=True))

    nullable = [field.name for field in SCHEMAS["transcripts"] if field.nullable]
    assert frame[nullable].isna().all(axis=None)
    assert not frame.drop(columns=nullable).isna().any(axis=None)


def test_error_kinds_are_a_fixed_vocabulary() -> None:
    """A plot by kind has all of them, in one order."""
    frame = to_pandas(empty("transcripts"))

    assert list(frame["error_kind"].cat.categories) == [kind.value for kind in ErrorKind]
