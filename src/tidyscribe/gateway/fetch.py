"""Getting a recording from the web: with limits, and from public addresses only.

Whoever may submit a task makes this machine send a request. Unless private addresses are
allowed, a name is looked up here, its addresses are checked, and the connection is made to one
of those checked: a second look-up could give another answer. Redirects are followed by hand, so
that every hop is checked alike.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import httpx

from tidyscribe.errors import TidyscribeError
from tidyscribe.gateway.addresses import is_public

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Redirects followed at most.
_MAX_HOPS = 5
#: Seconds a whole fetch may take, and the parts of it.
_TOTAL_S = 1800.0
_TIMEOUT = httpx.Timeout(30.0, connect=10.0)
_HEADERS = {
    "User-Agent": "tidyscribe-gateway",
    "Accept": "audio/*, video/*, */*;q=0.8",
    # What is packed could unpack to any size.
    "Accept-Encoding": "identity",
}


class FetchError(TidyscribeError):
    """A recording cannot be had; the message is the reason, without the address."""


class Fetcher:
    """Gets recordings over http and https.

    Parameters
    ----------
    max_bytes
        Size of a recording at most.
    allow_private
        Whether addresses of this machine and its network may be connected to.
    """

    def __init__(self, *, max_bytes: int, allow_private: bool) -> None:
        self._max_bytes = max_bytes
        self._allow_private = allow_private

    async def fetch(self, url: str, path: Path) -> None:
        """Write what is at a URL into a file.

        Raises
        ------
        FetchError
            When it cannot be had, is too long, or is where we may not look.
        """
        # A proxy would look names up again, after the check.
        client = httpx.AsyncClient(
            timeout=_TIMEOUT, headers=_HEADERS, trust_env=self._allow_private
        )
        try:
            async with asyncio.timeout(_TOTAL_S), client:
                await self._follow(client, httpx.URL(url), path)
        except TimeoutError as error:
            raise FetchError(f"the recording did not arrive within {_TOTAL_S:g} s") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise FetchError(_reason(error)) from error

    async def _follow(self, client: httpx.AsyncClient, url: httpx.URL, path: Path) -> None:
        for _ in range(_MAX_HOPS + 1):
            response = await self._open(client, url)
            try:
                if not response.has_redirect_location:
                    await self._save(response, path)
                    return
                url = url.join(response.headers["location"])
            finally:
                await response.aclose()
        raise FetchError(f"its address redirects more than {_MAX_HOPS} times")

    async def _open(self, client: httpx.AsyncClient, url: httpx.URL) -> httpx.Response:
        if url.scheme not in {"http", "https"} or not url.host:
            raise FetchError("its address redirects to one that is neither http nor https")
        if self._allow_private:
            return await client.send(client.build_request("GET", url), stream=True)
        unreachable: httpx.TransportError | None = None
        for address in await _public_addresses(url):
            try:
                return await client.send(_pinned(client, url, address), stream=True)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                unreachable = error
        raise unreachable or FetchError(
            "its address is private: this gateway fetches from public addresses only"
        )

    async def _save(self, response: httpx.Response, path: Path) -> None:
        if response.status_code != httpx.codes.OK:
            raise FetchError(f"its address answers HTTP {response.status_code}")
        too_long = FetchError(f"the recording is longer than {self._max_bytes} bytes")
        announced = response.headers.get("content-length", "")
        if announced.isascii() and announced.isdigit() and int(announced) > self._max_bytes:
            raise too_long
        size = 0
        with path.open("wb") as file:
            async for block in response.aiter_bytes():
                size += len(block)
                if size > self._max_bytes:
                    raise too_long
                file.write(block)


async def _public_addresses(url: httpx.URL) -> list[str]:
    port = url.port or (443 if url.scheme == "https" else 80)
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise FetchError("the name in its address cannot be resolved") from error
    addresses = dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found)
    return [address for address in addresses if is_public(address)]


def _pinned(client: httpx.AsyncClient, url: httpx.URL, address: str) -> httpx.Request:
    """Build a request that connects to this address, and names the host as the URL does."""
    return client.build_request(
        "GET",
        url.copy_with(host=address),
        headers={"Host": url.netloc.decode("ascii")},
        # The certificate is checked against the name.
        extensions={"sni_hostname": url.raw_host.decode("ascii")},
    )


def _reason(error: Exception) -> str:
    """Say what went wrong without the address, which may hold a signature."""
    return next(text for kind, text in _reasons() if isinstance(error, kind))


def _reasons() -> Iterator[tuple[type[Exception], str]]:
    yield httpx.ConnectTimeout, "the server of its address cannot be reached (timeout)"
    yield httpx.TimeoutException, "the server of its address fell silent"
    yield httpx.ConnectError, "the server of its address cannot be reached"
    yield httpx.InvalidURL, "its address redirects to an invalid one"
    yield Exception, "the connection to the server of its address broke off"
