"""The embedded engine: CMU PocketSphinx with the English model it carries.

It needs no network and no key, and is small and quick. It is made to show a pipeline at work
and to align words: on recorded telephone prompts it gets about 30 % of the words wrong.
"""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tidyscribe.engines.audio import RATE_HZ, SAMPLE_BYTES, open_audio
from tidyscribe.engines.base import EngineError, Heard, HeardWord
from tidyscribe.engines.utterances import Utterance, utterances
from tidyscribe.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

#: Frames of the decoder in a second.
_FRAMES_HZ = 100
#: Entries of a segmentation that are no sound: sentence start and end, silence.
_SILENT = frozenset({"<s>", "</s>", "<sil>"})
#: ``read(2)`` is the second pronunciation of ``read``.
_PRONUNCIATION = re.compile(r"\(\d+\)$")
#: ``[NOISE]`` or ``++NOISE++``: something was heard that is no word.
_FILLER = re.compile(r"(?:\[(\w+)\]|\+\+(\w+)\+\+)")
#: Strictness of the voice detector, 0..3.
_STRICTNESS = 2
#: Frames with voice (of 30 ms) under which nobody speaks; the detector hears voice in the
#: first two or three frames of anything. The shortest words last a quarter of a second.
_FEWEST_VOICED = 6
#: Under this a posterior is as good as nought; its logarithm must stay finite.
_LEAST_CONFIDENCE = 1e-6


class Pocketsphinx:
    """PocketSphinx with its own US English model.

    A recording is decoded in utterances of up to 30 s, each normalised on its own, so that what
    was heard before changes nothing.
    """

    name = "pocketsphinx"
    languages = frozenset({"en"})

    def __init__(self) -> None:
        # PocketSphinx has no type information.
        self._package: Any = None
        self._decoder: Any = None

    def load(self) -> None:
        """Load the model, about half a second; a second call does nothing."""
        if self._decoder is not None:
            return
        try:
            self._package = import_module("pocketsphinx")
        except ImportError as error:
            raise _missing() from error
        self._decoder = self._package.Decoder(samprate=RATE_HZ, loglevel="FATAL")

    def transcribe(
        self,
        audio: Path | Iterable[bytes],
        *,
        language: str | None = None,
        keyterms: Sequence[str] = (),  # noqa: ARG002 - the protocol has them
        on_progress: Callable[[float], None] | None = None,
    ) -> Heard:
        """Make words of a recording in English.

        Parameters
        ----------
        audio
            A file with an audio track, or blocks of samples: 16 kHz, mono, 16 bits, signed,
            little-endian.
        language
            Must be English or None.
        keyterms
            Ignored: this engine has a fixed vocabulary.
        on_progress
            Called after every utterance with the part that is done, 0..1.

        Raises
        ------
        EngineError
            When the audio cannot be read, or another language is asked for.
        """
        _check_language(language)
        self.load()
        if not isinstance(audio, Path):
            return self._heard(audio, _Progress(on_progress, None))
        with open_audio(audio) as opened:
            return self._heard(opened.blocks(), _Progress(on_progress, opened.claimed_s))

    def _heard(self, blocks: Iterable[bytes], progress: _Progress) -> Heard:
        words: list[HeardWord] = []
        end_s = 0.0
        for piece in utterances(blocks):
            words += self._words(piece)
            end_s = piece.end_s
            progress(end_s)
        return Heard(words=tuple(words), duration_s=round(end_s, 3), language="en")

    def _words(self, piece: Utterance) -> Iterator[HeardWord]:
        voiced = self._voiced(piece.samples)
        if voiced.count() < _FEWEST_VOICED:
            return
        for segment in self._segments(piece.samples):
            start_s = segment.start_frame / _FRAMES_HZ
            # The last frame belongs to the word.
            end_s = (segment.end_frame + 1) / _FRAMES_HZ
            if segment.word not in _SILENT and voiced.any_between(start_s, end_s):
                yield _word(segment, piece.start_s + start_s, piece.start_s + end_s)

    def _voiced(self, samples: bytes) -> _Voiced:
        """Tell frame by frame where somebody may be speaking.

        Asked for words where there are none, above all in digital silence, the decoder
        invents some.
        """
        detector = self._package.Vad(_STRICTNESS, RATE_HZ)
        size = detector.frame_bytes
        ends = range(size, len(samples) + 1, size)
        flags = [bool(detector.is_speech(samples[end - size : end])) for end in ends]
        return _Voiced(flags, size / SAMPLE_BYTES / RATE_HZ)

    def _segments(self, samples: bytes) -> list[Any]:
        decoder = self._decoder
        # Whatever an utterance leaves behind in the features must not colour the next.
        decoder.reinit_feat()
        decoder.start_utt()
        try:
            decoder.process_raw(samples, no_search=False, full_utt=True)
        finally:
            decoder.end_utt()
        return list(decoder.seg() or ())


class _Voiced:
    """Which frames of an utterance may hold speech."""

    def __init__(self, flags: list[bool], frame_s: float) -> None:
        self._flags = flags
        self._frame_s = frame_s

    def count(self) -> int:
        return sum(self._flags)

    def any_between(self, start_s: float, end_s: float) -> bool:
        first, last = int(start_s / self._frame_s), int(end_s / self._frame_s)
        return any(self._flags[first : last + 1])


class _Progress:
    """Turns seconds into the part that is done."""

    def __init__(self, tell: Callable[[float], None] | None, total_s: float | None) -> None:
        self._tell = tell
        self._total_s = total_s

    def __call__(self, done_s: float) -> None:
        # Where the length is unknown, as much again is taken to be left.
        total_s = self._total_s or 2 * done_s
        if self._tell is not None:
            self._tell(min(done_s / total_s, 1.0))


def create() -> Pocketsphinx:
    """Give the engine, its model not loaded yet.

    Raises
    ------
    MissingExtraError
        When PocketSphinx or PyAV is not installed.
    """
    if find_spec("pocketsphinx") is None or find_spec("av") is None:
        raise _missing()
    return Pocketsphinx()


def _missing() -> MissingExtraError:
    return MissingExtraError(
        "The embedded engine needs PocketSphinx and PyAV. "
        'Install them with: pip install "tidyscribe[local]"'
    )


def _check_language(language: str | None) -> None:
    if language is not None and language.split("-")[0] not in Pocketsphinx.languages:
        raise EngineError(
            f"the embedded engine understands English only, and {language!r} was asked for"
        )


def _word(segment: Any, start_s: float, end_s: float) -> HeardWord:
    filler = _FILLER.fullmatch(segment.word)
    text = _PRONUNCIATION.sub("", segment.word)
    return HeardWord(
        text=f"({(filler[1] or filler[2]).lower()})" if filler else text,
        start_s=round(start_s, 3),
        end_s=round(end_s, 3),
        confidence=round(min(max(segment.prob, _LEAST_CONFIDENCE), 1.0), 6),
        is_event=filler is not None,
    )
