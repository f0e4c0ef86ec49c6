"""Carrying requests: what counts as surely unsent, over real sockets that misbehave."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import trustme

from tidyscribe.batch.carriage import Carriage, CarriageError, Endpoint
from tidyscribe.errors import InputError
from tidyscribe.exchange import Reply, Request

#: The misbehaving servers here leave their own ends of connections open.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)

SUBMIT = Request("POST", "/v1/x", json=b'{"a":1}', read_timeout_s=0.5)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def read_request(reader: asyncio.StreamReader) -> bytes:
    """Read one request with its body of seven bytes."""
    head = await reader.readuntil(b"\r\n\r\n")
    return head + await reader.readexactly(7)


async def exchange(handler: Handler, request: Request = SUBMIT, key: str | None = None) -> Reply:
    """Send a request to a server that treats each connection as the handler says."""
    server = await asyncio.start_server(handler, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        async with Carriage(Endpoint(f"http://127.0.0.1:{port}/base/", key)) as carriage:
            return await carriage.send(request)
    finally:
        server.close()


def answering(answer: bytes, seen: list[bytes] | None = None) -> Handler:
    """Make a handler that reads a request, sends some bytes and hangs up."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await read_request(reader)
        if seen is not None:
            seen.append(request)
        writer.write(answer)
        await writer.drain()
        writer.close()

    return handle


def test_an_answer_comes_back_with_the_headers_of_use() -> None:
    """Status, body and the few headers that mean something; names in lower case."""
    answer = ANSWER.replace(b"200 OK", b"429 Slow down\r\nRetry-After: 7\r\nX-Other: y")

    reply = asyncio.run(exchange(answering(answer)))

    assert (reply.status, reply.body) == (429, b"{}")
    assert dict(reply.headers) == {"content-type": "application/json", "retry-after": "7"}


def test_a_request_has_key_agent_and_path() -> None:
    """The key goes to the base URL's host, under the base URL's path."""
    seen: list[bytes] = []

    asyncio.run(exchange(answering(ANSWER, seen), key="sk-secret-key"))

    head = seen[0].decode().lower()
    assert head.startswith("post /base/v1/x http/1.1\r\n")
    assert "authorization: bearer sk-secret-key\r\n" in head
    assert "user-agent: tidyscribe/" in head
    assert seen[0].endswith(b'{"a":1}')


@pytest.mark.parametrize(
    "answer",
    [
        b"",  # read, and hung up without a word
        ANSWER[:30],  # cut in the head
        ANSWER[:-1],  # cut in the body
        b"what is this",  # no HTTP at all
    ],
    ids=["nothing", "half a head", "half a body", "no HTTP"],
)
def test_a_lost_answer_may_have_been_sent(answer: bytes) -> None:
    """Once the request has left, nobody knows what became of it."""
    with pytest.raises(CarriageError) as caught:
        asyncio.run(exchange(answering(answer)))

    assert caught.value.was_sent


def test_a_silent_service_may_have_been_reached() -> None:
    """No byte within the time allowed: the request is out, the answer is not known."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    with pytest.raises(CarriageError) as caught:
        asyncio.run(exchange(handle))

    assert caught.value.was_sent


def test_a_post_is_not_repeated_on_a_connection_that_died() -> None:
    """A kept connection that the server closed must not make the client send again by itself."""
    requests: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await read_request(reader))
        writer.write(ANSWER)
        await writer.drain()
        requests.append(await read_request(reader))  # and no answer to this one
        writer.close()

    async def twice() -> None:
        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with Carriage(Endpoint(f"http://127.0.0.1:{port}")) as carriage:
            await carriage.send(SUBMIT)
            with pytest.raises(CarriageError):
                await carriage.send(SUBMIT)
        server.close()

    asyncio.run(twice())

    assert len(requests) == 2


def unsent(base_url: str) -> CarriageError:
    """Send a request that cannot arrive, and give the error."""

    async def send() -> None:
        async with Carriage(Endpoint(base_url)) as carriage:
            await carriage.send(SUBMIT)

    with pytest.raises(CarriageError) as caught:
        asyncio.run(send())
    return caught.value


def test_a_refused_connection_was_not_sent() -> None:
    """Nobody listens there."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]

    assert not unsent(f"http://127.0.0.1:{port}").was_sent


def test_a_name_nobody_knows_was_not_sent() -> None:
    """The host's name has no address."""
    assert not unsent("http://no-such-host.invalid").was_sent


def test_a_failed_handshake_was_not_sent(tmp_path: Path) -> None:
    """A certificate that nobody vouches for ends the connection before the request."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)

    async def send() -> None:
        server = await asyncio.start_server(answering(ANSWER), "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        try:
            async with Carriage(Endpoint(f"https://127.0.0.1:{port}")) as carriage:
                await carriage.send(SUBMIT)
        finally:
            server.close()

    with pytest.raises(CarriageError) as caught:
        asyncio.run(send())

    assert not caught.value.was_sent


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the environment names a proxy, requests go through it."""
    seen: list[bytes] = []

    async def send() -> Reply:
        server = await asyncio.start_server(answering(ANSWER, seen), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        try:
            async with Carriage(Endpoint("http://service.invalid")) as carriage:
                return await carriage.send(SUBMIT)
        finally:
            server.close()

    reply = asyncio.run(send())

    assert reply.status == 200
    assert seen[0].startswith(b"POST http://service.invalid/v1/x HTTP/1.1\r\n")


def test_a_netrc_does_not_get_in_the_way(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A ``.netrc`` that names the host neither replaces the key nor stops the request."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password other\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    seen: list[bytes] = []

    asyncio.run(exchange(answering(ANSWER, seen), key="sk-secret-key"))

    assert b"Bearer sk-secret-key" in seen[0]


@pytest.mark.parametrize(
    "base_url", ["", "api.foxapi.cc", "ftp://host", "http://", "http://me:pw@host", "http://h?x=1"]
)
def test_addresses_that_are_none_are_refused(base_url: str) -> None:
    """A base URL has a scheme, a host, and nothing secret."""
    with pytest.raises(InputError, match="base_url"):
        Endpoint(base_url)


def test_the_repr_shows_no_key() -> None:
    """An endpoint in a traceback or a log gives nothing away."""
    assert "sk-secret-key" not in repr(Endpoint("https://host", "sk-secret-key"))
