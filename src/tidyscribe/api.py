"""The functions: what the accessor, the command line and scripts call."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Unpack

from tidyscribe.batch.bar import Bar
from tidyscribe.batch.carriage import Carriage, Endpoint
from tidyscribe.batch.events import Listener, Silence
from tidyscribe.batch.plan import Plan, check, plan
from tidyscribe.batch.rows import Rows, is_missing, rows_of
from tidyscribe.batch.run import Run, missing_key
from tidyscribe.corpus.corpus import RETRIABLE, Corpus, Selection
from tidyscribe.errors import InputError, MissingKeyError, TooManyFailuresError
from tidyscribe.notebook.loop import run_async, run_nested, run_sync
from tidyscribe.options import Asked, RunOptions, split_options
from tidyscribe.providers import get_provider
from tidyscribe.store.ledger import FILE_NAME
from tidyscribe.store.store import DEFAULT_PATH, Session, Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tidyscribe.corpus.summary import Summary
    from tidyscribe.providers.base import Provider

StorePath = str | os.PathLike[str]


@dataclass(frozen=True)
class _Call:
    """A call that was checked from top to bottom; nothing has been sent or written yet."""

    rows: Rows
    provider: Provider
    endpoint: Endpoint
    options: RunOptions
    store: Path
    #: Transcripts to be sent anew whatever became of them.
    renew: frozenset[str] = frozenset()

    @property
    def kept(self) -> str:
        """What an interrupt leaves, and how to go on."""
        if self.options.refresh or self.renew:
            return (
                f"tidyscribe: everything finished so far is kept in {self.store}; what was not "
                "sent anew yet keeps the transcript it had. Run the call without refresh=True "
                "to collect what is under way; with it, everything is sent (and charged) again."
            )
        tasks = (
            ""
            if self.provider.capabilities.is_free
            else ", and tasks the service has accepted go on there"
        )
        return (
            f"tidyscribe: everything finished so far is kept in {self.store}{tasks}; "
            "run the same call again to continue. Nothing is sent twice."
        )

    @property
    def is_embedded(self) -> bool:
        """Whether the gateway in this process does the work."""
        service = self.provider.service
        return service.name == "local" and self.endpoint.base_url == service.base_url


def transcribe(  # noqa: PLR0913 - the call's own words
    data: object,
    source: str | None = None,
    *,
    provider: str,
    store: StorePath | None = None,
    api_key: str | None = None,
    base_url: str | None = None,
    loop: Literal["private", "current"] = "private",
    **options: Unpack[Asked],
) -> Corpus:
    """Transcribe recordings and give tidy tables that are on disk already.

    Running the same call again sends nothing twice: it continues, or gives the same tables at
    once. An interrupt keeps all that is done.

    Parameters
    ----------
    data
        DataFrame, Series, or list of recordings: http(s) URLs, local paths, or bytes.
    source
        The DataFrame's column with the recordings. A null in it is a row that is skipped.
    provider
        Provider and model, such as ``"foxapi/scribe-v2"`` or ``"local"``.
    store
        Directory of the results; ``transcripts.tidyscribe`` by default.
    api_key, base_url
        Where the service is and the key for it; by default the environment's
        ``FOXAPI_API_KEY`` and ``FOXAPI_BASE_URL`` (or the like), and the real service.
    loop
        ``"private"`` runs beside the caller's event loop. ``"current"`` patches the running
        loop with nest-asyncio, for callers bound to it; see `tidyscribe.notebook.loop`.
    **options
        What to do: ``language``, ``diarize``, ``tag_events``, ``keyterms``, ``prompt``,
        ``temperature``, ``extra``; how to go about it: ``max_in_flight``,
        ``requests_per_second``, ``deadline_s``, ``max_cost``, ``fail_on_error``,
        ``progress``, ``refresh``. See `Options` and `RunOptions`.

    Returns
    -------
    Corpus
        With ``transcripts`` (one row a row of `data`), ``segments`` and ``words``.

    Raises
    ------
    InputError
        When the call cannot be carried out as written; nothing was sent.
    StoreError
        When the store is in use, of a newer version, or cannot be written.
    TooManyFailuresError
        When more rows failed than ``fail_on_error`` allows.

    Examples
    --------
    >>> import tidyscribe
    >>> corpus = tidyscribe.transcribe(
    ...     ["data/recordings/interview.flac"], provider="local", store=store, progress=False)
    >>> corpus.transcripts.status.tolist()
    ['completed']
    """
    call = _prepare(data, source, provider, store, api_key, base_url, options)
    if loop not in ("private", "current"):
        raise InputError(f"loop={loop!r}: expected 'private' or 'current'.")
    if loop == "current":
        return run_nested(lambda: _carry_out(call))
    return run_sync(lambda: _carry_out(call), kept=call.kept)


async def transcribe_async(  # noqa: PLR0913 - as `transcribe`
    data: object,
    source: str | None = None,
    *,
    provider: str,
    store: StorePath | None = None,
    api_key: str | None = None,
    base_url: str | None = None,
    **options: Unpack[Asked],
) -> Corpus:
    """Transcribe recordings, for code that is async already.

    Parameters and errors are those of `transcribe`. Cancelling the awaiting task ends the run
    like an interrupt: what is done is kept.

    Examples
    --------
    >>> import asyncio, tidyscribe
    >>> corpus = asyncio.run(tidyscribe.transcribe_async(
    ...     ["data/recordings/interview.flac"], provider="local", store=store, progress=False))
    >>> len(corpus)
    1
    """
    call = _prepare(data, source, provider, store, api_key, base_url, options)
    return await run_async(lambda: _carry_out(call))


def open_store(store: StorePath = DEFAULT_PATH) -> Corpus:
    """Open everything in a store.

    Parameters
    ----------
    store
        Its directory.

    Raises
    ------
    StoreError
        When there is no store, or a newer tidyscribe wrote it.

    Examples
    --------
    >>> import tidyscribe
    >>> corpus = tidyscribe.transcribe(
    ...     ["data/recordings/opening_hours.mp3"], provider="local", store=store, progress=False)
    >>> tidyscribe.open(store).transcripts.equals(corpus.transcripts)
    True
    """
    return Corpus(Store(store))


def _prepare(  # noqa: PLR0913, PLR0917 - passes on what `transcribe` was given
    data: object,
    source: str | None,
    provider: str,
    store: StorePath | None,
    api_key: str | None,
    base_url: str | None,
    options: Asked,
) -> _Call:
    """Check a call; raises before anything is sent or written."""
    asked, run_options = split_options(options)
    chosen = get_provider(provider)
    endpoint = _endpoint(chosen, api_key, base_url)
    rows = rows_of(data, source, asked)
    check(rows, chosen)
    path = Path(store) if store is not None else DEFAULT_PATH
    is_new = not (path / FILE_NAME).exists()
    has_work = not all(is_missing(one) for one in rows.sources)
    if is_new and has_work and chosen.service.needs_key and not endpoint.api_key:
        raise MissingKeyError(missing_key(chosen.service.name, chosen.service.key_variable))
    call = _Call(rows, chosen, endpoint, run_options, path)
    if call.is_embedded:
        from tidyscribe.engines import create_engine
        from tidyscribe.gateway import embedded_gateway  # noqa: F401 - says which extra is missing

        create_engine(chosen.model)
    return call


def _endpoint(provider: Provider, api_key: str | None, base_url: str | None) -> Endpoint:
    service = provider.service
    key = api_key if api_key is not None else os.environ.get(service.key_variable)
    url = base_url or os.environ.get(service.base_url_variable) or service.base_url
    return Endpoint(url, (key or "").strip() or None)


async def _carry_out(call: _Call) -> Corpus:
    with Session(call.store) as session:
        planned = plan(call.rows, call.provider, session.hash_file)
        async with _carriage(call) as carriage:
            run = Run(planned, session, carriage, call.options, _listener(call), renew=call.renew)
            await run.run()
    corpus = Corpus(Store(call.store), _selection(call, planned))
    # Read now: what a call returns is not changed by a later call.
    summary = await asyncio.to_thread(lambda: corpus.summary)
    _check_failures(call, corpus, summary)
    return corpus


@asynccontextmanager
async def _carriage(call: _Call) -> AsyncIterator[Carriage]:
    if not call.is_embedded:
        async with Carriage(call.endpoint) as carriage:
            yield carriage
        return
    import httpx

    from tidyscribe.gateway import embedded_gateway

    gateway = embedded_gateway(engine=call.provider.model)
    try:
        transport = httpx.ASGITransport(gateway.app)
        async with Carriage(call.endpoint, transport=transport) as carriage:
            yield carriage
    finally:
        await gateway.aclose()


def _listener(call: _Call) -> Listener:
    if not call.options.progress:
        return Silence()
    return Bar(f"{call.provider.service.name}/{call.provider.model}")


def _selection(call: _Call, planned: Plan) -> Selection:
    def again(transcript_ids: frozenset[str], provider: str | None) -> Corpus:
        return _retry(call, planned, transcript_ids, provider)

    return Selection(
        index=call.rows.index,
        transcript_ids=planned.transcript_ids(),
        provider=call.provider.service.name,
        model=call.provider.model,
        retry=again,
    )


def _retry(
    call: _Call, planned: Plan, transcript_ids: frozenset[str], provider: str | None
) -> Corpus:
    if provider is None:
        renewed = replace(call, renew=transcript_ids)
        return run_sync(lambda: _carry_out(renewed), kept=call.kept)
    chosen = get_provider(provider)
    rows = call.rows.only([one in transcript_ids for one in planned.transcript_ids()])
    check(rows, chosen)
    other = replace(
        call, rows=rows, provider=chosen, endpoint=_endpoint(chosen, None, None), renew=frozenset()
    )
    return run_sync(lambda: _carry_out(other), kept=other.kept)


def _check_failures(call: _Call, corpus: Corpus, summary: Summary) -> None:
    n_failed = sum(summary.by_status.get(status, 0) for status in RETRIABLE)
    if not call.options.allows(n_failed, len(call.rows)):
        raise TooManyFailuresError(
            f"{n_failed} of {len(call.rows)} recordings have no transcript, more than "
            f"fail_on_error={call.options.fail_on_error!r} allows. All that was done is kept in "
            f"{call.store}; the error's .corpus has the tables.",
            corpus=corpus,
        )
