"""A corpus in a few figures."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

_SECONDS_AN_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Summary:
    """What is in a corpus; its text is one line."""

    n_rows: int
    #: Rows by status, only statuses that occur.
    by_status: dict[str, int] = field(default_factory=dict)
    n_words: int = 0
    #: Hours of recordings whose length is known.
    hours: float = 0.0
    #: Costs by unit, as far as services name them.
    costs: dict[str, float] = field(default_factory=dict)
    languages: dict[str, int] = field(default_factory=dict)
    models: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = [f"{self.n_rows:,} recordings"]
        parts += [f"{count:,} {status}" for status, count in self.by_status.items()]
        parts.append(f"{length_text(self.hours)} of audio")
        parts.append(f"{self.n_words:,} words")
        parts += [f"{cost:,.4g} {unit}" for unit, cost in self.costs.items()]
        return ", ".join(parts)


def length_text(hours: float) -> str:
    """Write a length of time the way one says it: ``1.4 h``, ``2.1 min`` or ``12 s``."""
    seconds = hours * _SECONDS_AN_HOUR
    if seconds >= _SECONDS_AN_HOUR:
        return f"{hours:,.1f} h"
    return f"{seconds / 60:.1f} min" if seconds >= 60 else f"{seconds:.0f} s"


def summarise(transcripts: pa.Table) -> Summary:
    """Count what is in a table of transcripts; a transcript of several rows has its words once."""
    seen: set[str] = set()
    is_first = []
    for transcript_id in transcripts["transcript_id"].to_pylist():
        is_first.append(transcript_id not in seen)
        seen.add(transcript_id)
    single = transcripts.filter(pa.array(is_first, pa.bool_()))
    return Summary(
        n_rows=transcripts.num_rows,
        by_status=_counts(transcripts, "status"),
        n_words=pc.sum(single["n_words"]).as_py() or 0,
        hours=(pc.sum(single["duration_s"]).as_py() or 0.0) / _SECONDS_AN_HOUR,
        costs=_costs(single),
        languages=_counts(transcripts, "language"),
        models=_models(transcripts),
    )


def _counts(table: pa.Table, column: str) -> dict[str, int]:
    counted = pc.value_counts(table[column].drop_null())
    pairs = [(str(one["values"]), int(one["counts"].as_py())) for one in counted]
    return dict(sorted(pairs, key=lambda pair: -pair[1]))


def _costs(table: pa.Table) -> dict[str, float]:
    costs: dict[str, float] = {}
    pairs = zip(table["cost_unit"].to_pylist(), table["cost"].to_pylist(), strict=True)
    for unit, cost in pairs:
        if cost:  # what is free needs no mention
            costs[unit or ""] = costs.get(unit or "", 0.0) + cost
    return costs


def _models(table: pa.Table) -> tuple[str, ...]:
    pairs = zip(table["provider"].to_pylist(), table["model"].to_pylist(), strict=True)
    return tuple(sorted({f"{provider}/{model}" for provider, model in pairs}))
