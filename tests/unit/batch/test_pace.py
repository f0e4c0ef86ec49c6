"""Pace: how many requests at a time, and when to ask."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidyscribe.batch.pace import Gate, PollPace, Slots, _Quota, back_off_s
from tidyscribe.providers.base import Limits


async def pass_through(gate: Gate) -> None:
    """Make one request."""
    async with gate:
        await asyncio.sleep(0)


async def settle() -> None:
    """Let everything that can go on go on."""
    for _ in range(5):
        await asyncio.sleep(0)


def in_a_loop(work: Callable[[], Awaitable[None]]) -> None:
    """Run a test's coroutine."""

    async def run() -> None:
        await work()

    asyncio.run(run())


# The gate ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "most", "n_successes", "limit"),
    [
        (4, 64, 0, 4),
        (4, 64, 4, 8),  # a round of 4 answers doubles it
        (4, 64, 12, 16),  # and the next one of 8 again
        (4, 6, 100, 6),  # never above what was set
        (4, 1, 0, 1),  # not even at first
    ],
)
def test_the_gate_widens_while_all_is_well(
    first: int, most: int, n_successes: int, limit: int
) -> None:
    """It doubles from round to round."""
    gate = Gate(first, most)

    for _ in range(n_successes):
        gate.succeeded()

    assert gate.limit == limit


@pytest.mark.parametrize(
    ("n_refusals", "limit"),
    [
        (1, 8),  # 10 * 0.8
        (2, 6),  # 10 * 0.64
        (100, 1),  # one always gets through
    ],
)
def test_the_gate_narrows_by_a_fifth(n_refusals: int, limit: int) -> None:
    """Each "too many requests" takes a fifth."""
    gate = Gate(10, 64)

    for _ in range(n_refusals):
        gate.refused(0.0)

    assert gate.limit == limit


def test_after_a_refusal_the_gate_creeps() -> None:
    """From then on it widens by one a round: 8 answers make 9 of 8, no more."""
    gate = Gate(10, 64)
    gate.refused(0.0)

    for _ in range(9):
        gate.succeeded()

    assert gate.limit == 9


def test_the_gate_holds_back_what_is_too_much() -> None:
    """Only as many requests are open as there may be; the others follow in their order."""
    begun = []

    async def work() -> None:
        gate, leave = Gate(2, 2), asyncio.Event()

        async def request(number: int) -> None:
            async with gate:
                begun.append(number)
                await leave.wait()

        tasks = [asyncio.create_task(request(number)) for number in range(5)]
        await settle()
        assert begun == [0, 1]
        leave.set()
        await asyncio.gather(*tasks)

    in_a_loop(work)

    assert begun == [0, 1, 2, 3, 4]


def test_a_pause_holds_back_all() -> None:
    """After a Retry-After of an hour nothing goes through, though all is free."""

    async def work() -> None:
        gate = Gate(4, 4)
        gate.refused(3600.0)
        waiting = asyncio.create_task(pass_through(gate))
        await settle()
        assert not waiting.done()
        waiting.cancel()
        await asyncio.wait([waiting])

    in_a_loop(work)


def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    """The service's longest word counts."""

    async def work() -> None:
        gate = Gate(4, 4)
        gate.refused(3600.0)
        gate.refused(0.0)
        waiting = asyncio.create_task(pass_through(gate))
        await settle()
        assert not waiting.done()
        waiting.cancel()
        await asyncio.wait([waiting])

    in_a_loop(work)


def test_who_gives_up_waiting_blocks_nobody() -> None:
    """A cancelled request leaves the queue, whether or not its turn had come."""

    async def work() -> None:
        gate = Gate(1, 1)
        await gate.__aenter__()
        first, second = (asyncio.create_task(pass_through(gate)) for _ in range(2))
        await settle()
        await gate.__aexit__()  # the first one's turn comes ...
        first.cancel()  # ... and it gives up at that very moment
        await asyncio.wait([first, second])
        assert (first.cancelled(), second.exception()) == (True, None)
        await pass_through(gate)

    in_a_loop(work)


def test_an_error_gives_the_place_back() -> None:
    """A request that fails is over as any other."""

    async def work() -> None:
        gate = Gate(1, 1)
        for _ in range(3):
            with pytest.raises(ValueError, match="no"):
                async with gate:
                    raise ValueError("no")

    in_a_loop(work)


# The quota --------------------------------------------------------------------------------------


def test_a_quota_allows_so_many_and_no_more() -> None:
    """One request in a thousand seconds: the second has to wait as long."""
    quota = _Quota(0.001)

    assert [quota.take(), quota.take(), quota.take()] == [True, False, False]


@pytest.mark.parametrize("per_second", [1.0, 2.0, 7.0, 100.0])
def test_a_quota_waits_once_it_is_full(per_second: float) -> None:
    """The first requests begin at once; the next is due a second after the first of them."""
    quota = _Quota(per_second)

    for _ in range(int(per_second)):
        assert quota.due() == 0.0
        quota.take()

    assert quota.due() == quota._begun[0] + 1.0


# Slots ------------------------------------------------------------------------------------------


