"""Worker processes: real ones, really killed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tidyscribe.engines import EngineError, EnginePool, Watch
from tidyscribe.engines.pool import default_workers

from .conftest import BROKEN, PLUGINS, SAMPLES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("trial_engines")]


def write(path: Path, text: str) -> Path:
    """Write what a trial engine is to hear."""
    path.write_text(text)
    return path


def texts(heard: object) -> list[str]:
    """Give the words heard."""
    return [word.text for word in heard.words]  # type: ignore[attr-defined]


async def until(is_so: Callable[[], object]) -> None:
    """Wait for something, twenty seconds at most."""
    async with asyncio.timeout(20):
        while not is_so():
            await asyncio.sleep(0.01)


def is_running(pid: int) -> bool:
    """Tell whether there is such a process, other than a dead one nobody has asked after."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return not Path("/proc/self").exists()


async def reason_of(work: Awaitable[object]) -> str:
    """Give the reason why there is no transcript."""
    with pytest.raises(EngineError) as caught:
        await work
    return str(caught.value)


async def test_nothing_is_started_before_the_first_job() -> None:
    """A pool that is never used costs nothing."""
    async with EnginePool("echo") as pool:
        assert pool.pids == []


async def test_a_worker_serves_one_job_after_the_other(tmp_path: Path) -> None:
    """The process, with its model, stays."""
    async with EnginePool("echo", workers=2) as pool:
        await pool.transcribe(write(tmp_path / "a", "one"))
        before = pool.pids
        await pool.transcribe(write(tmp_path / "b", "two"))

        assert pool.pids == before
        assert len(before) == 1


async def test_no_more_than_the_workers_asked_for_are_started(tmp_path: Path) -> None:
    """Jobs beyond them wait."""
    paths = [write(tmp_path / str(number), f"n{number}") for number in range(6)]

    async with EnginePool("echo", workers=2) as pool:
        heard = await asyncio.gather(*[pool.transcribe(path) for path in paths])

        assert [texts(each) for each in heard] == [[f"n{number}"] for number in range(6)]
        assert len(pool.pids) <= 2


async def test_options_reach_the_engine(tmp_path: Path) -> None:
    """Language and key terms travel to the worker."""
    async with EnginePool("echo") as pool:
        heard = await pool.transcribe(write(tmp_path / "a", "one"), language="ja", keyterms=["Zoë"])

    assert (heard.language, texts(heard)) == ("ja", ["one", "Zoë"])


async def test_a_relative_path_is_meant_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker started elsewhere finds the file all the same."""
    async with EnginePool("echo") as pool:
        await pool.transcribe(write(tmp_path / "a", "one"))
        (tmp_path / "b").mkdir()
        write(tmp_path / "b" / "c", "two")
        monkeypatch.chdir(tmp_path / "b")

        assert texts(await pool.transcribe(Path("c"))) == ["two"]


async def test_what_a_library_prints_does_not_spoil_the_answer(tmp_path: Path) -> None:
    """Standard output and input of the engine are not those of the protocol."""
    async with EnginePool("noisy") as pool:
        first = await pool.transcribe(write(tmp_path / "a", "one"))
        second = await pool.transcribe(write(tmp_path / "b", "two"))

    assert texts(first) + texts(second) == ["one", "two"]


async def test_a_file_in_the_current_directory_is_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user's own ``queue.py`` is not taken for Python's."""
    write(tmp_path / "queue.py", "raise SystemExit('the wrong queue')")
    monkeypatch.chdir(tmp_path)

    async with EnginePool("echo") as pool:
        assert texts(await pool.transcribe(write(tmp_path / "a", "one"))) == ["one"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("unreadable", "it cannot be read"),
        ("bug", "the engine failed: RuntimeError: a bug"),
        ("memory", "the engine ran out of memory"),
        ("exit", "the engine's process died while it worked on this recording (exit status 3)"),
        ("segfault", "the engine's process died while it worked on this recording (SIGSEGV)"),
    ],
)
async def test_a_failure_is_of_one_job_only(tmp_path: Path, text: str, reason: str) -> None:
    """Whatever happens to one recording, its reason is told and the next one is heard."""
    async with EnginePool("odd", workers=1) as pool:
        bad = pool.transcribe(write(tmp_path / "bad", text))
        good = pool.transcribe(write(tmp_path / "good", "fine"))
        told, heard = await asyncio.gather(reason_of(bad), good)

    assert told == reason
    assert texts(heard) == ["fine"]


