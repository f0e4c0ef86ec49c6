"""The demo: transcribe the sample recordings with the embedded engine and show the tables.

Run it from anywhere; results go to ``demo.tidyscribe`` in the current directory. A second run
sends nothing and shows the same tables at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

import jiwer
import pandas as pd
from whisper_normalizer.english import EnglishTextNormalizer

import tidyscribe  # noqa: TC001 - registers DataFrame.transcribe

DATA = Path(__file__).parent
STORE = Path("demo.tidyscribe")


def read_recordings() -> pd.DataFrame:
    """Read the list of sample recordings, paths made absolute."""
    recordings = pd.read_csv(DATA / "recordings.csv", index_col="recording_id")
    recordings["audio"] = [str(DATA / path) for path in recordings["audio"]]
    return recordings


def word_error_rate(recordings: pd.DataFrame, corpus: tidyscribe.Corpus) -> float:
    """Compare with what was spoken: the share of words wrong, missing or too many.

    Case, punctuation and spelling variants do not count.
    """
    normalize = EnglishTextNormalizer()
    spoken = recordings["reference_text"].dropna()
    heard = corpus.transcripts.loc[spoken.index, "text"].fillna("")
    references = [normalize(text) for text in spoken]
    hypotheses = [normalize(text) for text in heard]
    return cast("float", jiwer.wer(references, hypotheses))


def show(title: str, frame: pd.DataFrame, n_rows: int) -> None:
    """Print the head of a table under its title."""
    print(f"\n{title} ({len(frame)} rows)")
    print(frame.head(n_rows).to_string(max_colwidth=58))


def main() -> None:
    """Transcribe, show the three tables, and say how well the engine did."""
    recordings = read_recordings()
    corpus = recordings.transcribe("audio", provider="local", store=STORE)  # type: ignore[operator]

    print(f"\n{corpus!r}")
    columns = ["status", "duration_s", "n_words", "text", "error"]
    show("corpus.transcripts", corpus.transcripts[columns], 20)
    show("corpus.segments", corpus.segments.drop(columns=["transcript_id", "speaker"]), 6)
    show("corpus.words", corpus.words.drop(columns=["transcript_id", "speaker", "channel"]), 6)

    rate = word_error_rate(recordings, corpus)
    print(f"\nWord error rate of the embedded engine on these clips: {rate:.1%}.")
    print("It was chosen for running anywhere, not for quality: see docs/engine.md.")
    print(f"The tables are on disk, as Parquet, in {STORE}/.")


if __name__ == "__main__":
    main()
