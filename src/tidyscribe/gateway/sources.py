"""The audio of a task: from its ``audio_url`` to a file an engine can open."""

from __future__ import annotations

import re
from base64 import b64decode
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

from tidyscribe.gateway.refusals import invalid

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tidyscribe.gateway.fetch import Fetcher

_UNPRINTABLE = re.compile(r"[\s\x00-\x1f\x7f]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")


@dataclass(frozen=True, slots=True)
class Source:
    """Where the audio of one task is: at a URL, or in a file."""

    #: http or https; with its signature, so it is never shown.
    url: str | None = None
    path: Path | None = None
    #: Whether the file was made for this task.
    is_temporary: bool = False

    def discard(self) -> None:
        """Delete the file if it was made for this task."""
        if self.is_temporary and self.path is not None:
            with suppress(OSError):  # the whole folder goes with the gateway
                self.path.unlink(missing_ok=True)


class Sources:
    """Takes addresses on, and makes files of them.

    Parameters
    ----------
    fetcher
        Gets what is at a URL.
    embedded
        Whether ``file:`` and ``data:`` addresses are taken too: they come from this process.
    max_bytes
        Size of a ``data:`` address' content at most.
    """

    def __init__(self, fetcher: Fetcher, *, embedded: bool, max_bytes: int) -> None:
        self._fetcher = fetcher
        self._embedded = embedded
        self._max_bytes = max_bytes
        self._folder: TemporaryDirectory[str] | None = None

    def admit(self, audio_url: str) -> Source:
        """Take an address on without looking what is there.

        Raises
        ------
        RefusedError
            When it is not of a kind that is taken.
        """
        scheme = _SCHEME.match(audio_url)
        kind = scheme[1].lower() if scheme else ""
        if self._embedded and kind == "file":
            return Source(path=_path_of(audio_url))
        if self._embedded and kind == "data":
            return Source(path=self._stored(audio_url), is_temporary=True)
        if kind not in {"http", "https"} or not _is_complete(audio_url):
            raise invalid("audio_url must be an http or https URL.")
        return Source(url=audio_url)

    @asynccontextmanager
    async def file(self, source: Source) -> AsyncIterator[Path]:
        """Give the file of a source; a copy is deleted afterwards.

        Raises
        ------
        FetchError
            When it cannot be had.
        """
        if source.url is None:
            assert source.path is not None  # noqa: S101 - one of the two is given
            yield source.path
            return
        path = self._new_file(b"")
        try:
            await self._fetcher.fetch(source.url, path)
            yield path
        finally:
            Source(path=path, is_temporary=True).discard()

    def close(self) -> None:
        """Delete all copies."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _stored(self, audio_url: str) -> Path:
        head, comma, body = audio_url.partition(",")
        if not comma or not head.lower().endswith(";base64"):
            raise invalid("audio_url: a data: address must be in base64.")
        if len(body) * 3 // 4 > self._max_bytes:
            raise invalid(f"audio_url: the recording is longer than {self._max_bytes} bytes.")
        try:
            content = b64decode(body, validate=True)
        except ValueError as error:
            raise invalid("audio_url: the data: address is not valid base64.") from error
        return self._new_file(content)

    def _new_file(self, content: bytes) -> Path:
        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="tidyscribe-", ignore_cleanup_errors=True)
        with NamedTemporaryFile(dir=self._folder.name, delete=False) as file:
            file.write(content)
        return Path(file.name)


def _is_complete(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0 and not _UNPRINTABLE.search(url)
    except ValueError:
        return False


def _path_of(url: str) -> Path:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise invalid("audio_url is not a valid file: address.") from error
    if parts.netloc not in {"", "localhost"} or "%00" in parts.path:
        raise invalid("audio_url: a file: address must name a file of this machine.")
    return Path(url2pathname(parts.path))
