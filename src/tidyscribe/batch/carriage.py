"""Carrying requests over HTTP: the one module that knows which HTTP library does it.

httpx is the interface and aiohttp the transport behind it: httpx's own connection pool needs
time quadratic in the requests in flight. The transport is called directly, without httpx's
client in between, so nothing follows redirects, keeps cookies or logs addresses.

The key is put on requests to the service's own base URL here, and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from tidyscribe.errors import InputError
from tidyscribe.exchange import Reply, Request

if TYPE_CHECKING:
    import ssl
    from types import TracebackType

#: Sent with every request; some services' edges refuse libraries' default names.
USER_AGENT = "tidyscribe/{version}"

CONNECT_TIMEOUT_S = 10.0
#: Seconds to wait for a free connection; there is no limit on them, so this never runs out.
_POOL_TIMEOUT_S = 60.0

#: Headers of replies that are of use; the others are let go.
_KEPT_HEADERS = frozenset(
    {"content-type", "retry-after", "location", "x-request-id", "request-id", "cf-ray"}
    | {"x-oneapi-request-id"}
)


class CarriageError(Exception):
    """A request that got no answer.

    Attributes
    ----------
    was_sent : bool
        False when the request surely never reached the service.
    """

    def __init__(self, message: str, *, was_sent: bool) -> None:
        super().__init__(message)
        self.was_sent = was_sent


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a service is and the key that opens it; the repr shows no key."""

    base_url: str
    api_key: str | None = None

    def __post_init__(self) -> None:
        try:
            url = httpx.URL(self.base_url)
        except (httpx.InvalidURL, TypeError) as error:
            raise InputError(f"base_url={self.base_url!r} is no valid URL: {error}.") from error
        if url.scheme not in {"http", "https"} or not url.host:
            raise InputError(
                f"base_url={self.base_url!r}: expected an address such as 'https://api.foxapi.cc'."
            )
        if url.userinfo or url.query or url.fragment:
            raise InputError(
                "base_url= takes no user name, query or fragment; keys go in api_key=."
            )

    def __repr__(self) -> str:
        key = "set" if self.api_key else "none"
        return f"Endpoint({self.base_url!r}, api_key=<{key}>)"

    @property
    def address(self) -> str:
        """The base URL as the ledger notes it: where a task was accepted."""
        return self.base_url.rstrip("/")


@cache
def _tls() -> ssl.SSLContext:
    """Make the TLS context once; it takes 20 ms."""
    return httpx.create_ssl_context()


def _proxy(base_url: str) -> httpx.Proxy | None:
    """Give the proxy that the environment names for a service.

    It is looked up once. aiohttp's ``trust_env`` would send every request through a thread
    twice, and refuse to send ours at all where ``~/.netrc`` names the host.
    """
    parts = urlsplit(base_url)
    found = None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)
    if not found:
        return None
    return httpx.Proxy(found if "://" in found else f"http://{found}")


def _aiohttp_transport(base_url: str) -> AiohttpTransport:
    def session() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            # No limit here: the batch's own pace decides how many requests are open.
            connector=aiohttp.TCPConnector(limit=0, ssl=_tls()),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    return AiohttpTransport(verify=_tls(), client=session, proxy=_proxy(base_url))


class Carriage:
    """Carries requests to one service, from ``async with`` to its end.

    Parameters
    ----------
    endpoint
        The service.
    transport
        Another way to carry, such as ``httpx.ASGITransport`` to an application in process.
    """

    def __init__(
        self, endpoint: Endpoint, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        from tidyscribe import __version__

        self.endpoint = endpoint
        self._base = endpoint.base_url.rstrip("/")
        self._transport = transport or _aiohttp_transport(endpoint.base_url)
        headers = {
            "User-Agent": USER_AGENT.format(version=__version__),
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate",
        }
        if endpoint.api_key:
            headers["Authorization"] = f"Bearer {endpoint.api_key}"
        # Made once: httpx copies Headers fast, and encodes a dict's each time.
        self._headers = httpx.Headers(headers)
        self._json_headers = httpx.Headers({**headers, "Content-Type": "application/json"})

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._transport.aclose()

    async def send(self, request: Request) -> Reply:
        """Send a request and read the whole answer.

        Raises
        ------
        CarriageError
            When there was no answer, or only part of one.
        """
        try:
            response = await self._transport.handle_async_request(self._built(request))
            try:
                body = await response.aread()
            finally:
                await response.aclose()
        except (httpx.HTTPError, aiohttp.ClientError, OSError) as error:
            raise CarriageError(_described(error), was_sent=_was_sent(error)) from error
        return Reply(response.status_code, body, _kept(response.headers.raw))

    def _built(self, request: Request) -> httpx.Request:
        headers = self._headers if request.json is None else self._json_headers
        timeout = {
            "connect": CONNECT_TIMEOUT_S,
            "read": request.read_timeout_s,
            "write": request.read_timeout_s,
            "pool": _POOL_TIMEOUT_S,
        }
        return httpx.Request(
            request.method,
            self._base + request.path,
            headers=headers,
            content=request.json,
            extensions={"timeout": timeout},
        )


def _kept(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    found = {}
    for name, value in raw:
        lowered = name.decode("latin-1").lower()
        if lowered in _KEPT_HEADERS:
            found[lowered] = value.decode("latin-1")
    return found


#: What fails before a byte of the request has left: names, routes, refusals, TLS handshakes.
_UNSENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
)
_UNSENT_HTTPX = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def _was_sent(error: BaseException) -> bool:
    """Tell whether a request may have reached the service.

    The transport reports a connection cut in the middle as a ``ConnectTimeout`` too, so that
    the aiohttp error behind it has to decide.
    """
    cause = error.__cause__
    if isinstance(cause, aiohttp.ClientError):
        return not isinstance(cause, _UNSENT)
    return not isinstance(error, (*_UNSENT, *_UNSENT_HTTPX))


def _described(error: BaseException) -> str:
    """Say what happened, in words that hold no address with a signature."""
    cause = error.__cause__ or error
    text = str(cause).strip()
    return f"{type(cause).__name__}: {text}" if text else type(cause).__name__
