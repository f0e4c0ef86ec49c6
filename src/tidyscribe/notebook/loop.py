"""One private event loop in one daemon thread per process, and how calls wait for it.

A kernel's own loop is left alone: patching it lets an interrupt raise while tasks run on (and
bill), and keeps other cells from running. `run_sync` therefore starts the work on the private
loop and waits for it in short slices, so that an interrupt is noticed at once; the work is
then cancelled, gets time to bring home what is under way, and the interrupt goes on with a
note that says what is kept.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import sys
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future
from typing import Any, TypeVar

from tidyscribe.errors import TidyscribeError

_Value = TypeVar("_Value")
_Work = Callable[[], Coroutine[Any, Any, _Value]]

#: Seconds between two looks for an interrupt; a signal does not wake a waiting thread.
_SLICE_S = 0.2

#: Seconds the work gets to end in order after an interrupt; a little more than a run's drain.
_DRAIN_S = 15.0


class _LoopThread:
    """A running event loop in a daemon thread."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="tidyscribe-loop", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def start(self, work: _Work[_Value]) -> tuple[Future[_Value], Callable[[], object]]:
        """Start work in a copy of the caller's context.

        Returns
        -------
        Future
            The result.
        callable
            Cancels the work; may be called from any thread.
        """
        context = contextvars.copy_context()
        outcome: Future[_Value] = Future()
        tasks: list[asyncio.Task[_Value]] = []

        def begin() -> None:
            # In the caller's context prints, logs and bars land in the cell that started it.
            task = self.loop.create_task(work(), context=context)
            tasks.append(task)
            task.add_done_callback(lambda done: _copy(done, outcome))

        def cancel() -> None:
            for task in tasks:
                task.cancel()

        self.loop.call_soon_threadsafe(begin, context=context)
        return outcome, lambda: self.loop.call_soon_threadsafe(cancel)


def _copy(task: asyncio.Task[_Value], outcome: Future[_Value]) -> None:
    if task.cancelled():
        outcome.cancel()
        outcome.set_running_or_notify_cancel()
    elif (error := task.exception()) is not None:
        outcome.set_exception(error)
    else:
        outcome.set_result(task.result())


_lock = threading.Lock()
_private: _LoopThread | None = None


def _loop_thread() -> _LoopThread:
    """Give the process's loop thread; a forked child gets its own."""
    global _private  # noqa: PLW0603 - one a process is the point
    with _lock:
        if _private is None or _private.process != os.getpid():
            _refuse_patched_loops()
            _private = _LoopThread()
        return _private


def _refuse_patched_loops() -> None:
    if sys.version_info >= (3, 14) and getattr(asyncio, "_nest_patched", False):
        raise TidyscribeError(
            "nest_asyncio.apply() has replaced parts of asyncio, which breaks every event loop "
            "of this process on Python 3.14. Restart the kernel and leave the call out: "
            "tidyscribe needs no patching."
        )


def run_sync(work: _Work[_Value], *, kept: str) -> _Value:
    """Do the work on the private loop and wait for it.

    Parameters
    ----------
    work
        Makes the coroutine.
    kept
        What is kept when the work is interrupted; noted on the interrupt.

    Raises
    ------
    KeyboardInterrupt
        After an interrupt, once what was under way is home or 15 s have passed; a second
        interrupt does not wait.
    """
    outcome, cancel = _loop_thread().start(work)
    try:
        _wait(outcome)
    except KeyboardInterrupt as interrupt:
        cancel()
        interrupt.add_note(kept)
        try:
            _wait(outcome, _DRAIN_S)
        except (CancelledError, TidyscribeError):
            pass  # it ended, which is all that was asked for
        except KeyboardInterrupt:
            interrupt.add_note("tidyscribe: interrupted again; requests under way were left.")
        raise
    return outcome.result()


def _wait(outcome: Future[Any], most_s: float | None = None) -> None:
    waited_s = 0.0
    while not outcome.done() and (most_s is None or waited_s < most_s):
        try:
            outcome.exception(timeout=_SLICE_S)
        except TimeoutError:
            waited_s += _SLICE_S


async def run_async(work: _Work[_Value]) -> _Value:
    """Do the work on the private loop and await it; cancelling the caller cancels the work.

    The caller's loop stays free, and is woken now and then so that it notices an interrupt.
    """
    outcome, cancel = _loop_thread().start(work)
    waiter = asyncio.wrap_future(outcome)
    try:
        while not waiter.done():
            await asyncio.wait([waiter], timeout=_SLICE_S)
    except asyncio.CancelledError:
        cancel()
        # What is under way comes home first; the store is free again afterwards.
        await asyncio.wait([waiter], timeout=_DRAIN_S)
        raise
    return waiter.result()


def run_nested(work: _Work[_Value]) -> _Value:
    """Do the work on the loop that is running already, with nest-asyncio's help.

    For callers whose own objects are bound to that loop; nobody else should want it. The loop
    is patched for the rest of the process: an interrupt may not stop what is under way, other
    cells wait, and uvloop's loops cannot be patched.
    """
    if sys.version_info >= (3, 14):
        import nest_asyncio2 as nest_asyncio
    else:
        import nest_asyncio
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work())
    nest_asyncio.apply(loop)
    return loop.run_until_complete(work())
