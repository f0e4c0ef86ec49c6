"""One thread that writes the ledger, many operations to a commit.

A coroutine awaits `Writer.do`; it resumes once the operation is durable. Operations that come
in while a commit is under way go into the next one together, so that a busy run pays for a few
commits a second, not for thousands.
"""

from __future__ import annotations

import asyncio
import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from tidyscribe.errors import StoreError, StoreUnwritableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tidyscribe.store.ledger import Ledger

#: Operations in one transaction at most; more would make the first wait too long.
_MOST = 1000

#: Seconds from one commit to the next at least: a commit is mostly waiting for the disk, and
#: what comes in meanwhile goes into the next one.
_GATHER_S = 0.01

#: Bytes kept in hand so that task ids can still be written when the disk is full.
_BALLAST_BYTES = 2 * 1024 * 1024


class _Operation:
    """Something to be done in the ledger, and who waits for it."""

    __slots__ = ("args", "error", "function", "future", "value")

    def __init__(
        self, function: Callable[..., Any], args: tuple[Any, ...], future: asyncio.Future[Any]
    ) -> None:
        self.function = function
        self.args = args
        self.future = future
        self.value: Any = None
        self.error: BaseException | None = None

    def perform(self, ledger: Ledger) -> None:
        """Do it within the open transaction."""
        self.error = None
        try:
            self.value = self.function(ledger, *self.args)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - handed to whoever waits
            self.error = error

    def settle(self) -> None:
        """Tell who waits; on the waiter's loop."""
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.value)


class Writer:
    """Writes a ledger from a thread of its own, from `start` to `close`."""

    def __init__(self, ledger: Ledger, folder: Path) -> None:
        self._ledger = ledger
        self._ballast = folder / "ballast"
        self._queue: SimpleQueue[_Operation | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="tidyscribe-ledger", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._fill_ballast()
        self._thread.start()

    def close(self) -> None:
        """Finish what was asked for, then end the thread."""
        self._queue.put(None)
        self._thread.join()
        self._ballast.unlink(missing_ok=True)

    def do(self, function: Callable[..., Any], *args: object) -> asyncio.Future[Any]:
        """Ask for an operation of the ledger.

        Parameters
        ----------
        function
            Called with the ledger and `args` inside a transaction.

        Returns
        -------
        asyncio.Future
            Done once it is durable; raises StoreUnwritableError when it could not be written.
        """
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._queue.put(_Operation(function, args, future))
        return future

    def _work(self) -> None:
        is_open = True
        next_commit = 0.0
        while is_open:
            group = [self._queue.get()]
            time.sleep(max(0.0, next_commit - time.monotonic()))
            while len(group) < _MOST:
                try:
                    group.append(self._queue.get_nowait())
                except Empty:
                    break
            operations = [one for one in group if one is not None]
            is_open = len(operations) == len(group)
            if operations:
                self._commit(operations)
                _settle(operations)
                next_commit = time.monotonic() + _GATHER_S

    def _commit(self, operations: list[_Operation]) -> None:
        try:
            self._try(operations)
        except StoreUnwritableError:
            # The room held back lets at least the small writes (task ids) through.
            self._ballast.unlink(missing_ok=True)
            self._commit_singly(operations)
        except StoreError as error:
            _fail(operations, error)

    def _commit_singly(self, operations: list[_Operation]) -> None:
        for operation in operations:
            try:
                self._try([operation])
            except StoreError as error:
                _fail([operation], error)

    def _try(self, operations: list[_Operation]) -> None:
        try:
            self._ledger.begin()
            for operation in operations:
                operation.perform(self._ledger)
            self._ledger.commit()
        except BaseException:
            self._ledger.rollback()
            raise

    def _fill_ballast(self) -> None:
        try:
            self._ballast.write_bytes(b"\0" * _BALLAST_BYTES)
        except OSError as error:
            raise StoreUnwritableError(
                f"The store {self._ballast.parent} cannot be written ({error.strerror}). "
                "Make room or give it the right permissions; what is in it is kept.",
                path=str(self._ballast.parent),
            ) from error


def _fail(operations: list[_Operation], error: StoreError) -> None:
    for operation in operations:
        operation.error = error


def _settle(operations: list[_Operation]) -> None:
    """Tell all who wait, with one wake-up a loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Operation]] = {}
    for operation in operations:
        by_loop.setdefault(operation.future.get_loop(), []).append(operation)
    for loop, settled in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle_all, settled)


def _settle_all(operations: list[_Operation]) -> None:
    for operation in operations:
        operation.settle()
