"""What FoxAPI's pages leave open, as switches: no client may depend on one setting alone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How the gateway acts where the documentation is silent.

    Examples
    --------
    >>> Behaviour(refuse_unknown_fields=False).refuse_unknown_fields
    False
    """

    #: Answer 422 to a field that is not documented; otherwise such fields are ignored.
    refuse_unknown_fields: bool = True
    #: Answer 422 to a ``language_code`` that is not two or three lower-case letters.
    check_language_code: bool = True
    #: Show a task as completed once without its results, as has been seen of the service.
    complete_without_results_once: bool = False