def test_slots_are_counted() -> None:
    """Those taken by earlier runs count, and may be more than there are."""

    async def work() -> None:
        slots = Slots(2)
        assert await slots.take(lambda: False)
        slots.add()
        slots.add()
        assert (slots.taken, slots.has_room()) == (3, False)
        slots.free()
        slots.free()
        assert (slots.taken, slots.has_room()) == (1, True)

    in_a_loop(work)


def test_a_freed_slot_is_taken() -> None:
    """Who waits gets it."""

    async def work() -> None:
        slots = Slots(1)
        slots.add()
        waiting = asyncio.create_task(slots.take(lambda: False))
        await settle()
        assert not waiting.done()
        slots.free()
        assert await waiting
        assert slots.taken == 1

    in_a_loop(work)


def test_waiting_for_a_slot_ends() -> None:
    """A nudge lets those who wait look whether there is still a reason to."""

    async def work() -> None:
        slots, is_over = Slots(1), []
        slots.add()
        waiting = asyncio.create_task(slots.take(lambda: bool(is_over)))
        await settle()
        is_over.append(1)
        slots.nudge()
        assert await waiting is False
        assert slots.taken == 1

    in_a_loop(work)


# When to ask ------------------------------------------------------------------------------------

#: So many tasks that eagerness would be too many questions.
MANY = 1000

LIMITS = Limits(first_poll_s=1.0, max_first_poll_s=10.0, poll_growth=1.5, max_poll_s=15.0)


@pytest.mark.parametrize(
    ("estimated_s", "n_in_flight", "pause_s"),
    [
        (None, MANY, 1.0),  # no hint
        (0.0, MANY, 1.0),
        (-5.0, MANY, 1.0),  # a mangled one
        (20.0, MANY, 5.0),  # a quarter of the estimate
        (3600.0, MANY, 10.0),  # at most
        (3600.0, 1, 1.0),  # one task is asked for eagerly
        (3600.0, 10, 5.0),  # 10 tasks, 2 questions a second
    ],
)
def test_the_first_question(estimated_s: float | None, n_in_flight: int, pause_s: float) -> None:
    """It comes after a quarter of what the service thinks it takes, a fifth more or less."""
    pace = PollPace(LIMITS, seed=1)

    pauses = [pace.first_s(estimated_s, n_in_flight) for _ in range(200)]

    assert pause_s * 0.8 <= min(pauses) < pause_s < max(pauses) <= pause_s * 1.2


@pytest.mark.parametrize(
    ("n_asked", "waited_s", "n_in_flight", "pause_s"),
    [
        (0, 0.0, MANY, 1.0),
        (1, 0.0, MANY, 1.5),  # 1 * 1.5
        (2, 0.0, MANY, 2.25),  # 1.5 * 1.5
        (10, 0.0, MANY, 15.0),  # 57.7, at most 15
        (100_000, 0.0, MANY, 15.0),  # no overflow on the way
        (10, 0.0, 1, 1.0),  # one task is asked for eagerly
        (10, 50.0, 1, 5.0),  # a tenth of the time it has taken
        (10, 50.0, 20, 10.0),  # 20 tasks, 2 questions a second
        (10, 5000.0, 1, 15.0),  # at most
    ],
)
def test_further_questions_become_rarer(
    n_asked: int, waited_s: float, n_in_flight: int, pause_s: float
) -> None:
    """Pauses grow by a factor up to the longest, more slowly while few tasks are in flight."""
    pace = PollPace(LIMITS, seed=1)

    pauses = [pace.next_s(n_asked, waited_s, n_in_flight) for _ in range(200)]

    assert pause_s * 0.8 <= min(pauses) < pause_s < max(pauses) <= pause_s * 1.2


@pytest.mark.parametrize(
    ("n_tries", "pause_s"),
    [(1, 1.0), (2, 2.0), (3, 4.0), (6, 32.0), (7, 60.0), (1000, 60.0), (5000, 60.0)],
)
def test_back_off(n_tries: int, pause_s: float) -> None:
    """1, 2, 4 .. seconds, a minute at most, however often."""
    assert back_off_s(n_tries) == pause_s


@given(
    per_second=st.sampled_from([0.5, 1, 2, 2.5, 3, 10]),
    pauses=st.lists(st.floats(0, 0.4), min_size=20, max_size=60),
)
def test_a_quota_is_exact(per_second: float, pauses: list[float]) -> None:
    """However requests come in, no second sees more of them begin than the quota has."""
    now = 0.0
    quota = _Quota(per_second, clock=lambda: now)
    begun: list[float] = []

    for pause in pauses:
        now += pause
        if quota.take():
            begun.append(now)

    for first in begun:
        in_a_second = [one for one in begun if first <= one < first + 1 - 1e-9]
        assert len(in_a_second) <= math.ceil(per_second)


def test_a_lifted_pause_lets_those_through_who_wait() -> None:
    """The end of a run does not wait for the end of a pause."""

    async def work() -> None:
        gate = Gate(1, 1)
        gate.refused(3600.0)
        waiting = asyncio.create_task(pass_through(gate))
        await settle()
        assert not waiting.done()

        gate.lift()
        await settle()

        assert waiting.done()

    in_a_loop(work)
