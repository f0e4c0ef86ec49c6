"""Gateways in process, and a web server with recordings."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from tidyscribe.gateway import Gateway

ROOT = Path(__file__).parents[3]
RECORDINGS = ROOT / "data" / "recordings"
PLUGINS = Path(__file__).parents[1] / "engines" / "plugins"
SUBMIT = "/v1/audios/generations"


@pytest.fixture
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio."""
    return "asyncio"


@pytest.fixture(autouse=True)
def trial_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a plug-in with engines that obey a text file."""
    monkeypatch.syspath_prepend(PLUGINS)


@asynccontextmanager
async def client_of(gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client that speaks to a gateway in process; it ends with it."""
    transport = httpx.ASGITransport(gateway.app)
    async with gateway, httpx.AsyncClient(transport=transport, base_url="http://fox") as client:
        yield client


@pytest.fixture
async def client(anyio_backend: str) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client to an embedded gateway whose engine reads text files."""
    async with client_of(Gateway(engine="echo", embedded=True, workers=1)) as client:
        yield client


async def finish(client: httpx.AsyncClient, task_id: str, **headers: str) -> dict[str, Any]:
    """Ask for a task until it is completed or failed, a minute at most."""
    async with asyncio.timeout(60):
        while True:
            task = (await client.get(f"/v1/tasks/{task_id}", headers=headers)).json()
            if task["status"] in {"completed", "failed"}:
                return dict(task)
            await asyncio.sleep(0.02)


async def transcribe(client: httpx.AsyncClient, audio_url: str, **options: Any) -> dict[str, Any]:
    """Submit a recording and give its finished task."""
    body = {"model": "scribe-v2", "audio_url": audio_url, **options}
    submitted = (await client.post(SUBMIT, json=body)).json()
    return await finish(client, submitted["id"])


class Web:
    """A web server on loopback that answers as it is told."""

    def __init__(self) -> None:
        #: What to answer for a path: a function of the request.
        self.pages: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        #: Paths asked for, with the Host each request named.
        self.asked: list[tuple[str, str]] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                web.asked.append((self.path, self.headers["Host"]))
                web.pages[self.path.partition("?")[0]](self)

            def log_message(self, *_args: Any) -> None:
                """Say nothing."""

        return Handler

    def put(self, path: str, content: bytes, *, status: int = 200) -> str:
        """Serve some bytes; gives their address."""

        def page(request: BaseHTTPRequestHandler) -> None:
            request.send_response(status)
            request.send_header("Content-Length", str(len(content)))
            request.end_headers()
            request.wfile.write(content)

        self.pages[path] = page
        return self.url + path

    def stream(self, path: str, content: bytes) -> str:
        """Serve some bytes without saying how many; gives their address."""

        def page(request: BaseHTTPRequestHandler) -> None:
            request.send_response(200)
            request.end_headers()
            request.wfile.write(content)

        self.pages[path] = page
        return self.url + path

    def redirect(self, path: str, target: str) -> str:
        """Redirect; gives the address to ask."""

        def page(request: BaseHTTPRequestHandler) -> None:
            request.send_response(302)
            request.send_header("Location", target)
            request.send_header("Content-Length", "0")
            request.end_headers()

        self.pages[path] = page
        return self.url + path

    def cut(self, path: str) -> str:
        """Promise more than is sent; gives the address."""

        def page(request: BaseHTTPRequestHandler) -> None:
            request.send_response(200)
            request.send_header("Content-Length", "1000")
            request.end_headers()
            request.wfile.write(b"half")

        self.pages[path] = page
        return self.url + path


@pytest.fixture
def web() -> Iterator[Web]:
    """Give a running web server."""
    web = Web()
    thread = threading.Thread(target=web.server.serve_forever, args=(0.01,))
    thread.start()
    yield web
    web.server.shutdown()
    web.server.server_close()
    thread.join()
