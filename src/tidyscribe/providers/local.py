"""The embedded engine as a provider: FoxAPI's protocol, spoken in process.

The application behind it is tidyscribe's own gateway, mounted without a socket; audio is handed
over as ``file:`` and ``data:`` addresses, which only that application takes. The work costs
nothing, so whatever was interrupted is simply done again.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tidyscribe.errors import OptionError, SourceError, UnknownProviderError
from tidyscribe.languages import to_bcp47
from tidyscribe.providers.base import Limits, Service
from tidyscribe.providers.foxapi import ScribeTasks, check_options
from tidyscribe.recordings import Recording, SourceKind

if TYPE_CHECKING:
    from tidyscribe.options import Options

#: The name of a host that is never looked up: requests go to the application in process.
SERVICE = Service("local", "http://tidyscribe.invalid", "TIDYSCRIBE_LOCAL", needs_key=False)
#: Engines, and the languages (BCP-47, primary subtags) each understands.
ENGINES = {"pocketsphinx": frozenset({"en"})}


class LocalTasks(ScribeTasks):
    """Transcription tasks of the embedded gateway."""

    service = SERVICE
    limits = Limits(max_in_flight=16, first_poll_s=0.2, max_first_poll_s=0.5, max_poll_s=1.0)
    capabilities = replace(
        ScribeTasks.capabilities,
        sources=frozenset(SourceKind),
        speakers=False,
        options=frozenset({"language", "diarize", "tag_events"}),
        is_free=True,
    )

    def __init__(self, engine: str) -> None:
        self.model = engine

    @property
    def _wire_model(self) -> str:
        return ScribeTasks.model

    def check(self, recording: Recording, options: Options) -> None:
        """Refuse what the engine cannot do."""
        if recording.kind not in self.capabilities.sources:
            raise SourceError(f"{recording.display!r}: not a source for {self.address}.")
        check_options(self.address, self.capabilities, options)
        language = options.language
        if language is not None and _primary(language) not in ENGINES[self.model]:
            understood = ", ".join(sorted(ENGINES[self.model]))
            raise OptionError(
                f"language={language!r}: {self.address} understands {understood} only.",
                value=language,
            )
        if options.diarize:
            raise OptionError(f"diarize=True: {self.address} cannot tell speakers apart.")

    def parameters(self, options: Options) -> dict[str, Any]:
        """Give the fields of the request besides the audio."""
        language = options.language
        return super().parameters(
            replace(
                options,
                diarize=False,  # as it is, asked for or not
                language=None if language is None else _primary(language),
            )
        )

    def _audio_url(self, recording: Recording) -> str:
        if recording.content is not None:
            # No type is claimed: the engine looks into the bytes.
            return f"data:application/octet-stream;base64,{b64encode(recording.content).decode()}"
        if recording.path is not None:
            return recording.path.absolute().as_uri()
        return super()._audio_url(recording)


def _primary(language: str) -> str:
    """Give the language without region: ``en`` for ``en-US`` and ``eng``."""
    return (to_bcp47(language) or "").split("-")[0]


def create(model: str | None) -> LocalTasks:
    """Give the provider for an engine; None is ``pocketsphinx``."""
    engine = model or next(iter(ENGINES))
    if engine not in ENGINES:
        raise UnknownProviderError(
            f"local has no engine {model!r}; it has: {', '.join(ENGINES)}.", value=model
        )
    return LocalTasks(engine)
