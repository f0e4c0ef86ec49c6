"""Getting recordings from a real web server on loopback."""

# ruff: noqa: ASYNC240 - looking at a file in between harms no test
from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest

from tidyscribe.gateway import fetch
from tidyscribe.gateway.fetch import Fetcher, FetchError

from .conftest import Web

pytestmark = pytest.mark.anyio

PRIVATE = "its address is private: this gateway fetches from public addresses only"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Give the file to write to."""
    return tmp_path / "fetched"


@pytest.fixture
def fetcher() -> Fetcher:
    """Give a fetcher that may look at loopback, for a thousand bytes."""
    return Fetcher(max_bytes=1000, allow_private=True)


@pytest.fixture
def guarded() -> Fetcher:
    """Give a fetcher for public addresses only."""
    return Fetcher(max_bytes=1000, allow_private=False)


async def reason_of(work: Awaitable[None]) -> str:
    """Give the reason why nothing was fetched."""
    with pytest.raises(FetchError) as caught:
        await work
    return str(caught.value)


async def test_a_recording_is_written_to_the_file(fetcher: Fetcher, web: Web, target: Path) -> None:
    """What the server sends is what the engine gets."""
    await fetcher.fetch(web.put("/a.mp3", b"\x00\xffsound"), target)

    assert target.read_bytes() == b"\x00\xffsound"


async def test_the_query_is_kept(fetcher: Fetcher, web: Web, target: Path) -> None:
    """A signed address arrives as it was given."""
    url = web.put("/a.mp3", b"sound") + "?X-Amz-Signature=5e%2Fd&b=1"

    await fetcher.fetch(url, target)

    assert web.asked[0][0] == "/a.mp3?X-Amz-Signature=5e%2Fd&b=1"


async def test_redirects_are_followed(fetcher: Fetcher, web: Web, target: Path) -> None:
    """Also relative ones, one after the other."""
    web.put("/c", b"sound")
    web.redirect("/b", web.url + "/c")

    await fetcher.fetch(web.redirect("/a", "b"), target)

    assert target.read_bytes() == b"sound"


async def test_redirects_have_an_end(fetcher: Fetcher, web: Web, target: Path) -> None:
    """A circle is left after five rounds."""
    reason = await reason_of(fetcher.fetch(web.redirect("/a", "/a"), target))

    assert reason == "its address redirects more than 5 times"
    assert len(web.asked) == 6


@pytest.mark.parametrize("location", ["file:///etc/hostname", "ftp://a.example/b", "data:,x"])
async def test_a_redirect_cannot_leave_the_web(
    fetcher: Fetcher, web: Web, target: Path, location: str
) -> None:
    """A server cannot send us to a file of this machine."""
    reason = await reason_of(fetcher.fetch(web.redirect("/a", location), target))

    assert reason.startswith("its address redirects to ")


@pytest.mark.parametrize("status", [204, 206, 401, 403, 404, 500, 503])
async def test_any_other_status_is_the_reason(
    fetcher: Fetcher, web: Web, target: Path, status: int
) -> None:
    """Only 200 is a recording."""
    content = b"" if status == 204 else b"page"

    reason = await reason_of(fetcher.fetch(web.put("/a", content, status=status), target))

    assert reason == f"its address answers HTTP {status}"


async def test_a_recording_announced_too_long_is_not_read(
    fetcher: Fetcher, web: Web, target: Path
) -> None:
    """The length in the header is enough to refuse."""
    reason = await reason_of(fetcher.fetch(web.put("/a", bytes(1001)), target))

    assert reason == "the recording is longer than 1000 bytes"
    assert not target.exists()


async def test_a_recording_that_turns_out_too_long_is_left(
    fetcher: Fetcher, web: Web, target: Path
) -> None:
    """Without an announced length the bytes are counted."""
    reason = await reason_of(fetcher.fetch(web.stream("/a", bytes(100_000)), target))

    assert reason == "the recording is longer than 1000 bytes"


async def test_a_recording_of_just_the_limit_is_taken(
    fetcher: Fetcher, web: Web, target: Path
) -> None:
    """The limit itself is allowed."""
    await fetcher.fetch(web.put("/a", bytes(1000)), target)

    assert target.stat().st_size == 1000


async def test_a_connection_that_breaks_is_the_reason(
    fetcher: Fetcher, web: Web, target: Path
) -> None:
    """Half a recording is none."""
    reason = await reason_of(fetcher.fetch(web.cut("/a"), target))

    assert reason == "the connection to the server of its address broke off"


async def test_nobody_listening_is_the_reason(fetcher: Fetcher, target: Path) -> None:
    """A refused connection is told as such, without the address."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/a?token=s3cret"

        reason = await reason_of(fetcher.fetch(url, target))

    assert reason == "the server of its address cannot be reached"


async def test_a_silent_server_is_not_waited_for_for_ever(
    fetcher: Fetcher, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole fetch has a limit, however the bytes trickle."""
    monkeypatch.setattr(fetch, "_TOTAL_S", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()

        url = f"http://127.0.0.1:{silent.getsockname()[1]}/a"
        reason = await reason_of(fetcher.fetch(url, target))

    assert reason == "the recording did not arrive within 0.2 s"


async def test_an_unknown_name_is_the_reason(guarded: Fetcher, target: Path) -> None:
    """A name nobody knows is told as such."""
    reason = await reason_of(guarded.fetch("http://nobody.invalid/a", target))

    assert reason == "the name in its address cannot be resolved"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433", "[::1]"])
async def test_private_addresses_are_refused_unless_allowed(
    guarded: Fetcher, web: Web, target: Path, host: str
) -> None:
    """However this machine is spelled, no connection is made to it."""
    web.put("/a", b"secret")
    port = web.server.server_port

    reason = await reason_of(guarded.fetch(f"http://{host}:{port}/a", target))

    assert reason == PRIVATE
    assert web.asked == []


async def test_a_redirect_to_a_private_address_is_refused(
    guarded: Fetcher, web: Web, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every hop is checked, not only the first."""
    web.put("/secret", b"secret")
    url = web.redirect("/a", "http://localhost:1/secret")
    # Loopback plays the public server; "localhost" stays what it is.
    monkeypatch.setattr(fetch, "is_public", _first_time_only())

    reason = await reason_of(guarded.fetch(url, target))

    assert reason == PRIVATE
    assert [path for path, _ in web.asked] == ["/a"]


async def test_the_connection_goes_to_the_address_that_was_checked(
    guarded: Fetcher, web: Web, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is looked up once, so a second answer cannot lead elsewhere."""
    web.put("/a", b"sound")
    lookups: list[str] = []

    async def look_up(_loop: Any, host: str, port: int, **_more: Any) -> list[Any]:
        lookups.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", look_up)
    monkeypatch.setattr(fetch, "is_public", lambda _address: True)
    port = web.server.server_port

    await guarded.fetch(f"http://audio.example:{port}/a", target)

    assert web.asked == [("/a", f"audio.example:{port}")]
    assert lookups.count("audio.example") == 1


async def test_the_next_address_is_tried_when_one_is_out_of_reach(
    guarded: Fetcher, web: Web, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name with a dead address and a living one is reached."""
    web.put("/a", b"sound")
    port = web.server.server_port

    async def two(_url: Any) -> list[str]:
        return ["127.0.0.2", "127.0.0.1"]

    monkeypatch.setattr(fetch, "_public_addresses", two)

    await guarded.fetch(f"http://audio.example:{port}/a", target)

    assert target.read_bytes() == b"sound"


def _first_time_only() -> Any:
    answers = iter([True])
    return lambda _address: next(answers, False)
