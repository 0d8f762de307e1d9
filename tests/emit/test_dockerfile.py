import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from container import complaints, parsed, stages
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.emit.dockerfile import IGNORED, Design, Pin, Wheelhouse, build_command, dockerfile
from orchestrator.emit.image import choose_image
from orchestrator.model import Target
from orchestrator.resolve.project import LOCKS, Project
from orchestrator.targets.tags import parse_interpreter, parse_platform

INSIDE = Wheelhouse(path="wheelhouse", inside=True)
OUTSIDE = Wheelhouse(path="../wheels", inside=False)
PIN = Pin(name="crcmod", version="1.7", sha256="a" * 64)
PLATFORMS = ("manylinux_2_28_aarch64", "musllinux_1_2_aarch64", "manylinux_2_17_x86_64")


def design(platform: str = PLATFORMS[0], python: str = "3.11", **more: Any) -> Design:
    target = Target(platform=parse_platform(platform), interpreter=parse_interpreter(python))
    project = Project(name="my-app", **more.pop("project", {}))
    return Design(
        project=project, target=target, base=choose_image(target).reference, uv="0.9.1", **more
    )


PROJECTS = st.builds(
    Project,
    name=st.sampled_from(("my-app", "a")),
    command=st.sampled_from(((), ("my-app",), ("python", "main.py"), ('odd"name',))),
    form=st.sampled_from(("files", "source", "wheel")),
    dynamic=st.booleans(),
    lock=st.sampled_from(("", *LOCKS)),
    hashed=st.booleans(),
    included=st.sampled_from(((), ("base.txt", "constraints/all.txt"))),
)
DESIGNS = st.builds(
    msgspec.structs.replace,
    st.builds(design, st.sampled_from(PLATFORMS), st.sampled_from(("3.9", "3.14"))),
    project=PROJECTS,
    wheelhouse=st.sampled_from((None, INSIDE, OUTSIDE)),
    index=st.sampled_from(("", "https://index.example/simple/")),
    pins=st.sampled_from(((), (PIN,))),
)

TYPICAL = (
    design(),
    design(project={"lock": "uv.lock"}, wheelhouse=INSIDE, pins=(PIN,)),
    design(project={"lock": "uv.lock", "form": "files", "command": ("python", "main.py")}),
    design(project={"lock": "pylock.toml"}, index="https://index.example/simple/"),
    design(PLATFORMS[1], project={"lock": "requirements.txt", "form": "wheel"}, wheelhouse=OUTSIDE),
    design(project={"dynamic": True}, wheelhouse=INSIDE),
    design(project={"dynamic": True, "form": "wheel"}, wheelhouse=INSIDE),
)


def test_hadolint_has_nothing_to_say(tmp_path: Path):
    assert complaints(tmp_path, *map(dockerfile, TYPICAL)) == ""


def test_hadolint_would_say_something(tmp_path: Path):
    careless = dockerfile(design()).replace("uv==${UV_VERSION}", "uv && cd /")
    assert "DL3013" in complaints(tmp_path, careless)


@given(DESIGNS)
def test_rules_of_dockers_build_checks(drawn: Design):
    text = dockerfile(drawn)
    instructions = parsed(text)
    assert all(one.cmd == one.cmd.upper() for one in instructions)
    assert "\\\n\n" not in text  # an empty continuation line
    names = [one.value[2] for one in instructions if one.cmd == "FROM" and len(one.value) > 1]
    assert names == [name.lower() for name in dict.fromkeys(names)]
    # A constant --platform would be wrong on another machine; the ARG check says so instead.
    assert not any(flag.startswith("--platform") for one in instructions for flag in one.flags)
    declared = {one.value[0].partition("=")[0] for one in instructions if one.cmd in ("ARG", "ENV")}
    declared |= {key for one in instructions if one.cmd == "ENV" for key in one.value[::2]}
    used = set(re.findall(r"\$\{?(\w+)", text.partition("ARG BASE")[2]))
    assert used <= declared | {"PATH"}
    for one in instructions:
        if one.cmd == "CMD":
            assert one.json
        if one.cmd == "WORKDIR":
            assert one.value[0].startswith("/")
        if one.cmd == "COPY" and (source := one.flags and one.flags[0].partition("=")[2]):
            assert source in names


