"""One run over recordings with which everything happens that the service documents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from tests.integration.conftest import Transcribe, frame_of, url_of
from tests.support.foxserver import KEY, FoxServer, running

#: What becomes of a recording, by the server's behaviour: status, kind of error.
FATES = {
    "ok": ("completed", None),
    "silent": ("completed", None),
    "race": ("completed", None),  # completed before its results are there
    "strange": ("completed", None),  # a status nobody knows
    "hiccup": ("completed", None),  # two polls answered by a gateway's HTML
    "pollcut": ("completed", None),  # two polls cut off
    "otherid": ("completed", None),  # two polls answered for another task
    "busy": ("completed", None),  # the submit refused once: too many requests
    "fail": ("failed", "input"),
    "cancel": ("failed", "input"),
    "bad": ("failed", "input"),  # the submit refused: 422
    "hollow": ("failed", "unreadable"),
    "vanish": ("lost", "lost"),
    "cut": ("in_doubt", "ambiguous"),  # the submit's answer never came
    "noid": ("in_doubt", "ambiguous"),
    "garbage": ("in_doubt", "ambiguous"),
    "down": ("in_doubt", "server"),
}


@pytest.fixture(scope="module")
def battered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """Transcribe one recording of each fate, one of them twice, two empty cells between."""
    store = tmp_path_factory.mktemp("battered") / "calls.tidyscribe"
    frame = frame_of(["ok-0", None, *[f"{fate}-1" for fate in FATES], "ok-0", "  "])
    frame.index = pd.Index([f"call {number}" for number in range(len(frame))], name="call")
    with running() as server:
        arguments = {
            "provider": "foxapi/scribe-v2",
            "base_url": server.url,
            "api_key": KEY,
            "store": store,
            "progress": False,
        }
        corpus = frame.transcribe("audio_url", **arguments)
        yield SimpleNamespace(
            corpus=corpus,
            frame=frame,
            server=server,
            store=store,
            again=lambda: frame.transcribe("audio_url", **arguments),
        )


def row(battered: SimpleNamespace, fate: str) -> pd.Series:
    """Give the row of a recording."""
    transcripts = battered.corpus.transcripts
    return transcripts[transcripts["source"] == url_of(f"{fate}-1")].iloc[0]


@pytest.mark.parametrize("fate", FATES)
def test_each_fate_has_its_status_and_kind(battered: SimpleNamespace, fate: str) -> None:
    """Every recording ends with the status its fate means, and a kind of error if any."""
    status, kind = FATES[fate]

    found = row(battered, fate)

    assert (found["status"], found["error_kind"] if kind else None) == (status, kind)


@pytest.mark.parametrize("fate", [fate for fate, (_, kind) in FATES.items() if kind])
def test_failures_say_what_and_what_to_do(battered: SimpleNamespace, fate: str) -> None:
    """Rows without a transcript carry a message and an advice."""
    found = row(battered, fate)

    assert found["error"]
    assert found["advice"]


def test_rows_and_index_are_the_frames(battered: SimpleNamespace) -> None:
    """The table has the frame's rows, in its order, under its index."""
    pd.testing.assert_index_equal(battered.frame.index, battered.corpus.transcripts.index)


def test_empty_cells_are_skipped_rows(battered: SimpleNamespace) -> None:
    """A null and a blank cell are rows with status `skipped`."""
    skipped = battered.corpus.transcripts.loc[["call 1", battered.frame.index[-1]]]

    assert skipped["status"].tolist() == ["skipped", "skipped"]
    assert skipped["error_kind"].tolist() == ["no_source", "no_source"]


def test_equal_recordings_are_sent_once(battered: SimpleNamespace) -> None:
    """A recording that stands twice in the frame is billed once and shown twice."""
    texts = battered.corpus.transcripts.loc[["call 0", battered.frame.index[-2]], "text"]

    assert battered.server.submissions[url_of("ok-0")] == 1
    assert texts.tolist() == ["Good morning. This is ok-0.mp3."] * 2


def test_nothing_is_billed_twice(battered: SimpleNamespace) -> None:
    """No recording was accepted more than once, whatever happened to its answer."""
    assert set(battered.server.submissions.values()) == {1}


