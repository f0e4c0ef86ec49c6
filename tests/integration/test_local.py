"""The sample recordings through the embedded engine: the whole chain, no socket, no key."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import jiwer
import pandas as pd
import pytest
from whisper_normalizer.english import EnglishTextNormalizer

import tidyscribe

DATA = Path("data")


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Transcribe all sample recordings."""
    root = Path(__file__).parents[2] / DATA
    store = tmp_path_factory.mktemp("local") / "samples.tidyscribe"
    frame = pd.read_csv(root / "recordings.csv", index_col="recording_id")
    frame["audio"] = [str(root / path) for path in frame["audio"]]
    corpus = frame.transcribe("audio", provider="local", store=store, progress=False)
    return SimpleNamespace(corpus=corpus, frame=frame, store=store)


def test_all_but_the_broken_file_are_transcribed(samples: SimpleNamespace) -> None:
    """The broken file fails with a reason and harms no other."""
    statuses = samples.corpus.transcripts["status"]

    assert statuses[statuses != "completed"].to_dict() == {"broken": "failed"}
    assert samples.corpus.errors.loc["broken", "error"]


def test_the_word_error_rate_is_what_the_docs_say(samples: SimpleNamespace) -> None:
    """On these clips the engine gets more than nine words in ten right."""
    normalize = EnglishTextNormalizer()
    spoken = samples.frame["reference_text"].dropna()
    heard = samples.corpus.transcripts.loc[spoken.index, "text"]

    rate = jiwer.wer([normalize(t) for t in spoken], [normalize(t) for t in heard])

    assert rate < 0.10


def test_durations_are_those_of_the_files(samples: SimpleNamespace) -> None:
    """The length of each recording is known to a tenth of a second."""
    difference = samples.corpus.transcripts["duration_s"] - samples.frame["duration_s"]

    assert difference.abs().max() < 0.1


def test_silence_has_no_words(samples: SimpleNamespace) -> None:
    """Nothing is heard where nothing is said."""
    row = samples.corpus.transcripts.loc["empty_room"]

    assert (row["text"], row["n_words"]) == ("", 0)


def test_word_times_lie_in_the_recording(samples: SimpleNamespace) -> None:
    """Words begin before they end, within the recording, one after the other."""
    words = samples.corpus.words.merge(
        samples.corpus.transcripts[["transcript_id", "duration_s"]], on="transcript_id"
    )

    assert (words["start_s"] < words["end_s"]).all()
    assert (words["end_s"] <= words["duration_s"] + 0.05).all()
    assert words.groupby("transcript_id")["start_s"].is_monotonic_increasing.all()


def test_bytes_are_the_file_they_came_from(samples: SimpleNamespace) -> None:
    """The same audio given as bytes is the same recording, and is not worked on again."""
    content = Path(samples.frame.loc["interview", "audio"]).read_bytes()

    corpus = tidyscribe.transcribe([content], provider="local", store=samples.store, progress=False)

    expected = samples.corpus.transcripts.loc["interview"]
    assert corpus.transcripts["transcript_id"].tolist() == [expected["transcript_id"]]
    assert corpus.transcripts["completed_at"].tolist() == [expected["completed_at"]]


def test_bytes_are_transcribed(samples: SimpleNamespace, tmp_path: Path) -> None:
    """Audio given as bytes goes through the engine like a file."""
    content = Path(samples.frame.loc["opening_hours", "audio"]).read_bytes()

    corpus = tidyscribe.transcribe(
        [content], provider="local", store=tmp_path / "bytes.tidyscribe", progress=False
    )

    expected = samples.corpus.transcripts.loc["opening_hours", "text"]
    assert corpus.transcripts["text"].tolist() == [expected]


def test_no_socket_is_opened(samples: SimpleNamespace, tmp_path: Path) -> None:
    """The embedded engine works in a process that may not connect to anything."""
    import subprocess

    script = (
        "import socket, sys\n"
        "def refuse(*args): raise AssertionError('a connection was made')\n"
        "socket.socket.connect = refuse\n"
        "import tidyscribe\n"
        "corpus = tidyscribe.transcribe(sys.argv[1:2], provider='local', store=sys.argv[2])\n"
        "assert list(corpus.transcripts.status) == ['completed']\n"
    )
    audio = samples.frame.loc["opening_hours", "audio"]

    # A script without an `if __name__` guard: workers must not run it again.
    done = subprocess.run(
        [sys.executable, "-c", script, audio, str(tmp_path / "s")], capture_output=True, check=False
    )

    assert done.returncode == 0, done.stderr.decode()
