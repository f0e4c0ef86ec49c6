"""A worker process as its thread in the pool sees it: start it, give it a job, end it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from tidyscribe.engines.base import EngineError
from tidyscribe.engines.messages import (
    Answer,
    Begun,
    Done,
    Failed,
    Progress,
    Ready,
    read_answer,
    write,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO

    from tidyscribe.engines.base import Heard
    from tidyscribe.engines.messages import Job

#: Seconds in which a process whose pipe has closed is expected to have ended.
_ENDING_S = 5.0
_MODULE = "tidyscribe.engines.worker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What to call while a job runs; both are called on another thread."""

    #: A worker has taken the job.
    on_start: Callable[[], None] = lambda: None
    #: So much of it is done, 0..1.
    on_progress: Callable[[float], None] = lambda _part: None


class NotBegunError(EngineError):
    """The process was dead before it saw the job; another one may have it."""


class WorkerProcess:
    """One process with one engine.

    `perform` is for one thread alone; `kill` may come from any.
    """

    def __init__(self, engine: str) -> None:
        # -P and the search path together: it finds the modules this process finds, and none
        # that happen to lie in the current directory. A process group of its own keeps an
        # interrupt of the notebook away from it.
        self._popen = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", "-m", _MODULE, engine],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": _search_path()},
            process_group=0 if os.name == "posix" else None,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._killed_because: str | None = None

    @property
    def pid(self) -> int:
        """Its number in the operating system."""
        return self._popen.pid

    @property
    def is_alive(self) -> bool:
        """Whether it can be given a job."""
        return self._killed_because is None and self._popen.poll() is None

    def kill(self, reason: str) -> None:
        """End it at once; the job it is at fails for this reason."""
        self._killed_because = self._killed_because or reason
        self._popen.kill()

    def reap(self) -> None:
        """Wait for the end of a killed or dead process, and close its pipes."""
        with suppress(OSError):  # what was still to be written goes nowhere
            self._popen.__exit__(None, None, None)

    def wait_until_ready(self) -> None:
        """Wait until its engine is loaded; raises EngineError when it cannot be."""
        answer = self._next()
        if not isinstance(answer, Ready):
            self._refuse(answer)

    def perform(self, job: Job, watch: Watch) -> Heard:
        """Have a job done.

        Raises
        ------
        EngineError
            When there is no result.
        NotBegunError
            When the process died before, unnoticed.
        """
        with suppress(OSError):  # a dead process shows itself by the answer that is missing
            write(self._stdin, job)
        if not isinstance(self._next(), Begun) and self._killed_because is None:
            self.kill("the engine's process died while it was idle")
            raise NotBegunError("the engine's process died before it saw this recording")
        watch.on_start()
        while isinstance(answer := self._next(), Progress):
            watch.on_progress(answer.part)
        if isinstance(answer, Done):
            return answer.heard
        return self._refuse(answer)

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._popen.stdin is not None  # noqa: S101 - asked for a pipe
        return self._popen.stdin

    @property
    def _stdout(self) -> IO[bytes]:
        assert self._popen.stdout is not None  # noqa: S101 - asked for a pipe
        return self._popen.stdout

    def _next(self) -> Answer | None:
        return read_answer(self._stdout)

    def _refuse(self, answer: Answer | None) -> NoReturn:
        if isinstance(answer, Failed):
            if answer.is_fatal:
                self.kill(answer.reason)
            raise EngineError(answer.reason)
        raise EngineError(self._cause_of_death())

    def _cause_of_death(self) -> str:
        try:
            status = self._popen.wait(_ENDING_S)
        except subprocess.TimeoutExpired:
            self.kill("the engine's process fell silent")
            status = self._popen.wait()
        if self._killed_because is not None:
            return self._killed_because
        return f"the engine's process died while it worked on this recording ({_manner(status)})"


def _manner(status: int) -> str:
    """Say how a process ended.

    Examples
    --------
    >>> _manner(-9), _manner(-11), _manner(3)
    ('SIGKILL: perhaps there was not enough memory', 'SIGSEGV', 'exit status 3')
    """
    if status >= 0:
        return f"exit status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"
    return f"{name}: perhaps there was not enough memory" if name == "SIGKILL" else name


def _search_path() -> str:
    return os.pathsep.join(entry for entry in sys.path if entry)
