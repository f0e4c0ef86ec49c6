"""A process with one loaded engine: ``python -m tidyscribe.engines.worker ENGINE``.

It takes jobs on standard input and answers on standard output. It ends when its standard input
does, in the middle of a job too: whoever asked is gone.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import BinaryIO

from tidyscribe.engines.base import Engine, create_engine
from tidyscribe.engines.messages import (
    Answer,
    Begun,
    Done,
    Failed,
    Job,
    Progress,
    Ready,
    read_job,
    write,
)
from tidyscribe.errors import TidyscribeError

#: Parts of a job that are worth a message.
_STEP = 0.01


def main(name: str) -> int:
    """Serve jobs until standard input ends; gives the exit status."""
    jobs_in, answers_out = _claim_pipes()
    # Ctrl-C reaches the whole group of processes; what it means is the parent's to say.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    jobs: SimpleQueue[Job] = SimpleQueue()
    Thread(target=_receive, args=(jobs_in, jobs), daemon=True).start()
    try:
        engine = create_engine(name)
        engine.load()
    except Exception as error:  # noqa: BLE001 - whatever it is, the pool has to hear of it
        write(answers_out, Failed(reason=_reason(error), is_fatal=True))
        return 1
    write(answers_out, Ready())
    while True:
        job = jobs.get()
        write(answers_out, Begun())
        answer = _work(engine, job, answers_out)
        write(answers_out, answer)
        if isinstance(answer, Failed) and answer.is_fatal:
            return 1


def _claim_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Keep both pipes for messages: a C library that prints would spoil them."""
    jobs_in = os.fdopen(os.dup(0), "rb")
    answers_out = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    try:
        os.dup2(2, 1)
    except OSError:  # a program without a terminal may have no standard error
        os.dup2(nothing, 1)
    return jobs_in, answers_out


def _receive(jobs_in: BinaryIO, jobs: SimpleQueue[Job]) -> None:
    while (job := read_job(jobs_in)) is not None:
        jobs.put(job)
    # The main thread may be deep in C code, where no exception would reach it.
    os._exit(0)


def _work(engine: Engine, job: Job, answers_out: BinaryIO) -> Answer:
    told = 0.0

    def tell(part: float) -> None:
        nonlocal told
        if part >= told + _STEP:
            told = part
            write(answers_out, Progress(part))

    try:
        heard = engine.transcribe(
            Path(job.path), language=job.language, keyterms=job.keyterms, on_progress=tell
        )
    except TidyscribeError as error:
        return Failed(reason=str(error))
    except Exception as error:  # noqa: BLE001 - one bad recording must not end the service
        return Failed(reason=_reason(error), is_fatal=True)
    return Done(heard)


def _reason(error: Exception) -> str:
    if isinstance(error, TidyscribeError):
        return str(error)
    if isinstance(error, MemoryError):
        return "the engine ran out of memory"
    return f"the engine failed: {type(error).__name__}: {error}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
