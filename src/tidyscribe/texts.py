"""Strings that every file can hold: UTF-8 knows no halves of characters."""

from __future__ import annotations

import re

#: Halves of characters: from JSON escapes, and from names of files in other encodings.
_SURROGATES = re.compile("[\ud800-\udfff]")


def scrub(text: str) -> str:
    r"""Replace what UTF-8 cannot hold (lone surrogates) by U+FFFD.

    Examples
    --------
    >>> scrub("caf\udce9") == "caf\N{REPLACEMENT CHARACTER}"
    True
    """
    return text if text.isascii() else _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", text)
