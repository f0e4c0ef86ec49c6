"""The registry of tasks, with work that does as it is told."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tidyscribe.gateway.sources import Source
from tidyscribe.gateway.tasks import Task, Tasks, WorkFailedError
from tidyscribe.wire.foxapi import ScribeRequest, TaskStatus

pytestmark = pytest.mark.anyio

REQUEST = ScribeRequest(model="scribe-v2", audio_url="")


class Work:
    """Counts what is at work, and waits to be let go on."""

    def __init__(self) -> None:
        self.begun: list[Task] = []
        self.go = asyncio.Event()

    async def __call__(self, task: Task) -> bytes:
        """Wait, then give a result of ten bytes."""
        self.begun.append(task)
        await self.go.wait()
        return b"[12345678]"


def add(tasks: Tasks, *, owner: bytes = b"") -> Task:
    """Take on a task."""
    return tasks.add(request=REQUEST, source=Source(url="https://a.example/b"), owner=owner)


async def until_finished(*tasks: Task) -> None:
    """Wait for the end of some tasks."""
    async with asyncio.timeout(10):
        while not all(task.is_finished for task in tasks):
            await asyncio.sleep(0)


async def test_a_few_are_worked_on_at_once_in_order() -> None:
    """The others wait for a slot."""
    work = Work()
    tasks = Tasks(work, slots=2)
    added = [add(tasks) for _ in range(5)]
    await asyncio.sleep(0)
    at_first = list(work.begun)
    work.go.set()
    await until_finished(*added)

    assert at_first == added[:2]
    assert work.begun == added


async def test_ids_are_unique() -> None:
    """A thousand tasks of one second differ."""
    tasks = Tasks(Work(), slots=1)

    ids = {add(tasks).id for _ in range(1000)}

    assert len(ids) == 1000
    await tasks.aclose()


async def test_another_owner_finds_nothing() -> None:
    """A task does not exist for a stranger."""
    tasks = Tasks(Work(), slots=1)
    task = add(tasks, owner=b"me")

    assert tasks.get(task.id, owner=b"me") is task
    assert tasks.get(task.id, owner=b"you") is None
    await tasks.aclose()


async def test_a_reason_is_told_and_a_fault_is_not() -> None:
    """What is meant for the owner reaches him; the inside does not."""
    outcomes = iter([WorkFailedError("no sound"), ZeroDivisionError("inside")])

    async def work(_task: Task) -> bytes:
        raise next(outcomes)

    tasks = Tasks(work, slots=1)
    first, second = add(tasks), add(tasks)
    await until_finished(first, second)

    assert first.reason == "no sound"
    assert second.reason == "internal error of the gateway"


async def test_the_oldest_results_are_forgotten_over_the_limit() -> None:
    """Memory stays bounded; the newest result is always kept."""
    work = Work()
    work.go.set()
    tasks = Tasks(work, slots=1, keep_bytes=25)
    added = [add(tasks) for _ in range(4)]
    await until_finished(*added)

    found = [tasks.get(task.id, owner=b"") is not None for task in added]

    assert found == [False, False, True, True]


async def test_a_progress_after_the_end_changes_nothing() -> None:
    """A worker's late message does not open a task again."""
    work = Work()
    work.go.set()
    tasks = Tasks(work, slots=1)
    task = add(tasks)
    await until_finished(task)

    task.start()
    task.advance(0.5)

    assert (task.status, task.progress) == (TaskStatus.COMPLETED, 100)


async def test_the_estimate_grows_with_the_queue() -> None:
    """Whoever comes last is told to wait longest."""
    tasks = Tasks(Work(), slots=1)
    add(tasks)
    first = tasks.estimate_s()
    for _ in range(10):
        add(tasks)

    assert tasks.estimate_s() > first
    await tasks.aclose()


async def test_closing_deletes_the_files_of_waiting_tasks(tmp_path: Path) -> None:
    """A recording handed over does not stay behind because its turn never came."""
    path = tmp_path / "handed over"
    path.touch()
    tasks = Tasks(Work(), slots=1)
    add(tasks)
    waiting = tasks.add(request=REQUEST, source=Source(path=path, is_temporary=True), owner=b"")

    await tasks.aclose()

    assert waiting.reason == "the gateway was stopped before this recording was done"
    assert not path.exists()


async def test_a_file_of_the_users_is_never_deleted(tmp_path: Path) -> None:
    """Only copies are."""
    path = tmp_path / "recording"
    path.touch()
    work = Work()
    work.go.set()
    tasks = Tasks(work, slots=1)
    task = tasks.add(request=REQUEST, source=Source(path=path), owner=b"")
    await until_finished(task)

    assert path.exists()
