"""Segments: cut words into them where a service gives none, or place words in those it gives.

A derived segment ends at a change of speaker or channel, before a pause of 1 s or more, at the
end of a sentence once it is 8 s long, and before the word that would make it longer than 30 s.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING

from tidyscribe.results import Segments

if TYPE_CHECKING:
    from tidyscribe.results import Words

PAUSE_S = 1.0
SENTENCE_AFTER_S = 8.0
LONGEST_S = 30.0

_SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？", "।", "؟", "۔", "։", "။")
_CLOSERS = "\"')]}»”’」』）"


def starts_of_segments(words: Words) -> list[int]:
    """Find the positions of the words that begin a segment.

    Returns
    -------
    list of int
        Ascending; the first is 0. Empty for no words.
    """
    if not words:
        return []
    starts = [0]
    #: Start of the segment, once a word of it has a time, and the last end in it.
    began: float | None = None
    last_end = 0.0
    speaker = words.speaker[0]
    is_sentence_over = False
    channel = words.channel[0]
    columns = zip(words.start_s, words.end_s, words.speaker, words.channel, words.text, strict=True)
    for position, (start, end, voice, track, text) in enumerate(columns):
        # Without a speaker (an event, say) a word goes along with whoever speaks.
        is_new = voice is not None and speaker is not None and voice != speaker
        is_new = is_new or (track is not None and channel is not None and track != channel)
        if not is_new and start is not None and began is not None:
            is_new = (
                start - last_end >= PAUSE_S
                or (is_sentence_over and last_end - began >= SENTENCE_AFTER_S)
                or (end if end is not None else start) - began > LONGEST_S
            )
        if is_new and position:
            starts.append(position)
            began = None
        if began is None and start is not None:
            began = last_end = start
        if end is not None and end > last_end:
            last_end = end
        speaker = voice if voice is not None else speaker
        channel = track if track is not None else channel
        is_sentence_over = text[-1:] in _SENTENCE_ENDS or _ends_sentence(text)
    return starts


def _ends_sentence(text: str) -> bool:
    return text[-1:] in _CLOSERS and text.rstrip(_CLOSERS)[-1:] in _SENTENCE_ENDS


def derive_segments(words: Words) -> tuple[Segments, list[int]]:
    """Cut words into segments.

    Returns
    -------
    Segments
        Times in seconds; the confidence is the mean of the words' where they have one.
    list of int
        For each word the number of its segment, from 0.
    """
    bounds = pairwise([*starts_of_segments(words), len(words)])
    segments = Segments()
    numbers: list[int] = []
    for number, (first, stop) in enumerate(bounds):
        numbers.extend([number] * (stop - first))
        _append_segment(segments, words, first, stop)
    return segments, numbers


def _append_segment(segments: Segments, words: Words, first: int, stop: int) -> None:
    begun = [start for start in words.start_s[first:stop] if start is not None]
    ended = [end for end in words.end_s[first:stop] if end is not None]
    sure = [value for value in words.confidence[first:stop] if value is not None]
    segments.start_s.append(min(begun, default=None))
    segments.end_s.append(max(ended, default=None))
    segments.speaker.append(next((s for s in words.speaker[first:stop] if s is not None), None))
    segments.text.append(
        "".join(
            [
                text + " " if space else text
                for text, space in zip(
                    words.text[first:stop], words.space_after[first:stop], strict=True
                )
            ]
        ).rstrip()
    )
    segments.confidence.append(sum(sure) / len(sure) if sure else None)


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
