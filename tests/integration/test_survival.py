"""Processes killed for real, at moments that hurt; the next identical call finishes the job."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.integration.conftest import Transcribe, frame_of
from tests.support.foxserver import KEY, FoxServer

#: The user's script: transcribe the recordings of a file.
SCRIPT = """
import sys, pandas as pd, tidyscribe
frame = pd.read_csv(sys.argv[1])
frame.transcribe("audio_url", provider="foxapi/scribe-v2", base_url=sys.argv[2],
                 store=sys.argv[3], progress=False)
"""


def start(frame: pd.DataFrame, fox: FoxServer, store: Path) -> subprocess.Popen[bytes]:
    """Start the script in a process of its own."""
    table = store.with_suffix(".csv")
    frame.to_csv(table)
    arguments = [sys.executable, "-c", SCRIPT, str(table), fox.url, str(store)]
    return subprocess.Popen(arguments, env={**os.environ, "FOXAPI_API_KEY": KEY})


def wait_for_submits(process: subprocess.Popen[bytes], fox: FoxServer, count: int) -> None:
    """Wait until so many submits have come in, or the process has ended."""
    while fox.submissions.total() < count and process.poll() is None:
        try:
            process.wait(0.005)
        except subprocess.TimeoutExpired:
            continue


@pytest.mark.parametrize("moment", [1, 7, 20, 39])
def test_a_killed_run_is_finished_by_the_next(
    transcribe: Transcribe, fox: FoxServer, store: Path, moment: int
) -> None:
    """After SIGKILL in the middle, everything is accounted for and nothing is billed twice."""
    frame = frame_of([f"ok-{n}" for n in range(40)])
    process = start(frame, fox, store)
    wait_for_submits(process, fox, moment)
    process.kill()
    process.wait()

    corpus = transcribe(frame)

    statuses = corpus.transcripts["status"]
    assert set(fox.submissions.values()) == {1}
    assert set(statuses) <= {"completed", "in_doubt"}
    assert all(fox.submissions[url] == 1 for url in frame["audio_url"][statuses == "completed"])


def test_killed_again_and_again_ends_like_an_undisturbed_run(
    transcribe: Transcribe, fox: FoxServer, store: Path, tmp_path: Path
) -> None:
    """Kills at random moments, resumed each time: one submission each, and the same tables."""
    frame = frame_of([f"ok-{n}" for n in range(60)])
    chance = random.Random(20261121)
    for _ in range(6):
        process = start(frame, fox, store)
        wait_for_submits(process, fox, fox.submissions.total() + chance.randint(1, 15))
        process.kill()
        process.wait()

    corpus = transcribe(frame)
    doubtful = (corpus.transcripts["status"] == "in_doubt").to_numpy(dtype=bool)
    undisturbed = transcribe(frame, store=tmp_path / "other.tidyscribe")

    counts = frame["audio_url"].map(fox.submissions)
    assert set(counts[~doubtful]) == {2}  # once for each store
    assert set(counts[doubtful]) <= {1, 2}  # those in doubt may never have left
    columns = ["transcript_id", "source", "text", "language", "n_words", "n_segments", "cost"]
    pd.testing.assert_frame_equal(
        corpus.transcripts.loc[~doubtful, columns],
        undisturbed.transcripts.loc[~doubtful, columns],
    )


def test_a_submit_under_way_at_the_kill_is_in_doubt(
    transcribe: Transcribe, fox: FoxServer, store: Path
) -> None:
    """A process that dies before the answer leaves the row in doubt, and it stays unsent."""
    frame = frame_of(["slowsubmit-1"])
    process = start(frame, fox, store)
    fox.on_submit = lambda _: os.kill(process.pid, signal.SIGKILL)
    process.wait()

    corpus = transcribe(frame)

    assert corpus.transcripts["status"].tolist() == ["in_doubt"]
    assert "process ended" in corpus.transcripts["error"].iloc[0]
    assert fox.submissions.total() == 1


def test_a_second_process_is_told_that_the_store_is_in_use(
    transcribe: Transcribe, fox: FoxServer, store: Path
) -> None:
    """Two runs on one store: the second is refused, clearly, and the first goes on."""
    import tidyscribe

    fox.n_polls = 1_000_000
    frame = frame_of(["ok-1"])
    process = start(frame, fox, store)
    wait_for_submits(process, fox, 1)

    with pytest.raises(tidyscribe.StoreLockedError, match=f"process {process.pid}"):
        transcribe(frame)

    assert process.poll() is None
    fox.n_polls = 1
    assert process.wait(60) == 0


def test_an_interrupted_script_keeps_what_is_done_and_says_so(
    transcribe: Transcribe, fox: FoxServer, store: Path
) -> None:
    """Ctrl-C ends the script with a note; the next call collects the task it left."""
    fox.n_polls = 1_000_000
    frame = frame_of(["ok-1", "ok-2"])
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(_csv(frame, store)), fox.url, str(store)],
        env={**os.environ, "FOXAPI_API_KEY": KEY},
        stderr=subprocess.PIPE,
    )
    wait_for_submits(process, fox, 2)
    process.send_signal(signal.SIGINT)
    _, shown = process.communicate(timeout=60)
    fox.n_polls = 1

    corpus = transcribe(frame)

    assert b"Nothing is sent twice" in shown
    assert corpus.transcripts["status"].tolist() == ["completed", "completed"]
    assert set(fox.submissions.values()) == {1}


def _csv(frame: pd.DataFrame, store: Path) -> Path:
    path = store.with_suffix(".csv")
    frame.to_csv(path)
    return path
