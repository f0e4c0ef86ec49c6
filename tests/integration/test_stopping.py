"""What ends the submitting, what is retried, and what the next identical call does then."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

import tidyscribe
from tests.integration.conftest import Transcribe, frame_of, url_of
from tests.support.foxserver import KEY, FoxServer, running


def test_a_wrong_key_stops_the_batch(transcribe: Transcribe, fox: FoxServer) -> None:
    """After 401 nothing more is submitted, and each row says why."""
    corpus = transcribe([f"ok-{n}" for n in range(40)], api_key="sk-wrong-key-000")

    assert fox.requests["submit"] < 20
    assert set(corpus.transcripts["status"]) == {"failed", "skipped"}
    assert set(corpus.transcripts["error_kind"]) == {"auth", "not_sent"}
    assert corpus.transcripts["error"].str.contains("401").all()


def test_the_right_key_goes_on_where_the_wrong_one_stopped(
    transcribe: Transcribe, fox: FoxServer
) -> None:
    """Rows refused with a wrong key cost nothing and are sent by the next call."""
    transcribe([f"ok-{n}" for n in range(8)], api_key="sk-wrong-key-000")

    corpus = transcribe([f"ok-{n}" for n in range(8)])

    assert set(corpus.transcripts["status"]) == {"completed"}
    assert set(fox.submissions.values()) == {1}


@pytest.mark.parametrize(
    ("fate", "kind"),
    [
        ("poor", "credit"),  # 402: out of credits
        ("nomodel", "config"),  # 422 model_not_found
        ("edge", "auth"),  # 403 of the edge, no JSON
        ("moved", "config"),  # a redirect is not followed
        ("patience", "rate"),  # Retry-After of eleven days
    ],
)
def test_refusals_of_the_call_stop_the_batch(
    transcribe: Transcribe, fox: FoxServer, fate: str, kind: str
) -> None:
    """What would befall every recording ends the submitting; nothing was accepted."""
    corpus = transcribe([f"{fate}-{n}" for n in range(30)])

    assert fox.requests["submit"] < 30
    assert set(corpus.transcripts["error_kind"]) == {kind, "not_sent"}
    assert fox.submissions.total() == 0


def test_tasks_accepted_before_the_stop_are_collected(
    transcribe: Transcribe, fox: FoxServer
) -> None:
    """When credit runs out, what was accepted before is still brought home."""
    corpus = transcribe(["ok-1", "ok-2", "poor-1", "ok-3"], max_in_flight=1)

    assert corpus.transcripts["status"].tolist() == ["completed", "completed", "failed", "skipped"]


def test_refusals_alike_from_the_start_stop_the_batch(
    transcribe: Transcribe, fox: FoxServer, store: Path
) -> None:
    """When all of the first recordings are refused for one reason, the call is at fault."""
    frame = frame_of(["moved-1"])  # one address for all, told apart by a parameter
    urls = [f"{url_of('nochannel-1')}?v={n}" for n in range(30)]
    fox.refuse_all = "service has no such thing"

    corpus = transcribe(frame.iloc[:0].reindex(range(30)).assign(audio_url=urls))

    assert fox.requests["submit"] < 30
    assert "not_sent" in set(corpus.transcripts["error_kind"])


def test_one_good_recording_clears_the_call(transcribe: Transcribe, fox: FoxServer) -> None:
    """Refused recordings among good ones stop nothing."""
    corpus = transcribe([*[f"bad-{n}" for n in range(10)], *[f"ok-{n}" for n in range(10)]])

    assert corpus.transcripts["status"].tolist() == ["failed"] * 10 + ["completed"] * 10


def test_a_service_out_of_reach_is_no_doubt(transcribe: Transcribe, fox: FoxServer) -> None:
    """A refused connection was surely not accepted: the next call sends again."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]

    down = transcribe(["ok-1", "ok-2"], base_url=f"http://127.0.0.1:{port}")
    up = transcribe(["ok-1", "ok-2"])

    assert set(down.transcripts["error_kind"]) <= {"unsent", "not_sent"}
    assert up.transcripts["status"].tolist() == ["completed", "completed"]


