"""Blanks between words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidyscribe.providers.spacing import join_words, spaces_after


@pytest.mark.parametrize(
    ("words", "text", "language", "expected"),
    [
        # blanks where the text has them, not where it has none
        (["Good", "morning", "."], "Good morning.", "en", [True, False, False]),
        # any white space is a blank
        (["One", "two"], "One\n\ttwo", "en", [True, False]),
        # scripts without blanks
        (["你", "好", "。"], "你好。", "zh", [False, False, False]),
        (["สวัสดี", "ครับ"], "สวัสดีครับ", "th", [False, False]),
        (["今日", "Python", "を"], "今日 Python を", "ja", [True, True, False]),
        # the same word again and again
        (["no", "no", "no"], "no no no", "en", [True, True, False]),
        # text and words in another case
        (["good", "MORNING"], "Good morning", "en", [True, False]),
        # a word that is not in the text: what is usual for the language
        (["one", "zwei", "three"], "one two three", "en", [True, True, False]),
        (["一", "2", "三"], "一二三", "zh", [False, False, False]),
        # letters that become two when case is folded
        (["Die", "Straße", "."], "Die Straße.", "de", [True, False, False]),
        (["GROß", ",", "Maß"], "groß, Maß", "de", [False, True, False]),
        (["İzmir", "'", "de"], "İzmir'de", "tr", [False, False, False]),
        # nothing
        ([], "", None, []),
        (["word"], "", None, [False]),
    ],
)
def test_spaces_after(
    words: list[str], text: str, language: str | None, expected: list[bool]
) -> None:
    """A blank follows a word where white space does in the text; never after the last."""
    assert spaces_after(words, text, language) == expected


_WORD = st.text(min_size=1, max_size=6).map(lambda text: "".join(text.split())).filter(bool)


@given(st.lists(st.tuples(_WORD, st.sampled_from(["", " ", "\n", "  "])), max_size=8))
def test_joined_words_are_the_text(pairs: list[tuple[str, str]]) -> None:
    """Words with the blanks found between them are the text they come from."""
    words, text = [word for word, _ in pairs], "".join(word + gap for word, gap in pairs)

    joined = join_words(words, spaces_after(words, text, "en"))

    assert joined.split() == text.split()


def test_join_words() -> None:
    """A blank stands where there is one, and nothing else."""
    assert join_words(["a", "b", "c"], [True, False, False]) == "a bc"
