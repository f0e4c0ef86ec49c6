"""FoxAPI: what is sent to the letter, and what is made of each answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.samples import RECORDING, TASK_ID, reply, task, word
from tidyscribe.errors import ErrorKind, OptionError, ProviderError, SourceError
from tidyscribe.options import Options
from tidyscribe.providers.base import Finished, Pending
from tidyscribe.providers.foxapi import create
from tidyscribe.recordings import Recording

FOX = create(None)

SUBMITTED = {
    "created": 1760000000,
    "id": TASK_ID,
    "model": "scribe-v2",
    "object": "audio.generation.task",
    "progress": 0,
    "status": "pending",
    "task_info": {"can_cancel": True, "estimated_time": 30},
    "type": "audio",
    "usage": {"credits_reserved": 1.2},
}


def refused(error_of: Any, *arguments: object) -> ProviderError:
    """Give the error that an answer is read as."""
    with pytest.raises(ProviderError) as caught:
        error_of(*arguments)
    return caught.value


# What is refused before anything is sent --------------------------------------------------------


@pytest.mark.parametrize("source", ["a.mp3", b"RIFF"])
def test_only_addresses_are_taken(source: object) -> None:
    """The service fetches the audio itself; the message says what to do."""
    with pytest.raises(SourceError, match=r"by http\(s\) URL only.*provider=\"local\""):
        FOX.check(Recording.of(source), Options())


@pytest.mark.parametrize(
    ("option", "value"), [("prompt", "A call."), ("temperature", 0.5), ("temperature", 0)]
)
def test_options_it_does_not_take_are_refused(option: str, value: Any) -> None:
    """The message names those it takes."""
    with pytest.raises(OptionError, match=f"^{option}=.* takes no {option}. It takes: diarize"):
        FOX.check(RECORDING, Options.of({option: value}))


@pytest.mark.parametrize("language", ["pt-BR", "zh-Hant"])
def test_regions_and_scripts_are_refused(language: str) -> None:
    """The service takes codes of two or three letters; the message proposes one."""
    with pytest.raises(OptionError, match=f"two or three letters, such as '{language[:2]}'"):
        FOX.check(RECORDING, Options(language=language))


@pytest.mark.parametrize("name", ["model", "audio_url", "diarize", "tag_audio_events"])
def test_extra_fields_do_not_overrule_options(name: str) -> None:
    """A field that tidyscribe sets itself cannot be smuggled in."""
    with pytest.raises(OptionError, match=f"'{name}'"):
        FOX.parameters(Options.of({"extra": {name: "x"}}))


def test_what_it_takes_passes() -> None:
    """An address and all its options are fine."""
    options = Options("en", diarize=False, tag_events=True, keyterms=("fox",), extra=(("a", 1),))

    FOX.check(RECORDING, options)


# What is sent -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "fields"),
    [
        ({}, {"diarize": True, "tag_audio_events": True}),  # the service's defaults, spelt out
        ({"diarize": True, "tag_events": True}, {"diarize": True, "tag_audio_events": True}),
        ({"diarize": False, "tag_events": False}, {"diarize": False, "tag_audio_events": False}),
        (
            {"language": "EN", "keyterms": ["fox", "hen"]},
            {
                "diarize": True,
                "tag_audio_events": True,
                "language_code": "en",
                "keyterms": ["fox", "hen"],
            },
        ),
        (
            {"extra": {"seed": 7}},  # passed on as it is
            {"diarize": True, "tag_audio_events": True, "seed": 7},
        ),
    ],
)
def test_the_body_of_a_submit(options: dict[str, Any], fields: dict[str, Any]) -> None:
    """Documented fields, none of them null."""
    request = FOX.submit(RECORDING, Options.of(options))

    assert (request.method, request.path) == ("POST", "/v1/audios/generations")
    assert json.loads(request.json or b"") == {
        "model": "scribe-v2",
        "audio_url": "https://audio.example/a.mp3",
        **fields,
    }


def test_the_signature_travels() -> None:
    """What is hidden everywhere else is what the service needs."""
    url = "https://audio.example/a.mp3?X-Amz-Signature=5ec2e7#t=5"

    request = FOX.submit(Recording.of(url), Options())

    assert json.loads(request.json or b"")["audio_url"] == url


@pytest.mark.parametrize(
    ("task_id", "refresh", "path"),
    [
        (TASK_ID, False, f"/v1/tasks/{TASK_ID}"),
        (TASK_ID, True, f"/v1/tasks/{TASK_ID}?sync_upstream=true"),
        ("a/b c?d#é", False, "/v1/tasks/a%2Fb%20c%3Fd%23%C3%A9"),  # opaque: anything may come
    ],
)
def test_a_poll(task_id: str, path: str, *, refresh: bool) -> None:
    """A question is a GET of the task's own address."""
    request = FOX.poll(task_id, refresh=refresh)

    assert (request.method, request.path, request.json) == ("GET", path, None)


