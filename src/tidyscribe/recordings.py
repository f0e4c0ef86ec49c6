"""One audio source: where it is, what it is called, and how it is told from all others.

No file is opened here. Signing parameters and passwords are taken out of everything that is
shown or stored (`Recording.display`), and out of what tells two recordings apart
(`identity_of_url`), so that a frame with fresh signatures meets its old transcripts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Self
from urllib.parse import unquote, unquote_plus, urlsplit, urlunsplit

from tidyscribe.errors import SourceError
from tidyscribe.texts import scrub


class SourceKind(StrEnum):
    """Where the audio of a recording is."""

    URL = "url"
    PATH = "path"
    BYTES = "bytes"


#: Families of signing parameters, in lower case: the parameter that shows the family is there,
#: and the pattern of all its parameters.
_SIGNATURES = (
    # Amazon S3, version 4 (also R2, MinIO, DigitalOcean, Backblaze).
    ("x-amz-signature", re.compile(r"x-amz-.*")),
    # Google Cloud Storage, version 4.
    ("x-goog-signature", re.compile(r"x-goog-.*")),
    # Azure shared access signature.
    (
        "sig",
        re.compile(
            r"sig|si|sv|ss|srt|sp|st|se|spr|sr|sip|skoid|sktid|skt|ske|sks|skv|sdd|saoid|suoid|scid"
            r"|rsc[cdelt]"
        ),
    ),
    # Tencent COS.
    ("q-signature", re.compile(r"q-.*|x-cos-.*")),
    # S3 version 2, Google version 2, CloudFront, Aliyun OSS.
    (
        "signature",
        re.compile(
            r"signature|expires|awsaccesskeyid|googleaccessid|ossaccesskeyid|key-pair-id|policy"
            r"|hash-algorithm|security-token|x-amz-security-token|signatureversion|x-oss-security-token"
        ),
    ),
    # Aliyun OSS, version 4; x-oss-process is no part of it: it says what to deliver.
    (
        "x-oss-signature",
        re.compile(
            r"x-oss-(signature(-version)?|credential|date|expires|security-token"
            r"|additional-headers)"
        ),
    ),
)

#: Parameters that hold a secret by their name. They may also say which recording is meant, so
#: they are hidden, but still tell recordings apart.
_SECRET = re.compile(
    r"(.*[_-])?(token|secret|password|passwd|pwd|auth|authorization|apikey|api[_-]key|key"
    r"|signature|sig|credential|jwt|sas|hash|hmac)"
)

_HIDDEN = "***"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")
#: Brackets and quotes may stand in an address, a signature behind them: rather hide too much.
_URL_IN_TEXT = re.compile(r"https?://[^\s\"<>\\]+", re.IGNORECASE)
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Recording:
    """One audio source, and what may be shown of it.

    Its repr and its text never show a signature, a password or the audio itself.

    Examples
    --------
    >>> Recording.of("https://a.example/b.mp3?X-Amz-Signature=55ee&X-Amz-Expires=60")
    Recording('https://a.example/b.mp3')
    """

    #: Where the audio is.
    kind: SourceKind
    #: URL as given, with its signature.
    url: str | None = field(default=None, repr=False)
    #: Local path as given.
    path: Path | None = None
    #: The encoded audio itself.
    content: bytes | None = field(default=None, repr=False)

    @classmethod
    def of(cls, value: object) -> Self:
        """Make a recording of a cell.

        Parameters
        ----------
        value
            An http(s) URL, a local path, or the bytes of an encoded audio file.

        Raises
        ------
        SourceError
            For anything else; the message says what was found, without secrets.
        """
        if isinstance(value, (bytes, bytearray, memoryview)):
            return cls(SourceKind.BYTES, content=_nonempty(bytes(value)))
        if isinstance(value, Path):
            return cls(SourceKind.PATH, path=value)
        if not isinstance(value, str):
            shown = redact(repr(value))[:80]
            raise SourceError(
                f"{shown} ({type(value).__name__}) is no recording: expected an http(s) URL, "
                "a local path or bytes.",
                value=shown,
            )
        return cls._of_text(value.strip())

    @classmethod
    def _of_text(cls, text: str) -> Self:
        scheme = _SCHEME.match(text)
        if scheme is None:  # the pattern asks for two letters: C:\\calls is a path
            return cls(SourceKind.PATH, path=Path(text))
        name = scheme[1].lower()
        if name in _DEFAULT_PORTS:
            return cls(SourceKind.URL, url=_checked_url(text))
        if name == "file":
            return cls(SourceKind.PATH, path=_path_of_file_url(text))
        shown = "data:..." if name == "data" else redact_url(text)
        raise SourceError(
            f"{shown!r}: {name}: addresses are not accepted; "
            "give an http(s) URL, a local path or bytes.",
            value=shown,
        )

    @property
    def display(self) -> str:
        """The source without secrets, as it stands in tables and messages."""
        if self.url is not None:
            return redact_url(self.url)
        if self.path is not None:
            return scrub(str(self.path))
        return f"<{len(self.content or b'')} bytes>"

    @property
    def secrets(self) -> tuple[str, ...]:
        """Signatures, tokens and passwords of this source, to be kept out of all that is stored."""
        return _secrets_of_url(self.url) if self.url is not None else ()

    def __repr__(self) -> str:
        return f"Recording({self.display!r})"

    def __str__(self) -> str:
        return self.display


def _nonempty(content: bytes) -> bytes:
    if not content:
        raise SourceError("b'': an empty bytes object is no recording.", value="b''")
    return content


def _path_of_file_url(text: str) -> Path:
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise SourceError(f"{text!r} is no valid file: address.", value=text) from error
    if parts.netloc not in {"", "localhost"}:
        raise SourceError(f"{text!r}: a file: address of another machine.", value=text)
    return Path(unquote(parts.path))


def _checked_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        has_host = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        has_host = False
    if not has_host or re.search(r"[\s\x00-\x1f\x7f]", text) or scrub(text) != text:
        shown = redact_url(text)
        raise SourceError(
            f"{shown!r} is no valid URL: expected https://host/path, blanks as %20.", value=shown
        )
    return text


def _split_query(query: str) -> list[tuple[str, str]]:
    """Split a query into (lower-case name, parameter as written)."""
    return [
        (unquote_plus(part.split("=", 1)[0]).lower(), part) for part in query.split("&") if part
    ]


def _is_signing(name: str, names: set[str]) -> bool:
    return any(mark in names and family.fullmatch(name) for mark, family in _SIGNATURES)


def _unsigned(query: str) -> list[tuple[str, str]]:
    parts = _split_query(query)
    names = {name for name, _ in parts}
    # Azure's `sig` alone is too common a name to mean Azure.
    if "sig" in names and not names & {"se", "si"}:
        names.discard("sig")
    return [(name, part) for name, part in parts if not _is_signing(name, names)]


def identity_of_url(url: str) -> str:
    """Give what tells this URL's recording from others: no signature, fragment or password.

    Examples
    --------
    >>> identity_of_url("HTTPS://A.example:443/b.mp3?v=2&Expires=9&Signature=ab#t=10")
    'https://a.example/b.mp3?v=2'
    """
    parts = urlsplit(url)
    query = "&".join(part for _, part in _unsigned(parts.query))
    return urlunsplit((parts.scheme.lower(), _host(url), parts.path or "/", query, ""))


def _host(url: str) -> str:
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    if parts.port is None or parts.port == _DEFAULT_PORTS.get(parts.scheme.lower()):
        return host
    return f"{host}:{parts.port}"


def redact_url(url: str) -> str:
    """Give the URL without user name, password and signature, other secrets shown as ``***``.

    Examples
    --------
    >>> redact_url("https://me:pw@a.example/b.mp3?token=s3cret&lang=en")
    'https://a.example/b.mp3?token=***&lang=en'
    """
    try:
        parts = urlsplit(url)
        kept = [
            f"{part.split('=', 1)[0]}={_HIDDEN}" if _SECRET.fullmatch(name) else part
            for name, part in _unsigned(parts.query)
        ]
        netloc = parts.netloc.rpartition("@")[2]
    except ValueError:
        return _HIDDEN
    return urlunsplit((parts.scheme, netloc, parts.path, "&".join(kept), ""))


def redact(text: str) -> str:
    """Take the secrets out of every URL that stands in a text."""
    # Errors may come as HTML, with the ampersands written out.
    return _URL_IN_TEXT.sub(lambda match: redact_url(match[0].replace("&amp;", "&")), text)


def _secrets_of_url(url: str) -> tuple[str, ...]:
    if "?" not in url and "@" not in url:
        return ()
    parts = urlsplit(url)
    kept = {part for name, part in _unsigned(parts.query) if not _SECRET.fullmatch(name)}
    values = [part.partition("=")[2] for _, part in _split_query(parts.query) if part not in kept]
    if parts.password:
        values.append(parts.password)
    # Short values (`se=1`, `sp=r`) are no secrets, and replacing them would garble a reply.
    secrets = {form for value in values for form in (value, unquote(value)) if len(form) >= 8}
    return tuple(sorted(secrets, key=len, reverse=True))
