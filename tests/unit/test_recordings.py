"""Recordings: what a cell may hold, what is shown of it, and what tells it from others."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidyscribe.errors import SourceError
from tidyscribe.recordings import Recording, SourceKind, identity_of_url, redact, redact_url

SECRET = "5ecretS1gnature"

#: Ways to sign an address: parameters that change with the day of signing, and the secret.
SIGNATURES = {
    "S3 version 4": (
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA{day}%2Fs3%2Faws4_request"
        "&X-Amz-Date={day}T000000Z&X-Amz-Expires=36{day}&X-Amz-SignedHeaders=host"
        "&X-Amz-Security-Token={secret}{day}&X-Amz-Signature={secret}{day}"
    ),
    "S3 version 2": (
        "AWSAccessKeyId=AKIA{day}&Expires=17{day}&x-amz-security-token={secret}"
        "&Signature={secret}{day}%3D"
    ),
    "Google version 4": (
        "X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=me{day}&X-Goog-Date={day}T000000Z"
        "&X-Goog-Expires=60&X-Goog-SignedHeaders=host&X-Goog-Signature={secret}{day}"
    ),
    "Google version 2": "GoogleAccessId=me{day}&Expires=17{day}&Signature={secret}%2B{day}",
    "Azure": (
        "sv=2024-11-04&ss=b&srt=o&sp=r&st=2026-01-{day}T00%3A00%3A00Z"
        "&se=2026-02-{day}T00%3A00%3A00Z&sr=b&spr=https&sip=10.0.0.{day}&sig={secret}{day}%3D"
    ),
    "Azure, signed by a user": (
        "skoid=1{day}&sktid=2{day}&skt=2026-01-{day}&ske=2026-02-{day}&sks=b&skv=2024-11-04"
        "&sv=2024-11-04&se=2026-02-{day}&sr=b&sp=r&sig={secret}{day}"
    ),
    "Azure, stored policy": "sv=2024-11-04&si=policy{day}&sr=b&sig={secret}{day}",
    "CloudFront": "Expires=17{day}&Signature={secret}{day}&Key-Pair-Id=K{day}",
    "CloudFront, policy": "Policy=eyJ{day}&Signature={secret}{day}&Key-Pair-Id=K{day}",
    "Aliyun OSS": (
        "OSSAccessKeyId=LTAI{day}&Expires=17{day}&Signature={secret}{day}&security-token={secret}"
    ),
    "Aliyun OSS version 4": (
        "x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-credential=LTAI{day}&x-oss-date={day}"
        "&x-oss-expires=60&x-oss-signature={secret}{day}"
    ),
    "Tencent COS": (
        "q-sign-algorithm=sha1&q-ak=AKID{day}&q-sign-time=17{day};18{day}&q-key-time=17{day}"
        "&q-header-list=host&q-url-param-list=&q-signature={secret}{day}"
        "&x-cos-security-token={secret}{day}"
    ),
}

signatures = pytest.mark.parametrize("signature", SIGNATURES.values(), ids=SIGNATURES)


def signed(url: str, signature: str, *, day: int = 12) -> str:
    """Sign an address."""
    return f"{url}{'&' if '?' in url else '?'}{signature.format(day=day, secret=SECRET)}"


# What a cell may hold ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "kind", "display"),
    [
        ("https://a.example/b.mp3", SourceKind.URL, "https://a.example/b.mp3"),
        ("  https://a.example/b.mp3\n", SourceKind.URL, "https://a.example/b.mp3"),  # blanks
        ("HTTP://a.example", SourceKind.URL, "http://a.example"),  # the scheme in any case
        ("http://[::1]:8000/b.mp3", SourceKind.URL, "http://[::1]:8000/b.mp3"),  # IPv6
        ("calls/b.mp3", SourceKind.PATH, "calls/b.mp3"),  # a relative path
        (Path("calls/b.mp3"), SourceKind.PATH, "calls/b.mp3"),
        ("file:///calls/a%20b.mp3", SourceKind.PATH, "/calls/a b.mp3"),  # decoded
        ("file://localhost/b.mp3", SourceKind.PATH, "/b.mp3"),  # this machine
        ("C:\\calls\\b.mp3", SourceKind.PATH, "C:\\calls\\b.mp3"),  # one letter is a drive
        (b"RIFF", SourceKind.BYTES, "<4 bytes>"),
        (bytearray(b"RIFF"), SourceKind.BYTES, "<4 bytes>"),
        (memoryview(b"RIFF"), SourceKind.BYTES, "<4 bytes>"),
    ],
)
def test_recordings(value: object, kind: SourceKind, display: str) -> None:
    """Addresses, paths and bytes are recordings."""
    recording = Recording.of(value)

    assert (recording.kind, recording.display) == (kind, display)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "None"),
        (math.nan, "nan (float)"),  # what pandas makes of an empty cell
        (7, "7 (int)"),
        (["a.mp3"], "(list)"),
        (b"", "empty bytes"),
        ("ftp://a.example/b.mp3", "ftp: addresses are not accepted"),
        ("data:audio/wav;base64,UklGRg==", "data: addresses are not accepted"),
        ("file://nas.example/b.mp3", "another machine"),
        ("https://", "no valid URL"),  # no host
        ("http:///b.mp3", "no valid URL"),  # no host
        ("https://a.example:99999/b.mp3", "no valid URL"),  # no such port
        ("https://a.example:x/b.mp3", "no valid URL"),  # no port
        ("https://[::1/b.mp3", "no valid URL"),  # a bracket too few
        ("https://a.example/a b.mp3", "blanks as %20"),
        ("https://a.example/\x00.mp3", "no valid URL"),
    ],
)
def test_what_is_no_recording_is_refused(value: object, told: str) -> None:
    """The message says what was found."""
    with pytest.raises(SourceError) as caught:
        Recording.of(value)

    assert told in str(caught.value)


def test_malformed_file_addresses_are_refused() -> None:
    """An address that cannot even be split is an error of its row."""
    with pytest.raises(SourceError):
        Recording.of("file://[nas/b.mp3")


def test_addresses_beyond_utf_8_are_refused() -> None:
    """Half a character cannot be sent, stored or hashed."""
    with pytest.raises(SourceError):
        Recording.of("https://a.example/\ud800.mp3")


def test_names_of_files_beyond_utf_8_can_be_stored() -> None:
    """A file name that is no UTF-8 (Linux allows it) has a text that a table can hold."""
    recording = Recording.of(Path("caf\udce9.wav"))

    assert recording.display.encode("utf-8")


# What is shown of it ----------------------------------------------------------------------------


def all_shown(url: str) -> str:
    """Give everything that may be printed of an address."""
    recording = Recording.of(url)
    text = f"cannot read {url}: gone; see {url}."
    in_list = repr([url])
    return "\n".join(
        [repr(recording), str(recording), recording.display, redact(text), redact(in_list)]
    )


@signatures
def test_no_signature_is_shown(signature: str) -> None:
    """Neither repr, text, table nor message shows a signature."""
    shown = all_shown(signed("https://a.example/b.mp3?part=2", signature))

    assert SECRET not in shown
    assert "https://a.example/b.mp3?part=2" in shown


@pytest.mark.parametrize(
    "url",
    [
        f"https://me:{SECRET}@a.example/b.mp3",  # a password
        f"https://me:p@{SECRET}@a.example/b.mp3",  # one with an @
        f"https://{SECRET}@a.example/b.mp3",  # a token as user name
        f"https://a.example/b.mp3?token={SECRET}",
        f"https://a.example/b.mp3?access_token={SECRET}&x=1",
        f"https://a.example/b.mp3?API-Key={SECRET}",
        f"https://a.example/b.mp3?auth_key={SECRET}",
        f"https://a.example/b.mp3?jwt={SECRET}",
        f"https://a.example/b.mp3?X-Amz-Credential={SECRET}",  # the rest was cut off
        f"https://a.example/b.mp3#access_token={SECRET}",  # in the fragment
        f"https://a.example/b.mp3?to%6Ben={SECRET}",  # the name percent-encoded
    ],
)
def test_no_secret_is_shown(url: str) -> None:
    """Passwords and tokens are hidden wherever they stand."""
    assert SECRET not in all_shown(url)


@pytest.mark.parametrize(
    "path",
    [
        "call%20(1).mp3",  # the name a browser gives to a second download
        "it's.mp3",
        "(a)/(b).mp3",
    ],
)
def test_signatures_behind_punctuation_are_hidden(path: str) -> None:
    """Brackets and quotes in a file name do not end an address within a text."""
    text = f"could not download https://a.example/{path}?X-Amz-Signature={SECRET} (status 403)"

    assert SECRET not in redact(text)


@pytest.mark.parametrize(
    "value",
    [
        f"ftp://me:{SECRET}@a.example/b.mp3",  # another scheme
        f"https://me:{SECRET}@a.example:99999/b.mp3",  # no valid port
        f"https://me:{SECRET}@[::1/b.mp3",  # cannot be split
        f"https://a.example/a b.mp3?token={SECRET}",  # a blank
        f"data:audio/wav;base64,{SECRET}",  # the audio itself
        [f"https://a.example/b.mp3?token={SECRET}"],  # an address in a list
    ],
)
def test_refusals_show_no_secret(value: object) -> None:
    """A message about a bad source hides what a good one would hide."""
    with pytest.raises(SourceError) as caught:
        Recording.of(value)

    assert SECRET not in f"{caught.value} {caught.value.value}"


def test_redact_url_keeps_what_is_no_secret() -> None:
    """The rest of an address is shown as it is written."""
    url = "https://me:pw@a.example:8000/b%20c.mp3?lang=en&token=x&x=%20#t=10"

    assert redact_url(url) == "https://a.example:8000/b%20c.mp3?lang=en&token=***&x=%20"


def test_text_around_an_address_is_kept() -> None:
    """Only the address itself is changed."""
    text = "GET <https://a.example/b?token=x> failed (see 'http://c.example/d'), again"

    assert (
        redact(text)
        == "GET <https://a.example/b?token=***> failed (see 'http://c.example/d'), again"
    )


@signatures
def test_secrets_hold_the_signature(signature: str) -> None:
    """What a service might echo is known, as it is written and decoded."""
    secrets = Recording.of(signed("https://a.example/b.mp3", signature)).secrets

    assert any(SECRET in secret for secret in secrets)


def test_secrets_hold_password_and_token() -> None:
    """Longer secrets come first, so that replacing one does not spoil another."""
    url = "https://me:passw%2Frd1@a.example/b.mp3?lang=english-uk&token=abcdefghijkl"

    assert Recording.of(url).secrets == ("abcdefghijkl", "passw%2Frd1", "passw/rd1")


def test_other_recordings_have_no_secrets() -> None:
    """Paths and bytes are shown as they are."""
    assert (Recording.of("a.mp3").secrets, Recording.of(b"RIFF").secrets) == ((), ())


# What tells it from others ----------------------------------------------------------------------


@signatures
def test_signing_again_keeps_the_identity(signature: str) -> None:
    """An address signed today and yesterday, or not at all, is one recording."""
    plain = "https://a.example/b.mp3?versionId=7"
    first, second = (signed(plain, signature, day=day) for day in (11, 12))

    assert identity_of_url(first) == identity_of_url(second) == identity_of_url(plain)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example/b.mp3", "https://a.example/c.mp3"),  # the path
        ("https://a.example/b.mp3", "https://a.example/B.mp3"),  # its case
        ("https://a.example/b.mp3", "https://b.example/b.mp3"),  # the host
        ("https://a.example/b.mp3", "https://a.example:8443/b.mp3"),  # the port
        ("https://a.example/play?id=1", "https://a.example/play?id=2"),  # the query
        ("https://a.example/play?id=1", "https://a.example/play"),
        ("https://a.example/play?key=1", "https://a.example/play?key=2"),  # may say which one
        ("https://a.example/play?sig=1", "https://a.example/play?sig=2"),  # no Azure about it
        ("https://a.example/b?se=1", "https://a.example/b?se=2"),  # no signature about it
        ("https://a.example/b?expires=1", "https://a.example/b?expires=2"),
    ],
)
def test_different_recordings_differ(one: str, other: str) -> None:
    """Whatever may say which recording is meant tells it from others."""
    assert identity_of_url(one) != identity_of_url(other)


@signatures
def test_versions_of_a_signed_recording_differ(signature: str) -> None:
    """A signature hides nothing of the rest of the query."""
    one, other = (signed(f"https://a.example/b.mp3?versionId={n}", signature) for n in (1, 2))

    assert identity_of_url(one) != identity_of_url(other)


def test_what_a_store_makes_of_a_file_tells_it_apart() -> None:
    """OSS can deliver one file in several ways; the way is no part of the signature."""
    signature = "OSSAccessKeyId=LTAI&Expires=17&Signature=abc"
    ways = ("audio%2Fconvert%2Cf_mp3%2Css_0", "audio%2Fconvert%2Cf_mp3%2Css_60")

    one, other = (f"https://a.example/b.mp4?x-oss-process={way}&{signature}" for way in ways)

    assert identity_of_url(one) != identity_of_url(other)


@pytest.mark.parametrize(
    "same",
    [
        "HTTPS://A.example/b.mp3",  # case of scheme and host
        "https://a.example:443/b.mp3",  # the usual port
        "https://me:pw@a.example/b.mp3",  # who asks
        "https://a.example/b.mp3#t=10",  # the fragment
        "https://a.example/b.mp3?",  # an empty query
    ],
)
def test_spellings_of_one_address_are_one(same: str) -> None:
    """What is no part of the recording makes no difference."""
    assert identity_of_url(same) == "https://a.example/b.mp3"


_PARTS = st.text("abcXYZ019-_.~%", min_size=1, max_size=8)
_URLS = st.builds(
    lambda host, path, query: (
        f"https://{host}.example/{path}" + ("?" + "&".join(query)) * bool(query)
    ),
    st.text("abc", min_size=1, max_size=5),
    _PARTS,
    st.lists(
        st.builds("{}={}".format, st.sampled_from(["id", "v", "part", "T"]), _PARTS), max_size=3
    ),
)


@given(_URLS, st.sampled_from(sorted(SIGNATURES)), st.integers(10, 28), st.text())
def test_no_signature_or_fragment_changes_the_identity(
    url: str, name: str, day: int, fragment: str
) -> None:
    """Whatever the address, signing it or pointing into it leaves it the same recording."""
    changed = f"{signed(url, SIGNATURES[name], day=day)}#{fragment}"

    assert identity_of_url(changed) == identity_of_url(url)


@given(_URLS, st.sampled_from(sorted(SIGNATURES)), st.sampled_from(["", ".", ")", "'", ",", " x"]))
def test_no_signature_survives_in_any_text(url: str, name: str, after: str) -> None:
    """Whatever stands behind an address in a text, its signature is gone."""
    assert SECRET not in redact(f"see {signed(url, SIGNATURES[name])}{after}")


@given(_URLS)
def test_the_identity_has_an_identity(url: str) -> None:
    """The identity of an identity is itself."""
    once: Any = identity_of_url(url)

    assert identity_of_url(once) == once