async def test_a_killed_worker_fails_its_own_job_and_is_replaced(tmp_path: Path) -> None:
    """SIGKILL in the middle of a job leaves the job beside it, and those to come, alone."""
    begun: list[str] = []

    def watch(name: str) -> Watch:
        return Watch(on_progress=lambda _part: begun.append(name))

    first, second = write(tmp_path / "a", "one"), write(tmp_path / "b", "two")
    async with EnginePool("patient", workers=2) as pool:
        doomed = asyncio.create_task(pool.transcribe(first, watch=watch("doomed")))
        await until(lambda: begun == ["doomed"])
        (victim,) = pool.pids
        beside = asyncio.create_task(pool.transcribe(second, watch=watch("beside")))
        await until(lambda: len(begun) == 2)

        os.kill(victim, signal.SIGKILL)
        reason = await reason_of(doomed)
        second.unlink()

        assert "SIGKILL" in reason
        assert texts(await beside) == ["two"]
        third = write(tmp_path / "c", "three")
        heard = await pool.transcribe(third, watch=Watch(on_progress=lambda _part: third.unlink()))
        assert texts(heard) == ["three"]


async def test_the_embedded_engine_killed_while_it_decodes_fails_that_recording() -> None:
    """A real worker at a real recording, killed, is replaced by one that hears the next."""
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()
    watch = Watch(on_start=lambda: loop.call_soon_threadsafe(begun.set))
    async with EnginePool(workers=1) as pool:
        doomed = asyncio.create_task(pool.transcribe(SAMPLES["support_call"].path, watch=watch))
        await begun.wait()
        os.kill(pool.pids[0], signal.SIGKILL)
        reason = await reason_of(doomed)
        heard = await pool.transcribe(SAMPLES["empty_room"].path)

    assert "SIGKILL: perhaps there was not enough memory" in reason
    assert heard.duration_s == 4.0


async def test_an_idle_worker_that_died_is_replaced_unnoticed(tmp_path: Path) -> None:
    """A death between two jobs costs no job."""
    async with EnginePool("echo", workers=1) as pool:
        await pool.transcribe(write(tmp_path / "a", "one"))
        victim = pool.pids[0]
        os.kill(victim, signal.SIGKILL)

        assert texts(await pool.transcribe(write(tmp_path / "b", "two"))) == ["two"]


async def test_a_job_over_its_time_limit_fails(tmp_path: Path) -> None:
    """The limit ends the job, not the pool."""
    async with EnginePool("patient", workers=1, time_limit_s=1) as pool:
        reason = await reason_of(pool.transcribe(write(tmp_path / "a", "one")))
        heard = await pool.transcribe(
            write(tmp_path / "b", "two"),
            watch=Watch(on_progress=lambda _part: (tmp_path / "b").unlink()),
        )

    assert reason == "the engine was not done with it after 1 s"
    assert texts(heard) == ["two"]


async def test_cancelling_ends_the_work(tmp_path: Path) -> None:
    """The process that was at it is gone at once, and the pool goes on."""
    begun = threading.Event()
    watch = Watch(on_progress=lambda _part: begun.set())
    async with EnginePool("patient", workers=1) as pool:
        job = asyncio.create_task(pool.transcribe(write(tmp_path / "a", "one"), watch=watch))
        await until(begun.is_set)
        (busy,) = pool.pids
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job

        await until(lambda: not is_running(busy))
        watch = Watch(on_progress=lambda _part: (tmp_path / "b").unlink())
        heard = await pool.transcribe(write(tmp_path / "b", "two"), watch=watch)
        assert texts(heard) == ["two"]


async def test_a_job_cancelled_while_it_waits_is_never_begun(tmp_path: Path) -> None:
    """Only what somebody waits for is worked on."""
    begun: list[str] = []
    first = write(tmp_path / "a", "one")
    async with EnginePool("patient", workers=1) as pool:
        busy = asyncio.create_task(
            pool.transcribe(first, watch=Watch(on_progress=lambda _part: begun.append("busy")))
        )
        waiting = asyncio.create_task(
            pool.transcribe(
                write(tmp_path / "b", "two"), watch=Watch(on_start=lambda: begun.append("waiting"))
            )
        )
        await until(lambda: begun)
        waiting.cancel()
        first.unlink()
        await busy

    assert begun == ["busy"]


