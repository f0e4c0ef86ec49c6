"""One writer a store: a lock the operating system drops when its process ends, however."""

from __future__ import annotations

import os
import sys
from typing import IO, TYPE_CHECKING

from tidyscribe.errors import StoreLockedError

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: IO[str]) -> None:
        file.seek(1 << 30)  # beyond the text, which others may want to read
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _try_lock(file: IO[str]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


class StoreLock:
    """Holds a store for writing from `acquire` to `release`."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "lock"
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Take the lock, or raise StoreLockedError at once and say who has it."""
        # Not truncated on opening: the text names whoever holds the lock now.
        file = self._path.open("a+", encoding="utf-8")
        try:
            _try_lock(file)
        except OSError as error:
            file.seek(0)
            holder = file.read(100).strip() or "another process"
            file.close()
            raise StoreLockedError(
                f"The store {self._path.parent} is in use by {holder}. "
                "Wait until that run is over, or give another store=.",
                path=str(self._path.parent),
            ) from error
        file.truncate(0)
        file.write(f"process {os.getpid()}\n")
        file.flush()
        self._file = file

    def release(self) -> None:
        """Give the lock back; the file stays, since removing it would race with a waiter."""
        if self._file is not None:
            self._file.close()
            self._file = None
