"""Worker processes that transcribe side by side, and survive each other.

Every process is driven by a thread of its own, with plain pipes. So nothing here belongs to an
event loop: the pool serves whichever loop asks, on any thread, also on those loops (Windows'
selector loop) that cannot start processes.
"""

from __future__ import annotations

import asyncio
import os
import weakref
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Lock, Thread, Timer
from typing import TYPE_CHECKING

from tidyscribe.engines.base import EngineError, Heard
from tidyscribe.engines.messages import Job
from tidyscribe.engines.process import NotBegunError, Watch, WorkerProcess

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Self

#: More than this are not started unasked: each holds a model in memory.
_MOST_WORKERS = 4
#: Seconds a killed process is given to be gone.
_GONE_S = 5.0
_CLOSED = "the engine was closed before this recording was done"


def default_workers() -> int:
    """Give the number of workers started unasked: one for each processor, at most four."""
    if hasattr(os, "sched_getaffinity"):  # a container may have fewer than the machine
        return min(_MOST_WORKERS, len(os.sched_getaffinity(0)))
    return min(_MOST_WORKERS, os.cpu_count() or 1)


class EnginePool:
    """Worker processes with one engine each, started when they are first needed.

    Parameters
    ----------
    engine
        Name of the engine.
    workers
        How many recordings are worked on at once; None means one for each processor, at
        most four.
    time_limit_s
        Seconds one recording may take, without the waiting for its turn; None: no limit.

    Examples
    --------
    >>> import asyncio, pathlib
    >>> async def main():
    ...     async with EnginePool(workers=1) as pool:
    ...         return await pool.transcribe(pathlib.Path("data/recordings/opening_hours.mp3"))
    >>> [word.text for word in asyncio.run(main()).words][:4]
    ['our', 'shop', 'is', 'open']
    """

    def __init__(
        self,
        engine: str = "pocketsphinx",
        *,
        workers: int | None = None,
        time_limit_s: float | None = None,
    ) -> None:
        self.engine = engine
        self.workers = max(1, default_workers() if workers is None else workers)
        self._time_limit_s = time_limit_s
        self._queue: SimpleQueue[_Order | None] = SimpleQueue()
        self._lanes: list[_Lane] = []
        self._lock = Lock()
        self._open: set[_Order] = set()
        self._is_closed = False
        # A pool that is forgotten, or still open at exit, leaves no process behind.
        weakref.finalize(self, _end, self._queue, self._lanes)

    async def transcribe(
        self,
        path: Path,
        *,
        language: str | None = None,
        keyterms: Sequence[str] = (),
        watch: Watch | None = None,
    ) -> Heard:
        """Make words of a file, as soon as a worker is free.

        Cancelling ends the work on it at once.

        Parameters
        ----------
        path
            A file with an audio track.
        language
            BCP-47 tag, or None to leave it to the engine.
        keyterms
            Words to expect, for engines that can use them.
        watch
            What to call on the way.

        Raises
        ------
        EngineError
            When there is no transcript; the message is the reason.
        """
        # The worker may have been started in another directory.
        job = Job(path=os.path.abspath(path), language=language, keyterms=tuple(keyterms))  # noqa: ASYNC240, PTH100 - no I/O
        order = _Order(job, watch or Watch())
        self._enqueue(order)
        try:
            return await asyncio.wrap_future(order.result)
        except asyncio.CancelledError:
            order.cancel()
            raise
        finally:
            with self._lock:
                self._open.discard(order)

    @property
    def pids(self) -> list[int]:
        """Process numbers of the workers there are just now."""
        return [lane.pid for lane in list(self._lanes) if lane.pid is not None]

    def _enqueue(self, order: _Order) -> None:
        with self._lock:
            if self._is_closed:
                raise EngineError(_CLOSED)
            self._open.add(order)
            self._queue.put(order)
            if len(self._lanes) < min(self.workers, len(self._open)):
                lane = _Lane(self.engine, self._queue, self._time_limit_s)
                self._lanes.append(lane)
                lane.start()

    def close(self) -> None:
        """End all workers at once, busy or not; what they worked on fails."""
        with self._lock:
            self._is_closed = True
            lanes, orders = list(self._lanes), list(self._open)
        for order in orders:
            order.fail(_CLOSED)
        _end(self._queue, lanes)

    async def aclose(self) -> None:
        """End all workers at once, busy or not, and wait until they are gone."""
        self.close()
        for lane in self._lanes:
            await asyncio.to_thread(lane.join, _GONE_S)

    async def __aenter__(self) -> Self:
        """Give the pool itself; nothing is started yet."""
        return self

    async def __aexit__(self, *reason: object) -> None:
        """Close the pool."""
        await self.aclose()


