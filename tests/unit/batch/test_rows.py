"""The caller's data as rows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tidyscribe.batch.rows import Rows, is_missing, rows_of
from tidyscribe.errors import ColumnNotFoundError, InputError, OptionError
from tidyscribe.options import Options, column

FRAME = pd.DataFrame(
    {
        "audio_url": ["https://a.example/1.mp3", None],
        "lang": ["en", None],
        "speakers": [True, False],
    },
    index=["call 1", "call 2"],
)


def rows(data: object, source: str | None = None, **options: Any) -> Rows:
    """Take data apart."""
    return rows_of(data, source, options)


# Shapes -----------------------------------------------------------------------------------------


def test_a_column_of_a_frame() -> None:
    """Sources, index and the column's name."""
    found = rows(FRAME, "audio_url")

    assert found.sources[0] == "https://a.example/1.mp3"
    assert is_missing(found.sources[1])
    assert (found.index.tolist(), found.column) == (["call 1", "call 2"], "audio_url")


@pytest.mark.parametrize(
    ("data", "index", "name"),
    [
        (FRAME["audio_url"], ["call 1", "call 2"], "audio_url"),
        (pd.Series(["a.mp3", "b.mp3"], index=[7, 7]), [7, 7], None),  # a label twice
        (["a.mp3", "b.mp3"], [0, 1], None),
        (("a.mp3", b"RIFF"), [0, 1], None),
        ([], [], None),  # no rows
    ],
)
def test_series_and_lists(data: object, index: list[object], name: str | None) -> None:
    """They are rows as well, lists numbered from 0."""
    found = rows(data)

    assert (len(found), found.index.tolist(), found.column) == (len(index), index, name)


def test_the_caller_may_go_on_with_the_frame() -> None:
    """A change of the frame during a run changes nothing."""
    frame = FRAME.copy()
    found = rows(frame, "audio_url", language=column("lang"))

    frame.loc[:, ["audio_url", "lang"]] = "changed"

    assert found.sources[0] == "https://a.example/1.mp3"
    assert found.options.at(0) == Options(language="en")


def test_column_names_need_not_be_texts() -> None:
    """A frame without a header has numbers."""
    frame = pd.DataFrame([["a.mp3"]])

    assert rows(frame, 0).column == "0"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("a.mp3", "not str. Put a single recording in a list."),
        (b"RIFF", "not bytes. Put a single recording in a list."),
        ({"a": "a.mp3"}, "not dict."),
        ({"a.mp3"}, "not set."),
        (None, "not NoneType."),
        (5, "not int."),
    ],
)
def test_other_things_are_refused(data: object, told: str) -> None:
    """The message names what was given."""
    with pytest.raises(InputError, match="Expected a DataFrame, a Series or a list") as caught:
        rows(data)

    assert str(caught.value).endswith(told)


# Columns ----------------------------------------------------------------------------------------


def test_a_missing_column_names_the_nearest() -> None:
    """A slip of the finger is recognised, and what there is is listed."""
    with pytest.raises(ColumnNotFoundError) as caught:
        rows(FRAME, "audio-url")

    assert str(caught.value) == (
        "The frame has no column 'audio-url'. Did you mean 'audio_url'? "
        "It has: 'audio_url', 'lang', 'speakers'."
    )
    assert caught.value.column == "audio-url"


def test_a_missing_column_of_an_option_is_named() -> None:
    """Options out of columns are looked up as carefully."""
    with pytest.raises(ColumnNotFoundError, match=r"no column 'language'. Did you mean 'lang'"):
        rows(FRAME, "audio_url", language=column("language"))


def test_a_column_that_is_there_twice_is_refused() -> None:
    """Which of them is meant is not to be guessed."""
    frame = pd.DataFrame([["a.mp3", "b.mp3"]], columns=["audio", "audio"])

    with pytest.raises(InputError, match="several columns 'audio'; rename them"):
        rows(frame, "audio")


def test_a_list_of_columns_is_refused() -> None:
    """One column holds the recordings; the habit of ``frame[[...]]`` gets a message."""
    with pytest.raises(InputError):
        rows(FRAME, ["audio_url"])  # type: ignore[arg-type]


def test_a_frame_needs_a_column() -> None:
    """It is not guessed."""
    with pytest.raises(InputError, match="Name the column"):
        rows(FRAME)


