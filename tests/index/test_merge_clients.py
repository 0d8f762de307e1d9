"""The gap-filler trap, with real uv and pip: a team's index that holds 0.5, upstream up to 1.19.

What the notes measured without merging: uv stays at 0.5, finds nothing for ``>=1``, and takes 1.19
only where it is told to be unsafe.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import pytest
from index_server import Served, serving
from installable_wheels import write_small_wheel
from upstream_server import UpstreamServer, running_upstream
from uv import find_uv_bin

from orchestrator.index.settings import settings_path
from tests.wheelhouse.sample_wheels import CREATED, verified

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from index_store import Store

RULES = """\
[upstream]
url = "{url}"
{more}
[merge]
names = ["trap"]
private = ["acme-*"]
"""


class Team(NamedTuple):
    """A team's index, and what is upstream of it."""

    index: Served
    upstream: UpstreamServer


def built(store: Store, wheel: Path, name: str) -> None:
    """Publishes a wheel as if it had been built from an sdist."""
    made = verified(wheel.parent, name=name, filename="other.whl", fingerprint=(name * 9)[:64])
    made = msgspec.structs.replace(
        made, repaired=msgspec.structs.replace(made.repaired, path=wheel)
    )
    store.wheelhouse.publish(made, seconds=1.0, created=CREATED)


def above(upstream: UpstreamServer, wheel: Path, project: str) -> None:
    metadata = f"Metadata-Version: 2.1\nName: {project}\nVersion: {wheel.name.split('-')[1]}\n"
    upstream.add(project, wheel.name, wheel.read_bytes(), metadata.encode())


@pytest.fixture(params=["linked", "mirrored"])
def team(request: pytest.FixtureRequest, store: Store, tmp_path: Path) -> Iterator[Team]:
    built(store, write_small_wheel(tmp_path / "ours", "trap", "0.5"), "trap")
    built(store, write_small_wheel(tmp_path / "ours", "acme-core", "1.0"), "acme-core")
    with running_upstream() as upstream:
        for project, version in (("trap", "0.1"), ("trap", "1.19"), ("other", "3.0")):
            above(upstream, write_small_wheel(tmp_path / "theirs", project, version), project)
        stranger = write_small_wheel(tmp_path / "theirs", "acme-core", "9.9")
        above(upstream, stranger, "acme-core")
        more = f"mirror = {str(request.param == 'mirrored').lower()}\n"
        path = settings_path(store.folder)
        path.parent.mkdir(exist_ok=True)
        path.write_text(RULES.format(url=upstream.url, more=more))
        with serving(store.folder, tmp_path) as index:
            yield Team(index, upstream)


def uv_takes(index: Served, folder: Path, *words: str) -> dict[str, str]:
    """What uv installs, with no cache but its own."""
    into = folder / "uv"
    command = [find_uv_bin(), "pip", "install", "--no-config", "--quiet", "--target", into]
    command += ["--python", sys.executable, "--cache-dir", folder / "uv-cache"]
    env = {name: value for name, value in os.environ.items() if not name.startswith("UV_")}
    subprocess.run(
        [*command, "--default-index", f"{index.url}simple/", *words],
        check=True,
        env=env,
    )
    return dict(
        path.name.removesuffix(".dist-info").split("-") for path in into.glob("*.dist-info")
    )


def pip_takes(index: Served, folder: Path, *words: str) -> dict[str, str]:
    """What pip would install."""
    report = folder / "report.json"
    command = [sys.executable, "-m", "pip", "--isolated", "install", "--quiet", "--dry-run"]
    command += ["--no-cache-dir", "--ignore-installed", "--disable-pip-version-check"]
    env = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    subprocess.run(
        [*command, "--index-url", f"{index.url}simple/", "--report", str(report), *words],
        check=True,
        env=env,
    )
    found = [item["metadata"] for item in json.loads(report.read_text())["install"]]
    return {item["name"]: item["version"] for item in found}


@pytest.mark.parametrize(
    ("words", "version"),
    [
        (("trap",), "1.19"),
        (("trap>=1",), "1.19"),
        (("--index-strategy=unsafe-best-match", "trap"), "1.19"),
        (("trap==0.5",), "0.5"),
        (("trap<0.5",), "0.1"),
    ],
)
def test_uv_takes_what_a_user_expects(
    team: Team, tmp_path: Path, words: tuple[str, ...], version: str
):
    assert uv_takes(team.index, tmp_path, *words) == {"trap": version}


@pytest.mark.parametrize(("word", "version"), [("trap", "1.19"), ("trap==0.5", "0.5")])
def test_pip_takes_what_a_user_expects(team: Team, tmp_path: Path, word: str, version: str):
    assert pip_takes(team.index, tmp_path, word) == {"trap": version}


def test_a_stranger_s_package_of_a_private_name_is_never_taken(team: Team, tmp_path: Path):
    assert uv_takes(team.index, tmp_path, "acme-core") == {"acme_core": "1.0"}
    assert pip_takes(team.index, tmp_path, "acme-core") == {"acme-core": "1.0"}
    assert not [path for path in team.upstream.asked if "acme" in path]


def test_what_only_upstream_has_is_found_there(team: Team, tmp_path: Path):
    assert uv_takes(team.index, tmp_path, "other") == {"other": "3.0"}
    assert pip_takes(team.index, tmp_path, "other") == {"other": "3.0"}


def test_while_upstream_is_down_what_is_known_is_served_and_marked(team: Team, tmp_path: Path):
    mirrored = "mirror = true" in settings_path(tmp_path / "wheelhouse").read_text()
    assert uv_takes(team.index, tmp_path, "trap")["trap"] == "1.19"
    team.upstream.down = True
    expected = "1.19" if mirrored else "0.5"
    again = tmp_path / "again"
    again.mkdir()
    assert uv_takes(team.index, again, f"trap=={expected}") == {"trap": expected}
    page = team.index.ask("/simple/trap/", accept="application/vnd.pypi.simple.v1+json").json
    assert {file["filename"].split("-")[1] for file in page["files"]} == {"0.1", "0.5", "1.19"}
    unknown = team.index.ask("/simple/never-asked/")
    assert unknown.status == 302