def test_the_same_call_again_asks_nothing(battered: SimpleNamespace) -> None:
    """A second identical call sends no request at all and gives the same table."""
    before = battered.server.requests.total()

    again = battered.again()

    assert battered.server.requests.total() == before
    pd.testing.assert_frame_equal(battered.corpus.transcripts, again.transcripts)
    pd.testing.assert_frame_equal(battered.corpus.words, again.words)


def test_silence_is_a_transcript(battered: SimpleNamespace) -> None:
    """An empty text is a success with no words and no segments."""
    found = row(battered, "silent")

    assert (found["text"], found["n_words"], found["n_segments"]) == ("", 0, 0)


def test_segments_are_derived_at_the_change_of_speaker(battered: SimpleNamespace) -> None:
    """The service gives no segments; they are cut from the words, and say so."""
    segments = battered.corpus.segments
    first = segments[segments["transcript_id"] == row(battered, "ok")["transcript_id"]]

    assert first["text"].tolist() == ["Good morning.", "This is ok-1.mp3."]
    assert first["speaker"].tolist() == ["speaker_0", "speaker_1"]
    assert set(first["origin"]) == {"derived"}


def test_words_join_to_the_text(battered: SimpleNamespace) -> None:
    """Words and the blanks between them are the transcript's text again."""
    words = battered.corpus.words
    pieces = words["text"] + words["space_after"].map({True: " ", False: ""})
    joined = pieces.groupby(words["transcript_id"], sort=False).agg("".join)
    texts = battered.corpus.transcripts.drop_duplicates("transcript_id").set_index("transcript_id")

    assert joined.to_dict() == texts.loc[joined.index, "text"].to_dict()


def test_request_ids_are_kept(battered: SimpleNamespace) -> None:
    """The id a refusal names is there for the service's support."""
    assert row(battered, "bad")["request_id"] == "req-422"


def test_requests_hold_documented_fields_only(battered: SimpleNamespace) -> None:
    """A submit sends model, address and the two switches, and nothing that is null."""
    assert {frozenset(body) for body in battered.server.bodies} == {
        frozenset({"model", "audio_url", "diarize", "tag_audio_events"})
    }


def test_requests_name_the_agent(battered: SimpleNamespace) -> None:
    """The service's edge blocks libraries' default names."""
    agents = {headers["User-Agent"].split("/")[0] for headers in battered.server.headers}

    assert agents == {"tidyscribe"}


def test_tables_on_disk_are_the_tables(battered: SimpleNamespace) -> None:
    """What stands in the Parquet files is what the corpus shows, as any reader sees it."""
    files = sorted((battered.store / "words").glob("*.parquet"))

    on_disk = pd.concat([pd.read_parquet(path) for path in files])

    assert len(on_disk) == len(battered.corpus.words)
    assert not list(battered.store.rglob("*.tmp"))


def test_rebuild_gives_the_same_tables(battered: SimpleNamespace) -> None:
    """The Parquet files can be made anew from the ledger alone."""
    for path in battered.store.rglob("*.parquet"):
        path.unlink()

    battered.corpus.store.rebuild()

    again = battered.again()
    pd.testing.assert_frame_equal(battered.corpus.transcripts, again.transcripts)
    pd.testing.assert_frame_equal(battered.corpus.words, again.words)
    pd.testing.assert_frame_equal(battered.corpus.segments, again.segments)


def test_repr_says_how_many_and_where(battered: SimpleNamespace) -> None:
    """The short repr names the store and the counts; the card escapes what it shows."""
    assert "10 completed" in repr(battered.corpus)
    assert str(battered.store) in repr(battered.corpus)
    assert "in_doubt" in battered.corpus._repr_html_()
    assert "<html>Bad gateway" not in battered.corpus._repr_html_()


def test_errors_are_the_rows_without_a_transcript(battered: SimpleNamespace) -> None:
    """`errors` has all rows but the completed ones."""
    statuses = battered.corpus.transcripts["status"]

    assert len(battered.corpus.errors) == (statuses != "completed").sum()


# What one call has, or has not, to do with another --------------------------------------------


