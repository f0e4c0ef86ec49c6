"""Run all benchmarks: ``python -m benchmarks`` in the repository's folder."""

from __future__ import annotations

from benchmarks import batch_cpu, import_time, tables_cpu

for benchmark in (import_time, tables_cpu, batch_cpu):
    benchmark.main([])
