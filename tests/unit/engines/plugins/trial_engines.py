"""Engines of a plug-in, for tests: they obey what stands in the file instead of listening."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tidyscribe.engines import EngineError, Heard, HeardWord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


class Echo:
    """Hears what stands in a text file, a word each tenth of a second."""

    name = "echo"
    languages = frozenset({"en", "ja"})

    def load(self) -> None:
        """Load nothing."""

    def transcribe(
        self,
        audio: Path | Iterable[bytes],
        *,
        language: str | None = None,
        keyterms: Sequence[str] = (),
        on_progress: Callable[[float], None] | None = None,
    ) -> Heard:
        """Read the file; a word in brackets is an event."""
        assert isinstance(audio, Path)
        texts = [*audio.read_text().split(), *keyterms]
        self.obey(texts, audio, on_progress or (lambda _: None))
        words = tuple(
            HeardWord(
                text=text,
                start_s=place / 10,
                end_s=(place + 1) / 10,
                confidence=0.5,
                is_event=text.startswith("("),
            )
            for place, text in enumerate(texts)
        )
        return Heard(words=words, duration_s=len(words) / 10, language=language or "en")

    def obey(self, texts: list[str], path: Path, on_progress: Callable[[float], None]) -> None:
        """Do nothing besides."""


class Noisy(Echo):
    """Prints, as C libraries do, and tries to read what is not for it."""

    def obey(self, texts: list[str], path: Path, on_progress: Callable[[float], None]) -> None:  # noqa: ARG002
        """Write to file descriptor 1 and read file descriptor 0."""
        os.write(1, b"\0\0\0\1{" * 100)
        print("progress: 50 %", flush=True)
        os.read(0, 100)


class Odd(Echo):
    """Fails in the way the file names."""

    def obey(self, texts: list[str], path: Path, on_progress: Callable[[float], None]) -> None:  # noqa: ARG002
        """Fail, unless the file says something else."""
        match texts[0]:
            case "unreadable":
                raise EngineError("it cannot be read")
            case "bug":
                raise RuntimeError("a bug")
            case "memory":
                raise MemoryError
            case "exit":
                os._exit(3)
            case "segfault":
                os.kill(os.getpid(), signal.SIGSEGV)


class Patient(Echo):
    """Says that it is half done, and goes on when the file is gone."""

    def obey(self, texts: list[str], path: Path, on_progress: Callable[[float], None]) -> None:  # noqa: ARG002
        """Wait for the file to be deleted, a minute at most."""
        on_progress(0.5)
        end = time.monotonic() + 60
        while path.exists() and time.monotonic() < end:
            time.sleep(0.01)


class Unloadable(Echo):
    """Has lost its model."""

    def load(self) -> None:
        """Fail."""
        raise FileNotFoundError("model.bin")
