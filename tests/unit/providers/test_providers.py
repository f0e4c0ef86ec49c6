"""The providers there are, and how they are found."""

from __future__ import annotations

from typing import Any

import pytest

from tidyscribe.errors import InputError, UnknownProviderError
from tidyscribe.providers import get_provider


@pytest.mark.parametrize(
    ("address", "service", "model"),
    [
        ("foxapi/scribe-v2", "foxapi", "scribe-v2"),
        ("foxapi", "foxapi", "scribe-v2"),  # its usual model
        ("foxapi/", "foxapi", "scribe-v2"),  # no model is the usual one
        (" FoxAPI/scribe-v2 ", "foxapi", "scribe-v2"),  # case and blanks
        ("local", "local", "pocketsphinx"),
        ("local/pocketsphinx", "local", "pocketsphinx"),
    ],
)
def test_addresses(address: str, service: str, model: str) -> None:
    """A provider is found by its name, with its model or without."""
    provider = get_provider(address)

    assert (provider.service.name, provider.model) == (service, model)


def test_an_unknown_provider_names_the_nearest() -> None:
    """A slip of the finger is recognised, and what there is is listed."""
    with pytest.raises(UnknownProviderError) as caught:
        get_provider("foxap/scribe-v2")

    assert str(caught.value) == (
        "There is no provider 'foxap'. Did you mean 'foxapi'? There are: foxapi, local."
    )
    assert caught.value.value == "foxap"


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("foxapi/scribe-v9", "foxapi has no model 'scribe-v9' here; it has: scribe-v2."),
        ("local/kaldi", "local has no engine 'kaldi'; it has: pocketsphinx."),
    ],
)
def test_an_unknown_model_lists_those_there_are(address: str, told: str) -> None:
    """The message is about the model, since the provider is known."""
    with pytest.raises(UnknownProviderError) as caught:
        get_provider(address)

    assert str(caught.value) == told


@pytest.mark.parametrize("address", [None, "", "  ", 5])
def test_what_is_no_name_is_refused(address: Any) -> None:
    """The message shows what a name looks like."""
    with pytest.raises(InputError, match='expected a name such as "foxapi/scribe-v2"'):
        get_provider(address)


@pytest.mark.parametrize("address", ["foxapi", "local"])
def test_limits_make_sense(address: str) -> None:
    """What a run starts with is within what it may grow to."""
    limits = get_provider(address).limits

    assert 0 < limits.first_requests <= limits.max_requests
    assert 0 < limits.first_poll_s <= limits.max_first_poll_s
    assert limits.first_poll_s <= limits.max_poll_s
    assert limits.poll_growth > 1


def test_only_the_embedded_engine_is_free() -> None:
    """Work of a paid service is never done again without being asked for."""
    free = {name for name in ("foxapi", "local") if get_provider(name).capabilities.is_free}

    assert free == {"local"}
