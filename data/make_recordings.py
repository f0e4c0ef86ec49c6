"""Make the sample recordings in `recordings/` and `recordings.csv`, the table that lists them.

The clips are spoken by the voices of Debian's `flite`, joined by `sox` and encoded by `ffmpeg`.
All three run in their repeatable modes, so the same versions of the programs give the same bytes
on every run, and a change to a file means a change to this script.

To add a recording, add a `Clip` to `CLIPS` and run `python data/make_recordings.py`.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import subprocess
import sys
import tempfile
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Kind = Literal["monologue", "dialogue", "event", "silence", "broken"]

PROGRAMS = ("flite", "sox", "ffmpeg")
INSTALL_HINT = "apt-get install flite sox libsox-fmt-all ffmpeg"

SAMPLE_RATE_HZ = 16_000
TURN_PAUSE_S = 0.5
SILENT_CLIP_S = 4.0
SPEECH_PEAK_DB = -3
RING_PEAK_DB = -12
#: Loud enough that no stretch is digital zero, as in any real recording; too quiet to be heard.
#: (AAC fills up its last frame with zeros all the same: an m4a file ends in up to 0.06 s of them.)
NOISE_DB = -60

#: What `ffmpeg` is told for each file format.
CODECS: dict[str, tuple[str, ...]] = {
    "flac": ("-c:a", "flac", "-compression_level", "8"),
    "m4a": ("-c:a", "aac", "-b:a", "48k"),
    "mp3": ("-c:a", "libmp3lame", "-b:a", "48k"),
    "ogg": ("-c:a", "libvorbis", "-q:a", "3"),
    "wav": ("-c:a", "pcm_s16le"),
}
#: Without these the files would hold dates, random numbers and the version of `ffmpeg`.
REPEATABLE = ("-map_metadata", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact")

#: The page a web server sends for a missing file, saved under the name of the recording:
#: the usual way in which a file that is no audio gets into a folder of downloads.
NOT_AUDIO = b"""<!DOCTYPE html>
<html>
<head><title>404 Not Found</title></head>
<body>
<h1>Not Found</h1>
<p>The recording you asked for is no longer on this server.</p>
</body>
</html>
"""


@dataclass(frozen=True)
class Turn:
    """What one speaker says before another takes over."""

    #: Name of a `flite` voice: `rms` and `awb` sound like men, `slt` like a woman.
    voice: str
    text: str


@dataclass(frozen=True)
class Clip:
    """One recording of the set, before it is made."""

    recording_id: str
    #: A key of `CODECS`, which is also the suffix of the file.
    file_format: str
    kind: Kind
    topic: str
    turns: tuple[Turn, ...] = ()

    @property
    def audio(self) -> str:
        """Path of the file, relative to the folder that holds `recordings.csv`."""
        return f"recordings/{self.recording_id}.{self.file_format}"

    @property
    def speakers(self) -> str:
        """The voices in order of appearance, such as `slt+awb`."""
        return "+".join(dict.fromkeys(turn.voice for turn in self.turns))

    @property
    def reference_text(self) -> str:
        """Everything that is said, without the names of the speakers."""
        return " ".join(turn.text for turn in self.turns)


CLIPS = (
    Clip(
        "service_greeting",
        "wav",
        "monologue",
        "call centre",
        (
            Turn(
                "slt",
                "Good morning, thank you for calling customer service. How can I help you today?",
            ),
        ),
    ),
    Clip(
        "internet_complaint",
        "mp3",
        "monologue",
        "call centre",
        (
            Turn(
                "rms",
                "I am calling because the internet has been very slow since yesterday. Could you "
                "please send somebody to look at it?",
            ),
        ),
    ),
    Clip(
        "interview",
        "flac",
        "monologue",
        "oral history",
        (
            Turn(
                "awb",
                "I grew up in a small town near the coast, and my parents worked in the same "
                "factory for almost thirty years. When the factory closed, most of my friends "
                "moved to the city to look for work.",
            ),
        ),
    ),
    Clip(
        "podcast_opening",
        "mp3",
        "monologue",
        "podcast",
        (
            Turn(
                "rms",
                "Hello and welcome back to the show. Today we are talking about how people find "
                "work after they leave school, and what they wish somebody had told them.",
            ),
        ),
    ),
    Clip(
        "weather",
        "flac",
        "monologue",
        "weather",
        (
            Turn(
                "slt",
                "The weather will be cold and cloudy in the morning, with light rain in the "
                "north. In the afternoon the sun should come out for a few hours.",
            ),
        ),
    ),
    Clip(
        "voice_memo",
        "m4a",
        "monologue",
        "voice memo",
        (
            Turn(
                "rms",
                "This is a note to myself. Call the doctor on Monday, buy milk and bread on the "
                "way home, and do not forget to water the plants.",
            ),
        ),
    ),
    Clip(
        "opening_hours",
        "mp3",
        "monologue",
        "announcement",
        (
            Turn(
                "slt",
                "Our shop is open from nine in the morning until six in the evening. On Saturday "
                "we close at noon.",
            ),
        ),
    ),
    Clip(
        "evening_news",
        "ogg",
        "monologue",
        "news",
        (
            Turn(
                "awb",
                "Good evening. Here is the news. The government has agreed to spend more money on "
                "public schools and hospitals next year.",
            ),
        ),
    ),
    Clip(
        "directions",
        "ogg",
        "monologue",
        "directions",
        (
            Turn(
                "slt",
                "Take the first street on the left and walk past the church. The museum is on the "
                "other side of the park.",
            ),
        ),
    ),
    Clip(
        "support_call",
        "ogg",
        "dialogue",
        "call centre",
        (
            Turn("slt", "Good afternoon, customer service. How can I help you?"),
            Turn("awb", "Hello. I ordered a table last month, and it has not arrived."),
            Turn("slt", "I am sorry to hear that. Can you give me the order number?"),
            Turn("awb", "Yes, the number is seven two five one."),
            Turn("slt", "I can see it now. It will be at your house on Friday morning."),
            Turn("awb", "That is good news. Thank you very much for your help."),
        ),
    ),
    Clip(
        "phone_ring",
        "m4a",
        "event",
        "phone call",
        (
            Turn(
                "rms",
                "Hello? Yes, this is David. I am on the train at the moment. Can I call you back "
                "in ten minutes?",
            ),
        ),
    ),
    Clip("empty_room", "flac", "silence", "nobody speaks"),
    Clip("broken", "mp3", "broken", "a file that is not audio"),
)


def main() -> None:
    """Make every clip and the table, or say which programs have to be installed first."""
    parser = argparse.ArgumentParser(description="Make the sample recordings and their table.")
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path(__file__).resolve().parent,
        help="where recordings/ and recordings.csv are written (default: beside this script)",
    )
    folder: Path = parser.parse_args().folder
    require_programs()
    (folder / "recordings").mkdir(parents=True, exist_ok=True)
    for clip in CLIPS:
        make_file(clip, folder / clip.audio)
    write_table(CLIPS, folder)


def require_programs() -> None:
    """Stop before the first file is written if a program is missing."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        sys.exit(f"Not installed: {', '.join(missing)}. On Debian or Ubuntu: {INSTALL_HINT}")