# The answer to a submit -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, Pending(TASK_ID, 30.0, cost=1.2, cost_unit="credits")),  # as documented
        ({"usage": None}, Pending(TASK_ID, 30.0, cost_unit="credits")),  # the page has none
        ({"task_info": None}, Pending(TASK_ID, None, cost=1.2, cost_unit="credits")),
        ({"task_info": {}}, Pending(TASK_ID, None, cost=1.2, cost_unit="credits")),
        ({"id": None, "task_id": "t-2"}, Pending("t-2", 30.0, cost=1.2, cost_unit="credits")),
        ({"id": "", "task_id": "t-2"}, Pending("t-2", 30.0, cost=1.2, cost_unit="credits")),
        ({"id": 17}, Pending("17", 30.0, cost=1.2, cost_unit="credits")),  # a number
        ({"status": 3}, Pending(TASK_ID, 30.0, cost=1.2, cost_unit="credits")),  # an odd field
        ({"status": "failed"}, Pending(TASK_ID, 30.0, cost=1.2, cost_unit="credits")),  # ask
    ],
)
def test_submitted(change: dict[str, Any], expected: Pending) -> None:
    """The id is what counts, under either name; the rest may be missing."""
    assert FOX.submitted(reply(SUBMITTED | change)) == expected


@pytest.mark.parametrize(
    "body",
    [
        b"<html>ok</html>",  # a page, though 200
        b"",  # nothing
        b'{"id": "task-unified-17',  # a cut reply
        b"[]",  # a list
        {"status": "pending"},  # no id
        {"id": None, "task_id": ""},  # none either
        {"error": {"message": "no", "code": "x"}},  # an error that says 200
    ],
)
def test_a_success_without_an_id_is_ambiguous(body: object) -> None:
    """The task may exist and cost money, so it is never sent again."""
    error = refused(FOX.submitted, reply(body))

    assert (error.kind, error.accepted, error.status) == (ErrorKind.AMBIGUOUS, None, 200)


@pytest.mark.parametrize(
    ("status", "accepted"), [(401, False), (422, False), (429, False), (500, None), (502, None)]
)
def test_a_refused_submit(status: int, accepted: bool | None) -> None:
    """Only what is 5xx may have been accepted."""
    assert refused(FOX.submitted, reply({"error": "no"}, status)).accepted is accepted


# The answer to a poll ---------------------------------------------------------------------------

DONE = Finished(1.2, "credits")
WAIT = Pending(TASK_ID, cost=1.2, cost_unit="credits")
SETTLING = Pending(TASK_ID, is_settling=True)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, DONE),
        ({"status": "COMPLETED"}, DONE),  # in any case
        ({"results": [{"text": "", "words": []}]}, DONE),  # silence is a transcript
        ({"results": None, "output": [{"text": "Hi."}]}, DONE),  # an older shape
        ({"results": [], "output": {"text": "Hi."}}, DONE),
        ({"usage": None}, Finished(None, "credits")),
        ({"id": None, "task_id": TASK_ID}, DONE),
        ({"id": None}, DONE),  # who else's would it be
        ({"status": "pending", "results": None}, WAIT),
        ({"status": "processing", "results": None}, WAIT),
        ({"status": "archiving", "results": None}, WAIT),  # unknown: keep waiting
        ({"status": "archiving"}, WAIT),  # whatever it shows already
        ({"status": None, "progress": 100}, WAIT),  # progress is no end
        ({"status": []}, WAIT),  # an odd one is as good as none
        ({"results": None}, SETTLING),  # completed, and nothing to show yet
        ({"results": []}, SETTLING),
        ({"results": {}}, SETTLING),
        ({"results": None, "output": []}, SETTLING),
    ],
)
def test_polled(change: dict[str, Any], expected: Pending | Finished) -> None:
    """Only a completed task with results is finished."""
    assert FOX.polled(TASK_ID, reply(task(**change))) == expected


@pytest.mark.parametrize("empty", [b"[ ]", b"{ }", b"[\n  ]"])
def test_blanks_do_not_make_a_result(empty: bytes) -> None:
    """A pretty-printed empty list is empty still."""
    body = b'{"id": "%s", "status": "completed", "results": %s}' % (TASK_ID.encode(), empty)

    assert FOX.polled(TASK_ID, reply(body)) == SETTLING


