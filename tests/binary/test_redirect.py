from __future__ import annotations

from email.parser import Parser

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.metadata import Metadata
from packaging.requirements import Requirement

from orchestrator.binary.redirect import (
    FILE,
    KEYWORD,
    Redirect,
    members,
    parse,
    pinned,
    requirements,
    same_requirements,
)

REDIRECT = Redirect(
    name="tensor-flow",
    version="2.10.0",
    tag="cp310-cp310-macosx_12_0_arm64",
    requires="tensorflow-macos==2.10.0",
    extras={
        "metal": ("tensorflow-metal==0.6.0",),
        "all": ("x[y]>1 ; python_version < '3.12' or os_name == 'nt'", "z"),
    },
    requires_python=">=3.7",
)
INFO = "tensor_flow-2.10.0.dist-info"

names = st.from_regex(r"[a-z][a-z0-9]{0,5}(-[a-z0-9]{1,5}){0,2}", fullmatch=True)
versions = st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){0,3}((a|rc)[0-9])?", fullmatch=True)


def test_names_of_its_files():
    assert REDIRECT.filename == "tensor_flow-2.10.0-cp310-cp310-macosx_12_0_arm64.whl"
    assert set(members(REDIRECT)) == {f"{INFO}/{name}" for name in ("METADATA", "WHEEL", FILE)}


def test_its_metadata_is_valid_and_says_what_it_is():
    text = members(REDIRECT)[f"{INFO}/METADATA"]
    metadata = Metadata.from_email(text.encode(), validate=True)
    assert (metadata.name, str(metadata.version)) == ("tensor-flow", "2.10.0")
    assert metadata.summary == "Redirect: holds nothing and requires tensorflow-macos==2.10.0"
    assert metadata.keywords == [KEYWORD]
    assert str(metadata.requires_python) == ">=3.7"
    assert metadata.provides_extra == ["all", "metal"]
    assert "which is the same thing" in (metadata.description or "")


@pytest.mark.parametrize(
    ("extra", "python", "needed"),
    [
        ("", "3.10", {"tensorflow-macos"}),
        ("metal", "3.10", {"tensorflow-macos", "tensorflow-metal"}),
        ("all", "3.10", {"tensorflow-macos", "x", "z"}),
        ("all", "3.12", {"tensorflow-macos", "z"}),
    ],
)
def test_what_is_required_with_which_extra(extra: str, python: str, needed: set[str]):
    environment = {"extra": extra, "python_version": python, "os_name": "posix"}
    found = {
        requirement.name
        for requirement in map(Requirement, requirements(REDIRECT))
        if requirement.marker is None or requirement.marker.evaluate(environment)
    }
    assert found == needed


@given(name=names, version=versions, other=names, extras=st.dictionaries(names, st.lists(names)))
def test_what_is_written_is_read_again(
    name: str, version: str, other: str, extras: dict[str, list[str]]
):
    redirect = Redirect(
        name=name,
        version=version,
        tag="py3-none-macosx_11_0_arm64",
        requires=pinned(other, version),
        extras={extra: tuple(needed) for extra, needed in extras.items()},
    )
    files = members(redirect)
    (said,) = (text for path, text in files.items() if path.endswith(FILE))
    assert parse(said.encode()) == redirect
    (metadata,) = (text for path, text in files.items() if path.endswith("METADATA"))
    headers = Parser().parsestr(metadata)
    assert same_requirements(headers.get_all("Requires-Dist", []), requirements(redirect))


def test_what_is_not_understood_is_not_guessed_at():
    good = msgspec.to_builtins(REDIRECT)
    assert parse(msgspec.json.encode(good)) == REDIRECT
    assert parse(msgspec.json.encode({**good, "format": 2})) is None
    assert parse(msgspec.json.encode({**good, "requires": 1})) is None
    assert parse(b"{") is None
    assert parse(b"\xff") is None


def test_requirements_are_compared_by_what_they_say():
    assert same_requirements(["A_b (>=1,<2)", "c"], ["c", "a-B<2,>=1"])
    assert not same_requirements(["a", "c"], ["a"])
    assert not same_requirements(["a"], ["a; os_name == 'nt'"])
    assert not same_requirements(["a"], ["no requirement ="])
    assert pinned("a", "1", ["y", "x"]) == "a[x,y]==1"