def test_a_deadline_ends_the_waiting_and_not_the_task(
    transcribe: Transcribe, fox: FoxServer
) -> None:
    """After `deadline_s` the row is pending with its task id; the next call harvests it."""
    fox.n_polls = 1000
    waited = transcribe(["ok-1"], deadline_s=0.5)
    fox.n_polls = 1

    harvested = transcribe(["ok-1"])

    assert waited.transcripts["status"].tolist() == ["pending"]
    assert waited.transcripts["task_id"].notna().all()
    assert harvested.transcripts["status"].tolist() == ["completed"]
    assert fox.submissions.total() == 1


def test_a_task_of_another_host_is_not_asked_for_here(
    transcribe: Transcribe, fox: FoxServer
) -> None:
    """A pending task is asked for where it was accepted, and never called lost elsewhere."""
    fox.n_polls = 1000
    transcribe(["ok-1"], deadline_s=0.5)
    polls = fox.requests["poll"]

    with pytest.warns(UserWarning, match=r"submitted to http://127\.0\.0\.1:\d+ before"):
        corpus = transcribe(["ok-1"], base_url=fox.url.replace("127.0.0.1", "localhost"))

    assert corpus.transcripts["status"].tolist() == ["pending"]
    assert f"base_url={fox.url!r}" in corpus.transcripts["advice"].iloc[0]
    assert fox.requests["poll"] == polls


def test_doubtful_rows_say_that_they_may_be_charged(transcribe: Transcribe, fox: FoxServer) -> None:
    """Whatever made a row doubtful, the same call would not send it: the advice says what would."""
    corpus = transcribe(["down-1", "cut-1"])

    assert corpus.transcripts["advice"].str.contains("may have been accepted and charged").all()


def test_the_cost_of_a_retried_row_is_that_of_all_attempts(
    transcribe: Transcribe, fox: FoxServer
) -> None:
    """Two accepted attempts at 1.5 credits cost three."""
    corpus = transcribe(["fail-1"])

    again = corpus.retry()

    assert corpus.transcripts["cost"].tolist() == [1.5]
    assert again.transcripts["cost"].tolist() == [3.0]


def test_tables_of_a_store_that_is_gone_say_so(transcribe: Transcribe, store: Path) -> None:
    """A store that was moved away, or lost a file, gives an error of the package's own."""
    corpus = transcribe(["ok-1"])
    for part in (store / "words").glob("*.parquet"):
        part.unlink()

    with pytest.raises(tidyscribe.StoreError, match="rebuild"):
        _ = corpus.words


def test_retry_sends_once_more_what_was_chosen(transcribe: Transcribe, fox: FoxServer) -> None:
    """`retry` makes a new attempt of the rows chosen, and of no others."""
    corpus = transcribe(["cut-1", "fail-1", "ok-1"])

    again = corpus.retry(where="status == 'in_doubt'")

    assert fox.submissions == {url_of("cut-1"): 2, url_of("fail-1"): 1, url_of("ok-1"): 1}
    assert again.transcripts["attempts"].tolist() == [2, 1, 1]


def test_doubtful_rows_stay_in_doubt_on_the_next_call(
    transcribe: Transcribe, fox: FoxServer
) -> None:
    """Running the call again never repeats a submit whose fate is unknown."""
    transcribe(["cut-1"])

    corpus = transcribe(["cut-1"])

    assert corpus.transcripts["status"].tolist() == ["in_doubt"]
    assert fox.submissions.total() == 1


def test_refresh_sends_everything_anew(transcribe: Transcribe, fox: FoxServer) -> None:
    """`refresh=True` is a new attempt of all; the tables hold the new one only."""
    transcribe(["ok-1", "ok-2"])

    corpus = transcribe(["ok-1", "ok-2"], refresh=True)

    assert set(fox.submissions.values()) == {2}
    assert corpus.transcripts["attempts"].tolist() == [2, 2]
    assert len(corpus.words) == 10


