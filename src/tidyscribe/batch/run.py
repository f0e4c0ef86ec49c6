"""One run: what the ledger knows already, what is to be sent, and what is to be waited for.

The run holds no state of its own that matters: whatever happens to its process, the next
identical call finds in the ledger how far each recording had come, and goes on from there.
"""

from __future__ import annotations

import asyncio
import warnings
from array import array
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tidyscribe.batch.control import Control
from tidyscribe.batch.poller import Poller, accepted_elsewhere
from tidyscribe.batch.submitter import Submitter
from tidyscribe.errors import ErrorKind, MissingKeyError, ProviderError
from tidyscribe.providers.refusals import ADVICE
from tidyscribe.store.ledger import FINAL_STATES, Known, Ledger, State

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tidyscribe.batch.carriage import Carriage
    from tidyscribe.batch.events import Listener
    from tidyscribe.batch.plan import Plan
    from tidyscribe.options import RunOptions
    from tidyscribe.store.store import Session

#: Submissions looked up and noted in one go.
_CHUNK = 2_000

#: Seconds that requests under way get to be answered once the run is interrupted.
DRAIN_S = 10.0

#: Submissions that come to an end between two Parquet parts, at most.
_PART_EVERY = 2_000


class Run:
    """Carries out a plan.

    Parameters
    ----------
    plan
        What is wanted.
    session
        The store, opened for writing.
    carriage
        The way to the service.
    options
        How to go about it.
    listener
        Who wants to know how it goes.
    renew
        Submissions to be sent anew, although they came to an end.
    """

    def __init__(  # noqa: PLR0913 - what a run consists of
        self,
        plan: Plan,
        session: Session,
        carriage: Carriage,
        options: RunOptions,
        listener: Listener,
        *,
        renew: frozenset[str] = frozenset(),
    ) -> None:
        self._renew = renew
        self._control = Control.of(plan, session, carriage, options, listener)
        self._poller = Poller(self._control)
        self._submitter = Submitter(self._control, self._poller)
        #: Positions of the rows to be sent, tasks to be waited for, and keys to be sent anew.
        self._to_send = array("q")
        self._to_resume: list[tuple[int, Known]] = []
        self._to_renew: list[str] = []
        #: Submissions that were made to another host, and are left alone.
        self._elsewhere: list[tuple[str, Known]] = []
        self._is_over = asyncio.Event()

    async def run(self) -> None:
        """Carry out the plan; returns when every submission has been accounted for.

        Raises
        ------
        MissingKeyError
            When something is to be sent or asked for, and there is no key.
        StoreError
            When the store can no longer be written; what was written before is kept.
        """
        control = self._control
        try:
            await self._take_stock()
            self._check_key()
            if self._to_renew:
                await control.session.withdraw(self._to_renew)
            try:
                await self._carry_out()
            finally:
                await self._conclude()
        finally:
            control.tell()
            control.listener.close()
        if control.broken_by is not None:
            raise control.broken_by

    async def _conclude(self) -> None:
        """Say of what was not sent why, and write the tables."""
        control, provider = self._control, self._control.plan.provider
        if control.broken_by is not None:
            return
        await control.write(Ledger.restore)
        reason = not_sent(control.stopped_by)
        await control.write(Ledger.unsent, provider.service.name, provider.model, reason)
        await control.session.project()

    # Taking stock ---------------------------------------------------------------------------

    async def _take_stock(self) -> None:
        """Note all submissions in the ledger, and sort them by what is left to do."""
        control, plan = self._control, self._control.plan
        positions = plan.submissions()
        control.progress.total = len(positions)
        address = control.carriage.endpoint.address
        for first in range(0, len(positions), _CHUNK):
            chunk = positions[first : first + _CHUNK].tolist()
            keys = [plan.key(position) for position in chunk]
            known = await control.write(Ledger.known, keys)
            new = [p for p, key in zip(chunk, keys, strict=True) if key not in known]
            await control.write(Ledger.plan, [plan.ledger_row(p, address) for p in new])
            for position, key in zip(chunk, keys, strict=True):
                self._sort(position, key, known.get(key), address)
        await self._mention_elsewhere(address)
        control.tell()

    async def _mention_elsewhere(self, address: str) -> None:
        """Say of what was submitted to another host that it is not sent to this one."""
        for key, known in self._elsewhere:
            if known.state is State.ACCEPTED:
                await self._control.write(Ledger.waiting, key, accepted_elsewhere(known.address))
        if self._elsewhere:
            # The caller's line is on another thread; ours would only puzzle.
            warnings.warn_explicit(
                f"{len(self._elsewhere)} recordings of this call were submitted to "
                f"{self._elsewhere[0][1].address} before, and are not sent to {address}: the "
                "store holds them already. For a rehearsal use a store= of its own.",
                UserWarning,
                "tidyscribe",
                1,
            )

    def _sort(self, position: int, key: str, known: Known | None, address: str) -> None:
        if known is None or known.state is State.PLANNED:
            self._to_send.append(position)
        elif self._is_to_be_renewed(key, known):
            self._to_renew.append(key)
            self._to_send.append(position)
        elif known.state is State.ACCEPTED and known.task_id and _same_host(known, address):
            self._to_resume.append((position, known))
        else:
            self._control.progress.end(known.state)
            if not _same_host(known, address):
                self._elsewhere.append((key, known))

    def _is_to_be_renewed(self, key: str, known: Known) -> bool:
        control = self._control
        if key in self._renew and known.state in FINAL_STATES:
            return True
        if known.state is State.FAILED and known.is_resendable:
            return True
        if control.options.refresh and known.state in FINAL_STATES:
            return True
        # Free work is done again whenever its fate is unclear.
        unclear = {State.ACCEPTED, State.IN_DOUBT, State.LOST}
        return control.plan.provider.capabilities.is_free and known.state in unclear

    def _check_key(self) -> None:
        service = self._control.plan.provider.service
        has_work = bool(self._to_send or self._to_resume)
        if has_work and service.needs_key and not self._control.carriage.endpoint.api_key:
            raise MissingKeyError(missing_key(service.name, service.key_variable))

    # Carrying out ---------------------------------------------------------------------------

    async def _carry_out(self) -> None:
        control = self._control
        for position, known in self._to_resume:
            control.slots.add()
            key = control.plan.key(position)
            control.budget.reserve(key)
            control.budget.learn(key, known.cost)
            self._poller.resume(position, known)
        polling = asyncio.create_task(self._poller.run())
        submitting = asyncio.create_task(self._submit_all())
        projecting = asyncio.create_task(self._project_now_and_then())
        try:
            await self._until_done(polling, submitting)
        finally:
            self._is_over.set()
            await projecting

    async def _submit_all(self) -> None:
        try:
            await self._submitter.run(self._positions())
        finally:
            self._poller.complete()

    def _positions(self) -> Iterator[int]:
        yield from self._to_send

    async def _until_done(self, *tasks: asyncio.Task[None]) -> None:
        """Wait for the work; a cancelled run ends like an interrupted one."""
        try:
            await asyncio.shield(asyncio.gather(*tasks))
        except BaseException:
            self._control.interrupt()
            await self._drain(tasks)
            raise

    async def _drain(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        """Let requests under way come back, for a while; then give up on them."""
        _, late = await asyncio.wait(tasks, timeout=DRAIN_S)
        if late:
            self._submitter.cancel()
            for task in late:
                task.cancel()
            await asyncio.wait(late)

    async def _project_now_and_then(self) -> None:
        """Write Parquet parts while the run goes on, so that memory and losses stay small."""
        control = self._control
        written = control.progress.done
        while not self._is_over.is_set():
            try:
                await asyncio.wait_for(self._is_over.wait(), timeout=1.0)
            except TimeoutError:
                if control.progress.done - written >= _PART_EVERY:
                    written = control.progress.done
                    await control.session.project()


def _same_host(known: Known, address: str) -> bool:
    """Tell whether a submission went to this host; ports change when a server is restarted."""
    return urlsplit(known.address).hostname == urlsplit(address).hostname


def missing_key(service: str, variable: str) -> str:
    """Say that there is no key and where it is looked for."""
    return (
        f"There is no key for {service}: set the environment variable {variable}, "
        "or give api_key=... . Nothing was sent."
    )


def not_sent(reason: ProviderError | None) -> ProviderError:
    """Make the error of a recording whose turn did not come."""
    kind = ErrorKind.NOT_SENT
    if reason is None:
        return ProviderError("Not sent yet.", kind=kind, advice=ADVICE[kind])
    return ProviderError(f"Not sent, because of: {reason}", kind=kind, advice=reason.advice)
