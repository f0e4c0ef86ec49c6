"""What many unit tests are given: replies, recordings, and FoxAPI tasks."""

from __future__ import annotations

import json
from typing import Any

from tidyscribe.exchange import Reply
from tidyscribe.recordings import Recording

TASK_ID = "task-unified-1760000000-ab12cd34"

RECORDING = Recording.of("https://audio.example/a.mp3")


def reply(body: object, status: int = 200, **headers: str) -> Reply:
    """Make a reply; a body that is no bytes is encoded as JSON, ``_`` in headers is ``-``."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(status, raw, {name.replace("_", "-"): value for name, value in headers.items()})


def word(text: str, start: float | None = None, end: float | None = None, **more: Any) -> dict:
    """Make one entry of ``words``."""
    return {"text": text, "start": start, "end": end, "type": "word", **more}


def task(**fields: Any) -> dict[str, Any]:
    """Make a task as the query answers it; `fields` take the place of the usual ones."""
    return {
        "id": TASK_ID,
        "object": "audio.generation.task",
        "type": "audio",
        "model": "scribe-v2",
        "status": "completed",
        "progress": 100,
        "created": 1760000000,
        "results": [{"text": "Hi.", "language_code": "eng", "words": [word("Hi.", 0.1, 0.4)]}],
        "error": None,
        "usage": {"credits_reserved": 1.2, "user_group": "default"},
    } | fields
