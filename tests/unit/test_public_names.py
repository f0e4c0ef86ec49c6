"""The public names."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import tidyscribe


def declared() -> set[str]:
    """Give the names that the package imports for type checkers: what an editor offers."""
    tree = ast.parse(Path(tidyscribe.__file__).read_text("utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    imported = [alias for node in block.body for alias in node.names]  # type: ignore[attr-defined]
    return {alias.asname or alias.name for alias in imported} - {"import_module"}


def test_all_names_are_sorted() -> None:
    """And none is there twice."""
    assert tidyscribe.__all__ == sorted(set(tidyscribe.__all__))


def test_all_names_are_declared() -> None:
    """What is loaded when it is used is what editors and type checkers see."""
    assert set(tidyscribe.__all__) == declared()


def test_all_names_are_listed() -> None:
    """``dir`` shows them before they are loaded."""
    assert set(tidyscribe.__all__) <= set(dir(tidyscribe))


def test_all_errors_are_exported() -> None:
    """Whatever is raised can be caught by a public name."""
    from tidyscribe import errors

    raised = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.TidyscribeError)
    }

    assert raised <= set(tidyscribe.__all__)


@pytest.mark.parametrize("name", tidyscribe.__all__)
def test_every_name_is_documented(name: str) -> None:
    """It exists, and says in one sentence what it is."""
    doc = getattr(tidyscribe, name).__doc__ or ""

    assert doc.splitlines()[0].endswith(".")


def test_other_names_do_not_exist() -> None:
    """The error is the usual one."""
    with pytest.raises(AttributeError, match="module 'tidyscribe' has no attribute 'transcibe'"):
        tidyscribe.transcibe  # type: ignore[attr-defined]  # noqa: B018


def loaded_by(statement: str) -> set[str]:
    """Give the modules that a statement loads in a fresh interpreter."""
    code = f"import sys; {statement}; print(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def test_importing_loads_nothing_heavy() -> None:
    """A notebook's first cell is quick: what is not needed yet is not loaded."""
    heavy = {
        "httpx",
        "aiohttp",
        "pyarrow.parquet",
        "starlette",
        "pocketsphinx",
        "av",
        "IPython",
        "msgspec",
        "tqdm",
        "langcodes",
        "sqlite3",
    }

    assert not loaded_by("import tidyscribe") & heavy


def test_importing_brings_the_accessor() -> None:
    """The import is all that ``frame.transcribe`` needs."""
    assert "tidyscribe.accessor" in loaded_by("import tidyscribe")
