"""A FoxAPI server for tests: a real one on loopback, scripted by the audio's address.

It is written from the service's documentation and shares no code with the package. It bills:
`FoxServer.submissions` counts the submits it accepted for each recording. What it does with a
recording is said by the address: ``http://audio.test/fail-1.mp3`` ends as a failed task.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY = "sk-test-0123456789abcdef"


@dataclass
class Task:
    """A task as the server holds it."""

    id: str
    audio_url: str
    behaviour: str
    body: dict[str, Any]
    n_asked: int = 0


def transcript_of(audio_url: str, body: dict[str, Any]) -> dict[str, Any]:
    """Give the result for a recording: its file name, spoken by two people."""
    name = urlsplit(audio_url).path.rsplit("/", 1)[-1]
    diarize = body.get("diarize", True)
    words: list[dict[str, Any]] = []
    for number, text in enumerate(["Good", "morning.", "This", "is", f"{name}."]):
        start = round(number * 0.5, 2)
        word = {"text": text, "start": start, "end": start + 0.4, "type": "word", "logprob": -0.1}
        blank = {"text": " ", "start": start + 0.4, "end": start + 0.5, "type": "spacing"}
        for token in (word, blank):
            if diarize:
                token["speaker_id"] = "speaker_0" if number < 2 else "speaker_1"
            words.append(token)
    words.pop()
    return {
        "text": "".join(word["text"] for word in words),
        "language_code": body.get("language_code") or "eng",
        "language_probability": 0.98,
        "words": words,
    }


@dataclass
class FoxServer:
    """The server's state; `url` is its base URL."""

    url: str = ""
    #: Accepted (billed) submissions by audio address.
    submissions: Counter[str] = field(default_factory=Counter)
    #: Requests of each kind: ``submit``, ``poll``.
    requests: Counter[str] = field(default_factory=Counter)
    tasks: dict[str, Task] = field(default_factory=dict)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    polls: list[str] = field(default_factory=list)
    #: Questions a task needs before it is done.
    n_polls: int = 1
    cost: float = 1.5
    #: Called at each submit, to stop the test's process, say.
    on_submit: Callable[[str], None] | None = None
    most_open: int = 0
    #: A refusal for all submits alike.
    refuse_all: str | None = None
    _open: int = 0
    _seen: Counter[str] = field(default_factory=Counter)
    _ids: Iterator[int] = field(default_factory=itertools.count)

    def seen(self, what: str) -> int:
        """Count how often something happened, and give the count."""
        self._seen[what] += 1
        return self._seen[what]

    # Submit ---------------------------------------------------------------------------------

    async def submit(self, request: web.Request) -> web.StreamResponse:
        self.requests["submit"] += 1
        self._open += 1
        self.most_open = max(self.most_open, self._open)
        try:
            return await self._submit(request)
        finally:
            self._open -= 1

    async def _submit(self, request: web.Request) -> web.StreamResponse:
        self.headers.append(dict(request.headers))
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return refusal(401, "authentication_error", "Invalid API key")
        body = await request.json()
        self.bodies.append(body)
        behaviour = (
            urlsplit(body["audio_url"]).path.rsplit("/", 1)[-1].split(".")[0].rsplit("-", 1)[0]
        )
        early = await self._refuse(behaviour, body["audio_url"])
        if early is not None:
            return early
        task = Task(
            f"task-unified-1760000000-{next(self._ids):08d}", body["audio_url"], behaviour, body
        )
        self.tasks[task.id] = task
        self.submissions[body["audio_url"]] += 1
        if self.on_submit:
            self.on_submit(body["audio_url"])
        if behaviour == "cut":
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        if behaviour == "noid":
            return web.json_response({"status": "pending"})
        if behaviour == "garbage":
            return web.Response(text="<html>ok</html>", content_type="text/html")
        if behaviour == "slowsubmit":
            await asyncio.sleep(1.0)
        return web.json_response(
            {
                "created": 1760000000,
                "id": task.id,
                "model": body["model"],
                "object": "audio.generation.task",
                "progress": 0,
                "status": "pending",
                "task_info": {"can_cancel": True, "estimated_time": 1},
                "type": "audio",
                "usage": {"credits_reserved": self.cost},
            }
        )

    async def _refuse(self, behaviour: str, url: str) -> web.StreamResponse | None:
        if self.refuse_all is not None:
            return refusal(422, "invalid_request_error", self.refuse_all)
        if behaviour == "bad":
            return refusal(422, "invalid_request_error", f"audio_url is no audio ({url})")
        if behaviour == "nomodel":
            return refusal(422, "invalid_request_error", "unknown model", code="model_not_found")
        if behaviour == "poor":
            return refusal(402, "insufficient_quota", "out of credits")
        if behaviour == "down":
            return web.Response(
                status=502, text="<html>Bad gateway</html>", content_type="text/html"
            )
        if behaviour == "busy" and self.seen(url) == 1:
            answer = refusal(429, "rate_limit_error", "slow down")
            answer.headers["Retry-After"] = "1"
            return answer
        if behaviour == "patience":
            answer = refusal(429, "rate_limit_error", "slow down")
            answer.headers["Retry-After"] = "999999"
            return answer
        if behaviour == "edge":
            return web.Response(status=403, text="error code: 1010")
        if behaviour == "moved":
            return web.Response(status=307, headers={"Location": "http://elsewhere.test/"})
        return None

    # Query ----------------------------------------------------------------------------------

    async def query(self, request: web.Request) -> web.StreamResponse:
        self.requests["poll"] += 1
        task = self.tasks.get(request.match_info["task_id"])
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return refusal(401, "authentication_error", "Invalid API key")
        if task is None or task.behaviour == "vanish":
            return refusal(404, "not_found", "task not found")
        self.polls.append(request.query_string)
        task.n_asked += 1
        hiccup = self._hiccup(request, task)
        if hiccup is not None:
            return hiccup
        return web.json_response(self._state(task))

    def _hiccup(self, request: web.Request, task: Task) -> web.StreamResponse | None:
        if task.behaviour == "pollpatience":
            answer = refusal(429, "rate_limit_error", "slow down")
            answer.headers["Retry-After"] = "999999"
            return answer
        if task.n_asked > 2:
            return None
        if task.behaviour == "hiccup":
            return web.Response(status=502, text="<html>", content_type="text/html")
        if task.behaviour == "pollcut":
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        if task.behaviour == "pollbusy":
            return refusal(429, "rate_limit_error", "slow down")
        if task.behaviour == "otherid":
            return web.json_response(
                {**self._state(task), "id": "task-other", "status": "completed"}
            )
        return None

    def _state(self, task: Task) -> dict[str, Any]:
        state: dict[str, Any] = {
            "id": task.id,
            "object": "audio.generation.task",
            "type": "audio",
            "model": task.body["model"],
            "status": "processing",
            "progress": 50,
            "created": 1760000000,
            "results": None,
            "error": None,
            "usage": {"credits_reserved": self.cost, "user_group": "default"},
        }
        if task.n_asked < self.n_polls or task.behaviour == "never":
            return state
        if task.behaviour == "strange" and task.n_asked < 3:
            return state | {"status": "archiving"}
        if task.behaviour in {"fail", "cancel"}:
            error = {
                "code": "generation_failed",
                "message": "audio could not be read",
                "type": "task_error",
            }
            status = "failed" if task.behaviour == "fail" else "cancelled"
            return state | {"status": status, "progress": 0, "error": error}
        state |= {"status": "completed", "progress": 100}
        if task.behaviour == "race" and task.n_asked <= self.n_polls + 1:
            return state
        if task.behaviour == "hollow":
            return state | {"results": [{"url": "https://cdn.test/x.mp3"}]}
        if task.behaviour == "silent":
            return state | {"results": [{"text": "", "language_code": "eng", "words": []}]}
        if task.behaviour == "echo":
            text = transcript_of(task.audio_url, task.body)
            return state | {"results": [text | {"transcription_id": task.audio_url + KEY}]}
        return state | {"results": [transcript_of(task.audio_url, task.body)]}


def refusal(status: int, kind: str, message: str, *, code: str | None = None) -> web.Response:
    """Make an error as the documentation has it."""
    error = {"message": f"{message} (request_id: req-{status})", "type": kind}
    if code:
        error["code"] = code
    return web.Response(
        status=status, text=json.dumps({"error": error}), content_type="application/json"
    )


@contextmanager
def running(server: FoxServer | None = None) -> Iterator[FoxServer]:
    """Run a server on a free port of loopback, on a thread of its own."""
    server = server or FoxServer()
    started = threading.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> web.AppRunner:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/v1/audios/generations", server.submit)
        app.router.add_get("/v1/tasks/{task_id}", server.query)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        port = urlsplit(server.url).port or 0
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner

    def run() -> None:
        asyncio.set_event_loop(loop)
        runner = loop.run_until_complete(serve())
        started.set()
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert started.wait(10)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
