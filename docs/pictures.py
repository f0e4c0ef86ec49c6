"""Runs the notebooks, cleans their outputs, and makes the pictures of these pages.

``python docs/pictures.py`` executes ``notebooks/01_quickstart.ipynb`` from scratch, puts the
final text in the place of the progress widget (which a saved notebook cannot show), saves it,
and takes ``quickstart.png`` out of it. ``card.png`` is the corpus' card, drawn by Chromium.
"""

from __future__ import annotations

import base64
import shutil
import subprocess
import tempfile
from html import unescape
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
from matplotlib.image import imread, imsave
from nbclient import NotebookClient

DOCS = Path(__file__).parent
IMAGES = DOCS / "images"
NOTEBOOKS = DOCS.parent / "notebooks"
NOTEBOOK = NOTEBOOKS / "01_quickstart.ipynb"

_WIDGET = "application/vnd.jupyter.widget-view+json"
_STATE = "application/vnd.jupyter.widget-state+json"
#: Room for the card; what is left white below it is cut off.
_CARD_SIZE = "780,600"


def main() -> None:
    """Execute, clean, save, and make the pictures."""
    shutil.rmtree(NOTEBOOKS / "quickstart.tidyscribe", ignore_errors=True)
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    resources = {"metadata": {"path": str(NOTEBOOKS)}}
    NotebookClient(notebook, kernel_name="python3", resources=resources).execute()
    clean(notebook)
    nbformat.write(notebook, NOTEBOOK)
    IMAGES.mkdir(exist_ok=True)
    picture = output_of(notebook, "plot", "image/png")
    (IMAGES / "quickstart.png").write_bytes(base64.b64decode(picture))
    draw_card(output_of(notebook, "run", "text/html"))


def clean(notebook: Any) -> None:
    """Replace progress widgets by their last words, and drop what depends on the machine."""
    states = notebook.metadata.pop("widgets", {}).get(_STATE, {}).get("state", {})
    notebook.metadata.language_info = {"name": "python"}
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            view = output.get("data", {}).pop(_WIDGET, None)
            if view is not None:
                output["data"]["text/plain"] = _last_words(states, view["model_id"])


def _last_words(states: dict[str, Any], model_id: str) -> str:
    """Give the text of a tqdm widget: its label, and what stands behind the bar."""
    children = states[model_id]["state"]["children"]
    parts = [states[child.removeprefix("IPY_MODEL_")]["state"] for child in children]
    texts = [unescape(part["value"]) for part in parts if isinstance(part.get("value"), str)]
    return " ".join(" ".join(texts).split())


def output_of(notebook: Any, name: str, kind: str) -> str:
    """Give an output of the cell of that name."""
    cell = next(cell for cell in notebook.cells if cell.id == name)
    return next(found["data"][kind] for found in cell.outputs if kind in found.get("data", {}))


def draw_card(html: str) -> None:
    """Let Chromium draw the card, if it is installed."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print("card.png is as it was: there is no chromium")
        return
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "card.html"
        page.write_text(f"<!doctype html><meta charset=utf-8>{html}", encoding="utf-8")
        command = [chromium, "--headless", "--no-sandbox", "--disable-gpu"]
        command += ["--disable-background-networking", f"--user-data-dir={folder}/profile"]
        command += ["--hide-scrollbars", "--force-device-scale-factor=1.5"]
        command += [f"--window-size={_CARD_SIZE}", f"--screenshot={IMAGES / 'card.png'}"]
        subprocess.run([*command, page.as_uri()], check=True, capture_output=True)  # noqa: S603
    crop(IMAGES / "card.png")


def crop(path: Path, margin: int = 12) -> None:
    """Cut off the white below a picture's last line, but for a margin in pixels."""
    picture = imread(path)[..., :3]
    last = np.flatnonzero((picture < 1).any(axis=(1, 2))).max()
    imsave(path, picture[: last + margin])


if __name__ == "__main__":
    main()
