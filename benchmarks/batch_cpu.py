"""CPU of the client per recording: submit, poll and keep, with 256 tasks in flight.

The service is a process of its own on loopback, and each contestant is one, too; what is
counted is the contestant's CPU time after its imports and a short warm-up.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.child import in_child
from benchmarks.loopback import counted, running
from benchmarks.measure import Meter, medians, print_aim, print_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import httpx
    import requests

IN_FLIGHT = 256
N_THREADS = 64

#: Recordings sent before the measurement, so that imports and first connections are done.
_WARM_UP = 32

#: Seconds between two questions for a task, where the contestant's author has to choose.
_PAUSE_S = 1.0

KEY = "sk-loopback"

BARE = "httpx over aiohttp, keeps nothing"
OURS = "tidyscribe.transcribe"
BY_HAND = "requests in 64 threads + tqdm"
WITH_SESSIONS = "  the same, a Session a thread"

#: Contestants by what the table calls them.
CONTESTANTS = {
    BARE: "bare_httpx",
    OURS: "tidyscribe",
    BY_HAND: "requests_in_threads",
    WITH_SESSIONS: "sessions_in_threads",
}


def _measured(url: str, n: int, run: Callable[[list[str]], object]) -> dict[str, float]:
    """Warm up, run, and give CPU seconds and requests."""
    run(_recordings(_WARM_UP, "warm"))
    counted(url)
    meter = Meter()
    run(_recordings(n, "call"))
    found = meter.read()
    return {**found, "n_requests": counted(url)}


def _recordings(n: int, name: str) -> list[str]:
    return [f"https://audio.example/calls/{name}-{number:06d}.mp3" for number in range(n)]


def _body(recording: str) -> dict[str, Any]:
    return {
        "model": "scribe-v2",
        "audio_url": recording,
        "diarize": True,
        "tag_audio_events": True,
    }


# tidyscribe -------------------------------------------------------------------------------------


def tidyscribe(url: str, n: int) -> dict[str, float]:
    """Transcribe into a store: ledger, raw replies and Parquet tables."""
    import tidyscribe as package

    with tempfile.TemporaryDirectory() as folder:

        def run(recordings: list[str]) -> None:
            corpus = package.transcribe(
                recordings,
                provider="foxapi/scribe-v2",
                base_url=url,
                api_key=KEY,
                store=Path(folder) / f"{len(recordings)}.tidyscribe",
                max_in_flight=IN_FLIGHT,
                progress=False,
            )
            assert corpus.summary.by_status == {"completed": len(recordings)}

        return _measured(url, n, run)


# httpx over aiohttp -----------------------------------------------------------------------------


def bare_httpx(url: str, n: int) -> dict[str, float]:
    """Submit and poll in a plain asyncio loop that throws the replies away."""

    def run(recordings: list[str]) -> None:
        asyncio.run(_bare_loop(url, recordings))

    return _measured(url, n, run)


async def _bare_loop(url: str, recordings: Iterable[str]) -> None:
    import httpx
    from httpx_aiohttp import AiohttpTransport

    transport = AiohttpTransport(limits=httpx.Limits(max_connections=None))
    headers = {"Authorization": f"Bearer {KEY}"}
    slots = asyncio.Semaphore(IN_FLIGHT)
    async with httpx.AsyncClient(
        transport=transport, base_url=url, headers=headers, timeout=60.0
    ) as client:
        await asyncio.gather(*[_bare_task(client, slots, one) for one in recordings])


async def _bare_task(client: httpx.AsyncClient, slots: asyncio.Semaphore, recording: str) -> None:
    async with slots:
        answer = await client.post("/v1/audios/generations", json=_body(recording))
        task_id = answer.json()["id"]
        status = ""
        while status != "completed":
            await asyncio.sleep(_PAUSE_S)
            answer = await client.get(f"/v1/tasks/{task_id}")
            status = answer.json()["status"]


# requests in threads ----------------------------------------------------------------------------


def requests_in_threads(url: str, n: int) -> dict[str, float]:
    """Do what a notebook does: a pool of threads, ``requests.post`` and ``requests.get``, tqdm."""
    import requests

    return _measured(url, n, partial(_in_threads, url, lambda: requests))


def sessions_in_threads(url: str, n: int) -> dict[str, float]:
    """Do the same with one `requests.Session` for each thread, which keeps connections."""
    import threading

    import requests

    local = threading.local()

    def session() -> requests.Session:
        if not hasattr(local, "session"):
            local.session = requests.Session()
        return local.session  # type: ignore[no-any-return]

    return _measured(url, n, partial(_in_threads, url, session))


def _in_threads(url: str, http: Callable[[], Any], recordings: list[str]) -> None:
    from concurrent.futures import ThreadPoolExecutor, as_completed

    import pandas as pd
    from tqdm import tqdm

    tasks = []
    with ThreadPoolExecutor(N_THREADS) as pool, open(os.devnull, "w") as screen:  # noqa: PTH123
        futures = [pool.submit(_one_in_thread, url, http, one) for one in recordings]
        for future in tqdm(as_completed(futures), total=len(futures), file=screen):
            tasks.append(future.result())  # noqa: PERF401 - as it is written by hand
    words = pd.json_normalize(tasks, ["results", "words"], ["id"])
    assert len(words)


def _one_in_thread(url: str, http: Callable[[], Any], recording: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {KEY}"}
    client: requests.Session = http()
    answer = client.post(
        f"{url}/v1/audios/generations", json=_body(recording), headers=headers, timeout=60
    )
    task: dict[str, Any] = answer.json()
    while task["status"] != "completed":
        time.sleep(_PAUSE_S)
        answer = client.get(f"{url}/v1/tasks/{task['id']}", headers=headers, timeout=60)
        task = answer.json()
    return task


# The table --------------------------------------------------------------------------------------


def measure(n: int, n_polls: int, rounds: int) -> dict[str, dict[str, float]]:
    """Measure all contestants, one after the other, several times over."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in CONTESTANTS}
    with running(n_polls) as url:
        for _ in range(rounds):
            for name, function in CONTESTANTS.items():
                found[name].append(in_child("benchmarks.batch_cpu", function, url=url, n=n))
    return {name: medians(figures) for name, figures in found.items()}


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=2000, help="recordings (2000)")
    parser.add_argument("--polls", type=int, default=2, help="questions a task needs (2)")
    parser.add_argument("--rounds", type=int, default=1, help="medians of so many (1)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON, too")
    given = parser.parse_args(arguments)
    found = measure(given.n, given.polls, given.rounds)
    cpu_ms = {name: figures["cpu_s"] / given.n * 1000 for name, figures in found.items()}
    print_table(
        f"Client CPU, {given.n} recordings, {IN_FLIGHT} in flight (threads: {N_THREADS})",
        ("contestant", "CPU ms/recording", "CPU ms/request", "requests/recording", "x bare"),
        [
            (
                name,
                f"{cpu_ms[name]:.2f}",
                f"{figures['cpu_s'] / figures['n_requests'] * 1000:.2f}",
                f"{figures['n_requests'] / given.n:.2f}",
                f"{cpu_ms[name] / cpu_ms[BARE]:.2f}",
            )
            for name, figures in found.items()
        ],
    )
    print()
    print_aim("tidyscribe / bare httpx over aiohttp", cpu_ms[OURS] / cpu_ms[BARE], "<=", 2)
    print_aim("requests in threads / tidyscribe", cpu_ms[BY_HAND] / cpu_ms[OURS], ">=", 5)
    if given.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
