"""The ledger: how far each submission has come."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.unit.samples import reply
from tidyscribe.errors import (
    ErrorKind,
    ProviderError,
    StoreError,
    StoreUnwritableError,
    StoreVersionError,
)
from tidyscribe.providers.base import Finished, Pending
from tidyscribe.store.ledger import APPLICATION_ID, FILE_NAME, Known, Ledger, State

REFUSED = ProviderError(
    "HTTP 422: no", kind=ErrorKind.INPUT, accepted=False, advice="Check.", request_id="req-1"
)
FAILED = ProviderError("No audio.", kind=ErrorKind.INPUT, accepted=True, advice="Check.", cost=0.5)
DOUBT = ProviderError("Gone.", kind=ErrorKind.AMBIGUOUS, advice="Look.")
BODY = {"results": [{"text": "Hi."}]}


def planned(key: str) -> dict[str, Any]:
    """Give what is noted of a submission at first."""
    return {
        "transcript_id": key,
        "source": f"https://a.example/{key}.mp3",
        "provider": "foxapi",
        "model": "scribe-v2",
        "parameters": "{}",
        "address": "planned.example",
    }


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Give a ledger with submissions a, b and c, planned."""
    with closing(Ledger(tmp_path, is_writer=True)) as opened:
        opened.plan([planned(key) for key in "abc"])
        yield opened


def row(ledger: Ledger, key: str = "a") -> dict[str, Any]:
    """Give a submission's row."""
    (found,) = ledger.rows([key])
    return dict(found)


def accept(ledger: Ledger, key: str = "a", task_id: str = "task-1") -> None:
    """Send a submission and have it accepted."""
    ledger.sending(key, "sent.example")
    ledger.accepted(key, Pending(task_id, 30.0, cost=1.5, cost_unit="credits"))


# States -----------------------------------------------------------------------------------------


def test_planned(ledger: Ledger) -> None:
    """Nothing was sent yet."""
    found = row(ledger)

    assert (found["state"], found["attempts"], found["submitted_at"]) == ("planned", 0, None)
    assert found["planned_at"] > 1_760_000_000_000_000  # microseconds


def test_planning_again_changes_nothing(ledger: Ledger) -> None:
    """What is known stays as it is."""
    accept(ledger)

    ledger.plan([planned("a") | {"source": "elsewhere"}])

    assert (row(ledger)["state"], row(ledger)["source"]) == ("accepted", "https://a.example/a.mp3")


def test_sending(ledger: Ledger) -> None:
    """The attempt is counted, and the time and the address noted."""
    ledger.sending("a", "sent.example")

    found = row(ledger)
    assert (found["state"], found["attempts"], found["address"]) == ("sending", 1, "sent.example")
    assert found["submitted_at"] >= found["planned_at"]


def test_accepted(ledger: Ledger) -> None:
    """The task id is there, with what it is expected to take and to cost."""
    accept(ledger)

    found = row(ledger)
    assert (found["state"], found["task_id"], found["estimated_s"]) == ("accepted", "task-1", 30.0)
    assert (found["cost"], found["cost_unit"]) == (1.5, "credits")


def test_completed(ledger: Ledger) -> None:
    """The reply is kept as it came; its cost replaces the expected one."""
    accept(ledger)

    ledger.completed("a", reply(BODY, content_type="application/json"), Finished(2.0, "credits"))

    found = row(ledger)
    assert (found["state"], found["cost"], found["error"]) == ("completed", 2.0, None)
    assert found["completed_at"] >= found["submitted_at"]
    assert ledger.result("a") == reply(BODY, content_type="application/json")


def test_a_cost_that_is_not_named_again_stays(ledger: Ledger) -> None:
    """What was said at the submit holds."""
    accept(ledger)

    ledger.completed("a", reply(BODY), Finished())

    assert (row(ledger)["cost"], row(ledger)["cost_unit"]) == (1.5, "credits")


