"""What makes two submissions the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tidyscribe.errors import OptionError, SourceError
from tidyscribe.recordings import Recording
from tidyscribe.store.identity import (
    KEY_CHARS,
    NO_RECORDING,
    canonical,
    check_file,
    content_hash,
    identity_of,
    submission_key,
)


def test_canonical_is_one_way_of_writing() -> None:
    """The order of the fields does not matter, at any depth."""
    assert canonical({"b": {"d": 1, "c": [2]}, "a": "ä"}) == '{"a":"ä","b":{"c":[2],"d":1}}'
    assert canonical({"a": "ä", "b": {"c": [2], "d": 1}}) == canonical(
        {"b": {"d": 1, "c": [2]}, "a": "ä"}
    )


@pytest.mark.parametrize("value", [object(), {1, object()}, "\ud800"])
def test_what_is_no_json_is_refused(value: Any) -> None:
    """The message names the option it came in."""
    with pytest.raises(OptionError, match=r"^extra:"):
        canonical({"a": value})


def test_keys_are_known_for_good() -> None:
    """The key of a submission never changes: stores are found again by it."""
    key = submission_key("https://a.example/b.mp3", "foxapi", "scribe-v2", '{"diarize":true}')

    assert key == "76005f5b5086797ad3bd00c7"


def test_no_part_of_a_key_runs_into_the_next() -> None:
    """A word more here and one less there is another submission."""
    keys = {
        submission_key("ab", "c", "d", "e"),
        submission_key("a", "bc", "d", "e"),
        submission_key("a", "b", "cd", "e"),
        submission_key("a", "b", "c", "de"),
    }

    assert len(keys) == 4
    assert {len(key) for key in keys} == {KEY_CHARS}
    assert NO_RECORDING not in keys


def test_addresses_are_identified_without_their_signature() -> None:
    """No file is looked at."""
    recording = Recording.of("https://a.example/b.mp3?X-Amz-Signature=5ec2e7#t=1")

    assert identity_of(recording, content_hash) == "https://a.example/b.mp3"


def test_files_and_bytes_are_identified_by_content(tmp_path: Path) -> None:
    """Where a file lies does not matter."""
    (tmp_path / "a.wav").write_bytes(b"RIFF")

    of_file = identity_of(Recording.of(tmp_path / "a.wav"), content_hash)

    assert of_file == identity_of(Recording.of(b"RIFF"), content_hash)
    assert of_file.startswith("content:")


def test_large_files_are_hashed_in_blocks(tmp_path: Path) -> None:
    """The hash is that of the whole, however many blocks there are."""
    content = bytes(range(256)) * 10_000  # 2.56 MB: three blocks of 1 MiB
    (tmp_path / "a.wav").write_bytes(content)

    assert f"content:{content_hash(tmp_path / 'a.wav')}" == identity_of(
        Recording.of(content), content_hash
    )


def test_a_readable_file_passes(tmp_path: Path) -> None:
    """One byte is enough here; whether it is audio is the service's to say."""
    (tmp_path / "a.wav").write_bytes(b"R")

    check_file(tmp_path / "a.wav")


@pytest.mark.parametrize("name", ["missing.wav", "empty.wav", "", "x" * 300, "a\0b"])
def test_what_cannot_be_read_is_refused(tmp_path: Path, name: str) -> None:
    """Whatever is wrong with it, it is an error of its row."""
    (tmp_path / "empty.wav").touch()

    with pytest.raises(SourceError):
        check_file(tmp_path / name)
