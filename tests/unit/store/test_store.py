"""The store as a directory, without a run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tidyscribe.errors import StoreError, StoreLockedError, StoreUnwritableError
from tidyscribe.store.store import Session, Store
from tidyscribe.tables.schemas import SCHEMAS


def test_no_store_is_said_to_be_none(tmp_path: Path) -> None:
    """Nothing is made by looking."""
    with pytest.raises(StoreError, match="There is no store"):
        Store(tmp_path / "calls.tidyscribe")

    assert list(tmp_path.iterdir()) == []


def test_a_new_store_has_all_tables(tmp_path: Path) -> None:
    """They are empty."""
    with Session(tmp_path / "a" / "b"):
        pass

    store = Store(tmp_path / "a" / "b")

    assert store.transcripts() == SCHEMAS["transcripts"].empty_table()
    assert [store.table(name).num_rows for name in SCHEMAS] == [0, 0, 0, 0]
    assert (store.counts(), store.last_errors()) == ([], [])


def test_a_session_is_alone(tmp_path: Path) -> None:
    """A second one is refused, and the first is none the worse for it."""
    with Session(tmp_path) as session:
        with pytest.raises(StoreLockedError), Session(tmp_path):
            pass
        assert session.ledger.counts() == []


def test_a_session_leaves_nothing_open(tmp_path: Path) -> None:
    """Another one may follow; the room held back is free again."""
    for _ in range(2):
        with Session(tmp_path):
            pass

    assert not (tmp_path / "ballast").exists()


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    """A store that cannot be made is an error of the store."""
    (tmp_path / "calls").write_text("mine")

    with pytest.raises(StoreUnwritableError):
        Session(tmp_path / "calls")


def test_an_unchanged_file_is_read_once(tmp_path: Path) -> None:
    """Size and time are the same, so the content is taken to be."""
    audio = tmp_path / "a.wav"
    audio.write_bytes(b"RIFF")
    with Session(tmp_path / "store") as session:
        first = session.hash_file(audio)
        found = audio.stat()
        audio.write_bytes(b"FFIR")
        os.utime(audio, ns=(found.st_atime_ns, found.st_mtime_ns))

        assert session.hash_file(audio) == first


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    """Another size is another content."""
    audio = tmp_path / "a.wav"
    audio.write_bytes(b"RIFF")
    with Session(tmp_path / "store") as session:
        first = session.hash_file(audio)
        audio.write_bytes(b"RIFFS")

        assert session.hash_file(audio) != first


def test_names_of_files_beyond_utf_8(tmp_path: Path) -> None:
    """A file name that is no UTF-8 (Linux allows it) is no obstacle."""
    audio = tmp_path / "caf\udce9.wav"
    try:
        audio.write_bytes(b"RIFF")
    except (OSError, UnicodeError):
        pytest.skip("this file system takes no such names")
    with Session(tmp_path / "store") as session:
        assert len(session.hash_file(audio)) == 64
