"""The text of a Dockerfile that installs a project from wheels. Pure.

Two stages from one base image: the first fills a virtual environment and may be thrown away, the
second gets that environment and nothing else, so neither uv nor a compiler, cache or credential
is in the image that is shipped. The rules that the text follows are those of Docker's build
checks and of hadolint.
"""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

from orchestrator.emit.image import ARCHITECTURES
from orchestrator.model import Target, Value
from orchestrator.resolve.project import Project

if TYPE_CHECKING:
    from collections.abc import Sequence


_CACHE = "--mount=type=cache,target=/root/.cache/uv"
_SECRET = "--mount=type=secret,id=netrc,target=/root/.netrc"  # noqa: S105 (where one will be)
_PIP_OPTIONS = ("--disable-pip-version-check", "--root-user-action=ignore")
_EXPORTED = "/tmp/requirements.txt"  # noqa: S108 (in a container)
_BUILT = "/tmp/dist"  # noqa: S108 (in a container)
_USER = 10001
_WIDTH = 92

IGNORED = """\
# What does not belong into an image, or would make Docker install everything anew.
.*
**/__pycache__
**/*.egg-info
venv
build
dist
"""
"""Content of the Dockerfile's ``.dockerignore``."""


class Pin(Value):
    """A wheel of the wheelhouse that the lock file does not know: ``name==version``, sha256."""

    name: str
    version: str
    sha256: str


class Wheelhouse(Value):
    """Where the wheels come from that the index lacks.

    Attributes:
        path: Relative to the project, with ``/``.
        inside: Whether it lies in the project, and so in Docker's build context.
    """

    path: str
    inside: bool

    @property
    def folder(self) -> str:
        """Where it is mounted, relative to the working directory of the build stage."""
        return self.path if self.inside else "wheelhouse"


class Design(Value):
    """All that a Dockerfile follows from.

    Attributes:
        project: What is installed.
        target: What it is installed for.
        base: Image of both stages.
        uv: Version of uv.
        wheelhouse: None when everything comes from the index.
        index: URL of the package index, without credentials; empty for the default.
        pins: Wheels that take the place of what the lock names.
    """

    project: Project
    target: Target
    base: str
    uv: str
    wheelhouse: Wheelhouse | None = None
    index: str = ""
    pins: tuple[Pin, ...] = ()

    @property
    def architecture(self) -> str:
        """``arm64``, as containers call it."""
        return ARCHITECTURES[self.target.platform.arch]


