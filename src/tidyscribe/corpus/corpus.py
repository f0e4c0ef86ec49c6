"""`Corpus`: the tables of a call, or of everything in a store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tidyscribe.corpus.html import card
from tidyscribe.corpus.summary import Summary, summarise
from tidyscribe.errors import ErrorKind, InputError
from tidyscribe.providers.refusals import ADVICE
from tidyscribe.store.identity import NO_RECORDING
from tidyscribe.tables.build import transcripts_table
from tidyscribe.tables.schemas import SCHEMAS, to_pandas

if TYPE_CHECKING:
    from pyarrow.dataset import Dataset

    from tidyscribe.store.store import Store

#: Statuses a new attempt can be made of.
RETRIABLE = ("failed", "in_doubt", "lost")

Where = str | Callable[[pd.DataFrame], Any] | pd.Series


@dataclass(frozen=True)
class Selection:
    """The rows of a call: which transcript belongs to which row of the caller's frame."""

    #: The caller's index.
    index: pd.Index[Any]
    #: ``transcript_id`` of each row, in the order of the rows.
    transcript_ids: Sequence[str]
    #: Provider and model of the call, for rows without a recording.
    provider: str
    model: str
    #: Makes a new attempt: (ids to be sent anew, another provider or None) -> corpus.
    retry: Callable[[frozenset[str], str | None], Corpus]


class Corpus:
    """Transcripts, segments and words as tables; made by `transcribe` and `tidyscribe.open`.

    The tables are read when they are asked for and then kept; ``transcripts`` has the rows and
    the index of the frame that was transcribed.

    Examples
    --------
    >>> import tidyscribe
    >>> corpus = tidyscribe.transcribe(
    ...     ["data/recordings/empty_room.flac"], provider="local", store=store, progress=False)
    >>> corpus.transcripts[["status", "text", "n_words"]].to_dict("records")
    [{'status': 'completed', 'text': '', 'n_words': 0}]
    >>> len(corpus.segments), len(corpus.words)
    (0, 0)
    """

    def __init__(self, store: Store, selection: Selection | None = None) -> None:
        self.store = store
        self._selection = selection

    # Tables ---------------------------------------------------------------------------------

    @cached_property
    def transcripts(self) -> pd.DataFrame:
        """One row per row of the frame, with its index; see ``docs/tables.md`` for the columns."""
        frame = to_pandas(self.arrow("transcripts"))
        if self._selection is not None:
            frame.index = self._selection.index
        return frame

    @cached_property
    def segments(self) -> pd.DataFrame:
        """One row per segment: transcript_id, segment, start_s, end_s, speaker, text ..."""
        return to_pandas(self.arrow("segments"))

    @cached_property
    def words(self) -> pd.DataFrame:
        """One row per word or event: transcript_id, segment, word, start_s, end_s, text ..."""
        return to_pandas(self.arrow("words"))

    @cached_property
    def flags(self) -> pd.DataFrame:
        """One row per thing that looks wrong: transcript_id, flag, severity, detail."""
        return to_pandas(self.arrow("flags"))

    @property
    def errors(self) -> pd.DataFrame:
        """The rows of ``transcripts`` without a transcript: source, status, kind, error, advice."""
        frame = self.transcripts
        columns = ["transcript_id", "source", "status", "error_kind", "error", "advice", "task_id"]
        return frame.loc[(frame["status"] != "completed").to_numpy(dtype=bool), columns]

    def arrow(self, table: str) -> pa.Table:
        """Give a table as Arrow.

        Parameters
        ----------
        table
            ``"transcripts"``, ``"segments"``, ``"words"`` or ``"flags"``.
        """
        if table not in SCHEMAS:
            raise InputError(f"There is no table {table!r}; there are: {', '.join(SCHEMAS)}.")
        selection = self._selection
        if table == "transcripts":
            return self._transcripts
        if selection is None:
            return self.store.table(table)
        wanted = list(dict.fromkeys(selection.transcript_ids))
        return _in_order(self.store.table(table, wanted), wanted)

    def scan(self, table: str) -> Dataset:
        """Give a table as an Arrow dataset, which DuckDB and Polars read without loading it all.

        It holds what stands in the Parquet files of the whole store; rows that are not final
        (pending, not sent) are in `transcripts` only.
        """
        if table not in SCHEMAS:
            raise InputError(f"There is no table {table!r}; there are: {', '.join(SCHEMAS)}.")
        return self.store.scan(table)

    @cached_property
    def _transcripts(self) -> pa.Table:
        selection = self._selection
        if selection is None:
            return self.store.transcripts()
        wanted = list(dict.fromkeys(selection.transcript_ids))
        found = self.store.transcripts(wanted)
        if NO_RECORDING in wanted:
            found = pa.concat_tables([found, transcripts_table([_skipped(selection)])])
        ids = pa.array(selection.transcript_ids, pa.string())
        return found.take(pc.index_in(ids, found["transcript_id"].combine_chunks()))

    # A new attempt --------------------------------------------------------------------------

    def retry(self, where: Where | None = None, provider: str | None = None) -> Corpus:
        """Send failed, lost and doubtful recordings once more. This may be charged again.

        Parameters
        ----------
        where
            Which of them: a query such as ``"status == 'in_doubt'"``, a function from
            `errors` to a mask, or a mask. None for all.
        provider
            Another provider to send them to.

        Returns
        -------
        Corpus
            The rows of this corpus after the attempt; with another provider, only the rows
            that were sent to it.

        Raises
        ------
        InputError
            When this corpus was opened from a store: sources are not kept with their
            signatures, so the attempt has to start from the frame.
        """
        if self._selection is None:
            raise InputError(
                "A corpus opened from a store has no frame to send again; call "
                "frame.transcribe(...) as before and retry() what it gives."
            )
        chosen = self.errors.loc[lambda rows: rows["status"].isin(RETRIABLE)]
        if isinstance(where, str):
            chosen = chosen.query(where)
        elif where is not None:
            mask = where(chosen) if callable(where) else where.reindex(chosen.index)
            chosen = chosen.loc[mask]
        return self._selection.retry(frozenset(chosen["transcript_id"]), provider)

    # Looks ----------------------------------------------------------------------------------

    @cached_property
    def summary(self) -> Summary:
        """How many recordings, hours and words, what failed and what it cost."""
        return summarise(self._transcripts)

    def __len__(self) -> int:
        return self.summary.n_rows

    def __repr__(self) -> str:
        return f"<Corpus {self.store.path}: {self.summary}>"

    def _repr_html_(self) -> str:
        return card(self.summary, str(self.store.path), self.errors)


def _skipped(selection: Selection) -> dict[str, Any]:
    kind = ErrorKind.NO_SOURCE
    return {
        "transcript_id": NO_RECORDING,
        "provider": selection.provider,
        "model": selection.model,
        "status": "skipped",
        "attempts": 0,
        "error_kind": kind.value,
        "error": "The cell is empty: there is nothing to send.",
        "advice": ADVICE[kind],
    }


def _in_order(table: pa.Table, wanted: Sequence[str]) -> pa.Table:
    """Put rows in the order of the transcripts; the rows of one transcript keep theirs."""
    ids = table["transcript_id"].combine_chunks()
    ranks = pc.index_in(ids, pa.array(wanted, pa.string())).to_numpy(zero_copy_only=False)
    if np.all(ranks[1:] >= ranks[:-1]):
        return table
    return table.take(pa.array(np.argsort(ranks, kind="stable")))
