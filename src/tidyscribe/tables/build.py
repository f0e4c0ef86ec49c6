"""Transcripts into Arrow: columns gathered over many transcripts, converted in one go.

`TableBuilder.add` takes results as they come in; `TableBuilder.build` gives the four tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from tidyscribe.results import Result, Segments, WordKind, Words
from tidyscribe.tables.schemas import FLAGS, SEGMENTS, TRANSCRIPTS, WORDS
from tidyscribe.tables.segmentation import derive_segments, place_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

#: Words held as Python objects at most, before they are turned into Arrow: few enough to stay
#: in the processor's cache.
_WORDS_A_CHUNK = 1_024

_WORD, _EVENT = WordKind.WORD.value, WordKind.EVENT.value


class TableBuilder:
    """Gathers transcripts and turns them into Arrow tables.

    Memory is bounded by what was added since the last `build`; words are converted in chunks.
    """

    def __init__(self) -> None:
        self._transcripts: list[Mapping[str, Any]] = []
        self._words = _Chunks(WORDS)
        self._segments = _Chunks(SEGMENTS)

    @property
    def n_transcripts(self) -> int:
        """Transcripts added since the last `build`."""
        return len(self._transcripts)

    @property
    def n_words(self) -> int:
        """Words added since the last `build`."""
        return self._words.n_rows

    def add(self, row: Mapping[str, Any], result: Result | None) -> None:
        """Add one transcript.

        Parameters
        ----------
        row
            Columns of ``transcripts`` that do not come from the reply, ``transcript_id`` among
            them.
        result
            What was transcribed, or None for a row without a transcript.
        """
        if result is None:
            self._transcripts.append(row)
            return
        transcript_id = row["transcript_id"]
        segments, numbers, origin = _segmented(result)
        self._words.add(transcript_id, _word_columns(result.words, numbers))
        self._segments.add(transcript_id, _segment_columns(segments, origin))
        self._transcripts.append({**row, **_summary(result, segments)})

    def build(self) -> dict[str, pa.Table]:
        """Give the four tables of what was added, and start anew."""
        tables = {
            "transcripts": transcripts_table(self._transcripts),
            "segments": self._segments.table(),
            "words": self._words.table(),
            "flags": FLAGS.empty_table(),
        }
        self.__init__()  # type: ignore[misc]
        return tables


class _Chunks:
    """Columns of many transcripts, turned into Arrow whenever enough have come together."""

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._chunks: list[pa.RecordBatch] = []
        self._start()
        self.n_rows = 0

    def _start(self) -> None:
        self._ids: list[str] = []
        self._counts: list[int] = []
        self._columns: list[list[Any]] = [[] for _ in self._schema.names[1:]]

    def add(self, transcript_id: str, columns: Sequence[Iterable[Any]]) -> None:
        """Add the rows of one transcript; columns in the schema's order, the id left out."""
        n_before = len(self._columns[0])
        for gathered, column in zip(self._columns, columns, strict=True):
            gathered.extend(column)
        n_added = len(self._columns[0]) - n_before
        self._ids.append(transcript_id)
        self._counts.append(n_added)
        self.n_rows += n_added
        if len(self._columns[0]) >= _WORDS_A_CHUNK:
            self._convert()

    def _convert(self) -> None:
        repeats = np.repeat(np.arange(len(self._ids)), self._counts)
        ids = pa.array(self._ids, pa.string()).take(pa.array(repeats))
        fields = list(self._schema)[1:]
        arrays = [
            to_arrow(column, field) for column, field in zip(self._columns, fields, strict=True)
        ]
        self._chunks.append(pa.RecordBatch.from_arrays([ids, *arrays], schema=self._schema))
        self._start()

    def table(self) -> pa.Table:
        """Give everything added, as one table."""
        if self._ids:
            self._convert()
        return pa.Table.from_batches(self._chunks, schema=self._schema).unify_dictionaries()


def to_arrow(values: list[Any], field: pa.Field) -> pa.Array:
    """Convert a column."""
    if values.count(None) == len(values):
        return pa.nulls(len(values), field.type)
    if pa.types.is_dictionary(field.type):
        return pa.array(values, field.type)
    if field.type == pa.int8():
        # A channel beyond the type (a mangled reply) is as good as none.
        values = [v if v is None or -128 <= v <= 127 else None for v in values]
    return pa.array(values, field.type)


def transcripts_table(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Make ``transcripts`` of rows; columns a row does not have are null."""
    arrays = [to_arrow([row.get(field.name) for row in rows], field) for field in TRANSCRIPTS]
    return pa.Table.from_arrays(arrays, schema=TRANSCRIPTS)


def _segmented(result: Result) -> tuple[Segments, list[int], str]:
    """Give segments, the segment of each word, and where the segments come from."""
    if result.segments is not None and len(result.segments):
        return result.segments, place_words(result.words, result.segments), "provider"
    if len(result.words) or not result.text:
        return *derive_segments(result.words), "derived"
    # A text without words and times is one segment, so that `segments` holds all that was said.
    return Segments([None], [None], [None], [result.text], [None]), [], "derived"


def _word_columns(words: Words, numbers: list[int]) -> Sequence[Iterable[Any]]:
    kinds = [_WORD] * len(words)
    if True in words.is_event:
        kinds = [_EVENT if event else _WORD for event in words.is_event]
    return (
        numbers,
        range(len(words)),
        words.start_s,
        words.end_s,
        words.text,
        words.space_after,
        kinds,
        words.speaker,
        words.confidence,
        words.channel,
    )


def _segment_columns(segments: Segments, origin: str) -> Sequence[Iterable[Any]]:
    n_segments = len(segments)
    return (
        range(n_segments),
        segments.start_s,
        segments.end_s,
        segments.speaker,
        segments.text,
        segments.confidence,
        [origin] * n_segments,
    )


def _summary(result: Result, segments: Segments) -> dict[str, Any]:
    speakers = {*segments.speaker, *result.words.speaker} - {None}
    n_events = result.words.is_event.count(True)
    return {
        "text": result.text,
        "language": result.language,
        "language_confidence": result.language_confidence,
        "duration_s": result.duration_s,
        "n_words": len(result.words) - n_events if len(result.words) else _count_words(result),
        "n_segments": len(segments),
        "n_speakers": len(speakers) or None,
        "served_by": result.served_by,
    }


def _count_words(result: Result) -> int | None:
    """Count no words for silence; where a service gives a text without words, say nothing."""
    return None if result.text else 0