def dockerfile(design: Design) -> str:
    """The whole text."""
    parts = [
        _head(design),
        _wheelhouse_stage(design),
        _build_stage(design),
        _dependencies(design),
        _project(design),
        _final_stage(design),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def build_command(design: Design) -> str:
    """What builds the image, run in the project's folder."""
    words = ["docker", "build", "--platform", f"linux/{design.architecture}"]
    if design.wheelhouse and not design.wheelhouse.inside:
        words += ["--build-context", f"wheelhouse={design.wheelhouse.path}"]
    return shlex.join([*words, "-t", design.project.name, "."])


def _head(design: Design) -> list[str]:
    where = f"linux/{design.architecture}, Python {design.target.interpreter.version}"
    lines = [
        "# syntax=docker/dockerfile:1",
        f"# {design.project.name} on {where}, from wheels alone: nothing is compiled here.",
        "# Made by: orchestrate emit dockerfile",
        "#",
        f"#   {build_command(design)}",
    ]
    if design.index:
        lines += ["#", "# An index that asks for a password: --secret id=netrc,src=$HOME/.netrc"]
    return [*lines, "", f"ARG BASE={design.base}"]


def _wheelhouse_stage(design: Design) -> list[str]:
    house = design.wheelhouse
    if not house or not house.inside:
        return []
    return [
        "# To take another folder: --build-context wheelhouse=DIR",
        "FROM scratch AS wheelhouse",
        f"COPY {house.path}/*.whl /",
    ]


def _build_stage(design: Design) -> list[str]:
    index = [
        f"ARG INDEX_URL={design.index}",
        "ENV PIP_INDEX_URL=${INDEX_URL} \\",
        "    UV_DEFAULT_INDEX=${INDEX_URL}",
    ]
    wrong = f"Its wheels are for linux/{design.architecture}: {build_command(design)}"
    return [
        "FROM ${BASE} AS build",
        "ARG TARGETARCH",
        f'RUN [ "$TARGETARCH" = {design.architecture} ] \\',
        f"    || {{ echo {shlex.quote(wrong)} >&2; exit 1; }}",
        *(index if design.index else ()),
        f"ARG UV_VERSION={design.uv}",
        *_run(
            [*_secrets(design), "--mount=type=cache,target=/root/.cache/pip"],
            [["pip install", *_PIP_OPTIONS, "uv==${UV_VERSION}"]],
        ),
        "# Bytecode now, because the image's user can't write it later; copies, because a cache",
        "# mount is another file system; and no Python but the image's.",
        "ENV UV_COMPILE_BYTECODE=1 \\",
        "    UV_LINK_MODE=copy \\",
        "    UV_PYTHON_DOWNLOADS=never \\",
        "    VIRTUAL_ENV=/opt/venv",
        f'RUN uv venv --python {design.target.interpreter.version} "$VIRTUAL_ENV"',
        "WORKDIR /build",
    ]


def _dependencies(design: Design) -> list[str]:
    """In a layer of their own, which only changes when they do."""
    project = design.project
    if not project.separable:
        return []
    source = project.lock or "pyproject.toml"
    if source == "uv.lock":
        wanted = ["--no-deps", "--require-hashes", f"-r {_EXPORTED}"]
        wanted += ["-r wheelhouse.txt"] if design.pins else []
        return [*_export(design), *_pins(design), *_install(design, wanted)]
    hashed = ["--require-hashes"] if source == "requirements.txt" and project.hashed else []
    return _install(design, [*hashed, f"-r {source}"], [source, *project.included])


def _export(design: Design) -> list[str]:
    """Turns uv.lock into requirements with hashes, which any index may serve."""
    left_out = [f"--no-emit-package {pin.name}" for pin in design.pins]
    options = ["--quiet", "--frozen", "--no-dev", "--no-emit-project", *left_out]
    export = ["uv export", *options, f"--output-file {_EXPORTED}"]
    return _run(_binds(["uv.lock", "pyproject.toml"]), [export])


def _pins(design: Design) -> list[str]:
    """A file of the wheels that take the place of what the lock names."""
    if not design.pins:
        return []
    lines = [f"{pin.name}=={pin.version} --hash=sha256:{pin.sha256}" for pin in design.pins]
    comment = "# Locked packages that the index has no wheel of."
    return [comment, "COPY <<EOF wheelhouse.txt", *lines, "EOF", ""]


def _project(design: Design) -> list[str]:
    """The project itself, and the check that all it asks for is there."""
    project = design.project
    check = "RUN uv pip check"
    if project.form == "files":
        house = design.wheelhouse
        remove = [f"RUN rm -rf {house.folder}"] if house else []
        return ["WORKDIR /app", "COPY . .", *remove, check]
    if project.form == "wheel":
        own = _install(design, ["--no-index", "--no-deps", project.name])
        # Named again, with the index: its dependencies, which only its wheel tells.
        rest = [] if project.separable else _install(design, [project.name])
        return [*own, *rest, check]
    build = ["uv build", "--quiet", "--wheel", f"--out-dir {_BUILT}"]
    wheel = f"{_BUILT}/*.whl"
    if project.separable:
        commands = [build, ["uv pip install", "--no-deps", wheel], ["uv pip check"]]
        return ["COPY . .", *_run([*_secrets(design), _CACHE], commands)]
    return [
        "COPY . .",
        *_run([*_secrets(design), _CACHE], [build]),
        *_install(design, [wheel]),
        check,
    ]


def _final_stage(design: Design) -> list[str]:
    musl = design.target.platform.libc == "musl"
    add_user = "adduser -S -D -u" if musl else "useradd --system --create-home --uid"
    as_files = design.project.form == "files"
    return [
        "FROM ${BASE}",
        f"RUN {add_user} {_USER} app",
        "COPY --from=build /opt/venv /opt/venv",
        *(["COPY --from=build /app /app"] if as_files else []),
        "# Unbuffered: what is printed is in the container's log at once.",
        'ENV PATH="/opt/venv/bin:${PATH}" \\',
        "    PYTHONUNBUFFERED=1",
        f"WORKDIR {'/app' if as_files else '/home/app'}",
        "# A number, so that Kubernetes can tell that it is not root.",
        f"USER {_USER}",
        f"CMD {json.dumps(design.project.command or ('python',))}",
    ]


def _install(design: Design, wanted: Sequence[str], files: Sequence[str] = ()) -> list[str]:
    """A RUN that installs wheels, and that says what to do when one is missing."""
    target, house = design.target, design.wheelhouse
    mounts = [*_secrets(design), _CACHE, *_binds(files)]
    options = ["--no-build"]
    if house:
        mounts.append(f"--mount=from=wheelhouse,target=/build/{house.folder}")
        options.append(f"--find-links {house.folder}")
    build = (
        f"orchestrate build NAME --platform {target.platform.tag}"
        f" --python {target.interpreter.version}"
    )
    missing = f"A wheel for linux/{design.architecture} is missing? Build it outside: {build}"
    return _run(mounts, [["uv pip install", *options, *wanted]], missing)


def _run(mounts: Sequence[str], commands: Sequence[Sequence[str]], advice: str = "") -> list[str]:
    """A RUN of commands, given as words; the advice is shown when it fails."""
    first, *rest = commands
    lines = [*mounts, *_wrapped(first)]
    for command in rest:
        lines += _wrapped(["&&", *command])
    if advice:
        lines.append(f"|| {{ echo {shlex.quote(advice)} >&2; exit 1; }}")
    return ("RUN " + " \\\n    ".join(lines)).splitlines()


def _wrapped(words: Sequence[str]) -> list[str]:
    """Words in lines of readable length; a line that continues a command is indented."""
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + len(word) < _WIDTH:
            lines[-1] += f" {word}"
        else:
            lines.append(f"    {word}")
    return lines


def _secrets(design: Design) -> list[str]:
    return [_SECRET] if design.index else []


def _binds(files: Sequence[str]) -> list[str]:
    return [f"--mount=type=bind,source={file},target={file}" for file in files]
