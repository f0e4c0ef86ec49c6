"""What an engine heard, in the form ``scribe-v2`` answers with."""

from __future__ import annotations

from functools import lru_cache
from math import log
from typing import TYPE_CHECKING

from langcodes import Language
from langcodes.tag_parser import LanguageTagError

from tidyscribe.languages import is_unspaced
from tidyscribe.wire.foxapi import ScribeResult, ScribeWord

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tidyscribe.engines.base import Heard, HeardWord


def scribe_result(heard: Heard, *, tag_events: bool) -> ScribeResult:
    """Make one entry of ``results``.

    No word has a ``speaker_id``, whatever was asked: no engine here can tell speakers apart.

    Parameters
    ----------
    heard
        What the engine made of the recording.
    tag_events
        Whether sounds that are no words are to be in it.

    Examples
    --------
    >>> from tidyscribe.engines import Heard, HeardWord
    >>> words = (
    ...     HeardWord(text="good", start_s=0.1, end_s=0.4, confidence=1.0),
    ...     HeardWord(text="morning", start_s=0.5, end_s=0.9, confidence=0.5),
    ... )
    >>> result = scribe_result(Heard(words=words, duration_s=1.0, language="en"), tag_events=True)
    >>> result.text, result.language_code, [word.type for word in result.words]
    ('good morning', 'eng', ['word', 'spacing', 'word'])
    """
    kept = [word for word in heard.words if tag_events or not word.is_event]
    words = list(_entries(kept, is_spaced=not is_unspaced(heard.language)))
    return ScribeResult(
        text="".join([word.text or "" for word in words]),
        language_code=to_alpha3(heard.language),
        language_probability=heard.language_confidence,
        words=words,
        audio_duration_secs=heard.duration_s,
    )


def _entries(words: Iterable[HeardWord], *, is_spaced: bool) -> Iterator[ScribeWord]:
    last: HeardWord | None = None
    for word in words:
        if last is not None and is_spaced:
            yield ScribeWord(text=" ", start=last.end_s, end=word.start_s, type="spacing")
        yield ScribeWord(
            text=word.text,
            start=word.start_s,
            end=word.end_s,
            type="audio_event" if word.is_event else "word",
            logprob=round(log(word.confidence), 6) if word.confidence > 0 else None,
        )
        last = word


@lru_cache(maxsize=256)
def to_alpha3(language: str) -> str:
    """Give the three letters of ISO 639-3 for a BCP-47 tag, or the tag where there are none.

    Examples
    --------
    >>> to_alpha3("en"), to_alpha3("pt-BR"), to_alpha3("yue")
    ('eng', 'por', 'yue')
    """
    try:
        return Language.get(language).to_alpha3()
    except (LookupError, LanguageTagError):
        return language
