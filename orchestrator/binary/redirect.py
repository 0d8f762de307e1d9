"""Redirect wheels: they hold nothing but the requirement of another project.

Where ``tensorflow`` has no wheel and ``tensorflow-macos`` of the same version is the same thing,
a redirect wheel of the first requires the second, so that installers find a way. Their files are
those of any wheel (PEP 427); ``redirect.json`` beside METADATA, and a keyword in it, say what they
are, before and after installation. Here is the format both ways: its text, and whether a wheel
is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from packaging.markers import Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from orchestrator.model import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FORMAT = 1
FILE = "redirect.json"
KEYWORD = "orchestrator-redirect"


class Redirect(Value, kw_only=True):
    """What a redirect wheel says.

    Attributes:
        format: Version of ``redirect.json``.
        name: Of the project that is redirected, normalized.
        version: Of both projects, PEP 440.
        tag: The wheel's, e.g. ``cp310-cp310-macosx_12_0_arm64``.
        requires: The other project, pinned: ``tensorflow-macos==2.10.0``.
        extras: What each extra of the wheel requires, PEP 508.
        requires_python: PEP 440 specifier set, may be empty.
    """

    format: int = FORMAT
    name: str
    version: str
    tag: str
    requires: str
    extras: dict[str, tuple[str, ...]]
    requires_python: str = ""

    @property
    def filename(self) -> str:
        """Of the wheel."""
        return f"{self._stem}-{self.tag}.whl"

    @property
    def dist_info(self) -> str:
        """Name of the folder of its metadata."""
        return f"{self._stem}.dist-info"

    @property
    def _stem(self) -> str:
        return f"{self.name.replace('-', '_')}-{self.version}"


def members(redirect: Redirect) -> dict[str, str]:
    """Every file of the wheel but RECORD, and its text."""
    said = msgspec.json.format(msgspec.json.encode(redirect), indent=2).decode()
    texts = {"METADATA": _metadata(redirect), "WHEEL": _wheel(redirect), FILE: f"{said}\n"}
    return {f"{redirect.dist_info}/{name}": text for name, text in texts.items()}


def requirements(redirect: Redirect) -> Iterator[str]:
    """Its Requires-Dist: the other project, then what the extras require."""
    yield redirect.requires
    for extra, needed in sorted(redirect.extras.items()):
        yield from (_for_extra(text, extra) for text in needed)


def pinned(name: str, version: str, extras: Iterable[str] = ()) -> str:
    """The requirement of one version of a project."""
    inside = ",".join(sorted(extras))
    return f"{name}[{inside}]=={version}" if inside else f"{name}=={version}"


def parse(data: bytes) -> Redirect | None:
    """What a ``redirect.json`` says; None where it is none that is understood here."""
    try:
        redirect = msgspec.json.decode(data, type=Redirect)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return redirect if redirect.format == FORMAT else None


def same_requirements(one: Iterable[str], other: Iterable[str]) -> bool:
    """Whether two lists of requirements say the same, in any order and spelling."""
    try:
        return sorted(map(_normal, one)) == sorted(map(_normal, other))
    except InvalidRequirement:
        return False


def _metadata(redirect: Redirect) -> str:
    python = redirect.requires_python
    return "".join(
        f"{line}\n"
        for line in (
            "Metadata-Version: 2.1",
            f"Name: {redirect.name}",
            f"Version: {redirect.version}",
            f"Summary: Redirect: holds nothing and requires {redirect.requires}",
            f"Keywords: {KEYWORD}",
            *([f"Requires-Python: {python}"] if python else ()),
            *(f"Provides-Extra: {extra}" for extra in sorted(redirect.extras)),
            *(f"Requires-Dist: {text}" for text in requirements(redirect)),
            "",
            f"{redirect.name} {redirect.version} has no wheel for {redirect.tag}.",
            f"This wheel, made by orchestrator, makes installers take {redirect.requires} instead,",
            "which is the same thing.",
        )
    )


def _wheel(redirect: Redirect) -> str:
    return (
        "Wheel-Version: 1.0\n"
        "Generator: orchestrator-redirect\n"
        "Root-Is-Purelib: false\n"
        f"Tag: {redirect.tag}\n"
    )


def _for_extra(text: str, extra: str) -> str:
    """A requirement that holds when the extra is asked for."""
    needed = Requirement(text)
    condition = f'extra == "{extra}"'
    needed.marker = Marker(f"({needed.marker}) and {condition}" if needed.marker else condition)
    return str(needed)


def _normal(text: str) -> str:
    needed = Requirement(text)
    needed.name = canonicalize_name(needed.name)
    return str(needed)
