"""What pool and worker say to each other: JSON behind its length, over a pair of pipes."""

from __future__ import annotations

import struct
from typing import IO

import msgspec

from tidyscribe.engines.base import Heard  # noqa: TC001 - msgspec reads the annotation

_LENGTH = struct.Struct(">I")


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """Pool to worker: transcribe this file."""

    #: Absolute path.
    path: str
    language: str | None = None
    keyterms: tuple[str, ...] = ()


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """Worker to pool: the model is loaded."""


class Begun(msgspec.Struct, frozen=True, tag="begun"):
    """Worker to pool: the job has arrived, and what happens from now on is its doing."""


class Progress(msgspec.Struct, frozen=True, tag="progress"):
    """Worker to pool: so much of the job is done, 0..1."""

    part: float


class Done(msgspec.Struct, frozen=True, tag="done"):
    """Worker to pool: the job's result."""

    heard: Heard


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag="failed"):
    """Worker to pool: why there is no result."""

    reason: str
    #: Whether the worker ends itself, because its state can no longer be trusted.
    is_fatal: bool = False


Answer = Ready | Begun | Progress | Done | Failed


def write(stream: IO[bytes], message: Job | Answer) -> None:
    """Write one message; raises OSError when the other side is gone."""
    body = msgspec.json.encode(message)
    stream.write(_LENGTH.pack(len(body)) + body)
    stream.flush()


def read_job(stream: IO[bytes]) -> Job | None:
    """Read a job, or None when the other side is gone, maybe in mid-message."""
    body = _read(stream)
    return None if body is None else msgspec.json.decode(body, type=Job)


def read_answer(stream: IO[bytes]) -> Answer | None:
    """Read an answer, or None when the other side is gone, maybe in mid-message."""
    body = _read(stream)
    return None if body is None else msgspec.json.decode(body, type=Answer)


def _read(stream: IO[bytes]) -> bytes | None:
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    body = stream.read(length)
    return body if len(body) == length else None
