"""What the caller may ask for: options of a transcription and of a run, checked at once.

Checks here hold for every provider; a provider adds its own (`Provider.check`). Everything is
checked before anything is sent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from numbers import Integral, Real
from typing import Any, Self, TypedDict, cast

from tidyscribe import languages
from tidyscribe.errors import OptionError


@dataclass(frozen=True, slots=True)
class Column:
    """The name of a column that supplies an option row by row; made by `column`."""

    name: str


def column(name: str) -> Column:
    """Let a column of the frame supply an option, row by row.

    Parameters
    ----------
    name
        The column's name. A null in it means the option's default for that row.

    Returns
    -------
    Column
        To be given in place of the option's value.

    Examples
    --------
    >>> import tidyscribe
    >>> tidyscribe.column("lang")
    Column(name='lang')
    """
    return Column(name)


class Asked(TypedDict, total=False):
    """Keyword arguments of a transcription: see `Options` and `RunOptions` for each."""

    language: str | Column | None
    diarize: bool | Column | None
    tag_events: bool | Column | None
    keyterms: Sequence[str] | Column | None
    prompt: str | Column | None
    temperature: float | Column | None
    extra: Mapping[str, Any] | Column | None
    max_in_flight: int | None
    requests_per_second: float | None
    deadline_s: float
    max_cost: float | None
    fail_on_error: bool | float
    progress: bool
    refresh: bool


def _require(condition: object, option: str, value: object, expected: str) -> None:
    if not condition:
        raise OptionError(f"{option}={value!r}: expected {expected}.", value=repr(value))


def _check_flag(option: str, value: object) -> None:
    _require(value is None or isinstance(value, bool), option, value, "True, False or None")


def _check_text(option: str, value: object) -> None:
    _require(value is None or isinstance(value, str), option, value, "a string or None")


def is_number(value: object) -> bool:
    """Tell whether a value is a finite real number, and not a bool."""
    if not isinstance(value, Real) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond all floats
        return False


def _is_count_or_part(value: float) -> bool:
    return 0 < value < 1 or (value >= 1 and value == int(value))


@dataclass(frozen=True, slots=True)
class Options:
    """What to do with a recording; None leaves the choice to the service.

    Attributes
    ----------
    language : str or None
        BCP-47 or ISO 639 tag of the language spoken, such as ``en`` or ``yue``; None lets the
        service detect it.
    diarize : bool or None
        Whether to tell speakers apart.
    tag_events : bool or None
        Whether to mark laughter, applause and the like.
    keyterms : tuple of str
        Words the service should expect, at most 100 of at most 50 characters.
    prompt : str or None
        Free-text hint, where the model takes one.
    temperature : float or None
        Sampling temperature, 0..2, where the model takes one.
    extra : mapping
        Further fields of the service's own API, passed through as they are.
    """

    language: str | None = None
    diarize: bool | None = None
    tag_events: bool | None = None
    keyterms: tuple[str, ...] = ()
    prompt: str | None = None
    temperature: float | None = None
    extra: tuple[tuple[str, Any], ...] = ()

    #: The most keyterms any service takes, and the longest one, in characters.
    MAX_KEYTERMS = 100
    MAX_KEYTERM_CHARS = 50

    def __post_init__(self) -> None:
        _check_text("language", self.language)
        _require(
            self.language is None or languages.is_tag(self.language),
            "language",
            self.language,
            "a language tag such as 'en', 'deu' or 'pt-BR'",
        )
        _check_flag("diarize", self.diarize)
        _check_flag("tag_events", self.tag_events)
        _check_text("prompt", self.prompt)
        self._check_temperature()
        self._check_keyterms()

    def _check_temperature(self) -> None:
        value = self.temperature
        _require(
            value is None or (is_number(value) and 0 <= value <= 2),
            "temperature",
            value,
            "a number from 0 to 2, or None",
        )

    def _check_keyterms(self) -> None:
        _require(
            len(self.keyterms) <= self.MAX_KEYTERMS,
            "keyterms",
            f"<{len(self.keyterms)} terms>",
            f"at most {self.MAX_KEYTERMS} terms",
        )
        for term in self.keyterms:
            _require(isinstance(term, str) and term.strip(), "keyterms", term, "non-empty strings")
            _require(
                len(term) <= self.MAX_KEYTERM_CHARS,
                "keyterms",
                term,
                f"terms of at most {self.MAX_KEYTERM_CHARS} characters (this one has {len(term)})",
            )

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """Make options of what the caller wrote, sequences and mappings made hashable."""
        values = {name: value for name, value in given.items() if value is not None}
        if "keyterms" in values:
            values["keyterms"] = _as_terms(values["keyterms"])
        if "extra" in values:
            values["extra"] = _as_items(values["extra"])
        return cls(**values)

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """List the names of all options."""
        return tuple(field.name for field in fields(cls))


def _as_terms(value: object) -> tuple[str, ...]:
    # An array, such as a frame's cell may hold, is no Sequence, but turns into a list.
    terms = value.tolist() if hasattr(value, "tolist") else value
    is_list = isinstance(terms, Sequence) and not isinstance(terms, (str, bytes))
    _require(is_list, "keyterms", value, "a list of strings, such as ['tidyscribe']")
    return tuple(cast("Sequence[str]", terms))


def _as_items(value: object) -> tuple[tuple[str, Any], ...]:
    is_mapping = isinstance(value, Mapping) and all(isinstance(key, str) for key in value)
    _require(is_mapping, "extra", value, "a dict of the service's own field names and values")
    assert isinstance(value, Mapping)  # noqa: S101 - for the type checker; checked above
    return tuple(sorted(value.items()))


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a batch is run; none of these changes what a transcript says.

    Attributes
    ----------
    max_in_flight : int or None
        The most tasks accepted and not finished at a time; None is the provider's default.
    requests_per_second : float or None
        The most requests that begin in one second, polls included; None for no quota.
    deadline_s : float
        Seconds a task is waited for after it was accepted. When they are over the row stays
        ``pending`` and keeps its task id; the next identical call asks for it again.
    max_cost : float or None
        The most to spend in this call, in the service's own unit; tasks of earlier calls that
        it collects count. Submitting stops before a further recording could exceed it.
    fail_on_error : bool, int or float
        False never raises for failed rows; True raises for the first; a count (>= 1) or a
        fraction (< 1) raises when more rows than that fail. Everything done is kept.
    progress : bool
        Whether to show a progress bar.
    refresh : bool
        Whether to send again what the store already holds (a new attempt, charged again).
    """

    max_in_flight: int | None = None
    requests_per_second: float | None = None
    deadline_s: float = 7200.0
    max_cost: float | None = None
    fail_on_error: bool | int | float = False
    progress: bool = True
    refresh: bool = False

    def __post_init__(self) -> None:
        count = self.max_in_flight
        _require(
            count is None or (isinstance(count, Integral) and is_number(count) and count > 0),
            "max_in_flight",
            count,
            "a whole number above 0, or None",
        )
        for option in ("requests_per_second", "max_cost"):
            value = getattr(self, option)
            _require(
                value is None or (is_number(value) and value > 0),
                option,
                value,
                "a number above 0, or None",
            )
        _require(
            is_number(self.deadline_s) and self.deadline_s > 0,
            "deadline_s",
            self.deadline_s,
            "a number of seconds above 0",
        )
        _require(
            isinstance(self.fail_on_error, bool)
            or (is_number(self.fail_on_error) and _is_count_or_part(self.fail_on_error)),
            "fail_on_error",
            self.fail_on_error,
            "True, False, a count (1, 2, ...) or a fraction below 1",
        )
        for option in ("progress", "refresh"):
            value = getattr(self, option)
            _require(isinstance(value, bool), option, value, "True or False")

    def allows(self, n_failed: int, n_rows: int) -> bool:
        """Tell whether so many failed rows are within ``fail_on_error``."""
        limit = self.fail_on_error
        if isinstance(limit, bool):
            return not limit or n_failed == 0
        # 0.29 of 100 is 28.999999999999996.
        return n_failed <= (limit if limit >= 1 else limit * n_rows + 1e-9)


def split_options(given: Mapping[str, Any]) -> tuple[dict[str, Any], RunOptions]:
    """Part what is asked of the service from how the run goes, and refuse what is neither.

    Raises
    ------
    OptionError
        For an unknown name; the message names the nearest one.
    """
    of_run = {field.name for field in fields(RunOptions)}
    names = {*Options.names(), *of_run}
    for name in given:
        if name not in names:
            near = get_close_matches(name, names, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise OptionError(
                f"There is no option {name!r}.{hint} There are: {', '.join(sorted(names))}."
            )
    run = RunOptions(**{name: value for name, value in given.items() if name in of_run})
    return {name: value for name, value in given.items() if name not in of_run}, run
