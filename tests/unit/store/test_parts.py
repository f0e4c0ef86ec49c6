"""Parquet parts: whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tidyscribe.errors import StoreUnwritableError
from tidyscribe.results import Result, Words
from tidyscribe.store.parts import part_path, read_parts, sweep, write_part
from tidyscribe.tables.build import TableBuilder
from tidyscribe.tables.schemas import SCHEMAS


def tables(*keys: str) -> dict[str, pa.Table]:
    """Make the tables of some transcripts of two words each."""
    builder = TableBuilder()
    for key in keys:
        row = {"transcript_id": key, "provider": "foxapi", "model": "scribe-v2"}
        words = Words(
            text=["Hi", key],
            start_s=[0.25, None],
            end_s=[0.5, None],
            space_after=[True, False],
            is_event=[False, True],
            speaker=["A", None],
            confidence=[0.5, None],
            channel=[1, 1],
        )
        builder.add(row | {"status": "completed", "attempts": 1}, Result(f"Hi {key}", words=words))
    return builder.build()


def written(folder: Path) -> list[str]:
    """Give the files in a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_what_was_written_is_read(tmp_path: Path) -> None:
    """Row for row, type for type."""
    made = tables("t1", "t2")

    write_part(tmp_path, 1, made)

    for name in ("transcripts", "segments", "words"):
        found = read_parts(tmp_path, name, [1])
        assert found.schema.equals(SCHEMAS[name])
        assert found.to_pylist() == made[name].to_pylist()


def test_rows_are_counted_and_empty_tables_left_out(tmp_path: Path) -> None:
    """A table without rows has no file; nothing else is left behind."""
    assert write_part(tmp_path, 7, tables("t1")) == {"transcripts": 1, "segments": 1, "words": 2}
    assert written(tmp_path) == [
        "segments/part-00000007.parquet",
        "transcripts/part-00000007.parquet",
        "words/part-00000007.parquet",
    ]


def test_several_parts_are_one_table(tmp_path: Path) -> None:
    """In the order in which they are named."""
    write_part(tmp_path, 1, tables("t1"))
    write_part(tmp_path, 2, tables("t2", "t3"))

    found = read_parts(tmp_path, "transcripts", [2, 1])

    assert found["transcript_id"].to_pylist() == ["t2", "t3", "t1"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [(["t2"], ["t2", "t2"]), (["t1", "t3"], ["t1", "t1", "t3", "t3"]), ([], [])],
)
def test_rows_of_some_transcripts(tmp_path: Path, wanted: list[str], found: list[str]) -> None:
    """Only those are read."""
    write_part(tmp_path, 1, tables("t1", "t2", "t3"))

    table = read_parts(tmp_path, "words", [1], wanted)

    assert table["transcript_id"].to_pylist() == found
    assert table.schema.equals(SCHEMAS["words"])


@pytest.mark.parametrize("name", SCHEMAS)
def test_no_parts_are_an_empty_table(tmp_path: Path, name: str) -> None:
    """With all its columns."""
    assert read_parts(tmp_path, name, []) == SCHEMAS[name].empty_table()


def test_any_reader_of_parquet_can_take_them(tmp_path: Path) -> None:
    """Files are complete in themselves, and say what they hold."""
    write_part(tmp_path, 1, tables("t1"))

    file = pq.ParquetFile(part_path(tmp_path, "words", 1))

    assert file.metadata.num_rows == 2
    assert file.schema_arrow.metadata[b"tidyscribe_table"] == b"words"
    file.close()


def test_a_part_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    """The error is the package's own and names the store."""
    blocked = part_path(tmp_path, "words", 1)
    blocked.mkdir(parents=True)  # a folder stands where the file should go

    with pytest.raises(StoreUnwritableError) as caught:
        write_part(tmp_path, 1, {"words": tables("t1")["words"]})

    assert caught.value.path == str(tmp_path)
    assert list(tmp_path.rglob("*.tmp")) == []


def test_sweeping_removes_what_does_not_count(tmp_path: Path) -> None:
    """Leftovers of a kill go, half-written files too; files that count and others' stay."""
    for part in (1, 2):
        write_part(tmp_path, part, tables(f"t{part}"))
    part_path(tmp_path, "words", 3).with_suffix(".tmp").write_bytes(b"PAR1")
    (tmp_path / "words" / "notes.txt").write_text("mine")

    sweep(tmp_path, {(1, "transcripts"), (1, "words")})

    assert written(tmp_path) == [
        "transcripts/part-00000001.parquet",
        "words/notes.txt",
        "words/part-00000001.parquet",
    ]


def test_sweeping_a_new_store(tmp_path: Path) -> None:
    """There is nothing to remove, not even folders."""
    sweep(tmp_path, set())

    assert written(tmp_path) == []
