"""``df.transcribe``: the functions of `tidyscribe.api`, one dot behind a DataFrame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from tidyscribe.corpus.corpus import Corpus


@pd.api.extensions.register_dataframe_accessor("transcribe")
class TranscribeAccessor:
    """Transcribes the recordings that a column of the frame names.

    Examples
    --------
    >>> import pandas as pd, tidyscribe
    >>> calls = pd.DataFrame({"audio": ["data/recordings/interview.flac"]}, index=["call 7"])
    >>> corpus = calls.transcribe("audio", provider="local", store=store, progress=False)
    >>> corpus.transcripts.loc["call 7", "status"]
    'completed'
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame

    def __call__(self, source: str, *, provider: str, **options: Any) -> Corpus:
        """Transcribe a column; see `tidyscribe.transcribe` for all parameters."""
        from tidyscribe.api import transcribe

        return transcribe(self._frame, source, provider=provider, **options)

    async def aio(self, source: str, *, provider: str, **options: Any) -> Corpus:
        """Transcribe a column, for code that is async already."""
        from tidyscribe.api import transcribe_async

        return await transcribe_async(self._frame, source, provider=provider, **options)
