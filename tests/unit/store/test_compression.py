"""Raw replies, small on disk."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from tidyscribe.store.compression import compress, decompress


@given(st.binary())
@example(b"")
@example(b"\0" * 1_000_000)
def test_bodies_come_back(body: bytes) -> None:
    """Whatever was compressed is the same afterwards."""
    assert decompress(compress(body), len(body)) == body


def test_bodies_are_zstd_frames() -> None:
    """Any reader of zstd can take them, in ten years as well."""
    assert compress(b"reply").startswith(b"\x28\xb5\x2f\xfd")
