"""Every command of the guide, in its order, with the output that the guide shows.

There is no Mac: pip and uv say what they would install on one, and an environment of one is a
folder of Mach-O files.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest
from command_line import ROOT, CommandLine
from installers import OWN_PIP, UV, pip_resolves, uv_resolves
from packaging.requirements import Requirement

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.network

GUIDE = ROOT / "docs" / "guides" / "tensorflow-on-apple-silicon.md"
INTEL = ROOT / "tests" / "binaries" / "intel.so"
MODULE = "tensorflow/python/_pywrap_tensorflow_internal.so"
MAC_TAGS = ("macosx_12_0_arm64", "macosx_11_0_arm64", "macosx_10_9_universal2")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```\n", re.MULTILINE | re.DOTALL)


class Step(NamedTuple):
    """A command, and lines that the guide says to be in its output."""

    command: list[str]
    shown: list[str]


def sections() -> dict[str, list[Step]]:
    """The commands of each section by its heading."""
    _, *parts = re.split(r"^## (.+)\n", GUIDE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    found = {
        heading: list(_steps(text)) for heading, text in zip(parts[::2], parts[1::2], strict=True)
    }
    return {heading: steps for heading, steps in found.items() if steps}


def _steps(text: str) -> Iterator[Step]:
    steps: list[Step] = []
    for kind, content in BLOCK.findall(text):
        if kind == "sh":
            steps += (Step(shlex.split(line), []) for line in content.splitlines())
        else:
            assert kind == "text"
            steps[-1].shown.extend(content.splitlines())
    yield from steps


class Reader:
    """Somebody who follows the guide."""

    def __init__(self, command_line: CommandLine) -> None:
        self.command_line = command_line
        self.folder = command_line.folder
        command_line.env["COLUMNS"] = "200"
        _mac_environment(self.folder / ".venv")
        _mac_environment(self.folder / "conda")
        (self.folder / "conda" / "conda-meta").mkdir()
        (self.folder / "conda" / "conda-meta" / "python-3.10.8-0.json").write_text(
            '{"name": "python", "version": "3.10.8", "subdir": "osx-64", "files": []}'
        )
        shutil.copy(INTEL, self.folder / "conda" / "bin" / "python3.10")
        (self.folder / "environment.yml").write_text(
            "dependencies:\n  - python=3.10\n  - pip:\n    - tensorflow==2.10.*\n"
        )
        (self.folder / "my-project").mkdir()
        (self.folder / "my-project" / "pyproject.toml").write_text(
            '[project]\nname = "mine"\nversion = "1"\ndependencies = ["tensorflow==2.10.*"]\n'
        )

    def follow(self, step: Step) -> None:
        """Runs a command, as far as it can be run here."""
        match step.command:
            case ["orchestrate", *arguments]:
                self._orchestrate(arguments, step.shown)
            case ["pip", "install", *arguments] | ["python", "-m", "pip", "install", *arguments]:
                self._pip(arguments)
            case ["python", "-m", "pip", "uninstall", *arguments]:
                self._uninstall(arguments)
            case ["uv", "pip", "install", *arguments]:
                self._uv(arguments)
            case ["uv", "venv", "--python", python, _]:
                # It can't be made here; that there is such a Python can be asked.
                listing = (*UV, "python", "list", "--all-platforms", "--all-versions", python)
                done = subprocess.run(listing, capture_output=True, text=True, check=True)
                assert python.rsplit("-", 2)[-2:] == ["macos", "aarch64"]
                assert "macos-aarch64" in done.stdout
            case unknown:
                pytest.fail(f"nobody knows how to run {shlex.join(unknown)}")

    def _orchestrate(self, arguments: list[str], shown: list[str]) -> None:
        if "--environment" in arguments:
            place = arguments.index("--environment")
            folder = f"{arguments[place + 1]}/lib/python3.10/site-packages"
            arguments = [*arguments[:place], "--site-packages", folder, *arguments[place + 2 :]]
        outcome = self.command_line.run(*arguments)
        said = _plain(outcome.out + outcome.err)
        missing = [line for line in shown if _plain(line) not in said]
        assert missing == [], said
        broken = "--site-packages" in arguments and ".venv" in " ".join(arguments)
        refused = any(line.startswith("error[") for line in shown)
        assert outcome.status == (2 if refused else 1 if broken else 0), said

    def _pip(self, arguments: list[str]) -> None:
        links, requirements = self._read(arguments)
        found = pip_resolves(
            requirements, MAC_TAGS, links, self.command_line.env, "--use-feature=fast-deps"
        )
        self._check(requirements, found)

    def _uv(self, arguments: list[str]) -> None:
        if arguments[0] == "--python":
            arguments = arguments[2:]
        links, requirements = self._read(arguments)
        env = self.command_line.env
        self._check(requirements, uv_resolves(requirements, "aarch64-apple-darwin", links, env))

    def _read(self, arguments: list[str]) -> tuple[Path, str]:
        """Folder of ``--find-links``, and the requirements."""
        if arguments[0] == "--find-links":
            return self.folder / arguments[1], "\n".join(arguments[2:])
        return self.folder / "empty", "\n".join(arguments)

    def _check(self, requirements: str, found: dict[str, str]) -> None:
        for requirement in map(Requirement, requirements.splitlines()):
            assert requirement.specifier.contains(found[requirement.name])
        assert found["tensorflow"].startswith("2.2") or (
            found["tensorflow-macos"] == found["tensorflow"]
        )
        assert ("tensorflow-metal" in found) == ("[metal]" in requirements)

    def _uninstall(self, arguments: list[str]) -> None:
        """From an environment of this machine that holds the same files."""
        host = self.folder / "host"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", host], check=True)
        (packages,) = host.glob("lib/python3.*/site-packages")
        shutil.copytree(
            self.folder / ".venv/lib/python3.10/site-packages", packages, dirs_exist_ok=True
        )
        command = (*OWN_PIP, "--python", host / "bin" / "python", "uninstall", *arguments)
        subprocess.run(command, check=True)
        assert not (packages / MODULE).exists()


def _mac_environment(root: Path) -> None:
    """An environment of CPython 3.10 on a Mac, with a tensorflow for Intel."""
    packages = root / "lib" / "python3.10" / "site-packages"
    info = packages / "tensorflow-2.10.0.dist-info"
    info.mkdir(parents=True)
    (root / "bin").mkdir()
    (packages / MODULE).parent.mkdir(parents=True)
    shutil.copy(INTEL, packages / MODULE)
    (info / "INSTALLER").write_text("pip\n")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tensorflow\nVersion: 2.10.0\n")
    (info / "WHEEL").write_text("Wheel-Version: 1.0\nTag: cp310-cp310-macosx_10_14_x86_64\n")
    files = (MODULE, *(f"{info.name}/{name}" for name in ("INSTALLER", "METADATA", "WHEEL")))
    (info / "RECORD").write_text("".join(f"{file},,\n" for file in files))


def _plain(text: str) -> str:
    return " ".join(text.replace("`", "").split())


def test_the_guide_has_every_situation():
    assert list(sections()) == [
        "Which TensorFlow has wheels for what",
        "pip can't find it",
        "It is installed and can't be imported",
        "A package that requires it",
        "conda and Rosetta",
        "Docker on an M1",
    ]


@pytest.mark.parametrize("heading", sections())
def test_every_command_of_the_guide(command_line: CommandLine, heading: str):
    reader = Reader(command_line)
    for step in sections()[heading]:
        reader.follow(step)
