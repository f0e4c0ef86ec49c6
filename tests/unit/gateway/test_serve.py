"""The gateway on a real port."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from tidyscribe.errors import InputError, MissingExtraError
from tidyscribe.gateway import Gateway, serve
from tidyscribe.gateway.serve import build_server, check_access

from .conftest import PLUGINS, SUBMIT, Web

KEY = {"Authorization": "Bearer sk-test"}


@pytest.fixture
def url() -> Iterator[str]:
    """Serve on a free port of loopback, on another thread; gives the address."""
    gateway = Gateway(engine="echo", keys=["sk-test"], allow_private=True, workers=1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        server = build_server(gateway, host="127.0.0.1", port=0)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [free]})
        thread.start()
        port = free.getsockname()[1]
        _wait_for(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        thread.join(20)
    assert not thread.is_alive()


def _wait_for(url: str) -> None:
    for _ in range(400):
        try:
            httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"nobody answers at {url}")


def _finish(url: str, task_id: str) -> dict[str, object]:
    for _ in range(400):
        task = httpx.get(f"{url}/v1/tasks/{task_id}", headers=KEY).json()
        if task["status"] in {"completed", "failed"}:
            return dict(task)
        time.sleep(0.05)
    pytest.fail("the task does not end")


def test_a_recording_is_transcribed_over_the_network(url: str, web: Web) -> None:
    """Submit, query, result: over real sockets, with a real worker."""
    body = {"model": "scribe-v2", "audio_url": web.put("/a", b"hello there")}
    task_id = httpx.post(url + SUBMIT, json=body, headers=KEY).json()["id"]

    task = _finish(url, task_id)

    assert task["results"][0]["text"] == "hello there"  # type: ignore[index]


def test_a_stranger_is_refused_over_the_network(url: str) -> None:
    """The key is asked for."""
    assert httpx.get(f"{url}/v1/tasks/x").status_code == 401


def test_the_access_log_has_no_query(url: str, caplog: pytest.LogCaptureFixture) -> None:
    """What somebody puts behind the question mark is not written down."""
    access = logging.getLogger("uvicorn.access")
    access.addHandler(caplog.handler)
    try:
        httpx.get(f"{url}/v1/tasks/x?sync_upstream=true&token=s3cret", headers=KEY)
    finally:
        access.removeHandler(caplog.handler)

    assert "/v1/tasks/x" in caplog.text
    assert "s3cret" not in caplog.text
    assert "sk-test" not in caplog.text


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", ""])
@pytest.mark.parametrize("keys", [[], ["", "  "]])
def test_nobody_is_let_in_without_a_key(host: str, keys: list[str]) -> None:
    """Where others can connect, serving without a key is refused before it starts."""
    with pytest.raises(InputError, match="set a key first"):
        serve(host=host, keys=keys)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "[::1]", "localhost"])
def test_this_machine_alone_needs_no_key(host: str) -> None:
    """Nobody else can connect there."""
    assert check_access(host, []) == []


def test_keys_are_taken_without_blanks_around_them() -> None:
    """A line end from an environment file is no part of a key."""
    assert check_access("0.0.0.0", ["sk-one\n", "", "sk-two"]) == ["sk-one", "sk-two"]


def test_a_missing_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without uvicorn the message has the line to install it."""
    monkeypatch.setitem(sys.modules, "uvicorn", None)

    with pytest.raises(MissingExtraError, match=r'pip install "tidyscribe\[server\]"'):
        serve(engine="echo")


def test_the_gateway_without_starlette_names_its_extra() -> None:
    """Importing it says what to install."""
    code = (
        "import sys; sys.modules['starlette'] = None\n"
        "from tidyscribe.errors import MissingExtraError\n"
        "try:\n    import tidyscribe.gateway\n"
        "except MissingExtraError as error:\n    print(error)\n"
    )

    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert 'pip install "tidyscribe[local]"' in shown.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_an_interrupt_ends_the_server() -> None:
    """Ctrl-C stops serving at once and leaves with a clean message."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = f"from tidyscribe.gateway import serve; serve(engine='echo', port={port})"
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(PLUGINS)},
        text=True,
    ) as server:
        _wait_for(f"http://127.0.0.1:{port}")
        server.send_signal(signal.SIGINT)
        _, said = server.communicate(timeout=20)

    assert "Finished server process" in said
