"""FoxAPI's messages, against the documentation's own shapes."""

from __future__ import annotations

import msgspec
import pytest

from tidyscribe.wire.foxapi import (
    Refusal,
    ScribeRequest,
    ScribeTask,
    Task,
    TaskError,
    TaskInfo,
    Usage,
)


def test_a_request_has_documented_fields_only() -> None:
    """What is not set is left out, not null."""
    request = ScribeRequest(model="scribe-v2", audio_url="https://a.example/b.mp3", diarize=False)

    assert msgspec.json.encode(request) == (
        b'{"model":"scribe-v2","audio_url":"https://a.example/b.mp3","diarize":false}'
    )


def test_unknown_fields_of_a_request_are_refused() -> None:
    """The gateway is as strict as the service."""
    body = b'{"model": "scribe-v2", "audio_url": "x", "langauge": "en"}'

    with pytest.raises(msgspec.ValidationError, match="langauge"):
        msgspec.json.decode(body, type=ScribeRequest)


def test_a_submitted_task() -> None:
    """The answer to a submit, as documented."""
    body = (
        b'{"created": 1760000000, "id": "task-unified-1760000000-ab12cd34", "model": "scribe-v2",'
        b' "object": "audio.generation.task", "progress": 0, "status": "pending",'
        b' "task_info": {"can_cancel": true, "estimated_time": 30}, "type": "audio",'
        b' "usage": {"credits_reserved": 1.2}}'
    )

    task = msgspec.json.decode(body, type=Task)

    assert (task.id, task.status) == ("task-unified-1760000000-ab12cd34", "pending")
    assert task.task_info == TaskInfo(can_cancel=True, estimated_time=30.0)
    assert task.usage == Usage(credits_reserved=1.2)
    assert bytes(task.results) == b"null"


def test_a_failed_task() -> None:
    """A failure, as documented."""
    body = b'{"status": "failed", "error": {"code": "c", "message": "m", "type": "task_error"}}'

    assert msgspec.json.decode(body, type=Task).error == TaskError("c", "m", "task_error")


def test_a_transcript() -> None:
    """A completed task, as documented, with a field nobody documented."""
    body = (
        b'{"results": [{"text": "Hi.", "language_code": "eng", "language_probability": 0.98,'
        b' "entities": [], "words": [{"text": "Hi.", "start": 1.74, "end": 1.98, "type": "word",'
        b' "speaker_id": "speaker_1", "characters": null}]}]}'
    )

    task = msgspec.json.decode(body, type=ScribeTask)

    assert isinstance(task.results, list)
    assert (task.results[0].text, task.results[0].language_code) == ("Hi.", "eng")
    assert task.results[0].words is not None
    assert task.results[0].words[0].speaker_id == "speaker_1"


def test_a_refusal() -> None:
    """An HTTP error's body, as documented."""
    body = b'{"error": {"message": "no", "type": "invalid_request_error", "code": "invalid_param"}}'

    error = msgspec.json.decode(body, type=Refusal).error

    assert (error.message, error.type, error.code) == (
        "no",
        "invalid_request_error",
        "invalid_param",
    )
