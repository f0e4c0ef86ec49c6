"""The tables' columns and types: the one place that fixes them.

Arrow schemas say how tables are stored and handed to Arrow readers; `to_pandas` gives frames
whose dtypes never depend on what is in them. The columns are described in ``docs/tables.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from tidyscribe.errors import ErrorKind

if TYPE_CHECKING:
    import pandas as pd

#: Version of the tables, kept in each file's metadata.
SCHEMA_VERSION = "1"

STATUSES = ("completed", "failed", "in_doubt", "pending", "lost", "skipped")
ORIGINS = ("provider", "derived")
KINDS = ("word", "event")
SEVERITIES = ("info", "warning")

_text = pa.string()
_label = pa.dictionary(pa.int32(), pa.string())
_time = pa.timestamp("us", tz="UTC")


def _schema(table: str, fields: list[tuple[str, pa.DataType, bool]]) -> pa.Schema:
    return pa.schema(
        [pa.field(name, kind, nullable=nullable) for name, kind, nullable in fields],
        metadata={"tidyscribe_table": table, "tidyscribe_schema": SCHEMA_VERSION},
    )


TRANSCRIPTS = _schema(
    "transcripts",
    [
        ("transcript_id", _text, False),
        ("source", _text, True),
        ("provider", _label, False),
        ("model", _label, False),
        ("status", _label, False),
        ("text", _text, True),
        ("language", _label, True),
        ("language_confidence", pa.float32(), True),
        ("duration_s", pa.float64(), True),
        ("n_words", pa.int32(), True),
        ("n_segments", pa.int32(), True),
        ("n_speakers", pa.int32(), True),
        ("cost", pa.float64(), True),
        ("cost_unit", _label, True),
        ("served_by", _label, True),
        ("task_id", _text, True),
        ("request_id", _text, True),
        ("attempts", pa.int16(), False),
        ("error_kind", _label, True),
        ("error", _text, True),
        ("advice", _text, True),
        ("submitted_at", _time, True),
        ("completed_at", _time, True),
    ],
)
SEGMENTS = _schema(
    "segments",
    [
        ("transcript_id", _text, False),
        ("segment", pa.int32(), False),
        ("start_s", pa.float64(), True),
        ("end_s", pa.float64(), True),
        ("speaker", _label, True),
        ("text", _text, False),
        ("confidence", pa.float32(), True),
        ("origin", _label, False),
    ],
)
WORDS = _schema(
    "words",
    [
        ("transcript_id", _text, False),
        ("segment", pa.int32(), False),
        ("word", pa.int32(), False),
        ("start_s", pa.float64(), True),
        ("end_s", pa.float64(), True),
        ("text", _text, False),
        ("space_after", pa.bool_(), False),
        ("kind", _label, False),
        ("speaker", _label, True),
        ("confidence", pa.float32(), True),
        ("channel", pa.int8(), True),
    ],
)
FLAGS = _schema(
    "flags",
    [
        ("transcript_id", _text, False),
        ("flag", _label, False),
        ("severity", _label, False),
        ("detail", _text, True),
    ],
)

SCHEMAS = {"transcripts": TRANSCRIPTS, "segments": SEGMENTS, "words": WORDS, "flags": FLAGS}

#: Columns whose values are known beforehand: categories of these, whatever is in them.
_VOCABULARIES = {
    "status": STATUSES,
    "origin": ORIGINS,
    "kind": KINDS,
    "severity": SEVERITIES,
    "error_kind": tuple(kind.value for kind in ErrorKind),
}


def empty(table: str) -> pa.Table:
    """Give the table of that name with its columns and no rows."""
    found: pa.Table = SCHEMAS[table].empty_table()
    return found


def to_pandas(table: pa.Table) -> pd.DataFrame:
    """Make a frame whose dtypes depend on the schema alone.

    Strings become pyarrow-backed ``string``; columns with a fixed vocabulary become
    categories of the whole vocabulary; integers that may be missing become ``Int32`` and the
    like; missing floats are NaN.
    """
    import pandas as pd

    mapped = {
        pa.string(): pd.StringDtype("pyarrow"),
        pa.int32(): pd.Int32Dtype(),
        pa.int8(): pd.Int8Dtype(),
    }
    frame: pd.DataFrame = _with_plain_labels(table).to_pandas(types_mapper=mapped.get)
    for field in table.schema:
        if field.name in _VOCABULARIES:
            frame[field.name] = frame[field.name].cat.set_categories(_VOCABULARIES[field.name])
        elif pa.types.is_integer(field.type) and not field.nullable:
            frame[field.name] = frame[field.name].astype(field.type.to_pandas_dtype())
    return frame


def _with_plain_labels(table: pa.Table) -> pa.Table:
    """Make strings of labels with an open vocabulary, since categories would differ by content."""
    for position, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type) and field.name not in _VOCABULARIES:
            column = table.column(position).cast(pa.string())
            table = table.set_column(position, field.name, column)
    return table
