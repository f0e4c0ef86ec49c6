"""Keys and signatures, planted everywhere, are in nothing the package writes or shows."""

from __future__ import annotations

import logging
import sqlite3
import traceback
from pathlib import Path

import pandas as pd
import pytest

import tidyscribe
from tests.integration.conftest import Transcribe, url_of
from tests.support.foxserver import KEY, FoxServer
from tidyscribe.store.compression import decompress

SIGNATURE = "5ig-0123456789abcdef-planted"
TOKEN = "t0ken-0123456789abcdef-planted"
PASSWORD = "p4ssword-planted"
SECRETS = (KEY, SIGNATURE, TOKEN, PASSWORD)


def signed(name: str) -> str:
    """Give an address with a password, a signature and a token."""
    url = url_of(name).replace("http://", f"http://me:{PASSWORD}@")
    return f"{url}?X-Amz-Signature={SIGNATURE}&X-Amz-Credential=x&token={TOKEN}"


@pytest.fixture
def corpus(transcribe: Transcribe, caplog: pytest.LogCaptureFixture) -> tidyscribe.Corpus:
    """Transcribe signed recordings, some of which the server echoes in results and errors."""
    caplog.set_level(logging.DEBUG)
    names = ["ok-1", "echo-1", "bad-1", "fail-1", "cut-1", "down-1"]
    return transcribe(pd.DataFrame({"audio_url": [signed(name) for name in names]}))


def leaked(text: str) -> list[str]:
    """List the secrets that stand in a text."""
    return [secret for secret in SECRETS if secret in text]


def test_tables_and_reprs_hold_no_secret(corpus: tidyscribe.Corpus) -> None:
    """No table, repr or card shows one."""
    shown = [repr(corpus), corpus._repr_html_(), repr(vars(corpus))]
    tables = [getattr(corpus, name).to_csv() for name in ("transcripts", "segments", "words")]

    assert leaked("".join(shown + tables)) == []


def test_the_ledger_holds_no_secret(corpus: tidyscribe.Corpus, store: Path) -> None:
    """No cell of the ledger holds one, stored replies included, unpacked."""
    ledger = sqlite3.connect(store / "ledger.sqlite")
    cells = [
        str(cell)
        for table in ("submissions", "past_attempts", "parts", "files")
        for row in ledger.execute(f"SELECT * FROM {table}")
        for cell in row
    ]
    replies = ledger.execute("SELECT body, size_bytes FROM replies").fetchall()
    ledger.close()

    bodies = [decompress(body, size).decode() for body, size in replies]
    assert leaked("".join(cells + bodies)) == []
    assert len(bodies) >= 4


def test_files_hold_no_secret(corpus: tidyscribe.Corpus, store: Path) -> None:
    """No file of the store holds one as plain bytes."""
    files = [path.read_bytes() for path in store.rglob("*") if path.is_file()]

    assert [s for s in SECRETS if any(s.encode() in content for content in files)] == []


def test_logs_hold_no_secret(corpus: tidyscribe.Corpus, caplog: pytest.LogCaptureFixture) -> None:
    """No logger of any library writes one, not even at its most talkative."""
    assert leaked(caplog.text) == []


def test_tracebacks_hold_no_secret(transcribe: Transcribe, fox: FoxServer) -> None:
    """The message of an error about a signed recording shows none."""
    frame = pd.DataFrame({"audio_url": [signed("ok-1"), "ftp://host/x?token=" + TOKEN]})

    with pytest.raises(tidyscribe.SourceError) as caught:
        transcribe(frame)

    assert leaked("".join(traceback.format_exception(caught.value))) == []
