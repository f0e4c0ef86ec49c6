"""Reading of JSON in any state."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidyscribe.wire import lenient
from tidyscribe.wire.foxapi import ScribeResult, ScribeTask, ScribeWord, Task, TaskError
from tidyscribe.wire.lenient import NotJsonError, decode, parse, scrub_value

#: Any JSON value, and what Python takes for one: NaN, infinities, halves of characters.
_ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=8)
_ANY_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _ANY_TEXT,
    lambda values: st.lists(values, max_size=4) | st.dictionaries(_ANY_TEXT, values, max_size=4),
    max_leaves=12,
)


def _message(kind: type[msgspec.Struct]) -> st.SearchStrategy[dict[str, Any]]:
    """Give objects with the fields of a message, and anything in them."""
    names = [field.encode_name for field in msgspec.structs.fields(kind)]
    return st.dictionaries(st.sampled_from(names) | _ANY_TEXT, _ANY_VALUE, max_size=6)


_WORDS = st.lists(_message(ScribeWord) | _ANY_VALUE, max_size=3)
_RESULTS = _message(ScribeResult).flatmap(
    lambda result: _WORDS.map(lambda words: [{**result, "words": words}])
)
_TASKS = _message(Task).flatmap(
    lambda task: st.fixed_dictionaries({"results": _RESULTS}).map(lambda more: task | more)
)

kinds = pytest.mark.parametrize("kind", [Task, ScribeTask])


def _survives(body: bytes, kind: type[msgspec.Struct]) -> None:
    try:
        message = decode(body, kind)
    except NotJsonError:
        return
    assert isinstance(message, kind)
    msgspec.json.encode(message)  # every text in it is one that can be stored


# Whatever comes ---------------------------------------------------------------------------------


@kinds
@given(value=_ANY_VALUE | _TASKS)
def test_any_json_is_survived(kind: type[msgspec.Struct], value: Any) -> None:
    """Any JSON value gives a message that can be stored, or NotJsonError."""
    _survives(json.dumps(value).encode(), kind)


@kinds
@given(value=_TASKS)
def test_any_object_gives_a_message(kind: type[msgspec.Struct], value: Any) -> None:
    """An object is always a message, whatever is in its fields."""
    assert isinstance(decode(json.dumps(value).encode(), kind), kind)


@kinds
@given(body=st.binary() | st.binary().map(lambda tail: b'{"status":"' + tail + b'"}'))
def test_any_bytes_are_survived(kind: type[msgspec.Struct], body: bytes) -> None:
    """Any bytes give a message that can be stored, or NotJsonError."""
    _survives(body, kind)


@kinds
@pytest.mark.parametrize("depth", [100, 400, 900, 100_000])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[", "]"),  # lists in lists
        ('{"a":', "}"),  # objects in objects
        ('{"transcripts":[', "]}"),  # a known field in itself
    ],
)
def test_any_depth_is_survived(
    kind: type[msgspec.Struct], depth: int, before: str, after: str
) -> None:
    """A body nested beyond all measure is read, or is no JSON; `status` forces the slow way."""
    nested = before * depth + after * depth

    _survives(f'{{"status": [], "usage": 1, "results": [{nested}]}}'.encode(), kind)


@pytest.mark.parametrize(
    "body",
    [
        b"",  # nothing
        b"<html>Bad gateway</html>",  # a page of the edge
        b'{"id": "task-1", "sta',  # a cut reply
        b'"completed"',  # a bare string
        b"[]",  # a list
        b"null",
        b'{"id": "a"} {"id": "b"}',  # two objects
        '{"id": "a"}'.encode("utf-16"),  # no UTF-8
    ],
)
def test_what_is_no_object_is_said_to_be_none(body: bytes) -> None:
    """Pages, cut replies and bare values are told from objects."""
    with pytest.raises(NotJsonError):
        decode(body, Task)


def test_a_mark_of_byte_order_is_skipped() -> None:
    """Some servers begin a body with one."""
    assert decode(b'\xef\xbb\xbf{"id": "a"}', Task).id == "a"


# Field by field ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "read"),
    [
        ("status", "5", "5"),  # a number where a text is usual: an id, say
        ("status", "null", None),
        ("status", "[]", None),  # a list for a text
        ("status", "true", None),  # a bool for a text
        ("progress", '"50"', 50.0),  # a number in quotes
        ("progress", '"half"', None),  # a text for a number
        ("progress", "NaN", None),  # no JSON, but Python servers write it
        ("progress", "1e999", None),  # beyond any float
        ("progress", "-Infinity", None),
        ("progress", "true", None),  # a bool is no number
        ("created", "1760000000", 1760000000.0),
        ("task_info", "[]", None),  # a list for an object
        ("error", '"cut"', "cut"),  # a text where an object is usual
    ],
)
def test_odd_fields_are_salvaged(field: str, value: str, read: Any) -> None:
    """A field that does not fit is left at its default; the others are read."""
    task = decode(f'{{"id": "task-1", "{field}": {value}, "model": []}}'.encode(), Task)

    assert (task.id, getattr(task, field)) == ("task-1", read)


def test_one_odd_word_costs_no_other() -> None:
    """A word that is none is left out, one with an odd time has none."""
    body = b'{"results": [{"words": [7, {"text": "Hi", "start": "soon"}, {"text": "you"}]}]}'

    assert decode(body, ScribeTask).results == [
        ScribeResult(words=[ScribeWord(text="Hi"), ScribeWord(text="you")])
    ]


def test_a_result_need_not_stand_in_a_list() -> None:
    """Both ways are salvaged: a list of results, and one alone."""
    assert decode(b'{"usage": 1, "results": {"text": "Hi"}}', ScribeTask).results == ScribeResult(
        "Hi"
    )


def test_raw_fields_stay_raw() -> None:
    """What is kept raw is JSON still."""
    task = decode(b'{"status": [], "results": [{"url": "x"}]}', Task)

    assert json.loads(bytes(task.results)) == [{"url": "x"}]


@pytest.mark.parametrize("raw", [r"a\ud800b", r"\udfffa"])
def test_half_a_character_is_replaced(raw: str) -> None:
    """A lone surrogate becomes U+FFFD, as it does everywhere else."""
    task = decode(f'{{"status": "{raw}"}}'.encode(), Task)

    assert task.status == json.loads(f'"{raw}"').translate({0xD800: 0xFFFD, 0xDFFF: 0xFFFD})


def test_broken_bytes_are_replaced() -> None:
    """A byte that is no UTF-8 costs one character."""
    assert decode(b'{"status": "a\xffb"}', Task).status == "a\ufffdb"


# Both ways --------------------------------------------------------------------------------------


_TEXTS = st.none() | st.text(max_size=8)
_TIMES = st.none() | st.floats(0, 1e4)
_VALID_WORDS = st.builds(
    ScribeWord,
    text=_TEXTS,
    start=_TIMES,
    end=_TIMES,
    type=_TEXTS,
    speaker_id=_TEXTS | st.integers(0, 9),
    speaker=_TEXTS | st.integers(0, 9),
    logprob=_TIMES,
    channel_index=st.none() | st.integers(0, 4),
)
_VALID_TASKS = st.builds(
    ScribeTask,
    results=st.lists(
        st.builds(
            ScribeResult,
            text=_TEXTS,
            language_code=_TEXTS,
            language_probability=_TIMES,
            words=st.none() | st.lists(_VALID_WORDS, max_size=3),
        ),
        max_size=2,
    ),
)


@given(_VALID_TASKS)
def test_both_ways_agree(task: ScribeTask) -> None:
    """What is valid is read alike by the fast way and the lenient one."""
    body = msgspec.json.encode(task)

    fast, slow = decode(body, ScribeTask), lenient._salvage(parse(body), ScribeTask)

    assert fast == slow == task


@pytest.mark.parametrize("code", ["1", '"1"'])
def test_numbers_and_texts_stay_what_they_are(code: str) -> None:
    """Where a field takes both, neither way turns one into the other."""
    body = f'{{"code": {code}}}'.encode()

    assert lenient._salvage(parse(body), TaskError) == decode(body, TaskError)


# Scrubbing --------------------------------------------------------------------------------------


def test_scrub_value_reaches_everything() -> None:
    """Keys, values and numbers that are none, at any depth."""
    value = {"a\ud800": [float("nan"), {"b": "\udfff"}, 1.5, None, True]}

    assert scrub_value(value) == {"a\ufffd": [None, {"b": "\ufffd"}, 1.5, None, True]}
