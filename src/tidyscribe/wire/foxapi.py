"""FoxAPI's messages: transcription tasks, the task query, errors.

Sources (read 2026-11):

- https://docs.foxapi.cc/pages/en/api-manual/audio-series/elevenlabs/scribe-v2
- https://docs.foxapi.cc/pages/en/api-manual/task-management/get-task-detail
- https://docs.foxapi.cc/pages/en/api-manual/task-management/error-codes

Every field has a default, since a reader must survive its absence; the gateway fills them all.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

#: The service itself; a white-label twin or a gateway has another.
BASE_URL = "https://api.foxapi.cc"
GENERATIONS_PATH = "/v1/audios/generations"
TASKS_PATH = "/v1/tasks/"

#: Limits the page of scribe-v2 states.
MAX_KEYTERMS = 100
MAX_KEYTERM_CHARS = 50


class TaskStatus(StrEnum):
    """States of a task; a status that is none of these means: keep waiting."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


#: Spellings of one more terminal state, in an older version of the task page.
CANCELLED = frozenset({"cancelled", "canceled"})


class ScribeRequest(msgspec.Struct, omit_defaults=True, kw_only=True, forbid_unknown_fields=True):
    """Body of ``POST /v1/audios/generations`` for ``scribe-v2``."""

    model: str
    #: http or https, readable by the service itself.
    audio_url: str
    #: ISO 639-1 or 639-3; absent means: detect.
    language_code: str | None = None
    #: The service's defaults are true; both are sent explicitly.
    tag_audio_events: bool | msgspec.UnsetType = msgspec.UNSET
    diarize: bool | msgspec.UnsetType = msgspec.UNSET
    keyterms: list[str] | None = None


class TaskInfo(msgspec.Struct):
    """Part of a submit's answer."""

    can_cancel: bool | None = None
    #: Presumably seconds; a hint only.
    estimated_time: float | None = None


class Usage(msgspec.Struct, omit_defaults=True):
    """Billing, on a submit's answer and on a task."""

    credits_reserved: float | None = None
    user_group: str | None = None


class TaskError(msgspec.Struct):
    """Why a task failed."""

    code: str | int | None = None
    message: str | None = None
    type: str | None = "task_error"


class Task(msgspec.Struct):
    """A task as submit and query answer it; ``results`` stays raw until the model is known."""

    id: str | None = None
    #: Another name for ``id`` the operator's own client accepts.
    task_id: str | None = None
    object: str | None = None
    type: str | None = None
    model: str | None = None
    status: str | None = None
    #: 0..100; not a sign of the end.
    progress: float | None = None
    #: Unix seconds.
    created: float | None = None
    task_info: TaskInfo | None = None
    #: Raw JSON: null until the task is completed.
    results: msgspec.Raw = msgspec.Raw(b"null")
    #: Raw JSON: where an older version of the page has the results.
    output: msgspec.Raw = msgspec.Raw(b"null")
    error: TaskError | str | None = None
    usage: Usage | None = None


class ScribeWord(msgspec.Struct, omit_defaults=True, gc=False):
    """One entry of ``words``: a word, the blank behind it, or an event.

    Words hold no containers, so the garbage collector need not look at their thousands.
    """

    text: str | None = None
    #: Seconds.
    start: float | None = None
    end: float | None = None
    #: ``word``, ``spacing``, ``audio_event``; an open set.
    type: str | None = None
    speaker_id: str | int | None = None
    #: What some relays call ``speaker_id``.
    speaker: str | int | None = None
    #: Natural logarithm of the probability.
    logprob: float | None = None
    channel_index: int | None = None


class ScribeResult(msgspec.Struct, omit_defaults=True):
    """One entry of ``results`` for ``scribe-v2``."""

    text: str | None = None
    #: Two or three letters.
    language_code: str | None = None
    language_probability: float | None = None
    words: list[ScribeWord] | None = None
    channel_index: int | None = None
    audio_duration_secs: float | None = None
    #: One object a channel, upstream's multichannel form.
    transcripts: list[ScribeResult] | None = None


class ScribeTask(msgspec.Struct):
    """A completed ``scribe-v2`` task, as far as its transcript goes."""

    results: list[ScribeResult] | ScribeResult | None = None
    output: list[ScribeResult] | ScribeResult | None = None
    usage: Usage | None = None


class ErrorDetail(msgspec.Struct, omit_defaults=True):
    """What ``error`` holds in a refusal."""

    message: str | None = None
    type: str | None = None
    code: str | int | None = None
    param: str | None = None


class Refusal(msgspec.Struct):
    """Body of an HTTP error."""

    error: ErrorDetail
