"""The SQL of the ledger, read from the ``.sql`` files beside this module."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_NAMED = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


@cache
def statements() -> dict[str, str]:
    """Give the statements of ``sql/ledger.sql`` by name."""
    text = files(__package__).joinpath("sql/ledger.sql").read_text("utf-8")
    parts = _NAMED.split(text)[1:]
    return {
        name: re.sub(r"^--.*\n", "", body, flags=re.MULTILINE).strip().rstrip(";")
        for name, body in zip(parts[::2], parts[1::2], strict=True)
    }


@cache
def migrations() -> list[str]:
    """Give the migrations in order; the n-th leads to version n."""
    folder = files(__package__).joinpath("migrations")
    found = sorted(item.name for item in folder.iterdir() if item.name.endswith(".sql"))
    return [folder.joinpath(name).read_text("utf-8") for name in found]
