"""The command line: ``tidyscribe transcribe``, ``status`` and ``serve``.

Exit codes: 0 all is well, 1 some recordings have no transcript, 2 the call cannot be carried
out as written, 3 the store cannot be used, 130 interrupted. A key is never an argument: keys
come from the environment.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pandas as pd

from tidyscribe import __version__
from tidyscribe.errors import ErrorKind, InputError, StoreError, TidyscribeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tidyscribe.corpus.corpus import Corpus

EXIT_FAILED = 1
EXIT_INPUT = 2
EXIT_STORE = 3
EXIT_INTERRUPTED = 130

#: Rows of a table that a terminal shows.
_SHOWN_ROWS = 12


class _Group(click.Group):
    """Commands whose errors are one readable message and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except TidyscribeError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(_exit_code(error))
        except KeyboardInterrupt as interrupt:
            for note in getattr(interrupt, "__notes__", ["Interrupted."]):
                click.echo(note, err=True)
            ctx.exit(EXIT_INTERRUPTED)


def _exit_code(error: TidyscribeError) -> int:
    if isinstance(error, InputError):
        return EXIT_INPUT
    return EXIT_STORE if isinstance(error, StoreError) else EXIT_FAILED


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, package_name="tidyscribe")
def main() -> None:
    """Transcribe tables of recordings into tidy tables on disk."""


@main.command()
@click.argument("table", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--source-column", required=True, metavar="NAME", help="Column with the recordings.")
@click.option("--id-column", metavar="NAME", help="Column that names the rows in messages.")
@click.option("--provider", required=True, help="Provider and model, such as foxapi/scribe-v2.")
@click.option("--store", type=click.Path(path_type=Path), help="Directory of the results.")
@click.option("--base-url", help="Address of the service, if it is not the usual one.")
@click.option("--language", help="Language spoken, such as en; default: detect.")
@click.option("--diarize/--no-diarize", default=None, help="Tell speakers apart.")
@click.option("--tag-events/--no-tag-events", default=None, help="Mark laughter and the like.")
@click.option("--keyterm", "keyterms", multiple=True, help="A word to expect; may be repeated.")
@click.option("--max-in-flight", type=int, help="Most tasks at a time.")
@click.option("--requests-per-second", type=float, help="Most requests in a second.")
@click.option("--deadline-s", type=float, help="Seconds to wait for a task. [default: 7200]")
@click.option("--max-cost", type=float, help="Most to spend, in the service's unit.")
@click.option("--refresh", is_flag=True, help="Send again what the store holds (charged again).")
@click.option("--progress/--no-progress", default=True, help="Show a progress bar.")
def transcribe(table: Path, source_column: str, id_column: str | None, **given: Any) -> None:
    """Transcribe the recordings that TABLE (CSV or Parquet) names in a column.

    Relative paths are looked up from the current directory. The key is taken from the
    environment, such as FOXAPI_API_KEY.
    """
    from tidyscribe.api import transcribe as run

    options = {name: value for name, value in given.items() if value not in (None, ())}
    frame = read_table(table)
    if id_column is not None:
        frame = with_names(frame, id_column)
    corpus = run(frame, source_column, **options)
    show(corpus)
    # An empty cell is the table's own affair.
    has_failed = (corpus.errors["error_kind"] != ErrorKind.NO_SOURCE.value).any()
    sys.exit(EXIT_FAILED if has_failed else 0)


@main.command()
@click.argument("store", type=click.Path(path_type=Path), default=None, required=False)
def status(store: Path | None) -> None:
    """Show what is in a STORE: counts by state, costs, and the latest errors."""
    from tidyscribe.store.ledger import State
    from tidyscribe.store.projection import STATUS_OF_STATE
    from tidyscribe.store.store import DEFAULT_PATH, Store

    found = Store(store or DEFAULT_PATH)
    click.echo(f"Store: {found.path}")
    for address, state, count, cost, unit in found.counts():
        spent = f", {cost:,.4g} {unit or ''}".rstrip() if cost else ""
        click.echo(f"  {address}: {count:,} {STATUS_OF_STATE[state]}{spent}")
    errors = found.last_errors()
    if errors:
        click.echo("Latest errors:")
    for row in errors:
        status = STATUS_OF_STATE[State(row["state"])]
        click.echo(f"  {row['source']} ({status}, {row['error_kind']}): {row['error']}")
        click.echo(f"    {row['advice']}")


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, help="Port to listen on.")
@click.option("--engine", default="pocketsphinx", show_default=True, help="Recogniser.")
@click.option("--workers", type=int, help="Worker processes. [default: one a core, at most 4]")
@click.option(
    "--key-variable",
    "variables",
    multiple=True,
    metavar="NAME",
    help="Environment variable that holds a key clients must show; may be repeated.",
)
@click.option("--allow-private", is_flag=True, help="Fetch audio from private addresses, too.")
def serve(host: str, port: int, variables: tuple[str, ...], **given: Any) -> None:
    """Run the local gateway: FoxAPI's transcription tasks with an engine on this machine."""
    from tidyscribe.gateway.serve import serve as run

    run(host=host, port=port, keys=keys_of(variables), **given)


def keys_of(variables: tuple[str, ...]) -> list[str]:
    """Take keys out of the environment variables named."""
    import os

    missing = [name for name in variables if not os.environ.get(name)]
    if missing:
        raise InputError(f"The environment variable {missing[0]} is not set or empty.")
    return [os.environ[name] for name in variables]


def with_names(frame: pd.DataFrame, id_column: str) -> pd.DataFrame:
    """Name the rows by a column."""
    if id_column not in frame.columns:
        raise InputError(f"The table has no column {id_column!r}.", column=id_column)
    return frame.set_index(id_column)


def read_table(path: Path) -> pd.DataFrame:
    """Read a CSV or Parquet file.

    Raises
    ------
    InputError
        When there is no such file, or it cannot be read.
    """
    readers: dict[str, Callable[[Path], pd.DataFrame]] = {
        ".csv": pd.read_csv,
        ".tsv": lambda path: pd.read_csv(path, sep="\t"),
        ".parquet": pd.read_parquet,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"{path} is no {', '.join(readers)} file.")
    try:
        return reader(path)
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist.") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error


def show(corpus: Corpus) -> None:
    """Print what was transcribed, and what was not and why."""
    click.echo(str(corpus.summary))
    click.echo(f"Store: {corpus.store.path}")
    errors = corpus.errors.astype(object).head(_SHOWN_ROWS)
    for row in errors.itertuples():
        click.echo(f"  {row.Index}: {row.source} ({row.status}): {row.error}", err=True)
        click.echo(f"    {row.advice}", err=True)
    if len(corpus.errors) > len(errors):
        click.echo(f"  ... and {len(corpus.errors) - len(errors)} more", err=True)