def test_only_a_frame_has_columns() -> None:
    """A column of a list is a mistake, and so is one for an option."""
    with pytest.raises(InputError, match="source='audio_url' names a column, but a list"):
        rows(["a.mp3"], "audio_url")
    with pytest.raises(InputError, match="no frame to take the column from"):
        rows(["a.mp3"], language=column("lang"))


# Nulls ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (None, True),
        (float("nan"), True),
        (np.float32("nan"), True),
        (pd.NA, True),
        (pd.NaT, True),
        (Decimal("NaN"), True),
        ("", True),
        (" \t", True),
        ("a.mp3", False),
        (b"", False),  # no null, and refused later
        (0, False),
        (["a.mp3"], False),
        (np.array([]), False),  # isna of it would be an array
    ],
)
def test_is_missing(cell: object, *, expected: bool) -> None:
    """Nulls of all kinds are missing, and so are blanks."""
    assert is_missing(cell) is expected


# Options row by row -----------------------------------------------------------------------------


def test_options_for_all_rows() -> None:
    """Given once, they are one object."""
    options = rows(FRAME, "audio_url", language="en").options

    assert options.at(0) is options.at(1)
    assert (options.at(0), options.columns) == (Options(language="en"), ())


def test_options_out_of_columns() -> None:
    """A null is the option's default; what is given once holds for all."""
    options = rows(
        FRAME, "audio_url", language=column("lang"), diarize=column("speakers"), tag_events=False
    ).options

    assert options.columns == ("language", "diarize")
    assert options.at(0) == Options(language="en", diarize=True, tag_events=False)
    assert options.at(1) == Options(language=None, diarize=False, tag_events=False)


@pytest.mark.parametrize("dtype", [object, "string", "category", "string[pyarrow]"])
def test_equal_options_are_one_object(dtype: Any) -> None:
    """A million rows have as many options as there are different ones."""
    frame = pd.DataFrame({"audio": ["a", "b", "c"], "lang": ["en", None, "en"]})
    frame["lang"] = frame["lang"].astype(dtype)

    options = rows(frame, "audio", language=column("lang")).options

    assert options.at(0) is options.at(2)
    assert (options.at(0), options.at(1)) == (Options(language="en"), Options())


@pytest.mark.parametrize(
    ("dtype", "values"),
    [("float32", [0.5, 1.0]), ("Float64", [0.5, 1.0]), ("int64", [0, 1]), ("Int8", [0, 1])],
)
def test_numbers_out_of_columns(dtype: str, values: list[float]) -> None:
    """Numbers are numbers, whatever their dtype."""
    frame = pd.DataFrame({"audio": ["a", "b"], "heat": pd.Series(values, dtype=dtype)})

    options = rows(frame, "audio", temperature=column("heat")).options

    assert [options.at(position).temperature for position in (0, 1)] == values


def test_lists_out_of_columns() -> None:
    """A cell may hold terms."""
    frame = pd.DataFrame({"audio": ["a"], "terms": [["fox", "hen"]]})

    assert rows(frame, "audio", keyterms=column("terms")).options.at(0).keyterms == ("fox", "hen")


def test_a_bad_option_is_refused_at_once() -> None:
    """Given once, it needs no row to be wrong."""
    with pytest.raises(OptionError, match=r"^language="):
        rows(FRAME, "audio_url", language="english!")


# Some of the rows -------------------------------------------------------------------------------


def test_only_some_rows() -> None:
    """Sources, index and options stay together."""
    frame = FRAME.assign(audio=["a.mp3", "b.mp3"])

    some = rows(frame, "audio", language=column("lang")).only([False, True])

    assert (some.sources.tolist(), some.index.tolist()) == (["b.mp3"], ["call 2"])
    assert some.options.at(0) == Options()


@pytest.mark.parametrize(
    ("index", "place"),
    [
        (["call 7"], "row 'call 7', column 'audio'"),
        ([7], "row 7, column 'audio'"),  # not np.int64(7)
        ([7.5], "row 7.5, column 'audio'"),
    ],
)
def test_a_row_is_named_by_its_label(index: list[object], place: str) -> None:
    """As the user would write it."""
    frame = pd.DataFrame({"audio": ["a.mp3"]}, index=pd.Index(index))

    assert rows(frame, "audio").place(0) == place


def test_a_row_of_a_list_has_no_column() -> None:
    """Its number has to do."""
    assert rows(["a.mp3"]).place(0) == "row 0"
