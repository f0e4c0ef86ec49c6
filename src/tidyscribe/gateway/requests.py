"""Reading a request as strictly as FoxAPI does: its key, its body, its fields.

Source (read 2026-11):
https://docs.foxapi.cc/pages/en/api-manual/audio-series/elevenlabs/scribe-v2
"""

from __future__ import annotations

import re
from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING, Any

import msgspec

from tidyscribe.gateway.refusals import RefusedError, invalid
from tidyscribe.wire.foxapi import MAX_KEYTERM_CHARS, MAX_KEYTERMS, ScribeRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request

    from tidyscribe.gateway.behaviour import Behaviour

#: The one model there is.
MODEL = "scribe-v2"

_LANGUAGE_CODE = re.compile(r"[a-z]{2,3}")
_FIELDS = frozenset(ScribeRequest.__struct_fields__)


class Keys:
    """The keys that open the gateway; only their digests are kept.

    Parameters
    ----------
    keys
        Without any, every request is let in: for use within one process.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        self._digests = [_digest(key) for key in keys]

    def owner(self, request: Request) -> bytes:
        """Tell whose request it is, as a digest; raises RefusedError for a stranger's."""
        if not self._digests:
            return b""
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        given = _digest(key.strip())
        # All of them are compared, so that the time taken tells nothing.
        known = [compare_digest(given, digest) for digest in self._digests]
        if scheme.lower() != "bearer" or not any(known):
            raise RefusedError(
                "The API key is missing or wrong.", status=401, kind="authentication_error"
            )
        return given


def _digest(key: str) -> bytes:
    return sha256(key.encode("utf-8", "surrogateescape")).digest()


async def read_body(request: Request, *, max_bytes: int | None) -> Any:
    """Read a JSON body; raises RefusedError when it is none, or too long."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise RefusedError("Content-Type must be application/json.", status=400)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if max_bytes is not None and len(body) > max_bytes:
            raise RefusedError(f"The body is longer than {max_bytes} bytes.", status=413)
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RefusedError("The body is not valid JSON.", status=400) from error


def read_submit(body: Any, *, behaviour: Behaviour) -> ScribeRequest:
    """Read what is asked for; raises RefusedError where a field is missing or wrong."""
    if not isinstance(body, dict):
        raise invalid("The body must be a JSON object.")
    _check_model(body.get("model"))
    if not behaviour.refuse_unknown_fields:
        body = {name: value for name, value in body.items() if name in _FIELDS}
    try:
        submit = msgspec.convert(body, ScribeRequest)
    except msgspec.ValidationError as error:
        raise invalid(str(error)) from error
    _check_keyterms(submit.keyterms or [])
    code = submit.language_code
    if behaviour.check_language_code and code and not _LANGUAGE_CODE.fullmatch(code):
        raise invalid("language_code must be an ISO 639-1 or 639-3 code, such as en or eng.")
    return submit


def _check_model(model: object) -> None:
    if isinstance(model, str) and model != MODEL:
        raise invalid(f"There is no model {model[:80]!r}.", code="model_not_found")


def _check_keyterms(keyterms: list[str]) -> None:
    if len(keyterms) > MAX_KEYTERMS:
        raise invalid(f"keyterms has {len(keyterms)} entries, and may have {MAX_KEYTERMS}.")
    if any(len(term) > MAX_KEYTERM_CHARS for term in keyterms):
        raise invalid(f"An entry of keyterms is longer than {MAX_KEYTERM_CHARS} characters.")
