"""The caller's data as rows: a column of sources, an index, and options row by row.

A DataFrame with a column, a Series, or any list of sources; everything else is refused with a
message that names what was given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tidyscribe.errors import ColumnNotFoundError, InputError
from tidyscribe.options import Column, Options

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True)
class Rows:
    """Sources with the index they came with.

    Attributes
    ----------
    sources : ndarray of object, shape (n_rows,)
        What stands in the column, as given.
    index : pandas.Index
        The caller's index.
    column : str or None
        Name of the column, for messages.
    options : RowOptions
        What is asked for, row by row.
    """

    sources: npt.NDArray[np.object_]
    index: pd.Index
    column: str | None
    options: RowOptions

    def __len__(self) -> int:
        return len(self.sources)

    def only(self, keep: Sequence[bool]) -> Rows:
        """Give some of the rows."""
        positions = [position for position, kept in enumerate(keep) if kept]
        return Rows(
            self.sources[positions],
            self.index[positions],
            self.column,
            self.options.only(positions),
        )

    def place(self, position: int) -> str:
        """Say where a row stands, for a message."""
        label = self.index[position]
        # A number of numpy's would show as np.int64(7).
        label = label.item() if isinstance(label, np.generic) else label
        return f"row {label!r}" + (f", column {self.column!r}" if self.column else "")


def is_missing(source: object) -> bool:
    """Tell whether a cell holds nothing: a null, or a string of blanks."""
    if isinstance(source, str):
        return not source.strip()
    if source is None:
        return True
    # isna of a list or an array would be an array.
    return pd.api.types.is_scalar(source) and bool(pd.isna(source))  # type: ignore[call-overload]


def rows_of(data: object, source: str | None, options: Mapping[str, Any]) -> Rows:
    """Take the caller's data apart.

    Parameters
    ----------
    data
        DataFrame, Series, or a list of sources.
    source
        Column of the DataFrame; not to be given for the others.
    options
        Options as given; a `Column` among them is looked up in the DataFrame.
    """
    if isinstance(data, pd.DataFrame):
        return _rows_of_frame(data, source, options)
    if source is not None:
        kind = type(data).__name__
        raise InputError(
            f"source={source!r} names a column, but a {kind} was given, not a DataFrame."
        )
    _refuse_columns(options)
    asked = RowOptions(options, {})
    if isinstance(data, pd.Series):
        name = None if data.name is None else str(data.name)
        return Rows(data.to_numpy(dtype=object, copy=True), data.index, name, asked)
    if isinstance(data, (str, bytes, bytearray, Mapping, AbstractSet)) or not isinstance(
        data, Iterable
    ):
        is_single = isinstance(data, (str, bytes, bytearray))
        hint = " Put a single recording in a list." if is_single else ""
        raise InputError(
            "Expected a DataFrame, a Series or a list of recordings, "
            f"not {type(data).__name__}.{hint}"
        )
    series = pd.Series(list(data), dtype=object)
    return Rows(series.to_numpy(dtype=object, copy=True), series.index, None, asked)


def _rows_of_frame(frame: pd.DataFrame, source: str | None, options: Mapping[str, Any]) -> Rows:
    if source is None:
        raise InputError(
            "Name the column with the recordings: transcribe(frame, 'audio_url', ...)."
        )
    supplied = {
        name: _column(frame, given.name).to_numpy(dtype=object, copy=True)
        for name, given in options.items()
        if isinstance(given, Column)
    }
    column = _column(frame, source)
    return Rows(
        # A copy: the frame may be changed while the run goes on.
        column.to_numpy(dtype=object, copy=True),
        frame.index,
        str(source),
        RowOptions({k: v for k, v in options.items() if k not in supplied}, supplied),
    )


def _column(frame: pd.DataFrame, name: str) -> pd.Series[Any]:
    try:
        is_there = name in frame.columns
    except TypeError as error:
        raise InputError(f"Expected the name of one column, not {name!r}.") from error
    if not is_there:
        near = get_close_matches(str(name), [str(one) for one in frame.columns], n=1, cutoff=0.5)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        names = ", ".join(repr(one) for one in list(frame.columns)[:20])
        raise ColumnNotFoundError(
            f"The frame has no column {name!r}.{hint} It has: {names}.", column=str(name)
        )
    found = frame[name]
    if isinstance(found, pd.DataFrame):
        raise InputError(f"The frame has several columns {name!r}; rename them.", column=str(name))
    return found


def _refuse_columns(options: Mapping[str, Any]) -> None:
    for name, given in options.items():
        if isinstance(given, Column):
            raise InputError(f"{name}={given!r}: there is no frame to take the column from.")


class RowOptions:
    """Options of each row: the same for all, or some of them out of columns.

    Parameters
    ----------
    fixed
        Options given once.
    supplied
        Values by row, for options given as a column.
    """

    def __init__(
        self, fixed: Mapping[str, Any], supplied: Mapping[str, npt.NDArray[np.object_]]
    ) -> None:
        self._fixed = dict(fixed)
        self._supplied = dict(supplied)
        self._made: dict[str, Options] = {}
        if not supplied:
            self._made[""] = Options.of(self._fixed)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the options that come out of columns."""
        return tuple(self._supplied)

    def only(self, positions: list[int]) -> RowOptions:
        """Give the options of some of the rows."""
        supplied = {name: column[positions] for name, column in self._supplied.items()}
        return RowOptions(self._fixed, supplied)

    def at(self, position: int) -> Options:
        """Give the options of a row; equal ones are one object."""
        if not self._supplied:
            return self._made[""]
        values = {name: column[position] for name, column in self._supplied.items()}
        shown = repr(values)
        if shown not in self._made:
            given = {name: value for name, value in values.items() if not is_missing(value)}
            self._made[shown] = Options.of(self._fixed | given)
        return self._made[shown]
