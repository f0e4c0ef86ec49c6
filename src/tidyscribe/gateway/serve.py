"""The gateway on a port: ``tidyscribe serve``."""

from __future__ import annotations

import logging
from ipaddress import ip_address
from typing import TYPE_CHECKING

from tidyscribe.errors import InputError, MissingExtraError
from tidyscribe.gateway.app import MAX_SOURCE_BYTES, Gateway

if TYPE_CHECKING:
    from collections.abc import Sequence

    import uvicorn

#: Seconds open requests are given at the end; the work itself is not waited for.
_FAREWELL_S = 3


def serve(  # noqa: PLR0913 - keyword-only, the settings of one service
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    keys: Sequence[str] = (),
    engine: str = "pocketsphinx",
    workers: int | None = None,
    allow_private: bool = False,
    max_source_bytes: int = MAX_SOURCE_BYTES,
    time_limit_s: float | None = None,
) -> None:
    """Serve until interrupted.

    Parameters
    ----------
    host, port
        Where to listen.
    keys
        Keys that open it; needed wherever others than this machine can connect.
    engine, workers, allow_private, max_source_bytes, time_limit_s
        As for `Gateway`.

    Raises
    ------
    InputError
        When others could connect and there is no key, or there is no such engine.
    MissingExtraError
        When uvicorn, or a package the engine needs, is not installed.

    Examples
    --------
    >>> serve(host="0.0.0.0")
    Traceback (most recent call last):
    ...
    tidyscribe.errors.InputError: Listening on 0.0.0.0 lets others in: set a key first.
    """
    keys = check_access(host, keys)
    gateway = Gateway(
        engine=engine,
        workers=workers,
        keys=keys,
        allow_private=allow_private,
        max_source_bytes=max_source_bytes,
        time_limit_s=time_limit_s,
    )
    build_server(gateway, host=host, port=port).run()


def check_access(host: str, keys: Sequence[str]) -> list[str]:
    """Give the usable keys; raises InputError where strangers could use the gateway freely."""
    usable = [key.strip() for key in keys if key.strip()]
    if not usable and not _is_loopback(host):
        raise InputError(f"Listening on {host} lets others in: set a key first.", value=host)
    return usable


def build_server(gateway: Gateway, *, host: str, port: int) -> uvicorn.Server:
    """Give a server that is not running yet; its access log never holds a query string."""
    try:
        import uvicorn
    except ImportError as error:
        raise MissingExtraError(
            'Serving needs uvicorn. Install it with: pip install "tidyscribe[server]"'
        ) from error
    config = uvicorn.Config(
        gateway.app,
        host=host,
        port=port,
        lifespan="on",
        server_header=False,
        timeout_graceful_shutdown=_FAREWELL_S,
    )
    # After Config, which sets the loggers up anew.
    logging.getLogger("uvicorn.access").addFilter(_without_query)
    return uvicorn.Server(config)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _without_query(record: logging.LogRecord) -> bool:
    """Cut the query off the path, where somebody may have put a key or a signed address."""
    if isinstance(record.args, tuple):
        record.args = tuple(
            value.partition("?")[0] if isinstance(value, str) else value for value in record.args
        )
    return True