def test_max_cost_stops_before_it_overspends(transcribe: Transcribe, fox: FoxServer) -> None:
    """With 1.5 credits a recording, four credits pay for two."""
    corpus = transcribe([f"ok-{n}" for n in range(6)], max_cost=4.0)

    assert fox.submissions.total() == 2
    assert corpus.transcripts["status"].tolist() == ["completed"] * 2 + ["skipped"] * 4


def test_more_failures_than_allowed_raise_with_the_corpus(transcribe: Transcribe) -> None:
    """`fail_on_error` raises at the end; the error carries the tables."""
    with pytest.raises(tidyscribe.TooManyFailuresError) as caught:
        transcribe(["ok-1", "fail-1"], fail_on_error=True)

    assert caught.value.corpus is not None
    assert "completed" in set(caught.value.corpus.transcripts["status"])


def test_a_quota_lets_everything_through_in_time(transcribe: Transcribe, fox: FoxServer) -> None:
    """With five requests a second a small batch takes its time, and is complete."""
    corpus = transcribe([f"ok-{n}" for n in range(5)], requests_per_second=5)

    assert set(corpus.transcripts["status"]) == {"completed"}


def test_the_bar_counts_what_is_done(
    transcribe: Transcribe, capfd: pytest.CaptureFixture[str]
) -> None:
    """The bar ends at all of all, and names failures and cost."""
    transcribe(["ok-1", "fail-1"], progress=True)

    shown = capfd.readouterr().err
    assert "2/2" in shown
    assert "1 failed" in shown
    assert "credits" in shown


def test_the_key_never_goes_to_another_host(transcribe: Transcribe, fox: FoxServer) -> None:
    """A redirect is not followed, so nobody else sees the key."""
    corpus = transcribe(["moved-1"])

    assert "base_url" in corpus.transcripts["advice"].iloc[0]
    assert KEY not in corpus.transcripts.to_csv()


def test_an_interrupted_refresh_leaves_the_old_transcripts(
    transcribe: Transcribe, fox: FoxServer
) -> None:
    """What was to be sent anew, and was not, keeps the transcript it has."""
    transcribe(["ok-1", "ok-2", "ok-3"])

    refreshed = transcribe(
        ["ok-1", "ok-2", "ok-3"], refresh=True, max_in_flight=1, api_key="sk-wrong-key-000"
    )

    assert refreshed.transcripts["status"].tolist() == ["failed", "completed", "completed"]
    assert refreshed.transcripts["text"].notna().tolist() == [False, True, True]


def test_a_long_wait_asked_of_polls_ends_with_the_deadline(
    transcribe: Transcribe, fox: FoxServer
) -> None:
    """An absurd Retry-After on a poll holds the run no longer than `deadline_s`."""
    corpus = transcribe(["pollpatience-1"], deadline_s=2.5)

    assert corpus.transcripts["status"].tolist() == ["pending"]


def test_a_server_on_another_port_that_knows_nothing_loses_nothing(
    transcribe: Transcribe, fox: FoxServer
) -> None:
    """Another server on the same host does not know the task: it stays pending, not lost."""
    fox.n_polls = 1000
    transcribe(["ok-1"], deadline_s=0.5)
    with running() as other:
        corpus = transcribe(["ok-1"], base_url=other.url)
    fox.n_polls = 1

    harvested = transcribe(["ok-1"])

    assert corpus.transcripts["status"].tolist() == ["pending"]
    assert f"base_url={fox.url!r}" in corpus.transcripts["advice"].iloc[0]
    assert harvested.transcripts["status"].tolist() == ["completed"]
    assert fox.submissions.total() == 1


def test_tasks_collected_count_for_max_cost(transcribe: Transcribe, fox: FoxServer) -> None:
    """Two tasks of an earlier call at 1.5 credits leave nothing of four for two more."""
    fox.n_polls = 1000
    transcribe(["ok-1", "ok-2"], deadline_s=0.5)
    fox.n_polls = 1

    corpus = transcribe(["ok-1", "ok-2", "ok-3"], max_cost=4.0)

    assert corpus.transcripts["status"].tolist() == ["completed", "completed", "skipped"]
