"""What a project's Dockerfile must hold: the project, its lock and its wheelhouse, looked at."""

from __future__ import annotations

import os
import re
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from orchestrator.emit.dockerfile import Design, Wheelhouse
from orchestrator.emit.image import choose_image
from orchestrator.emit.pins import choose_pins
from orchestrator.emit.read import read_project
from orchestrator.errors import BadIndexURLError, BaseImageError, RequiresPythonError
from orchestrator.model import Interpreter, Platform, Target, Value
from orchestrator.resolve.select import supports
from orchestrator.resolve.urls import credentials, redact
from orchestrator.targets.tags import NEWEST_PYTHON

if TYPE_CHECKING:
    from orchestrator.resolve.project import Project

_REFERENCE = re.compile(r"\w[\w./:@-]*")
_PLAIN_PATH = re.compile(r"[\w./-]+")
_PLAIN_URL = re.compile(r"[^\s\"'\\$`]+")


class Wish(Value):
    """What the user asks for.

    Attributes:
        folder: The project's.
        platform: What the container offers to wheels.
        interpreter: None: the usual one, or the oldest later one that the project supports.
        usual: The interpreter that is taken where nothing speaks against it.
        wheelhouse: A folder; None when everything comes from the index.
        index: URL that replaces the default index, or empty.
        base: Image that replaces the official one, or empty.
    """

    folder: Path
    platform: Platform
    usual: Interpreter
    interpreter: Interpreter | None = None
    wheelhouse: Path | None = None
    index: str = ""
    base: str = ""


def design_for(wish: Wish) -> Design:
    """Looks at the project and decides; nothing is written.

    Raises:
        OrchestratorError: One of EMT, TGT or SRC: the project, its lock or the wish can't be met.
    """
    project = read_project(wish.folder)
    target = Target(platform=wish.platform, interpreter=_interpreter(project, wish))
    _check(wish)
    image = choose_image(target, wish.base)
    return Design(
        project=project,
        target=target,
        base=image.reference,
        uv=version("uv"),
        wheelhouse=_place(wish.wheelhouse, wish.folder) if wish.wheelhouse else None,
        index=wish.index,
        pins=choose_pins(project, wish.folder, target, image, wish.wheelhouse),
    )


def _interpreter(project: Project, wish: Wish) -> Interpreter:
    asked = wish.interpreter
    later = (
        Interpreter(major=3, minor=minor) for minor in range(wish.usual.minor, NEWEST_PYTHON + 1)
    )
    for candidate in (asked,) if asked else later:
        if supports(project.requires_python, candidate):
            return candidate
    raise RequiresPythonError(
        f"{project.name} requires Python {project.requires_python}"
        f" and does not support {(asked or wish.usual).version}.",
        hint="Choose another --python.",
    )


def _check(wish: Wish) -> None:
    """Whether the texts that go into the Dockerfile as they are may do so."""
    if wish.base and not _REFERENCE.fullmatch(wish.base):
        raise BaseImageError(f"{wish.base!r} is not the name of an image.")
    if not wish.index:
        return
    if credentials(wish.index):
        raise BadIndexURLError(f"{redact(wish.index)}: everyone who has the image could read it.")
    if urlsplit(wish.index).scheme not in {"http", "https"} or not _PLAIN_URL.fullmatch(wish.index):
        raise BadIndexURLError(f"{wish.index!r} is not the URL of an index.", hint="")


def _place(wheelhouse: Path, project: Path) -> Wheelhouse:
    path = Path(os.path.relpath(wheelhouse, project)).as_posix()
    # A name that a Dockerfile would have to quote is passed from outside, too.
    inside = not path.startswith(("..", "/")) and bool(_PLAIN_PATH.fullmatch(path)) and path != "."
    return Wheelhouse(path=path, inside=inside)
