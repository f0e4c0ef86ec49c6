"""Segments: cut by four rules, or placed in those a service gives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidyscribe.results import Segments, Words
from tidyscribe.tables.segmentation import derive_segments, place_words, starts_of_segments

Spoken = tuple[str, float | None, float | None, str | None]


def words(*spoken: Spoken) -> Words:
    """Make words of (text, start, end, speaker), a blank behind each but the last."""
    n_words = len(spoken)
    return Words(
        text=[text for text, _, _, _ in spoken],
        start_s=[start for _, start, _, _ in spoken],
        end_s=[end for _, _, end, _ in spoken],
        space_after=[True] * (n_words - 1) + [False] * bool(n_words),
        is_event=[False] * n_words,
        speaker=[speaker for _, _, _, speaker in spoken],
        confidence=[None] * n_words,
        channel=[None] * n_words,
    )


def every_second(n_words: int, text: str = "so") -> list[Spoken]:
    """Give words of a second each, one right behind the other."""
    return [(text, float(start), start + 1.0, "A") for start in range(n_words)]


@pytest.mark.parametrize(
    ("spoken", "starts"),
    [
        # 1. a change of speaker
        ([("a", 0.0, 1.0, "A"), ("b", 1.0, 2.0, "A"), ("c", 2.0, 3.0, "B")], [0, 2]),
        ([("a", 0.0, 1.0, "A"), ("b", 1.0, 2.0, "B"), ("c", 2.0, 3.0, "A")], [0, 1, 2]),
        # a word without a speaker goes along, and the next is compared with the last known
        ([("a", 0.0, 1.0, "A"), ("b", 1.0, 2.0, None), ("c", 2.0, 3.0, "A")], [0]),
        ([("a", 0.0, 1.0, "A"), ("b", 1.0, 2.0, None), ("c", 2.0, 3.0, "B")], [0, 2]),
        ([("a", 0.0, 1.0, None), ("b", 1.0, 2.0, "B")], [0]),  # nobody spoke before
        # 2. a pause: 2.0 - 1.0 = 1.0 is one, 1.75 - 1.0 is none
        ([("a", 0.0, 1.0, None), ("b", 2.0, 3.0, None)], [0, 1]),
        ([("a", 0.0, 1.0, None), ("b", 1.75, 3.0, None)], [0]),
        # it counts from the latest end, not from the last word's
        ([("a", 0.0, 3.0, None), ("b", 1.0, 1.5, None), ("c", 3.5, 4.0, None)], [0]),
        # 3. the end of a sentence, once 8 s are full
        ([*every_second(7), ("end.", 7.0, 8.0, "A"), ("Then", 8.0, 9.0, "A")], [0, 8]),  # 8 s
        ([*every_second(6), ("end.", 6.0, 7.9, "A"), ("Then", 8.0, 9.0, "A")], [0]),  # 7.9 s
        ([("A.", 0.0, 1.0, "A"), ("B.", 1.0, 2.0, "A"), ("C.", 2.0, 3.0, "A")], [0]),  # 2 s
        # 8 s count anew from each segment: it is 9 s at 17
        ([*every_second(17, "so."), ("end", 17.0, 18.0, "A")], [0, 8, 16]),
        # 4. the word that would make it longer than 30 s: the 31st ends at 31
        (every_second(31), [0, 30]),
        (every_second(30), [0]),  # 30 s are not longer than 30 s
        ([("a", 0.0, 0.5, None), ("b", 0.9, 31.0, None)], [0, 1]),  # one long word
        # nothing, and one word
        ([], []),
        ([("a", None, None, None)], [0]),
    ],
)
def test_the_four_rules(spoken: list[Spoken], starts: list[int]) -> None:
    """A segment begins at a new speaker, after a pause, after a sentence, or when it is long."""
    assert starts_of_segments(words(*spoken)) == starts


@pytest.mark.parametrize(
    "end", [".", "?", "!", "…", "。", "？", "！", "।", "؟", '."', ".)", "。」"]
)
def test_sentences_end_in_every_script(end: str) -> None:
    """Whatever closes a sentence, with quotes and brackets behind it."""
    spoken = [*every_second(7), (f"end{end}", 7.0, 8.0, "A"), ("Then", 8.0, 9.0, "A")]

    assert starts_of_segments(words(*spoken)) == [0, 8]


@pytest.mark.parametrize("text", ["end", "end,", "end)", ")", '"'])
def test_other_marks_end_no_sentence(text: str) -> None:
    """A comma or a bracket goes on."""
    spoken = [*every_second(7), (text, 7.0, 8.0, "A"), ("then", 8.0, 9.0, "A")]

    assert starts_of_segments(words(*spoken)) == [0]


@pytest.mark.parametrize(
    ("spoken", "starts"),
    [
        # without times only speakers cut
        ([("a", None, None, "A"), ("b", None, None, "A"), ("c", None, None, "B")], [0, 2]),
        # a word without a time is no pause; the next one is measured from the last end: 2 - 1
        ([("a", 0.0, 1.0, None), ("b", None, None, None), ("c", 2.0, 3.0, None)], [0, 2]),
        # a start without an end lasts no time: 1.5 - 0 = 1.5
        ([("a", 0.0, None, None), ("b", 1.5, 2.0, None)], [0, 1]),
        # no start at first: it is known from the second word on
        ([("a", None, None, None), ("b", 9.0, 9.5, None), ("c", 9.6, 10.0, None)], [0]),
    ],
)
def test_missing_times(spoken: list[Spoken], starts: list[int]) -> None:
    """Rules that need a time wait for one."""
    assert starts_of_segments(words(*spoken)) == starts


def test_a_derived_segment() -> None:
    """Times, speaker and text of its words, and the mean of their confidences."""
    spoken = words(("Good", 0.1, 0.3, None), ("morning.", 0.4, 0.8, "A"), ("Hi.", 2.0, 2.4, "A"))
    spoken.confidence = [0.5, None, 0.9]

    segments, numbers = derive_segments(spoken)

    assert numbers == [0, 0, 1]
    assert segments == Segments(
        start_s=[0.1, 2.0],
        end_s=[0.8, 2.4],
        speaker=["A", "A"],
        text=["Good morning.", "Hi."],
        confidence=[0.5, 0.9],
    )


def test_a_segment_without_times() -> None:
    """What is not known stays unknown."""
    segments, _ = derive_segments(words(("Hi.", None, None, None)))

    assert segments == Segments([None], [None], [None], ["Hi."], [None])


def test_a_change_of_channel_begins_a_segment() -> None:
    """Channels come one after the other, each from its own beginning."""
    spoken = words(("Me.", 20.0, 20.5, None), ("You.", 0.0, 0.5, None))
    spoken.channel = [0, 1]

    assert starts_of_segments(spoken) == [0, 1]


_TIME = st.none() | st.floats(0, 100)
_SPOKEN = st.lists(
    st.tuples(st.sampled_from(["a", "b.", "c?"]), _TIME, _TIME, st.sampled_from([None, "A", "B"])),
    max_size=30,
)


@given(_SPOKEN)
def test_segments_hold_every_word_once(spoken: list[Spoken]) -> None:
    """Whatever the times, segments follow each other and hold all words."""
    segments, numbers = derive_segments(words(*spoken))

    assert numbers == sorted(numbers)
    assert sorted(set(numbers)) == list(range(len(segments)))
    assert " ".join(segments.text).split() == [text for text, _, _, _ in spoken]


@given(st.lists(st.tuples(st.floats(0, 3), st.floats(0, 3)), min_size=1, max_size=60))
def test_no_derived_segment_is_too_long(steps: list[tuple[float, float]]) -> None:
    """Of words one after the other, none makes a segment longer than 30 s."""
    spoken: list[Spoken] = []
    now = 0.0
    for pause, length in steps:
        spoken.append(("so", now + pause, now + pause + length, None))
        now += pause + length

    segments, _ = derive_segments(words(*spoken))

    spans = zip(segments.start_s, segments.end_s, strict=True)
    assert all(end is not None and start is not None and end - start <= 30 for start, end in spans)


# Segments of a service --------------------------------------------------------------------------

GIVEN = Segments([0.0, 10.0, 20.0], [9.0, 19.0, 29.0], [None] * 3, ["a", "b", "c"], [None] * 3)


@pytest.mark.parametrize(
    ("times", "numbers"),
    [
        ([(0.0, 1.0), (10.0, 11.0), (25.0, 26.0)], [0, 1, 2]),
        ([(9.9, 10.3)], [1]),  # its middle, 10.1, decides
        ([(9.7, 10.1)], [0]),  # 9.9
        ([(9.5, 9.6)], [0]),  # between two: the one before
        ([(12.0, None)], [1]),  # the start has to do
        ([(12.0, 13.0), (None, None), (25.0, 26.0)], [1, 1, 2]),  # goes with the word before
        ([(None, None)], [0]),  # or with the first segment
    ],
)
def test_words_are_placed(
    times: list[tuple[float | None, float | None]], numbers: list[int]
) -> None:
    """A word belongs to the segment its middle falls into."""
    spoken = words(*[("a", start, end, None) for start, end in times])

    assert place_words(spoken, GIVEN) == numbers


def test_a_word_before_the_first_segment() -> None:
    """It goes with the first."""
    late = Segments([5.0], [9.0], [None], ["a"], [None])

    assert place_words(words(("a", 1.0, 2.0, None)), late) == [0]


def test_segments_need_not_be_in_order() -> None:
    """A word finds its segment wherever it stands in the list."""
    mixed = Segments([10.0, None, 0.0], [19.0, None, 9.0], [None] * 3, ["a", "b", "c"], [None] * 3)

    assert place_words(words(("a", 1.0, 2.0, None), ("b", 11.0, 12.0, None)), mixed) == [2, 0]


def test_segments_without_times() -> None:
    """Where nothing is known, all words go with the first."""
    timeless = Segments([None, None], [None, None], [None] * 2, ["a", "b"], [None] * 2)

    assert place_words(words(("a", 1.0, 2.0, None)), timeless) == [0]
