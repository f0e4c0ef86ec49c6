"""How fast: open requests, requests a second, tasks in flight, and when to ask for a task.

Everything here is a plain object on the batch's own loop; nothing knows of HTTP.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tidyscribe.providers.base import Limits

#: The longest wait a service may ask for; beyond it rows that are left go back to the user.
LONGEST_WAIT_S = 60.0

#: What is left of the number of open requests after "too many requests".
_BACK_OFF = 0.8


class Gate:
    """Lets requests to one host through: adaptive in number, exact in rate, pausable.

    The number of open requests doubles from round to round until the service first says that
    it is too much; from then on it is cut by a fifth each time and creeps up again by one a
    round.

    Parameters
    ----------
    first, most
        Open requests at the start and at most.
    per_second
        Requests that may begin within any one second, or None for no quota.
    """

    def __init__(self, first: int, most: int, *, per_second: float | None = None) -> None:
        self._limit = float(min(first, most))
        self._most = most
        self._is_probing = True
        self._open = 0
        self._paused_until = 0.0
        self._quota = _Quota(per_second) if per_second is not None else None
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def limit(self) -> int:
        """Requests that may be open at the moment."""
        return int(self._limit)

    async def __aenter__(self) -> None:
        await self.acquire()

    async def __aexit__(self, *_: object) -> None:
        self.release()

    async def acquire(self) -> None:
        """Wait until one more request may be open; first come, first served."""
        if self._waiting or not self._may_pass():
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            self._wake()
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._open -= 1  # let through and cancelled at once
                self._wake()
                raise
        else:
            self._open += 1

    def release(self) -> None:
        """Count a request as over."""
        self._open -= 1
        self._wake()

    def _may_pass(self) -> bool:
        is_free = self._open < int(self._limit) and time.monotonic() >= self._paused_until
        return is_free and (self._quota is None or self._quota.take())

    def _wake(self) -> None:
        while self._waiting:
            if self._waiting[0].done():
                self._waiting.popleft()
            elif self._may_pass():
                self._open += 1
                self._waiting.popleft().set_result(None)
            else:
                self._wake_later()
                return

    def _wake_later(self) -> None:
        """Look again when the pause or the quota is over; an ending request looks anyway."""
        now = time.monotonic()
        due = self._paused_until
        if self._quota is not None:
            due = max(due, self._quota.due())
        if due > now and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(due - now, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self._wake()

    def succeeded(self) -> None:
        """Learn that the service took a request well."""
        step = 1.0 if self._is_probing else 1.0 / self._limit
        self._limit = min(self._limit + step, float(self._most))

    def refused(self, wait_s: float) -> None:
        """Learn that it was too much, and let nothing through for so many seconds."""
        self._is_probing = False
        self._limit = max(1.0, self._limit * _BACK_OFF)
        self._paused_until = max(self._paused_until, time.monotonic() + wait_s)

    def lift(self) -> None:
        """End a pause: the run is over, and those who wait only have to be told."""
        self._paused_until = 0.0
        self._wake()


class _Quota:
    """Counts the requests of the last second exactly, by a monotonic clock in seconds."""

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # Whole numbers are counted within a second; 2.5 a second is one in 0.4 seconds.
        self._count = int(per_second) if per_second == int(per_second) else 1
        self._window_s = self._count / per_second
        self._begun: deque[float] = deque(maxlen=self._count)

    def due(self) -> float:
        """Give the monotonic time at which the next request may begin."""
        return self._begun[0] + self._window_s if len(self._begun) == self._count else 0.0

    def take(self) -> bool:
        """Begin a request, if one may begin now."""
        now = self._clock()
        if self.due() > now:
            return False
        self._begun.append(now)
        return True


class Slots:
    """Counts tasks in flight; `take` waits while there are too many.

    Tasks resumed from an earlier run count too, but never wait.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken = 0
        self._freed = asyncio.Event()

    @property
    def taken(self) -> int:
        """Tasks in flight."""
        return self._taken

    def has_room(self) -> bool:
        """Tell whether one more may be taken."""
        return self._taken < self._most

    async def take(self, until: Callable[[], bool]) -> bool:
        """Take a slot; give False when there was none before `until` became true."""
        while not self.has_room():
            if until():
                return False
            self._freed.clear()
            await self._freed.wait()
        self._taken += 1
        return True

    def add(self) -> None:
        """Take a slot whether or not there is room."""
        self._taken += 1

    def free(self) -> None:
        """Give a slot back."""
        self._taken -= 1
        self._freed.set()

    def nudge(self) -> None:
        """Let those who wait look at their `until` again."""
        self._freed.set()


#: Questions a second that are always affordable; few tasks may be asked for eagerly.
_EASY_POLLS_PER_S = 2.0

#: With room to spare, a task is asked for again after this part of the time it has taken.
_EAGER_PART = 0.1


class PollPace:
    """Says how long to wait before the next question for a task.

    The first question comes after a quarter of the service's own estimate, within bounds; the
    pauses then grow by a factor up to a longest one. While few tasks are in flight they are
    asked for sooner, since the questions are few as well: the estimate may be far off. Each
    pause is varied by a fifth either way, so that tasks sent together do not ask together.
    """

    def __init__(self, limits: Limits, *, seed: int | None = None) -> None:
        self._limits = limits
        self._random = random.Random(seed)  # noqa: S311 - spreads questions, guards no secret

    def first_s(self, estimated_s: float | None, n_in_flight: int) -> float:
        """Give the pause after a task was accepted, in seconds."""
        limits = self._limits
        quarter = (estimated_s or 0.0) / 4
        usual = min(max(quarter, limits.first_poll_s), limits.max_first_poll_s)
        return self._varied(min(usual, self._eager(0.0, n_in_flight)))

    def next_s(self, n_asked: int, waited_s: float, n_in_flight: int) -> float:
        """Give the pause after the n-th question, in seconds.

        Parameters
        ----------
        n_asked
            Questions asked for the task so far.
        waited_s
            Seconds since the task was accepted.
        n_in_flight
            Tasks that are waited for.
        """
        limits = self._limits
        # Beyond the 50th the power would overflow long after the cap is reached.
        grown = limits.first_poll_s * limits.poll_growth ** min(n_asked, 50)
        usual = min(grown, limits.max_poll_s)
        return self._varied(min(usual, self._eager(waited_s, n_in_flight)))

    def _eager(self, waited_s: float, n_in_flight: int) -> float:
        """Give the shortest pause that asks neither too often in all nor for one task."""
        in_all = n_in_flight / _EASY_POLLS_PER_S
        return max(self._limits.first_poll_s, in_all, waited_s * _EAGER_PART)

    def _varied(self, pause_s: float) -> float:
        return pause_s * self._random.uniform(0.8, 1.2)


def back_off_s(n_tries: int, *, most_s: float = 60.0) -> float:
    """Give the pause after the n-th refusal without a Retry-After: 1, 2, 4 .. seconds."""
    return min(2.0 ** min(n_tries - 1, 30), most_s)
