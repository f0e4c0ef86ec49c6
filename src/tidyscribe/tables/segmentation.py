"""Segments: cut words into them where a service gives none, or place words in those it gives.

A derived segment ends at a change of speaker or channel, before a pause of 1 s or more, at the
end of a sentence once it is 8 s long, and before the word that would make it longer than 30 s.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar, cast

from tidyscribe.results import Segments

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from tidyscribe.results import Words

_Value = TypeVar("_Value")

PAUSE_S = 1.0
SENTENCE_AFTER_S = 8.0
LONGEST_S = 30.0

_SENTENCE_ENDS = frozenset(".!?…。！？।؟۔։။")
_CLOSERS = "\"')]}»”’」』）"


def starts_of_segments(words: Words) -> list[int]:
    """Find the positions of the words that begin a segment.

    Returns
    -------
    list of int
        Ascending; the first is 0. Empty for no words.
    """
    starts: list[int] = []
    #: Start of the segment, once a word of it has a time, and the last end in it.
    began: float | None = None
    last_end = 0.0
    current = None
    columns = zip(words.start_s, words.end_s, _voices(words), strict=True)
    for position, (start, end, voice) in enumerate(columns):
        is_new = position == 0 or (voice != current and None not in (voice, current))
        if not is_new and start is not None and began is not None:
            is_new = (
                start - last_end >= PAUSE_S
                or (end if end is not None else start) - began > LONGEST_S
                or (
                    last_end - began >= SENTENCE_AFTER_S and ends_sentence(words.text[position - 1])
                )
            )
        if is_new:
            starts.append(position)
            began = None
        if start is not None and began is None:
            began = last_end = start
        if end is not None and end > last_end:
            last_end = end
        if voice is not None:
            current = voice
    return starts


def _voices(words: Words) -> Sequence[Hashable | None]:
    """Tell who speaks each word: speaker, or channel and speaker; None goes with the others."""
    if words.channel.count(None) == len(words.channel):
        return words.speaker
    return list(zip(_carried(words.channel), _carried(words.speaker), strict=True))


def _carried(values: Sequence[_Value | None]) -> list[_Value | None]:
    """Put the last known value in the place of what is missing; the first in front of it."""
    last = next((value for value in values if value is not None), None)
    return [last := last if value is None else value for value in values]


def ends_sentence(text: str) -> bool:
    """Tell whether a word ends a sentence, closing quotes and brackets aside."""
    return text.rstrip(_CLOSERS)[-1:] in _SENTENCE_ENDS


def derive_segments(words: Words) -> tuple[Segments, list[int]]:
    """Cut words into segments.

    Returns
    -------
    Segments
        Times in seconds; the confidence is the mean of the words' where they have one.
    list of int
        For each word the number of its segment, from 0.
    """
    segments = Segments()
    numbers: list[int] = []
    pieces = [
        text + " " if space else text
        for text, space in zip(words.text, words.space_after, strict=True)
    ]
    bounds = pairwise([*starts_of_segments(words), len(words)])
    for number, (first, stop) in enumerate(bounds):
        numbers.extend([number] * (stop - first))
        sure = _known(words.confidence[first:stop])
        segments.start_s.append(min(_known(words.start_s[first:stop]), default=None))
        segments.end_s.append(max(_known(words.end_s[first:stop]), default=None))
        segments.speaker.append(next(iter(_known(words.speaker[first:stop])), None))
        segments.text.append("".join(pieces[first:stop]).rstrip())
        segments.confidence.append(sum(sure) / len(sure) if sure else None)
    return segments, numbers


def _known(values: list[_Value | None]) -> list[_Value]:
    """Leave out what is missing; usually nothing is, and that is quick to see."""
    if None not in values:
        return cast("list[_Value]", values)
    return [value for value in values if value is not None]


def place_words(words: Words, segments: Segments) -> list[int]:
    """Give each word the number of the provider's segment it begins in.

    A word without a time, or before the first segment, goes with the word before it.
    """
    begun = [(start, number) for number, start in enumerate(segments.start_s) if start is not None]
    begun.sort()
    starts = [start for start, _ in begun]
    numbers = []
    current = begun[0][1] if begun else 0
    for start, end in zip(words.start_s, words.end_s, strict=True):
        if start is not None and starts:
            # The middle of a word decides: segments and words may disagree by a few ms.
            middle = start if end is None else (start + end) / 2
            found = bisect_right(starts, middle) - 1
            current = begun[max(found, 0)][1]
        numbers.append(current)
    return numbers
