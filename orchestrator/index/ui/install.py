"""How to install a project from here, with what people have. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from orchestrator.index.ui.frame import TRUST, Site, place
from orchestrator.index.ui.html import Html, el, join
from orchestrator.index.ui.parts import code
from orchestrator.index.ui.platforms import ANY, place_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.index.facts import File

NAME = "wheels"
"""What the examples call the index."""
_PYTHON = "3.12"  # of examples for wheels that take any


class Example(NamedTuple):
    """One way: its tool, what to type or write, and what to know."""

    tool: str
    content: Html
    note: str = ""


_BESIDE = "Beside another index, pip takes the highest version, wherever it is."
_NO_DOCKERFILE = Example("Dockerfile", Html(), "None: this version has no wheel for Linux.")


def installing(site: Site, name: str, files: Sequence[File]) -> Html:
    """The examples, one for each tool.

    Args:
        site: Of the index.
        name: Of the project.
        files: Of the version that the examples ask for.
    """
    return join(
        el(
            "div",
            el("h3", example.tool),
            code(example.content, f"{example.tool} example") if example.content else None,
            el("p", example.note, class_="dim") if example.note else None,
            class_="example",
        )
        for example in _examples(site, name, files)
    )


def _examples(site: Site, name: str, files: Sequence[File]) -> list[Example]:
    pin = f"{name}=={files[-1].version}"
    simple = place("simple/")
    pip = "--index-url" if site.whole else "--extra-index-url"
    uv = "--default-index" if site.whole else "--index"
    examples = [
        Example(
            "pip",
            join(("pip install ", pip, " ", simple, TRUST, " ", pin)),
            "" if site.whole else _BESIDE,
        ),
        Example("uv", join(("uv pip install ", uv, " ", simple, " ", pin))),
        Example("pyproject.toml, for uv", _pyproject(site, name, pin)),
    ]
    python = _container_python(files)
    examples.append(_dockerfile(python, pip, pin) if python else _NO_DOCKERFILE)
    return examples


def _dockerfile(python: str, option: str, pin: str) -> Example:
    run = (
        "RUN pip install --no-cache-dir ",
        option,
        " \\\n    ",
        place("simple/"),
        TRUST,
        " ",
        pin,
    )
    return Example("Dockerfile", join((f"FROM python:{python}-slim\n", *run)))


def _pyproject(site: Site, name: str, pin: str) -> Html:
    common = (
        "[project]\n", f'dependencies = ["{pin}"]\n\n',
        "[[tool.uv.index]]\n", f'name = "{NAME}"\n', 'url = "', place("simple/"), '"\n',
    )  # fmt: skip
    if site.whole:
        return join((*common, "default = true"))
    own = f'[tool.uv.sources]\n{name} = {{ index = "{NAME}" }}'
    return join((*common, "explicit = true\n\n", own))


def _container_python(files: Sequence[File]) -> str:
    """The newest Python that has a wheel for Linux, as images are called; empty: none has."""
    found = [
        column
        for file in files
        if (spot := place_of(file.filename)).row.label.startswith(("Linux glibc", "any"))
        for column in spot.columns
    ]
    exact = sorted(column for column in found if column.key[0] == 1 and "t" not in column.label)
    if exact:
        return exact[-1].label
    others = any(column.label.endswith("+") or column.label == ANY for column in found)
    return _PYTHON if others else ""
