"""The figures that stand on these pages: ``python -m docs.measure`` in the repository's folder.

``engine`` measures the embedded engine's speed on the sample recordings, ``disk`` what a word
takes on disk and how long one transcript's words take to be read.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import pyarrow as pa
import pyarrow.parquet as pq
from benchmarks.replies import scribe_result

from tidyscribe.engines import EngineError, create_engine
from tidyscribe.exchange import Reply
from tidyscribe.providers import get_provider
from tidyscribe.store.compression import compress
from tidyscribe.store.parts import part_path, read_parts, write_part
from tidyscribe.tables.build import TableBuilder

RECORDINGS = Path(__file__).parents[1] / "data" / "recordings"

#: Transcripts of a part, and words of a transcript.
N_TRANSCRIPTS = 200
N_WORDS = 1_500


def measure_engine() -> None:
    """Print the CPU time that the engine needs, in one process."""
    engine = create_engine("pocketsphinx")
    began = time.process_time()
    engine.load()
    print(f"loading the model: {time.process_time() - began:.2f} s of CPU time")
    audio_s, began = 0.0, time.process_time()
    for path in sorted(RECORDINGS.iterdir()):
        try:
            audio_s += engine.transcribe(path).duration_s
        except EngineError as error:
            print(f"left out {path.name}: {error}")
    cpu_s = time.process_time() - began
    print(f"{audio_s:.1f} s of audio took {cpu_s:.1f} s of CPU time: {cpu_s / audio_s:.2f}")


def measure_disk() -> None:
    """Print bytes per word, and the time to read one transcript's words."""
    tables, sizes = _tables()
    words = tables["words"]
    one = words["transcript_id"][len(words) // 2].as_py()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_part(root, 1, tables)
        plain = root / "plain.parquet"
        pq.write_table(words, plain)
        stored = part_path(root, "words", 1).stat().st_size
        print(f"{words.num_rows:,} words of {N_TRANSCRIPTS} transcripts in one part")
        print(f"store:            {stored / words.num_rows:5.1f} bytes a word")
        print(f"pyarrow's default:{plain.stat().st_size / words.num_rows:5.1f} bytes a word")
        read_ms = [_read_ms(root, one) for _ in range(9)]
    print(f"one transcript's {N_WORDS:,} words: {median(read_ms):.0f} ms (median of 9)")
    raw, packed = sizes
    print(f"raw replies: {raw / 1e6:.1f} MB, as zstd in the ledger {packed / 1e6:.1f} MB")


def _tables() -> tuple[dict[str, pa.Table], tuple[int, int]]:
    provider, builder = get_provider("foxapi/scribe-v2"), TableBuilder()
    raw = packed = 0
    for number in range(N_TRANSCRIPTS):
        body = json.dumps({"results": [scribe_result(N_WORDS, seed=number)]}).encode()
        raw, packed = raw + len(body), packed + len(compress(body))
        key = hashlib.blake2b(str(number).encode(), digest_size=12).hexdigest()
        row = {"transcript_id": key, "provider": "foxapi", "model": "scribe-v2"}
        row |= {"status": "completed", "attempts": 1}
        builder.add(row, provider.read(Reply(200, body)))
    return builder.build(), (raw, packed)


def _read_ms(folder: Path, transcript_id: str) -> float:
    began = time.perf_counter()
    read_parts(folder, "words", [1], [transcript_id])
    return 1_000 * (time.perf_counter() - began)


if __name__ == "__main__":
    wanted = sys.argv[1:] or ["engine", "disk"]
    for name in wanted:
        {"engine": measure_engine, "disk": measure_disk}[name]()