@pytest.mark.parametrize("state", [State.FAILED, State.IN_DOUBT, State.LOST])
def test_ended(ledger: Ledger, state: State) -> None:
    """An end without a transcript says why, and what to do."""
    accept(ledger)

    ledger.ended("a", state, FAILED, reply({"error": "no"}))

    found = row(ledger)
    assert (found["state"], found["is_resendable"]) == (state.value, 0)
    assert (found["error_kind"], found["error"]) == ("input", "No audio.")
    assert (found["advice"], found["cost"]) == ("Check.", 0.5)


def test_a_refusal_can_be_sent_again(ledger: Ledger) -> None:
    """It cost nothing, and says so; it is no result."""
    ledger.sending("a", "sent.example")

    ledger.ended("a", State.FAILED, REFUSED, reply({"error": "no"}, 422), True)

    assert (row(ledger)["is_resendable"], row(ledger)["request_id"]) == (1, "req-1")
    assert ledger.result("a") is None


def test_waiting(ledger: Ledger) -> None:
    """The waiting ended, the task did not."""
    accept(ledger)

    ledger.waiting("a", ProviderError("Not yet.", kind=ErrorKind.WAITING))

    assert (row(ledger)["state"], row(ledger)["error"]) == ("accepted", "Not yet.")


def test_completing_clears_what_was_said_before(ledger: Ledger) -> None:
    """A transcript that came in the end has no error."""
    accept(ledger)
    ledger.waiting("a", ProviderError("Not yet.", kind=ErrorKind.WAITING))

    ledger.completed("a", reply(BODY), Finished())

    assert [row(ledger)[name] for name in ("error_kind", "error", "advice")] == [None] * 3


def test_unsent(ledger: Ledger) -> None:
    """Only what is still to be sent, of that provider and model."""
    accept(ledger)

    ledger.unsent("foxapi", "scribe-v2", ProviderError("Not sent.", kind=ErrorKind.NOT_SENT))
    ledger.unsent("foxapi", "other", ProviderError("Other.", kind=ErrorKind.NOT_SENT))

    assert [row(ledger, key)["error"] for key in "abc"] == [None, "Not sent.", "Not sent."]


def test_unreadable(ledger: Ledger) -> None:
    """The reply is kept, the row has no transcript."""
    accept(ledger)
    ledger.completed("a", reply(BODY), Finished())

    ledger.unreadable("a", ProviderError("No text.", kind=ErrorKind.UNREADABLE))

    assert (row(ledger)["state"], row(ledger)["error_kind"]) == ("failed", "unreadable")
    assert ledger.result("a") == reply(BODY)


def test_doubt(ledger: Ledger) -> None:
    """What was on its way when its process ended, and nothing else."""
    ledger.sending("a", "sent.example")
    accept(ledger, "b")

    assert ledger.doubt(DOUBT) == 1
    assert [row(ledger, key)["state"] for key in "abc"] == ["in_doubt", "accepted", "planned"]
    assert row(ledger)["error"] == "Gone."


# Once more --------------------------------------------------------------------------------------


def test_a_new_attempt_starts_clean(ledger: Ledger) -> None:
    """Nothing of the old one is taken for the new one's."""
    accept(ledger)
    ledger.ended("a", State.FAILED, FAILED, reply({"error": "no"}))
    ledger.replan("a")

    ledger.sending("a", "sent.example")

    found = row(ledger)
    assert (found["state"], found["attempts"]) == ("sending", 2)
    cleared = (
        "task_id",
        "request_id",
        "estimated_s",
        "cost",
        "error_kind",
        "error",
        "completed_at",
    )
    assert [found[name] for name in cleared] == [None] * len(cleared)
    assert ledger.result("a") is None


