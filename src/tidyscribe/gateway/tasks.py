"""The tasks the gateway has taken on: their states, their order, their results.

They live in memory and end with the process. Where they live is behind `Tasks` alone.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import string
import time
from collections import deque
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from tidyscribe.wire.foxapi import TaskStatus

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tidyscribe.gateway.sources import Source
    from tidyscribe.wire.foxapi import ScribeRequest

_log = logging.getLogger("tidyscribe.gateway")

_ALPHABET = string.ascii_lowercase + string.digits
#: Seconds a task is thought to take before one has been seen.
_FIRST_GUESS_S = 3.0
#: Weight of the newest duration in the running mean.
_NEWEST = 0.2
#: Bytes of results that are kept; beyond them the oldest tasks are forgotten.
KEEP_BYTES = 256 * 1024 * 1024
_INTERRUPTED = "the gateway was stopped before this recording was done"


class WorkFailedError(Exception):
    """A task cannot be done; the message is the reason its owner is shown."""


@dataclass(eq=False, slots=True, kw_only=True)
class Task:
    """One recording to transcribe.

    `start` and `advance` come from a worker's thread; each sets one attribute at a time.
    """

    id: str
    #: Unix seconds.
    created: int
    #: Digest of the key it was submitted with.
    owner: bytes
    #: What is asked for; the audio's address is in `source`.
    request: ScribeRequest
    source: Source
    status: TaskStatus = TaskStatus.PENDING
    #: 0..100.
    progress: int = 0
    #: JSON of the results once completed.
    results: bytes | None = None
    #: Why it failed, if it did.
    reason: str | None = None
    #: Whether somebody was told that it is completed.
    is_announced: bool = False

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in {TaskStatus.COMPLETED, TaskStatus.FAILED}

    def start(self) -> None:
        """Note that an engine is at it."""
        if not self.is_finished:
            self.progress = 1
            self.status = TaskStatus.PROCESSING

    def advance(self, part: float) -> None:
        """Note how much is done, 0..1."""
        if not self.is_finished:
            self.progress = min(99, max(1, int(part * 100)))

    def complete(self, results: bytes) -> None:
        """Note the results."""
        self.results = results
        self.progress = 100
        self.status = TaskStatus.COMPLETED

    def fail(self, reason: str) -> None:
        """Note why there are none."""
        self.reason = reason
        self.progress = 0
        self.status = TaskStatus.FAILED


class Tasks:
    """All tasks, worked on in the order they came, a few at a time.

    Parameters
    ----------
    work
        Gives the JSON of a task's results, or raises WorkFailedError.
    slots
        How many tasks are worked on at once.
    keep_bytes
        Bytes of results to keep.
    """

    def __init__(
        self, work: Callable[[Task], Awaitable[bytes]], *, slots: int, keep_bytes: int = KEEP_BYTES
    ) -> None:
        self._work = work
        self._slots = slots
        self._keep_bytes = keep_bytes
        self._all: dict[str, Task] = {}
        self._waiting: deque[Task] = deque()
        self._finished: deque[Task] = deque()
        self._running: set[asyncio.Task[None]] = set()
        self._kept_bytes = 0
        self._mean_s = _FIRST_GUESS_S

    def add(self, *, request: ScribeRequest, source: Source, owner: bytes) -> Task:
        """Take on a task; needs a running event loop."""
        created = int(time.time())
        suffix = "".join(secrets.choice(_ALPHABET) for _ in range(8))
        task = Task(
            id=f"task-unified-{created}-{suffix}",
            created=created,
            owner=owner,
            request=request,
            source=source,
        )
        self._all[task.id] = task
        self._waiting.append(task)
        self._fill()
        return task

    def get(self, task_id: str, *, owner: bytes) -> Task | None:
        """Give a task of this owner; another's does not exist for him."""
        task = self._all.get(task_id)
        return task if task is not None and task.owner == owner else None

    def estimate_s(self) -> int:
        """Guess how many seconds a task added now will take, by those seen so far."""
        rounds = 1 + len(self._waiting) / self._slots
        return max(1, ceil(self._mean_s * rounds))

    async def aclose(self) -> None:
        """Stop working; what is not finished fails."""
        for task in self._waiting:
            task.fail(_INTERRUPTED)
            task.source.discard()
        self._waiting.clear()
        loop = asyncio.get_running_loop()
        running = [job for job in self._running if job.get_loop() is loop]
        for job in running:
            job.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _fill(self) -> None:
        # Jobs of a loop that is gone will never report; their slots are free.
        self._running = {job for job in self._running if not job.get_loop().is_closed()}
        while self._waiting and len(self._running) < self._slots:
            job = asyncio.create_task(self._run(self._waiting.popleft()))
            self._running.add(job)
            job.add_done_callback(self._ended)

    def _ended(self, job: asyncio.Task[None]) -> None:
        self._running.discard(job)
        if not job.cancelled():  # a loop that ends cancels its jobs, and can take no new ones
            self._fill()

    async def _run(self, task: Task) -> None:
        began = time.monotonic()
        try:
            task.complete(await self._work(task))
            self._mean_s += _NEWEST * (time.monotonic() - began - self._mean_s)
        except WorkFailedError as error:
            task.fail(str(error))
        except Exception:  # noqa: BLE001 - the outermost loop of a task: its owner is told
            _log.exception("Task %s failed unexpectedly.", task.id)
            task.fail("internal error of the gateway")
        finally:
            if not task.is_finished:
                task.fail(_INTERRUPTED)
            task.source.discard()
            self._keep(task)

    def _keep(self, task: Task) -> None:
        self._finished.append(task)
        self._kept_bytes += len(task.results or b"")
        while self._kept_bytes > self._keep_bytes and len(self._finished) > 1:
            oldest = self._finished.popleft()
            self._kept_bytes -= len(oldest.results or b"")
            self._all.pop(oldest.id, None)
