"""The progress bar: done of all, in flight, failed, cost; in a notebook a widget."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tidyscribe.batch.events import Progress


class Bar:
    """Shows a run's counts with tqdm.

    Parameters
    ----------
    label
        Stands before the bar: provider and model.
    """

    def __init__(self, label: str) -> None:
        with warnings.catch_warnings():
            # Without ipywidgets' front end tqdm falls back to text and says so each time.
            warnings.simplefilter("ignore")
            from tqdm.auto import tqdm

        self._tqdm = tqdm
        self._label = label
        self._bar: Any = None

    def changed(self, progress: Progress) -> None:
        """Show the counts; tqdm itself decides whether enough time has passed to draw."""
        if self._bar is None:  # not before it is known how many there are
            self._bar = self._tqdm(
                total=progress.total, desc=self._label, unit="rec", dynamic_ncols=True
            )
        bar = self._bar
        bar.set_postfix_str(described(progress), refresh=False)
        bar.update(progress.done - bar.n)

    def close(self) -> None:
        """Draw the last state and leave it standing."""
        if self._bar is not None:
            self._bar.refresh()
            self._bar.close()


def described(progress: Progress) -> str:
    """Say in a few words what the bar itself does not show."""
    parts = [f"{progress.in_flight} in flight"]
    if progress.failed:
        parts.append(f"{progress.failed} failed")
    if progress.pending:
        parts.append(f"{progress.pending} pending")
    if progress.cost:
        parts.append(f"{progress.cost:.4g} {progress.cost_unit or ''}".strip())
    return ", ".join(parts)
