"""One writer a store."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from tidyscribe.errors import StoreLockedError
from tidyscribe.store.lock import StoreLock


def test_a_second_lock_is_refused(tmp_path: Path) -> None:
    """It names who holds the store, and which one it is."""
    first, second = StoreLock(tmp_path), StoreLock(tmp_path)
    first.acquire()

    with pytest.raises(StoreLockedError) as caught:
        second.acquire()
    first.release()

    assert f"in use by process {os.getpid()}" in str(caught.value)
    assert caught.value.path == str(tmp_path)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301


def test_a_refused_lock_takes_nothing_away(tmp_path: Path) -> None:
    """Who holds it still does, by name as well."""
    first = StoreLock(tmp_path)
    first.acquire()
    for _ in range(2):
        with pytest.raises(StoreLockedError, match=f"process {os.getpid()}"):
            StoreLock(tmp_path).acquire()

    first.release()


def test_a_released_lock_is_free(tmp_path: Path) -> None:
    """The file stays; only the lock is gone."""
    first, second = StoreLock(tmp_path), StoreLock(tmp_path)
    first.acquire()
    first.release()

    second.acquire()
    second.release()

    assert (tmp_path / "lock").exists()


def test_releasing_twice_is_fine(tmp_path: Path) -> None:
    """Nothing is held, so nothing happens."""
    lock = StoreLock(tmp_path)
    lock.acquire()

    lock.release()
    lock.release()


def test_two_stores_have_two_locks(tmp_path: Path) -> None:
    """One run does not keep another from its own store."""
    locks = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        locks.append(StoreLock(tmp_path / name))
        locks[-1].acquire()

    for lock in locks:
        lock.release()
