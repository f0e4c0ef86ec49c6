"""Options: what is refused before anything is sent, and in which words."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tidyscribe.errors import OptionError
from tidyscribe.options import Column, Options, RunOptions, column, is_number, split_options

#: Option, value, and how the message shows the value.
BAD_OPTIONS = [
    ("language", "english!", "'english!'"),  # no tag by its form
    ("language", "", "''"),  # empty is not the same as None
    ("language", "e", "'e'"),  # a language has two letters at least
    ("language", 5, "5"),  # no string
    ("diarize", "yes", "'yes'"),  # a word for True is no True
    ("diarize", 1, "1"),  # neither is 1
    ("tag_events", 0, "0"),  # nor 0 False
    ("keyterms", "tidyscribe", "'tidyscribe'"),  # a string would be ten terms of a letter
    ("keyterms", b"tidyscribe", "b'tidyscribe'"),  # bytes likewise
    ("keyterms", 5, "5"),  # no list
    ("keyterms", ["fox", ""], "''"),  # an empty term
    ("keyterms", [" "], "' '"),  # a blank one
    ("keyterms", [3], "3"),  # no string
    ("keyterms", ["x" * 51], "'" + "x" * 51 + "'"),  # 51 > 50 characters
    ("keyterms", ["x"] * 101, "101"),  # 101 > 100 terms
    ("prompt", 5, "5"),  # no string
    ("temperature", -0.1, "-0.1"),  # below 0
    ("temperature", 2.1, "2.1"),  # above 2
    ("temperature", math.nan, "nan"),  # no number
    ("temperature", True, "True"),  # True is no 1
    ("temperature", "hot", "'hot'"),  # no number
    ("extra", ["a"], "['a']"),  # no mapping
    ("extra", {1: 2}, "{1: 2}"),  # no name
]

GOOD_OPTIONS = [
    {},  # everything is optional
    {"language": "en"},  # ISO 639-1
    {"language": "yue"},  # ISO 639-3
    {"language": "pt-BR"},  # BCP-47
    {"diarize": False, "tag_events": True},  # both flags
    {"diarize": None},  # None is the service's choice
    {"keyterms": ["x" * 50] * 100},  # as many and as long as may be
    {"keyterms": ("fox",)},  # a tuple
    {"keyterms": np.array(["fox", "hen"])},  # what a cell of a frame may hold
    {"prompt": "A call."},
    {"temperature": 0},  # both ends of the range
    {"temperature": 2.0},
    {"extra": {"num_speakers": 2}},
]

BAD_RUN_OPTIONS = [
    ("max_in_flight", 0, "0"),  # nothing would ever go
    ("max_in_flight", 1.5, "1.5"),  # no count
    ("max_in_flight", True, "True"),  # no count either
    ("max_in_flight", "8", "'8'"),  # a string
    ("requests_per_second", 0, "0"),  # nothing would ever go
    ("requests_per_second", -1, "-1"),
    ("requests_per_second", math.inf, "inf"),  # None is the way to say this
    ("requests_per_second", "2", "'2'"),
    ("deadline_s", 0, "0"),  # nothing would be waited for
    ("deadline_s", None, "None"),  # waiting has to end
    ("deadline_s", math.nan, "nan"),
    ("max_cost", 0, "0"),
    ("max_cost", math.nan, "nan"),
    ("fail_on_error", 0, "0"),  # False or True is meant
    ("fail_on_error", -1, "-1"),
    ("fail_on_error", "yes", "'yes'"),
    ("fail_on_error", None, "None"),
    ("progress", None, "None"),
    ("refresh", "no", "'no'"),  # truthy, and meant otherwise
]

#: ``fail_on_error``, rows failed, rows, and whether that is within it.
ALLOWANCES = [
    (False, 10, 10, True),  # never raises
    (True, 0, 10, True),  # none failed
    (True, 1, 10, False),  # the first one raises
    (1, 1, 10, True),  # 1 is not more than 1
    (1, 2, 10, False),  # 2 is
    (2, 2, 3, True),  # a count does not look at the rows
    (0.5, 5, 10, True),  # 0.5 * 10 = 5, and 5 is not more
    (0.5, 6, 10, False),
    (0.1, 0, 0, True),  # of no rows none can fail
    (0.29, 29, 100, True),  # 29 of 100 is 0.29, though 0.29 * 100 is 28.999999999999996
]


@pytest.mark.parametrize(("option", "value", "shown"), BAD_OPTIONS)
def test_bad_options_are_refused(option: str, value: Any, shown: str) -> None:
    """The message names the option and shows the value."""
    with pytest.raises(OptionError) as caught:
        Options.of({option: value})

    assert str(caught.value).startswith(f"{option}=")
    assert shown in str(caught.value)


@pytest.mark.parametrize("given", GOOD_OPTIONS)
def test_good_options_pass(given: dict[str, Any]) -> None:
    """What is in range is taken."""
    assert isinstance(Options.of(given), Options)


@pytest.mark.parametrize(("option", "value", "shown"), BAD_RUN_OPTIONS)
def test_bad_run_options_are_refused(option: str, value: Any, shown: str) -> None:
    """The message names the option and shows the value."""
    with pytest.raises(OptionError, match=f"^{option}=") as caught:
        RunOptions(**{option: value})

    assert shown in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        {},  # everything has a default
        {"max_in_flight": 1, "requests_per_second": 0.5, "deadline_s": 1, "max_cost": 0.01},
        {"fail_on_error": True, "progress": False, "refresh": True},
        {"fail_on_error": 3},  # a count
        {"fail_on_error": 0.05},  # a fraction
    ],
)
def test_good_run_options_pass(given: dict[str, Any]) -> None:
    """What is in range is taken."""
    run = RunOptions(**given)

    assert {name: getattr(run, name) for name in given} == given


@pytest.mark.parametrize(
    ("option", "given"),
    [
        ("temperature", lambda: Options(temperature=10**400)),
        ("deadline_s", lambda: RunOptions(deadline_s=10**400)),
        ("max_cost", lambda: RunOptions(max_cost=10**400)),
    ],
)
def test_numbers_too_big_for_a_float_are_refused(option: str, given: Any) -> None:
    """A whole number beyond any float is out of range like any other."""
    with pytest.raises(OptionError, match=f"^{option}="):
        given()


@pytest.mark.parametrize("value", [np.str_("fox"), np.int64(3), np.array("fox")])
def test_scalars_of_numpy_are_no_list_of_terms(value: Any) -> None:
    """A string out of an array is refused like any string, not taken letter by letter."""
    with pytest.raises(OptionError, match=r"^keyterms="):
        Options.of({"keyterms": value})


@pytest.mark.parametrize(("limit", "n_failed", "n_rows", "is_allowed"), ALLOWANCES)
def test_fail_on_error(limit: float, n_failed: int, n_rows: int, *, is_allowed: bool) -> None:
    """More than what is allowed is too much, exactly that is not."""
    assert RunOptions(fail_on_error=limit).allows(n_failed, n_rows) is is_allowed


def test_none_leaves_the_default() -> None:
    """An option given as None is as good as not given."""
    assert Options.of(dict.fromkeys(Options.names())) == Options()


def test_options_in_another_order_are_equal() -> None:
    """The order in which fields of the service are given does not matter."""
    one, other = {"a": 1, "b": 2}, {"b": 2, "a": 1}

    assert Options.of({"extra": one}) == Options.of({"extra": other})


def test_arrays_become_plain_terms() -> None:
    """Terms out of an array are strings as any others."""
    assert Options.of({"keyterms": np.array(["fox", "hen"])}).keyterms == ("fox", "hen")


def test_split_options_parts_two_kinds() -> None:
    """What is asked of the service is parted from how the run goes."""
    asked, run = split_options({"language": "en", "max_cost": 3.0})

    assert (asked, run) == ({"language": "en"}, RunOptions(max_cost=3.0))


def test_unknown_options_name_the_nearest() -> None:
    """A slip of the finger is recognised."""
    with pytest.raises(OptionError, match=r"no option 'dairize'. Did you mean 'diarize'\?"):
        split_options({"dairize": True})


def test_unknown_options_list_those_there_are() -> None:
    """Where nothing is near, the list has to do."""
    with pytest.raises(OptionError, match=r"no option 'zzz'. There are: deadline_s, diarize"):
        split_options({"zzz": 1})


def test_run_options_take_no_column() -> None:
    """How a run goes cannot differ from row to row."""
    with pytest.raises(OptionError, match=r"^max_cost="):
        split_options({"max_cost": column("price")})


def test_a_column_is_a_value() -> None:
    """Two columns of one name are equal, and show it."""
    assert column("lang") == Column("lang")
    assert repr(column("lang")) == "Column(name='lang')"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1, True), (0.5, True), (True, False), (math.nan, False), (math.inf, False), ("1", False)],
)
def test_is_number(value: object, *, expected: bool) -> None:
    """Only finite numbers are numbers here."""
    assert is_number(value) is expected
