"""What an engine is: something on this machine that makes words of audio.

To add one:

1. Write a class with the members of `Engine`; import what it needs inside its methods.
2. Write ``create()``, which gives the engine, or raises MissingExtraError when a package it
   needs is not installed. It is called often and must be quick: models load in `Engine.load`.
3. Name ``create`` in the entry-point group ``tidyscribe.engines``.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Protocol

import msgspec

from tidyscribe.errors import InputError, TidyscribeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

#: Entry-point group that names the engines.
GROUP = "tidyscribe.engines"


class EngineError(TidyscribeError):
    """A recording cannot be read or transcribed; the message is the reason to show."""


class HeardWord(msgspec.Struct, frozen=True, kw_only=True):
    """One word, or one sound that is no word."""

    #: The word; an event stands in brackets: ``(noise)``.
    text: str
    #: Seconds from the start of the recording.
    start_s: float
    end_s: float
    #: The engine's own probability that this is right, 0..1.
    confidence: float
    #: Whether this is a sound and not a word.
    is_event: bool = False


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What an engine made of one recording."""

    #: In the order of time; empty when nobody speaks.
    words: tuple[HeardWord, ...]
    #: Length of the audio in seconds.
    duration_s: float
    #: BCP-47 tag of the language it was taken for.
    language: str
    #: How sure that is, 0..1: 1 where there was nothing to decide, because the caller or the
    #: engine knows but one language.
    language_confidence: float = 1.0


class Engine(Protocol):
    """A local recogniser. One instance serves one recording at a time."""

    @property
    def name(self) -> str:
        """What it is called on the command line and in tables."""
        ...

    @property
    def languages(self) -> frozenset[str]:
        """BCP-47 tags of the languages it understands."""
        ...

    def load(self) -> None:
        """Load the model; done once in a process, before the first recording."""
        ...

    def transcribe(
        self,
        audio: Path | Iterable[bytes],
        *,
        language: str | None = None,
        keyterms: Sequence[str] = (),
        on_progress: Callable[[float], None] | None = None,
    ) -> Heard:
        """Make words of a recording.

        Parameters
        ----------
        audio
            A file with an audio track, or blocks of samples: 16 kHz, mono, 16 bits, signed,
            little-endian.
        language
            BCP-47 tag of the language spoken; None leaves it to the engine.
        keyterms
            Words to expect; an engine that cannot use them ignores them.
        on_progress
            Called now and then with the part that is done, 0..1.

        Raises
        ------
        EngineError
            When the audio cannot be read, or not in this language.
        """
        ...


def create_engine(name: str) -> Engine:
    """Give the engine of that name; its model is not loaded yet.

    Raises
    ------
    InputError
        When there is no such engine.
    MissingExtraError
        When a package it needs is not installed.

    Examples
    --------
    >>> create_engine("pocketsphinx").languages
    frozenset({'en'})
    """
    known = {point.name: point for point in entry_points(group=GROUP)}
    if name not in known:
        names = ", ".join(sorted(known)) or "none is installed"
        raise InputError(f"There is no engine {name!r}; engines: {names}.", value=name)
    engine: Engine = known[name].load()()
    return engine
