"""Sending recordings out: each exactly once, and never again what may have been accepted.

A submit is a write that bills. Its intent is durable before the request leaves, its task id
before anything else is done. It is repeated only when the service surely did not accept it.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from tidyscribe.batch.carriage import CarriageError
from tidyscribe.batch.pace import LONGEST_WAIT_S, back_off_s
from tidyscribe.errors import ErrorKind, ProviderError
from tidyscribe.providers.base import Finished, Pending
from tidyscribe.providers.refusals import ADVICE, ambiguous
from tidyscribe.store.ledger import Ledger, State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tidyscribe.batch.control import Control
    from tidyscribe.batch.poller import Poller
    from tidyscribe.exchange import Reply, Request
    from tidyscribe.recordings import Recording

#: Times a request is sent again after "too many requests", or when nothing was reached.
_MOST_TRIES = {ErrorKind.RATE: 6, ErrorKind.UNSENT: 4}

#: Refusals that cost nothing and that the next identical call tries again.
_RESENDABLE = frozenset(
    {
        ErrorKind.AUTH,
        ErrorKind.CREDIT,
        ErrorKind.CONFIG,
        ErrorKind.RATE,
        ErrorKind.BUSY,
        ErrorKind.UNSENT,
    }
)

#: Refusals alike, with none accepted, that make the fault the call's and not a recording's.
_ALIKE = 3


class Submitter:
    """Submits the recordings at the positions it is given."""

    def __init__(self, control: Control, poller: Poller) -> None:
        self._control = control
        self._poller = poller
        self._address = control.carriage.endpoint.address
        self._open: set[asyncio.Task[None]] = set()
        self._alike = _Alike()

    async def run(self, positions: Iterable[int]) -> None:
        """Submit in order, as many at a time as the pace allows."""
        control = self._control
        for position in positions:
            if not await control.slots.take(lambda: not control.is_submitting):
                break
            await control.gate.acquire()
            if not await self._has_leave():
                control.gate.release()
                control.slots.free()
                break
            key = control.plan.key(position)
            control.budget.reserve(key)
            task = asyncio.create_task(self._submit(position, key))
            self._open.add(task)
            task.add_done_callback(self._open.discard)
        await self._drain()

    async def _has_leave(self) -> bool:
        """Tell whether one more recording may go, after those before it have shown how it goes."""
        control, budget = self._control, self._control.budget
        if self._alike.is_suspicious or budget.must_wait():
            await self._drain()
        while budget.must_wait() and control.is_submitting:
            control.changed.clear()
            await control.changed.wait()
        if self._alike.is_suspicious:
            control.stop_submitting(self._alike.verdict())
        if budget.is_blind or not budget.allows_one_more():
            control.stop_submitting(_over_budget(is_blind=budget.is_blind))
        return control.is_submitting

    async def _drain(self) -> None:
        if self._open:
            await asyncio.wait(self._open)

    def cancel(self) -> None:
        """Give up on the answers of requests that are still open."""
        for task in self._open:
            task.cancel()

    async def _submit(self, position: int, key: str) -> None:
        """Submit one recording, its place at the gate taken; what happens to it stays with it."""
        control = self._control
        try:
            n_tries = 1
            wait_s = await self._try(position, key, n_tries)
            while wait_s is not None:
                await asyncio.sleep(wait_s)
                await control.gate.acquire()
                n_tries += 1
                wait_s = await self._try(position, key, n_tries)
        except Exception as error:  # noqa: BLE001 - a full disk or a bug ends the run, in order
            control.break_off(error)
            control.slots.free()

    async def _try(self, position: int, key: str, n_tries: int) -> float | None:
        """Send once; give the seconds after which to send again, or None when it is settled."""
        control = self._control
        try:
            if control.is_ending:
                control.budget.release(key)
                control.slots.free()
                return None
            recording = control.plan.recording(position)
            request = control.plan.provider.submit(recording, control.plan.options(position))
            await control.write(Ledger.sending, key, self._address)
            reply, outcome = await self._send(request, recording)
        finally:
            control.gate.release()
        if not isinstance(outcome, ProviderError):
            control.gate.succeeded()
            self._alike.accepted()
            await self._accepted(position, key, outcome, reply)
            return None
        return await self._refused(key, outcome, reply, n_tries)

    async def _send(
        self, request: Request, recording: Recording
    ) -> tuple[Reply | None, Pending | Finished | ProviderError]:
        control = self._control
        try:
            answer = await control.carriage.send(request)
        except CarriageError as error:
            return None, control.safe(_unanswered(error))
        reply = control.cleaned(answer, recording.secrets)
        try:
            return reply, control.plan.provider.submitted(reply)
        except ProviderError as error:
            return reply, control.safe(error)
        except Exception as error:  # noqa: BLE001 - a reply nobody foresaw is kept, not fatal
            return reply, ambiguous(
                f"The answer could not be read ({type(error).__name__}).", reply
            )

    async def _accepted(
        self, position: int, key: str, outcome: Pending | Finished, reply: Reply | None
    ) -> None:
        control = self._control
        if isinstance(outcome, Finished):
            await control.write(Ledger.completed, key, reply, outcome)
            control.budget.learn(key, outcome.cost)
            control.budget.close(key)
            control.progress.cost_unit = outcome.cost_unit
            control.ended(State.COMPLETED)
            return
        await control.write(Ledger.accepted, key, outcome)
        control.budget.learn(key, outcome.cost)
        control.progress.cost_unit = outcome.cost_unit
        control.changed.set()
        self._poller.add(position, outcome.task_id, estimated_s=outcome.estimated_s)

    async def _refused(
        self, key: str, error: ProviderError, reply: Reply | None, n_tries: int
    ) -> float | None:
        control = self._control
        is_free = control.plan.provider.capabilities.is_free
        if error.accepted is None and not is_free:
            control.budget.close(key)
            # Whatever the reason: the same call again would not send it, and it may be charged.
            error.advice = ADVICE[ErrorKind.AMBIGUOUS]
            await self._end(key, State.IN_DOUBT, error, reply)
            return None
        wait_s = self._wait_after(error, n_tries)
        if wait_s is not None:
            control.gate.refused(wait_s)
            control.progress.retried += 1
            # Known to be refused from here on: a crash while waiting leaves no doubt.
            await control.write(Ledger.ended, key, State.FAILED, error, reply, True)  # noqa: FBT003
            return wait_s
        control.budget.release(key)
        self._judge(error)
        await self._end(key, State.FAILED, error, reply)
        return None

    def _judge(self, error: ProviderError) -> None:
        """Stop submitting when the other recordings would fare no better."""
        if error.stops or error.kind in _MOST_TRIES:
            self._control.stop_submitting(error)
        else:
            self._alike.refused(error)

    def _wait_after(self, error: ProviderError, n_tries: int) -> float | None:
        if n_tries >= _MOST_TRIES.get(error.kind, 0) or not self._control.is_submitting:
            return None
        asked = error.retry_after_s
        wait_s = back_off_s(n_tries) if asked is None else asked
        return wait_s if wait_s <= LONGEST_WAIT_S else None

    async def _end(self, key: str, state: State, error: ProviderError, reply: Reply | None) -> None:
        is_free = self._control.plan.provider.capabilities.is_free
        is_resendable = state is State.FAILED and (error.kind in _RESENDABLE or is_free)
        await self._control.write(Ledger.ended, key, state, error, reply, is_resendable)
        self._control.ended(state)


class _Alike:
    """Notices that the first recordings are all refused for one reason: the call's own."""

    def __init__(self) -> None:
        self._is_over = False
        self._refusals: list[ProviderError] = []

    @property
    def is_suspicious(self) -> bool:
        """Whether enough were refused alike and none was accepted."""
        return not self._is_over and len(self._refusals) >= _ALIKE

    def accepted(self) -> None:
        """Learn that the call is right for some recording."""
        self._is_over = True

    def refused(self, error: ProviderError) -> None:
        """Learn of a refusal; one that is different clears the call, too."""
        if self._is_over:
            return
        self._refusals.append(error)
        self._is_over = len({_gist(one) for one in self._refusals}) > 1

    def verdict(self) -> ProviderError:
        """Say why nothing more is sent."""
        last = self._refusals[-1]
        return ProviderError(
            f"The first {len(self._refusals)} recordings were all refused alike: {last}",
            kind=ErrorKind.CONFIG,
            accepted=False,
            stops=True,
            advice=ADVICE[ErrorKind.CONFIG],
        )


def _gist(error: ProviderError) -> tuple[object, ...]:
    """Give what two refusals for one reason have in common; request ids differ."""
    text = re.sub(r"request_id:\s*[\w-]+", "", str(error))
    return error.status, error.code, text


def _unanswered(error: CarriageError) -> ProviderError:
    if error.was_sent:
        return ambiguous(f"No answer came back: {error}")
    kind = ErrorKind.UNSENT
    return ProviderError(
        f"The service could not be reached: {error}",
        kind=kind,
        accepted=False,
        advice=ADVICE[kind],
    )


def _over_budget(*, is_blind: bool) -> ProviderError:
    reason = (
        "No cost has become known yet, so max_cost cannot be kept."
        if is_blind
        else "One more recording could cost more than max_cost leaves."
    )
    advice = (
        "Run the same call again to go on; leave max_cost out if the service names no costs."
        if is_blind
        else "Raise max_cost, or leave it out, and run the call again to go on."
    )
    return ProviderError(reason, kind=ErrorKind.NOT_SENT, advice=advice)
