"""FoxAPI: asynchronous transcription tasks with ``scribe-v2``.

Sources (read 2026-11): see `tidyscribe.wire.foxapi`. The service has no idempotency key: a
submit whose answer is lost may have been accepted, so it is never repeated.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import quote

import msgspec

from tidyscribe.errors import (
    ErrorKind,
    OptionError,
    ProviderError,
    SourceError,
    UnknownProviderError,
)
from tidyscribe.exchange import Reply, Request
from tidyscribe.providers.base import Capabilities, Finished, Limits, Pending, Service
from tidyscribe.providers.refusals import ADVICE, ambiguous, refusal, request_id, unreadable
from tidyscribe.providers.scribe import read_scribe
from tidyscribe.recordings import Recording, SourceKind
from tidyscribe.wire import foxapi as wire
from tidyscribe.wire import lenient

if TYPE_CHECKING:
    from tidyscribe.options import Options
    from tidyscribe.results import Result

SERVICE = Service("foxapi", wire.BASE_URL, "FOXAPI")
COST_UNIT = "credits"

_LANGUAGE = re.compile(r"[a-z]{2,3}")
_NO_RESULTS = frozenset({b"null", b"[]", b"{}", b""})
_TASK_NOT_FOUND = 404


class ScribeTasks:
    """Transcription tasks with a Scribe model; a `Provider`.

    Examples
    --------
    >>> from tidyscribe.options import Options
    >>> from tidyscribe.recordings import Recording
    >>> provider = create("scribe-v2")
    >>> provider.submit(Recording.of("https://a.example/b.mp3"), Options()).path
    '/v1/audios/generations'
    """

    service = SERVICE
    model = "scribe-v2"
    limits = Limits()
    capabilities = Capabilities(
        sources=frozenset({SourceKind.URL}),
        words=True,
        segments=False,
        speakers=True,
        events=True,
        options=frozenset({"language", "diarize", "tag_events", "keyterms", "extra"}),
    )

    def check(self, recording: Recording, options: Options) -> None:
        """Refuse sources and options that the model does not take."""
        if recording.kind not in self.capabilities.sources:
            raise SourceError(
                f"{recording.display!r}: {self.address} takes audio by http(s) URL only; "
                'put the file where the service can read it, or use provider="local".',
                value=recording.display,
            )
        check_options(self.address, self.capabilities, options)
        language = options.language
        if language is not None and not _LANGUAGE.fullmatch(language.lower()):
            raise OptionError(
                f"language={language!r}: {self.address} takes a code of two or three letters, "
                f"such as {language.split('-')[0].lower()!r}.",
                value=language,
            )

    @property
    def address(self) -> str:
        """Provider and model as the user writes them."""
        return f"{self.service.name}/{self.model}"

    def parameters(self, options: Options) -> dict[str, Any]:
        """Give the fields of the request besides the audio, defaults spelt out."""
        fields: dict[str, Any] = {
            "diarize": options.diarize is not False,
            "tag_audio_events": options.tag_events is not False,
        }
        if options.language is not None:
            fields["language_code"] = options.language.lower()
        if options.keyterms:
            fields["keyterms"] = list(options.keyterms)
        clash = (
            fields.keys() & dict(options.extra).keys()
            | {"model", "audio_url"} & dict(options.extra).keys()
        )
        if clash:
            name = min(clash)
            raise OptionError(f"extra={{{name!r}: ...}}: use the option of that meaning instead.")
        return fields | dict(options.extra)

    def submit(self, recording: Recording, options: Options) -> Request:
        """Build ``POST /v1/audios/generations``; documented fields only, none of them null."""
        body = {"model": self._wire_model, "audio_url": self._audio_url(recording)}
        encoded = msgspec.json.encode(body | self.parameters(options))
        return Request("POST", wire.GENERATIONS_PATH, json=encoded)

    @property
    def _wire_model(self) -> str:
        return self.model

    def _audio_url(self, recording: Recording) -> str:
        return recording.url or ""

    def submitted(self, reply: Reply) -> Pending | Finished:
        """Read the task a submit made."""
        if not reply.is_success:
            raise refusal(reply)
        try:
            task = lenient.decode(reply.body, wire.Task)
        except lenient.NotJsonError as error:
            raise ambiguous(f"HTTP {reply.status} with a body that is no task", reply) from error
        task_id = task.id or task.task_id
        if not task_id:
            raise ambiguous(f"HTTP {reply.status} without a task id", reply)
        hint = task.task_info.estimated_time if task.task_info else None
        return Pending(task_id, hint, cost=_credits(task.usage), cost_unit=COST_UNIT)

    def poll(self, task_id: str, *, refresh: bool) -> Request:
        """Build ``GET /v1/tasks/{task_id}``."""
        query = "?sync_upstream=true" if refresh else ""
        path = wire.TASKS_PATH + quote(task_id, safe="")
        return Request("GET", path + query, read_timeout_s=15.0)

    def polled(self, task_id: str, reply: Reply) -> Pending | Finished:
        """Read a task's state."""
        if reply.status == _TASK_NOT_FOUND:
            raise _lost(reply)
        if not reply.is_success:
            raise refusal(reply)
        task = self._task(task_id, reply)
        status = (task.status or "").lower()
        if status == wire.TaskStatus.FAILED or status in wire.CANCELLED:
            raise _failed(task, reply)
        if status != wire.TaskStatus.COMPLETED:
            return Pending(task_id, cost=_credits(task.usage), cost_unit=COST_UNIT)
        if all(_is_nothing(raw) for raw in (task.results, task.output)):
            return Pending(task_id, is_settling=True)
        return Finished(_credits(task.usage), COST_UNIT)

    @staticmethod
    def _task(task_id: str, reply: Reply) -> wire.Task:
        try:
            task = lenient.decode(reply.body, wire.Task)
        except lenient.NotJsonError as error:
            raise _misread(f"HTTP {reply.status} with a body that is no task", reply) from error
        answered = task.id or task.task_id
        if answered is not None and answered != task_id:
            raise _misread(f"an answer for another task, {answered!r}", reply)
        return task

    def read(self, reply: Reply) -> Result:
        """Get the transcript out of a completed task."""
        try:
            task = lenient.decode(reply.body, wire.ScribeTask)
        except lenient.NotJsonError as error:
            raise unreadable("The stored reply is no task.") from error
        results = task.results or task.output or []
        found = read_scribe(results if isinstance(results, list) else [results])
        if found is None:
            raise unreadable("The task was completed, but its results hold no text and no words.")
        return found


