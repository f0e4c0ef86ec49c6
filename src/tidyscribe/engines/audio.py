"""Any file with an audio track as 16 kHz mono samples, block by block.

The decoding is FFmpeg's, through PyAV. A file is opened by us and handed over as a stream, and
FFmpeg may open nothing else: a playlist sent in place of a recording could otherwise name
other files of this machine, or addresses in its network.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from tidyscribe.engines.base import EngineError
from tidyscribe.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from av import AudioFrame, AudioResampler, AudioStream
    from av.container import InputContainer

#: Samples a second of everything this module gives.
RATE_HZ = 16_000
#: Bytes of one sample.
SAMPLE_BYTES = 2

#: What FFmpeg may open besides the stream it is given: no protocol has this name.
_NOTHING_ELSE = {"protocol_whitelist": "none"}
_UNREADABLE = "the file cannot be read as audio or video"


class AudioFile:
    """An opened file with an audio track."""

    def __init__(self, container: InputContainer, track: AudioStream) -> None:
        self._container = container
        self._track = track

    @property
    def claimed_s(self) -> float | None:
        """Length in seconds as the file's header has it; None where it says nothing."""
        microseconds = self._container.duration
        return microseconds / 1e6 if microseconds and microseconds > 0 else None

    def blocks(self) -> Iterator[bytes]:
        """Give the samples, a few thousand at a time: 16 kHz, mono, int16, little-endian.

        Raises
        ------
        EngineError
            When there is not one sample to be had.
        """
        found = False
        for block in _resampled(self._frames()):
            found = True
            yield block
        if not found:
            raise EngineError("the file's audio track holds no sound that can be decoded")

    def _frames(self) -> Iterator[AudioFrame]:
        from av.error import FFmpegError, InvalidDataError

        packets = self._container.demux(self._track)
        while True:
            try:
                packet = next(packets)
                yield from packet.decode()
            except StopIteration:
                return
            except InvalidDataError:
                # A damaged packet: what comes after it can still be heard.
                continue
            except (FFmpegError, OSError):
                # The file ends in the middle: what came before it stands.
                return


@contextmanager
def open_audio(path: Path) -> Iterator[AudioFile]:
    """Open a file for its first audio track.

    Raises
    ------
    EngineError
        When the file is missing, empty, no media file, or has no audio track.
    MissingExtraError
        When PyAV is not installed.
    """
    with _open(path) as stream, _container(stream) as container:
        if not container.streams.audio:
            raise EngineError("the file has no audio track")
        yield AudioFile(container, container.streams.audio[0])


def _open(path: Path) -> BinaryIO:
    try:
        stream = path.open("rb")
    except FileNotFoundError as error:
        raise EngineError("there is no such file") from error
    except OSError as error:
        raise EngineError(f"the file cannot be opened: {error.strerror}") from error
    if not stream.peek(1):
        stream.close()
        raise EngineError("the file is empty (0 bytes)")
    return stream


@contextmanager
def _container(stream: BinaryIO) -> Iterator[InputContainer]:
    try:
        import av
    except ImportError as error:
        raise MissingExtraError(
            'Reading audio needs PyAV. Install it with: pip install "tidyscribe[local]"'
        ) from error
    # Titles in odd encodings must not cost the recording; PyAV 19 sees to that by itself.
    is_strict = int(av.__version__.partition(".")[0]) < 19
    tolerant: dict[str, Any] = {"metadata_errors": "replace"} if is_strict else {}
    try:
        container = av.open(stream, "r", options=_NOTHING_ELSE, **tolerant)
    except (av.FFmpegError, ValueError) as error:
        raise EngineError(_UNREADABLE) from error
    with container:
        yield container


def _resampled(frames: Iterator[AudioFrame]) -> Iterator[bytes]:
    """Bring frames to the common form; they may change theirs in the middle of a file."""
    form: tuple[str, str, int] | None = None
    resampler: AudioResampler | None = None
    for frame in frames:
        # Where time stamps jump, the resampler would refuse; the samples are what counts.
        frame.pts = None
        own = (frame.format.name, frame.layout.name, frame.sample_rate)
        if resampler is None or own != form:
            yield from _rest(resampler)
            form, resampler = own, _resampler()
        yield from _samples(resampler, frame)
    yield from _rest(resampler)


def _resampler() -> AudioResampler:
    from av import AudioResampler

    return AudioResampler(format="s16", layout="mono", rate=RATE_HZ)


def _rest(resampler: AudioResampler | None) -> Iterator[bytes]:
    return _samples(resampler, None) if resampler is not None else iter(())


def _samples(resampler: AudioResampler, frame: AudioFrame | None) -> Iterator[bytes]:
    for done in resampler.resample(frame):
        if done.samples:
            # The plane is padded behind the last sample.
            yield bytes(done.planes[0])[: done.samples * SAMPLE_BYTES]
