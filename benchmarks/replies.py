"""Scribe replies as FoxAPI gives them: words, the blanks between them and two speakers."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_VOCABULARY = """
    the of and to in that it is was for on with as he be at by this had not are but from or
    have an they which one were all her she there would their we him been has when who will
    more no if out so said what up its about into than them can only other new some could
    recording microphone interview Müller naïve café
""".split()  # noqa: SIM905 - a list of words is easier to read

#: Words one person speaks before the other does, and words of a sentence, on average.
_TURN = 40
_SENTENCE = 12


def scribe_result(n_words: int, *, seed: int) -> dict[str, Any]:
    """Make one entry of ``results``.

    Parameters
    ----------
    n_words
        Words in it; between two of them stands a ``spacing`` token, as in the service's replies.
    seed
        Equal seeds make equal replies.
    """
    chance = random.Random(seed)
    tokens: list[dict[str, Any]] = []
    speaker, now_s = 0, 0.0
    for number in range(n_words):
        if chance.random() < 1 / _TURN:
            speaker = 1 - speaker
        length_s = chance.uniform(0.06, 0.5)
        word = _token(_text(chance), "word", now_s, now_s + length_s)
        # Upstream gives natural logarithms: 0 for blanks, a little below for clear words.
        tokens.append(word | _voice(speaker, -chance.expovariate(8)))
        now_s += length_s
        if number < n_words - 1:
            pause_s = chance.choice((0.02, 0.04, 0.08, 0.3, 1.2 if chance.random() < 0.1 else 0.1))
            blank = _token(" ", "spacing", now_s, now_s + pause_s)
            tokens.append(blank | _voice(speaker, 0.0))
            now_s += pause_s
    return {
        "text": "".join(token["text"] for token in tokens),
        "language_code": "eng",
        "language_probability": 0.98,
        "words": tokens,
    }


def _text(chance: random.Random) -> str:
    word = chance.choice(_VOCABULARY)
    return f"{word}." if chance.random() < 1 / _SENTENCE else word


def _token(text: str, kind: str, start_s: float, end_s: float) -> dict[str, Any]:
    return {"text": text, "start": round(start_s, 3), "end": round(end_s, 3), "type": kind}


def _voice(speaker: int, logprob: float) -> dict[str, Any]:
    return {"speaker_id": f"speaker_{speaker}", "logprob": round(logprob, 6)}


def reply(n_words: int, *, seed: int) -> bytes:
    """Make the answer to the question for a completed task."""
    task = {
        "id": f"task-unified-1760000000-{seed:08d}",
        "object": "audio.generation.task",
        "type": "audio",
        "model": "scribe-v2",
        "status": "completed",
        "progress": 100,
        "created": 1760000000,
        "results": [scribe_result(n_words, seed=seed)],
        "error": None,
        "usage": {"credits_reserved": 1.5, "user_group": "default"},
    }
    return json.dumps(task, ensure_ascii=False).encode()


def write_replies(folder: Path, n_files: int, n_words: int) -> None:
    """Write different replies into a folder, one a file."""
    for seed in range(n_files):
        (folder / f"{seed:04d}.json").write_bytes(reply(n_words, seed=seed))
