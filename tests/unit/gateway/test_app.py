"""The application, in process, through the client its users have."""

# ruff: noqa: ASYNC240 - looking at a file in between harms no test
from __future__ import annotations

import asyncio
import base64
import csv
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tidyscribe.errors import InputError
from tidyscribe.gateway import Behaviour, Gateway, embedded_gateway

from .conftest import RECORDINGS, SUBMIT, Web, client_of, finish, transcribe

pytestmark = pytest.mark.anyio

GOOD = {"model": "scribe-v2", "audio_url": "https://a.example/b.mp3"}


def text_file(folder: Path, text: str, name: str = "recording") -> str:
    """Write what the trial engine is to hear; gives its ``file:`` address."""
    path = folder / name
    path.write_text(text)
    return path.as_uri()


def data_uri(content: bytes) -> str:
    """Give the address that is its own content."""
    return f"data:application/octet-stream;base64,{base64.b64encode(content).decode()}"


def error_of(response: httpx.Response) -> tuple[int, str, str | None]:
    """Give status, type and code of a refusal, whose form is checked."""
    assert response.headers["content-type"] == "application/json"
    error = response.json()["error"]
    assert error["message"]
    assert set(error) <= {"message", "type", "code"}
    return response.status_code, error["type"], error.get("code")


async def test_a_submit_answers_with_the_documented_task(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    """Every field is there, in its type."""
    body = GOOD | {"audio_url": text_file(tmp_path, "hello")}
    response = await client.post(SUBMIT, json=body)

    task = response.json()
    assert response.status_code == 200
    assert re.fullmatch(rf"task-unified-{task['created']}-[a-z0-9]{{8}}", task.pop("id"))
    assert abs(task.pop("created") - time.time()) < 10
    assert task["task_info"].pop("estimated_time") >= 1
    assert task == {
        "model": "scribe-v2",
        "object": "audio.generation.task",
        "progress": 0,
        "status": "pending",
        "task_info": {"can_cancel": False},
        "type": "audio",
        "usage": {"credits_reserved": 0},
    }


async def test_a_completed_task_has_the_documented_form(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    """Results are there, and no error."""
    task = await transcribe(client, text_file(tmp_path, "hello there"))

    results = task.pop("results")
    assert results[0]["text"] == "hello there"
    assert task.pop("id").startswith("task-unified-")
    assert isinstance(task.pop("created"), int)
    assert task == {
        "object": "audio.generation.task",
        "type": "audio",
        "model": "scribe-v2",
        "status": "completed",
        "progress": 100,
        "error": None,
        "usage": {"credits_reserved": 0, "user_group": "default"},
    }


async def test_a_failed_task_says_why_with_status_200(tmp_path: Path) -> None:
    """The failure is the task's, not the query's."""
    async with client_of(Gateway(engine="odd", embedded=True)) as client:
        task = await transcribe(client, text_file(tmp_path, "unreadable"))

    assert (task["status"], task["results"]) == ("failed", None)
    assert task["error"] == {
        "code": "generation_failed",
        "message": "it cannot be read",
        "type": "task_error",
    }


async def test_a_task_goes_from_pending_over_processing_to_completed(tmp_path: Path) -> None:
    """Before the end there are no results, and the progress moves."""
    first, second = (text_file(tmp_path, name, name) for name in ("one", "two"))
    async with client_of(Gateway(engine="patient", embedded=True, workers=1)) as client:
        ids = [
            (await client.post(SUBMIT, json=GOOD | {"audio_url": url})).json()["id"]
            for url in (first, second)
        ]
        seen = await _until(client, ids[0], lambda task: task["progress"] == 50)
        waiting = (await client.get(f"/v1/tasks/{ids[1]}")).json()
        (tmp_path / "one").unlink()
        done = await finish(client, ids[0])
        (tmp_path / "two").unlink()

    assert (seen["status"], seen["results"], seen["error"]) == ("processing", None, None)
    assert (waiting["status"], waiting["progress"]) == ("pending", 0)
    assert (done["status"], done["progress"]) == ("completed", 100)


async def _until(
    client: httpx.AsyncClient, task_id: str, is_so: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while True:
            task = (await client.get(f"/v1/tasks/{task_id}")).json()
            if is_so(task):
                return dict(task)
            await asyncio.sleep(0.01)


async def test_asking_upstream_changes_nothing(client: httpx.AsyncClient, tmp_path: Path) -> None:
    """There is no remote task behind a local one: the stored state is the answer."""
    task = await transcribe(client, text_file(tmp_path, "hello"))

    asked = await client.get(f"/v1/tasks/{task['id']}", params={"sync_upstream": "true"})

    assert asked.json() == task


async def test_options_are_honoured(client: httpx.AsyncClient, tmp_path: Path) -> None:
    """Language and key terms reach the engine; events are left out when not wanted."""
    task = await transcribe(
        client,
        text_file(tmp_path, "hello (laughter)"),
        language_code="jpn",
        keyterms=["Zoë"],
        tag_audio_events=False,
        diarize=True,
    )

    result = task["results"][0]
    assert (result["language_code"], result["text"]) == ("jpn", "helloZoë")
    assert all("speaker_id" not in word for word in result["words"])


async def test_events_are_tagged_unless_declined(client: httpx.AsyncClient, tmp_path: Path) -> None:
    """The documented default is true."""
    task = await transcribe(client, text_file(tmp_path, "hello (laughter)"))

    assert [word["type"] for word in task["results"][0]["words"]][-1] == "audio_event"


async def test_a_recording_can_be_handed_over_as_data(client: httpx.AsyncClient) -> None:
    """In process, bytes need no file of the caller's."""
    task = await transcribe(client, data_uri("grüß Gott".encode()))

    assert task["results"][0]["text"] == "grüß Gott"


async def test_a_path_may_have_any_characters(client: httpx.AsyncClient, tmp_path: Path) -> None:
    """Blanks, percent signs and letters of other scripts are found again."""
    url = text_file(tmp_path, "hello", "a b%20ü#?.txt")

    task = await transcribe(client, url)

    assert task["results"][0]["text"] == "hello"


async def test_no_copy_of_a_recording_stays(
    client: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, web: Web
) -> None:
    """What was fetched or handed over as data is deleted when the task ends."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    await transcribe(client, data_uri(b"one"))
    await transcribe(client, web.put("/a", b"two"))

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    "url",
    [
        "data:audio/wav,hello",
        "data:audio/wav;base64,***",
        "data:audio/wav;base64",
        "file://other.example/a.wav",
        "file:///a%00b",
        "ftp://a.example/b",
        "http://",
        "https://a.example:99999/b",
        "https://a b/c",
        "recording.wav",
        "",
    ],
)
async def test_an_address_that_is_none_is_refused(client: httpx.AsyncClient, url: str) -> None:
    """Also in process, what cannot be an address is refused at once."""
    response = await client.post(SUBMIT, json=GOOD | {"audio_url": url})

    assert error_of(response) == (422, "invalid_request_error", "invalid_param")


async def test_data_over_the_limit_is_refused(tmp_path: Path) -> None:
    """The limit on recordings counts for handed-over bytes as well."""
    async with client_of(Gateway(engine="echo", embedded=True, max_source_bytes=99)) as client:
        response = await client.post(SUBMIT, json=GOOD | {"audio_url": data_uri(bytes(120))})

    assert error_of(response)[0] == 422


@pytest.mark.parametrize("url", ["file:///etc/hostname", "data:;base64,aGVsbG8="])
async def test_strangers_cannot_name_files(url: str) -> None:
    """Only in process are other addresses than those of the web taken."""
    async with client_of(Gateway(engine="echo", keys=["k"])) as client:
        response = await client.post(
            SUBMIT,
            json=GOOD | {"audio_url": url},
            headers={"Authorization": "Bearer k"},
        )

    assert error_of(response) == (422, "invalid_request_error", "invalid_param")


async def test_strangers_cannot_reach_private_addresses(web: Web) -> None:
    """The task fails, and nothing was asked of the private server."""
    async with client_of(Gateway(engine="echo")) as client:
        task = await transcribe(client, web.put("/a", b"secret"))

    assert task["error"]["message"].startswith("audio_url could not be fetched: its address is")
    assert web.asked == []


async def test_private_addresses_can_be_allowed(web: Web) -> None:
    """A laboratory's own file server may be fetched from."""
    async with client_of(Gateway(engine="echo", allow_private=True)) as client:
        task = await transcribe(client, web.put("/a", b"hello"))

    assert task["results"][0]["text"] == "hello"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer sk-wrong"},
        {"Authorization": "Basic sk-right"},
        {"Authorization": "sk-right"},
        {"Authorization": "Bearer sk-right2"},
    ],
)
@pytest.mark.parametrize("method", ["submit", "query"])
async def test_a_stranger_is_refused(headers: dict[str, str], method: str) -> None:
    """Without the key, or with another one, neither call is answered."""
    async with client_of(Gateway(engine="echo", keys=["sk-right"])) as client:
        response = await (
            client.post(SUBMIT, content=b"not even read", headers=headers)
            if method == "submit"
            else client.get("/v1/tasks/task-unified-1-abcdefgh", headers=headers)
        )

    assert error_of(response) == (401, "authentication_error", None)


@pytest.mark.parametrize("key", ["sk-one", "sk-two"])
async def test_every_key_opens(key: str) -> None:
    """There may be several, and the scheme's case does not matter."""
    async with client_of(Gateway(engine="echo", keys=["sk-one", "sk-two"])) as client:
        response = await client.post(SUBMIT, json=GOOD, headers={"Authorization": f"bearer {key}"})

    assert response.status_code == 200


async def test_a_task_is_seen_by_its_own_key_only(web: Web) -> None:
    """Two users of one gateway do not read each other's recordings."""
    gateway = Gateway(engine="echo", keys=["sk-one", "sk-two"], allow_private=True)
    mine, other = ({"Authorization": f"Bearer sk-{name}"} for name in ("one", "two"))
    async with client_of(gateway) as client:
        body = GOOD | {"audio_url": web.put("/a", b"hello")}
        task_id = (await client.post(SUBMIT, json=body, headers=mine)).json()["id"]
        await finish(client, task_id, **mine)
        response = await client.get(f"/v1/tasks/{task_id}", headers=other)

    assert error_of(response) == (404, "not_found", None)


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"{", "application/json"),
        (b"", "application/json"),
        (b'{"model": NaN}', "application/json"),
        (b"\xff", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"{}", "text/plain"),
        (b"model=scribe-v2", "application/x-www-form-urlencoded"),
        (b"{}", None),
    ],
)
async def test_a_body_that_is_no_json_is_refused(
    client: httpx.AsyncClient, content: bytes, content_type: str | None
) -> None:
    """Neither another content type nor broken JSON is looked into further."""
    headers = {"Content-Type": content_type} if content_type else {}
    response = await client.post(SUBMIT, content=content, headers=headers)

    assert error_of(response)[:2] == (400, "invalid_request_error")


