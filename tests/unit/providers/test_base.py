"""What all providers have in common."""

from __future__ import annotations

import pytest

from tidyscribe.providers.base import Address, Service


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("foxapi/scribe-v2", Address("foxapi", "scribe-v2")),
        ("foxapi", Address("foxapi")),
        ("FoxAPI/Scribe", Address("foxapi", "Scribe")),  # a model's case may matter
        ("openai/org/model", Address("openai", "org/model")),  # some models have a slash
    ],
)
def test_addresses_are_split_at_the_first_slash(text: str, address: Address) -> None:
    """The provider stands before it, the model behind."""
    assert Address.of(text) == address


def test_variables_are_named_after_the_service() -> None:
    """Key and base URL have their places in the environment."""
    service = Service("foxapi", "https://api.foxapi.cc", "FOXAPI")

    assert (service.key_variable, service.base_url_variable) == (
        "FOXAPI_API_KEY",
        "FOXAPI_BASE_URL",
    )
