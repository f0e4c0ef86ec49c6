"""Decoding of files to samples."""

from __future__ import annotations

import sys
import wave
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from tidyscribe.engines.audio import RATE_HZ, SAMPLE_BYTES, open_audio
from tidyscribe.engines.base import EngineError
from tidyscribe.errors import MissingExtraError

from .conftest import BROKEN, SAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def decode(path: Path) -> np.ndarray:
    """Give all samples of a file."""
    with open_audio(path) as audio:
        return np.frombuffer(b"".join(audio.blocks()), "<i2")


def write_wav(path: Path, samples: np.ndarray, *, rate_hz: int = RATE_HZ) -> Path:
    """Write samples (n_channels, n) int16."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(samples.shape[0])
        file.setsampwidth(SAMPLE_BYTES)
        file.setframerate(rate_hz)
        file.writeframes(samples.T.astype("<i2").tobytes())
    return path


def tone(seconds: float, *, rate_hz: int = RATE_HZ, channels: int = 1) -> np.ndarray:
    """Give 440 Hz at a quarter of full scale, (channels, n) int16."""
    times = np.arange(int(seconds * rate_hz)) / rate_hz
    return np.tile((8000 * np.sin(2 * np.pi * 440 * times)).astype("<i2"), (channels, 1))


def write_video(path: Path, *, with_sound: bool) -> Path:
    """Write one second of grey pictures, with a tone or without."""
    with av.open(str(path), "w") as file:
        picture = file.add_stream("mpeg4", rate=10)
        picture.width = picture.height = 64
        sound = file.add_stream("aac", rate=RATE_HZ, layout="mono") if with_sound else None
        for place in range(10):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 128, np.uint8), "rgb24")
            frame.pts, frame.time_base = place, Fraction(1, 10)
            file.mux(picture.encode(frame))
        if sound is not None:
            heard = av.AudioFrame.from_ndarray(tone(1.0), "s16", "mono")
            heard.sample_rate = RATE_HZ
            file.mux(sound.encode(heard))
            file.mux(sound.encode(None))
        file.mux(picture.encode(None))
    return path


def write_mp3(path: Path, *, rate_hz: int, channels: int) -> Path:
    """Write one second of a tone."""
    layout = "stereo" if channels == 2 else "mono"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("mp3", rate=rate_hz, layout=layout)
        samples = tone(1.0, rate_hz=rate_hz, channels=channels).T.reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), "s16", layout)
        frame.sample_rate = rate_hz
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("name", SAMPLES)
def test_every_format_gives_the_length_of_the_recording(name: str) -> None:
    """Flac, mp3, ogg, m4a and wav are all decoded to 16 kHz from end to end."""
    samples = decode(SAMPLES[name].path)

    assert len(samples) / RATE_HZ == pytest.approx(SAMPLES[name].duration_s, abs=0.05)


def test_stereo_at_another_rate_becomes_mono_at_16_khz(tmp_path: Path) -> None:
    """Channels are mixed and the rate is converted without changing the length."""
    path = write_wav(tmp_path / "a.wav", tone(1.0, rate_hz=44_100, channels=2), rate_hz=44_100)

    samples = decode(path)

    assert len(samples) == pytest.approx(RATE_HZ, abs=2)
    assert np.abs(samples).max() == pytest.approx(8000, rel=0.05)


def test_the_sound_of_a_video_is_decoded(tmp_path: Path) -> None:
    """A video file is as good as an audio file."""
    samples = decode(write_video(tmp_path / "a.mp4", with_sound=True))

    assert len(samples) / RATE_HZ == pytest.approx(1.0, abs=0.15)


def test_the_form_of_the_audio_may_change_within_a_file(tmp_path: Path) -> None:
    """Pieces of different rate, stuck together, are all heard."""
    first = write_mp3(tmp_path / "a.mp3", rate_hz=44_100, channels=2)
    second = write_mp3(tmp_path / "b.mp3", rate_hz=48_000, channels=1)
    path = tmp_path / "both.mp3"
    path.write_bytes(first.read_bytes() + second.read_bytes())

    samples = decode(path)

    assert len(samples) / RATE_HZ == pytest.approx(2.0, abs=0.2)


def test_a_cut_file_gives_what_is_left(tmp_path: Path) -> None:
    """An upload that broke off is heard up to there."""
    whole = SAMPLES["interview"].path.read_bytes()
    path = tmp_path / "cut.flac"
    path.write_bytes(whole[: len(whole) // 2])

    samples = decode(path)

    assert 3 < len(samples) / RATE_HZ < 9


def test_damage_in_the_middle_costs_only_itself(tmp_path: Path) -> None:
    """Packets that cannot be decoded are passed over."""
    content = bytearray(SAMPLES["podcast_opening"].path.read_bytes())
    content[20_000:22_000] = b"\xff" * 2000
    path = tmp_path / "damaged.mp3"
    path.write_bytes(content)

    samples = decode(path)

    assert len(samples) / RATE_HZ == pytest.approx(SAMPLES["podcast_opening"].duration_s, abs=1.5)


def no_file(path: Path) -> None:
    """Leave the path without a file."""


def no_bytes(path: Path) -> None:
    """Write an empty file."""
    path.write_bytes(b"")


def no_audio(path: Path) -> None:
    """Write what a web server answers in place of a recording."""
    path.write_bytes(BROKEN.read_bytes())


def no_track(path: Path) -> None:
    """Write a silent film."""
    write_video(path.with_suffix(".mp4"), with_sound=False).rename(path)


def no_samples(path: Path) -> None:
    """Write a header and nothing behind it."""
    write_wav(path, np.zeros((1, 0)))


def a_folder(path: Path) -> None:
    """Make a folder."""
    path.mkdir()


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (no_file, "there is no such file"),
        (no_bytes, "the file is empty (0 bytes)"),
        (no_audio, "the file cannot be read as audio or video"),
        (no_track, "the file has no audio track"),
        (no_samples, "the file's audio track holds no sound that can be decoded"),
        (a_folder, "the file cannot be opened: Is a directory"),
    ],
)
def test_what_is_no_recording_is_refused_with_a_reason(
    tmp_path: Path, make: Callable[[Path], None], reason: str
) -> None:
    """Each kind of useless file says what is wrong with it."""
    path = tmp_path / "recording"
    make(path)

    with pytest.raises(EngineError) as caught:
        decode(path)

    assert str(caught.value) == reason


def test_a_playlist_cannot_name_other_files(tmp_path: Path) -> None:
    """A playlist sent in place of a recording opens nothing on this machine."""
    path = tmp_path / "recording.mp3"
    target = SAMPLES["opening_hours"].path
    path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{target}\n#EXT-X-ENDLIST\n")

    with pytest.raises(EngineError, match="cannot be read as audio or video"):
        decode(path)


def test_blocks_stay_small_however_long_the_file_is(tmp_path: Path) -> None:
    """Ten minutes of audio pass through in blocks of a fraction of a second."""
    path = write_wav(tmp_path / "long.wav", np.zeros((1, 600 * RATE_HZ)))

    with open_audio(path) as audio:
        sizes = [len(block) for block in audio.blocks()]

    assert sum(sizes) == 600 * RATE_HZ * SAMPLE_BYTES
    assert max(sizes) < RATE_HZ * SAMPLE_BYTES


def test_the_header_tells_the_length() -> None:
    """The length is known before anything is decoded."""
    with open_audio(SAMPLES["interview"].path) as audio:
        assert audio.claimed_s == pytest.approx(11.91, abs=0.05)


def test_a_missing_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without PyAV the message has the line to install it."""
    monkeypatch.setitem(sys.modules, "av", None)

    with pytest.raises(MissingExtraError, match=r'pip install "tidyscribe\[local\]"'):
        decode(SAMPLES["weather"].path)
