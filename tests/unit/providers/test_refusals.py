"""The one reading of errors: kind, whether it was accepted, whether it stops, and the message."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.samples import reply
from tidyscribe.errors import ErrorKind, ProviderError
from tidyscribe.providers.refusals import (
    ADVICE,
    ambiguous,
    refusal,
    request_id,
    retry_after,
    unreadable,
)

AUTH, CREDIT, RATE, INPUT = ErrorKind.AUTH, ErrorKind.CREDIT, ErrorKind.RATE, ErrorKind.INPUT
CONFIG, BUSY, SERVER = ErrorKind.CONFIG, ErrorKind.BUSY, ErrorKind.SERVER


def fox(kind: str, code: str | None = None) -> dict[str, Any]:
    """Make the body of a refusal as FoxAPI documents it."""
    return {"error": {"message": "no", "type": kind} | ({"code": code} if code else {})}


#: Status, body, and the kind; whether it was accepted and whether it stops follow from these.
KINDS = [
    (401, fox("authentication_error"), AUTH),  # a wrong key
    (403, fox("forbidden"), AUTH),  # not allowed
    (403, b"error code: 1010", AUTH),  # the edge
    (402, fox("insufficient_quota"), CREDIT),  # out of credits
    (402, b"", CREDIT),  # the status alone says it
    (429, fox("rate_limit_error"), RATE),  # too many
    (429, b"<html>slow down</html>", RATE),  # said by the edge
    (400, fox("invalid_request_error"), INPUT),
    (404, fox("not_found"), INPUT),
    (409, {"message": "conflict"}, INPUT),
    (413, b"<html>Request Entity Too Large</html>", INPUT),
    (415, {"detail": "unsupported media type"}, INPUT),
    (422, fox("invalid_request_error"), INPUT),
    (422, fox("validation_error"), INPUT),  # the older text
    (422, fox("invalid_request_error", "invented_code"), INPUT),  # the status decides
    (422, fox("invalid_request_error", "model_not_found"), CONFIG),
    (404, fox("not_found", "model_not_found"), CONFIG),
    (422, fox("invalid_request_error", "unsupported_advanced_options"), CONFIG),
    (400, fox("invalid_request_error", "model_not_supported"), CONFIG),
    (422, fox("invalid_request_error", "model_not_support_capability"), CONFIG),
    (301, b"", CONFIG),  # the address is not this one
    (307, b"", CONFIG),
    (503, fox("service_unavailable"), BUSY),
    (422, fox("service_unavailable_error"), BUSY),  # no channel just now
    (422, fox("invalid_request_error", "no_compatible_channel"), BUSY),
    (500, fox("server_error"), SERVER),
    (500, fox("server_error", "all_platforms_exhausted"), SERVER),
    (502, b"<html>Bad gateway</html>", SERVER),
    (504, b"", SERVER),
    (520, b"error code: 520", SERVER),
    (529, b"\xff\xfe", SERVER),
]

_CREDIT_CODES = [
    "insufficient_quota",
    "insufficient_user_quota",
    "pre_consume_token_quota_failed",
    "quota_exceeded",
]


@pytest.mark.parametrize(("status", "body", "kind"), KINDS)
def test_kinds(status: int, body: object, kind: ErrorKind) -> None:
    """Status first, code second."""
    error = refusal(reply(body, status))

    assert (error.kind, error.status) == (kind, status)


@pytest.mark.parametrize(("status", "body", "kind"), KINDS)
def test_only_a_failing_service_leaves_doubt(status: int, body: object, kind: ErrorKind) -> None:
    """4xx and redirects were surely not accepted; of 5xx nobody can tell."""
    assert refusal(reply(body, status)).accepted is (None if status >= 500 else False)


@pytest.mark.parametrize(("status", "body", "kind"), KINDS)
def test_what_concerns_all_recordings_stops(status: int, body: object, kind: ErrorKind) -> None:
    """Key, credit and configuration are the same for every recording."""
    assert refusal(reply(body, status)).stops is (kind in {AUTH, CREDIT, CONFIG})


@pytest.mark.parametrize("code", _CREDIT_CODES)
@pytest.mark.parametrize("status", [400, 402, 403, 422, 429, 500, 503])
@pytest.mark.parametrize("place", ["code", "type"])
def test_codes_of_credit_count_at_any_status(code: str, status: int, place: str) -> None:
    """Relays say "no credit" with all sorts of statuses, as code or as type."""
    assert refusal(reply({"error": {"message": "no", place: code}}, status)).kind is CREDIT


@pytest.mark.parametrize(
    ("body", "message", "code"),
    [
        # FoxAPI, OpenAI: an object
        ({"error": {"message": "no", "type": "t", "code": "c", "param": "p"}}, "no", "c"),
        ({"error": {"message": "no", "type": "t"}}, "no", "t"),  # the type for want of a code
        ({"error": {"message": "no", "code": 17}}, "no", "17"),  # a number
        ({"error": {"message": "no", "code": None, "type": []}}, "no", None),
        # a bare text
        ({"error": "no such key"}, "no such key", None),
        # FastAPI, ElevenLabs: detail
        ({"detail": "no"}, "no", None),
        ({"detail": [{"loc": ["a"], "msg": "no"}, {"msg": "nor this"}]}, "no; nor this", None),
        ({"detail": {"status": "busy", "message": "no"}}, "no", None),
        # flat, as fishaudio has it
        ({"code": "BAD_URL", "message": "no", "requestId": "r"}, "no", "BAD_URL"),
        # anything else: as it is
        (b"<html>\n <b>no</b>  way</html>", "<html> <b>no</b> way</html>", None),
        (b"no", "no", None),
        ({"success": False}, '{"success": false}', None),
        ([1], "[1]", None),
    ],
)
def test_messages_of_all_shapes(body: object, message: str, code: str | None) -> None:
    """Message and code are found in every shape of an error."""
    error = refusal(reply(body, 422))

    assert (str(error), error.code) == (f"HTTP 422: {message}", code)


def test_an_empty_body_leaves_the_status() -> None:
    """Where nothing is said, the status has to do."""
    assert str(refusal(reply(b"", 502))) == "HTTP 502"


def test_long_messages_are_cut() -> None:
    """A page of HTML does not fill a table's cell."""
    assert str(refusal(reply(b"x" * 5000, 502))) == "HTTP 502: " + "x" * 400