@given(DESIGNS)
def test_the_image_that_is_shipped_has_the_environment_and_no_tools(drawn: Design):
    *_, final = stages(dockerfile(drawn))
    runs = [one.value[0] for one in final if one.cmd == "RUN"]
    assert len(runs) == 1
    assert re.match(r"(useradd|adduser) .* 10001 app$", runs[0])
    copied = [one.value for one in final if one.cmd == "COPY"]
    assert ("/opt/venv", "/opt/venv") in copied
    assert all(one.flags == ("--from=build",) for one in final if one.cmd == "COPY")
    assert [one.value for one in final if one.cmd == "USER"] == [("10001",)]
    assert final[-1].value == (drawn.project.command or ("python",))


@given(DESIGNS)
def test_nothing_but_the_project_itself_is_built(drawn: Design):
    text = dockerfile(drawn)
    assert not re.search(r"apt-get|apk add|gcc|build-essential", text)
    installs = re.findall(r"uv pip install((?:.|\\\n)+?)(?: \\\n    (?:\|\||&&)|\n)", text)
    for options in installs:
        assert "--no-build" in options or "/tmp/dist/*.whl" in options
    built = "uv build" in text
    assert built == (drawn.project.form == "source")


@given(DESIGNS)
def test_the_index_is_asked_with_secrets_that_stay_outside(drawn: Design):
    runs = [one for stage in stages(dockerfile(drawn)) for one in stage if one.cmd == "RUN"]
    for run in runs:
        asks = re.search(r"pip install|uv build", run.value[0])
        secret = any("type=secret" in flag for flag in run.flags)
        assert secret == bool(asks and drawn.index)


@given(DESIGNS)
def test_wheels_are_mounted_and_never_copied_into_a_layer(drawn: Design):
    first, *_ = all_stages = stages(dockerfile(drawn))
    house = drawn.wheelhouse
    if house and house.inside:
        assert first[0].value == ("scratch", "AS", "wheelhouse")
    assert ("--build-context wheelhouse=../wheels" in build_command(drawn)) == (house == OUTSIDE)
    for one in all_stages[-2]:
        if one.cmd == "RUN" and "--find-links" in one.value[0]:
            assert any(flag.startswith("--mount=from=wheelhouse,") for flag in one.flags)


def test_a_locked_wheel_of_the_wheelhouse_is_held_to_its_hash():
    text = dockerfile(TYPICAL[1])
    (pins,) = (one.heredocs[0].content for one in parsed(text) if one.heredocs)
    assert pins == f"crcmod==1.7 --hash=sha256:{'a' * 64}\n"
    assert "--no-emit-package crcmod" in text
    assert "--require-hashes" in text


@pytest.mark.parametrize("hashed", [True, False])
def test_hashes_of_requirements_are_checked_where_there_are_any(hashed: bool):
    project = {"lock": "requirements.txt", "hashed": hashed, "included": ("base.txt",)}
    text = dockerfile(design(project=project))
    assert ("--require-hashes" in text) == hashed
    assert "source=base.txt,target=base.txt" in text


def test_a_missing_wheel_is_explained():
    text = dockerfile(design(PLATFORMS[1], "3.13"))
    assert "orchestrate build NAME --platform musllinux_1_2_aarch64 --python 3.13" in text


def test_the_command_is_no_shells_business():
    text = dockerfile(design(project={"command": ('odd"name',)}))
    assert json.loads(text.splitlines()[-1].removeprefix("CMD ")) == ['odd"name']


def test_wheels_are_not_kept_from_docker():
    assert "wheelhouse" not in IGNORED
    assert "uv.lock" not in IGNORED
