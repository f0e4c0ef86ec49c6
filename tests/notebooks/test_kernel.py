"""A real kernel: cells that transcribe, interrupts, the loop that stays the user's."""

from __future__ import annotations

import queue
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from tests.support.foxserver import KEY, FoxServer, running

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


class Kernel:
    """A kernel and what its cells printed."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.manager = manager
        self.client = client

    def start(self, code: str) -> str:
        """Start a cell; give the id of its request."""
        return self.client.execute(code)

    def finish(self, request: str) -> dict[str, Any]:
        """Wait until a cell is done; give its reply and what it printed."""
        printed: list[str] = []
        shown: list[str] = []
        while True:
            message = self.client.get_iopub_msg(timeout=90)
            if message["parent_header"].get("msg_id") != request:
                continue
            content = message["content"]
            if message["msg_type"] == "stream":
                printed.append(content["text"])
            # The bar is widgets: their texts come with the messages that open them.
            shown.append(str(content))
            if message["msg_type"] == "status" and content["execution_state"] == "idle":
                break
        reply = self._reply(request)
        return {**reply, "printed": "".join(printed), "shown": shown}

    def _reply(self, request: str) -> dict[str, Any]:
        while True:
            reply = self.client.get_shell_msg(timeout=90)
            if reply["parent_header"].get("msg_id") == request:
                content: dict[str, Any] = reply["content"]
                return content

    def run(self, code: str) -> dict[str, Any]:
        """Run a cell."""
        return self.finish(self.start(code))


@pytest.fixture
def kernel() -> Iterator[Kernel]:
    """Start a kernel of this Python."""
    manager = KernelManager()
    manager.kernel_spec.argv[0] = sys.executable
    manager.start_kernel()
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    try:
        yield Kernel(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.fixture
def fox() -> Iterator[FoxServer]:
    """Run a server for one test."""
    with running() as server:
        yield server


def setup(fox: FoxServer, store: Path) -> str:
    """Give the code of a first cell."""
    return (
        "import pandas as pd, tidyscribe\n"
        "calls = pd.DataFrame({'url': ['http://audio.test/ok-1.mp3', 'http://audio.test/ok-2.mp3']})\n"
        f"options = dict(provider='foxapi', base_url={fox.url!r}, api_key={KEY!r}, "
        f"store={str(store)!r})\n"
    )


def test_a_cell_transcribes_with_a_bar(kernel: Kernel, fox: FoxServer, tmp_path: Path) -> None:
    """The plain call works in a cell, and the bar appears where the cell is."""
    kernel.run(setup(fox, tmp_path / "s"))

    done = kernel.run("corpus = calls.transcribe('url', **options); print(corpus)")

    assert done["status"] == "ok", done
    assert "2 completed" in done["printed"]
    assert any("foxapi/scribe-v2" in shown for shown in done["shown"])


def test_a_cell_awaits(kernel: Kernel, fox: FoxServer, tmp_path: Path) -> None:
    """`await` works on the kernel's own loop."""
    kernel.run(setup(fox, tmp_path / "s"))

    done = kernel.run("corpus = await calls.transcribe.aio('url', **options); print(corpus)")

    assert "2 completed" in done["printed"]


@pytest.mark.parametrize(
    "cell",
    ["calls.transcribe('url', **options)", "await calls.transcribe.aio('url', **options)"],
    ids=["plain", "awaited"],
)
def test_an_interrupt_ends_the_cell_and_keeps_the_tasks(
    kernel: Kernel, fox: FoxServer, tmp_path: Path, cell: str
) -> None:
    """Interrupt stops the run, later cells work, and running the cell again finishes it."""
    fox.n_polls = 1_000_000
    kernel.run(setup(fox, tmp_path / "s"))
    request = kernel.start(cell)
    while fox.submissions.total() < 2:
        try:
            kernel.client.get_control_msg(timeout=0.05)
        except queue.Empty:
            continue
    kernel.manager.interrupt_kernel()
    stopped = kernel.finish(request)
    fox.n_polls = 1

    after = kernel.run("print(6 * 7)")
    again = kernel.run("print(calls.transcribe('url', progress=False, **options))")

    assert stopped["status"] == "error"
    assert after["printed"] == "42\n"
    assert "2 completed" in again["printed"]
    assert set(fox.submissions.values()) == {1}
