"""The gateway: an ASGI application that answers as FoxAPI does, an engine behind it.

Sources (read 2026-11):

- https://docs.foxapi.cc/pages/en/api-manual/audio-series/elevenlabs/scribe-v2
- https://docs.foxapi.cc/pages/en/api-manual/task-management/get-task-detail
"""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Self

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route

from tidyscribe.engines import EngineError, EnginePool, Watch, create_engine
from tidyscribe.gateway.behaviour import Behaviour
from tidyscribe.gateway.fetch import Fetcher, FetchError
from tidyscribe.gateway.refusals import RefusedError, json_response
from tidyscribe.gateway.requests import Keys, read_body, read_submit
from tidyscribe.gateway.results import scribe_result
from tidyscribe.gateway.sources import Sources
from tidyscribe.gateway.tasks import Task, Tasks, WorkFailedError
from tidyscribe.languages import to_bcp47
from tidyscribe.wire.foxapi import GENERATIONS_PATH, TASKS_PATH, TaskStatus

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_log = logging.getLogger("tidyscribe.gateway")

#: Bytes of a recording at most: what upstream takes by URL.
MAX_SOURCE_BYTES = 2 * 1024**3
#: Bytes of a request from outside at most: a long URL and a hundred key terms are far less.
_MAX_BODY_BYTES = 1024**2
#: Recordings fetched ahead while all workers are busy.
_AHEAD = 2
_RACE_PROGRESS = 50


class Gateway:
    """A service of one's own, to be mounted in process or put on a port.

    Nothing is started before the first task.

    Parameters
    ----------
    engine
        Name of the engine.
    workers
        How many recordings are worked on at once; None means one for each processor, at
        most four.
    keys
        Keys that open it; without any, everybody is let in.
    embedded
        Whether it serves its own process: ``file:`` and ``data:`` addresses are taken, and
        private addresses are fetched from.
    allow_private
        Whether recordings may be fetched from this machine and its network.
    max_source_bytes
        Bytes of a recording at most.
    time_limit_s
        Seconds an engine may work on one recording; None: no limit.
    behaviour
        What to do where the documentation is silent.

    Attributes
    ----------
    app : starlette.applications.Starlette
        The ASGI application; it needs no lifespan events.

    Raises
    ------
    InputError
        When there is no such engine.
    MissingExtraError
        When a package the engine needs is not installed.

    Examples
    --------
    >>> import asyncio, httpx
    >>> async def main():
    ...     async with Gateway() as gateway:
    ...         transport = httpx.ASGITransport(gateway.app)
    ...         async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
    ...             return await client.get("/v1/tasks/task-unified-1-abcdefgh")
    >>> asyncio.run(main()).json()["error"]["type"]
    'not_found'
    """

    def __init__(  # noqa: PLR0913 - keyword-only, the settings of one service
        self,
        *,
        engine: str = "pocketsphinx",
        workers: int | None = None,
        keys: Sequence[str] = (),
        embedded: bool = False,
        allow_private: bool = False,
        max_source_bytes: int = MAX_SOURCE_BYTES,
        time_limit_s: float | None = None,
        behaviour: Behaviour | None = None,
    ) -> None:
        create_engine(engine)  # an engine that is not there is said now, not in every task
        self._behaviour = behaviour or Behaviour()
        self._keys = Keys(keys)
        self._max_body_bytes = None if embedded else _MAX_BODY_BYTES
        fetcher = Fetcher(max_bytes=max_source_bytes, allow_private=allow_private or embedded)
        self._sources = Sources(fetcher, embedded=embedded, max_bytes=max_source_bytes)
        self._pool = EnginePool(engine, workers=workers, time_limit_s=time_limit_s)
        self._tasks = Tasks(self._work, slots=self._pool.workers + _AHEAD)
        self._is_closed = False
        self.app = self._application()

    async def aclose(self) -> None:
        """End all work at once, and delete what was fetched."""
        self._is_closed = True
        await self._tasks.aclose()
        await self._pool.aclose()
        self._sources.close()

    async def __aenter__(self) -> Self:
        """Give the gateway itself; nothing is started yet."""
        return self

    async def __aexit__(self, *reason: object) -> None:
        """Close the gateway."""
        await self.aclose()

    def _application(self) -> Starlette:
        app = Starlette(
            routes=[
                Route(GENERATIONS_PATH, self._submit, methods=["POST"]),
                Route(TASKS_PATH + "{task_id}", self._query, methods=["GET"]),
            ],
            middleware=[Middleware(_Shield)],
            exception_handlers={RefusedError: _refused, HTTPException: _not_routed},
            lifespan=self._lifespan,
        )
        # A redirected POST would lose its body, or its key.
        app.router.redirect_slashes = False
        return app

    @asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await self.aclose()

    async def _submit(self, request: Request) -> Response:
        owner = self._keys.owner(request)
        body = await read_body(request, max_bytes=self._max_body_bytes)
        submit = read_submit(body, behaviour=self._behaviour)
        if self._is_closed:
            raise RefusedError("The gateway is being stopped.", status=503)
        source = self._sources.admit(submit.audio_url)
        # The address lives in the source: a recording given as text would stay in memory.
        submit.audio_url = ""
        task = self._tasks.add(request=submit, source=source, owner=owner)
        return json_response(_submitted(task, estimate_s=self._tasks.estimate_s()))

    async def _query(self, request: Request) -> Response:
        # `sync_upstream` acts on tasks with a remote task behind them; there are none here.
        owner = self._keys.owner(request)
        task = self._tasks.get(request.path_params["task_id"], owner=owner)
        if task is None:
            raise RefusedError("There is no task of this id.", status=404)
        return json_response(self._queried(task))

    def _queried(self, task: Task) -> dict[str, Any]:
        shown = _described(task)
        if self._behaviour.complete_without_results_once and task.results is not None:
            if not task.is_announced:
                shown |= {"results": None, "progress": _RACE_PROGRESS}
            task.is_announced = True
        return shown

    async def _work(self, task: Task) -> bytes:
        asked = task.request
        watch = Watch(on_start=task.start, on_progress=task.advance)
        try:
            async with self._sources.file(task.source) as path:
                heard = await self._pool.transcribe(
                    path,
                    language=to_bcp47(asked.language_code),
                    keyterms=asked.keyterms or (),
                    watch=watch,
                )
        except FetchError as error:
            raise WorkFailedError(f"audio_url could not be fetched: {error}") from error
        except EngineError as error:
            raise WorkFailedError(str(error)) from error
        # Absent means true, as documented.
        return msgspec.json.encode(
            [scribe_result(heard, tag_events=asked.tag_audio_events is not False)]
        )


