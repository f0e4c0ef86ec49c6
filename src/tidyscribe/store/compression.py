"""Raw replies, small on disk: zstd frames, as any zstd reader takes them."""

from __future__ import annotations

from functools import cache

import pyarrow as pa


@cache
def _codec() -> pa.Codec:
    return pa.Codec("zstd", compression_level=1)


def compress(body: bytes) -> bytes:
    """Compress a body."""
    packed: bytes = _codec().compress(body, asbytes=True)
    return packed


def decompress(body: bytes, size_bytes: int) -> bytes:
    """Give the body back; `size_bytes` is its length before it was compressed."""
    plain: bytes = _codec().decompress(body, decompressed_size=size_bytes, asbytes=True)
    return plain