@dataclass(eq=False, slots=True)
class _Order:
    """A job on its way through the pool."""

    job: Job
    watch: Watch
    result: Future[Heard] = field(default_factory=Future)
    #: The process at work on it; killed when the order is cancelled.
    _process: WorkerProcess | None = None
    _lock: Lock = field(default_factory=Lock)

    def begin(self, process: WorkerProcess) -> bool:
        """Note who works on it; False when nobody waits for it any more."""
        with self._lock:
            if self.result.done():
                return False
            self._process = process
        return True

    def leave(self) -> None:
        """Note that nobody works on it."""
        with self._lock:
            self._process = None

    def finish(self, heard: Heard) -> None:
        with suppress(InvalidStateError):  # closed or cancelled in the meantime
            self.result.set_result(heard)

    def fail(self, reason: str) -> None:
        with suppress(InvalidStateError):
            self.result.set_exception(EngineError(reason))

    def cancel(self) -> None:
        with self._lock:
            if self.result.cancel() and self._process is not None:
                self._process.kill("the work was cancelled")


class _Lane(Thread):
    """A thread that drives one process after the other through the queue of jobs."""

    def __init__(
        self, engine: str, queue: SimpleQueue[_Order | None], time_limit_s: float | None
    ) -> None:
        # A daemon: the interpreter must not wait for a long recording before it ends.
        super().__init__(name=f"tidyscribe-{engine}", daemon=True)
        self._engine = engine
        self._queue = queue
        self._time_limit_s = time_limit_s
        self._process: WorkerProcess | None = None
        self._lock = Lock()
        self._is_ended = False

    def run(self) -> None:
        while (order := self._queue.get()) is not None:
            if not order.result.done():
                self._serve(order)
        self.kill()
        if self._process is not None:
            self._process.reap()

    @property
    def pid(self) -> int | None:
        """Number of its process, None while there is none."""
        return self._process.pid if self._process is not None else None

    def kill(self) -> None:
        """End the process, and start no other."""
        with self._lock:
            self._is_ended = True
            if self._process is not None:
                self._process.kill(_CLOSED)

    def _serve(self, order: _Order) -> None:
        try:
            self._try_twice(order)
        except EngineError as error:
            order.fail(str(error))
        except Exception as error:  # noqa: BLE001 - the lane must live on for the next job
            order.fail(f"the engine's process cannot be used: {type(error).__name__}: {error}")
            if self._process is not None:
                self._process.kill("the engine's process could not be used")
        finally:
            order.leave()

    def _try_twice(self, order: _Order) -> None:
        try:
            self._try(order)
        except NotBegunError:  # it died while it was idle: that is not this job's fault
            self._try(order)

    def _try(self, order: _Order) -> None:
        process = self._ready_process()
        if order.begin(process):
            order.finish(self._perform(order, process))

    def _ready_process(self) -> WorkerProcess:
        if self._process is not None and self._process.is_alive:
            return self._process
        if self._process is not None:
            self._process.reap()
        with self._lock:
            if self._is_ended:
                raise EngineError(_CLOSED)
            self._process = WorkerProcess(self._engine)
        self._process.wait_until_ready()
        return self._process

    def _perform(self, order: _Order, process: WorkerProcess) -> Heard:
        if self._time_limit_s is None:
            return process.perform(order.job, order.watch)
        reason = f"the engine was not done with it after {self._time_limit_s:g} s"
        timer = Timer(self._time_limit_s, process.kill, (reason,))
        timer.daemon = True
        timer.start()
        try:
            return process.perform(order.job, order.watch)
        finally:
            timer.cancel()


def _end(queue: SimpleQueue[_Order | None], lanes: list[_Lane]) -> None:
    for lane in lanes:
        queue.put(None)
        lane.kill()
