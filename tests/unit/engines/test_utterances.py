"""Cutting of long recordings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidyscribe.engines.audio import RATE_HZ
from tidyscribe.engines.utterances import LONGEST_S, SHORTEST_S, utterances

if TYPE_CHECKING:
    from collections.abc import Iterator


def noise(seconds: float, *, loudness: float = 3000.0) -> bytes:
    """Give white noise, 16 kHz mono int16, the same each time."""
    samples = np.random.default_rng(1).normal(0, loudness, int(seconds * RATE_HZ))
    return samples.astype("<i2").tobytes()


def blocks(samples: bytes, size: int = 4096) -> Iterator[bytes]:
    """Give samples as a decoder does."""
    return (samples[place : place + size] for place in range(0, len(samples), size))


def test_a_short_recording_stays_whole() -> None:
    """Up to the longest length nothing is cut."""
    samples = noise(LONGEST_S)

    assert [piece.samples for piece in utterances(blocks(samples))] == [samples]


def test_nothing_gives_nothing() -> None:
    """No blocks are no utterances."""
    assert list(utterances([])) == []


def test_the_cut_falls_into_the_pause() -> None:
    """Where somebody is silent between two limits, the cut is there."""
    samples = noise(22.0) + noise(0.5, loudness=10) + noise(20.0)

    first, second = utterances(blocks(samples))

    assert first.end_s == pytest.approx(22.25, abs=0.15)
    assert second.start_s == first.end_s


def test_a_constant_offset_does_not_hide_the_pause() -> None:
    """A microphone's offset in the pause is taken for silence still."""
    offset = np.full(RATE_HZ // 2, 5000, "<i2").tobytes()
    samples = noise(22.0) + offset + noise(20.0)

    first, _ = utterances(blocks(samples))

    assert first.end_s == pytest.approx(22.25, abs=0.15)


@given(seconds=st.floats(0, 150), size=st.integers(1, 40_000))
def test_pieces_join_to_the_recording(seconds: float, size: int) -> None:
    """No sample is lost or heard twice, and no piece but the last is too short or too long."""
    samples = bytes(int(seconds * 100) * 320)

    pieces = list(utterances(blocks(samples, size * 2)))

    assert b"".join(piece.samples for piece in pieces) == samples
    lengths = [piece.end_s - piece.start_s for piece in pieces]
    assert all(SHORTEST_S <= length <= LONGEST_S for length in lengths[:-1])
    assert all(length <= LONGEST_S for length in lengths[-1:])
