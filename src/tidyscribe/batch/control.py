"""What the parts of a run share: its counts, its pace, and why it stops, if it does."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tidyscribe.batch.budget import Budget
from tidyscribe.batch.events import Progress
from tidyscribe.batch.pace import Gate, PollPace, Slots
from tidyscribe.errors import ErrorKind, ProviderError, StoreError
from tidyscribe.providers.refusals import ADVICE
from tidyscribe.recordings import redact

if TYPE_CHECKING:
    from collections.abc import Callable

    from tidyscribe.batch.carriage import Carriage
    from tidyscribe.batch.events import Listener
    from tidyscribe.batch.plan import Plan
    from tidyscribe.exchange import Reply
    from tidyscribe.options import RunOptions
    from tidyscribe.store.ledger import State
    from tidyscribe.store.store import Session

#: What a secret is replaced by.
_HIDDEN = "***"

_SHORTEST_SECRET = 8


@dataclass
class Control:
    """The state of one run, held by its submitter, its poller and whoever stops it."""

    plan: Plan
    session: Session
    carriage: Carriage
    options: RunOptions
    listener: Listener
    gate: Gate
    slots: Slots
    pace: PollPace
    budget: Budget
    progress: Progress = field(default_factory=Progress)
    #: Why nothing more is submitted; None while submitting goes on.
    stopped_by: ProviderError | None = None
    #: Why the run cannot go on at all: the store cannot be written, or a bug.
    broken_by: Exception | None = None
    #: Whether someone asked to end as soon as possible.
    is_interrupted: bool = False
    #: Set whenever something of the above, or the poller's work, changes.
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    def of(
        cls,
        plan: Plan,
        session: Session,
        carriage: Carriage,
        options: RunOptions,
        listener: Listener,
    ) -> Control:
        """Set up a run with the provider's limits and the user's."""
        limits = plan.provider.limits
        in_flight = options.max_in_flight or limits.max_in_flight
        gate = Gate(
            limits.first_requests,
            min(limits.max_requests, in_flight),
            per_second=options.requests_per_second,
        )
        pace = PollPace(limits)
        slots, budget = Slots(in_flight), Budget(options.max_cost)
        return cls(plan, session, carriage, options, listener, gate, slots, pace, budget)

    @property
    def is_submitting(self) -> bool:
        """Whether further recordings may be submitted."""
        return self.stopped_by is None and not self.is_ending

    @property
    def is_ending(self) -> bool:
        """Whether everything is to come to an end as soon as possible."""
        return self.is_interrupted or self.broken_by is not None

    def stop_submitting(self, error: ProviderError) -> None:
        """Submit nothing more; what was accepted is still collected."""
        if self.stopped_by is None:
            self.stopped_by = error
        self._wake()

    def interrupt(self) -> None:
        """End as soon as possible, without losing what is on its way."""
        self.is_interrupted = True
        self.gate.lift()
        self._wake()

    def break_off(self, error: Exception) -> None:
        """End because the run cannot go on."""
        if self.broken_by is None:
            self.broken_by = error
        self._wake()

    def _wake(self) -> None:
        self.changed.set()
        self.slots.nudge()

    def tell(self) -> None:
        """Tell the listener that the counts changed."""
        self.progress.in_flight = self.slots.taken
        self.progress.cost = self.budget.spent
        self.listener.changed(self.progress)

    async def write(self, operation: Callable[..., Any], *args: object) -> Any:
        """Write to the ledger and wait until it is durable.

        Raises
        ------
        StoreError
            When it could not be written; the run then breaks off.
        """
        try:
            return await self.session.writer.do(operation, *args)
        except StoreError as error:
            self.break_off(error)
            raise

    def ended(self, state: State) -> None:
        """Count a submission that came to an end, and free its slot."""
        self.slots.free()
        self.progress.end(state)
        self._check_failures()
        self.changed.set()
        self.tell()

    def _check_failures(self) -> None:
        if not self.options.allows(self.progress.failed, len(self.plan)):
            self.stop_submitting(
                ProviderError(
                    f"{self.progress.failed} recordings failed, more than fail_on_error allows.",
                    kind=ErrorKind.NOT_SENT,
                    advice=ADVICE[ErrorKind.NOT_SENT],
                )
            )

    def cleaned(self, reply: Reply, secrets: tuple[str, ...]) -> Reply:
        """Take the key and this recording's signatures out of a reply that echoes them."""
        body = reply.body
        for secret in (*secrets, self.carriage.endpoint.api_key or ""):
            # A key of a few letters is no secret, and replacing it would garble the reply.
            if len(secret) >= _SHORTEST_SECRET and (found := secret.encode()) in body:
                body = body.replace(found, _HIDDEN.encode())
        return reply if body is reply.body else type(reply)(reply.status, body, reply.headers)

    def safe(self, error: ProviderError) -> ProviderError:
        """Take secrets out of an error's message before it is stored or shown."""
        text = redact(str(error))
        key = self.carriage.endpoint.api_key or ""
        error.args = (text.replace(key, _HIDDEN) if len(key) >= _SHORTEST_SECRET else text,)
        return error
