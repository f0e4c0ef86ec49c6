"""The embedded engine, on real recordings."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import jiwer
import numpy as np
import pytest
from whisper_normalizer.english import EnglishTextNormalizer

from tidyscribe.engines import EngineError, Heard, create_engine
from tidyscribe.engines.audio import RATE_HZ, open_audio
from tidyscribe.engines.pocketsphinx import Pocketsphinx
from tidyscribe.errors import MissingExtraError

from .conftest import SAMPLES

if TYPE_CHECKING:
    from pathlib import Path

SPOKEN = [name for name, sample in SAMPLES.items() if sample.reference]
normalize = EnglishTextNormalizer()


def text_of(heard: Heard) -> str:
    """Give the words of a recording, in one line."""
    return " ".join(word.text for word in heard.words if not word.is_event)


def samples_of(name: str) -> bytes:
    """Give the samples of a recording."""
    with open_audio(SAMPLES[name].path) as audio:
        return b"".join(audio.blocks())


@pytest.fixture(scope="module")
def engine() -> Pocketsphinx:
    """Give an engine in this process, loaded once."""
    engine = Pocketsphinx()
    engine.load()
    return engine


def test_under_ten_percent_of_the_words_are_wrong(heard: dict[str, Heard]) -> None:
    """Over all sample recordings the word error rate is below 10 %."""
    references = [normalize(SAMPLES[name].reference) for name in SPOKEN]

    error_rate = jiwer.wer(references, [normalize(text_of(heard[name])) for name in SPOKEN])

    assert error_rate < 0.10


def test_an_empty_room_has_no_words(heard: dict[str, Heard]) -> None:
    """Where nobody speaks nothing is heard."""
    assert heard["empty_room"].words == ()


@pytest.mark.parametrize("loudness", [0, 1, 30, 300])
def test_silence_has_no_words(engine: Pocketsphinx, loudness: float) -> None:
    """Neither digital silence nor hiss, up to -40 dB, is taken for speech."""
    hiss = np.random.default_rng(1).normal(0, loudness, 5 * RATE_HZ).astype("<i2").tobytes()

    heard = engine.transcribe([hiss])

    assert heard.words == ()
    assert heard.duration_s == 5.0


def test_silence_around_speech_adds_no_words(engine: Pocketsphinx) -> None:
    """Digital silence before and after speech leaves the words as they are."""
    speech, silence = samples_of("opening_hours"), bytes(4 * RATE_HZ * 2)

    heard = engine.transcribe([silence, speech, silence])

    reference = normalize(SAMPLES["opening_hours"].reference)
    assert jiwer.wer(reference, normalize(text_of(heard))) < 0.1
    assert all(3.9 < word.start_s < 11 for word in heard.words)


@pytest.mark.parametrize("name", SPOKEN)
def test_words_stand_in_order_within_the_recording(heard: dict[str, Heard], name: str) -> None:
    """Times ascend, lie within the recording, and a word takes some time."""
    words = heard[name].words

    times = [time for word in words for time in (word.start_s, word.end_s)]
    assert times == sorted(times)
    assert all(word.end_s > word.start_s for word in words)
    assert times[-1] <= heard[name].duration_s


def test_confidences_are_probabilities(heard: dict[str, Heard]) -> None:
    """Each word's confidence is above 0 and at most 1, and they differ."""
    found = {word.confidence for each in heard.values() for word in each.words}

    assert all(0 < confidence <= 1 for confidence in found)
    assert len(found) > 50


def test_marks_of_the_decoder_do_not_show(heard: dict[str, Heard]) -> None:
    """Pronunciation numbers, silences and fillers are no words."""
    words = [word.text for each in heard.values() for word in each.words if not word.is_event]

    assert all(text.replace("'", "").replace(".", "").isalpha() for text in words)


def test_a_filler_is_an_event(heard: dict[str, Heard]) -> None:
    """What sounds like speech and is no word stands in brackets, as an event."""
    events = {word.text for each in heard.values() for word in each.words if word.is_event}

    assert events == {"(speech)"}


def test_what_was_heard_before_changes_nothing(
    engine: Pocketsphinx, heard: dict[str, Heard]
) -> None:
    """An engine that has heard something else gives the same words, times and confidences."""
    engine.transcribe(SAMPLES["voice_memo"].path)

    again = engine.transcribe(SAMPLES["directions"].path)

    assert again == heard["directions"]


def test_a_long_recording_is_heard_in_pieces(engine: Pocketsphinx) -> None:
    """Over the limit of one utterance, words are found as well and times run on."""
    names = ["interview", "podcast_opening", "weather", "voice_memo"]
    parts: list[float] = []
    pieces = [samples_of(name) for name in names]

    heard = engine.transcribe(pieces, on_progress=parts.append)

    reference = normalize(" ".join(SAMPLES[name].reference for name in names))
    assert jiwer.wer(reference, normalize(text_of(heard))) < 0.10
    assert heard.duration_s == pytest.approx(sum(map(len, pieces)) / 2 / RATE_HZ, abs=0.01)
    assert heard.words[-1].end_s > 36
    assert len(parts) == 2


def test_progress_ends_with_all(engine: Pocketsphinx) -> None:
    """With a file whose length is known the last report is 1."""
    parts: list[float] = []

    engine.transcribe(SAMPLES["opening_hours"].path, on_progress=parts.append)

    assert parts == [1.0]


@pytest.mark.parametrize("language", ["en", "en-US", None])
def test_english_is_understood(engine: Pocketsphinx, language: str | None) -> None:
    """English by any tag, or no language, is what the model is for."""
    heard = engine.transcribe([bytes(3200)], language=language)

    assert heard.language == "en"


@pytest.mark.parametrize("language", ["de", "enm"])
def test_another_language_is_refused(engine: Pocketsphinx, language: str) -> None:
    """Words of another language would be nonsense; the reason says so."""
    with pytest.raises(EngineError, match="understands English only, and '"):
        engine.transcribe(SAMPLES["weather"].path, language=language)


def test_key_terms_are_ignored(engine: Pocketsphinx, heard: dict[str, Heard]) -> None:
    """The vocabulary is fixed, whatever is expected."""
    again = engine.transcribe(SAMPLES["directions"].path, keyterms=["museum"])

    assert again == heard["directions"]


@pytest.mark.parametrize("seconds", [0.0001, 0.01, 0.2])
def test_a_moment_of_sound_is_no_error(engine: Pocketsphinx, seconds: float) -> None:
    """A recording shorter than any word has no words."""
    heard = engine.transcribe([bytes(2 * max(1, int(seconds * RATE_HZ)))])

    assert heard.words == ()


@pytest.mark.parametrize("package", ["pocketsphinx", "av"])
def test_a_missing_package_is_named_with_its_extra(
    monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    """Without its packages the engine says how to install them, before any work."""
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(MissingExtraError, match=r'pip install "tidyscribe\[local\]"'):
        create_engine("pocketsphinx")


def test_a_missing_file_is_an_engine_error(engine: Pocketsphinx, tmp_path: Path) -> None:
    """What is wrong with a file reaches the caller as the reason."""
    with pytest.raises(EngineError, match="there is no such file"):
        engine.transcribe(tmp_path / "nothing.wav")
