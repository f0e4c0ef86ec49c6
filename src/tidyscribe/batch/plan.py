"""The plan: what is to be sent, checked to the last row before anything is.

A plan holds a key for each row and no objects beside the caller's own column, so that a
million rows are a few dozen megabytes. Recordings are made again when their turn comes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tidyscribe.batch.rows import Rows, is_missing
from tidyscribe.errors import InputError, OptionError, SourceError
from tidyscribe.recordings import Recording
from tidyscribe.store.identity import (
    KEY_CHARS,
    NO_RECORDING,
    canonical,
    check_file,
    identity_of,
    submission_key,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy.typing as npt

    from tidyscribe.options import Options
    from tidyscribe.providers.base import Provider

#: Rows named in a message; the others are counted.
_NAMED = 5


@dataclass(frozen=True)
class Plan:
    """Rows, the provider for them, and the key of each row's submission.

    Attributes
    ----------
    keys : ndarray, shape (n_rows,), dtype ``S24``
        ``transcript_id`` of each row; ``NO_RECORDING`` where a row has none.
    """

    rows: Rows
    provider: Provider
    keys: npt.NDArray[np.bytes_]

    def __len__(self) -> int:
        return len(self.keys)

    def transcript_ids(self) -> list[str]:
        """Give the key of each row, as text."""
        return [key.decode() for key in self.keys.tolist()]

    def submissions(self) -> npt.NDArray[np.intp]:
        """Give the position of the first row of each submission, in the order of the rows."""
        keys, first = np.unique(self.keys, return_index=True)
        return np.sort(first[keys != NO_RECORDING.encode()])

    def key(self, position: int) -> str:
        """Give the key of a row."""
        return bytes(self.keys[position]).decode()

    def recording(self, position: int) -> Recording:
        """Make the recording of a row."""
        return Recording.of(self.rows.sources[position])

    def options(self, position: int) -> Options:
        """Give the options of a row."""
        return self.rows.options.at(position)

    def ledger_row(self, position: int, address: str) -> dict[str, Any]:
        """Give what the ledger notes of a submission before it is sent."""
        return {
            "transcript_id": self.key(position),
            "source": self.recording(position).display,
            "provider": self.provider.service.name,
            "model": self.provider.model,
            "parameters": canonical(self.provider.parameters(self.options(position))),
            "address": address,
        }


def check(rows: Rows, provider: Provider) -> None:
    """Check every row against the provider; nothing has been sent or written yet.

    Raises
    ------
    InputError
        One error for all rows that cannot be sent; it names the first few.
    """
    problems: list[tuple[int, InputError]] = []
    for position, source in enumerate(rows.sources):
        if is_missing(source):
            continue
        try:
            _check_row(rows, provider, position, source)
        except InputError as error:
            if _is_about_all(error, rows):
                raise
            problems.append((position, error))
    if problems:
        raise _summarised(problems, rows)


def _check_row(rows: Rows, provider: Provider, position: int, source: object) -> None:
    recording = Recording.of(source)
    options = rows.options.at(position)
    provider.check(recording, options)
    canonical(provider.parameters(options))
    if recording.path is not None:
        check_file(recording.path)


def _is_about_all(error: InputError, rows: Rows) -> bool:
    """Tell whether an error is about the call, not about one row of it."""
    return isinstance(error, OptionError) and not rows.options.columns


def _summarised(problems: list[tuple[int, InputError]], rows: Rows) -> InputError:
    first_position, first = problems[0]
    lines = [f"{_place(rows, position, error)}: {error}" for position, error in problems[:_NAMED]]
    if len(problems) > _NAMED:
        lines.append(f"... and {len(problems) - _NAMED} more.")
    head = f"{len(problems)} of {len(rows)} rows cannot be sent; nothing was sent."
    tail = "Correct these rows, or set them to None to leave them out."
    return type(first)(
        "\n".join([head, *lines, tail]),
        row=rows.index[first_position],
        column=rows.column if isinstance(first, SourceError) else None,
        value=first.value,
    )


def _place(rows: Rows, position: int, error: InputError) -> str:
    """Say where a problem stands: an option's value is not in the column of the recordings."""
    place = rows.place(position)
    return place if isinstance(error, SourceError) else place.partition(", column")[0]


def plan(rows: Rows, provider: Provider, hash_file: Callable[[Path], str]) -> Plan:
    """Give each row the key of its submission; local files are read for that.

    Parameters
    ----------
    hash_file
        Gives the content hash of a local file.
    """
    keys = np.fromiter(_keys(rows, provider, hash_file), dtype=f"S{KEY_CHARS}", count=len(rows))
    return Plan(rows, provider, keys)


def _keys(rows: Rows, provider: Provider, hash_file: Callable[[Path], str]) -> Iterator[str]:
    parameters: dict[int, str] = {}
    for position, source in enumerate(rows.sources):
        if is_missing(source):
            yield NO_RECORDING
            continue
        options = rows.options.at(position)
        if id(options) not in parameters:  # equal options are one object, kept by the rows
            parameters[id(options)] = canonical(provider.parameters(options))
        identity = _identity(source, hash_file)
        yield submission_key(
            identity, provider.service.name, provider.model, parameters[id(options)]
        )


def _identity(source: object, hash_file: Callable[[Path], str]) -> str:
    recording = Recording.of(source)
    try:
        return identity_of(recording, hash_file)
    except OSError as error:
        raise SourceError(
            f"{recording.display!r} cannot be read: {error.strerror}.", value=recording.display
        ) from error