async def test_a_charset_in_the_content_type_is_no_fault(client: httpx.AsyncClient) -> None:
    """JSON with parameters is JSON."""
    headers = {"Content-Type": "application/json; charset=utf-8"}
    response = await client.post(SUBMIT, content=b"{}", headers=headers)

    assert response.status_code == 422


async def test_a_body_over_the_limit_is_refused() -> None:
    """From outside, a request holds an address, not a recording."""
    async with client_of(Gateway(engine="echo")) as client:
        response = await client.post(SUBMIT, json=GOOD | {"keyterms": ["x" * 2**20]})

    assert error_of(response) == (413, "file_too_large_error", None)


async def test_an_unknown_task_is_not_found(client: httpx.AsyncClient) -> None:
    """Also one that looks like a path."""
    responses = [
        await client.get("/v1/tasks/task-unified-1-abcdefgh"),
        await client.get("/v1/tasks/..%2F..%2Fetc"),
    ]

    assert [error_of(response)[:2] for response in responses] == [(404, "not_found")] * 2


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("POST", "/v1/audio/generations", 404),
        ("POST", SUBMIT + "/", 404),
        ("GET", SUBMIT, 405),
        ("DELETE", "/v1/tasks/x", 405),
    ],
)
async def test_what_is_no_call_is_refused_in_json(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    """No page of a framework is ever sent."""
    response = await client.request(method, path)

    assert error_of(response)[0] == status


async def test_a_fault_of_ours_tells_nothing_of_the_inside(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The answer is 500 in JSON; what happened stands in the log."""
    gateway = Gateway(engine="echo")
    monkeypatch.setattr(gateway._tasks, "get", None)
    async with client_of(gateway) as client:
        response = await client.get("/v1/tasks/x")

    assert error_of(response) == (500, "server_error", None)
    assert "NoneType" not in response.text
    assert "NoneType" in caplog.text


async def test_one_bad_recording_leaves_the_others_alone(tmp_path: Path) -> None:
    """A recording that kills its worker fails; those beside it are heard."""
    names = ["fine", "segfault", "good", "bug", "well"]
    urls = [text_file(tmp_path, name, name) for name in names]
    async with client_of(Gateway(engine="odd", embedded=True, workers=2)) as client:
        tasks = await asyncio.gather(*[transcribe(client, url) for url in urls])

    states = dict(zip(names, [task["status"] for task in tasks], strict=True))
    assert states == {
        "fine": "completed",
        "segfault": "failed",
        "good": "completed",
        "bug": "failed",
        "well": "completed",
    }


async def test_a_task_may_seem_completed_before_its_results(tmp_path: Path) -> None:
    """The race seen of the service can be switched on."""
    behaviour = Behaviour(complete_without_results_once=True)
    gateway = Gateway(engine="echo", embedded=True, behaviour=behaviour)
    async with client_of(gateway) as client:
        first = await transcribe(client, text_file(tmp_path, "hello"))
        second = await finish(client, first["id"])

    assert (first["status"], first["progress"], first["results"]) == ("completed", 50, None)
    assert second["results"][0]["text"] == "hello"


async def test_closing_ends_everything_at_once(tmp_path: Path) -> None:
    """No worker is left, and what was not done says so."""
    urls = [text_file(tmp_path, "one", str(number)) for number in range(5)]
    gateway = Gateway(engine="patient", embedded=True, workers=1)
    async with client_of(gateway) as client:
        ids = [
            (await client.post(SUBMIT, json=GOOD | {"audio_url": url})).json()["id"] for url in urls
        ]
        await _until(client, ids[0], lambda task: task["status"] == "processing")
        async with asyncio.timeout(10):
            await gateway.aclose()
        tasks = [await finish(client, task_id) for task_id in ids]
        refused = await client.post(SUBMIT, json=GOOD)

    reasons = {task["error"]["message"] for task in tasks}
    assert reasons == {"the gateway was stopped before this recording was done"}
    assert error_of(refused)[:2] == (503, "service_unavailable")


async def test_the_embedded_gateway_hears_the_sample_recordings() -> None:
    """Real recordings, the real engine: words in English, and a reason for the broken one."""
    async with client_of(embedded_gateway()) as client:
        spoken, silent, broken = await asyncio.gather(
            *[
                transcribe(client, (RECORDINGS / name).as_uri(), language_code="en")
                for name in ("opening_hours.mp3", "empty_room.flac", "broken.mp3")
            ]
        )

    result = spoken["results"][0]
    assert result["text"].startswith("our shop is open from nine in the morning")
    assert result["text"] == "".join(word["text"] for word in result["words"])
    assert result["language_code"] == "eng"
    assert result["audio_duration_secs"] == pytest.approx(6.66, abs=0.05)
    assert silent["results"][0] | {"language_probability": 1.0} == {
        "text": "",
        "language_code": "eng",
        "language_probability": 1.0,
        "words": [],
        "audio_duration_secs": 4.0,
    }
    assert broken["error"]["message"] == "the file cannot be read as audio or video"


async def test_a_language_the_engine_does_not_know_fails_the_task() -> None:
    """The reason says what the engine understands."""
    async with client_of(embedded_gateway(workers=1)) as client:
        url = (RECORDINGS / "weather.flac").as_uri()
        task = await transcribe(client, url, language_code="deu")

    assert "understands English only" in task["error"]["message"]


def test_a_gateway_serves_one_event_loop_after_the_other(tmp_path: Path) -> None:
    """It needs neither lifespan events nor a loop of its own."""
    gateway = Gateway(engine="echo", embedded=True, workers=1)

    async def once(text: str) -> str:
        transport = httpx.ASGITransport(gateway.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://fox") as client:
            task = await transcribe(client, text_file(tmp_path, text, text))
            return str(task["results"][0]["text"])

    texts = [asyncio.run(once("one")), asyncio.run(once("two"))]

    assert texts == ["one", "two"]
    asyncio.run(gateway.aclose())


def test_an_unknown_engine_is_refused_at_once() -> None:
    """Not every task fails for it, but the call that makes the gateway."""
    with pytest.raises(InputError, match="no engine 'whisper'"):
        Gateway(engine="whisper")


def test_keys_do_not_show() -> None:
    """Nothing a gateway holds has a key in clear."""
    gateway = Gateway(engine="echo", keys=["sk-very-secret"])

    held = repr(vars(gateway)) + repr(vars(gateway._keys))

    assert "sk-very-secret" not in held


def test_the_sample_recordings_are_where_the_tests_look() -> None:
    """The table names files that exist."""
    with (RECORDINGS.parent / "recordings.csv").open(encoding="utf-8") as file:
        assert all((RECORDINGS.parent / row["audio"]).exists() for row in csv.DictReader(file))
