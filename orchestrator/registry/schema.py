"""What ``recipes/<name>.toml`` may say, as types.

These types are the only definition: decoding, every complaint of the lint and the JSON Schema in
``docs/recipe.schema.json`` come from them. Keys are in kebab-case. In every table an absent key
is an empty value (or ``UNSET``), so that releases can be merged without asking what was given.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from orchestrator.model import Blas, Route, SubstituteKind

if TYPE_CHECKING:
    from collections.abc import Callable


class ProjectName(str):
    """A project's normalized name (PEP 503)."""

    __slots__ = ()


class PlatformPattern(str):
    """A shell pattern that matches at least one platform tag."""

    __slots__ = ()


class LibraryNeed(str):
    """A native library's normalized name, with the range of versions that will do."""

    __slots__ = ()


# A pattern is judged by whether it could ever match: one tag of each release of each family.
_SOME_TAGS = (
    *(f"macosx_{major}_0_arm64" for major in range(11, 41)),
    *(f"manylinux_2_{minor}_aarch64" for minor in range(5, 61)),
    *(f"musllinux_1_{minor}_aarch64" for minor in range(1, 10)),
)


def _platform_pattern(text: str) -> PlatformPattern:
    if not any(fnmatchcase(tag, text) for tag in _SOME_TAGS):
        raise ValueError
    return PlatformPattern(text)


def _project_name(text: str) -> ProjectName:
    return ProjectName(canonicalize_name(text, validate=True))


def _library_need(text: str) -> LibraryNeed:
    need = Requirement(text)
    if need.url or need.extras or need.marker:
        raise ValueError
    return LibraryNeed(f"{_project_name(need.name)}{need.specifier}")


# What a text must be, and what makes it that or raises ValueError.
_TEXTS: dict[type, tuple[str, Callable[[str], object]]] = {
    ProjectName: ("a project name", _project_name),
    PlatformPattern: ("a pattern that matches platform tags for arm64", _platform_pattern),
    Requirement: ("a requirement (PEP 508)", Requirement),
    SpecifierSet: ("a version range (PEP 440)", SpecifierSet),
    Version: ("a version (PEP 440)", Version),
    LibraryNeed: (
        "a library's name, with a version range where not every one will do",
        _library_need,
    ),
}


def parse_text(kind: type, value: object) -> object:
    """Makes one of the types above from a string; the ``dec_hook`` of msgspec.

    Raises:
        TypeError: The value is no string.
        ValueError: The string is not what it must be.
    """
    if not isinstance(value, str):
        raise TypeError(f"Expected `str`, got `{type(value).__name__}`")
    expected, parse = _TEXTS[kind]
    try:
        return parse(value)
    except ValueError:
        raise ValueError(f"{value!r} is not {expected}") from None


Sha256: TypeAlias = Annotated[str, Meta(title="64 hex digits", pattern="^[0-9a-f]{64}$")]
HttpUrl: TypeAlias = Annotated[str, Meta(title="an http(s) URL", pattern="^https?://.")]
Variable: TypeAlias = Annotated[
    str, Meta(title="a variable's name", pattern="^[A-Za-z_][A-Za-z0-9_]*$")
]
MacOSVersion: TypeAlias = Annotated[
    str, Meta(title="a macOS version such as 13.3", pattern=r"^[0-9]+(\.[0-9]+)?$")
]
RelativePath: TypeAlias = Annotated[
    str, Meta(title="a relative path without ..", pattern=r"^(?!/)(?!(.*/)?\.\.(/|$)).")
]
ModuleName: TypeAlias = Annotated[str, Meta(title="a module's name", pattern=r"^\w+(\.\w+)*$")]
ExtraName: TypeAlias = Annotated[
    str, Meta(title="the normalized name of an extra", pattern="^[a-z0-9]+(-[a-z0-9]+)*$")
]
Language: TypeAlias = Literal["c", "c++", "rust", "fortran"]


