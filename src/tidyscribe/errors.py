"""Every error tidyscribe raises, and the kinds of failure it records as data.

A mistake of the caller is an exception, raised before anything is sent. What goes wrong with
one recording on the way is data: a row with a kind, a message and an advice.

::

    TidyscribeError
    ├── InputError (ValueError)          the call cannot be carried out as written
    │   ├── ColumnNotFoundError (KeyError)
    │   ├── SourceError                  a cell that is no usable recording
    │   ├── OptionError                  an option out of range, or unknown to the model
    │   ├── UnknownProviderError
    │   ├── MissingKeyError
    │   └── MissingExtraError (ImportError)
    ├── StoreError (OSError)             the directory of results
    │   ├── StoreLockedError
    │   ├── StoreVersionError
    │   └── StoreUnwritableError
    ├── ProviderError                    what a service answered; becomes a row
    └── TooManyFailuresError             asked for with ``fail_on_error``
"""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tidyscribe.corpus.corpus import Corpus


class ErrorKind(StrEnum):
    """Why a recording has no transcript; the values of the column ``error_kind``."""

    #: The service refused the key, or blocked this client.
    AUTH = "auth"
    #: The account has no credit or quota left.
    CREDIT = "credit"
    #: Too many requests; nothing was accepted.
    RATE = "rate"
    #: This recording, or what was asked of it, was refused or could not be processed.
    INPUT = "input"
    #: The call itself is refused whatever the recording: unknown model, unsupported option.
    CONFIG = "config"
    #: The service has no capacity for the model just now.
    BUSY = "busy"
    #: The service failed.
    SERVER = "server"
    #: The request surely never left: no route, no name, connection refused.
    UNSENT = "unsent"
    #: The request left and no usable answer came back: it may have been accepted and charged.
    AMBIGUOUS = "ambiguous"
    #: Accepted, and not finished when the waiting ended.
    WAITING = "waiting"
    #: The service no longer knows the task.
    LOST = "lost"
    #: The reply was stored but holds no transcript in a known shape.
    UNREADABLE = "unreadable"
    #: There was nothing to send: an empty cell.
    NO_SOURCE = "no_source"
    #: Not sent, because the submitting was stopped before its turn came.
    NOT_SENT = "not_sent"


class TidyscribeError(Exception):
    """The root of all errors of this package; catch it to catch them all."""


class InputError(TidyscribeError, ValueError):
    """The call cannot be carried out as written; nothing was sent.

    Attributes
    ----------
    row : object
        Index label of the first offending row, or None where no row is at fault.
    column : str or None
        The column it stands in.
    value : str or None
        The offending value, without secrets.
    """

    def __init__(
        self,
        message: str,
        *,
        row: object = None,
        column: str | None = None,
        value: str | None = None,
    ) -> None:
        super().__init__(message)
        self.row = row
        self.column = column
        self.value = value

    def __str__(self) -> str:
        return str(self.args[0])


class ColumnNotFoundError(InputError, KeyError):
    """The frame has no such column. Check the name; the message names the nearest one."""


class SourceError(InputError):
    """A cell is no recording that this provider can take. Correct or drop the rows named."""


class OptionError(InputError):
    """An option is unknown, has the wrong type, or is out of range for this model."""


class UnknownProviderError(InputError):
    """No provider or model of that name. The message lists those there are."""


class MissingKeyError(InputError):
    """Something has to be sent and there is no key. Set the variable the message names."""


class MissingExtraError(InputError, ImportError):
    """An optional part is not installed. The message gives the ``pip install`` line."""


class StoreError(TidyscribeError, OSError):
    """The store cannot be used as asked. Nothing in it was changed.

    Attributes
    ----------
    path : str or None
        The store's directory.
    """

    def __init__(self, message: str, *, path: str | None = None) -> None:
        super().__init__(message)
        self.path = path


class StoreLockedError(StoreError):
    """Another run is writing to this store. Wait for it, or name another ``store=``."""


class StoreVersionError(StoreError):
    """The store was written by a newer tidyscribe. Upgrade the package; the data are safe."""


class StoreUnwritableError(StoreError):
    """The store cannot be written: no permission, a full disk. What is in it is kept."""


class ProviderError(TidyscribeError):
    """What a service said no with, in words that are the same for all services.

    Providers raise it while reading a reply; the batch turns it into a row.

    Attributes
    ----------
    kind : ErrorKind
        What went wrong.
    accepted : bool or None
        False: the service surely did not accept the work, so repeating costs nothing.
        None: nobody can tell. True: it did, and the work failed.
    stops : bool
        Whether every other recording would meet the same fate, so that submitting ends.
    advice : str
        What the user can do, one sentence.
    retry_after_s : float or None
        Seconds the service asked to wait.
    status, code, request_id
        HTTP status, the service's own code and the id to quote to its support, where given.
    cost : float or None
        What it cost all the same, in the service's unit, where it says so.
    """

    def __init__(  # noqa: PLR0913 - the attributes of one answer
        self,
        message: str,
        *,
        kind: ErrorKind,
        accepted: bool | None = None,
        stops: bool = False,
        advice: str = "",
        retry_after_s: float | None = None,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        cost: float | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.accepted = accepted
        self.stops = stops
        self.advice = advice
        self.retry_after_s = retry_after_s
        self.status = status
        self.code = code
        self.request_id = request_id
        self.cost = cost

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(type(self), kind=self.kind), self.args, self.__dict__


class TooManyFailuresError(TidyscribeError):
    """More recordings failed than ``fail_on_error`` allows. All that was done is kept.

    Attributes
    ----------
    corpus : Corpus or None
        The whole result, failures included; None after unpickling.
    """

    def __init__(self, message: str, *, corpus: Corpus | None = None) -> None:
        super().__init__(message)
        self.corpus = corpus

    def __reduce__(self) -> tuple[Any, ...]:
        # A corpus holds open files; the message is what travels.
        return type(self), self.args
