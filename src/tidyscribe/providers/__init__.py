"""The providers there are, found by entry point, and the one that a name means."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING

from tidyscribe.errors import InputError, UnknownProviderError
from tidyscribe.providers.base import Address

if TYPE_CHECKING:
    from tidyscribe.providers.base import Provider

#: Group of the entry points; each names a ``create(model: str | None) -> Provider``.
GROUP = "tidyscribe.providers"


@cache
def _installed() -> dict[str, EntryPoint]:
    return {found.name: found for found in entry_points(group=GROUP)}


def get_provider(address: str) -> Provider:
    """Give the provider that ``provider=`` names.

    Parameters
    ----------
    address
        ``"foxapi/scribe-v2"``, or ``"foxapi"`` for its usual model.

    Raises
    ------
    UnknownProviderError
        When there is no provider or no model of that name; the message lists those there are.

    Examples
    --------
    >>> get_provider("foxapi").model
    'scribe-v2'
    """
    if not isinstance(address, str) or not address.strip():
        raise InputError(f'provider={address!r}: expected a name such as "foxapi/scribe-v2".')
    wanted = Address.of(address)
    found = _installed().get(wanted.provider)
    if found is None:
        raise UnknownProviderError(_no_such_provider(wanted.provider), value=wanted.provider)
    provider: Provider = found.load()(wanted.model)
    return provider


def _no_such_provider(name: str) -> str:
    names = sorted(_installed())
    near = get_close_matches(name, names, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"There is no provider {name!r}.{hint} There are: {', '.join(names)}."
