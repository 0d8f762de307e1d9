"""Redirect wheels end to end: made from a small index, and given to the real pip and uv."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest
from installers import OWN_PIP, pip_resolves, uv_resolves
from local_index import LocalIndex

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import CommandLine

RECIPES = {
    "flow": """
[[release]]
versions = ">=2,<2.13"
platforms = ["macosx_*_arm64"]
pythons = "<3.12"
[release.substitute]
kind = "redirect"
name = "flow-macos"
extras = { metal = ["flow-metal==0.6.0"] }
[[release]]
versions = "<2"
[release.substitute]
kind = "upgrade"
versions = ">=2"
advice = "Bazel builds it."
""",
    "lite": """
[[release]]
[release.substitute]
kind = "advice"
name = "edge"
advice = "Its module is called edge."
""",
}
FOREIGN = (
    "cp310-cp310-macosx_10_14_x86_64",
    "cp310-cp310-manylinux_2_17_x86_64",
    "cp310-cp310-manylinux_2_17_aarch64",
)
MAC = "cp310-cp310-macosx_12_0_arm64"
REDIRECT = f"flow-2.10.0-{MAC}.whl"
TO_MAC = ("--platform", "macosx_12_0_arm64", "--python", "3.10")


@pytest.fixture
def index(command_line: CommandLine) -> LocalIndex:
    """flow as tensorflow is: for Apple Silicon under another name, and not in every version."""
    index = LocalIndex(command_line.folder / "index")
    for version in ("1.0", "2.10.0", "2.10.1", "2.12.0"):
        index.add("flow", version, *FOREIGN)
    index.add("flow", "2.13.0", MAC, *FOREIGN)
    for version in ("2.9.0", "2.10.0"):
        index.add("flow-macos", version, MAC, requires=("needed",))
    index.add("flow-metal", "0.6.0", MAC)
    index.add("needed", "1.0", "py3-none-any")
    index.add("user", "1.0", "py3-none-any", requires=("flow>=2.10,<2.11",))
    index.add("lite", "1.0", *FOREIGN)
    index.add("bare", "1.0", *FOREIGN)
    for name in [name for name in command_line.env if name.startswith(("PIP_", "UV_"))]:
        del command_line.env[name]
    command_line.env |= {
        "PIP_INDEX_URL": index.url,
        "PIP_CONFIG_FILE": "/dev/null",
        "UV_INDEX_URL": index.url,
        "UV_NO_CONFIG": "1",
        "UV_PYTHON_DOWNLOADS": "never",
        "ORCHESTRATE_CACHE": str(command_line.folder / "cache"),
        "PIP_NO_CACHE_DIR": "1",
        "UV_CACHE_DIR": str(command_line.folder / "cache" / "uv"),
    }
    return index


@pytest.fixture
def recipes(command_line: CommandLine) -> Path:
    folder = command_line.folder / "recipes"
    folder.mkdir()
    for name, text in RECIPES.items():
        (folder / f"{name}.toml").write_text(text)
    return folder


def test_a_redirect_is_made_and_is_marked_as_one_everywhere(
    command_line: CommandLine, index: LocalIndex, recipes: Path
):
    outcome = command_line.build("flow==2.10.*", *TO_MAC, "--recipes", recipes)
    assert outcome.status == 0, outcome.out
    assert command_line.published() == [REDIRECT, f"{REDIRECT}.metadata"]
    (built,) = outcome.summary["wheels"]
    assert (built["kind"], built["cached"], built["proof"]) == ("redirect", False, "structural")
    notices = [event["message"] for event in outcome.events if event["event"] == "notice"]
    assert notices == ["a redirect: its wheel requires flow-macos==2.10.0"]
    record = command_line.record(REDIRECT)
    assert record["kind"] == "redirect"
    assert record["source"]["filename"] == f"flow_macos-2.10.0-{MAC}.whl"
    assert [finding["code"] for finding in record["findings"]] == ["WHL110"]

    wheel = command_line.wheelhouse / REDIRECT
    shown = command_line.run("verify", wheel)
    assert shown.status == 0
    assert "note[WHL110] This is a redirect" in shown.out
    with zipfile.ZipFile(wheel) as archive:
        assert {name.split("/")[1] for name in archive.namelist()} == {
            "METADATA",
            "WHEEL",
            "RECORD",
            "redirect.json",
        }

    again = command_line.build("flow==2.10.0", *TO_MAC, "--recipes", recipes)
    assert [wheel["cached"] for wheel in again.summary["wheels"]] == [True]


def test_people_are_told_how_to_install_it(
    command_line: CommandLine, index: LocalIndex, recipes: Path
):
    options = (*TO_MAC, "--recipes", recipes, "--wheelhouse", command_line.wheelhouse)
    shown = command_line.run("build", "flow==2.10.0", *options)
    assert shown.status == 0, shown.out + shown.err
    *lines, command = shown.out.splitlines()
    assert command.startswith("  pip install")
    assert f"--find-links {command_line.wheelhouse}" in command
    assert "--no-index" not in command  # what it requires is there
    assert [line for line in lines if REDIRECT in line and line.endswith("redirect")]


def test_its_bytes_are_the_same_each_time(
    command_line: CommandLine, index: LocalIndex, recipes: Path
):
    digests = set()
    for name, platform in (("one", "macosx_12_0_arm64"), ("two", "macosx_14_0_arm64")):
        options = ("--platform", platform, "--python", "3.10", "--recipes", recipes, "--json")
        where = command_line.folder / name
        outcome = command_line.run("build", "flow==2.10.0", *options, "--wheelhouse", where)
        digests |= {wheel["sha256"] for wheel in outcome.summary["wheels"]}
    assert len(digests) == 1


def test_a_platform_that_was_not_named_is_raised(
    command_line: CommandLine, index: LocalIndex, recipes: Path
):
    command_line.build("flow==2.10.0", "--python", "3.10", "--recipes", recipes)
    assert command_line.published() == [REDIRECT, f"{REDIRECT}.metadata"]


@pytest.mark.parametrize(
    ("requirement", "platform", "code", "hint"),
    [
        # There is no flow-macos 2.10.1, and nobody says that 2.10.0 is the same.
        ("flow==2.10.1", "macosx_12_0_arm64", "SUB001", "Ask for flow==2.10.0."),
        ("flow==2.10.0", "macosx_11_0_arm64", "SUB001", "--platform macosx_12_0_arm64"),
        (
            "flow<2",
            "macosx_12_0_arm64",
            "SRC003",
            "Of flow >=2 there are wheels: take one of those. Bazel builds it.",
        ),
        (
            "flow",
            "macosx_12_0_arm64",
            "SRC003",
            f"flow 2.13.0 has a wheel for {MAC[6:]}: pip and uv install that.",
        ),
        (
            "flow==2.10.0",
            "manylinux_2_28_aarch64",
            "SRC003",
            "flow 2.10.0 has a wheel for cp310-manylinux_2_17_aarch64: pip and uv install that.",
        ),
        (
            "lite",
            "macosx_12_0_arm64",
            "SRC003",
            "Take edge instead. Its module is called edge.",
        ),
        (
            "bare",
            "macosx_12_0_arm64",
            "SRC003",
            "Ask for a version that has an sdist, or build from its repository: git+URL@TAG.",
        ),
    ],
)
def test_what_can_t_be_redirected_says_what_to_do(
    command_line: CommandLine,
    index: LocalIndex,
    recipes: Path,
    requirement: str,
    platform: str,
    code: str,
    hint: str,
):
    options = ("--platform", platform, "--python", "3.10", "--recipes", recipes)
    outcome = command_line.build(requirement, *options)
    assert outcome.status == 2
    assert (outcome.problem["code"], outcome.problem["hint"]) == (code, hint)
    assert command_line.published() == []


def test_a_closure_with_a_redirect_is_planned_and_installed(
    command_line: CommandLine, index: LocalIndex, recipes: Path
):
    asked = ("user", *TO_MAC, "--recipes", recipes)
    planned = command_line.run("plan", *asked, "--json")
    assert planned.status == 0, planned.out + planned.err
    (step,) = planned.events[-1]["steps"]
    assert (step["kind"], step["name"]) == ("redirect", "flow")

    command_line.build("flow==2.10.0", *TO_MAC, "--recipes", recipes)
    target = command_line.folder / "target"
    options = ("--target", target, "--wheelhouse", command_line.wheelhouse)
    installed = command_line.run("install", *asked, *options)
    assert installed.status == 0, installed.out + installed.err
    names = {path.name for path in target.glob("*.dist-info")}
    assert names == {
        "flow-2.10.0.dist-info",
        "flow_macos-2.10.0.dist-info",
        "needed-1.0.dist-info",
        "user-1.0.dist-info",
    }
    assert (target / "flow-2.10.0.dist-info" / "redirect.json").is_file()


# --- what installers make of it -----------------------------------------------------------------

ELSEWHERE = {
    "aarch64-unknown-linux-gnu": ("manylinux_2_17_aarch64",),
    "x86_64-unknown-linux-gnu": ("manylinux_2_17_x86_64",),
    "x86_64-apple-darwin": ("macosx_10_14_x86_64",),
}
ASKED = [("flow==2.10.*", ()), ("user", ()), ("flow[metal]==2.10.*", ("flow-metal",))]


def uv(command_line: CommandLine, requirement: str, triple: str) -> dict[str, str]:
    return uv_resolves(requirement, triple, command_line.wheelhouse, command_line.env)


def pip(command_line: CommandLine, requirement: str, tags: tuple[str, ...]) -> dict[str, str]:
    env = command_line.env
    return pip_resolves(requirement, tags, command_line.wheelhouse, env, pip=OWN_PIP)


@pytest.mark.parametrize(("requirement", "more"), ASKED)
def test_on_a_mac_installers_take_the_other_project(
    command_line: CommandLine,
    index: LocalIndex,
    recipes: Path,
    requirement: str,
    more: tuple[str, ...],
):
    command_line.build("flow==2.10.0", *TO_MAC, "--recipes", recipes)
    expected = {"flow": "2.10.0", "flow-macos": "2.10.0", "needed": "1.0"}
    expected |= dict.fromkeys(more, "0.6.0")
    if requirement == "user":
        expected |= {"user": "1.0"}
    mac = ("macosx_12_0_arm64", "macosx_11_0_arm64")
    assert pip(command_line, requirement, mac) == expected
    assert uv(command_line, requirement, "aarch64-apple-darwin") == expected


@pytest.mark.parametrize("triple", ELSEWHERE)
def test_elsewhere_nothing_changes(
    command_line: CommandLine, index: LocalIndex, recipes: Path, triple: str
):
    tags = ELSEWHERE[triple]

    def resolved() -> tuple[dict[str, str], ...]:
        return tuple(
            resolution
            for requirement in ("flow==2.10.*", "user")
            for resolution in (
                uv(command_line, requirement, triple),
                pip(command_line, requirement, tags),
            )
        )

    command_line.wheelhouse.mkdir()
    before = resolved()
    assert {resolution["flow"] for resolution in before} == {"2.10.1"}
    command_line.build("flow==2.10.0", *TO_MAC, "--recipes", recipes)
    assert f"{REDIRECT}" in command_line.published()
    assert resolved() == before
