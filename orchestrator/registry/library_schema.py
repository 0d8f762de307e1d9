"""What ``recipes/libraries/<name>.toml`` may say, as types; ``schema`` has their rules."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType
from packaging.version import Version

from orchestrator.model import BuildSystem, Linking
from orchestrator.registry.schema import (
    Conditional,
    HttpUrl,
    RelativePath,
    Sha256,
    Table,
    WholeTable,
)

DebianSource: TypeAlias = Annotated[
    str,
    Meta(
        title="a Debian release and source package, RELEASE/NAME", pattern="^[a-z]+/[a-z0-9.+-]+$"
    ),
]
FileName: TypeAlias = Annotated[
    str, Meta(title="a file name without folder", pattern=r"^[\w.+-]+$")
]


class LibrarySource(WholeTable, frozen=True):
    """The source of one version: an archive, or a git commit."""

    version: Version
    url: Annotated[HttpUrl | UnsetType, Meta(description="Of the archive.")] = UNSET
    sha256: Annotated[Sha256 | UnsetType, Meta(description="Of the archive.")] = UNSET
    git: str = ""
    rev: str = ""
    debian: Annotated[
        DebianSource | UnsetType,
        Meta(description="Source package with the same archive, for where the URL fails."),
    ] = UNSET

    def __post_init__(self) -> None:
        """Refuses what does not pin one source.

        Raises:
            ValueError: Neither a hash of an archive nor a repository with a revision.
        """
        if bool(self.sha256) == bool(self.git):
            raise ValueError("needs either `sha256` with `url` or `debian`, or `git` with `rev`")
        if bool(self.sha256) != bool(self.url or self.debian):
            raise ValueError("`sha256` belongs to `url` or `debian`")
        if bool(self.git) != bool(self.rev):
            raise ValueError("`git` and `rev` belong together")


class LibraryRelease(Conditional, frozen=True, kw_only=True):
    """How some versions are built for some platforms; all that match are merged."""

    build: Annotated[BuildSystem | UnsetType, Meta(description="What builds it.")] = UNSET
    linking: Annotated[
        Linking | UnsetType, Meta(description="Which kind of library; shared when absent.")
    ] = UNSET
    folder: Annotated[
        RelativePath | UnsetType, Meta(description="Of the source, where its build files lie.")
    ] = UNSET
    arguments: Annotated[
        tuple[str, ...], Meta(description="Of cmake, configure, meson setup or make.")
    ] = ()
    configure: Annotated[
        tuple[str, ...], Meta(description="A command that comes before make.")
    ] = ()
    targets: Annotated[tuple[str, ...], Meta(description="What make builds.")] = ()
    install: Annotated[
        tuple[str, ...], Meta(description="What make installs, each a command line of its own.")
    ] = ()
    installs: Annotated[
        tuple[RelativePath, ...],
        Meta(description="Patterns over installed files; each must match one."),
    ] = ()
    programs: Annotated[
        dict[FileName, dict[str, str]],
        Meta(description="Configuration programs: what they print for each option."),
    ] = msgspec.field(default_factory=dict)
    licences: Annotated[
        tuple[RelativePath, ...], Meta(description="Patterns over files of the source.")
    ] = ()


class LibraryFile(Table, frozen=True, kw_only=True):
    """A native library that packages are linked with."""

    why: Annotated[str, Meta(description="What needs it.")] = ""
    upstream: Annotated[HttpUrl | UnsetType, Meta(description="The project's home.")] = UNSET
    source: Annotated[tuple[LibrarySource, ...], Meta(min_length=1)]
    release: Annotated[tuple[LibraryRelease, ...], Meta(min_length=1)]