def run(program: str, *arguments: str | Path) -> bytes:
    """Run one of `PROGRAMS`, and stop with its own words if it fails.

    Returns
    -------
    bytes
        What the program wrote to its standard output.
    """
    command = [program, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603  (fixed list)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr.decode(errors='replace')}")
    return done.stdout


def sox(*arguments: str | Path) -> None:
    """Run `sox` with a fixed seed for its noise and its dither."""
    run("sox", "-R", *arguments)


def ffmpeg(*arguments: str | Path) -> bytes:
    """Run `ffmpeg` without its banner and without its keyboard commands."""
    return run("ffmpeg", "-nostdin", "-v", "error", *arguments)


def make_file(clip: Clip, target: Path) -> None:
    """Write the file of one clip, whatever its kind."""
    if clip.kind == "broken":
        target.write_bytes(NOT_AUDIO)
        return
    with tempfile.TemporaryDirectory() as scratch:
        encode(record(clip, Path(scratch)), target)


def record(clip: Clip, scratch: Path) -> Path:
    """Make the uncompressed recording of a clip: 16-bit WAV, 16 kHz, mono."""
    joined = scratch / "joined.wav"
    sox(*make_parts(clip, scratch), joined)
    return add_noise(joined, scratch)


def make_parts(clip: Clip, scratch: Path) -> list[Path]:
    """Make the sounds of a clip, one file each, in the order in which they are heard."""
    parts = [speak(turn, scratch / f"turn_{i}.wav") for i, turn in enumerate(clip.turns)]
    if clip.kind == "event":
        parts.insert(0, ring_phone(scratch / "ring.wav"))
    if clip.kind == "silence":
        parts.append(stay_silent(scratch / "silence.wav"))
    return parts


