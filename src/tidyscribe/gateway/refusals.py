"""Refusals: HTTP errors with a body in FoxAPI's form.

Source (read 2026-11):
https://docs.foxapi.cc/pages/en/api-manual/task-management/error-codes
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from starlette.responses import Response

from tidyscribe.wire.foxapi import ErrorDetail
from tidyscribe.wire.foxapi import Refusal as RefusalBody

if TYPE_CHECKING:
    from collections.abc import Mapping

#: ``error.type`` for the statuses a framework gives of its own accord.
_TYPES = {404: "not_found", 413: "file_too_large_error", 503: "service_unavailable"}


class RefusedError(Exception):
    """A request is answered with an HTTP error; raised inside, never seen by a caller."""

    def __init__(
        self, message: str, *, status: int, kind: str | None = None, code: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.detail = ErrorDetail(message=message, type=kind or type_of(status), code=code)

    def response(self) -> Response:
        """Give the answer to send."""
        return json_response(RefusalBody(self.detail), status=self.status)


def invalid(message: str, *, code: str = "invalid_param") -> RefusedError:
    """Give the refusal of a request that is well formed and asks for the impossible."""
    return RefusedError(message, status=422, code=code)


def type_of(status: int) -> str:
    """Give the ``error.type`` of a status."""
    fallback = "server_error" if status >= 500 else "invalid_request_error"
    return _TYPES.get(status, fallback)


def json_response(
    content: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Give an answer in JSON."""
    body = msgspec.json.encode(content)
    return Response(body, status, headers=headers, media_type="application/json")
