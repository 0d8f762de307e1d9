"""Audits of real requirements, from the command line."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from command_line import ROOT, CommandLine
from independent_wheels import without_wheel

from orchestrator.audit.answers import Audit

REQUIREMENTS = ROOT / "tests" / "data" / "requirements-60.txt"
PYTHONS = ("3.11", "3.13")

pytestmark = [pytest.mark.network, pytest.mark.xdist_group("audit")]


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory, cache: Any) -> tuple[CommandLine, Audit]:
    command_line = CommandLine(tmp_path_factory.mktemp("audit"), cache)
    pythons = [word for python in PYTHONS for word in ("--python", python)]
    done = command_line.run(
        *("audit", "-r", REQUIREMENTS, "--platform", "macosx_11_0_arm64", *pythons),
        *("--json", "--html", "audit.html"),
    )
    assert done.status == 0, done.err
    return command_line, msgspec.json.decode(done.out, type=Audit)


@pytest.mark.parametrize("python", PYTHONS)
def test_it_finds_exactly_what_lacks_a_wheel(
    audited: tuple[CommandLine, Audit], python: str
) -> None:
    name = f"cp{python.replace('.', '')}-macosx_11_0_arm64"
    lacking = {
        f"{package.name}=={verdict.version}"
        for package in audited[1].packages
        for verdict in package.verdicts
        if verdict.target == name and verdict.group != "ready"
    }
    assert lacking == without_wheel(REQUIREMENTS, python)
    assert len(lacking) > 10


def test_each_answer_says_enough(audited: tuple[CommandLine, Audit]) -> None:
    _, audit = audited
    assert audit.targets == tuple(f"cp{p.replace('.', '')}-macosx_11_0_arm64" for p in PYTHONS)
    for package in audit.packages:
        for verdict in package.verdicts:
            assert verdict.roots
            assert bool(verdict.ways) == (verdict.group != "ready")
            if verdict.answer == "wheel":
                assert verdict.wheel.endswith(".whl")
    by_name = {package.name: package for package in audit.packages}
    annoy = by_name["annoy"]
    assert annoy.verdicts[0].answer == "recipe"
    assert annoy.facts is not None
    assert annoy.facts.languages == ("c++",)
    assert by_name["cvxopt"].verdicts[0].answer == "newer-platform"
    assert by_name["kombu"].verdicts[0].roots == ("celery[redis]",)


def test_the_page_is_written(audited: tuple[CommandLine, Audit]) -> None:
    command_line, audit = audited
    page = (command_line.folder / "audit.html").read_text()
    assert page.count("<tr data-group") == len(audit.packages)


def test_fail_on(command_line: CommandLine) -> None:
    def status(*words: str) -> int:
        return command_line.run("audit", *words).status

    assert status("six", "--fail-on", "missing") == 0
    assert status("annoy==1.17.3", "--fail-on", "unbuildable") == 0
    assert status("annoy==1.17.3", "--fail-on", "missing") == 1


def test_a_wheel_of_the_wheelhouse_is_ready(command_line: CommandLine) -> None:
    name = "annoy-1.17.3-cp311-cp311-macosx_11_0_arm64.whl"
    command_line.wheelhouse.mkdir()
    (command_line.wheelhouse / name).write_bytes(b"")
    done = command_line.run("audit", "annoy==1.17.3", "--json")
    (package,) = json.loads(done.out)["packages"]
    assert (package["group"], package["verdicts"][0]["answer"]) == ("ready", "wheelhouse")


def test_old_pins(command_line: CommandLine) -> None:
    """Versions that are older than the Python: only newer ones have wheels."""
    done = command_line.run("audit", "lxml==4.6.3", "--json")
    (package,) = json.loads(done.out)["packages"]
    verdict = package["verdicts"][0]
    assert (verdict["answer"], verdict["group"]) == ("other-version", "attention")
    assert {one["name"] for one in package["facts"]["libraries"]} >= {"libxml2", "libxslt"}


def test_a_lock_is_taken_as_it_is_and_an_sdist_that_is_gone_is_noted(
    command_line: CommandLine,
) -> None:
    lock = command_line.folder / "pylock.toml"
    lock.write_text(
        """lock-version = "1.0"
created-by = "hand"
[[packages]]
name = "annoy"
version = "1.17.2"
index = "https://one.example/simple"
sdist = { name = "annoy-1.17.2.tar.gz", url = "https://one.example/annoy-1.17.2.tar.gz",\
 hashes = { sha256 = "%s" } }
"""
        % ("0" * 64)
    )
    done = command_line.run("audit", "--lock", lock, "--json")
    assert done.status == 0, done.out
    found = json.loads(done.out)
    (package,) = found["packages"]
    assert package["verdicts"][0]["version"] == "1.17.2"
    assert found["notes"][0].startswith("annoy 1.17.2: https://one.example/annoy-1.17.2.tar.gz")


def test_markdown_goes_to_standard_output(command_line: CommandLine) -> None:
    done = command_line.run("audit", "six", "--markdown")
    assert done.out.startswith("# Audit for macOS 11 arm64\n")
    assert "| six | " in done.out


def test_a_page_that_can_not_be_written(command_line: CommandLine) -> None:
    (command_line.folder / "file").write_text("")
    done = command_line.run("audit", "six", "--json", "--html", "file/audit.html")
    assert (done.problem["code"], done.status) == ("EMT002", 2)


def test_requirements_beside_an_environment(command_line: CommandLine) -> None:
    done = command_line.run("audit", "six", "--site-packages", ".")
    assert done.status == 2