def test_past_attempts_are_remembered(ledger: Ledger) -> None:
    """What became of it, which task it was, and what it cost."""
    accept(ledger)
    ledger.ended("a", State.FAILED, FAILED, None)

    ledger.replan("a")

    past = ledger._db.execute("SELECT attempt, state, task_id, cost, error FROM past_attempts")
    assert [tuple(one) for one in past] == [(1, "failed", "task-1", 0.5, "No audio.")]


def test_replies_of_past_attempts_stay(ledger: Ledger) -> None:
    """Nothing paid is thrown away."""
    for attempt in (1, 2):
        accept(ledger)
        ledger.completed("a", reply({"attempt": attempt}), Finished())
        ledger.replan("a")

    found = ledger._db.execute("SELECT attempt FROM replies ORDER BY attempt")
    assert [one[0] for one in found] == [1, 2]


def test_what_was_never_sent_has_no_past(ledger: Ledger) -> None:
    """There is nothing to remember."""
    ledger.replan("a")

    assert ledger._db.execute("SELECT count(*) FROM past_attempts").fetchone()[0] == 0


# What is known ----------------------------------------------------------------------------------


def test_known(ledger: Ledger) -> None:
    """Ids that are not in the ledger are left out."""
    accept(ledger)

    assert ledger.known(["a", "b", "unheard-of"]) == {
        "a": Known(State.ACCEPTED, False, "task-1", "sent.example", 1.5),
        "b": Known(State.PLANNED, False, None, "planned.example", None),
    }


def test_known_of_many(ledger: Ledger) -> None:
    """More ids than one statement takes."""
    keys = [f"{number:04d}" for number in range(1201)]
    ledger.plan(planned(key) for key in keys)

    assert list(ledger.known(keys)) == keys
    assert ledger.known([]) == {}


def test_counts(ledger: Ledger) -> None:
    """By provider, model and state."""
    accept(ledger)

    assert ledger.counts() == [
        ("foxapi/scribe-v2", State.ACCEPTED, 1, 1.5, "credits"),
        ("foxapi/scribe-v2", State.PLANNED, 2, 0, None),
    ]


def test_last_errors(ledger: Ledger) -> None:
    """The latest first, no more than asked for."""
    for key in "abc":
        ledger.sending(key, "sent.example")
        ledger.ended(key, State.FAILED, FAILED, None)
        ledger._db.execute(
            "UPDATE submissions SET completed_at = ? WHERE transcript_id = ?", (ord(key), key)
        )

    found = [one["source"] for one in ledger.last_errors(2)]

    assert found == ["https://a.example/c.mp3", "https://a.example/b.mp3"]


def test_files_are_remembered(ledger: Ledger) -> None:
    """The last that was noted counts."""
    ledger.add_file("/a.wav", 10, 20, "old")
    ledger.add_file("/a.wav", 11, 21, "new")

    assert (ledger.file("/a.wav"), ledger.file("/b.wav")) == ((11, 21, "new"), None)


# Parts ------------------------------------------------------------------------------------------


def test_parts(ledger: Ledger) -> None:
    """Files that count, and which submissions stand in them."""
    ledger.add_part(1, {"transcripts": 2, "words": 9}, ["a", "b"])

    assert ledger.parts_of("words") == [(1, 9)]
    assert ledger.all_parts() == {(1, "transcripts"), (1, "words")}
    assert ledger.parts_holding(["a", "c"]) == {"a": 1, "c": None}
    assert [one["transcript_id"] for one in ledger.unprojected()] == ["c"]
    assert ledger.next_part() == 2


def test_a_dropped_part_counts_no_more(ledger: Ledger) -> None:
    """Its number is not given again while a row still names it."""
    ledger.add_part(1, {"transcripts": 1}, ["a"])

    ledger.drop_part(1)

    assert (ledger.all_parts(), ledger.next_part()) == (set(), 2)


def test_forgetting_all_parts(ledger: Ledger) -> None:
    """Everything is to be written anew."""
    ledger.add_part(1, {"transcripts": 1}, ["a"])

    ledger.forget_parts()

    assert (ledger.all_parts(), len(ledger.unprojected())) == (set(), 3)


