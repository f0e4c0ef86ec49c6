"""Parquet parts: files that appear whole or not at all, in one folder a table.

A part is a number; its files are ``<table>/part-00000001.parquet``. Which files count is the
ledger's to say; `sweep` removes the others (what a kill left behind).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tidyscribe.errors import StoreError, StoreUnwritableError
from tidyscribe.tables.schemas import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

#: Rows in a row group: small enough to read one transcript's words in a few milliseconds.
_ROWS_A_GROUP = 64 * 1024


def part_path(folder: Path, table: str, part: int) -> Path:
    """Give the path of a part's file."""
    return folder / table / f"part-{part:08d}.parquet"


def write_part(folder: Path, part: int, tables: dict[str, pa.Table]) -> dict[str, int]:
    """Write a part's files; tables without rows have none.

    Returns
    -------
    dict of str to int
        Rows by table, for the tables that were written.
    """
    written = {}
    for name, table in tables.items():
        if table.num_rows:
            _write(part_path(folder, name, part), table)
            written[name] = table.num_rows
    return written


def _write(path: Path, table: pa.Table) -> None:
    path.parent.mkdir(exist_ok=True)
    temporary = path.with_suffix(".tmp")
    try:
        with temporary.open("wb") as file:
            pq.write_table(table, file, row_group_size=_ROWS_A_GROUP, **_encoding(table.schema))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise StoreUnwritableError(
            f"{path} cannot be written ({error.strerror or error}). Make room; what was "
            "transcribed is safe in the ledger and is written by the next call.",
            path=str(path.parent.parent),
        ) from error


def _encoding(schema: pa.Schema) -> dict[str, object]:
    """Choose what makes times and ids small; see the measurements in ``docs/store.md``."""
    plain = [field.name for field in schema if pa.types.is_floating(field.type)]
    deltas = [field.name for field in schema if pa.types.is_int32(field.type)]
    others = [field.name for field in schema if field.name not in {*plain, *deltas}]
    encodings = dict.fromkeys(plain, "BYTE_STREAM_SPLIT")
    encodings |= dict.fromkeys(deltas, "DELTA_BINARY_PACKED")
    return {
        "compression": "zstd",
        "compression_level": 1,
        "use_dictionary": [name for name in others if name != "text"],
        "column_encoding": encodings,
    }


def read_parts(
    folder: Path, table: str, parts: Iterable[int], transcript_ids: Sequence[str] | None = None
) -> pa.Table:
    """Read a table's rows out of some parts.

    Parameters
    ----------
    transcript_ids
        Only rows of these; None for all.
    """
    schema = SCHEMAS[table]
    wanted = None if transcript_ids is None else pa.array(transcript_ids, pa.string())
    condition = None if wanted is None else pc.field("transcript_id").isin(wanted)
    try:
        found = [
            pq.read_table(path, schema=schema, filters=condition)
            for path in (part_path(folder, table, part) for part in parts)
        ]
    except (OSError, pa.ArrowInvalid) as error:
        raise StoreError(
            f"A Parquet file of {folder} is missing or damaged ({error}). The ledger has all "
            "that is in it: tidyscribe.open(...).store.rebuild() writes it anew.",
            path=str(folder),
        ) from error
    return pa.concat_tables(found) if found else schema.empty_table()


def sweep(folder: Path, counting: set[tuple[int, str]]) -> None:
    """Remove files that do not count: those a kill left between writing and its record."""
    keep = {part_path(folder, table, part) for part, table in counting}
    for table in SCHEMAS:
        for path in (folder / table).glob("part-*"):
            if path not in keep:
                path.unlink(missing_ok=True)