class Table(msgspec.Struct, frozen=True, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """A TOML table without unknown keys; a later release's updates it key by key."""


class WholeTable(Table, frozen=True):
    """A table that a later release replaces as a whole: half of each would make no sense."""


class Source(WholeTable, frozen=True):
    """Where the source comes from instead of the index: an archive or a git commit."""

    url: HttpUrl | UnsetType = UNSET
    sha256: Sha256 | UnsetType = UNSET
    git: str = ""
    rev: str = ""

    def __post_init__(self) -> None:
        """Refuses what does not pin one source.

        Raises:
            ValueError: Neither a URL with its hash nor a repository with a revision.
        """
        if bool(self.url) == bool(self.git):
            raise ValueError("needs either `url` with `sha256`, or `git` with `rev`")
        if bool(self.url) != bool(self.sha256):
            raise ValueError("`url` and `sha256` belong together")
        if bool(self.git) != bool(self.rev):
            raise ValueError("`git` and `rev` belong together")


class Backend(WholeTable, frozen=True):
    """A PEP 517 build backend used instead of the project's own, or of none."""

    build_backend: str
    requires: tuple[Requirement, ...] = ()
    backend_path: tuple[str, ...] = ()


class Flags(Table, frozen=True):
    """Compiler and linker flags: `add` puts them behind the package's own, `drop` removes."""

    add_compile: tuple[str, ...] = ()
    drop_compile: tuple[str, ...] = ()
    add_link: tuple[str, ...] = ()
    drop_link: tuple[str, ...] = ()


class BuildRequires(Table, frozen=True):
    """Changes to the build requirements that the project declares."""

    add: tuple[Requirement, ...] = ()
    constrain: tuple[Requirement, ...] = ()
    remove: tuple[ProjectName, ...] = ()


class Needs(Table, frozen=True):
    """What the toolchain must have."""

    languages: tuple[Language, ...] = ()
    minimum_macos: Annotated[
        MacOSVersion | UnsetType, Meta(description="Oldest deployment target, such as 13.3.")
    ] = UNSET
    frameworks: tuple[str, ...] = ()
    tools: Annotated[tuple[str, ...], Meta(description="Programs that must be on PATH.")] = ()


class Test(Table, frozen=True):
    """How to test the installed wheel."""

    __test__ = False  # not a pytest class

    imports: Annotated[
        tuple[ModuleName, ...],
        Meta(description="Modules to import; every top-level one when absent."),
    ] = ()
    command: Annotated[
        str, Meta(description="Run by sh in a folder that holds `files` and `own-files` only.")
    ] = ""
    requires: Annotated[
        tuple[Requirement, ...], Meta(description="What the command needs installed.")
    ] = ()
    files: Annotated[
        tuple[RelativePath, ...],
        Meta(description="Files and folders of the source that the command needs."),
    ] = ()
    own_files: Annotated[
        tuple[str, ...],
        Meta(description="Files that the command needs of the folder named like the recipe."),
    ] = ()
    source: Annotated[
        Source | UnsetType, Meta(description="What `files` are taken from instead of the sdist.")
    ] = UNSET
    seconds: Annotated[
        int, Meta(ge=0, description="How long the command may take without emulation.")
    ] = 0


class Substitute(WholeTable, frozen=True):
    """What to take where there is no wheel of these versions."""

    kind: Annotated[
        SubstituteKind,
        Meta(
            description="redirect: `name` has wheels of the same thing under the same version, and "
            "a wheel that requires it is made; upgrade: `versions` of the project have wheels; "
            "advice: a person must decide."
        ),
    ]
    name: Annotated[ProjectName | UnsetType, Meta(description="The other project.")] = UNSET
    versions: Annotated[
        SpecifierSet, Meta(description="The versions to upgrade to, a PEP 440 range.")
    ] = msgspec.field(default_factory=SpecifierSet)
    extras: Annotated[
        dict[ExtraName, tuple[Requirement, ...]],
        Meta(description="Extras of the redirect wheel, and what each requires."),
    ] = {}
    advice: Annotated[str, Meta(description="What to know or to do, in a sentence or two.")] = ""

    def __post_init__(self) -> None:
        """Refuses keys that the kind has no use for, and kinds without what they need.

        Raises:
            ValueError: Saying which.
        """
        if self.kind == "redirect" and not self.name:
            raise ValueError("a redirect needs `name`")
        if self.kind == "upgrade" and (not str(self.versions) or self.name):
            raise ValueError("an upgrade needs `versions`, and no `name`: the project is the same")
        if self.kind == "advice" and not self.advice:
            raise ValueError("advice needs `advice`")
        if self.kind != "redirect" and self.extras:
            raise ValueError("`extras` belong to a redirect")
        if self.kind != "upgrade" and str(self.versions):
            raise ValueError("`versions` belong to an upgrade; a redirect keeps the version")
        for needed in chain.from_iterable(self.extras.values()):
            if canonicalize_name(needed.name) == str(self.name) and str(needed.specifier):
                raise ValueError(f"extras get {self.name} in the redirect's version: name none")


class Conditional(Table, frozen=True):
    """What some versions need on some platforms; all that match are merged."""

    versions: Annotated[
        SpecifierSet, Meta(description="PEP 440 version range; every version when absent.")
    ] = msgspec.field(default_factory=SpecifierSet)
    platforms: Annotated[
        tuple[PlatformPattern, ...],
        Meta(description="Shell patterns over platform tags; every platform when absent."),
    ] = ()
    why: Annotated[str, Meta(description="Why this is needed.")] = ""
    upstream: Annotated[
        HttpUrl | UnsetType, Meta(description="Issue or change that would make it unneeded.")
    ] = UNSET
    patches: Annotated[
        tuple[str, ...], Meta(description="Files in the patches folder, applied in order.")
    ] = ()
    env: Annotated[
        dict[Variable, str], Meta(description="Environment variables of the build.")
    ] = {}
    flags: Flags = Flags()
    libraries: Annotated[
        tuple[LibraryNeed, ...],
        Meta(description="Native libraries that it is linked with, of the folder `libraries`."),
    ] = ()
    needs: Needs = Needs()


class Release(Conditional, frozen=True, kw_only=True):
    """What some versions need on some platforms and Pythons; all that match are merged."""

    pythons: Annotated[
        SpecifierSet, Meta(description="PEP 440 range over X.Y; every Python when absent.")
    ] = msgspec.field(default_factory=SpecifierSet)
    source: Source | UnsetType = UNSET
    build_requires: BuildRequires = BuildRequires()
    target_build_requires: Annotated[
        tuple[Requirement, ...],
        Meta(description="Build requirements whose headers and libraries must be the target's."),
    ] = ()
    config_settings: Annotated[
        dict[str, str | tuple[str, ...]],
        Meta(description="PEP 517 config settings; a list repeats the setting."),
    ] = {}
    backend: Backend | UnsetType = UNSET
    blas: Blas | UnsetType = UNSET
    extensions: Annotated[
        Literal["required", "optional", ""],
        Meta(
            description="Whether a wheel without compiled code is a failure; when absent, that is "
            "judged by the project's other wheels and its sources."
        ),
    ] = ""
    route: Annotated[
        Route | UnsetType, Meta(description="How to compile; what works first when absent.")
    ] = UNSET
    test: Test = Test()
    substitute: Annotated[
        Substitute | UnsetType,
        Meta(description="What to take where there is no wheel and none can be built."),
    ] = UNSET


class RecipeFile(Table, frozen=True, kw_only=True):
    """What a package needs beyond its sdist to build for a target."""

    why: Annotated[str, Meta(description="Why the package needs a recipe at all.")] = ""
    upstream: Annotated[
        HttpUrl | UnsetType, Meta(description="The project's home, or the issue to follow.")
    ] = UNSET
    release: Annotated[tuple[Release, ...], Meta(min_length=1)]


def json_schema(kind: type[Table] = RecipeFile) -> dict[str, Any]:
    """The format of a file as a JSON Schema (draft 2020-12), for editors."""

    def text(kind: type) -> dict[str, str]:
        return {"type": "string", "title": _TEXTS[kind][0]}

    schema = msgspec.json.schema(kind, schema_hook=text)
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema
    # By way of JSON: the defaults in it are tuples.
    return msgspec.json.decode(msgspec.json.encode(schema), type=dict[str, Any])
