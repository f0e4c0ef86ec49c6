"""Requests and replies as values."""

from __future__ import annotations

import pytest

from tidyscribe.exchange import Reply, Request


@pytest.mark.parametrize(
    ("status", "expected"), [(199, False), (200, True), (299, True), (300, False), (404, False)]
)
def test_success_is_2xx(status: int, *, expected: bool) -> None:
    """Redirects and errors are no success."""
    assert Reply(status, b"").is_success is expected


def test_bodies_are_not_shown() -> None:
    """A repr in a log shows no audio, no address and no transcript."""
    shown = repr((Request("POST", "/v1", json=b"s3cret"), Reply(200, b"s3cret", {"a": "s3cret"})))

    assert "s3cret" not in shown