async def test_closing_ends_busy_workers_at_once(tmp_path: Path) -> None:
    """Both the job at work and the job that waits fail with the reason, and no process stays."""
    begun = threading.Event()
    watch = Watch(on_progress=lambda _part: begun.set())
    pool = EnginePool("patient", workers=1)
    jobs = [
        asyncio.create_task(pool.transcribe(write(tmp_path / name, "one"), watch=watch))
        for name in ("a", "b")
    ]
    await until(begun.is_set)
    pids = pool.pids
    await pool.aclose()

    reasons = [await reason_of(job) for job in jobs]

    assert reasons == ["the engine was closed before this recording was done"] * 2
    assert not any(is_running(pid) for pid in pids)


async def test_a_closed_pool_takes_no_more(tmp_path: Path) -> None:
    """A job after the end is refused, not forgotten."""
    pool = EnginePool("echo")
    await pool.aclose()

    reason = await reason_of(pool.transcribe(write(tmp_path / "a", "one")))

    assert reason == "the engine was closed before this recording was done"


async def test_an_engine_that_does_not_load_says_why(tmp_path: Path) -> None:
    """The reason of the worker's start reaches every job."""
    async with EnginePool("unloadable", workers=1) as pool:
        reason = await reason_of(pool.transcribe(write(tmp_path / "a", "one")))

    assert reason == "the engine failed: FileNotFoundError: model.bin"


async def test_a_broken_file_is_told_apart(tmp_path: Path) -> None:
    """The embedded engine's own reason comes through the process unchanged."""
    async with EnginePool(workers=1) as pool:
        reason = await reason_of(pool.transcribe(BROKEN))

    assert reason == "the file cannot be read as audio or video"


async def test_start_is_told_when_the_turn_comes(tmp_path: Path) -> None:
    """A watch hears of the start before the progress."""
    told: list[object] = []
    path = write(tmp_path / "a", "one")

    def advance(part: float) -> None:
        told.append(part)
        path.unlink()

    async with EnginePool("patient") as pool:
        await pool.transcribe(
            path, watch=Watch(on_start=lambda: told.append("start"), on_progress=advance)
        )

    assert told == ["start", 0.5]


def test_a_pool_outlives_the_loop_it_was_used_in(tmp_path: Path) -> None:
    """The same worker serves one event loop after the other."""
    pool = EnginePool("echo", workers=1)
    asyncio.run(_one(pool, write(tmp_path / "a", "one")))
    before = pool.pids

    heard = asyncio.run(_one(pool, write(tmp_path / "b", "two")))

    assert texts(heard) == ["two"]
    assert pool.pids == before
    asyncio.run(pool.aclose())


def test_a_pool_works_on_any_thread(tmp_path: Path) -> None:
    """A loop on a thread that is not the main one, as in a notebook, can use it."""
    found: list[object] = []
    path = write(tmp_path / "a", "one")

    def work() -> None:
        async def main() -> None:
            async with EnginePool("echo") as pool:
                found.append(await pool.transcribe(path))

        asyncio.run(main())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(30)

    assert [texts(heard) for heard in found] == [["one"]]


async def _one(pool: EnginePool, path: Path) -> object:
    return await pool.transcribe(path)


ORPHANS = """
import asyncio, pathlib, sys
from tidyscribe.engines import EnginePool, Watch

async def main():
    pool = EnginePool("patient", workers=1)
    tell = lambda part: print(*pool.pids, flush=True)
    await pool.transcribe(pathlib.Path(sys.argv[1]), watch=Watch(on_progress=tell))

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
async def test_workers_do_not_outlive_their_parent(tmp_path: Path, how: signal.Signals) -> None:
    """A busy worker ends when the program that asked is killed or interrupted."""
    path = write(tmp_path / "a", "one")
    with subprocess.Popen(  # noqa: ASYNC220 - nothing else runs in this loop
        [sys.executable, "-c", ORPHANS, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(PLUGINS)},
        text=True,
    ) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        assert is_running(worker)
        parent.send_signal(how)
        parent.wait(20)

    await until(lambda: not is_running(worker))


def test_the_default_is_a_worker_for_each_processor() -> None:
    """At least one, at most four."""
    assert 1 <= default_workers() <= 4