@pytest.mark.parametrize("depth", [100, 500, 900, 100_000])
def test_deep_bodies_are_survived(depth: int) -> None:
    """A body nested beyond measure is a refusal like any other."""
    body = b'{"a":' + b"[" * depth + b"]" * depth + b"}"

    assert refusal(reply(body, 422)).kind is INPUT


@given(st.binary(), st.sampled_from([301, 400, 401, 402, 403, 404, 422, 429, 500, 503, 599]))
def test_any_body_is_a_refusal(body: bytes, status: int) -> None:
    """Whatever bytes come, there is an error with a kind and an advice."""
    error = refusal(reply(body, status))

    assert isinstance(error, ProviderError)
    assert error.advice


@pytest.mark.parametrize("kind", ErrorKind)
def test_every_kind_has_an_advice(kind: ErrorKind) -> None:
    """Each row without a transcript says what to do about it."""
    assert ADVICE[kind].endswith(".")


def test_the_edge_block_is_not_about_the_key() -> None:
    """Cloudflare's 1010 blocks the client's name."""
    assert "User-Agent" in refusal(reply(b"error code: 1010", 403)).advice


def test_a_redirect_is_about_the_address() -> None:
    """It is not followed: the key would go elsewhere."""
    assert "base_url" in refusal(reply(b"", 308)).advice


# Retry-After ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("3", 3.0),
        (" 2.5 ", 2.5),
        ("0", 0.0),
        ("-5", 0.0),  # in the past
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),  # in the past
        ("soon", None),
        ("", None),
        ("3 s", None),
        ("٣", None),  # a digit, but not of HTTP
        ("inf", None),  # no number of seconds
        ("nan", None),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),  # no such day
        ("\x00", None),
    ],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    """Seconds and dates are understood, all else is no answer."""
    assert retry_after({"retry-after": value}) == seconds


def test_retry_after_a_date_to_come() -> None:
    """A date is counted from now."""
    tomorrow = formatdate(time.time() + 86_400, usegmt=True)

    assert retry_after({"retry-after": tomorrow}) == pytest.approx(86_400, abs=60)


def test_no_header_is_no_wait() -> None:
    """Most refusals ask for none."""
    assert retry_after({}) is None


def test_a_refusal_knows_how_long_to_wait() -> None:
    """The header arrives in the error."""
    assert refusal(reply(b"", 429, retry_after="7")).retry_after_s == 7.0


# What support asks for --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "message", "found"),
    [
        ({"x_request_id": "req-1"}, "no", "req-1"),
        ({"request_id": "req-1"}, "no", "req-1"),
        ({"x_oneapi_request_id": "req-1"}, "no", "req-1"),
        ({}, "no (request_id: 2026-abc)", "2026-abc"),  # as FoxAPI writes it
        ({}, "no", None),
        ({"cf_ray": "ray"}, "no", "ray"),  # better than nothing
        # The edge adds its own to every reply; the service's support asks for the service's.
        ({"cf_ray": "ray"}, "no (request_id: 2026-abc)", "2026-abc"),
    ],
)
def test_request_ids(headers: dict[str, str], message: str, found: str | None) -> None:
    """The id stands in a header or in the message."""
    assert request_id(reply(b"", 422, **headers), message) == found


def test_the_request_id_of_a_flat_body() -> None:
    """Some services give it as a field of its own."""
    body = {"code": "BAD_URL", "message": "no", "requestId": "req_01"}

    assert refusal(reply(body, 422)).request_id == "req_01"


# Other errors -----------------------------------------------------------------------------------


def test_unreadable_was_accepted() -> None:
    """A reply without a transcript was paid for, and is kept."""
    error = unreadable("no text")

    assert (str(error), error.kind, error.accepted) == ("no text", ErrorKind.UNREADABLE, True)


def test_ambiguous_is_anybodys_guess() -> None:
    """Nobody can tell whether it was accepted; nothing is stopped by it."""
    error = ambiguous("cut", reply(b"", 200))

    assert (error.kind, error.accepted, error.stops) == (ErrorKind.AMBIGUOUS, None, False)
    assert error.status == 200
