"""What tests and the examples in docstrings share."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parent


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run from the project's folder, and without keys of the machine's own."""
    monkeypatch.chdir(ROOT)
    for name in ("FOXAPI_API_KEY", "FOXAPI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _example_names(doctest_namespace: dict[str, object], tmp_path: Path) -> None:
    """Give the examples in docstrings a store of their own."""
    doctest_namespace["store"] = tmp_path / "example.tidyscribe"
