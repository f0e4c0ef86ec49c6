"""A transcript in one form for all services: what providers read and tables write.

Words and segments are held as columns (one list per attribute), since that is how they
arrive in Arrow; a thousand-word transcript costs a dozen lists, not a thousand objects.
All times are seconds from the start of the recording.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class WordKind(StrEnum):
    """What one row of ``words`` stands for."""

    #: A spoken word with its punctuation.
    WORD = "word"
    #: Something heard that is no speech: laughter, applause, a ring.
    EVENT = "event"


@dataclass(slots=True)
class Words:
    """The words of one transcript, column by column; all lists have the same length."""

    #: The word as written, without surrounding blanks.
    text: list[str] = field(default_factory=list)
    #: Seconds, or None where the service gave none.
    start_s: list[float | None] = field(default_factory=list)
    end_s: list[float | None] = field(default_factory=list)
    #: Whether white space follows in the transcript's text.
    space_after: list[bool] = field(default_factory=list)
    #: True for an event (`WordKind.EVENT`).
    is_event: list[bool] = field(default_factory=list)
    speaker: list[str | None] = field(default_factory=list)
    #: Probability, 0..1.
    confidence: list[float | None] = field(default_factory=list)
    channel: list[int | None] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.text)


@dataclass(slots=True)
class Segments:
    """The segments of one transcript, column by column."""

    start_s: list[float | None] = field(default_factory=list)
    end_s: list[float | None] = field(default_factory=list)
    speaker: list[str | None] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    #: Probability, 0..1.
    confidence: list[float | None] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.text)


@dataclass(slots=True)
class Result:
    """One transcript as a service delivered it, in tidyscribe's units and names."""

    #: The whole text; empty for silence.
    text: str
    #: BCP-47 tag, such as ``en`` or ``yue``.
    language: str | None = None
    #: Probability of the language, 0..1.
    language_confidence: float | None = None
    #: Length of the recording in seconds.
    duration_s: float | None = None
    words: Words = field(default_factory=Words)
    #: None where the service gives no segments; they are then derived from the words.
    segments: Segments | None = None
    #: Who did the work, where a router says so.
    served_by: str | None = None