def check_options(address: str, capabilities: Capabilities, options: Options) -> None:
    """Raise OptionError for an option that is set and that the model does not take."""
    for name in options.names():
        value = getattr(options, name)
        if value not in (None, ()) and name not in capabilities.options:
            takes = ", ".join(sorted(capabilities.options))
            raise OptionError(f"{name}={value!r}: {address} takes no {name}. It takes: {takes}.")


def _is_nothing(raw: msgspec.Raw) -> bool:
    """Tell whether raw JSON is null or empty, however it is laid out."""
    return len(raw) < 100 and b"".join(bytes(raw).split()) in _NO_RESULTS


def _credits(usage: wire.Usage | None) -> float | None:
    return usage.credits_reserved if usage else None


def _lost(reply: Reply) -> ProviderError:
    kind = ErrorKind.LOST
    return ProviderError(
        "The service does not know this task (any more).",
        kind=kind,
        accepted=True,
        advice=ADVICE[kind],
        status=reply.status,
        request_id=request_id(reply),
    )


def _misread(message: str, reply: Reply) -> ProviderError:
    """Make the error for an answer to a poll that says nothing; the poll is repeated."""
    return ProviderError(message, kind=ErrorKind.SERVER, accepted=None, status=reply.status)


def _failed(task: wire.Task, reply: Reply) -> ProviderError:
    error = task.error if isinstance(task.error, wire.TaskError) else None
    text = error.message if error else task.error if isinstance(task.error, str) else None
    code = str(error.code) if error and error.code is not None else None
    ended = f"the task ended as {task.status!r}" + (f", {code}" if code else "")
    return ProviderError(
        f"{text} ({ended})" if text else f"No reason was given ({ended}).",
        kind=ErrorKind.INPUT,
        accepted=True,
        advice=ADVICE[ErrorKind.INPUT],
        code=code,
        request_id=request_id(reply, text),
        cost=_credits(task.usage),
    )


def create(model: str | None) -> ScribeTasks:
    """Give the provider for one of FoxAPI's models; None is ``scribe-v2``."""
    if model not in (None, ScribeTasks.model):
        _refuse_model(model)
    return ScribeTasks()


def _refuse_model(model: str | None) -> NoReturn:
    raise UnknownProviderError(
        f"foxapi has no model {model!r} here; it has: {ScribeTasks.model}.", value=model
    )
