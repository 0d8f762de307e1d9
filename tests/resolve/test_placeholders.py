"""Versions that have neither a fitting wheel nor an sdist; uv's words as uv 0.13 prints them."""

from pathlib import Path

import pytest

from orchestrator.model import Target
from orchestrator.resolve.configuration import IndexConfiguration
from orchestrator.resolve.placeholders import Placeholders, lacking_wheels
from orchestrator.targets.tags import parse_interpreter, parse_platform

TARGET = Target(platform=parse_platform("macos"), interpreter=parse_interpreter("3.10"))

PLATFORM = """\
error: No solution found when resolving dependencies
  cause: Because Tensorflow_macos==2.10.0 has no wheels with a matching platform
         tag (e.g., `macosx_11_0_arm64`) and tensorflow==2.10.0 depends on
         tensorflow-macos==2.10.0, we can conclude that tensorflow==2.10.0
         cannot be used.
"""
ABI = """\
  cause: Because all versions of tflite-runtime have no wheels with a matching
         Python ABI tag (e.g., `cp313`) and you require tflite-runtime, we can
         conclude that your requirements are unsatisfiable.
"""
CONFLICT = """\
  cause: Because jinja2==3.1.4 depends on markupsafe>=2.0 and you require
         markupsafe<2, we can conclude that your requirements are unsatisfiable.
"""


@pytest.mark.parametrize(
    ("said", "names"),
    [(PLATFORM, ("tensorflow-macos",)), (ABI, ("tflite-runtime",)), (CONFLICT, ())],
)
def test_what_uv_found_nothing_of(said: str, names: tuple[str, ...]):
    assert lacking_wheels(said.splitlines()) == names


@pytest.fixture
def index(tmp_path: Path) -> IndexConfiguration:
    place = tmp_path / "files"
    place.mkdir()
    for name in (
        "few-1-cp310-cp310-macosx_12_0_arm64.whl",
        "few-1-cp310-cp310-macosx_10_14_x86_64.whl",
        "few-2-cp310-cp310-macosx_11_0_arm64.whl",
        "few-3-cp310-cp310-win_amd64.whl",
        "few-3.tar.gz",
    ):
        (place / name).touch()
    return IndexConfiguration(indexes=(), find_links=(str(place),))


def test_only_what_fits_others_gets_one(index: IndexConfiguration, tmp_path: Path):
    placeholders = Placeholders(tmp_path / "made", TARGET, index)
    assert placeholders.add(["few", "unheard-of"])
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["few-1-py3-none-any.whl"]
    assert not placeholders.add(["few"])


def test_in_a_lock_they_give_way_to_what_there_is(index: IndexConfiguration, tmp_path: Path):
    placeholders = Placeholders(tmp_path / "made", TARGET, index)
    placeholders.add(["few"])
    other = {"name": "few", "version": "2", "wheels": [{"name": "few-2.whl"}]}
    mine = {"name": "few", "version": "1.0", "wheels": [{"name": "few-1-py3-none-any.whl"}]}
    lock = {"lock-version": "1.0", "packages": [mine, other]}
    assert placeholders.among(lock) == ()  # of version 1, as the index spells it
    mine["version"] = "1"
    assert placeholders.among(lock) == (("few", "1"),)
    replaced = placeholders.replaced(lock)
    assert [wheel["name"] for wheel in replaced["packages"][0]["wheels"]] == [
        "few-1-cp310-cp310-macosx_10_14_x86_64.whl",
        "few-1-cp310-cp310-macosx_12_0_arm64.whl",
    ]
    assert replaced["packages"][1] == other
    assert mine["wheels"] == [{"name": "few-1-py3-none-any.whl"}]
