"""Scribe's results as transcripts."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.samples import word
from tidyscribe.providers.scribe import read_scribe
from tidyscribe.providers.spacing import join_words
from tidyscribe.results import Result, Words
from tidyscribe.wire.foxapi import ScribeResult, ScribeWord

#: The documentation's own example, spoken by two.
DOCUMENTED = [
    word("Good", 0.12, 0.34, speaker_id="speaker_0"),
    word(" ", 0.32, 0.36, type="spacing", speaker_id="speaker_0"),
    word("morning.", 0.36, 0.8, speaker_id="speaker_0"),
    word(" ", 0.8, 0.92, type="spacing", speaker_id="speaker_0"),
    word("(laughter)", 0.92, 1.7, type="audio_event", speaker_id="speaker_1"),
    word(" ", 1.7, 1.74, type="spacing", speaker_id="speaker_1"),
    word("Hi.", 1.74, 1.98, speaker_id="speaker_1"),
]


def tokens(*words: dict[str, Any] | str) -> list[ScribeWord]:
    """Make entries of ``words``; a blank string is spacing, another one a word."""
    made = [one if isinstance(one, dict) else word(one) for one in words]
    for one in made:
        if one["text"] is not None and one["text"].isspace():
            one["type"] = "spacing" if one["type"] == "word" else one["type"]
    return [ScribeWord(**one) for one in made]


def read(*words: dict[str, Any] | str, text: str | None = None, **fields: Any) -> Result:
    """Read a result of one channel."""
    result = read_scribe([ScribeResult(text=text, words=tokens(*words), **fields)])
    assert result is not None
    return result


def joined(words: Words) -> str:
    """Join words and blanks again."""
    return join_words(words.text, words.space_after)


def test_the_documented_example() -> None:
    """Words, events, blanks, times and speakers, column by column."""
    result = read(
        *DOCUMENTED,
        text="Good morning. (laughter) Hi.",
        language_code="eng",
        language_probability=0.98,
    )

    assert (result.text, result.language) == ("Good morning. (laughter) Hi.", "en")
    assert (result.language_confidence, result.duration_s) == (0.98, 1.98)
    assert result.words == Words(
        text=["Good", "morning.", "(laughter)", "Hi."],
        start_s=[0.12, 0.36, 0.92, 1.74],
        end_s=[0.34, 0.8, 1.7, 1.98],
        space_after=[True, True, True, False],
        is_event=[False, False, True, False],
        speaker=["speaker_0", "speaker_0", "speaker_1", "speaker_1"],
        confidence=[None] * 4,
        channel=[None] * 4,
    )


@pytest.mark.parametrize(
    ("words", "text", "language"),
    [
        (["今日は", "いい", "天気です。"], "今日はいい天気です。", "jpn"),  # no blanks at all
        (["你", "好", "，", "世界"], "你好，世界", "zho"),
        (["佢", "係", "邊個", "？"], "佢係邊個？", "yue"),
        (["สวัสดี", "ครับ", " ", "ผม"], "สวัสดีครับ ผม", "tha"),  # a blank between sentences
        (["Hello", ",", " ", "you", "."], "Hello, you.", "eng"),  # marks on their own
        (["Hello", "there."], "Hello there.", "eng"),  # spacing is missing
        (["Hello", " ", "there."], " Hello there.\n", "eng"),  # blanks around the text
        (["One.", "\n\n", "Two."], "One.\n\nTwo.", "eng"),  # a paragraph
        (["Die", "Straße", "."], "Die Straße.", "deu"),  # no spacing, and a letter like no other
        ([" Hello", " there."], " Hello there.", "eng"),  # blanks within the words
    ],
)
def test_words_join_to_the_text(words: list[str], text: str, language: str) -> None:
    """Words and blanks give the transcript again, up to the kind of white space."""
    result = read(*words, text=text, language_code=language)

    assert joined(result.words).split() == text.split()
    assert result.text == text.strip()


@pytest.mark.parametrize("words", [[" Hello", " there."], ["Hello ", "there."], ["Hi\n"]])
def test_words_have_no_blanks_around_them(words: list[str]) -> None:
    """Whether white space follows is a column of its own."""
    found = read(*words, text="".join(words)).words.text

    assert found == [word.strip() for word in words]


@pytest.mark.parametrize("kind", [None, "blank", "word"])
def test_blanks_of_another_type_are_no_words(kind: str | None) -> None:
    """A relay may leave the type out, or have a name of its own for it."""
    words = [ScribeWord("One", type=kind), ScribeWord(" ", type=kind), ScribeWord("two", type=kind)]

    result = read_scribe([ScribeResult(text="One two", words=words)])

    assert result is not None
    assert (result.words.text, result.words.space_after) == (["One", "two"], [True, False])


@pytest.mark.parametrize("kind", ["word", None, "punctuation", "foreign"])
def test_unknown_types_are_words(kind: str | None) -> None:
    """The set is open: what has a text was said."""
    words = read({"text": "Hi.", "type": kind}).words

    assert (words.text, words.is_event) == (["Hi."], [False])


@pytest.mark.parametrize("empty", [None, ""])
def test_entries_without_a_text_are_left_out(empty: str | None) -> None:
    """There is nothing to put into a row."""
    assert read(word("Hi."), {"text": empty, "type": "word"}, text="Hi.").words.text == ["Hi."]


def test_a_missing_text_is_joined() -> None:
    """Where only words come, they are the text."""
    assert read("Hello", " ", "there.").text == "Hello there."


@pytest.mark.parametrize(
    ("fields", "speaker"),
    [
        ({"speaker_id": "speaker_0"}, "speaker_0"),
        ({"speaker_id": 0}, "0"),  # an integer
        ({"speaker": "A"}, "A"),  # another name for it
        ({"speaker": 1}, "1"),
        ({"speaker_id": "A", "speaker": "B"}, "A"),  # the usual name first
        ({}, None),
    ],
)
def test_speakers(fields: dict[str, Any], speaker: str | None) -> None:
    """Speakers are texts, whatever they are called and however they are numbered."""
    assert read(word("Hi.", **fields)).words.speaker == [speaker]


@pytest.mark.parametrize(
    ("logprob", "confidence"),
    [
        (0.0, 1.0),
        (-0.5, math.exp(-0.5)),
        (0.3, 1.0),  # no probability is above 1
        (-1e300, 0.0),
        (None, None),
    ],
)
def test_confidences(logprob: float | None, confidence: float | None) -> None:
    """A logarithm becomes a probability from 0 to 1."""
    assert read(word("Hi.", logprob=logprob)).words.confidence == [confidence]


def test_missing_times_stay_missing() -> None:
    """A null is no zero, and the recording's length is unknown."""
    result = read(word("Hi."), text="Hi.")

    assert (result.words.start_s, result.words.end_s, result.duration_s) == ([None], [None], None)