def embedded_gateway(*, engine: str = "pocketsphinx", workers: int | None = None) -> Gateway:
    """Give the gateway behind ``provider="local"``: for its own process, without keys.

    Parameters
    ----------
    engine
        Name of the engine.
    workers
        How many recordings are worked on at once; None means one for each processor, at
        most four.

    Raises
    ------
    InputError
        When there is no such engine.
    MissingExtraError
        When a package the engine needs is not installed.

    Examples
    --------
    >>> [route.path for route in embedded_gateway().app.routes]
    ['/v1/audios/generations', '/v1/tasks/{task_id}']
    """
    return Gateway(engine=engine, embedded=True, workers=workers)


def _submitted(task: Task, *, estimate_s: int) -> dict[str, Any]:
    return {
        "created": task.created,
        "id": task.id,
        "model": task.request.model,
        "object": "audio.generation.task",
        "progress": 0,
        "status": TaskStatus.PENDING,
        # No call to cancel a task is documented, and none is offered.
        "task_info": {"can_cancel": False, "estimated_time": estimate_s},
        "type": "audio",
        "usage": {"credits_reserved": 0},
    }


def _described(task: Task) -> dict[str, Any]:
    has_failed = task.status is TaskStatus.FAILED
    error = {"code": "generation_failed", "message": task.reason, "type": "task_error"}
    return {
        "id": task.id,
        "object": "audio.generation.task",
        "type": "audio",
        "model": task.request.model,
        "status": task.status,
        "progress": task.progress,
        "created": task.created,
        "results": None if task.results is None else msgspec.Raw(task.results),
        "error": error if has_failed else None,
        "usage": {"credits_reserved": 0, "user_group": "default"},
    }


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RefusedError)  # noqa: S101 - registered for this class
    return error.response()


async def _not_routed(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    refusal = RefusedError(f"{error.detail}.", status=error.status_code)
    response = refusal.response()
    response.headers.update(error.headers or {})
    return response


class _Shield:
    """Answers 500 for whatever goes wrong, without saying what; that goes to the log."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = False

        async def watched(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception:  # the outermost loop of a request
            _log.exception("A request failed unexpectedly.")
            if has_begun or scope["type"] != "http":
                raise
            refusal = RefusedError("Internal error of the gateway.", status=500)
            await refusal.response()(scope, receive, send)
