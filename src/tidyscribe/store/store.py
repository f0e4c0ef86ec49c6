"""The store: one directory, read by anyone, written by one run at a time.

`Store` reads. `Session` holds the lock and writes; a run opens one, and so do `Store.rebuild`
and whatever else changes the store.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pyarrow as pa
import pyarrow.compute as pc

from tidyscribe.errors import ErrorKind, ProviderError, StoreError, StoreUnwritableError
from tidyscribe.providers.refusals import ADVICE
from tidyscribe.store.identity import content_hash
from tidyscribe.store.ledger import FILE_NAME, Ledger
from tidyscribe.store.lock import StoreLock
from tidyscribe.store.parts import part_path, read_parts, sweep, write_part
from tidyscribe.store.projection import Projected, row_of, write_projection
from tidyscribe.store.writer import Writer
from tidyscribe.tables.build import transcripts_table
from tidyscribe.tables.schemas import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from pyarrow.dataset import Dataset

    from tidyscribe.store.ledger import State

DEFAULT_PATH = Path("transcripts.tidyscribe")


class Store:
    """Reads a store's tables.

    Parameters
    ----------
    path
        The store's directory.

    Raises
    ------
    StoreError
        When there is no store at that path.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        if not (self.path / FILE_NAME).is_file():
            raise StoreError(f"There is no store at {self.path}.", path=str(self.path))

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r})"

    def transcripts(self, transcript_ids: Sequence[str] | None = None) -> pa.Table:
        """Give the table ``transcripts``: what is in Parquet, and what only the ledger has."""
        stored = self.table("transcripts", transcript_ids)
        with closing(Ledger(self.path, is_writer=False)) as ledger:
            rows = [row_of(submission) for submission in ledger.unprojected()]
        live = transcripts_table(rows)
        if transcript_ids is not None:
            live = live.filter(
                pc.is_in(live["transcript_id"], pa.array(transcript_ids, pa.string()))
            )
        return pa.concat_tables([stored, live])

    def table(self, name: str, transcript_ids: Sequence[str] | None = None) -> pa.Table:
        """Give the stored rows of a table, in the order in which they were written."""
        with closing(Ledger(self.path, is_writer=False)) as ledger:
            parts = [part for part, _ in ledger.parts_of(name)]
            if transcript_ids is not None:
                holding = set(ledger.parts_holding(transcript_ids).values())
                parts = [part for part in parts if part in holding]
        return read_parts(self.path, name, parts, transcript_ids)

    def scan(self, name: str) -> Dataset:
        """Give the stored rows of a table as an Arrow dataset."""
        from pyarrow.dataset import dataset  # slow to import, rarely needed

        with closing(Ledger(self.path, is_writer=False)) as ledger:
            paths = [str(part_path(self.path, name, part)) for part, _ in ledger.parts_of(name)]
        return dataset(paths, schema=SCHEMAS[name], format="parquet")

    def counts(self) -> list[tuple[str, State, int, float | None, str | None]]:
        """Give (provider/model, state, number of rows, cost, unit of cost)."""
        with closing(Ledger(self.path, is_writer=False)) as ledger:
            return ledger.counts()

    def last_errors(self, limit: int = 5) -> list[dict[str, Any]]:
        """Give the latest failures: source, state, kind, message and advice of each."""
        with closing(Ledger(self.path, is_writer=False)) as ledger:
            return [dict(row) for row in ledger.last_errors(limit)]

    def rebuild(self) -> None:
        """Write all Parquet parts anew from the ledger's raw replies."""
        with Session(self.path) as session:
            session.rebuild()


