"""The notebooks run from top to bottom in a real kernel."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path) -> None:
    """No cell fails."""
    notebook = nbformat.read(path, as_version=4)

    NotebookClient(
        notebook, timeout=150, kernel_name="python3", resources={"metadata": {"path": path.parent}}
    ).execute()

    assert all(cell.get("execution_count") for cell in notebook.cells if cell.cell_type == "code")


def test_there_is_a_notebook() -> None:
    """The test above has something to run."""
    assert NOTEBOOKS
