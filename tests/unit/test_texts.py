"""Strings that every file can hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidyscribe.texts import scrub


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("größer 你好 😀", "größer 你好 😀"),  # whole characters stay
        ("caf\udce9", "caf\ufffd"),  # a byte of a file name in another encoding
        ("\ud83d\ude00", "\ufffd\ufffd"),  # two halves are no whole in Python
        ("", ""),
    ],
)
def test_scrub(text: str, expected: str) -> None:
    """Halves of characters are replaced, one by one."""
    assert scrub(text) == expected


@given(st.text(st.characters(exclude_categories=())))
def test_scrubbed_text_can_be_stored(text: str) -> None:
    """Any text becomes one of the same length that UTF-8 can hold."""
    scrubbed = scrub(text)

    assert len(scrubbed) == len(text)
    assert scrubbed.encode("utf-8").decode("utf-8") == scrubbed