class Session:
    """A store opened for writing, from ``with`` to its end.

    Raises
    ------
    StoreLockedError
        When another run has it.
    StoreUnwritableError
        When the directory cannot be made or written.
    StoreVersionError
        When a newer tidyscribe wrote it.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._make_folder()
        self._lock = StoreLock(self.path)
        self._next_part = 1

    def _make_folder(self) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            for table in SCHEMAS:
                (self.path / table).mkdir(exist_ok=True)
        except OSError as error:
            raise _unwritable(self.path, error) from error

    def __enter__(self) -> Self:
        try:
            self._lock.acquire()
        except PermissionError as error:
            raise _unwritable(self.path, error) from error
        try:
            self._open()
        except BaseException:
            self._lock.release()
            raise
        return self

    def _open(self) -> None:
        self.ledger = Ledger(self.path, is_writer=True)
        try:
            sweep(self.path, self.ledger.all_parts())
            self._next_part = self.ledger.next_part()
            self._write(_recover)
            self.writer = Writer(self.ledger, self.path)
            self.writer.start()
        except BaseException:
            self.ledger.close()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.writer.close()
        self.ledger.close()
        self._lock.release()

    def _write(self, operation: Callable[[Ledger], Any]) -> Any:
        """Do something in a transaction of its own, while the writer's thread is not at work."""
        try:
            self.ledger.begin()
            value = operation(self.ledger)
            self.ledger.commit()
        except BaseException:
            self.ledger.rollback()
            raise
        return value

    async def project(self) -> None:
        """Write what is final to Parquet, in parts of bounded size."""
        while True:
            projected = await asyncio.to_thread(self._project_one)
            if projected is None:
                return
            await self.writer.do(lambda ledger, done=projected: done.note(ledger))

    def _project_one(self) -> Projected | None:
        # A connection of its own: the writer's belongs to the writer's thread.
        with closing(Ledger(self.path, is_writer=False)) as ledger:
            projected = write_projection(self.path, ledger, self._next_part)
        self._next_part += 1
        return projected

    def rebuild(self) -> None:
        """Write all Parquet parts anew; a kill on the way costs nothing, the next run goes on."""
        self._write(lambda ledger: ledger.forget_parts())
        while projected := self._project_one():
            self._write(projected.note)
        sweep(self.path, self.ledger.all_parts())

    async def withdraw(self, transcript_ids: Sequence[str]) -> None:
        """Take submissions out of their Parquet parts and let them be sent anew."""
        by_part: dict[int, list[str]] = {}
        holding = await self.writer.do(Ledger.parts_holding, transcript_ids)
        for transcript_id, part in holding.items():
            if part is not None:
                by_part.setdefault(part, []).append(transcript_id)
        for part, gone in by_part.items():
            await self._rewrite(part, gone)
        await self.writer.do(_replan_all, transcript_ids)
        counting = await self.writer.do(Ledger.all_parts)
        await asyncio.to_thread(sweep, self.path, counting)

    async def _rewrite(self, part: int, gone: Sequence[str]) -> None:
        """Write a part anew without some of its submissions."""
        new_part, self._next_part = self._next_part, self._next_part + 1
        kept, rows = await asyncio.to_thread(self._copy_part, part, new_part, gone)
        await self.writer.do(_exchange_part, part, new_part, rows, kept)

    def _copy_part(
        self, part: int, new_part: int, gone: Sequence[str]
    ) -> tuple[list[str], dict[str, int]]:
        with closing(Ledger(self.path, is_writer=False)) as ledger:
            present = {table for number, table in ledger.all_parts() if number == part}
        removed = pa.array(gone, pa.string())
        tables = {}
        for name in present:
            table = read_parts(self.path, name, [part])
            tables[name] = table.filter(pc.invert(pc.is_in(table["transcript_id"], removed)))
        kept = tables["transcripts"]["transcript_id"].to_pylist()
        return kept, write_part(self.path, new_part, tables)

    def hash_file(self, path: Path) -> str:
        """Give a file's content hash; a file that has not changed is read once in its life."""
        found = path.stat()
        key = os.fsencode(path.absolute())  # bytes, since names need not be UTF-8
        known = self.ledger.file(key)
        if known is not None and known[:2] == (found.st_size, found.st_mtime_ns):
            return known[2]
        digest = content_hash(path)
        self._write(lambda ledger: ledger.add_file(key, found.st_size, found.st_mtime_ns, digest))
        return digest


def _recover(ledger: Ledger) -> None:
    """Put right what the end of an earlier process left half done."""
    ledger.doubt(_INTERRUPTED)
    ledger.restore()


def _replan_all(ledger: Ledger, transcript_ids: Sequence[str]) -> None:
    for transcript_id in transcript_ids:
        ledger.replan(transcript_id)


def _exchange_part(
    ledger: Ledger, part: int, new_part: int, rows: dict[str, int], kept: Sequence[str]
) -> None:
    ledger.drop_part(part)
    ledger.add_part(new_part, rows, kept)


def _unwritable(path: Path, error: OSError) -> StoreUnwritableError:
    return StoreUnwritableError(
        f"The store {path} cannot be written ({error.strerror}). "
        "Give it the right permissions or name another store=.",
        path=str(path),
    )


#: What is said of a submit that was under way when its process ended.
_INTERRUPTED = ProviderError(
    "The process ended while this recording was being submitted; "
    "whether the service accepted it is not known.",
    kind=ErrorKind.AMBIGUOUS,
    advice=ADVICE[ErrorKind.AMBIGUOUS],
)
