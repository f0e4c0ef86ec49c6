"""A long recording cut into utterances short enough to be decoded whole.

A cut is made where it is quietest, so that it falls into a pause wherever there is one. At most
one utterance is held in memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tidyscribe.engines.audio import RATE_HZ, SAMPLE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Seconds an utterance lasts at most, and at least where there is more to come. Measured on
#: connected speech, limits from 10 s to 200 s make no difference to the words found.
LONGEST_S = 30.0
SHORTEST_S = 10.0
#: Seconds over which quiet is measured: about the pause between two clauses.
_PAUSE_S = 0.3
#: Frames a second in which the energy is summed.
_FRAMES_HZ = 100
_FRAME = RATE_HZ // _FRAMES_HZ


class Utterance(NamedTuple):
    """A piece of a recording."""

    #: Seconds from the recording's start.
    start_s: float
    #: 16 kHz, mono, int16, little-endian.
    samples: bytes

    @property
    def end_s(self) -> float:
        """Seconds from the recording's start."""
        return self.start_s + _seconds(len(self.samples))


def utterances(blocks: Iterable[bytes]) -> Iterator[Utterance]:
    """Cut a stream of samples into pieces of 10 to 30 s, the last one as long as it is.

    Parameters
    ----------
    blocks
        Samples in pieces of any length: 16 kHz, mono, int16, little-endian.

    Examples
    --------
    >>> [len(piece.samples) for piece in utterances([bytes(4), bytes(6)])]
    [10]
    """
    done, held = 0, bytearray()
    longest = _bytes(LONGEST_S)
    for block in blocks:
        held += block
        while len(held) > longest:
            cut = _quietest(memoryview(held)[:longest])
            yield Utterance(_seconds(done), bytes(held[:cut]))
            done += cut
            del held[:cut]
    if held:
        yield Utterance(_seconds(done), bytes(held))


def _quietest(samples: memoryview) -> int:
    """Find the byte in the middle of the quietest pause, not before the shortest length."""
    first = _bytes(SHORTEST_S)
    wave = np.frombuffer(samples[first:], "<i2").astype(np.float32)
    frames = wave[: len(wave) // _FRAME * _FRAME].reshape(-1, _FRAME)
    # Without its mean: a constant offset of the microphone is no sound.
    energy = frames.var(axis=1)
    width = int(_PAUSE_S * _FRAMES_HZ)
    pauses = np.convolve(energy, np.ones(width), "valid")
    middle = int(pauses.argmin()) + width // 2
    return first + middle * _FRAME * SAMPLE_BYTES


def _bytes(seconds: float) -> int:
    return int(seconds * RATE_HZ) * SAMPLE_BYTES


def _seconds(size: int) -> float:
    return size / SAMPLE_BYTES / RATE_HZ
