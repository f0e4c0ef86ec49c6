"""What makes two submissions the same: the recording, the model, and what is asked of it."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import msgspec

from tidyscribe.errors import OptionError, SourceError
from tidyscribe.recordings import Recording, identity_of_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

#: 96 bits: the chance of one clash among ten million submissions is below 1e-15.
_KEY_BYTES = 12

#: Characters of a key, in hexadecimal.
KEY_CHARS = 2 * _KEY_BYTES

_BLOCK_BYTES = 1 << 20


def canonical(parameters: Mapping[str, Any]) -> str:
    """Write parameters the one way in which equal ones are equal.

    Raises
    ------
    OptionError
        When a value given in ``extra`` is nothing JSON can hold.
    """
    try:
        return msgspec.json.encode(dict(parameters), order="deterministic").decode()
    except (TypeError, ValueError) as error:
        raise OptionError(f"extra: a value cannot be sent as JSON: {error}.") from error


def submission_key(identity: str, provider: str, model: str, parameters: str) -> str:
    """Give the key of a submission, which is its ``transcript_id``: 24 hexadecimal digits."""
    whole = msgspec.json.encode([identity, provider, model, parameters])
    return blake2b(whole, digest_size=_KEY_BYTES).hexdigest()


#: The ``transcript_id`` of rows without a recording; no submission has it.
NO_RECORDING = "0" * KEY_CHARS


def identity_of(recording: Recording, hash_file: Callable[[Path], str]) -> str:
    """Give what tells a recording from all others.

    Parameters
    ----------
    hash_file
        Gives the content hash of a local file (`content_hash`, or a memory of it).
    """
    if recording.url is not None:
        return identity_of_url(recording.url)
    if recording.path is not None:
        return f"content:{hash_file(recording.path)}"
    return f"content:{_digest(recording.content or b'')}"


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=32).hexdigest()


def content_hash(path: Path) -> str:
    """Hash a file's content (BLAKE2b, 256 bits) in constant memory."""
    digest = blake2b(digest_size=32)
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def check_file(path: Path) -> None:
    """Raise SourceError when a path is no file that can be read."""
    try:
        if not path.exists():
            raise SourceError(f"{str(path)!r} does not exist.", value=str(path))
        if not path.is_file():
            raise SourceError(f"{str(path)!r} is no file.", value=str(path))
        with path.open("rb") as file:
            is_empty = not file.read(1)
    except OSError as error:
        raise SourceError(
            f"{str(path)!r} cannot be read: {error.strerror}.", value=str(path)
        ) from error
    if is_empty:
        raise SourceError(f"{str(path)!r} is an empty file.", value=str(path))
