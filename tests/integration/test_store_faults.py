"""Stores that cannot be used, and disks that fill up."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import tidyscribe
from tests.integration.conftest import Transcribe
from tests.support.foxserver import FoxServer


def test_a_newer_store_is_refused_and_left_alone(transcribe: Transcribe, store: Path) -> None:
    """A store of a later format is not touched; the message says to upgrade."""
    transcribe(["ok-1"])
    with sqlite3.connect(store / "ledger.sqlite") as ledger:
        ledger.execute("PRAGMA user_version = 999")
    ledger.close()

    with pytest.raises(tidyscribe.StoreVersionError, match="Upgrade"):
        transcribe(["ok-1"])


def test_a_file_that_is_no_ledger_is_refused(transcribe: Transcribe, store: Path) -> None:
    """Another program's file of that name is not overwritten."""
    store.mkdir()
    (store / "ledger.sqlite").write_bytes(b"not a database at all" * 100)

    with pytest.raises(tidyscribe.StoreError, match=r"ledger\.sqlite"):
        transcribe(["ok-1"])

    assert (store / "ledger.sqlite").read_bytes().startswith(b"not a database")


def test_a_store_under_a_file_cannot_be_made(
    transcribe: Transcribe, fox: FoxServer, tmp_path: Path
) -> None:
    """A path that no directory can have is refused before anything is sent."""
    (tmp_path / "file").write_text("x")

    with pytest.raises(tidyscribe.StoreUnwritableError, match="cannot be written"):
        transcribe(["ok-1"], store=tmp_path / "file" / "store")

    assert fox.requests.total() == 0


def test_there_is_no_store(tmp_path: Path) -> None:
    """Opening what is not there says so."""
    with pytest.raises(tidyscribe.StoreError, match="There is no store"):
        tidyscribe.open(tmp_path / "nothing")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system of four megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = (
        os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)], check=False
        ).returncode
    )
    if not mounted:
        pytest.skip("mounting a small file system needs root")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_full_disk_loses_nothing(
    transcribe: Transcribe, fox: FoxServer, small_disk: Path
) -> None:
    """When the disk fills up the run ends with a clear error; with room again it goes on."""
    store = small_disk / "store"
    names = [f"ok-{n}" for n in range(30)]
    transcribe(names[:1], store=store)
    hog = small_disk / "hog"

    def fill(_: str) -> None:
        if fox.submissions.total() == 10:
            free = os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize
            hog.write_bytes(b"\0" * max(0, free - 4096))

    fox.on_submit = fill

    def use_up() -> None:
        for _ in range(50):  # what is left after the ballast has to be used up, too
            transcribe(names, store=store, refresh=True)

    with pytest.raises(tidyscribe.StoreUnwritableError, match="Make room"):
        use_up()
    hog.unlink()
    accepted = fox.submissions.total()

    corpus = transcribe(names, store=store)

    assert set(corpus.transcripts["status"]) <= {"completed", "in_doubt"}
    # Whatever was accepted is known: by its task id, or as a row in doubt.
    known = corpus.transcripts["task_id"].notna() | (corpus.transcripts["status"] == "in_doubt")
    assert known.all()
    assert accepted > 0
