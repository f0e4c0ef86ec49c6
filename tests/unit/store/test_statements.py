"""The ledger's SQL."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pytest

from tidyscribe.store.statements import migrations, statements


@pytest.mark.parametrize("name", statements())
def test_every_statement_fits_the_tables(name: str) -> None:
    """SQLite can prepare it: tables, columns and syntax are right."""
    statement = statements()[name]
    values = dict.fromkeys(re.findall(r":(\w+)", statement), 1)

    with closing(sqlite3.connect(":memory:")) as db:
        for script in migrations():
            db.executescript(script)
        db.execute(f"EXPLAIN {statement}", values)


def test_every_statement_says_what_it_does() -> None:
    """A name, one sentence, the query."""
    from importlib.resources import files

    text = files("tidyscribe.store").joinpath("sql/ledger.sql").read_text("utf-8")
    headings = re.findall(r"^-- name: (\w+)\n-- [A-Z].*\.$", text, re.MULTILINE)

    assert headings == list(statements())


def test_migrations_are_numbered() -> None:
    """Their order is their number; there is at least the first."""
    assert len(migrations()) >= 1
    assert all("CREATE TABLE submissions" in script for script in migrations()[:1])
