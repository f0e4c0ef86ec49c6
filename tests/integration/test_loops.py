"""Event loops: inside a running one, awaited, cancelled, patched, and on many threads."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import tidyscribe
from tests.integration.conftest import Transcribe, frame_of
from tests.support.foxserver import KEY, FoxServer


def test_the_plain_call_works_inside_a_running_loop(transcribe: Transcribe) -> None:
    """A call from async code, as in a notebook, is not refused."""

    async def cell() -> tidyscribe.Corpus:
        return transcribe(["ok-1"])

    corpus = asyncio.run(cell())

    assert corpus.transcripts["status"].tolist() == ["completed"]


def test_awaited_calls_leave_the_callers_loop_free(fox: FoxServer, tmp_path: Path) -> None:
    """While two calls are awaited together, the caller's own tasks go on."""
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.05)

    async def main() -> list[tidyscribe.Corpus]:
        ticking = asyncio.create_task(tick())
        calls = [
            frame_of([f"ok-{n}"]).transcribe.aio(
                "audio_url",
                provider="foxapi",
                base_url=fox.url,
                api_key=KEY,
                store=tmp_path / f"store-{n}",
                progress=False,
            )
            for n in range(2)
        ]
        done = await asyncio.gather(*calls)
        ticking.cancel()
        return list(done)

    corpora = asyncio.run(main())

    assert [corpus.transcripts["status"].iloc[0] for corpus in corpora] == ["completed"] * 2
    assert ticks > 3


def test_a_cancelled_await_leaves_the_tasks_for_the_next_call(
    transcribe: Transcribe, fox: FoxServer, store: Path
) -> None:
    """Cancelling ends the run in order: the store is free again, and nothing is sent twice."""
    fox.n_polls = 1_000_000

    async def main() -> None:
        call = tidyscribe.transcribe_async(
            frame_of(["ok-1"]),
            "audio_url",
            provider="foxapi",
            base_url=fox.url,
            api_key=KEY,
            store=store,
            progress=False,
        )
        waiting = asyncio.create_task(call)
        while not fox.submissions:
            await asyncio.sleep(0.01)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(main())
    fox.n_polls = 1

    corpus = transcribe(["ok-1"])

    assert corpus.transcripts["status"].tolist() == ["completed"]
    assert fox.submissions.total() == 1


def test_the_current_loop_on_request(fox: FoxServer, tmp_path: Path) -> None:
    """`loop="current"` runs on the caller's loop; in a process of its own, since it patches."""
    script = f"""
import asyncio, warnings
warnings.simplefilter("ignore")
import tidyscribe

async def cell():
    return tidyscribe.transcribe(
        ["http://audio.test/ok-1.mp3"], provider="foxapi", base_url={fox.url!r}, api_key={KEY!r},
        store={str(tmp_path / "s")!r}, progress=False, loop="current")

print(asyncio.run(cell()).transcripts.status.tolist())
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )

    assert done.stdout.strip() == "['completed']", done.stderr


def test_calls_from_several_threads(fox: FoxServer, tmp_path: Path) -> None:
    """Threads share the private loop without getting into each other's way."""
    found: list[str] = []

    def work(number: int) -> None:
        corpus = frame_of([f"ok-{number}"]).transcribe(
            "audio_url",
            provider="foxapi",
            base_url=fox.url,
            api_key=KEY,
            store=tmp_path / f"s{number}",
            progress=False,
        )
        found.extend(corpus.transcripts["status"])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert found == ["completed"] * 4


def test_a_cancelled_run_does_not_wait_for_a_pause(
    transcribe: Transcribe, fox: FoxServer, store: Path
) -> None:
    """While the service has asked for patience, an interrupt ends the run; the task is pending."""

    async def main() -> None:
        call = tidyscribe.transcribe_async(
            frame_of(["pollpatience-1"]),
            "audio_url",
            provider="foxapi",
            base_url=fox.url,
            api_key=KEY,
            store=store,
            progress=False,
        )
        waiting = asyncio.create_task(call)
        while not fox.polls:
            await asyncio.sleep(0.01)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(main())

    assert tidyscribe.open(store).transcripts["status"].tolist() == ["pending"]
