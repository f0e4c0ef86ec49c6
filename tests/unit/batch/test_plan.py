"""The plan: checked to the last row, and a key for each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tidyscribe.batch.plan import Plan, check, plan
from tidyscribe.batch.rows import Rows, rows_of
from tidyscribe.errors import InputError, OptionError, SourceError
from tidyscribe.options import column
from tidyscribe.providers import get_provider
from tidyscribe.store.identity import NO_RECORDING, content_hash

FOX, LOCAL = get_provider("foxapi"), get_provider("local")


def rows(*sources: object, **options: Any) -> Rows:
    """Make rows of a list."""
    return rows_of(list(sources), None, options)


def planned(*sources: object, **options: Any) -> Plan:
    """Plan a list for FoxAPI."""
    return plan(rows(*sources, **options), FOX, content_hash)


def url(name: str, *, day: int | None = None) -> str:
    """Give an address, signed or not."""
    signature = f"?X-Amz-Date=2026010{day}&X-Amz-Signature=5ec2e7{day}" if day else ""
    return f"https://a.example/{name}.mp3{signature}"


def refusal(*sources: object, **options: Any) -> InputError:
    """Give the error of a check."""
    with pytest.raises(InputError) as caught:
        check(rows(*sources, **options), FOX)
    return caught.value


# Checks -----------------------------------------------------------------------------------------


def test_good_rows_pass() -> None:
    """Nulls are no mistake."""
    check(rows(url("a"), None, float("nan"), "", url("b", day=1), language="en"), FOX)


def test_one_message_names_all_bad_rows() -> None:
    """Labels, column and reason of each; the attributes are those of the first."""
    frame = pd.DataFrame(
        {"audio": [url("a"), "ftp://a.example/b.mp3", "c.mp3"]}, index=["one", "two", "three"]
    )

    with pytest.raises(SourceError) as caught:
        check(rows_of(frame, "audio", {}), FOX)

    lines = str(caught.value).splitlines()
    assert lines[0] == "2 of 3 rows cannot be sent; nothing was sent."
    assert lines[1].startswith("row 'two', column 'audio': 'ftp://a.example/b.mp3': ftp: addresses")
    assert lines[2].startswith("row 'three', column 'audio': 'c.mp3': foxapi/scribe-v2 takes audio")
    assert lines[3] == "Correct these rows, or set them to None to leave them out."
    assert (caught.value.row, caught.value.column) == ("two", "audio")


def test_many_bad_rows_are_counted() -> None:
    """Five are named."""
    lines = str(refusal(*["c.mp3"] * 1000)).splitlines()

    assert (len(lines), lines[-2]) == (8, "... and 995 more.")


def test_a_bad_option_for_all_is_said_once() -> None:
    """It is no row's fault."""
    error = refusal(url("a"), url("b"), temperature=0.5)

    assert isinstance(error, OptionError)
    assert str(error).startswith("temperature=0.5: foxapi/scribe-v2 takes no temperature.")


def test_a_bad_option_of_some_rows_names_them() -> None:
    """Out of a column it is the row's."""
    frame = pd.DataFrame({"audio": [url("a"), url("b")], "lang": ["en", "pt-BR"]})

    with pytest.raises(OptionError, match=r"1 of 2 rows .*\nrow 1: language='pt-BR'"):
        check(rows_of(frame, "audio", {"language": column("lang")}), FOX)


def test_messages_show_no_signature() -> None:
    """A bad row's address is shown as any other."""
    assert "5ec2e7" not in str(refusal(url("a b", day=1)))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("missing.wav", "does not exist"),
        ("", "is no file"),  # the folder itself
        ("empty.wav", "is an empty file"),
        ("x" * 300, "row 0"),  # no file can have such a name
        ("a\0b", "row 0"),  # nor this one
    ],
)
def test_bad_files_are_refused(tmp_path: Path, name: str, told: str) -> None:
    """A local file is looked at before anything is sent."""
    (tmp_path / "empty.wav").touch()

    with pytest.raises(SourceError, match=told):
        check(rows(tmp_path / name), LOCAL)


