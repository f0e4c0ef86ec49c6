"""Reading a JSON reply whatever state it is in.

`decode` first takes the fast way (msgspec, typed). Where a reply has a field of the wrong
type, a number no JSON knows, or a broken character, it reads what can be read and leaves the
rest at its default: one odd word must not cost a transcript.
"""

from __future__ import annotations

import json
import math
import types
import typing
from functools import lru_cache
from typing import Any, TypeVar

import msgspec

from tidyscribe.texts import scrub

_Message = TypeVar("_Message", bound=msgspec.Struct)


class NotJsonError(ValueError):
    """The body is no JSON of the kind expected: an HTML page, a cut reply, a bare string."""


def decode(body: bytes, kind: type[_Message]) -> _Message:
    """Decode a JSON object into a message.

    Parameters
    ----------
    body
        The reply as received.
    kind
        The message's type: a Struct all of whose fields have defaults.

    Raises
    ------
    NotJsonError
        When the body is no JSON object at all.
    """
    try:
        return _decoder(kind).decode(body)  # type: ignore[no-any-return]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass  # slower, and less picky
    try:
        return _salvage(parse(body), kind)
    except RecursionError as error:
        raise NotJsonError("nested too deeply") from error


def parse(body: bytes) -> dict[str, Any]:
    """Parse a JSON object as leniently as the standard library does.

    Raises
    ------
    NotJsonError
        When the body is no JSON object.
    """
    try:
        value = json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError) as error:
        raise NotJsonError(str(error)[:200]) from error
    if not isinstance(value, dict):
        raise NotJsonError(f"a JSON {type(value).__name__} instead of an object")
    return value


@lru_cache(maxsize=64)
def _decoder(kind: type[msgspec.Struct]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


@lru_cache(maxsize=64)
def _hints(kind: type[msgspec.Struct]) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _salvage(value: dict[str, Any], kind: type[_Message]) -> _Message:
    read = {}
    for info, hint in zip(msgspec.structs.fields(kind), _hints(kind).values(), strict=True):
        if info.encode_name in value:
            found = _read(value[info.encode_name], hint)
            if found is not _UNREADABLE:
                read[info.name] = found
    return kind(**read)


#: Stands for a value that does not fit its field; None may well be a value.
_UNREADABLE: Any = object()


def _read(value: Any, hint: Any) -> Any:
    """Fit a JSON value into a type: a scalar, a Struct, a list of these, or a union."""
    if isinstance(hint, types.UnionType):
        # What the value is comes before what it can be turned into.
        hints = sorted(typing.get_args(hint), key=lambda one: not _is_exactly(value, one))
        candidates = (_read(value, one) for one in hints)
        return next((found for found in candidates if found is not _UNREADABLE), _UNREADABLE)
    if hint is Any:
        return scrub_value(value)
    if hint is msgspec.Raw:
        return msgspec.Raw(json.dumps(value).encode())
    if typing.get_origin(hint) is list:
        return _read_list(value, typing.get_args(hint)[0])
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return _salvage(value, hint) if isinstance(value, dict) else _UNREADABLE
    return _read_scalar(value, hint)


def _is_exactly(value: Any, hint: Any) -> bool:
    return isinstance(hint, type) and type(value) is hint


def _read_list(value: Any, hint: Any) -> Any:
    if not isinstance(value, list):
        return _UNREADABLE
    found = (_read(item, hint) for item in value)
    return [item for item in found if item is not _UNREADABLE]


def _read_scalar(value: Any, hint: type) -> Any:
    if hint is type(None):
        return None if value is None else _UNREADABLE
    if hint is bool:
        return value if isinstance(value, bool) else _UNREADABLE
    if hint is str:
        return _read_text(value)
    return _read_number(value, hint)


def _read_text(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)  # an id or a speaker given as a number
    return scrub(value) if isinstance(value, str) else _UNREADABLE


def _read_number(value: Any, hint: type) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return _UNREADABLE
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return _UNREADABLE
    if not math.isfinite(number):
        return _UNREADABLE
    return int(number) if hint is int else number


def scrub_value(value: Any) -> Any:
    """Scrub every string of a JSON value, and make null of numbers that are none."""
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list):
        return [scrub_value(item) for item in value]
    if isinstance(value, dict):
        return {scrub(key): scrub_value(item) for key, item in value.items()}
    return value
