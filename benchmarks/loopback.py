"""A FoxAPI-shaped service on loopback, in a process of its own, with short replies.

A task is done once it was asked for a fixed number of times, so that every contestant needs
the same number of requests whatever its pace. ``GET /count`` tells the requests since the last
such question.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

from benchmarks.child import ROOT
from benchmarks.replies import scribe_result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiohttp import web

#: Words of a short reply.
N_WORDS = 8


class Service:
    """Accepts every recording and finishes its task at the n-th question."""

    def __init__(self, n_polls: int) -> None:
        self._n_polls = n_polls
        self._ids = itertools.count()
        self._asked: dict[str, int] = {}
        self._n_requests = 0
        self._results = [scribe_result(N_WORDS, seed=0)]

    async def submit(self, request: web.Request) -> web.Response:
        """Answer ``POST /v1/audios/generations``."""
        self._n_requests += 1
        body = await request.json()
        task_id = f"task-unified-1760000000-{next(self._ids):08d}"
        self._asked[task_id] = 0
        info = {"can_cancel": True, "estimated_time": 1}
        return _json(_task(task_id, body["model"], "pending") | {"task_info": info})

    async def query(self, request: web.Request) -> web.Response:
        """Answer ``GET /v1/tasks/{task_id}``."""
        self._n_requests += 1
        task_id = request.match_info["task_id"]
        self._asked[task_id] += 1
        if self._asked[task_id] < self._n_polls:
            return _json(_task(task_id, "scribe-v2", "processing") | {"results": None})
        return _json(_task(task_id, "scribe-v2", "completed") | {"results": self._results})

    async def count(self, _: web.Request) -> web.Response:
        """Tell the number of requests, and begin anew."""
        counted, self._n_requests = self._n_requests, 0
        return _json({"n_requests": counted})


def _task(task_id: str, model: str, status: str) -> dict[str, Any]:
    return {
        "created": 1760000000,
        "id": task_id,
        "model": model,
        "object": "audio.generation.task",
        "progress": 100 if status == "completed" else 0,
        "status": status,
        "type": "audio",
        "usage": {"credits_reserved": 1.5},
    }


def _json(value: dict[str, Any]) -> web.Response:
    from aiohttp import web

    return web.Response(body=json.dumps(value).encode(), content_type="application/json")


@contextmanager
def running(n_polls: int) -> Iterator[str]:
    """Run the service; gives its base URL."""
    command = [sys.executable, "-m", "benchmarks.loopback", "--polls", str(n_polls)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def counted(url: str) -> int:
    """Give the requests the service has had since the last such question."""
    with urlopen(f"{url}/count") as answer:  # noqa: S310 - our own service
        found: int = json.load(answer)["n_requests"]
    return found


def main() -> None:
    """Serve until terminated; the first line printed is the base URL."""
    import asyncio

    from aiohttp import web

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--polls", type=int, default=2)
    service = Service(parser.parse_args().polls)

    async def serve() -> None:
        app = web.Application()
        app.router.add_post("/v1/audios/generations", service.submit)
        app.router.add_get("/v1/tasks/{task_id}", service.query)
        app.router.add_get("/count", service.count)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        # A thousand may knock at once; the default backlog of 128 would cost them a second.
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=2048).start()
        print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
        await asyncio.Event().wait()

    asyncio.run(serve())


if __name__ == "__main__":
    main()
