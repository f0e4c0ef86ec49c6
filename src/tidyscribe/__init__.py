"""Transcripts as tidy data: a frame of recordings in, tables of transcripts out.

    import pandas as pd, tidyscribe

    calls = pd.read_csv("calls.csv")
    corpus = calls.transcribe("audio_url", provider="foxapi/scribe-v2")
    corpus.transcripts, corpus.segments, corpus.words

Importing the package registers ``DataFrame.transcribe``; the rest is loaded when it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tidyscribe import accessor as _accessor  # noqa: F401 - registers DataFrame.transcribe

if TYPE_CHECKING:
    from tidyscribe.api import open_store as open  # noqa: A004 - the public name
    from tidyscribe.api import transcribe, transcribe_async
    from tidyscribe.corpus.corpus import Corpus
    from tidyscribe.errors import (
        ColumnNotFoundError,
        ErrorKind,
        InputError,
        MissingExtraError,
        MissingKeyError,
        OptionError,
        ProviderError,
        SourceError,
        StoreError,
        StoreLockedError,
        StoreUnwritableError,
        StoreVersionError,
        TidyscribeError,
        TooManyFailuresError,
        UnknownProviderError,
    )
    from tidyscribe.options import column

__version__ = "0.1.0"

__all__ = [
    "ColumnNotFoundError",
    "Corpus",
    "ErrorKind",
    "InputError",
    "MissingExtraError",
    "MissingKeyError",
    "OptionError",
    "ProviderError",
    "SourceError",
    "StoreError",
    "StoreLockedError",
    "StoreUnwritableError",
    "StoreVersionError",
    "TidyscribeError",
    "TooManyFailuresError",
    "UnknownProviderError",
    "column",
    "open",
    "transcribe",
    "transcribe_async",
]

#: Where the names live that are not in `tidyscribe.errors`.
_HOMES = {
    "Corpus": ("tidyscribe.corpus.corpus", "Corpus"),
    "column": ("tidyscribe.options", "column"),
    "open": ("tidyscribe.api", "open_store"),
    "transcribe": ("tidyscribe.api", "transcribe"),
    "transcribe_async": ("tidyscribe.api", "transcribe_async"),
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _HOMES.get(name, ("tidyscribe.errors", name))
    value = getattr(import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
