"""Reading ElevenLabs Scribe's result, as FoxAPI relays it, into a `Result`.

Source (read 2026-11): https://docs.foxapi.cc/pages/en/api-manual/task-management/get-task-detail
for the keys, and ElevenLabs' published SDK types for those the page leaves out.
"""

from __future__ import annotations

from itertools import compress
from math import exp
from typing import TYPE_CHECKING, cast

from tidyscribe.languages import to_bcp47
from tidyscribe.providers.spacing import join_words, spaces_after
from tidyscribe.results import Result, Words

if TYPE_CHECKING:
    from tidyscribe.wire.foxapi import ScribeResult, ScribeWord

_SPACING = "spacing"
_EVENT = "audio_event"


def read_scribe(results: list[ScribeResult]) -> Result | None:
    """Make one result of a task's results: usually one, several for several channels.

    Returns
    -------
    Result or None
        None when none of them holds a text or words.
    """
    channels = [part for result in results for part in (result.transcripts or [result])]
    channels = [part for part in channels if part.text is not None or part.words is not None]
    if not channels:
        return None
    channels.sort(key=lambda part: part.channel_index or 0)
    read = [_read_channel(part) for part in channels]
    result = read[0] if len(read) == 1 else _merge(read)
    if result.duration_s is None:
        lengths = [part.audio_duration_secs for part in results if part.audio_duration_secs]
        result.duration_s = max(lengths, default=None) or _last_end(result.words)
    return result


def _read_channel(part: ScribeResult) -> Result:
    language = to_bcp47(part.language_code)
    tokens = part.words or []
    text = part.text if part.text is not None else "".join([t.text or "" for t in tokens])
    text = text.strip()
    words = _read_words(tokens, text, language)
    if part.channel_index is not None:
        words.channel = [part.channel_index if own is None else own for own in words.channel]
    return Result(
        text=text,
        language=language,
        language_confidence=part.language_probability,
        duration_s=part.audio_duration_secs,
        words=words,
    )


def _read_words(tokens: list[ScribeWord], text: str, language: str | None) -> Words:
    is_word = [token.type != _SPACING for token in tokens]
    spoken = list(compress(tokens, is_word))
    texts = [token.text or "" for token in spoken]
    spaces = list(compress([not word for word in [*is_word[1:], True]], is_word))
    if not _is_text(texts, spaces, text):
        spoken = [token for token in spoken if token.text and not token.text.isspace()]
        texts = [(token.text or "").strip() for token in spoken]
        spaces = spaces_after(texts, text, language)
    return Words(
        text=texts,
        start_s=[token.start for token in spoken],
        end_s=[token.end for token in spoken],
        space_after=spaces,
        is_event=[token.type == _EVENT for token in spoken],
        speaker=_speakers(spoken),
        confidence=_confidences(spoken),
        channel=[token.channel_index for token in spoken],
    )


def _is_text(texts: list[str], spaces: list[bool], text: str) -> bool:
    """Tell whether words and blanks are the transcript, as they are in the service's examples.

    They are when they join to it and all its white space is the blanks between the words:
    then no word has any around it.
    """
    if "" in texts or join_words(texts, spaces) != text:
        return False
    return len(text.split()) == sum(spaces) + bool(text)


def _speakers(tokens: list[ScribeWord]) -> list[str | None]:
    given = [t.speaker if t.speaker_id is None else t.speaker_id for t in tokens]
    if set(map(type, given)) <= {str, type(None)}:
        return cast("list[str | None]", given)
    return [None if speaker is None else str(speaker) for speaker in given]


def _confidences(tokens: list[ScribeWord]) -> list[float | None]:
    # exp of anything above 0 would be no probability.
    return [
        None if (value := token.logprob) is None else exp(value) if value < 0 else 1.0
        for token in tokens
    ]


def _last_end(words: Words) -> float | None:
    return max((end for end in words.end_s if end is not None), default=None)


def _merge(channels: list[Result]) -> Result:
    """Put the channels' texts and words one behind the other, in the order of the channels."""
    merged = Words()
    for channel in channels:
        words = channel.words
        if merged.space_after:
            merged.space_after[-1] = True
        for name in Words.__dataclass_fields__:
            getattr(merged, name).extend(getattr(words, name))
    first = channels[0]
    return Result(
        text="\n".join(channel.text for channel in channels if channel.text),
        language=first.language,
        language_confidence=first.language_confidence,
        duration_s=max((c.duration_s for c in channels if c.duration_s is not None), default=None),
        words=merged,
    )
