"""Errors: their tree, and their journey between processes."""

from __future__ import annotations

import pickle
import re

import pytest

from tidyscribe import errors
from tidyscribe.errors import ErrorKind, ProviderError, TidyscribeError, TooManyFailuresError

_WHERE = {"row": "call 7", "column": "audio", "value": "a.mp3"}

#: One of each class, with every attribute set.
EXAMPLES = [
    TidyscribeError("no"),
    errors.InputError("no", **_WHERE),
    errors.ColumnNotFoundError("no", **_WHERE),
    errors.SourceError("no", **_WHERE),
    errors.OptionError("no", **_WHERE),
    errors.UnknownProviderError("no", **_WHERE),
    errors.MissingKeyError("no", **_WHERE),
    errors.MissingExtraError("no", **_WHERE),
    errors.StoreError("no", path="calls.tidyscribe"),
    errors.StoreLockedError("no", path="calls.tidyscribe"),
    errors.StoreVersionError("no", path="calls.tidyscribe"),
    errors.StoreUnwritableError("no", path="calls.tidyscribe"),
    ProviderError(
        "no",
        kind=ErrorKind.RATE,
        accepted=False,
        stops=True,
        advice="Wait.",
        retry_after_s=2.5,
        status=429,
        code="rate_limit_error",
        request_id="req-1",
        cost=0.5,
    ),
    TooManyFailuresError("no"),
]


def all_classes() -> list[type[TidyscribeError]]:
    """Give every error class of the module."""
    found = (value for value in vars(errors).values() if isinstance(value, type))
    return [value for value in found if issubclass(value, TidyscribeError)]


def drawn_tree() -> set[tuple[str, str, str | None]]:
    """Give (class, parent, parent among the built-ins) as the module's docstring draws them."""
    above, tree = ["TidyscribeError"], set()
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r" {4}([│ ]*)[├└]── (\w+)(?: \((\w+)\))?", line)
        if found:
            depth = len(found[1]) // 4 + 1
            above[depth:] = [found[2]]
            tree.add((found[2], above[depth - 1], found[3]))
    return tree


def test_there_is_an_example_of_each_class() -> None:
    """No class is left out of the tests below."""
    assert {type(example) for example in EXAMPLES} == set(all_classes())


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_errors_pickle(error: TidyscribeError) -> None:
    """Class, message and attributes arrive in another process."""
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes

    assert (type(copy), str(copy), vars(copy)) == (type(error), str(error), vars(error))


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_errors_with_a_note_pickle(error: TidyscribeError) -> None:
    """A note somebody added does not keep an error from travelling."""
    noted = type(error).__new__(type(error), *error.args)
    noted.__dict__.update(vars(error))
    noted.args = error.args
    noted.add_note("in cell 3")

    copy = pickle.loads(pickle.dumps(noted))  # noqa: S301 - our own bytes

    assert str(copy) == str(error)


def test_the_corpus_stays_behind() -> None:
    """A corpus holds open files: the message travels without it."""
    error = TooManyFailuresError("3 of 4 failed", corpus=object())  # type: ignore[arg-type]

    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes

    assert (str(copy), copy.corpus) == ("3 of 4 failed", None)


def test_the_tree_is_as_drawn() -> None:
    """The module's docstring draws the classes there are, with both their parents."""
    tree = set()
    for one in all_classes():
        if one is not TidyscribeError:
            parent, *builtin = one.__bases__
            tree.add((one.__name__, parent.__name__, builtin[0].__name__ if builtin else None))

    assert drawn_tree() == tree


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_the_text_is_the_message(error: TidyscribeError) -> None:
    """No parent adds quotes (as KeyError does) or numbers (as OSError does)."""
    assert str(error) == "no"


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_classes_say_what_to_do(error: TidyscribeError) -> None:
    """Each class has a docstring of its own."""
    assert type(error).__doc__ not in (None, type(error).__base__.__doc__)


@pytest.mark.parametrize("kind", ErrorKind)
def test_kinds_are_their_words(kind: ErrorKind) -> None:
    """A kind is written to tables as the lower-case word it is."""
    assert str(kind) == kind.value == kind.name.lower()