def test_a_value_that_is_no_json_is_refused() -> None:
    """It could not be sent."""
    with pytest.raises(OptionError, match=r"^extra: a value cannot be sent as JSON"):
        check(rows(url("a"), extra={"seed": object()}), FOX)


# Keys -------------------------------------------------------------------------------------------


def test_keys_are_known_for_good() -> None:
    """A key written down in a store has to be found by every later version."""
    keys = planned(url("a"), url("a"), language="en").transcript_ids()

    assert keys == ["a1ef707af49b27fcee0bf93b"] * 2


def test_signing_again_keeps_the_key() -> None:
    """Yesterday's transcript belongs to today's address."""
    found = planned(url("a"), url("a", day=1), url("a", day=2), url("b", day=2))

    assert len(set(found.transcript_ids()[:3])) == 1
    assert found.key(3) != found.key(0)


@pytest.mark.parametrize(
    "options",
    [
        {"language": "de"},
        {"diarize": False},
        {"tag_events": False},
        {"keyterms": ["fox"]},
        {"extra": {"seed": 7}},
    ],
)
def test_other_options_have_another_key(options: dict[str, Any]) -> None:
    """What is asked is part of what is answered."""
    assert planned(url("a"), **options).key(0) != planned(url("a")).key(0)


@pytest.mark.parametrize(
    "options", [{"diarize": True}, {"tag_events": None}, {"keyterms": []}, {"extra": {}}]
)
def test_defaults_spelt_out_have_the_same_key(options: dict[str, Any]) -> None:
    """Asking for what happens anyway is no other question."""
    assert planned(url("a"), **options).key(0) == planned(url("a")).key(0)


def test_another_provider_has_another_key() -> None:
    """One recording may be sent to several."""
    assert plan(rows(url("a")), LOCAL, content_hash).key(0) != planned(url("a")).key(0)


def test_one_content_is_one_recording(tmp_path: Path) -> None:
    """Files are told apart by what is in them, bytes likewise."""
    for name, content in {"a": b"RIFF", "b": b"RIFF", "c": b"ID3"}.items():
        (tmp_path / name).write_bytes(content)

    keys = plan(
        rows(*[tmp_path / name for name in "abc"], b"RIFF"), LOCAL, content_hash
    ).transcript_ids()

    assert [keys.index(key) for key in keys] == [0, 0, 2, 0]


def test_rows_without_a_recording() -> None:
    """They have a key that no submission has."""
    found = planned(None, url("a"), "")

    assert [key == NO_RECORDING for key in found.transcript_ids()] == [True, False, True]


def test_equal_rows_are_one_submission() -> None:
    """The first row of each, in the order of the rows."""
    found = planned(None, url("b"), url("a"), url("b", day=1), url("c"), url("a", day=2))

    assert found.submissions().tolist() == [1, 2, 4]


def test_no_rows_are_no_submissions() -> None:
    """An empty frame is a plan, too."""
    assert (len(planned()), planned().submissions().tolist()) == (0, [])


def test_a_file_that_vanished_is_an_error_of_its_row(tmp_path: Path) -> None:
    """Between check and plan anything may happen."""
    with pytest.raises(SourceError, match=r"gone.wav' cannot be read: No such file"):
        plan(rows(tmp_path / "gone.wav"), LOCAL, content_hash)


def test_what_the_ledger_notes() -> None:
    """No signature, and parameters in one canonical form."""
    found = planned(url("a", day=1), extra={"b": 1, "a": 2})

    assert found.ledger_row(0, "api.foxapi.cc") == {
        "transcript_id": found.key(0),
        "source": "https://a.example/a.mp3",
        "provider": "foxapi",
        "model": "scribe-v2",
        "parameters": '{"a":2,"b":1,"diarize":true,"tag_audio_events":true}',
        "address": "api.foxapi.cc",
    }


def test_recordings_are_made_again() -> None:
    """With the signature they came with."""
    assert planned(url("a", day=1)).recording(0).url == url("a", day=1)
