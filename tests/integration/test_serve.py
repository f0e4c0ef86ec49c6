"""The gateway on a port, as a process, and the provider for FoxAPI in front of it."""

from __future__ import annotations

import functools
import http.server
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import tidyscribe

ROOT = Path(__file__).parents[2]
KEY = "sk-lab-0123456789"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture(scope="module")
def audio_url() -> Iterator[str]:
    """Serve the sample recordings over HTTP."""
    handler = functools.partial(_Quiet, directory=ROOT / "data" / "recordings")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module", params=[True, False], ids=["private allowed", "private refused"])
def gateway(request: pytest.FixtureRequest) -> Iterator[tuple[str, bool]]:
    """Run ``tidyscribe serve`` on a free port; give its address."""
    command = [sys.executable, "-m", "tidyscribe", "serve", "--port", "0", "--workers", "1"]
    allowed = ["--allow-private"] if request.param else []
    process = subprocess.Popen(
        [*command, "--key-variable", "LAB_KEY", *allowed],
        env={**os.environ, "LAB_KEY": KEY},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    address = None
    for line in process.stderr:
        address = re.search(r"http://127\.0\.0\.1:\d+", line)
        if address:
            break
    assert address, "the gateway did not start"
    yield address[0], request.param
    process.send_signal(signal.SIGINT)
    process.stderr.read()
    process.wait(20)
    process.stderr.close()


def test_recordings_go_through_the_gateway(
    gateway: tuple[str, bool], audio_url: str, tmp_path: Path
) -> None:
    """Recordings are fetched and transcribed; private addresses only where that is allowed."""
    url, is_allowed = gateway
    frame = pd.DataFrame({"url": [f"{audio_url}/opening_hours.mp3", f"{audio_url}/broken.mp3"]})

    corpus = frame.transcribe(
        "url",
        provider="foxapi/scribe-v2",
        base_url=url,
        api_key=KEY,
        store=tmp_path / "s",
        progress=False,
    )

    expected = ["completed", "failed"] if is_allowed else ["failed", "failed"]
    assert corpus.transcripts["status"].tolist() == expected
    assert corpus.words["text"].tolist()[:3] == (["our", "shop", "is"] if is_allowed else [])


def test_the_gateway_asks_for_its_key(
    gateway: tuple[str, bool], audio_url: str, tmp_path: Path
) -> None:
    """Another key is refused, and the run says so."""
    corpus = tidyscribe.transcribe(
        [f"{audio_url}/opening_hours.mp3"],
        provider="foxapi",
        base_url=gateway[0],
        api_key="sk-other-9876543210",
        store=tmp_path / "s",
        progress=False,
    )

    assert corpus.transcripts["error_kind"].tolist() == ["auth"]
