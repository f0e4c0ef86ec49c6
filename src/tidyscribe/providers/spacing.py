"""Where blanks stand between words, so that words joined again give the transcript's text."""

from __future__ import annotations

from tidyscribe.languages import is_unspaced


def spaces_after(words: list[str], text: str, language: str | None) -> list[bool]:
    """Find for each word whether white space follows it in the text.

    Parameters
    ----------
    words
        Words in the order of the text, without surrounding blanks.
    text
        The transcript they come from. A word that is not found in it (a service may spell
        words and text differently) gets what is usual for the language.
    language
        BCP-47 tag, or None.

    Examples
    --------
    >>> spaces_after(["Good", "morning", "."], "Good morning.", "en")
    [True, False, False]
    """
    usual = not is_unspaced(language)
    spaces = [usual] * len(words)
    folded = _folded(text)
    end = 0
    is_anchored = False
    for position, word in enumerate(words):
        # Far finds would jump over the text when a word is not in it at all.
        found = folded.find(_folded(word), end, end + len(word) + 40)
        if found >= 0:
            if is_anchored and position:
                spaces[position - 1] = any(char.isspace() for char in text[end:found])
            end = found + len(word)
        is_anchored = found >= 0
    if spaces:
        spaces[-1] = False
    return spaces


def _folded(text: str) -> str:
    """Make letters small, each one staying one character, so that positions stay the same."""
    small = text.lower()
    if len(small) == len(text):
        return small
    return "".join([char.lower() if len(char.lower()) == 1 else char for char in text])


def join_words(words: list[str], spaces: list[bool]) -> str:
    """Put words and blanks together again."""
    return "".join(
        [word + " " if space else word for word, space in zip(words, spaces, strict=True)]
    )
