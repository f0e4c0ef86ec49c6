"""What a run tells while it goes on: its counts, whenever they change.

A listener (the progress bar, a panel, a log) gets the same `Progress` each time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from tidyscribe.store.ledger import FINAL_STATES, State


@dataclass(slots=True)
class Progress:
    """Counts of a run: submissions, not rows (equal rows are one submission)."""

    #: Submissions of this call, those of earlier runs included.
    total: int = 0
    #: Those that have come to an end, by state.
    ended: dict[State, int] = field(default_factory=dict)
    #: Tasks accepted and not finished.
    in_flight: int = 0
    #: Requests that were repeated, and pauses the service asked for.
    retried: int = 0
    #: What this run spent so far, and in which unit; None where the service does not say.
    cost: float | None = None
    cost_unit: str | None = None

    @property
    def done(self) -> int:
        """Submissions that have come to an end."""
        return sum(count for state, count in self.ended.items() if state in FINAL_STATES)

    @property
    def pending(self) -> int:
        """Tasks the service has and that are not waited for any longer."""
        return self.ended.get(State.ACCEPTED, 0)

    @property
    def failed(self) -> int:
        """Submissions that ended without a transcript."""
        return sum(self.ended.get(state, 0) for state in FINAL_STATES - {State.COMPLETED})

    def end(self, state: State, count: int = 1) -> None:
        """Count submissions that came to an end."""
        self.ended[state] = self.ended.get(state, 0) + count


class Listener(Protocol):
    """Whoever wants to know how a run goes."""

    def changed(self, progress: Progress) -> None:
        """Look at the counts; called on the run's thread, often."""
        ...

    def close(self) -> None:
        """Learn that nothing more comes."""
        ...


class Silence:
    """A listener that does nothing."""

    def changed(self, progress: Progress) -> None:
        """Ignore the counts."""

    def close(self) -> None:
        """Do nothing."""
