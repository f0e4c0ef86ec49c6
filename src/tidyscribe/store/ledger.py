"""The ledger: every submission, its state and its raw replies, in one SQLite file.

`Ledger` knows the statements; who calls it decides on threads and transactions
(`tidyscribe.store.writer` for a run). Times are microseconds since 1970, UTC.
"""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from tidyscribe.errors import StoreError, StoreUnwritableError, StoreVersionError
from tidyscribe.exchange import Reply
from tidyscribe.store.compression import compress, decompress
from tidyscribe.store.statements import migrations, statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from tidyscribe.errors import ProviderError
    from tidyscribe.providers.base import Finished, Pending

FILE_NAME = "ledger.sqlite"

#: "TSCR" in ASCII: tells the file from other SQLite files.
APPLICATION_ID = 0x54534352

#: Keys looked up in one statement; SQLite's default limit of variables is far above.
_KEYS_A_QUERY = 500


class State(StrEnum):
    """How far a submission has come; each is written before the step it names is relied on."""

    #: To be sent.
    PLANNED = "planned"
    #: The request is about to leave, or has left.
    SENDING = "sending"
    #: The service has it; the task id is known.
    ACCEPTED = "accepted"
    #: The reply with the transcript is stored.
    COMPLETED = "completed"
    #: It ended without a transcript.
    FAILED = "failed"
    #: Nobody knows whether the service accepted it.
    IN_DOUBT = "in_doubt"
    #: The service no longer knows the task.
    LOST = "lost"