@pytest.mark.parametrize(
    ("given_s", "duration_s"),
    [
        (12.5, 12.5),  # what the service says
        (None, 0.8),  # else where the last word ends
    ],
)
def test_the_length_of_a_recording(given_s: float | None, duration_s: float) -> None:
    """The service's figure first."""
    result = read(word("Hi", 0.5, 0.8), word("you", 0.1, 0.4), audio_duration_secs=given_s)

    assert result.duration_s == duration_s


def test_silence_is_a_transcript() -> None:
    """An empty text is a result, not a failure."""
    assert read(text="", language_code=None) == Result(text="")


@pytest.mark.parametrize(
    "results",
    [
        [],
        [ScribeResult()],  # nothing in it
        [ScribeResult(language_code="eng")],  # a language alone is none
        [ScribeResult(transcripts=[])],
        [ScribeResult(transcripts=[ScribeResult()])],
    ],
)
def test_no_text_and_no_words_is_no_transcript(results: list[ScribeResult]) -> None:
    """The caller makes an error of it."""
    assert read_scribe(results) is None


_CHANNELS = [
    ScribeResult(text="You.", words=tokens(word("You.", 0.0, 0.5)), channel_index=1),
    ScribeResult(text="Me.", words=tokens(word("Me.", 1.0, 1.5)), channel_index=0),
]


@pytest.mark.parametrize(
    "results",
    [
        _CHANNELS,  # an entry a channel
        [ScribeResult(transcripts=_CHANNELS)],  # all in one entry
        [ScribeResult(transcripts=_CHANNELS, audio_duration_secs=None, text=None)],
    ],
)
def test_channels_follow_each_other(results: list[ScribeResult]) -> None:
    """Texts and words come channel after channel, in their order, each word with its own."""
    result = read_scribe(results)

    assert result is not None
    assert (result.text, result.duration_s) == ("Me.\nYou.", 1.5)
    assert (result.words.text, result.words.channel) == (["Me.", "You."], [0, 1])
    assert joined(result.words).split() == result.text.split()


def test_the_length_of_several_channels() -> None:
    """What stands beside the channels holds for all of them."""
    result = read_scribe([ScribeResult(transcripts=_CHANNELS, audio_duration_secs=9.0)])

    assert result is not None
    assert result.duration_s == 9.0


def test_a_words_own_channel_comes_first() -> None:
    """Some services name it with each word."""
    words = tokens(word("Hi.", channel_index=3), word("You."))

    result = read_scribe([ScribeResult(words=words, channel_index=1)])

    assert result is not None
    assert result.words.channel == [3, 1]


# Any tokens -------------------------------------------------------------------------------------

_TEXT = st.text(min_size=1, max_size=6) | st.text("aAßİ. ，你", min_size=1, max_size=4)
_SPOKEN = st.builds(
    ScribeWord, text=_TEXT, type=st.sampled_from(["word", "audio_event", None, "other"])
)
_SPACING = st.builds(
    ScribeWord, text=st.sampled_from([" ", "  ", "\n", "\u3000", ""]), type=st.just("spacing")
)
_LANGUAGES = st.sampled_from([None, "eng", "zho", "tha", "deu", "tur"])


@given(st.lists(_SPOKEN | _SPACING, max_size=12), _LANGUAGES)
def test_any_tokens_join_to_their_text(words: list[ScribeWord], language: str | None) -> None:
    """Where the tokens are the text, so are the words with their blanks."""
    text = "".join(token.text or "" for token in words)

    result = read_scribe([ScribeResult(text=text, words=words, language_code=language)])

    assert result is not None
    assert joined(result.words).split() == text.split()


@given(st.lists(_SPOKEN | _SPACING, max_size=12), st.text(max_size=30), _LANGUAGES)
def test_any_text_beside_any_tokens(
    words: list[ScribeWord], text: str, language: str | None
) -> None:
    """Where tokens and text disagree, every word is kept, and the columns stay even."""
    result = read_scribe([ScribeResult(text=text, words=words, language_code=language)])

    assert result is not None
    assert len(set(map(len, map(result.words.__getattribute__, Words.__dataclass_fields__)))) == 1
    spoken = [t.text or "" for t in words if t.type != "spacing" and not (t.text or "").isspace()]
    assert [one.strip() for one in result.words.text if one.strip()] == [t.strip() for t in spoken]
