"""Asking for tasks: all of them in one heap, the one that is due first in front.

Questions are free and are repeated through anything. What ends a task is the service's word,
or its not knowing the task any more; what ends the waiting is ``deadline_s``, and then the row
stays ``pending`` with its task id.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tidyscribe.batch.carriage import CarriageError
from tidyscribe.batch.pace import LONGEST_WAIT_S, back_off_s
from tidyscribe.errors import ErrorKind, ProviderError, StoreError
from tidyscribe.providers.base import Finished, Pending
from tidyscribe.providers.refusals import ADVICE
from tidyscribe.store.ledger import Ledger, State

if TYPE_CHECKING:
    from tidyscribe.batch.control import Control
    from tidyscribe.exchange import Reply
    from tidyscribe.store.ledger import Known

#: Each so-manieth question asks the service to look upstream first; it costs them a call.
_UPSTREAM_EVERY = 6

#: Answers "unknown task" in a row before a task is given up: one may be a hiccup.
_LOST_AFTER = 3

#: Refusals of the key in a row, over all tasks, after which asking is pointless.
_LOCKED_OUT_AFTER = 3

#: Unusable answers in a row after which questions become rarer.
_HICCUPS = 3


@dataclass(order=True, slots=True)
class _Task:
    """A task that is waited for; ordered by when it is due."""

    due: float
    key: str = field(compare=False)
    task_id: str = field(compare=False)
    #: Monotonic time since when it is waited for.
    since: float = field(compare=False)
    n_asked: int = field(default=0, compare=False)
    #: Unusable answers in a row, and "unknown task" among them.
    n_failed: int = field(default=0, compare=False)
    n_unknown: int = field(default=0, compare=False)
    is_settling: bool = field(default=False, compare=False)
    #: Position of the recording's row: what a reply may echo of it is looked up there.
    position: int = field(kw_only=True, compare=False)
    #: Another address of this host where it was accepted; None for this one.
    origin: str | None = field(kw_only=True, compare=False)


class Poller:
    """Asks for tasks until each has come to an end, or the waiting has."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._heap: list[_Task] = []
        self._open: set[asyncio.Task[None]] = set()
        self._n_locked_out = 0
        #: Whether nothing more is added.
        self._is_complete = False

    def add(self, position: int, task_id: str, *, estimated_s: float | None) -> None:
        """Wait for a task that was just accepted for the recording at a position."""
        pause_s = self._control.pace.first_s(estimated_s, self._control.slots.taken)
        self._push(position, task_id, pause_s)

    def resume(self, position: int, known: Known) -> None:
        """Wait for a task of an earlier run: it may well be done."""
        here = self._control.carriage.endpoint.address
        origin = None if known.address == here else known.address
        self._push(position, known.task_id or "", 0.0, origin)

    def _push(self, position: int, task_id: str, pause_s: float, origin: str | None = None) -> None:
        now = time.monotonic()
        key = self._control.plan.key(position)
        task = _Task(now + pause_s, key, task_id, now, position=position, origin=origin)
        heapq.heappush(self._heap, task)
        self._control.changed.set()

    def complete(self) -> None:
        """Learn that no task is added any more."""
        self._is_complete = True
        self._control.changed.set()

    async def run(self) -> None:
        """Ask for what is due until all is done."""
        while not self._is_done():
            while self._heap and self._heap[0].due <= time.monotonic() and self._may_ask():
                self._start(heapq.heappop(self._heap))
            await self._sleep()
        if self._open:
            await asyncio.wait(self._open)
        await self._leave_pending()

    def _is_done(self) -> bool:
        is_idle = self._is_complete and not self._heap and not self._open
        return is_idle or self._control.is_ending or self._is_locked_out()

    def _is_locked_out(self) -> bool:
        # Recordings may still be on their way out; their tasks are left pending as well.
        return self._n_locked_out >= _LOCKED_OUT_AFTER and self._is_complete

    def _may_ask(self) -> bool:
        """Tell whether another question may queue for its turn; more would only stand there."""
        is_locked_out = self._n_locked_out >= _LOCKED_OUT_AFTER
        return len(self._open) < 2 * self._control.gate.limit and not is_locked_out

    def _start(self, task: _Task) -> None:
        asking = asyncio.create_task(self._ask(task))
        self._open.add(asking)
        asking.add_done_callback(self._asked)

    def _asked(self, asking: asyncio.Task[None]) -> None:
        self._open.discard(asking)
        self._control.changed.set()

    async def _sleep(self) -> None:
        """Wait until a task is due, or something changes."""
        if self._is_done():
            return
        changed = self._control.changed
        changed.clear()
        timer = None
        if self._heap and self._may_ask():
            pause_s = max(0.0, self._heap[0].due - time.monotonic())
            timer = asyncio.get_running_loop().call_later(pause_s, changed.set)
        await changed.wait()
        if timer is not None:
            timer.cancel()

    async def _ask(self, task: _Task) -> None:
        """Ask once, and decide what becomes of the task."""
        control = self._control
        try:
            async with control.gate:
                if control.is_ending:
                    heapq.heappush(self._heap, task)
                    return
                task.n_asked += 1
                answer = await self._send(task)
            await self._decide(task, *answer)
        except Exception as error:  # noqa: BLE001 - a full disk or a bug ends the run, in order
            control.break_off(error)
            control.slots.free()

    async def _send(self, task: _Task) -> tuple[Reply | None, Pending | Finished | ProviderError]:
        control, provider = self._control, self._control.plan.provider
        refresh = task.n_asked % _UPSTREAM_EVERY == 0 and not task.is_settling
        try:
            answer = await control.carriage.send(provider.poll(task.task_id, refresh=refresh))
        except CarriageError as error:
            return None, _no_answer(error)
        reply = control.cleaned(answer, control.plan.recording(task.position).secrets)
        try:
            return reply, provider.polled(task.task_id, reply)
        except ProviderError as error:
            return reply, control.safe(error)
        except Exception as error:  # noqa: BLE001 - a reply nobody foresaw is asked for again
            return reply, _no_answer(error)

    async def _decide(
        self, task: _Task, reply: Reply | None, outcome: Pending | Finished | ProviderError
    ) -> None:
        if isinstance(outcome, ProviderError):
            await self._decide_error(task, reply, outcome)
            return
        self._n_locked_out = 0
        self._control.gate.succeeded()
        task.n_failed = task.n_unknown = 0
        self._control.budget.learn(task.key, outcome.cost)
        if isinstance(outcome, Finished):
            await self._finish(task, reply, outcome)
        else:
            # Done and not shown yet: look again at once, but only once.
            at_once = outcome.is_settling and not task.is_settling
            task.is_settling = outcome.is_settling
            await self._again(task, 0.0 if at_once else None)

    async def _finish(self, task: _Task, reply: Reply | None, outcome: Finished) -> None:
        control = self._control
        await control.write(Ledger.completed, task.key, reply, outcome)
        control.budget.close(task.key)
        control.ended(State.COMPLETED)

    async def _decide_error(self, task: _Task, reply: Reply | None, error: ProviderError) -> None:
        control = self._control
        task.n_failed += 1
        task.n_unknown = task.n_unknown + 1 if error.kind is ErrorKind.LOST else 0
        if error.kind is ErrorKind.LOST and task.n_unknown < _LOST_AFTER:
            await self._again(task, None)
        elif error.kind is ErrorKind.LOST and task.origin is not None:
            # Another server may answer here now: that it knows nothing proves nothing.
            await self._give_up(task, accepted_elsewhere(task.origin))
        elif error.accepted is True:
            is_lost = error.kind is ErrorKind.LOST
            state = State.LOST if is_lost else State.FAILED
            await control.write(Ledger.ended, task.key, state, error, reply)
            control.budget.learn(task.key, error.cost)
            control.budget.close(task.key)
            control.ended(state)
        else:
            await self._no_use(task, error)

    async def _no_use(self, task: _Task, error: ProviderError) -> None:
        """Deal with an answer that says nothing about the task."""
        control = self._control
        if error.kind is ErrorKind.RATE:
            asked = error.retry_after_s
            if asked is not None and asked > LONGEST_WAIT_S:
                control.stop_submitting(error)
            left_s = task.since + control.options.deadline_s - time.monotonic()
            # Obeyed, but never beyond the end of the waiting.
            control.gate.refused(
                back_off_s(task.n_failed) if asked is None else max(0.0, min(asked, left_s))
            )
        elif error.stops:
            self._n_locked_out += 1
            control.stop_submitting(error)
        control.progress.retried += 1
        # A few failures are a hiccup; after that, questions become rarer than usual.
        is_hiccup = task.n_failed <= _HICCUPS
        await self._again(task, None if is_hiccup else back_off_s(task.n_failed + 1))

    async def _again(self, task: _Task, pause_s: float | None) -> None:
        """Ask again later, unless the waiting is over."""
        control, now = self._control, time.monotonic()
        if now >= task.since + control.options.deadline_s:
            await self._give_up(task, _still_waiting(control.options.deadline_s))
            return
        if pause_s is None:
            waited_s = now - task.since
            pause_s = control.pace.next_s(task.n_asked, waited_s, control.slots.taken)
        # One last question falls on the deadline itself.
        task.due = min(now + pause_s, task.since + control.options.deadline_s)
        heapq.heappush(self._heap, task)

    async def _give_up(self, task: _Task, error: ProviderError) -> None:
        await self._control.write(Ledger.waiting, task.key, error)
        self._control.budget.close(task.key)
        self._control.ended(State.ACCEPTED)

    async def _leave_pending(self) -> None:
        """Say of the tasks that are left why they were not waited for any longer."""
        control = self._control
        for task in self._heap:
            reason = control.stopped_by if self._n_locked_out else None
            try:
                await self._give_up(task, _left(reason))
            except StoreError:
                return


def _no_answer(error: Exception) -> ProviderError:
    return ProviderError(repr(error), kind=ErrorKind.SERVER, accepted=None)


def accepted_elsewhere(address: str) -> ProviderError:
    """Make the error of a task that is waited for at the wrong place."""
    return ProviderError(
        f"The task was accepted by {address}, and is not known elsewhere.",
        kind=ErrorKind.WAITING,
        accepted=True,
        advice=f"Run the call with base_url={address!r} to collect it.",
    )


def _still_waiting(deadline_s: float) -> ProviderError:
    kind = ErrorKind.WAITING
    return ProviderError(
        f"Not finished within {deadline_s:g} s (deadline_s); the task goes on.",
        kind=kind,
        accepted=True,
        advice=ADVICE[kind],
    )


def _left(reason: ProviderError | None) -> ProviderError:
    kind = ErrorKind.WAITING
    why = f" after: {reason}" if reason else ": the run was interrupted"
    return ProviderError(f"The waiting ended{why}.", kind=kind, accepted=True, advice=ADVICE[kind])
