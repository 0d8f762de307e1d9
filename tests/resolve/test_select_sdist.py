from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.errors import NoMatchingVersionError, NoSdistError, RequiresPythonError
from orchestrator.model import Interpreter, Request
from orchestrator.resolve.pages import FileEntry
from orchestrator.resolve.select import (
    choose_sdist,
    supports,
    uploaded_on,
    wheels_for,
)

CP39 = Interpreter(major=3, minor=9)
CP311 = Interpreter(major=3, minor=11)


def sdist(version: str, **facts: Any):
    filename = f"pkg-{version}{facts.pop('suffix', '.tar.gz')}"
    url = facts.pop("index", "https://one.example/") + filename
    return FileEntry(filename=filename, url=url, version=version, kind="sdist", **facts)


def wheel(version: str, tag: str = "py3-none-any", **facts: Any):
    filename = f"pkg-{version}-{tag}.whl"
    url = f"https://one.example/{filename}"
    return FileEntry(filename=filename, url=url, version=version, kind="wheel", **facts)


def choose(specifier: str, *entries: FileEntry, interpreter: Interpreter = CP311):
    request = Request(kind="index", text=f"pkg{specifier}", name="pkg", specifier=specifier)
    return choose_sdist(request, entries, interpreter)


def test_the_newest_version_that_satisfies():
    files = [sdist("1.9"), sdist("1.10"), sdist("2.0")]
    assert choose("", *files).version == "2.0"
    assert choose("<2", *files).version == "1.10"


def test_what_the_source_says():
    found = choose("", sdist("1.0", sha256="00ff", requires_python=">=3.8"))
    assert (found.name, found.kind, found.filename) == ("pkg", "index", "pkg-1.0.tar.gz")
    assert (found.digest, found.requires_python) == ("sha256:00ff", ">=3.8")
    assert choose("", sdist("1.0")).digest == ""


def test_prereleases_only_when_asked_for_or_alone():
    files = [sdist("1.0"), sdist("2.0rc1")]
    assert choose("", *files).version == "1.0"
    assert choose(">=2.0rc1", *files).version == "2.0rc1"
    assert choose("", files[1]).version == "2.0rc1"


def test_withdrawn_versions_only_when_named_exactly():
    files = [sdist("1.0"), sdist("2.0", yanked=True)]
    assert choose("", *files).version == "1.0"
    assert choose(">=1", *files).version == "1.0"
    assert choose("==2.0", *files).version == "2.0"
    with pytest.raises(NoMatchingVersionError):
        choose("==2.*", *files)


def test_versions_spelled_in_two_ways_are_one():
    found = choose("==1.0", wheel("1.0"), sdist("1.0.0"))
    assert found.filename == "pkg-1.0.0.tar.gz"


def test_versions_older_than_the_rules_are_passed_over():
    assert choose("", sdist("2004-01-alpha"), sdist("0.1")).version == "0.1"


def test_the_first_index_and_the_common_format_are_preferred():
    zipped = sdist("1.0", suffix=".zip")
    assert choose("", zipped, sdist("1.0")).filename == "pkg-1.0.tar.gz"
    second = sdist("1.0", index="https://two.example/")
    assert choose("", sdist("1.0"), second).location.startswith("https://one.example/")


def test_an_older_sdist_is_never_taken_silently():
    with pytest.raises(NoSdistError, match=r"pkg 2\.0 .* without an sdist; .* is 1\.0\."):
        choose("", sdist("1.0"), wheel("2.0"))
    with pytest.raises(NoSdistError, match="no version has one"):
        choose("", wheel("2.0"))


def test_a_local_rebuild_hides_no_release():
    assert choose("", sdist("1.0"), wheel("1.0+cpu")).version == "1.0"


def test_versions_for_other_pythons_are_passed_over():
    files = [sdist("1.0", requires_python=">=3.6"), sdist("2.0", requires_python=">=3.10")]
    assert choose("", *files).version == "2.0"
    assert choose("", *files, interpreter=CP39).version == "1.0"


def test_a_partial_index_without_requires_python_changes_nothing():
    files = [wheel("2.0"), sdist("1.0"), sdist("2.0", requires_python=">=3.10")]
    assert choose("", *files, interpreter=CP39).version == "1.0"


def test_requires_python_names_the_version_that_would_do():
    files = [sdist("1.0"), sdist("2.0", requires_python=">=3.10")]
    with pytest.raises(RequiresPythonError, match=r"pkg 2\.0 .*>=3\.10.* 3\.9; .* is 1\.0\."):
        choose("==2.0", *files, interpreter=CP39)
    with pytest.raises(RequiresPythonError, match="no version supports it"):
        choose("", files[1], interpreter=CP39)


def test_no_version_lists_those_there_are():
    with pytest.raises(NoMatchingVersionError, match=r">99; there are 11, 10, .* 4 and 3 older"):
        choose(">99", *(sdist(str(number)) for number in range(1, 12)))
    with pytest.raises(NoMatchingVersionError, match="none with a valid version"):
        choose("", sdist("what"))


@pytest.mark.parametrize(
    ("rule", "minor", "expected"),
    [
        ("", 9, True),
        (">=3.9.2", 9, True),
        (">=3.10", 9, False),
        ("<3.12,>=3.8", 11, True),
        (">=2.7, !=3.0.*, !=3.1.*", 9, True),
        ("==3.11.*", 11, True),
        (">=3.6.*", 9, True),
        ("nonsense", 9, True),
    ],
)
def test_requires_python(rule: str, minor: int, expected: bool):
    assert supports(rule, Interpreter(major=3, minor=minor)) is expected


def test_wheels_of_a_version():
    arm = "cp311-cp311-macosx_11_0_arm64.macosx_12_0_arm64"
    files = [wheel("1.0"), wheel("1.0.0", arm), wheel("2.0"), sdist("1.0")]
    assert [file.filename for file in wheels_for("1.0", files)] == [
        "pkg-1.0-py3-none-any.whl",
        f"pkg-1.0.0-{arm}.whl",
    ]
    assert files[1].tags == ("cp311", "cp311", "macosx_11_0_arm64.macosx_12_0_arm64")


def test_the_day_of_the_upload():
    file = sdist("1.0", uploaded="2024-02-03T10:00:00Z")
    assert uploaded_on(choose("", file), [wheel("1.0"), file]) == (2024, 2, 3)
    assert uploaded_on(choose("", sdist("1.0")), [sdist("1.0")]) is None


VERSIONS = st.lists(st.from_regex(r"[0-9]{1,3}\.[0-9]{1,3}", fullmatch=True), min_size=1)


@given(VERSIONS, st.randoms())
def test_the_order_of_the_list_does_not_matter(versions: list[str], random: Random):
    files = [sdist(version) for version in dict.fromkeys(versions)]
    first = choose("", *files).version
    random.shuffle(files)
    assert choose("", *files).version == first
