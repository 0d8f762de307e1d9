import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.emulator.apt_sources import (
    AptSource,
    of_release,
    parse_deb822,
    parse_list,
    render,
)

DEB822 = """\
# The archive
Types: deb deb-src
URIs: http://archive.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Architectures: amd64
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
 -----END PGP PUBLIC KEY BLOCK-----

Types: deb
Enabled: no
URIs: http://off.example/
Suites: bookworm
Components: main

Types: deb-src
URIs: http://sources.example/
Suites: bookworm
Components: main
"""
ONE_LINE = """\
deb [arch=amd64,i386 signed-by=/keyrings/a.gpg] http://archive.example/debian bookworm main
# deb http://off.example/ bookworm main
deb-src http://archive.example/debian bookworm main
deb http://security.example bookworm-security main contrib # fixes
deb http://flat.example ./
"""


def test_deb822_paragraphs():
    (source,) = parse_deb822(DEB822)
    assert source.uris == ("http://archive.example/debian",)
    assert source.suites == ("bookworm", "bookworm-updates")
    assert source.components == ("main", "contrib")
    # What restricts it to the machine's own architecture is gone, an inline key is whole.
    assert list(source.options) == ["signed-by"]
    assert source.options["signed-by"].splitlines()[1:3] == [
        " -----BEGIN PGP PUBLIC KEY BLOCK-----",
        " .",
    ]


def test_one_line_format():
    archive, security, flat = parse_list(ONE_LINE)
    assert archive.options == {"signed-by": "/keyrings/a.gpg"}
    assert (archive.suites, archive.components) == (("bookworm",), ("main",))
    assert (security.suites, security.components) == (("bookworm-security",), ("main", "contrib"))
    assert flat.components == ()


@pytest.mark.parametrize(
    ("suite", "wanted", "found"),
    [
        ("bookworm", "trixie", "trixie"),
        ("bookworm-security", "trixie", "trixie-security"),
        ("stable-updates", "trixie", "trixie-updates"),
        ("bookworm", "", "bookworm"),
        ("stable", "", "stable"),
        ("bookworm-backports", "trixie", None),
        ("bookworm-pgdg", "trixie", None),
        ("cloud-sdk-bookworm", "trixie", None),
        ("nodistro", "trixie", None),
    ],
)
def test_only_the_release_is_exchanged(suite: str, wanted: str, found: str | None):
    source = AptSource(
        uris=("http://archive.example",), suites=(suite,), components=("main",), options={}
    )
    suites = [each.suites for each in of_release([source], "bookworm", wanted)]
    assert suites == ([(found,)] if found else [])


def test_the_release_without_its_fixes():
    sources = parse_list(ONE_LINE)
    assert [each.suites for each in of_release(sources, "bookworm", "bullseye", ("",))] == [
        ("bullseye",)
    ]


def test_a_machine_that_does_not_say_its_release_has_no_sources():
    assert of_release(parse_list(ONE_LINE), "") == ()


words = st.text("abcxyz019-./:~+", min_size=1, max_size=12).filter(lambda word: word != "-")
sources = st.lists(
    st.builds(
        AptSource,
        uris=st.lists(words, min_size=1, max_size=3).map(tuple),
        suites=st.lists(words, min_size=1, max_size=3).map(tuple),
        components=st.lists(words, min_size=1, max_size=3).map(tuple),
        options=st.dictionaries(st.sampled_from(["signed-by", "trusted", "by-hash"]), words),
    ),
    max_size=4,
)


@given(sources)
def test_what_is_written_is_what_apt_reads(expected: list[AptSource]):
    assert parse_deb822(render(expected)) == tuple(expected)


@given(st.text())
def test_no_text_is_too_odd(text: str):
    parse_list(text)
    parse_deb822(text)
