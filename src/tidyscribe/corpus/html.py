"""A corpus as a card in a notebook: figures, a bar of statuses, failures with advice.

Plain HTML with its style inside, readable on light and dark themes, without a script, so that
it survives in saved notebooks and on pages that show them.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from tidyscribe.corpus.summary import Summary, length_text

if TYPE_CHECKING:
    import pandas as pd

#: Colour of each status; told apart by people who see no red and green, too.
_COLOURS = {
    "completed": "#2a7f9e",
    "pending": "#9aa5b1",
    "skipped": "#c9ced6",
    "failed": "#d1495b",
    "lost": "#8d5a97",
    "in_doubt": "#edae49",
}

#: Failures shown; the rest is counted.
_SHOWN = 5

_STYLE = """
<style>
.tidyscribe{font:13px/1.45 system-ui,sans-serif;max-width:46rem;padding:.8em 1em;
 border:1px solid rgba(128,128,128,.35);border-radius:8px}
.tidyscribe .figures{display:flex;flex-wrap:wrap;gap:.3em 2em;margin:.2em 0 .7em}
.tidyscribe .figures b{display:block;font-size:1.5em;font-weight:600}
.tidyscribe .bar{display:flex;height:8px;border-radius:4px;overflow:hidden;gap:1px}
.tidyscribe .key span{margin-right:1.2em;white-space:nowrap}
.tidyscribe .key i{display:inline-block;width:.7em;height:.7em;border-radius:2px;margin-right:.4em}
.tidyscribe table{margin:.7em 0 0;border-collapse:collapse}
.tidyscribe td{text-align:left;vertical-align:top;padding:.25em .9em .25em 0}
.tidyscribe td:nth-child(1){overflow-wrap:anywhere;min-width:6em;font-weight:600}
.tidyscribe td:nth-child(2){white-space:nowrap}
.tidyscribe .quiet{opacity:.7;margin-top:.6em}
</style>
"""


def card(summary: Summary, store: str, errors: pd.DataFrame) -> str:
    """Write the card.

    Parameters
    ----------
    summary
        The figures.
    store
        Where the store is.
    errors
        `Corpus.errors`: rows without a transcript.
    """
    models = escape(", ".join(summary.models))
    parts = [
        _STYLE,
        '<div class="tidyscribe">',
        f"<div>tidyscribe · {models}</div>" if models else "<div>tidyscribe</div>",
        _figures(summary),
        _bar(summary),
        _errors(errors),
        f'<div class="quiet">Store: <code>{escape(store)}</code></div>',
        "</div>",
    ]
    return "".join(parts)


def _figures(summary: Summary) -> str:
    figures = [
        (f"{summary.n_rows:,}", "recordings"),
        (length_text(summary.hours), "of audio"),
        (f"{summary.n_words:,}", "words"),
    ]
    figures += [(f"{cost:,.4g}", unit or "cost") for unit, cost in summary.costs.items()]
    if summary.languages:
        figures.append((", ".join(list(summary.languages)[:3]), "language"))
    cells = "".join(f"<div><b>{escape(value)}</b>{escape(name)}</div>" for value, name in figures)
    return f'<div class="figures">{cells}</div>'


def _bar(summary: Summary) -> str:
    if not summary.n_rows:
        return ""
    pieces = "".join(
        f'<div style="flex:{count};background:{_COLOURS[status]}"></div>'
        for status, count in summary.by_status.items()
    )
    key = "".join(
        f'<span><i style="background:{_COLOURS[status]}"></i>{count:,} {status}</span>'
        for status, count in summary.by_status.items()
    )
    return f'<div class="bar">{pieces}</div><div class="key">{key}</div>'


def _errors(errors: pd.DataFrame) -> str:
    if errors.empty:
        return ""
    columns = ["source", "status", "error", "advice"]
    shown = errors[columns].head(_SHOWN).astype(object)
    rows = "".join(
        f'<tr><td title="{_cell(row[1])}">{escape(str(row[0]))[:60]}</td>'
        + "".join(f"<td>{_cell(value)}</td>" for value in row[2:])
        + "</tr>"
        for row in shown.itertuples()
    )
    more = len(errors) - len(shown)
    tail = f'<div class="quiet">... and {more:,} more in <code>.errors</code></div>' if more else ""
    return f"<table>{rows}</table>{tail}"


def _cell(value: object) -> str:
    return escape(value[:200]) if isinstance(value, str) else ""