FINAL_STATES = frozenset({State.COMPLETED, State.FAILED, State.IN_DOUBT, State.LOST})


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger knows of a submission, as far as a new run needs it."""

    state: State
    is_resendable: bool
    task_id: str | None
    #: Base URL it was sent to.
    address: str
    cost: float | None


def now_us() -> int:
    """Give the time as the ledger writes it."""
    return time.time_ns() // 1000


class Ledger:
    """One connection to a ledger.

    Parameters
    ----------
    folder
        The store's directory.
    is_writer
        Whether to create and migrate it and to write; a reader sees what was committed.
    """

    def __init__(self, folder: Path, *, is_writer: bool) -> None:
        self._path = folder / FILE_NAME
        self._db = self._connect_writer() if is_writer else self._connect_reader()
        self._db.row_factory = sqlite3.Row
        try:
            self._check_version()
            if is_writer:
                self._migrate()
        except BaseException:
            self._db.close()
            raise

    def _connect_writer(self) -> sqlite3.Connection:
        try:
            # Transactions are begun by hand; the writer's thread is not the one that opens.
            db = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise _translated(error, self._path) from error
        try:
            db.execute("PRAGMA journal_mode = WAL")
            # FULL: what was paid for survives a power cut, not only a crash.
            db.execute("PRAGMA synchronous = FULL")
        except sqlite3.Error as error:
            db.close()
            raise _translated(error, self._path) from error
        return db

    def _connect_reader(self) -> sqlite3.Connection:
        uri = self._path.absolute().as_uri()
        if not self._path.is_file():
            raise StoreError(
                f"There is no store at {self._path.parent}.", path=str(self._path.parent)
            )
        for mode in ("mode=ro", "immutable=1"):  # the second for read-only media
            try:
                db = sqlite3.connect(
                    f"{uri}?{mode}", uri=True, isolation_level=None, check_same_thread=False
                )
            except sqlite3.Error as error:
                raise _translated(error, self._path) from error
            try:
                db.execute("SELECT count(*) FROM sqlite_master")
            except sqlite3.OperationalError:
                db.close()
            except sqlite3.Error as error:
                db.close()
                raise _translated(error, self._path) from error
            else:
                return db
        raise StoreError(f"{self._path} cannot be read.", path=str(self._path.parent))

    def _check_version(self) -> None:
        try:
            application, version = self._pragma("application_id"), self._pragma("user_version")
            is_empty = not self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        except sqlite3.Error as error:
            raise _translated(error, self._path) from error
        if application != APPLICATION_ID and not (application == 0 and is_empty):
            raise StoreError(
                f"{self._path} is no ledger of tidyscribe.", path=str(self._path.parent)
            )
        if version > len(migrations()):
            raise StoreVersionError(
                f"The store {self._path.parent} has format {version}; this tidyscribe knows up "
                f"to {len(migrations())}. Upgrade tidyscribe; the data are safe.",
                path=str(self._path.parent),
            )

    def _pragma(self, name: str) -> int:
        return int(self._db.execute(f"PRAGMA {name}").fetchone()[0])

    def _migrate(self) -> None:
        version = self._pragma("user_version")
        for number, script in enumerate(migrations()[version:], version + 1):
            # One transaction with its record: a kill leaves the old format or the new one.
            try:
                self._db.executescript(
                    f"BEGIN IMMEDIATE;\n{script}\nPRAGMA application_id = {APPLICATION_ID};\n"
                    f"PRAGMA user_version = {number};\nCOMMIT;"
                )
            except sqlite3.Error as error:
                raise _translated(error, self._path) from error

    def close(self) -> None:
        """Close the connection; the write-ahead log is folded into the file."""
        self._db.close()

    # Transactions -------------------------------------------------------------------------

    def begin(self) -> None:
        """Begin a transaction."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise _translated(error, self._path) from error

    def commit(self) -> None:
        """Make what was written durable."""
        try:
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise _translated(error, self._path) from error

    def rollback(self) -> None:
        """Undo the transaction, if one is open (a full disk may have ended it already)."""
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def _do(self, name: str, **values: object) -> sqlite3.Cursor:
        try:
            return self._db.execute(statements()[name], values)
        except sqlite3.Error as error:
            raise _translated(error, self._path) from error

    def _rows(self, name: str, **values: object) -> list[sqlite3.Row]:
        return self._do(name, **values).fetchall()

    # What a run writes ----------------------------------------------------------------------

    def plan(self, rows: Iterable[dict[str, Any]]) -> None:
        """Note submissions to be made; those known already stay as they are."""
        now = now_us()
        try:
            self._db.executemany(statements()["plan"], ({**row, "now": now} for row in rows))
        except sqlite3.Error as error:
            raise _translated(error, self._path) from error

    def sending(self, transcript_id: str, address: str) -> None:
        """Note that a submit is about to leave."""
        self._do("sending", transcript_id=transcript_id, address=address, now=now_us())

    def accepted(self, transcript_id: str, task: Pending) -> None:
        """Note the task that a submit made."""
        self._do(
            "accepted",
            transcript_id=transcript_id,
            task_id=task.task_id,
            estimated_s=task.estimated_s,
            cost=task.cost,
            cost_unit=task.cost_unit,
        )

    def completed(self, transcript_id: str, reply: Reply, outcome: Finished) -> None:
        """Keep the reply with the transcript, and note that it is there."""
        self.keep_reply(transcript_id, "result", reply)
        self._do(
            "completed",
            transcript_id=transcript_id,
            cost=outcome.cost,
            cost_unit=outcome.cost_unit,
            now=now_us(),
        )

    def keep_reply(self, transcript_id: str, stage: str, reply: Reply) -> None:
        """Keep a raw reply."""
        self._do(
            "reply",
            transcript_id=transcript_id,
            stage=stage,
            now=now_us(),
            status=reply.status,
            content_type=reply.headers.get("content-type"),
            size_bytes=len(reply.body),
            body=compress(reply.body),
        )

    def ended(
        self,
        transcript_id: str,
        state: State,
        error: ProviderError,
        reply: Reply | None,
        is_resendable: bool = False,  # noqa: FBT001, FBT002 - the writer passes by position
    ) -> None:
        """Note an end without a transcript, and keep the reply that said so."""
        if reply is not None:
            self.keep_reply(
                transcript_id, "submit" if error.accepted is not True else "result", reply
            )
        self._do(
            "ended",
            transcript_id=transcript_id,
            state=state.value,
            is_resendable=int(is_resendable),
            now=now_us(),
            request_id=error.request_id,
            cost=error.cost,
            **_told(error),
        )

    def waiting(self, transcript_id: str, error: ProviderError) -> None:
        """Note that the waiting ended before the task did."""
        self._do("waiting", transcript_id=transcript_id, **_told(error))

    def unsent(self, provider: str, model: str, error: ProviderError) -> None:
        """Note of what is still to be sent why it was not."""
        self._do("unsent", provider=provider, model=model, **_told(error))

    def unreadable(self, transcript_id: str, error: ProviderError) -> None:
        """Note that a stored reply holds no transcript in a known shape."""
        self._do("unreadable", transcript_id=transcript_id, **_told(error))

    def replan(self, transcript_id: str) -> None:
        """Let a submission be sent anew; what became of it so far is remembered."""
        self._do("keep_attempt", transcript_id=transcript_id)
        self._do("replan", transcript_id=transcript_id)

    def restore(self) -> None:
        """Let what was to be sent anew, and was not, be what it was before."""
        self._do("restore")

    def doubt(self, error: ProviderError) -> int:
        """Put submits that were under way when their process ended in doubt; give their number."""
        return self._do("doubt", now=now_us(), **_told(error)).rowcount

    # Parquet parts --------------------------------------------------------------------------

    def next_part(self) -> int:
        """Give the number of the next part."""
        return int(self._do("next_part").fetchone()[0])

    def add_part(self, part: int, rows_by_table: dict[str, int], ids: Sequence[str]) -> None:
        """Note a part's files, and the submissions whose rows stand in it."""
        for table, n_rows in rows_by_table.items():
            self._do("add_part", part=part, table_name=table, n_rows=n_rows, now=now_us())
        statement = statements()["set_part"]
        try:
            self._db.executemany(statement, [{"part": part, "transcript_id": one} for one in ids])
        except sqlite3.Error as error:
            raise _translated(error, self._path) from error

    def drop_part(self, part: int) -> None:
        """Let a part's files count no more."""
        self._do("drop_part", part=part)

    def forget_parts(self) -> None:
        """Let everything be written to Parquet anew."""
        self._do("forget_parts")
        self._do("clear_parts")

    def parts_of(self, table: str) -> list[tuple[int, int]]:
        """Give (part, number of rows) of the files of one table, in order."""
        return [(row["part"], row["n_rows"]) for row in self._rows("parts_of", table_name=table)]

    def all_parts(self) -> set[tuple[int, str]]:
        """Give (part, table) of all files that count."""
        return {(row["part"], row["table_name"]) for row in self._rows("all_parts")}

    # What is known --------------------------------------------------------------------------

    def known(self, transcript_ids: Sequence[str]) -> dict[str, Known]:
        """Give what is known of submissions; ids that are not in the ledger are left out."""
        found = {}
        for row in self._select(
            "transcript_id, state, is_resendable, task_id, address, cost", transcript_ids
        ):
            found[row[0]] = Known(State(row[1]), bool(row[2]), row[3], row[4], row[5])
        return found

    def parts_holding(self, transcript_ids: Sequence[str]) -> dict[str, int | None]:
        """Give for each known submission the Parquet part its row stands in."""
        return {row[0]: row[1] for row in self._select("transcript_id, part", transcript_ids)}

    def rows(self, transcript_ids: Sequence[str]) -> list[sqlite3.Row]:
        """Give the rows of submissions."""
        return list(self._select("*", transcript_ids))

    def _select(self, columns: str, transcript_ids: Sequence[str]) -> Iterator[sqlite3.Row]:
        for first in range(0, len(transcript_ids), _KEYS_A_QUERY):
            keys = list(transcript_ids[first : first + _KEYS_A_QUERY])
            marks = ",".join("?" * len(keys))
            yield from self._db.execute(
                f"SELECT {columns} FROM submissions WHERE transcript_id IN ({marks})",  # noqa: S608
                keys,
            )

    def projectable(self, limit: int, skipped: int = 0) -> list[sqlite3.Row]:
        """Give final rows that stand in no Parquet part yet, the first few left out."""
        return self._rows("projectable", limit=limit, skipped=skipped)

    def unprojected(self) -> list[sqlite3.Row]:
        """Give all rows that no Parquet part holds."""
        return self._rows("unprojected")

    def result(self, transcript_id: str) -> Reply | None:
        """Give the stored reply that holds the transcript."""
        row = self._do("result", transcript_id=transcript_id).fetchone()
        if row is None:
            return None
        headers = {"content-type": row["content_type"]} if row["content_type"] else {}
        return Reply(row["status"], decompress(row["body"], row["size_bytes"]), headers)

    def counts(self) -> list[tuple[str, State, int, float | None, str | None]]:
        """Give (provider/model, state, rows, cost, unit of cost)."""
        return [(row[0], State(row[1]), row[2], row[3], row[4]) for row in self._rows("counts")]

    def last_errors(self, limit: int) -> list[sqlite3.Row]:
        """Give the latest failures."""
        return self._rows("last_errors", limit=limit)

    def file(self, path: bytes) -> tuple[int, int, str] | None:
        """Give size in bytes, modification time in ns and content hash of a file seen before."""
        row = self._do("file", path=path).fetchone()
        return tuple(row) if row else None

    def add_file(self, path: bytes, size_bytes: int, mtime_ns: int, digest: str) -> None:
        """Remember a file's content hash."""
        self._do("add_file", path=path, size_bytes=size_bytes, mtime_ns=mtime_ns, digest=digest)


def _told(error: ProviderError) -> dict[str, str]:
    return {"error_kind": error.kind.value, "error": str(error), "advice": error.advice}


#: What SQLite says when there is no room, and when it may not write.
_UNWRITABLE = ("full", "readonly", "disk I/O error", "unable to open", "permission")


def _translated(error: sqlite3.Error, path: Path) -> StoreError:
    text = str(error)
    folder = path.parent
    if any(word in text for word in _UNWRITABLE):
        return StoreUnwritableError(
            f"The store {folder} cannot be written ({text}). "
            "Make room or give it the right permissions; what is in it is kept.",
            path=str(folder),
        )
    return StoreError(f"The ledger {path} cannot be used: {text}.", path=str(folder))