def test_projectable(ledger: Ledger) -> None:
    """Final rows that stand in no part; what can be sent again is not final."""
    accept(ledger, "a")
    ledger.completed("a", reply(BODY), Finished())
    ledger.sending("b", "sent.example")
    ledger.ended("b", State.FAILED, REFUSED, None, True)

    (found,) = ledger.projectable(10)

    assert (found["transcript_id"], found["size_bytes"]) == ("a", len(reply(BODY).body))


# Transactions, readers, and files of others -----------------------------------------------------


def test_a_rollback_undoes(ledger: Ledger) -> None:
    """And a second one is harmless."""
    ledger.begin()
    ledger.sending("a", "sent.example")

    ledger.rollback()
    ledger.rollback()

    assert row(ledger)["state"] == "planned"


def test_a_reader_sees_what_was_committed(ledger: Ledger, tmp_path: Path) -> None:
    """Not what is under way."""
    with closing(Ledger(tmp_path, is_writer=False)) as reader:
        ledger.begin()
        ledger.sending("a", "sent.example")
        before = row(reader)["state"]
        ledger.commit()

        assert (before, row(reader)["state"]) == ("planned", "sending")


def test_a_reader_cannot_write(ledger: Ledger, tmp_path: Path) -> None:
    """The error is the package's own."""
    with closing(Ledger(tmp_path, is_writer=False)) as reader, pytest.raises(StoreUnwritableError):
        reader.sending("a", "sent.example")


def test_a_transaction_that_cannot_begin_is_an_error_of_the_store(
    ledger: Ledger, tmp_path: Path
) -> None:
    """The writer's thread knows errors of the store only."""
    with closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        ledger._db.execute("PRAGMA busy_timeout = 0")

        with pytest.raises(StoreError):
            ledger.begin()


def test_opening_again_keeps_everything(ledger: Ledger, tmp_path: Path) -> None:
    """A migration that was made is not made again."""
    accept(ledger)
    ledger.close()

    with closing(Ledger(tmp_path, is_writer=True)) as again:
        assert row(again)["task_id"] == "task-1"


@pytest.mark.parametrize("is_writer", [True, False])
def test_a_newer_format_is_refused(ledger: Ledger, tmp_path: Path, *, is_writer: bool) -> None:
    """Data that are not understood are not touched."""
    ledger._db.execute("PRAGMA user_version = 99")
    ledger.close()

    with pytest.raises(StoreVersionError, match=r"has format 99.*Upgrade tidyscribe"):
        Ledger(tmp_path, is_writer=is_writer)


@pytest.mark.parametrize("is_writer", [True, False])
@pytest.mark.parametrize("application_id", [0x47504B47, 0])  # GeoPackage; most have none
def test_another_programs_file_is_refused(
    tmp_path: Path, application_id: int, *, is_writer: bool
) -> None:
    """It is somebody's data, and stays as it is."""
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as db:
        db.execute(f"PRAGMA application_id = {application_id}")
        db.execute("CREATE TABLE birds (name TEXT)")

    with pytest.raises(StoreError):
        Ledger(tmp_path, is_writer=is_writer)

    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as db:
        assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("birds",)]


@pytest.mark.parametrize("is_writer", [True, False])
def test_what_is_no_database_is_refused(tmp_path: Path, *, is_writer: bool) -> None:
    """A text file of that name, say."""
    (tmp_path / FILE_NAME).write_text("x" * 5000)

    with pytest.raises(StoreError, match=r"ledger.sqlite"):
        Ledger(tmp_path, is_writer=is_writer)


def test_the_file_says_whose_it_is(ledger: Ledger) -> None:
    """``file ledger.sqlite`` can tell."""
    assert ledger._pragma("application_id") == APPLICATION_ID == int.from_bytes(b"TSCR", "big")
