"""Language tags: whatever a service calls a language, as a BCP-47 tag."""

from __future__ import annotations

import re
from functools import lru_cache

#: ISO 15924 would name the scripts; these are the languages usually written without blanks.
UNSPACED = frozenset({"ja", "zh", "yue", "th", "lo", "my", "cmn", "wuu", "km", "bo"})

_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@lru_cache(maxsize=1024)
def to_bcp47(language: str | None) -> str | None:
    """Give the shortest BCP-47 tag for a code, or None for no language.

    Parameters
    ----------
    language
        ISO 639-1 (``en``), ISO 639-3 (``eng``) or BCP-47 (``pt-BR``), in any case. What is
        no such code is returned as it came, in lower case: a wrong guess would look right.

    Examples
    --------
    >>> to_bcp47("eng"), to_bcp47("zho"), to_bcp47("yue"), to_bcp47("pt-br")
    ('en', 'zh', 'yue', 'pt-BR')
    """
    if not language or not language.strip():
        return None
    code = language.strip().replace("_", "-")
    if not is_tag(code):
        return language.strip().lower()
    # langcodes takes 20 ms to import and is not needed before the first reply.
    from langcodes import standardize_tag
    from langcodes.tag_parser import LanguageTagError

    try:
        return standardize_tag(code, macro=False)
    except LanguageTagError:
        return code.lower()


def is_tag(code: str) -> bool:
    """Tell whether a string has the form of a BCP-47 tag (its language need not exist)."""
    return _TAG.fullmatch(code) is not None


def is_unspaced(language: str | None) -> bool:
    """Tell whether a language is usually written without blanks between words."""
    return language is not None and language.split("-")[0] in UNSPACED
