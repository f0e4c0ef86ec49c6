"""The embedded engine as a provider: FoxAPI's protocol, spoken in process.

The application behind it is tidyscribe's own gateway, mounted without a socket; audio is handed
over as ``file:`` and ``data:`` addresses, which only that application takes. The work costs
nothing, so whatever was interrupted is simply done again.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from typing import TYPE_CHECKING

from tidyscribe.errors import SourceError, UnknownProviderError
from tidyscribe.providers.base import Limits, Service
from tidyscribe.providers.foxapi import ScribeTasks, check_options
from tidyscribe.recordings import Recording, SourceKind

if TYPE_CHECKING:
    from tidyscribe.options import Options

#: The name of a host that is never looked up: requests go to the application in process.
SERVICE = Service("local", "http://tidyscribe.invalid", "TIDYSCRIBE_LOCAL", needs_key=False)
ENGINES = ("pocketsphinx",)


class LocalTasks(ScribeTasks):
    """Transcription tasks of the embedded gateway."""

    service = SERVICE
    limits = Limits(max_in_flight=16, first_poll_s=0.2, max_first_poll_s=0.5, max_poll_s=1.0)
    capabilities = replace(
        ScribeTasks.capabilities,
        sources=frozenset(SourceKind),
        speakers=False,
        is_free=True,
    )

    def __init__(self, engine: str) -> None:
        self.model = engine

    @property
    def _wire_model(self) -> str:
        return ScribeTasks.model

    def check(self, recording: Recording, options: Options) -> None:
        """Refuse options of which the engine knows nothing."""
        if recording.kind not in self.capabilities.sources:
            raise SourceError(f"{recording.display!r}: not a source for {self.address}.")
        check_options(self.address, self.capabilities, options)

    def _audio_url(self, recording: Recording) -> str:
        if recording.content is not None:
            # No type is claimed: the engine looks into the bytes.
            return f"data:application/octet-stream;base64,{b64encode(recording.content).decode()}"
        if recording.path is not None:
            return recording.path.absolute().as_uri()
        return super()._audio_url(recording)


def create(model: str | None) -> LocalTasks:
    """Give the provider for an engine; None is ``pocketsphinx``."""
    engine = model or ENGINES[0]
    if engine not in ENGINES:
        raise UnknownProviderError(
            f"local has no engine {model!r}; it has: {', '.join(ENGINES)}.", value=model
        )
    return LocalTasks(engine)