@pytest.mark.parametrize("status", ["failed", "FAILED", "cancelled", "canceled"])
def test_a_failed_task(status: str) -> None:
    """Its code, its message and what it costs all the same arrive in the row."""
    error = {"code": "generation_failed", "message": "no audio (request_id: r-1)"}

    found = refused(FOX.polled, TASK_ID, reply(task(status=status, results=None, error=error)))

    assert str(found) == (
        f"no audio (request_id: r-1) (the task ended as '{status}', generation_failed)"
    )
    assert (found.kind, found.accepted, found.stops) == (ErrorKind.INPUT, True, False)
    assert (found.code, found.request_id, found.cost) == ("generation_failed", "r-1", 1.2)


@pytest.mark.parametrize(
    ("error", "message", "code"),
    [
        (None, "No reason was given (the task ended as 'failed').", None),
        ({}, "No reason was given (the task ended as 'failed').", None),
        ("no audio", "no audio (the task ended as 'failed')", None),  # a bare text
        ({"code": 17}, "No reason was given (the task ended as 'failed', 17).", "17"),  # a number
        ({"message": "no"}, "no (the task ended as 'failed')", None),
        ([], "No reason was given (the task ended as 'failed').", None),  # an odd one
    ],
)
def test_failures_of_all_shapes(error: object, message: str, code: str | None) -> None:
    """A failure is one whatever is said of it."""
    found = refused(FOX.polled, TASK_ID, reply(task(status="failed", error=error)))

    assert (str(found), found.code) == (message, code)


def test_a_failed_task_that_costs_nothing() -> None:
    """Zero is a cost, too: it takes back what was reserved."""
    answer = reply(task(status="failed", usage={"credits_reserved": 0}))

    assert refused(FOX.polled, TASK_ID, answer).cost == 0.0


def test_an_unknown_task_is_lost() -> None:
    """It was accepted once, so it is not sent again by itself."""
    found = refused(FOX.polled, TASK_ID, reply({"error": {"type": "not_found"}}, 404))

    assert (found.kind, found.accepted) == (ErrorKind.LOST, True)


@pytest.mark.parametrize(
    "body",
    [
        task(id="task-other"),  # another task's answer
        task(id=None, task_id="task-other"),
        b"<html>",
        b'{"id": "task',
        b"[]",
    ],
)
def test_an_answer_that_says_nothing_is_asked_for_again(body: object) -> None:
    """It neither ends the task nor is taken for its result."""
    found = refused(FOX.polled, TASK_ID, reply(body))

    assert (found.kind, found.accepted) == (ErrorKind.SERVER, None)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, ErrorKind.AUTH), (429, ErrorKind.RATE), (500, ErrorKind.SERVER), (503, ErrorKind.BUSY)],
)
def test_a_refused_poll_ends_no_task(status: int, kind: ErrorKind) -> None:
    """What is wrong with a question says nothing of the task."""
    found = refused(FOX.polled, TASK_ID, reply({"error": "no"}, status))

    assert found.kind is kind
    assert found.accepted is not True


@given(st.binary() | st.binary().map(lambda tail: b'{"id":"a","status":"completed",' + tail))
def test_any_bytes_are_survived(body: bytes) -> None:
    """Whatever comes with a 200 is an outcome or a ProviderError."""
    for read in (FOX.submitted, lambda answer: FOX.polled("a", answer), FOX.read):
        try:
            read(reply(body))
        except ProviderError:
            continue


# The transcript ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"results": [{"text": "Hi.", "words": [word("Hi.")]}]},
        {"results": {"text": "Hi."}},  # one result without a list
        {"results": None, "output": [{"text": "Hi."}]},  # the older shape
        {"results": [], "output": {"text": "Hi."}},
        {"results": [{"words": [word("Hi.")]}]},  # words without a text
        {"results": [{"url": "https://cdn.example/x"}, {"text": "Hi."}]},  # one of two
    ],
)
def test_transcripts_of_all_shapes(change: dict[str, Any]) -> None:
    """The text is found wherever it stands."""
    assert FOX.read(reply(task(**change))).text == "Hi."


@pytest.mark.parametrize(
    "body",
    [
        task(results=[{"url": "https://cdn.example/x.mp3"}]),  # another model's result
        task(results=[None]),
        task(results="Hi."),  # no object
        b"<html>",
    ],
)
def test_what_holds_no_transcript_is_unreadable(body: object) -> None:
    """It was paid for and is kept; a later version may read it."""
    found = refused(FOX.read, reply(body))

    assert (found.kind, found.accepted) == (ErrorKind.UNREADABLE, True)