def test_a_longer_frame_sends_only_what_is_new(transcribe: Transcribe, fox: FoxServer) -> None:
    """Re-ordered, extended and re-signed frames meet their old transcripts."""
    transcribe(frame_of(["ok-1", "ok-2"]))

    urls = [f"{url_of(name)}?X-Amz-Signature=fresh-signature" for name in ("ok-3", "ok-2", "ok-1")]
    corpus = transcribe(pd.DataFrame({"audio_url": urls}))

    assert sum(fox.submissions.values()) == 3
    assert corpus.transcripts["text"].str.contains("ok-").all()
    assert corpus.transcripts["source"].tolist() == [url_of(f"ok-{n}") for n in (3, 2, 1)]


def test_other_options_are_another_submission(transcribe: Transcribe, fox: FoxServer) -> None:
    """What was transcribed with other options is not taken for the same."""
    transcribe(["ok-1"])

    corpus = transcribe(["ok-1"], language="deu", diarize=False)

    assert fox.submissions[url_of("ok-1")] == 2
    assert corpus.transcripts["language"].tolist() == ["de"]
    assert corpus.segments["speaker"].isna().all()


def test_options_out_of_a_column(transcribe: Transcribe, fox: FoxServer) -> None:
    """A column supplies the language row by row; a null leaves it to the service."""
    import tidyscribe

    frame = frame_of(["ok-1", "ok-2"]).assign(lang=["fr", None])

    corpus = transcribe(frame, language=tidyscribe.column("lang"))

    assert corpus.transcripts["language"].tolist() == ["fr", "en"]
    sent = {body["audio_url"]: body.get("language_code") for body in fox.bodies}
    assert sent == {url_of("ok-1"): "fr", url_of("ok-2"): None}


@pytest.mark.parametrize(
    "index",
    [
        pd.Index(["a", "a"]),
        pd.MultiIndex.from_tuples([("x", 1), ("x", 2)], names=["group", "n"]),
        pd.DatetimeIndex(["2026-01-01", "2026-01-02"]),
        pd.RangeIndex(5, 3, -1),
    ],
    ids=["duplicate", "multi", "dates", "range"],
)
def test_any_index_comes_back(transcribe: Transcribe, index: pd.Index) -> None:
    """The frame's index comes back as it was, duplicates included."""
    frame = frame_of(["ok-1", "ok-2"]).set_index(index)

    corpus = transcribe(frame)

    pd.testing.assert_index_equal(index, corpus.transcripts.index)


def test_no_rows_give_the_same_columns(transcribe: Transcribe, fox: FoxServer) -> None:
    """An empty frame gives empty tables with the columns and types of full ones."""
    full = transcribe(["ok-1"])

    none = transcribe(frame_of([]))

    for table in ("transcripts", "segments", "words", "flags"):
        pd.testing.assert_series_equal(getattr(full, table).dtypes, getattr(none, table).dtypes)
        assert len(getattr(none, table)) == 0


def test_only_empty_cells_need_no_key(transcribe: Transcribe, fox: FoxServer) -> None:
    """A frame with nothing to send is all skipped, and asks for nothing."""
    corpus = transcribe([None, ""], api_key=None)

    assert corpus.transcripts["status"].tolist() == ["skipped", "skipped"]
    assert fox.requests.total() == 0


def test_in_flight_never_exceeds_its_limit(transcribe: Transcribe, fox: FoxServer) -> None:
    """With `max_in_flight=2` the third recording waits for one of the first two."""
    open_tasks: list[int] = []
    fox.on_submit = lambda _: open_tasks.append(
        sum(task.n_asked < fox.n_polls for task in fox.tasks.values())
    )

    transcribe([f"ok-{n}" for n in range(5)], max_in_flight=2)

    assert max(open_tasks) <= 2
    assert fox.most_open <= 2


def test_store_of_everything(transcribe: Transcribe, store: Path) -> None:
    """`tidyscribe.open` shows what any call has put into the store."""
    import tidyscribe

    transcribe(["ok-1"])
    transcribe(["ok-2", "bad-1"])

    corpus = tidyscribe.open(store)

    assert sorted(corpus.transcripts["status"]) == ["completed", "completed", "failed"]
    assert len(corpus.words) == 10
    assert corpus.scan("words").count_rows() == 10
