"""What a provider is: a speech service's rules as pure functions, without any I/O.

To add one:

1. Describe the service's messages in ``wire/<service>.py`` as msgspec Structs.
2. Write a class with the members of `Provider` in ``providers/<service>.py``.
   It builds requests and reads replies; it never opens a connection or a file.
3. Refuse in `Provider.check` whatever the service cannot do, before anything is sent.
4. Write ``create(model)``, which gives the provider for one of its models, and name it in the
   entry-point group ``tidyscribe.providers``.
5. Add it to the fixture of the provider test-suite.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from tidyscribe.exchange import Reply, Request
    from tidyscribe.options import Options
    from tidyscribe.recordings import Recording, SourceKind
    from tidyscribe.results import Result


@dataclass(frozen=True, slots=True)
class Service:
    """Where a service is and how one gets in."""

    #: The first half of ``provider="foxapi/scribe-v2"``.
    name: str
    #: Base URL of the real service.
    base_url: str
    #: Start of its environment variables: ``FOXAPI`` for ``FOXAPI_API_KEY``.
    env_prefix: str
    #: Whether it asks for a key.
    needs_key: bool = True

    @property
    def key_variable(self) -> str:
        """Environment variable of the key."""
        return f"{self.env_prefix}_API_KEY"

    @property
    def base_url_variable(self) -> str:
        """Environment variable of the base URL."""
        return f"{self.env_prefix}_BASE_URL"


@dataclass(frozen=True, slots=True)
class Limits:
    """How hard a service may be driven unless the user says otherwise."""

    #: Tasks accepted and not finished.
    max_in_flight: int = 256
    #: Open HTTP calls at the start, and the most it grows to.
    first_requests: int = 4
    max_requests: int = 64
    #: Seconds before the first question for a task, without and with a hint at most.
    first_poll_s: float = 1.0
    max_first_poll_s: float = 10.0
    #: Factor from one pause to the next, and the longest pause in seconds.
    poll_growth: float = 1.5
    max_poll_s: float = 15.0


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a model delivers, and what it takes."""

    #: Where the audio may be.
    sources: frozenset[SourceKind]
    words: bool
    segments: bool
    speakers: bool
    events: bool
    #: Names of the options it takes.
    options: frozenset[str]
    #: Whether work may be sent again without cost, so that nothing is ever in doubt.
    is_free: bool = False


@dataclass(frozen=True, slots=True)
class Pending:
    """The service has the work and is not done with it."""

    #: The service's name for it; opaque.
    task_id: str
    #: Seconds the service thinks it takes; a hint.
    estimated_s: float | None = None
    #: Whether to ask again at once: it says it is done and shows no result yet.
    is_settling: bool = False
    #: What it costs so far, in `cost_unit`.
    cost: float | None = None
    cost_unit: str | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """The reply holds the transcript; `Provider.read` gets it out once the reply is stored."""

    cost: float | None = None
    cost_unit: str | None = None


class Provider(Protocol):
    """One model of one service."""

    service: Service
    model: str
    capabilities: Capabilities
    limits: Limits

    def check(self, recording: Recording, options: Options) -> None:
        """Raise InputError if this model cannot do this."""
        ...

    def parameters(self, options: Options) -> dict[str, Any]:
        """Give what is asked of the service besides the audio; part of a submission's key."""
        ...

    def submit(self, recording: Recording, options: Options) -> Request:
        """Build the request that starts (and bills) the work."""
        ...

    def submitted(self, reply: Reply) -> Pending | Finished:
        """Read the answer to a submit; raise ProviderError for a refusal."""
        ...

    def poll(self, task_id: str, *, refresh: bool) -> Request:
        """Build the question for a task; `refresh` asks the service to look upstream first."""
        ...

    def polled(self, task_id: str, reply: Reply) -> Pending | Finished:
        """Read the answer to a poll; raise ProviderError for an end without a transcript."""
        ...

    def read(self, reply: Reply) -> Result:
        """Get the transcript out of a stored reply; raise ProviderError if it holds none."""
        ...


@dataclass(frozen=True, slots=True)
class Address:
    """A provider's name and, where given, a model's: ``foxapi/scribe-v2``."""

    provider: str
    model: str | None = field(default=None)

    @classmethod
    def of(cls, text: str) -> Address:
        """Split ``provider`` or ``provider/model``."""
        name, _, model = text.strip().partition("/")
        return cls(name.lower(), model or None)
