"""One reading of errors for all services: kind, scope, whether it was accepted, and advice.

The HTTP status decides first, the service's own code second, and the message never, except
for the edge block of FoxAPI, which has nothing else to go by.
"""

from __future__ import annotations

import math
import re
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from tidyscribe.errors import ErrorKind, ProviderError
from tidyscribe.wire import lenient

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tidyscribe.exchange import Reply

#: Codes and types that mean "no credit", whatever the status.
CREDIT_CODES = frozenset(
    {
        "insufficient_quota",
        "insufficient_user_quota",
        "pre_consume_token_quota_failed",
        "quota_exceeded",
    }
)
#: Codes that say the call is wrong for every recording.
CONFIG_CODES = frozenset(
    {
        "model_not_found",
        "unsupported_advanced_options",
        "model_not_supported",
        "model_not_support_capability",
    }
)
#: Codes and types of a 422 that mean "not just now".
BUSY_CODES = frozenset({"service_unavailable_error", "no_compatible_channel"})

ADVICE = {
    ErrorKind.AUTH: "Check the key and what it may do, then run the same call again.",
    ErrorKind.CREDIT: "Top up the account, then run the same call again.",
    ErrorKind.RATE: "Run the same call again later, or set requests_per_second.",
    ErrorKind.INPUT: "Check this recording and its options; corpus.retry() sends it again.",
    ErrorKind.CONFIG: "Check provider, model, options and base_url, then run the call again.",
    ErrorKind.BUSY: "The service has no capacity now; run the same call again later.",
    ErrorKind.SERVER: "The service failed; see its status page before you retry.",
    ErrorKind.UNSENT: "Check the network and base_url, then run the same call again.",
    ErrorKind.AMBIGUOUS: (
        "It may have been accepted and charged. Look at the service's own list of tasks or "
        "its balance; corpus.retry() sends it once more."
    ),
    ErrorKind.WAITING: "Run the same call again to collect it; nothing is sent twice.",
    ErrorKind.LOST: "The service no longer knows the task; corpus.retry() sends it anew.",
    ErrorKind.UNREADABLE: "The raw reply is kept in the ledger; a later version may read it.",
    ErrorKind.NO_SOURCE: "Fill in the source or drop the row.",
    ErrorKind.NOT_SENT: "Run the same call again to go on.",
}

_STATUS_KINDS = {
    401: ErrorKind.AUTH,
    402: ErrorKind.CREDIT,
    403: ErrorKind.AUTH,
    429: ErrorKind.RATE,
    503: ErrorKind.BUSY,
}
_STOPPING = frozenset({ErrorKind.AUTH, ErrorKind.CREDIT, ErrorKind.CONFIG})
_REQUEST_ID = re.compile(r"request_id:\s*([\w-]+)")
_REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-oneapi-request-id")
#: The edge's own id: better than none.
_EDGE_ID_HEADER = "cf-ray"
_MAX_MESSAGE_CHARS = 400
_EDGE_BLOCK = b"error code: 1010"


def refusal(reply: Reply) -> ProviderError:
    """Say what an answer that is no success means.

    Parameters
    ----------
    reply
        An answer whose status is not 2xx.

    Returns
    -------
    ProviderError
        With ``accepted`` False where the service surely refused the work, and None where it
        may have been accepted all the same (any 5xx).
    """
    detail = _detail(reply)
    kind = _kind(reply, detail)
    is_server_side = reply.status >= 500
    return ProviderError(
        _message(reply, detail),
        kind=kind,
        accepted=None if is_server_side else False,
        stops=kind in _STOPPING,
        advice=_advice(reply, kind),
        retry_after_s=retry_after(reply.headers),
        status=reply.status,
        code=detail.get("code") or detail.get("type"),
        request_id=detail.get("requestId") or request_id(reply, detail.get("message")),
    )


def _kind(reply: Reply, detail: Mapping[str, str]) -> ErrorKind:
    codes = {detail.get("code"), detail.get("type")}
    if codes & CREDIT_CODES:
        return ErrorKind.CREDIT
    if reply.status in _STATUS_KINDS:
        return _STATUS_KINDS[reply.status]
    if codes & CONFIG_CODES or 300 <= reply.status < 400:
        return ErrorKind.CONFIG
    if codes & BUSY_CODES:
        return ErrorKind.BUSY
    return ErrorKind.SERVER if reply.status >= 500 else ErrorKind.INPUT


def _advice(reply: Reply, kind: ErrorKind) -> str:
    if is_edge_block(reply):
        return "The service's edge blocks this client's User-Agent; it is not about the key."
    if 300 <= reply.status < 400:
        return "The address redirects elsewhere; set base_url to the final address."
    return ADVICE[kind]


def is_edge_block(reply: Reply) -> bool:
    """Tell whether a 403 is the edge refusing the agent (Cloudflare's 1010), not the key."""
    return reply.status == 403 and _EDGE_BLOCK in reply.body.lower()


def _detail(reply: Reply) -> dict[str, str]:
    """Read message, type and code from any of the shapes of an error body."""
    try:
        body = lenient.scrub_value(lenient.parse(reply.body))
    except (lenient.NotJsonError, RecursionError):
        return {}
    error = body.get("error")
    if isinstance(error, dict):
        return _texts(error)
    found = _texts(body)
    if isinstance(error, str):
        found["message"] = error
    elif "detail" in body:
        found["message"] = _text_of_detail(body["detail"])
    return found


def _texts(body: Mapping[str, Any]) -> dict[str, str]:
    names = ("message", "type", "code", "requestId")
    return {name: str(body[name]) for name in names if isinstance(body.get(name), (str, int))}


def _text_of_detail(detail: Any) -> str:
    if isinstance(detail, list):
        parts = [
            str(item.get("msg", item)) if isinstance(item, dict) else str(item) for item in detail
        ]
        return "; ".join(parts)
    if isinstance(detail, dict):
        return str(detail.get("message", detail))
    return str(detail)


def _message(reply: Reply, detail: Mapping[str, str]) -> str:
    text = detail.get("message") or reply.body.decode("utf-8", "replace")
    text = " ".join(text.split())[:_MAX_MESSAGE_CHARS]
    return f"HTTP {reply.status}: {text}" if text else f"HTTP {reply.status}"


def request_id(reply: Reply, message: str | None = None) -> str | None:
    """Find the id that the service's support asks for: in a header, or in the message."""
    for name in _REQUEST_ID_HEADERS:
        if name in reply.headers:
            return reply.headers[name]
    found = _REQUEST_ID.search(message or "")
    return found[1] if found else reply.headers.get(_EDGE_ID_HEADER)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Give the seconds of a ``Retry-After`` header (a number or an HTTP date), or None."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
        return max(0.0, seconds) if math.isfinite(seconds) and value.isascii() else None
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def unreadable(message: str) -> ProviderError:
    """Make the error for a stored reply that holds no transcript in a known shape."""
    kind = ErrorKind.UNREADABLE
    return ProviderError(message, kind=kind, accepted=True, advice=ADVICE[kind])


def ambiguous(message: str, reply: Reply | None = None) -> ProviderError:
    """Make the error for a submit nobody can tell the fate of."""
    kind = ErrorKind.AMBIGUOUS
    status = reply.status if reply else None
    return ProviderError(message, kind=kind, accepted=None, advice=ADVICE[kind], status=status)
