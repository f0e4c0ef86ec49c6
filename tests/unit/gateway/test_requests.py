"""Reading of submits: every rule of the documentation, in process."""

from __future__ import annotations

from typing import Any

import pytest

from tidyscribe.gateway.behaviour import Behaviour
from tidyscribe.gateway.refusals import RefusedError
from tidyscribe.gateway.requests import read_submit

URL = "https://a.example/b.mp3"
GOOD = {"model": "scribe-v2", "audio_url": URL}


def refusal_of(body: Any, **behaviour: bool) -> RefusedError:
    """Give the refusal of a body."""
    with pytest.raises(RefusedError) as caught:
        read_submit(body, behaviour=Behaviour(**behaviour))
    return caught.value


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"language_code": "en"},
        {"language_code": "eng"},
        {"language_code": None},
        {"tag_audio_events": False, "diarize": False},
        {"keyterms": None},
        {"keyterms": ["x" * 50] * 100},
    ],
)
def test_what_is_documented_is_taken(more: dict[str, Any]) -> None:
    """Every documented field, up to its limit, is read."""
    submit = read_submit(GOOD | more, behaviour=Behaviour())

    assert all(getattr(submit, name) == value for name, value in more.items())


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"audio_url": URL}, "missing required field `model`"),
        ({"model": "scribe-v2"}, "missing required field `audio_url`"),
        (GOOD | {"model": 2}, "$.model"),
        (GOOD | {"audio_url": 2}, "$.audio_url"),
        (GOOD | {"audio_url": None}, "$.audio_url"),
        (GOOD | {"language_code": 2}, "$.language_code"),
        (GOOD | {"language_code": "english"}, "language_code"),
        (GOOD | {"language_code": "en-US"}, "language_code"),
        (GOOD | {"diarize": "yes"}, "$.diarize"),
        (GOOD | {"diarize": None}, "$.diarize"),
        (GOOD | {"tag_audio_events": 1}, "$.tag_audio_events"),
        (GOOD | {"keyterms": "one"}, "$.keyterms"),
        (GOOD | {"keyterms": [1]}, "$.keyterms[0]"),
        (GOOD | {"keyterms": ["x"] * 101}, "101 entries"),
        (GOOD | {"keyterms": ["x" * 51]}, "longer than 50"),
        (GOOD | {"num_speakers": 2}, "num_speakers"),
        ([], "JSON object"),
        ("scribe-v2", "JSON object"),
        (None, "JSON object"),
    ],
)
def test_what_is_missing_or_wrong_is_refused(body: Any, said: str) -> None:
    """The refusal is 422 and names the field."""
    refusal = refusal_of(body)

    assert said in str(refusal)
    assert (refusal.status, refusal.detail.type) == (422, "invalid_request_error")


def test_an_unknown_model_has_its_own_code() -> None:
    """Also when the other fields are another model's."""
    refusal = refusal_of({"model": "paraformer-v2", "file_urls": [URL]})

    assert (refusal.status, refusal.detail.code) == (422, "model_not_found")
    assert refusal.detail.type == "invalid_request_error"


def test_unknown_fields_can_be_let_pass() -> None:
    """The switch drops them."""
    submit = read_submit(
        GOOD | {"num_speakers": 2}, behaviour=Behaviour(refuse_unknown_fields=False)
    )

    assert submit.audio_url == URL


def test_language_codes_can_be_left_unchecked() -> None:
    """The switch takes any string."""
    submit = read_submit(
        GOOD | {"language_code": "english"}, behaviour=Behaviour(check_language_code=False)
    )

    assert submit.language_code == "english"
