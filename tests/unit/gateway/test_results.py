"""The form of a result."""

from __future__ import annotations

from math import exp

import msgspec
import pytest

from tidyscribe.engines import Heard, HeardWord
from tidyscribe.gateway.results import scribe_result, to_alpha3

HEARD = Heard(
    words=(
        HeardWord(text="good", start_s=0.1, end_s=0.4, confidence=0.5),
        HeardWord(text="(noise)", start_s=0.4, end_s=0.5, confidence=1.0, is_event=True),
        HeardWord(text="morning", start_s=0.6, end_s=0.9, confidence=0.25),
    ),
    duration_s=1.5,
    language="en",
)


def test_a_result_has_the_documented_form() -> None:
    """Words, blanks and events follow each other; nothing is said of speakers."""
    result = msgspec.to_builtins(scribe_result(HEARD, tag_events=True))

    assert result == {
        "text": "good (noise) morning",
        "language_code": "eng",
        "language_probability": 1.0,
        "words": [
            {"text": "good", "start": 0.1, "end": 0.4, "type": "word", "logprob": -0.693147},
            {"text": " ", "start": 0.4, "end": 0.4, "type": "spacing"},
            {"text": "(noise)", "start": 0.4, "end": 0.5, "type": "audio_event", "logprob": 0.0},
            {"text": " ", "start": 0.5, "end": 0.6, "type": "spacing"},
            {"text": "morning", "start": 0.6, "end": 0.9, "type": "word", "logprob": -1.386294},
        ],
        "audio_duration_secs": 1.5,
    }


def test_events_can_be_left_out() -> None:
    """Without them the blanks join the words that are left."""
    result = scribe_result(HEARD, tag_events=False)

    assert result.text == "good morning"
    assert [word.type for word in result.words or []] == ["word", "spacing", "word"]


@pytest.mark.parametrize("tag_events", [True, False])
def test_the_words_join_to_the_text(tag_events: bool) -> None:
    """Their texts in order are the text."""
    result = scribe_result(HEARD, tag_events=tag_events)

    assert "".join(word.text or "" for word in result.words or []) == result.text


def test_a_script_without_blanks_has_none() -> None:
    """Japanese words follow each other directly."""
    words = (
        HeardWord(text="今日", start_s=0.0, end_s=0.4, confidence=1.0),
        HeardWord(text="は", start_s=0.4, end_s=0.5, confidence=1.0),
    )

    result = scribe_result(Heard(words=words, duration_s=1.0, language="ja"), tag_events=True)

    assert (result.text, result.language_code) == ("今日は", "jpn")
    assert [word.type for word in result.words or []] == ["word", "word"]


def test_silence_is_an_empty_text_and_no_words() -> None:
    """Both are there, and empty."""
    result = scribe_result(Heard(words=(), duration_s=4.0, language="en"), tag_events=True)

    assert (result.text, result.words, result.audio_duration_secs) == ("", [], 4.0)


def test_the_confidence_can_be_had_back() -> None:
    """The logarithm is a natural one."""
    result = scribe_result(HEARD, tag_events=False)

    logprobs = [word.logprob for word in result.words or [] if word.logprob is not None]
    assert [exp(logprob) for logprob in logprobs] == pytest.approx([0.5, 0.25], rel=1e-5)


@pytest.mark.parametrize(
    ("tag", "code"), [("en", "eng"), ("zh", "zho"), ("yue", "yue"), ("de-AT", "deu"), ("?", "?")]
)
def test_languages_have_three_letters(tag: str, code: str) -> None:
    """What is no language stays as it is."""
    assert to_alpha3(tag) == code
