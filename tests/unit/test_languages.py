"""Languages: whatever a service calls one, as a BCP-47 tag."""

from __future__ import annotations

import langcodes
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidyscribe.languages import is_tag, is_unspaced, to_bcp47

#: The codes of Scribe, ISO 639-3.
_CODES = (
    "afr amh ara hye asm ast aze bel ben bos bul mya yue cat ceb nya hrv ces dan nld eng est fil "
    "fin fra ful glg lug kat deu ell guj hau heb hin hun isl ibo ind gle ita jpn jav kea kan kaz "
    "khm kor kur kir lao lav lin lit luo ltz mkd msa mal mlt zho mri mar mon nep nso nor oci ori "
    "pus fas pol por pan ron rus srp sna snd slk slv som spa swa swe tam tgk tel tha tur ukr umb "
    "urd uzb vie cym wol xho zul"
)
SCRIBE = _CODES.split()


@pytest.mark.parametrize(
    ("code", "tag"),
    [
        ("en", "en"),  # two letters stay
        ("eng", "en"),  # three become two where there are two
        ("ENG", "en"),  # in any case
        ("zho", "zh"),  # the macrolanguage
        ("yue", "yue"),  # Cantonese is no zh
        ("cmn", "cmn"),  # nor is Mandarin folded into it
        ("fil", "fil"),  # Filipino has no two letters
        ("pt-br", "pt-BR"),  # a region
        ("pt_BR", "pt-BR"),  # the way of locales
        (" de ", "de"),  # blanks around it
    ],
)
def test_codes_become_the_shortest_tag(code: str, tag: str) -> None:
    """ISO 639-1, ISO 639-3 and BCP-47 become one tag."""
    assert to_bcp47(code) == tag


@pytest.mark.parametrize("code", SCRIBE)
def test_every_code_of_scribe_becomes_a_tag(code: str) -> None:
    """The tag is valid, and still names the same language."""
    tag = to_bcp47(code)

    assert tag is not None
    assert langcodes.tag_is_valid(tag)
    assert langcodes.Language.get(tag).to_alpha3() == code


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_no_language_is_none(nothing: str | None) -> None:
    """An empty code is no language."""
    assert to_bcp47(nothing) is None


@pytest.mark.parametrize(
    ("junk", "kept"),
    [
        ("English", "english"),  # a name: its tag would be a guess
        ("123", "123"),
        ("en-US-US", "en-us-us"),  # has the form of a tag, and is none
        ("Foo_Bar!", "foo_bar!"),
    ],
)
def test_junk_is_kept(junk: str, kept: str) -> None:
    """What is no code is given back in lower case, not guessed at."""
    assert to_bcp47(junk) == kept


@given(st.text())
def test_any_text_is_survived(text: str) -> None:
    """Whatever a service says, there is a text or None, and it is stable."""
    tag = to_bcp47(text)

    assert (tag is None) == (not text.strip())
    assert to_bcp47(tag) == tag or not is_tag(tag or "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("en", True),
        ("yue", True),
        ("zh-Hant-TW", True),
        ("xq", True),  # the language need not exist
        ("e", False),  # too short
        ("english", False),  # too long
        ("en-", False),  # an empty part
        ("en\n", False),  # a line break
    ],
)
def test_is_tag(text: str, *, expected: bool) -> None:
    """The form of a tag is told from other strings."""
    assert is_tag(text) is expected


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("ja", True),
        ("zh-Hans", True),
        ("yue", True),
        ("th", True),
        ("lo", True),
        ("my", True),
        ("ko", False),  # Korean has blanks
        ("en", False),
        (None, False),
    ],
)
def test_is_unspaced(tag: str | None, *, expected: bool) -> None:
    """Scripts without blanks between words are known."""
    assert is_unspaced(tag) is expected