def speak(turn: Turn, target: Path) -> Path:
    """Synthesise one turn, with half a pause before and after it."""
    raw = target.with_suffix(".raw.wav")
    run("flite", "-voice", turn.voice, "-t", turn.text, "-o", raw)
    half_pause = str(TURN_PAUSE_S / 2)
    effects = ("rate", str(SAMPLE_RATE_HZ), "gain", "-n", str(SPEECH_PEAK_DB))
    sox(raw, *wav_output(target), *effects, "pad", half_pause, half_pause)
    return target


def ring_phone(target: Path) -> Path:
    """Synthesise two rings of the North American ringing tone, 440 Hz and 480 Hz together."""
    tone = ("synth", "2", "sine", "440", "synth", "2", "sine", "mix", "480")
    smooth_edges = ("fade", "0.02", "2", "0.02")
    twice = ("pad", "0.25", "0.75", "repeat", "1")
    sox("-n", *wav_output(target), *tone, "gain", "-n", str(RING_PEAK_DB), *smooth_edges, *twice)
    return target


def stay_silent(target: Path) -> Path:
    """Make the part of a recording in which nothing is heard."""
    sox("-n", *wav_output(target), "trim", "0", str(SILENT_CLIP_S))
    return target


def add_noise(recording: Path, scratch: Path) -> Path:
    """Mix faint pink noise under a whole recording."""
    noise, mixed = scratch / "noise.wav", scratch / "mixed.wav"
    length = f"{count_samples(recording)}s"
    sox("-n", *wav_output(noise), "synth", length, "pinknoise", "vol", f"{NOISE_DB}dB")
    # Mixing at volume 1 each: by default sox would halve both.
    sox("-m", "-v", "1", recording, "-v", "1", noise, mixed)
    return mixed


def wav_output(target: Path) -> tuple[str | Path, ...]:
    """Name an output file of `sox` together with the format all parts share."""
    return "-r", str(SAMPLE_RATE_HZ), "-c", "1", "-b", "16", target


def count_samples(recording: Path) -> int:
    """Length of an uncompressed recording, in samples."""
    with wave.open(str(recording), "rb") as opened:
        return opened.getnframes()


def encode(recording: Path, target: Path) -> None:
    """Write a recording in the format that the suffix of `target` names."""
    codec = CODECS[target.suffix.removeprefix(".")]
    ffmpeg("-y", "-i", recording, *codec, *REPEATABLE, target)


def measure_duration_s(audio: Path) -> float:
    """Length of the finished file once decoded, in seconds.

    Lossy formats add a little at either end, so this is measured and not taken from the parts.
    """
    as_samples = ("-f", "s16le", "-ac", "1", "-ar", str(SAMPLE_RATE_HZ), "-")
    bytes_per_sample = 2
    samples = len(ffmpeg("-i", audio, *as_samples)) // bytes_per_sample
    return samples / SAMPLE_RATE_HZ


def describe(clip: Clip, folder: Path) -> dict[str, str]:
    """Make the row of one clip; a file that is no audio has no duration."""
    is_audio = clip.kind != "broken"
    return {
        "recording_id": clip.recording_id,
        "audio": clip.audio,
        "kind": clip.kind,
        "speakers": clip.speakers,
        "topic": clip.topic,
        "reference_text": clip.reference_text,
        "duration_s": f"{measure_duration_s(folder / clip.audio):.2f}" if is_audio else "",
    }


def write_table(clips: Iterable[Clip], folder: Path) -> None:
    """Write `recordings.csv`, one row per clip."""
    rows = [describe(clip, folder) for clip in clips]
    with (folder / "recordings.csv").open("w", encoding="utf-8", newline="") as table:
        writer = csv.DictWriter(table, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
