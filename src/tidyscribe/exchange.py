"""What goes to a service and what comes back, as plain values.

Providers build a `Request` and read a `Reply`; only the batch carries them over a network.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP call, relative to the service's base URL.

    The carriage adds the key, the agent's name and the host; a provider never sees them.
    """

    #: ``GET`` or ``POST``.
    method: str
    #: Path below the base URL, with its query if there is one, already percent-encoded.
    path: str
    #: Body of a JSON call, encoded.
    json: bytes | None = field(default=None, repr=False)
    #: Seconds without a byte from the service after which the call is given up.
    read_timeout_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What a service answered, unparsed."""

    #: HTTP status.
    status: int
    #: The body as received, decompressed.
    body: bytes = field(repr=False)
    #: Response headers, names in lower case.
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300
