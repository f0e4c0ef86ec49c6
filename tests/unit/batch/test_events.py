"""Counts of a run."""

from __future__ import annotations

from tidyscribe.batch.events import Progress
from tidyscribe.store.ledger import State


def test_ends_are_counted_by_state() -> None:
    """Whatever has come to an end is done; what has no transcript failed."""
    progress = Progress(total=9)
    progress.end(State.COMPLETED, 3)
    progress.end(State.COMPLETED)
    progress.end(State.FAILED)
    progress.end(State.IN_DOUBT)
    progress.end(State.LOST)
    progress.end(State.ACCEPTED)

    assert (progress.done, progress.failed, progress.pending) == (7, 3, 1)


def test_a_run_begins_with_nothing() -> None:
    """No counts, no costs."""
    assert Progress() == Progress(total=0, ended={}, in_flight=0, retried=0, cost=None)
