"""The command line, as a process: tables in, results out, exit codes, readable errors."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.integration.conftest import frame_of
from tests.support.foxserver import KEY, FoxServer


def run(*arguments: object, key: str | None = KEY) -> subprocess.CompletedProcess[str]:
    """Run a command with the key in its environment."""
    environment = {**os.environ, **({"FOXAPI_API_KEY": key} if key else {})}
    return subprocess.run(
        [sys.executable, "-m", "tidyscribe", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )


@pytest.fixture(params=["csv", "parquet"])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Write a table of two recordings."""
    path: Path = tmp_path / f"calls.{request.param}"
    frame = frame_of(["ok-1", "ok-2"])
    frame.to_csv(path) if request.param == "csv" else frame.to_parquet(path)
    return path


def transcribe(
    table: Path, fox: FoxServer, store: Path, *more: object, **given: str | None
) -> subprocess.CompletedProcess[str]:
    """Run ``tidyscribe transcribe`` against the server."""
    options = ["--source-column", "audio_url", "--provider", "foxapi/scribe-v2"]
    return run(
        "transcribe", table, *options, "--base-url", fox.url, "--store", store, *more, **given
    )


def test_a_table_is_transcribed(table: Path, fox: FoxServer, store: Path) -> None:
    """The store holds the tables, and the command says what is in it."""
    done = transcribe(table, fox, store)

    assert done.returncode == 0, done.stderr
    assert "2 completed" in done.stdout
    parts = list((store / "words").glob("*.parquet"))
    assert len(pd.concat([pd.read_parquet(part) for part in parts])) == 10


def test_failures_give_exit_code_one(fox: FoxServer, store: Path, tmp_path: Path) -> None:
    """Rows without a transcript are listed with their advice."""
    frame_of(["ok-1", "fail-1"]).to_csv(tmp_path / "calls.csv")

    done = transcribe(tmp_path / "calls.csv", fox, store, "--no-progress")

    assert done.returncode == 1
    assert "audio could not be read" in done.stderr
    assert "retry" in done.stderr


def test_status_shows_counts_and_errors(fox: FoxServer, store: Path, tmp_path: Path) -> None:
    """``status`` counts rows by state and shows the latest errors."""
    frame_of(["ok-1", "fail-1"]).to_csv(tmp_path / "calls.csv")
    transcribe(tmp_path / "calls.csv", fox, store)

    done = run("status", store)

    assert done.returncode == 0
    assert "foxapi/scribe-v2: 1 completed" in done.stdout
    assert "audio could not be read" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["transcribe", "gone.csv", "--source-column", "u", "--provider", "local"], 2, "not exist"),
        (["transcribe", "README.md", "--source-column", "u", "--provider", "local"], 2, ".csv"),
        (["status", "no-such-store"], 3, "There is no store"),
        (["serve", "--host", "0.0.0.0"], 2, "key"),
        (["transcribe"], 2, "Missing argument"),
    ],
)
def test_errors_are_one_message_and_a_code(arguments: list[str], code: int, message: str) -> None:
    """What cannot be done is said in a line, without a traceback."""
    done = run(*arguments)

    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_key_is_named(table: Path, fox: FoxServer, store: Path) -> None:
    """Without a key the variable to set is named."""
    done = transcribe(table, fox, store, key=None)

    assert done.returncode == 2
    assert "FOXAPI_API_KEY" in done.stderr


def test_no_option_takes_a_key() -> None:
    """A key on the command line would stand in the shell's history."""
    shown = run("transcribe", "--help").stdout + run("serve", "--help").stdout

    assert "--api-key" not in shown
    assert "--key " not in shown
