"""From the ledger to the Parquet parts: stored replies are read and become rows of tables.

The same way is taken during a run, after a crash and by `Store.rebuild`, so that the tables
never depend on what happened when.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tidyscribe.errors import ErrorKind, InputError, ProviderError
from tidyscribe.providers import get_provider
from tidyscribe.providers.refusals import ADVICE, unreadable
from tidyscribe.store.ledger import Ledger, State
from tidyscribe.store.parts import write_part
from tidyscribe.tables.build import TableBuilder

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping
    from pathlib import Path

    from tidyscribe.providers.base import Provider
    from tidyscribe.results import Result

#: Bytes of raw replies in one part at most (about 300,000 words), and rows in it.
PART_BYTES = 32 * 1024 * 1024
PART_ROWS = 5_000

#: How a state is called in the column ``status``.
STATUS_OF_STATE = {
    State.PLANNED: "skipped",
    State.SENDING: "in_doubt",
    State.ACCEPTED: "pending",
    State.COMPLETED: "completed",
    State.FAILED: "failed",
    State.IN_DOUBT: "in_doubt",
    State.LOST: "lost",
}

#: What is said of rows whose run ended without a word.
_UNTOLD = {
    State.PLANNED: (ErrorKind.NOT_SENT, "Not sent yet."),
    State.SENDING: (ErrorKind.AMBIGUOUS, "It was being submitted; the answer is not known yet."),
    State.ACCEPTED: (ErrorKind.WAITING, "The service has it; it was not finished when last asked."),
}

_COPIED = (
    "transcript_id",
    "source",
    "provider",
    "model",
    "cost",
    "cost_unit",
    "task_id",
    "request_id",
    "attempts",
    "error_kind",
    "error",
    "advice",
    "submitted_at",
    "completed_at",
)


@dataclass(frozen=True, slots=True)
class Projected:
    """A part that was written and is still to be noted in the ledger."""

    part: int
    rows_by_table: Mapping[str, int]
    transcript_ids: list[str]
    #: Stored replies that hold no transcript in a known shape.
    unreadable: list[tuple[str, ProviderError]]

    def note(self, ledger: Ledger) -> None:
        """Note the part in the ledger."""
        for transcript_id, error in self.unreadable:
            ledger.unreadable(transcript_id, error)
        ledger.add_part(self.part, dict(self.rows_by_table), self.transcript_ids)


def row_of(submission: sqlite3.Row) -> dict[str, Any]:
    """Give the columns of ``transcripts`` that stand in the ledger."""
    row = {name: submission[name] for name in _COPIED}
    if submission["past_cost"] is not None:  # earlier attempts were paid for as well
        row["cost"] = (row["cost"] or 0.0) + submission["past_cost"]
    state = State(submission["state"])
    row["status"] = STATUS_OF_STATE[state]
    if state in _UNTOLD and row["error_kind"] is None:
        kind, row["error"] = _UNTOLD[state]
        row["error_kind"], row["advice"] = kind.value, ADVICE[kind]
    return row


def write_projection(folder: Path, ledger: Ledger, part: int, skipped: int = 0) -> Projected | None:
    """Write the next part of what is final and in no part yet.

    Parameters
    ----------
    ledger
        Read only here; the caller notes the result in it.
    skipped
        Rows to leave out, since their provider is not installed here.

    Returns
    -------
    Projected or None
        None when there is nothing to write.
    """
    builder = TableBuilder()
    written: list[str] = []
    unreadable: list[tuple[str, ProviderError]] = []
    for submission in _one_part(ledger, skipped):
        row = row_of(submission)
        try:
            result = _read(ledger, submission)
        except InputError:
            continue  # its provider is not installed here; the row waits in the ledger
        except ProviderError as error:
            unreadable.append((row["transcript_id"], error))
            told = {"error_kind": error.kind.value, "error": str(error), "advice": error.advice}
            row, result = {**row, **told, "status": "failed"}, None
        builder.add(row, result)
        written.append(row["transcript_id"])
    if not written:
        # All of other packages' providers: look beyond them.
        n_seen = len(_one_part(ledger, skipped))
        return write_projection(folder, ledger, part, skipped + n_seen) if n_seen else None
    return Projected(part, write_part(folder, part, builder.build()), written, unreadable)


def _one_part(ledger: Ledger, skipped: int) -> list[sqlite3.Row]:
    """Take as many rows as make one part."""
    taken: list[sqlite3.Row] = []
    size_bytes = 0
    for submission in ledger.projectable(PART_ROWS, skipped):
        taken.append(submission)
        size_bytes += submission["size_bytes"] or 0
        if size_bytes >= PART_BYTES:
            break
    return taken


def _read(ledger: Ledger, submission: sqlite3.Row) -> Result | None:
    if submission["state"] != State.COMPLETED:
        return None
    provider = _provider(submission["provider"], submission["model"])
    reply = ledger.result(submission["transcript_id"])
    if reply is None:
        raise unreadable("The ledger holds no reply for this transcript.")
    try:
        return provider.read(reply)
    except ProviderError:
        raise
    except Exception as error:  # a reply nobody foresaw must not keep the others from their tables
        raise unreadable(
            f"The reply could not be read ({type(error).__name__}: {error})."
        ) from error


@lru_cache(maxsize=64)
def _provider(name: str, model: str) -> Provider:
    return get_provider(f"{name}/{model}")
